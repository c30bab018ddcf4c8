package account

import (
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// What other services are told of. The names are part of the API.
const (
	CustomerCreated  = "customer.created"
	CustomerUpdated  = "customer.updated" // data.changed names the attributes
	CustomerDeleted  = "customer.deleted" // erased: nothing personal is left
	PasswordChanged  = "customer.password_changed"
	PasswordToken    = "customer.password_token_generated"
	ConfirmToken     = "customer.confirmation_token_generated"
	CustomerInvited  = "customer.invited"
	AddressCreated   = "customer.address.created"
	AddressUpdated   = "customer.address.updated"
	AddressDeleted   = "customer.address.deleted"
	SessionCreated   = "customer.session.created"
	SessionEnded     = "customer.session.ended"
	OrderLinked      = "customer.order_linked"   // an order is the customer's from now on
	SourceAttached   = "payment_source.attached" // a payment source is the customer's from now on
	SourceDetached   = "payment_source.detached"
	SourceUpdated    = "payment_source.updated"
	WebhookDisabled  = "webhook_endpoint.disabled"
	passwordResetOld = "customer.password_reset" // Medusa's older name of PasswordToken
)

// EventTypes lists every type of event that there is.
func EventTypes() []string {
	return []string{
		CustomerCreated, CustomerUpdated, CustomerDeleted,
		PasswordChanged, PasswordToken, ConfirmToken, CustomerInvited,
		AddressCreated, AddressUpdated, AddressDeleted,
		SessionCreated, SessionEnded,
		OrderLinked,
		SourceAttached, SourceDetached, SourceUpdated,
		WebhookDisabled,
	}
}

// EventAliases are further names that events may be asked for by, and the types
// they stand for.
func EventAliases() map[string]string {
	return map[string]string{
		passwordResetOld:          PasswordToken,
		"customer.source.created": SourceAttached, // as Digital River has them
		"customer.source.deleted": SourceDetached,
	}
}

// emit writes down what other services are told of a customer, in the transaction
// that does it.
func (s *Service) emit(tx *store.Tx, customer *model.Customer, kind string, data model.JSON) error {
	return s.emitAs(tx, uuid.Must(uuid.NewV7()).String(), customer, kind, data)
}

// emitAs is emit with an id that is known before.
func (s *Service) emitAs(tx *store.Tx, id string, customer *model.Customer, kind string, data model.JSON) error {
	s.tellEndpoints(tx, customer.Store)
	return tx.AddEvent(&model.Event{ID: id, Store: customer.Store, Type: kind, CustomerID: customer.ID, Subject: customer.Reference, Data: data})
}

// withProfile adds the customer as they are now to the data of an event.
func withProfile(customer *model.Customer, data model.JSON) model.JSON {
	all := model.JSON{"customer": told(customer)}
	maps.Copy(all, data)
	return all
}

// told is what events tell of a customer: the attributes that staff see, without
// the note and the ids at payment providers, under the names of the main surface. Never a credential.
func told(c *model.Customer) model.JSON {
	return model.JSON{
		"reference":              c.Reference,
		"number":                 c.Number,
		"email":                  orNil(orNull(c.Email)),
		"pendingEmail":           orNil(c.PendingEmail),
		"salutation":             orNil(c.Salutation),
		"firstName":              orNil(c.FirstName),
		"lastName":               orNil(c.LastName),
		"fullName":               c.Name(),
		"gender":                 orNil(c.Gender),
		"dateOfBirth":            orNil(c.DateOfBirth),
		"phone":                  orNil(c.Phone),
		"locale":                 orNil(c.Locale),
		"identification":         orNil(c.Identification),
		"identificationType":     orNil(c.IdentificationType),
		"customerType":           orNil(c.CustomerType),
		"metadata":               map[string]any(c.Metadata),
		"extra":                  map[string]any(c.Extra),
		"enabled":                c.Enabled(),
		"active":                 c.Active(),
		"hasAccount":             c.HasAccount(),
		"requestToBeForgotten":   c.RequestToBeForgotten,
		"defaultShippingAddress": orNil(c.DefaultShippingAddressID),
		"defaultBillingAddress":  orNil(c.DefaultBillingAddressID),
		"defaultSource":          orNil(c.DefaultSourceID),
		"createdAt":              moment(c.CreatedAt),
	}
}

// toldAddress is what events tell of an address.
func toldAddress(a *model.Address) model.JSON {
	return model.JSON{"address": model.JSON{
		"id":          a.ID,
		"salutation":  orNil(a.Salutation),
		"firstName":   orNil(a.FirstName),
		"lastName":    orNil(a.LastName),
		"address1":    orNil(a.Address1),
		"address2":    orNil(a.Address2),
		"address3":    orNil(a.Address3),
		"zipCode":     orNil(a.ZipCode),
		"city":        orNil(a.City),
		"iso2Code":    orNil(a.ISO2Code),
		"company":     orNil(a.Company),
		"phone":       orNil(a.Phone),
		"houseNumber": orNil(a.HouseNumber),
		"floor":       orNil(a.Floor),
		"locality":    orNil(a.Locality),
		"province":    orNil(a.Province),
		"metadata":    map[string]any(a.Metadata),
	}}
}

// toldSource is what events tell of a payment source: what people know it by, and
// nothing to pay with.
func toldSource(p *model.PaymentSource) model.JSON {
	return model.JSON{"source": model.JSON{
		"id":         p.ID,
		"provider":   p.Provider,
		"sourceType": p.SourceType,
		"brand":      orNil(p.Brand),
		"lastFour":   orNil(p.LastFour),
	}}
}

// orNil keeps a pointer to nothing from hiding in an any.
func orNil(text *string) any {
	if text == nil {
		return nil
	}
	return *text
}

// moment is a time as events tell it (RFC 3339, UTC).
func moment(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// following tells what fn changes of a customer whom the transaction holds. fn
// itself tells of what has a name of its own.
func (s *Service) following(tx *store.Tx, customer *model.Customer, fn func() error) error {
	before := told(customer)
	if err := fn(); err != nil || customer.AnonymizedAt != nil {
		return err
	}
	if changed := differing(before, told(customer)); len(changed) > 0 {
		return s.emit(tx, customer, CustomerUpdated, withProfile(customer, model.JSON{"changed": changed}))
	}
	return nil
}

// differing names the members that differ, in their order.
func differing(before, after model.JSON) []string {
	var names []string
	for name, value := range after {
		if !reflect.DeepEqual(before[name], value) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
