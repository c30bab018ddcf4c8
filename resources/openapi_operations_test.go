package resources_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// operation is one of a description, as far as the tests below need it.
type operation struct {
	method, path string
	ID           string `json:"operationId"`
	Summary      string
	Description  string
	Tags         []string
	Security     []map[string]any
	Parameters   []parameter
	Body         struct {
		Content map[string]struct{ Example json.RawMessage }
	} `json:"requestBody"`
	Responses map[string]response
}

type parameter struct {
	Name, In, Description string
	Schema                struct {
		Type  string
		Items struct{ Enum []string }
	}
}

type response struct {
	Ref     string `json:"$ref"`
	Content map[string]struct {
		Examples map[string]any
	}
}

// operations reads the description of a service, in the order of paths and methods.
func operations(t *testing.T, s *apitest.Service) (all []operation) {
	t.Helper()
	var document struct {
		Paths      map[string]map[string]operation
		Components struct{ Responses map[string]response }
	}
	if err := json.Unmarshal([]byte(s.Get("/openapi.json", "").Has(http.StatusOK).Body), &document); err != nil {
		t.Fatal(err)
	}
	for path, methods := range document.Paths {
		for method, op := range methods {
			op.method, op.path = strings.ToUpper(method), path
			for status, answer := range op.Responses {
				if name, is := strings.CutPrefix(answer.Ref, "#/components/responses/"); is {
					op.Responses[status] = document.Components.Responses[name]
				}
			}
			all = append(all, op)
		}
	}
	slices.SortFunc(all, func(one, other operation) int { return strings.Compare(one.path+one.method, other.path+other.method) })
	return all
}

func (op operation) name() string { return op.method + " " + op.path }

// fails lists the errors that an operation has, as `status example`.
func (op operation) fails() (all []string) {
	for status, answer := range op.Responses {
		for _, media := range answer.Content {
			for example := range media.Examples {
				all = append(all, status+" "+example)
			}
		}
	}
	slices.Sort(all)
	return all
}

func (op operation) admits(scheme string) bool {
	return slices.ContainsFunc(op.Security, func(way map[string]any) bool { return way[scheme] != nil })
}

func (op operation) admitsVisitors() bool {
	return slices.ContainsFunc(op.Security, func(way map[string]any) bool { return len(way) == 0 })
}

// reader is who asks, with something of everything that can be asked for.
type reader struct {
	*apitest.Service
	customer, gone apitest.Customer // gone was erased
	traveller      apitest.Customer // logs in so often that former logins end
	address, order string
	letter, event  string
	news           string
	export         string            // of the customer's data
	group          string            // of customers
	wish           string            // to be forgotten, that is pending
	source         string            // to pay with
	endpoint       string            // of a webhook
	key            string            // of an API, that may read letters alone
	made           *int              // how many customers, so that each has an address of their own
	other          *apitest.Customer // the latest of them
}

func newReader(t *testing.T, settings apitest.Settings) reader {
	t.Helper()
	all := apitest.Settings{"RESTORE_LIMIT_NETWORK": "0", "DIALECTS": "medusa"} // the reader forgets many passwords
	maps.Copy(all, settings)
	s := apitest.New(t, all)
	r := reader{Service: s, customer: s.Register("reader@example.com"), gone: s.Register("gone@example.com"), traveller: s.Register("traveller@example.com"), made: new(int), other: &apitest.Customer{}}
	r.address = s.AddAddress(r.customer, "Berlin")
	r.order = "order-1"
	tell(s, r.order, nil, r.customer.Reference).Has(http.StatusCreated)
	tell(s, "erased", nil, r.gone.Reference).Has(http.StatusCreated)
	r.letter = s.Letters(r.customer.Email, "").Text("data.0.id")
	r.event = s.Get("/audit-events", apitest.AdminKey).Text("data.0.id")
	r.news = s.Get("/events", apitest.AdminKey).Text("data.0.id")
	r.endpoint = r.addEndpoint()
	r.export = s.Post("/customers/me/data-exports", r.customer.Token, "").Has(http.StatusCreated).Text("data.id")
	r.wish, r.group = r.addWish(r.customer), r.addGroup("Reader")
	r.addGroup("Taken")
	r.source = addOwnSource(s, r.customer.Reference)
	s.Delete("/customers/me", r.gone.Token).Is(http.StatusNoContent, "")
	var err error
	if r.key, err = s.App.Accounts().CreateAPIKey(t.Context(), "letters", []string{"read_outbox"}); err != nil {
		t.Fatal(err)
	}
	return r
}

// another registers a customer whom a request may take something from.
func (r reader) another() apitest.Customer {
	*r.made++
	*r.other = r.Register(fmt.Sprintf("other%d@example.com", *r.made))
	return *r.other
}

// filled puts what there is into the place of a path's names.
func (r reader) filled(path string) string {
	id := r.address
	switch {
	case strings.HasPrefix(path, "/outbox"), strings.HasPrefix(path, "/dev/mail"):
		id = r.letter
	case strings.HasPrefix(path, "/audit-events"):
		id = r.event
	case strings.HasPrefix(path, "/events"):
		id = r.news
	case strings.HasPrefix(path, "/webhook-endpoints"):
		id = r.endpoint
	case strings.HasPrefix(path, "/jobs"):
		id = r.job("completed")
	case strings.Contains(path, "data-exports"):
		id = r.export
	case strings.HasPrefix(path, "/customer-groups"):
		id = r.group
	case strings.HasPrefix(path, "/erasure-requests"):
		id = r.wish
	case strings.HasPrefix(path, "/payment-sources"):
		id = r.source
	case strings.HasPrefix(path, "/stores"):
		id = "DE"
	case strings.HasPrefix(path, "/orders"):
		id = r.order
	case strings.HasPrefix(path, "/sessions"):
		id = "current"
	}
	return strings.NewReplacer("{reference}", "me", "{id}", id, "{token}", "mine", "{any}", "1", "{file}", "style.css", "{key}", "email_taken", "{dialect}", "medusa").Replace(path)
}

// sound is a request of an operation that can be served: the example, save for what
// only this reader knows.
func (r reader) sound(op operation) apitest.Request {
	request := r.example(op)
	if personal := personal[op.ID]; personal != nil {
		personal(r, &request)
	}
	return request
}

// example is a request of an operation with the description's own document.
func (r reader) example(op operation) apitest.Request {
	request := apitest.Request{Method: op.method, Path: r.filled(op.path), Header: map[string]string{}}
	switch {
	case !op.admits("accessToken"):
		request.Token = apitest.AdminKey
	case !op.admitsVisitors():
		request.Token = r.customer.Token
	}
	for contentType, media := range op.Body.Content {
		if contentType != "application/json" { // the other name of the same
			request.Body, request.Header["Content-Type"] = string(media.Example), contentType
		}
	}
	if !op.serves() && op.method == http.MethodPatch { // it only refuses, and reads all the same
		kind := "customers"
		if strings.HasSuffix(op.path, "addresses") {
			kind = "addresses"
		}
		request.Body = apitest.Document(kind, map[string]any{})
	}
	return request
}

// personal is what requests have that no example can have: keys of letters, tokens,
// and addresses that are nobody's yet.
var personal = map[string]func(r reader, request *apitest.Request){
	"registerCustomer":   reader.fresh,
	"requestDataExport":  func(r reader, request *apitest.Request) { request.Token = r.another().Token },
	"downloadDataExport": func(r reader, request *apitest.Request) { request.Path = r.download() },
	"mergeCustomers": func(r reader, request *apitest.Request) {
		attribute("keepReference", r.customer.Reference)(r, operation{}, request)
		attribute("duplicateReference", r.another().Reference)(r, operation{}, request)
	},
	"addCustomerGroup": func(r reader, request *apitest.Request) {
		*r.made++
		attribute("name", fmt.Sprint("Group ", *r.made))(r, operation{}, request)
	},
	"deleteCustomerGroup": func(r reader, request *apitest.Request) {
		*r.made++
		request.Path = "/customer-groups/" + r.addGroup(fmt.Sprint("Group ", *r.made))
	},
	"joinGroups":  reader.grouping,
	"leaveGroups": reader.grouping,
	"setGroups":   reader.grouping,
	"requestErasure": func(r reader, request *apitest.Request) {
		attribute("customerReference", r.another().Reference)(r, operation{}, request)
	},
	"changeErasureRequest": func(r reader, request *apitest.Request) { request.Path = "/erasure-requests/" + r.addWish(r.another()) },
	"addStore": func(r reader, request *apitest.Request) {
		*r.made++
		request.Body = apitest.WithID(fmt.Sprintf("S%d", *r.made), apitest.Document("stores", map[string]any{"title": "Austria"}))
	},
	"putOrder": func(r reader, request *apitest.Request) {
		*r.made++
		request.Path = fmt.Sprintf("/orders/new-%d", *r.made)
	},
	"deletePaymentSource": func(r reader, request *apitest.Request) { request.Path = "/payment-sources/" + addSource(r.Service) },
	"detachSources": func(r reader, request *apitest.Request) {
		request.Body = sourcesOf(addOwnSource(r.Service, r.customer.Reference))
	},
	"attachSources": func(r reader, request *apitest.Request) {
		request.Path, request.Body = linkageOf(r.Service, r.customer.Reference), sourcesOf(addSource(r.Service))
	},
	"operate": reader.fresh,
	"logIn": func(r reader, request *apitest.Request) {
		request.Body = apitest.Document("access-tokens", map[string]any{"username": r.traveller.Email, "password": r.traveller.Password})
	},
	"refreshTokens": func(r reader, request *apitest.Request) {
		request.Body = apitest.Document("refresh-tokens", map[string]any{"refreshToken": r.refreshToken()})
	},
	"revokeRefreshToken": func(r reader, request *apitest.Request) { request.Path = "/refresh-tokens/" + r.refreshToken() },
	"changePassword":     reader.changed, // every token ends
	"changePasswordOf":   reader.changed,
	"restorePassword":    reader.restored,
	"restorePasswordOf":  reader.restored,
	"confirmCustomer": func(r reader, request *apitest.Request) {
		*r.made++
		email := fmt.Sprintf("new%d@example.com", *r.made)
		r.Post("/customers", "", apitest.Registration(email)).Has(http.StatusCreated)
		request.Body = apitest.Document("customer-confirmation", map[string]any{"registrationKey": r.MailedKey(email, "confirm")})
	},
	"inviteCustomer": func(r reader, request *apitest.Request) {
		reference, _ := r.guest()
		request.Body = invitation(reference)
	},
	"acceptInvitation": func(r reader, request *apitest.Request) {
		reference, email := r.guest()
		r.Post("/customer-invitations", apitest.AdminKey, invitation(reference)).Is(http.StatusNoContent, "")
		attribute("invitationKey", r.MailedKey(email, "invitation"))(r, operation{}, request)
	},
	"sendConfirmPage":       func(r reader, request *apitest.Request) { request.Body = r.byForm("confirm") },
	"sendRestorePage":       func(r reader, request *apitest.Request) { request.Body = r.byForm("restore") },
	"sendInvitePage":        func(r reader, request *apitest.Request) { request.Body = r.byForm("invitation") },
	"deleteWebhookEndpoint": func(r reader, request *apitest.Request) { request.Path = "/webhook-endpoints/" + r.addEndpoint() },
	"changeJob":             func(r reader, request *apitest.Request) { request.Path = "/jobs/" + r.job("cancelled") },
	"grantTokens": func(r reader, request *apitest.Request) {
		request.Body = url.Values{"grant_type": {"password"}, "username": {r.traveller.Email}, "password": {r.traveller.Password}}.Encode()
	},
	"deleteAddress": func(r reader, request *apitest.Request) {
		request.Path = strings.Replace(request.Path, r.address, r.AddAddress(r.customer, "Bonn"), 1)
	},
	"endSession":        func(r reader, request *apitest.Request) { request.Path = "/sessions/others" },
	"anonymiseCustomer": func(r reader, request *apitest.Request) { request.Token = r.another().Token },
}

// job puts the newest job into a state that it cannot be brought into from outside.
func (r reader) job(state string) (id string) {
	rows := r.Rows("UPDATE river_job SET state = '" + state + "', finalized_at = created_at WHERE id = (SELECT max(id) FROM river_job) RETURNING id")
	return fmt.Sprint(rows[0]["id"])
}

// addEndpoint adds one that nobody listens at.
func (r reader) addEndpoint() string {
	return r.Post("/webhook-endpoints", apitest.AdminKey, apitest.Document("webhook-endpoints", map[string]any{"url": "http://127.0.0.1:1/"})).Has(http.StatusCreated).Text("data.id")
}

// guest makes a customer without a password.
func (r reader) guest() (reference, email string) {
	*r.made++
	email = fmt.Sprintf("guest%d@example.com", *r.made)
	return guest(r.Service, email), email
}

func (r reader) fresh(request *apitest.Request) {
	*r.made++
	request.Body = strings.ReplaceAll(request.Body, "jane@shop.example", fmt.Sprintf("jane%d@shop.example", *r.made))
}

func (r reader) refreshToken() string {
	return r.LogIn(r.traveller.Email, r.traveller.Password).Has(http.StatusCreated).Text("data.attributes.refreshToken")
}

func (r reader) changed(request *apitest.Request) {
	request.Token = r.another().Token
	request.Body = passwordChange(r.other.Password, anotherPassword)
}

func (r reader) restored(request *apitest.Request) {
	r.Forget(r.another().Email)
	request.Body = restoration(r.MailedKey(r.other.Email, "restore"), anotherPassword)
}

const anotherPassword = "Another-456-please"

// succeeds is the status of an operation that is served; "" for one that never is.
func (op operation) succeeds() string {
	best := ""
	for status := range op.Responses {
		if status < "300" {
			best = max(best, status) // of two: what is new is created
		}
	}
	return best
}

func (op operation) serves() bool { return op.succeeds() != "" }

// The example of each request is one that works: whoever tries the API on the page
// that shows this description has something to begin with.
func TestTheDescriptionsOwnExamplesAreServed(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]apitest.Settings{"defaults": nil, "glue.env": apitest.Preset(t, "glue")} {
		t.Run(name, func(t *testing.T) {
			r := newReader(t, settings)
			for _, op := range operations(t, r.Service) {
				if !op.serves() {
					continue
				}
				if answer := r.Do(r.sound(op)); fmt.Sprint(answer.Status) != op.succeeds() {
					t.Errorf("%s: %d %s", op.name(), answer.Status, answer.Body)
				}
			}
		})
	}
}

func TestEveryReadIsNotRepeatedToWhoHasItAlready(t *testing.T) {
	t.Parallel()
	r := newReader(t, nil)
	for _, op := range operations(t, r.Service) {
		if _, tagged := op.Responses["304"]; tagged {
			request := r.sound(op)
			request.Header["If-None-Match"] = r.Do(request).Has(http.StatusOK).Header.Get("ETag")
			r.Do(request).Is(http.StatusNotModified, "")
		}
	}
}

// sensible is what a parameter can be tried with that is no list of names.
var sensible = map[string]string{"page[after]": "", "page[before]": "MQ", "filter[state": "dead", "filter[customerType": "business", "filter[createdAt": "2018-11-06T08:15:02.694668Z", "filter[updatedAt": "2018-11-06T08:15:02.694668Z",
	"filter[canceledAt": "2018-11-06T08:15:02.694668Z", "filter[status": "pending", "filter[fulfillmentStatus": "shipped", "filter[paymentStatus": "captured"}

func (p parameter) tries() []string {
	family, _, _ := strings.Cut(p.Name, "]")
	for _, name := range []string{p.Name, family} {
		if value, given := sensible[name]; given {
			return []string{value}
		}
	}
	switch {
	case strings.HasPrefix(p.Name, "fields["):
		return []string{"", strings.Join(p.Schema.Items.Enum, ",")}
	case p.Schema.Type == "array":
		return append(p.Schema.Items.Enum, strings.Join(p.Schema.Items.Enum, ","))
	case p.Schema.Type == "boolean":
		return []string{"true", "false"}
	}
	return []string{"1"}
}

func TestEveryParameterThatIsOfferedIsServed(t *testing.T) {
	t.Parallel()
	r := newReader(t, nil)
	for _, op := range operations(t, r.Service) {
		for _, parameter := range op.Parameters {
			if parameter.In != "query" {
				continue
			}
			for _, value := range parameter.tries() {
				request := r.sound(op)
				if strings.Contains(request.Path, "?") {
					continue // it has what it takes
				}
				if op.ID == "listErasureRequests" && value == "dead" {
					value = "pending"
				}
				if op.ID == "listCustomers" { // which an API key alone can sort and filter
					request.Token = apitest.AdminKey
				}
				request.Path += "?" + url.Values{parameter.Name: {value}}.Encode()
				request.Header["X-Request-Id"] = "a-request-of-the-tests"
				if request.Token == "" {
					request.Header["X-Anonymous-Customer-Unique-Id"] = "a-cart"
				}
				if answer := r.Do(request); fmt.Sprint(answer.Status) != op.succeeds() {
					t.Errorf("%s with %s=%s: %d %s", op.name(), parameter.Name, value, answer.Status, answer.Body)
				}
			}
		}
	}
}

// failings are how an operation is made to fail, by the example of the error:
// a change of a request that would be served.
var failings = map[string]failing{
	"unknown_sort":       withQuery("sort=nothing"),
	"unknown_filter":     withQuery("filter[nothing]=x"),
	"unknown_field":      withQuery("fields[nothing]=x"),
	"unknown_include":    withQuery("include=nothing"),
	"unknown_parameter":  withQuery("nothing=1"),
	"pagination_invalid": withQuery("page[size]=0"),
	"invalid_request":    withQuery("x=%zz"),

	"not_acceptable":          withHeader("Accept", "image/png"),
	"precondition_failed":     withHeader("If-Match", `"another"`),
	"idempotency_key_invalid": withHeader("Idempotency-Key", `"a\b"`),
	"unsupported_media_type":  withHeader("Content-Type", "text/plain"),
	"idempotency_key_reused": func(r reader, op operation, request *apitest.Request) {
		request.Header["Idempotency-Key"] = op.ID
		r.Do(*request)
		if strings.HasPrefix(op.ID, "changePassword") {
			request.Token = r.Login(r.other.Email, anotherPassword)
		}
		if len(op.Body.Content) == 0 { // and none is read
			request.Path = strings.NewReplacer(r.endpoint, r.addEndpoint(), "/me/", "/"+r.other.Reference+"/").Replace(request.Path)
		}
		request.Body += " "
	},
	"conflicting_identity_headers": func(r reader, _ operation, request *apitest.Request) {
		request.Token, request.Header["X-Anonymous-Customer-Unique-Id"] = r.customer.Token, "a-cart"
	},
	"store_unknown":        withHeader("Store", "NOWHERE"),
	"access_token_invalid": withToken("forged"),
	"access_token_missing": withToken(""),
	"unauthorized_request": func(r reader, op operation, request *apitest.Request) {
		if request.Token = r.key; strings.HasPrefix(op.path, "/outbox") {
			request.Token = r.customer.Token
		}
	},

	"payload_too_large": func(r reader, op operation, request *apitest.Request) {
		most := 64 << 10
		if op.ID == "putOrders" {
			most = 1 << 20
		}
		withBody(strings.Repeat(" ", most+1))(r, op, request)
	},
	"invalid_document": withBody("{"),
	"invalid_resource_type": func(r reader, op operation, request *apitest.Request) {
		wrong := `{"type":"nothing","id":"1","attributes":{}}`
		if op.ID == "putOrders" || strings.HasPrefix(request.Body, `{"data":[`) {
			wrong = "[" + wrong + "]"
		}
		withBody(`{"data":`+wrong+`}`)(r, op, request)
	},
	"resource_id_mismatch": func(r reader, op operation, request *apitest.Request) {
		request.Path = strings.Replace(request.Path, "/me", "/"+r.customer.Reference, 1)
		edit(request, func(data map[string]any) { data["id"] = "nobody" })
	},
	"client_id_forbidden": func(r reader, op operation, request *apitest.Request) {
		if op.ID == "registerCustomer" { // with wire=glue what is not a key's own choice is ignored
			request.Token = r.key
		}
		edit(request, func(data map[string]any) { data["id"] = "DE--77" })
	},
	"resource_id_invalid": func(_ reader, op operation, request *apitest.Request) {
		request.Token = apitest.AdminKey
		if long := strings.Repeat("x", 65); strings.HasPrefix(op.ID, "putOrder") {
			request.Path = strings.Replace(op.path, "{id}", long, 1)
			edit(request, func(data map[string]any) { data["id"] = long })
			return
		}
		edit(request, func(data map[string]any) { data["id"] = "me" })
	},
	"resource_id_taken": func(r reader, _ operation, request *apitest.Request) {
		request.Token = apitest.AdminKey
		edit(request, func(data map[string]any) {
			switch data["id"] = r.customer.Reference; data["type"] {
			case "stores":
				data["id"] = "DE"
			case "payment-sources":
				data["id"] = r.source
			}
		})
	},

	"customer_reference_missing.405":   nothing,
	"resource_id_missing":              nothing,
	"address_id_missing.412.2":         nothing,
	"customer_reference_missing.405.2": func(r reader, _ operation, request *apitest.Request) { r.insteadAsk(request, "") },
	"order_erased": func(_ reader, op operation, request *apitest.Request) {
		if request.Path = strings.Replace(op.path, "{id}", "erased", 1); op.ID == "putOrders" {
			edit(request, func(data map[string]any) { data["id"] = "erased" })
		}
	},
	"customer_not_found": func(r reader, op operation, request *apitest.Request) {
		if strings.HasPrefix(op.ID, "putOrder") {
			relate(request, "customer", map[string]any{"type": "customers", "id": "nobody"})
			return
		}
		request.Token = apitest.AdminKey
		r.insteadAsk(request, "nobody")
		if op.ID == "mergeCustomers" {
			attribute("keepReference", "nobody")(r, op, request)
		}
		if op.ID == "inviteCustomer" || op.ID == "requestErasure" {
			attribute("customerReference", "nobody")(r, op, request)
		}
	},
	"customer_save_failed": erased,
	"address_save_failed": func(r reader, op operation, request *apitest.Request) {
		if op.method == http.MethodPost {
			erased(r, op, request)
			return
		}
		for _, key := range []string{"a", "b"} { // together they are more than is kept
			edit(request, func(data map[string]any) {
				data["attributes"] = map[string]any{"metadata": map[string]any{key: strings.Repeat("x", 40<<10)}}
			})
			if key == "a" {
				r.Do(*request).Has(http.StatusOK)
			}
		}
	},
	"address_not_found": func(r reader, op operation, request *apitest.Request) {
		nowhere := map[string]any{"type": "addresses", "id": "nowhere"}
		switch {
		case strings.Contains(op.path, "/relationships/"):
			request.Body = `{"data":{"type":"addresses","id":"nowhere"}}`
		case strings.Contains(op.path, "{id}"):
			request.Path = request.Path[:strings.LastIndex(request.Path, "/")] + "/nowhere"
		default:
			relate(request, "defaultBillingAddress", nowhere)
		}
	},
	"card_number_refused": attribute("holder", cardNumber),
	"payment_source_not_found": func(r reader, op operation, request *apitest.Request) {
		switch {
		case op.ID == "changeDefaultSource":
			request.Body = `{"data":` + identifier("payment-sources", "nowhere") + `}`
		case op.ID == "attachSources":
			request.Body = sourcesOf("nowhere")
		case strings.Contains(op.path, "{id}"):
			request.Path = "/payment-sources/nowhere"
		default:
			relate(request, "defaultSource", map[string]any{"type": "payment-sources", "id": "nowhere"})
		}
	},
	"payment_source_taken": func(r reader, _ operation, request *apitest.Request) {
		request.Body = sourcesOf(addOwnSource(r.Service, r.another().Reference))
	},
	"payment_source_spent": func(r reader, _ operation, request *apitest.Request) {
		request.Body = sourcesOf(r.sourceThatIs("consumed"))
	},
	"payment_source_not_chargeable": func(r reader, _ operation, request *apitest.Request) {
		request.Body = sourcesOf(r.sourceThatIs("pending"))
	},
	"relationship_forbidden": func(r reader, op operation, request *apitest.Request) {
		switch {
		case strings.Contains(op.path, "/relationships/"): // by itself
		case strings.HasPrefix(op.path, "/payment-sources"):
			relate(request, "customer", map[string]any{"type": "customers", "id": "nobody"})
		case strings.Contains(op.path, "/addresses"):
			relate(request, "customer", map[string]any{"type": "customers", "id": "nobody"})
		default:
			relate(request, "addresses", []any{})
		}
	},
	"route_not_found": func(r reader, _ operation, request *apitest.Request) {
		request.Path = strings.Replace(request.Path, r.endpoint, "nothing", 1)
		if !strings.Contains(request.Path, "/nothing") {
			request.Path = request.Path[:strings.LastIndex(request.Path, "/")] + "/nothing"
		}
	},

	"field_missing": func(_ reader, _ operation, request *apitest.Request) {
		edit(request, func(data map[string]any) { data["attributes"] = map[string]any{} })
	},
	"value_blank": func(r reader, op operation, request *apitest.Request) {
		weakest("")(r, op, request)
		if strings.HasPrefix(op.ID, "putOrder") { // of an order nothing else is needed
			attribute("version", nil)(r, op, request)
		}
	},
	"type_invalid":       weakest(7),
	"too_long":           weakest(strings.Repeat("x", 2000)),
	"characters_invalid": weakest("a\u0007"),
	"too_short": func(r reader, op operation, request *apitest.Request) {
		name := "password"
		switch {
		case strings.HasPrefix(op.ID, "changePassword"):
			name = "newPassword"
		case strings.Contains(op.path, "/addresses"):
			name = "city"
		}
		attribute(name, "x")(r, op, request)
	},
	"email_invalid.901": func(r reader, op operation, request *apitest.Request) {
		name := "email"
		if op.ID == "logIn" {
			name = "username"
		}
		byCode(r, op, request)
		attribute(name, "nobody")(r, op, request)
	},
	"email_too_long": attribute("email", strings.Repeat("a", 100)+"@example.com"),
	"email_taken": func(r reader, op operation, request *apitest.Request) {
		attribute("email", r.another().Email)(r, op, request)
	},
	"choice_invalid": func(r reader, op operation, request *apitest.Request) {
		name := "salutation"
		switch {
		case op.ID == "changeJob":
			name = "state"
		case strings.HasPrefix(op.ID, "putOrder"):
			name = "status"
		case strings.Contains(op.path, "erasure"):
			name = "mode"
		case strings.HasPrefix(op.path, "/payment-sources"):
			name = "state"
		}
		attribute(name, "Sir")(r, op, request)
	},
	"gender_invalid": attribute("gender", "Robot"),
	"date_invalid":   attribute("dateOfBirth", "2999-01-01"),
	"locale_invalid": attribute("locale", "no such"),
	"currency_invalid": func(r reader, op operation, request *apitest.Request) {
		attribute("currency", "Euro")(r, op, request)
		attribute("currencyCode", "Euro")(r, op, request)
	},
	"country_invalid":          attribute("iso2Code", "XX"),
	"restore_key_invalid":      attribute("restorePasswordKey", "unknown"),
	"confirmation_key_invalid": attribute("registrationKey", "unknown"),
	"invitation_invalid":       attribute("invitationKey", "unknown"),
	"webhook_url_refused":      attribute("url", "ftp://shop.example"),
	"event_type_unknown":       attribute("eventTypes", []string{"nothing"}),
	"time_invalid": func(r reader, op operation, request *apitest.Request) {
		name := "from"
		if strings.Contains(op.path, "erasure") {
			name = "dueAt"
		}
		if strings.HasPrefix(op.ID, "putOrder") {
			name = "createdAt"
		}
		attribute(name, "soon")(r, op, request)
	},
	"merge_impossible": func(r reader, op operation, request *apitest.Request) {
		attribute("duplicateReference", r.customer.Reference)(r, op, request)
	},
	"group_name_taken": attribute("name", "Taken"),
	"group_not_found": func(_ reader, _ operation, request *apitest.Request) {
		request.Body = `{"data":[{"type":"customer-groups","id":"none"}]}`
	},
	"consent_outdated": attribute("version", "of old"),
	"erasure_pending": func(r reader, op operation, request *apitest.Request) {
		attribute("customerReference", r.customer.Reference)(r, op, request)
	},
	"erasure_finished": func(r reader, _ operation, request *apitest.Request) {
		request.Path = "/erasure-requests/" + r.addWish(r.another())
		r.Patch(request.Path, apitest.AdminKey, apitest.Document("erasure-requests", map[string]any{"state": "cancelled"})).Has(http.StatusOK)
	},
	"job_unchangeable": func(r reader, _ operation, request *apitest.Request) { request.Path = "/jobs/" + r.job("completed") },
	"customer_has_account": func(r reader, op operation, request *apitest.Request) {
		attribute("customerReference", r.customer.Reference)(r, op, request)
	},
	"refresh_token_invalid":          attribute("refreshToken", "unknown"),
	"authentication_failed":          attribute("password", "wrong-one"),
	"password_invalid":               attribute("password", "wrong-one"),
	"password_confirmation_mismatch": attribute("confirmPassword", "Something-else-1"),
	"terms_not_accepted.413":         attribute("acceptedTerms", nil),
	"terms_not_accepted.901":         attribute("acceptedTerms", false),
	"password_common":                newPasswordOf("password"),
	"password_sequence":              newPasswordOf("Aaaa-1234-bbbb"),
	"password_character_set.901":     newPasswordOf("all-lower-case"),
}

type failing = func(reader, operation, *apitest.Request)

// byCode leaves the key out where a code will do.
func byCode(_ reader, _ operation, request *apitest.Request) {
	edit(request, func(data map[string]any) {
		attributes := attributesOf(data)
		for _, key := range []string{"restorePasswordKey", "registrationKey", "invitationKey"} {
			if attributes[key] != nil {
				delete(attributes, key)
				attributes["code"], attributes["email"] = "0000-0000", "reader@example.com"
			}
		}
	})
}

// addWish has a customer forgotten some day.
func (r reader) addWish(customer apitest.Customer) string {
	return r.Post("/erasure-requests", apitest.AdminKey, apitest.Document("erasure-requests", map[string]any{"customerReference": customer.Reference})).Has(http.StatusCreated).Text("data.id")
}

func (r reader) addGroup(name string) string {
	return r.Post("/customer-groups", apitest.AdminKey, apitest.Document("customer-groups", map[string]any{"name": name})).Has(http.StatusCreated).Text("data.id")
}

// grouping names the customer and the group of a change of groups.
func (r reader) grouping(request *apitest.Request) {
	request.Token, request.Path = apitest.AdminKey, strings.Replace(request.Path, "/me/", "/"+r.customer.Reference+"/", 1)
	request.Body = `{"data":[{"type":"customer-groups","id":"` + r.group + `"}]}`
}

// sourceThatIs adds a source in a state.
func (r reader) sourceThatIs(state string) string {
	return r.Post("/payment-sources", apitest.AdminKey, card(map[string]any{"state": state})).Has(http.StatusCreated).Text("data.id")
}

// download is the path of the signed link to the customer's data, once there is one.
func (r reader) download() string {
	for {
		if link, made := r.Get("/customers/me/data-exports/"+r.export, r.customer.Token).At("data.attributes.downloadUrl").(string); made {
			return strings.TrimPrefix(link, "https://shop.example")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func nothing(reader, operation, *apitest.Request) {}

func withQuery(query string) failing {
	return func(_ reader, _ operation, request *apitest.Request) {
		separator := "?"
		if strings.Contains(request.Path, "?") {
			separator = "&"
		}
		request.Path += separator + query
	}
}

func withHeader(name, value string) failing {
	return func(_ reader, _ operation, request *apitest.Request) { request.Header[name] = value }
}

func withToken(token string) failing {
	return func(_ reader, _ operation, request *apitest.Request) { request.Token = token }
}

func withBody(text string) failing {
	return func(_ reader, _ operation, request *apitest.Request) { request.Body = text }
}

// erased asks for somebody who was.
func erased(r reader, _ operation, request *apitest.Request) {
	request.Token = apitest.AdminKey
	r.insteadAsk(request, r.gone.Reference)
}

// insteadAsk puts another reference into the place of the reader's.
func (r reader) insteadAsk(request *apitest.Request, reference string) {
	for _, own := range []string{"/customers/me", "/customers/" + r.customer.Reference, "/me"} {
		if at := strings.Index(request.Path, own); at >= 0 {
			request.Path = request.Path[:at+strings.LastIndex(own, "/")+1] + reference + request.Path[at+len(own):]
			return
		}
	}
}

// edit changes the data of a request's document, of one that has one.
func edit(request *apitest.Request, change func(data map[string]any)) {
	var document struct {
		Data map[string]any `json:"data"`
	}
	var list struct {
		Data []map[string]any `json:"data"`
	}
	if json.Unmarshal([]byte(request.Body), &list) == nil && len(list.Data) > 0 {
		change(list.Data[0])
		changed, _ := json.Marshal(list) // it was read a moment ago
		request.Body = string(changed)
		return
	}
	if json.Unmarshal([]byte(request.Body), &document) != nil || document.Data == nil {
		return // what was to be provoked will not be
	}
	change(document.Data)
	changed, err := json.Marshal(document)
	if err != nil {
		panic(err) // it was read a moment ago
	}
	request.Body = string(changed)
}

// relate adds a relationship to it.
func relate(request *apitest.Request, name string, linkage any) {
	edit(request, func(data map[string]any) {
		data["relationships"] = map[string]any{name: map[string]any{"data": linkage}}
	})
}

func attributesOf(data map[string]any) map[string]any {
	attributes, _ := data["attributes"].(map[string]any)
	if attributes == nil {
		attributes = map[string]any{}
		data["attributes"] = attributes
	}
	return attributes
}

// attribute sets an attribute of it.
func attribute(name string, value any) failing {
	return func(_ reader, _ operation, request *apitest.Request) {
		edit(request, func(data map[string]any) { attributesOf(data)[name] = value })
	}
}

// weakest sets an attribute of text that may be neither blank nor of any length.
func weakest(value any) failing {
	return func(_ reader, _ operation, request *apitest.Request) {
		edit(request, func(data map[string]any) {
			attributesOf(data)[weakestOf[fmt.Sprint(data["type"])]] = value
		})
	}
}

var weakestOf = map[string]string{
	"customers": "firstName", "addresses": "firstName", "customer-password": "newPassword", "customer-restore-password": "password",
	"customer-forgotten-password": "email", "customer-confirmation": "registrationKey", "jobs": "state", "webhook-endpoints": "url", "stores": "title", "payment-sources": "token", "orders": "cartId", "erasure-requests": "mode", "customer-groups": "name", "customer-merges": "keepReference", "consents": "version", "webhook-replays": "from", "customer-invitations": "customerReference", "customer-invitation-acceptance": "password", "access-tokens": "password", "refresh-tokens": "refreshToken",
}

// newPasswordOf sets a new password, and confirms it.
func newPasswordOf(password string) failing {
	return func(_ reader, _ operation, request *apitest.Request) {
		edit(request, func(data map[string]any) {
			attributes, name := attributesOf(data), "password"
			if data["type"] == "customer-password" {
				name = "newPassword"
			}
			attributes[name], attributes["confirmPassword"] = password, password
		})
	}
}

// Each operation answers the errors that it says it may answer: what follows from
// the fields of its route, and what its use case finds wrong.
func TestEveryOperationFailsAsItSays(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]apitest.Settings{"defaults": nil, "glue.env": apitest.Preset(t, "glue"), "classes": {"PASSWORD_CLASSES": "on"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // each has a service of its own
			r := newReader(t, settings)
			for _, op := range operations(t, r.Service) {
				for _, failure := range op.fails() {
					status, example, _ := strings.Cut(failure, " ")
					provoke := failings[example]
					if provoke == nil || op.ID == "operate" && !slices.Contains(ofEvery, example) {
						continue
					}
					if settings != nil && example == "password_common" || name == "classes" && !strings.HasPrefix(example, "password_") {
						continue // a common one lacks the classes; and apart from passwords there is nothing new with them
					}
					request := r.example(op)
					if !slices.Contains([]string{"passwords", "confirmation", "invitations", "pages"}, op.Tags[0]) || request.Token != "" || example == "idempotency_key_reused" {
						request = r.sound(op) // the others fail before their key is looked at
					}
					provoke(r, op, &request)
					answer := r.Do(request)
					key, _, _ := strings.Cut(example, ".")
					if fmt.Sprint(answer.Status) != status || !strings.Contains(answer.Body, `"key":"`+key+`"`) {
						t.Errorf("%s: %s was provoked by %s %.300s, and answered %d %s", op.name(), failure, request.Path, request.Body, answer.Status, answer.Body)
					}
				}
			}
		})
	}
}

// ofEvery are the errors of a request as a whole. Those of single changes are passed
// on from them, as operations_test.go shows.
var ofEvery = []string{
	"unknown_sort", "unknown_filter", "unknown_field", "unknown_include", "unknown_parameter", "pagination_invalid", "invalid_request", "not_acceptable",
	"unsupported_media_type", "payload_too_large", "invalid_document", "store_unknown", "access_token_invalid", "conflicting_identity_headers", "idempotency_key_invalid", "idempotency_key_reused",
}
