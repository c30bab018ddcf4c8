package resources_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/resources"
)

// TestMain asks, when all tests have run and passed, what the API promises of
// itself and none of them has seen. What apitest does with each exchange is the
// other direction: nothing happens that is not promised.
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if code == 0 && everything() {
		for _, promise := range apitest.Unused() {
			fmt.Fprintln(os.Stderr, "no test has seen that", promise)
			code = 1
		}
	}
	os.Exit(code)
}

// everything reports whether no test was left out.
func everything() bool {
	for _, filter := range []string{"test.run", "test.skip", "test.list", "test.fuzz", "test.bench"} {
		if flag.Lookup(filter).Value.String() != "" {
			return false
		}
	}
	return !testing.Short()
}

// configurations are those in which the description differs.
func configurations(t *testing.T) map[string]apitest.Settings {
	return map[string]apitest.Settings{
		"defaults":      nil,
		"glue.env":      apitest.Preset(t, "glue"),
		"glue":          {"WIRE": "glue"},
		"confirmation":  {"REGISTRATION": "confirm", "REQUIRED_ATTRIBUTES": "gender,phone"},
		"no letters":    {"MAIL_URL": "smtp://mail.example:25"},
		"strict shop":   {"PASSWORD_CLASSES": "on", "PASSWORD_DENYLIST": "off", "RATE_LIMITS": "off", "SALUTATIONS": "Mx", "GENDERS": "None,Other"},
		"another store": {"STORE": "AT", "PASSWORD_MIN_LENGTH": "12", "PASSWORD_MAX_LENGTH": "64"},
	}
}

func TestTheDescriptionIsAValidOneInEveryConfiguration(t *testing.T) {
	for name, settings := range configurations(t) {
		t.Run(name, func(t *testing.T) {
			s := apitest.New(t, settings)
			text := s.Get("/openapi.json", "").Has(http.StatusOK).Body
			if err := apitest.ValidateOpenAPI([]byte(text)); err != nil {
				t.Error(err)
			}
			if strings.Contains(text, "{genders}") || strings.Contains(text, "{password_min}") {
				t.Error("a tag was not filled in")
			}
		})
	}
}

func TestAnInvalidDescriptionIsSeen(t *testing.T) {
	text := apitest.New(t, nil).Get("/openapi.json", "").Body
	for _, c := range []struct{ name, from, to string }{
		{"a reference to nothing", `"#/components/schemas/Customer"`, `"#/components/schemas/Consumer"`},
		{"a type that there is not", `"type": "boolean"`, `"type": "flag"`},
		{"two operations of one name", `"operationId": "logIn"`, `"operationId": "showCustomer"`},
		{"an example that does not fit", `"status": "422"`, `"status": "teapot"`},
		{"a path's name that no parameter has", `"name": "reference"`, `"name": "ref"`},
	} {
		if !strings.Contains(text, c.from) || apitest.ValidateOpenAPI([]byte(strings.ReplaceAll(text, c.from, c.to))) == nil {
			t.Errorf("%s was not seen", c.name)
		}
	}
}

func TestTheDescriptionIsThatOfTheWireInForce(t *testing.T) {
	for wire, status := range map[string]string{"jsonapi": "string", "glue": "integer"} {
		s := apitest.New(t, apitest.Settings{"WIRE": wire})
		first, again := s.Get("/openapi.json", "").Has(http.StatusOK), s.Get("/openapi.json", "")
		if first.Body != again.Body || first.Header.Get("ETag") != again.Header.Get("ETag") {
			t.Error("it changes from one request to the next")
		}
		if kind := first.At("components.schemas.Error.properties.status.type"); kind != status {
			t.Errorf("%s: errors[].status is a %v", wire, kind)
		}
		if text := first.Text("info.description"); !strings.Contains(text, "that of `"+wire+"`") || !strings.Contains(text, resources.WiresPage()) {
			t.Errorf("%s is not described: %s", wire, text)
		}
		if first.Text("servers.0.url") != apitest.Base {
			t.Errorf("the server is %v", first.At("servers"))
		}
	}
}

func TestTheReadmeHasTheTableOfWires(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "<!-- wires -->\n"+resources.WiresPage()+"<!-- /wires -->") {
		t.Error("the table of wires in README.md is not what the code says: run `make readme`")
	}
}

// operation is one of a description, as far as the tests below need it.
type operation struct {
	method, path string
	ID           string `json:"operationId"`
	Summary      string
	Description  string
	Tags         []string
	Security     []map[string]any
	Parameters   []struct {
		Name, In, Description string
		Schema                struct {
			Type  string
			Items struct{ Enum []string }
		}
	}
	Body struct {
		Content map[string]struct{ Example json.RawMessage }
	} `json:"requestBody"`
	Responses map[string]response
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

func (op operation) has(scheme string) bool {
	return slices.ContainsFunc(op.Security, func(way map[string]any) bool { return way[scheme] != nil })
}

// reader is who asks, with something of everything that can be asked for.
type reader struct {
	*apitest.Service
	customer, gone apitest.Customer // gone was erased
	address        string
	letter         string
	key            string            // of an API, that may read letters alone
	made           *int              // how many customers, so that each has an address of their own
	other          *apitest.Customer // the latest of them
}

func newReader(t *testing.T, settings apitest.Settings) reader {
	t.Helper()
	s := apitest.New(t, settings)
	r := reader{Service: s, customer: s.Register("reader@example.com"), gone: s.Register("gone@example.com"), made: new(int), other: &apitest.Customer{}}
	r.address = s.AddAddress(r.customer, "Berlin")
	r.letter = s.Letters(r.customer.Email, "").Text("data.0.id")
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
	if strings.HasPrefix(path, "/outbox") {
		id = r.letter
	}
	return strings.NewReplacer("{reference}", "me", "{id}", id, "{token}", "mine", "{any}", "1", "{file}", "style.css", "{key}", "email_taken").Replace(path)
}

// sound is a request of an operation that can be served: its document is the
// description's own example, save for what only this reader knows.
func (r reader) sound(op operation) apitest.Request {
	request := apitest.Request{Method: op.method, Path: r.filled(op.path), Header: map[string]string{}}
	switch {
	case op.has("accessToken") && !slices.ContainsFunc(op.Security, func(way map[string]any) bool { return len(way) == 0 }):
		request.Token = r.customer.Token
	case !op.has("accessToken"):
		request.Token = apitest.AdminKey
	}
	for _, contentType := range slices.Sorted(func(yield func(string) bool) {
		for contentType := range op.Body.Content {
			if !yield(contentType) {
				return
			}
		}
	}) {
		request.Body, request.Header["Content-Type"] = string(op.Body.Content[contentType].Example), contentType
	}
	if request.Body == "" && op.method == http.MethodPatch { // one that only refuses, and reads all the same
		kind := "customers"
		if strings.HasSuffix(op.path, "addresses") {
			kind = "addresses"
		}
		request.Body = apitest.Document(kind, map[string]any{})
	}
	switch op.ID {
	case "registerCustomer", "operate":
		*r.made++
		request.Body = strings.ReplaceAll(request.Body, "jane@shop.example", fmt.Sprintf("jane%d@shop.example", *r.made))
	case "logIn":
		request.Body = apitest.Document("access-tokens", map[string]any{"username": r.customer.Email, "password": r.customer.Password})
	case "refreshTokens":
		fresh := r.LogIn(r.customer.Email, r.customer.Password).Has(http.StatusCreated).Text("data.attributes.refreshToken")
		request.Body = apitest.Document("refresh-tokens", map[string]any{"refreshToken": fresh})
	case "changePassword", "changePasswordOf": // every token ends
		request.Token = r.another().Token
		request.Body = passwordChange(r.other.Password, anotherPassword)
	case "restorePassword", "restorePasswordOf":
		r.Forget(r.another().Email)
		request.Body = restoration(r.MailedKey(r.other.Email, "restore"), anotherPassword)
	case "confirmCustomer":
		*r.made++
		email := fmt.Sprintf("new%d@example.com", *r.made)
		r.Post("/customers", "", apitest.Registration(email)).Has(http.StatusCreated)
		request.Body = apitest.Document("customer-confirmation", map[string]any{"registrationKey": r.MailedKey(email, "confirm")})
	case "grantTokens":
		request.Body = url.Values{"grant_type": {"password"}, "username": {r.customer.Email}, "password": {r.customer.Password}}.Encode()
	case "deleteAddress":
		request.Path = strings.Replace(request.Path, r.address, r.AddAddress(r.customer, "Bonn"), 1)
	case "anonymiseCustomer":
		request.Token = r.another().Token
	case "revokeRefreshToken":
		request.Path = "/refresh-tokens/" + r.LogIn(r.customer.Email, r.customer.Password).Text("data.attributes.refreshToken")
	}
	return request
}

const anotherPassword = "Another-456-please"

// succeeds is the status of an operation that is served; "" for one that never is.
func (op operation) succeeds() string {
	for status := range op.Responses {
		if status < "300" {
			return status
		}
	}
	return ""
}

// The example of each request is one that works: whoever tries the API on the page
// that shows this description has something to begin with.
func TestTheDescriptionsOwnExamplesAreServed(t *testing.T) {
	for name, settings := range map[string]apitest.Settings{"defaults": nil, "glue.env": apitest.Preset(t, "glue")} {
		t.Run(name, func(t *testing.T) {
			r := newReader(t, settings)
			for _, op := range operations(t, r.Service) {
				if want := op.succeeds(); want != "" {
					if answer := r.Do(r.sound(op)); fmt.Sprint(answer.Status) != want {
						t.Errorf("%s: %d %s", op.name(), answer.Status, answer.Body)
					}
				}
			}
		})
	}
}

func TestEveryReadIsNotRepeatedToWhoHasItAlready(t *testing.T) {
	r := newReader(t, nil)
	for _, op := range operations(t, r.Service) {
		if op.Responses["304"].Content == nil && op.method != http.MethodGet || op.ID == "showKeys" || op.succeeds() == "" {
			continue
		}
		request := r.sound(op)
		request.Header["If-None-Match"] = r.Do(request).Has(http.StatusOK).Header.Get("ETag")
		r.Do(request).Is(http.StatusNotModified, "")
	}
}

// values is what each parameter can be tried with, apart from lists of names.
var values = map[string][]string{
	"page[number]": {"1"}, "page[size]": {"5"}, "page[offset]": {"0"}, "page[limit]": {"5"}, "page[after]": {""}, "page[before]": {"MQ"},
	"filter[createdAt]": {"2018-11-06T08:15:02.694668Z"}, "filter[updatedAt]": {"2018-11-06T08:15:02.694668Z"},
}

func TestEveryParameterThatIsOfferedIsServed(t *testing.T) {
	r := newReader(t, nil)
	for _, op := range operations(t, r.Service) {
		for _, parameter := range op.Parameters {
			if parameter.In != "query" {
				continue
			}
			known, given := values[strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(parameter.Name, "[gt]"), "[gte]"), "[lt]"), "[lte]")]
			all := parameter.Schema.Items.Enum
			switch {
			case given:
				all = known
			case parameter.Schema.Type == "array":
				all = append(all, strings.Join(all, ","))
			case parameter.Schema.Type == "boolean":
				all = []string{"true", "false"}
			default:
				all = []string{"1"}
			}
			for _, value := range all {
				request := r.sound(op)
				if strings.HasPrefix(op.path, "/customers") && op.ID == "listCustomers" {
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
var failings = map[string]func(reader, operation, *apitest.Request){
	"unknown_sort":       ask("sort=nothing"),
	"unknown_filter":     ask("filter[nothing]=x"),
	"unknown_field":      ask("fields[nothing]=x"),
	"unknown_include":    ask("include=nothing"),
	"unknown_parameter":  ask("nothing=1"),
	"pagination_invalid": ask("page[size]=0"),
	"invalid_request":    ask("x=%zz"),

	"not_acceptable":          header("Accept", "image/png"),
	"precondition_failed":     header("If-Match", `"another"`),
	"idempotency_key_invalid": header("Idempotency-Key", `"a\b"`),
	"unsupported_media_type":  header("Content-Type", "text/plain"),
	"idempotency_key_reused": func(r reader, op operation, request *apitest.Request) {
		request.Header["Idempotency-Key"] = op.ID
		r.Do(*request)
		if strings.HasPrefix(op.ID, "changePassword") {
			request.Token = r.Login(r.other.Email, anotherPassword)
		}
		request.Body += " "
	},
	"conflicting_identity_headers": func(r reader, _ operation, request *apitest.Request) {
		request.Token, request.Header["X-Anonymous-Customer-Unique-Id"] = r.customer.Token, "a-cart"
	},
	"access_token_invalid": credential(func(reader) string { return "forged" }),
	"access_token_missing": credential(func(reader) string { return "" }),
	"unauthorized_request": func(r reader, op operation, request *apitest.Request) {
		if request.Token = r.key; strings.HasPrefix(op.path, "/outbox") {
			request.Token = r.customer.Token
		}
	},

	"payload_too_large":     body(strings.Repeat(" ", 64<<10+1)),
	"invalid_document":      body("{"),
	"invalid_resource_type": body(`{"data":{"type":"nothing","id":"1","attributes":{}}}`),
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
	"resource_id_invalid": func(_ reader, _ operation, request *apitest.Request) {
		request.Token = apitest.AdminKey
		edit(request, func(data map[string]any) { data["id"] = "me" })
	},
	"resource_id_taken": func(r reader, _ operation, request *apitest.Request) {
		request.Token = apitest.AdminKey
		edit(request, func(data map[string]any) { data["id"] = r.customer.Reference })
	},

	"customer_reference_missing.405":   nothing,
	"resource_id_missing":              nothing,
	"address_id_missing.412.2":         nothing,
	"customer_reference_missing.405.2": path("/me", "/"),
	"customer_not_found": func(r reader, op operation, request *apitest.Request) {
		request.Token, request.Path = apitest.AdminKey, strings.Replace(request.Path, "/me", "/nobody", 1)
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
			edit(request, func(data map[string]any) {
				data["relationships"] = map[string]any{"defaultBillingAddress": map[string]any{"data": nowhere}}
			})
		}
	},
	"relationship_forbidden": func(r reader, op operation, request *apitest.Request) {
		switch {
		case strings.Contains(op.path, "/relationships/"):
		case strings.Contains(op.path, "/addresses"):
			edit(request, func(data map[string]any) {
				data["relationships"] = map[string]any{"customer": map[string]any{"data": map[string]any{"type": "customers", "id": "nobody"}}}
			})
		default:
			edit(request, func(data map[string]any) {
				data["relationships"] = map[string]any{"addresses": map[string]any{"data": []any{}}}
			})
		}
	},
	"route_not_found": func(_ reader, _ operation, request *apitest.Request) {
		request.Path = request.Path[:strings.LastIndex(request.Path, "/")] + "/nothing"
	},

	"field_missing": func(_ reader, _ operation, request *apitest.Request) {
		edit(request, func(data map[string]any) { data["attributes"] = map[string]any{} })
	},
	"value_blank":        weakest(""),
	"type_invalid":       weakest(7),
	"too_long":           weakest(strings.Repeat("x", 2000)),
	"characters_invalid": weakest("a\u0007"),
	"too_short": func(_ reader, op operation, request *apitest.Request) {
		set(request, map[string]any{"newPassword": "x", "password": "x", "city": "x"})
	},
	"email_invalid.901":              attribute("email", "nobody", "username"),
	"email_too_long":                 attribute("email", strings.Repeat("a", 100)+"@example.com"),
	"email_taken": func(r reader, op operation, request *apitest.Request) {
		attribute("email", r.another().Email)(r, op, request)
	},
	"choice_invalid":                 attribute("salutation", "Sir"),
	"gender_invalid":                 attribute("gender", "Robot"),
	"date_invalid":                   attribute("dateOfBirth", "2999-01-01"),
	"locale_invalid":                 attribute("locale", "no such"),
	"country_invalid":                attribute("iso2Code", "XX"),
	"restore_key_invalid":            attribute("restorePasswordKey", "unknown"),
	"confirmation_key_invalid":       attribute("registrationKey", "unknown"),
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

type provoking = func(reader, operation, *apitest.Request)

func nothing(reader, operation, *apitest.Request) {}

func ask(query string) provoking {
	return func(_ reader, _ operation, request *apitest.Request) { request.Path += "?" + query }
}

func header(name, value string) provoking {
	return func(_ reader, _ operation, request *apitest.Request) { request.Header[name] = value }
}

func credential(token func(reader) string) provoking {
	return func(r reader, _ operation, request *apitest.Request) { request.Token = token(r) }
}

func body(text string) provoking {
	return func(_ reader, _ operation, request *apitest.Request) { request.Body = text }
}

func path(from, to string) provoking {
	return func(_ reader, _ operation, request *apitest.Request) {
		request.Path = strings.Replace(request.Path, from, to, 1)
	}
}

// erased asks for somebody who was.
func erased(r reader, _ operation, request *apitest.Request) {
	request.Token, request.Path = apitest.AdminKey, strings.Replace(request.Path, "/me", "/"+r.gone.Reference, 1)
}

// edit changes the data of a request's document.
func edit(request *apitest.Request, change func(data map[string]any)) {
	var document map[string]any
	if err := json.Unmarshal([]byte(request.Body), &document); err != nil {
		panic(err) // it was made here
	}
	change(document["data"].(map[string]any))
	changed, err := json.Marshal(document)
	if err != nil {
		panic(err)
	}
	request.Body = string(changed)
}

// set changes those of the attributes that the document has.
func set(request *apitest.Request, values map[string]any) {
	edit(request, func(data map[string]any) {
		attributes := data["attributes"].(map[string]any)
		for name, value := range values {
			if _, there := attributes[name]; there || data["type"] == "customers" && request.Method == http.MethodPatch || data["type"] == "addresses" {
				attributes[name] = value
			}
		}
	})
}

// attribute sets the first of these attributes, or the others where the document
// has them.
func attribute(name string, value any, others ...string) provoking {
	return func(_ reader, op operation, request *apitest.Request) {
		edit(request, func(data map[string]any) {
			attributes := data["attributes"].(map[string]any)
			for _, other := range others {
				if _, there := attributes[other]; there {
					attributes[other] = value
					return
				}
			}
			attributes[name] = value
		})
	}
}

// weakest sets an attribute of text that may be neither blank nor of any length.
func weakest(value any) provoking {
	return func(r reader, op operation, request *apitest.Request) {
		name := map[string]string{
			"customers": "firstName", "addresses": "firstName", "customer-password": "newPassword", "customer-restore-password": "password",
			"customer-forgotten-password": "email", "customer-confirmation": "registrationKey", "access-tokens": "password", "refresh-tokens": "refreshToken",
		}
		edit(request, func(data map[string]any) {
			data["attributes"].(map[string]any)[name[data["type"].(string)]] = value
		})
	}
}

// newPasswordOf sets a new password, and confirms it.
func newPasswordOf(password string) provoking {
	return func(_ reader, _ operation, request *apitest.Request) {
		edit(request, func(data map[string]any) {
			attributes, name := data["attributes"].(map[string]any), "password"
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
	for name, settings := range map[string]apitest.Settings{"defaults": nil, "glue.env": apitest.Preset(t, "glue"), "classes": {"PASSWORD_CLASSES": "on"}} {
		t.Run(name, func(t *testing.T) {
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
					request := r.sound(op)
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
	"unsupported_media_type", "payload_too_large", "invalid_document", "access_token_invalid", "conflicting_identity_headers", "idempotency_key_invalid", "idempotency_key_reused",
}

// What people are told is said: each operation has a name, a short line, and a group.
func TestEveryOperationIsToldOf(t *testing.T) {
	seen := map[string]bool{}
	for _, op := range operations(t, apitest.New(t, nil)) {
		if seen[op.ID] || op.ID == "" || len(op.Tags) != 1 || op.Summary == "" || len(op.Summary) > 80 || strings.HasSuffix(op.Summary, ".") {
			t.Errorf("%s: %q %q %v", op.name(), op.ID, op.Summary, op.Tags)
		}
		seen[op.ID] = true
		for _, parameter := range op.Parameters {
			if parameter.Name != "" && len(parameter.Description) < 5 {
				t.Errorf("%s: nothing is said of %s", op.name(), parameter.Name)
			}
		}
	}
}

// All attributes that can be written are answered.
func TestWhatIsWrittenIsAnswered(t *testing.T) {
	s := apitest.New(t, nil)
	customer := s.Register("whole@example.com")
	profile := map[string]any{
		"salutation": "Dr", "firstName": "Jane", "lastName": "Roe", "gender": "Female", "dateOfBirth": "1990-01-31", "phone": "4711", "locale": "de-DE", "identification": "L01X00T47",
		"identificationType": "passport", "customerType": "business", "metadata": map[string]any{"a": 1.0}, "extra": map[string]any{"b": "c"}, "note": "regular", "enabled": true, "requestToBeForgotten": true,
	}
	address := map[string]any{
		"salutation": "Ms", "firstName": "Jane", "lastName": "Roe", "address1": "a", "address2": "b", "address3": "c", "zipCode": "10115", "city": "Berlin", "iso2Code": "DE", "company": "d", "phone": "4711",
		"isDefaultShipping": true, "isDefaultBilling": true, "houseNumber": "1", "floor": "2", "locality": "Mitte", "province": "BE", "metadata": map[string]any{"a": 1.0},
	}
	for _, written := range []struct {
		answer     *apitest.Answer
		attributes map[string]any
	}{
		{s.Patch("/customers/"+customer.Reference, apitest.AdminKey, apitest.Document("customers", profile)).Has(http.StatusOK), profile},
		{s.Post("/customers/me/addresses", customer.Token, apitest.Document("addresses", address)).Has(http.StatusCreated), address},
	} {
		for name, value := range written.attributes {
			if answered := written.answer.At("data.attributes." + name); !cmp.Equal(answered, value) {
				t.Errorf("%s was written as %v and answered as %v", name, value, answered)
			}
		}
	}
}

func TestTheFilesOfThePagesHaveTheirMediaTypes(t *testing.T) {
	s := apitest.New(t, nil)
	for file, contentType := range map[string]string{"icon.svg": "image/svg+xml", "start.js": "text/javascript; charset=utf-8", "style.css": "text/css; charset=utf-8", "swagger-ui-LICENSE": "text/plain; charset=utf-8"} {
		if answered := s.Get("/docs/"+file, "").Has(http.StatusOK).Header.Get("Content-Type"); answered != contentType {
			t.Errorf("%s is %s", file, answered)
		}
	}
}

// While a password is hashed, which takes its time, another request may have changed
// it: then it stays as that request has left it.
func TestAPasswordThatWasChangedMeanwhileStays(t *testing.T) {
	hasher := apitest.Cheap()
	hasher.Memory, hasher.Time, hasher.Slots = 19456, 8, 1
	s := apitest.Start(t, apitest.Options{Hasher: hasher})
	for i, path := range []string{"/customer-password", "/customer-password/me"} {
		customer := s.Register(fmt.Sprintf("meanwhile%d@example.com", i))
		before, answered := hasher.Computed(), make(chan *apitest.Answer)
		go func() { answered <- s.Patch(path, customer.Token, passwordChange(customer.Password, anotherPassword)) }()
		for hasher.Computed() == before {
			time.Sleep(time.Millisecond) // until the present password is being compared
		}
		if _, err := s.App.Accounts().Store.SQL().Exec("UPDATE customers SET credential_version = credential_version + 1"); err != nil {
			t.Fatal(err)
		}
		(<-answered).Fails(http.StatusBadRequest, "407 password_change_failed -")
		s.Login(customer.Email, customer.Password)
	}
}
