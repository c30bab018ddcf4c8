package tiendanube

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/model"
)

// customer is how a customer is shown (tiendanube.md 4): all keys, with null for what is
// not set.
type customer struct {
	ID                 int64      `json:"id"`
	Name               *string    `json:"name"`
	Email              *string    `json:"email"`
	Phone              *string    `json:"phone"`
	Identification     *string    `json:"identification"`
	Note               *string    `json:"note"`
	Extra              model.JSON `json:"extra"`
	TotalSpent         string     `json:"total_spent"`
	TotalSpentCurrency *string    `json:"total_spent_currency"`
	LastOrderID        *int64     `json:"last_order_id"`
	Active             bool       `json:"active"`
	CreatedAt          string     `json:"created_at"`
	UpdatedAt          string     `json:"updated_at"`

	DefaultAddress *address  `json:"default_address"`
	Addresses      []address `json:"addresses"`

	BillingAddress  *string `json:"billing_address"`
	BillingNumber   *string `json:"billing_number"`
	BillingFloor    *string `json:"billing_floor"`
	BillingLocality *string `json:"billing_locality"`
	BillingZipcode  *string `json:"billing_zipcode"`
	BillingCity     *string `json:"billing_city"`
	BillingProvince *string `json:"billing_province"`
	BillingCountry  *string `json:"billing_country"`
	BillingPhone    *string `json:"billing_phone"`
}

// address is how an address is shown.
type address struct {
	ID int64 `json:"id"`
	place
	Default   bool   `json:"default"`
	CreatedAt string `json:"created_at"`
	UpdatedAt string `json:"updated_at"`
}

// place is what an address says. A customer's billing_* are one as well.
type place struct {
	Address  *string `json:"address"`
	Number   *string `json:"number"`
	Floor    *string `json:"floor"`
	Locality *string `json:"locality"`
	Zipcode  *string `json:"zipcode"`
	City     *string `json:"city"`
	Province *string `json:"province"`
	Country  *string `json:"country"`
	Phone    *string `json:"phone"`
}

// placeOf returns what an address says; nil says nothing.
func placeOf(stored *model.Address) place {
	if stored == nil {
		return place{}
	}
	return place{
		Address: stored.Address1, Number: stored.Door(), Floor: stored.Floor, Locality: stored.Locality, Zipcode: stored.ZipCode,
		City: stored.City, Province: stored.Province, Country: stored.ISO2Code, Phone: stored.Phone,
	}
}

// moment writes a time in whole seconds, with its offset in digits.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05-07:00") }

func (a *API) customer(ctx context.Context, stored *model.Customer, addresses []model.Address) customer {
	currency := stored.TotalSpentCurrency
	if currency == nil {
		currency = a.Accounts.CurrencyOf(ctx, stored.Store)
	}
	shown := customer{
		ID: stored.Number, Name: nameOf(stored), Email: &stored.Email, Phone: stored.Phone, Identification: stored.Identification, Note: stored.Note,
		Extra: stored.Extra, TotalSpent: account.Amount(stored.TotalSpent, currency), TotalSpentCurrency: currency, LastOrderID: integer(stored.LastOrderID),
		Active: stored.Active(), CreatedAt: moment(stored.CreatedAt), UpdatedAt: moment(stored.UpdatedAt), Addresses: []address{},
	}
	if stored.Email == "" {
		shown.Email = nil
	}
	if shown.Extra == nil {
		shown.Extra = model.JSON{}
	}
	for i := range addresses {
		one := &addresses[i]
		known := address{ID: one.Number, place: placeOf(one), Default: stored.IsDefaultShipping(one.ID), CreatedAt: moment(one.CreatedAt), UpdatedAt: moment(one.UpdatedAt)}
		shown.Addresses = append(shown.Addresses, known)
		if known.Default {
			shown.DefaultAddress = &known
		}
	}
	billing := placeOf(billingOf(stored, addresses))
	shown.BillingAddress, shown.BillingNumber, shown.BillingFloor, shown.BillingLocality = billing.Address, billing.Number, billing.Floor, billing.Locality
	shown.BillingZipcode, shown.BillingCity, shown.BillingProvince = billing.Zipcode, billing.City, billing.Province
	shown.BillingCountry, shown.BillingPhone = billing.Country, billing.Phone
	return shown
}

// nameOf returns the full name of a customer, nil when they have none.
func nameOf(stored *model.Customer) *string {
	if name := stored.Name(); name != "" {
		return &name
	}
	return nil
}

// billingOf returns the address that invoices go to, nil when there is none.
func billingOf(owner *model.Customer, addresses []model.Address) *model.Address {
	i := slices.IndexFunc(addresses, func(one model.Address) bool { return owner.IsDefaultBilling(one.ID) })
	if i < 0 {
		return nil
	}
	return &addresses[i]
}

// integer returns the number that an id is written as, nil for one that is none.
func integer(id *string) *int64 {
	if id == nil {
		return nil
	}
	number, err := strconv.ParseInt(*id, 10, 64)
	if err != nil || strings.HasPrefix(*id, "+") {
		return nil
	}
	return &number
}

// narrow returns those keys of a customer that are named, or all when none is.
func narrow(shown customer, names []string) (any, error) {
	if len(names) == 0 {
		return shown, nil
	}
	text, err := json.Marshal(shown)
	if err != nil {
		return nil, err
	}
	all, some := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	for _, name := range names {
		if value, known := all[name]; known {
			some[name] = value
		}
	}
	return some, nil
}

// answerCustomer shows a customer as the store has them, narrowed to some keys.
func (a *API) answerCustomer(c *call, status int, stored *model.Customer, names []string) error {
	ctx := c.Request().Context()
	addresses, err := a.Accounts.AddressesOf(ctx, []model.Customer{*stored})
	if err != nil {
		return err
	}
	shown, err := narrow(a.customer(ctx, stored, addresses[stored.ID]), names)
	if err != nil {
		return err
	}
	return answer(c, status, shown)
}
