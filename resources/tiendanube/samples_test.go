package tiendanube_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// The samples of the source (tiendanube.md 8), with its slips put right: ids of addresses
// are unique, since_id is held to, an answer to a creation says what was created, and the
// id of the path counts.

const (
	john = `{"reference":"DE--101","fullName":"John Doe","firstName":"John","lastName":"Doe","email":"john.doe@example.com","identification":"28776255670",
		"confirmed":true,"createdAt":"2013-01-03T12:11:51Z","extra":{"gender":"male","number_of_children":"2"},
		"addresses":[{"address1":"Evergreen Terrace","houseNumber":"742","city":"Springfield","province":"Oregon","zipCode":"97475","iso2Code":"US","phone":"555-123-0413"}]}`
	ze = `{"reference":"DE--112","fullName":"Zé Ninguém","firstName":"Zé","lastName":"Ninguém","email":"john.doe@example.com","createdAt":"2013-02-03T12:11:51Z",
		"addresses":[{"address1":"Praça Roberto Gomes Pedrosa","houseNumber":"1","city":"São Paulo","province":"São Paulo","zipCode":"05653-070","iso2Code":"BR","isDefaultBilling":false}]}`

	johnsAddress = `{"address":"Evergreen Terrace","city":"Springfield","country":"US","created_at":"<text>","default":true,
		"floor":null,"id":"<number>","locality":null,"number":"742","phone":"555-123-0413","province":"Oregon","updated_at":"<text>","zipcode":"97475"}`
	shownJohn = `{"created_at":"2013-01-03T12:11:51+00:00","email":"john.doe@example.com","id":101,"identification":"28776255670","last_order_id":9001,
		"name":"John Doe","note":null,"phone":null,"total_spent":"89.00","total_spent_currency":"USD","updated_at":"<text>","active":true,
		"billing_address":"Evergreen Terrace","billing_city":"Springfield","billing_country":"US","billing_floor":null,"billing_locality":null,
		"billing_number":"742","billing_phone":"555-123-0413","billing_province":"Oregon","billing_zipcode":"97475",
		"extra":{"number_of_children":"2","gender":"male"},"default_address":` + johnsAddress + `,"addresses":[` + johnsAddress + `]}`
	zesAddress = `{"address":"Praça Roberto Gomes Pedrosa","city":"São Paulo","country":"BR","created_at":"<text>","default":true,
		"floor":null,"id":"<number>","locality":null,"number":"1","phone":null,"province":"São Paulo","updated_at":"<text>","zipcode":"05653-070"}`
	shownZe = `{"created_at":"2013-02-03T12:11:51+00:00","email":"john.doe@example.com","id":112,"identification":null,"last_order_id":null,
		"name":"Zé Ninguém","note":null,"phone":null,"total_spent":"0.00","total_spent_currency":"USD","updated_at":"<text>","active":false,
		"billing_address":null,"billing_city":null,"billing_country":null,"billing_floor":null,"billing_locality":null,
		"billing_number":null,"billing_phone":null,"billing_province":null,"billing_zipcode":null,
		"extra":{},"default_address":` + zesAddress + `,"addresses":[` + zesAddress + `]}`
)

// sampled is a shop as the samples have it: John and Zé, and an order of John's.
func sampled(t *testing.T, s *apitest.Service) {
	t.Helper()
	load(t, s, oneLine(john), oneLine(ze))
	s.Do(apitest.Request{Method: http.MethodPatch, Path: "/stores/DE", Token: apitest.AdminKey, Body: apitest.WithID("DE", apitest.Document("stores", map[string]any{"currency": "USD"}))}).Has(http.StatusOK)
	order := apitest.Document("orders", map[string]any{"version": 1, "currencyCode": "usd", "paidTotal": 8900, "total": 8900, "status": "completed", "paymentStatus": "captured", "createdAt": "2013-03-11T09:14:11Z"})
	order = strings.Replace(order, `"type":"orders"`, `"relationships":{"customer":{"data":{"type":"customers","id":"DE--101"}}},"type":"orders"`, 1)
	s.Do(apitest.Request{Method: http.MethodPut, Path: "/orders/9001", Token: apitest.AdminKey, Body: order}).Has(http.StatusCreated)
}

func oneLine(text string) string { return strings.ReplaceAll(text, "\n", " ") }

func TestTheSamplesThatReadAreAnsweredAsPrinted(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		sampled(t, s)
		t1 := get(s, customers).Is(http.StatusOK, `[`+shownJohn+`,`+shownZe+`]`)
		if one, other := number(t1, "0.addresses.0.id"), number(t1, "1.addresses.0.id"); one == other {
			t.Errorf("two addresses with the id %s", one)
		}
		get(s, customers+"?since_id=105").Is(http.StatusOK, `[`+shownZe+`]`) // T-2
		get(s, customers+"/101").Is(http.StatusOK, shownJohn)                // T-3
	})
}

const (
	sentT4 = `{"name":"First Last","email":"first.last@example.com","addresses":[{"address":"My Street","city":"My City","country":"BR",
		"locality":"Morumbi","number":"123","phone":"11 1234-5678","province":"São Paulo","zipcode":"05653-071"}],
		"send_email_invite":true,"password":"mysupersecretpassword"}`
	addressT4 = `{"address":"My Street","city":"My City","country":"BR","created_at":"<text>","default":true,
		"floor":null,"id":"<number>","locality":"Morumbi","number":"123","phone":"11 1234-5678","province":"São Paulo","updated_at":"<text>","zipcode":"05653-071"}`
	shownT4 = `{"created_at":"<text>","email":"first.last@example.com","id":113,"identification":null,"last_order_id":null,
		"name":"First Last","note":null,"phone":null,"total_spent":"0.00","total_spent_currency":"USD","updated_at":"<text>",
		"active":false,"billing_address":null,"billing_city":null,"billing_country":null,"billing_floor":null,"billing_locality":null,
		"billing_number":null,"billing_phone":null,"billing_province":null,"billing_zipcode":null,"extra":{},
		"default_address":` + addressT4 + `,"addresses":[` + addressT4 + `]}`
)

func TestTheSampleThatCreatesIsAnsweredWithWhatItSent(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		sampled(t, s)
		create(s, sentT4).Is(http.StatusCreated, shownT4)
		get(s, customers+"/113").Is(http.StatusOK, shownT4)
		s.LogIn("first.last@example.com", "mysupersecretpassword").Has(http.StatusCreated)
		s.Confirm(s.MailedKey("first.last@example.com", "confirm")).Has(http.StatusNoContent)
		if get(s, customers+"/113").At("active") != true {
			t.Error("not active after the address was proven")
		}
	})
}

// T-5 sends the whole of T-3 back, with another e-mail address and telephone number.
func TestTheSampleThatChangesIsOfThePathsCustomer(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		sampled(t, s)
		before := get(s, customers+"/101").Has(http.StatusOK)
		var whole map[string]any
		if err := json.Unmarshal([]byte(before.Body), &whole); err != nil {
			t.Fatal(err)
		}
		whole["id"], whole["email"], whole["phone"] = 112, "john.doe+modified@example.com", "911"
		body, err := json.Marshal(whole)
		if err != nil {
			t.Fatal(err)
		}
		s.Clock.Forward(5e9)
		expected := strings.Replace(strings.Replace(shownJohn, `john.doe@`, `john.doe+modified@`, 1), `"phone":null`, `"phone":"911"`, 1)
		after := change(s, "101", string(body)).Is(http.StatusOK, expected)
		if after.Text("updated_at") <= before.Text("updated_at") {
			t.Errorf("changed at %s, before that at %s", after.Text("updated_at"), before.Text("updated_at"))
		}
		for _, path := range []string{"addresses.0.updated_at", "default_address.updated_at"} {
			if after.Text(path) != before.Text(path) {
				t.Errorf("%s moved, although the address is as it was", path)
			}
		}
		get(s, customers+"/112").Is(http.StatusOK, shownZe)
		if told := fmt.Sprint(s.Get("/events", apitest.AdminKey).JSON()); !strings.Contains(told, "customer.updated") || strings.Contains(told, "customer.address.updated") {
			t.Error(told)
		}
	})
}
