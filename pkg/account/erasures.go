package account

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// ErasureFilter narrows and pages requests for erasure.
type ErasureFilter = store.ErasureFilter

// ErasureModes and ErasureStates list what a request can ask for, and be in.
func ErasureModes() []string { return []string{model.AnonymiseErasure, model.PurgeErasure} }

// ErasureStates lists the states of a request.
func ErasureStates() []string {
	return []string{model.PendingErasure, model.CancelledErasure, model.DoneErasure}
}

// longestErasureGrace is the longest that a request may wait: the law wants it done
// within a month, and three for good reasons (GDPR, article 12).
const longestErasureGrace = 90 * 24 * time.Hour

// ErasureInput is what is said of a request; absent fields keep what is stored.
type ErasureInput struct {
	Customer Text // reference, on creation
	Mode     Text
	DueAt    Text
	State    Text // cancelled, on change
	Match    Match
}

// check returns the time that was given, nil when none was.
func (in ErasureInput) check(isNew bool, now time.Time, moment func(string) (time.Time, error)) (dueAt *time.Time, err error) {
	var v validation
	v.text(in.Customer, isNew, notBlank)
	v.text(in.Mode, false, notBlank, oneOf(ErasureModes(), errors.ChoiceInvalid))
	v.text(in.State, false, notBlank, oneOf([]string{model.PendingErasure, model.CancelledErasure}, errors.ChoiceInvalid))
	v.text(in.DueAt, false, notBlank, func(value *string) *errors.Error {
		if value == nil {
			return nil
		}
		at, err := moment(*value)
		if err != nil || at.After(now.Add(longestErasureGrace)) {
			return errors.TimeInvalid
		}
		dueAt = &at
		return nil
	})
	return dueAt, v.faults.Err()
}

// RequestErasure notes that a customer is to be forgotten, once the time of grace
// (Rules.ErasureGrace), or the one that is given, is over; one that lies behind is now.
// moment reads the caller's form of a time.
//
// It returns Faults of attribute validation (901), Unauthorized (411) without an API
// key with WriteCustomers, CustomerNotFound (402) and ErasurePending (4460).
func (s *Service) RequestErasure(ctx context.Context, actor Actor, in ErasureInput, moment func(string) (time.Time, error)) (made *model.ErasureRequest, err error) {
	dueAt, err := in.check(true, s.Store.Now(), moment)
	if err != nil {
		return nil, err
	}
	if !actor.May(WriteCustomers) {
		return nil, errors.Unauthorized
	}
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		reached, err := customerOfStore(tx, s.storeOf(actor), text(in.Customer))
		if err != nil {
			return err
		}
		customer, err := tx.LockCustomer(reached.ID)
		if err != nil {
			return err
		}
		mode := text(in.Mode)
		if mode == "" {
			mode = model.AnonymiseErasure
		}
		if customer.AnonymizedAt != nil && mode == model.AnonymiseErasure {
			return errors.CustomerNotFound // there is nobody to forget
		}
		if made, err = s.openErasure(tx, actor, customer, mode, dueAt); err != nil {
			return err
		}
		return s.following(tx, customer, func() error {
			customer.RequestToBeForgotten = customer.AnonymizedAt == nil
			return tx.SaveCustomer(customer)
		})
	})
	if err != nil {
		return nil, err
	}
	return s.eraseNow(ctx, made)
}

// Purge has a customer erased for good, now, with the record itself: what is left is a
// request for erasure that is done. One that was pending becomes it. Where the service
// ends in between, the request is due and done by its next minute.
//
// It returns Unauthorized (411) without an API key with WriteCustomers, and
// CustomerNotFound (402).
func (s *Service) Purge(ctx context.Context, actor Actor, reference string) error {
	if !actor.May(WriteCustomers) {
		return errors.Unauthorized
	}
	var request *model.ErasureRequest
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		reached, err := customerOfStore(tx, s.storeOf(actor), reference)
		if err != nil {
			return err
		}
		customer, err := tx.LockCustomer(reached.ID)
		if err != nil {
			return err
		}
		if request, err = tx.PendingErasureRequest(customer.Reference); err != nil {
			return err
		}
		if request == nil {
			request, err = s.openErasure(tx, actor, customer, model.PurgeErasure, &tx.Now)
			return err
		}
		request.Mode, request.DueAt = model.PurgeErasure, tx.Now
		return tx.SaveErasureRequest(request)
	})
	if err != nil {
		return err
	}
	_, err = s.eraseAsked(ctx, request.Store, request.ID)
	return err
}

// eraseNow does a request whose time has come already, and returns it as it is then.
func (s *Service) eraseNow(ctx context.Context, made *model.ErasureRequest) (*model.ErasureRequest, error) {
	if made.DueAt.After(s.Store.Now()) {
		return made, nil
	}
	return s.eraseAsked(ctx, made.Store, made.ID)
}

// openErasure adds a request; the caller saves the customer.
func (s *Service) openErasure(tx *store.Tx, actor Actor, customer *model.Customer, mode string, dueAt *time.Time) (*model.ErasureRequest, error) {
	made := &model.ErasureRequest{ID: uuid.NewString(), Store: customer.Store, Customer: customer.Reference, Mode: mode, State: model.PendingErasure, DueAt: tx.Now.Add(s.Rules.ErasureGrace)}
	if dueAt != nil {
		made.DueAt = *dueAt
	}
	if err := tx.AddErasureRequest(made); err != nil {
		return nil, err
	}
	return made, s.note(tx, actor, erasureRequestedEvent, success, customer)
}

// followWish opens a request when staff note that a customer has asked to be forgotten,
// and cancels it when they note that they have not.
func (s *Service) followWish(tx *store.Tx, actor Actor, customer *model.Customer, was bool) error {
	if was == customer.RequestToBeForgotten {
		return nil
	}
	pending, err := tx.PendingErasureRequest(customer.Reference)
	switch {
	case err != nil:
		return err
	case customer.RequestToBeForgotten && pending == nil:
		_, err := s.openErasure(tx, actor, customer, model.AnonymiseErasure, nil)
		return err
	case !customer.RequestToBeForgotten && pending != nil:
		return s.cancelErasure(tx, actor, customer, pending)
	}
	return nil
}

func (s *Service) cancelErasure(tx *store.Tx, actor Actor, customer *model.Customer, request *model.ErasureRequest) error {
	request.State, request.FinishedAt = model.CancelledErasure, &tx.Now
	if err := tx.SaveErasureRequest(request); err != nil {
		return err
	}
	return s.note(tx, actor, erasureCancelledEvent, success, customer)
}

// ChangeErasure cancels a request, or sets another time or mode. It returns Faults of
// attribute validation (901), Unauthorized (411) without an API key with
// WriteCustomers, RouteNotFound, PreconditionFailed, and ErasureFinished (4461) for one
// that is done or cancelled.
func (s *Service) ChangeErasure(ctx context.Context, actor Actor, id string, in ErasureInput, moment func(string) (time.Time, error)) (changed *model.ErasureRequest, err error) {
	dueAt, err := in.check(false, s.Store.Now(), moment)
	if err != nil {
		return nil, err
	}
	if !actor.May(WriteCustomers) {
		return nil, errors.Unauthorized
	}
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		found, err := tx.ErasureRequest(s.storeOf(actor), id)
		if err != nil {
			return err
		}
		customer, err := lockByReference(tx, found.Customer)
		if err != nil {
			return err
		}
		if changed, err = tx.LockErasureRequest(found.Store, id); err != nil {
			return err
		}
		if in.Match != nil && !in.Match(ErasureVersion(changed)) {
			return errors.PreconditionFailed.AtHeader("If-Match")
		}
		if changed.State != model.PendingErasure || customer == nil {
			return errors.ErasureFinished
		}
		if in.Mode.Value != nil {
			changed.Mode = *in.Mode.Value
		}
		if dueAt != nil {
			changed.DueAt = *dueAt
		}
		if text(in.State) != model.CancelledErasure {
			return tx.SaveErasureRequest(changed)
		}
		if err := s.cancelErasure(tx, actor, customer, changed); err != nil {
			return err
		}
		return s.following(tx, customer, func() error {
			customer.RequestToBeForgotten = false
			return tx.SaveCustomer(customer)
		})
	})
	if err != nil || changed.State != model.PendingErasure {
		return changed, err
	}
	return s.eraseNow(ctx, changed)
}

// lockByReference locks a customer, nil when there is none any more. Customers are
// locked before their requests, by everybody.
func lockByReference(tx *store.Tx, reference string) (*model.Customer, error) {
	customer, err := tx.Customer(reference)
	if err == nil {
		customer, err = tx.LockCustomer(customer.ID)
	}
	if errors.Is(err, errors.CustomerNotFound) {
		return nil, nil
	}
	return customer, err
}

// ErasureRequests returns requests of the store, the newest first. It needs an API key
// with ReadCustomers: Unauthorized (411) without.
func (s *Service) ErasureRequests(ctx context.Context, actor Actor, filter ErasureFilter) (requests []model.ErasureRequest, err error) {
	if !actor.May(ReadCustomers) {
		return nil, errors.Unauthorized
	}
	filter.Store = s.storeOf(actor)
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		requests, err = tx.ErasureRequests(filter)
		return err
	})
	return requests, err
}

// ErasureRequest returns one request; RouteNotFound when there is none, Unauthorized
// (411) without ReadCustomers.
func (s *Service) ErasureRequest(ctx context.Context, actor Actor, id string) (request *model.ErasureRequest, err error) {
	if !actor.May(ReadCustomers) {
		return nil, errors.Unauthorized
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		request, err = tx.ErasureRequest(s.storeOf(actor), id)
		return err
	})
	return request, err
}

// ErasureVersion names the state of a request; it changes with every write.
func ErasureVersion(request *model.ErasureRequest) string {
	return strconv.FormatInt(request.Version, 10)
}

// erasing does the requests whose time has come.
type erasing struct{}

// Kind names the job.
func (erasing) Kind() string { return "erasures" }

// mostErasures is how many requests are done in one run.
const mostErasures = 100

// EraseDue does the requests whose time has come, each in a transaction of its own. It
// is called every minute.
func (s *Service) EraseDue(ctx context.Context) error {
	var due []model.ErasureRequest
	err := s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		due, err = tx.DueErasureRequests(tx.Now, mostErasures)
		return err
	})
	if err != nil {
		return err
	}
	var errs []error
	for i := range due {
		_, err := s.eraseAsked(ctx, due[i].Store, due[i].ID)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// eraseAsked does one request, unless it was done or cancelled meanwhile, and returns
// it as it is then.
func (s *Service) eraseAsked(ctx context.Context, storeName, id string) (request *model.ErasureRequest, err error) {
	actor := Actor{service: true, store: storeName}
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		if request, err = tx.ErasureRequest(storeName, id); err != nil {
			return err
		}
		customer, err := lockByReference(tx, request.Customer)
		if err != nil {
			return err
		}
		if request, err = tx.LockErasureRequest(storeName, id); err != nil || request.State != model.PendingErasure {
			return err
		}
		if customer == nil {
			return s.finishErasure(tx, request, model.JSON{})
		}
		if customer.AnonymizedAt == nil {
			reason := map[string]string{model.AnonymiseErasure: "anonymized", model.PurgeErasure: "purged"}[request.Mode]
			if err := s.anonymise(ctx, tx, actor, customer, reason); err != nil { // finishes the request
				return err
			}
		}
		if request, err = tx.LockErasureRequest(storeName, id); err != nil || request.Mode != model.PurgeErasure {
			return err
		}
		if request.State == model.PendingErasure { // of a customer who was anonymised before
			if err := s.finishErasure(tx, request, model.JSON{}); err != nil {
				return err
			}
		}
		if err := s.note(tx, actor, purgedEvent, success, customer); err != nil {
			return err
		}
		return tx.DeleteCustomer(customer.ID)
	})
	return request, err
}

// receiveErasure finishes the pending request of a customer who is being erased, if
// there is one, with what there was.
func (s *Service) receiveErasure(tx *store.Tx, customer *model.Customer) error {
	request, err := tx.PendingErasureRequest(customer.Reference)
	if err != nil || request == nil {
		return err
	}
	removed, err := tx.CountPersonalData(customer.ID)
	if err != nil {
		return err
	}
	return s.finishErasure(tx, request, removed)
}

func (s *Service) finishErasure(tx *store.Tx, request *model.ErasureRequest, removed model.JSON) error {
	request.State, request.FinishedAt, request.Removed = model.DoneErasure, &tx.Now, removed
	return tx.SaveErasureRequest(request)
}
