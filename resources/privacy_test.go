package resources_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// hidden are settings under which nobody learns who has an account.
var hidden = apitest.Settings{"REGISTRATION": "confirm", "HIDE_ACCOUNTS": "on"}

// Whoever registers with an address that has an account is answered as if it had
// none; its owner is told by mail, and nothing of the registration is kept.
func TestARegistrationDoesNotTellWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	apitest.Each(t, hidden, func(t *testing.T, s *apitest.Service) {
		owner := s.Register("owner@example.com")
		registration := strings.ReplaceAll(apitest.Registration("owner@example.com"), "Doe", "Planted-Name")
		taken := s.Post("/customers", "", registration).Has(http.StatusCreated)
		free := s.Post("/customers", "", strings.ReplaceAll(registration, "owner@", "fresh@")).Has(http.StatusCreated)
		reference := taken.Text("data.id")
		same := func(answer *apitest.Answer, name, reference string) string {
			body := strings.NewReplacer(reference, "REFERENCE", name+"@example.com", "EMAIL",
				answer.Text("data.attributes.createdAt"), "TIME", answer.Text("data.attributes.updatedAt"), "TIME",
				`"number":`+number(answer), "NUMBER").Replace(answer.Body)
			return body + answer.Header.Get("Content-Type") + strings.ReplaceAll(answer.Header.Get("Location"), reference, "REFERENCE")
		}
		if one, other := same(taken, "owner", reference), same(free, "fresh", free.Text("data.id")); one != other || reference == owner.Reference {
			t.Errorf("a taken address is answered with\n%s\nand a free one with\n%s", one, other)
		}

		for _, both := range []string{"owner@example.com", "fresh@example.com"} {
			s.LogIn(both, "Planted-123-please").Fails(401, wrong)
		}
		s.Get("/customers/"+reference, apitest.AdminKey).Fails(404, "402 customer_not_found -")
		if left := s.Rows("SELECT * FROM customers WHERE reference = '" + reference + "'"); left != nil {
			t.Errorf("%v", left)
		}
		s.Login(owner.Email, owner.Password)
		if letters := s.Letters(owner.Email, "already-registered"); letters.At("meta.total") != 1.0 || !strings.Contains(letters.Text("data.0.attributes.text"), "already") {
			t.Error(letters.Body)
		}
		if letters := s.Letters(owner.Email, "confirm"); letters.At("meta.total") != 1.0 { // that of the owner's own registration
			t.Error(letters.Body)
		}
		events := s.Get("/audit-events?filter[event]=customer.registered&filter[outcome]=failure", apitest.AdminKey)
		if events.Text("data.0.attributes.customer") != owner.Reference {
			t.Error(events.Body)
		}
		s.Post("/customers", apitest.AdminKey, registration).Fails(422, `400 email_taken "/data/attributes/email"`) // staff may know
	})
}

func number(answer *apitest.Answer) string {
	_, rest, _ := strings.Cut(answer.Body, `"number":`)
	digits, _, _ := strings.Cut(rest, ",")
	return digits
}

// What the same request goes on to do with the customer it has registered looks
// the same, too.
func TestOperationsDoNotTellWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	apitest.Each(t, hidden, func(t *testing.T, s *apitest.Service) {
		s.Register("owner@example.com")
		operate := func(email string) *apitest.Answer {
			data := func(document, lid string) string {
				return strings.Replace(strings.TrimSuffix(strings.TrimPrefix(document, `{"data":`), "}"), `{`, `{"lid":"`+lid+`",`, 1)
			}
			address := strings.Replace(data(apitest.Address("Berlin"), "a"), `{"lid":"a",`, `{"lid":"a","relationships":{"customer":{"data":{"type":"customers","lid":"c"}}},`, 1)
			body := `{"atomic:operations":[{"op":"add","data":` + data(apitest.Registration(email), "c") + `},{"op":"add","data":` + address + `}]}`
			return s.Do(apitest.Request{Method: http.MethodPost, Path: "/operations", Body: body, Header: map[string]string{"Content-Type": atomic, "Idempotency-Key": email}}).Has(http.StatusOK)
		}
		taken, free := operate("owner@example.com"), operate("fresh@example.com")
		if len(taken.Body) != len(free.Body) { // but for ids, references and times, which are as long as each other
			t.Errorf("%s\n%s", taken.Body, free.Body)
		}
		if addresses := s.Rows("SELECT * FROM addresses"); len(addresses) != 1 {
			t.Errorf("%v", addresses)
		}
		if kept := s.Rows("SELECT * FROM idempotency_customers"); len(kept) != 2 { // the owner's erasure takes what was kept of the first
			t.Errorf("%v", kept)
		}
	})
}

// Of two who register a free address at once one comes second: not even they are
// told, whether their requests are to be repeated or not.
func TestTwinsAreNotToldWhoCameFirst(t *testing.T) {
	t.Parallel()
	apitest.Each(t, hidden, func(t *testing.T, s *apitest.Service) {
		var group sync.WaitGroup
		for n := range 8 {
			group.Go(func() {
				header := map[string]string{}
				if n%2 == 0 {
					header["Idempotency-Key"] = fmt.Sprint("twin", n)
				}
				answer := s.Do(apitest.Request{Method: http.MethodPost, Path: "/customers", Body: apitest.Registration("twins@example.com"), Header: header})
				if answer.Status != http.StatusCreated {
					t.Errorf("%d %s", answer.Status, answer.Body)
				}
			})
		}
		group.Wait()
		if customers := s.Rows("SELECT * FROM customers"); len(customers) != 1 {
			t.Errorf("%v", customers)
		}
	})
}

// Somebody whose address was registered before, and never proven, is sent the key
// for that once more: it may not have been them.
func TestAnUnprovenAddressGetsItsKeyAgain(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, hidden)
	const email = "squatted@example.com"
	s.Post("/customers", "", apitest.Registration(email)).Has(http.StatusCreated)
	first := s.MailedKey(email, "confirm")
	s.Post("/customers", "", apitest.Registration(email)).Has(http.StatusCreated)
	second := s.MailedKey(email, "confirm")
	s.Confirm(first).Has(422)
	s.Confirm(second).Is(http.StatusNoContent, "")
}

// A change to an address that has an account is answered as any other, is never
// confirmed, and its owner is told.
func TestAChangeOfAddressDoesNotTellWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, hidden)
	owner, customer := s.Register("owner@example.com"), s.Register("curious@example.com")
	wish := func(email string) {
		if kept := s.Patch("/customers/me", customer.Token, apitest.Document("customers", map[string]any{"email": email})).Has(http.StatusOK); kept.Text("data.attributes.email") != customer.Email {
			t.Error(kept.Body)
		}
	}
	wish(owner.Email)
	if letters := s.Letters(owner.Email, "").Text("data.0.attributes.kind"); letters != "already-registered" {
		t.Errorf("the owner's latest letter is %s", letters)
	}
	wish("free@example.com")
	s.Confirm(s.MailedKey("free@example.com", "confirm")).Is(http.StatusNoContent, "")
	s.Login("free@example.com", customer.Password)
	s.Login(owner.Email, owner.Password)
}

func TestAChangeOfAddressTakesThePasswordWhereTheShopWantsIt(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"EMAIL_CHANGE": "password"})
	customer := s.Register("john@example.com")
	change := func(attributes map[string]any) *apitest.Answer {
		return s.Patch("/customers/me", customer.Token, apitest.Document("customers", attributes))
	}
	const invalid = `408 password_invalid "/data/attributes`
	change(map[string]any{"email": "evil@example.com"}).Fails(400, invalid+`"`)
	change(map[string]any{"email": "evil@example.com", "currentPassword": "wrong-one"}).Fails(400, invalid+`/currentPassword"`)
	change(map[string]any{"email": customer.Email, "phone": "4711"}).Has(http.StatusOK)
	change(map[string]any{"email": "John@Example.com"}).Has(http.StatusOK) // theirs, written otherwise
	// Under an Idempotency-Key, which makes one transaction of it, guesses count as well.
	for n := range 3 {
		s.Do(apitest.Request{Method: http.MethodPatch, Path: "/customers/me", Token: customer.Token, Header: map[string]string{"Idempotency-Key": fmt.Sprint("k", n)},
			Body: apitest.Document("customers", map[string]any{"currentPassword": "wrong-one", "email": "evil@example.com"})}).Fails(400, invalid+`/currentPassword"`)
	}
	change(map[string]any{"email": "new@example.com", "currentPassword": customer.Password}).Fails(429, "- rate_limited -")
	s.Clock.Forward(2 * time.Hour)
	for range 5 {
		s.LogIn(customer.Email, "wrong-one").Fails(401, wrong)
	}
	for range 4 {
		change(map[string]any{"email": "evil@example.com", "currentPassword": "wrong-one"}).Fails(400, invalid+`/currentPassword"`)
	}
	change(map[string]any{"email": "new@example.com", "currentPassword": customer.Password}).Fails(429, tooMany)
	s.Clock.Forward(2 * time.Hour)
	change(map[string]any{"email": "new@example.com", "currentPassword": customer.Password}).Has(http.StatusOK)
	s.Patch("/customers/"+customer.Reference, apitest.AdminKey, apitest.Document("customers", map[string]any{"email": "staff@example.com"})).Has(http.StatusOK)
	// Behind other operations the hash would hold up everybody who writes.
	for _, attributes := range []string{`"email":"evil@example.com"`, `"email":"evil@example.com","currentPassword":"x"`} {
		behind := `{"atomic:operations":[{"op":"update","data":{"type":"customers","id":"` + customer.Reference + `","attributes":{"phone":"1"}}},` +
			`{"op":"update","data":{"type":"customers","id":"` + customer.Reference + `","attributes":{` + attributes + `}}}]}`
		s.Do(apitest.Request{Method: http.MethodPost, Path: "/operations", Token: customer.Token, Body: behind, Header: map[string]string{"Content-Type": atomic}}).
			Fails(403, `- operation_unsupported "/atomic:operations/1"`)
	}
}

// A guess that is refused stays counted, though the transaction it came in is
// taken back.
func TestGuessesUnderAnIdempotencyKeyAreCounted(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("guessed@example.com")
		guess := func(key, password string) *apitest.Answer {
			return s.Do(apitest.Request{Method: http.MethodPatch, Path: "/customer-password", Token: customer.Token, Header: map[string]string{"Idempotency-Key": key},
				Body: passwordChange(password, "another-one")})
		}
		for n := range 9 {
			guess("k"+string(rune('a'+n)), "wrong-one").Fails(400, `408 password_invalid "/data/attributes/password"`)
		}
		guess("last", customer.Password).Fails(429, tooMany)
	})
}
