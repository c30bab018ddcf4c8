package resources_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
)

func wish(attributes map[string]any) string {
	return apitest.Document("erasure-requests", attributes)
}

func TestStaffHaveACustomerForgotten(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		john := s.Register("john@example.com")
		s.AddAddress(john, "Berlin")
		s.AddAddress(john, "Bonn")
		made := s.Post("/erasure-requests", apitest.AdminKey, wish(map[string]any{"customerReference": john.Reference})).Has(http.StatusCreated)
		path := "/erasure-requests/" + made.Text("data.id")
		if made.Text("data.attributes.state") != "pending" || made.Text("data.attributes.mode") != "anonymise" || made.At("data.attributes.finishedAt") != nil {
			t.Errorf("%s", made.Body)
		}
		due, err := time.Parse(time.RFC3339, made.Text("data.attributes.dueAt"))
		if err != nil || due.Sub(s.Clock.Now()).Round(time.Minute) != 168*time.Hour {
			t.Errorf("%v, %v", due, err)
		}
		if shown := s.Get("/customers/"+john.Reference, apitest.AdminKey); shown.At("data.attributes.requestToBeForgotten") != true {
			t.Errorf("%s", shown.Body)
		}
		s.Post("/erasure-requests", apitest.AdminKey, wish(map[string]any{"customerReference": john.Reference})).Fails(http.StatusConflict, "4460 erasure_pending -")

		// Before its time nothing happens, and it can be put off and cancelled.
		s.Clock.Forward(167 * time.Hour)
		erase(t, s)
		s.Get("/customers/"+john.Reference, apitest.AdminKey).Has(http.StatusOK)
		later := s.Clock.Now().Add(2 * time.Hour).Format(time.RFC3339)
		s.Patch(path, apitest.AdminKey, wish(map[string]any{"dueAt": later})).Has(http.StatusOK)
		s.Clock.Forward(90 * time.Minute)
		erase(t, s)
		if got := s.Patch(path, apitest.AdminKey, wish(map[string]any{"state": "cancelled"})).Has(http.StatusOK); got.Text("data.attributes.state") != "cancelled" || got.At("data.attributes.finishedAt") == nil {
			t.Errorf("%s", got.Body)
		}
		s.Patch(path, apitest.AdminKey, wish(map[string]any{"state": "cancelled"})).Fails(http.StatusConflict, "4461 erasure_finished -")
		s.Clock.Forward(24 * time.Hour)
		erase(t, s)
		if shown := s.Get("/customers/"+john.Reference, apitest.AdminKey).Has(http.StatusOK); shown.At("data.attributes.requestToBeForgotten") != false || shown.Text("data.attributes.status") == "anonymized" {
			t.Errorf("%s", shown.Body)
		}

		// Told again, it is done in its time, and the request is the receipt.
		path = "/erasure-requests/" + s.Post("/erasure-requests", apitest.AdminKey, wish(map[string]any{"customerReference": john.Reference})).Has(http.StatusCreated).Text("data.id")
		s.Clock.Forward(169 * time.Hour)
		erase(t, s)
		if shown := s.Get("/customers/"+john.Reference, apitest.AdminKey).Has(http.StatusOK); shown.Text("data.attributes.status") != "anonymized" {
			t.Errorf("%s", shown.Body)
		}
		receipt := s.Get(path, apitest.AdminKey).Has(http.StatusOK)
		if receipt.Text("data.attributes.state") != "done" || receipt.Text("data.attributes.customerReference") != john.Reference || fmt.Sprint(receipt.At("data.attributes.removed.addresses")) != "2" {
			t.Errorf("%s", receipt.Body)
		}
		s.Post("/erasure-requests", apitest.AdminKey, wish(map[string]any{"customerReference": john.Reference})).Has(http.StatusNotFound)
	})
}

// erase does what is due, as the service does every minute.
func erase(t *testing.T, s *apitest.Service) {
	t.Helper()
	if err := s.App.Accounts().EraseDue(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAPurgedCustomerIsGone(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		john, jane := s.Register("john@example.com"), s.Register("jane@example.com")
		s.AddAddress(john, "Berlin")
		now := s.Clock.Now().Add(-time.Hour).Format(time.RFC3339)
		made := s.Post("/erasure-requests", apitest.AdminKey, wish(map[string]any{"customerReference": john.Reference, "mode": "purge", "dueAt": now})).Has(http.StatusCreated)
		if made.Text("data.attributes.state") != "done" || fmt.Sprint(made.At("data.attributes.removed.addresses")) != "1" {
			t.Errorf("%s", made.Body)
		}
		s.Get("/customers/"+john.Reference, apitest.AdminKey).Has(http.StatusNotFound)
		s.Get("/customers/me", john.Token).Has(http.StatusUnauthorized)
		last := s.Get("/events?filter[customer]="+john.Reference+"&page[size]=100", apitest.AdminKey).At("data").([]any)
		if kind := last[len(last)-1].(map[string]any)["attributes"].(map[string]any)["eventType"]; kind != "customer.deleted" {
			t.Errorf("the last event is %v", kind)
		}
		s.Get("/customers/"+jane.Reference, apitest.AdminKey).Has(http.StatusOK)
		// The address is free, and the number is not given again.
		if again := s.Register("john@example.com"); again.Reference == john.Reference {
			t.Errorf("%s is given twice", again.Reference)
		}
		// Whoever was anonymised before can be purged as well.
		s.Delete("/customers/"+jane.Reference, apitest.AdminKey).Has(http.StatusNoContent)
		s.Post("/erasure-requests", apitest.AdminKey, wish(map[string]any{"customerReference": jane.Reference, "mode": "purge", "dueAt": now})).Has(http.StatusCreated)
		s.Get("/customers/"+jane.Reference, apitest.AdminKey).Has(http.StatusNotFound)
	})
}

func TestTheFlagOpensAndCancelsARequest(t *testing.T) {
	t.Parallel()
	apitest.Each(t, apitest.Settings{"ERASURE_GRACE": "24h"}, func(t *testing.T, s *apitest.Service) {
		john := s.Register("john@example.com")
		flag := func(is bool) {
			s.Patch("/customers/"+john.Reference, apitest.AdminKey, apitest.Document("customers", map[string]any{"requestToBeForgotten": is})).Has(http.StatusOK)
		}
		list := func(state string) int {
			return len(s.Get("/erasure-requests?filter[state]="+state+"&filter[customer]="+john.Reference, apitest.AdminKey).Has(http.StatusOK).At("data").([]any))
		}
		flag(true)
		flag(true)
		if list("pending") != 1 || list("cancelled") != 0 {
			t.Errorf("%d pending", list("pending"))
		}
		flag(false)
		if list("pending") != 0 || list("cancelled") != 1 {
			t.Errorf("%d pending", list("pending"))
		}
		flag(true)
		// A customer who does not want to wait.
		s.Delete("/customers/me", john.Token).Is(http.StatusNoContent, "")
		if list("pending") != 0 || list("done") != 1 {
			t.Errorf("%d pending", list("pending"))
		}
		// One who is made with the flag.
		guest := s.Post("/customers", apitest.AdminKey, apitest.Document("customers", map[string]any{"email": "guest@example.com", "salutation": "Mr", "firstName": "A", "lastName": "B", "requestToBeForgotten": true})).Has(http.StatusCreated)
		john.Reference = guest.Text("data.id")
		if list("pending") != 1 {
			t.Error("no request")
		}
		s.Get("/erasure-requests?filter[state]=lost", apitest.AdminKey).Fails(http.StatusBadRequest, "- invalid_filter filter[state]")
	})
}
