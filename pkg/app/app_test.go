package app_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/app"
	"github.com/clientelehq/clientele/pkg/mail"
	"github.com/clientelehq/clientele/pkg/mail/mailtest"
	"github.com/clientelehq/clientele/pkg/password"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

// A restart, or a second replica, goes on with the tokens, keys and accounts of
// the first.
func TestASecondReplicaGoesOnWithTheFirstOnesTokens(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		first := apitest.Start(t, apitest.Options{Database: url})
		second := apitest.Start(t, apitest.Options{Database: url})
		customer := first.Register("replica@example.com")
		second.Get("/customers/"+customer.Reference, customer.Token).Has(http.StatusOK)
		fresh := second.Refresh(customer.Refresh).Has(http.StatusCreated)
		first.Get("/customers/me", fresh.Text("data.attributes.accessToken")).Has(http.StatusOK)
		again := first.Refresh(customer.Refresh).Has(http.StatusCreated) // within the grace: the same next one
		if again.Text("data.attributes.refreshToken") != fresh.Text("data.attributes.refreshToken") {
			t.Error("the session has two refresh tokens")
		}
		if first.Get("/.well-known/jwks.json", "").Body != second.Get("/.well-known/jwks.json", "").Body {
			t.Error("the replicas publish different keys")
		}
		second.Delete("/customers/"+customer.Reference, customer.Token).Is(http.StatusNoContent, "")
		first.Get("/customers/me", customer.Token).Has(http.StatusUnauthorized)
	})
}

func TestAnotherSecretDoesNotOpenTheSigningKeys(t *testing.T) {
	url := storetest.SQLite(t)
	apitest.Start(t, apitest.Options{Database: url, Settings: apitest.Settings{"SECRET": strings.Repeat("a", 32)}})
	config, err := app.Load([]string{"CLIENTELE_DATABASE_URL=" + url, "CLIENTELE_SECRET=" + strings.Repeat("b", 32)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = app.New(t.Context(), config); err == nil || !strings.Contains(err.Error(), "CLIENTELE_SECRET") {
		t.Errorf("started with %v", err)
	}
}

// The letters of a whole life, through a real SMTP conversation.
func TestLettersAreSentOverSMTP(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		server := mailtest.NewServer(t)
		s := apitest.Start(t, apitest.Options{Database: url, Settings: apitest.Settings{"MAIL_URL": server.URL(), "REGISTRATION": "confirm", "SHOP_NAME": "Bücherei"}})
		s.Post("/customers", "", apitest.Registration("reader@example.com")).Has(http.StatusCreated)
		s.Confirm(key(t, letter(t, server, 1))).Is(http.StatusNoContent, "")
		token := s.Login("reader@example.com", apitest.Password)
		s.Forget("reader@example.com")
		s.Patch("/customer-restore-password", "", apitest.Document("customer-restore-password", map[string]any{
			"restorePasswordKey": key(t, letter(t, server, 2)), "password": "another-one", "confirmPassword": "another-one"})).Is(http.StatusNoContent, "")
		changed := letter(t, server, 3)
		if len(changed.Recipients) != 1 || changed.Recipients[0] != "reader@example.com" || changed.MediaType != "multipart/alternative" || changed.Text == "" || changed.HTML == "" {
			t.Errorf("%+v", changed)
		}
		s.Get("/customers/me", token).Has(http.StatusUnauthorized)
		s.Get("/outbox-messages", apitest.AdminKey).Fails(http.StatusNotFound, "- route_not_found -")
	})
}

// A mail server that is away delays letters and nothing else.
func TestALetterWaitsForTheMailServer(t *testing.T) {
	server := mailtest.NewServer(t)
	server.Refuse(mailtest.AtRecipient, 451)
	s := apitest.Start(t, apitest.Options{Settings: apitest.Settings{"MAIL_URL": server.URL()}, Retry: 200 * time.Millisecond})
	s.Post("/customers", "", apitest.Registration("patient@example.com")).Has(http.StatusCreated)
	s.Login("patient@example.com", apitest.Password)
	time.Sleep(100 * time.Millisecond)
	server.Recover()
	letter(t, server, 1)
}

// awayServer is a mail server that is away: letters wait in the queue.
type awayServer struct{}

func (awayServer) Send(context.Context, mail.Letter) error { return errors.New("connection refused") }

func TestLettersThatWaitAreForgottenToo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := apitest.Start(t, apitest.Options{Database: url, Sender: awayServer{}})
		reference := s.Post("/customers", "", apitest.Registration("planted-first@example.com")).Has(201).Text("data.id")
		token := s.Login("planted-first@example.com", apitest.Password)
		s.Patch("/customers/me", token, apitest.Document("customers", map[string]any{"email": "planted-second@example.com"})).Has(200)
		s.Forget("planted-second@example.com")
		if found := strings.Join(s.Search("planted"), " "); !strings.Contains(found, "river_job.args") {
			t.Fatalf("the queue holds nothing: %s", found)
		}
		s.Delete("/customers/"+reference, token).Is(204, "")
		if found := s.Search("planted"); len(found) > 0 {
			t.Errorf("left in %v", found)
		}
	})
}

// letter waits for the nth letter the server receives.
func letter(t *testing.T, server *mailtest.Server, n int) mailtest.Message {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if messages := server.Messages(); len(messages) >= n {
			return messages[n-1]
		}
	}
	t.Fatalf("letter %d has not arrived", n)
	return mailtest.Message{}
}

func key(t *testing.T, m mailtest.Message) string {
	t.Helper()
	found := regexp.MustCompile(`[?&]token=([A-Za-z0-9_-]{32,})`).FindStringSubmatch(m.Text)
	if found == nil {
		t.Fatalf("no key in %q", m.Text)
	}
	return found[1]
}

// A burst waits its turn for the hash; only who would wait too long is told to
// come back.
func TestABusyHasherIsUnavailable(t *testing.T) {
	hasher := password.Default()
	hasher.Slots, hasher.Wait = 1, time.Millisecond
	s := apitest.Start(t, apitest.Options{Hasher: hasher})
	var shed, served int
	var mu sync.Mutex
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			answer := s.Post("/customers", "", apitest.Registration(fmt.Sprintf("busy-%d@example.com", i)))
			mu.Lock()
			defer mu.Unlock()
			if answer.Status == http.StatusCreated {
				served++
				return
			}
			if answer.Fails(http.StatusServiceUnavailable, "- service_unavailable -").Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			shed++
		})
	}
	group.Wait()
	if shed == 0 || served == 0 {
		t.Errorf("%d served, %d shed", served, shed)
	}
}

// What is planted in every secret and personal field is nowhere in the log,
// at its most talkative.
func TestNothingSecretOrPersonalIsLogged(t *testing.T) {
	apitest.Each(t, apitest.Settings{"LOG_LEVEL": "debug"}, func(t *testing.T, s *apitest.Service) {
		s.Post("/customers", "", apitest.Document("customers", map[string]any{"salutation": "Mr", "firstName": "canary-first", "lastName": "canary-last", "email": "canary-mail@example.com",
			"password": "canary-password", "confirmPassword": "canary-password", "acceptedTerms": true, "phone": "canary-phone", "metadata": map[string]any{"k": "canary-metadata"}})).Has(http.StatusCreated)
		answer := s.LogIn("canary-mail@example.com", "canary-password").Has(http.StatusCreated)
		access, refresh := answer.Text("data.attributes.accessToken"), answer.Text("data.attributes.refreshToken")
		s.LogIn("canary-mail@example.com", "canary-wrong").Has(http.StatusUnauthorized)
		s.Post("/customers/me/addresses", access, apitest.Address("canary-city")).Has(http.StatusCreated)
		s.Get("/customers?filter[email]=canary-mail@example.com&filter[q]=canary-first", apitest.AdminKey).Has(http.StatusOK)
		s.Post("/customers", "", apitest.Registration("canary-mail@example.com")).Has(http.StatusUnprocessableEntity)
		s.Post("/customers", "", `{"data":{"type":"customers","attributes":{"email":"canary-mail`).Has(http.StatusBadRequest)
		s.Get("/customers/canary-path?canary-query=1", access).Has(http.StatusBadRequest)
		s.Forget("canary-mail@example.com")
		restore := s.MailedKey("canary-mail@example.com", "restore")
		s.Delete("/refresh-tokens/"+refresh, access).Is(http.StatusNoContent, "")
		log := s.Log.String()
		if !strings.Contains(log, `"msg":"request"`) {
			t.Fatalf("nothing was logged at all: %s", log)
		}
		for _, secret := range []string{"canary", access, refresh, restore, apitest.AdminKey, "$argon2id$"} {
			if at := strings.Index(log, secret); at >= 0 {
				t.Errorf("logged %q: %s", secret, log[max(0, at-200):min(len(log), at+100)])
			}
		}
	})
}

// A client cannot choose the address that it is throttled by.
func TestForwardedAddressesCountFromTrustedProxiesAlone(t *testing.T) {
	attempt := func(s *apitest.Service, i int) int {
		return s.Do(apitest.Request{Method: "POST", Path: "/access-tokens", Body: apitest.Document("access-tokens", map[string]any{"username": "victim@example.com", "password": "wrong-one"}),
			Header: map[string]string{"X-Forwarded-For": fmt.Sprintf("203.0.113.%d", i)}}).Status
	}
	alone, behind := apitest.New(t, nil), apitest.New(t, apitest.Settings{"TRUSTED_PROXIES": "127.0.0.1/32"})
	for i := range 12 {
		expected := http.StatusUnauthorized
		if i >= 9 {
			expected = http.StatusTooManyRequests
		}
		if status := attempt(alone, i); status != expected {
			t.Errorf("attempt %d: %d", i, status)
		}
		if status := attempt(behind, i); status != http.StatusUnauthorized {
			t.Errorf("attempt %d behind a proxy: %d", i, status)
		}
	}
}

func TestAnImportIsSafeToRunTwice(t *testing.T) {
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		made, err := bcrypt.GenerateFromPassword([]byte("password"), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		hash := string(made)
		lines := strings.Join([]string{
			`{"reference":"DE--25","email":"JDoe@example.com","salutation":"Mr","firstName":"John","lastName":"Doe","gender":"Male","dateOfBirth":"1990-01-31","passwordHash":"` + hash + `","confirmed":true,"createdAt":"2018-11-06T08:15:02Z","addresses":[{"address1":"11 Second Street","zipCode":"12312","city":"Berlin","iso2Code":"de"},{"address1":"Other","zipCode":"1","city":"Bonn","iso2Code":"DE","isDefaultBilling":true}]}`,
			``,
			`{"email":"short@example.com","password":"a"}`,
			`{"email":"no address"}`,
			`{"email":"typo@example.com","fristName":"John"}`,
			`{"reference":"DE--30","email":"jdoe@EXAMPLE.com","password":"taken-by-the-first"}`,
			`{"email":"guest@example.com"}`,
		}, "\n")
		for round, expected := range []account.ImportReport{{Imported: 3, Bad: 3}, {Present: 3, Bad: 3}} {
			var bad []int
			report, err := s.App.Accounts().Import(context.Background(), strings.NewReader(lines), account.ImportOptions{Bad: func(line int, _ error) { bad = append(bad, line) }})
			if err != nil || report != expected || fmt.Sprint(bad) != "[4 5 6]" {
				t.Errorf("round %d: %+v, bad lines %v, %v", round, report, bad, err)
			}
		}
		token := s.Login("jdoe@example.com", "password")
		imported := s.Get("/customers/DE--25?include=addresses", token).Has(http.StatusOK)
		if imported.At("data.attributes.active") != true || imported.Text("data.attributes.createdAt") != "2018-11-06T08:15:02.000000Z" || imported.At("data.attributes.number") != 25.0 {
			t.Errorf("%s", imported.Body)
		}
		if imported.At("included.0.attributes.isDefaultShipping") != true || imported.At("included.1.attributes.isDefaultBilling") != true || imported.Text("included.0.attributes.country") != "Germany" {
			t.Errorf("%s", imported.Body)
		}
		s.Login("short@example.com", "a")
		if reference := s.Post("/customers", "", apitest.Registration("next@example.com")).Has(http.StatusCreated).Text("data.id"); reference == "DE--25" || reference == "DE--1" {
			t.Errorf("the next reference is %s", reference)
		}
	})
}

func TestHealthIsOnTheOpsListenerAlone(t *testing.T) {
	s := apitest.New(t, nil)
	for path, expected := range map[string]int{"/livez": 200, "/readyz": 200, "/customers": 404} {
		response, err := http.Get(s.Ops + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != expected {
			t.Errorf("%s: %d", path, response.StatusCode)
		}
	}
	for _, path := range []string{"/livez", "/readyz", "/metrics", "/debug/pprof/"} {
		s.Get(path, "").Fails(http.StatusNotFound, "- route_not_found -")
	}
}
