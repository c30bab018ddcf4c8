package account

import (
	"context"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// longestCurrentPassword bounds what is compared with the stored hash, in code
// points. A policy that allows more allows more here, and one that has become
// stricter does not lock out whom it let in.
const longestCurrentPassword = 128

// PasswordChange replaces a password that is known.
type PasswordChange struct {
	Current Text
	NewPassword
	Named     bool   // the request names a customer …
	Reference string // … who has to be the actor
}

// ChangePassword sets a new password for the actor, ends all their tokens, the
// one that was shown included, and tells them by mail. The new password may be
// the old one.
//
// It returns Faults of attribute validation (901), Unauthorized (411) when the
// request names somebody else, PasswordsDiffer (406), TooManyAttempts
// (4401) after too many wrong ones, PasswordInvalid (408),
// PasswordSequence and PasswordCommon (421, 422), PasswordChangeFailed (407)
// when the password was changed by another request meanwhile.
func (s *Service) ChangePassword(ctx context.Context, actor Actor, in PasswordChange) error {
	var v validation
	v.text(in.Current, true, notBlank, atMost(max(longestCurrentPassword, s.Policy.MaxLength)))
	s.checkNewPassword(&v, in.NewPassword, true)
	if err := v.faults.Err(); err != nil {
		return err
	}
	if !actor.IsCustomer() || in.Named && !actor.isOwn(in.Reference) {
		return errors.Unauthorized
	}
	if err := in.differ(); err != nil {
		return err
	}
	if err := s.prove(ctx, actor, in.Current, passwordChangedEvent); err != nil {
		return err
	}
	if err := s.checkPolicyFor(actor.customer, in.Password); err != nil {
		return err
	}
	hash, err := s.Hasher.Hash(ctx, text(in.Password))
	if err != nil {
		return err
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		customer, err := tx.LockCustomer(actor.customer.ID)
		if err != nil {
			return err
		}
		if !customer.Live() || customer.CredentialVersion != actor.customer.CredentialVersion {
			return errors.PasswordChangeFailed
		}
		if err := s.note(tx, actor, passwordChangedEvent, success, customer); err != nil {
			return err
		}
		return s.setPassword(ctx, tx, actor, customer, hash)
	})
}

// prove returns nil when current is the password of the customer who asks, else
// PasswordInvalid (408), which is noted as a failure of event, and TooManyAttempts
// (4401) after too many of those: a token that was stolen must not be good for
// guessing the password, so this is counted like a login, whatever becomes of the
// transaction around it.
func (s *Service) prove(ctx context.Context, actor Actor, current Text, event string) error {
	ctx = s.Store.Apart(ctx)
	attempt := s.attempt(actor, actor.customer.Email)
	left, err := s.countAttempt(ctx, actor, attempt)
	if err != nil {
		return err
	}
	right, _, err := s.compare(ctx, actor.customer, text(current))
	if right || err != nil {
		s.takeBack(context.WithoutCancel(ctx), attempt)
		return err
	}
	if err := s.record(ctx, actor, event, failure, actor.customer); err != nil {
		return err
	}
	refusal := errors.PasswordInvalid.On(current.Name).Of(left)
	if !current.Given {
		refusal = refusal.At("/data/attributes")
	}
	return refusal
}

// setPassword stores a new hash, ends every token of the customer, and notes
// the letter that tells them. A change of address that waits for its key is
// given up: whoever knew the former password may have asked for it. The key of
// the registration stays, for a new password confirms nothing.
func (s *Service) setPassword(ctx context.Context, tx *store.Tx, actor Actor, customer *model.Customer, hash string) error {
	err := s.following(tx, customer, func() error {
		replaceHash(customer, hash)
		return tx.SaveCustomer(customer)
	})
	if err != nil {
		return err
	}
	return s.endAccess(ctx, tx, actor, customer)
}

// replaceHash gives a customer another password. What they asked for under the former
// one is given up.
func replaceHash(customer *model.Customer, hash string) {
	customer.PasswordHash = &hash
	customer.CredentialVersion++
	customer.PendingEmail, customer.PendingEmailKey = nil, nil
}

// endAccess ends what a customer's former password has opened, and tells them.
func (s *Service) endAccess(ctx context.Context, tx *store.Tx, actor Actor, customer *model.Customer) error {
	if err := tx.DeleteSessions(customer.ID); err != nil {
		return err
	}
	for _, purpose := range []string{restoreKey, emailsKey} {
		if err := tx.DeleteKey(customer.ID, purpose); err != nil {
			return err
		}
	}
	if err := s.emit(tx, customer, PasswordChanged, nil); err != nil {
		return err
	}
	return s.Queue.Add(ctx, tx, passwordChangedLetter{Customer: customer.ID, Language: letterLanguage(customer, actor)})
}
