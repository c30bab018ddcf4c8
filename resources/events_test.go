package resources_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// follower reads the feed from where it has got to.
type follower struct {
	t      *testing.T
	s      *apitest.Service
	cursor string
}

// items returns what is new; page by page, each from the cursor of the last item.
func (f *follower) items() (all []map[string]any) {
	f.t.Helper()
	for {
		listed := f.s.Get("/events?page[size]=3&page[after]="+f.cursor, apitest.AdminKey).Has(http.StatusOK).At("data").([]any)
		for _, item := range listed {
			all = append(all, item.(map[string]any))
			f.cursor = item.(map[string]any)["meta"].(map[string]any)["page"].(map[string]any)["cursor"].(string)
		}
		if len(listed) == 0 {
			return all
		}
	}
}

// tells demands that what was done since is told in these lines: the type of an
// event, and what of its data is not the customer.
func (f *follower) tells(lines ...string) {
	f.t.Helper()
	f.s.Get("/outbox-messages", apitest.AdminKey).Has(http.StatusOK) // waits for letters, which are made after the answer
	got := []string{}
	for _, item := range f.items() {
		attributes := item["attributes"].(map[string]any)
		data := attributes["cloudEvent"].(map[string]any)["data"].(map[string]any)
		line := []string{attributes["eventType"].(string), attributes["customer"].(string)}
		for _, name := range []string{"changed", "session", "except", "reason", "purpose", "order"} {
			if value, there := data[name]; there {
				line = append(line, name, fmt.Sprint(value))
			}
		}
		if address, there := data["address"].(map[string]any); there {
			line = append(line, "address", address["id"].(string))
		}
		if source, there := data["source"].(map[string]any); there {
			line = append(line, "source", fmt.Sprint(source["id"], source["provider"], source["sourceType"], source["brand"], source["lastFour"], len(source)))
		}
		got = append(got, strings.Join(line, " "))
	}
	if difference := cmp.Diff(append([]string{}, lines...), got); difference != "" {
		f.t.Errorf("(- expected, + found):\n%s", difference)
	}
}

// Every change of a customer is told once, under its name, in the order of their
// sequence; and what was refused, rolled back or changed nothing is not told.
func TestEveryChangeOfACustomerIsTold(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		f := &follower{t: t, s: s}
		ada := apitest.Customer{Reference: "DE--1", Email: "ada@example.com", Password: apitest.Password}
		s.Post("/customers", "", apitest.Registration(ada.Email)).Has(http.StatusCreated)
		f.tells("customer.created DE--1", "customer.confirmation_token_generated DE--1 purpose confirm")
		s.Post("/customers", "", apitest.Registration("ada@example.com")).Has(http.StatusUnprocessableEntity)
		s.LogIn(ada.Email, "a wrong password").Has(http.StatusUnauthorized)
		f.tells()

		ada.Token = s.Login(ada.Email, ada.Password)
		session := s.Get("/sessions/current", ada.Token).Text("data.id")
		f.tells("customer.session.created DE--1 session " + session)
		profile := func(attributes map[string]any) string {
			return strings.Replace(apitest.Document("customers", attributes), `"attributes"`, `"id":"DE--1","attributes"`, 1)
		}
		s.Patch("/customers/DE--1", ada.Token, profile(map[string]any{"firstName": "Augusta", "lastName": "King"})).Has(http.StatusOK)
		s.Patch("/customers/DE--1", ada.Token, profile(map[string]any{"firstName": "Augusta"})).Has(http.StatusOK)
		s.Patch("/customers/DE--1", ada.Token, profile(map[string]any{"firstName": ""})).Has(http.StatusUnprocessableEntity)
		f.tells("customer.updated DE--1 changed [firstName fullName lastName]")

		home := s.AddAddress(ada, "London")
		f.tells("customer.address.created DE--1 address "+home, "customer.updated DE--1 changed [defaultBillingAddress defaultShippingAddress]")
		s.Patch("/customers/DE--1/addresses/"+home, ada.Token, strings.Replace(apitest.Document("addresses", map[string]any{"city": "Paris"}), `"attributes"`, `"id":"`+home+`","attributes"`, 1)).Has(http.StatusOK)
		s.Delete("/customers/DE--1/addresses/"+home, ada.Token).Is(http.StatusNoContent, "")
		s.Delete("/customers/DE--1/addresses/"+home, ada.Token).Has(http.StatusNotFound)
		f.tells("customer.address.updated DE--1 address "+home, "customer.address.deleted DE--1 address "+home, "customer.updated DE--1 changed [defaultBillingAddress defaultShippingAddress]")

		source := addSource(s)
		path, paid := "/customers/DE--1/relationships/sources", "DE--1 source "+source+"stripecardvisa42425"
		f.tells()
		for range 2 {
			s.Post(path, apitest.AdminKey, sourcesOf(source)).Has(http.StatusOK)
		}
		f.tells("payment_source.attached "+paid, "customer.updated DE--1 changed [defaultSource]")
		s.Patch("/payment-sources/"+source, apitest.AdminKey, apitest.Document("payment-sources", map[string]any{"expiryYear": 2035})).Has(http.StatusOK)
		s.Patch("/payment-sources/"+source, apitest.AdminKey, apitest.Document("payment-sources", map[string]any{"holder": "4242424242424242"})).Has(http.StatusUnprocessableEntity)
		f.tells("payment_source.updated " + paid)
		for range 2 {
			s.Do(apitest.Request{Method: http.MethodDelete, Path: path, Token: ada.Token, Body: sourcesOf(source)}).Is(http.StatusNoContent, "")
		}
		s.Delete("/payment-sources/"+source, apitest.AdminKey).Is(http.StatusNoContent, "")
		f.tells("payment_source.detached "+paid, "customer.updated DE--1 changed [defaultSource]")

		s.Confirm(s.MailedKey(ada.Email, "confirm")).Is(http.StatusNoContent, "")
		f.tells("customer.updated DE--1 changed [active]")
		s.Forget(ada.Email)
		s.Forget("nobody@example.com")
		f.tells("customer.password_token_generated DE--1 purpose restore")
		s.Patch("/customer-restore-password", "", restoration(s.MailedKey(ada.Email, "restore"), "Another-456-please")).Is(http.StatusNoContent, "")
		f.tells("customer.password_changed DE--1")

		first := s.LogIn(ada.Email, "Another-456-please").Text("data.attributes.accessToken")
		kept := s.Get("/sessions/current", first).Text("data.id")
		second := s.Login(ada.Email, "Another-456-please")
		ended := s.Get("/sessions/current", second).Text("data.id")
		f.tells("customer.session.created DE--1 session "+kept, "customer.session.created DE--1 session "+ended)
		s.Delete("/sessions/others", first).Is(http.StatusNoContent, "")
		s.Delete("/sessions/others", first).Is(http.StatusNoContent, "")
		f.tells("customer.session.ended DE--1 except " + kept + " reason ended")
		s.Patch("/customers/DE--1", apitest.AdminKey, profile(map[string]any{"enabled": false})).Has(http.StatusOK)
		s.Patch("/customers/DE--1", apitest.AdminKey, profile(map[string]any{"enabled": true, "note": "told nobody"})).Has(http.StatusOK)
		f.tells("customer.updated DE--1 changed [enabled]", "customer.updated DE--1 changed [enabled]")
		tell(s, "order-1", nil, "DE--1").Has(http.StatusCreated)
		tell(s, "order-1", map[string]any{"version": 2}, "DE--1").Has(http.StatusOK)
		tell(s, "order-2", nil, "DE--9").Has(http.StatusNotFound)
		f.tells("customer.order_linked DE--1 order order-1")
		s.Delete("/customers/DE--1", apitest.AdminKey).Is(http.StatusNoContent, "")
		s.Delete("/customers/DE--1", apitest.AdminKey).Is(http.StatusNoContent, "")
		f.tells("customer.deleted DE--1 reason anonymized")
	})
}

// An event is what CloudEvents 1.0 says, for its own library.
func TestAnEventIsACloudEvent(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	s.Register("ada@example.com")
	shown := s.Get("/events?filter[eventType]=customer.created", apitest.AdminKey).Has(http.StatusOK).At("data.0.attributes.cloudEvent")
	encoded, err := json.Marshal(shown)
	if err != nil {
		t.Fatal(err)
	}
	var event cloudevents.Event
	if err := json.Unmarshal(encoded, &event); err != nil {
		t.Fatal(err)
	}
	if err := event.Validate(); err != nil {
		t.Error(err)
	}
	got := []string{event.ID(), event.Type(), event.Source(), event.Subject(), fmt.Sprint(event.Extensions()["sequence"])}
	want := []string{s.Get("/events", apitest.AdminKey).Text("data.0.id"), "customer.created", apitest.Base, "DE--1", "00000000000000000001"}
	if difference := cmp.Diff(want, got); difference != "" {
		t.Error(difference)
	}
	s.Get("/events/"+event.ID(), apitest.AdminKey).Has(http.StatusOK)
	s.Get("/events/none", apitest.AdminKey).Has(http.StatusNotFound)
}

// What is changed while the feed is read is read as well, once, in the order of each
// customer's sequence: of two changes at once the later one may be committed first.
func TestWhoFollowsTheFeedMissesNothing(t *testing.T) {
	t.Parallel()
	const customers, changes = 8, 12
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		var writers sync.WaitGroup
		for i := range customers {
			writers.Go(func() {
				customer := s.Register(fmt.Sprintf("ada%d@example.com", i))
				customer.Token = s.Login(customer.Email, customer.Password)
				for range changes {
					s.AddAddress(customer, "London")
				}
			})
		}
		done := make(chan struct{})
		go func() { writers.Wait(); close(done) }()

		f := &follower{t: t, s: s}
		last := map[string]int64{}
		addresses := 0
		for running := true; running; {
			select {
			case <-done:
				running = false
				s.Get("/outbox-messages", apitest.AdminKey).Has(http.StatusOK)
			default:
			}
			for _, item := range f.items() {
				attributes := item["attributes"].(map[string]any)
				customer, sequence := attributes["customer"].(string), int64(attributes["sequence"].(float64))
				if sequence != last[customer]+1 {
					t.Errorf("%s: event %d follows on %d", customer, sequence, last[customer])
				}
				last[customer] = sequence
				if attributes["eventType"] == "customer.address.created" {
					addresses++
				}
			}
		}
		if len(last) != customers || addresses != customers*changes {
			t.Errorf("%d customers and %d addresses were told of", len(last), addresses)
		}
	})
}

// Who waits is answered when something happens, or when the time is over.
func TestTheFeedIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	s.Post("/customers", "", apitest.Registration("ada@example.com")).Has(http.StatusCreated)
	f := &follower{t: t, s: s}
	f.tells("customer.created DE--1", "customer.confirmation_token_generated DE--1 purpose confirm")
	if news := s.Get("/events?longPoll=1&page[after]="+f.cursor, apitest.AdminKey).Has(http.StatusOK).At("data").([]any); len(news) != 0 {
		t.Errorf("%v", news)
	}
	answered := make(chan *apitest.Answer)
	go func() { answered <- s.Get("/events?longPoll=8&page[after]="+f.cursor, apitest.AdminKey) }()
	s.Register("bob@example.com")
	answer := <-answered
	if subject := answer.Text("data.0.attributes.customer"); subject != "DE--2" {
		t.Errorf("%s", answer.Body)
	}
	for _, wrong := range []string{"-1", "9", "soon", ""} {
		s.Get("/events?longPoll="+wrong, apitest.AdminKey).Has(http.StatusBadRequest)
	}
}

// Events are found by what they are and whose; the older name of one finds it too.
func TestEventsAreFiltered(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	s.Register("ada@example.com")
	s.Register("bob@example.com")
	s.Forget("bob@example.com")
	s.Letters("bob@example.com", "restore")
	for filter, count := range map[string]int{
		"filter[eventType]=customer.created":                                              2,
		"filter[eventType]=customer.created&filter[customer]=DE--2":                       1,
		"filter[eventType]=customer.password_reset":                                       1,
		"filter[eventType]=customer.password_token_generated":                             1,
		"filter[eventType]=none":                                                          0,
		"filter[customer]=DE--3":                                                          0,
		"filter[createdAt][gt]=2020-01-01T00:00:00Z":                                      9,
		"filter[createdAt][gt]=" + time.Now().AddDate(1, 0, 0).UTC().Format(time.RFC3339): 0,
	} {
		if listed := s.Get("/events?"+filter, apitest.AdminKey).Has(http.StatusOK).At("data").([]any); len(listed) != count {
			t.Errorf("%s: %d", filter, len(listed))
		}
	}
	s.Get("/events?filter[createdAt]=soon", apitest.AdminKey).Has(http.StatusBadRequest)
	s.Get("/events?page[after]=nowhere", apitest.AdminKey).Has(http.StatusBadRequest)
}

// No key of a letter is in the feed, and of an erased customer nothing at all.
func TestTheFeedHoldsNoKeyAndNobodyWhoWasErased(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		ada := s.Register("planted-ada@example.com")
		s.Forget(ada.Email)
		feed := func() string { return s.Get("/events?page[size]=100", apitest.AdminKey).Has(http.StatusOK).Body }
		for _, kind := range []string{"confirm", "restore"} {
			if key := s.MailedKey(ada.Email, kind); strings.Contains(feed(), key) {
				t.Errorf("the key to %s is told to all", kind)
			}
		}
		if !strings.Contains(feed(), "planted-ada") {
			t.Error("the feed does not tell who was created")
		}
		s.Delete("/customers/"+ada.Reference, apitest.AdminKey).Is(http.StatusNoContent, "")
		if told := feed(); strings.Contains(told, "planted-ada") || !strings.Contains(told, "customer.created") {
			t.Errorf("of an erased customer is told: %s", told)
		}
	})
}

// One login more than a customer may have ends another, and that is told.
func TestTheEndOfTheOldestLoginIsTold(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		ada := s.Register("ada@example.com")
		oldest := s.Get("/sessions/current", ada.Token).Text("data.id")
		for range 20 {
			s.Clock.Forward(time.Second)
			s.Login(ada.Email, ada.Password)
		}
		told := s.Get("/events?filter[eventType]=customer.session.ended", apitest.AdminKey).Has(http.StatusOK)
		if listed := told.At("data").([]any); len(listed) != 1 || told.Text("data.0.attributes.cloudEvent.data.session") != oldest {
			t.Errorf("%s", told.Body)
		}
	})
}

// A change of address that a new password gives up is told.
func TestAPendingAddressThatIsGivenUpIsTold(t *testing.T) {
	t.Parallel()
	apitest.Each(t, apitest.Settings{"REGISTRATION": "confirm"}, func(t *testing.T, s *apitest.Service) {
		ada := s.Register("ada@example.com")
		s.Patch("/customers/me", ada.Token, apitest.Document("customers", map[string]any{"email": "other@example.com"})).Has(http.StatusOK)
		f := &follower{t: t, s: s}
		s.Letters("other@example.com", "confirm")
		f.items()
		s.Patch("/customer-password", ada.Token, passwordChange(ada.Password, anotherPassword)).Is(http.StatusNoContent, "")
		f.tells("customer.updated DE--1 changed [pendingEmail]", "customer.password_changed DE--1")
	})
}
