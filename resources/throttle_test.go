package resources_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// proxied are settings under which a test says where its requests come from.
func proxied(settings apitest.Settings) apitest.Settings {
	all := apitest.Settings{"TRUSTED_PROXIES": "127.0.0.1"}
	for name, value := range settings {
		all[name] = value
	}
	return all
}

// logInFrom asks for tokens from a network address.
func logInFrom(s *apitest.Service, address, email, password string) *apitest.Answer {
	return s.Do(apitest.Request{Method: http.MethodPost, Path: "/access-tokens", Header: map[string]string{"X-Forwarded-For": address},
		Body: apitest.Document("access-tokens", map[string]any{"username": email, "password": password})})
}

const (
	wrong   = "003 authentication_failed -"
	tooMany = "4401 too_many_attempts -"
)

func TestTheTenthFailedLoginIsRefused(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("victim@example.com")
	for n := range 9 {
		failed := s.LogIn(customer.Email, "wrong-one").Fails(401, wrong)
		if left := failed.Header.Get("RateLimit-Remaining"); left != fmt.Sprint(8-n) {
			t.Errorf("%s left after %d", left, n+1)
		}
	}
	answer := s.LogIn(customer.Email, customer.Password).Fails(429, tooMany)
	if answer.Header.Get("Retry-After") != "360" || answer.Header.Get("RateLimit-Limit") != "9" || answer.Header.Get("RateLimit-Remaining") != "0" ||
		answer.Header.Get("RateLimit-Reset") != "360" || !strings.Contains(answer.Text("errors.0.detail"), "Please wait 6 minutes") {
		t.Errorf("%v, %s", answer.Header, answer.Body)
	}
	s.Form("/token", "grant_type=password&username=victim@example.com&password="+customer.Password).Has(429)
	for _, path := range []string{"/customer-password", "/customer-password/" + customer.Reference} {
		s.Patch(path, customer.Token, passwordChange(customer.Password, "another-one")).Fails(429, tooMany)
	}
	s.LogIn("somebody@example.com", "wrong-one").Fails(401, wrong)
	s.Clock.Forward(6*time.Minute + time.Second)
	s.Login(customer.Email, customer.Password)
}

// A guess is counted before it is compared: however many come at once, on however
// many replicas, no more than nine are.
func TestGuessesSideBySideAreCountedBeforeTheyAreCompared(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("guessed@example.com")
		other := apitest.Start(t, apitest.Options{Database: s.Database})
		computed := func() int64 {
			return s.App.Accounts().Hasher.Computed() + other.App.Accounts().Hasher.Computed()
		}
		before, counts := computed(), map[int]int{}
		var mu sync.Mutex
		var group sync.WaitGroup
		for n := range 60 {
			replica := []*apitest.Service{s, other}[n%2]
			group.Go(func() {
				status := replica.LogIn(customer.Email, "wrong-one").Status
				mu.Lock()
				defer mu.Unlock()
				counts[status]++
			})
		}
		group.Wait()
		if counts[401] != 9 || counts[429] != 51 || computed()-before != 9 {
			t.Errorf("%v, %d were compared", counts, computed()-before)
		}
		other.LogIn(customer.Email, customer.Password).Fails(429, tooMany)
	})
}

// The right password uses nothing up, on whatever counter.
func TestLoginsThatSucceedAreNotCounted(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"LOGIN_LIMIT_NETWORK": "3", "LOGIN_LIMIT_ACCOUNT": "3", "LOGIN_LIMIT_TOTAL": "3"})
	customer := s.Register("often@example.com")
	for range 12 {
		s.Login(customer.Email, customer.Password)
	}
	s.LogIn(customer.Email, "wrong-one").Fails(401, wrong)
	s.Login(customer.Email, customer.Password)
}

// One password tried on many accounts stops at the network's limit, and those who
// come from elsewhere do not notice.
func TestOneNetworkTriesOnlySoManyAccounts(t *testing.T) {
	t.Parallel()
	apitest.Each(t, proxied(apitest.Settings{"LOGIN_LIMIT_NETWORK": "5"}), func(t *testing.T, s *apitest.Service) {
		customer := s.Register("john@example.com")
		for n := range 5 {
			logInFrom(s, fmt.Sprintf("2001:db8:1:2::%d", n), fmt.Sprintf("account%d@example.com", n), "change123").Fails(401, wrong)
		}
		logInFrom(s, "2001:db8:1:2:ffff::1", "account6@example.com", "change123").Fails(429, tooMany)
		logInFrom(s, "2001:db8:1:2:ffff::1", customer.Email, customer.Password).Fails(429, tooMany)
		logInFrom(s, "2001:db8:1:3::1", "account6@example.com", "change123").Fails(401, wrong)
		logInFrom(s, "203.0.113.7", customer.Email, customer.Password).Has(http.StatusCreated)
		// An address is one, however it is written.
		for range 4 {
			logInFrom(s, "203.0.113.7", "account7@example.com", "change123").Fails(401, wrong)
		}
		logInFrom(s, "::ffff:203.0.113.7", "account8@example.com", "change123").Fails(401, wrong)
		logInFrom(s, "203.0.113.7", "account9@example.com", "change123").Fails(429, tooMany)
	})
}

// While others guess at an account from everywhere, its customer logs in from where
// they have logged in before, and after restoring their password from anywhere.
func TestAnAttackedCustomerStillLogsIn(t *testing.T) {
	t.Parallel()
	apitest.Each(t, proxied(apitest.Settings{"LOGIN_LIMIT_ACCOUNT": "5"}), func(t *testing.T, s *apitest.Service) {
		customer := s.Register("victim@example.com")
		logInFrom(s, "198.51.100.1", customer.Email, customer.Password).Has(http.StatusCreated)
		attack := func(from int) {
			for n := range 5 {
				logInFrom(s, fmt.Sprintf("192.0.2.%d", from+n), customer.Email, "wrong-one").Fails(401, wrong)
			}
			logInFrom(s, fmt.Sprintf("192.0.2.%d", from+9), customer.Email, "wrong-one").Fails(429, tooMany)
		}
		attack(10)
		logInFrom(s, "203.0.113.9", customer.Email, customer.Password).Fails(429, tooMany) // it might be anybody
		logInFrom(s, "198.51.100.1", customer.Email, customer.Password).Has(http.StatusCreated)
		s.Get("/customers/me", customer.Token).Has(http.StatusOK)
		next(s, customer.Refresh)

		s.Forget(customer.Email)
		restore := apitest.Request{Method: http.MethodPatch, Path: "/customer-restore-password", Header: map[string]string{"X-Forwarded-For": "203.0.113.9"},
			Body: restoration(s.MailedKey(customer.Email, "restore"), "another-one")}
		s.Do(restore).Is(http.StatusNoContent, "")
		logInFrom(s, "203.0.113.9", customer.Email, "another-one").Has(http.StatusCreated)
		logInFrom(s, "192.0.2.99", customer.Email, "another-one").Fails(429, tooMany)
	})
}

// A thousand guesses from one place do not keep the customer out of any other, for
// those that are refused use nothing up.
func TestGuessesFromOnePlaceHoldUpNobodyElsewhere(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, proxied(nil))
	customer := s.Register("victim@example.com")
	for range 200 {
		logInFrom(s, "192.0.2.1", customer.Email, "wrong-one")
	}
	logInFrom(s, "192.0.2.1", customer.Email, customer.Password).Fails(429, tooMany)
	logInFrom(s, "203.0.113.9", customer.Email, customer.Password).Has(http.StatusCreated)
}

func TestAllFailedLoginsTogetherHaveALimit(t *testing.T) {
	t.Parallel()
	apitest.Each(t, proxied(apitest.Settings{"LOGIN_LIMIT_TOTAL": "20"}), func(t *testing.T, s *apitest.Service) {
		known, moved := s.Register("known@example.com"), s.Register("moved@example.com")
		logInFrom(s, "198.51.100.1", known.Email, known.Password).Has(http.StatusCreated)
		for n := range 20 {
			logInFrom(s, fmt.Sprintf("192.0.2.%d", n), fmt.Sprintf("account%d@example.com", n), "wrong-one").Fails(401, wrong)
		}
		logInFrom(s, "203.0.113.1", moved.Email, moved.Password).Fails(429, tooMany)
		logInFrom(s, "198.51.100.1", known.Email, known.Password).Has(http.StatusCreated)
		s.Clock.Forward(time.Minute + time.Second)
		logInFrom(s, "203.0.113.1", moved.Email, moved.Password).Has(http.StatusCreated)
	})
}

// What a known and an unknown address are answered differs in nothing, headers and
// all, up to the refusal and beyond.
func TestAThrottleTellsNothingOfAccounts(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("known@example.com")
	s.Clock.Stop() // both are told when to come again, in seconds
	for n := range 12 {
		known, unknown := s.LogIn(customer.Email, "wrong-one"), s.LogIn("nobody@example.com", "wrong-one")
		if known.Status != unknown.Status || !sameButIDs(known.Body, unknown.Body) {
			t.Errorf("%d: %d %s and %d %s", n, known.Status, known.Body, unknown.Status, unknown.Body)
		}
		for name := range known.Header {
			if name != "Date" && name != "X-Request-Id" && known.Header.Get(name) != unknown.Header.Get(name) {
				t.Errorf("%d: %s is %q and %q", n, name, known.Header.Get(name), unknown.Header.Get(name))
			}
		}
		if len(known.Header) != len(unknown.Header) {
			t.Errorf("%v and %v", known.Header, unknown.Header)
		}
	}
}

func sameButIDs(one, other string) bool {
	const id = 36 // characters of a UUID, in errors[0].id
	cut := func(body string) string {
		at := strings.Index(body, `"id":"`) + len(`"id":"`)
		return body[:at] + body[at+id:]
	}
	return cut(one) == cut(other)
}

// Whoever has stolen an access token cannot guess the password with it.
func TestGuessesAtTheCurrentPasswordAreCounted(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("guessed@example.com")
	for range 9 {
		s.Patch("/customer-password", customer.Token, passwordChange("wrong-one", "another-one")).Fails(400, `408 password_invalid "/data/attributes/password"`)
	}
	s.Patch("/customer-password", customer.Token, passwordChange(customer.Password, "another-one")).Fails(429, tooMany)
	s.Clock.Forward(6*time.Minute + time.Second)
	for range 12 { // those whose current password is right are no guesses, whatever else is wrong with them
		s.Patch("/customer-password", customer.Token, passwordChange(customer.Password, "password")).Fails(400, `422 password_common "/data/attributes/newPassword"`)
	}
	s.Patch("/customer-password", customer.Token, passwordChange(customer.Password, "another-one")).Is(http.StatusNoContent, "")
}

func TestOnlySoManyRestoreLettersAreWritten(t *testing.T) {
	t.Parallel()
	apitest.Each(t, proxied(nil), func(t *testing.T, s *apitest.Service) {
		customer, other := s.Register("bombed@example.com"), s.Register("other@example.com")
		forget := func(from, email string) {
			s.Do(apitest.Request{Method: http.MethodPost, Path: "/customer-forgotten-password", Header: map[string]string{"X-Forwarded-For": from},
				Body: apitest.Document("customer-forgotten-password", map[string]any{"email": email})}).Is(http.StatusNoContent, "")
		}
		written := func(email string) any { return s.Letters(email, "restore").At("meta.total") }
		for n := range 50 {
			forget(fmt.Sprintf("192.0.2.%d", n), strings.ToUpper(customer.Email[:1])+customer.Email[1:])
		}
		if count := written(customer.Email); count != 3.0 {
			t.Errorf("%v letters to one address", count)
		}
		for n := range 20 {
			forget("203.0.113.1", fmt.Sprintf("account%d@example.com", n))
		}
		forget("203.0.113.1", other.Email)
		if count := written(other.Email); count != 0.0 {
			t.Errorf("%v letters asked for from a network that has asked for ten", count)
		}
		forget("203.0.113.2", other.Email)
		s.Clock.Forward(time.Hour + time.Second)
		forget("203.0.113.1", other.Email)
		forget("203.0.113.1", customer.Email)
		if one, two := written(other.Email), written(customer.Email); one != 2.0 || two != 4.0 {
			t.Errorf("%v and %v letters, an hour later", one, two)
		}
	})
}

func TestRegistrationsFromOneNetworkAreCounted(t *testing.T) {
	t.Parallel()
	const limited = "- rate_limited -"
	s := apitest.New(t, apitest.Settings{"REGISTRATION_LIMIT": "3"})
	s.Post("/customers", "", apitest.Registration("one@example.com")).Has(http.StatusCreated)
	s.Post("/customers", "", apitest.Registration("one@example.com")).Has(422) // a failed one tells the most
	s.Post("/customers", "", apitest.Registration("two@example.com")).Has(http.StatusCreated)
	answer := s.Post("/customers", "", apitest.Registration("three@example.com")).Fails(429, limited)
	if answer.Header.Get("RateLimit-Limit") != "3" || answer.Header.Get("Retry-After") == "" {
		t.Errorf("%v", answer.Header)
	}
	operations := `{"atomic:operations":[{"op":"add","data":` + strings.TrimSuffix(strings.TrimPrefix(apitest.Registration("four@example.com"), `{"data":`), "}") + `}]}`
	s.Do(apitest.Request{Method: http.MethodPost, Path: "/operations", Body: operations, Header: map[string]string{"Content-Type": atomic}}).
		Fails(429, `- rate_limited "/atomic:operations/0"`)
	s.Post("/customers", apitest.AdminKey, apitest.Registration("five@example.com")).Has(http.StatusCreated)
	s.Clock.Forward(time.Hour + time.Second)
	s.Post("/customers", "", apitest.Registration("three@example.com")).Has(http.StatusCreated)
}

// Each wish for another address tells whether that one has an account, so there are
// not many; giving the present one, as forms do, is none.
func TestWishesForAnotherAddressAreCounted(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	s.Register("taken@example.com")
	customer := s.Register("curious@example.com")
	wish := func(email string) *apitest.Answer {
		return s.Patch("/customers/me", customer.Token, apitest.Document("customers", map[string]any{"email": email, "firstName": "A"}))
	}
	for range 9 {
		wish("Curious@example.com").Has(http.StatusOK)
	}
	for range 5 {
		wish("taken@example.com").Fails(422, `400 email_taken "/data/attributes/email"`)
	}
	wish("free@example.com").Fails(429, "- rate_limited -")
	operations := `{"atomic:operations":[{"op":"update","data":{"type":"customers","id":"` + customer.Reference + `","attributes":{"email":"free@example.com"}}}]}`
	s.Do(apitest.Request{Method: http.MethodPost, Path: "/operations", Token: customer.Token, Body: operations, Header: map[string]string{"Content-Type": atomic}}).
		Fails(429, `- rate_limited "/atomic:operations/0"`)
	wish("curious@example.com").Has(http.StatusOK)
	s.Patch("/customers/"+customer.Reference, apitest.AdminKey, apitest.Document("customers", map[string]any{"email": "free@example.com"})).Has(http.StatusOK)
}

func TestWithoutLimitsNothingIsCounted(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"RATE_LIMITS": "off", "REGISTRATION_LIMIT": "1"})
	customer := s.Register("free@example.com")
	s.Register("other@example.com")
	for range 12 {
		if failed := s.LogIn(customer.Email, "wrong-one").Fails(401, wrong); failed.Header.Get("RateLimit-Limit") != "" {
			t.Errorf("%v", failed.Header)
		}
	}
	s.Login(customer.Email, customer.Password)
}
