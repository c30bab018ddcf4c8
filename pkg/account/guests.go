package account

import (
	"context"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// A guest who registers becomes the account: their reference stays. Anybody can register
// with anybody's address, though, so nothing that the guest had comes with it: it is put
// aside, into a guest of its own, and comes back when a key that was mailed to the
// address has been used (decision C-20). Where no answer may tell who is known
// (Rules.HideAccounts) the reference would: there a new customer is made, and takes the
// guest's part by the same proof.

// upgrade makes the guest with the registration's address, if there is one, the new
// customer, and reports whether it did. An API key is trusted: what it gives is laid
// over what the guest has.
func (s *Service) upgrade(tx *store.Tx, actor Actor, customer *model.Customer) (done bool, err error) {
	if !customer.HasAccount() || customer.EmailKey == nil || customer.Reference != "" {
		return false, nil
	}
	switch _, err := tx.CustomerByEmail(customer.Store, *customer.EmailKey); {
	case err == nil:
		return false, nil // the address is taken, which is told elsewhere
	case !errors.Is(err, errors.CustomerNotFound):
		return false, err
	}
	guest, err := tx.LatestGuest(customer.Store, *customer.EmailKey)
	if err != nil || guest == nil {
		return false, err
	}
	former := *guest
	if actor.May(WriteCustomers) {
		fill(customer, guest)
	} else if err := s.putAside(tx, guest); err != nil {
		return false, err
	}
	customer.ID, customer.Number, customer.Reference, customer.Version, customer.CreatedAt = guest.ID, guest.Number, guest.Reference, guest.Version, guest.CreatedAt
	customer.CredentialVersion, customer.Note, customer.DisabledAt = guest.CredentialVersion+1, former.Note, former.DisabledAt
	customer.DefaultShippingAddressID, customer.DefaultBillingAddressID, customer.DefaultSourceID = guest.DefaultShippingAddressID, guest.DefaultBillingAddressID, guest.DefaultSourceID
	if err := tx.SaveCustomer(customer); err != nil {
		return false, err
	}
	return true, s.emit(tx, customer, CustomerUpdated, withProfile(customer, model.JSON{"changed": differing(told(&former), told(customer))}))
}

// claimGuest has a new customer claim the guest with their address as they are.
func (s *Service) claimGuest(tx *store.Tx, customer *model.Customer) error {
	guest, err := tx.LatestGuest(customer.Store, *customer.EmailKey)
	if err != nil || guest == nil {
		return err
	}
	guest.ClaimedBy = &customer.ID
	return tx.SaveCustomer(guest)
}

// putAside moves what a guest has into a guest of its own, whom the first one claims.
func (s *Service) putAside(tx *store.Tx, guest *model.Customer) error {
	aside := *guest
	aside.ID, aside.Number, aside.Reference, aside.ClaimedBy = 0, 0, "", &guest.ID
	aside.CreatedAt = tx.Now // which tells older orders from those of the account
	aside.DefaultShippingAddressID, aside.DefaultBillingAddressID, aside.DefaultSourceID = nil, nil, nil
	if err := insert(tx, &aside); err != nil {
		return err
	}
	return moveInto(tx, guest, &aside)
}

// moveInto gives everything that hangs on one customer to another, whose vacant default
// places it takes. Both are saved.
func moveInto(tx *store.Tx, from, to *model.Customer) error {
	defaults := *from
	from.DefaultShippingAddressID, from.DefaultBillingAddressID, from.DefaultSourceID = nil, nil, nil
	if err := tx.SaveCustomer(from); err != nil {
		return err
	}
	if err := tx.MoveBelongings(from.ID, to.ID); err != nil {
		return err
	}
	for _, place := range []struct{ to, from **string }{
		{&to.DefaultShippingAddressID, &defaults.DefaultShippingAddressID},
		{&to.DefaultBillingAddressID, &defaults.DefaultBillingAddressID},
		{&to.DefaultSourceID, &defaults.DefaultSourceID},
	} {
		if *place.to == nil {
			*place.to = *place.from
		}
	}
	return tx.SaveCustomer(to)
}

// proven gives a customer, who has just proven their e-mail address, what waits for
// whoever does: what they had as a guest, and orders.
func (s *Service) proven(tx *store.Tx, customer *model.Customer) error {
	waiting, err := tx.Claimed(customer.ID)
	if err != nil {
		return err
	}
	for i := range waiting {
		aside := &waiting[i]
		if aside.EmailKey == nil || customer.EmailKey == nil || *aside.EmailKey != *customer.EmailKey {
			continue // it is another address that was proven
		}
		err := s.following(tx, customer, func() error {
			fill(customer, aside)
			return moveInto(tx, aside, customer)
		})
		if err != nil {
			return err
		}
		if err := tx.DeleteCustomer(aside.ID); err != nil {
			return err
		}
	}
	return s.takeOrders(tx, customer)
}

// leaveAside sees to what waits for a customer who is being erased. Whoever erases an
// account of their own has not proven that it is theirs, or nothing would wait: it
// becomes a guest's again. Staff, and what was told to them, have it erased as well.
func (s *Service) leaveAside(ctx context.Context, tx *store.Tx, actor Actor, customer *model.Customer) error {
	waiting, err := tx.Claimed(customer.ID)
	if err != nil {
		return err
	}
	for i := range waiting {
		aside := &waiting[i]
		if aside.ClaimedBy = nil; actor.IsCustomer() {
			err = tx.SaveCustomer(aside)
		} else {
			err = s.anonymise(ctx, tx, actor, aside, "anonymized")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fill gives a customer what another one has and they have not, and names it. Of
// free-form data their own keys stay.
func fill(to, from *model.Customer) (filled []string) {
	for _, one := range profileFields(to, from) {
		if *one.to == nil && *one.from != nil {
			*one.to = *one.from
			filled = append(filled, one.name)
		}
	}
	for _, one := range []struct {
		name     string
		to, from *model.JSON
	}{{"metadata", &to.Metadata, &from.Metadata}, {"extra", &to.Extra, &from.Extra}, {"providerIds", &to.ProviderIDs, &from.ProviderIDs}} {
		merged := model.JSON{}
		for key, value := range *one.from {
			merged[key] = value
		}
		for key, value := range *one.to {
			merged[key] = value
		}
		if len(merged) > len(*one.to) {
			filled = append(filled, one.name)
			*one.to = merged
		}
	}
	return filled
}

// profileField is an attribute of two customers.
type profileField struct {
	name     string
	to, from **string
}

func profileFields(to, from *model.Customer) []profileField {
	return []profileField{
		{"salutation", &to.Salutation, &from.Salutation},
		{"firstName", &to.FirstName, &from.FirstName},
		{"lastName", &to.LastName, &from.LastName},
		{"gender", &to.Gender, &from.Gender},
		{"dateOfBirth", &to.DateOfBirth, &from.DateOfBirth},
		{"phone", &to.Phone, &from.Phone},
		{"locale", &to.Locale, &from.Locale},
		{"identification", &to.Identification, &from.Identification},
		{"identificationType", &to.IdentificationType, &from.IdentificationType},
		{"customerType", &to.CustomerType, &from.CustomerType},
		{"note", &to.Note, &from.Note},
	}
}
