package resources_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/mail/mailtest"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

// Words that a customer leaves behind. Each is in one place alone, in small letters,
// for what lists are searched in is kept so.
const (
	firstMail, secondMail, thirdMail = "canary-mail-1@example.com", "canary-mail-2@example.com", "canary-mail-3@example.com"

	// From where somebody wrote whom no audit event can name.
	nobodysAddress, nobodysRequest = "198.51.100.66", "canary-nobodys-request"
)

// kept are words that the database has to hold, by the column that it holds them in.
var kept = map[string]string{
	"canary-first": "customers.first_name", "canary-last": "customers.last_name", "canary-phone": "customers.phone", "1961-02-03": "customers.date_of_birth",
	"gsw-LI": "customers.locale", "canary-ident": "customers.identification", "canary-kind": "customers.identification_type", "canary-note": "customers.note",
	"canary-metadata-name": "customers.metadata", "canary-metadata-value": "customers.metadata", "canary-extra-name": "customers.extra", "canary-extra-value": "customers.extra",
	secondMail: "customers.email", thirdMail: "customers.pending_email",

	"canary-home-first": "addresses.first_name", "canary-home-last": "addresses.last_name", "canary-home-1": "addresses.address1", "canary-home-2": "addresses.address2",
	"canary-home-3": "addresses.address3", "canary-zip": "addresses.zip_code", "canary-city": "addresses.city", "canary-company": "addresses.company",
	"canary-home-phone": "addresses.phone", "canary-house": "addresses.house_number", "canary-floor": "addresses.floor", "canary-locality": "addresses.locality",
	"canary-province": "addresses.province", "canary-home-name": "addresses.metadata", "canary-home-value": "addresses.metadata", "canary-op-city": "addresses.city",

	"canary-cart": "orders.cart_id", "canary-draft": "orders.draft_order_id", "canary-external": "orders.external_id", "canary-once": "orders.idempotency_key", "canary-region": "orders.region_id",
	"canary-channel": "orders.sales_channel_id", "canary-order-name": "orders.metadata", "canary-order-value": "orders.metadata", "canary-item": "orders.related", "canary-item-name": "orders.related",
	"canary-item-value": "orders.related", "canary-order-mail": "orders.email", "canary-order-first": "orders.search", "canary-order-phone": "orders.search",
	"8000000000001": "orders.total", "8000000000002": "orders.display_id", "8000000000003": "orders.discount_total", "8000000000004": "orders.gift_card_tax_total", "8000000000005": "orders.gift_card_total",
	"8000000000006": "orders.item_tax_total", "8000000000007": "orders.paid_total", "8000000000008": "orders.raw_discount_total", "8000000000009": "orders.refundable_amount", "8000000000010": "orders.refunded_total",
	"8000000000011": "orders.shipping_tax_total", "8000000000012": "orders.shipping_total", "8000000000013": "orders.subtotal", "8000000000014": "orders.tax_total",
	"8000000000021": "customers.total_spent",

	"canary-provider": "customers.provider_ids", "cus_canary": "customers.provider_ids",
	"canary-token": "payment_sources.token", "canary-brand": "payment_sources.brand", "canary-holder": "payment_sources.holder", "canary-slot": "payment_sources.metadata",
	"canary-former-holder": "payment_sources.holder",

	firstMail: "outbox_messages.recipient", "canary-agent": "sessions.user_agent",
	"192.0.2.71": "consents.client_address", "192.0.2.72": "sessions.client_address", "192.0.2.73": "audit_events.client_address",
	"canary-registration-request": "audit_events.request_id", "canary-login-request": "audit_events.request_id",
	nobodysAddress: "audit_events.client_address", nobodysRequest: "audit_events.request_id",
}

// neverKept are words that it must not hold at any time, nor tokens and keys.
var neverKept = []string{
	"canary-password-1", "canary-password-2", "canary-password-3", "canary-wrong-password", "canary-typed-as-name", "canary-taken", "canary-refused",
	"canary-idempotency-1", "canary-idempotency-2", "canary-idempotency-3", "canary-idempotency-4",
}

// shopper is somebody who uses everything there is.
type shopper struct {
	t         *testing.T
	s         *apitest.Service
	reference string
	token     string
	issued    []string // secrets they were given
}

// send makes a request from an address; header is pairs of name and value.
func (p *shopper) send(method, path, from, body string, header ...string) *apitest.Answer {
	p.t.Helper()
	request := apitest.Request{Method: method, Path: path, Token: p.token, Body: body, Header: map[string]string{"X-Forwarded-For": from}}
	for i := 0; i < len(header); i += 2 {
		request.Header[header[i]] = header[i+1]
	}
	return p.s.Do(request)
}

func (p *shopper) logIn(email, password string) {
	p.t.Helper()
	p.token = ""
	answer := p.send(http.MethodPost, "/access-tokens", "192.0.2.72", apitest.Document("access-tokens", map[string]any{"username": email, "password": password}),
		"User-Agent", "canary-agent", "X-Request-Id", "canary-login-request").Has(http.StatusCreated)
	p.token = answer.Text("data.attributes.accessToken")
	p.issued = append(p.issued, p.token, answer.Text("data.attributes.refreshToken"))
}

// mailed returns the key of a letter, which counts as issued.
func (p *shopper) mailed(to, kind string) string {
	p.t.Helper()
	key := p.s.MailedKey(to, kind)
	p.issued = append(p.issued, key)
	return key
}

func (p *shopper) register() {
	p.t.Helper()
	p.reference = p.send(http.MethodPost, "/customers", "192.0.2.71", apitest.Document("customers", map[string]any{
		"salutation": "Mr", "firstName": "canary-first", "lastName": "canary-last", "gender": "Male", "dateOfBirth": "1961-02-03", "email": firstMail,
		"password": "canary-password-1", "confirmPassword": "canary-password-1", "acceptedTerms": true,
	}), "Idempotency-Key", "canary-idempotency-1", "X-Request-Id", "canary-registration-request").Has(http.StatusCreated).Text("data.id")
	p.send(http.MethodPost, "/customer-confirmation", "192.0.2.73", apitest.Document("customer-confirmation", map[string]any{"registrationKey": p.mailed(firstMail, "confirm")})).
		Is(http.StatusNoContent, "")
	// By others, or by mistake; nothing of it is kept.
	p.send(http.MethodPost, "/customers", "192.0.2.71", strings.ReplaceAll(apitest.Registration(firstMail), "John", "canary-taken")).Has(http.StatusUnprocessableEntity)
	p.send(http.MethodPost, "/customers", "192.0.2.71", apitest.Document("customers", map[string]any{"firstName": "canary-refused"})).Has(http.StatusUnprocessableEntity)
	for _, wrong := range [][]string{{firstMail, "canary-wrong-password"}, {"canary-typed-as-name@example.com", "canary-wrong-password"}, {"canary-typed-as-name", "x"}} {
		p.send(http.MethodPost, "/access-tokens", nobodysAddress, apitest.Document("access-tokens", map[string]any{"username": wrong[0], "password": wrong[1]}), "X-Request-Id", nobodysRequest)
	}
}

func (p *shopper) fillIn() {
	p.t.Helper()
	me := "/customers/" + p.reference
	p.send(http.MethodPatch, me, "192.0.2.72", apitest.Document("customers", map[string]any{
		"phone": "canary-phone", "locale": "gsw-LI", "identification": "canary-ident", "identificationType": "canary-kind", "customerType": "individual",
		"metadata": map[string]any{"canary-metadata-name": []any{"canary-metadata-value"}}, "extra": map[string]any{"canary-extra-name": "canary-extra-value"},
	}), "Idempotency-Key", "canary-idempotency-2").Has(http.StatusOK)
	p.s.Patch(me, apitest.AdminKey, apitest.Document("customers", map[string]any{"note": "canary-note", "providerIds": map[string]any{"canary-provider": "cus_canary"}})).Has(http.StatusOK)
	for _, holder := range []string{"canary-holder", "canary-former-holder"} {
		source := p.s.Post("/payment-sources", apitest.AdminKey, card(map[string]any{"token": "canary-token", "brand": "canary-brand", "holder": holder, "metadata": map[string]any{"canary-slot": 1}})).Has(http.StatusCreated).Text("data.id")
		p.s.Post(me+"/relationships/sources", apitest.AdminKey, sourcesOf(source)).Has(http.StatusOK)
		if holder == "canary-former-holder" { // what was theirs goes with them, too
			p.send(http.MethodDelete, me+"/relationships/sources", "192.0.2.72", sourcesOf(source)).Is(http.StatusNoContent, "")
		}
	}
	address := map[string]any{
		"salutation": "Mr", "firstName": "canary-home-first", "lastName": "canary-home-last", "address1": "canary-home-1", "address2": "canary-home-2", "address3": "canary-home-3",
		"zipCode": "canary-zip", "city": "canary-city", "iso2Code": "LI", "company": "canary-company", "phone": "canary-home-phone", "houseNumber": "canary-house", "floor": "canary-floor",
		"locality": "canary-locality", "province": "canary-province", "metadata": map[string]any{"canary-home-name": "canary-home-value"}, "isDefaultShipping": true, "isDefaultBilling": true,
	}
	p.send(http.MethodPost, me+"/addresses", "192.0.2.72", apitest.Document("addresses", address), "Idempotency-Key", "canary-idempotency-3").Has(http.StatusCreated)
	for range 20 { // more than one page of the file
		p.send(http.MethodPost, me+"/addresses", "192.0.2.72", apitest.Document("addresses", address)).Has(http.StatusCreated)
	}
	removed := p.send(http.MethodPost, me+"/addresses", "192.0.2.72", apitest.Document("addresses", address)).Has(http.StatusCreated).Text("data.id")
	p.send(http.MethodDelete, me+"/addresses/"+removed, "192.0.2.72", "").Is(http.StatusNoContent, "")
	p.order()
	p.send(http.MethodPost, "/operations", "192.0.2.72", `{"atomic:operations":[`+home(identifier("customers", p.reference), "canary-op-city")+`]}`, "Content-Type", atomic, "Accept", atomic, "Idempotency-Key", "canary-idempotency-4").Has(http.StatusOK)
}

// order is placed twice, with everything that can be told of one.
func (p *shopper) order() {
	p.t.Helper()
	whole := map[string]any{"cartId": "canary-cart", "draftOrderId": "canary-draft", "externalId": "canary-external", "idempotencyKey": "canary-once", "regionId": "canary-region", "salesChannelId": "canary-channel",
		"email": "canary-order-mail@example.com", "metadata": map[string]any{"canary-order-name": "canary-order-value"}, "total": 8000000000001, "displayId": 8000000000002, "discountTotal": 8000000000003,
		"giftCardTaxTotal": 8000000000004, "giftCardTotal": 8000000000005, "itemTaxTotal": 8000000000006, "paidTotal": 8000000000007, "rawDiscountTotal": 8000000000008, "refundableAmount": 8000000000009,
		"refundedTotal": 8000000000010, "shippingTaxTotal": 8000000000011, "shippingTotal": 8000000000012, "subtotal": 8000000000013, "taxTotal": 8000000000014}
	document := strings.Replace(orderTold(whole, p.reference), `"relationships":{`, `"relationships":{"items":{"data":[{"type":"items","id":"canary-item"}]},"shippingAddress":{"data":{"type":"order-addresses","id":"1"}},`, 1)
	included := `,"included":[{"type":"items","id":"canary-item","attributes":{"canary-item-name":"canary-item-value"}},{"type":"order-addresses","id":"1","attributes":{"firstName":"canary-order-first","phone":"canary-order-phone"}}]}`
	put(p.s, "/orders/order-1", apitest.AdminKey, strings.TrimSuffix(document, "}")+included).Has(http.StatusCreated)
	tell(p.s, "order-2", map[string]any{"total": 8000000000021, "currencyCode": "EUR", "paymentStatus": "captured"}, p.reference).Has(http.StatusCreated)
}

// moveOn changes the address, the password twice, and has sessions come and go.
func (p *shopper) moveOn() {
	p.t.Helper()
	p.send(http.MethodPatch, "/customers/me", "192.0.2.72", newEmail(secondMail)).Has(http.StatusOK)
	p.s.Confirm(p.mailed(secondMail, "confirm")).Is(http.StatusNoContent, "")
	p.send(http.MethodPatch, "/customer-password", "192.0.2.72", passwordChange("canary-wrong-password", "canary-password-2")).Has(http.StatusBadRequest)
	p.send(http.MethodPatch, "/customer-password", "192.0.2.72", passwordChange("canary-password-1", "canary-password-2")).Is(http.StatusNoContent, "")
	p.logIn(secondMail, "canary-password-2")
	for _, token := range []string{p.token, ""} {
		p.token = token
		from := map[bool]string{true: nobodysAddress, false: "192.0.2.73"}[token == ""]
		p.send(http.MethodPost, "/customer-forgotten-password", from, apitest.Document("customer-forgotten-password", map[string]any{"email": secondMail})).Is(http.StatusNoContent, "")
	}
	p.send(http.MethodPatch, "/customer-restore-password", "192.0.2.73", restoration(p.mailed(secondMail, "restore"), "canary-password-3")).Is(http.StatusNoContent, "")
	p.logIn(secondMail, "canary-password-3")
	refresh := p.issued[len(p.issued)-1]
	p.issued = append(p.issued, next(p.s, refresh))
	p.logIn(secondMail, "canary-password-3")
	p.send(http.MethodDelete, "/sessions/others", "192.0.2.72", "").Is(http.StatusNoContent, "")
	p.send(http.MethodPatch, "/customers/me", "192.0.2.72", newEmail(thirdMail)).Has(http.StatusOK)
	p.mailed(thirdMail, "confirm")
}

// secrets are the words that nothing may hold at any time.
func (p *shopper) secrets() []string {
	return append(p.issued[:len(p.issued):len(p.issued)], neverKept...)
}

// Everything that can be given is given, everything that there is to use is used,
// and then the customer is erased: no table has a word of it, no file, no dump, no
// log and no answer.
//
// What stays is how often somebody tried what from where whom nobody can name: a
// login with an unknown name, a wish for a letter. Whoever could erase that by
// erasing an account would leave no traces.
func TestNothingOfAnAnonymisedCustomerIsLeft(t *testing.T) {
	t.Parallel()
	apitest.Each(t, proxied(apitest.Settings{"REGISTRATION": "confirm", "LOG_LEVEL": "debug"}), func(t *testing.T, s *apitest.Service) {
		bystander := s.Register("bystander@example.com")
		// Somebody is to be told of everything, keys too, who does not listen.
		endpoint := s.Post("/webhook-endpoints", apitest.AdminKey, apitest.Document("webhook-endpoints", map[string]any{"url": "http://127.0.0.1:1/", "withKeys": true})).Has(http.StatusCreated).Text("data.id")
		p := &shopper{t: t, s: s}
		p.register()
		p.logIn(firstMail, "canary-password-1")
		p.fillIn()
		p.moveOn()

		before := strings.Join(slices.Collect(maps.Values(s.Dump())), "")
		for word, column := range kept {
			if !slices.Contains(s.Search(word), column) || before != "" && !isNumber(word) && !strings.Contains(before, word) {
				t.Errorf("the search is blind: %s is in %v, and not seen in %s", word, s.Search(word), column)
			}
		}
		for _, secret := range p.secrets() {
			for _, column := range s.Search(secret) {
				if !strings.HasPrefix(column, "outbox_messages.") { // where letters are captured, they are what would have been sent
					t.Errorf("%s is kept in %s", secret, column)
				}
			}
		}
		p.isNotLogged()

		s.Forget(secondMail) // its job may run before, beside or after
		p.send(http.MethodDelete, "/customers/"+p.reference, "192.0.2.72", "", "User-Agent", "canary-agent", "X-Request-Id", "canary-login-request").Is(http.StatusNoContent, "")
		s.Login(bystander.Email, bystander.Password)
		if letters := s.Letters(bystander.Email, "").At("meta.total"); letters != 1.0 {
			t.Errorf("%v letters of somebody else are left", letters)
		}
		p.isForgotten("/events?page[size]=100", "/webhook-endpoints/"+endpoint+"/deliveries?page[size]=100")
		p.isNotLogged()
		p.comesBack()
	})
}

// isNumber reports whether a word is kept in another form than it is written in.
func isNumber(word string) bool { return strings.Trim(word, "0123456789") == "" }

// isNotLogged holds the log to what it may tell: of a customer the ids of their
// requests, which clients choose for that.
func (p *shopper) isNotLogged() {
	p.t.Helper()
	log := p.s.Log.String()
	if !strings.Contains(log, "canary-login-request") {
		p.t.Fatal("the log tells of nothing")
	}
	words := p.secrets()
	for word := range kept {
		if !strings.HasSuffix(word, "-request") {
			words = append(words, word)
		}
	}
	for _, word := range words {
		if strings.Contains(log, word) {
			p.t.Errorf("%s is logged", word)
		}
	}
}

// isForgotten looks for every word in all that there is, these paths among it.
func (p *shopper) isForgotten(paths ...string) {
	p.t.Helper()
	words, dump := p.secrets(), p.s.Dump()
	for word := range kept {
		if word != nobodysAddress && word != nobodysRequest {
			words = append(words, word)
		}
	}
	for _, word := range words {
		if found := p.s.Search(word); len(found) > 0 {
			p.t.Errorf("%s is left in %v", word, found)
		}
		for name, content := range dump {
			if at := strings.Index(content, word); at >= 0 {
				p.t.Errorf("%s is left in %s: %q", word, name, content[max(0, at-100):min(len(content), at+100)])
			}
		}
	}
	for _, row := range p.s.Rows("SELECT * FROM audit_events WHERE client_address = '" + nobodysAddress + "' OR request_id = '" + nobodysRequest + "'") {
		if row["customer"] != nil || row["actor_id"] != nil {
			p.t.Errorf("what is left of nobody names somebody: %v", row)
		}
	}
	for _, path := range append(paths,
		"/customers", "/customers/"+p.reference, "/customers/"+p.reference+"?include=addresses", "/customers/"+p.reference+"/addresses",
		"/customers/"+p.reference+"/defaultShippingAddress", "/customers/"+p.reference+"/sources", "/customers/"+p.reference+"?include=sources", "/payment-sources", "/outbox-messages", "/audit-events?page[size]=100", "/audit-events?filter[customer]="+p.reference) {
		answer := p.s.Get(path, apitest.AdminKey).Has(http.StatusOK)
		for _, word := range words {
			if strings.Contains(answer.Body, word) {
				p.t.Errorf("GET %s tells %s", path, word)
			}
		}
	}
	for _, filter := range []string{"filter[email]=" + secondMail, "filter[q]=canary-first", "filter[q]=canary-mail"} {
		if found := p.s.Get("/customers?"+filter, apitest.AdminKey).Has(http.StatusOK); found.At("meta.total") != 0.0 {
			p.t.Errorf("%s finds %s", filter, found.Body)
		}
	}
	p.s.Get("/customers/me", p.token).Fails(http.StatusUnauthorized, "001 access_token_invalid Authorization")
	p.s.LogIn(secondMail, "canary-password-3").Fails(http.StatusUnauthorized, wrong)
}

// comesBack registers with the address of before, which is somebody new.
func (p *shopper) comesBack() {
	p.t.Helper()
	again := p.s.Register(secondMail)
	shown := p.s.Get("/customers/me?include=addresses", again.Token).Has(http.StatusOK)
	sessions := p.s.Get("/sessions", again.Token).Has(http.StatusOK)
	if again.Reference == p.reference || strings.Contains(strings.ReplaceAll(shown.Body, secondMail, ""), "canary") || strings.Count(sessions.Body, `"type":"sessions"`) != 1 {
		p.t.Errorf("%s\n%s", shown.Body, sessions.Body)
	}
	if letters := p.s.Letters(secondMail, "").At("meta.total"); letters != 1.0 {
		p.t.Errorf("%v letters are there for who has just come", letters)
	}
	p.s.Get("/customers/"+p.reference, again.Token).Fails(http.StatusNotFound, "402 customer_not_found -")
	events := p.s.Get("/audit-events?filter[customer]="+url.QueryEscape(again.Reference), apitest.AdminKey)
	if strings.Count(events.Body, `"type":"audit-events"`) != 3 || strings.Contains(events.Body, p.reference) { // registered, confirmed, logged in
		p.t.Error(events.Body)
	}
}

// A letter that the mail server will not have, or not yet, waits with an address
// that may be a former one by the time the customer is erased.
func TestLettersThatWereGivenUpAreForgottenToo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, url string) {
		server := mailtest.NewServer(t)
		s := apitest.Start(t, apitest.Options{Database: url, Settings: apitest.Settings{"MAIL_URL": server.URL()}})
		idle := func() {
			t.Helper()
			if err := s.App.Accounts().Queue.Idle(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		reference := s.Post("/customers", "", apitest.Registration(firstMail)).Has(http.StatusCreated).Text("data.id")
		token := s.Login(firstMail, apitest.Password)
		idle()
		server.Refuse(mailtest.AtRecipient, 550)
		s.Forget(firstMail)
		idle()
		has := func(word string, states ...string) {
			t.Helper()
			rows := s.Rows("SELECT state, args FROM river_job")
			if !slices.ContainsFunc(rows, func(row map[string]any) bool {
				return slices.Contains(states, fmt.Sprint(row["state"])) && strings.Contains(fmt.Sprint(row["args"]), word)
			}) {
				t.Errorf("no job that is one of %v holds %s: %v", states, word, rows)
			}
		}
		has(firstMail, "cancelled")
		s.Patch("/customers/me", token, newEmail(secondMail)).Has(http.StatusOK)
		idle()
		has(firstMail, "cancelled") // the letter to the former address
		server.Refuse(mailtest.AtRecipient, 451)
		s.Forget(secondMail)
		idle()
		has(secondMail, "available", "retryable")

		s.Delete("/customers/"+reference, token).Is(http.StatusNoContent, "")
		for _, word := range []string{firstMail, secondMail} {
			if found := s.Search(word); len(found) > 0 {
				t.Errorf("%s is left in %v", word, found)
			}
			for name, content := range s.Dump() {
				if strings.Contains(content, word) {
					t.Errorf("%s is left in %s", word, name)
				}
			}
			if strings.Contains(s.Log.String(), word) {
				t.Errorf("%s is logged", word)
			}
		}
	})
}

// Where the shop wants it, a last letter tells the customer, and takes their address
// with it: when it was sent, was refused for good, or could not be sent within an hour.
func TestTheLastLetterTakesTheAddressWithIt(t *testing.T) {
	t.Parallel()
	for name, become := range map[string]func(*apitest.Postman){"sent": (*apitest.Postman).Works, "refused": (*apitest.Postman).Refuses, "late": (*apitest.Postman).IsDown} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				p := &apitest.Postman{}
				p.Works()
				s := apitest.Start(t, apitest.Options{Database: url, Sender: p, Settings: apitest.Settings{"ERASURE_NOTICE": "on"}})
				s.Post("/customers", "", apitest.Registration("planted-ada@example.com")).Has(http.StatusCreated)
				eventually(t, "the first letter was sent", func() bool { return p.Delivered() == 1 })
				become(p)
				s.Delete("/customers/DE--1", apitest.AdminKey).Is(http.StatusNoContent, "")
				left := func() []map[string]any {
					return s.Rows("SELECT state FROM river_job WHERE CAST(args AS text) LIKE '%planted-ada%'")
				}
				if name == "late" {
					eventually(t, "the letter has failed", func() bool { rows := left(); return len(rows) == 1 && rows[0]["state"] == "retryable" })
					s.Clock.Forward(time.Hour)
					id := s.Get("/jobs?filter[kind]=letter_account_erased", apitest.AdminKey).Text("data.0.id")
					s.Patch("/jobs/"+id, apitest.AdminKey, apitest.Document("jobs", map[string]any{"state": "available"})).Has(http.StatusOK)
				}
				eventually(t, "the address was forgotten", func() bool { return len(left()) == 0 })
				if sent := p.Delivered(); (sent == 2) != (name == "sent") {
					t.Errorf("%d letters were sent", sent)
				}
			})
		})
	}
}
