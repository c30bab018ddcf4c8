package digitalriver_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

const (
	second = "0b6f4a4e-0b0e-4d6e-9f0a-1f7a2d1c9e01"
	nobody = "11111111-2222-4333-8444-555555555555"
)

func TestTheFirstSourceIsTheDefaultUntilItIsDetached(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		post(s, customers, `{"id":"a"}`).Has(http.StatusCreated)
		addCard(s, card, nil)
		addCard(s, second, map[string]any{"sourceType": "sepaDebit", "holder": nil})
		for range 2 { // again, and nothing changes
			post(s, customers+"/a/sources/"+strings.ToUpper(card), "").Is(http.StatusOK, shownCard)
		}
		post(s, customers+"/a/sources/"+second, "").Is(http.StatusOK, `{"id":"`+second+`","type":"sepaDebit","reusable":true,"state":"chargeable","createdTime":"<text>"}`)
		expect(t, get(s, customers+"/a"), map[string]any{"defaultSourceId": card, "sources.0.id": card, "sources.1.id": second, "sources.2": nil})
		expect(t, post(s, customers+"/a", `{"defaultSourceId":"`+second+`"}`).Has(http.StatusOK), map[string]any{"defaultSourceId": second})
		expect(t, post(s, customers+"/a", `{"defaultSourceId":null}`).Has(http.StatusOK), map[string]any{"defaultSourceId": nil})
		expect(t, post(s, customers+"/a", `{"defaultSourceId":"`+card+`"}`).Has(http.StatusOK), map[string]any{"defaultSourceId": card})
		remove(s, customers+"/a/sources/"+card).Is(http.StatusNoContent, "")
		expect(t, get(s, customers+"/a"), map[string]any{"defaultSourceId": nil, "sources.0.id": second, "sources.1": nil})
		fails(t, remove(s, customers+"/a/sources/"+card), http.StatusNotFound, "not_found", "not_found -")
		fails(t, post(s, customers+"/a/sources/"+card, ""), http.StatusConflict, "conflict", "nonreusable_source -")
		for kind, subjects := range map[string]string{"customer.source.created": card + " " + second, "customer.source.deleted": card} {
			events := s.Get("/events?filter[eventType]="+kind, apitest.AdminKey).Has(http.StatusOK)
			var told []string
			for i := range events.At("data").([]any) {
				told = append(told, events.Text(fmt.Sprintf("data.%d.attributes.cloudEvent.data.source.id", i)))
			}
			if got := strings.Join(told, " "); got != subjects {
				t.Errorf("%s of %s", kind, got)
			}
		}
	})
}

func TestASourceThatCannotBeAttachedIsRefused(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		post(s, customers, `{"id":"a"}`).Has(http.StatusCreated)
		post(s, customers, `{"id":"b"}`).Has(http.StatusCreated)
		addCard(s, card, nil)
		post(s, customers+"/b/sources/"+card, "").Has(http.StatusOK)
		fails(t, post(s, customers+"/a/sources/"+card, ""), http.StatusConflict, "conflict", "source_in_use -")
		for state, code := range map[string]string{"consumed": "nonreusable_source", "pending": "source_not_chargeable", "failed": "source_not_chargeable", "canceled": "source_not_chargeable"} {
			id := s.Post("/payment-sources", apitest.AdminKey, apitest.Document("payment-sources", map[string]any{"provider": "stripe", "sourceType": "card", "token": "pm_1", "state": state})).Text("data.id")
			fails(t, post(s, customers+"/a/sources/"+id, ""), http.StatusConflict, "conflict", code+" -")
		}
		for _, ask := range []func(*apitest.Service, string) *apitest.Answer{remove, func(s *apitest.Service, path string) *apitest.Answer { return post(s, path, "") }} {
			fails(t, ask(s, customers+"/a/sources/"+nobody), http.StatusNotFound, "not_found", "not_found -")
			fails(t, ask(s, customers+"/x/sources/"+card), http.StatusNotFound, "not_found", "not_found -")
			for _, wrong := range []string{"1", card + "0", "%20", strings.ReplaceAll(card, "-", "")} {
				fails(t, ask(s, customers+"/a/sources/"+wrong), http.StatusBadRequest, "bad_request", "invalid_parameter sourceId")
			}
		}
		fails(t, remove(s, customers+"/a/sources/"+card), http.StatusNotFound, "not_found", "not_found -") // another's
		for _, wrong := range []string{`"` + card + `"`, `"` + nobody + `"`, `"x"`, `""`, `5`} {
			fails(t, post(s, customers+"/a", `{"email":"a@example.com","defaultSourceId":`+wrong+`}`), http.StatusBadRequest, "bad_request", "invalid_parameter defaultSourceId")
			fails(t, post(s, customers, `{"id":"c","defaultSourceId":`+wrong+`}`), http.StatusBadRequest, "bad_request", "invalid_parameter defaultSourceId")
		}
		expect(t, get(s, customers+"/a"), map[string]any{"email": nil, "defaultSourceId": nil})
		get(s, customers+"/c").Has(http.StatusNotFound)
	})
}
