package account

import (
	"cmp"
	"context"
	"regexp"
	"strconv"
	"time"

	"golang.org/x/text/currency"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// storeName is the form of a store's name: it stands before the dashes of references.
var storeName = regexp.MustCompile(`^[A-Z0-9_]{1,20}$`)

// IsStoreName reports whether a store may be called so: 1 to 20 of A-Z, 0-9 and _.
func IsStoreName(name string) bool { return storeName.MatchString(name) }

// storeOf is the store that the actor's request is about. Before Authenticate has been
// asked it is what the client says, whether or not there is such a store.
func (s *Service) storeOf(actor Actor) string {
	return cmp.Or(actor.store, actor.Client.Store, s.Rules.Store)
}

// choose tells which store the actor's request is about: that of the customer or of
// the API key, which the client may name but not change; else the one that the client
// names, and without a name that of the configuration. It returns StoreUnknown (4440)
// for another name.
func (s *Service) choose(ctx context.Context, actor *Actor) error {
	asked, unknown := actor.Client.Store, errors.StoreUnknown.AtHeader("Store")
	switch {
	case actor.store != "" && asked != "" && asked != actor.store:
		return unknown
	case actor.store != "":
		return nil
	case asked == "" || asked == s.Rules.Store:
		actor.store = s.Rules.Store
		return nil
	}
	err := s.Store.Read(ctx, func(tx *store.Tx) error {
		_, err := tx.Store(asked)
		return err
	})
	if errors.Is(err, errors.RouteNotFound) {
		return unknown
	}
	actor.store = asked
	return err
}

// AuthenticateIn is Authenticate for a wire whose paths name a store. A name that no
// store has leaves the choice to the credential; that of a store which is not the
// credential's is Unauthorized (411). Without a credential nobody learns which there are.
func (s *Service) AuthenticateIn(ctx context.Context, header []string, client Client, name string) (Actor, error) {
	named := client
	named.Store = name
	actor, err := s.Authenticate(ctx, header, named)
	if !errors.Is(err, errors.StoreUnknown) {
		return actor, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		_, err := tx.Store(name)
		return err
	})
	switch {
	case errors.Is(err, errors.RouteNotFound):
		return s.Authenticate(ctx, header, client)
	case err == nil:
		err = errors.Unauthorized
	}
	return actor, err
}

// StoreInput is what is said of a store; absent fields keep what is stored.
type StoreInput struct {
	Name     Text // on creation
	Title    Text
	Currency Text
	Match    Match
}

func (in StoreInput) check() error {
	var v validation
	v.text(in.Title, false, atMost(longestText))
	v.text(in.Currency, false, isCurrency)
	return v.faults.Err()
}

// isCurrency accepts a code of ISO 4217 as it is written there.
func isCurrency(value *string) *errors.Error {
	if value == nil {
		return nil
	}
	if unit, err := currency.ParseISO(*value); err != nil || unit.String() != *value {
		return errors.CurrencyInvalid
	}
	return nil
}

func (in StoreInput) apply(to *model.Store) {
	assign(&to.Title, in.Title)
	assign(&to.Currency, in.Currency)
}

// AddStore adds a store. It returns Faults of attribute validation (901),
// Unauthorized (411) without an API key with Admin, ResourceIDInvalid for a name that
// is none and ResourceIDTaken for one that there is.
func (s *Service) AddStore(ctx context.Context, actor Actor, in StoreInput) (*model.Store, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	if !actor.May(Admin) {
		return nil, errors.Unauthorized
	}
	if !IsStoreName(text(in.Name)) {
		return nil, errors.ResourceIDInvalid
	}
	added := &model.Store{Name: text(in.Name)}
	in.apply(added)
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := s.note(tx, actor, storeCreatedEvent, success, nil); err != nil {
			return err
		}
		return tx.AddStore(added)
	})
	return added, err
}

// ChangeStore changes a store and returns the whole. It returns Faults of attribute
// validation (901), Unauthorized (411) without an API key with Admin, RouteNotFound,
// PreconditionFailed.
func (s *Service) ChangeStore(ctx context.Context, actor Actor, name string, in StoreInput) (changed *model.Store, err error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	if !actor.May(Admin) {
		return nil, errors.Unauthorized
	}
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		if changed, err = tx.LockStore(name); err != nil {
			return err
		}
		if in.Match != nil && !in.Match(StoreVersion(changed)) {
			return errors.PreconditionFailed.AtHeader("If-Match")
		}
		in.apply(changed)
		if err := s.note(tx, actor, storeUpdatedEvent, success, nil); err != nil {
			return err
		}
		return tx.SaveStore(changed)
	})
	s.currencies.Delete(name)
	return changed, err
}

// Stores returns all stores of the installation by name. It needs an API key with
// Admin: Unauthorized (411) without.
func (s *Service) Stores(ctx context.Context, actor Actor) (stores []model.Store, err error) {
	if !actor.May(Admin) {
		return nil, errors.Unauthorized
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		stores, err = tx.Stores()
		return err
	})
	return stores, err
}

// FindStore returns one store; RouteNotFound when there is none, Unauthorized (411)
// without Admin.
func (s *Service) FindStore(ctx context.Context, actor Actor, name string) (found *model.Store, err error) {
	if !actor.May(Admin) {
		return nil, errors.Unauthorized
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		found, err = tx.Store(name)
		return err
	})
	return found, err
}

// currencyKept is how long a replica goes by the currency of a store that another one may
// have changed.
const currencyKept = time.Minute

type knownCurrency struct {
	code *string
	read time.Time
}

// CurrencyOf returns the currency of a store, nil when it has none: that of a minute ago
// at worst, or the last that was read while the database does not answer.
func (s *Service) CurrencyOf(ctx context.Context, name string) *string {
	stored, _ := s.currencies.Load(name)
	known, _ := stored.(knownCurrency)
	now := s.Store.Now()
	if stored != nil && now.Before(known.read.Add(currencyKept)) {
		return known.code
	}
	err := s.Store.Read(ctx, func(tx *store.Tx) error {
		found, err := tx.Store(name)
		if err == nil {
			s.currencies.Store(name, knownCurrency{found.Currency, now})
			known.code = found.Currency
		}
		return err
	})
	if err != nil {
		s.Logger.DebugContext(ctx, "the currency of a store was not read", "error", err)
	}
	return known.code
}

// StoreVersion names the state of a store; it changes with every write.
func StoreVersion(of *model.Store) string { return strconv.FormatInt(of.Version, 10) }
