package digitalriver_test

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// operation is one of the dialect.
type operation struct{ method, path, body string }

// operations are all of the dialect, in an order in which each can be asked for.
func operations() []operation {
	return []operation{
		{http.MethodGet, customers, ""},
		{http.MethodPost, customers, `{"id":"new"}`},
		{http.MethodGet, customers + "/a", ""},
		{http.MethodPost, customers + "/a", `{"type":"business"}`},
		{http.MethodPost, customers + "/a/sources/" + card, ""},
		{http.MethodDelete, customers + "/a/sources/" + card, ""},
		{http.MethodDelete, customers + "/a", ""},
	}
}

func TestTheKeyDecidesWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		post(s, customers, `{"id":"a"}`).Has(http.StatusCreated)
		addCard(s, card, nil)
		customer := s.Register("jane@example.com")
		reader, writer, neither := newKey(t, s, "read_customers"), newKey(t, s, "write_customers"), newKey(t, s, "read_outbox")
		for _, o := range operations() {
			for _, unknown := range []string{"", "nobody", "clientele_unknown"} {
				ask(s, o.method, o.path, unknown, o.body).Is(http.StatusUnauthorized, `{"type":"unauthorized","errors":[{"code":"unauthorized","message":"Invalid access token."}]}`)
			}
			for _, key := range []string{neither, customer.Token} {
				fails(t, ask(s, o.method, o.path, key, o.body), http.StatusForbidden, "forbidden", "forbidden -")
			}
			if o.method == http.MethodGet {
				ask(s, o.method, o.path, reader, "").Has(http.StatusOK)
				ask(s, http.MethodHead, o.path, reader, "").Is(http.StatusOK, "")
			} else {
				fails(t, ask(s, o.method, o.path, reader, o.body), http.StatusForbidden, "forbidden", "forbidden -")
			}
			if got := ask(s, o.method, o.path, writer, o.body); got.Status >= 300 {
				t.Errorf("%s %s: %d %s", o.method, o.path, got.Status, got.Body)
			}
		}
		fails(t, ask(s, http.MethodGet, customers+"/"+customer.Reference, customer.Token, ""), http.StatusForbidden, "forbidden", "forbidden -")
	})
}

func TestOlderClientsSendTheKeyAsAUserName(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	basic := func(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }
	for credential, status := range map[string]int{
		basic(apitest.AdminKey + ":"): 200, basic(apitest.AdminKey): 401, basic(apitest.AdminKey + ":x"): 401, basic("nobody:"): 401, basic(":"): 401,
		"Basic !": 401, "bearer " + apitest.AdminKey: 200, apitest.AdminKey: 401, "Digest x": 401,
	} {
		s.Do(apitest.Request{Method: http.MethodGet, Path: customers, Header: map[string]string{"Authorization": credential}}).Has(status)
	}
}

func TestJSONIsTakenOrTheAnswerIsNot(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	post(s, customers, `{"id":"a"}`).Has(http.StatusCreated)
	send := func(o operation, accept string) *apitest.Answer {
		return s.Do(apitest.Request{Method: o.method, Path: o.path, Token: apitest.AdminKey, Body: o.body, Header: map[string]string{"Accept": accept}})
	}
	for _, o := range operations() {
		fails(t, send(o, "text/html"), http.StatusNotAcceptable, "not_acceptable", "not_acceptable -")
	}
	for accept, status := range map[string]int{
		"": 200, "*/*": 200, "application/json": 200, "application/*;q=0.1": 200, "text/html, */*;q=0.8": 200, "application/json; charset=utf-8": 200,
		"application/xml": 406, "application/json;q=0": 406, "*/*, application/json;q=0": 406, "application/json, */*;q=0": 200, "nonsense": 406,
	} {
		send(operations()[0], accept).Has(status)
	}
}

func TestPathsAndMethodsThatThereAreNot(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	for _, path := range []string{"/digital-river", "/digital-river/orders", customers + "/a/b", customers + "/a/sources", customers + "/a/tax-identifiers/1"} {
		fails(t, get(s, path), http.StatusNotFound, "not_found", "not_found -")
	}
	for _, path := range []string{customers + "/", customers + "/%61"} {
		post(s, customers, `{"id":"a"}`)
		get(s, path).Has(http.StatusOK)
	}
	s.Get("/digital-rivers/customers", "").Fails(http.StatusNotFound, "- route_not_found -")
	for path, allow := range map[string]string{
		customers: "GET, HEAD, OPTIONS, POST", customers + "/a": "DELETE, GET, HEAD, OPTIONS, POST", customers + "/a/sources/" + card: "DELETE, OPTIONS, POST",
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodTrace, "PROPFIND"} {
			if slices.Contains(strings.Split(allow, ", "), method) {
				continue
			}
			answer := ask(s, method, path, "", "").Has(http.StatusMethodNotAllowed)
			if got := answer.Header.Get("Allow"); got != allow {
				t.Errorf("%s %s: Allow: %s", method, path, got)
			}
			if method != http.MethodHead {
				fails(t, answer, http.StatusMethodNotAllowed, "method_not_allowed", "method_not_allowed -")
			}
		}
		if got := ask(s, http.MethodOptions, path, "", "").Is(http.StatusNoContent, "").Header.Get("Allow"); got != allow {
			t.Errorf("OPTIONS %s: Allow: %s", path, got)
		}
	}
}

func TestACustomerWhoIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	for _, id := range []string{"x", "me", "mine", "%20", "a%2Fb", "DE--1"} {
		fails(t, get(s, customers+"/"+id), http.StatusNotFound, "not_found", "not_found -")
		fails(t, post(s, customers+"/"+id, `{}`), http.StatusNotFound, "not_found", "not_found -")
		fails(t, remove(s, customers+"/"+id), http.StatusNotFound, "not_found", "not_found -")
	}
}

func TestABodyThatCannotBeReadIsABadRequest(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	post(s, customers, `{"id":"a"}`).Has(http.StatusCreated)
	for _, path := range []string{customers, customers + "/a"} {
		send := func(contentType, body string) *apitest.Answer {
			return s.Do(apitest.Request{Method: http.MethodPost, Path: path, Token: apitest.AdminKey, Body: body, Header: map[string]string{"Content-Type": contentType}})
		}
		for _, body := range []string{"{", "[]", "null", `{"type":"individual"} x`, `{"type":"individual","type":"business"}`, "{\"email\":\"\xff\"}"} {
			send("application/json", body).Is(http.StatusBadRequest, `{"type":"bad_request","errors":[{"code":"invalid_parameter","message":"The body is not a JSON object."}]}`)
		}
		send("application/json", "").Is(http.StatusBadRequest, `{"type":"bad_request","errors":[{"code":"missing_parameter","message":"The body is missing."}]}`)
		for _, contentType := range []string{"text/plain", "application/x-www-form-urlencoded", "application/vnd.api+json"} {
			fails(t, send(contentType, `{}`), http.StatusBadRequest, "bad_request", "invalid_parameter -")
		}
		fails(t, send("application/json", `{"email":"`+strings.Repeat("a", 64<<10)+`"}`), http.StatusBadRequest, "bad_request", "invalid_parameter -")
		if got := send("application/json; charset=utf-8", `{"email":"a@example.com"}`); got.Status >= 300 {
			t.Errorf("%s: %d %s", path, got.Status, got.Body)
		}
	}
}

func TestAllInvalidParametersAreToldAtOnce(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		post(s, customers, `{"id":"a"}`).Has(http.StatusCreated)
		long := strings.Repeat("a", 256)
		const wrong = `"email":"x","locale":"not a locale","type":"person","enabled":"yes","metadata":{"a":{},"b":1.5,"c":null,"d":[1]},
			"shipping":{"name":5,"email":"x","organization":true,"address":{"country":"ZZ","postalCode":"1234567890123456"},"additionalAddressInfo":[]}}`
		lines := []string{
			"invalid_parameter email", "invalid_parameter locale", "invalid_parameter type", "invalid_parameter enabled", "invalid_parameter metadata.a", "invalid_parameter metadata.b", "invalid_parameter metadata.d",
			"invalid_parameter shipping.name", "invalid_parameter shipping.email", "invalid_parameter shipping.organization", "invalid_parameter shipping.address.country", "invalid_parameter shipping.address.postalCode",
			"invalid_parameter shipping.additionalAddressInfo",
		}
		fails(t, post(s, customers, `{"id":5,`+wrong), http.StatusBadRequest, "bad_request", append([]string{"invalid_parameter id"}, lines...)...)
		fails(t, post(s, customers, `{"id":"not an id",`+wrong), http.StatusBadRequest, "bad_request", append([]string{"invalid_parameter id"}, lines...)...)
		fails(t, post(s, customers+"/a", `{"id":5,"requestToBeForgotten":1,`+wrong), http.StatusBadRequest, "bad_request", append([]string{"invalid_parameter requestToBeForgotten"}, lines...)...)
		for body, line := range map[string]string{
			`{"id":""}`:                            "invalid_string_empty id",
			`{"id":"` + long[:41] + `"}`:           "invalid_parameter id",
			`{"id":"me"}`:                          "invalid_parameter id",
			`{"email":""}`:                         "invalid_string_empty email",
			`{"email":"` + long + `@a.example"}`:   "invalid_parameter email",
			`{"locale":""}`:                        "invalid_parameter locale",
			`{"metadata":"x"}`:                     "invalid_parameter metadata",
			`{"shipping":"x"}`:                     "invalid_parameter shipping",
			`{"shipping":{"address":"x"}}`:         "invalid_parameter shipping.address",
			`{"shipping":{"name":"` + long + `"}}`: "invalid_parameter shipping.name",
		} {
			fails(t, post(s, customers, body), http.StatusBadRequest, "bad_request", line)
		}
		fails(t, post(s, customers, `{"id":"a"}`), http.StatusConflict, "conflict", "already_exists id")
		expect(t, post(s, customers, `{"id":"`+long[:40]+`"}`).Has(http.StatusCreated), map[string]any{"id": long[:40]})
		if got := page(t, get(s, customers)); got != long[:40]+" a" {
			t.Errorf("others were made all the same: %s", got)
		}
	})
}

func TestACustomerWhoWasAnonymisedIsNotChanged(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	post(s, customers, `{"id":"a"}`).Has(http.StatusCreated)
	addCard(s, card, nil)
	s.Delete("/customers/a", apitest.AdminKey).Has(http.StatusNoContent)
	fails(t, post(s, customers+"/a", `{}`), http.StatusBadRequest, "bad_request", "invalid_parameter -")
	fails(t, post(s, customers+"/a/sources/"+card, ""), http.StatusBadRequest, "bad_request", "invalid_parameter -")
	remove(s, customers+"/a").Has(http.StatusNoContent)
}

func TestAKeyIsUsedSoOftenInASecondAndNotMore(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"DIALECTS": "digital-river", "DIGITAL_RIVER_LIMIT": "3"})
	s.Clock.Stop()
	key := newKey(t, s, "write_customers")
	for range 3 {
		ask(s, http.MethodGet, customers, key, "").Has(http.StatusOK)
	}
	for _, o := range operations() {
		refused := ask(s, o.method, o.path, key, o.body)
		if fails(t, refused, http.StatusTooManyRequests, "too_many_requests", "too_many_requests -"); refused.Header.Get("Retry-After") != "1" {
			t.Errorf("%v", refused.Header)
		}
	}
	get(s, customers).Has(http.StatusOK) // another key
	s.Clock.Forward(time.Second)
	ask(s, http.MethodGet, customers, key, "").Has(http.StatusOK)
}

func TestWhatARequestSaysOfItsSenderIsLogged(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	said := map[string]string{"Authorization": "Bearer " + apitest.AdminKey, "digitalriver-version": "2020-09-30", "upstream-id": "up-1", "upstream-application-id": "app/1.2", "upstream-session-id": "s-1", "forwarded": "for=192.0.2.60"}
	answer := s.Do(apitest.Request{Method: http.MethodGet, Path: customers, Header: said}).Has(http.StatusOK)
	for name, value := range said {
		if name != "Authorization" && !strings.Contains(s.Log.String(), `"`+name+`":"`+value+`"`) {
			t.Errorf("%s is not in the log", name)
		}
	}
	if !strings.Contains(s.Log.String(), `"msg":"sender of a request","id":"`+answer.Header.Get("X-Request-Id")+`"`) {
		t.Error("the line has no id of the request")
	}
	if strings.Contains(s.Log.String(), apitest.AdminKey) {
		t.Error("the key is in the log")
	}
}
