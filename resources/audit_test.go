package resources_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// trail reads what is written down of each act, as it is done.
type trail struct {
	t    *testing.T
	s    *apitest.Service
	seen map[string]bool
	acts int
}

func follow(t *testing.T, s *apitest.Service) *trail {
	a := &trail{t: t, s: s, seen: map[string]bool{}}
	a.news("", "")
	return a
}

// news returns the events that are new, the oldest first, as lines
//
//	event outcome actorType actorId customer
//
// with - for what is null. Behind it stands how the address and the request differ
// from where the act came from.
func (a *trail) news(address, request string) []string {
	a.t.Helper()
	lines := []string{}
	for _, item := range a.s.Get("/audit-events?page[size]=100", apitest.AdminKey).Has(http.StatusOK).At("data").([]any) {
		item := item.(map[string]any)
		if id := item["id"].(string); a.seen[id] {
			continue
		} else {
			a.seen[id] = true
		}
		attributes := item["attributes"].(map[string]any)
		text := func(name string) string {
			if attributes[name] == nil {
				return "-"
			}
			return fmt.Sprint(attributes[name])
		}
		line := []string{text("event"), text("outcome"), text("actorType"), text("actorId"), text("customer")}
		if from := text("clientAddress"); from != address {
			line = append(line, "from "+from)
		}
		if id := text("requestId"); id != request {
			line = append(line, "request "+id)
		}
		lines = append(lines, strings.Join(line, " "))
	}
	slices.Reverse(lines)
	return lines
}

// send makes a request, each from an address of its own unless it says from which,
// and demands that these lines are written for it.
func (a *trail) send(r apitest.Request, lines ...string) *apitest.Answer {
	a.t.Helper()
	a.acts++
	if r.Header == nil {
		r.Header = map[string]string{}
	}
	if r.Header["X-Forwarded-For"] == "" {
		r.Header["X-Forwarded-For"] = fmt.Sprintf("192.0.2.%d", a.acts)
	}
	answer := a.s.Do(r)
	got := a.news(r.Header["X-Forwarded-For"], answer.Header.Get("X-Request-Id"))
	if difference := cmp.Diff(append([]string{}, lines...), got); difference != "" {
		a.t.Errorf("%s %s, answered with %d, is written down otherwise (- expected, + found):\n%s", r.Method, r.Path, answer.Status, difference)
	}
	return answer
}

func (a *trail) post(path, token, body string, lines ...string) *apitest.Answer {
	a.t.Helper()
	return a.send(apitest.Request{Method: http.MethodPost, Path: path, Token: token, Body: body}, lines...)
}

func (a *trail) patch(path, token, body string, lines ...string) *apitest.Answer {
	a.t.Helper()
	return a.send(apitest.Request{Method: http.MethodPatch, Path: path, Token: token, Body: body}, lines...)
}

func (a *trail) delete(path, token string, lines ...string) *apitest.Answer {
	a.t.Helper()
	return a.send(apitest.Request{Method: http.MethodDelete, Path: path, Token: token}, lines...)
}

// operator demands lines of what is done at the command line, from no address.
func (a *trail) operator(err error, lines ...string) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
	if difference := cmp.Diff(append([]string{}, lines...), a.news("-", "-")); difference != "" {
		a.t.Errorf("(- expected, + found):\n%s", difference)
	}
}

func credentials(email, password string) string {
	return apitest.Document("access-tokens", map[string]any{"username": email, "password": password})
}

func confirmation(key string) string {
	return apitest.Document("customer-confirmation", map[string]any{"registrationKey": key})
}

func forgotten(email string) string {
	return apitest.Document("customer-forgotten-password", map[string]any{"email": email})
}

// planted is a registration whose every value can be found again.
func planted(email string) string {
	return apitest.Document("customers", map[string]any{
		"salutation": "Mr", "firstName": "planted-first", "lastName": "planted-last", "gender": "Male", "email": email, "phone": "planted-phone",
		"metadata": map[string]any{"planted": "planted"}, "password": "planted-password", "confirmPassword": "planted-password", "acceptedTerms": true,
	})
}

// Every act that matters to the safety of an account is written down once: what,
// how it ended, who, whose, from where, in which request; and no value of anybody.
func TestEverySecurityEventIsWrittenDownOnce(t *testing.T) {
	t.Parallel()
	const one, two = "planted-1@example.com", "planted-2@example.com"
	apitest.Each(t, proxied(apitest.Settings{"REGISTRATION": "confirm"}), func(t *testing.T, s *apitest.Service) {
		a, accounts := follow(t, s), s.App.Accounts()
		logIn := func(password string) (token, refresh string) {
			t.Helper()
			answer := a.post("/access-tokens", "", credentials(one, password), "login success customer DE--1 DE--1").Has(http.StatusCreated)
			return answer.Text("data.attributes.accessToken"), answer.Text("data.attributes.refreshToken")
		}

		key, err := accounts.CreateAPIKey(t.Context(), "planted-key", []string{"write_customers"})
		a.operator(err, "api-key.created success operator - -")
		keyID := fmt.Sprint(s.Rows("SELECT id FROM api_keys")[0]["id"])
		a.post("/customers", "", planted(one), "customer.registered success visitor - DE--1").Has(http.StatusCreated)
		a.post("/customers", apitest.AdminKey, planted(two), "customer.registered success api-key bootstrap DE--2").Has(http.StatusCreated)
		a.post("/customers", key, planted("planted-3@example.com"), "customer.registered success api-key "+keyID+" DE--3").Has(http.StatusCreated)
		operations := `{"atomic:operations":[` + newcomer("ada", "planted-4@example.com") + "," + home(ada, "planted-city") + `]}`
		a.send(apitest.Request{Method: http.MethodPost, Path: "/operations", Body: operations, Header: map[string]string{"Content-Type": atomic, "Accept": atomic}},
			"customer.registered success visitor - DE--4").Has(http.StatusOK)

		a.post("/access-tokens", "", credentials(one, "planted-password"), "login failure visitor - DE--1").Has(http.StatusUnauthorized)
		a.post("/customer-confirmation", "", confirmation("planted-key")).Has(http.StatusUnprocessableEntity)
		a.post("/customer-confirmation", "", confirmation(s.MailedKey(one, "confirm")), "customer.confirmed success visitor - DE--1").Is(http.StatusNoContent, "")

		_, refresh := logIn("planted-password")
		a.post("/access-tokens", "", credentials(one, "planted-wrong"), "login failure visitor - DE--1").Has(http.StatusUnauthorized)
		a.post("/access-tokens", "", credentials("planted-nobody@example.com", "planted-wrong"), "login failure visitor - -").Has(http.StatusUnauthorized)
		a.post("/access-tokens", "", credentials("planted-no-address", "planted-wrong")).Has(http.StatusUnprocessableEntity)
		a.send(apitest.Request{Method: http.MethodPost, Path: "/token", Body: "grant_type=password&username=" + url.QueryEscape(one) + "&password=planted-password",
			Header: map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}}, "login success customer DE--1 DE--1").Has(http.StatusOK)

		second := a.post("/refresh-tokens", "", apitest.Document("refresh-tokens", map[string]any{"refreshToken": refresh})).Has(http.StatusCreated)
		next(s, second.Text("data.attributes.refreshToken"))
		a.post("/refresh-tokens", "", apitest.Document("refresh-tokens", map[string]any{"refreshToken": refresh}), "refresh-token.reused failure visitor - DE--1").Has(http.StatusUnauthorized)
		a.post("/refresh-tokens", "", apitest.Document("refresh-tokens", map[string]any{"refreshToken": refresh})).Has(http.StatusUnauthorized) // there is no session any more
		token, _ := logIn("planted-password")
		_, other := logIn("planted-password")
		a.delete("/refresh-tokens/"+other, token, "refresh-token.revoked success customer DE--1 DE--1").Is(http.StatusNoContent, "")
		a.delete("/refresh-tokens/"+other, token).Is(http.StatusNoContent, "")
		a.delete("/refresh-tokens/mine", token, "refresh-token.revoked success customer DE--1 DE--1").Is(http.StatusNoContent, "")

		logIn("planted-password")
		sessions := s.Get("/sessions", token).At("data").([]any)
		latest := sessions[0].(map[string]any)["id"].(string)
		a.delete("/sessions/"+latest, token, "session.ended success customer DE--1 DE--1").Is(http.StatusNoContent, "")
		a.delete("/sessions/"+latest, token).Has(http.StatusNotFound)
		a.delete("/sessions/others", token, "session.ended success customer DE--1 DE--1").Is(http.StatusNoContent, "")
		a.delete("/sessions/others", token).Is(http.StatusNoContent, "")
		a.delete("/sessions/current", token, "session.ended success customer DE--1 DE--1").Is(http.StatusNoContent, "")

		token, _ = logIn("planted-password")
		a.patch("/customer-password", token, passwordChange("planted-wrong", "planted-password-2"), "password.changed failure customer DE--1 DE--1").Has(http.StatusBadRequest)
		a.patch("/customer-password", token, passwordChange("planted-password", "planted-password-2"), "password.changed success customer DE--1 DE--1").Is(http.StatusNoContent, "")

		for _, email := range []string{one, "planted-nobody@example.com"} { // whose it is, nobody may know
			for range 3 {
				a.post("/customer-forgotten-password", "", forgotten(email), "password.restore-requested success visitor - -").Is(http.StatusNoContent, "")
			}
			a.post("/customer-forgotten-password", "", forgotten(email), "password.restore-requested refused visitor - -").Is(http.StatusNoContent, "")
			a.post("/customer-forgotten-password", "", forgotten(email)).Is(http.StatusNoContent, "")
		}
		a.patch("/customer-restore-password", "", restoration("planted-key", "planted-password-3")).Has(http.StatusUnprocessableEntity)
		a.patch("/customer-restore-password", "", restoration(s.MailedKey(one, "restore"), "planted-password-3"), "password.restored success visitor - DE--1").Is(http.StatusNoContent, "")

		token, _ = logIn("planted-password-3")
		a.patch("/customers/DE--1", token, newEmail("planted-5@example.com"), "email.change-requested success customer DE--1 DE--1").Has(http.StatusOK)
		a.post("/customer-confirmation", "", confirmation(s.MailedKey("planted-5@example.com", "confirm")), "email.changed success visitor - DE--1").Is(http.StatusNoContent, "")
		a.patch("/customers/DE--1", key, newEmail("planted-6@example.com"), "email.change-requested success api-key "+keyID+" DE--1").Has(http.StatusOK)

		enabled := func(is bool) string { return apitest.Document("customers", map[string]any{"enabled": is}) }
		a.patch("/customers/DE--1", key, enabled(false), "customer.disabled success api-key "+keyID+" DE--1").Has(http.StatusOK)
		a.patch("/customers/DE--1", key, enabled(false)).Has(http.StatusOK)
		a.patch("/customers/DE--1", key, enabled(true), "customer.enabled success api-key "+keyID+" DE--1").Has(http.StatusOK)

		wanted := func(attributes map[string]any) string { return apitest.Document("erasure-requests", attributes) }
		request := "/erasure-requests/" + a.post("/erasure-requests", apitest.AdminKey, wanted(map[string]any{"customerReference": "DE--1"}), "erasure.requested success api-key bootstrap DE--1").Has(http.StatusCreated).Text("data.id")
		a.patch(request, apitest.AdminKey, wanted(map[string]any{"state": "cancelled"}), "erasure.cancelled success api-key bootstrap DE--1").Has(http.StatusOK)

		planted := card(map[string]any{"token": "planted", "brand": "planted", "holder": "planted"})
		for range 2 {
			source := a.post("/payment-sources", apitest.AdminKey, planted).Has(http.StatusCreated).Text("data.id")
			a.post("/customers/DE--1/relationships/sources", apitest.AdminKey, sourcesOf(source), "payment-source.attached success api-key bootstrap DE--1").Has(http.StatusOK)
			a.post("/customers/DE--1/relationships/sources", apitest.AdminKey, sourcesOf(source)).Has(http.StatusOK)
			a.delete("/payment-sources/"+source, apitest.AdminKey, "payment-source.deleted success api-key bootstrap DE--1").Is(http.StatusNoContent, "")
		}
		source := a.post("/payment-sources", apitest.AdminKey, planted).Has(http.StatusCreated).Text("data.id")
		a.post("/customers/DE--1/relationships/sources", apitest.AdminKey, sourcesOf(source), "payment-source.attached success api-key bootstrap DE--1").Has(http.StatusOK)
		a.send(apitest.Request{Method: http.MethodDelete, Path: "/customers/DE--1/relationships/sources", Token: apitest.AdminKey, Body: sourcesOf(source)}, "payment-source.detached success api-key bootstrap DE--1").Is(http.StatusNoContent, "")
		a.delete("/payment-sources/"+source, apitest.AdminKey, "payment-source.deleted success api-key bootstrap -").Is(http.StatusNoContent, "")

		hook := apitest.Document("webhook-endpoints", map[string]any{"url": "http://127.0.0.1:1/planted", "description": "planted", "eventTypes": []string{"customer.deleted"}})
		endpoint := "/webhook-endpoints/" + a.post("/webhook-endpoints", apitest.AdminKey, hook, "webhook-endpoint.created success api-key bootstrap -").Has(http.StatusCreated).Text("data.id")
		a.patch(endpoint, apitest.AdminKey, hook, "webhook-endpoint.changed success api-key bootstrap -").Has(http.StatusOK)
		a.post(endpoint+"/secrets", apitest.AdminKey, "", "webhook-endpoint.secret-rotated success api-key bootstrap -").Has(http.StatusCreated)
		a.post(endpoint+"/replays", apitest.AdminKey, replay("2020-01-01T00:00:00Z"), "webhook-endpoint.replayed success api-key bootstrap -").Is(http.StatusNoContent, "")
		a.delete(endpoint, apitest.AdminKey, "webhook-endpoint.deleted success api-key bootstrap -").Is(http.StatusNoContent, "")

		shop := func(attributes map[string]any) string {
			return apitest.WithID("AT", apitest.Document("stores", attributes))
		}
		a.post("/stores", apitest.AdminKey, shop(map[string]any{"title": "planted"}), "store.created success api-key bootstrap -").Has(http.StatusCreated)
		a.patch("/stores/AT", apitest.AdminKey, shop(map[string]any{"title": "planted again"}), "store.updated success api-key bootstrap -").Has(http.StatusOK)

		a.operator(accounts.RevokeAPIKey(t.Context(), keyID), "api-key.revoked success operator - -")

		waiting, _, err := accounts.RotateSigningKey(t.Context())
		a.operator(err, "signing-key.created success operator - -")
		_, _, err = accounts.RotateSigningKey(t.Context()) // one waits already
		a.operator(err)
		_, err = accounts.RemoveSigningKey(t.Context(), waiting)
		a.operator(err, "signing-key.removed success operator - -")

		if found := strings.Join(s.Search("planted"), " "); strings.Contains(found, "audit_events.") || !strings.Contains(found, "customers.first_name") {
			t.Errorf("values are in %s", found)
		}
		a.delete("/customers/DE--2", apitest.AdminKey, "customer.anonymized success api-key bootstrap DE--2").Is(http.StatusNoContent, "")
		a.delete("/customers/DE--2", apitest.AdminKey).Is(http.StatusNoContent, "")
		answer := s.LogIn("planted-5@example.com", "planted-password-3").Has(http.StatusCreated)
		a.news("", "")
		// Of their own doings customers take with them from where they were done.
		a.delete("/customers/DE--1", answer.Text("data.attributes.accessToken"), "customer.anonymized success customer DE--1 DE--1 from - request -").Is(http.StatusNoContent, "")
	})
}

// Where a registration needs no confirmation, another address counts at once.
func TestAChangeOfAddressThatCountsAtOnceIsWrittenDownOnce(t *testing.T) {
	t.Parallel()
	apitest.Each(t, proxied(nil), func(t *testing.T, s *apitest.Service) {
		customer := s.Register("former@example.com")
		a := follow(t, s)
		a.patch("/customers/me", customer.Token, newEmail("latter@example.com"), "email.changed success customer DE--1 DE--1").Has(http.StatusOK)
		a.patch("/customers/me", customer.Token, newEmail("latter@example.com")).Has(http.StatusOK)
		a.post("/customer-confirmation", "", confirmation(s.MailedKey("latter@example.com", "confirm")), "customer.confirmed success visitor - DE--1").Is(http.StatusNoContent, "")
	})
}

// Attempts that are refused are not told one by one: whoever floods the service must
// not flood its record.
func TestABlockIsWrittenDownOnce(t *testing.T) {
	t.Parallel()
	apitest.Each(t, proxied(nil), func(t *testing.T, s *apitest.Service) {
		customer := s.Register("victim@example.com")
		a := follow(t, s)
		guess := func(status int, lines ...string) {
			t.Helper()
			a.send(apitest.Request{Method: http.MethodPost, Path: "/access-tokens", Body: credentials(customer.Email, "wrong-one"), Header: map[string]string{"X-Forwarded-For": "203.0.113.7"}}, lines...).Has(status)
		}
		for range 2 {
			for range 9 {
				guess(http.StatusUnauthorized, "login failure visitor - DE--1")
			}
			guess(http.StatusTooManyRequests, "login refused visitor - -")
			for range 5 {
				guess(http.StatusTooManyRequests)
			}
			s.Clock.Forward(6*time.Minute + time.Second)
		}
		// The same holds for guesses with a token, at the current password.
		change := func(status int, lines ...string) {
			t.Helper()
			a.send(apitest.Request{Method: http.MethodPatch, Path: "/customer-password", Token: customer.Token, Body: passwordChange("wrong-one", "another-one"), Header: map[string]string{"X-Forwarded-For": "203.0.113.8"}}, lines...).Has(status)
		}
		s.Clock.Forward(time.Hour)
		for range 9 {
			change(http.StatusBadRequest, "password.changed failure customer DE--1 DE--1")
		}
		change(http.StatusTooManyRequests, "login refused customer DE--1 -")
		change(http.StatusTooManyRequests)
	})
}

func TestWhatIsNoSecurityEventIsNotWrittenDown(t *testing.T) {
	t.Parallel()
	apitest.Each(t, proxied(nil), func(t *testing.T, s *apitest.Service) {
		customer := s.Register("quiet@example.com")
		address := s.AddAddress(customer, "Berlin")
		a := follow(t, s)
		me := "/customers/" + customer.Reference
		for _, path := range []string{me, me + "?include=addresses", me + "/addresses", me + "/addresses/" + address, "/sessions", "/sessions/current", "/customers/DE--9", "/.well-known/jwks.json", "/openapi.json"} {
			a.send(apitest.Request{Method: http.MethodGet, Path: path, Token: customer.Token})
		}
		for _, path := range []string{"/customers", me, "/outbox-messages", "/audit-events"} {
			a.send(apitest.Request{Method: http.MethodGet, Path: path, Token: apitest.AdminKey})
		}
		a.send(apitest.Request{Method: http.MethodGet, Path: me})
		a.send(apitest.Request{Method: http.MethodGet, Path: me, Token: "forged"})
		a.patch(me, customer.Token, apitest.Document("customers", map[string]any{"phone": "4711", "firstName": "Jack"})).Has(http.StatusOK)
		a.patch(me, apitest.AdminKey, apitest.Document("customers", map[string]any{"note": "regular", "enabled": true})).Has(http.StatusOK)
		a.post(me+"/addresses", customer.Token, apitest.Address("Bonn")).Has(http.StatusCreated)
		a.delete(me+"/addresses/"+address, customer.Token).Is(http.StatusNoContent, "")
		a.post("/refresh-tokens", "", apitest.Document("refresh-tokens", map[string]any{"refreshToken": customer.Refresh})).Has(http.StatusCreated)
		a.post("/refresh-tokens", "", apitest.Document("refresh-tokens", map[string]any{"refreshToken": "forged"})).Has(http.StatusUnauthorized)
		once := apitest.Request{Method: http.MethodPost, Path: "/customers", Body: apitest.Registration("once@example.com"), Header: map[string]string{"Idempotency-Key": "once", "X-Forwarded-For": "192.0.2.99"}}
		a.send(once, "customer.registered success visitor - DE--2").Has(http.StatusCreated)
		if !isRepeated(a.send(once)) {
			t.Error("it was not the same request")
		}
	})
}

// What is taken back was not done.
func TestAnActThatFailsIsNotWrittenDown(t *testing.T) {
	t.Parallel()
	apitest.Each(t, proxied(nil), func(t *testing.T, s *apitest.Service) {
		customer := s.Register("taken@example.com")
		other := s.Register("other@example.com")
		a := follow(t, s)
		a.post("/customers", "", apitest.Registration("taken@example.com")).Fails(422, `400 email_taken "/data/attributes/email"`)
		a.patch("/customers/me", other.Token, newEmail("taken@example.com")).Fails(422, `400 email_taken "/data/attributes/email"`)
		// The customer is registered and, with that, written down before the second operation fails.
		for _, header := range []map[string]string{{}, {"Idempotency-Key": "failing"}} {
			header["Content-Type"], header["Accept"] = atomic, atomic
			a.send(apitest.Request{Method: http.MethodPost, Path: "/operations", Header: header, Body: `{"atomic:operations":[` + newcomer("ada", "ada@example.com") + "," + strings.Replace(home(ada, "Au"), `"city":"Au"`, `"city":""`, 1) + `]}`}).
				Fails(422, `901 value_blank "/atomic:operations/1/data/attributes/city"`)
		}
		// The account is blocked before its default address turns out to be none.
		nowhere := `{"type":"addresses","id":"` + uuid.NewString() + `"}`
		a.patch("/customers/"+customer.Reference, apitest.AdminKey, `{"data":{"type":"customers","attributes":{"enabled":false},"relationships":{"defaultShippingAddress":{"data":`+nowhere+`}}}}`).
			Fails(404, `404 address_not_found "/data/relationships/defaultShippingAddress"`)
		a.send(apitest.Request{Method: http.MethodDelete, Path: "/customers/" + customer.Reference, Token: customer.Token, Header: map[string]string{"If-Match": `"other"`}}).Has(http.StatusPreconditionFailed)
		s.Get("/customers/me", customer.Token).Has(http.StatusOK)
	})
}

// events returns the ids of a list, from its first page on, by a link.
func events(s *apitest.Service, path, link string) (ids []string) {
	for pages := 0; path != "" && pages < 50; pages++ {
		page := s.Get(strings.TrimPrefix(path, apitest.Base), apitest.AdminKey).Has(http.StatusOK)
		var shown []string
		for _, item := range page.At("data").([]any) {
			shown = append(shown, item.(map[string]any)["id"].(string))
		}
		if link == "links.prev" {
			slices.Reverse(shown)
		}
		ids, path = append(ids, shown...), page.Text(link)
	}
	return ids
}

func TestAuditEventsAreListedAndNarrowed(t *testing.T) {
	t.Parallel()
	for _, wire := range []string{"jsonapi", "glue"} {
		apitest.Each(t, apitest.Settings{"WIRE": wire}, func(t *testing.T, s *apitest.Service) {
			john, jane := s.Register("john@example.com"), s.Register("jane@example.com")
			s.Clock.Forward(time.Hour)
			s.LogIn(john.Email, "wrong-one").Has(http.StatusUnauthorized)
			s.Patch("/customers/"+jane.Reference, apitest.AdminKey, apitest.Document("customers", map[string]any{"enabled": false})).Has(http.StatusOK)
			s.Forget(john.Email)

			whole := s.Get("/audit-events?page[size]=100", apitest.AdminKey).Has(http.StatusOK)
			var all []map[string]any
			for _, item := range whole.At("data").([]any) {
				all = append(all, item.(map[string]any))
			}
			if len(all) < 9 || !slices.IsSortedFunc(all, func(a, b map[string]any) int {
				return strings.Compare(b["attributes"].(map[string]any)["createdAt"].(string), a["attributes"].(map[string]any)["createdAt"].(string))
			}) {
				t.Fatalf("they are few, or not the newest first: %s", whole.Body)
			}
			later := whole.Text("data.2.attributes.createdAt")
			where := func(name string, is func(value any) bool) (ids []string) {
				for _, item := range all {
					if is(item["attributes"].(map[string]any)[name]) {
						ids = append(ids, item["id"].(string))
					}
				}
				return ids
			}
			for _, filter := range []struct {
				name, value, attribute string
				is                     func(any) bool
			}{
				{"event", "login", "event", func(v any) bool { return v == "login" }},
				{"outcome", "failure", "outcome", func(v any) bool { return v == "failure" }},
				{"actorType", "customer", "actorType", func(v any) bool { return v == "customer" }},
				{"actorId", "bootstrap", "actorId", func(v any) bool { return v == "bootstrap" }},
				{"customer", jane.Reference, "customer", func(v any) bool { return v == jane.Reference }},
				{"createdAt][gte", later, "createdAt", func(v any) bool { return v.(string) >= later }},
				{"createdAt][lt", later, "createdAt", func(v any) bool { return v.(string) < later }},
			} {
				want, got := where(filter.attribute, filter.is), events(s, "/audit-events?filter["+filter.name+"]="+url.QueryEscape(filter.value), "links.next")
				if difference := cmp.Diff(want, got); difference != "" || len(want) == 0 || len(want) == len(all) {
					t.Errorf("filter[%s]=%s (- expected, + found): %s", filter.name, filter.value, difference)
				}
			}
			if none := events(s, "/audit-events?filter[event]=nothing", "links.next"); len(none) != 0 {
				t.Errorf("%v", none)
			}
			unknown := s.Get("/audit-events?filter[email]=john@example.com", apitest.AdminKey)
			wrongTime := s.Get("/audit-events?filter[createdAt][gte]=yesterday", apitest.AdminKey)
			if wire == "glue" {
				unknown.Has(http.StatusOK)
				wrongTime.Has(http.StatusOK)
			} else {
				unknown.Fails(400, "- unknown_filter filter[email]")
				wrongTime.Fails(400, "- invalid_filter filter[createdAt][gte]")
			}

			id := whole.Text("data.0.id")
			if shown := s.Get("/audit-events/"+id, apitest.AdminKey).Has(http.StatusOK); !cmp.Equal(shown.At("data.attributes"), whole.At("data.0.attributes")) {
				t.Errorf("%s", shown.Body)
			}
			for _, nothing := range []string{uuid.NewString(), "nothing", "%25"} {
				s.Get("/audit-events/"+nothing, apitest.AdminKey).Fails(404, "- route_not_found -")
			}
			blind, err := s.App.Accounts().CreateAPIKey(t.Context(), "blind", []string{"read_customers", "write_customers", "read_outbox"})
			if err != nil {
				t.Fatal(err)
			}
			seeing, err := s.App.Accounts().CreateAPIKey(t.Context(), "seeing", []string{"read_audit"})
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{"/audit-events", "/audit-events/" + id, "/audit-events/nothing"} {
				s.Get(path, blind).Fails(403, "411 unauthorized_request -")
				s.Get(path, john.Token).Fails(403, "411 unauthorized_request -")
				s.Get(path, "").Fails(403, "002 access_token_missing Authorization")
			}
			s.Get("/audit-events", seeing).Has(http.StatusOK)
		})
	}
}

// Whoever turns the pages, in either direction, meets every event once.
func TestPagesOfAuditEventsAreTurnedBothWays(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("john@example.com")
		for range 5 {
			s.Login(customer.Email, customer.Password)
		}
		all := events(s, "/audit-events?page[size]=100", "links.next")
		filtered := "/audit-events?filter[event]=login&page[size]=2"
		for path, want := range map[string][]string{"/audit-events?page[size]=3": all, filtered: events(s, "/audit-events?filter[event]=login", "links.next")} {
			if got := events(s, path, "links.next"); !slices.Equal(got, want) || len(want) < 6 {
				t.Errorf("%s: %v, and not %v", path, got, want)
			}
			first := s.Get(path, apitest.AdminKey)
			if first.At("links.prev") != nil || first.Text("links.next") == "" {
				t.Errorf("the links of the first page: %v", first.At("links"))
			}
			last, end := first, path
			for link := first.Text("links.next"); link != ""; link = last.Text("links.next") {
				end = link
				last = s.Get(strings.TrimPrefix(link, apitest.Base), apitest.AdminKey)
			}
			back := events(s, end, "links.prev")
			slices.Reverse(back)
			if !slices.Equal(back, want) || last.At("links.next") != nil {
				t.Errorf("%s, back from the end: %v, and not %v", path, back, want)
			}
		}
		for _, page := range []string{"number", "offset"} {
			s.Get("/audit-events?page["+page+"]=1", apitest.AdminKey).Fails(400, "- pagination_invalid page["+page+"]")
		}
	})
}
