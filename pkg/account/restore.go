package account

import (
	"context"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/token"
)

// The purposes of one-time keys. A key works for its own purpose alone.
const (
	confirmKey = "confirm"
	restoreKey = "restore"
	emailsKey  = "email"
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
			if err := s.Queue.Add(ctx, tx, restoreLetter{Store: s.Rules.Store, EmailKey: key, Language: actor.Language.String()}); err != nil {
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
	Key Text
	NewPassword
}

// RestorePassword sets a new password by a key that was mailed. The key works
// once and for two hours; all tokens end and the customer is told by mail. It
// neither logs in nor confirms a registration.
//
// It returns Faults of attribute validation (901), PasswordsDiffer (406),
// PasswordSequence and PasswordCommon (421, 422), RestoreKeyInvalid (415).
func (s *Service) RestorePassword(ctx context.Context, actor Actor, in Restoration) error {
	var v validation
	v.text(in.Key, true, notBlank)
	s.checkNewPassword(&v, in.NewPassword, true)
	if err := v.faults.Err(); err != nil {
		return err
	}
	if err := in.differ(); err != nil {
		return err
	}
	if err := s.checkPolicy(in.Password); err != nil {
		return err
	}
	digest := token.Digest(text(in.Key))
	invalid := errors.RestoreKeyInvalid.On(in.Key.Name)
	// Looked at before it is taken: a guessed key must not cost a hash. Whose
	// password it will be is known from here on, and with that the words that
	// must not make it up.
	err := s.Store.Read(ctx, func(tx *store.Tx) error {
		key, err := tx.FindKey(restoreKey, digest)
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
		return err
	}
	hash, err := s.Hasher.Hash(ctx, text(in.Password))
	if err != nil {
		return err
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		customer, err := s.takeKey(tx, restoreKey, digest, invalid)
		if err != nil {
			return err
		}
		if err := s.note(tx, actor, restoredEvent, success, customer); err != nil {
			return err
		}
		if err := s.welcome(tx, actor, customer); err != nil {
			return err
		}
		return s.setPassword(ctx, tx, actor, customer, hash)
	})
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
	if customer.AnonymizedAt != nil || customer.Store != s.Rules.Store || proven == nil || *proven != key.EmailKey {
		return nil, invalid
	}
	return customer, nil
}

// Confirm uses the key of a confirmation letter: the customer becomes active,
// or a pending e-mail address becomes theirs.
//
// It returns Faults of attribute validation (901), ConfirmationKeyInvalid
// (423), ConfirmationFailed (425) when the pending address has become another
// account's meanwhile.
func (s *Service) Confirm(ctx context.Context, actor Actor, key Text) error {
	var v validation
	v.text(key, true, notBlank)
	if err := v.faults.Err(); err != nil {
		return err
	}
	digest := token.Digest(text(key))
	invalid := errors.ConfirmationKeyInvalid.On(key.Name)
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		event := confirmedEvent
		customer, err := s.takeKey(tx, confirmKey, digest, invalid)
		if errors.Is(err, errors.ConfirmationKeyInvalid) {
			event = emailChangedEvent
			customer, err = s.takeKey(tx, emailsKey, digest, invalid)
			if err == nil {
				err = s.forgetRestores(ctx, tx, customer)
			}
			if err == nil {
				customer.Email, customer.EmailKey = *customer.PendingEmail, customer.PendingEmailKey
				customer.PendingEmail, customer.PendingEmailKey = nil, nil
			}
		}
		if err != nil {
			return err
		}
		customer.ConfirmedAt = &tx.Now
		err = tx.SaveCustomer(customer)
		if errors.Is(err, errors.EmailTaken) {
			return errors.ConfirmationFailed
		}
		if err != nil {
			return err
		}
		return s.note(tx, actor, event, success, customer)
	})
}
