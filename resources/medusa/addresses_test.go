package medusa_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

func TestAnAddressIsAdded(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony := register(s, "iron@man.com")
		answer := tony.post("/store/customers/me/addresses", newAddress).Is(http.StatusOK, strings.Replace(stark, `"shipping_addresses":[]`, `"shipping_addresses":[
			{"id":"<text>","created_at":"<text>","updated_at":"<text>","deleted_at":null,"customer_id":"`+tony.id+`","company":"Stark Industries","first_name":"Tony","last_name":"Stark",
			"address_1":"Hollywood Boulevard","address_2":"1","city":"Los Angeles","country_code":"us","province":"CA","postal_code":"90046","phone":"4242424242","metadata":{"gate":1}}]`, 1))
		id := answer.Text("customer.shipping_addresses.0.id")
		if !regexp.MustCompile(`^addr_[0-7][0-9A-HJKMNP-TV-Z]{25}$`).MatchString(id) || tony.get("/store/customers/me").Text("customer.shipping_addresses.0.id") != id {
			t.Errorf("%s", answer.Body)
		}
		// It is where goods go, and not where invoices go (C-06).
		main := s.Get("/customers/me", s.Login(tony.email, password)).Has(http.StatusOK)
		if main.Text("data.relationships.defaultShippingAddress.data.id") == "" || main.At("data.relationships.defaultBillingAddress.data") != nil {
			t.Errorf("%s", main.Body)
		}
		bare := tony.post("/store/customers/me/addresses", `{"address":{"first_name":"","last_name":"","address_1":"","city":"x","country_code":"de","postal_code":"","phone":null,"company":null,"metadata":null}}`).Has(http.StatusOK)
		if bare.Text("customer.shipping_addresses.0.id") != id || bare.Text("customer.shipping_addresses.1.city") != "x" || bare.At("customer.shipping_addresses.1.address_2") != nil || bare.At("customer.shipping_addresses.1.metadata") != nil {
			t.Errorf("%s", bare.Body)
		}
	})
}

// address changes newAddress, as it is sent: nil takes a member away.
func address(changes map[string]any) string {
	var body struct {
		Address map[string]any `json:"address"`
	}
	if err := json.Unmarshal([]byte(newAddress), &body); err != nil {
		panic(err)
	}
	for name, value := range changes {
		if body.Address[name] = value; value == "absent" {
			delete(body.Address, name)
		}
	}
	written, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return string(written)
}

func TestAnAddressLikeASavedOneIsNotAdded(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony := register(s, "iron@man.com")
		add := func(changes map[string]any) int {
			t.Helper()
			list, _ := tony.post("/store/customers/me/addresses", address(changes)).Has(http.StatusOK).At("customer.shipping_addresses").([]any)
			return len(list)
		}
		add(map[string]any{"phone": "absent"})
		for _, alike := range []map[string]any{
			{"phone": "absent"}, {"phone": nil}, {"phone": "absent", "company": "Other"}, {"phone": "absent", "metadata": map[string]any{"b": 2}}, {"phone": "absent", "country_code": "us"},
		} {
			if got := add(alike); got != 1 {
				t.Errorf("%v was added", alike)
			}
		}
		want := 1
		for _, name := range []string{"address_1", "address_2", "city", "phone", "postal_code", "province", "first_name", "last_name"} {
			want++
			if got := add(map[string]any{"phone": "absent", name: "1" + name}); got != want {
				t.Errorf("another %s: %d addresses", name, got)
			}
		}
		if got := add(map[string]any{"phone": "absent", "country_code": "CA"}); got != want+1 {
			t.Errorf("another country: %d addresses", got)
		}
		// One for billing alone is none of the list.
		tony.post("/store/customers/me", `{"billing_address":{"city":"Malibu"}}`).Has(http.StatusOK)
		if got := add(map[string]any{"phone": "absent", "city": "Malibu"}); got != want+2 {
			t.Errorf("%d", got)
		}
	})
}

func TestWhatANewAddressMayHold(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, settings(nil))
	tony := register(s, "iron@man.com")
	const six = "first_name must be a string, last_name must be a string, address_1 must be a string, city must be a string, country_code must be a string, postal_code must be a string"
	for body, message := range map[string]string{
		`{"address":{}}`: six,
		`{"address":{"foo":1,"metadata":"x","province":4}}`: "property foo should not exist, " + six + ", province must be a string, metadata must be an object",
		`{}`:                               "address must be an object",
		`{"address":null}`:                 "address must be an object",
		`{"address":[]}`:                   "address must be an object",
		`{"address":"Hollywood"}`:          "nested property address must be either object or array",
		`{"first_name":"a","city":"b"}`:    "property first_name should not exist, property city should not exist",
		address(map[string]any{"id": "x"}): "property id should not exist",
		address(map[string]any{"city": nil, "address_1": "absent", "phone": 1}):            "address_1 must be a string, city must be a string, phone must be a string",
		address(map[string]any{"city": "\x00"}):                                            "city contains characters that are not allowed",
		address(map[string]any{"postal_code": strings.Repeat("1", 16)}):                    "postal_code must be shorter than or equal to 15 characters",
		address(map[string]any{"country_code": "zz", "company": strings.Repeat("1", 256)}): "country_code => This value is not a valid country.",
	} {
		answer := tony.post("/store/customers/me/addresses", body)
		if strings.Contains(body, `"zz"`) {
			answer.Has(http.StatusBadRequest) // both are told
			continue
		}
		fails(t, answer, http.StatusBadRequest, "invalid_data", message)
	}
	for _, code := range []string{"zz", "ZZ", "deu", "x", "1!", "EU"} {
		for _, path := range []string{"/store/customers/me/addresses", "/store/customers/" + tony.id + "/addresses"} {
			fails(t, tony.post(path, address(map[string]any{"country_code": code})), http.StatusNotFound, "not_found", "Country with country_code "+strings.ToLower(code)+" does not exist.")
		}
	}
	if got := tony.get("/store/customers/me").At("customer.shipping_addresses.0"); got != nil {
		t.Errorf("%v", got)
	}
}

func TestAnAddressIsChanged(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony, pepper := register(s, "iron@man.com"), register(s, "pepper@potts.com")
		id, foreign := addressOf(tony), addressOf(pepper)
		path := "/store/customers/me/addresses/"
		at := func(answer *apitest.Answer, want string) {
			t.Helper()
			shown := answer.Has(http.StatusOK).At("customer.shipping_addresses.0").(map[string]any)
			if got := fmt.Sprint([]any{shown["id"] == id, shown["city"], shown["country_code"], shown["company"], shown["metadata"]}); got != want {
				t.Errorf("%s, not %s", got, want)
			}
		}
		at(tony.post(path+id, `{"city":"Malibu","metadata":{"b":""}}`), "[true Malibu us Stark Industries map[b:]]") // in place of what there was
		at(tony.post(path+id, `{"company":null,"country_code":"DE","metadata":null}`), "[true Malibu de <nil> <nil>]")
		at(tony.post(path+id, `{}`), "[true Malibu de <nil> <nil>]")
		beyond := "addr_" + string("89ABCDEF"[id[5]-'0']) + id[6:] // of more than 128 bits
		for _, unknown := range []string{foreign, "addr_01ARZ3NDEKTSV4RRFFQ69G5FAV", "x", strings.ToLower(id), id + "0", beyond} {
			fails(t, tony.post(path+unknown, `{"city":"Tony's"}`), http.StatusBadRequest, "invalid_data", "Could not find address for customer")
		}
		if got := pepper.get("/store/customers/me").Text("customer.shipping_addresses.0.city"); got != "Los Angeles" {
			t.Errorf("Pepper lives in %s", got)
		}
		for body, message := range map[string]string{
			`{"address":{"city":"x"}}`:           "property address should not exist",
			`{"city":1,"first_name":true,"x":1}`: "property x should not exist, first_name must be a string, city must be a string",
			`{"metadata":[1]}`:                   "metadata must be an object",
		} {
			fails(t, tony.post(path+id, body), http.StatusBadRequest, "invalid_data", message)
		}
		fails(t, tony.post(path+id, `{"country_code":"zz"}`), http.StatusNotFound, "not_found", "Country with country_code zz does not exist.")
	})
}

func TestAnAddressIsDeleted(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony, pepper := register(s, "iron@man.com"), register(s, "pepper@potts.com")
		id, foreign := addressOf(tony), addressOf(pepper)
		tony.post("/store/customers/me", `{"billing_address":"`+id+`"}`).Has(http.StatusOK)
		for _, unknown := range []string{foreign, "addr_01ARZ3NDEKTSV4RRFFQ69G5FAV", "x"} {
			if got := tony.send("DELETE", "/store/customers/me/addresses/"+unknown, "{}").Has(http.StatusOK).Text("customer.shipping_addresses.0.id"); got != id {
				t.Errorf("%s: %s", unknown, got)
			}
		}
		for range 2 {
			gone := tony.send("DELETE", "/store/customers/me/addresses/"+id, "{}").Is(http.StatusOK, stark)
			if gone.Text("customer.id") != tony.id {
				t.Errorf("%s", gone.Body)
			}
		}
		if got := pepper.get("/store/customers/me").Text("customer.shipping_addresses.0.id"); got != foreign {
			t.Errorf("Pepper has %s", got)
		}
		fails(t, tony.send("DELETE", "/store/customers/me/addresses/x/y", ""), http.StatusNotFound, "not_found", "Not Found")
	})
}

// The main surface and the dialect show the same addresses.
func TestAnAddressOfTheMainSurfaceIsShown(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		john := s.Register("john@example.com")
		s.AddAddress(john, "Berlin")
		shown := send(s, "GET", "/store/customers/me", "", "Authorization", "Bearer "+john.Token).Has(http.StatusOK)
		if shown.Text("customer.shipping_addresses.0.city") != "Berlin" || shown.Text("customer.billing_address.id") != shown.Text("customer.shipping_addresses.0.id") || shown.Text("customer.billing_address.country_code") != "de" {
			t.Errorf("%s", shown.Body)
		}
	})
}
