package resources

import (
	"net/http"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/web"
)

// paymentMethod is a payment method that a provider has saved for a customer. It lives
// there alone.
type paymentMethod struct {
	ID         string         `jsonapi:"primary,payment-methods"`
	ProviderID string         `jsonapi:"attr,providerId" about:"Payment provider that has saved it."`
	Data       map[string]any `jsonapi:"attr,data" about:"What the provider tells of it, in its own words; and, where they are known, id (to pay with), kind, brand, lastFour, expiryMonth, expiryYear, holder, wallet and createdAt. Never the number of a card."`
}

// paymentsTold is what is told beside payment methods.
type paymentsTold struct {
	Warnings []paymentWarning `json:"warnings" about:"Payment providers that did not answer."`
}

type paymentWarning struct {
	Provider string `json:"provider" about:"Which one."`
	Reason   string `json:"reason" about:"Why: no answer in time, none at all, or one that somebody has to do something about." choices:"timeout,unavailable,refused"`
}

func (a *API) paymentMethodRoutes() []route {
	return []route{{method: http.MethodGet, path: "/customers/:reference/payment-methods", access: customers, scope: account.ReadCustomers, shows: paymentMethod{}, tells: paymentsTold{},
		offer: fieldsOf("payment-methods", paymentMethod{}), handle: a.listPaymentMethods, many: true,
		name: "listPaymentMethods", summary: "List the payment methods that providers have saved", about: "All payment providers are asked at once, by what `providerIds` says of the customer. One that fails, or is not done in time, costs its own methods alone: `meta.warnings` says so.",
		fails: []*errors.Error{errors.CustomerNotFound, errors.Unauthorized}}}
}

func (a *API) listPaymentMethods(c *call) error {
	_, methods, warnings, err := a.Accounts.PaymentMethods(c.Request().Context(), c.actor, web.Segment(c, "reference"))
	if err != nil {
		return err
	}
	shown := make([]*paymentMethod, len(methods))
	for i := range methods {
		shown[i] = newPaymentMethod(&methods[i])
	}
	view := jsonapi.View{}
	if len(warnings) > 0 {
		told := make([]paymentWarning, len(warnings))
		for i, warning := range warnings {
			told[i] = paymentWarning{warning.Provider, string(warning.Reason)}
		}
		view.Meta = map[string]any{"warnings": told}
	}
	return a.showMany(c, shown, view)
}

// newPaymentMethod lays what is known of every method over what its provider tells.
func newPaymentMethod(m *account.PaymentMethod) *paymentMethod {
	data := map[string]any{}
	for name, value := range m.Data {
		data[name] = value
	}
	for name, text := range map[string]string{"id": m.ID, "kind": m.Kind, "brand": m.Brand, "lastFour": m.LastFour, "holder": m.Holder, "wallet": m.Wallet} {
		if text != "" {
			data[name] = text
		}
	}
	for name, number := range map[string]int{"expiryMonth": m.ExpiryMonth, "expiryYear": m.ExpiryYear} {
		if number != 0 {
			data[name] = number
		}
	}
	if !m.CreatedAt.IsZero() {
		data["createdAt"] = m.CreatedAt.UTC().Format(time.RFC3339)
	}
	return &paymentMethod{ID: m.Provider + ":" + m.ID, ProviderID: m.Provider, Data: data}
}
