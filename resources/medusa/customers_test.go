package medusa_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/payments/paymentstest"
)

const stark = `{"customer":{"id":"<text>","created_at":"<text>","updated_at":"<text>","deleted_at":null,"email":"iron@man.com","first_name":"Tony","last_name":"Stark",
	"billing_address_id":null,"phone":"4242424242","has_account":true,"metadata":null,"billing_address":null,"shipping_addresses":[]}}`

func TestRegistrationLogsIn(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		answer := send(s, "POST", "/store/customers", registration("Iron@Man.com")).Is(http.StatusOK, stark)
		tony := shopper{s, cookieOf(answer), answer.Text("customer.id"), "iron@man.com"}
		if got := answer.Header.Get("Set-Cookie"); got != tony.cookie+"; Path=/; Max-Age=36000; HttpOnly; Secure; SameSite=None" {
			t.Error(got)
		}
		if again := tony.get("/store/customers/me").Is(http.StatusOK, stark); again.Body != answer.Body {
			t.Errorf("%s and %s", again.Body, answer.Body)
		}
		if !regexp.MustCompile(`^cus_[0-7][0-9A-HJKMNP-TV-Z]{25}$`).MatchString(tony.id) || !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`).MatchString(answer.Text("customer.created_at")) {
			t.Errorf("%s", answer.Body)
		}
		if got := strings.Join(regexp.MustCompile(`"([a-z_]+)":`).FindAllString(answer.Body, -1), ""); got != `"customer":"id":"created_at":"updated_at":"deleted_at":"email":"first_name":"last_name":"billing_address_id":"phone":"has_account":"metadata":"billing_address":"shipping_addresses":` {
			t.Error(got)
		}
		if answer.Header.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Error(answer.Header)
		}
		// The documentation requires the names, the server does not.
		send(s, "POST", "/store/customers", `{"email":"a@b.example","password":"I-am-Iron-Man"}`).Has(http.StatusOK)
		bare := send(s, "POST", "/store/customers", `{"email":"b@b.example","password":"I-am-Iron-Man","first_name":null,"last_name":"","phone":null}`).Has(http.StatusOK)
		if bare.At("customer.first_name") != nil || bare.At("customer.phone") != nil {
			t.Errorf("%s", bare.Body)
		}
		events := s.Get("/events", apitest.AdminKey).Has(http.StatusOK)
		if !strings.Contains(events.Body, `"customer.created"`) || strings.Contains(events.Body, "argon2") || strings.Contains(events.Body, "password_hash") || strings.Contains(events.Body, password) {
			t.Errorf("%s", events.Body)
		}
	})
}

func TestWhatARegistrationMayHold(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, settings(apitest.Settings{"REQUIRED_ATTRIBUTES": "gender"})) // which other shops' clients know nothing of
	for body, message := range map[string]string{
		``:   "email must be an email, password must be a string",
		`{}`: "email must be an email, password must be a string",
		`{"password":1,"first_name":2,"last_name":[],"phone":{},"email":3,"metadata":{},"x":1}`:              "property metadata should not exist, property x should not exist, email must be an email, password must be a string, first_name must be a string, last_name must be a string, phone must be a string",
		`{"email":"iron@man.com ","password":"I-am-Iron-Man"}`:                                               "email must be an email",
		`{"email":"iron@man.com","password":""}`:                                                             "password should not be empty, password must be longer than or equal to 7 characters",
		`{"email":"iron@man.com","password":"123456"}`:                                                       "password must be longer than or equal to 7 characters",
		`{"email":"iron@man.com","password":"password"}`:                                                     "The password is listed as common.",
		`{"email":"iron@man.com","password":"I-am-Iron-Man","first_name":"a\u0000"}`:                         "first_name contains characters that are not allowed",
		`{"email":"iron@man.com","password":"I-am-Iron-Man","last_name":"` + strings.Repeat("x", 101) + `"}`: "last_name must be shorter than or equal to 100 characters",
		`{"email":"` + strings.Repeat("x", 90) + `@man.example","password":"I-am-Iron-Man"}`:                 "email must be shorter than or equal to 100 characters",
	} {
		fails(t, send(s, "POST", "/store/customers", body), http.StatusBadRequest, "invalid_data", message)
	}
	send(s, "POST", "/store/customers", registration("iron@man.com")).Has(http.StatusOK)
}

func TestAnAddressIsRegisteredOnce(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		const taken = `{"code":"invalid_request_error","type":"duplicate_error","message":"A customer with the given email already has an account. Log in instead"}`
		var all sync.WaitGroup
		answers := make([]*apitest.Answer, 6)
		for i := range answers {
			all.Go(func() {
				answers[i] = send(s, "POST", "/store/customers", registration([]string{"Iron@man.com", "iron@MAN.com"}[i%2]))
			})
		}
		all.Wait()
		registered := 0
		for _, answer := range answers {
			if answer.Status == http.StatusOK {
				registered++
				continue
			}
			if answer.Is(http.StatusUnprocessableEntity, taken); answer.Header.Get("Set-Cookie") != "" {
				t.Error("a session of somebody else's account")
			}
		}
		if registered != 1 {
			t.Errorf("%d have registered", registered)
		}
		// What was a guest's becomes the one account.
		s.Post("/customers", apitest.AdminKey, apitest.Document("customers", map[string]any{"email": "guest@man.com", "firstName": "G", "lastName": "G", "salutation": "Mr"})).Has(http.StatusCreated)
		guest := register(s, "guest@man.com")
		send(s, "POST", "/store/customers", registration("guest@man.com")).Is(http.StatusUnprocessableEntity, taken)
		for _, email := range []string{"iron@man.com", "Iron@Man.com"} {
			guest.post("/store/customers/me", `{"email":"`+email+`"}`).Is(http.StatusUnprocessableEntity,
				`{"code":"invalid_request_error","type":"duplicate_error","message":"Customer with email, has_account iron@man.com, t already exists."}`)
		}
		guest.post("/store/customers/"+guest.id, `{"email":"iron@man.com"}`).Has(http.StatusUnprocessableEntity)
	})
}

func TestAProfileIsChanged(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony := register(s, "iron@man.com")
		before := tony.get("/store/customers/me").Body
		if got := tony.post("/store/customers/me", `{}`).Has(http.StatusOK).Body; got != before {
			t.Errorf("nothing has changed %s", got)
		}
		at := func(answer *apitest.Answer, want string) {
			t.Helper()
			got := fmt.Sprintf("%v|%v|%v|%v|%v", answer.Has(http.StatusOK).At("customer.email"), answer.At("customer.first_name"), answer.At("customer.last_name"), answer.At("customer.phone"), answer.At("customer.metadata"))
			if got != want {
				t.Errorf("%s, not %s", got, want)
			}
		}
		at(tony.post("/store/customers/me", `{"first_name":"Anthony","email":"Tony@Stark.com","metadata":{"a":1,"b":{"c":[true]},"d":"x"}}`), "tony@stark.com|Anthony|Stark|4242424242|map[a:1 b:map[c:[true]] d:x]")
		at(tony.post("/store/customers/me", `{"last_name":null,"phone":null,"metadata":{"a":2,"b":"","d":null,"e":""}}`), "tony@stark.com|Anthony|<nil>|<nil>|map[a:2]")
		at(tony.post("/store/customers/me", `{"metadata":null,"last_name":"Stark","first_name":""}`), "tony@stark.com||Stark|<nil>|<nil>")
		tony.email = "tony@stark.com"
		tony.logIn(password)
		for body, message := range map[string]string{
			`{"billing_address_id":"x"}`: "property billing_address_id should not exist",
			`{"id":"x","metadata":[],"email":"x","phone":1,"password":2,"last_name":3,"first_name":4}`: "property id should not exist, first_name must be a string, last_name must be a string, password must be a string, phone must be a string, email must be an email, metadata must be an object",
			`{"email":null}`:              "email must be an email",
			`{"metadata":"x"}`:            "metadata must be an object",
			`{"first_name":"\u0000"}`:     "first_name contains characters that are not allowed",
			`{"metadata":{"a":"\u0000"}}`: "metadata contains characters that are not allowed",
			`{"metadata":{"a":"\ud800"}}`: "the body is not valid JSON",
		} {
			fails(t, tony.post("/store/customers/me", body), http.StatusBadRequest, "invalid_data", message)
		}
	})
}

func TestAnAddressMayTakeThePassword(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, settings(apitest.Settings{"EMAIL_CHANGE": "password"}))
	tony := register(s, "iron@man.com")
	fails(t, tony.post("/store/customers/me", `{"email":"tony@stark.com","billing_address":{"city":"Malibu"}}`), http.StatusBadRequest, "not_allowed", "Unauthorized request.")
	tony.post("/store/customers/me", `{"email":"Iron@man.com","phone":"1"}`).Has(http.StatusOK)
}

func TestTheBillingAddressIsAnIDOrAnAddressOrNone(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony, pepper := register(s, "iron@man.com"), register(s, "pepper@potts.com")
		saved, foreign := addressOf(tony), addressOf(pepper)
		path := "/store/customers/me"
		bill := func(value string) *apitest.Answer {
			t.Helper()
			return tony.post(path, `{"billing_address":`+value+`}`)
		}
		// An object is an address of its own, which is not in the list, and is changed in its place.
		inline := bill(`{"first_name":"Tony","city":"Malibu","country_code":"Us","metadata":{"a":1}}`).Has(http.StatusOK)
		id := inline.Text("customer.billing_address_id")
		if inline.Text("customer.billing_address.id") != id || inline.At("customer.billing_address.customer_id") != nil || inline.Text("customer.billing_address.country_code") != "us" ||
			inline.At("customer.shipping_addresses.1") != nil || inline.Text("customer.shipping_addresses.0.id") != saved {
			t.Errorf("%s", inline.Body)
		}
		changed := bill(`{"city":"Los Angeles","first_name":null}`).Has(http.StatusOK)
		if changed.Text("customer.billing_address.id") != id || changed.Text("customer.billing_address.city") != "Los Angeles" || changed.At("customer.billing_address.first_name") != nil || changed.Text("customer.billing_address.country_code") != "us" {
			t.Errorf("%s", changed.Body)
		}
		// One that is saved is in both places.
		both := bill(`"` + saved + `"`).Has(http.StatusOK)
		if both.Text("customer.billing_address.id") != saved || both.Text("customer.billing_address.customer_id") != tony.id || both.Text("customer.shipping_addresses.0.id") != saved {
			t.Errorf("%s", both.Body)
		}
		// Nobody is billed to somebody else's, nor finds out that it is there.
		for _, unknown := range []string{foreign, "addr_01ARZ3NDEKTSV4RRFFQ69G5FAV", "x", ""} {
			fails(t, bill(`"`+unknown+`"`), http.StatusNotFound, "not_found", "Address with id "+unknown+" was not found")
		}
		bill(`{"city":"Tony's"}`).Has(http.StatusOK)
		if got := pepper.get(path).Text("customer.shipping_addresses.0.city"); got != "Los Angeles" {
			t.Errorf("Pepper lives in %s", got)
		}
		none := bill(`null`).Has(http.StatusOK)
		if none.At("customer.billing_address") != nil || none.At("customer.billing_address_id") != nil || none.Text("customer.shipping_addresses.0.id") != saved {
			t.Errorf("%s", none.Body)
		}
		fails(t, bill(`{"country_code":"zz"}`), http.StatusNotFound, "not_found", "Country with country_code zz does not exist.")
		if got := tony.get(path); got.At("customer.billing_address") != nil {
			t.Errorf("%s", got.Body)
		}
		// All of a change or nothing.
		fails(t, tony.post(path, `{"billing_address":{"city":"Malibu"},"email":"pepper@potts.com"}`), http.StatusUnprocessableEntity, "duplicate_error", "Customer with email, has_account pepper@potts.com, t already exists.")
		if got := tony.get(path); got.At("customer.billing_address") != nil {
			t.Errorf("%s", got.Body)
		}
		for value, faults := range map[string]string{
			`42`:                  `"String":["String validation failed: 42 is not a string"],"AddressPayload":["an unknown value was passed to the validate function"]`,
			`true`:                `"String":["String validation failed: true is not a string"],"AddressPayload":["an unknown value was passed to the validate function"]`,
			`{"foo":1}`:           `"String":["String validation failed: [object Object] is not a string"],"AddressPayload":["property foo should not exist"]`,
			`{"id":"x","city":1}`: `"String":["String validation failed: [object Object] is not a string"],"AddressPayload":["property id should not exist","city must be a string"]`,
		} {
			fails(t, bill(value), http.StatusBadRequest, "invalid_data", `{"message":"billing_address must be one of: AddressPayload,String","details":{`+faults+`}}`)
		}
	})
}

func TestThereIsOneBillingAddressOfItsOwn(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony := register(s, "iron@man.com")
		var all sync.WaitGroup
		for i := range 5 {
			all.Go(func() {
				tony.post("/store/customers/me", fmt.Sprintf(`{"billing_address":{"city":"%d"}}`, i)).Has(http.StatusOK)
			})
		}
		all.Wait()
		if listed := s.Get("/customers/"+tony.reference()+"/addresses", apitest.AdminKey).Has(http.StatusOK); listed.At("data.0") == nil || listed.At("data.1") != nil {
			t.Errorf("%s", listed.Body)
		}
	})
}

func TestPaymentMethodsAreTold(t *testing.T) {
	t.Parallel()
	providers := apitest.Options{Settings: settings(nil)}
	saved := account.PaymentMethod{Provider: "stripe", ID: "pm_1", Kind: "card", Brand: "visa", LastFour: "4242", ExpiryMonth: 12, ExpiryYear: 2034, Data: map[string]any{"funding": "credit"}}
	providers.Payments = append(providers.Payments, paymentstest.Answers("stripe", saved), paymentstest.Fails("klarna", errors.New("it is down")))
	s := apitest.Start(t, providers)
	tony := register(s, "iron@man.com")
	const fromProvider = `{"provider_id":"stripe","data":{"id":"pm_1","kind":"card","brand":"visa","last_four":"4242","expiry_month":12,"expiry_year":2034,"funding":"credit"}}`
	for _, path := range []string{"/store/customers/me/payment-methods", "/store/customers/" + tony.id + "/payment-methods"} {
		tony.get(path).Is(http.StatusOK, `{"payment_methods":[`+fromProvider+`]}`)
	}
	source := apitest.Document("payment-sources", map[string]any{"provider": "manual", "sourceType": "sepaDebit", "token": "mandate-1", "lastFour": "1234", "holder": "Tony Stark"})
	id := s.Post("/payment-sources", apitest.AdminKey, source).Has(http.StatusCreated).Text("data.id")
	twin := s.Post("/payment-sources", apitest.AdminKey, apitest.Document("payment-sources", map[string]any{"provider": "stripe", "sourceType": "card", "token": "pm_1"})).Has(http.StatusCreated).Text("data.id")
	s.Post("/customers/"+tony.reference()+"/relationships/sources", apitest.AdminKey, `{"data":[{"type":"payment-sources","id":"`+id+`"},{"type":"payment-sources","id":"`+twin+`"}]}`).Has(http.StatusOK)
	listed := tony.get("/store/customers/me/payment-methods").Has(http.StatusOK)
	if !strings.Contains(listed.Body, `{"provider_id":"manual","data":{"holder":"Tony Stark","id":"mandate-1","kind":"sepaDebit","last_four":"1234"}}`) || strings.Count(listed.Body, "pm_1") != 1 {
		t.Errorf("%s", listed.Body)
	}
	tony.post("/store/customers/"+tony.id+"/payment-methods", "").Has(http.StatusOK)
	register(apitest.New(t, settings(nil)), "pepper@potts.com").get("/store/customers/me/payment-methods").Is(http.StatusOK, `{"payment_methods":[]}`)
}
