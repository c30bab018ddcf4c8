package medusa_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// resetToken asks for a reset token and returns the one of the letter.
func resetToken(s *apitest.Service, email string) string {
	send(s, "POST", "/store/customers/password-token", `{"email":"`+email+`"}`).Is(http.StatusNoContent, "")
	return s.MailedKey(strings.ToLower(email), "restore")
}

func reset(s *apitest.Service, email, token, password string) *apitest.Answer {
	return send(s, "POST", "/store/customers/password-reset", `{"email":"`+email+`","token":"`+token+`","password":"`+password+`"}`)
}

func TestAForgottenPasswordIsSetAnew(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony := register(s, "iron@man.com")
		bearer := token(s, tony.email, password)
		addressOf(tony)
		answer := reset(s, "Iron@Man.com", resetToken(s, "IRON@man.com"), "Still-Iron-Man").Is(http.StatusOK,
			`{"customer":{"id":"`+tony.id+`","created_at":"<text>","updated_at":"<text>","deleted_at":null,"email":"iron@man.com","first_name":"Tony","last_name":"Stark","billing_address_id":null,"phone":"4242424242","has_account":true,"metadata":null}}`)
		if answer.Header.Get("Set-Cookie") != "" {
			t.Error("it logs in")
		}
		refuses(t, tony.get("/store/auth"))
		refuses(t, send(s, "GET", "/store/auth", "", "Authorization", "Bearer "+bearer))
		refuses(t, send(s, "POST", "/store/auth", login(tony.email, password)))
		tony.logIn("Still-Iron-Man").get("/store/customers/me").Has(http.StatusOK)
	})
}

func TestAResetTokenIsRefusedInOneWay(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony, pepper := register(s, "iron@man.com"), register(s, "pepper@potts.com")
		refused := func(answer *apitest.Answer) {
			t.Helper()
			answer.Is(http.StatusUnauthorized, `{"type":"unauthorized","message":"Invalid or expired password reset token"}`)
		}
		first := resetToken(s, tony.email)
		refused(reset(s, pepper.email, first, "Still-Iron-Man")) // another customer's
		refused(reset(s, "nobody@man.com", first, "Still-Iron-Man"))
		for _, malformed := range []string{"x", "", " ", "eyJhbGciOiJIUzI1NiJ9.e30.x", `\u0000`} {
			refused(reset(s, tony.email, malformed, "Still-Iron-Man"))
		}
		second := resetToken(s, tony.email)
		refused(reset(s, tony.email, first, "Still-Iron-Man")) // a new one replaces it
		fails(t, reset(s, tony.email, second, "short"), http.StatusBadRequest, "invalid_data", "password must be longer than or equal to 7 characters")
		reset(s, tony.email, second, "Still-Iron-Man").Has(http.StatusOK)
		refused(reset(s, tony.email, second, "Once-Iron-Man")) // used
		third := resetToken(s, pepper.email)
		pepper.post("/store/customers/me", `{"password":"Pepper-is-hot"}`).Has(http.StatusOK)
		refused(reset(s, pepper.email, third, "Still-Iron-Man")) // void after a change
		fourth := resetToken(s, pepper.email)
		s.Clock.Forward(3 * time.Hour)
		refused(reset(s, pepper.email, fourth, "Still-Iron-Man")) // too old
		for body, message := range map[string]string{
			`{"email":"iron@man.com"}`: "token must be a string, password must be a string",
			`{}`:                       "email must be an email, token must be a string, password must be a string",
			`{"email":"iron@man.com","token":1,"password":null}`: "token must be a string, password must be a string",
		} {
			fails(t, send(s, "POST", "/store/customers/password-reset", body), http.StatusBadRequest, "invalid_data", message)
		}
	})
}

func TestNobodyIsToldWhoHasForgotten(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		register(s, "iron@man.com")
		s.Post("/customers", apitest.AdminKey, apitest.Document("customers", map[string]any{"email": "guest@man.com", "firstName": "G", "lastName": "G", "salutation": "Mr"})).Has(http.StatusCreated)
		for _, address := range []string{"iron@man.com", "guest@man.com", "nobody@man.com"} {
			answer := send(s, "POST", "/store/customers/password-token", `{"email":"`+address+`"}`).Is(http.StatusNoContent, "")
			if answer.Header.Get("Content-Type") != "" {
				t.Error(answer.Header)
			}
		}
		for body, message := range map[string]string{`{}`: "email must be an email", `{"email":"iron"}`: "email must be an email", `{"email":"iron@man.com","x":1}`: "property x should not exist"} {
			fails(t, send(s, "POST", "/store/customers/password-token", body), http.StatusBadRequest, "invalid_data", message)
		}
		if letters := s.Letters("nobody@man.com", ""); letters.At("data.0") != nil {
			t.Errorf("%s", letters.Body)
		}
	})
}

// Section 10: all sessions and tokens end; the one that has changed the password goes on
// under a new id.
func TestAChangedPasswordEndsEveryOtherLogin(t *testing.T) {
	t.Parallel()
	apitest.Each(t, settings(nil), func(t *testing.T, s *apitest.Service) {
		tony := register(s, "iron@man.com")
		other, bearer := tony.logIn(password), token(s, tony.email, password)
		main := s.Login(tony.email, password)
		answer := tony.post("/store/customers/me", `{"password":"Still-Iron-Man","phone":"5"}`).Has(http.StatusOK)
		if answer.Text("customer.phone") != "5" {
			t.Errorf("%s", answer.Body)
		}
		if cookieOf(answer) == "" || cookieOf(answer) == tony.cookie || !strings.Contains(answer.Header.Get("Set-Cookie"), "HttpOnly; Secure") {
			t.Errorf("%q", answer.Header.Get("Set-Cookie"))
		}
		for _, ended := range []shopper{tony, other} {
			refuses(t, ended.get("/store/customers/me"))
		}
		for _, ended := range []string{bearer, main} {
			refuses(t, send(s, "GET", "/store/customers/me", "", "Authorization", "Bearer "+ended))
		}
		tony.cookie = cookieOf(answer)
		tony.get("/store/customers/me").Has(http.StatusOK)
		refuses(t, send(s, "POST", "/store/auth", login(tony.email, password)))

		bearer = token(s, tony.email, "Still-Iron-Man")
		byToken := send(s, "POST", "/store/customers/me", `{"password":"Ever-Iron-Man"}`, "Authorization", "Bearer "+bearer).Has(http.StatusOK)
		if byToken.Header.Get("Set-Cookie") != "" {
			t.Error("a session for who had none")
		}
		refuses(t, tony.get("/store/customers/me"))
		tony = tony.logIn("Ever-Iron-Man")
		for _, nothing := range []string{`{"password":""}`, `{"password":null}`} {
			if answer := tony.post("/store/customers/me", nothing).Has(http.StatusOK); answer.Header.Get("Set-Cookie") != "" {
				t.Error("the password was changed")
			}
		}
		for weak, message := range map[string]string{"short": "password must be longer than or equal to 7 characters", "password": "The password is listed as common."} {
			fails(t, tony.post("/store/customers/me", `{"password":"`+weak+`"}`), http.StatusBadRequest, "invalid_data", message)
		}
		tony.logIn("Ever-Iron-Man").get("/store/customers/me").Has(http.StatusOK)
	})
}

// On SQLite nobody else can write while a transaction has written something, and a hash
// takes longer than everything else.
func TestAPasswordIsHashedBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, settings(nil))
	tony, pepper := register(s, "iron@man.com"), register(s, "pepper@potts.com")
	slow := apitest.Cheap()
	slow.Memory, slow.Time = 32<<10, 16
	other := apitest.Start(t, apitest.Options{Database: s.Database, Settings: settings(nil), Hasher: slow})
	tony.s = other
	var changing sync.WaitGroup
	var answer *apitest.Answer
	changed := make(chan struct{})
	changing.Go(func() {
		answer = tony.post("/store/customers/me", `{"password":"Still-Iron-Man","billing_address":{"city":"Malibu"}}`)
		close(changed)
	})
	for began := time.Now(); slow.Computed() == 0; time.Sleep(time.Millisecond) {
		if time.Since(began) > 30*time.Second {
			t.Fatal("no hash is computed")
		}
	}
	pepper.post("/store/customers/me", `{"phone":"1"}`).Has(http.StatusOK)
	select {
	case <-changed:
		t.Error("who wrote meanwhile had to wait for the hash")
	default:
	}
	changing.Wait()
	if answer.Has(http.StatusOK).Text("customer.billing_address.city") != "Malibu" {
		t.Error(answer.Body)
	}
}
