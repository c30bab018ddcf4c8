package account

import (
	"context"
	"strconv"

	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// Anonymise forgets who the customer behind reference is, at once and for
// good: personal attributes become null, the e-mail address a random one that
// nobody can receive mail at; addresses, payment sources, consents, keys, sessions, orders and captured
// letters go, and waiting letters are emptied, but for the one that tells them of it
// (Rules.TellErased). The reference and the time of creation stay. The e-mail address
// is free again.
//
// It returns Unauthorized (411) for a reference that is not the actor's,
// CustomerNotFound with an API key, PreconditionFailed.
func (s *Service) Anonymise(ctx context.Context, actor Actor, reference string, match Match) error {
	return s.change(ctx, actor, reference, match, func(tx *store.Tx, customer *model.Customer) error {
		if customer.AnonymizedAt != nil {
			return nil
		}
		return s.anonymise(ctx, tx, actor, customer, "anonymized")
	})
}

// anonymise forgets a customer whom the transaction holds; the event says why.
func (s *Service) anonymise(ctx context.Context, tx *store.Tx, actor Actor, customer *model.Customer, reason string) error {
	if err := s.forgetJobs(ctx, tx, customer); err != nil {
		return err
	}
	if err := s.bidFarewell(ctx, tx, actor, customer); err != nil {
		return err
	}
	if customer.Active() { // what waits for the address is theirs too
		if _, err := tx.LinkOrders(customer); err != nil {
			return err
		}
	}
	if err := s.receiveErasure(tx, customer); err != nil {
		return err
	}
	if err := s.leaveAside(ctx, tx, actor, customer); err != nil {
		return err
	}
	customer.Forget(tx.Now)
	if err := tx.SaveCustomer(customer); err != nil {
		return err
	}
	if err := tx.DeletePersonalData(customer.ID); err != nil {
		return err
	}
	if err := s.note(tx, actor, anonymizedEvent, success, customer); err != nil {
		return err
	}
	if err := s.emit(tx, customer, CustomerDeleted, model.JSON{"reason": reason}); err != nil {
		return err
	}
	return tx.ForgetOrigins(customer.Store, customer.Reference)
}

// bidFarewell asks for the letter that tells a customer of their erasure.
func (s *Service) bidFarewell(ctx context.Context, tx *store.Tx, actor Actor, customer *model.Customer) error {
	if !s.Rules.TellErased || customer.EmailKey == nil {
		return nil
	}
	return s.Queue.Add(ctx, tx, accountErasedLetter{Customer: customer.ID, To: customer.Email, Language: letterLanguage(customer, actor), Asked: tx.Now})
}

// forgetJobs empties the jobs, waiting or given up, that hold an address of the
// customer.
func (s *Service) forgetJobs(ctx context.Context, tx *store.Tx, customer *model.Customer) error {
	if err := s.Queue.Forget(ctx, tx, "customer", strconv.FormatInt(customer.ID, 10)); err != nil {
		return err
	}
	return s.forgetRestores(ctx, tx, customer)
}

// forgetRestores empties the jobs that were asked for by the customer's present
// address. It is called before they have another: nothing tells afterwards whose the
// former one was, and no letter goes there any more.
func (s *Service) forgetRestores(ctx context.Context, tx *store.Tx, customer *model.Customer) error {
	if customer.EmailKey == nil {
		return nil
	}
	return s.Queue.Forget(ctx, tx, "email", *customer.EmailKey)
}
