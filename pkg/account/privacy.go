package account

import (
	"context"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// With Rules.HideAccounts, whoever registers with an address that has an account
// is answered as if it had none, and its owner is told by mail. Nobody learns who
// is a customer here; the price is that somebody who forgot that they are one has
// to read their mail.

// hides reports whether the actor must not be told which addresses have accounts.
// Staff may know.
func (s *Service) hides(actor Actor) bool {
	return s.Rules.HideAccounts && !actor.May(WriteCustomers)
}

// pretend stores a customer as register does, and takes them away again when the
// transaction has done everything else: what is answered, and what the same
// request still does with the new customer, cannot differ from the real thing.
// Until then they are a guest, who may have another's address.
func (s *Service) pretend(ctx context.Context, tx *store.Tx, actor Actor, in Registration, customer, owner *model.Customer) error {
	// The answer that may be kept for repetition is the owner's to have erased.
	owner, err := tx.LockCustomer(owner.ID)
	if err != nil {
		return err
	}
	customer.PasswordHash = nil
	if err := insert(tx, customer); err != nil {
		return err
	}
	customer.PasswordHash = in.hash
	tx.AtEnd(func(tx *store.Tx) error {
		return errors.Join(tx.DeleteCustomer(customer.ID), tx.TakeBackEvents(customer.ID))
	})
	if err := s.note(tx, actor, registeredEvent, failure, owner); err != nil {
		return err
	}
	if in.Terms.Value != nil {
		if err := tx.AddConsent(s.consent(tx, customer, actor)); err != nil {
			return err
		}
	}
	return s.writeToOwner(ctx, tx, actor, owner)
}

// writeToOwner asks for the letter to somebody whose address was registered with
// again; not for more of them in an hour than letters that restore a password. One
// who has never proven the address gets the key for that once more: it may be the
// first letter that they see.
func (s *Service) writeToOwner(ctx context.Context, tx *store.Tx, actor Actor, owner *model.Customer) error {
	if !s.Rules.Limits.Off {
		_, wait, _, err := s.counter(limit{"already registered", s.Rules.Limits.RestoresAddress, longestWindow, 0, false}, owner.Reference).count(tx)
		if err != nil || wait > 0 {
			return err
		}
	}
	if !owner.Active() {
		return s.Queue.Add(ctx, tx, confirmLetter{Customer: owner.ID, Language: letterLanguage(owner, actor)})
	}
	return s.Queue.Add(ctx, tx, alreadyRegisteredLetter{Customer: owner.ID, Language: letterLanguage(owner, actor)})
}

// pace is how long a registration takes at least where its time must tell nothing:
// longer than the hash and all statements take together on a machine that keeps
// up. On one that does not, the queue for the hash hides the rest.
const pace = 300 * time.Millisecond

// Pace returns what waits, from now on, until an answer to the actor may tell how
// long it took. It is called when everything is done and committed, before the first
// byte of the answer.
func (s *Service) Pace(ctx context.Context, actor Actor) (wait func()) {
	if !s.hides(actor) {
		return func() {}
	}
	began := time.Now()
	return func() {
		rest := time.NewTimer(pace - time.Since(began))
		defer rest.Stop()
		select {
		case <-rest.C:
		case <-ctx.Done():
		}
	}
}
