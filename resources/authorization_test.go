package resources_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/store/storetest"
	"github.com/clientelehq/clientele/resources"
)

// Who asks. The first three of the customers ask for what is, or was, their own,
// everybody else for what is the owner's.
const (
	owner      = "the owner"
	anonymised = "an anonymised customer, with a token of before"
	disabled   = "a disabled customer, with a token of before"
	other      = "another customer"
	visitor    = "somebody without a token"
	malformed  = "somebody with a malformed token"
	unscoped   = "an API key without the scope"
	scoped     = "an API key with the scope"

	anybody = "anybody whose credential, if there is one, is right"
)

var actors = []string{visitor, malformed, other, anonymised, disabled, unscoped, owner, scoped}

// probe is a request for what is the owner's. Its path is that of the route, and
// {reference}, {address}, {email} and {refresh} in it stand for the owner's.
type probe struct {
	query, body, media string
	header             map[string]string
	id                 func(holder) string // of the path; nil is the address
	scope              account.Scope       // where it is not the route's
	told               bool                // everybody is told of the owner, or told what they have sent: the mailbox of development, and a form
	answers            map[string]string   // `status code`, where the policy of the route does not say it; done is any success
}

const done = "done"

type answers map[string]string

const form = "application/x-www-form-urlencoded"

// probes has a line for each route that does more than to refuse. A route without
// one fails the test.
var probes = map[string][]probe{
	"POST /customers": {{body: apitest.Registration("{email}"), answers: answers{anybody: "422 400"}}},
	"GET /customers": {
		{answers: answers{other: done}}, // themself alone
		{query: "?include=addresses,defaultShippingAddress,addresses.customer", answers: answers{other: done}},
		{query: "?filter[id]={reference}", answers: answers{other: done}},
	},
	"GET /customers/:reference": {
		{answers: answers{other: "404 402"}},
		{query: "?include=addresses,defaultBillingAddress", answers: answers{other: "404 402"}},
		{header: map[string]string{"If-None-Match": `"x"`}, answers: answers{other: "404 402"}},
	},
	"PATCH /customers/:reference": {
		{body: apitest.Document("customers", map[string]any{"lastName": "Changed"})},
		{body: `{"data":{"type":"customers","id":"{reference}","attributes":{"enabled":true,"phone":"Changed"}}}`},
		{body: apitest.Document("customers", map[string]any{"lastName": "Changed"}), header: map[string]string{"If-Match": "*"}},
	},
	"DELETE /customers/:reference": {{}},

	"POST /customers/:reference/addresses":       {{body: apitest.Address("Changed")}},
	"GET /customers/:reference/addresses":        {{}, {query: "?include=customer"}},
	"GET /customers/:reference/addresses/:id":    {{}, {query: "?include=customer"}},
	"PATCH /customers/:reference/addresses/:id":  {{body: apitest.Document("addresses", map[string]any{"city": "Changed"})}},
	"DELETE /customers/:reference/addresses/:id": {{}},

	"GET /customers/:reference/relationships/addresses":                {{answers: answers{other: "404 402"}}},
	"POST /customers/:reference/relationships/addresses":               {{answers: refused}},
	"PATCH /customers/:reference/relationships/addresses":              {{answers: refused}},
	"DELETE /customers/:reference/relationships/addresses":             {{answers: refused}},
	"GET /customers/:reference/defaultShippingAddress":                 {{answers: answers{other: "404 402"}}},
	"GET /customers/:reference/defaultBillingAddress":                  {{answers: answers{other: "404 402"}}},
	"GET /customers/:reference/relationships/defaultShippingAddress":   {{answers: answers{other: "404 402"}}},
	"GET /customers/:reference/relationships/defaultBillingAddress":    {{answers: answers{other: "404 402"}}},
	"PATCH /customers/:reference/relationships/defaultShippingAddress": {{body: `{"data":null}`}},
	"PATCH /customers/:reference/relationships/defaultBillingAddress":  {{body: `{"data":null}`}},

	"GET /customers/:reference/orders":                    {{answers: answers{other: "404 402"}}, {query: "?include=customer,items", answers: answers{other: "404 402"}}},
	"GET /customers/:reference/lastOrder":                 {{answers: answers{other: "404 402"}}},
	"GET /customers/:reference/relationships/orders":      {{answers: answers{other: "404 402"}}},
	"GET /customers/:reference/relationships/lastOrder":   {{answers: answers{other: "404 402"}}},
	"POST /customers/:reference/relationships/orders":     {{answers: refused}},
	"PATCH /customers/:reference/relationships/orders":    {{answers: refused}},
	"DELETE /customers/:reference/relationships/orders":   {{answers: refused}},
	"PATCH /customers/:reference/relationships/lastOrder": {{answers: refused}},
	"GET /orders/:id": {{id: orderOf, answers: answers{other: "404 -"}}, {query: "?include=customer", id: orderOf, answers: answers{other: "404 -"}}},
	"PUT /orders/:id": {{id: orderOf, body: orderTold(map[string]any{"version": 2}, "")}},
	"PUT /orders":     {{body: `{"data":[{"type":"orders","id":"order-{reference}","attributes":{"version":3}}]}`}},

	"GET /customers/:reference/sources":                       {{answers: answers{other: "404 402"}}},
	"GET /customers/:reference/payment-methods":               {{answers: answers{other: "404 402"}}},
	"GET /customers/:reference/defaultSource":                 {{answers: answers{other: "404 402"}}},
	"GET /customers/:reference/relationships/sources":         {{answers: answers{other: "404 402"}}},
	"POST /customers/:reference/relationships/sources":        {{body: `{"data":[{"type":"payment-sources","id":"{free}"}]}`}},
	"PATCH /customers/:reference/relationships/sources":       {{answers: refused}},
	"DELETE /customers/:reference/relationships/sources":      {{body: `{"data":[{"type":"payment-sources","id":"{source}"}]}`}},
	"GET /customers/:reference/relationships/defaultSource":   {{answers: answers{other: "404 402"}}},
	"PATCH /customers/:reference/relationships/defaultSource": {{body: `{"data":null}`}},

	// An operation is held to the policy of the route that it stands for.
	"POST /operations": {
		operating(`{"op":"update","ref":{"type":"customers","id":"{reference}"},"data":{"type":"customers","id":"{reference}","attributes":{"lastName":"Changed"}}}`),
		operating(`{"op":"remove","href":"/customers/{reference}"}`),
		operating(`{"op":"add","href":"/customers/{reference}/addresses","data":{"type":"addresses","attributes":` + addressAttributes + `}}`),
		operating(`{"op":"add","data":{"type":"addresses","attributes":` + addressAttributes + `,"relationships":{"customer":{"data":{"type":"customers","id":"{reference}"}}}}}`),
		operating(`{"op":"update","href":"/customers/{reference}/addresses/{address}","data":{"type":"addresses","id":"{address}","attributes":{"city":"Changed"}}}`),
		operating(`{"op":"remove","href":"/customers/{reference}/addresses/{address}"}`),
		operating(`{"op":"update","ref":{"type":"customers","id":"{reference}","relationship":"defaultShippingAddress"},"data":null}`),
	},

	"PATCH /customer-password":                          {{body: passwordChange("a-wrong-guess", anotherPassword), answers: answers{other: "400 408", owner: "400 408"}}}, // whose it is, the token says
	"PATCH /customer-password/:reference":               {{body: passwordChange(apitest.Password, anotherPassword)}},
	"POST /customer-forgotten-password":                 {{body: apitest.Document("customer-forgotten-password", map[string]any{"email": "{email}"}), answers: answers{anybody: done}}}, // a letter to the owner
	"PATCH /customer-restore-password":                  {{body: restoration("{refresh}", anotherPassword), answers: answers{anybody: "422 415"}}},
	"PATCH /customer-restore-password/:any":             {{body: restoration("a-guess", anotherPassword), answers: answers{anybody: "422 415"}}},
	"POST /customer-confirmation":                       {{body: apitest.Document("customer-confirmation", map[string]any{"registrationKey": "a-guess"}), answers: answers{anybody: "422 423"}}},
	"POST /access-tokens":                               {{body: apitest.Document("access-tokens", map[string]any{"username": "{email}", "password": "a-wrong-guess"}), answers: answers{anybody: "401 003"}}},
	"GET /access-tokens":                                {{answers: answers{anybody: done}}},
	"POST /refresh-tokens":                              {{body: apitest.Document("refresh-tokens", map[string]any{"refreshToken": "{refresh}x"}), answers: answers{anybody: "401 004"}}},
	"GET /refresh-tokens":                               {{answers: answers{anybody: done}}},
	"DELETE /refresh-tokens/:token":                     {{answers: answers{other: done}}}, // and nothing has ended
	"POST /token":                                       {{media: "application/x-www-form-urlencoded", body: "grant_type=password&username={email}&password=a-wrong-guess", answers: answers{anybody: "400 -"}}},
	"GET /sessions":                                     {{answers: answers{other: done}}}, // one's own
	"GET /sessions/:id":                                 {{id: func(h holder) string { return h.session }, answers: answers{other: "404 -"}}},
	"DELETE /sessions/:id":                              {{id: func(h holder) string { return h.session }, answers: answers{other: "404 -"}}},
	"GET /audit-events":                                 {{}, {query: "?filter[customer]={reference}"}},
	"GET /audit-events/:id":                             {{id: func(h holder) string { return h.event }}},
	"GET /events":                                       {{}, {query: "?filter[customer]={reference}"}},
	"GET /events/:id":                                   {{id: func(h holder) string { return h.news }}},
	"POST /customer-invitations":                        {{body: apitest.Document("customer-invitations", map[string]any{"customerReference": "{reference}"}), answers: answers{scoped: "409 4410"}}},
	"POST /customer-invitation-acceptance":              {{body: acceptance(map[string]any{"invitationKey": "a-guess"}), answers: answers{anybody: "422 4411"}}},
	"POST /webhook-endpoints":                           {{body: apitest.Document("webhook-endpoints", map[string]any{"url": "http://127.0.0.1:1/"}), answers: answers{scoped: "201 -"}}},
	"GET /webhook-endpoints":                            {{}},
	"GET /webhook-endpoints/:id":                        {{id: endpointOf}},
	"PATCH /webhook-endpoints/:id":                      {{id: endpointOf, body: apitest.Document("webhook-endpoints", map[string]any{"eventTypes": []string{"customer.deleted"}})}},
	"DELETE /webhook-endpoints/:id":                     {{id: endpointOf}},
	"POST /webhook-endpoints/:id/secrets":               {{id: endpointOf}},
	"POST /webhook-endpoints/:id/replays":               {{id: endpointOf, body: apitest.Document("webhook-replays", map[string]any{"from": "2018-11-06T08:15:02Z"}), answers: answers{scoped: "204 -"}}},
	"GET /webhook-endpoints/:id/deliveries":             {{id: endpointOf}},
	"POST /customers/:reference/data-exports":           {{answers: answers{owner: "201 -", scoped: "201 -"}}},
	"GET /customers/:reference/data-exports":            {{answers: answers{other: "404 402"}}},
	"GET /customers/:reference/data-exports/:id":        {{id: func(h holder) string { return h.export }, answers: answers{other: "404 402"}}},
	"GET /data-exports/:id/file":                        {{id: func(h holder) string { return h.export }, query: "?expiresAt=9999999999&linkSignature=00", answers: answers{anybody: "404 -"}}},
	"POST /customer-merges":                             {{body: apitest.Document("customer-merges", map[string]any{"keepReference": "{reference}", "duplicateReference": "{reference}"}), answers: answers{scoped: "409 4490"}}},
	"POST /customer-groups":                             {{body: apitest.Document("customer-groups", map[string]any{"name": "Wholesale"}), answers: answers{scoped: "201 -"}}},
	"GET /customer-groups":                              {{answers: answers{scoped: done}}},
	"GET /customer-groups/:id":                          {{id: groupOf}},
	"PATCH /customer-groups/:id":                        {{id: groupOf, body: apitest.Document("customer-groups", map[string]any{"metadata": map[string]any{"a": "Changed"}})}},
	"DELETE /customer-groups/:id":                       {{id: groupOf}},
	"GET /customers/:reference/groups":                  {{answers: answers{other: "404 402"}}},
	"GET /customers/:reference/relationships/groups":    {{answers: answers{other: "404 402"}}},
	"POST /customers/:reference/relationships/groups":   {{body: `{"data":[]}`, answers: answers{scoped: "200 -"}}},
	"PATCH /customers/:reference/relationships/groups":  {{body: `{"data":[]}`}},
	"DELETE /customers/:reference/relationships/groups": {{body: `{"data":[]}`, answers: answers{scoped: "200 -"}}},
	"GET /customers/:reference/consents":                {{answers: answers{other: "404 402"}}},
	"POST /customers/:reference/consents":               {{body: apitest.Document("consents", map[string]any{})}},
	"POST /erasure-requests":                            {{body: apitest.Document("erasure-requests", map[string]any{"customerReference": "{reference}", "mode": "purge"}), answers: answers{scoped: "409 4460"}}},
	"GET /erasure-requests":                             {{}, {query: "?filter[customer]={reference}"}},
	"GET /erasure-requests/:id":                         {{id: wishOf}},
	"PATCH /erasure-requests/:id":                       {{id: wishOf, body: apitest.Document("erasure-requests", map[string]any{"state": "cancelled"})}},
	"POST /payment-sources":                             {{body: card(nil), answers: answers{scoped: "201 -"}}},
	"GET /payment-sources":                              {{}, {query: "?filter[customer]={reference}"}},
	"GET /payment-sources/:id":                          {{id: sourceOf, answers: answers{other: "404 4472"}}, {id: sourceOf, query: "?include=customer", answers: answers{other: "404 4472"}}},
	"PATCH /payment-sources/:id":                        {{id: sourceOf, body: apitest.Document("payment-sources", map[string]any{"holder": "Changed"})}},
	"DELETE /payment-sources/:id":                       {{id: sourceOf}},
	"GET /stores":                                       {{}},
	"POST /stores":                                      {{body: apitest.WithID("AT", apitest.Document("stores", map[string]any{})), answers: answers{scoped: "201 -"}}},
	"GET /stores/:id":                                   {{id: func(holder) string { return "DE" }}},
	"PATCH /stores/:id":                                 {{id: func(holder) string { return "DE" }, body: apitest.Document("stores", map[string]any{"title": "Changed"}), answers: answers{scoped: "200 -"}}},
	"GET /jobs":                                         {{answers: answers{scoped: "200 -"}}},
	"GET /jobs/:id":                                     {{id: func(holder) string { return "0" }, answers: answers{scoped: "404 -"}}},
	"PATCH /jobs/:id":                                   {{id: func(holder) string { return "0" }, body: apitest.Document("jobs", map[string]any{"state": "available"}), answers: answers{scoped: "404 -"}}},
	"GET /outbox-messages":                              {{}, {query: "?filter[to]={email}"}},
	"GET /outbox-messages/:id":                          {{id: func(h holder) string { return h.letter }}},
	"GET /.well-known/jwks.json":                        {{answers: answers{anybody: done}}},
	"GET /openapi.json":                                 {{answers: answers{anybody: done}}},
	"GET /docs":                                         {{answers: answers{anybody: done}}},
	"GET /docs/:file":                                   {{answers: answers{anybody: done}}},
	"GET /errors":                                       {{answers: answers{anybody: done}}},
	"GET /errors/:key":                                  {{answers: answers{anybody: done}}},
	"GET /account/confirm":                              {{query: "?token={refresh}", answers: answers{anybody: done}}},
	"GET /account/restore":                              {{query: "?token={refresh}", answers: answers{anybody: done}}},
	"GET /account/invite":                               {{query: "?token={refresh}", answers: answers{anybody: done}}},
	"POST /account/confirm":                             {{media: form, body: "token={refresh}", answers: answers{anybody: "422 -"}}, {told: true, media: form, body: "email={email}&code=0000-0000", answers: answers{anybody: "422 -"}}},
	"POST /account/restore":                             {{media: form, body: "token={refresh}&password=" + anotherPassword + "&confirmation=" + anotherPassword, answers: answers{anybody: "422 -"}}},
	"POST /account/invite":                              {{media: form, body: "token={refresh}&password=" + anotherPassword + "&confirmation=" + anotherPassword, answers: answers{anybody: "422 -"}}},
	"GET /account/style.css":                            {{answers: answers{anybody: done}}},
	"GET /dev/mail":                                     {{told: true, answers: answers{anybody: done}}},
	"GET /dev/mail/:id":                                 {{told: true, id: func(h holder) string { return h.letter }, answers: answers{anybody: done}}},
	"GET /dev/mail/:id/html":                            {{told: true, id: func(h holder) string { return h.letter }, answers: answers{anybody: done}}},
}

func groupOf(h holder) string  { return h.group }
func sourceOf(h holder) string { return h.source }
func wishOf(h holder) string   { return h.wish }
func orderOf(h holder) string  { return "order-" + h.Reference }

func endpointOf(h holder) string { return h.endpoint }

// refused is a relationship that nobody may change.
var refused = answers{owner: "403 -", other: "403 -", unscoped: "403 -", scoped: "403 -"}

const addressAttributes = `{"firstName":"A","lastName":"B","address1":"c","address2":"d","salutation":"Mr","zipCode":"1","city":"Changed","iso2Code":"DE","isDefaultShipping":false,"isDefaultBilling":false}`

func operating(one string) probe {
	return probe{body: `{"atomic:operations":[` + one + `]}`, media: `application/vnd.api+json; ext="https://jsonapi.org/ext/atomic"`, scope: account.WriteCustomers,
		answers: answers{visitor: "403 002", other: "403 411", unscoped: "403 411", owner: done, scoped: done}}
}

// expected is what the probe is answered with.
func (p probe) expected(policy resources.Policy, who string) string {
	said, isSaid := p.answers[who]
	switch {
	case policy.Refuses != nil:
		return coded(policy.Refuses.Status, policy.Refuses.Code)
	case isSaid:
		return said
	case slices.Contains([]string{malformed, anonymised, disabled}, who):
		return "401 001"
	case policy.Access == "visitors":
		return p.answers[anybody]
	case who == visitor:
		return "403 002"
	case who == owner && policy.Access == "customers", who == scoped && policy.Scope != "":
		return done
	}
	return "403 411"
}

// entitles reports whether the owner, or a key, gets by this probe what it asks for.
func (p probe) entitles(policy resources.Policy, who string) bool {
	return (who == owner || who == scoped) && p.expected(policy, who) == done && p.answers[anybody] == ""
}

func (p probe) name(policy resources.Policy) string {
	return fmt.Sprint(policy.Method, " ", policy.Path, p.query, " ", p.body)
}

func coded(status int, code string) string {
	if code == "" {
		code = "-"
	}
	return fmt.Sprint(status, " ", code)
}

// canary stands in every field of a holder, and must be told to nobody else.
const canary = "canary"

// staffOnly stands in every field that staff keep for themselves: no customer is told
// it, of themself neither, on any route.
const staffOnly = "backoffice"

// staffFields are the names of such fields.
var staffFields = regexp.MustCompile(`"(note|requestToBeForgotten|mergedInto|anonymizedAt|providerIds|idempotencyKey|token)":`)

// holder is a customer with something of everything.
type holder struct {
	apitest.Customer
	address, session, letter, event, news, endpoint, wish, group, export string // ids
	source, free                                                         string // of payment sources: the owner's, and nobody's
}

// matrix is a service with everybody who may ask.
type matrix struct {
	*apitest.Service
	t           *testing.T
	made        int
	credentials map[string]string
	holders     map[string]holder
	spare       *holder // whom nobody misses when something is changed
}

func newMatrix(t *testing.T, s *apitest.Service) *matrix {
	m := &matrix{Service: s, t: t, holders: map[string]holder{}}
	for _, who := range []string{owner, anonymised, disabled} {
		m.holders[who] = m.holder()
	}
	s.Patch("/stores/DE", apitest.AdminKey, apitest.Document("stores", map[string]any{"title": canary})).Has(http.StatusOK)
	m.credentials = map[string]string{malformed: "a.b.c", other: s.Register("other@example.com").Token}
	for who, h := range m.holders {
		m.credentials[who] = h.Token
	}
	s.Delete("/customers/me", m.credentials[anonymised]).Has(http.StatusNoContent)
	s.Patch("/customers/"+m.holders[disabled].Reference, apitest.AdminKey, apitest.Document("customers", map[string]any{"enabled": false})).Has(http.StatusOK)
	return m
}

// holder makes a customer whose every field holds the canary.
func (m *matrix) holder() holder {
	m.made++
	// It is told of them alone, and of nobody after.
	endpoint := func(attributes map[string]any) string { return apitest.Document("webhook-endpoints", attributes) }
	told := m.Post("/webhook-endpoints", apitest.AdminKey, endpoint(map[string]any{"url": "http://127.0.0.1:1/", "description": canary})).Has(http.StatusCreated).Text("data.id")
	h := holder{Customer: m.Register(fmt.Sprintf("%s%d@example.com", canary, m.made)), endpoint: told}
	own := "/customers/" + h.Reference
	m.Patch(own, apitest.AdminKey, apitest.Document("customers", map[string]any{"firstName": canary, "lastName": canary, "phone": canary, "identification": canary, "identificationType": canary,
		"metadata": map[string]any{"a": canary}, "extra": map[string]any{"a": canary}, "note": staffOnly, "providerIds": map[string]any{"stripe": staffOnly}})).Has(http.StatusOK)
	address := map[string]any{"salutation": "Mr", "iso2Code": "DE", "zipCode": canary, "isDefaultShipping": true, "isDefaultBilling": true, "metadata": map[string]any{"a": canary}}
	for _, name := range []string{"firstName", "lastName", "address1", "address2", "address3", "city", "company", "phone", "houseNumber", "floor", "locality", "province"} {
		address[name] = canary
	}
	h.address = m.Post(own+"/addresses", h.Token, apitest.Document("addresses", address)).Has(http.StatusCreated).Text("data.id")
	source := card(map[string]any{"provider": canary, "token": staffOnly, "brand": canary, "holder": canary, "metadata": map[string]any{"a": canary}})
	for _, place := range []*string{&h.source, &h.free} {
		*place = m.Post("/payment-sources", apitest.AdminKey, source).Has(http.StatusCreated).Text("data.id")
	}
	m.Post(own+"/relationships/sources", apitest.AdminKey, sourcesOf(h.source)).Has(http.StatusOK)
	login := m.Do(apitest.Request{Method: http.MethodPost, Path: "/access-tokens", Header: map[string]string{"User-Agent": canary},
		Body: apitest.Document("access-tokens", map[string]any{"username": h.Email, "password": h.Password})}).Has(http.StatusCreated)
	h.Token, h.Refresh = login.Text("data.attributes.accessToken"), login.Text("data.attributes.refreshToken")
	h.session = m.Get("/sessions", h.Token).Text("data.0.id")
	h.group = m.Post("/customer-groups", apitest.AdminKey, apitest.Document("customer-groups", map[string]any{"name": fmt.Sprint(canary, m.made), "metadata": map[string]any{"a": staffOnly}})).Has(http.StatusCreated).Text("data.id")
	m.Post(own+"/relationships/groups", apitest.AdminKey, `{"data":[{"type":"customer-groups","id":"`+h.group+`"}]}`).Has(http.StatusOK)
	h.export = m.Post("/customers/me/data-exports", h.Token, "").Has(http.StatusCreated).Text("data.id")
	h.wish = m.Post("/erasure-requests", apitest.AdminKey, apitest.Document("erasure-requests", map[string]any{"customerReference": h.Reference})).Has(http.StatusCreated).Text("data.id")
	h.letter = m.Letters(h.Email, "").Text("data.0.id")
	h.news = m.Get("/events?filter[customer]="+h.Reference, apitest.AdminKey).Text("data.0.id")
	m.Patch("/webhook-endpoints/"+told, apitest.AdminKey, endpoint(map[string]any{"enabled": false})).Has(http.StatusOK)
	put(m.Service, "/orders/"+orderOf(h), apitest.AdminKey, strings.Replace(orderTold(map[string]any{"email": h.Email, "cartId": canary, "idempotencyKey": staffOnly, "metadata": map[string]any{"a": canary}}, h.Reference),
		`"relationships":{`, `"relationships":{"items":{"data":[{"type":"items","id":"`+canary+`"}]},`, 1)).Has(http.StatusCreated)
	h.event = m.Get("/audit-events?filter[customer]="+h.Reference, apitest.AdminKey).Text("data.0.id")
	return h
}

// key returns an API key that has a scope and no other, or all but that one.
func (m *matrix) key(scope account.Scope, has bool) string {
	m.t.Helper()
	name := fmt.Sprint(scope, has)
	if m.credentials[name] != "" {
		return m.credentials[name]
	}
	var scopes []string
	for _, one := range account.Scopes() {
		implied := one == account.ImpliedBy(scope)
		if has == (one == scope) && !implied {
			scopes = append(scopes, string(one))
		}
	}
	if len(scopes) == 0 { // no key has the scope of a route that is open to none
		scopes = []string{string(account.WriteCustomers)}
	}
	secret, err := m.App.Accounts().CreateAPIKey(m.t.Context(), "matrix", scopes)
	if err != nil {
		m.t.Fatal(err)
	}
	m.credentials[name] = secret
	return secret
}

// holdings is all that is kept of somebody.
func (m *matrix) holdings(h holder) string {
	m.t.Helper()
	of := " = (SELECT id FROM customers WHERE reference = '" + h.Reference + "') ORDER BY 1"
	return fmt.Sprint(m.Rows("SELECT * FROM customers WHERE id"+of), m.Rows("SELECT * FROM addresses WHERE customer_id"+of), m.Rows("SELECT * FROM payment_sources WHERE customer_id"+of),
		m.Rows("SELECT * FROM sessions WHERE customer_id"+of), m.Rows("SELECT * FROM consents WHERE customer_id"+of), m.Rows("SELECT * FROM customer_group_members WHERE customer_id"+of), m.Rows("SELECT version FROM customer_groups WHERE id = '"+h.group+"'"),
		m.Rows("SELECT * FROM orders WHERE id = '"+orderOf(h)+"'"), m.Rows("SELECT version FROM webhook_endpoints WHERE id = '"+h.endpoint+"'"))
}

// everything is what all holders have, to an API key and in the database.
func (m *matrix) everything() map[string]string {
	m.t.Helper()
	all := map[string]string{}
	for who, h := range m.holders {
		all[who] = m.Get("/customers/"+h.Reference+"?include=addresses", apitest.AdminKey).Has(http.StatusOK).Body + m.holdings(h)
	}
	return all
}

// request is the probe, for what is h's.
func (p probe) request(policy resources.Policy, h holder, credential string) apitest.Request {
	id := h.address
	if p.id != nil {
		id = p.id(h)
	}
	body := p.body
	if policy.Refuses != nil && policy.Type != "" {
		body = apitest.Document(policy.Type, map[string]any{})
	}
	filled := strings.NewReplacer(":reference", h.Reference, ":id", id, ":token", h.Refresh, ":any", "1", ":file", "style.css", ":key", "email_taken",
		"{reference}", h.Reference, "{address}", h.address, "{source}", h.source, "{free}", h.free, "{email}", h.Email, "{refresh}", h.Refresh)
	r := apitest.Request{Method: policy.Method, Path: filled.Replace(policy.Path + p.query), Token: credential, Body: filled.Replace(body), Header: map[string]string{}}
	for name, value := range p.header {
		r.Header[name] = value
	}
	if p.media != "" {
		r.Header["Content-Type"] = p.media
	}
	return r
}

// try sends a probe from everybody, and looks at what they are answered and at what
// is left.
func (m *matrix) try(policy resources.Policy, p probe) {
	m.t.Helper()
	before := m.holdings(m.holders[owner])
	for _, who := range actors {
		if p.entitles(policy, who) {
			continue
		}
		answer := m.ask(policy, p, who, m.holders[owner])
		if told := answer.Header.Get("Location") + answer.Body; !p.told && (strings.Contains(told, canary) || strings.Contains(told, m.holders[owner].address)) {
			m.t.Errorf("%s: %s is told of the owner: %s", p.name(policy), who, told)
		}
	}
	if m.holdings(m.holders[owner]) != before {
		m.t.Errorf("%s: somebody else has changed what is the owner's", p.name(policy))
	}
	for _, who := range []string{owner, scoped} {
		if p.entitles(policy, who) {
			m.tryEntitled(policy, p, who)
		}
	}
}

// tryEntitled shows that the probe reaches what it is about.
func (m *matrix) tryEntitled(policy resources.Policy, p probe, who string) {
	m.t.Helper()
	if policy.Method == http.MethodGet {
		h := m.holders[owner]
		if answer := m.ask(policy, p, who, h); !slices.ContainsFunc([]string{canary, h.address, h.Reference}, func(told string) bool { return strings.Contains(answer.Body, told) }) {
			m.t.Errorf("%s: %s is told nothing of the owner: %s", p.name(policy), who, answer.Body)
		}
		return
	}
	if m.spare == nil {
		m.spare = new(m.holder())
	}
	before := m.holdings(*m.spare)
	m.ask(policy, p, who, *m.spare)
	if m.holdings(*m.spare) == before {
		m.t.Errorf("%s: %s has changed nothing", p.name(policy), who)
	}
	if policy.Method == http.MethodDelete || strings.Contains(p.body, `"op":"remove"`) || strings.HasPrefix(policy.Path, "/customer-password") {
		m.spare = nil // is no longer whole
	}
}

// ask sends the probe of one who asks, and holds the answer to what is expected.
func (m *matrix) ask(policy resources.Policy, p probe, who string, asked holder) *apitest.Answer {
	m.t.Helper()
	credential := m.credentials[who]
	switch who {
	case owner:
		credential = asked.Token
	case anonymised, disabled:
		asked = m.holders[who]
	case scoped, unscoped:
		scope := policy.Scope
		if p.scope != "" {
			scope = p.scope
		}
		credential = m.key(scope, who == scoped)
	}
	request := p.request(policy, asked, credential)
	answer, expected := m.Do(request), p.expected(policy, who)
	if got := outcome(answer); got != expected && (expected != done || answer.Status >= 300) {
		m.t.Errorf("%s: %s is answered %s, not %s: %s", p.name(policy), who, got, expected, answer.Body)
	}
	if who != scoped && who != unscoped {
		if strings.Contains(answer.Body, staffOnly) || strings.HasPrefix(policy.Path, "/customers") && staffFields.MatchString(answer.Body) {
			m.t.Errorf("%s: %s is told what is for staff: %s", p.name(policy), who, answer.Body)
		}
	}
	if policy.Method == http.MethodGet && who == other {
		request.Method = http.MethodHead
		if head := m.Do(request); head.Status != answer.Status {
			m.t.Errorf("%s: %s is answered %d to HEAD", p.name(policy), who, head.Status)
		}
	}
	return answer
}

// outcome is how an answer begins.
func outcome(answer *apitest.Answer) string {
	if answer.Status < 300 || answer.Body == "" || !strings.Contains(answer.Body, `"errors"`) {
		return coded(answer.Status, "")
	}
	return coded(answer.Status, answer.Text("errors.0.code"))
}

// Everybody asks on every route of the table for what is one customer's. Only the
// owner, and API keys with the scope that the table names, get and change it. On
// PostgreSQL, for the race detector makes the other one slow; where the databases
// could differ, the tests below ask both.
func TestEveryRouteIsHeldToItsPolicy(t *testing.T) {
	t.Parallel()
	t.Run("jsonapi", func(t *testing.T) { holdTo(t, resources.Policies(resources.JSONAPI()), "jsonapi") })
	t.Run("glue", func(t *testing.T) {
		open := func(p resources.Policy) bool { return p.Access == "visitors" } // where the wires do not differ
		holdTo(t, slices.DeleteFunc(resources.Policies(resources.Glue()), open), "glue")
	})
}

func holdTo(t *testing.T, policies []resources.Policy, wire string) {
	m := newMatrix(t, apitest.Start(t, apitest.Options{Database: storetest.Postgres(t), Held: true, Settings: apitest.Settings{"WIRE": wire, "RATE_LIMITS": "off"}}))
	before := m.everything()
	for _, policy := range policies {
		tried := probes[policy.Method+" "+policy.Path]
		if policy.Refuses != nil {
			tried = []probe{{}}
		}
		if len(tried) == 0 {
			t.Errorf("nobody has asked for %s %s: it needs a line in the table of probes", policy.Method, policy.Path)
		}
		for _, p := range tried {
			m.try(policy, p)
		}
	}
	if difference := cmp.Diff(before, m.everything()); difference != "" {
		t.Errorf("something was changed:\n%s", difference)
	}
	secrets := []string{canary, apitest.AdminKey, apitest.Password, anotherPassword}
	for _, credential := range m.credentials {
		secrets = append(secrets, credential)
	}
	for _, h := range m.holders {
		secrets = append(secrets, h.Refresh)
	}
	for line := range strings.Lines(m.Log.String()) {
		if slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(line, secret) }) {
			t.Errorf("it is logged: %s", line)
		}
	}
}

// However a path is spelled, it is the decoded segment that is asked for and held to
// who asks. {own} and {theirs} are references.
var oddPaths = []string{
	"/customers/%44E--{theirs}", "/customers/D%45--{theirs}", "/customers/%2544E--{theirs}", "/customers/{own}%2f..%2f{theirs}", "/customers/{own}/../{theirs}", "/customers/{own}/..%2f{theirs}",
	"/customers/./{theirs}", "//customers/{theirs}", "//customers/../customers/{theirs}", "/customers//{theirs}", "/customers/{theirs}/", "/customers/{theirs}//", "/customers/{theirs}%2f",
	"/customers/{theirs}%2Faddresses", "/customers/{theirs}%2faddresses%2f{address}", "/customers/{own}%2faddresses/{address}", "/customers/{own}/addresses/..%2f..%2f{theirs}",
	"/customers//addresses/{address}", "/customers/%20/addresses/{address}", "/customers/me/addresses/{address}", "/customers/mine/addresses/{address}", "/customers/*/addresses/{address}",
	"/customers/{own},{theirs}", "/customers/{theirs};x=1", "/customers/{own};/{theirs}", "/customers/{theirs}%00", "/customers/%00{theirs}", "/customers/{theirs}%20", "/customers/%09{theirs}", "/customers/{theirs}%0d%0a",
	"/customers/{theirs}?reference={own}", "/customers/{theirs}?customers={own}", "/customers/{theirs}%3freference={own}", "/customers/{theirs}%23", "/customers/{theirs}.json", "/Customers/{theirs}", "/customers/{lower}",
	"/customers/{theirs}%", "/customers/{theirs}%zz", "/customers/{theirs}%ff", "/customers/%c0%ae%c0%ae/{theirs}", "/customers/{theirs}\u200b", "/customers/{wide}", "/customers/1", "/customers/'%20OR%20'1'='1", "/customers/%25", "/customers/_",
	"/customers/{theirs}/addresses/{address}%00", "/customers/{own}/addresses/{address}%20", "/customers/{own}/addresses/%25", "/customers/{own}/relationships/../../{theirs}", "/customer-password/../customers/{theirs}",
}

func TestNoSpellingOfAPathLeadsToAnotherCustomer(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		m := newMatrix(t, s)
		theirs, mine := m.holders[owner], s.Register("mine@example.com")
		before := m.everything()
		filled := strings.NewReplacer("%44E--{theirs}", "%44"+theirs.Reference[1:], "D%45--{theirs}", "D%45"+theirs.Reference[2:], "%2544E--{theirs}", "%2544"+theirs.Reference[1:],
			"{own}", mine.Reference, "{theirs}", theirs.Reference, "{address}", theirs.address, "{lower}", strings.ToLower(theirs.Reference), "{wide}", strings.ReplaceAll(theirs.Reference, "D", "\uff24"))
		for _, odd := range oddPaths {
			for method, body := range map[string]string{"GET": "", "DELETE": "", "PATCH": `{"data":{"type":"customers","attributes":{"lastName":"Changed"}}}`} {
				status, answer := raw(t, s, method, filled.Replace(odd), mine.Token, body)
				if !slices.Contains([]int{400, 403, 404, 405, 409, 422}, status) {
					t.Errorf("%s %s: %d %s", method, odd, status, answer)
				}
				if strings.Contains(answer, canary) {
					t.Errorf("%s %s: it tells of the owner: %s", method, odd, answer)
				}
			}
		}
		if difference := cmp.Diff(before, m.everything()); difference != "" {
			t.Errorf("something was changed:\n%s", difference)
		}
		for _, spelled := range []string{"%44" + mine.Reference[1:], mine.Reference[:2] + "%2D-" + mine.Reference[4:], "%6de"} {
			if id := s.Get("/customers/"+spelled, mine.Token).Has(http.StatusOK).Text("data.id"); id != mine.Reference {
				t.Errorf("%s is %s", spelled, id)
			}
		}
	})
}

// raw sends a request whose path is in no way looked at before.
func raw(t *testing.T, s *apitest.Service, method, path, token, body string) (status int, answer string) {
	t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(connection, "%s %s HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\nAuthorization: Bearer %s\r\nContent-Type: application/vnd.api+json\r\nContent-Length: %d\r\n\r\n%s", method, path, token, len(body), body)
	response, err := http.ReadResponse(bufio.NewReader(connection), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(read)
}

// Below one's own reference, and a key below any, another customer's address is one
// that does not exist.
func TestAnothersAddressFitsNowhere(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		m := newMatrix(t, s)
		theirs, mine := m.holders[owner], s.Register("mine@example.com")
		s.AddAddress(mine, "Berlin")
		before := m.everything()
		identity := `{"data":{"type":"addresses","id":"` + theirs.address + `"}}`
		own := "/customers/" + mine.Reference
		for _, credential := range []string{mine.Token, apitest.AdminKey} {
			path := own + "/addresses/" + theirs.address
			missing := "404 address_not_found -"
			s.Get(path, credential).Fails(404, missing)
			s.Get(path+"?include=customer", credential).Fails(404, missing)
			s.Patch(path, credential, apitest.Document("addresses", map[string]any{"city": "Changed"})).Fails(404, missing)
			s.Delete(path, credential).Fails(404, missing)
			for _, relation := range []string{"defaultShippingAddress", "defaultBillingAddress"} {
				s.Patch(own+"/relationships/"+relation, credential, identity).Fails(404, `404 address_not_found "/data"`)
				s.Patch(own, credential, `{"data":{"type":"customers","relationships":{"`+relation+`":`+identity+`}}}`).Fails(404, `404 address_not_found "/data/relationships/`+relation+`"`)
			}
			for _, query := range []string{"?include=addresses", "?include=addresses,defaultShippingAddress,defaultBillingAddress,addresses.customer"} {
				if answer := s.Get(own+query, credential).Has(200); strings.Contains(answer.Body, theirs.address) || strings.Contains(answer.Body, canary) {
					t.Errorf("%s tells of somebody else: %s", query, answer.Body)
				}
			}
		}
		if difference := cmp.Diff(before, m.everything()); difference != "" {
			t.Errorf("something was changed:\n%s", difference)
		}
	})
}

// A method that a path does not have is no way to one that it has.
func TestNoOtherMethodLeadsToAnything(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t, apitest.Options{Database: storetest.Postgres(t)})
	m := newMatrix(t, s)
	h := m.holders[owner]
	before := m.everything()
	own := "/customers/" + h.Reference
	for _, path := range []string{own, own + "/addresses/" + h.address, own + "/relationships/defaultShippingAddress", "/access-tokens", "/outbox-messages"} {
		for _, method := range []string{"PUT", "TRACE", "CONNECT", "PROPFIND", "get", "PATCHX"} {
			if answer := s.Do(apitest.Request{Method: method, Path: path, Token: h.Token, Body: `{"data":null}`}); answer.Status != 405 && answer.Status != 400 || strings.Contains(answer.Body, canary) {
				t.Errorf("%s %s: %d %s", method, path, answer.Status, answer.Body)
			}
		}
		if answer := s.Do(apitest.Request{Method: "OPTIONS", Path: path}).Has(200); answer.Body != "" {
			t.Errorf("OPTIONS %s: %s", path, answer.Body)
		}
		for _, header := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
			s.Do(apitest.Request{Method: "GET", Path: path + "?_method=DELETE", Token: h.Token, Header: map[string]string{header: "DELETE"}})
			s.Do(apitest.Request{Method: "POST", Path: path, Token: h.Token, Body: `{"data":null}`, Header: map[string]string{header: "DELETE"}})
			s.Do(apitest.Request{Method: "POST", Path: path, Token: h.Token, Body: `{"data":null}`, Header: map[string]string{header: "PATCH"}})
		}
	}
	if difference := cmp.Diff(before, m.everything()); difference != "" {
		t.Errorf("something was changed:\n%s", difference)
	}
}
