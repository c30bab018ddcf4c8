package resources_test

import (
	"net/http"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// in sends a request that names a store.
func in(s *apitest.Service, store, method, path, token, body string) *apitest.Answer {
	return s.Do(apitest.Request{Method: method, Path: path, Token: token, Body: body, Header: map[string]string{"Store": store}})
}

func addStore(s *apitest.Service, name string) {
	s.Post("/stores", apitest.AdminKey, apitest.WithID(name, apitest.Document("stores", map[string]any{}))).Has(http.StatusCreated)
}

func TestStoresAreKept(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		austria := apitest.WithID("AT", apitest.Document("stores", map[string]any{"title": "Austria", "currency": "EUR"}))
		made := s.Post("/stores", apitest.AdminKey, austria).Has(http.StatusCreated)
		if made.Header.Get("Location") != "https://shop.example/stores/AT" || made.Text("data.attributes.title") != "Austria" || made.Text("data.attributes.currency") != "EUR" {
			t.Errorf("%s", made.Body)
		}
		s.Post("/stores", apitest.AdminKey, austria).Fails(http.StatusConflict, `- resource_id_taken "/data/id"`)
		for _, name := range []string{"at", "A T", "AAAAAAAAAAAAAAAAAAAAA", "A--B"} {
			s.Post("/stores", apitest.AdminKey, apitest.WithID(name, apitest.Document("stores", map[string]any{}))).Fails(http.StatusUnprocessableEntity, `- resource_id_invalid "/data/id"`)
		}
		s.Post("/stores", apitest.AdminKey, apitest.Document("stores", map[string]any{})).Fails(http.StatusUnprocessableEntity, `- resource_id_invalid -`)
		for _, currency := range []string{"eur", "Euro", "", "XXZ"} {
			s.Patch("/stores/AT", apitest.AdminKey, apitest.Document("stores", map[string]any{"currency": currency})).Fails(http.StatusUnprocessableEntity, `901 currency_invalid "/data/attributes/currency"`)
		}
		changed := s.Patch("/stores/AT", apitest.AdminKey, apitest.Document("stores", map[string]any{"currency": nil})).Has(http.StatusOK)
		if changed.At("data.attributes.currency") != nil || changed.Text("data.attributes.title") != "Austria" {
			t.Errorf("%s", changed.Body)
		}
		s.Do(apitest.Request{Method: http.MethodPatch, Path: "/stores/AT", Token: apitest.AdminKey, Body: austria, Header: map[string]string{"If-Match": made.Header.Get("ETag")}}).
			Fails(http.StatusPreconditionFailed, "- precondition_failed If-Match")
		if list := s.Get("/stores", apitest.AdminKey); list.Text("data.0.id") != "AT" || list.Text("data.1.id") != "DE" {
			t.Errorf("%s", list.Body)
		}
		s.Get("/stores/FR", apitest.AdminKey).Has(http.StatusNotFound)
		s.Patch("/stores/FR", apitest.AdminKey, apitest.Document("stores", map[string]any{})).Has(http.StatusNotFound)
	})
}

func TestAnAddressHasAnAccountInEachStore(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		addStore(s, "AT")
		german := s.Register("both@example.com")
		austrian := in(s, "AT", http.MethodPost, "/customers", "", apitest.Registration("both@example.com")).Has(http.StatusCreated)
		if german.Reference != "DE--1" || austrian.Text("data.id") != "AT--1" {
			t.Errorf("%s and %s", german.Reference, austrian.Text("data.id"))
		}
		in(s, "AT", http.MethodPost, "/customers", "", apitest.Registration("BOTH@example.com")).Fails(http.StatusUnprocessableEntity, `400 email_taken "/data/attributes/email"`)
		token := in(s, "AT", http.MethodPost, "/access-tokens", "", credentials("both@example.com", apitest.Password)).Has(http.StatusCreated).Text("data.attributes.accessToken")

		// The token says the store from then on.
		if me := s.Get("/customers/me", token); me.Text("data.id") != "AT--1" {
			t.Errorf("%s", me.Body)
		}
		in(s, "AT", http.MethodGet, "/customers/me", token, "").Has(http.StatusOK)
		in(s, "DE", http.MethodGet, "/customers/me", token, "").Fails(http.StatusBadRequest, "4440 store_unknown Store")
		s.Get("/customers/DE--1", token).Has(http.StatusNotFound)
		s.Get("/customers/AT--1", german.Token).Has(http.StatusNotFound)
		in(s, "FR", http.MethodPost, "/customers", "", apitest.Registration("third@example.com")).Fails(http.StatusBadRequest, "4440 store_unknown Store")

		// A password that is restored in one store stays in the other.
		in(s, "AT", http.MethodPost, "/customer-forgotten-password", "", apitest.Document("customer-forgotten-password", map[string]any{"email": "both@example.com"})).Is(http.StatusNoContent, "")
		s.Patch("/customer-restore-password", "", restoration(s.MailedKey("both@example.com", "restore"), anotherPassword)).Is(http.StatusNoContent, "")
		in(s, "AT", http.MethodPost, "/access-tokens", "", credentials("both@example.com", anotherPassword)).Has(http.StatusCreated)
		in(s, "DE", http.MethodPost, "/access-tokens", "", credentials("both@example.com", anotherPassword)).Has(http.StatusUnauthorized)
		s.LogIn("both@example.com", apitest.Password).Has(http.StatusCreated)

		// An erasure in one leaves the other.
		s.Delete("/customers/me", german.Token).Is(http.StatusNoContent, "")
		in(s, "AT", http.MethodPost, "/access-tokens", "", credentials("both@example.com", anotherPassword)).Has(http.StatusCreated)
	})
}

func TestAFailedLoginCountsInItsStore(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		addStore(s, "AT")
		s.Register("both@example.com")
		in(s, "AT", http.MethodPost, "/customers", "", apitest.Registration("both@example.com")).Has(http.StatusCreated)
		for range 9 {
			in(s, "AT", http.MethodPost, "/access-tokens", "", credentials("both@example.com", "wrong-one")).Has(http.StatusUnauthorized)
		}
		in(s, "AT", http.MethodPost, "/access-tokens", "", credentials("both@example.com", apitest.Password)).Has(http.StatusTooManyRequests)
		s.LogIn("both@example.com", apitest.Password).Has(http.StatusCreated)
	})
}

func TestAnAPIKeyIsForOneStore(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		addStore(s, "AT")
		german := s.Register("german@example.com")
		in(s, "AT", http.MethodPost, "/customers", "", apitest.Registration("austrian@example.com")).Has(http.StatusCreated)
		key, err := s.App.Accounts().CreateAPIKey(t.Context(), "shop", []string{"write_customers", "read_audit", "read_events", "write_webhooks"})
		if err != nil {
			t.Fatal(err)
		}
		if list := s.Get("/customers", key); list.Text("data.0.id") != german.Reference || len(list.At("data").([]any)) != 1 {
			t.Errorf("%s", list.Body)
		}
		s.Get("/customers/AT--1", key).Has(http.StatusNotFound)
		s.Patch("/customers/AT--1", key, apitest.Document("customers", map[string]any{"note": "x"})).Has(http.StatusNotFound)
		s.Delete("/customers/AT--1", key).Has(http.StatusNotFound)
		in(s, "AT", http.MethodGet, "/customers", key, "").Fails(http.StatusBadRequest, "4440 store_unknown Store")
		s.Get("/stores", key).Has(http.StatusForbidden)

		// The key of the configuration is for all of them, one at a time.
		if list := in(s, "AT", http.MethodGet, "/customers", apitest.AdminKey, ""); list.Text("data.0.id") != "AT--1" || len(list.At("data").([]any)) != 1 {
			t.Errorf("%s", list.Body)
		}
		in(s, "AT", http.MethodGet, "/customers/AT--1", apitest.AdminKey, "").Has(http.StatusOK)
		s.Get("/customers/AT--1", apitest.AdminKey).Has(http.StatusNotFound)

		// So are records, events and webhooks.
		in(s, "AT", http.MethodPatch, "/customers/AT--1", apitest.AdminKey, apitest.Document("customers", map[string]any{"enabled": false})).Has(http.StatusOK)
		if list := s.Get("/audit-events?filter[event]=customer.disabled", key); len(list.At("data").([]any)) != 0 {
			t.Errorf("%s", list.Body)
		}
		if list := in(s, "AT", http.MethodGet, "/audit-events?filter[event]=customer.disabled", apitest.AdminKey, ""); len(list.At("data").([]any)) != 1 {
			t.Errorf("%s", list.Body)
		}
		for _, event := range s.Get("/events?page[size]=100", key).At("data").([]any) {
			if subject := event.(map[string]any)["attributes"].(map[string]any)["customer"]; subject != german.Reference {
				t.Errorf("a key of DE reads of %v", subject)
			}
		}
		id := in(s, "AT", http.MethodPost, "/webhook-endpoints", apitest.AdminKey, apitest.Document("webhook-endpoints", map[string]any{"url": "http://127.0.0.1:1/"})).Has(http.StatusCreated).Text("data.id")
		s.Get("/webhook-endpoints/"+id, key).Has(http.StatusNotFound)
	})
}
