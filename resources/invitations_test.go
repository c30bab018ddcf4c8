package resources_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// guest makes a customer without a password, and returns their reference.
func guest(s *apitest.Service, email string) string {
	return s.Post("/customers", apitest.AdminKey, apitest.Document("customers", map[string]any{
		"salutation": "Ms", "firstName": "Grace", "lastName": "Hopper", "gender": "Female", "email": email,
	})).Has(http.StatusCreated).Text("data.id")
}

func invitation(reference string) string {
	return apitest.Document("customer-invitations", map[string]any{"customerReference": reference})
}

func acceptance(proof map[string]any) string {
	attributes := map[string]any{"password": anotherPassword, "confirmPassword": anotherPassword}
	for name, value := range proof {
		attributes[name] = value
	}
	return apitest.Document("customer-invitation-acceptance", attributes)
}

// An invited customer sets a password once, is proven by it, and logs in.
func TestAnInvitedCustomerSetsTheirFirstPassword(t *testing.T) {
	t.Parallel()
	apitest.Each(t, apitest.Settings{"REGISTRATION": "confirm"}, func(t *testing.T, s *apitest.Service) {
		grace := guest(s, "grace@example.com")
		s.LogIn("grace@example.com", anotherPassword).Has(http.StatusUnauthorized)
		s.Post("/customer-invitations", apitest.AdminKey, invitation(grace)).Is(http.StatusNoContent, "")
		former := s.MailedKey("grace@example.com", "invitation")
		s.Post("/customer-invitations", apitest.AdminKey, invitation(grace)).Is(http.StatusNoContent, "")
		key := s.MailedKey("grace@example.com", "invitation")
		for _, wrong := range []string{former, "", "unknown", s.MailedKey(s.Register("ada@example.com").Email, "confirm")} {
			s.Post("/customer-invitation-acceptance", "", acceptance(map[string]any{"invitationKey": wrong})).Has(http.StatusUnprocessableEntity)
		}
		s.Post("/customer-invitation-acceptance", "", acceptance(map[string]any{"invitationKey": key, "acceptedTerms": true})).Is(http.StatusNoContent, "")
		s.Post("/customer-invitation-acceptance", "", acceptance(map[string]any{"invitationKey": key})).Fails(http.StatusUnprocessableEntity, `4411 invitation_invalid "/data/attributes/invitationKey"`)
		token := s.Login("grace@example.com", anotherPassword)
		if reference := s.Get("/customers/me", token).Text("data.id"); reference != grace {
			t.Errorf("%s logged in as %s", grace, reference)
		}
		s.Post("/customer-invitations", apitest.AdminKey, invitation(grace)).Fails(http.StatusConflict, `4410 customer_has_account -`)
	})
}

// An invitation is over after a week, and when somebody else has the address.
func TestAnInvitationEnds(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		invited := func(email string) (key string) {
			s.Post("/customer-invitations", apitest.AdminKey, invitation(guest(s, email))).Is(http.StatusNoContent, "")
			return s.MailedKey(email, "invitation")
		}
		late, taken := invited("late@example.com"), invited("taken@example.com")
		s.Register("taken@example.com")
		s.Post("/customer-invitation-acceptance", "", acceptance(map[string]any{"invitationKey": taken})).Fails(http.StatusUnprocessableEntity, `4411 invitation_invalid "/data/attributes/invitationKey"`)
		s.Clock.Forward(7*24*time.Hour + time.Second)
		s.Post("/customer-invitation-acceptance", "", acceptance(map[string]any{"invitationKey": late})).Fails(http.StatusUnprocessableEntity, `4411 invitation_invalid "/data/attributes/invitationKey"`)
	})
}

// mailedCode is the code of the latest letter of a kind, for typing.
func mailedCode(s *apitest.Service, to, kind string) string {
	return regexp.MustCompile(`\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b`).FindString(s.Letters(to, kind).Text("data.0.attributes.text"))
}

// The code of a letter does what its key does, however it is typed; of a wrong one
// nobody learns anything, and after five of them the right one is worth nothing
// either, while the key is.
func TestACodeStandsForItsKey(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		restore := func(email, code string) *apitest.Answer {
			return s.Patch("/customer-restore-password", "", apitest.Document("customer-restore-password", map[string]any{"email": email, "code": code, "password": anotherPassword, "confirmPassword": anotherPassword}))
		}
		const wrong = `415 restore_key_invalid "/data/attributes/code"`
		ada, bob := s.Register("ada@example.com"), s.Register("bob@example.com")
		s.Forget(ada.Email)
		code := mailedCode(s, ada.Email, "restore")
		restore(bob.Email, code).Fails(http.StatusUnprocessableEntity, wrong)
		restore("nobody@example.com", code).Fails(http.StatusUnprocessableEntity, wrong)
		restore(ada.Email, "0000-0000").Fails(http.StatusUnprocessableEntity, wrong)
		restore(ada.Email, "short").Fails(http.StatusUnprocessableEntity, wrong)
		restore(strings.ToUpper(ada.Email), " "+strings.ToLower(strings.ReplaceAll(code, "-", " "))).Is(http.StatusNoContent, "")
		restore(ada.Email, code).Fails(http.StatusUnprocessableEntity, wrong)

		s.Forget(bob.Email)
		code, key := mailedCode(s, bob.Email, "restore"), s.MailedKey(bob.Email, "restore")
		for range 5 {
			restore(bob.Email, "0000-0000").Fails(http.StatusUnprocessableEntity, wrong)
		}
		restore(bob.Email, code).Fails(http.StatusUnprocessableEntity, wrong)
		s.Patch("/customer-restore-password", "", restoration(key, anotherPassword)).Is(http.StatusNoContent, "")

		s.Post("/customers", "", apitest.Registration("eve@example.com")).Has(http.StatusCreated)
		s.Post("/customer-confirmation", "", apitest.Document("customer-confirmation", map[string]any{"email": "eve@example.com", "code": mailedCode(s, "eve@example.com", "confirm")})).Is(http.StatusNoContent, "")
		s.Post("/customer-invitations", apitest.AdminKey, invitation(guest(s, "grace@example.com"))).Is(http.StatusNoContent, "")
		s.Post("/customer-invitation-acceptance", "", acceptance(map[string]any{"email": "grace@example.com", "code": mailedCode(s, "grace@example.com", "invitation")})).Is(http.StatusNoContent, "")
	})
}

// One network tries only so many codes, of whomever.
func TestCodesFromOneNetworkAreCounted(t *testing.T) {
	t.Parallel()
	apitest.Each(t, proxied(apitest.Settings{"LOGIN_LIMIT_NETWORK": "2"}), func(t *testing.T, s *apitest.Service) {
		for i, path := range []string{"PATCH /customer-restore-password", "PATCH /customer-restore-password/1", "POST /customer-confirmation", "POST /customer-invitation-acceptance"} {
			method, path, _ := strings.Cut(path, " ")
			kind := strings.Split(path, "/")[1]
			attributes := map[string]any{"email": "nobody@example.com", "code": "0000-0000"}
			if kind != "customer-confirmation" {
				attributes["password"], attributes["confirmPassword"] = anotherPassword, anotherPassword
			}
			for n, status := range []int{422, 422, 429, 429} {
				answer := s.Do(apitest.Request{Method: method, Path: path, Body: apitest.Document(kind, attributes), Header: map[string]string{"X-Forwarded-For": fmt.Sprintf("192.0.2.%d", i)}})
				if answer.Status != status || (status == 429) != (answer.Header.Get("Retry-After") != "") {
					t.Errorf("try %d at %s: %d %s", n+1, path, answer.Status, answer.Body)
				}
			}
		}
	})
}
