package resources_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// keyed sends a request with an idempotency key.
func keyed(s *apitest.Service, method, path, token, body, key string) *apitest.Answer {
	return s.Do(apitest.Request{Method: method, Path: path, Token: token, Body: body, Header: map[string]string{"Idempotency-Key": key}})
}

func isRepeated(a *apitest.Answer) bool { return a.Header.Get("Idempotent-Replayed") == "true" }

func TestARequestThatIsSentAgainCountsOnce(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("once@example.com")
		path := "/customers/" + customer.Reference
		for name, send := range map[string]func() *apitest.Answer{
			"registration": func() *apitest.Answer {
				return keyed(s, http.MethodPost, "/customers", "", apitest.Registration("new@example.com"), "key-1")
			},
			"address": func() *apitest.Answer {
				return keyed(s, http.MethodPost, path+"/addresses", customer.Token, apitest.Address("Berlin"), "key-2")
			},
			"change": func() *apitest.Answer {
				return keyed(s, http.MethodPatch, path, customer.Token, apitest.Document("customers", map[string]any{"firstName": "Jack"}), `"key-3"`)
			},
			"no content": func() *apitest.Answer {
				return keyed(s, http.MethodPost, "/customer-forgotten-password", "", apitest.Document("customer-forgotten-password", map[string]any{"email": customer.Email}), "key-4")
			},
			"operations": func() *apitest.Answer {
				return s.Do(apitest.Request{Method: http.MethodPost, Path: "/operations", Token: customer.Token, Header: map[string]string{"Content-Type": atomic, "Idempotency-Key": "key-5"},
					Body: `{"atomic:operations":[` + home(identifier("customers", customer.Reference), "Bonn") + `]}`})
			},
		} {
			first, second := send(), send()
			if first.Status >= 300 || second.Status != first.Status || second.Body != first.Body || isRepeated(first) || !isRepeated(second) {
				t.Errorf("%s: %d %s, then %d %s", name, first.Status, first.Body, second.Status, second.Body)
			}
			for _, header := range []string{"Content-Type", "Content-Language", "ETag", "Location"} {
				if first.Header.Get(header) != second.Header.Get(header) {
					t.Errorf("%s: %s was %q and became %q", name, header, first.Header.Get(header), second.Header.Get(header))
				}
			}
		}
		if list := s.Get(path+"/addresses", customer.Token); len(list.At("data").([]any)) != 2 {
			t.Errorf("%s", list.Body)
		}
		if letters := s.Letters(customer.Email, "restore"); len(letters.At("data").([]any)) != 1 {
			t.Errorf("%s", letters.Body)
		}
	})
}

func TestAKeyBelongsToOneRequestOfOneSender(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	mine, other := s.Register("mine@example.com"), s.Register("other@example.com")
	rename := func(name string) string { return apitest.Document("customers", map[string]any{"firstName": name}) }
	keyed(s, "PATCH", "/customers/me", mine.Token, rename("Jack"), "k").Has(200)
	reused := "- idempotency_key_reused Idempotency-Key"
	keyed(s, "PATCH", "/customers/me", mine.Token, rename("Jill"), "k").Fails(422, reused)
	keyed(s, "PATCH", "/customers/me?include=addresses", mine.Token, rename("Jack"), "k").Fails(422, reused)
	keyed(s, "POST", "/customers/me/addresses", mine.Token, apitest.Address("Berlin"), "k").Fails(422, reused)
	// Another customer who happens on the same key is somebody else.
	theirs := keyed(s, "PATCH", "/customers/me", other.Token, rename("Jack"), "k").Has(200)
	if isRepeated(theirs) || theirs.Text("data.id") != other.Reference {
		t.Errorf("%s", theirs.Body)
	}
	if staff := keyed(s, "PATCH", "/customers/"+mine.Reference, apitest.AdminKey, rename("Joe"), "k").Has(200); isRepeated(staff) {
		t.Errorf("%s", staff.Body)
	}
	for _, key := range []string{"", " ", `""`, "a b", "ä", strings.Repeat("k", 256), `a"b`} {
		answer := s.Do(apitest.Request{Method: "PATCH", Path: "/customers/me", Token: mine.Token, Body: rename("Jane"), Header: map[string]string{"Idempotency-Key": key}})
		if key == "" {
			answer.Has(200) // no header at all
			continue
		}
		answer.Fails(400, "- idempotency_key_invalid Idempotency-Key")
	}
	keyed(s, "PATCH", "/customers/me", mine.Token, rename("Jane"), strings.Repeat("k", 255)).Has(200)
}

// An error has no effect, so there is nothing to repeat: who asks again with the
// same key is tried again.
func TestAnErrorIsNotKept(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("again@example.com")
	document := apitest.Document("customers", map[string]any{"firstName": ""})
	keyed(s, "PATCH", "/customers/me", customer.Token, document, "k").Fails(422, `901 value_blank "/data/attributes/firstName"`)
	keyed(s, "PATCH", "/customers/me", customer.Token, document, "k").Fails(422, `901 value_blank "/data/attributes/firstName"`)
	repaired := keyed(s, "PATCH", "/customers/me", customer.Token, apitest.Document("customers", map[string]any{"firstName": "Jack"}), "k").Has(200)
	if isRepeated(repaired) {
		t.Error("an answer from nowhere")
	}
}

func TestOfTwinsOneRuns(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("twins@example.com")
		for name, request := range map[string]apitest.Request{
			"registration": {Path: "/customers", Body: apitest.Registration("twin@example.com")},
			"address":      {Path: "/customers/me/addresses", Token: customer.Token, Body: apitest.Address("Berlin")},
		} {
			request.Method, request.Header = http.MethodPost, map[string]string{"Idempotency-Key": "twin of " + name}
			request.Header["Idempotency-Key"] = strings.ReplaceAll(request.Header["Idempotency-Key"], " ", "-")
			answers := make([]*apitest.Answer, 20)
			var all sync.WaitGroup
			for i := range answers {
				all.Go(func() { answers[i] = s.Do(request) })
			}
			all.Wait()
			first := 0
			for _, answer := range answers {
				if answer.Status != http.StatusCreated || answer.Body != answers[0].Body {
					t.Fatalf("%s: %d %s beside %s", name, answer.Status, answer.Body, answers[0].Body)
				}
				if !isRepeated(answer) {
					first++
				}
			}
			if first != 1 {
				t.Errorf("%s: %d of the twins ran", name, first)
			}
		}
		if list := s.Get("/customers/me/addresses", customer.Token); len(list.At("data").([]any)) != 1 {
			t.Errorf("%s", list.Body)
		}
	})
}

func TestAnAnswerIsKeptForADayAndOverARestart(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("day@example.com")
	send := func(s *apitest.Service) *apitest.Answer {
		return keyed(s, "POST", "/customers/"+customer.Reference+"/addresses", apitest.AdminKey, apitest.Address("Berlin"), "k").Has(201)
	}
	first := send(s)
	again := apitest.Start(t, apitest.Options{Database: s.Database})
	if second := send(again); !isRepeated(second) || second.Body != first.Body {
		t.Errorf("after a restart: %s", second.Body)
	}
	s.Clock.Forward(23 * time.Hour)
	if third := send(s); !isRepeated(third) {
		t.Errorf("after 23 hours: %s", third.Body)
	}
	s.Clock.Forward(2 * time.Hour)
	if fourth := send(s); isRepeated(fourth) || fourth.Text("data.id") == first.Text("data.id") {
		t.Errorf("after 25 hours: %s", fourth.Body)
	}
}

// The database holds neither the key nor a word of the answer, and no digest that
// a password could be guessed from; what is kept goes with the customer.
func TestAKeptAnswerTellsNothingAndIsErased(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		made := keyed(s, "POST", "/customers", "", apitest.Registration("planted@example.com"), "planted-key").Has(201)
		token := s.Login("planted@example.com", apitest.Password)
		keyed(s, "PATCH", "/customers/me", token, apitest.Document("customers", map[string]any{"lastName": "Planted-Name"}), "planted-key-2").Has(200)
		for _, word := range []string{"planted-key", apitest.Password} {
			if found := s.Search(word); len(found) > 0 {
				t.Errorf("%s is in %v", word, found)
			}
		}
		for _, column := range s.Search("Planted-Name") {
			if strings.HasPrefix(column, "idempotency") {
				t.Errorf("an answer can be read in %s", column)
			}
		}
		// A request that shows and erases at once leaves nothing to show again either.
		other := s.Register("shown@example.com")
		for range 2 {
			s.Do(apitest.Request{Method: http.MethodPost, Path: "/operations", Token: apitest.AdminKey, Header: map[string]string{"Content-Type": atomic, "Idempotency-Key": "show-and-erase"},
				Body: `{"atomic:operations":[{"op":"update","href":"/customers/` + other.Reference + `/relationships/defaultShippingAddress","data":null},{"op":"remove","href":"/customers/` + other.Reference + `"}]}`})
		}
		s.Delete("/customers/"+made.Text("data.id"), token).Is(204, "")
		if left := s.Search(""); strings.Contains(strings.Join(left, " "), "idempotency_") {
			t.Errorf("answers are left: %v", left)
		}
	})
}

// A login's answer is a secret; it is made anew each time.
func TestTokensAreNeverRepeated(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("fleeting@example.com")
	login := apitest.Document("access-tokens", map[string]any{"username": customer.Email, "password": customer.Password})
	first, second := keyed(s, "POST", "/access-tokens", "", login, "k").Has(201), keyed(s, "POST", "/access-tokens", "", login, "k").Has(201)
	if isRepeated(second) || first.Text("data.id") == second.Text("data.id") {
		t.Errorf("%s", second.Body)
	}
	if left := s.Search(""); strings.Contains(strings.Join(left, " "), "idempotency_") {
		t.Errorf("it was kept: %v", left)
	}
}

// With the real hash the first of twins takes its time; the others wait for it.
func TestTwinsOfASlowRegistrationWait(t *testing.T) {
	t.Parallel()
	hasher := apitest.Cheap()
	hasher.Memory, hasher.Time = 19*1024, 2
	s := apitest.Start(t, apitest.Options{Hasher: hasher})
	var all sync.WaitGroup
	answers := make([]*apitest.Answer, 4)
	for i := range answers {
		all.Go(func() {
			answers[i] = keyed(s, "POST", "/customers", "", apitest.Registration("slow@example.com"), "slow")
		})
	}
	all.Wait()
	for _, answer := range answers {
		if answer.Status != 201 || answer.Body != answers[0].Body {
			t.Errorf("%d %s", answer.Status, answer.Body)
		}
	}
}
