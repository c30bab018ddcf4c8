package resources_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

// withPostman starts a service whose letters a postman takes, with a customer whose
// first letter has arrived.
func withPostman(t *testing.T, url string) (*apitest.Service, *apitest.Postman) {
	t.Helper()
	p := &apitest.Postman{}
	p.Works()
	s := apitest.Start(t, apitest.Options{Database: url, Sender: p})
	s.Post("/customers", "", apitest.Registration("ada@example.com")).Has(http.StatusCreated)
	eventually(t, "the first letter has arrived", func() bool { return p.Delivered() == 1 })
	return s, p
}

// latestJob is the id of the newest job of a kind.
func latestJob(s *apitest.Service, kind string) string {
	return s.Get("/jobs?filter[kind]="+kind, apitest.AdminKey).Text("data.0.id")
}

func tryAgain(s *apitest.Service, id string) {
	s.Patch("/jobs/"+id, apitest.AdminKey, apitest.Document("jobs", map[string]any{"state": "available"})).Has(http.StatusOK)
}

func stateOf(s *apitest.Service, id string) string {
	return s.Get("/jobs/"+id, apitest.AdminKey).Text("data.attributes.state")
}

var linkedKey = regexp.MustCompile(`token=([\w-]+)`)

// A letter whose fate is not known is sent again with the same Message-ID, key and
// code, and told of once; a mailbox knows the copy, and either link works.
func TestALetterThatIsSentAgainIsTheSame(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, url string) {
		s, p := withPostman(t, url)
		p.SaysNothing()
		s.Forget("ada@example.com")
		eventually(t, "the letter was taken", func() bool { return p.Delivered() == 2 })
		id := latestJob(s, "letter_restore")
		eventually(t, "it waits to be sent again", func() bool { return stateOf(s, id) == "retryable" })
		p.Works()
		tryAgain(s, id)
		eventually(t, "it was sent again", func() bool { return stateOf(s, id) == "completed" })
		letters := p.Letters()[1:]
		if len(letters) != 2 || letters[0] != letters[1] {
			t.Fatalf("%v", letters)
		}
		if told := s.Get("/events?filter[eventType]=customer.password_token_generated", apitest.AdminKey).At("data").([]any); len(told) != 1 {
			t.Errorf("it was told of %d times", len(told))
		}
		key := linkedKey.FindStringSubmatch(letters[1].Text)[1]
		s.Patch("/customer-restore-password", "", restoration(key, anotherPassword)).Is(http.StatusNoContent, "")
	})
}

// A letter is dropped whose key was used in a first copy of it, was replaced by a
// newer one, or is over: it would lead nowhere.
func TestALetterWhoseKeyIsOverIsNotSent(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(s *apitest.Service, p *apitest.Postman){
		"used": func(s *apitest.Service, p *apitest.Postman) {
			key := linkedKey.FindStringSubmatch(p.Letters()[1].Text)[1]
			s.Patch("/customer-restore-password", "", restoration(key, anotherPassword)).Is(http.StatusNoContent, "")
		},
		"replaced": func(s *apitest.Service, p *apitest.Postman) { s.Forget("ada@example.com") },
		"over":     func(s *apitest.Service, _ *apitest.Postman) { s.Clock.Forward(2 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				s, p := withPostman(t, url)
				p.SaysNothing()
				s.Forget("ada@example.com")
				eventually(t, "the letter was taken", func() bool { return p.Delivered() == 2 })
				id := latestJob(s, "letter_restore")
				eventually(t, "it waits to be sent again", func() bool { return stateOf(s, id) == "retryable" })
				p.Works()
				end(s, p)
				others := map[string]int{"used": 1, "replaced": 1}[name] // the notice, the newer letter
				eventually(t, "what else there is to send was sent", func() bool { return p.Delivered() == 2+others })
				tryAgain(s, id)
				eventually(t, "it is no longer to be sent", func() bool { return stateOf(s, id) == "completed" })
				if sent := p.Delivered(); sent != 2+others {
					t.Errorf("%d letters were sent", sent)
				}
				if name == "used" {
					s.Login("ada@example.com", anotherPassword)
				}
			})
		})
	}
}

// Whoever asks for it, a letter is in its customer's own language.
func TestALetterIsInItsCustomersLanguage(t *testing.T) {
	t.Parallel()
	p := &apitest.Postman{}
	p.Works()
	s := apitest.Start(t, apitest.Options{Sender: p})
	registration := strings.Replace(apitest.Registration("ada@example.com"), `"attributes":{`, `"attributes":{"locale":"es_MX",`, 1)
	s.Post("/customers", "", registration).Has(http.StatusCreated)
	eventually(t, "the first letter has arrived", func() bool { return p.Delivered() == 1 })
	s.Do(apitest.Request{Method: http.MethodPost, Path: "/customer-forgotten-password", Body: forgotten("ada@example.com"), Header: map[string]string{"Accept-Language": "de"}}).Is(http.StatusNoContent, "")
	eventually(t, "the second letter has arrived", func() bool { return p.Delivered() == 2 })
	for _, letter := range p.Letters() {
		if letter.Language != "es" {
			t.Errorf("the letter to %s is in %s", letter.Kind, letter.Language)
		}
	}
}
