package account

import (
	"context"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// MergeInput names two customers who are one.
type MergeInput struct {
	Keep, Duplicate Text        // references
	Preview         Field[bool] // true changes nothing
}

// Merge is what a merge does, or would do.
type Merge struct {
	Keep, Duplicate string
	Preview         bool
	Moved           model.JSON // how many addresses, orders, … change hands
	Filled          []string   // attributes that the one who is kept has from the duplicate
	Differing       []string   // attributes that both have, otherwise: those of who is kept stay
	At              time.Time
}

// MergeCustomers makes one customer of two: addresses, orders, payment sources, groups
// and consents of the duplicate become those of who is kept, attributes that the latter
// lacks are filled from the former, whose logins end and who is anonymised.
//
// It returns Faults of attribute validation (901), Unauthorized (411) without an API key
// with WriteCustomers, CustomerNotFound (402), MergeImpossible (4490) for one customer
// twice, for one who was anonymised, for an account that would go up in a guest, and for
// more free-form data than one customer may have.
func (s *Service) MergeCustomers(ctx context.Context, actor Actor, in MergeInput) (*Merge, error) {
	var v validation
	v.text(in.Keep, true, notBlank)
	v.text(in.Duplicate, true, notBlank)
	v.flag(in.Preview, false)
	if err := v.faults.Err(); err != nil {
		return nil, err
	}
	if !actor.May(WriteCustomers) {
		return nil, errors.Unauthorized
	}
	made := &Merge{Preview: in.Preview.is(func(value bool) bool { return value })}
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		keep, duplicate, err := s.lockBoth(tx, actor, text(in.Keep), text(in.Duplicate))
		if err != nil {
			return err
		}
		if err := foresee(tx, keep, duplicate, made); err != nil || made.Preview {
			return err
		}
		return s.merge(ctx, tx, actor, keep, duplicate)
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

// lockBoth locks two customers, whoever came first first, so that no two merges wait
// for each other.
func (s *Service) lockBoth(tx *store.Tx, actor Actor, one, other string) (first, second *model.Customer, err error) {
	places := []struct {
		reference string
		place     **model.Customer
	}{{one, &first}, {other, &second}}
	for i := range places {
		if *places[i].place, err = customerOfStore(tx, s.storeOf(actor), places[i].reference); err != nil {
			return nil, nil, err
		}
	}
	if first.ID > second.ID {
		places[0], places[1] = places[1], places[0]
	}
	for i := range places {
		if *places[i].place, err = tx.LockCustomer((*places[i].place).ID); err != nil {
			return nil, nil, err
		}
	}
	return first, second, nil
}

// foresee tells what a merge does, before it is done.
func foresee(tx *store.Tx, keep, duplicate *model.Customer, made *Merge) (err error) {
	if keep.ID == duplicate.ID || keep.AnonymizedAt != nil || duplicate.AnonymizedAt != nil || duplicate.HasAccount() && !keep.HasAccount() {
		return errors.MergeImpossible
	}
	made.Keep, made.Duplicate, made.At = keep.Reference, duplicate.Reference, tx.Now
	if made.Moved, err = tx.CountPersonalData(duplicate.ID); err != nil {
		return err
	}
	delete(made.Moved, "sessions")
	after := *keep
	made.Filled, made.Differing = fill(&after, duplicate), nil
	if oversized(after.Metadata, after.Extra) {
		return errors.MergeImpossible
	}
	for _, one := range profileFields(keep, duplicate) {
		if *one.to != nil && *one.from != nil && **one.to != **one.from {
			made.Differing = append(made.Differing, one.name)
		}
	}
	return nil
}

func (s *Service) merge(ctx context.Context, tx *store.Tx, actor Actor, keep, duplicate *model.Customer) error {
	err := s.following(tx, keep, func() error {
		fill(keep, duplicate)
		return moveInto(tx, duplicate, keep)
	})
	if err != nil {
		return err
	}
	waiting, err := tx.Claimed(duplicate.ID)
	if err != nil {
		return err
	}
	for i := range waiting { // for whom the address is proven, if ever
		waiting[i].ClaimedBy = &keep.ID
		if err := tx.SaveCustomer(&waiting[i]); err != nil {
			return err
		}
	}
	if err := s.note(tx, actor, mergedEvent, success, keep); err != nil {
		return err
	}
	if err := s.anonymise(ctx, tx, Actor{service: true, store: keep.Store}, duplicate, "merged"); err != nil {
		return err
	}
	duplicate.MergedInto = &keep.Reference
	return tx.SaveCustomer(duplicate)
}
