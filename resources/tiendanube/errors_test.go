package tiendanube_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// operation is one of the dialect, with a body that it takes.
type operation struct{ method, path, body string }

// operations are all of the dialect, on a customer of an id.
func operations(id string) []operation {
	return []operation{
		{http.MethodGet, customers, ""},
		{http.MethodPost, customers, `{"name":"A B","email":"x@example.com"}`},
		{http.MethodGet, customers + "/" + id, ""},
		{http.MethodPut, customers + "/" + id, `{"phone":"1"}`},
	}
}

func (o operation) reads() bool { return o.method == http.MethodGet }

const (
	unauthorized = `{"code":401,"message":"Unauthorized","description":"Invalid access token"}`
	forbidden    = `{"code":403,"message":"Forbidden","description":"Missing a required scope"}`
	notFound     = `{"code":404,"message":"Not Found","description":"Customer not found"}`
	notJSON      = `{"error":"Problems parsing JSON"}`
)

func TestTheKeyDecidesWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		id := number(create(s, `{"name":"A B","email":"a@example.com"}`).Has(http.StatusCreated), "id")
		customer := s.Register("jane@example.com")
		reader, writer, neither := newKey(t, s, "read_customers"), newKey(t, s, "write_customers"), newKey(t, s, "read_outbox")
		for _, o := range operations(id) {
			for _, unknown := range []string{"", "nobody", "clientele_unknown"} {
				ask(s, o.method, o.path, unknown, o.body).Is(http.StatusUnauthorized, unauthorized)
			}
			for _, key := range []string{neither, customer.Token} {
				ask(s, o.method, o.path, key, o.body).Is(http.StatusForbidden, forbidden)
			}
			if !o.reads() {
				ask(s, o.method, o.path, reader, o.body).Is(http.StatusForbidden, forbidden)
				ask(s, o.method, o.path, reader, "no JSON").Is(http.StatusForbidden, forbidden)
			} else if ask(s, o.method, o.path, reader, "").Has(http.StatusOK); true {
				ask(s, http.MethodHead, o.path, reader, "").Is(http.StatusOK, "")
			}
			if got := ask(s, o.method, o.path, writer, o.body); got.Status >= 300 {
				t.Errorf("%s %s: %d %s", o.method, o.path, got.Status, got.Body)
			}
		}
		if total := get(s, customers+"?q=x@example.com").Header.Get("X-Total-Count"); total != "1" {
			t.Errorf("%s customers were made, where one key might", total)
		}
	})
}

func TestTheKeyIsInTheOriginalsHeaderOrTheUsualOne(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	for _, c := range []struct {
		authentication, authorization string
		status                        int
	}{
		{"bearer " + apitest.AdminKey, "", 200},
		{"Bearer " + apitest.AdminKey, "", 200},
		{"BEARER " + apitest.AdminKey, "", 200},
		{"", "Bearer " + apitest.AdminKey, 200},
		{"bearer " + apitest.AdminKey, "Bearer nobody", 200},
		{"bearer nobody", "Bearer " + apitest.AdminKey, 401},
		{apitest.AdminKey, "", 401},
		{"Basic " + apitest.AdminKey, "", 401},
		{"bearer", "", 401},
	} {
		s.Do(apitest.Request{Method: http.MethodGet, Path: customers, Header: map[string]string{"Authentication": c.authentication, "Authorization": c.authorization}}).Has(c.status)
	}
	// The header is this dialect's alone.
	s.Do(apitest.Request{Method: http.MethodGet, Path: "/customers", Header: map[string]string{"Authentication": "bearer " + apitest.AdminKey}}).Has(http.StatusForbidden)
}

func TestTheSegmentNamesAStoreOrLeavesItToTheKey(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		s.Post("/stores", apitest.AdminKey, apitest.WithID("AT", apitest.Document("stores", map[string]any{}))).Has(http.StatusCreated)
		key := newKey(t, s, "write_customers") // of DE
		create(s, `{"name":"In Berlin","email":"a@example.com"}`).Has(http.StatusCreated)
		ask(s, http.MethodPost, "/v1/AT/customers", apitest.AdminKey, `{"name":"In Wien","email":"a@example.com"}`).Has(http.StatusCreated)
		for _, c := range []struct{ store, key, name string }{
			{"DE", apitest.AdminKey, "In Berlin"}, {"AT", apitest.AdminKey, "In Wien"}, {"123456", apitest.AdminKey, "In Berlin"}, {"FR", apitest.AdminKey, "In Berlin"},
			{"DE", key, "In Berlin"}, {"123456", key, "In Berlin"}, {"FR", key, "In Berlin"}, {"de", key, "In Berlin"}, {"%41%54%20", key, "In Berlin"},
		} {
			for _, version := range []string{"v1", "2025-03", "2031-12"} {
				expect(t, ask(s, http.MethodGet, "/"+version+"/"+c.store+"/customers", c.key, ""), map[string]any{"0.name": c.name, "1": nil})
			}
		}
		ask(s, http.MethodGet, "/v1/AT/customers", key, "").Is(http.StatusForbidden, forbidden)
		ask(s, http.MethodGet, "/v1/AT/customers/1", key, "").Is(http.StatusForbidden, forbidden)
		// Nobody without a key learns which stores there are.
		there, missing := ask(s, http.MethodGet, "/v1/AT/customers", "", ""), ask(s, http.MethodGet, "/v1/FR/customers", "", "")
		if there.Status != http.StatusUnauthorized || there.Status != missing.Status || there.Body != missing.Body {
			t.Errorf("%d %s, %d %s", there.Status, there.Body, missing.Status, missing.Body)
		}
		for _, wrong := range []string{"nobody", "clientele_unknown"} {
			ask(s, http.MethodGet, "/v1/AT/customers", wrong, "").Is(http.StatusUnauthorized, unauthorized)
		}
	})
}

func TestACustomerWhoIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	for _, id := range []string{"1", "0", "-1", "x", "DE--1", "1.0", "99999999999999999999", "%20", "1/addresses", "1%2F2"} {
		get(s, customers+"/"+id).Is(http.StatusNotFound, notFound)
		change(s, id, `{"phone":"1"}`).Is(http.StatusNotFound, notFound)
		ask(s, http.MethodHead, customers+"/"+id, apitest.AdminKey, "").Is(http.StatusNotFound, "")
	}
}

func TestPathsAndMethodsThatThereAreNot(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	for _, path := range []string{"/v1", "/v1/DE", "/v1/DE/orders", "/v1/DE/customers/1/2/orders/x", "/2025-03", "/2025-03/DE/products/1"} {
		if got := get(s, path).Has(http.StatusNotFound); got.Text("message") != "Not Found" || got.Header.Get("X-Main-Language") != "es" {
			t.Errorf("%s: %s %v", path, got.Body, got.Header)
		}
	}
	answer, err := http.Get(s.URL + "/v1//customers")
	if err != nil {
		t.Fatal(err)
	}
	if answer.Body.Close(); answer.StatusCode != http.StatusNotFound {
		t.Errorf("of a store without a name: %d", answer.StatusCode)
	}
	for _, path := range []string{"/v2/DE/customers", "/2025-3/DE/customers", "/v1x/DE/customers", "/20250-03/DE/customers"} {
		get(s, path).Fails(http.StatusNotFound, "- route_not_found -") // of the main surface
	}
	for path, allow := range map[string]string{customers: "GET, HEAD, OPTIONS, POST", customers + "/1": "GET, HEAD, OPTIONS, PUT", "/2025-03/DE/customers": "GET, HEAD, OPTIONS, POST"} {
		for _, method := range []string{http.MethodDelete, http.MethodPatch, http.MethodTrace, http.MethodPut, http.MethodPost, "PROPFIND"} {
			if slices.Contains(strings.Split(allow, ", "), method) {
				continue
			}
			answer := ask(s, method, path, "", "").Has(http.StatusMethodNotAllowed)
			answer.Is(http.StatusMethodNotAllowed, `{"code":405,"message":"Method Not Allowed","description":"Method Not Allowed"}`)
			if got := answer.Header.Get("Allow"); got != allow {
				t.Errorf("%s %s: Allow: %s", method, path, got)
			}
		}
		if got := ask(s, http.MethodOptions, path, "", "").Is(http.StatusNoContent, "").Header.Get("Allow"); got != allow {
			t.Errorf("OPTIONS %s: Allow: %s", path, got)
		}
	}
}

func TestABodyThatIsNoObjectOfJSONIsRefused(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	id := number(create(s, `{"name":"A B","email":"a@example.com"}`).Has(http.StatusCreated), "id")
	for _, o := range operations(id) {
		if o.reads() {
			ask(s, o.method, o.path+"?page=%zz", apitest.AdminKey, "").Has(http.StatusBadRequest)
			continue
		}
		send := func(contentType, body string) *apitest.Answer {
			return s.Do(apitest.Request{Method: o.method, Path: o.path, Body: body, Header: map[string]string{"Authentication": "bearer " + apitest.AdminKey, "Content-Type": contentType}})
		}
		for _, body := range []string{"", "{", "[]", "null", `"text"`, `{"name":"A"} x`, `{"name":"A","name":"B"}`, `{"name":"` + "\xff" + `"}`, strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)} {
			send("application/json", body).Is(http.StatusBadRequest, notJSON)
		}
		for _, contentType := range []string{"", "text/plain", "application/vnd.api+json", "application/xml", "nonsense/"} {
			send(contentType, o.body).Is(http.StatusUnsupportedMediaType, `{"code":415,"message":"Unsupported Media Type","description":"Unsupported media type."}`)
		}
		if got := send("application/x-www-form-urlencoded", "name=A+B&email=f@example.com").Status; got != map[string]int{http.MethodPost: 201, http.MethodPut: 415}[o.method] {
			t.Errorf("%s of a form: %d", o.method, got)
		}
		send("application/json;charset=UTF-8", `{"name":"`+strings.Repeat("a", 64<<10)+`"}`).Is(http.StatusRequestEntityTooLarge, `{"code":413,"message":"Request Entity Too Large","description":"Request body is too large."}`)
	}
}

func TestAllInvalidFieldsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		long := strings.Repeat("a", 256)
		for body, want := range map[string]string{
			`{}`:                           `{"name":["can't be blank"],"email":["can't be blank"]}`,
			`{"name":null,"email":null}`:   `{"name":["can't be blank"],"email":["can't be blank"]}`,
			`{"name":"   ","email":""}`:    `{"name":["can't be blank"],"email":["can't be blank"]}`,
			`{"name":5,"email":{}}`:        `{"name":["is invalid"],"email":["is invalid"]}`,
			`{"name":"A B","email":"a@b"}`: `{"email":["is invalid"]}`,
			`{"name":"","email":"not one","phone":1,"identification":[],"note":true,"extra":{"a":1},"addresses":[{"country":"ZZ"},5],"billing_zipcode":"` + long + `","password":"short","send_email_invite":"yes"}`: `{
				"name":["can't be blank"],"email":["is invalid"],"phone":["is invalid"],"identification":["is invalid"],"note":["is invalid"],"extra":["is invalid"],
				"addresses":["is invalid"],"billing_zipcode":["is too long (maximum is 15 characters)"],"password":["is too short (minimum is 7 characters)"],"send_email_invite":["is invalid"]}`,
			`{"name":"A ` + long + `","email":"` + long + `@example.com","phone":"` + long + `","addresses":[{"city":"` + long + `","zipcode":"` + long + `"}]}`: `{
				"name":["is too long (maximum is 100 characters)","is too long (maximum is 255 characters)"],"phone":["is too long (maximum is 255 characters)"],
				"addresses":["is too long (maximum is 15 characters)","is too long (maximum is 255 characters)"]}`,
			`{"name":"A B","email":"` + strings.Repeat("a", 95) + `@example.com"}`: `{"email":["is too long (maximum is 100 characters)"]}`,
			`{"name":"A B","email":"a@example.com","addresses":{}}`:                `{"addresses":["is invalid"]}`,
			`{"name":"A B","email":"a@example.com","addresses":[{"id":1}]}`:        `{"addresses":["is invalid"]}`,
			`{"name":"A B","email":"a@example.com","password":"password"}`:         `{"password":["is invalid"]}`,
			`{"name":"A B","email":"a@example.com","password":null}`:               `{"password":["can't be blank"]}`,
			`{"name":"A\u0000B","email":"a@example.com"}`:                          `{"name":["is invalid"]}`,
			`{"name":"A B","email":"a@example.com","billing_country":"XX"}`:        `{"billing_country":["is invalid"]}`,
		} {
			create(s, body).Is(http.StatusUnprocessableEntity, want)
		}
		if total := get(s, customers).Header.Get("X-Total-Count"); total != "0" {
			t.Errorf("%s customers were made all the same", total)
		}
		id := number(create(s, `{"name":"A B","email":"a@example.com"}`).Has(http.StatusCreated), "id")
		change(s, id, `{"name":null,"email":"x","addresses":[{"country":"ZZ"}],"billing_country":"QQ"}`).Is(http.StatusUnprocessableEntity,
			`{"name":["can't be blank"],"email":["is invalid"],"addresses":["is invalid"],"billing_country":["is invalid"]}`)
	})
}

func TestACustomerWhoWasAnonymisedIsNotChanged(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	made := create(s, `{"name":"A B","email":"a@example.com"}`).Has(http.StatusCreated)
	s.Delete("/customers/DE--"+number(made, "id"), apitest.AdminKey).Has(http.StatusNoContent)
	change(s, number(made, "id"), `{"phone":"1"}`).Is(http.StatusUnprocessableEntity, `{"base":["is invalid"]}`)
	expect(t, get(s, customers+"/"+number(made, "id")), map[string]any{"name": nil, "phone": nil})
}

func TestRequestsOfAKeyFillItsBucket(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"DIALECTS": "tiendanube", "TIENDANUBE_BUCKET": "8", "TIENDANUBE_LEAK": "2"})
	s.Clock.Stop()
	levels := func(a *apitest.Answer) string {
		return a.Header.Get("X-Rate-Limit-Limit") + " " + a.Header.Get("X-Rate-Limit-Remaining") + " " + a.Header.Get("X-Rate-Limit-Reset")
	}
	writer, other := newKey(t, s, "write_customers"), newKey(t, s, "read_customers")
	made := ask(s, http.MethodPost, customers, writer, `{"name":"A B","email":"a@example.com"}`).Has(http.StatusCreated)
	if got := levels(made); got != "8 7 500" {
		t.Errorf("after one request: %s", got)
	}
	for i := range 7 {
		path := []string{customers + "/99", customers, customers + "?page=0"}[i%3]
		if got, want := levels(ask(s, http.MethodGet, path, writer, "")), fmt.Sprintf("8 %d %d", 6-i, 1000+500*i); got != want {
			t.Errorf("after %d: %s, not %s", i+2, got, want)
		}
	}
	for _, o := range operations(number(made, "id")) {
		refused := ask(s, o.method, o.path, writer, o.body).Has(http.StatusTooManyRequests)
		if got := levels(refused); got != "8 0 4000" || refused.Header.Get("Retry-After") != "1" || refused.Text("message") != "Too Many Requests" {
			t.Errorf("%s, %v: %s", got, refused.Header, refused.Body)
		}
	}
	if got := levels(ask(s, http.MethodGet, customers, other, "").Has(http.StatusOK)); got != "8 7 500" {
		t.Errorf("of another key: %s", got)
	}
	s.Clock.Forward(2 * time.Second)
	if got := levels(ask(s, http.MethodGet, customers, writer, "").Has(http.StatusOK)); got != "8 3 2500" {
		t.Errorf("two seconds later: %s", got)
	}
	// Answers to whoever has no key have the headers as well.
	for i, strange := range []*apitest.Answer{ask(s, http.MethodGet, customers, "", ""), ask(s, http.MethodDelete, customers, "", ""), ask(s, http.MethodGet, "/v1/DE/x", "", ""), ask(s, http.MethodOptions, customers, "", "")} {
		if got, want := levels(strange), fmt.Sprintf("8 %d %d", 7-i, 500+500*i); got != want {
			t.Errorf("%d: %s, not %s", strange.Status, got, want)
		}
	}
}

func TestWithoutLimitsThereAreNoHeadersOfThem(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"DIALECTS": "tiendanube", "TIENDANUBE_BUCKET": "0", "TIENDANUBE_LANGUAGE": "pt"})
	for _, key := range []string{apitest.AdminKey, ""} {
		if header := ask(s, http.MethodGet, customers, key, "").Header; header.Get("X-Rate-Limit-Limit") != "" || header.Get("X-Main-Language") != "pt" {
			t.Errorf("%v", header)
		}
	}
}

func TestAShopMayWantToKnowWhatSendsRequests(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"DIALECTS": "tiendanube", "TIENDANUBE_USER_AGENT": "on"})
	id := number(create(s, `{"name":"A B","email":"a@example.com"}`).Has(http.StatusCreated), "id")
	for _, o := range operations(id) {
		send := func(agent string) *apitest.Answer {
			header := map[string]string{"Authentication": "bearer " + apitest.AdminKey, "User-Agent": agent}
			if agent == "" {
				header["User-Agent"] = " " // which Go's client sends as none
			}
			return s.Do(apitest.Request{Method: o.method, Path: o.path, Body: o.body, Header: header})
		}
		send("").Is(http.StatusBadRequest, `{"code":400,"message":"Bad Request","description":"The User-Agent header is missing"}`)
		if got := send("MyApp (name@example.com)"); got.Status >= 300 {
			t.Errorf("%s %s: %d %s", o.method, o.path, got.Status, got.Body)
		}
	}
}
