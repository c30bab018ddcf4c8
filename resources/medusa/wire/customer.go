// Package wire is how Medusa writes customers, addresses and orders, and what it says is
// wrong with what it reads. Section numbers are those of the contract, medusa.md.
package wire

import (
	"strings"
	"time"

	"github.com/clientelehq/clientele/pkg/model"
)

// Customer is the columns of a customer.
type Customer struct {
	ID               string         `json:"id"`
	CreatedAt        string         `json:"created_at"`
	UpdatedAt        string         `json:"updated_at"`
	DeletedAt        *string        `json:"deleted_at"` // nobody who was deleted is shown
	Email            string         `json:"email"`
	FirstName        *string        `json:"first_name"`
	LastName         *string        `json:"last_name"`
	BillingAddressID *string        `json:"billing_address_id"`
	Phone            *string        `json:"phone"`
	HasAccount       bool           `json:"has_account"`
	Metadata         map[string]any `json:"metadata"`
}

// NewCustomer shows a customer.
func NewCustomer(c *model.Customer) Customer {
	return Customer{
		ID:               CustomerID(c.Reference),
		CreatedAt:        timestamp(c.CreatedAt),
		UpdatedAt:        timestamp(c.UpdatedAt),
		Email:            c.Email,
		FirstName:        c.FirstName,
		LastName:         c.LastName,
		BillingAddressID: addressIDOrNull(c.DefaultBillingAddressID),
		Phone:            c.Phone,
		HasAccount:       c.HasAccount(),
		Metadata:         freeOrNull(c.Metadata),
	}
}

// Address is one of a customer.
type Address struct {
	ID          string         `json:"id"`
	CreatedAt   string         `json:"created_at"`
	UpdatedAt   string         `json:"updated_at"`
	DeletedAt   *string        `json:"deleted_at"`
	CustomerID  *string        `json:"customer_id"` // null of one for billing alone
	Company     *string        `json:"company"`
	FirstName   *string        `json:"first_name"`
	LastName    *string        `json:"last_name"`
	Address1    *string        `json:"address_1"`
	Address2    *string        `json:"address_2"`
	City        *string        `json:"city"`
	CountryCode *string        `json:"country_code"`
	Province    *string        `json:"province"`
	PostalCode  *string        `json:"postal_code"`
	Phone       *string        `json:"phone"`
	Metadata    map[string]any `json:"metadata"`
}

// NewAddress shows an address of its owner.
func NewAddress(owner *model.Customer, a *model.Address) Address {
	made := Address{
		ID:          addressID(a.ID),
		CreatedAt:   timestamp(a.CreatedAt),
		UpdatedAt:   timestamp(a.UpdatedAt),
		Company:     a.Company,
		FirstName:   a.FirstName,
		LastName:    a.LastName,
		Address1:    a.Address1,
		Address2:    a.SecondLine(),
		City:        a.City,
		CountryCode: lowerOrNull(a.ISO2Code),
		Province:    a.Province,
		PostalCode:  a.ZipCode,
		Phone:       a.Phone,
		Metadata:    freeOrNull(a.Metadata),
	}
	if !a.BillingOnly {
		id := CustomerID(owner.Reference)
		made.CustomerID = &id
	}
	return made
}

// lowerOrNull writes a code as Medusa does.
func lowerOrNull(code *string) *string {
	if code == nil {
		return nil
	}
	lowered := strings.ToLower(*code)
	return &lowered
}

// timestamp writes a time as JavaScript does.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// timestampOrNull is timestamp for what may never have been.
func timestampOrNull(t *time.Time) *string {
	if t == nil {
		return nil
	}
	text := timestamp(*t)
	return &text
}

// freeOrNull is free-form data; there being none is null.
func freeOrNull(data map[string]any) map[string]any {
	if len(data) == 0 {
		return nil
	}
	return data
}
