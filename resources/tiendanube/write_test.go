package tiendanube_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// expect demands some members of an answer, as Go prints them.
func expect(t *testing.T, a *apitest.Answer, want map[string]any) {
	t.Helper()
	for path, value := range want {
		if got := a.At(path); got != value {
			t.Errorf("%s: %v, not %v", path, got, value)
		}
	}
}

func TestANameIsKeptAsItWasTyped(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		for typed, parts := range map[string][2]any{
			"Ana Maria de Souza": {"Ana Maria de", "Souza"},
			"Madonna":            {"Madonna", nil},
			"João  da   Silva":   {"João  da", "Silva"},
		} {
			made := create(s, `{"name":"`+typed+`","email":"a@example.com"}`).Has(http.StatusCreated)
			expect(t, made, map[string]any{"name": typed})
			shown := s.Get("/customers/DE--"+number(made, "id"), apitest.AdminKey).Has(http.StatusOK)
			expect(t, shown, map[string]any{"data.attributes.firstName": parts[0], "data.attributes.lastName": parts[1]})
		}
	})
}

func TestANameThatIsSentBackIsNotPartedAnew(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	load(t, s, `{"reference":"DE--7","firstName":"Ana Maria","lastName":"von Berg","email":"ana@example.com"}`)
	change(s, "7", `{"name":"Ana Maria von Berg","phone":"1"}`).Has(http.StatusOK)
	main := func() *apitest.Answer { return s.Get("/customers/DE--7", apitest.AdminKey).Has(http.StatusOK) }
	expect(t, main(), map[string]any{"data.attributes.firstName": "Ana Maria", "data.attributes.lastName": "von Berg"})
	change(s, "7", `{"name":"Ana  Berg"}`).Has(http.StatusOK)
	expect(t, main(), map[string]any{"data.attributes.firstName": "Ana", "data.attributes.lastName": "Berg"})
	expect(t, get(s, customers+"/7"), map[string]any{"name": "Ana  Berg"})
	s.Patch("/customers/DE--7", apitest.AdminKey, apitest.WithID("DE--7", apitest.Document("customers", map[string]any{"lastName": "Lange"}))).Has(http.StatusOK)
	expect(t, get(s, customers+"/7"), map[string]any{"name": "Ana Lange"})
}

func TestACustomerWithoutACredentialSharesTheirAddressAndNoAccountDoes(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		for range 2 {
			made := create(s, `{"name":"A B","email":"guest@example.com","addresses":null}`).Has(http.StatusCreated)
			expect(t, made, map[string]any{"active": false, "total_spent_currency": nil, "default_address": nil})
		}
		s.Register("taken@example.com")
		for _, body := range []string{`{"name":"A B","email":"TAKEN@example.com"}`, `{"name":"A B","email":"taken@example.com","password":"mysupersecretpassword"}`} {
			create(s, body).Is(http.StatusUnprocessableEntity, `{"email":["has already been taken"]}`)
		}
		made := create(s, `{"name":"A B","email":"own@example.com","password":"mysupersecretpassword"}`).Has(http.StatusCreated)
		change(s, number(made, "id"), `{"email":"taken@example.com"}`).Is(http.StatusUnprocessableEntity, `{"email":["has already been taken"]}`)
	})
}

func TestAnInvitationIsSentAndAcceptedMakesActive(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	create(s, `{"name":"A B","email":"silent@example.com","send_email_invite":false}`).Has(http.StatusCreated)
	if letters := s.Letters("silent@example.com", "").At("data.0"); letters != nil {
		t.Error(letters)
	}
	made := s.Do(apitest.Request{Method: http.MethodPost, Path: customers, Body: `{"name":"A B","email":"a@example.com","send_email_invite":true}`,
		Header: map[string]string{"Authentication": "bearer " + apitest.AdminKey, "Accept-Language": "es"}}).Has(http.StatusCreated)
	if subject := s.Letters("a@example.com", "invitation").Text("data.0.attributes.subject"); !strings.Contains(subject, "cuenta") {
		t.Errorf("in another language: %s", subject)
	}
	s.Post("/customer-invitation-acceptance", "", apitest.Document("customer-invitation-acceptance", map[string]any{
		"invitationKey": s.MailedKey("a@example.com", "invitation"), "password": apitest.Password, "confirmPassword": apitest.Password,
	})).Has(http.StatusNoContent)
	expect(t, get(s, customers+"/"+number(made, "id")), map[string]any{"active": true})
}

func TestTheFirstAddressIsWhereGoodsGoAndNoneIsBilledTo(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		made := create(s, `{"name":"A B","email":"a@example.com","addresses":[{"city":"First","default":false},{"city":"Second","default":true,"country":"br"}]}`).Has(http.StatusCreated)
		expect(t, made, map[string]any{
			"addresses.0.city": "First", "addresses.0.default": true, "addresses.1.city": "Second", "addresses.1.default": false, "addresses.1.country": "BR",
			"default_address.city": "First", "billing_city": nil,
		})
		billed := create(s, `{"name":"A B","email":"b@example.com","billing_city":"Bill","billing_number":"7","billing_country":"AR","billing_phone":null}`).Has(http.StatusCreated)
		expect(t, billed, map[string]any{"billing_city": "Bill", "billing_number": "7", "billing_country": "AR", "billing_address": nil, "default_address": nil, "addresses.0.city": "Bill"})
	})
}

func TestAddressesOfAChangeAreMatchedByTheirIDs(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		made := create(s, `{"name":"A B","email":"a@example.com","addresses":[{"city":"First","phone":"1"},{"city":"Second"}]}`).Has(http.StatusCreated)
		id, second := number(made, "id"), number(made, "addresses.1.id")
		changed := change(s, id, `{"addresses":[{"id":`+second+`,"city":"Changed","default":true,"zipcode":null},{"id":null,"city":"Third"}]}`).Has(http.StatusOK)
		expect(t, changed, map[string]any{
			"addresses.0.city": "First", "addresses.0.phone": "1", "addresses.0.default": true,
			"addresses.1.city": "Changed", "addresses.1.default": false, "addresses.2.city": "Third", "addresses.2.default": false, "billing_city": nil,
		})
		other := create(s, `{"name":"C D","email":"c@example.com","addresses":[{"city":"Theirs"}]}`).Has(http.StatusCreated)
		for _, wrong := range []string{number(other, "addresses.0.id"), "999999", `"` + second + `"`, "1.5", "true", "{}"} {
			change(s, id, `{"phone":"nothing of this counts","addresses":[{"id":`+wrong+`,"city":"X"}]}`).Is(http.StatusUnprocessableEntity, `{"addresses":["is invalid"]}`)
		}
		expect(t, get(s, customers+"/"+id), map[string]any{"phone": nil})
		expect(t, get(s, customers+"/"+number(other, "id")), map[string]any{"addresses.0.city": "Theirs"})
	})
}

func TestBillingIsChangedInPlaceOrMade(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		id := number(create(s, `{"name":"A B","email":"a@example.com","addresses":[{"city":"First"}]}`).Has(http.StatusCreated), "id")
		nothing := change(s, id, `{"billing_city":null,"billing_address":null}`).Has(http.StatusOK)
		expect(t, nothing, map[string]any{"addresses.1": nil, "billing_city": nil})
		made := change(s, id, `{"billing_city":"Bill","billing_floor":"2"}`).Has(http.StatusOK)
		expect(t, made, map[string]any{"billing_city": "Bill", "billing_floor": "2", "addresses.1.city": "Bill", "addresses.1.default": false, "default_address.city": "First"})
		changed := change(s, id, `{"billing_floor":null,"billing_province":"SP"}`).Has(http.StatusOK)
		expect(t, changed, map[string]any{"billing_city": "Bill", "billing_floor": nil, "billing_province": "SP", "addresses.1.province": "SP", "addresses.2": nil})
	})
}

// What is where goods go and invoices as well is twice in a representation. Whoever sends
// all of it back has changed one of the two.
func TestAChangeOfOneOfTwoPlacesIsNotUndoneByTheOther(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	sampled(t, s)
	whole := func(edit func(customer, address map[string]any)) string {
		read := get(s, customers+"/101").JSON().(map[string]any)
		edit(read, read["addresses"].([]any)[0].(map[string]any))
		body, err := json.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	moved := change(s, "101", whole(func(_, address map[string]any) { address["city"] = "Shelbyville" })).Has(http.StatusOK)
	expect(t, moved, map[string]any{"addresses.0.city": "Shelbyville", "billing_city": "Shelbyville", "addresses.1": nil})
	moved = change(s, "101", whole(func(customer, _ map[string]any) { customer["billing_city"] = "Ogdenville" })).Has(http.StatusOK)
	expect(t, moved, map[string]any{"addresses.0.city": "Ogdenville", "billing_city": "Ogdenville", "default_address.city": "Ogdenville"})
}

func TestTheHouseNumberIsReadFromTheSecondLineWhereThereIsNone(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	jane := s.Register("jane@example.com")
	s.AddAddress(jane, "Berlin")
	id := strings.TrimPrefix(jane.Reference, "DE--")
	shown := get(s, customers+"/"+id).Has(http.StatusOK)
	expect(t, shown, map[string]any{"addresses.0.number": "1", "billing_number": "1", "active": true, "name": "John Doe"})
	change(s, id, shown.Body).Has(http.StatusOK)
	expect(t, s.Get("/customers/"+jane.Reference+"/addresses", jane.Token), map[string]any{"data.0.attributes.address2": "1", "data.0.attributes.houseNumber": nil})
	change(s, id, strings.Replace(shown.Body, `"number":"1"`, `"number":"2b"`, 2)).Has(http.StatusOK)
	expect(t, get(s, customers+"/"+id), map[string]any{"addresses.0.number": "2b"})
}

func TestAKeyThatIsAbsentStaysAndNullClears(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		id := number(create(s, `{"name":"A B","email":"a@example.com","phone":"911","identification":"1","note":"n","extra":{"a":"1","b":"2"}}`).Has(http.StatusCreated), "id")
		expect(t, change(s, id, `{"note":"m"}`).Has(http.StatusOK), map[string]any{"phone": "911", "identification": "1", "note": "m", "extra.a": "1", "extra.b": "2"})
		expect(t, change(s, id, `{"phone":null,"identification":null,"note":null,"extra":{"a":null,"c":"3"}}`).Has(http.StatusOK),
			map[string]any{"phone": nil, "identification": nil, "note": nil, "extra.a": nil, "extra.b": "2", "extra.c": "3"})
		ignored := `{"id":1,"created_at":"x","updated_at":"x","total_spent":"5.00","total_spent_currency":"EUR","last_order_id":1,"default_address":{"city":"X"},"active":true,"password":"another-password","unknown":{}}`
		expect(t, change(s, id, ignored).Has(http.StatusOK), map[string]any{"total_spent": "0.00", "active": false, "default_address": nil, "name": "A B"})
		s.LogIn("a@example.com", "another-password").Has(http.StatusUnauthorized)
	})
}

func TestTheNoteIsNotTheCustomersToSee(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	create(s, `{"name":"A B","email":"a@example.com","note":"pays late","password":"mysupersecretpassword"}`).Has(http.StatusCreated)
	if me := s.Get("/customers/me", s.Login("a@example.com", "mysupersecretpassword")).Has(http.StatusOK).Body; strings.Contains(me, "pays late") {
		t.Error(me)
	}
}

func TestAChangedAddressFollowsTheStoresRule(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"DIALECTS": "tiendanube", "REGISTRATION": "confirm"})
	jane := s.Register("jane@example.com")
	id := strings.TrimPrefix(jane.Reference, "DE--")
	changed := change(s, id, `{"email":"new@example.com"}`).Has(http.StatusOK)
	expect(t, changed, map[string]any{"email": "jane@example.com"})
	change(s, id, changed.Body).Has(http.StatusOK) // as it was shown: the wish stays
	s.Confirm(s.MailedKey("new@example.com", "confirm")).Has(http.StatusNoContent)
	expect(t, get(s, customers+"/"+id), map[string]any{"email": "new@example.com"})
}

func form(s *apitest.Service, key, body string) *apitest.Answer {
	return s.Do(apitest.Request{Method: http.MethodPost, Path: customers, Body: body, Header: map[string]string{"Authentication": "bearer " + key, "Content-Type": "application/x-www-form-urlencoded"}})
}

func TestAStorefrontsFormRegisters(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		made := form(s, apitest.AdminKey, "name=First+Last&email=first%40example.com&phone=&identification=123&password=mysupersecretpassword&extra%5Bnumber_of_children%5D=2&extra[gender]=male&extra[empty]=&note=no&total_spent=5").Has(http.StatusCreated)
		made.Is(http.StatusCreated, `{"created_at":"<text>","email":"first@example.com","id":"<number>","identification":"123","last_order_id":null,
			"name":"First Last","note":null,"phone":null,"total_spent":"0.00","total_spent_currency":null,"updated_at":"<text>","active":false,
			"billing_address":null,"billing_city":null,"billing_country":null,"billing_floor":null,"billing_locality":null,"billing_number":null,"billing_phone":null,
			"billing_province":null,"billing_zipcode":null,"extra":{"number_of_children":"2","gender":"male"},"default_address":null,"addresses":[]}`)
		s.Login("first@example.com", "mysupersecretpassword")
		form(s, apitest.AdminKey, "phone=1&password=short").Is(http.StatusUnprocessableEntity, `{"name":["can't be blank"],"email":["can't be blank"],"password":["is too short (minimum is 7 characters)"]}`)
		form(s, apitest.AdminKey, "name=%zz&email=a").Is(http.StatusBadRequest, `{"error":"Problems parsing JSON"}`)
		form(s, apitest.AdminKey, "name=%ff&email=a").Is(http.StatusBadRequest, `{"error":"Problems parsing JSON"}`)
	})
}
