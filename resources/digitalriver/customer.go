package digitalriver

import (
	"slices"
	"strings"
	"time"

	"github.com/clientelehq/clientele/pkg/model"
)

// customer is how a customer is shown (digital-river.md 4).
type customer struct {
	ID                   string     `json:"id"`
	CreatedTime          string     `json:"createdTime"`
	UpdatedTime          string     `json:"updatedTime"`
	Email                string     `json:"email,omitempty"`
	Locale               string     `json:"locale,omitempty"`
	Type                 string     `json:"type,omitempty"`
	Enabled              bool       `json:"enabled"`
	DefaultSourceID      string     `json:"defaultSourceId,omitempty"`
	RequestToBeForgotten bool       `json:"requestToBeForgotten"`
	Shipping             *shipping  `json:"shipping,omitempty"`
	Sources              []source   `json:"sources"`
	TaxIdentifiers       []struct{} `json:"taxIdentifiers"`
	TaxCertificates      []struct{} `json:"taxCertificates"`
	Metadata             model.JSON `json:"metadata"`
	LiveMode             bool       `json:"liveMode"`
}

// shipping is the address that goods go to.
type shipping struct {
	Name                  string     `json:"name,omitempty"`
	Phone                 string     `json:"phone,omitempty"`
	Email                 string     `json:"email,omitempty"`
	Organization          string     `json:"organization,omitempty"`
	Address               place      `json:"address"`
	AdditionalAddressInfo model.JSON `json:"additionalAddressInfo,omitempty"`
}

type place struct {
	Line1      string `json:"line1,omitempty"`
	Line2      string `json:"line2,omitempty"`
	City       string `json:"city,omitempty"`
	PostalCode string `json:"postalCode,omitempty"`
	State      string `json:"state,omitempty"`
	Country    string `json:"country,omitempty"`
}

// source is a payment source of a customer. It never holds the number of a card.
type source struct {
	ID          string      `json:"id"`
	Type        string      `json:"type"`
	Reusable    bool        `json:"reusable"`
	State       string      `json:"state"`
	CreatedTime string      `json:"createdTime"`
	Owner       string      `json:"owner,omitempty"`
	CreditCard  *creditCard `json:"creditCard,omitempty"`
}

type creditCard struct {
	Brand           string `json:"brand,omitempty"`
	LastFourDigits  string `json:"lastFourDigits,omitempty"`
	ExpirationMonth *int64 `json:"expirationMonth,omitempty"`
	ExpirationYear  *int64 `json:"expirationYear,omitempty"`
}

// moment writes a time in milliseconds.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// customers shows customers that the key may see.
func (a *API) customers(c *call, stored []model.Customer) ([]customer, error) {
	ctx := c.Request().Context()
	addresses, err := a.Accounts.AddressesOf(ctx, stored)
	if err != nil {
		return nil, err
	}
	sources, err := a.Accounts.SourcesOf(ctx, stored)
	if err != nil {
		return nil, err
	}
	shown := make([]customer, len(stored))
	for i := range stored {
		shown[i] = customerOf(&stored[i], addresses[stored[i].ID], sources[stored[i].ID])
	}
	return shown, nil
}

func customerOf(stored *model.Customer, addresses []model.Address, sources []model.PaymentSource) customer {
	shown := customer{
		ID: stored.Reference, CreatedTime: moment(stored.CreatedAt), UpdatedTime: moment(stored.UpdatedAt),
		Email: stored.Email, Locale: strings.ReplaceAll(model.OrZero(stored.Locale), "-", "_"), Type: model.OrZero(stored.CustomerType), Enabled: stored.Enabled(),
		DefaultSourceID: model.OrZero(stored.DefaultSourceID), RequestToBeForgotten: stored.RequestToBeForgotten, Metadata: stored.Metadata,
		Sources: []source{}, TaxIdentifiers: []struct{}{}, TaxCertificates: []struct{}{}, LiveMode: true,
	}
	if shown.Metadata == nil {
		shown.Metadata = model.JSON{}
	}
	for i := range sources {
		shown.Sources = append(shown.Sources, sourceOf(&sources[i]))
	}
	if goal := shippingPlace(stored, addresses); goal != nil {
		shown.Shipping = shippingOf(stored, goal)
	}
	return shown
}

// shippingPlace returns the address that goods go to, nil when there is none.
func shippingPlace(owner *model.Customer, addresses []model.Address) *model.Address {
	i := slices.IndexFunc(addresses, func(one model.Address) bool { return owner.IsDefaultShipping(one.ID) })
	if i < 0 {
		return nil
	}
	return &addresses[i]
}

// The keys that have a place of their own in an address. All others of
// additionalAddressInfo are its metadata, and so is the e-mail address.
const (
	neighborhood = "neighborhood"
	mailKey      = "email"
)

// shippingOf shows an address with the name of whoever lives there: their own, where the
// address has none.
func shippingOf(owner *model.Customer, stored *model.Address) *shipping {
	name := strings.TrimSpace(model.OrZero(stored.FirstName) + " " + model.OrZero(stored.LastName))
	if name == "" {
		name = owner.Name()
	}
	shown := &shipping{
		Name: name, Phone: model.OrZero(stored.Phone), Organization: model.OrZero(stored.Company), AdditionalAddressInfo: model.JSON{},
		Address: place{model.OrZero(stored.Address1), model.OrZero(stored.SecondLine()), model.OrZero(stored.City), model.OrZero(stored.ZipCode), model.OrZero(stored.Province), model.OrZero(stored.ISO2Code)},
	}
	for key, value := range stored.Metadata {
		if text, isText := value.(string); key == mailKey && isText {
			shown.Email = text
		} else {
			shown.AdditionalAddressInfo[key] = value
		}
	}
	if stored.Locality != nil {
		shown.AdditionalAddressInfo[neighborhood] = *stored.Locality
	}
	return shown
}

// sourceOf shows a payment source that is a customer's.
func sourceOf(stored *model.PaymentSource) source {
	shown := source{ID: stored.ID, Type: stored.SourceType, Reusable: stored.State != model.ConsumedSource, State: stored.State, CreatedTime: moment(stored.CreatedAt), Owner: model.OrZero(stored.Holder)}
	if stored.SourceType == "card" || stored.SourceType == "creditCard" {
		shown.Type = "creditCard"
		shown.CreditCard = &creditCard{model.OrZero(stored.Brand), model.OrZero(stored.LastFour), stored.ExpiryMonth, stored.ExpiryYear}
	}
	return shown
}
