package resources_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// What a request takes must not tell which kind of account it met. The kinds are
// asked in random order, and for each two of them the chance is looked at that a
// request of the one took longer than one of the other: a half where nobody can tell
// them apart. These tests alone are not parallel: what else runs disturbs all kinds
// alike, but would hide what they are to see.

// kind is one sort of account, and how it is asked for the nth time.
type kind struct {
	name string
	ask  func(s *apitest.Service, n int) *apitest.Answer
}

// measured returns how long requests of each kind took.
func measured(s *apitest.Service, rounds int, kinds []kind) [][]time.Duration {
	took := make([][]time.Duration, len(kinds))
	for n := range rounds {
		for _, i := range rand.Perm(len(kinds)) {
			began := time.Now()
			kinds[i].ask(s, n)
			took[i] = append(took[i], time.Since(began))
		}
	}
	return took
}

// longer is the chance that one of the first took longer than one of the second
// (the area under the ROC curve, or Mann and Whitney's U).
func longer(first, second []time.Duration) float64 {
	count := 0.0
	for _, one := range first {
		for _, other := range second {
			switch {
			case one > other:
				count++
			case one == other:
				count += 0.5
			}
		}
	}
	return count / float64(len(first)*len(second))
}

// apart is how far from a half the chance may be: four standard errors of as many
// requests that differ in nothing.
func apart(rounds int) float64 { return 4 * math.Sqrt(float64(2*rounds+1)/float64(12*rounds*rounds)) }

func tellNothing(t *testing.T, s *apitest.Service, rounds int, kinds []kind) {
	t.Helper()
	took := measured(s, rounds, kinds)
	for i := range kinds {
		for j := range i {
			chance := longer(took[i], took[j])
			t.Logf("%s takes longer than %s: %.3f", kinds[i].name, kinds[j].name, chance)
			if math.Abs(chance-0.5) > apart(rounds) {
				t.Errorf("%s takes longer than %s in %.3f of the cases", kinds[i].name, kinds[j].name, chance)
			}
		}
	}
}

// timed are settings under which attempts are counted and none is refused: each comes
// from a network of its own.
func timed() apitest.Settings {
	return proxied(apitest.Settings{"REGISTRATION": "confirm", "LOGIN_LIMIT_ACCOUNT": "0", "LOGIN_LIMIT_TOTAL": "100000",
		"RESTORE_LIMIT_ADDRESS": "0", "RESTORE_LIMIT_TOTAL": "100000"})
}

func TestTheTimeOfALoginTellsNothing(t *testing.T) {
	const rounds = 60
	s := apitest.Start(t, apitest.Options{Settings: timed(), Hasher: apitest.Costly()})
	known, disabled, gone := s.Register("known@example.com"), s.Register("disabled@example.com"), s.Register("gone@example.com")
	s.Post("/customers", "", apitest.Registration("unconfirmed@example.com")).Has(http.StatusCreated)
	s.Patch("/customers/"+disabled.Reference, apitest.AdminKey, apitest.Document("customers", map[string]any{"enabled": false})).Has(http.StatusOK)
	s.Delete("/customers/"+gone.Reference, gone.Token).Is(http.StatusNoContent, "")
	from := 0
	login := func(name, email, typed string) kind {
		return kind{name, func(s *apitest.Service, n int) *apitest.Answer {
			from++
			return logInFrom(s, fmt.Sprintf("10.%d.%d.1", from/250, from%250), email, typed)
		}}
	}
	kinds := []kind{
		login("a wrong password", known.Email, "wrong-one"),
		login("an unknown address", "nobody@example.com", "wrong-one"),
		login("an unconfirmed account", "unconfirmed@example.com", apitest.Password),
		login("a blocked account", disabled.Email, disabled.Password),
		login("an erased account", gone.Email, gone.Password),
	}
	for _, kind := range kinds {
		kind.ask(s, 0).Fails(401, wrong)
	}
	tellNothing(t, s, rounds, kinds)

	// Were there no hash for the unknown address, this would have seen it.
	took := measured(s, rounds, []kind{kinds[0], login("no address", "nobody", "wrong-one")})
	if chance := longer(took[0], took[1]); chance < 0.95 {
		t.Errorf("a login without a hash is told from one with it in %.3f of the cases", chance)
	}
}

func TestTheTimeOfAForgottenPasswordTellsNothing(t *testing.T) {
	s := apitest.Start(t, apitest.Options{Settings: timed()})
	known, gone := s.Register("known@example.com"), s.Register("gone@example.com")
	s.Delete("/customers/"+gone.Reference, gone.Token).Is(http.StatusNoContent, "")
	s.Post("/customers", "", apitest.Registration("unconfirmed@example.com")).Has(http.StatusCreated)
	from := 0
	forget := func(name, email string) kind {
		return kind{name, func(s *apitest.Service, n int) *apitest.Answer {
			from++
			return s.Do(apitest.Request{Method: http.MethodPost, Path: "/customer-forgotten-password", Header: map[string]string{"X-Forwarded-For": fmt.Sprintf("10.%d.%d.1", from/250, from%250)},
				Body: apitest.Document("customer-forgotten-password", map[string]any{"email": email})}).Is(http.StatusNoContent, "")
		}}
	}
	tellNothing(t, s, 60, []kind{forget("a customer's address", known.Email), forget("an unknown one", "nobody@example.com"),
		forget("an erased customer's", gone.Email), forget("an unconfirmed one", "unconfirmed@example.com")})
}

func TestTheTimeOfARegistrationTellsNothing(t *testing.T) {
	settings := timed()
	settings["HIDE_ACCOUNTS"], settings["REGISTRATION_LIMIT"] = "on", "0"
	s := apitest.Start(t, apitest.Options{Settings: settings, Hasher: apitest.Costly()})
	s.Register("known@example.com")
	register := func(name string, email func(n int) string) kind {
		return kind{name, func(s *apitest.Service, n int) *apitest.Answer {
			return s.Post("/customers", "", apitest.Registration(email(n))).Has(http.StatusCreated)
		}}
	}
	tellNothing(t, s, 25, []kind{
		register("a customer's address", func(int) string { return "known@example.com" }),
		register("a free one", func(n int) string { return fmt.Sprintf("new%d@example.com", n) }),
	})
}
