package resources_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
)

const refreshRefused = "004 refresh_token_invalid -"

// next exchanges a refresh token and returns the one after it.
func next(s *apitest.Service, refresh string) string {
	return s.Refresh(refresh).Has(http.StatusCreated).Text("data.attributes.refreshToken")
}

// A client that never got its answer asks again, and is given what it was given.
func TestARefreshTokenIsAnsweredOnceMoreToWhoLostTheAnswer(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("lost@example.com")
		first := next(s, customer.Refresh)
		s.Clock.Forward(3 * time.Second)
		again := s.Refresh(customer.Refresh).Has(http.StatusCreated)
		if given := again.Text("data.attributes.refreshToken"); given != first {
			t.Error("the session has two refresh tokens")
		}
		s.Get("/customers/me", again.Text("data.attributes.accessToken")).Has(http.StatusOK)
		second := next(s, first)
		if second == first {
			t.Error("a token was exchanged for itself")
		}
		s.Get("/customers/me", customer.Token).Has(http.StatusOK)
		next(s, second)
	})
}

// reuses are the tokens of a session's past that end it: whose they are, one of two
// has stolen them.
var reuses = map[string]func(s *apitest.Service, first string) (reused, newest string){
	"the last one, when its answer cannot just have been lost": func(s *apitest.Service, first string) (string, string) {
		newest := next(s, first)
		s.Clock.Forward(6 * time.Second)
		return first, newest
	},
	"an older one, at once": func(s *apitest.Service, first string) (string, string) {
		return first, next(s, next(s, first))
	},
}

func TestARefreshTokenThatComesTwiceEndsItsSession(t *testing.T) {
	t.Parallel()
	for name, reuse := range reuses {
		t.Run(name, func(t *testing.T) {
			apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
				customer := s.Register("stolen@example.com")
				elsewhere := s.Login(customer.Email, customer.Password)
				reused, newest := reuse(s, customer.Refresh)
				s.Refresh(reused).Fails(401, refreshRefused)
				s.Refresh(newest).Fails(401, refreshRefused)
				s.Get("/customers/me", customer.Token).Fails(401, "001 access_token_invalid Authorization")
				s.Get("/customers/me", elsewhere).Has(http.StatusOK)
				events := s.Get("/audit-events?filter[event]=refresh-token.reused", apitest.AdminKey).Has(http.StatusOK)
				if events.Text("data.0.attributes.customer") != customer.Reference || strings.Count(events.Body, `"type":"audit-events"`) != 1 {
					t.Error(events.Body)
				}
			})
		})
	}
}

// What was exchanged is known to every replica, and after a restart: the database
// remembers it.
func TestAReusedRefreshTokenIsKnownToTheNextReplica(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("replica@example.com")
		newest := next(s, next(s, customer.Refresh))
		other := apitest.Start(t, apitest.Options{Database: s.Database})
		other.Refresh(customer.Refresh).Fails(401, refreshRefused)
		s.Refresh(newest).Fails(401, refreshRefused)
		s.Get("/customers/me", customer.Token).Fails(401, "001 access_token_invalid Authorization")
	})
}

func TestTwentyUsesOfARefreshTokenLeaveOne(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("twenty@example.com")
		answers := make([]*apitest.Answer, 20)
		var group sync.WaitGroup
		for i := range answers {
			group.Go(func() { answers[i] = s.Refresh(customer.Refresh) })
		}
		group.Wait()
		given := answers[0].Text("data.attributes.refreshToken")
		for _, answer := range answers {
			if answer.Has(http.StatusCreated).Text("data.attributes.refreshToken") != given {
				t.Errorf("%s and %s", given, answer.Body)
			}
		}
		next(s, given)
		if sessions := s.Get("/sessions", customer.Token); strings.Count(sessions.Body, `"type":"sessions"`) != 1 {
			t.Error(sessions.Body)
		}
	})
}

func TestWithoutGraceARefreshTokenWorksOnce(t *testing.T) {
	t.Parallel()
	apitest.Each(t, apitest.Settings{"REFRESH_GRACE": "0s"}, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("strict@example.com")
		statuses := make([]int, 20)
		var group sync.WaitGroup
		for i := range statuses {
			group.Go(func() { statuses[i] = s.Refresh(customer.Refresh).Status })
		}
		group.Wait()
		succeeded := 0
		for _, status := range statuses {
			if status == http.StatusCreated {
				succeeded++
			}
		}
		if succeeded != 1 {
			t.Errorf("%d succeeded: %v", succeeded, statuses)
		}
	})
}

func TestASessionEndsWhateverIsExchanged(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"SESSION_LIFETIME": "100h", "REFRESH_TOKEN_LIFETIME": "40h", "ACCESS_TOKEN_LIFETIME": "200h"})
	customer := s.Register("long@example.com")
	refresh := customer.Refresh
	for range 3 {
		s.Clock.Forward(30 * time.Hour)
		refresh = next(s, refresh)
	}
	s.Get("/customers/me", customer.Token).Has(http.StatusOK)
	s.Clock.Forward(11 * time.Hour)
	s.Refresh(refresh).Fails(401, refreshRefused)
	s.Get("/customers/me", customer.Token).Fails(401, "001 access_token_invalid Authorization")
}

func TestOneLoginMoreThanTwentyEndsTheLongestUnused(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("many@example.com")
	oldest := s.LogIn(customer.Email, customer.Password).Text("data.attributes.refreshToken")
	for range 18 {
		s.Clock.Forward(time.Second)
		s.Login(customer.Email, customer.Password)
	}
	first := next(s, customer.Refresh) // used last now, though it is the oldest
	s.Login(customer.Email, customer.Password)
	s.Refresh(oldest).Fails(401, refreshRefused)
	next(s, first)
}

func TestACustomerSeesTheirLoginsAndEndsThem(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		customer, other := s.Register("john@example.com"), s.Register("jane@example.com")
		s.Clock.Forward(time.Second)
		phone := s.Do(apitest.Request{Method: http.MethodPost, Path: "/access-tokens",
			Body:   apitest.Document("access-tokens", map[string]any{"username": customer.Email, "password": customer.Password}),
			Header: map[string]string{"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"},
		}).Has(http.StatusCreated)
		token := phone.Text("data.attributes.accessToken")
		list := s.Get("/sessions", token).Has(http.StatusOK)
		if list.At("data.0.attributes.current") != true || list.At("data.1.attributes.current") != false || list.Text("data.0.attributes.device") != "Safari on iOS" || list.Text("data.0.attributes.clientAddress") != "127.0.0.1" || strings.Count(list.Body, `"type":"sessions"`) != 2 {
			t.Error(list.Body)
		}
		id := list.Text("data.1.id")
		s.Get("/sessions/"+id, token).Has(http.StatusOK)
		if current := s.Get("/sessions/current", token).Text("data.id"); current != list.Text("data.0.id") {
			t.Error(current)
		}
		for _, foreign := range []string{id, "nothing"} {
			s.Get("/sessions/"+foreign, other.Token).Fails(404, "- route_not_found -")
			s.Delete("/sessions/"+foreign, other.Token).Fails(404, "- route_not_found -")
		}
		s.Get("/sessions", apitest.AdminKey).Fails(403, "411 unauthorized_request -")
		s.Get("/customers/me", customer.Token).Has(http.StatusOK)
		s.Delete("/sessions/"+id, token).Is(http.StatusNoContent, "")
		s.Get("/customers/me", customer.Token).Fails(401, "001 access_token_invalid Authorization")
		s.Refresh(customer.Refresh).Fails(401, refreshRefused)
		s.Delete("/sessions/"+id, token).Fails(404, "- route_not_found -")

		third := s.Login(customer.Email, customer.Password)
		s.Delete("/sessions/others", token).Is(http.StatusNoContent, "")
		s.Get("/customers/me", third).Fails(401, "001 access_token_invalid Authorization")
		s.Get("/customers/me", token).Has(http.StatusOK)
		s.Delete("/sessions/current", token).Is(http.StatusNoContent, "")
		s.Get("/customers/me", token).Fails(401, "001 access_token_invalid Authorization")
		s.Refresh(phone.Text("data.attributes.refreshToken")).Fails(401, refreshRefused)
		s.Get("/customers/me", other.Token).Has(http.StatusOK)
	})
}

func TestASessionTellsWhenItWasLastUsed(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("seen@example.com")
	used := func() string {
		return s.Get("/sessions", s.Login(customer.Email, customer.Password)).Text("data.1.attributes.lastUsedAt")
	}
	before := used()
	s.Clock.Forward(time.Hour)
	s.Get("/customers/me", customer.Token).Has(http.StatusOK)
	s.Clock.Forward(time.Minute)
	s.Get("/customers/me", customer.Token).Has(http.StatusOK) // not noted, it is only a minute later
	if after := used(); after <= before {
		t.Errorf("%s, and after an hour %s", before, after)
	}
}

// A refresh token that was revoked leaves a session that still has an access token:
// it is listed until that has expired.
func TestARevokedRefreshTokenLeavesItsAccessTokenToExpire(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("revoked@example.com")
	s.Delete("/refresh-tokens/"+customer.Refresh, customer.Token).Is(http.StatusNoContent, "")
	s.Refresh(customer.Refresh).Fails(401, refreshRefused)
	s.Get("/sessions/current", customer.Token).Has(http.StatusOK)
	s.Clock.Forward(8*time.Hour + time.Second)
	token := s.Login(customer.Email, customer.Password)
	if sessions := s.Get("/sessions", token); strings.Count(sessions.Body, `"type":"sessions"`) != 1 {
		t.Error(sessions.Body)
	}
}
