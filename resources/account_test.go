package resources_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
)

func newEmail(email string) string {
	return apitest.Document("customers", map[string]any{"email": email})
}

// Whoever held a stolen token may have asked for another address; its key must
// not outlive the password.
func TestAPendingAddressDiesWithThePassword(t *testing.T) {
	t.Parallel()
	apitest.Each(t, apitest.Settings{"REGISTRATION": "confirm"}, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("victim@example.com")
		s.Patch("/customers/me", customer.Token, newEmail("thief@example.com")).Has(200)
		key := s.MailedKey("thief@example.com", "confirm")
		s.Forget(customer.Email)
		s.Patch("/customer-restore-password", "", restoration(s.MailedKey(customer.Email, "restore"), "another-one")).Is(204, "")
		s.Confirm(key).Fails(422, `423 confirmation_key_invalid "/data/attributes/registrationKey"`)
		s.Login(customer.Email, "another-one")
	})
}

func TestAPendingAddressIsGivenUpByGivingThePresentOne(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"REGISTRATION": "confirm"})
	customer := s.Register("present@example.com")
	s.Patch("/customers/me", customer.Token, newEmail("typo@example.com")).Has(200)
	key := s.MailedKey("typo@example.com", "confirm")
	s.Patch("/customers/me", customer.Token, newEmail("present@example.com")).Has(200)
	s.Confirm(key).Has(422)

	s.Patch("/customers/me", customer.Token, newEmail("slow@example.com")).Has(200)
	key = s.MailedKey("slow@example.com", "confirm")
	s.Clock.Forward(7*24*time.Hour + time.Second)
	s.Confirm(key).Has(422)
}

func TestARestoreKeyDiesWithTheAddressItWasMailedTo(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("former@example.com")
	s.Forget(customer.Email)
	key := s.MailedKey(customer.Email, "restore")
	s.Patch("/customers/me", customer.Token, newEmail("latter@example.com")).Has(200)
	s.Patch("/customer-restore-password", "", restoration(key, "another-one")).Fails(422, `415 restore_key_invalid "/data/attributes/restorePasswordKey"`)
	s.Login("latter@example.com", customer.Password)
}

// A key may do what its scopes say and nothing else.
func TestAKeyIsHeldToItsScopes(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("scoped@example.com")
		id := s.AddAddress(customer, "Berlin")
		path := "/customers/" + customer.Reference
		chosen := func(id string) string {
			return `{"data":{"type":"customers","id":"` + id + `","attributes":{"salutation":"Mr","firstName":"A","lastName":"B","email":"` + id + `@example.com","password":"change123","confirmPassword":"change123","acceptedTerms":true}}}`
		}
		for scope, may := range map[string]map[string]bool{
			"read_customers":  {"read": true},
			"write_customers": {"read": true, "write": true},
			"read_outbox":     {"outbox": true},
		} {
			key, err := s.App.Accounts().CreateAPIKey(t.Context(), "test", []string{scope})
			if err != nil {
				t.Fatal(err)
			}
			for name, c := range map[string]struct {
				needs  string
				answer *apitest.Answer
			}{
				"list":           {"read", s.Get("/customers", key)},
				"read":           {"read", s.Get(path, key)},
				"addresses":      {"read", s.Get(path+"/addresses", key)},
				"address":        {"read", s.Get(path+"/addresses/"+id, key)},
				"change":         {"write", s.Patch(path, key, apitest.Document("customers", map[string]any{"note": scope}))},
				"add address":    {"write", s.Post(path+"/addresses", key, apitest.Address("Bonn"))},
				"change address": {"write", s.Patch(path+"/addresses/"+id, key, apitest.Document("addresses", map[string]any{"city": "Bonn"}))},
				"choose an id":   {"write", s.Post("/customers", key, chosen("chosen-"+strings.ReplaceAll(scope, "_", "-")))},
				"letters":        {"outbox", s.Get("/outbox-messages", key)},
			} {
				if allowed := c.answer.Status < 300; allowed != may[c.needs] || !allowed && c.answer.Status != http.StatusForbidden {
					t.Errorf("%s with %s: %d", name, scope, c.answer.Status)
				}
			}
		}
		s.Get(path, "clientele_"+strings.Repeat("x", 43)).Fails(401, "001 access_token_invalid Authorization")
	})
}

// Chosen references stand in paths and links, and never stop the count of
// generated ones.
func TestAChosenReferenceStopsNothing(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		choose := func(id string) *apitest.Answer {
			return s.Post("/customers", apitest.AdminKey, `{"data":{"type":"customers","id":"`+id+`","attributes":{"salutation":"Mr","firstName":"A","lastName":"B","email":"guest@example.com"}}}`)
		}
		for _, id := range []string{"me", "mine", "..", "a/b", "a b", "a?b#c", "ä", strings.Repeat("a", 65), "-a"} {
			choose(id).Fails(422, `- resource_id_invalid "/data/id"`)
		}
		for _, id := range []string{"DE--9223372036854775807", "DE--99999999999999999999", "DE--002", "DE---5", "AT--1", "x.y_z~1"} {
			choose(id).Has(201)
		}
		for i := range 3 {
			s.Post("/customers", "", apitest.Registration(fmt.Sprintf("count-%d@example.com", i))).Has(201)
		}
		if number := choose("DE--500").Has(201).At("data.attributes.number"); number != 500.0 {
			t.Errorf("number %v", number)
		}
		if next := s.Post("/customers", "", apitest.Registration("after@example.com")).Has(201).Text("data.id"); next != "DE--501" {
			t.Errorf("the next is %s", next)
		}
	})
}

// What the shop requires can neither be left out, nor be null, nor be unset.
func TestRequiredAttributesStay(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"REQUIRED_ATTRIBUTES": "phone,dateOfBirth"})
	registration := func(attributes map[string]any) *apitest.Answer {
		document := map[string]any{"salutation": "Mr", "firstName": "A", "lastName": "B", "email": "required@example.com", "password": "change123", "confirmPassword": "change123", "acceptedTerms": true}
		for name, value := range attributes {
			document[name] = value
		}
		return s.Post("/customers", "", apitest.Document("customers", document))
	}
	registration(nil).Fails(422, `901 field_missing "/data/attributes"`, `901 field_missing "/data/attributes"`)
	registration(map[string]any{"phone": nil, "dateOfBirth": ""}).Fails(422, `901 value_blank "/data/attributes/dateOfBirth"`, `901 value_blank "/data/attributes/phone"`)
	registration(map[string]any{"phone": "49", "dateOfBirth": "1990-01-31"}).Has(201)
	s.Patch("/customers/me", s.Login("required@example.com", "change123"), apitest.Document("customers", map[string]any{"phone": nil})).Fails(422, `901 value_blank "/data/attributes/phone"`)
}

func TestWhatACustomerMayNotWriteIsNotEvenChecked(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("ignored@example.com")
	document := apitest.Document("customers", map[string]any{"note": 5, "enabled": "no", "requestToBeForgotten": "x"})
	s.Patch("/customers/me", customer.Token, document).Has(200)
	s.Patch("/customers/"+customer.Reference, apitest.AdminKey, document).Fails(422, `901 type_invalid "/data/attributes/note"`, `901 type_invalid "/data/attributes/enabled"`, `901 type_invalid "/data/attributes/requestToBeForgotten"`)
	if note := s.Get("/customers/"+customer.Reference, apitest.AdminKey).Has(200); !strings.Contains(note.Body, `"note":null`) {
		t.Errorf("the note is not shown to staff: %s", note.Body)
	}
}

func TestPathsBelowTheLastResourceLeadNowhere(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("below@example.com")
	for _, path := range []string{"/customers/me/addresses/1/2", "/customers/me/friends", "/addresses/1/2", "/customer-password/1/2"} {
		s.Get(path, customer.Token).Fails(404, "- route_not_found -")
	}
	s.Delete("/refresh-tokens/mine/x", customer.Token).Fails(404, "- route_not_found -")
	s.Patch("/customer-restore-password/1/2", "", restoration("key", "another-one")).Fails(404, "- route_not_found -")
	odd := s.Do(apitest.Request{Method: "PROPFIND", Path: "/customers/me", Token: customer.Token}).Fails(405, "- method_not_allowed -")
	if allow := odd.Header.Get("Allow"); allow != "DELETE, GET, HEAD, OPTIONS, PATCH" {
		t.Errorf("Allow %q", allow)
	}
	s.Do(apitest.Request{Method: "PROPFIND", Path: "/nowhere"}).Fails(404, "- route_not_found -")
}

// However many guesses run side by side, nine are answered; the right one among
// those that come too late is refused with the others.
func TestAListIsFilteredByTheTimesItPrints(t *testing.T) {
	t.Parallel()
	for _, wire := range []string{"jsonapi", "glue"} {
		s := apitest.New(t, apitest.Settings{"WIRE": wire})
		customer := s.Register("times@example.com")
		created := s.Get("/customers/me", customer.Token).Text("data.attributes.createdAt")
		query := "/customers?filter[createdAt][gte]=" + strings.ReplaceAll(created, " ", "+") + "&filter[createdAt][lte]=" + strings.ReplaceAll(created, " ", "+")
		if found := s.Get(query, apitest.AdminKey).Has(200); found.At("meta.total") != 1.0 {
			t.Errorf("%s: %s", wire, found.Body)
		}
	}
}

func TestAStaleAddressIsNotOverwritten(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("stale@example.com")
	first, second := s.AddAddress(customer, "Berlin"), s.AddAddress(customer, "Bonn")
	path := "/customers/me/addresses/" + first
	tag := s.Get(path, customer.Token).Header.Get("ETag")
	with := func(method, body string) *apitest.Answer {
		return s.Do(apitest.Request{Method: method, Path: path, Token: customer.Token, Body: body, Header: map[string]string{"If-Match": tag}})
	}
	// Another address becomes the default: this one's flags changed, its row did not.
	s.Patch("/customers/me/addresses/"+second, customer.Token, flags(true, true)).Has(200)
	stale := with("PATCH", apitest.Document("addresses", map[string]any{"city": "Bremen"})).Fails(412, "- precondition_failed If-Match")
	if stale.At("errors.0.meta.current.data.attributes.isDefaultShipping") != false || stale.Text("errors.0.meta.current.data.attributes.city") != "Berlin" {
		t.Errorf("%s", stale.Body)
	}
	with("DELETE", "").Has(412)
	tag = s.Get(path, customer.Token).Header.Get("ETag")
	with("DELETE", "").Is(204, "")
}

// An unproven registration's first name is whoever's who typed it: letters to
// the address do not greet with it.
func TestLettersGreetOnlyWhomTheyHaveProven(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	s.Post("/customers", "", apitest.Document("customers", map[string]any{"salutation": "Mr", "firstName": "Mallory", "lastName": "B", "email": "stranger@example.com",
		"password": "change123", "confirmPassword": "change123", "acceptedTerms": true})).Has(201)
	for range 2 {
		s.Forget("stranger@example.com")
	}
	confirm := s.MailedKey("stranger@example.com", "confirm")
	if letters := s.Letters("stranger@example.com", ""); strings.Contains(letters.Body, "Mallory") || len(letters.At("data").([]any)) != 3 {
		t.Errorf("%s", letters.Body)
	}
	s.Confirm(confirm).Is(204, "")
	s.Forget("stranger@example.com")
	if letter := s.Letters("stranger@example.com", "restore").Text("data.0.attributes.text"); !strings.Contains(letter, "Mallory") {
		t.Errorf("%s", letter)
	}
}

func TestConsentIsKeptWithItsVersionTimeAndPlace(t *testing.T) {
	t.Parallel()
	apitest.Each(t, apitest.Settings{"TERMS_VERSION": "2026-11"}, func(t *testing.T, s *apitest.Service) {
		s.Post("/customers", "", apitest.Registration("consent@example.com")).Has(201)
		var kind, version, place string
		err := s.App.Accounts().Store.SQL().QueryRow("SELECT kind, version, client_address FROM consents WHERE accepted_at IS NOT NULL").Scan(&kind, &version, &place)
		if err != nil || kind != "terms" || version != "2026-11" || place != "127.0.0.1" {
			t.Errorf("%s %s %s, %v", kind, version, place, err)
		}
	})
}
