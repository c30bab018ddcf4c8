package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/token"
)

// answersKept is how long a repeated request gets its first answer.
const answersKept = 24 * time.Hour

// Repeatable is a request that its sender may send again, as one that was
// answered before counts once.
type Repeatable struct {
	Key   string // chosen by the sender, who never gives it to another request
	Route string // method, path and query
	Body  []byte
}

// Answer is what a request was answered with.
type Answer struct {
	Status int
	Header map[string]string
	Body   []byte
}

// Once does what run does, and keeps its answer in the same transaction; the
// same request with the same key is given that answer for a day, whatever has
// become of the accounts since, and run is left alone (IETF draft
// "Idempotency-Key HTTP header field"). Of several at a time one has an effect,
// and the others get its answer. An error has no effect, so it is not kept: to
// ask again is to try again.
//
// A key is its sender's: a customer's, an API key's, or that of a network address
// and route for whoever is neither. The database holds neither the key nor
// anything of the answer in a form that can be read without it.
//
// It returns IdempotencyKeyReused for a key of another request, and what run
// returns.
func (s *Service) Once(ctx context.Context, actor Actor, r Repeatable, run func(context.Context) (*Answer, error)) (answer *Answer, repeated bool, err error) {
	name := s.answerName(actor, r)
	if answer, err = s.earlierAnswer(ctx, name, r); answer != nil || err != nil {
		return answer, true, err
	}
	err = s.Store.Together(ctx, func(ctx context.Context) (err error) {
		if answer, err = run(ctx); err != nil {
			return err
		}
		return s.keepAnswer(ctx, name, r, answer)
	})
	if err == nil {
		return answer, false, nil
	}
	// A twin may have been answered while this one ran: that is why it failed then.
	if earlier, missed := s.earlierAnswer(ctx, name, r); earlier != nil || missed != nil {
		return earlier, true, missed
	}
	return nil, false, err
}

// answerName is what an answer is found by.
func (s *Service) answerName(actor Actor, r Repeatable) []byte {
	owner := []string{"visitor", actor.Address, r.Route}
	switch {
	case actor.IsCustomer():
		owner = []string{"customer", strconv.FormatInt(actor.customer.ID, 10)}
	case actor.HasKey():
		owner = []string{"key", actor.keyID}
	}
	return token.Digest(strings.Join(append(owner, s.storeOf(actor), r.Key), "\x00"))
}

// fingerprint tells requests apart. It is keyed, for the body may hold a password
// that could be guessed from a plain digest.
func (s *Service) fingerprint(r Repeatable) []byte {
	sum := hmac.New(sha256.New, []byte("fingerprints of requests\x00"+s.Secret))
	sum.Write([]byte(r.Route + "\x00"))
	sum.Write(r.Body)
	return sum.Sum(nil)
}

// answerSecret seals an answer: it takes both the installation's secret and the
// sender's key to open it.
func (s *Service) answerSecret(r Repeatable) string { return s.Secret + "\x00" + r.Key }

func (s *Service) earlierAnswer(ctx context.Context, name []byte, r Repeatable) (*Answer, error) {
	var found *model.IdempotencyKey
	err := s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		found, err = tx.IdempotencyKey(name, tx.Now.Add(-answersKept))
		return err
	})
	if err != nil || found == nil {
		return nil, err
	}
	if !hmac.Equal(found.Fingerprint, s.fingerprint(r)) {
		return nil, errors.IdempotencyKeyReused.AtHeader("Idempotency-Key")
	}
	opened, err := token.Unseal(s.answerSecret(r), found.Answer, answerPurpose)
	if err != nil {
		return nil, err
	}
	answer := &Answer{}
	return answer, json.Unmarshal(opened, answer)
}

const answerPurpose = "answer"

func (s *Service) keepAnswer(ctx context.Context, name []byte, r Repeatable, answer *Answer) error {
	encoded, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	sealed, err := token.Seal(s.answerSecret(r), encoded, answerPurpose)
	if err != nil {
		return err
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		kept, err := tx.KeepAnswer(&model.IdempotencyKey{Digest: name, Fingerprint: s.fingerprint(r), Answer: sealed}, tx.Now.Add(-answersKept))
		if err == nil && !kept {
			return errTwin
		}
		return err
	})
}

var errTwin = errors.New("the same request was answered meanwhile")
