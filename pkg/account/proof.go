package account

import (
	"context"
	"crypto/hmac"
	"strconv"

	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/token"
)

// Proof is what somebody has from a letter: the key in its link, or its short code
// and the address that it went to. A key that is given counts alone.
type Proof struct{ Key, Email, Code Text }

// byCode reports whether the code is to be looked at and not the key.
func (p Proof) byCode() bool { return p.Code.Given && !p.Key.Given }

// name is of the attribute that is wrong when the proof is.
func (p Proof) name() string {
	if p.byCode() {
		return p.Code.Name
	}
	return p.Key.Name
}

func (p Proof) check(v *validation) {
	if !p.byCode() {
		v.text(p.Key, true, notBlank)
		return
	}
	v.text(p.Email, true, notBlank, isEmail)
	v.text(p.Code, true, notBlank)
}

// mostTries is how often the code of one key may be tried: of 2⁴⁰ codes that is
// next to nothing, and a slip of the finger costs no new letter.
const mostTries = 5

// digestOf returns the digest of the key that a proof stands for, of one of the
// purposes; of a wrong code a digest that is no key's. A try counts whatever becomes
// of the request; too many of them from one network are RateLimited.
func (s *Service) digestOf(ctx context.Context, actor Actor, proof Proof, purposes ...string) ([]byte, error) {
	if !proof.byCode() {
		return token.Digest(text(proof.Key)), nil
	}
	ctx = s.Store.Apart(ctx)
	if err := s.bound(ctx, s.counter(limit{"code", s.Rules.Limits.LoginsNetwork, throttleWindow, 0, false}, actor.network())); err != nil {
		return nil, err
	}
	address, err := emailKey(text(proof.Email))
	if err != nil {
		return nil, nil
	}
	code := token.ReadCode(text(proof.Code))
	var digest []byte
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		keys, err := tx.TryCode(address, purposes, mostTries)
		for _, key := range keys {
			if hmac.Equal(key.CodeDigest, s.codeDigest(&key, code)) {
				digest = key.Digest
			}
		}
		return err
	})
	return digest, err
}

// codeDigest is what is kept of a code. It needs our secret, for all codes could be
// tried at it.
func (s *Service) codeDigest(key *model.OneTimeKey, code string) []byte {
	return s.blind("code", key.Purpose, strconv.FormatInt(key.CustomerID, 10), code)
}

// toldKey is what events tell of a key. The key itself only webhooks are told that
// may know it, at the time of sending.
func toldKey(key *model.OneTimeKey) model.JSON {
	data := model.JSON{"purpose": key.Purpose, "expiresAt": nil}
	if key.ExpiresAt != nil {
		data["expiresAt"] = moment(*key.ExpiresAt)
	}
	return data
}
