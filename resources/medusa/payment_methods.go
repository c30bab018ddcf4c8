package medusa

import (
	"maps"
	"net/http"
	"time"

	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/model"
)

type paymentMethod struct {
	ProviderID string         `json:"provider_id"`
	Data       map[string]any `json:"data"`
}

// listPaymentMethods tells what the customer can pay with: what the shop has saved, and
// what providers have. One that fails is left out.
func (a *API) listPaymentMethods(c *call) error {
	_, sources, err := a.Accounts.Sources(c.Request().Context(), c.actor, "me")
	if err != nil {
		return err
	}
	_, methods, _, err := a.Accounts.PaymentMethods(c.Request().Context(), c.actor, "me")
	if err != nil {
		return err
	}
	shown, saved := []paymentMethod{}, map[[2]string]bool{}
	for i := range sources {
		shown = append(shown, ofSource(&sources[i]))
		saved[[2]string{sources[i].Provider, sources[i].Token}] = true
	}
	for i := range methods {
		if !saved[[2]string{methods[i].Provider, methods[i].ID}] {
			shown = append(shown, ofMethod(&methods[i]))
		}
	}
	return answer(c, http.StatusOK, map[string][]paymentMethod{"payment_methods": shown})
}

func ofSource(s *model.PaymentSource) paymentMethod {
	return ofMethod(&account.PaymentMethod{
		Provider: s.Provider, ID: s.Token, Kind: s.SourceType, Brand: model.OrZero(s.Brand), LastFour: model.OrZero(s.LastFour), Holder: model.OrZero(s.Holder),
		ExpiryMonth: int(model.OrZero(s.ExpiryMonth)), ExpiryYear: int(model.OrZero(s.ExpiryYear)),
	})
}

// ofMethod lays what is known of every method over what its provider tells.
func ofMethod(m *account.PaymentMethod) paymentMethod {
	data := map[string]any{}
	maps.Copy(data, m.Data)
	for name, text := range map[string]string{"id": m.ID, "kind": m.Kind, "brand": m.Brand, "last_four": m.LastFour, "holder": m.Holder, "wallet": m.Wallet} {
		if text != "" {
			data[name] = text
		}
	}
	for name, number := range map[string]int{"expiry_month": m.ExpiryMonth, "expiry_year": m.ExpiryYear} {
		if number != 0 {
			data[name] = number
		}
	}
	if !m.CreatedAt.IsZero() {
		data["created_at"] = m.CreatedAt.UTC().Format(time.RFC3339)
	}
	return paymentMethod{m.Provider, data}
}
