package app_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

const (
	// publishedAhead is how long a key is published before it signs.
	publishedAhead = 6 * time.Minute
	// noticed is how long a former key stays on after its last token.
	noticed = time.Minute
	// tokenLife is the default one.
	tokenLife = 8 * time.Hour
)

// eachPair runs a test on two replicas with one clock, on each database.
func eachPair(t *testing.T, test func(t *testing.T, first, second *apitest.Service)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, url string) {
		first := apitest.Start(t, apitest.Options{Database: url})
		test(t, first, apitest.Start(t, apitest.Options{Database: url, Clock: first.Clock}))
	})
}

// keysOf returns the kids that a replica publishes, the one that signs first.
func keysOf(t *testing.T, s *apitest.Service) (kids []string) {
	t.Helper()
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal([]byte(s.Get("/.well-known/jwks.json", "").Has(http.StatusOK).Body), &set); err != nil {
		t.Fatal(err)
	}
	for _, key := range set.Keys {
		kids = append(kids, fmt.Sprint(key["kid"]))
	}
	return kids
}

// kidOf returns the name of the key that signed a token.
func kidOf(t *testing.T, token string) string {
	t.Helper()
	header, _, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(header)
	var fields struct{ Kid string }
	if err == nil {
		err = json.Unmarshal(text, &fields)
	}
	if err != nil {
		t.Error(err)
	}
	return fields.Kid
}

func rotate(t *testing.T, s *apitest.Service) (kid string) {
	t.Helper()
	kid, _, err := s.App.Accounts().RotateSigningKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return kid
}

// hourly is the job that every replica asks for once an hour.
type hourly struct{}

func (hourly) Kind() string { return "tidy" }

// tidy has the job done so many times at once, by whichever replica.
func tidy(t *testing.T, s *apitest.Service, times int) {
	t.Helper()
	accounts := s.App.Accounts()
	err := accounts.Store.Write(t.Context(), func(tx *store.Tx) error {
		for range times {
			if err := accounts.Queue.Add(t.Context(), tx, hourly{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = accounts.Queue.Idle(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestNextKeyIsPublishedBeforeItSigns(t *testing.T) {
	eachPair(t, func(t *testing.T, first, second *apitest.Service) {
		customer := first.Register("a@example.com")
		old := kidOf(t, customer.Token)
		next := rotate(t, first)
		first.Clock.Forward(time.Second)
		for _, replica := range []*apitest.Service{first, second} {
			if kids := keysOf(t, replica); !slices.Equal(kids, []string{old, next}) {
				t.Errorf("published are %v, and not %s and %s", kids, old, next)
			}
			replica.Get("/.well-known/jwks.json", "").Is(http.StatusOK, `{"keys":[`+
				`{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"<text>","x":"<text>"},`+
				`{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"<text>","x":"<text>"}]}`)
		}
		if account.KeySetKept+noticed != publishedAhead {
			t.Errorf("others may keep the set for %v", account.KeySetKept)
		}
		signs := func(want string) {
			t.Helper()
			for _, replica := range []*apitest.Service{first, second} {
				token := replica.Login(customer.Email, customer.Password)
				if got := kidOf(t, token); got != want {
					t.Errorf("signed with %s and not with %s", got, want)
				}
				for _, reader := range []*apitest.Service{first, second} {
					reader.Get("/customers/me", token).Has(http.StatusOK)
					reader.Get("/customers/me", customer.Token).Has(http.StatusOK)
				}
			}
		}
		signs(old)
		first.Clock.Forward(publishedAhead - time.Minute)
		signs(old)
		first.Clock.Forward(time.Minute)
		signs(next)
	})
}

// The replica that lets its tokens last longest decides, whoever makes the next
// key and tidies.
func TestFormerKeyStaysUntilItsLastTokenIsOver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		first := apitest.Start(t, apitest.Options{Database: url, Settings: apitest.Settings{"ACCESS_TOKEN_LIFETIME": "1m"}})
		second := apitest.Start(t, apitest.Options{Database: url, Clock: first.Clock})
		customer := first.Register("a@example.com")
		next := rotate(t, first)
		first.Clock.Forward(publishedAhead - 30*time.Second)
		token := second.Login(customer.Email, customer.Password)
		old := kidOf(t, token)

		first.Clock.Forward(tokenLife - time.Minute)
		tidy(t, first, 1)
		for _, replica := range []*apitest.Service{first, second} {
			replica.Get("/customers/me", token).Has(http.StatusOK)
			if kids := keysOf(t, replica); !slices.Equal(kids, []string{next, old}) {
				t.Errorf("published are %v, and not %s and %s", kids, next, old)
			}
		}

		first.Clock.Forward(time.Minute + 30*time.Second + noticed)
		tidy(t, first, 1)
		for _, replica := range []*apitest.Service{first, second} {
			replica.Get("/customers/me", token).Has(http.StatusUnauthorized)
			if kids := keysOf(t, replica); !slices.Equal(kids, []string{next}) {
				t.Errorf("published are %v, and not %s alone", kids, next)
			}
		}
	})
}

func TestTokensOfARemovedKeyAreRefusedAtOnceOnEveryReplica(t *testing.T) {
	eachPair(t, func(t *testing.T, first, second *apitest.Service) {
		customer := first.Register("a@example.com")
		old := kidOf(t, customer.Token)
		for _, replica := range []*apitest.Service{first, second} {
			replica.Get("/customers/me", customer.Token).Has(http.StatusOK)
			keysOf(t, replica)
		}
		successor, err := first.App.Accounts().RemoveSigningKey(t.Context(), old)
		if err != nil {
			t.Fatal(err)
		}
		for _, replica := range []*apitest.Service{second, first} {
			replica.Get("/customers/me", customer.Token).Fails(http.StatusUnauthorized, "001 access_token_invalid Authorization")
		}

		// The session goes on, under a key that the other replica has not heard of.
		first.Clock.Forward(time.Second)
		fresh := first.Refresh(customer.Refresh).Has(http.StatusCreated).Text("data.attributes.accessToken")
		if kidOf(t, fresh) != successor {
			t.Errorf("signed with %s and not with %s", kidOf(t, fresh), successor)
		}
		for _, replica := range []*apitest.Service{second, first} {
			replica.Get("/customers/me", fresh).Has(http.StatusOK)
			if kids := keysOf(t, replica); !slices.Equal(kids, []string{successor}) {
				t.Errorf("published are %v, and not %s alone", kids, successor)
			}
		}
		if _, err := first.App.Accounts().RemoveSigningKey(t.Context(), old); err == nil {
			t.Error("a key was removed that is not there")
		}
	})
}

func TestRemovingAKeyThatDoesNotSignLeavesTheSigner(t *testing.T) {
	s := apitest.New(t, nil)
	signer := keysOf(t, s)[0]
	for _, age := range []time.Duration{0, publishedAhead} { // of the next key, and then of the former one
		next := rotate(t, s)
		s.Clock.Forward(age)
		others := []string{next}
		if age > 0 {
			signer, others = next, []string{signer}
		}
		successor, err := s.App.Accounts().RemoveSigningKey(t.Context(), others[0])
		if err != nil || successor != "" {
			t.Errorf("%q, %v", successor, err)
		}
		s.Clock.Forward(time.Second)
		if kids := keysOf(t, s); !slices.Equal(kids, []string{signer}) {
			t.Errorf("published are %v, and not %s alone", kids, signer)
		}
	}
}

func TestKeyIsFollowedAtItsAge(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		settings := apitest.Settings{"SIGNING_KEY_AGE": "48h"}
		first := apitest.Start(t, apitest.Options{Database: url, Settings: settings})
		apitest.Start(t, apitest.Options{Database: url, Settings: settings, Clock: first.Clock})
		has := func(want int) {
			t.Helper()
			tidy(t, first, 8)
			first.Clock.Forward(time.Second)
			if kids := keysOf(t, first); len(kids) != want {
				t.Errorf("published are %v, and not %d", kids, want)
			}
		}
		has(1)
		first.Clock.Forward(48*time.Hour - time.Minute)
		has(1)
		first.Clock.Forward(time.Minute)
		has(2)
		first.Clock.Forward(47 * time.Hour) // the former one has ended
		has(1)
		first.Clock.Forward(time.Hour)
		has(2)
	})
}

func TestKeyOfAnyAgeStaysWhereNoneIsTooOld(t *testing.T) {
	s := apitest.New(t, apitest.Settings{"SIGNING_KEY_AGE": "0s"})
	former := keysOf(t, s)
	s.Clock.Forward(10 * 365 * 24 * time.Hour)
	tidy(t, s, 1)
	if kids := keysOf(t, s); !slices.Equal(kids, former) {
		t.Errorf("published are %v, and not %v", kids, former)
	}
}

func TestRotatingManyTimesAtOnceMakesOneKey(t *testing.T) {
	eachPair(t, func(t *testing.T, first, second *apitest.Service) {
		made := make([]string, 8)
		var all sync.WaitGroup
		for i := range made {
			all.Go(func() {
				made[i], _, _ = []*apitest.Service{first, second}[i%2].App.Accounts().RotateSigningKey(t.Context())
			})
		}
		all.Wait()
		first.Clock.Forward(time.Second)
		kids := keysOf(t, first)
		if distinct := slices.Compact(made); len(kids) != 2 || len(distinct) != 1 || kids[1] != distinct[0] {
			t.Errorf("made %v, published %v", made, kids)
		}
	})
}

// Whoever logs in, reads and refreshes meanwhile notices nothing of a rotation.
func TestRotationFailsNoRequest(t *testing.T) {
	eachPair(t, func(t *testing.T, first, second *apitest.Service) {
		replicas := []*apitest.Service{first, second}
		var rounds atomic.Int64
		var failed sync.Map
		var signed sync.Map
		stop := make(chan struct{})
		var workers sync.WaitGroup
		for i := range 4 {
			one, other := replicas[i%2], replicas[(i+1)%2]
			customer := one.Register(fmt.Sprintf("busy-%d@example.com", i))
			round := func() {
				login := other.LogIn(customer.Email, customer.Password)
				if login.Status != http.StatusCreated {
					failed.Store(login.Body, true)
					return
				}
				token := login.Text("data.attributes.accessToken")
				signed.Store(kidOf(t, token), true)
				refreshed := one.Refresh(login.Text("data.attributes.refreshToken"))
				if refreshed.Status != http.StatusCreated {
					failed.Store(refreshed.Body, true)
					return
				}
				for _, token := range []string{customer.Token, token, refreshed.Text("data.attributes.accessToken")} {
					for _, replica := range replicas {
						if answer := replica.Get("/customers/me", token); answer.Status != http.StatusOK {
							failed.Store(answer.Body, true)
						}
					}
				}
			}
			workers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						round()
						rounds.Add(1)
					}
				}
			})
		}
		goOn := func() {
			deadline := time.Now().Add(20 * time.Second)
			for until := rounds.Load() + 8; rounds.Load() < until && !t.Failed(); time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Error("the requests do not go on")
				}
			}
		}
		goOn()
		next := rotate(t, first)
		for range 2 {
			goOn()
			first.Clock.Forward(publishedAhead/2 + time.Second)
		}
		goOn()
		tidy(t, first, 1)
		goOn()
		close(stop)
		workers.Wait()
		failed.Range(func(body, _ any) bool {
			t.Errorf("failed: %v", body)
			return true
		})
		if _, found := signed.Load(next); !found {
			t.Error("the next key has signed nothing")
		}
	})
}

func TestWhatIsNoAccessTokenIsNoBearer(t *testing.T) {
	s := apitest.New(t, nil)
	customer := s.Register("a@example.com")
	s.Forget(customer.Email)
	s.Get("/customers/me", customer.Token).Has(http.StatusOK)
	for name, credential := range map[string]string{
		"refresh token":  customer.Refresh,
		"restore key":    s.MailedKey(customer.Email, "restore"),
		"confirm key":    s.MailedKey(customer.Email, "confirm"),
		"reference":      customer.Reference,
		"published keys": base64.RawURLEncoding.EncodeToString([]byte(s.Get("/.well-known/jwks.json", "").Body)),
	} {
		t.Run(name, func(t *testing.T) {
			s.In(t).Get("/customers/me", credential).Fails(http.StatusUnauthorized, "001 access_token_invalid Authorization")
		})
	}
	s.Get("/outbox-messages", customer.Token).Fails(http.StatusForbidden, "411 unauthorized_request -")
}
