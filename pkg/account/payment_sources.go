package account

import (
	"context"
	"regexp"
	"strconv"

	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/payments"
	"github.com/clientelehq/clientele/pkg/store"
)

// PaymentSourceInput is what is said of a payment source. Absent fields keep what is
// stored.
type PaymentSourceInput struct {
	ID string // on creation; "" is one of the service's choice

	Provider, SourceType, Token    Text
	Brand, LastFour, Holder, State Text
	ExpiryMonth, ExpiryYear        Field[int64]
	Metadata                       Field[map[string]any]
	Match                          Match
}

// SourceStates lists what a payment source can be.
func SourceStates() []string {
	return []string{model.ChargeableSource, model.PendingSource, model.FailedSource, model.CanceledSource, model.ConsumedSource}
}

// The forms of what a payment source is named by.
var (
	providerName = regexp.MustCompile(`^[a-z0-9_-]{1,40}$`)
	sourceType   = regexp.MustCompile(`^[A-Za-z0-9_]{1,40}$`)
	fourDigits   = regexp.MustCompile(`^[0-9]{4}$`)
)

func (in PaymentSourceInput) check(creating bool) error {
	var v validation
	firm := func(f Text, rules ...rule) { v.text(f, creating, append([]rule{notBlank, noCardNumber}, rules...)...) }
	free := func(f Text, rules ...rule) { v.text(f, false, append([]rule{noCardNumber}, rules...)...) }
	firm(in.Provider, like(providerName, "string of 1 to 40 of a-z, 0-9, _ and -"))
	firm(in.SourceType, like(sourceType, "string of 1 to 40 of A-Z, a-z, 0-9 and _"))
	firm(in.Token, atMost(longestText))
	free(in.Brand, atMost(longestText))
	free(in.LastFour, like(fourDigits, "string of 4 digits"))
	v.number(in.ExpiryMonth, 1, 12)
	v.number(in.ExpiryYear, 2000, 2099)
	free(in.Holder, atMost(longestText))
	v.text(in.State, false, notBlank, oneOf(SourceStates(), errors.ChoiceInvalid))
	v.object(in.Metadata)
	if in.Metadata.is(func(object map[string]any) bool { return holdsText(object, payments.HoldsCardNumber) }) {
		v.faults.Add(errors.CardNumberRefused.On(in.Metadata.Name))
	}
	return v.faults.Err()
}

// noCardNumber refuses what holds, or may hold, the number of a card. The value goes
// nowhere: not into the error, and so not into the log.
func noCardNumber(value *string) *errors.Error {
	if value != nil && payments.HoldsCardNumber(*value) {
		return errors.CardNumberRefused
	}
	return nil
}

// like demands a form, which what says for people. Null and, where it is refused
// anyway, nothing at all are left to notBlank.
func like(form *regexp.Regexp, what string) rule {
	return func(value *string) *errors.Error {
		if value != nil && *value != "" && !form.MatchString(*value) {
			return errors.TypeInvalid.With(what)
		}
		return nil
	}
}

// number checks a whole number between two, or null.
func (v *validation) number(f Field[int64], least, most int64) {
	if f.Misfit || f.is(func(value int64) bool { return value < least || value > most }) {
		v.faults.Add(errors.TypeInvalid.With("integer, " + strconv.FormatInt(least, 10) + " to " + strconv.FormatInt(most, 10)).On(f.Name))
	}
}

func (in PaymentSourceInput) apply(to *model.PaymentSource) {
	for _, firm := range []struct {
		Text
		place *string
	}{{in.Provider, &to.Provider}, {in.SourceType, &to.SourceType}, {in.Token, &to.Token}, {in.State, &to.State}} {
		if firm.Value != nil {
			*firm.place = *firm.Value
		}
	}
	assign(&to.Brand, in.Brand)
	assign(&to.LastFour, blankAsNull(in.LastFour))
	assign(&to.Holder, in.Holder)
	if in.ExpiryMonth.Given {
		to.ExpiryMonth = in.ExpiryMonth.Value
	}
	if in.ExpiryYear.Given {
		to.ExpiryYear = in.ExpiryYear.Value
	}
	to.Metadata = merge(to.Metadata, in.Metadata)
}

// AddPaymentSource adds a source that is nobody's yet. It returns Faults of attribute
// validation (901) and CardNumberRefused (4470), Unauthorized (411) without an API key
// with WriteCustomers, ResourceIDInvalid for an id that is no UUID in small letters,
// ResourceIDTaken.
func (s *Service) AddPaymentSource(ctx context.Context, actor Actor, in PaymentSourceInput) (*model.PaymentSource, error) {
	if err := in.check(true); err != nil {
		return nil, err
	}
	if !actor.May(WriteCustomers) {
		return nil, errors.Unauthorized
	}
	if in.ID == "" {
		in.ID = uuid.NewString()
	}
	if !isUUID(in.ID) {
		return nil, errors.ResourceIDInvalid
	}
	added := &model.PaymentSource{ID: in.ID, Store: s.storeOf(actor), State: model.ChargeableSource}
	in.apply(added)
	if oversized(added.Metadata) {
		return nil, errors.PayloadTooLarge
	}
	return added, s.Store.Write(ctx, func(tx *store.Tx) error { return tx.AddPaymentSource(added) })
}

func isUUID(text string) bool {
	parsed, err := uuid.Parse(text)
	return err == nil && parsed.String() == text
}

// PaymentSourceFilter narrows and pages payment sources.
type PaymentSourceFilter = store.PaymentSourceFilter

// PaymentSources returns sources of the store, the newest first, and whose they are, by
// the customers' ids. With a reference only that customer's are returned; none where
// there is no such customer. It needs an API key with ReadCustomers: Unauthorized (411)
// without.
func (s *Service) PaymentSources(ctx context.Context, actor Actor, reference string, filter PaymentSourceFilter) (sources []model.PaymentSource, owners map[int64]*model.Customer, err error) {
	if !actor.May(ReadCustomers) {
		return nil, nil, errors.Unauthorized
	}
	filter.Store = s.storeOf(actor)
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		if reference != "" {
			customer, err := customerOfStore(tx, filter.Store, reference)
			if errors.Is(err, errors.CustomerNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			filter.CustomerID = &customer.ID
		}
		if sources, err = tx.PaymentSourcePage(filter); err != nil {
			return err
		}
		owners, err = tx.OwnersOf(sources)
		return err
	})
	return sources, owners, err
}

// PaymentSource returns a source and whose it is, nil for nobody's: to an API key with
// ReadCustomers any of the store, to a customer their own. Everything else is
// PaymentSourceNotFound (4472); a key without the scope is Unauthorized (411).
func (s *Service) PaymentSource(ctx context.Context, actor Actor, id string) (source *model.PaymentSource, owner *model.Customer, err error) {
	if !actor.IsCustomer() && !actor.May(ReadCustomers) {
		return nil, nil, errors.Unauthorized
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		if source, err = tx.PaymentSource(s.storeOf(actor), id); err != nil {
			return err
		}
		if actor.IsCustomer() {
			if owner = actor.customer; !same(source.Owner(), &owner.ID) {
				return errors.PaymentSourceNotFound
			}
			return nil
		}
		if source.Owner() != nil {
			owner, err = tx.CustomerByID(*source.Owner())
		}
		return err
	})
	return source, owner, err
}

// changeSource runs fn on a source of the store and its customer, nil for nobody, both
// locked. It needs an API key with WriteCustomers and returns Unauthorized (411),
// PaymentSourceNotFound (4472), PreconditionFailed.
func (s *Service) changeSource(ctx context.Context, actor Actor, id string, match Match, fn func(tx *store.Tx, owner *model.Customer, source *model.PaymentSource) error) error {
	if !actor.May(WriteCustomers) {
		return errors.Unauthorized
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		seen, err := tx.PaymentSource(s.storeOf(actor), id)
		if err != nil {
			return err
		}
		var owner *model.Customer
		if seen.Owner() != nil {
			if owner, err = tx.LockCustomer(*seen.Owner()); err != nil {
				return err
			}
		}
		source, err := tx.LockPaymentSource(seen.Store, id)
		if err != nil {
			return err
		}
		if !same(seen.Owner(), source.Owner()) {
			return store.ErrAgain // it was attached or detached before it was locked
		}
		if match != nil && !match(PaymentSourceVersion(source)) {
			return errors.PreconditionFailed.AtHeader("If-Match")
		}
		if owner == nil {
			return fn(tx, nil, source)
		}
		return s.following(tx, owner, func() error { return fn(tx, owner, source) })
	})
}

// ChangePaymentSource merges a change into a source and returns the whole, and whose it
// is. It returns Faults of attribute validation (901) and CardNumberRefused (4470),
// Unauthorized (411), PaymentSourceNotFound (4472), PreconditionFailed, PayloadTooLarge
// for more metadata than is kept.
func (s *Service) ChangePaymentSource(ctx context.Context, actor Actor, id string, in PaymentSourceInput) (changed *model.PaymentSource, owner *model.Customer, err error) {
	if err := in.check(false); err != nil {
		return nil, nil, err
	}
	err = s.changeSource(ctx, actor, id, in.Match, func(tx *store.Tx, customer *model.Customer, source *model.PaymentSource) error {
		changed, owner = source, customer
		in.apply(source)
		if oversized(source.Metadata) {
			return errors.PayloadTooLarge
		}
		if err := tx.SavePaymentSource(source); err != nil || owner == nil {
			return err
		}
		return s.emit(tx, owner, SourceUpdated, toldSource(source))
	})
	return changed, owner, err
}

// DeletePaymentSource removes a source; who has it loses it. It returns Unauthorized
// (411), PaymentSourceNotFound (4472), PreconditionFailed.
func (s *Service) DeletePaymentSource(ctx context.Context, actor Actor, id string, match Match) error {
	return s.changeSource(ctx, actor, id, match, func(tx *store.Tx, owner *model.Customer, source *model.PaymentSource) error {
		if owner != nil {
			if err := vacateSource(tx, owner, id); err != nil {
				return err
			}
			if err := s.emit(tx, owner, SourceDetached, toldSource(source)); err != nil {
				return err
			}
		}
		if err := s.note(tx, actor, sourceDeletedEvent, success, owner); err != nil {
			return err
		}
		return tx.DeletePaymentSource(id)
	})
}

// vacateSource leaves a customer without a default where it is this source.
func vacateSource(tx *store.Tx, customer *model.Customer, id string) error {
	if !same(customer.DefaultSourceID, &id) {
		return nil
	}
	customer.DefaultSourceID = nil
	return tx.SaveCustomer(customer)
}

// Sources returns the customer behind reference and their sources in order of creation.
// Whose they may be, and the errors, are those of Customer.
func (s *Service) Sources(ctx context.Context, actor Actor, reference string) (*model.Customer, []model.PaymentSource, error) {
	customer, err := s.Customer(ctx, actor, reference)
	if err != nil {
		return nil, nil, err
	}
	sources, err := s.SourcesOf(ctx, []model.Customer{*customer})
	return customer, sources[customer.ID], err
}

// SourcesOf returns the sources of customers that the caller was shown, by the
// customer's id, in order of creation.
func (s *Service) SourcesOf(ctx context.Context, customers []model.Customer) (sources map[int64][]model.PaymentSource, err error) {
	ids := make([]int64, len(customers))
	for i := range customers {
		ids[i] = customers[i].ID
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		sources, err = tx.PaymentSourcesOf(ids)
		return err
	})
	return sources, err
}

// AttachSources gives sources to the customer behind reference; those that they have
// already stay. The first that a customer gets is their default. It needs an API key
// with WriteCustomers: whoever could guess an id would pay with what is another's.
//
// It returns Unauthorized (411), CustomerNotFound (402), PreconditionFailed,
// CustomerSaveFailed (410) for a customer who was anonymised, and, by place, which points
// at the one of the sources: PaymentSourceNotFound (4472), PaymentSourceTaken (4471) for
// one of another customer, PaymentSourceSpent (4473) for one that was detached or
// consumed, SourceNotChargeable (4474).
func (s *Service) AttachSources(ctx context.Context, actor Actor, reference string, ids []string, match Match, place func(err error, index int) error) (owner *model.Customer, err error) {
	if !actor.May(WriteCustomers) {
		return nil, errors.Unauthorized
	}
	err = s.change(ctx, actor, reference, match, func(tx *store.Tx, customer *model.Customer) error {
		if customer.AnonymizedAt != nil {
			return errors.CustomerSaveFailed
		}
		owner = customer
		before, err := tx.PaymentSourcesOf([]int64{customer.ID})
		if err != nil {
			return err
		}
		sources, err := tx.LockPaymentSources(customer.Store, ids)
		if err != nil {
			return err
		}
		for i, id := range ids {
			source := sources[id]
			if source != nil && same(source.Owner(), &customer.ID) {
				continue
			}
			if fault := attachable(source); fault != nil {
				return place(fault.At("/data/id"), i)
			}
			source.CustomerID = &customer.ID
			if err := tx.SavePaymentSource(source); err != nil {
				return err
			}
			if err := s.tellSource(tx, actor, customer, source, SourceAttached, sourceAttachedEvent); err != nil {
				return err
			}
			if len(before) == 0 && customer.DefaultSourceID == nil {
				customer.DefaultSourceID = &source.ID
				if err := tx.SaveCustomer(customer); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return owner, err
}

// attachable says why a source, nil for none, cannot be given to a customer who does
// not have it.
func attachable(source *model.PaymentSource) *errors.Error {
	switch {
	case source == nil:
		return errors.PaymentSourceNotFound
	case source.Owner() != nil:
		return errors.PaymentSourceTaken
	case source.DetachedAt != nil || source.State == model.ConsumedSource:
		return errors.PaymentSourceSpent
	case source.State != model.ChargeableSource:
		return errors.SourceNotChargeable
	}
	return nil
}

// DetachSources takes sources from the customer behind reference, for good, and returns
// how many: those that they do not have are passed over. A default that goes leaves its
// place vacant. It returns Unauthorized (411) for a reference that is not the actor's;
// with an API key CustomerNotFound (402); PreconditionFailed.
func (s *Service) DetachSources(ctx context.Context, actor Actor, reference string, ids []string, match Match) (detached int, err error) {
	err = s.change(ctx, actor, reference, match, func(tx *store.Tx, customer *model.Customer) error {
		detached = 0
		sources, err := tx.LockPaymentSources(customer.Store, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			source := sources[id]
			if source == nil || !same(source.Owner(), &customer.ID) {
				continue
			}
			if err := vacateSource(tx, customer, id); err != nil {
				return err
			}
			source.DetachedAt = &tx.Now
			if err := tx.SavePaymentSource(source); err != nil {
				return err
			}
			if err := s.tellSource(tx, actor, customer, source, SourceDetached, sourceDetachedEvent); err != nil {
				return err
			}
			detached++
		}
		return nil
	})
	return detached, err
}

// tellSource writes down that a source became a customer's, or is no longer: for other
// services, and for the record.
func (s *Service) tellSource(tx *store.Tx, actor Actor, customer *model.Customer, source *model.PaymentSource, told, noted string) error {
	if err := s.emit(tx, customer, told, toldSource(source)); err != nil {
		return err
	}
	return s.note(tx, actor, noted, success, customer)
}

// DefaultSource returns the customer behind reference and their default source, nil
// without one. Everything that is not the actor's is CustomerNotFound (402).
func (s *Service) DefaultSource(ctx context.Context, actor Actor, reference string) (*model.Customer, *model.PaymentSource, error) {
	customer, sources, err := s.Sources(ctx, actor, reference)
	for i := range sources {
		if same(customer.DefaultSourceID, &sources[i].ID) {
			return customer, &sources[i], err
		}
	}
	return customer, nil, err
}

// placeDefaultSource makes a source of the customer the default, or none.
func placeDefaultSource(tx *store.Tx, customer *model.Customer, wanted Text) error {
	if wanted.Value != nil {
		source, err := tx.PaymentSource(customer.Store, *wanted.Value)
		if err == nil && !same(source.Owner(), &customer.ID) {
			err = errors.PaymentSourceNotFound
		}
		if errors.Is(err, errors.PaymentSourceNotFound) {
			return errors.PaymentSourceNotFound.On(wanted.Name)
		}
		if err != nil {
			return err
		}
	}
	if wanted.Given {
		customer.DefaultSourceID = wanted.Value
	}
	return nil
}

// PaymentSourceVersion names the state of a source; it changes with every write.
func PaymentSourceVersion(source *model.PaymentSource) string {
	return strconv.FormatInt(source.Version, 10)
}
