package resources_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

const atomic = `application/vnd.api+json; ext="https://jsonapi.org/ext/atomic"`

// operate sends operations, which are objects separated by commas.
func operate(s *apitest.Service, token, operations string) *apitest.Answer {
	return s.Do(apitest.Request{Method: http.MethodPost, Path: "/operations", Token: token, Body: `{"atomic:operations":[` + operations + `]}`,
		Header: map[string]string{"Content-Type": atomic, "Accept": atomic}})
}

// newcomer adds a customer, whom the request calls lid.
func newcomer(lid, email string) string {
	return `{"op":"add","data":{"type":"customers","lid":"` + lid + `","attributes":{"salutation":"Ms","firstName":"Ada","lastName":"Lovelace","email":"` + email + `",
		"gender":"Female","password":"` + apitest.Password + `","confirmPassword":"` + apitest.Password + `","acceptedTerms":true}}}`
}

// home adds an address in a city to a customer.
func home(owner, city string) string {
	return `{"op":"add","data":{"type":"addresses","lid":"` + city + `","attributes":{"salutation":"Ms","firstName":"Ada","lastName":"Lovelace","address1":"1 Main Street","address2":"1",
		"zipCode":"10115","city":"` + city + `","iso2Code":"DE","isDefaultShipping":false,"isDefaultBilling":false},"relationships":{"customer":{"data":` + owner + `}}}}`
}

const ada = `{"type":"customers","lid":"ada"}`

func TestACustomerAndTheirAddressesAreMadeInOneRequest(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		made := operate(s, "", newcomer("ada", "ada@example.com")+","+home(ada, "Berlin")+","+home(ada, "Bonn")+`,
			{"op":"update","ref":{"type":"customers","lid":"ada","relationship":"defaultBillingAddress"},"data":{"type":"addresses","id":"%"}}`)
		made.Fails(404, `404 address_not_found "/atomic:operations/3/data"`)
		if total := s.Get("/customers?page[number]=1", apitest.AdminKey).At("meta.total"); total != 0.0 {
			t.Errorf("%v customers of a request that failed", total)
		}
		if letters := len(s.Letters("ada@example.com", "").At("data").([]any)); letters != 0 {
			t.Errorf("%d letters of a request that failed", letters)
		}

		made = operate(s, "", newcomer("ada", "ada@example.com")+","+home(ada, "Berlin")+","+home(ada, "Bonn")+`,
			{"op":"update","data":{"type":"addresses","lid":"Bonn","attributes":{"address2":"2"}}},
			{"op":"update","ref":{"type":"customers","lid":"ada","relationship":"defaultBillingAddress"},"data":{"type":"addresses","lid":"Bonn"}}`).Has(200)
		if made.Header.Get("Content-Type") != atomic {
			t.Errorf("content type %s", made.Header.Get("Content-Type"))
		}
		results := made.At("atomic:results").([]any)
		if len(results) != 5 || made.Text("atomic:results.0.data.type") != "customers" || made.Text("atomic:results.2.data.attributes.city") != "Bonn" {
			t.Fatalf("%s", made.Body)
		}
		token := s.Login("ada@example.com", apitest.Password)
		shown := s.Get("/customers/me?include=addresses", token)
		for path, want := range map[string]string{
			"data.id": made.Text("atomic:results.0.data.id"),
			"data.relationships.defaultShippingAddress.data.id": made.Text("atomic:results.1.data.id"),
			"data.relationships.defaultBillingAddress.data.id":  made.Text("atomic:results.2.data.id"),
			"included.0.attributes.city":                        "Berlin",
			"included.1.attributes.city":                        "Bonn",
		} {
			if got := shown.Text(path); got != want || want == "" {
				t.Errorf("%s is %q, not %q", path, got, want)
			}
		}
		if letters := len(s.Letters("ada@example.com", "confirm").At("data").([]any)); letters != 1 {
			t.Errorf("%d letters", letters)
		}
	})
}

func TestOfOperationsAllCountOrNone(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("whole@example.com")
		s.Register("taken@example.com")
		path := "/customers/" + customer.Reference
		address := s.AddAddress(customer, "Berlin")
		before := s.Get(path+"?include=addresses", customer.Token).Body
		me := identifier("customers", customer.Reference)
		good := home(me, "Bonn") + `,{"op":"remove","ref":` + identifier("addresses", address) + `},{"op":"update","data":{"type":"customers","id":"` + customer.Reference + `","attributes":{"firstName":"Late"}}}`
		for bad, said := range map[string]string{
			`{"op":"update","data":{"type":"customers","id":"` + customer.Reference + `","attributes":{"firstName":""}}}`:   `422 901 value_blank "/atomic:operations/3/data/attributes/firstName"`,
			strings.Replace(home(me, "Au"), `"city":"Au"`, `"city":""`, 1):                                                  `422 901 value_blank "/atomic:operations/3/data/attributes/city"`,
			`{"op":"remove","ref":` + identifier("addresses", address) + `}`:                                                `404 404 address_not_found "/atomic:operations/3"`,
			`{"op":"remove","ref":` + identifier("customers", "DE--999") + `}`:                                              `403 411 unauthorized_request "/atomic:operations/3"`,
			`{"op":"update","href":"` + path + `","data":{"type":"orders","attributes":{}}}`:                                `409 - invalid_resource_type "/atomic:operations/3/data/type"`,
			`{"op":"update","href":"/customers/me","data":{"type":"customers","attributes":{"email":"TAKEN@example.com"}}}`: `422 400 email_taken "/atomic:operations/3/data/attributes/email"`,
		} {
			var status int
			fmt.Sscan(said, &status)
			_, line, _ := strings.Cut(said, " ")
			operate(s, customer.Token, good+","+bad).Fails(status, line)
			if after := s.Get(path+"?include=addresses", customer.Token).Body; after != before {
				t.Fatalf("%s left behind %s", bad, after)
			}
		}
		operate(s, customer.Token, good).Has(200)
		if shown := s.Get(path+"/addresses", customer.Token); shown.Text("data.0.attributes.city") != "Bonn" || shown.At("data.1") != nil {
			t.Errorf("%s", shown.Body)
		}
	})
}

func TestOperationsNameWhatTheyChangeByRefHrefOrData(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("named@example.com")
	path := "/customers/" + customer.Reference
	first, second := s.AddAddress(customer, "Berlin"), s.AddAddress(customer, "Bonn")
	answer := operate(s, customer.Token, strings.Join([]string{
		`{"op":"update","href":"` + apitest.Base + path + `/addresses/` + first + `","data":{"type":"addresses","id":"` + first + `","attributes":{"city":"Bremen"}}}`,
		`{"op":"update","ref":` + identifier("addresses", second) + `,"data":{"type":"addresses","id":"` + second + `","attributes":{"city":"Bochum"}}}`,
		`{"op":"update","ref":{"type":"customers","id":"` + customer.Reference + `","relationship":"defaultShippingAddress"},"data":` + identifier("addresses", first) + `}`,
		`{"op":"update","href":"/customers/me/relationships/defaultBillingAddress","data":null}`,
		`{"op":"add","href":"/customers/me/addresses","data":{"type":"addresses","attributes":{"firstName":"A","lastName":"B","address1":"1","zipCode":"1","city":"Au","iso2Code":"AT"}}}`,
		`{"op":"remove","href":"` + path + `/addresses/` + second + `"}`,
	}, ",")).Has(200)
	for at, want := range map[string]any{
		"atomic:results.0.data.attributes.city": "Bremen", "atomic:results.1.data.attributes.city": "Bochum", "atomic:results.2.data.id": first,
		"atomic:results.3.data": nil, "atomic:results.4.data.attributes.city": "Au", "atomic:results.5.data": nil,
	} {
		if got := answer.At(at); got != want {
			t.Errorf("%s is %v", at, got)
		}
	}
	if len(answer.At("atomic:results.5").(map[string]any)) != 0 {
		t.Errorf("a removal came to %s", answer.Body)
	}
	list := s.Get(path+"/addresses", customer.Token)
	if list.Text("data.0.attributes.city") != "Bremen" || list.Text("data.1.attributes.city") != "Au" || list.At("data.2") != nil {
		t.Errorf("%s", list.Body)
	}
	operate(s, customer.Token, `{"op":"remove","ref":`+identifier("customers", customer.Reference)+`}`).Is(200, `{"atomic:results":[{}]}`)
	s.Get(path, customer.Token).Fails(401, "001 access_token_invalid Authorization")
}

func TestOperationsWithoutAFormAreRefused(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("form@example.com")
	send := func(body string) *apitest.Answer {
		return s.Do(apitest.Request{Method: http.MethodPost, Path: "/operations", Token: customer.Token, Body: body, Header: map[string]string{"Content-Type": atomic}})
	}
	for body, line := range map[string]string{
		`{}`:                         `- invalid_document ""`,
		`{"atomic:operations":{}}`:   `- invalid_document "/atomic:operations"`,
		`{"atomic:operations":[]}`:   `- invalid_document "/atomic:operations"`,
		`{"atomic:operations":[7]}`:  `- invalid_document "/atomic:operations/0"`,
		`{"atomic:operations":[{}]}`: `- invalid_document "/atomic:operations/0"`,
		`{"data":{},"atomic:operations":[{"op":"remove","href":"/customers/me"}]}`:                                                                                    `- invalid_document "/data"`,
		`{"atomic:operations":[{"op":"replace"}]}`:                                                                                                                    `- invalid_document "/atomic:operations/0/op"`,
		`{"atomic:operations":[{"op":7}]}`:                                                                                                                            `- invalid_document "/atomic:operations/0/op"`,
		`{"atomic:operations":[{"op":"remove"}]}`:                                                                                                                     `- invalid_document "/atomic:operations/0"`,
		`{"atomic:operations":[{"op":"add","href":"/customers"}]}`:                                                                                                    `- invalid_document "/atomic:operations/0"`,
		`{"atomic:operations":[{"op":"remove","ref":[]}]}`:                                                                                                            `- invalid_document "/atomic:operations/0/ref"`,
		`{"atomic:operations":[{"op":"remove","ref":{"id":"1"}}]}`:                                                                                                    `- invalid_document "/atomic:operations/0/ref"`,
		`{"atomic:operations":[{"op":"remove","ref":{"type":"customers"}}]}`:                                                                                          `- invalid_document "/atomic:operations/0/ref"`,
		`{"atomic:operations":[{"op":"remove","ref":{"type":"customers","id":"1","lid":"2"}}]}`:                                                                       `- invalid_document "/atomic:operations/0/ref/lid"`,
		`{"atomic:operations":[{"op":"remove","ref":{"type":"customers","lid":"2"}}]}`:                                                                                `- invalid_document "/atomic:operations/0/ref/lid"`,
		`{"atomic:operations":[{"op":"update","href":"/customers/me/relationships/defaultBillingAddress","data":{"type":"addresses","lid":"2"}}]}`:                    `- invalid_document "/atomic:operations/0/data/lid"`,
		`{"atomic:operations":[{"op":"remove","href":"/customers/1","ref":{"type":"customers","id":"1"}}]}`:                                                           `- invalid_document "/atomic:operations/0/href"`,
		`{"atomic:operations":[{"op":"remove","href":"https://evil.example/customers/1"}]}`:                                                                           `- invalid_document "/atomic:operations/0/href"`,
		`{"atomic:operations":[{"op":"remove","href":"/customers/me?page[size]=1"}]}`:                                                                                 `- invalid_document "/atomic:operations/0/href"`,
		`{"atomic:operations":[{"op":"remove","href":"/customers/me%2faddresses"}]}`:                                                                                  `- invalid_document "/atomic:operations/0/href"`,
		`{"atomic:operations":[{"op":"remove","data":{"type":"customers","id":"` + customer.Reference + `"}}]}`:                                                       `- invalid_document "/atomic:operations/0"`,
		`{"atomic:operations":[{"op":"add","ref":{"type":"customers","id":"1"},"data":{"type":"customers","attributes":{}}}]}`:                                        `- invalid_document "/atomic:operations/0/ref"`,
		`{"atomic:operations":[` + home(identifier("customers", customer.Reference), "Bonn") + `,` + home(identifier("customers", customer.Reference), "Bonn") + `]}`: `- invalid_document "/atomic:operations/1/data/lid"`,
		`{"atomic:operations":[` + home(`{"type":"customers","lid":"nobody"}`, "Bonn") + `]}`:                                                                         `- invalid_document "/atomic:operations/0/data/relationships/customer"`,
		`{"atomic:operations":[` + strings.Repeat(`{"op":"remove","href":"/customers/me"},`, 50) + `{"op":"x"}]}`:                                                     `- invalid_document "/atomic:operations"`,
	} {
		send(body).Fails(400, line)
	}
	for body, line := range map[string]string{
		`{"atomic:operations":[{"op":"add","data":{"type":"access-tokens","attributes":{}}}]}`:                                    `- operation_unsupported "/atomic:operations/0/data/type"`,
		`{"atomic:operations":[{"op":"add","href":"/access-tokens","data":{"type":"access-tokens","attributes":{}}}]}`:            `- operation_unsupported "/atomic:operations/0"`,
		`{"atomic:operations":[{"op":"update","href":"/customer-password","data":{"type":"customer-password","attributes":{}}}]}`: `- operation_unsupported "/atomic:operations/0"`,
		`{"atomic:operations":[{"op":"update","ref":{"type":"addresses","id":"1","relationship":"customer"},"data":null}]}`:       `- relationship_forbidden "/atomic:operations/0/ref/relationship"`,
		`{"atomic:operations":[{"op":"add","ref":{"type":"customers","id":"1","relationship":"addresses"},"data":[]}]}`:           `- relationship_forbidden "/atomic:operations/0"`,
	} {
		send(body).Fails(403, line)
	}
	kept := s.AddAddress(customer, "Berlin")
	send(`{"atomic:operations":[`+home(identifier("customers", customer.Reference), "Bonn")+`,{"op":"update","ref":`+identifier("addresses", kept)+`,"data":{"type":"addresses","lid":"Bonn","attributes":{}}}]}`).
		Fails(409, `- resource_id_mismatch "/atomic:operations/1/data/lid"`)
	operate(s, apitest.AdminKey, `{"op":"remove","ref":`+identifier("addresses", kept)+`}`).Fails(403, `- operation_unsupported "/atomic:operations/0"`)
	s.Do(apitest.Request{Method: http.MethodPost, Path: "/operations", Token: customer.Token, Body: `{}`, Header: map[string]string{"Content-Type": atomic, "If-Match": `"1"`}}).
		Fails(400, "- invalid_request If-Match")
	for _, media := range []string{"application/vnd.api+json", "application/json", `application/vnd.api+json; ext="https://example.com/other"`, atomic + "; charset=utf-8"} {
		s.Do(apitest.Request{Method: http.MethodPost, Path: "/operations", Token: customer.Token, Body: `{"atomic:operations":[]}`, Header: map[string]string{"Content-Type": media}}).
			Fails(415, "- unsupported_media_type Content-Type")
	}
	s.Do(apitest.Request{Method: http.MethodGet, Path: "/customers/me", Token: customer.Token, Header: map[string]string{"Accept": atomic}}).Fails(406, "- not_acceptable Accept")
	s.Get("/customers/me", customer.Token).Has(200)
}

// A visitor goes on as the customer whom the request has made, and as nobody else.
func TestAVisitorsOperationsReachOnlyWhomTheyMade(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	other := s.Register("victim@example.com")
	operate(s, "", home(identifier("customers", other.Reference), "Bonn")).Fails(403, `002 access_token_missing "/atomic:operations/0"`)
	operate(s, "", newcomer("ada", "ada@example.com")+","+home(identifier("customers", other.Reference), "Bonn")).Fails(403, `411 unauthorized_request "/atomic:operations/1"`)
	if list := s.Get("/customers/"+other.Reference+"/addresses", other.Token); list.At("data.0") != nil {
		t.Errorf("%s", list.Body)
	}
	// A customer who registers another goes on as who they are.
	mine := strings.Replace(home("%", "Bremen"), `,"relationships":{"customer":{"data":%}}`, "", 1)
	if made := operate(s, other.Token, newcomer("eve", "eve@example.com")+","+mine).Has(200); made.Text("atomic:results.1.data.relationships.customer.data.id") != other.Reference {
		t.Errorf("%s", made.Body)
	}
	// Nobody has proven the address of whom a visitor makes: letters are not sent by the dozen.
	for _, operation := range []string{
		`{"op":"update","data":{"type":"customers","lid":"c","attributes":{"email":"another@example.com"}}}`,
		`{"op":"update","href":"/customers/me","data":{"type":"customers","attributes":{}}}`,
		`{"op":"remove","ref":{"type":"customers","lid":"c"}}`,
	} {
		operate(s, "", newcomer("c", "c@example.com")+","+operation).Fails(403, `- operation_unsupported "/atomic:operations/1"`)
	}
	// One customer is what anybody may make at a time, before everything else.
	rename := `{"op":"update","href":"/customers/me","data":{"type":"customers","attributes":{"firstName":"Late"}}}`
	operate(s, other.Token, rename+","+newcomer("c", "c@example.com")).Fails(403, `- operation_unsupported "/atomic:operations/1"`)
	for _, token := range []string{"", other.Token} {
		operate(s, token, newcomer("a", "a@example.com")+","+newcomer("b", "b@example.com")).Fails(403, `- operation_unsupported "/atomic:operations/1"`)
	}
	operate(s, apitest.AdminKey, newcomer("a", "a@example.com")+","+newcomer("b", "b@example.com")).Has(200)
	// An API key stays one.
	made := operate(s, apitest.AdminKey, newcomer("ada", "ada@example.com")+","+home(ada, "Bonn")+","+home(identifier("customers", other.Reference), "Berlin")).Has(200)
	if made.Text("atomic:results.2.data.relationships.customer.data.id") != other.Reference {
		t.Errorf("%s", made.Body)
	}
}
