package medusa_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/resources/medusa"
)

// operation is one of the dialect, with a body that is served. {id} and {address} stand
// for those of a shopper.
type operation struct {
	method, path, body string
	login              bool // of those who are logged in, alone
	json401            bool
}

func (o operation) of(p shopper, address string) operation {
	o.path = strings.NewReplacer("{id}", p.id, "{address}", address).Replace(o.path)
	return o
}

const newAddress = `{"address":{"first_name":"Tony","last_name":"Stark","address_1":"Hollywood Boulevard","address_2":"1","city":"Los Angeles","country_code":"US","postal_code":"90046","province":"CA","company":"Stark Industries","phone":"4242424242","metadata":{"gate":1}}}`

func operations() []operation {
	all := []operation{
		{method: "POST", path: "/store/customers", body: registration("somebody@else.com")},
		{method: "POST", path: "/store/customers/password-token", body: `{"email":"nobody@else.com"}`},
		{method: "POST", path: "/store/customers/{id}/reset-password-token", body: `{"email":"nobody@else.com"}`},
		{method: "POST", path: "/store/customers/password-reset", body: `{"email":"nobody@else.com","token":"x","password":"Still-Iron-Man"}`, json401: true},
		{method: "POST", path: "/store/customers/{id}/reset-password", body: `{"email":"nobody@else.com","token":"x","password":"Still-Iron-Man"}`, json401: true},
		{method: "POST", path: "/store/auth", body: login("nobody@else.com", password)},
		{method: "POST", path: "/store/auth/token", body: login("nobody@else.com", password)},
		{method: "GET", path: "/store/auth", login: true},
		{method: "GET", path: "/store/auth/nobody@else.com"},
		{method: "DELETE", path: "/store/auth"},
	}
	for _, one := range []string{"me", "{id}"} {
		path := "/store/customers/" + one
		all = append(all,
			operation{method: "GET", path: path, login: true},
			operation{method: "POST", path: path, body: `{"phone":"1"}`, login: true},
			operation{method: "GET", path: path + "/orders", login: true},
			operation{method: "GET", path: path + "/payment-methods", login: true},
			operation{method: "POST", path: path + "/addresses", body: newAddress, login: true},
			operation{method: "POST", path: path + "/addresses/{address}", body: `{"city":"Malibu"}`, login: true},
			operation{method: "DELETE", path: path + "/addresses/{address}", login: true},
		)
	}
	return append(all,
		operation{method: "POST", path: "/store/customers/{id}/payment-methods", login: true},
		operation{method: "POST", path: "/store/customers/{id}/{address}", body: `{"city":"Malibu"}`, login: true},
	)
}

// addressOf adds an address and returns its id.
func addressOf(p shopper) string {
	return p.post("/store/customers/me/addresses", newAddress).Has(http.StatusOK).Text("customer.shipping_addresses.0.id")
}

// Section 1: authentication comes before validation, and that before existence.
func TestEveryOperationKeepsTheOrderOfChecks(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, settings(nil))
	tony := register(s, "iron@man.com")
	address := addressOf(tony)
	for _, o := range operations() {
		t.Run(o.method+" "+o.path, func(t *testing.T) {
			s := s.In(t)
			tony := tony
			tony.s = s
			o := o.of(tony, address)
			if o.login {
				refuses(t, send(s, o.method, o.path, "{"))
				refuses(t, send(s, o.method, o.path, o.body, "Authorization", "Bearer forged"))
				refuses(t, send(s, o.method, o.path, o.body, "Authorization", "Bearer "+apitest.AdminKey)) // nobody's
				refuses(t, send(s, o.method, o.path, o.body, "Cookie", "connect.sid=forged"))
			}
			fails(t, tony.send(o.method, o.path, o.body, "Store", "NONE"), http.StatusBadRequest, "invalid_data", errors.StoreUnknown.Detail)
			if o.body == "" {
				return
			}
			fails(t, tony.post(o.path, "{"), http.StatusBadRequest, "invalid_data", "the body is not valid JSON")
			fails(t, tony.post(o.path, `{"email":"a@b.c","email":"b@b.c"}`), http.StatusBadRequest, "invalid_data", "the body is not valid JSON")
			fails(t, tony.post(o.path, `[]`), http.StatusBadRequest, "invalid_data", "an unknown value was passed to the validate function")
			if got := tony.post(o.path, `{"foo":1}`).Has(http.StatusBadRequest).Text("message"); !strings.HasPrefix(got, "property foo should not exist") {
				t.Error(got)
			}
			fails(t, tony.post(o.path, strings.Repeat(" ", 100<<10+1)), http.StatusRequestEntityTooLarge, "invalid_data", "request entity too large")
		})
	}
}

func TestABodyOfAnotherMediaTypeIsEmpty(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, settings(nil))
	for _, mediaType := range []string{"", "text/plain", "application/vnd.api+json", "application/x-www-form-urlencoded"} {
		fails(t, send(s, "POST", "/store/auth", login("iron@man.com", password), "Content-Type", mediaType), 400, "invalid_data", "email must be an email, password should not be empty")
	}
	refuses(t, send(s, "POST", "/store/auth", login("iron@man.com", password), "Content-Type", "application/json; charset=utf-8"))
	refuses(t, send(s, "POST", "/store/auth", login("iron@man.com", password), "Accept", "text/html"))
}

// The description has one way to write a path; what it tolerates is asked directly.
func TestPathsAreReadWithoutRegardToCase(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, settings(nil))
	tony := register(s, "iron@man.com")
	ask := func(method, path string) (int, string) {
		t.Helper()
		request, _ := http.NewRequestWithContext(t.Context(), method, s.URL+path, nil)
		request.Header.Set("Cookie", tony.cookie)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	for path, want := range map[string]int{
		"/STORE/Customers/ME": 200, "/Store/Customers/me/": 200, "/store/CUSTOMERS/" + tony.id + "/Orders": 200, "/store/customers/Me/payment-METHODS": 200, "/store/Auth": 200, "/store/auth/": 200,
		"/STORE/customers/" + strings.ToLower(tony.id): 400, "/STORE/nowhere": 404, "/Store": 404, "/store/AUTH/a/b": 200,
	} {
		if status, body := ask("GET", path); status != want {
			t.Errorf("%s: %d, not %d: %s", path, status, want, body)
		}
	}
	if status, body := ask("HEAD", "/store/customers/me"); status != 200 || body != "" {
		t.Errorf("HEAD: %d %s", status, body)
	}
	if status, body := ask("DELETE", "/Store/AUTH"); status != 200 || body != "OK" {
		t.Errorf("DELETE: %d %s", status, body)
	}
}

func TestUnknownPathsAndMethodsAre404(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, settings(nil))
	tony := register(s, "iron@man.com")
	for _, asked := range []string{
		"GET /store", "GET /store/products", "PUT /store/auth", "DELETE /store/auth/token", "POST /store/auth/iron@man.com",
		"GET /store/customers", "DELETE /store/customers/me", "PATCH /store/customers/me", "GET /store/customers/password-reset", "GET /store/customers/me/addresses",
		"GET /store/customers/me/addresses/x", "PUT /store/customers/me/addresses/x", "GET /store/customers/somebody", "GET /store/customers/me/orders/1", "POST /store/customers/me/addr_1", "POST /store/customers/me/orders",
		"TRACE /store/customers/me",
	} {
		method, path, _ := strings.Cut(asked, " ")
		answer := send(s, method, path, "")
		if strings.HasPrefix(path, "/store/customers") {
			refuses(t, answer)
			answer = tony.send(method, path, "")
		}
		fails(t, answer, http.StatusNotFound, "not_found", "Not Found")
	}
	for _, path := range []string{"/store/customers/me/%00", "/store/auth/%ff"} {
		fails(t, tony.get(path), http.StatusBadRequest, "invalid_data", errors.RequestInvalid.Detail)
	}
	if answer := s.Get("/customers", ""); !strings.Contains(answer.Body, "access_token_missing") {
		t.Errorf("the main surface: %s", answer.Body)
	}
	if answer := send(apitest.New(t, nil), "GET", "/store/auth", ""); answer.Status != http.StatusNotFound || !strings.Contains(answer.Body, "route_not_found") {
		t.Errorf("a shop without the dialect: %d %s", answer.Status, answer.Body)
	}
}

func TestWhatAClientHasAlreadyIsNotSentAgain(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, settings(nil))
	tony := register(s, "iron@man.com")
	for _, o := range operations() {
		if o.method != "GET" {
			continue
		}
		path := o.of(tony, "").path
		tag := tony.get(path).Has(http.StatusOK).Header.Get("ETag")
		if !strings.HasPrefix(tag, `W/"`) {
			t.Fatalf("%s: %s", path, tag)
		}
		for _, known := range []string{tag, strings.TrimPrefix(tag, "W/"), `"x", ` + tag, "*"} {
			if again := tony.send("GET", path, "", "If-None-Match", known); again.Status != http.StatusNotModified || again.Header.Get("ETag") != tag {
				t.Errorf("%s with %s: %d", path, known, again.Status)
			}
		}
		tony.send("HEAD", path, "", "If-None-Match", tag).Has(http.StatusNotModified)
		tony.send("GET", path, "", "If-None-Match", `W/"x"`).Has(http.StatusOK)
	}
}

func TestPagesOfConfiguredOriginsAloneMayUseTheSession(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, settings(apitest.Settings{"CORS_ORIGINS": origin + ",*"}))
	tony := register(s, "iron@man.com")
	for from, trusted := range map[string]bool{origin: true, "https://evil.example": false, "null": false} {
		preflight := send(s, "OPTIONS", "/store/customers/me", "", "Origin", from, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type,x-foo")
		preflight.Is(http.StatusNoContent, "")
		for name, want := range map[string]string{
			"Access-Control-Allow-Origin": from, "Access-Control-Allow-Methods": "GET,HEAD,PUT,PATCH,POST,DELETE", "Access-Control-Allow-Headers": "content-type,x-foo",
			"Access-Control-Allow-Credentials": map[bool]string{true: "true"}[trusted],
		} {
			if got := preflight.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, not %q", from, name, got, want)
			}
		}
		if vary := strings.Join(preflight.Header.Values("Vary"), ", "); !strings.Contains(vary, "Origin, Access-Control-Request-Headers") {
			t.Error(vary)
		}
		if got := tony.send("GET", "/store/customers/me", "", "Origin", from).Has(http.StatusOK).Header.Get("Access-Control-Allow-Credentials"); (got == "true") != trusted {
			t.Errorf("%s: credentials %q", from, got)
		}
	}
	plain := apitest.New(t, settings(apitest.Settings{"CORS_ORIGINS": origin}))
	for _, path := range []string{"/store/customers/me", "/store/nowhere"} {
		refused := send(plain, "OPTIONS", path, "", "Origin", "https://evil.example", "Access-Control-Request-Headers", "x-foo").Has(http.StatusNoContent)
		for name := range refused.Header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %s for an origin that is not configured", path, name)
			}
		}
	}
}

// A page of another site cannot make a browser change anything with the cookie that it
// keeps, nor give it another one.
func TestAForeignPageChangesNothing(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, settings(apitest.Settings{"CORS_ORIGINS": origin}))
	tony := register(s, "iron@man.com")
	address, bearer := addressOf(tony), token(s, tony.email, password)
	foreign := []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}
	for _, o := range operations() {
		o := o.of(tony, address)
		if o.method == "GET" {
			continue
		}
		byCookie := tony.send(o.method, o.path, o.body, foreign...)
		if o.login || o.path == "/store/auth" || o.path == "/store/customers" {
			fails(t, byCookie, http.StatusForbidden, "not_allowed", "Pages of this origin may not use the session")
		}
	}
	for _, headers := range [][]string{{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Sec-Fetch-Site", "same-site"}} {
		tony.send("POST", "/store/customers/me", `{"phone":"666"}`, headers...).Has(http.StatusForbidden)
	}
	if phone := tony.get("/store/customers/me").Text("customer.phone"); phone != "4242424242" {
		t.Errorf("the telephone number is %s", phone)
	}
	for _, headers := range [][]string{{}, {"Origin", origin, "Sec-Fetch-Site", "cross-site"}, {"Origin", apitest.Base, "Sec-Fetch-Site", "same-origin"}} {
		tony.send("POST", "/store/customers/me", `{"phone":"1"}`, headers...).Has(http.StatusOK)
		send(s, "POST", "/store/auth", login(tony.email, password), headers...).Has(http.StatusOK)
	}
	send(s, "POST", "/store/customers/me", `{"phone":"2"}`, append(foreign, "Authorization", "Bearer "+bearer)...).Has(http.StatusOK) // which a page has to know
}

func TestARepeatedRequestCountsOnce(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		first := send(s, "POST", "/store/customers", registration("iron@man.com"), "Idempotency-Key", "one").Has(http.StatusOK)
		again := send(s, "POST", "/store/customers", registration("iron@man.com"), "Idempotency-Key", "one").Has(http.StatusOK)
		if again.Body != first.Body || cookieOf(again) != cookieOf(first) || again.Header.Get("Idempotent-Replayed") != "true" || first.Header.Get("Idempotent-Replayed") != "" {
			t.Errorf("%s %s", again.Header, again.Body)
		}
		send(s, "POST", "/store/customers", registration("iron@man.com"), "Idempotency-Key", "two").Has(http.StatusUnprocessableEntity)
		fails(t, send(s, "POST", "/store/customers", registration("other@man.com"), "Idempotency-Key", "one"), 400, "invalid_data", errors.IdempotencyKeyReused.Detail)
		fails(t, send(s, "POST", "/store/customers", registration("other@man.com"), "Idempotency-Key", strings.Repeat("x", 256)), 400, "invalid_data", "The idempotency key is not valid. It should have 1 to 255 visible ASCII characters.")
		tony := shopper{s, cookieOf(first), first.Text("customer.id"), "iron@man.com"}
		address := addressOf(tony)
		for _, o := range operations() {
			o := o.of(tony, address)
			if o.method != "POST" || o.json401 || o.path == "/store/customers" {
				continue
			}
			if strings.HasPrefix(o.path, "/store/auth") {
				o.body = login(tony.email, password)
			}
			for i := range 2 {
				fleeting, ask := strings.HasPrefix(o.path, "/store/auth"), tony
				if fleeting { // a login with the cookie would end its session
					ask.cookie = "connect.sid=none"
				}
				answer := ask.send(o.method, o.path, o.body, "Idempotency-Key", o.path)
				if replayed := answer.Header.Get("Idempotent-Replayed") == "true"; answer.Status > 204 || replayed != (i == 1 && !fleeting) {
					t.Errorf("%s, for the %d. time: %d, replayed %t", o.path, i+1, answer.Status, replayed)
				}
			}
		}
	})
}

func TestErrorsOfTheServerTellNothingAndAskToWait(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err         error
		status      int
		retry, body string
	}{
		{errors.InternalError.Because(errors.New("secret")), 500, "", `{"code":"unknown_error","type":"unknown_error","message":"An unknown error occurred."}`},
		{errors.New("secret"), 500, "", `{"code":"unknown_error","type":"unknown_error","message":"An unknown error occurred."}`},
		{errors.ServiceUnavailable.After(5 * time.Second), 503, "1", `{"type":"unexpected_state","message":"The service cannot answer now. Please try again later."}`},
		{errors.RateLimited.After(1500 * time.Millisecond), 429, "2", `{"type":"not_allowed","message":"There were too many requests of this kind. Please try again later."}`},
		{errors.CustomerNotFound, 404, "", `{"type":"not_found","message":"Customer not found."}`},
		{errors.Unauthorized, 400, "", `{"type":"not_allowed","message":"Unauthorized request."}`},
	} {
		recorder := httptest.NewRecorder()
		context := echo.New().NewContext(httptest.NewRequest("POST", "/store/auth", nil), recorder)
		if err := (&medusa.API{}).Fail(context, c.err); err != nil || recorder.Code != c.status || recorder.Body.String() != c.body || recorder.Header().Get("Retry-After") != c.retry {
			t.Errorf("%v: %d %s %s %v", c.err, recorder.Code, recorder.Body, recorder.Header(), err)
		}
	}
	for _, one := range errors.Catalogue() { // the client would send what is 409 again
		recorder := httptest.NewRecorder()
		context := echo.New().NewContext(httptest.NewRequest("POST", "/store/auth", nil), recorder)
		if err := (&medusa.API{}).Fail(context, one.On("email")); err != nil || recorder.Code < 400 || recorder.Code == http.StatusConflict {
			t.Errorf("%s: %d %v", one.Key, recorder.Code, err)
		}
	}
}

func TestTooManyRequestsAreRefused(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(apitest.Settings{"REGISTRATION_LIMIT": "3", "LOGIN_LIMIT_NETWORK": "2", "LOGIN_LIMIT_ACCOUNT": "2"}), func(t *testing.T, s *apitest.Service) {
		tony := register(s, "iron@man.com")
		send(s, "POST", "/store/customers", registration("iron@man.com")).Has(422)
		send(s, "GET", "/store/auth/iron@man.com", "").Is(200, `{"exists":true}`)
		for range 2 {
			refuses(t, send(s, "POST", "/store/auth", login("pepper@potts.com", "wrong-password")))
		}
		for _, asked := range []string{"GET /store/auth/iron@man.com -", "POST /store/customers " + registration("pepper@potts.com"), "POST /store/auth " + login("pepper@potts.com", "x"), "POST /store/auth/token " + login("pepper@potts.com", "x")} {
			parts := strings.SplitN(asked, " ", 3)
			answer := send(s, parts[0], parts[1], strings.TrimPrefix(parts[2], "-"))
			if answer.Status != http.StatusTooManyRequests || answer.Text("type") != "not_allowed" || answer.Header.Get("Retry-After") == "" {
				t.Errorf("%s: %d %s %s", asked, answer.Status, answer.Header, answer.Body)
			}
		}
		for _, path := range []string{"/store/customers/me", "/store/customers/" + tony.id} {
			for i := range 6 {
				answer := tony.post(path, fmt.Sprintf(`{"email":"%d%d@man.com"}`, len(path), i))
				if answer.Status != http.StatusOK && (answer.Status != http.StatusTooManyRequests || answer.Header.Get("Retry-After") == "") {
					t.Errorf("%d %s", answer.Status, answer.Body)
				}
			}
			tony.post(path, `{"email":"late@man.com"}`).Has(http.StatusTooManyRequests)
		}
	})
}
