package main

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// answered is an exchange with an answer of JSON:API, as a service gives it that
// keeps the rules.
func answered(t *testing.T, method, target string, status int, body string, changes ...func(*exchange)) *exchange {
	t.Helper()
	e := &exchange{method: method, target: target, status: status, body: []byte(body), asked: http.Header{}, header: http.Header{
		"Content-Type": {mediaType}, "Vary": {"Accept, Accept-Language"}, "Etag": {`"1"`},
	}}
	for _, change := range changes {
		change(e)
	}
	e.document, e.malformed = decode(e.body)
	return e
}

func header(name, value string) func(*exchange) {
	return func(e *exchange) {
		if e.header.Del(name); value != "" {
			e.header.Set(name, value)
		}
	}
}

func sentBody(body string) func(*exchange) { return func(e *exchange) { e.sentBody = []byte(body) } }

const goodCustomer = `{"jsonapi":{"version":"1.1"},
	"data":{"type":"customers","id":"1","attributes":{"firstName":"Ada","@x":1},
		"relationships":{"addresses":{"links":{"self":"/customers/1/relationships/addresses","related":"/customers/1/addresses"},"data":[{"type":"addresses","id":"a"}]},
			"defaultShippingAddress":{"data":null},"defaultBillingAddress":{"data":{"type":"addresses","id":"a"}}},
		"links":{"self":"http://h/customers/1"},"meta":{"page":{"cursor":"x"}}},
	"included":[{"type":"addresses","id":"a","attributes":{"city":"Berlin"},"links":{"self":"http://h/customers/1/addresses/a"}}],
	"links":{"self":{"href":"http://h/customers/1?a%5Bb%5D=1","type":"application/vnd.api+json","hreflang":["de","en-US"],"rel":"self"},"next":null},"meta":{"total":1}}`

const goodErrors = `{"errors":[{"id":"1","status":"422","code":"901","title":"Bad","detail":"Very bad","links":{"type":"http://h/errors/bad","about":{"href":"/x"}},
	"source":{"pointer":"/data/attributes/a~1b"},"meta":{"key":"bad"}}]}`

func TestGoodAnswersBreakNoRule(t *testing.T) {
	everSeen := map[string]int{}
	for _, e := range []*exchange{
		answered(t, "GET", "/customers/1?include=addresses", 200, goodCustomer, header("Content-Type", mediaType+`; profile="https://example.com/p"`)),
		answered(t, "GET", "/customers", 200, `{"data":[]}`),
		answered(t, "GET", "/customers/1/defaultShippingAddress", 200, `{"data":null}`),
		answered(t, "GET", "/customers/1/relationships/addresses", 200, `{"data":[{"type":"addresses","id":"a"}],"links":{"self":"/x","related":"/y"}}`),
		answered(t, "PATCH", "/customers/1/relationships/defaultShippingAddress", 200, `{"data":null}`),
		answered(t, "POST", "/customers", 201, `{"data":{"type":"customers","id":"1","links":{"self":"/customers/1"}}}`, header("Location", "/customers/1")),
		answered(t, "POST", "/customers", 422, goodErrors, sentBody(`{"data":{"attributes":{"a/b":1}}}`)),
		answered(t, "GET", "/customers?page%5Bsize%5D=0", 400, `{"errors":[{"status":"400","source":{"parameter":"page[size]"}}]}`),
		answered(t, "POST", "/customers", 400, `{"errors":[{"status":"400","source":{"pointer":""}}]}`, sentBody(`{`)),
		answered(t, "GET", "/customers", 401, `{"errors":[{"status":"401"}]}`, header("WWW-Authenticate", "Bearer")),
		answered(t, "POST", "/operations", 200, `{"atomic:results":[{"data":{"type":"customers","id":"1","attributes":{}}},{}]}`, header("Content-Type", extension(atomicExtension))),
		answered(t, "DELETE", "/customers/1", 204, ``, header("Content-Type", ""), header("ETag", "")),
		answered(t, "GET", "/docs", 200, `<html>`, header("Content-Type", "text/html"), func(e *exchange) { e.plain = true }),
	} {
		found := inspect(e)
		if len(found.faults) > 0 {
			t.Errorf("%s: %v", e.shape(), found.faults)
		}
		maps.Copy(everSeen, found.seen)
	}
	for _, r := range rules {
		if r.observed && everSeen[r.number] == 0 && r.number != "29" && r.number != "117" { // which need several answers
			t.Errorf("rule %s is observed, and these answers have nothing of it", r.number)
		}
	}
}

// wholly are answers that break rules; each names all that it breaks.
var wholly = []struct {
	rules  string
	method string
	target string
	status int
	body   string
	change func(*exchange)
}{
	{"1", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1"}}`, header("Content-Type", "application/json")},
	{"1", "GET", "/customers/1", 404, `{"errors":[{"status":"404"}]}`, header("Content-Type", "")},
	{"2", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1"}}`, header("Content-Type", mediaType+"; charset=utf-8")},
	{"11", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1"}}`, header("Vary", "Accept-Language")},
	{"17", "GET", "/customers", 200, `[]`, nil},
	{"17", "GET", "/customers", 200, `{"data":[]} x`, nil},
	{"18", "GET", "/customers", 200, `{}`, nil},
	{"18 21", "POST", "/operations", 200, `{"atomic:results":[]}`, nil},
	{"19", "GET", "/customers", 400, `{"data":[],"errors":[{"status":"400"}]}`, nil},
	{"20", "GET", "/customers", 200, `{"meta":{},"included":[]}`, nil},
	{"21", "GET", "/customers", 200, `{"data":[],"total":1}`, nil},
	{"21", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1","firstName":"Ada"}}`, nil},
	{"21", "GET", "/customers", 200, `{"data":[],"links":{"more":"/x"}}`, nil},
	{"21", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1","relationships":{"r":{"data":null,"extra":1}}}}`, nil},
	{"21", "GET", "/customers/1/relationships/addresses", 200, `{"data":[{"type":"a","id":"1","attributes":{}}]}`, nil},
	{"21", "GET", "/customers", 400, `{"errors":[{"status":"400","message":"x"}]}`, nil},
	{"22", "GET", "/customers/1", 200, `{"data":[]}`, nil},
	{"22", "GET", "/customers/1", 200, `{"data":null}`, nil},
	{"22", "GET", "/customers/1/defaultShippingAddress", 200, `{"data":[]}`, nil},
	{"22 23", "GET", "/customers", 200, `{"data":null}`, nil},
	{"22 23", "GET", "/customers/1/addresses", 200, `{"data":{"type":"a","id":"1"}}`, nil},
	{"22 23", "GET", "/customers/1/relationships/addresses", 200, `{"data":null}`, nil},
	{"24", "GET", "/customers", 200, `{"data":[],"links":{"self":"/customers"}}`, header("Content-Type", profile(cursorProfile))},
	{"27", "POST", "/access-tokens", 200, `{"data":{"type":"access-tokens","id":null}}`, nil},
	{"27", "GET", "/customers/1", 200, `{"data":{"id":"1"}}`, nil},
	{"28", "GET", "/customers/1", 200, `{"data":{"type":"a","id":1}}`, nil},
	{"28", "GET", "/customers/1", 200, `{"data":{"type":"a","id":""}}`, nil},
	{"30", "GET", "/customers/1", 200, `{"data":{"type":"a/b","id":"1"}}`, nil},
	{"31", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1","attributes":{"x":1},"relationships":{"x":{"data":null}}}}`, nil},
	{"31", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1","attributes":{"id":1}}}`, nil},
	{"31", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1","relationships":{"type":{"data":null}}}}`, nil},
	{"32", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1","attributes":[]}}`, nil},
	{"32", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1","relationships":[]}}`, nil},
	{"33", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1","attributes":{"customerId":"1"}}}`, nil},
	{"33", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1","attributes":{"customerReference":"1"}}}`, nil},
	{"34", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1","relationships":{"r":{}}}}`, nil},
	{"34", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1","relationships":{"r":{"links":{"next":"/x"}}}}}`, nil},
	{"34", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1","relationships":{"r":null}}}`, nil},
	{"37", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1","relationships":{"r":{"data":"1"}}}}`, nil},
	{"37", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1","relationships":{"r":{"data":["1"]}}}}`, nil},
	{"39", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1","relationships":{"r":{"data":{"type":"b"}}}}}`, nil},
	{"39", "GET", "/customers/1/relationships/addresses", 200, `{"data":[{"type":"a"}]}`, nil},
	{"41", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1"},"included":{}}`, nil},
	{"41", "GET", "/customers", 200, `{"data":[],"included":null}`, nil},
	{"42", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1"},"included":[{"type":"b","id":"1"}]}`, nil},
	{"43", "GET", "/customers", 200, `{"data":[{"type":"a","id":"1"},{"type":"a","id":"1"}]}`, nil},
	{"43", "GET", "/customers/1?fields[a]=", 200, `{"data":{"type":"a","id":"1"},"included":[{"type":"a","id":"1"}]}`, nil},
	{"44", "GET", "/customers", 200, `{"data":[],"meta":[]}`, nil},
	{"45", "GET", "/customers", 200, `{"data":[],"links":[]}`, nil},
	{"45", "GET", "/customers", 200, `{"data":[],"links":{"self":1}}`, nil},
	{"45", "GET", "/customers", 200, `{"data":[],"links":{"self":"/customers?page[size]=1"}}`, nil},
	{"45", "GET", "/customers", 200, `{"data":[],"links":{"self":"/customers?a=%zz"}}`, nil},
	{"45", "GET", "/customers", 200, `{"data":[],"links":{"self":""}}`, nil},
	{"46", "GET", "/customers", 200, `{"data":[],"links":{"self":{"type":"x"}}}`, nil},
	{"46", "GET", "/customers", 200, `{"data":[],"links":{"self":{"href":"/x","rel":"No Relation"}}}`, nil},
	{"46", "GET", "/customers", 200, `{"data":[],"links":{"self":{"href":"/x","hreflang":"en_US"}}}`, nil},
	{"46", "GET", "/customers", 200, `{"data":[],"links":{"self":{"href":"/x[y]"}}}`, nil},
	{"47", "GET", "/customers", 200, `{"data":[],"jsonapi":"1.1"}`, nil},
	{"47", "GET", "/customers", 200, `{"data":[],"jsonapi":{"version":1.1}}`, nil},
	{"47", "GET", "/customers", 200, `{"data":[],"jsonapi":{"profile":"x"}}`, nil},
	{"48 50", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1","attributes":{"-x":1}}}`, nil},
	{"48", "GET", "/customers", 200, `{"data":[],"meta":{"a+b":1}}`, nil},
	{"48", "GET", "/customers", 200, `{"data":[],"meta":{"":1}}`, nil},
	{"50", "GET", "/customers/1", 200, `{"data":{"type":"a","id":"1","attributes":{"first_name":1}}}`, nil},
	{"82", "POST", "/customers", 201, `{"data":{"type":"a","id":"1"}}`, nil},
	{"82", "POST", "/customers", 201, `{"data":{"type":"a","id":"1","links":{"self":"http://h/1"}}}`, header("Location", "/1")},
	{"113", "GET", "/customers", 400, `{"errors":{}}`, nil},
	{"113", "GET", "/customers", 400, `{"errors":[]}`, nil},
	{"115", "GET", "/customers", 400, `{"errors":[{}]}`, nil},
	{"116", "GET", "/customers", 400, `{"errors":[{"status":400}]}`, nil},
	{"116", "GET", "/customers", 400, `{"errors":[{"title":"x"}]}`, nil},
	{"116", "GET", "/customers", 400, `{"errors":[{"status":"404"}]}`, nil},
	{"117", "GET", "/customers", 400, `{"errors":[{"status":"400","code":901}]}`, nil},
	{"118", "GET", "/customers", 400, `{"errors":[{"status":"400","source":{}}]}`, nil},
	{"118", "GET", "/customers?a=1", 400, `{"errors":[{"status":"400","source":{"parameter":"b"}}]}`, nil},
	{"119", "POST", "/customers", 422, `{"errors":[{"status":"422","source":{"pointer":"/data/attributes/city"}}]}`, sentBody(`{"data":{"attributes":{}}}`)},
	{"119", "POST", "/customers", 400, `{"errors":[{"status":"400","source":{"pointer":"/data"}}]}`, sentBody(`{`)},
	{"120", "POST", "/customers", 422, `{"errors":[{"status":"422","source":{"pointer":"#/data"}}]}`, sentBody(`{"data":{}}`)},
	{"120", "POST", "/customers", 422, `{"errors":[{"status":"422","source":{"pointer":"/data/a~b"}}]}`, sentBody(`{"data":{"a~b":1}}`)},
	{"122", "GET", "/customers", 500, `{"errors":[{"status":"500"}]}`, nil},
	{"122", "GET", "/customers", 400, `{"errors":[{"status":"400","detail":"pq: SQLSTATE 22021"}]}`, nil},
	{"122", "GET", "/customers", 400, `{"errors":[{"status":"400","detail":"no rows in SELECT a FROM customers"}]}`, nil},
	{"123", "GET", "/customers", 401, `{"errors":[{"status":"401"}]}`, nil},
	{"123", "PUT", "/customers", 405, `{"errors":[{"status":"405"}]}`, nil},
	{"123", "POST", "/access-tokens", 429, `{"errors":[{"status":"429"}]}`, nil},
	{"R1", "GET", "/customers", 200, `{"data":[]}`, header("ETag", "")},
	{"R1", "GET", "/customers", 200, `{"data":[]}`, header("ETag", `W/"1"`)},
	{"21", "POST", "/operations", 200, `{"atomic:results":[{"errors":[]}]}`, header("Content-Type", extension(atomicExtension))},
	{"27", "POST", "/operations", 200, `{"atomic:results":[{"data":{"type":"a","attributes":{}}}]}`, header("Content-Type", extension(atomicExtension))},
}

func TestEachBadAnswerBreaksTheRulesThatItBreaks(t *testing.T) {
	broken := map[string]bool{"29": true} // in a test of its own
	for _, test := range wholly {
		change := test.change
		if change == nil {
			change = func(*exchange) {}
		}
		found := inspect(answered(t, test.method, test.target, test.status, test.body, change))
		want := strings.Fields(test.rules)
		if got := slices.Sorted(maps.Keys(found.faults)); !slices.Equal(got, want) {
			t.Errorf("%s %s %d %s breaks %v, not %v: %v", test.method, test.target, test.status, test.body, got, want, found.faults)
		}
		for _, rule := range want {
			broken[rule] = true
		}
	}
	for _, r := range rules {
		if r.observed && !broken[r.number] {
			t.Errorf("no answer here breaks rule %s, which is observed", r.number)
		}
	}
}

func TestTwoResourcesOfOneNameAreSeenInTwoAnswers(t *testing.T) {
	l := newLedger()
	for _, self := range []string{"/customers/1/addresses/a", "/customers/1/addresses/a", "/customers/2/addresses/a"} {
		if len(l.faults["29"]) > 0 {
			t.Fatalf("%v", l.faults["29"])
		}
		l.look(answered(t, "GET", "/customers/1/addresses/a", 200, `{"data":{"type":"addresses","id":"a","links":{"self":"`+self+`"}}}`))
	}
	if len(l.faults["29"]) != 1 || l.seen["29"] != 3 {
		t.Errorf("%v, seen %d times", l.faults["29"], l.seen["29"])
	}
}

func TestErrorsOfAKindWithTwoTitlesAreSeen(t *testing.T) {
	l := newLedger()
	fail := func(title, links string) {
		l.look(answered(t, "GET", "/customers", 400, `{"errors":[{"status":"400","code":"901","title":"`+title+`"`+links+`}]}`))
	}
	fail("One", "")
	fail("One", "")
	fail("Other", `,"links":{"type":"/errors/other"}`)
	if len(l.faults["117"]) > 0 {
		t.Fatalf("%v", l.faults["117"])
	}
	fail("Other", "")
	if len(l.faults["117"]) != 1 {
		t.Errorf("%v", l.faults["117"])
	}
	if !slices.Equal(l.pages, []string{"/errors/other"}) {
		t.Errorf("pages %v", l.pages)
	}
}

func TestPointersAreFollowed(t *testing.T) {
	document, _ := decode([]byte(`{"a/b":{"c~d":[1,{"":2}]}}`))
	for pointer, want := range map[string]bool{
		"": true, "/a~1b": true, "/a~1b/c~0d/1": true, "/a~1b/c~0d/1/": true,
		"/a/b": false, "/a~1b/c~0d/2": false, "/a~1b/c~0d/01": false, "/a~1b/c~0d/-": false, "a~1b": false, "/": false, "/a~2b": false, "#/a~1b": false,
	} {
		if resolve(document, pointer) != want {
			t.Errorf("%q is %v", pointer, !want)
		}
	}
}

func TestLinksAreMappedOnTheDialledAddress(t *testing.T) {
	c := newClient("http://127.0.0.1:1/", nil)
	if err := c.learn("https://shop.example/api/customers/DE--1", "/customers/DE--1"); err != nil {
		t.Fatal(err)
	}
	for link, want := range map[string]string{
		"https://shop.example/api/customers?a=1": "/customers?a=1", "http://127.0.0.1:1/customers": "/customers", "/customers": "/customers",
		"https://shop.example/apis/customers": "", "https://other.example/customers": "", "//other.example/x": "",
	} {
		target, ours := c.target(link)
		if ours != (want != "") || ours && target != want {
			t.Errorf("%s is %q, %v", link, target, ours)
		}
	}
	if c.learn("https://shop.example/people/DE--1", "/customers/DE--1") == nil {
		t.Error("a link was learnt from that leads elsewhere")
	}
}
