package model

import (
	"crypto/rand"
	"strings"
	"time"
)

// Customer is a person who shops at a store, with or without a credential.
type Customer struct {
	ID        int64
	Store     string // of the installation, the prefix of generated references
	Number    int64  // ascending within the store
	Reference string // what the outside knows the customer by; unique over all stores

	Email           string  // as typed
	EmailKey        *string // the normal form that is unique; nil when there is no address
	PendingEmail    *string // waits for its confirmation
	PendingEmailKey *string

	Salutation         *string
	FirstName          *string
	LastName           *string
	FullName           *string // as typed elsewhere; see Name
	Gender             *string
	DateOfBirth        *string // YYYY-MM-DD
	Phone              *string
	Locale             *string
	Identification     *string
	IdentificationType *string
	CustomerType       *string
	Metadata           JSON
	Extra              JSON

	Note                 *string // for staff
	ProviderIDs          JSON    // those that payment providers know the customer by; for staff
	RequestToBeForgotten bool

	TermsVersion *string // that they have agreed to most lately

	PasswordHash      *string
	CredentialVersion int64 // grows with every password, so that older logins can be told
	ConfirmedAt       *time.Time
	DisabledAt        *time.Time
	AnonymizedAt      *time.Time
	MergedInto        *string // reference of whom a duplicate went up in
	ClaimedBy         *int64  // of what a guest had, until they have proven their address: who has it then

	DefaultShippingAddressID *string
	DefaultBillingAddressID  *string
	DefaultSourceID          *string // one of their payment sources

	// What follows from the orders. The store writes it together with them, and no
	// change of the customer does.
	TotalSpent         int64   // in the smallest unit of the currency
	TotalSpentCurrency *string // nil without orders
	LastOrderID        *string

	Search    string // folded text that lists are searched in; the store fills it
	Version   int64  // 1 when new, one more with every write
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Live reports whether the customer can log in and be served: neither blocked
// nor anonymised.
func (c *Customer) Live() bool { return c.DisabledAt == nil && c.AnonymizedAt == nil }

// HasAccount reports whether the customer has a credential.
func (c *Customer) HasAccount() bool { return c.PasswordHash != nil }

// Active reports whether the e-mail address is proven.
func (c *Customer) Active() bool { return c.ConfirmedAt != nil }

// Enabled reports whether the customer is not blocked.
func (c *Customer) Enabled() bool { return c.DisabledAt == nil }

// Status sums the customer up in one word: anonymized, disabled, guest,
// unconfirmed or active; the first that holds.
func (c *Customer) Status() string {
	switch {
	case c.AnonymizedAt != nil:
		return "anonymized"
	case !c.Enabled():
		return "disabled"
	case !c.HasAccount():
		return "guest"
	case !c.Active():
		return "unconfirmed"
	default:
		return "active"
	}
}

// Name returns the full name: as it was typed elsewhere, else first and last
// name, as far as they are known.
func (c *Customer) Name() string {
	if c.FullName != nil {
		return *c.FullName
	}
	var parts []string
	for _, part := range []*string{c.FirstName, c.LastName} {
		if part != nil && *part != "" {
			parts = append(parts, *part)
		}
	}
	return strings.Join(parts, " ")
}

// IsDefaultShipping reports whether the address is where goods go.
func (c *Customer) IsDefaultShipping(address string) bool {
	return c.DefaultShippingAddressID != nil && *c.DefaultShippingAddressID == address
}

// IsDefaultBilling reports whether the address is where invoices go.
func (c *Customer) IsDefaultBilling(address string) bool {
	return c.DefaultBillingAddressID != nil && *c.DefaultBillingAddressID == address
}

// Vacate takes the address out of the default places it holds and reports
// whether it held any. An address has to be vacated before it is deleted.
func (c *Customer) Vacate(address string) bool {
	held := false
	if c.IsDefaultShipping(address) {
		c.DefaultShippingAddressID, held = nil, true
	}
	if c.IsDefaultBilling(address) {
		c.DefaultBillingAddressID, held = nil, true
	}
	return held
}

// Forget takes away all that tells who the customer is. What stays is the
// record: store, number, reference and the time of creation. The address that
// takes the place of theirs is random and below a domain that cannot exist
// (RFC 2606, section 2).
func (c *Customer) Forget(now time.Time) {
	*c = Customer{
		ID:                c.ID,
		Store:             c.Store,
		Number:            c.Number,
		Reference:         c.Reference,
		Email:             strings.ToLower(rand.Text()) + "@anonymized.invalid",
		Metadata:          JSON{},
		Extra:             JSON{},
		ProviderIDs:       JSON{},
		CredentialVersion: c.CredentialVersion + 1,
		DisabledAt:        c.DisabledAt,
		AnonymizedAt:      &now,
		Version:           c.Version,
		CreatedAt:         c.CreatedAt,
		UpdatedAt:         c.UpdatedAt,
	}
}

// ReferenceCounter holds the last number given to a customer of a store.
type ReferenceCounter struct {
	Store string `gorm:"primaryKey"`
	Last  int64
}
