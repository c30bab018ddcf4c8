package resources_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// hardened is presets/hardened.env for a shop with a name, where customers log in
// at once.
func hardened(t *testing.T) apitest.Settings {
	settings := apitest.Preset(t, "hardened")
	settings["SHOP_NAME"], settings["REGISTRATION"], settings["HIDE_ACCOUNTS"] = "Brand", "open", "off"
	return settings
}

// Every way to set a password asks the same policy: registration, change and
// restore (rows B-10 and B-11).
func TestHardenedPolicyIsAskedWhereverAPasswordIsSet(t *testing.T) {
	t.Parallel()
	apitest.Each(t, hardened(t), func(t *testing.T, s *apitest.Service) {
		const email = "violet.beauregarde@example.com"
		register := func(email, password string) *apitest.Answer {
			return s.Post("/customers", "", apitest.Document("customers", map[string]any{
				"salutation": "Ms", "firstName": "Violet", "lastName": "Beauregarde", "email": email, "password": password, "confirmPassword": password, "acceptedTerms": true}))
		}
		register(email, apitest.Password).Has(http.StatusCreated)
		s.Forget(email)
		token, key := s.Login(email, apitest.Password), s.MailedKey(email, "restore")
		restore := func(password string) *apitest.Answer {
			return s.Patch("/customer-restore-password", "", restoration(key, password))
		}
		for _, c := range []struct {
			password string
			status   int
			says     string
		}{
			{"passwordpassword1", 400, `422 password_common`},
			{"brand2026brand2026", 400, `422 password_common`},
			{email, 400, `422 password_common`},
			{"VioletVioletViolet1", 400, `422 password_common`},
			{strings.Repeat("o\u00f6", 7), 422, `901 too_short`},
			{strings.Repeat("o\u00f6", 64) + "o", 422, `901 too_long`},
			{"a phrase with a \x07 bell", 422, `901 characters_invalid`},
			{"a phrase with a \u0378 in it", 422, `901 characters_invalid`},
		} {
			fails := func(answer *apitest.Answer, attribute string) {
				t.Helper()
				faults := []string{fmt.Sprintf(`%s "/data/attributes/%s"`, c.says, attribute)}
				if c.status == 422 { // a fault of form is the confirmation's as well
					faults = append(faults, c.says+` "/data/attributes/confirmPassword"`)
				}
				answer.Fails(c.status, faults...)
			}
			fails(register(email, c.password), "password")
			fails(s.Patch("/customer-password", token, passwordChange(apitest.Password, c.password)), "newPassword")
			fails(restore(c.password), "password")
		}
		s.Patch("/customer-restore-password", "", restoration("unknown", "VioletVioletViolet1")).Fails(422, `415 restore_key_invalid "/data/attributes/restorePasswordKey"`)
		restore("nobody guesses this").Is(http.StatusNoContent, "")

		for i, password := range []string{
			strings.Repeat("\U0001f600", 15), strings.Repeat("o\u00f6", 64), "purpleonionsatmidnig", " blanks around it ",
			"caf\u00e9 au lait, s'il vous pla\u00eet", "RotraudRotraud1234", "748291038475612",
		} {
			email := fmt.Sprintf("violet%d@example.com", i)
			register(email, password).Has(http.StatusCreated)
			s.Login(email, password)
		}
	})
}

// A password counts whole and as it was typed; only in how the same letters are
// spelled in Unicode may keyboards differ.
func TestPasswordsAreComparedWhole(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, hardened(t))
	long := strings.Repeat("o\u00f6", 36) + "12345678"
	for i, c := range []struct {
		set, typed string
		fits       bool
	}{
		{"caf\u00e9 au lait, please", "cafe\u0301 au lait, please", true},
		{"cafe\u0301 au lait, please", "caf\u00e9 au lait, please", true},
		{" blanks around it ", "blanks around it", false},
		{" blanks around it ", " blanks around it", false},
		{"One Case Or Another", "one case or another", false},
		{long[:63] + "x" + long[64:], long[:63] + "y" + long[64:], false},
		{long, long[:len(long)-1] + "9", false},
		{strings.Repeat("ab", 36) + "c", strings.Repeat("ab", 36) + "d", false},
		{strings.Repeat("ab", 36) + "c", strings.Repeat("ab", 36), false},
	} {
		email := fmt.Sprintf("whole%d@example.com", i)
		s.Post("/customers", "", apitest.Document("customers", map[string]any{
			"salutation": "Mr", "firstName": "John", "lastName": "Doe", "email": email, "password": c.set, "confirmPassword": c.set, "acceptedTerms": true})).Has(http.StatusCreated)
		if answer := s.LogIn(email, c.typed); answer.Status == http.StatusCreated != c.fits {
			t.Errorf("%q for %q: %d", c.typed, c.set, answer.Status)
		}
		s.Login(email, c.set)
	}
}

// A password that is too long to be read costs no hash, and no time.
func TestPasswordOfAMegabyteIsNeverHashed(t *testing.T) {
	t.Parallel()
	hasher := apitest.Cheap()
	s := apitest.Start(t, apitest.Options{Hasher: hasher})
	customer := s.Register("megabyte@example.com")
	before, endless := hasher.Computed(), strings.Repeat("a", 1<<20)
	s.LogIn(customer.Email, endless).Fails(http.StatusRequestEntityTooLarge, `- payload_too_large -`)
	s.Patch("/customer-password", customer.Token, passwordChange(endless, anotherPassword)).Fails(http.StatusRequestEntityTooLarge, `- payload_too_large -`)
	s.LogIn(customer.Email, endless[:60<<10]).Fails(http.StatusUnauthorized, `003 authentication_failed -`)
	if after := hasher.Computed(); after != before {
		t.Errorf("%d hashes were computed", after-before)
	}
}
