package resources_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

// receiver is another service. It keeps what it is told.
type receiver struct {
	t      *testing.T
	s      *apitest.Service
	server *httptest.Server
	id     string // of its endpoint

	mu      sync.Mutex
	secrets []string
	answer  http.HandlerFunc // nil is 204
	told    []notice
	arrived chan struct{} // has room for one: something came
}

// notice is an event as it came.
type notice struct {
	ID, Type, Subject string
	Data              map[string]any
	Signatures        int
}

func (n notice) line() string { return n.Type + " " + n.Subject }

// newReceiver listens, and has itself told of events of these types.
func newReceiver(t *testing.T, s *apitest.Service, types ...string) *receiver {
	t.Helper()
	r := listening(t, s)
	r.register(map[string]any{"eventTypes": types})
	return r
}

func listening(t *testing.T, s *apitest.Service) *receiver {
	t.Helper()
	r := &receiver{t: t, s: s, arrived: make(chan struct{}, 1)}
	r.server = httptest.NewServer(r)
	t.Cleanup(func() {
		r.server.CloseClientConnections()
		r.server.Close()
	})
	return r
}

// register adds an endpoint with these attributes and the receiver's URL.
func (r *receiver) register(attributes map[string]any) *apitest.Answer {
	r.t.Helper()
	attributes["url"] = r.server.URL + "/hook"
	answer := r.s.Post("/webhook-endpoints", apitest.AdminKey, apitest.Document("webhook-endpoints", attributes)).Has(http.StatusCreated)
	r.id, r.secrets = answer.Text("data.id"), []string{answer.Text("data.attributes.secret")}
	return answer
}

// ServeHTTP takes what is signed by the first of its secrets.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, secret := range r.secrets {
		verifier, invalid := standardwebhooks.NewWebhook(secret)
		if err != nil || invalid != nil || verifier.VerifyIgnoringTimestamp(body, request.Header) != nil { // the test's clock may be ahead
			r.t.Errorf("what came is not signed: %v", request.Header)
		}
	}
	if kind := request.Header.Get("Content-Type"); kind != "application/cloudevents+json" {
		r.t.Errorf("what came is %s", kind)
	}
	one := notice{Signatures: len(strings.Fields(request.Header.Get("Webhook-Signature")))}
	if err := json.Unmarshal(body, &one); err != nil || one.ID != request.Header.Get("Webhook-Id") {
		r.t.Errorf("%s: %s", request.Header.Get("Webhook-Id"), body)
	}
	r.told = append(r.told, one)
	select {
	case r.arrived <- struct{}{}:
	default:
	}
	if answer := r.answer; answer != nil {
		r.mu.Unlock()
		answer(w, request)
		r.mu.Lock()
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// answers has it answer in another way; nil is 204.
func (r *receiver) answers(with http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = with
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// notices are what came so far.
func (r *receiver) notices() []notice {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.told)
}

// until waits for so many notices and returns them.
func (r *receiver) until(count int) []notice {
	r.t.Helper()
	return found(r.t, func() ([]notice, bool) {
		told := r.notices()
		return told, len(told) >= count
	})
}

// different waits for notices of so many events and returns one of each. The same event
// may come twice: a clock that is set forward ends the lease of whoever sends it.
func (r *receiver) different(count int) []notice {
	r.t.Helper()
	return found(r.t, func() ([]notice, bool) {
		var told []notice
		for _, one := range r.notices() {
			if !slices.ContainsFunc(told, func(former notice) bool { return former.ID == one.ID }) {
				told = append(told, one)
			}
		}
		return told, len(told) >= count
	})
}

// tells demands that exactly these came, each once, in any order of customers.
func (r *receiver) tells(lines ...string) {
	r.t.Helper()
	r.until(len(lines))
	r.settled()
	got := []string{}
	for _, one := range r.notices() {
		got = append(got, one.line())
	}
	if difference := cmp.Diff(append([]string{}, lines...), got); difference != "" {
		r.t.Errorf("(- expected, + told):\n%s", difference)
	}
}

// settled waits until nothing is to be sent to it now.
func (r *receiver) settled() {
	r.t.Helper()
	found(r.t, func() (any, bool) {
		r.s.Get("/outbox-messages", apitest.AdminKey).Has(http.StatusOK) // deliveries are made
		due := r.s.Rows("SELECT number FROM webhook_deliveries WHERE state = 'pending' AND attempts = 0")
		return due, len(due) == 0
	})
}

// found waits for a condition, which is told with what it was found in.
func found[T any](t *testing.T, look func() (T, bool)) T {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		value, holds := look()
		if holds {
			return value
		}
		if time.Now().After(deadline) {
			t.Fatalf("it never came to pass: %v", value)
		}
		time.Sleep(20 * time.Millisecond) // each look is a request, whose work the awaited one would wait for
	}
}

// shown are the attributes of the receiver's endpoint.
func (r *receiver) shown() map[string]any {
	r.t.Helper()
	return r.s.Get("/webhook-endpoints/"+r.id, apitest.AdminKey).Has(http.StatusOK).At("data.attributes").(map[string]any)
}

func (r *receiver) change(attributes map[string]any) *apitest.Answer {
	r.t.Helper()
	return r.s.Patch("/webhook-endpoints/"+r.id, apitest.AdminKey, apitest.Document("webhook-endpoints", attributes))
}

// deliveries are lines `eventType state attempts outcome`, the oldest first.
func (r *receiver) deliveries() []string {
	r.t.Helper()
	lines := []string{}
	for _, item := range r.s.Get("/webhook-endpoints/"+r.id+"/deliveries?page[size]=100", apitest.AdminKey).Has(http.StatusOK).At("data").([]any) {
		attributes := item.(map[string]any)["attributes"].(map[string]any)
		lines = append(lines, fmt.Sprint(attributes["eventType"], " ", attributes["state"], " ", attributes["attempts"], " ", attributes["outcome"]))
	}
	slices.Reverse(lines)
	return lines
}

// becomes waits until the deliveries are these.
func (r *receiver) becomes(lines ...string) {
	r.t.Helper()
	found(r.t, func() (string, bool) {
		difference := cmp.Diff(lines, r.deliveries())
		return difference, difference == ""
	})
}

// create makes a customer, which is one event each.
func create(s *apitest.Service, names ...string) {
	for _, name := range names {
		s.Post("/customers", apitest.AdminKey, strings.NewReplacer(`"confirmPassword":"`+apitest.Password+`",`, "", `"password":"`+apitest.Password+`",`, "").Replace(apitest.Registration(name+"@example.com"))).Has(http.StatusCreated)
	}
}

const created = account.CustomerCreated

// What happens is told once, signed, in the order of each customer's sequence; and
// what was before, or is rolled back, is not.
func TestWhatHappensIsToldOnce(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		create(s, "before")
		r := newReceiver(t, s)
		asked := func() int { return len(s.Rows("SELECT id FROM river_job WHERE kind = 'events_fan_out'")) } // of the last minute
		before := asked()
		create(s, "ada")
		if got := asked() - before; got != 1 {
			t.Errorf("deliveries were asked for %d times", got)
		}
		own := "/customers/DE--2"
		s.Patch(own, apitest.AdminKey, apitest.Document("customers", map[string]any{"lastName": ""})).Has(http.StatusUnprocessableEntity)
		s.Patch(own, apitest.AdminKey, apitest.Document("customers", map[string]any{"lastName": "King"})).Has(http.StatusOK)
		s.Do(apitest.Request{Method: http.MethodPost, Path: "/operations", Token: apitest.AdminKey, Header: map[string]string{"Content-Type": atomic, "Accept": atomic},
			Body: `{"atomic:operations":[{"op":"update","href":"` + own + `","data":{"type":"customers","id":"DE--2","attributes":{"lastName":"Taken back"}}},{"op":"remove","href":"/customers/DE--99"}]}`}).Has(http.StatusNotFound)
		create(s, "bob")
		r.tells("customer.created DE--2", "customer.updated DE--2", "customer.created DE--3")
		r.becomes("customer.created delivered 1 delivered", "customer.updated delivered 1 delivered", "customer.created delivered 1 delivered")
		feed := s.Get("/events?filter[customer]=DE--2", apitest.AdminKey).Has(http.StatusOK)
		if told := r.notices(); feed.Text("data.0.id") != told[0].ID || told[0].Data["customer"].(map[string]any)["email"] != "ada@example.com" {
			t.Errorf("%v", told[0])
		}
	})
}

// Whatever an endpoint answers but 2xx is tried again, later and later, and what it
// would not take does not hold up what comes after.
func TestAFailedDeliveryIsTriedAgain(t *testing.T) {
	t.Parallel()
	hang := func(_ http.ResponseWriter, request *http.Request) { <-request.Context().Done() }
	closes := func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = connection.Close()
		}
	}
	elsewhere := func(w http.ResponseWriter, request *http.Request) {
		http.Redirect(w, request, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
	}
	storetest.Each(t, func(t *testing.T, url string) {
		s := apitest.Start(t, apitest.Options{Database: url, WebhookTimeout: 500 * time.Millisecond})
		s.Clock.Stop()
		for outcome, answer := range map[string]http.HandlerFunc{"refused": status(http.StatusInternalServerError), "timed_out": hang, "unreachable": closes, "redirected": elsewhere} {
			r := newReceiver(t, s, created)
			r.answers(answer)
			create(s, outcome)
			r.becomes("customer.created pending 1 " + outcome)
			if shown := r.shown(); shown["failures"] != 1.0 || shown["failingSince"] == nil || shown["enabled"] != true {
				t.Errorf("%v", shown)
			}
			s.Later(7 * time.Second)
			r.becomes("customer.created pending 2 " + outcome)
			r.answers(nil)
			s.Later(7 * time.Second) // too early
			create(s, outcome+"-2")
			r.becomes("customer.created pending 2 "+outcome, "customer.created delivered 1 delivered")
			s.Later(6 * time.Second)
			r.becomes("customer.created delivered 3 delivered", "customer.created delivered 1 delivered")
			if shown := r.shown(); shown["failures"] != 0.0 || shown["failingSince"] != nil {
				t.Errorf("%v", shown)
			}
			ids := map[string]int{}
			for _, one := range r.notices() {
				ids[one.ID]++
			}
			if len(ids) != 2 {
				t.Errorf("a retry has an id of its own: %v", ids)
			}
			s.Delete("/webhook-endpoints/"+r.id, apitest.AdminKey).Is(http.StatusNoContent, "")
		}
	})
}

// An endpoint that fails three times in a row is left alone for a while; or as long as
// it says itself, after the first time.
func TestAnEndpointThatFailsIsLeftAlone(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		s.Clock.Stop()
		r := newReceiver(t, s, created)
		hold := make(chan struct{})
		r.answers(func(w http.ResponseWriter, _ *http.Request) { <-hold; w.WriteHeader(http.StatusBadGateway) })
		create(s, "a")
		r.until(1)
		create(s, "b", "c", "d", "e")                                  // while it is busy with the first
		s.Get("/outbox-messages", apitest.AdminKey).Has(http.StatusOK) // waits until there are deliveries
		close(hold)
		failed, untried := "customer.created pending 1 refused", "customer.created pending 0 <nil>"
		r.becomes(failed, failed, failed, untried, untried)
		found(t, func() (any, bool) { resumes := r.shown()["resumesAt"]; return resumes, resumes != nil })
		create(s, "f")
		s.Get("/outbox-messages", apitest.AdminKey).Has(http.StatusOK)
		if told := len(r.notices()); told != 3 {
			t.Errorf("%d attempts", told)
		}
		r.answers(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "1200")
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		s.Later(7 * time.Second)
		r.becomes(failed, failed, failed, failed, untried, untried) // what was never tried comes first
		r.answers(nil)
		s.Later(19 * time.Minute)
		if told := len(r.notices()); told != 4 {
			t.Errorf("%d attempts, before the time that the endpoint has named", told)
		}
		s.Later(2 * time.Minute)
		twice, once := "customer.created delivered 2 delivered", "customer.created delivered 1 delivered"
		r.becomes(twice, twice, twice, twice, once, once)
	})
}

// An endpoint that is gone is not told any more, at once; one that does nothing but
// fail, after a day. Others learn of it, and it can be enabled again.
func TestADeadEndpointIsDisabled(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		s.Clock.Stop()
		r, witness := newReceiver(t, s, created), newReceiver(t, s, account.WebhookDisabled)
		r.answers(status(http.StatusGone))
		create(s, "ada")
		shown := found(t, func() (map[string]any, bool) { shown := r.shown(); return shown, shown["enabled"] == false })
		if shown["disabledReason"] != "gone" || shown["disabledAt"] == nil {
			t.Errorf("%v", shown)
		}
		create(s, "meanwhile")
		r.becomes("customer.created pending 1 gone")
		r.answers(nil)
		s.Later(time.Minute)
		if told := len(r.notices()); told != 1 {
			t.Errorf("%d attempts", told)
		}
		if shown = r.change(map[string]any{"enabled": true}).Has(http.StatusOK).At("data.attributes").(map[string]any); shown["disabledReason"] != nil || shown["disabledAt"] != nil || shown["failures"] != 0.0 {
			t.Errorf("%v", shown)
		}
		r.becomes("customer.created delivered 2 delivered")

		r.answers(status(http.StatusInternalServerError))
		create(s, "bob")
		r.becomes("customer.created delivered 2 delivered", "customer.created pending 1 refused")
		s.Later(12 * time.Hour)
		r.becomes("customer.created delivered 2 delivered", "customer.created pending 2 refused")
		create(s, "eve")
		r.becomes("customer.created delivered 2 delivered", "customer.created pending 2 refused", "customer.created pending 1 refused")
		s.Later(12 * time.Hour)
		shown = found(t, func() (map[string]any, bool) { shown := r.shown(); return shown, shown["enabled"] == false })
		if shown["disabledReason"] != "failing" {
			t.Errorf("%v", shown)
		}
		told := witness.different(2)
		for i, reason := range []string{"gone", "failing"} {
			if told[i].Subject != r.id || told[i].Data["reason"] != reason || told[i].Data["host"] != strings.TrimPrefix(r.server.URL, "http://") {
				t.Errorf("%v", told[i])
			}
		}
		found(t, func() (string, bool) {
			log := s.Log.String()
			return log, strings.Count(log, "a webhook endpoint was disabled") >= 2
		})
		if log := s.Log.String(); strings.Count(log, "a webhook endpoint was disabled") != 2 || strings.Contains(log, "/hook") {
			t.Error("it is not logged, or more than the host is")
		}
		if audited := s.Get("/audit-events?filter[event]=webhook-endpoint.disabled", apitest.AdminKey).At("data").([]any); len(audited) != 2 {
			t.Errorf("%v", audited)
		}
	})
}

// A delivery that is never taken is given up a day after it was made, without harm to
// an endpoint that takes others.
func TestADeliveryIsGivenUpAfterADay(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		s.Clock.Stop()
		r := newReceiver(t, s, created)
		poison := ""
		r.answers(func(w http.ResponseWriter, request *http.Request) {
			r.mu.Lock()
			defer r.mu.Unlock()
			if poison == "" {
				poison = request.Header.Get("Webhook-Id")
			}
			if request.Header.Get("Webhook-Id") == poison {
				w.WriteHeader(http.StatusUnprocessableEntity)
			}
		})
		create(s, "poison")
		r.becomes("customer.created pending 1 refused")
		lines := []string{""}
		for i := range 3 {
			s.Later(8 * time.Hour)
			create(s, fmt.Sprint("fine", i))
			lines = append(lines, "customer.created delivered 1 delivered")
			state := "pending"
			if i == 2 {
				state = "failed"
			}
			lines[0] = fmt.Sprint("customer.created ", state, " ", i+2, " refused")
			r.becomes(lines...)
		}
		s.Later(8 * time.Hour)
		r.becomes(lines...)
		if shown := r.shown(); shown["enabled"] != true || shown["failures"] != 0.0 {
			t.Errorf("%v", shown)
		}
	})
}

// An event whose row was damaged holds up no other.
func TestADamagedEventHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		s.Clock.Stop()
		r := newReceiver(t, s, created)
		hold := make(chan struct{})
		r.answers(func(http.ResponseWriter, *http.Request) { <-hold })
		create(s, "a")
		r.until(1)
		create(s, "damaged", "b")
		s.Rows("UPDATE events SET data = '{' WHERE subject = 'DE--2' RETURNING number")
		close(hold)
		r.becomes("customer.created delivered 1 delivered", "customer.created pending 1 unreadable", "customer.created delivered 1 delivered")
	})
}

// While a secret is replaced, both sign; after a day the new one does alone.
func TestASecretIsReplacedWithoutAGap(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		r := newReceiver(t, s, created)
		old := r.secrets[0]
		answer := s.Post("/webhook-endpoints/"+r.id+"/secrets", apitest.AdminKey, "").Has(http.StatusCreated)
		fresh := answer.Text("data.attributes.secret")
		if shown := r.shown(); shown["secret"] != nil || fresh == old {
			t.Errorf("%v, %s", shown, fresh)
		}
		r.secrets = []string{old, fresh}
		create(s, "a")
		r.until(1)
		s.Clock.Forward(25 * time.Hour)
		r.mu.Lock()
		r.secrets = []string{fresh}
		r.mu.Unlock()
		create(s, "b")
		told := r.until(2)
		if told[0].Signatures != 2 || told[1].Signatures != 1 {
			t.Errorf("%d and %d signatures", told[0].Signatures, told[1].Signatures)
		}
		if kept := fmt.Sprint(s.Rows("SELECT secret, former_secret FROM webhook_endpoints")); strings.Contains(kept, old) || strings.Contains(kept, fresh) {
			t.Error("a secret is kept in clear")
		}
	})
}

// An endpoint is told of the types that it asked for, under the names it asked by.
func TestAnEndpointIsToldWhatItAskedFor(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		all, few, older, none := newReceiver(t, s), newReceiver(t, s, created, account.CustomerDeleted), newReceiver(t, s, "customer.password_reset"), newReceiver(t, s, account.AddressCreated)
		ada := s.Register("ada@example.com")
		s.Forget(ada.Email)
		s.Letters(ada.Email, "restore")
		s.Delete("/customers/"+ada.Reference, ada.Token).Is(http.StatusNoContent, "")
		all.tells("customer.created DE--1", "customer.confirmation_token_generated DE--1", "customer.updated DE--1", "customer.session.created DE--1", "customer.password_token_generated DE--1", "customer.deleted DE--1")
		few.tells("customer.created DE--1", "customer.deleted DE--1")
		older.tells("customer.password_reset DE--1")
		none.tells()
		if all.notices()[4].ID != older.notices()[0].ID {
			t.Error("the same event has two ids")
		}
		few.change(map[string]any{"eventTypes": []string{account.CustomerUpdated}}).Has(http.StatusOK)
		few.change(map[string]any{"enabled": false}).Has(http.StatusOK)
		create(s, "bob")
		few.change(map[string]any{"enabled": true}).Has(http.StatusOK)
		s.Patch("/customers/DE--2", apitest.AdminKey, apitest.Document("customers", map[string]any{"lastName": "King"})).Has(http.StatusOK)
		few.tells("customer.created DE--1", "customer.deleted DE--1", "customer.updated DE--2")
	})
}

// Keys of letters are sent to endpoints that are to write the letters, while they can
// be used, and to nobody else.
func TestKeysAreSentToWhoWritesTheLetters(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		others, r := newReceiver(t, s), listening(t, s)
		r.register(map[string]any{"withKeys": true, "eventTypes": []string{account.ConfirmToken, account.PasswordToken}})
		ada := s.Register("ada@example.com") // the key is used by the time it may be sent
		r.until(1)
		s.Forget(ada.Email)
		told := r.until(2)[1]
		key, _ := told.Data["token"].(string)
		if key != s.MailedKey(ada.Email, "restore") || told.Data["code"] == nil {
			t.Errorf("%v", told.Data)
		}
		s.Patch("/customer-restore-password", "", restoration(key, "Another-456-please")).Is(http.StatusNoContent, "")
		s.Post("/webhook-endpoints/"+r.id+"/replays", apitest.AdminKey, replay("2020-01-01T00:00:00Z")).Is(http.StatusNoContent, "")
		for _, again := range r.until(4)[2:] {
			if again.Data["token"] != nil || again.Data["code"] != nil || again.Data["purpose"] == nil {
				t.Errorf("a key that was used is sent: %v", again.Data)
			}
		}
		others.until(6)
		for _, one := range others.notices() {
			if one.Data["token"] != nil || one.Data["code"] != nil {
				t.Errorf("%v", one.Data)
			}
		}
	})
}

func replay(from string, to ...string) string {
	attributes := map[string]any{"from": from}
	if len(to) > 0 {
		attributes["to"] = to[0]
	}
	return apitest.Document("webhook-replays", attributes)
}

// What happened within a time is told again, once, to whom it is asked for; of an
// erased customer it is told that something was, and not what.
func TestATimeIsReplayed(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		moment := func() string { return s.Clock.Now().Format(time.RFC3339Nano) }
		create(s, "before")
		s.Clock.Forward(time.Hour)
		from := moment()
		r, other := newReceiver(t, s, created, account.CustomerDeleted), newReceiver(t, s, created)
		create(s, "planted", "b")
		to := moment()
		s.Clock.Forward(time.Hour)
		create(s, "later")
		r.until(3)
		s.Delete("/customers/DE--2", apitest.AdminKey).Is(http.StatusNoContent, "")
		r.until(4)
		r.settled()
		s.Post("/webhook-endpoints/"+r.id+"/replays", apitest.AdminKey, replay(from, to)).Is(http.StatusNoContent, "")
		r.tells("customer.created DE--2", "customer.created DE--3", "customer.created DE--4", "customer.deleted DE--2", "customer.created DE--2", "customer.created DE--3")
		told := r.notices()
		if told[0].ID != told[4].ID || len(told[4].Data) != 0 || told[5].Data["customer"] == nil {
			t.Errorf("%v", told)
		}
		s.Post("/webhook-endpoints/"+r.id+"/replays", apitest.AdminKey, replay("2020-01-01T00:00:00Z")).Is(http.StatusNoContent, "")
		r.until(11) // all there are, that of before the endpoint was among them
		other.tells("customer.created DE--2", "customer.created DE--3", "customer.created DE--4")
	})
}

// One endpoint that hangs holds up none of the others.
func TestAHangingEndpointHoldsUpNobody(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, url string) {
		s := apitest.Start(t, apitest.Options{Database: url, WebhookTimeout: time.Minute})
		release := make(chan struct{})
		hanging := newReceiver(t, s, created)
		hanging.answers(func(http.ResponseWriter, *http.Request) { <-release })
		t.Cleanup(func() { close(release) })
		var others []*receiver
		for range 9 {
			others = append(others, newReceiver(t, s, created))
		}
		const events = 5
		for i := range events {
			create(s, fmt.Sprint("c", i))
		}
		for _, r := range others {
			r.until(events)
		}
		if told := len(hanging.notices()); told > 1 {
			t.Errorf("the one that hangs was asked %d times", told)
		}
		s.Forget("c0@example.com") // and letters go on
		s.Letters("c0@example.com", "restore")
	})
}

// Of two replicas one sends, and each event once.
func TestTwoReplicasDeliverEachEventOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, url string) {
		s := apitest.Start(t, apitest.Options{Database: url})
		second := apitest.Start(t, apitest.Options{Database: url, Clock: s.Clock})
		receivers := []*receiver{newReceiver(t, s, created), newReceiver(t, second, created)}
		const each = 20
		var group sync.WaitGroup
		for i, replica := range []*apitest.Service{s, second} {
			group.Go(func() {
				for n := range each {
					create(replica, fmt.Sprintf("c%d-%d", i, n))
				}
			})
		}
		group.Wait()
		for _, r := range receivers {
			r.until(2 * each)
			r.settled()
			times := map[string]int{}
			for _, one := range r.notices() {
				times[one.ID]++
			}
			if len(r.notices()) != 2*each || len(times) != 2*each {
				t.Errorf("%d events came, %d different ones", len(r.notices()), len(times))
			}
		}
	})
}

// In production nothing is sent nearby, by whatever name.
func TestInProductionNobodyNearbyIsTold(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"ENV": "production", "SECRET": "an-actual-secret-of-32-characters", "MAIL_URL": "off", "ADMIN_API_KEY": ""})
	key, err := s.App.Accounts().CreateAPIKey(t.Context(), "webhooks", []string{"write_webhooks"})
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"http://shop.example/hook", "https://127.0.0.1/hook", "https://169.254.169.254/", "https://[::ffff:10.0.0.1]/", "https://localhost/", "https://2130706433/", "https://0x7f.1/"} {
		s.Post("/webhook-endpoints", key, apitest.Document("webhook-endpoints", map[string]any{"url": url})).Fails(http.StatusUnprocessableEntity, `4430 webhook_url_refused "/data/attributes/url"`)
	}
	s.Post("/webhook-endpoints", key, apitest.Document("webhook-endpoints", map[string]any{"url": "https://hooks.shop.example/"})).Has(http.StatusCreated)
}

// Endpoints are added, listed, changed under If-Match, deleted; and there is an end of
// adding.
func TestEndpointsAreKept(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		s.Clock.Stop()
		r := newReceiver(t, s)
		added := s.Get("/webhook-endpoints/"+r.id, apitest.AdminKey).Has(http.StatusOK)
		conditional := func(method, tag string) apitest.Request {
			return apitest.Request{Method: method, Path: "/webhook-endpoints/" + r.id, Token: apitest.AdminKey, Header: map[string]string{"If-Match": tag},
				Body: apitest.Document("webhook-endpoints", map[string]any{"description": "Backend", "eventTypes": []string{created, created}})}
		}
		r.answers(status(http.StatusInternalServerError))
		create(s, "ada")
		found(t, func() (any, bool) { shown := r.shown(); return shown, shown["failures"] != 0.0 })
		changed := s.Do(conditional(http.MethodPatch, added.Header.Get("ETag"))).Has(http.StatusOK) // how it fares does not count
		if changed.Text("data.attributes.description") != "Backend" || len(changed.At("data.attributes.eventTypes").([]any)) != 1 {
			t.Errorf("%s", changed.Body)
		}
		for _, method := range []string{http.MethodPatch, http.MethodDelete} {
			request := conditional(method, added.Header.Get("ETag"))
			if method == http.MethodDelete {
				request.Body = ""
			}
			if answer := s.Do(request).Has(http.StatusPreconditionFailed); answer.Text("errors.0.meta.current.data.attributes.description") != "Backend" {
				t.Errorf("%s", answer.Body)
			}
		}
		for i := 2; i <= account.MostEndpoints; i++ {
			listening := map[string]any{"url": fmt.Sprintf("%s/%d", r.server.URL, i), "enabled": false}
			if s.Post("/webhook-endpoints", apitest.AdminKey, apitest.Document("webhook-endpoints", listening)).Has(http.StatusCreated).At("data.attributes.disabledAt") == nil {
				t.Error("it is enabled")
			}
		}
		s.Post("/webhook-endpoints", apitest.AdminKey, apitest.Document("webhook-endpoints", map[string]any{"url": r.server.URL})).Fails(http.StatusConflict, "4432 too_many_webhook_endpoints -")
		if listed := s.Get("/webhook-endpoints", apitest.AdminKey).Has(http.StatusOK).At("data").([]any); len(listed) != account.MostEndpoints || listed[0].(map[string]any)["id"] != r.id {
			t.Errorf("%d are listed", len(listed))
		}
		s.Delete("/webhook-endpoints/"+r.id, apitest.AdminKey).Is(http.StatusNoContent, "")
		s.Get("/webhook-endpoints/"+r.id, apitest.AdminKey).Has(http.StatusNotFound)
		if left := s.Rows("SELECT number FROM webhook_deliveries"); len(left) != 0 {
			t.Errorf("%v", left)
		}
	})
}

// Whoever may be sent the keys of letters may take over accounts: it needs the scope
// for that as well, whoever has made the endpoint.
func TestKeysNeedTheScopeThatWritesCustomers(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	key, err := s.App.Accounts().CreateAPIKey(t.Context(), "webhooks", []string{"write_webhooks"})
	if err != nil {
		t.Fatal(err)
	}
	document := func(attributes map[string]any) string { return apitest.Document("webhook-endpoints", attributes) }
	refused := "411 unauthorized_request -"
	s.Post("/webhook-endpoints", key, document(map[string]any{"url": "https://hooks.shop.example/", "withKeys": true})).Fails(http.StatusForbidden, refused)
	plain := s.Post("/webhook-endpoints", key, document(map[string]any{"url": "https://hooks.shop.example/"})).Has(http.StatusCreated).Text("data.id")
	s.Patch("/webhook-endpoints/"+plain, key, document(map[string]any{"withKeys": true})).Fails(http.StatusForbidden, refused)
	full := "/webhook-endpoints/" + s.Post("/webhook-endpoints", apitest.AdminKey, document(map[string]any{"url": "https://hooks.shop.example/", "withKeys": true})).Has(http.StatusCreated).Text("data.id")
	s.Patch(full, key, document(map[string]any{"url": "https://evil.example/"})).Fails(http.StatusForbidden, refused)
	s.Post(full+"/secrets", key, "").Fails(http.StatusForbidden, refused)
	s.Post(full+"/replays", key, replay("2020-01-01T00:00:00Z")).Fails(http.StatusForbidden, refused)
	s.Patch(full, key, document(map[string]any{"url": "https://evil.example/", "withKeys": false})).Has(http.StatusOK)
}

// Deliveries are read in pages by cursor, in both directions, and by what became of
// them.
func TestDeliveriesAreListedInPages(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		r := newReceiver(t, s, created)
		create(s, "a", "b", "c", "d", "e")
		r.until(5)
		r.settled()
		list := "/webhook-endpoints/" + r.id + "/deliveries"
		page := func(query string) (events []string, answer *apitest.Answer) {
			answer = s.Get(list+query, apitest.AdminKey).Has(http.StatusOK)
			for _, item := range answer.At("data").([]any) {
				events = append(events, item.(map[string]any)["attributes"].(map[string]any)["event"].(string))
			}
			return events, answer
		}
		all, _ := page("")
		first, answer := page("?page[size]=2")
		second, _ := page("?page[size]=2&page[after]=" + answer.Text("data.1.meta.page.cursor"))
		_, answer = page("?page[size]=2&page[after]=" + answer.Text("data.1.meta.page.cursor"))
		back, _ := page("?page[size]=2&page[before]=" + answer.Text("data.0.meta.page.cursor"))
		if difference := cmp.Diff([][]string{all[:2], all[2:4], all[:2]}, [][]string{first, second, back}); difference != "" || len(all) != 5 {
			t.Error(difference)
		}
		newest := s.Get("/events?page[size]=100", apitest.AdminKey).At("data").([]any)
		if all[0] != newest[len(newest)-1].(map[string]any)["id"] {
			t.Error("the newest does not come first")
		}
		if done, _ := page("?filter[state]=delivered"); len(done) != 5 {
			t.Errorf("%v", done)
		}
		if pending, _ := page("?filter[state]=pending"); len(pending) != 0 {
			t.Errorf("%v", pending)
		}
		s.Get(list+"?page[after]=nowhere", apitest.AdminKey).Has(http.StatusBadRequest)
		s.Get("/webhook-endpoints/none/deliveries", apitest.AdminKey).Has(http.StatusNotFound)
	})
}
