package account

import (
	"context"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// The purposes of one-time keys. A key works for its own purpose alone.
const (
	confirmKey = "confirm"
	restoreKey = "restore"
	emailsKey  = "email"
	inviteKey  = "invite"
)

// restoreFor is how long a restore key works (glue.md 8.7).
const restoreFor = 2 * time.Hour

// pendingFor is how long a change of address waits for its key.
const pendingFor = 7 * 24 * time.Hour

// longestForgotten bounds the address of a forgotten password.
const longestForgotten = 255

// ForgetPassword asks for a letter with a restore key. A known and an unknown
// address cost and answer the same: the request is only written down, and the
// job that follows looks the customer up. It returns Faults of attribute
// validation (901).
func (s *Service) ForgetPassword(ctx context.Context, actor Actor, email Text) error {
	var v validation
	v.text(email, true, notBlank, isEmail, atMost(longestForgotten))
	if err := v.faults.Err(); err != nil {
		return err
	}
	key, err := emailKey(text(email))
	if err != nil {
		return errors.EmailInvalid.On(email.Name).Because(err)
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		tooMany, first, err := s.countRestore(tx, actor, key)
		if err != nil {
			return err
		}
		if !tooMany {
			if err := s.Queue.Add(ctx, tx, restoreLetter{Store: s.storeOf(actor), EmailKey: key, Language: actor.Language.String(), Asked: tx.Now}); err != nil {
				return err
			}
			return s.note(tx, actor, restoreRequestedEvent, success, nil)
		}
		if first {
			return s.note(tx, actor, restoreRequestedEvent, refusedOutcome, nil)
		}
		return nil
	})
}

// countRestore counts a wish for a letter, and reports whether there were too
// many: then none is written, and nobody is told. Nothing in it depends on
// whether the address is a customer's.
func (s *Service) countRestore(tx *store.Tx, actor Actor, emailKey string) (tooMany, first bool, err error) {
	if s.Rules.Limits.Off {
		return false, false, nil
	}
	limits := s.Rules.Limits
	for _, c := range []counter{
		s.counter(limit{"restore network", limits.RestoresNetwork, longestWindow, 0, false}, actor.network()),
		s.counter(limit{"restore address", limits.RestoresAddress, longestWindow, 0, false}, emailKey),
		s.counter(limit{"restore total", limits.RestoresTotal, longestWindow, 0, false}),
	} {
		_, wait, first, err := c.count(tx)
		if err != nil || wait > 0 {
			return wait > 0, first, err
		}
	}
	return false, false, nil
}

// Restoration sets a password with the key from a letter.
type Restoration struct {
	Proof
	NewPassword
	Email Text // when it is given, the key has to be this customer's; a wire has it in the request
}

// RestorePassword sets a new password by a key that was mailed. The key works
// once and for two hours; all tokens end and the customer is told by mail. It
// neither logs in nor confirms a registration; a guest, who has no password yet, gets
// their first, and has proven their address with it.
//
// It returns Faults of attribute validation (901), PasswordsDiffer (406),
// PasswordSequence and PasswordCommon (421, 422), RestoreKeyInvalid (415), and for
// a code RateLimited.
func (s *Service) RestorePassword(ctx context.Context, actor Actor, in Restoration) (restored *model.Customer, err error) {
	invalid := errors.RestoreKeyInvalid.On(in.Proof.name())
	digest, hash, err := s.hashFor(ctx, actor, restoreKey, in, invalid, func(*validation) {})
	if err != nil {
		return nil, err
	}
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		customer, err := s.takeKey(tx, restoreKey, digest, invalid)
		if err != nil {
			return err
		}
		if in.Proof.Key.Given && in.Email.Given {
			if !isEmailOf(customer, text(in.Email)) {
				return invalid // and the key is not used up: the transaction ends here
			}
		}
		if err := s.note(tx, actor, restoredEvent, success, customer); err != nil {
			return err
		}
		if err := s.welcome(tx, actor, customer); err != nil {
			return err
		}
		if !customer.HasAccount() {
			customer.ConfirmedAt = &tx.Now
		}
		switch err := s.setPassword(ctx, tx, actor, customer, hash); {
		case errors.Is(err, errors.EmailTaken): // by an account that was made meanwhile
			return invalid
		case err != nil:
			return err
		}
		restored = customer
		return s.proven(tx, customer)
	})
	if err != nil {
		return nil, err
	}
	return restored, nil
}

// hashFor checks a restoration, with more attributes, and returns the digest of the
// key that its proof stands for, and the hash of the new password. The key is looked
// at before it is taken: a guessed one must not cost a hash. Whose password it will
// be is known from there on, and with that the words that must not make it up. A key
// that is none is answered with invalid.
func (s *Service) hashFor(ctx context.Context, actor Actor, purpose string, in Restoration, invalid error, more func(*validation)) (digest []byte, hash string, err error) {
	var v validation
	in.Proof.check(&v)
	s.checkNewPassword(&v, in.NewPassword, true)
	more(&v)
	if err := v.faults.Err(); err != nil {
		return nil, "", err
	}
	if err := in.differ(); err != nil {
		return nil, "", err
	}
	if err := s.checkPolicy(in.Password); err != nil {
		return nil, "", err
	}
	if digest, err = s.digestOf(ctx, actor, in.Proof, purpose); err != nil {
		return nil, "", err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		key, err := tx.FindKey(purpose, digest)
		if err != nil {
			return err
		}
		if key == nil {
			return invalid
		}
		customer, err := tx.CustomerByID(key.CustomerID)
		if err != nil {
			return err
		}
		return s.checkPolicyFor(customer, in.Password)
	})
	if err != nil {
		return nil, "", err
	}
	hash, err = s.Hasher.Hash(ctx, text(in.Password))
	return digest, hash, err
}

// takeKey uses a key up and returns its customer, locked. A key that is
// unknown, expired or used is answered with invalid, and so is one that was
// mailed to an address the customer has no more.
func (s *Service) takeKey(tx *store.Tx, purpose string, digest []byte, invalid error) (*model.Customer, error) {
	key, err := tx.TakeKey(purpose, digest)
	if err != nil {
		return nil, err
	}
	if key == nil {
		return nil, invalid
	}
	customer, err := tx.LockCustomer(key.CustomerID)
	if err != nil {
		return nil, err
	}
	proven := customer.EmailKey
	if purpose == emailsKey {
		proven = customer.PendingEmailKey
	}
	if customer.AnonymizedAt != nil || proven == nil || *proven != key.EmailKey {
		return nil, invalid
	}
	return customer, nil
}

// Confirm uses the key of a confirmation letter: the customer becomes active,
// or a pending e-mail address becomes theirs.
//
// It returns Faults of attribute validation (901), ConfirmationKeyInvalid
// (423), ConfirmationFailed (425) when the pending address has become another
// account's meanwhile, and for a code RateLimited.
func (s *Service) Confirm(ctx context.Context, actor Actor, proof Proof) error {
	var v validation
	proof.check(&v)
	if err := v.faults.Err(); err != nil {
		return err
	}
	digest, err := s.digestOf(ctx, actor, proof, confirmKey, emailsKey)
	if err != nil {
		return err
	}
	invalid := errors.ConfirmationKeyInvalid.On(proof.name())
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		customer, err := s.takeKey(tx, confirmKey, digest, invalid)
		if err == nil {
			return s.confirm(tx, actor, customer, confirmedEvent, func() error { return nil })
		}
		if !errors.Is(err, errors.ConfirmationKeyInvalid) {
			return err
		}
		if customer, err = s.takeKey(tx, emailsKey, digest, invalid); err != nil {
			return err
		}
		return s.confirm(tx, actor, customer, emailChangedEvent, func() error {
			if err := s.forgetRestores(ctx, tx, customer); err != nil {
				return err
			}
			customer.Email, customer.EmailKey = *customer.PendingEmail, customer.PendingEmailKey
			customer.PendingEmail, customer.PendingEmailKey = nil, nil
			return nil
		})
	})
}

// confirm stores that a customer's address is proven, once fn has seen to it that
// it is theirs, and gives them the orders that wait for that.
func (s *Service) confirm(tx *store.Tx, actor Actor, customer *model.Customer, event string, fn func() error) error {
	err := s.following(tx, customer, func() error {
		if err := fn(); err != nil {
			return err
		}
		customer.ConfirmedAt = &tx.Now
		return tx.SaveCustomer(customer)
	})
	if errors.Is(err, errors.EmailTaken) {
		return errors.ConfirmationFailed
	}
	if err != nil {
		return err
	}
	if err := s.proven(tx, customer); err != nil {
		return err
	}
	return s.note(tx, actor, event, success, customer)
}
