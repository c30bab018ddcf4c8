package medusa_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/resources/medusa"
)

func TestMain(m *testing.M) { apitest.Main(m, "medusa") }

func TestTheDescriptionIsValid(t *testing.T) {
	t.Parallel()
	if err := apitest.ValidateOpenAPI(bytes.ReplaceAll(medusa.Description(), []byte("{base}"), []byte(apitest.Base))); err != nil {
		t.Error(err)
	}
}

// settings are those of a shop that serves the dialect, with others laid over them.
func settings(others apitest.Settings) apitest.Settings {
	all := apitest.Settings{"DIALECTS": "medusa"}
	for name, value := range others {
		all[name] = value
	}
	return all
}

// origin is that of the storefront in the tests of browsers.
const origin = "https://storefront.example"

// shopper is somebody with a session.
type shopper struct {
	s      *apitest.Service
	cookie string // as it is sent
	id     string // cus_…
	email  string
}

// send sends a request with the session; headers are pairs of name and value.
func (p shopper) send(method, path, body string, headers ...string) *apitest.Answer {
	return send(p.s, method, path, body, append([]string{"Cookie", p.cookie}, headers...)...)
}

func (p shopper) get(path string) *apitest.Answer { return p.send(http.MethodGet, path, "") }

func (p shopper) post(path, body string) *apitest.Answer { return p.send(http.MethodPost, path, body) }

func send(s *apitest.Service, method, path, body string, headers ...string) *apitest.Answer {
	sent := map[string]string{}
	for i := 0; i < len(headers); i += 2 {
		sent[headers[i]] = headers[i+1]
	}
	return s.Do(apitest.Request{Method: method, Path: path, Body: body, Header: sent})
}

// password is what shoppers register with.
const password = "I-am-Iron-Man"

func registration(email string) string {
	return `{"email":"` + email + `","password":"` + password + `","first_name":"Tony","last_name":"Stark","phone":"4242424242"}`
}

func login(email, password string) string {
	return `{"email":"` + email + `","password":"` + password + `"}`
}

// register makes somebody who has registered, and so is logged in.
func register(s *apitest.Service, email string) shopper {
	answer := send(s, http.MethodPost, "/store/customers", registration(email)).Has(http.StatusOK)
	return shopper{s, cookieOf(answer), answer.Text("customer.id"), email}
}

// logIn logs a shopper in once more.
func (p shopper) logIn(password string) shopper {
	p.cookie = cookieOf(send(p.s, http.MethodPost, "/store/auth", login(p.email, password)).Has(http.StatusOK))
	return p
}

// cookieOf is the cookie that an answer sets, as it is sent back; "" when it sets none.
func cookieOf(answer *apitest.Answer) string {
	pair, _, _ := strings.Cut(answer.Header.Get("Set-Cookie"), ";")
	return pair
}

// token asks for a bearer token.
func token(s *apitest.Service, email, password string) string {
	return send(s, http.MethodPost, "/store/auth/token", login(email, password)).Has(http.StatusOK).Text("access_token")
}

// reference is that of a shopper on the main surface.
func (p shopper) reference() string {
	return p.s.Get("/customers?filter[email]="+url.QueryEscape(p.email), apitest.AdminKey).Has(http.StatusOK).Text("data.0.id")
}

// fails demands an error of the dialect.
func fails(t *testing.T, answer *apitest.Answer, status int, kind, message string) {
	t.Helper()
	answer.Has(status)
	if answer.Text("type") != kind || answer.Text("message") != message {
		t.Errorf("%d %s, not %s: %s", answer.Status, answer.Body, kind, message)
	}
}

// refuses demands the answer to those who are not logged in.
func refuses(t *testing.T, answer *apitest.Answer) {
	t.Helper()
	if answer.Status != http.StatusUnauthorized || answer.Body != "Unauthorized" || answer.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%d %s: %s", answer.Status, answer.Header.Get("Content-Type"), answer.Body)
	}
}
