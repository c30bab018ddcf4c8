package medusa_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/clientelehq/clientele/pkg/apitest"
)

const sessionAnswer = `{"customer":{"id":"<text>","created_at":"<text>","updated_at":"<text>","deleted_at":null,"email":"iron@man.com","first_name":"Tony","last_name":"Stark",
	"billing_address_id":null,"phone":"4242424242","has_account":true,"metadata":null,"orders":[],"shipping_addresses":[]}}`

func TestALoginIsACookie(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony := register(s, "Iron@Man.com")
		answer := send(s, "POST", "/store/auth", login("IRON@man.com", password)).Is(http.StatusOK, sessionAnswer)
		if got := answer.Header.Get("Set-Cookie"); got != cookieOf(answer)+"; Path=/; Max-Age=36000; HttpOnly; Secure; SameSite=None" || !strings.HasPrefix(got, "connect.sid=") || len(cookieOf(answer)) < 40 {
			t.Error(got)
		}
		again := shopper{s, cookieOf(answer), tony.id, tony.email}
		if shown := again.get("/store/auth").Is(http.StatusOK, sessionAnswer); shown.Header.Get("Set-Cookie") != "" || shown.Text("customer.id") != tony.id {
			t.Errorf("%s %s", shown.Header, shown.Body)
		}
		if out := again.send("DELETE", "/store/auth", "{}"); out.Status != http.StatusOK || out.Body != "OK" || out.Header.Get("Content-Type") != "text/plain; charset=utf-8" ||
			out.Header.Get("Set-Cookie") != "connect.sid=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=None" {
			t.Errorf("%d %s %s", out.Status, out.Header, out.Body)
		}
		refuses(t, again.get("/store/auth"))
		again.send("DELETE", "/store/auth", "").Has(http.StatusOK)
		if out := send(s, "DELETE", "/store/auth", "").Has(http.StatusOK); out.Body != "OK" || out.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s %s", out.Header, out.Body)
		}
		tony.get("/store/auth").Has(http.StatusOK) // another session
	})
}

func TestACookieIsSecureWhereTheShopIs(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, settings(apitest.Settings{"PUBLIC_URL": "http://localhost:8080"}))
	got := send(s, "POST", "/store/customers", registration("iron@man.com")).Has(http.StatusOK).Header.Get("Set-Cookie")
	if !strings.HasSuffix(got, "; Path=/; Max-Age=36000; HttpOnly; SameSite=Lax") {
		t.Error(got)
	}
}

func TestASessionEndsAfterTenHoursHoweverItIsUsed(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony := register(s, "iron@man.com")
		for range 9 {
			s.Clock.Forward(time.Hour)
			if used := tony.get("/store/auth").Has(http.StatusOK); used.Header.Get("Set-Cookie") != "" {
				t.Error("it rolls")
			}
		}
		s.Clock.Forward(time.Hour + time.Minute)
		refuses(t, tony.get("/store/auth"))
	})
}

// Whatever is wrong, a login is refused in one way; nothing tells which addresses there are.
func TestAWrongLoginIsOneAnswer(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony := register(s, "iron@man.com")
		s.Post("/customers", apitest.AdminKey, apitest.Document("customers", map[string]any{"email": "guest@man.com", "firstName": "G", "lastName": "G", "salutation": "Mr"})).Has(http.StatusCreated)
		for _, path := range []string{"/store/auth", "/store/auth/token"} {
			for _, body := range []string{login(tony.email, "wrong"), login("nobody@man.com", password), login("guest@man.com", password)} {
				answer := send(s, "POST", path, body)
				refuses(t, answer)
				if answer.Header.Get("Set-Cookie") != "" {
					t.Error("a cookie for nothing")
				}
			}
			for body, message := range map[string]string{
				`{}`: "email must be an email, password should not be empty",
				`{"email":" iron@man.com","password":""}`:               "email must be an email, password should not be empty",
				`{"password":42,"email":"iron@man.com"}`:                "password must be a string",
				`{"email":"iron@man.com","password":"x","remember":1}`:  "property remember should not exist",
				`{"b":1,"email":null,"a":2,"password":null}`:            "property b should not exist, property a should not exist, email must be an email, password should not be empty",
				`{"email":["iron@man.com"],"password":"I-am-Iron-Man"}`: "email must be an email",
			} {
				fails(t, send(s, "POST", path, body), http.StatusBadRequest, "invalid_data", message)
			}
		}
		for _, path := range []string{"/store/customers/me", "/store/auth", "/store/auth/token", "/store/customers/password-token"} { // no cookie for looking
			method := "GET"
			if strings.Contains(path, "token") {
				method = "POST"
			}
			if got := send(s, method, path, "").Header.Get("Set-Cookie"); got != "" {
				t.Errorf("%s: %s", path, got)
			}
		}
	})
}

// Fixation: a session that somebody else knows does not become the customer's.
func TestEveryLoginIsASessionOfItsOwn(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony := register(s, "iron@man.com")
		planted := shopper{s, "connect.sid=planted", "", tony.email}
		seen := map[string]bool{tony.cookie: true, planted.cookie: true}
		for _, before := range []shopper{planted, tony, tony} {
			cookie := cookieOf(before.post("/store/auth", login(tony.email, password)).Has(http.StatusOK))
			if seen[cookie] {
				t.Errorf("the session %s is there again", cookie)
			}
			seen[cookie] = true
		}
		refuses(t, planted.get("/store/auth"))
		refuses(t, tony.get("/store/auth")) // who logs in anew leaves no session behind
		for cookie := range seen {
			if strings.Contains(s.Log.String(), strings.TrimPrefix(cookie, "connect.sid=")) && cookie != planted.cookie {
				t.Error("a session is in the log")
			}
		}
	})
}

func TestATokenIsALoginWithoutASession(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony := register(s, "iron@man.com")
		answer := send(s, "POST", "/store/auth/token", login("Iron@man.com", password)).Is(http.StatusOK, `{"access_token":"<text>"}`)
		bearer := answer.Text("access_token")
		claims := jwt.MapClaims{}
		if _, _, err := jwt.NewParser().ParseUnverified(bearer, claims); err != nil {
			t.Fatal(err)
		}
		if claims["customer_id"] != tony.id || claims["domain"] != "store" || claims["exp"].(float64)-claims["iat"].(float64) != 30*24*60*60 || answer.Header.Get("Set-Cookie") != "" {
			t.Errorf("%v", claims)
		}
		by := func(credential string) *apitest.Answer {
			return send(s, "GET", "/store/customers/me", "", "Authorization", "Bearer "+credential)
		}
		if by(bearer).Has(http.StatusOK).Text("customer.id") != tony.id || by(s.Login(tony.email, password)).Has(http.StatusOK).Text("customer.id") != tony.id {
			t.Error("another customer")
		}
		tony.send("DELETE", "/store/auth", "{}", "Authorization", "Bearer "+bearer).Has(http.StatusOK)
		by(bearer).Has(http.StatusOK) // it lives on
		s.Clock.Forward(30*24*time.Hour - time.Minute)
		by(bearer).Has(http.StatusOK)
		s.Clock.Forward(2 * time.Minute)
		refuses(t, by(bearer))
		refuses(t, send(s, "GET", "/store/customers/me", "", "Authorization", "Basic "+bearer))
	})
}

func TestTheCookieCountsBeforeTheToken(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony, pepper := register(s, "iron@man.com"), register(s, "pepper@potts.com")
		bearer := "Bearer " + token(s, pepper.email, password)
		if got := tony.send("GET", "/store/customers/me", "", "Authorization", bearer).Has(http.StatusOK).Text("customer.id"); got != tony.id {
			t.Error("the token counts")
		}
		tony.send("GET", "/store/customers/me", "", "Authorization", "Bearer forged").Has(http.StatusOK)
		if got := send(s, "GET", "/store/customers/me", "", "Authorization", bearer, "Cookie", "connect.sid=over").Has(http.StatusOK).Text("customer.id"); got != pepper.id {
			t.Error("a cookie that is none counts")
		}
		// A login that is wrong does not stop anybody from logging in.
		send(s, "POST", "/store/auth", login(tony.email, password), "Authorization", "Bearer forged", "Cookie", "connect.sid=over").Has(http.StatusOK)
	})
}

func TestATokenOfACustomerWhoIsNoMore(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony := register(s, "iron@man.com")
		address, bearer, reference := addressOf(tony), token(s, tony.email, password), tony.reference()
		s.Delete("/customers/"+reference, apitest.AdminKey).Has(http.StatusNoContent)
		refuses(t, tony.get("/store/customers/me"))
		for _, o := range operations() {
			if o.login {
				o := o.of(tony, address)
				fails(t, send(s, o.method, o.path, o.body, "Authorization", "Bearer "+bearer), http.StatusNotFound, "not_found", "Customer with id: "+tony.id+" was not found")
			}
		}
		refuses(t, send(s, "POST", "/store/auth", login(tony.email, password)))
		send(s, "GET", "/store/auth/iron@man.com", "").Is(http.StatusOK, `{"exists":false}`)
	})
}

func TestExistsTellsOfRegisteredAccountsAlone(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		register(s, "iron+man@stark.com")
		s.Post("/customers", apitest.AdminKey, apitest.Document("customers", map[string]any{"email": "guest@man.com", "firstName": "G", "lastName": "G", "salutation": "Mr"})).Has(http.StatusCreated)
		for address, exists := range map[string]string{
			"token":              "false",
			"iron+man@stark.com": "true", "IRON+MAN@Stark.com": "true", "iron%2Bman@stark.com": "true", "iron%2bman%40stark.com": "true",
			"iron%20man@stark.com": "false", "guest@man.com": "false", "nobody@man.com": "false", "garbage": "false", "a%2Fb@man.com": "false",
		} {
			send(s, "GET", "/store/auth/"+address, "").Is(http.StatusOK, `{"exists":`+exists+`}`)
		}
	})
}

// With double opt-in nobody is logged in before the address is proven, by whatever way.
func TestALoginWaitsForTheConfirmation(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(apitest.Settings{"REGISTRATION": "confirm"}), func(t *testing.T, s *apitest.Service) {
		answer := send(s, "POST", "/store/customers", registration("iron@man.com")).Has(http.StatusOK)
		if answer.Header.Get("Set-Cookie") != "" {
			t.Error("a session before the confirmation")
		}
		refuses(t, send(s, "POST", "/store/auth", login("iron@man.com", password)))
		refuses(t, send(s, "POST", "/store/auth/token", login("iron@man.com", password)))
		s.Confirm(s.MailedKey("iron@man.com", "confirm")).Has(http.StatusNoContent)
		tony := shopper{s, "", "", "iron@man.com"}.logIn(password)
		// Another address counts once it is proven.
		if got := tony.post("/store/customers/me", `{"email":"tony@stark.com"}`).Has(http.StatusOK).Text("customer.email"); got != "iron@man.com" {
			t.Error(got)
		}
		s.Confirm(s.MailedKey("tony@stark.com", "confirm")).Has(http.StatusNoContent)
		if got := tony.get("/store/customers/me").Has(http.StatusOK).Text("customer.email"); got != "tony@stark.com" {
			t.Error(got)
		}
	})
}
