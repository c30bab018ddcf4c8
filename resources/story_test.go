package resources_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
)

func TestTokensDieWithThePassword(t *testing.T) {
	t.Parallel()
	changes := map[string]func(s *apitest.Service, c apitest.Customer){
		"changed": func(s *apitest.Service, c apitest.Customer) {
			s.Patch("/customer-password", c.Token, passwordChange(c.Password, "another-one")).Is(http.StatusNoContent, "")
		},
		"restored": func(s *apitest.Service, c apitest.Customer) {
			s.Forget(c.Email)
			s.Patch("/customer-restore-password", "", restoration(s.MailedKey(c.Email, "restore"), "another-one")).Is(http.StatusNoContent, "")
		},
		"anonymised": func(s *apitest.Service, c apitest.Customer) {
			s.Delete("/customers/"+c.Reference, c.Token).Is(http.StatusNoContent, "")
		},
		"disabled": func(s *apitest.Service, c apitest.Customer) {
			s.Patch("/customers/"+c.Reference, apitest.AdminKey, apitest.Document("customers", map[string]any{"enabled": false})).Has(http.StatusOK)
		},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
				customer := s.Register("dies@example.com")
				change(s, customer)
				s.Get("/customers/"+customer.Reference, customer.Token).Fails(http.StatusUnauthorized, "001 access_token_invalid Authorization")
				s.Refresh(customer.Refresh).Fails(http.StatusUnauthorized, "004 refresh_token_invalid -")
				s.LogIn(customer.Email, customer.Password).Fails(http.StatusUnauthorized, "003 authentication_failed -")
			})
		})
	}
}

func passwordChange(old, fresh string) string {
	return apitest.Document("customer-password", map[string]any{"password": old, "newPassword": fresh, "confirmPassword": fresh})
}

func restoration(key, password string) string {
	return apitest.Document("customer-restore-password", map[string]any{"restorePasswordKey": key, "password": password, "confirmPassword": password})
}

func TestARestoreKeyWorksOnceAndForTwoHours(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("once@example.com")
	s.Forget(customer.Email)
	former := s.MailedKey(customer.Email, "restore")
	s.Forget(customer.Email)
	key := s.MailedKey(customer.Email, "restore")

	invalid := `415 restore_key_invalid "/data/attributes/restorePasswordKey"`
	s.Patch("/customer-restore-password", "", restoration(former, "another-one")).Fails(422, invalid)
	s.Patch("/customer-restore-password", "", restoration(key, "another-one")).Is(204, "")
	s.Patch("/customer-restore-password", "", restoration(key, "another-one")).Fails(422, invalid)
	s.Letters(customer.Email, "password-changed").Has(200)
	s.Login(customer.Email, "another-one")

	s.Forget(customer.Email)
	key = s.MailedKey(customer.Email, "restore")
	s.Clock.Forward(2*time.Hour + time.Second)
	s.Patch("/customer-restore-password", "", restoration(key, "a-third-one")).Fails(422, invalid)
}

func TestAConfirmationKeyIsNoRestoreKey(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	s.Post("/customers", "", apitest.Registration("purpose@example.com")).Has(201)
	key := s.MailedKey("purpose@example.com", "confirm")
	s.Patch("/customer-restore-password", "", restoration(key, "another-one")).Fails(422, `415 restore_key_invalid "/data/attributes/restorePasswordKey"`)
}

func TestRestoringNeitherLogsInNorConfirms(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"REGISTRATION": "confirm"})
	s.Post("/customers", "", apitest.Registration("waits@example.com")).Has(201)
	s.Forget("waits@example.com")
	s.Patch("/customer-restore-password", "", restoration(s.MailedKey("waits@example.com", "restore"), "another-one")).Is(204, "")
	s.LogIn("waits@example.com", "another-one").Fails(401, "003 authentication_failed -")
}

func TestWithConfirmationALoginWaitsForTheKey(t *testing.T) {
	t.Parallel()
	apitest.Each(t, apitest.Settings{"REGISTRATION": "confirm"}, func(t *testing.T, s *apitest.Service) {
		s.Post("/customers", "", apitest.Registration("waits@example.com")).Has(201)
		s.LogIn("waits@example.com", apitest.Password).Fails(401, "003 authentication_failed -")
		key := s.MailedKey("waits@example.com", "confirm")
		confirm := func() *apitest.Answer {
			return s.Post("/customer-confirmation", "", apitest.Document("customer-confirmation", map[string]any{"registrationKey": key}))
		}
		confirm().Is(204, "")
		confirm().Fails(422, `423 confirmation_key_invalid "/data/attributes/registrationKey"`)
		s.Login("waits@example.com", apitest.Password)
	})
}

func TestANewAddressIsPendingUntilItsKeyComesBack(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"REGISTRATION": "confirm"})
	customer := s.Register("old@example.com")
	change := apitest.Document("customers", map[string]any{"email": "new@example.com"})
	if email := s.Patch("/customers/"+customer.Reference, customer.Token, change).Has(200).Text("data.attributes.email"); email != "old@example.com" {
		t.Errorf("the answer already shows %s", email)
	}
	s.Letters("old@example.com", "email-changed")
	s.Login("old@example.com", customer.Password)
	s.Confirm(s.MailedKey("new@example.com", "confirm")).Is(204, "")
	s.Login("new@example.com", customer.Password)
	s.LogIn("old@example.com", customer.Password).Fails(401, "003 authentication_failed -")
}

func TestAPendingAddressThatWasTakenMeanwhileCannotBeConfirmed(t *testing.T) {
	t.Parallel()
	apitest.Each(t, apitest.Settings{"REGISTRATION": "confirm"}, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("old@example.com")
		s.Patch("/customers/"+customer.Reference, customer.Token, apitest.Document("customers", map[string]any{"email": "new@example.com"})).Has(200)
		key := s.MailedKey("new@example.com", "confirm")
		s.Register("new@example.com")
		s.Confirm(key).Fails(422, "425 confirmation_failed -")
		s.Login("old@example.com", customer.Password)
	})
}

func TestAnImmediateAddressChangeTellsTheFormerAddress(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("old@example.com")
	s.Patch("/customers/"+customer.Reference, customer.Token, apitest.Document("customers", map[string]any{"email": "new@example.com"})).Has(200)
	if letters := s.Letters("old@example.com", "email-changed").At("data").([]any); len(letters) != 1 {
		t.Errorf("%d letters to the former address", len(letters))
	}
	s.Login("new@example.com", customer.Password)
	s.Post("/customers", "", apitest.Registration("old@example.com")).Has(201)
}

func TestAddressesDifferOnlyByWhatMakesMailDiffer(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		s.Post("/customers", "", apitest.Registration("Zoé.Müller@Bücher.example")).Has(201)
		for _, same := range []string{"zoé.müller@bücher.example", "ZOÉ.MÜLLER@XN--BCHER-KVA.EXAMPLE", "zoe\u0301.mu\u0308ller@bücher.example"} {
			s.Post("/customers", "", apitest.Registration(same)).Fails(422, `400 email_taken "/data/attributes/email"`)
		}
		for _, other := range []string{"zoé.müller+shop@bücher.example", "zoe.muller@bücher.example"} {
			s.Post("/customers", "", apitest.Registration(other)).Has(201)
		}
		s.Post("/customers", "", apitest.Registration("\u0130@example.com")).Has(201)
		s.Post("/customers", "", apitest.Registration("i@example.com")).Has(201) // nobody else's capital I
	})
}

func TestSixtyFourRegistrationsOfOneAddressMakeOneCustomer(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		counts := map[int]int{}
		var mu sync.Mutex
		var group sync.WaitGroup
		for range 64 {
			group.Go(func() {
				answer := s.Post("/customers", "", apitest.Registration("Race@Example.com"))
				if answer.Status != http.StatusCreated {
					answer.Fails(422, `400 email_taken "/data/attributes/email"`)
				}
				mu.Lock()
				defer mu.Unlock()
				counts[answer.Status]++
			})
		}
		group.Wait()
		if counts[201] != 1 || counts[422] != 63 {
			t.Errorf("%v", counts)
		}
	})
}

func TestRevokingEndsOnesOwnRefreshTokensAlone(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	john, jane := s.Register("john@example.com"), s.Register("jane@example.com")
	s.Delete("/refresh-tokens/"+jane.Refresh, john.Token).Is(204, "")
	s.Delete("/refresh-tokens/garbage", john.Token).Is(204, "")
	jane.Refresh = s.Refresh(jane.Refresh).Has(201).Text("data.attributes.refreshToken")
	s.Delete("/refresh-tokens/"+jane.Refresh, "").Fails(403, "002 access_token_missing Authorization")
	s.Delete("/refresh-tokens/"+john.Refresh, john.Token).Is(204, "")
	s.Refresh(john.Refresh).Fails(401, "004 refresh_token_invalid -")
	s.Get("/customers/me", john.Token).Has(200)
	again := s.LogIn(john.Email, john.Password).Text("data.attributes.refreshToken")
	s.Delete("/refresh-tokens/mine", john.Token).Is(204, "")
	s.Refresh(again).Fails(401, "004 refresh_token_invalid -")
}

func TestATokenExpires(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("expires@example.com")
	s.Clock.Forward(8*time.Hour + time.Minute)
	s.Get("/customers/me", customer.Token).Fails(401, "001 access_token_invalid Authorization")
	s.Clock.Forward(30 * 24 * time.Hour)
	s.Refresh(customer.Refresh).Fails(401, "004 refresh_token_invalid -")
}

func TestTheOAuthFormGivesTokensOfTheSameKind(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("oauth@example.com")
	granted := s.Form("/token", "grant_type=password&username=oauth%40example.com&password="+customer.Password).
		Is(200, `{"token_type":"Bearer","expires_in":28800,"access_token":"<text>","refresh_token":"<text>"}`)
	if granted.Header.Get("Cache-Control") != "no-store" || granted.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%v", granted.Header)
	}
	s.Get("/customers/"+customer.Reference, granted.Text("access_token")).Has(200)
	s.Form("/token", "grant_type=refresh_token&refresh_token="+granted.Text("refresh_token")).Has(200)
	for body, expected := range map[string]string{
		"grant_type=magic": "invalid_grant", "": "invalid_grant", "grant_type=password&username=oauth@example.com": "invalid_request",
		"grant_type=password&username=oauth@example.com&password=wrong":     "invalid_grant",
		"grant_type=password&username=a&username=b&password=wrong":          "invalid_request",
		"grant_type=refresh_token&refresh_token=" + customer.Token:          "invalid_request",
		"grant_type=refresh_token&refresh_token=%00":                        "invalid_grant",
		"grant_type=refresh_token&refresh_token=" + granted.Text("nowhere"): "invalid_request",
	} {
		if answer := s.Form("/token", body); answer.Status != 400 || answer.Text("error") != expected || answer.Text("error_description") == "" {
			t.Errorf("%q: %d %s", body, answer.Status, answer.Body)
		}
	}
}

func TestAnonymisingLeavesTheReferenceAndNothingPersonal(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("forget@example.com")
		s.Patch("/customers/"+customer.Reference, customer.Token, apitest.Document("customers", map[string]any{"phone": "4711", "metadata": map[string]any{"a": 1}, "dateOfBirth": "1990-01-31"})).Has(200)
		s.AddAddress(customer, "Berlin")
		s.Delete("/customers/"+customer.Reference, customer.Token).Is(204, "")
		left := s.Get("/customers/"+customer.Reference, apitest.AdminKey).Has(200)
		for _, name := range []string{"salutation", "firstName", "lastName", "gender", "dateOfBirth", "phone"} {
			if value := left.At("data.attributes." + name); value != nil {
				t.Errorf("%s is still %v", name, value)
			}
		}
		if strings.Contains(left.Body, "forget@example.com") || left.At("data.id") != customer.Reference {
			t.Errorf("%s", left.Body)
		}
		s.Get("/customers/"+customer.Reference+"/addresses", apitest.AdminKey).Is(200, `{"data":[],"links":{"self":"`+apitest.Base+`/customers/`+customer.Reference+`/addresses"}}`)
		if reference := s.Post("/customers", "", apitest.Registration("forget@example.com")).Has(201).Text("data.id"); reference == customer.Reference {
			t.Error("the reference was given again")
		}
	})
}

func TestAnAnonymisedCustomerCannotBeChanged(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("gone@example.com")
	s.Delete("/customers/"+customer.Reference, customer.Token).Is(204, "")
	s.Patch("/customers/"+customer.Reference, apitest.AdminKey, apitest.Document("customers", map[string]any{"firstName": "A"})).Fails(400, "410 customer_save_failed -")
	s.Post("/customers/"+customer.Reference+"/addresses", apitest.AdminKey, apitest.Address("Berlin")).Fails(400, "409 address_save_failed -")
	s.Delete("/customers/"+customer.Reference, apitest.AdminKey).Is(204, "")
}

func TestOfTwoPasswordChangesAtOnceOneFails(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("twice@example.com")
		var answers [8]*apitest.Answer
		var group sync.WaitGroup
		for i := range answers {
			group.Go(func() {
				answers[i] = s.Patch("/customer-password", customer.Token, passwordChange(customer.Password, "another-"+string(rune('a'+i))+"-one"))
			})
		}
		group.Wait()
		changed := 0
		for i, answer := range answers {
			switch answer.Status {
			case http.StatusNoContent:
				changed++
				s.Login(customer.Email, "another-"+string(rune('a'+i))+"-one")
			case http.StatusUnauthorized:
				answer.Fails(401, "001 access_token_invalid Authorization")
			default:
				answer.Fails(400, "407 password_change_failed -")
			}
		}
		if changed != 1 {
			t.Errorf("%d of them changed the password", changed)
		}
	})
}
