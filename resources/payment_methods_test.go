package resources_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/payments/paymentstest"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

// knownAs says what a provider knows a customer by.
func knownAs(s *apitest.Service, reference, provider string, id any) *apitest.Answer {
	return s.Patch("/customers/"+reference, apitest.AdminKey, apitest.Document("customers", map[string]any{"providerIds": map[string]any{provider: id}})).Has(http.StatusOK)
}

func many[T any](items ...T) []T { return items }

// What Stripe has saved comes from its own API in small, with the key and by the id that
// staff have given, and neither goes anywhere else.
func TestStripeTellsWhatItHasSaved(t *testing.T) {
	t.Parallel()
	url := paymentstest.Stripe(t)
	storetest.Each(t, func(t *testing.T, database string) {
		s := apitest.Start(t, apitest.Options{Database: database, Settings: apitest.Settings{"STRIPE_KEY": paymentstest.Key, "STRIPE_URL": url, "LOG_LEVEL": "debug"}})
		ada := s.Register("ada@example.com")
		s.Get("/customers/me/payment-methods", ada.Token).Is(http.StatusOK, `{"data":[],"links":{"self":"https://shop.example/customers/me/payment-methods"}}`)
		knownAs(s, ada.Reference, "stripe", "cus_canary")
		for path, token := range map[string]string{"/customers/me": ada.Token, "/customers/" + ada.Reference: apitest.AdminKey} {
			answer := s.Get(path+"/payment-methods", token).Has(http.StatusOK)
			id, _ := strings.CutPrefix(answer.Text("data.0.id"), "stripe:")
			if answer.Text("data.0.attributes.providerId") != "stripe" || !strings.HasPrefix(id, "pm_") || answer.Text("data.0.attributes.data.id") != id || answer.Text("data.0.attributes.data.kind") == "" || answer.At("meta") != nil {
				t.Errorf("%s", answer.Body)
			}
			for _, secret := range []string{paymentstest.Key, "cus_canary"} {
				if strings.Contains(answer.Body, secret) || strings.Contains(s.Log.String(), secret) {
					t.Errorf("%s is told or logged: %s", secret, answer.Body)
				}
			}
		}
		knownAs(s, ada.Reference, "stripe", "../canary")
		s.Get("/customers/me/payment-methods", ada.Token).Is(http.StatusOK, `{"data":[],"links":{"self":"https://shop.example/customers/me/payment-methods"},"meta":{"warnings":[{"provider":"stripe","reason":"refused"}]}}`)
	})
}

// A provider that does not answer costs its own methods alone. What it says, and what it
// throws, is nobody's business: nothing of it is answered or logged.
func TestAPaymentProviderThatFailsIsWarnedOf(t *testing.T) {
	t.Parallel()
	saved := account.PaymentMethod{ID: "m1", Kind: "card", Brand: "visa", LastFour: "4242", ExpiryMonth: 12, ExpiryYear: 2034, Holder: "Ada King", Wallet: "apple_pay", CreatedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Data: map[string]any{"funding": "credit", "cvc": "123", "note": cardNumber, "kind": "told otherwise"}}
	s := apitest.Start(t, apitest.Options{Settings: apitest.Settings{"PAYMENT_TIMEOUT": "300ms"}, Payments: many(
		paymentstest.Answers("adyen", saved), paymentstest.Panics("klarna", "canary of a panic"), paymentstest.Hangs("mollie"), paymentstest.Deaf(t, "paypal"),
		paymentstest.Fails("square", errors.New("away")), paymentstest.Slow("worldpay", time.Millisecond, account.PaymentMethod{ID: "m2"}),
	)})
	ada := s.Register("ada@example.com")
	s.Get("/customers/me/payment-methods", ada.Token).Is(http.StatusOK, `{"data":[
		{"type":"payment-methods","id":"adyen:m1","attributes":{"providerId":"adyen","data":{"id":"m1","kind":"card","brand":"visa","lastFour":"4242","expiryMonth":12,"expiryYear":2034,"holder":"Ada King","wallet":"apple_pay","createdAt":"2026-01-02T03:04:05Z","funding":"credit"}}},
		{"type":"payment-methods","id":"worldpay:m2","attributes":{"providerId":"worldpay","data":{"id":"m2"}}}],
		"links":{"self":"https://shop.example/customers/me/payment-methods"},
		"meta":{"warnings":[{"provider":"klarna","reason":"unavailable"},{"provider":"mollie","reason":"timeout"},{"provider":"paypal","reason":"timeout"},{"provider":"square","reason":"unavailable"}]}}`)
	for _, secret := range []string{"canary of a panic", cardNumber, "Ada King"} {
		if strings.Contains(s.Log.String(), secret) {
			t.Errorf("%s is logged", secret)
		}
	}
	for _, provider := range []string{"klarna", "mollie", "paypal", "square"} {
		if !strings.Contains(s.Log.String(), `"provider":"`+provider+`"`) {
			t.Errorf("nobody who operates the service is told of %s", provider)
		}
	}

	// Of others' methods nobody is told, and of nobody's after they are erased.
	bob := s.Register("bob@example.com")
	s.Get("/customers/"+ada.Reference+"/payment-methods", bob.Token).Fails(http.StatusNotFound, "402 customer_not_found -")
	s.Delete("/customers/me", ada.Token).Is(http.StatusNoContent, "")
	path := "/customers/" + ada.Reference + "/payment-methods"
	s.Get(path, apitest.AdminKey).Is(http.StatusOK, `{"data":[],"links":{"self":"https://shop.example`+path+`"}}`)
}

func TestProvidersIdsAreForStaff(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		ada := s.Register("ada@example.com")
		path := "/customers/" + ada.Reference
		if empty := s.Get(path, apitest.AdminKey); empty.At("data.attributes.providerIds") == nil {
			t.Errorf("%s", empty.Body)
		}
		knownAs(s, ada.Reference, "stripe", "cus_canary")
		if merged := knownAs(s, ada.Reference, "adyen", "shopper-canary"); merged.Text("data.attributes.providerIds.stripe") != "cus_canary" || merged.Text("data.attributes.providerIds.adyen") != "shopper-canary" {
			t.Errorf("%s", merged.Body)
		}
		mine := s.Patch(path, ada.Token, apitest.Document("customers", map[string]any{"providerIds": map[string]any{"stripe": "cus_another"}})).Has(http.StatusOK)
		for _, answer := range []*apitest.Answer{mine, s.Get(path, ada.Token), s.Get("/customers", ada.Token), s.Get("/events", apitest.AdminKey)} {
			if strings.Contains(answer.Body, "canary") || strings.Contains(answer.Body, "providerIds") {
				t.Errorf("%s", answer.Body)
			}
		}
		if kept := knownAs(s, ada.Reference, "adyen", nil); kept.Text("data.attributes.providerIds.stripe") != "cus_canary" || kept.At("data.attributes.providerIds.adyen") != nil {
			t.Errorf("%s", kept.Body)
		}
		s.Patch(path, apitest.AdminKey, apitest.Document("customers", map[string]any{"providerIds": map[string]any{"stripe": 7}})).
			Fails(http.StatusUnprocessableEntity, `901 type_invalid "/data/attributes/providerIds"`)
	})
}
