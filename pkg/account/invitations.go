package account

import (
	"context"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// inviteFor is how long an invitation works.
const inviteFor = 7 * 24 * time.Hour

// Invite asks for a letter by which a customer without a password sets their first.
// A newer invitation replaces the one before.
//
// It needs an API key with WriteCustomers: Unauthorized (411) without. It returns
// Faults of attribute validation (901), CustomerNotFound, and CustomerHasAccount for a customer who has a password, or was
// anonymised or blocked.
func (s *Service) Invite(ctx context.Context, actor Actor, reference Text) error {
	var v validation
	v.text(reference, true, notBlank)
	if err := v.faults.Err(); err != nil {
		return err
	}
	if !actor.May(WriteCustomers) {
		return errors.Unauthorized
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		reached, err := customerOfStore(tx, s.storeOf(actor), text(reference))
		if err != nil {
			return err
		}
		customer, err := tx.LockCustomer(reached.ID)
		if err != nil {
			return err
		}
		if customer.HasAccount() || !customer.Live() || customer.EmailKey == nil {
			return errors.CustomerHasAccount
		}
		return s.invite(ctx, tx, actor, customer)
	})
}

// invite asks for the letter by which a customer sets their first password.
func (s *Service) invite(ctx context.Context, tx *store.Tx, actor Actor, customer *model.Customer) error {
	if err := s.note(tx, actor, invitedEvent, success, customer); err != nil {
		return err
	}
	return s.Queue.Add(ctx, tx, invitationLetter{Customer: customer.ID, Language: letterLanguage(customer, actor), Asked: tx.Now})
}

// inviteNew is invite for somebody whom an API key has made, when it wants that.
func (s *Service) inviteNew(ctx context.Context, tx *store.Tx, actor Actor, in Registration, customer *model.Customer) error {
	if !in.Invite || !actor.May(WriteCustomers) || customer.EmailKey == nil {
		return nil
	}
	return s.invite(ctx, tx, actor, customer)
}

// Acceptance sets the first password of a customer, with what their invitation gave.
type Acceptance struct {
	Restoration
	Terms Field[bool] // consent to the terms of service, if it was asked for
}

// AcceptInvitation gives a customer their first password. Whoever has the letter
// has proven the address; it does not log in.
//
// It returns Faults of attribute validation (901), PasswordsDiffer (406),
// PasswordSequence and PasswordCommon (421, 422), InvitationInvalid, also when the
// address has become another account's, and for a code RateLimited.
func (s *Service) AcceptInvitation(ctx context.Context, actor Actor, in Acceptance) error {
	invalid := errors.InvitationInvalid.On(in.Proof.name())
	digest, hash, err := s.hashFor(ctx, actor, inviteKey, in.Restoration, invalid, func(v *validation) {
		v.flag(in.Terms, false)
		if in.Terms.is(isFalse) {
			v.faults.Add(errors.TermsNotAccepted.On(in.Terms.Name))
		}
	})
	if err != nil {
		return err
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		customer, err := s.takeKey(tx, inviteKey, digest, invalid)
		if err != nil {
			return err
		}
		if customer.HasAccount() || !customer.Live() {
			return invalid
		}
		if in.Terms.Value != nil {
			if err := tx.AddConsent(s.consent(tx, customer, actor)); err != nil {
				return err
			}
		}
		err = s.following(tx, customer, func() error {
			if in.Terms.Value != nil {
				customer.TermsVersion = &s.Rules.Terms
			}
			customer.PasswordHash, customer.ConfirmedAt = &hash, &tx.Now
			customer.CredentialVersion++
			return tx.SaveCustomer(customer)
		})
		if errors.Is(err, errors.EmailTaken) {
			return invalid
		}
		if err != nil {
			return err
		}
		if err := s.proven(tx, customer); err != nil {
			return err
		}
		return s.note(tx, actor, invitationAcceptedEvent, success, customer)
	})
}
