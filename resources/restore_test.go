package resources_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/mail/mailtest"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

const invalidRestoreKey = `415 restore_key_invalid "/data/attributes/restorePasswordKey"`

func TestOfTwentyUsesOfARestoreKeyOneSucceeds(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("restore@example.com")
		s.Forget(customer.Email)
		key := s.MailedKey(customer.Email, "restore")
		answers := make([]*apitest.Answer, 20)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() {
				answers[i] = s.Patch("/customer-restore-password", "", restoration(key, fmt.Sprintf("another-one-%d", i)))
			})
		}
		all.Wait()
		restored := 0
		for i, answer := range answers {
			if answer.Status != http.StatusNoContent {
				answer.Fails(422, invalidRestoreKey)
				continue
			}
			restored++
			s.Login(customer.Email, fmt.Sprintf("another-one-%d", i))
		}
		if restored != 1 {
			t.Errorf("%d have restored the password", restored)
		}
	})
}

// What is no key is none, also to accounts that have no key at all.
func TestWhatIsNotTheKeyRestoresNothing(t *testing.T) {
	t.Parallel()
	apitest.Each(t, apitest.Settings{"RATE_LIMITS": "off"}, func(t *testing.T, s *apitest.Service) {
		without, with := s.Register("without@example.com"), s.Register("with@example.com")
		s.Forget(with.Email)
		key := s.MailedKey(with.Email, "restore")
		try := func(key any) *apitest.Answer {
			return s.Patch("/customer-restore-password", "", apitest.Document("customer-restore-password", map[string]any{"restorePasswordKey": key, "password": anotherPassword, "confirmPassword": anotherPassword}))
		}
		for _, nothing := range []any{"", " ", "\u200b", nil, []string{}, []string{key}, map[string]any{"$ne": ""}, true, 0} {
			if answer := try(nothing); answer.Status != 422 || answer.Text("errors.0.code") != "901" {
				t.Errorf("%q: %d %s", nothing, answer.Status, answer.Body)
			}
		}
		for _, near := range []string{key[:len(key)-1], key + "A", key + "=", " " + key, swapCase(key), strings.Repeat("A", len(key)), "null", "NULL", "%", without.Refresh, with.Refresh, with.Token, apitest.AdminKey} {
			try(near).Fails(422, invalidRestoreKey)
		}
		s.Login(without.Email, without.Password)
		s.Login(with.Email, with.Password)
		try(key).Is(http.StatusNoContent, "")
	})
}

func swapCase(text string) string {
	return strings.Map(func(r rune) rune {
		if lower := strings.ToLower(string(r)); lower != string(r) {
			return []rune(lower)[0]
		}
		return []rune(strings.ToUpper(string(r)))[0]
	}, text)
}

// A key that was mailed is in the letter alone: in no table, in no job, in no line of
// the log.
func TestAMailedKeyIsKeptNowhere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, url string) {
		server := mailtest.NewServer(t)
		s := apitest.Start(t, apitest.Options{Database: url, Settings: apitest.Settings{"MAIL_URL": server.URL()}})
		for letters, ask := range []func(){
			func() { s.Post("/customers", "", apitest.Registration("mailed@example.com")).Has(201) },
			func() { s.Forget("mailed@example.com") },
		} {
			ask()
			_, key, _ := strings.Cut(nthLetter(t, server, letters+1).Text, "token=")
			if key, _, _ = strings.Cut(strings.ReplaceAll(key, "\r", ""), "\n"); len(key) < 32 {
				t.Fatalf("the letter has the key %q", key)
			}
			if found := s.Search(key); len(found) > 0 || strings.Contains(s.Log.String(), key) {
				t.Errorf("the key of letter %d is in %v, or in the log", letters+1, found)
			}
		}
	})
}

// nthLetter waits for a letter.
func nthLetter(t *testing.T, server *mailtest.Server, n int) mailtest.Message {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if messages := server.Messages(); len(messages) >= n {
			return messages[n-1]
		}
	}
	t.Fatalf("letter %d has not arrived", n)
	return mailtest.Message{}
}

// Every event is told by one letter, and notices hold nothing to act with.
func TestEachEventIsToldByOneLetter(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		told := map[string]int{}
		expect := func(event, email, kind string) {
			t.Helper()
			told[email+kind]++
			letters := s.Letters(email, kind)
			if got := len(letters.At("data").([]any)); got != told[email+kind] {
				t.Errorf("after %s there are %d letters %s, not %d", event, got, kind, told[email+kind])
			}
			secret := kind == "confirm" || kind == "restore"
			if text := letters.Text("data.0.attributes.text") + letters.Text("data.0.attributes.html"); strings.Contains(text, "token=") != secret || strings.Contains(text, "another-one") || strings.Contains(text, apitest.Password) {
				t.Errorf("after %s it says: %s", event, text)
			}
		}
		customer := s.Register("told@example.com")
		expect("a registration", customer.Email, "confirm")
		s.Patch("/customer-password", customer.Token, passwordChange(customer.Password, "another-one")).Is(204, "")
		expect("a change of password", customer.Email, "password-changed")
		s.Forget(customer.Email)
		expect("a forgotten password", customer.Email, "restore")
		s.Patch("/customer-restore-password", "", restoration(s.MailedKey(customer.Email, "restore"), "another-one")).Is(204, "")
		expect("a restored password", customer.Email, "password-changed")
		s.Patch("/customers/me", s.Login(customer.Email, "another-one"), newEmail("anew@example.com")).Has(200)
		expect("a change of address", customer.Email, "email-changed")
		expect("a change of address", "anew@example.com", "confirm")
		all := 0
		for _, count := range told {
			all += count
		}
		if total := s.Get("/outbox-messages", apitest.AdminKey).At("meta.total"); total != float64(all) {
			t.Errorf("%v letters for %d events", total, all)
		}
	})
}

// A value of another type than the attribute's is no way around it.
func TestOperatorsInPlaceOfCredentialsAreRefused(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("typed@example.com")
	for _, odd := range []any{map[string]any{"$ne": ""}, map[string]any{"$gt": ""}, []string{customer.Password}, []any{}, true, 1, nil} {
		value, _ := json.Marshal(odd)
		for name, attributes := range map[string]map[string]any{
			"username": {"username": odd, "password": customer.Password},
			"password": {"username": customer.Email, "password": odd},
		} {
			if answer := s.Post("/access-tokens", "", apitest.Document("access-tokens", attributes)); answer.Status != 422 || answer.Text("errors.0.code") != "901" || answer.Text("errors.0.meta.field") != name {
				t.Errorf("%s %s: %d %s", name, value, answer.Status, answer.Body)
			}
		}
		if answer := s.Post("/refresh-tokens", "", apitest.Document("refresh-tokens", map[string]any{"refreshToken": odd})); answer.Status != 422 {
			t.Errorf("a refresh token that is %s: %d %s", value, answer.Status, answer.Body)
		}
	}
}

// Whom staff have added has no password yet: the letter is how they get one.
func TestAGuestGetsTheirFirstPasswordByALetter(t *testing.T) {
	t.Parallel()
	apitest.Each(t, apitest.Settings{"REGISTRATION": "confirm"}, func(t *testing.T, s *apitest.Service) {
		reference := addGuest(s, "guest@example.com")
		s.Forget("Guest@example.com")
		key := s.MailedKey("guest@example.com", "restore")
		s.Patch("/customer-restore-password", "", restoration(key, "a-first-one")).Is(http.StatusNoContent, "")
		token := s.Login("guest@example.com", "a-first-one")
		own := s.Get("/customers/me?include=addresses", token).Has(http.StatusOK)
		if own.Text("data.id") != reference || own.At("data.attributes.active") != true || !strings.Contains(own.Body, "Guesttown") {
			t.Errorf("%s", own.Body)
		}
		// Where an account has the address the letter is the account's, whatever guests there are.
		other := addGuest(s, "guest@example.com")
		s.Forget("guest@example.com")
		s.Patch("/customer-restore-password", "", restoration(s.MailedKey("guest@example.com", "restore"), "a-second-one")).Is(http.StatusNoContent, "")
		s.Login("guest@example.com", "a-second-one")
		if s.Get("/customers/"+other, apitest.AdminKey).At("data.attributes.hasAccount") != false {
			t.Error("the guest has the password")
		}
		// A blocked guest gets none.
		blocked := addGuest(s, "blocked@example.com")
		s.Patch("/customers/"+blocked, apitest.AdminKey, apitest.Document("customers", map[string]any{"enabled": false})).Has(http.StatusOK)
		s.Forget("blocked@example.com")
		if letters := s.Letters("blocked@example.com", "restore"); letters.At("data.0") != nil {
			t.Errorf("%s", letters.Body)
		}
	})
}
