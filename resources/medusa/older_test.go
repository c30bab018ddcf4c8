package medusa_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// Section 9: the sample of the source, over what was said of that customer.
func TestTheSampleOfTheOlderRoutes(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		made := s.Post("/customers", apitest.AdminKey, apitest.WithID("cus_4eThzYSuGv", apitest.Document("customers", map[string]any{
			"email": "iron@man.com", "firstName": "Tony", "lastName": "Stark", "salutation": "Mr", "phone": "4242424242", "password": password, "confirmPassword": password, "acceptedTerms": true,
		}))).Has(http.StatusCreated)
		tony := shopper{s, "", made.Text("data.id"), "iron@man.com"}.logIn(password)
		id := tony.post("/store/customers/cus_4eThzYSuGv/addresses", address(map[string]any{"address_1": "Hollywood Boulevard 1", "address_2": "absent", "phone": "absent", "metadata": "absent"})).Has(http.StatusOK).Text("customer.shipping_addresses.0.id")
		tony.post("/store/customers/cus_4eThzYSuGv", `{"billing_address":"`+id+`"}`).Has(http.StatusOK)
		tell(s, tony.id, "order_fi13oadpo2r3vc2g4592", map[string]any{"displayId": 50433, "fulfillmentStatus": "shipped", "paymentStatus": "captured", "total": 4004000})
		lives := `{"id":"` + id + `","created_at":"<text>","updated_at":"<text>","deleted_at":null,"customer_id":"cus_4eThzYSuGv","company":"Stark Industries","first_name":"Tony","last_name":"Stark",
			"address_1":"Hollywood Boulevard 1","address_2":null,"city":"Los Angeles","country_code":"us","province":"CA","postal_code":"90046","phone":null,"metadata":null}`
		want := `{"customer":{"id":"cus_4eThzYSuGv","created_at":"<text>","updated_at":"<text>","deleted_at":null,"email":"iron@man.com","first_name":"Tony","last_name":"Stark","billing_address_id":"` + id + `",
			"phone":"4242424242","has_account":true,"metadata":null,"billing_address":` + lives + `,"shipping_addresses":[` + lives + `],
			"orders":[{"id":"order_fi13oadpo2r3vc2g4592","status":"pending","fulfillment_status":"shipped","payment_status":"captured","display_id":50433,"total":4004000,"metadata":null}]}}`
		tony.get("/store/customers/cus_4eThzYSuGv").Is(http.StatusOK, want)
		tony.post("/store/customers/cus_4eThzYSuGv", `{}`).Is(http.StatusOK, want)
		tony.post("/store/customers/cus_4eThzYSuGv", `{"first_name":"Tony"}`).Is(http.StatusOK, want)
		if me := tony.get("/store/customers/me").Has(http.StatusOK); strings.Contains(me.Body, `"orders"`) {
			t.Errorf("%s", me.Body)
		}
	})
}

func TestTheOlderRoutesAreTheCallersAlone(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony, pepper := register(s, "iron@man.com"), register(s, "pepper@potts.com")
		mine, hers := addressOf(tony), addressOf(pepper)
		for _, own := range []string{tony.id, tony.reference()} {
			for _, o := range operations() {
				if strings.Contains(o.path, "{id}") && o.login && o.method != "DELETE" {
					tony.send(o.method, strings.NewReplacer("{id}", own, "{address}", mine).Replace(o.path), o.body).Has(http.StatusOK)
				}
			}
		}
		for _, other := range []string{pepper.id, pepper.reference(), "cus_01ARZ3NDEKTSV4RRFFQ69G5FAV", "DE--99"} {
			for _, o := range operations() {
				if strings.Contains(o.path, "{id}") && o.login {
					path := strings.NewReplacer("{id}", other, "{address}", hers).Replace(o.path)
					fails(t, tony.send(o.method, path, o.body), http.StatusBadRequest, "not_allowed", "You must be logged in to update")
				}
			}
		}
		if city := pepper.get("/store/customers/me").Text("customer.shipping_addresses.0.city"); city != "Los Angeles" {
			t.Errorf("Pepper lives in %s", city)
		}
		for _, o := range operations() { // a word that is no id is no path
			if strings.Contains(o.path, "{id}") && o.login {
				path := strings.NewReplacer("{id}", "somebody", "{address}", mine).Replace(o.path)
				tony.send(o.method, path, o.body).Has(http.StatusNotFound)
			}
		}
		tony.post("/store/customers/"+tony.id+"/elsewhere", `{"city":"x"}`).Has(http.StatusNotFound)
	})
}

func TestTheOlderRoutesReadAnAddressInBothForms(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony := register(s, "iron@man.com")
		id := addressOf(tony)
		for _, path := range []string{"/store/customers/" + tony.id + "/addresses/", "/store/customers/" + tony.id + "/"} {
			for i, body := range []string{`{"address":{"city":"%"}}`, `{"city":"%"}`} {
				city := string(rune('A'+i)) + path
				if got := tony.post(path+id, strings.Replace(body, "%", city, 1)).Has(http.StatusOK).Text("customer.shipping_addresses.0.city"); got != city {
					t.Errorf("%s, not %s", got, city)
				}
			}
			fails(t, tony.post(path+id, `{"address":{"city":"x"},"city":"y"}`), http.StatusBadRequest, "invalid_data", "property address should not exist")
			fails(t, tony.post(path+id, `{"address":{"foo":1}}`), http.StatusBadRequest, "invalid_data", "property foo should not exist")
			fails(t, tony.post(path+"addr_01ARZ3NDEKTSV4RRFFQ69G5FAV", `{}`), http.StatusBadRequest, "invalid_data", "Could not find address for customer")
			fails(t, tony.post(path+id, `{"country_code":"zz"}`), http.StatusNotFound, "not_found", "Country with country_code zz does not exist.")
		}
		tony.send("DELETE", "/store/customers/"+tony.id+"/addresses/"+id, "{}").Has(http.StatusOK)
	})
}

func TestTheOlderRoutesOfPasswordsIgnoreTheID(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony := register(s, "iron@man.com")
		send(s, "POST", "/store/customers/cus_nobody/reset-password-token", `{"email":"iron@man.com"}`).Is(http.StatusNoContent, "")
		key := s.MailedKey(tony.email, "restore")
		if got := send(s, "POST", "/store/customers/cus_nobody/reset-password", `{"email":"iron@man.com","token":"`+key+`","password":"Still-Iron-Man"}`).Has(http.StatusOK).Text("customer.id"); got != tony.id {
			t.Error(got)
		}
		tony.logIn("Still-Iron-Man").get("/store/customers/me").Has(http.StatusOK)
	})
}
