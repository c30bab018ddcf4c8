package resources_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("guarded@example.com")
	for _, answer := range []*apitest.Answer{
		s.Get("/customers/me", customer.Token), s.Get("/nowhere", ""), s.Post("/customers", "", "{"), s.Get("/customers", ""),
		s.LogIn(customer.Email, customer.Password), s.Form("/token", ""), s.Delete("/customers/"+customer.Reference, customer.Token),
	} {
		for name, expected := range map[string]string{
			"X-Frame-Options": "SAMEORIGIN", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Content-Security-Policy": "frame-ancestors 'self'", "Cache-Control": "no-store",
		} {
			if value := answer.Header.Get(name); value != expected {
				t.Errorf("%s is %q", name, value)
			}
		}
		if answer.Header.Get("Server") != "" || answer.Header.Get("X-Powered-By") != "" {
			t.Error("the answer tells what made it")
		}
	}
}

func TestLinksComeFromTheConfigurationAlone(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("host@example.com")
	answer := s.Do(apitest.Request{Method: "GET", Path: "/customers/me", Token: customer.Token,
		Header: map[string]string{"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Forwarded-Proto": "javascript"}})
	if link := answer.Has(200).Text("data.links.self"); link != apitest.Base+"/customers/"+customer.Reference {
		t.Errorf("%s", link)
	}
	if strings.Contains(s.Letters(customer.Email, "").Body, "127.0.0.1") {
		t.Error("a letter names the address that was dialled")
	}
}

func TestATagAnswersWhetherAnythingChanged(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("tag@example.com")
		path := "/customers/" + customer.Reference
		with := func(method, name, value, body string) *apitest.Answer {
			return s.Do(apitest.Request{Method: method, Path: path, Token: customer.Token, Body: body, Header: map[string]string{name: value}})
		}
		tag := s.Get(path, customer.Token).Header.Get("ETag")
		with("GET", "If-None-Match", tag, "").Is(http.StatusNotModified, "")
		with("GET", "If-None-Match", `"other", W/`+tag, "").Is(http.StatusNotModified, "")
		with("GET", "If-None-Match", `"other"`, "").Has(200)
		rename := apitest.Document("customers", map[string]any{"firstName": "Jack"})
		changed := with("PATCH", "If-Match", tag, rename).Has(200)
		if changed.Header.Get("ETag") == tag {
			t.Error("the tag has not changed")
		}
		stale := with("PATCH", "If-Match", tag, apitest.Document("customers", map[string]any{"firstName": "Late"})).Fails(http.StatusPreconditionFailed, "- precondition_failed If-Match")
		if current := stale.Text("errors.0.meta.current.data.attributes.firstName"); current != "Jack" {
			t.Errorf("meta says %s", stale.Body)
		}
		with("DELETE", "If-Match", tag, "").Has(http.StatusPreconditionFailed)
		with("PATCH", "If-Match", "W/"+changed.Header.Get("ETag"), rename).Has(http.StatusPreconditionFailed)
		with("PATCH", "If-Match", "*", rename).Has(200)
		head := with("HEAD", "Accept", "*/*", "").Is(200, "")
		get := s.Get(path, customer.Token)
		if head.Header.Get("ETag") != get.Header.Get("ETag") || head.Header.Get("Content-Length") != get.Header.Get("Content-Length") || head.Header.Get("Content-Type") != get.Header.Get("Content-Type") {
			t.Errorf("HEAD %v, GET %v", head.Header, get.Header)
		}
	})
}

func TestSlashesAtTheEndsDoNotCount(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("slash@example.com")
	for _, path := range []string{"/customers/", "//customers", "/customers/me/", "/customers/" + customer.Reference + "/addresses/"} {
		s.Get(path, customer.Token).Has(200)
	}
	if link := s.Get("/customers/?fields[customers]=email", customer.Token).Text("links.self"); link != apitest.Base+"/customers?fields%5Bcustomers%5D=email" {
		t.Errorf("%s", link)
	}
}

func TestAPreflightIsAnsweredForConfiguredOriginsAlone(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"CORS_ORIGINS": "https://shop.example", "CORS_HEADERS": "X-Shop-Channel"})
	ask := func(origin string) *apitest.Answer {
		return s.Do(apitest.Request{Method: "OPTIONS", Path: "/customers/DE--1", Header: map[string]string{"Origin": origin, "Access-Control-Request-Method": "PATCH"}}).Is(200, "")
	}
	ours := ask("https://shop.example")
	if ours.Header.Get("Access-Control-Allow-Origin") != "https://shop.example" || ours.Header.Get("Access-Control-Allow-Methods") != "DELETE, GET, HEAD, OPTIONS, PATCH" ||
		ours.Header.Get("Access-Control-Max-Age") != "600" || ours.Header.Get("Vary") != "Accept, Accept-Language" || !slices.Contains(ours.Header.Values("Vary"), "Origin") || ours.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%v", ours.Header)
	}
	for _, name := range []string{"Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key", "X-Shop-Channel"} {
		if !slices.Contains(strings.Split(ours.Header.Get("Access-Control-Allow-Headers"), ", "), name) {
			t.Errorf("%s may not be sent: %v", name, ours.Header)
		}
	}
	for _, name := range []string{"ETag", "Location", "Retry-After", "Idempotent-Replayed", "RateLimit-Remaining", "X-Request-Id"} {
		if !slices.Contains(strings.Split(ours.Header.Get("Access-Control-Expose-Headers"), ", "), name) {
			t.Errorf("%s may not be read: %v", name, ours.Header)
		}
	}
	for _, origin := range []string{"https://shop.example.evil", "http://shop.example", "null", "https://shop.example:8443", "evilhttps://shop.example"} {
		theirs := ask(origin)
		if theirs.Header.Get("Access-Control-Allow-Origin") != "" || theirs.Header.Get("Access-Control-Allow-Headers") != "" || theirs.Header.Get("Vary") == "" {
			t.Errorf("%s: %v", origin, theirs.Header)
		}
	}
	s.Do(apitest.Request{Method: "OPTIONS", Path: "/nowhere"}).Fails(404, "- route_not_found -")
}

func TestNoOtherOriginIsLetInByDefault(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	for _, method := range []string{"OPTIONS", "GET"} {
		answer := s.Do(apitest.Request{Method: method, Path: "/customers", Token: apitest.AdminKey, Header: map[string]string{"Origin": apitest.Base, "Access-Control-Request-Method": "GET"}}).Has(200)
		for name := range answer.Header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %s: %v", method, name, answer.Header[name])
			}
		}
	}
}

// Everything says what it was chosen by; errors are told in English, and by a name
// to translate.
func TestEveryAnswerNamesItsLanguage(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("language@example.com")
	german := func(r apitest.Request) *apitest.Answer {
		r.Header = map[string]string{"Accept-Language": "de"}
		return s.Do(r)
	}
	for _, path := range []string{"/customers", "/customers/me", "/customers/me/addresses", "/customers/me/relationships/addresses", "/customers/me/defaultShippingAddress"} {
		if answer := german(apitest.Request{Method: "GET", Path: path, Token: customer.Token}).Has(200); answer.Header.Get("Content-Language") != "de_DE" || answer.Header.Get("ETag") == "" {
			t.Errorf("%s: %v", path, answer.Header)
		}
	}
	missing := german(apitest.Request{Method: "GET", Path: "/customers/DE--999", Token: customer.Token}).Has(404)
	if missing.Header.Get("Content-Language") != "en_US" || missing.Text("errors.0.meta.key") != "customer_not_found" {
		t.Errorf("%v %s", missing.Header, missing.Body)
	}
}

func TestACollectionHasATagToo(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("tags@example.com")
	ask := func(tag string) *apitest.Answer {
		return s.Do(apitest.Request{Method: "GET", Path: "/customers/me/addresses", Token: customer.Token, Header: map[string]string{"If-None-Match": tag}})
	}
	tag := ask("").Has(200).Header.Get("ETag")
	ask(tag).Is(304, "")
	s.AddAddress(customer, "Berlin")
	ask(tag).Has(200)
}

func TestAClientsRequestIDIsKeptWhenItIsHarmless(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	for given, kept := range map[string]bool{"abc-123_X.y": true, "a b": false, "<script>": false, strings.Repeat("a", 65): false} {
		answer := s.Do(apitest.Request{Method: "GET", Path: "/nowhere", Header: map[string]string{"X-Request-Id": given}})
		if (answer.Header.Get("X-Request-Id") == given) != kept || answer.Text("errors.0.id") != answer.Header.Get("X-Request-Id") {
			t.Errorf("%q became %q", given, answer.Header.Get("X-Request-Id"))
		}
	}
}

// A fault of ours is told with the request's id and nothing of its cause.
func TestAServersFaultSaysNothingOfItself(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		if _, err := s.App.Accounts().Store.SQL().Exec("DROP TABLE outbox_messages"); err != nil {
			t.Fatal(err)
		}
		s.Get("/outbox-messages", apitest.AdminKey).Is(http.StatusInternalServerError,
			`{"errors":[{"id":"<text>","status":"500","title":"Internal error","detail":"Internal Server Error","meta":{"key":"internal_error"}}]}`)
		if log := s.Log.String(); !strings.Contains(log, "outbox_messages") {
			t.Errorf("the cause was not logged: %s", log)
		}
	})
}

// Whoever verifies tokens asks for keys, not for JSON:API.
func TestThePublishedKeysAreOpenToCaches(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	keys := s.Do(apitest.Request{Method: "GET", Path: "/.well-known/jwks.json", Header: map[string]string{"Accept": "application/jwk-set+json"}}).
		Is(200, `{"keys":[{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"<text>","x":"<text>"}]}`)
	if keys.Header.Get("Cache-Control") != "public, max-age=300" || keys.Header.Get("Content-Type") != "application/jwk-set+json" {
		t.Errorf("%v", keys.Header)
	}
}
