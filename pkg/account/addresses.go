package account

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// AddressInput is what is given to add or to change an address. Absent fields
// keep what is stored.
type AddressInput struct {
	Salutation, FirstName, LastName, Address1, Address2, Address3 Text
	ZipCode, City, Phone, ISO2Code, Company                       Text
	HouseNumber, Floor, Locality, Province                        Text
	DefaultShipping, DefaultBilling                               Field[bool]
	Metadata                                                      Field[map[string]any]

	// KeepBilling leaves the default billing address alone: a wire without such
	// a flag fills the shipping place only (decision C-06).
	KeepBilling bool

	BillingOnly     bool // a new address is one for invoices, and none of the customer's list
	ReplaceMetadata bool // Metadata takes the place of what is stored
	Once            bool // an address that is like a saved one is not added again

	Demands Demands
	Match   Match
}

const longestZipCode = 15

// CheckAddress returns the Faults of attribute validation (901) that AddAddress would:
// for a document that holds more than the address, and is told all of its faults at once.
func (s *Service) CheckAddress(in AddressInput) error { return s.checkAddress(in, true) }

func (s *Service) checkAddress(in AddressInput, creating bool) error {
	var v validation
	need := func(f Text) bool { return creating && in.Demands.requires(f.Name) }
	// A text that this wire demands cannot be unset later either.
	firm := func(f Text, rules ...rule) []rule {
		if in.Demands.requires(f.Name) {
			return append([]rule{notBlank}, rules...)
		}
		return rules
	}
	salutations := oneOf(s.Rules.Salutations, errors.ChoiceInvalid)
	v.text(in.Salutation, need(in.Salutation), firm(in.Salutation, salutations)...)
	v.text(in.FirstName, need(in.FirstName), firm(in.FirstName, atMost(longestName))...)
	v.text(in.LastName, need(in.LastName), firm(in.LastName, atMost(longestName))...)
	v.text(in.Address1, need(in.Address1), firm(in.Address1, atMost(longestText))...)
	v.text(in.Address2, need(in.Address2), firm(in.Address2, atMost(longestText))...)
	v.text(in.Address3, false, atMost(longestText))
	v.text(in.ZipCode, need(in.ZipCode), firm(in.ZipCode, atMost(longestZipCode))...)
	city := []rule{atMost(longestText)}
	if in.Demands.ShortCity > 1 {
		city = append([]rule{atLeast(in.Demands.ShortCity)}, city...)
	}
	v.text(in.City, need(in.City), firm(in.City, city...)...)
	v.text(in.Phone, false, atMost(longestText))
	v.text(in.ISO2Code, need(in.ISO2Code), firm(in.ISO2Code, atMost(2), isCountry)...)
	v.flag(in.DefaultShipping, creating && in.Demands.requires(in.DefaultShipping.Name))
	v.flag(in.DefaultBilling, creating && in.Demands.requires(in.DefaultBilling.Name))
	v.text(in.Company, false, atMost(longestText))
	for _, f := range []Text{in.HouseNumber, in.Floor, in.Locality, in.Province} {
		v.text(f, false, atMost(longestText))
	}
	v.object(in.Metadata)
	return v.faults.Err()
}

func applyAddress(address *model.Address, in AddressInput) {
	assign(&address.Salutation, in.Salutation)
	assign(&address.FirstName, in.FirstName)
	assign(&address.LastName, in.LastName)
	assign(&address.Address1, in.Address1)
	assign(&address.Address2, in.Address2)
	assign(&address.Address3, in.Address3)
	assign(&address.ZipCode, in.ZipCode)
	assign(&address.City, in.City)
	assign(&address.Phone, in.Phone)
	assign(&address.Company, in.Company)
	assign(&address.HouseNumber, in.HouseNumber)
	assign(&address.Floor, in.Floor)
	assign(&address.Locality, in.Locality)
	assign(&address.Province, in.Province)
	if in.ReplaceMetadata && in.Metadata.Given {
		address.Metadata = nil
	}
	address.Metadata = merge(address.Metadata, in.Metadata)
	country := in.ISO2Code
	if in.Demands.Foreign {
		country = blankAsNull(country)
	}
	assign(&address.ISO2Code, country)
	if address.ISO2Code != nil {
		upper := strings.ToUpper(*address.ISO2Code)
		address.ISO2Code = &upper
	}
}

// applyDefaults settles whether the address becomes a default. A vacant place
// is taken by whatever address is written next; true moves the default here;
// anything else leaves it. absent is what a flag that is not set counts as.
//
// The customer's row holds one id a kind, so two defaults of a kind cannot be.
// It returns whether the customer changed.
func applyDefaults(customer *model.Customer, address *model.Address, in AddressInput, absent bool) bool {
	wants := func(f Field[bool]) bool {
		if f.Value == nil {
			return absent
		}
		return *f.Value
	}
	changed := false
	settle := func(place **string, wanted bool) {
		if *place == nil || wanted && **place != address.ID {
			id := address.ID
			*place, changed = &id, true
		}
	}
	if !address.BillingOnly || in.DefaultShipping.Value != nil {
		settle(&customer.DefaultShippingAddressID, wants(in.DefaultShipping))
	}
	if !in.KeepBilling {
		settle(&customer.DefaultBillingAddressID, wants(in.DefaultBilling))
	}
	return changed
}

// alike reports whether two addresses lead to the same door: company, salutation and
// metadata do not count, and what is empty is like what is not there.
func alike(one, other *model.Address) bool {
	places := func(a *model.Address) []*string {
		return []*string{a.FirstName, a.LastName, a.Address1, a.Address2, a.Address3, a.ZipCode, a.City, a.ISO2Code, a.Phone, a.HouseNumber, a.Floor, a.Locality, a.Province}
	}
	return slices.EqualFunc(places(one), places(other), func(a, b *string) bool { return model.OrZero(a) == model.OrZero(b) })
}

// AddAddress adds an address to the customer behind reference. The first one
// is the default of both kinds, unless KeepBilling or BillingOnly say otherwise. With Once one that is like a saved one is that one, as
// it is.
//
// It returns Faults of attribute validation (901) and Unauthorized (411) for a
// reference that is not the actor's; with an API key CustomerNotFound, and
// AddressSaveFailed (409) for a customer who was anonymised.
func (s *Service) AddAddress(ctx context.Context, actor Actor, reference string, in AddressInput) (*model.Customer, *model.Address, error) {
	if err := s.checkAddress(in, true); err != nil {
		return nil, nil, err
	}
	var owner *model.Customer
	address := &model.Address{ID: uuid.NewString(), BillingOnly: in.BillingOnly}
	err := s.change(ctx, actor, reference, nil, func(tx *store.Tx, customer *model.Customer) error {
		if customer.AnonymizedAt != nil {
			return errors.AddressSaveFailed
		}
		owner, address.CustomerID = customer, customer.ID
		applyAddress(address, in)
		if in.Once {
			saved, err := tx.Addresses(customer.ID)
			if err != nil {
				return err
			}
			for i := range saved {
				if !saved[i].BillingOnly && alike(&saved[i], address) {
					address = &saved[i]
					return nil
				}
			}
		}
		if err := tx.CreateAddress(address); err != nil {
			return err
		}
		if applyDefaults(customer, address, in, true) {
			if err := tx.SaveCustomer(customer); err != nil {
				return err
			}
		}
		return s.emit(tx, customer, AddressCreated, toldAddress(address))
	})
	if err != nil {
		return nil, nil, err
	}
	return owner, address, nil
}

// Addresses returns the customer behind reference and their addresses in order
// of creation. It returns Unauthorized (411) for a reference that is not the
// actor's; CustomerNotFound with an API key.
func (s *Service) Addresses(ctx context.Context, actor Actor, reference string) (customer *model.Customer, addresses []model.Address, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		if customer, err = s.reach(tx, actor, reference, ReadCustomers, errors.Unauthorized); err != nil {
			return err
		}
		addresses, err = tx.Addresses(customer.ID)
		return err
	})
	return customer, addresses, err
}

// Address returns one address and its customer. It returns Unauthorized (411)
// for a reference that is not the actor's, AddressNotFound (404) for an id that
// is not below it.
func (s *Service) Address(ctx context.Context, actor Actor, reference, id string) (customer *model.Customer, address *model.Address, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		if customer, err = s.reach(tx, actor, reference, ReadCustomers, errors.Unauthorized); err != nil {
			return err
		}
		address, err = tx.Address(customer.ID, id)
		return err
	})
	return customer, address, err
}

// DefaultAddress returns the customer behind reference and the address in the
// default place that is asked for, nil when it is vacant. Everything that is not
// the actor's is CustomerNotFound (402).
func (s *Service) DefaultAddress(ctx context.Context, actor Actor, reference string, place func(*model.Customer) *string) (customer *model.Customer, address *model.Address, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		if customer, err = s.reach(tx, actor, reference, ReadCustomers, errors.CustomerNotFound); err != nil {
			return err
		}
		if id := place(customer); id != nil {
			address, err = tx.Address(customer.ID, *id)
		}
		if errors.Is(err, errors.AddressNotFound) {
			err = nil // deleted since the customer was read, which made the place vacant
		}
		return err
	})
	return customer, address, err
}

// UpdateAddress merges a change into an address and returns the whole. Errors
// as Address, and Faults of attribute validation (901), PreconditionFailed.
func (s *Service) UpdateAddress(ctx context.Context, actor Actor, reference, id string, in AddressInput) (owner *model.Customer, changed *model.Address, err error) {
	if err := s.checkAddress(in, false); err != nil {
		return nil, nil, err
	}
	err = s.changeAddress(ctx, actor, reference, id, in.Match, func(tx *store.Tx, customer *model.Customer, address *model.Address) error {
		applyAddress(address, in)
		if oversized(address.Metadata) {
			return errors.AddressSaveFailed
		}
		owner, changed = customer, address
		if applyDefaults(customer, address, in, false) {
			if err := tx.SaveCustomer(customer); err != nil {
				return err
			}
		}
		if err := tx.SaveAddress(address); err != nil {
			return err
		}
		return s.emit(tx, customer, AddressUpdated, toldAddress(address))
	})
	return owner, changed, err
}

// DeleteAddress removes an address. A default place it held stays vacant until
// the next address is written. Errors as Address, and PreconditionFailed.
func (s *Service) DeleteAddress(ctx context.Context, actor Actor, reference, id string, match Match) error {
	return s.changeAddress(ctx, actor, reference, id, match, func(tx *store.Tx, customer *model.Customer, address *model.Address) error {
		if customer.Vacate(address.ID) {
			if err := tx.SaveCustomer(customer); err != nil {
				return err
			}
		}
		if err := tx.DeleteAddress(customer.ID, address.ID); err != nil {
			return err
		}
		return s.emit(tx, customer, AddressDeleted, model.JSON{"address": model.JSON{"id": address.ID}})
	})
}

func (s *Service) changeAddress(ctx context.Context, actor Actor, reference, id string, match Match, fn func(*store.Tx, *model.Customer, *model.Address) error) error {
	return s.change(ctx, actor, reference, nil, func(tx *store.Tx, customer *model.Customer) error {
		address, err := tx.Address(customer.ID, id)
		if err != nil {
			return err
		}
		if match != nil && !match(AddressVersion(customer, address)) {
			return errors.PreconditionFailed.AtHeader("If-Match")
		}
		return fn(tx, customer, address)
	})
}

// AddressVersion names the state of an address, its default flags included:
// those are kept with the customer and change without the address's own row.
func AddressVersion(customer *model.Customer, address *model.Address) string {
	version := strconv.FormatInt(address.Version, 10)
	if customer.IsDefaultShipping(address.ID) {
		version += "s"
	}
	if customer.IsDefaultBilling(address.ID) {
		version += "b"
	}
	return version
}
