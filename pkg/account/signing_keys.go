package account

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/token"
)

// The keys that sign access tokens are rows of the database, which all replicas
// share. One signs. The next one is published for a while before its time comes,
// and the former ones stay until the last token that they have signed is over:
// whoever verifies, here or in another service, knows the key of every token.

const (
	// KeySetKept is how long other services may keep the published key set.
	KeySetKept = 5 * time.Minute

	// keysKept is how long a replica goes by the keys that it has read. The tokens
	// of a removed key are refused sooner: the row of the key is looked up together
	// with the session.
	keysKept = time.Second

	// keysNoticed is how long it takes until every replica is done with the keys of
	// before: it has read them again, its clock has come to the time that they
	// name, and a request that had them has ended.
	keysNoticed = token.ClockSkew + 30*time.Second

	// publishedAhead is how long a key is published before it signs. Somebody may
	// fetch the set from the last replica that lacks it, and keep it.
	publishedAhead = keysNoticed + KeySetKept

	// keysReadWithin bounds how long requests wait for the keys to be read; then
	// they go on with those they have.
	keysReadWithin = 2 * time.Second
)

// SigningKey is what operators are told of a key that signs access tokens.
type SigningKey struct {
	ID        string // the kid of its tokens
	CreatedAt time.Time
	SignsFrom time.Time
	EndsAt    time.Time // when its last token is over; zero while no other key follows
	State     string    // waits, signs or, when another has taken over, verifies
}

// SigningKeys returns the keys in the order in which they sign.
func (s *Service) SigningKeys(ctx context.Context) (all []SigningKey, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		keys, err := tx.SigningKeys()
		all = make([]SigningKey, len(keys))
		signer := signerAt(keys, tx.Now)
		for i, key := range keys {
			state := [...]string{"verifies", "signs", "waits"}[1+cmp.Compare(i, signer)]
			all[i] = SigningKey{ID: key.ID, CreatedAt: key.CreatedAt, SignsFrom: key.SignsFrom, EndsAt: endOf(keys, i), State: state}
		}
		return err
	})
	return all, err
}

// RotateSigningKey makes the next key and tells from when on it signs. While one
// waits for its time already, that is the next, and no other is made.
func (s *Service) RotateSigningKey(ctx context.Context) (id string, signsFrom time.Time, err error) {
	err = s.changeKeys(ctx, func(tx *store.Tx, keys []model.SigningKey) error {
		next := keys[len(keys)-1]
		if !next.SignsFrom.After(tx.Now) {
			made, err := s.addKey(tx, Actor{operator: true}, tx.Now.Add(publishedAhead))
			if err != nil {
				return err
			}
			next = *made
		}
		id, signsFrom = next.ID, next.SignsFrom
		return nil
	})
	return id, signsFrom, err
}

// RemoveSigningKey removes a key that must not be trusted any more: from now on
// every replica refuses its tokens. If it is the one that signs, another takes
// its place at once, unpublished as it is, and its id is returned; else "".
func (s *Service) RemoveSigningKey(ctx context.Context, id string) (successor string, err error) {
	err = s.changeKeys(ctx, func(tx *store.Tx, keys []model.SigningKey) error {
		found, err := tx.DeleteSigningKey(id)
		if err != nil {
			return err
		}
		if !found {
			return errors.New("there is no signing key " + id)
		}
		if err := s.note(tx, Actor{operator: true}, signingKeyRemovedEvent, success, nil); err != nil {
			return err
		}
		if successor = ""; keys[signerAt(keys, tx.Now)].ID != id {
			return nil
		}
		made, err := s.addKey(tx, Actor{operator: true}, tx.Now)
		if err == nil {
			successor = made.ID
		}
		return err
	})
	return successor, err
}

// keepKeys makes the next key when the newest has grown old, and deletes those
// whose last token is over.
func (s *Service) keepKeys(ctx context.Context) error {
	var ended []string
	var made *model.SigningKey
	err := s.changeKeys(ctx, func(tx *store.Tx, keys []model.SigningKey) (err error) {
		ended, made = nil, nil
		for i, key := range keys {
			if end := endOf(keys, i); end.IsZero() || tx.Now.Before(end) {
				continue
			}
			if _, err := tx.DeleteSigningKey(key.ID); err != nil {
				return err
			}
			ended = append(ended, key.ID)
		}
		newest := keys[len(keys)-1]
		if s.Rules.KeyAge > 0 && !tx.Now.Before(newest.CreatedAt.Add(s.Rules.KeyAge)) {
			made, err = s.addKey(tx, Actor{service: true}, tx.Now.Add(publishedAhead))
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(ended) > 0 {
		s.Logger.InfoContext(ctx, "signing keys have ended", "kids", ended)
	}
	if made != nil {
		s.Logger.InfoContext(ctx, "the next signing key is made", "kid", made.ID, "signs_from", made.SignsFrom)
	}
	return nil
}

// openKeys reads the keys for the first time, and notes how long tokens last
// from now on. Of several replicas that start on an empty database, one makes
// the key: the others find it.
func (s *Service) openKeys(ctx context.Context) error {
	err := s.changeKeys(ctx, func(tx *store.Tx, keys []model.SigningKey) error {
		return tx.AllowTokens(keys[signerAt(keys, tx.Now)].SignsFrom, s.longestToken())
	})
	if err != nil {
		return err
	}
	return s.readKeys(ctx)
}

// changeKeys runs fn in a transaction that has the keys for itself. There is one
// at least: the first of a database is made here, and signs at once.
func (s *Service) changeKeys(ctx context.Context, fn func(tx *store.Tx, keys []model.SigningKey) error) error {
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.LockSigningKeys(); err != nil {
			return err
		}
		keys, err := tx.SigningKeys()
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			first, err := s.addKey(tx, Actor{service: true}, tx.Now)
			if err != nil {
				return err
			}
			keys = append(keys, *first)
		}
		return fn(tx, keys)
	})
}

func (s *Service) addKey(tx *store.Tx, actor Actor, signsFrom time.Time) (*model.SigningKey, error) {
	key, err := token.NewKey()
	if err != nil {
		return nil, err
	}
	sealed, err := token.Seal(s.Secret, key.Private, key.ID)
	if err != nil {
		return nil, err
	}
	made := &model.SigningKey{ID: key.ID, Algorithm: "EdDSA", Public: key.Public, Private: sealed, SignsFrom: signsFrom, LongestToken: s.longestToken()}
	if err := s.note(tx, actor, signingKeyCreatedEvent, success, nil); err != nil {
		return nil, err
	}
	return made, tx.AddSigningKey(made)
}

// longestToken is how long a key is needed after it has signed.
func (s *Service) longestToken() time.Duration {
	if s.Rules.Bearers {
		return max(s.Tokens.Lifetime, BearerFor)
	}
	return s.Tokens.Lifetime
}

// signerAt returns which of the keys signs at a moment: the last whose time has
// come, or, for a clock that is behind, the first.
func signerAt(keys []model.SigningKey, now time.Time) int {
	for i := len(keys) - 1; i > 0; i-- {
		if !keys[i].SignsFrom.After(now) {
			return i
		}
	}
	return 0
}

// endOf returns when the last token of a key is over on every replica; the zero
// time while no other key follows.
func endOf(keys []model.SigningKey, i int) time.Time {
	if i == len(keys)-1 {
		return time.Time{}
	}
	return keys[i+1].SignsFrom.Add(keysNoticed + keys[i].LongestToken)
}

// KeySet returns the published keys, as JSON Web Key Set.
func (s *Service) KeySet(ctx context.Context) []byte {
	s.renewKeys(ctx)
	return s.Tokens.JWKS()
}

// verifyToken is Verify of the issuer, with keys that may have been made only
// just now.
func (s *Service) verifyToken(ctx context.Context, access string) (token.Claims, error) {
	claims, err := s.Tokens.Verify(access)
	if errors.Is(err, token.ErrUnknownKey) {
		s.renewKeys(ctx)
		return s.Tokens.Verify(access)
	}
	return claims, err
}

// issuedKeys are the keys that the issuer of tokens has.
type issuedKeys struct {
	mutex  sync.Mutex
	ids    []string // in the order of the issuer
	readAt time.Time
}

// renewKeys reads the keys anew unless that was done within keysKept: tokens that
// name a made-up key cost the database no more than that. Where they cannot be
// read, the issuer goes on with those it has; a token that it gives out or
// verifies then is still asked for in the database when it is used.
func (s *Service) renewKeys(ctx context.Context) {
	s.keys.mutex.Lock()
	defer s.keys.mutex.Unlock()
	// A clock that was set back must not make it wait.
	if age := s.Store.Now().Sub(s.keys.readAt); 0 <= age && age < keysKept {
		return
	}
	// Whoever asks may hang up; others wait for the same keys.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keysReadWithin)
	defer cancel()
	if err := s.readKeys(ctx); err != nil {
		s.Logger.ErrorContext(ctx, "the signing keys could not be read again", "error", err)
	}
	s.keys.readAt = s.Store.Now()
}

// readKeys gives the keys in the database to the issuer of tokens. One that has
// them already keeps what it has verified.
func (s *Service) readKeys(ctx context.Context) error {
	var keys []model.SigningKey
	err := s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if keys, err = tx.SigningKeys(); len(keys) == 0 {
			return err
		}
		signer := signerAt(keys, tx.Now) // which has to come first
		keys[0], keys[signer] = keys[signer], keys[0]
		return nil
	})
	if err != nil {
		return err
	}
	ids := make([]string, len(keys))
	for i, key := range keys {
		ids[i] = key.ID
	}
	if len(ids) > 0 && slices.Equal(ids, s.keys.ids) {
		return nil
	}
	opened := make([]token.Key, len(keys))
	for i, key := range keys {
		private, err := token.Unseal(s.Secret, key.Private, key.ID)
		if err != nil {
			return errors.Join(errors.New("the signing keys in the database were sealed under another CLIENTELE_SECRET"), err)
		}
		opened[i] = token.Key{ID: key.ID, Public: key.Public, Private: private}
	}
	if err := s.Tokens.SetKeys(opened); err != nil {
		return err
	}
	s.keys.ids = ids
	return nil
}
