package apitest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// differing is an exchange that went well, and how it is to be changed.
type differing struct {
	name    string
	request Request
	change  func(e *exchange)
	want    string // in a complaint; "" wants none
}

// An exchange that differs from the description in anything is complained of: each
// kind of difference once.
func TestEachDifferenceFromTheDescriptionIsSeen(t *testing.T) {
	s := New(t, nil)
	customer := s.Register("differs@example.com")
	s.AddAddress(customer, "Berlin")
	get := Request{Method: http.MethodGet, Path: "/customers/me", Token: customer.Token}
	listed := Request{Method: http.MethodGet, Path: "/customers/me?include=addresses", Token: customer.Token}
	unknown := Request{Method: http.MethodGet, Path: "/customers/nobody", Token: customer.Token}
	patch := Request{Method: http.MethodPatch, Path: "/customers/me", Token: customer.Token, Body: Document("customers", map[string]any{"phone": "4711"})}
	body := func(from, to string) func(*exchange) {
		return func(e *exchange) {
			if !strings.Contains(e.answer.Body, from) {
				t.Fatalf("%s is not in %s", from, e.answer.Body)
			}
			e.answer.Body = strings.Replace(e.answer.Body, from, to, 1)
		}
	}
	for _, d := range []differing{
		{"nothing", get, func(*exchange) {}, ""},
		{"nothing, included", listed, func(*exchange) {}, ""},
		{"nothing, failed", unknown, func(*exchange) {}, ""},
		{"nothing, changed", patch, func(*exchange) {}, ""},
		{"an attribute more", get, body(`"gender":`, `"sex":"","gender":`), "'sex' not allowed"},
		{"an attribute less", get, body(`"gender":"Male",`, ``), "the attribute gender of customers is missing"},
		{"an attribute less of what is included", listed, body(`"floor":null,`, ``), "the attribute floor of addresses is missing"},
		{"an attribute of another type", get, body(`"number":1`, `"number":"1"`), "/data/attributes/number"},
		{"a time of another form", get, body(`Z","updatedAt"`, `","updatedAt"`), "/data/attributes/createdAt"},
		{"a relationship more", get, body(`"relationships":{`, `"relationships":{"carts":{},`), "'carts' not allowed"},
		{"a link more", get, body(`"links":{`, `"links":{"web":"https://shop.example",`), "'web' not allowed"},
		{"a member more of the document", get, body(`{"jsonapi"`, `{"took":3,"jsonapi"`), "'took' not allowed"},
		{"a member less of the document", get, body(`"jsonapi":{"version":"1.1"},`, ``), "missing property 'jsonapi'"},
		{"a member more of an error", unknown, body(`"code":`, `"hint":"","code":`), "'hint' not allowed"},
		{"an error that is not the operation's", unknown, body(`"key":"customer_not_found"`, `"key":"address_not_found"`), "does not have the error 402 address_not_found"},
		{"an error that there is not", unknown, body(`"key":"customer_not_found"`, `"key":"invented"`), "does not have the error 402 invented"},
		{"a status that is not the operation's", unknown, func(e *exchange) { e.answer.Status = http.StatusConflict }, "no answer with status 409"},
		{"another media type", get, func(e *exchange) { e.answer.Header.Set("Content-Type", "application/json") }, "the media type application/json"},
		{"a header more", get, func(e *exchange) { e.answer.Header.Set("X-Took", "3") }, "the header X-Took"},
		{"a header less", get, func(e *exchange) { e.answer.Header.Del("ETag") }, "no header ETag"},
		{"a header of another form", get, func(e *exchange) { e.answer.Header.Set("ETag", "W/3") }, "the header ETag is not as described"},
		{"a path", get, func(e *exchange) { e.sent.URL.Path = "/orders" }, "not in the description"},
		{"a method", get, func(e *exchange) { e.sent.Method = http.MethodPut }, "not in the description"},
		{"a parameter that is served", get, func(e *exchange) { e.sent.URL.RawQuery = "verbose=1" }, "the parameter verbose"},
		{"a value that is served", get, func(e *exchange) { e.sent.URL.RawQuery = "include=carts" }, "the parameter include is not as described"},
		{"a request that is served", patch, func(e *exchange) { e.body = Document("customers", map[string]any{"phone": 4711}) }, "/data/attributes/phone"},
		{"a request of another type that is served", patch, func(e *exchange) { e.sent.Header.Set("Content-Type", "text/plain") }, "the request's media type text/plain"},
		{"nobody's request that is served", get, func(e *exchange) { e.sent.Header.Del("Authorization") }, `the credential ""`},
	} {
		t.Run(d.name, func(t *testing.T) {
			e := s.In(t).exchange(d.request)
			d.change(&e)
			complaints := s.contracts[""].complaints(e)
			if d.want == "" && len(complaints) > 0 || d.want != "" && !slices.ContainsFunc(complaints, func(c string) bool { return strings.Contains(c, d.want) }) {
				t.Errorf("%q is not what is complained of: %q", d.want, complaints)
			}
		})
	}
}

// What is promised and was never seen is told; what was seen is not.
func TestWhatNoTestHasSeenIsTold(t *testing.T) {
	s := New(t, nil)
	s.Get("/customers/me", "").Fails(http.StatusForbidden, "002 access_token_missing Authorization")
	unused := Unused("")
	for sentence, told := range map[string]bool{
		"GET /customers/{reference} is answered with 403 access_token_missing":  false,
		"PATCH /customers/{reference} is answered with 412 precondition_failed": true,
		"GET /customers is asked with sort=-lastName":                           true,
		"GET /customers is asked with filter[number][gte]":                      true,
		"POST /customers is asked with include=defaultShippingAddress":          true,
		"POST /refresh-tokens is answered with 201":                             true,
		"the attribute floor of addresses is answered":                          true,
		"the header Idempotent-Replayed is answered":                            true,
		"the header If-Match is sent":                                           true,
		"GET /customers/{reference} is answered with 500 internal_error":        false,
	} {
		if slices.Contains(unused, sentence) != told {
			t.Errorf("%s: %v", sentence, !told)
		}
	}
}
