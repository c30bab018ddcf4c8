package resources_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// glue.md section 4: each request is wrong in several ways at once, and the
// earliest check answers.
func TestTheEarliestCheckAnswers(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	john, jane := s.Register("john@example.com"), s.Register("jane@example.com")
	own, foreign := "/customers/"+john.Reference, "/customers/"+jane.Reference
	bad := apitest.Document("customers", map[string]any{"firstName": ""})
	for _, c := range []struct {
		name    string
		request apitest.Request
		status  int
		says    string
	}{
		{"size before everything", apitest.Request{Method: "POST", Path: "/nowhere?foo=1", Body: strings.Repeat("x", 64<<10+1)}, 413, "- payload_too_large -"},
		{"Accept before the route", apitest.Request{Method: "GET", Path: "/nowhere", Header: map[string]string{"Accept": "image/png"}}, 406, "- not_acceptable Accept"},
		{"page before the route", apitest.Request{Method: "GET", Path: "/nowhere?page[limit]=x"}, 400, "- pagination_invalid page[limit]"},
		{"route before parameters", apitest.Request{Method: "GET", Path: "/nowhere?foo=1"}, 404, "- route_not_found -"},
		{"method before parameters", apitest.Request{Method: "PUT", Path: own + "?foo=1"}, 405, "- method_not_allowed -"},
		{"parameters before the document", apitest.Request{Method: "PATCH", Path: own + "?foo=1", Body: "{"}, 400, "- unknown_parameter foo"},
		{"the document before its type", apitest.Request{Method: "PATCH", Path: own, Body: `{"data":{"type":"orders"}} trailing`}, 400, `- invalid_document ""`},
		{"the type before attributes", apitest.Request{Method: "POST", Path: "/customers", Body: `{"data":{"type":"orders"}}`}, 409, `- invalid_resource_type "/data/type"`},
		{"the type before the id in the path", apitest.Request{Method: "PATCH", Path: "/customers", Body: `{"data":{"type":"orders","attributes":{}}}`}, 409, `- invalid_resource_type "/data/type"`},
		{"the id in the path before the token", apitest.Request{Method: "PATCH", Path: "/customers", Body: bad}, 400, "405 customer_reference_missing -"},
		{"the type before the token", apitest.Request{Method: "PATCH", Path: own, Body: `{"data":{"type":"orders","attributes":{}}}`}, 409, `- invalid_resource_type "/data/type"`},
		{"the token before attributes", apitest.Request{Method: "PATCH", Path: own, Body: bad}, 403, "002 access_token_missing Authorization"},
		{"identities before the token", apitest.Request{Method: "PATCH", Path: own, Body: bad, Token: "forged", Header: map[string]string{"X-Anonymous-Customer-Unique-Id": "x"}}, 400, "005 conflicting_identity_headers X-Anonymous-Customer-Unique-Id"},
		{"a wrong token on a public route", apitest.Request{Method: "POST", Path: "/customers", Body: bad, Token: "forged"}, 401, "001 access_token_invalid Authorization"},
		{"attributes before ownership", apitest.Request{Method: "PATCH", Path: foreign, Body: bad, Token: john.Token}, 422, `901 value_blank "/data/attributes/firstName"`},
		{"ownership before the address", apitest.Request{Method: "PATCH", Path: foreign + "/addresses/nothing", Body: apitest.Address("Berlin"), Token: john.Token}, 403, "411 unauthorized_request -"},
		{"ownership before the confirmation", apitest.Request{Method: "PATCH", Path: "/customer-password/" + jane.Reference, Token: john.Token,
			Body: apitest.Document("customer-password", map[string]any{"password": john.Password, "newPassword": "one-of-them", "confirmPassword": "another-one"})}, 403, "411 unauthorized_request -"},
		{"the confirmation before the current password", apitest.Request{Method: "PATCH", Path: "/customer-password", Token: john.Token,
			Body: apitest.Document("customer-password", map[string]any{"password": "wrong-one", "newPassword": "one-of-them", "confirmPassword": "another-one"})}, 422, `406 password_confirmation_mismatch "/data/attributes/confirmPassword"`},
		{"the current password before the policy", apitest.Request{Method: "PATCH", Path: "/customer-password", Token: john.Token,
			Body: passwordChange("wrong-one", "password")}, 400, `408 password_invalid "/data/attributes/password"`},
		{"the policy before the key", apitest.Request{Method: "PATCH", Path: "/customer-restore-password", Body: restoration("unknown", "password")}, 400, `422 password_common "/data/attributes/password"`},
		{"terms before the confirmation", apitest.Request{Method: "POST", Path: "/customers", Body: apitest.Document("customers", map[string]any{"salutation": "Mr", "firstName": "A", "lastName": "B", "email": "john@example.com",
			"password": "change123", "confirmPassword": "change124", "acceptedTerms": nil})}, 422, `413 terms_not_accepted "/data/attributes/acceptedTerms"`},
	} {
		t.Run(c.name, func(t *testing.T) { s.In(t).Do(c.request).Fails(c.status, c.says) })
	}
}

// A reference that is somebody else's and one that is nobody's get the same
// answer, so that nobody learns which exist.
func TestUnknownAndForeignReferencesAreOne(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		john, jane := s.Register("john@example.com"), s.Register("jane@example.com")
		for _, reference := range []string{jane.Reference, "DE--999", "%44E--2", "DE--2%2Faddresses", "DE--1%2f..%2fDE--2", "DE--2;x=1", "1", "' OR 1=1 --", "DE--1%20"} {
			path := "/customers/" + strings.ReplaceAll(reference, " ", "%20")
			s.Get(path, john.Token).Fails(404, "402 customer_not_found -")
			s.Patch(path, john.Token, apitest.Document("customers", map[string]any{"firstName": "Eve"})).Fails(403, "411 unauthorized_request -")
			s.Delete(path, john.Token).Fails(403, "411 unauthorized_request -")
		}
		if name := s.Get("/customers/me", jane.Token).Has(200).Text("data.attributes.firstName"); name != "John" {
			t.Errorf("her name is %s now", name)
		}
	})
}

// With an API key an unknown reference is told, and every customer reached.
func TestAnAPIKeyReachesEveryCustomer(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		john, jane := s.Register("john@example.com"), s.Register("jane@example.com")
		key := apitest.AdminKey
		s.Get("/customers/DE--999", key).Fails(404, "402 customer_not_found -")
		s.Patch("/customers/DE--999", key, apitest.Document("customers", map[string]any{})).Fails(404, "402 customer_not_found -")
		s.Delete("/customers/DE--999", key).Fails(404, "402 customer_not_found -")
		s.Get("/customers/DE--999/addresses", key).Fails(404, "402 customer_not_found -")
		s.Get("/customers/"+john.Reference, key).Has(200)
		if name := s.Patch("/customers/"+jane.Reference, key, apitest.Document("customers", map[string]any{"firstName": "Jane", "note": "regular"})).Has(200).Text("data.attributes.note"); name != "regular" {
			t.Errorf("note %q", name)
		}
		if note := s.Get("/customers/me", jane.Token).At("data.attributes.note"); note != nil {
			t.Errorf("the customer sees the note %v", note)
		}
		id := s.Post("/customers/"+jane.Reference+"/addresses", key, apitest.Address("Berlin")).Has(201).Text("data.id")
		s.Get("/customers/"+jane.Reference+"/addresses/"+id, key).Has(200)

		listed := s.Get("/customers?sort=-number&page[number]=1&page[size]=1", key).Has(200)
		if listed.At("meta.total") != 2.0 || listed.Text("data.0.id") != jane.Reference || listed.Text("links.next") == "" {
			t.Errorf("%s", listed.Body)
		}
		s.Get("/customers?filter[email]=JOHN%40example.com", key).Has(200)
		found := s.Get("/customers?filter[customers.email]=JOHN%40example.com", key).Has(200)
		if found.At("meta.total") != 1.0 || found.Text("data.0.id") != john.Reference {
			t.Errorf("%s", found.Body)
		}
		guest := s.Post("/customers", key, apitest.Document("customers", map[string]any{"salutation": "Ms", "firstName": "G", "lastName": "H", "email": "john@example.com"})).Has(201)
		if guest.At("data.attributes.hasAccount") != false || guest.Text("data.attributes.status") != "guest" {
			t.Errorf("%s", guest.Body)
		}
		s.Get("/customers", john.Token).Has(200)
		if all := s.Get("/customers", john.Token).At("data").([]any); len(all) != 1 {
			t.Errorf("a customer sees %d customers", len(all))
		}
		s.Get("/outbox-messages", john.Token).Fails(403, "411 unauthorized_request -")
		s.Get("/outbox-messages", "").Fails(403, "002 access_token_missing Authorization")
		s.Patch("/customer-password", key, passwordChange("change123", "change124")).Fails(403, "411 unauthorized_request -")
	})
}

// Cursor pages list everybody once, forwards and backwards, also when
// somebody registers in between.
func TestCursorPagesMissNobody(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		for i := range 7 {
			s.Post("/customers", "", apitest.Registration(string(rune('a'+i))+"@example.com")).Has(201)
		}
		var seen, pages []string
		follow := func(path, link string) {
			for seen = nil; path != ""; {
				page := s.Get(strings.TrimPrefix(path, apitest.Base), apitest.AdminKey).Has(200)
				var ids []string
				for _, item := range page.At("data").([]any) {
					ids = append(ids, item.(map[string]any)["id"].(string))
				}
				if link == "links.prev" {
					seen = append(ids, seen...)
				} else {
					seen = append(seen, ids...)
				}
				pages, path = append(pages, path), page.Text(link)
				if len(pages) == 1 {
					s.Post("/customers", "", apitest.Registration("late@example.com")).Has(201)
				}
			}
		}
		follow("/customers?page[after]=&page[size]=3", "links.next")
		if strings.Join(seen, " ") != "DE--1 DE--2 DE--3 DE--4 DE--5 DE--6 DE--7 DE--8" || !strings.Contains(pages[1], "page%5Bafter%5D=") {
			t.Errorf("forwards %v by %v", seen, pages)
		}
		follow(pages[len(pages)-1], "links.prev")
		if strings.Join(seen, " ") != "DE--1 DE--2 DE--3 DE--4 DE--5 DE--6 DE--7 DE--8" || !strings.Contains(pages[len(pages)-1], "page%5Bbefore%5D=") {
			t.Errorf("backwards %v by %v", seen, pages)
		}
	})
}

// A body may be read strictly or not at all: nothing here is stored, nothing is
// a server's fault.
func TestMalformedDocumentsStoreNothing(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("strict@example.com")
		path := "/customers/" + customer.Reference
		before := s.Get(path, customer.Token).Body
		for _, body := range []string{
			``, ` `, `null`, `[]`, `"x"`, `7`, `{`, `{}`, `{"data":null}`, `{"data":[]}`, `{"data":{}}`, `{"data":{"type":null}}`, `{"data":{"type":7,"attributes":{}}}`,
			`{"data":{"type":"customers","attributes":null}}`, `{"data":{"type":"customers","attributes":[]}}`, `{"data":{"type":"customers","id":7,"attributes":{"firstName":"Eve"}}}`,
			`{"data":{"type":"customers","attributes":{"firstName":"Eve"}}} {}`, `{"data":{"type":"customers","attributes":{"firstName":"Eve","firstName":"Eva"}}}`,
			`{"data":{"type":"customers","attributes":{"firstName":"` + "\xff" + `"}}}`, `{"data":{"type":"customers","attributes":{"firstName":"\ud800"}}}`,
			`{"DATA":{"type":"customers","attributes":{"firstName":"Eve"}}}`, `{"data":{"Type":"customers","attributes":{"firstName":"Eve"}}}`,
			`{"data":{"type":"customers","attributes":{"FirstName":"Eve"}}}`, `{"data":{"type":"customers","attributes":{"fir` + "\u017f" + `tName":"Eve"}}}`,
			`{"data":{"type":"customers","attributes":{"firstName":"Eve","metadata":` + strings.Repeat(`{"a":`, 40) + `1` + strings.Repeat(`}`, 40) + `}}}`,
			`{"data":{"type":"customers","attributes":{"firstName":"Eve","metadata":{"a":"\u0000"}}}}`, `{"data":{"type":"customers","attributes":{"firstName":"Eve\u0007"}}}`,
			`{"data":{"type":"customers","attributes":{"firstName":{"$ne":""}}}}`, `{"data":{"type":"customers","attributes":{"firstName":["Eve"]}}}`,
			`{"data":{"type":"customers","attributes":{"firstName":"Eve","phone":49}}}`, `{"data":{"type":"customers","attributes":{"firstName":"Eve"}},"errors":[]}`,
			`{"data":{"type":"customers","attributes":{"firstName":"Eve"},"relationships":[]}}`, `{"data":{"type":"customers","attributes":{"firstName":"Eve"},"relationships":{"addresses":{}}}}`,
			"\ufeff" + `{"data":{"type":"customers","attributes":{"firstName":"Eve"}}}`, `{"data":{"type":"customers","attributes":{"firstName":"Eve",}}}`,
		} {
			answer := s.Patch(path, customer.Token, body)
			if answer.Status < 400 || answer.Status >= 500 {
				t.Errorf("%q: %d %s", body, answer.Status, answer.Body)
			}
		}
		if after := s.Get(path, customer.Token).Body; after != before {
			t.Errorf("stored all the same: %s", after)
		}
		s.Patch(path, customer.Token, `{"data":{"type":"customers","attributes":{"lastName":"Doe"}},"included":[null,{"type":"customers","id":"1","relationships":{"addresses":{"data":[{"type":"customers","id":"1"}]}}}]}`).Has(200)
	})
}

// Names that the store gives away are ignored, not written.
func TestReadOnlyAttributesAreIgnored(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("mass@example.com")
	path := "/customers/" + customer.Reference
	before := s.Get(path, customer.Token)
	s.Patch(path, customer.Token, apitest.Document("customers", map[string]any{"customerReference": "DE--9", "number": 9, "createdAt": "2000-01-01", "updatedAt": "2000-01-01", "active": false, "confirmed": false,
		"enabled": false, "hasAccount": false, "status": "x", "note": "mine", "requestToBeForgotten": true, "passwordHash": "x", "isAdmin": true, "roles": []string{"admin"}, "fullName": "Eve", "password": "another-one", "confirmPassword": "another-one"})).Has(200)
	after := s.Get(path, customer.Token).Has(200)
	for name, value := range before.At("data.attributes").(map[string]any) {
		if name == "updatedAt" || name == "metadata" || name == "extra" {
			continue
		}
		if now := after.At("data.attributes." + name); now != value {
			t.Errorf("%s is %v, was %v", name, now, value)
		}
	}
	s.Login(customer.Email, customer.Password)
	s.LogIn(customer.Email, "another-one").Fails(http.StatusUnauthorized, "003 authentication_failed -")
}

const cursorProfile = "https://jsonapi.org/profiles/ethanresnick/cursor-pagination"

// The profile of cursor pagination, rule by rule: its name, the links that are
// always there, the cursors of items, its three errors.
func TestPagesByCursorFollowTheirProfile(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		s.Post("/customers", "", apitest.Registration(name+"@example.com")).Has(201)
	}
	media := `application/vnd.api+json; profile="` + cursorProfile + `"`
	ask := func(query, accept string) *apitest.Answer {
		return s.Do(apitest.Request{Method: "GET", Path: "/customers?" + query, Token: apitest.AdminKey, Header: map[string]string{"Accept": accept}})
	}
	first := ask("page[after]=&page[size]=2", "*/*").Has(200)
	if first.Header.Get("Content-Type") != media || first.Text("jsonapi.profile.0") != cursorProfile || first.Text("links.self.type") != media {
		t.Errorf("%v %s", first.Header, first.Body)
	}
	item := first.Text("data.1.meta.page.cursor")
	after := ask("page[after]="+item+"&page[size]=2", "*/*").Has(200)
	before := ask("page[before]="+after.Text("data.0.meta.page.cursor")+"&page[size]=2", "*/*").Has(200)
	if after.Text("data.0.id") != "DE--3" || before.Text("data.0.id") != "DE--1" || before.Text("data.1.id") != "DE--2" {
		t.Errorf("%s %s", after.Body, before.Body)
	}
	for name, c := range map[string]struct {
		answer     *apitest.Answer
		prev, next bool
	}{
		"first":          {first, false, true},
		"second":         {after, true, true},
		"back at first":  {before, false, true},
		"last":           {ask("page[after]="+after.Text("data.1.meta.page.cursor")+"&page[size]=2", "*/*"), true, false},
		"exactly full":   {ask("page[after]=&page[size]=5", "*/*"), false, false},
		"from the end":   {ask("page[before]="+ask("page[after]=&page[size]=5", "*/*").Text("data.4.meta.page.cursor")+"&page[size]=2", "*/*"), true, true},
		"behind the end": {ask("page[after]="+ask("page[after]=&page[size]=5", "*/*").Text("data.4.meta.page.cursor"), "*/*"), true, false},
		"before all":     {ask("page[before]="+first.Text("data.0.meta.page.cursor"), "*/*"), false, true},
	} {
		links := c.answer.Has(200).At("links").(map[string]any)
		for link, expected := range map[string]bool{"prev": c.prev, "next": c.next} {
			value, there := links[link]
			if !there || (value != nil) != expected {
				t.Errorf("%s: %s is %v", name, link, value)
			}
		}
	}
	// From a page that is empty the links lead back.
	for query, c := range map[string]struct{ link, id string }{
		"page[before]=" + first.Text("data.0.meta.page.cursor"):                                               {"links.next", "DE--1"},
		"page[size]=1&page[after]=" + ask("page[after]=&page[size]=5", "*/*").Text("data.4.meta.page.cursor"): {"links.prev", "DE--5"},
	} {
		empty := ask(query, "*/*").Has(200)
		back := s.Get(strings.TrimPrefix(empty.Text(c.link), apitest.Base), apitest.AdminKey).Has(200)
		if empty.At("data.0") != nil || back.Text("data.0.id") != c.id {
			t.Errorf("%s: %s leads to %s", query, empty.Body, back.Body)
		}
	}
	// Whoever asks for the profile is paged by it, unless they page otherwise.
	for query, profiled := range map[string]bool{"": true, "page[size]=2": true, "page[number]=1&page[size]=2": false, "page[offset]=0&page[limit]=2": false} {
		if answer := ask(query, media).Has(200); (answer.Header.Get("Content-Type") == media) != profiled {
			t.Errorf("%q: %v", query, answer.Header)
		}
	}
	if plain := ask("page[size]=2", "application/vnd.api+json").Has(200); plain.Header.Get("Content-Type") != "application/vnd.api+json" {
		t.Errorf("%v", plain.Header)
	}
	for query, c := range map[string]struct{ parameter, kind string }{
		"page[after]=&page[size]=101":                     {"page[size]", "max-size-exceeded"},
		"page[after]=&page[size]=99999999999999999999999": {"page[size]", "max-size-exceeded"},
		"page[after]=&sort=email":                         {"sort", "unsupported-sort"},
		"page[after]=" + item + "&page[before]=" + item:   {"page[before]", "range-pagination-not-supported"},
	} {
		answer := ask(query, "*/*").Fails(400, "- pagination_invalid "+c.parameter)
		if answer.Text("errors.0.links.type") != cursorProfile+"/"+c.kind || answer.Text("errors.0.links.about") != apitest.Base+"/errors/pagination_invalid" {
			t.Errorf("%s: %s", query, answer.Body)
		}
		if size := answer.At("errors.0.meta.page.maxSize"); (c.kind == "max-size-exceeded") != (size == 100.0) {
			t.Errorf("%s: %v", query, size)
		}
	}
	for query, parameter := range map[string]string{
		"page[after]=x": "page[after]", "page[before]=": "page[before]", "page[after]=&page[size]=0": "page[size]", "page[after]=&page[size]=-1": "page[size]",
		"page[after]=&page[number]=1": "page[number]", "page[after]=&page[offset]=1": "page[after]",
	} {
		if answer := ask(query, "*/*").Fails(400, "- pagination_invalid "+parameter); answer.Text("errors.0.links.type") != apitest.Base+"/errors/pagination_invalid" {
			t.Errorf("%s: %s", query, answer.Body)
		}
	}
}
