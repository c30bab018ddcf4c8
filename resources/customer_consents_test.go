package resources_test

import (
	"net/http"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

// The terms change with a setting: whoever agreed to the former ones is asked again.
func TestNewTermsWantANewConsent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, url string) {
		before := apitest.Start(t, apitest.Options{Database: url})
		john := before.Register("john@example.com")
		guest := before.Post("/customers", apitest.AdminKey, apitest.Document("customers", map[string]any{"email": "guest@example.com", "salutation": "Mr", "firstName": "A", "lastName": "B"})).Has(http.StatusCreated)
		if guest.At("data.meta") != nil {
			t.Errorf("a guest: %s", guest.Body)
		}
		wants := func(s *apitest.Service) any {
			return s.Get("/customers/me", john.Token).At("data.meta.reconsentRequired")
		}
		if wants(before) != false {
			t.Errorf("%v", wants(before))
		}
		after := apitest.Start(t, apitest.Options{Database: url, Settings: apitest.Settings{"TERMS_VERSION": "2"}})
		if wants(after) != true {
			t.Errorf("%v", wants(after))
		}
		after.Post("/customers/me/consents", john.Token, apitest.Document("consents", map[string]any{"version": "1"})).Fails(http.StatusUnprocessableEntity, `4482 consent_outdated "/data/attributes/version"`)
		after.Post("/customers/"+john.Reference+"/consents", apitest.AdminKey, apitest.Document("consents", map[string]any{})).Has(http.StatusForbidden)
		made := after.Post("/customers/me/consents", john.Token, apitest.Document("consents", map[string]any{"version": "2"})).Has(http.StatusCreated)
		if wants(after) != false || made.Text("data.attributes.version") != "2" || made.Text("data.attributes.clientAddress") != "127.0.0.1" {
			t.Errorf("%v after %s", wants(after), made.Body)
		}
		list := after.Get("/customers/me/consents", john.Token)
		if list.Text("data.0.attributes.version") != "2" || list.Text("data.1.attributes.version") != "1" {
			t.Errorf("%s", list.Body)
		}
	})
}
