package resources_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// addGuest makes a guest with a telephone number, an address and an order.
func addGuest(s *apitest.Service, email string) string {
	attributes := map[string]any{"email": email, "salutation": "Mr", "firstName": "Guest", "lastName": "Guest", "phone": "guest-phone", "metadata": map[string]any{"guest": "guest-data"}}
	reference := s.Post("/customers", apitest.AdminKey, apitest.Document("customers", attributes)).Has(http.StatusCreated).Text("data.id")
	s.Post("/customers/"+reference+"/addresses", apitest.AdminKey, apitest.Address("Guesttown")).Has(http.StatusCreated)
	s.Do(apitest.Request{Method: http.MethodPut, Path: "/orders/o-" + reference, Token: apitest.AdminKey, Body: `{"data":{"type":"orders","id":"o-` + reference + `","attributes":{"version":1,"currencyCode":"EUR","total":1000,"paymentStatus":"captured"},
		"relationships":{"customer":{"data":{"type":"customers","id":"` + reference + `"}}}}}`}).Has(http.StatusCreated)
	return reference
}

// whole is all that a customer sees of themself.
func whole(s *apitest.Service, token string) string {
	return s.Get("/customers/me?include=addresses,orders", token).Has(http.StatusOK).Body
}

func TestAGuestWhoRegistersKeepsTheirReference(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		reference := addGuest(s, "guest@example.com")
		made := s.Post("/customers", "", apitest.Registration("Guest@example.com")).Has(http.StatusCreated)
		if made.Text("data.id") != reference || made.At("data.attributes.hasAccount") != true {
			t.Fatalf("%s", made.Body)
		}
		// Whoever it is has proven nothing yet, and sees nothing of the guest's.
		token := s.Login("guest@example.com", apitest.Password)
		if seen := whole(s, token); strings.Contains(strings.ToLower(seen), "guest-") || strings.Contains(seen, "Guesttown") || strings.Contains(seen, "o-"+reference) {
			t.Errorf("%s", seen)
		}
		// Nor of an order that is told of late. What they order themselves is theirs.
		late, own := s.Clock.Now().Add(-time.Hour).Format(time.RFC3339Nano), s.Clock.Now().Format(time.RFC3339Nano)
		tell(s, "late", map[string]any{"createdAt": late, "total": 50, "currencyCode": "EUR"}, reference).Has(http.StatusCreated)
		tell(s, "own", map[string]any{"createdAt": own, "total": 7, "currencyCode": "EUR"}, reference).Has(http.StatusCreated)
		if got := orderIDs(s.Get("/customers/me/orders", token)); got != "own" {
			t.Errorf("before the proof they see %q", got)
		}
		// Who reads the letter has all of it back, and what they typed stays.
		s.Post("/customer-confirmation", "", confirmation(s.MailedKey("Guest@example.com", "confirm"))).Is(http.StatusNoContent, "")
		shown := s.Get("/customers/me?include=addresses,orders", token).Has(http.StatusOK)
		for _, part := range []string{"guest-phone", "guest-data", "Guesttown", `"o-` + reference + `"`, `"late"`, `"own"`, `"totalSpent":"10.00"`} {
			if !strings.Contains(shown.Body, part) {
				t.Errorf("without %s: %s", part, shown.Body)
			}
		}
		if shown.Text("data.attributes.firstName") == "Guest" || shown.At("data.relationships.defaultShippingAddress.data") == nil {
			t.Errorf("%s", shown.Body)
		}
		if list := s.Get("/customers", apitest.AdminKey); idsIn(list) != reference {
			t.Errorf("there is %s", idsIn(list))
		}
		s.Post("/customers", "", apitest.Registration("guest@example.com")).Fails(http.StatusUnprocessableEntity, `400 email_taken "/data/attributes/email"`)
	})
}

// Nobody has proven yet whose it is: by an erasure of their own account somebody else
// could destroy it. Staff mean all of it.
func TestWhatWaitsForAProofOutlivesItsClaimAndNotStaffsErasure(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		addGuest(s, "guest@example.com")
		s.Post("/customers", "", apitest.Registration("guest@example.com")).Has(http.StatusCreated)
		s.Delete("/customers/me", s.Login("guest@example.com", apitest.Password)).Is(http.StatusNoContent, "")
		if len(s.Search("Guesttown")) == 0 || len(s.Rows("SELECT id FROM customers WHERE claimed_by IS NOT NULL")) != 0 {
			t.Error("the guest's is gone, or still claimed")
		}
		again := s.Post("/customers", "", apitest.Registration("guest@example.com")).Has(http.StatusCreated).Text("data.id")
		now := s.Clock.Now().Add(-time.Hour).Format(time.RFC3339)
		s.Post("/erasure-requests", apitest.AdminKey, wish(map[string]any{"customerReference": again, "mode": "purge", "dueAt": now})).Has(http.StatusCreated)
		if left := append(s.Search("Guesttown"), s.Search("guest-phone")...); len(left) != 0 {
			t.Errorf("it is left in %v", left)
		}
	})
}

func TestAnAPIKeyUpgradesAGuestAtOnce(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		reference := addGuest(s, "guest@example.com")
		attributes := map[string]any{"email": "guest@example.com", "salutation": "Mrs", "firstName": "Jane", "lastName": "Doe", "password": apitest.Password, "confirmPassword": apitest.Password}
		made := s.Post("/customers", apitest.AdminKey, apitest.Document("customers", attributes)).Has(http.StatusCreated)
		if made.Text("data.id") != reference || made.Text("data.attributes.phone") != "guest-phone" || made.Text("data.attributes.firstName") != "Jane" {
			t.Errorf("%s", made.Body)
		}
		if seen := whole(s, s.Login("guest@example.com", apitest.Password)); !strings.Contains(seen, "Guesttown") {
			t.Errorf("%s", seen)
		}
	})
}

// Where no answer may tell who is known, the guest's reference would.
func TestAGuestIsHiddenToo(t *testing.T) {
	t.Parallel()
	apitest.Each(t, apitest.Settings{"REGISTRATION": "confirm", "HIDE_ACCOUNTS": "on"}, func(t *testing.T, s *apitest.Service) {
		reference := addGuest(s, "guest@example.com")
		made := s.Post("/customers", "", apitest.Registration("guest@example.com")).Has(http.StatusCreated)
		if made.Text("data.id") == reference {
			t.Errorf("%s", made.Body)
		}
		s.Post("/customer-confirmation", "", confirmation(s.MailedKey("guest@example.com", "confirm"))).Is(http.StatusNoContent, "")
		if seen := whole(s, s.Login("guest@example.com", apitest.Password)); !strings.Contains(seen, "Guesttown") || !strings.Contains(seen, "o-"+reference) {
			t.Errorf("%s", seen)
		}
		s.Get("/customers/"+reference, apitest.AdminKey).Has(http.StatusNotFound)
	})
}

func TestAGuestNeedsNoAddress(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		nameless := func(more map[string]any) string {
			attributes := map[string]any{"salutation": "Mr", "firstName": "A", "lastName": "B"}
			for name, value := range more {
				attributes[name] = value
			}
			return apitest.Document("customers", attributes)
		}
		for range 2 {
			made := s.Post("/customers", apitest.AdminKey, nameless(nil)).Has(http.StatusCreated)
			if made.At("data.attributes.email") != nil || made.Text("data.attributes.status") != "guest" {
				t.Errorf("%s", made.Body)
			}
		}
		s.Post("/customers", apitest.AdminKey, nameless(map[string]any{"password": apitest.Password, "confirmPassword": apitest.Password})).Fails(http.StatusUnprocessableEntity, `901 field_missing "/data/attributes"`)
		if got := s.Post("/customers", "", nameless(nil)); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("a visitor: %d", got.Status)
		}
	})
}

func TestANewGuestIsInvited(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		document := func(email string, invite any) string {
			made := apitest.Document("customers", map[string]any{"email": email, "salutation": "Mr", "firstName": "A", "lastName": "B"})
			return strings.Replace(made, `{"data":`, fmt.Sprintf(`{"meta":{"sendEmailInvite":%v},"data":`, invite), 1)
		}
		s.Post("/customers", apitest.AdminKey, document("one@example.com", true)).Has(http.StatusCreated)
		s.Post("/customers", apitest.AdminKey, document("two@example.com", false)).Has(http.StatusCreated)
		s.Post("/customer-invitation-acceptance", "", acceptance(map[string]any{"invitationKey": s.MailedKey("one@example.com", "invitation")})).Is(http.StatusNoContent, "")
		if list := s.Letters("two@example.com", ""); len(list.At("data").([]any)) != 0 {
			t.Errorf("%s", list.Body)
		}
	})
}

func TestTwoCustomersBecomeOne(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		john := s.Register("john@example.com")
		duplicate := addGuest(s, "johnny@example.com")
		gold := addGroup(s, "Gold")
		s.Post("/customers/"+duplicate+"/relationships/groups", apitest.AdminKey, groupLinkage(gold)).Has(http.StatusOK)
		merge := func(keep, duplicate string, preview bool) *apitest.Answer {
			return s.Post("/customer-merges", apitest.AdminKey, apitest.Document("customer-merges", map[string]any{"keepReference": keep, "duplicateReference": duplicate, "preview": preview}))
		}
		before := whole(s, john.Token)
		seen := merge(john.Reference, duplicate, true).Has(http.StatusCreated)
		if fmt.Sprint(seen.At("data.attributes.moved.orders"), seen.At("data.attributes.filled"), seen.At("data.attributes.differing")) != "1 [phone metadata] [firstName lastName]" {
			t.Errorf("%s", seen.Body)
		}
		if after := whole(s, john.Token); after != before {
			t.Errorf("a preview has changed something: %s", after)
		}
		s.Get("/customers/"+duplicate, apitest.AdminKey).Has(http.StatusOK)

		if done := merge(john.Reference, duplicate, false).Has(http.StatusCreated); fmt.Sprint(done.At("data.attributes.moved")) != fmt.Sprint(seen.At("data.attributes.moved")) {
			t.Errorf("%s", done.Body)
		}
		after := whole(s, john.Token)
		for _, part := range []string{"guest-phone", "guest-data", "Guesttown", "o-" + duplicate, `"totalSpent":"10.00"`, `"firstName":"John"`} {
			if !strings.Contains(after, part) {
				t.Errorf("without %s: %s", part, after)
			}
		}
		if list := s.Get("/customers?filter[groups.id]="+gold, apitest.AdminKey); idsIn(list) != john.Reference {
			t.Errorf("%s is in the group", idsIn(list))
		}
		gone := s.Get("/customers/"+duplicate, apitest.AdminKey).Has(http.StatusOK)
		if gone.Text("data.attributes.status") != "anonymized" || gone.Text("data.attributes.anonymizedAt") == "" || gone.Text("data.attributes.mergedInto") != john.Reference || gone.At("data.attributes.phone") != nil {
			t.Errorf("%s", gone.Body)
		}

		// Not the other way round, not twice, not with oneself, not across stores.
		for _, pair := range [][2]string{{john.Reference, duplicate}, {duplicate, john.Reference}, {john.Reference, john.Reference}, {addGuest(s, "third@example.com"), john.Reference}} {
			merge(pair[0], pair[1], false).Fails(http.StatusConflict, "4490 merge_impossible -")
		}
		merge(john.Reference, "nobody", false).Has(http.StatusNotFound)
	})
}
