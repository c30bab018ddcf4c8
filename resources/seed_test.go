package resources_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// The samples of the seed, as sent (slips of the printed JSON corrected), in
// the order of its chapters: glue.md section 11, G-1 to G-9. Whole documents
// are compared, in both wires.
func TestTheSeedsSamplesAreAnsweredAsPrinted(t *testing.T) {
	t.Parallel()
	for _, wire := range []string{"jsonapi", "glue"} {
		t.Run(wire, func(t *testing.T) {
			apitest.Each(t, apitest.Settings{"WIRE": wire}, seed{hypermedia: wire == "jsonapi"}.replay)
		})
	}
}

// seed is the samples on one wire; what JSON:API 1.1 adds (W-16) is not printed in
// them and comes on top.
type seed struct{ hypermedia bool }

func (w seed) replay(t *testing.T, s *apitest.Service) {
	s.Post("/customers", "", `{"data":{"type":"customers","attributes":{"salutation":"Mr","firstName":"John","lastName":"Doe",
		"email":"jdoe@example.com","password":"change123","confirmPassword":"change123","acceptedTerms":true}}}`).
		Is(http.StatusCreated, w.customer("Doe", "jdoe@example.com"))
	token := s.Login("jdoe@example.com", "change123")
	s.Get("/customers/DE--1", token).Is(http.StatusOK, w.customer("Doe", "jdoe@example.com"))
	s.Patch("/customers/DE--1", token, `{"data":{"type":"customers","attributes":{"lastName":"Johnson","email":"example@mail.com"}}}`).
		Is(http.StatusOK, w.customer("Johnson", "example@mail.com"))

	first := s.Post("/customers/DE--1/addresses", token, `{"data":{"type":"addresses","attributes":{"salutation":"Mr","firstName":"Jason","lastName":"Voorhees",
		"address1":"123 Sleep Street","address2":"123","zipCode":"12345","city":"Dresden","country":"Germany","iso2Code":"DE",
		"isDefaultShipping":true,"isDefaultBilling":true}}}`).Has(http.StatusCreated).Text("data.id")
	second := s.Post("/customers/DE--1/addresses", token, `{"data":{"type":"addresses","attributes":{"salutation":"Mr","firstName":"John","lastName":"Doe",
		"address1":"11 Second Street","address2":"4th Floor","address3":"Suite 555","zipCode":"12312","city":"Berlin","country":"Germany","iso2Code":"DE",
		"phone":"22111-3-4-5","isDefaultShipping":false,"isDefaultBilling":false}}}`)
	second.Is(http.StatusCreated, `{"data":`+w.secondAddress(second.Text("data.id"))+`}`)
	if location := second.Header.Get("Location"); location != second.Text("data.links.self") {
		t.Errorf("Location %q is not the self link", location)
	}
	s.Get("/customers/DE--1/addresses", token).Is(http.StatusOK,
		`{"data":[`+w.firstAddress(first)+`,`+w.secondAddress(second.Text("data.id"))+`],"links":{"self":"`+apitest.Base+`/customers/DE--1/addresses"}}`)

	s.Patch("/customer-password/DE--1", token, `{"data":{"type":"customer-password","attributes":{"password":"change123","newPassword":"321egnahc","confirmPassword":"321egnahc"}}}`).
		Is(http.StatusNoContent, "")
	s.Post("/customer-forgotten-password", "", `{"data":{"type":"customer-forgotten-password","attributes":{"email":"jdo@example.com"}}}`).
		Is(http.StatusNoContent, "")
	s.Post("/customer-forgotten-password", "", `{"data":{"type":"customer-forgotten-password","attributes":{"email":"example@mail.com"}}}`).
		Is(http.StatusNoContent, "")
	key := s.MailedKey("example@mail.com", "restore")
	s.Patch("/customer-restore-password/1", "", `{"data":{"type":"customer-restore-password","attributes":{"restorePasswordKey":"`+key+`",
		"password":"new_pssword","confirmPassword":"new_pssword"}}}`).Is(http.StatusNoContent, "")
	token = s.Login("example@mail.com", "new_pssword")
	s.Delete("/customers/DE--1", token).Is(http.StatusNoContent, "")
	s.Get("/customers/DE--1", token).Fails(http.StatusUnauthorized, `001 access_token_invalid Authorization`)
}

func (w seed) customer(lastName, email string) string {
	return `{"data":{"type":"customers","id":"DE--1","attributes":{"salutation":"Mr","firstName":"John","lastName":"` + lastName + `","gender":null,
		"dateOfBirth":null,"email":"` + email + `","createdAt":"<time>","updatedAt":"<time>",
		"number":1,"fullName":"John ` + lastName + `","phone":null,"locale":null,"identification":null,"identificationType":null,"customerType":null,
		"metadata":{},"extra":{},"active":false,"status":"unconfirmed","hasAccount":true,"enabled":true,"totalSpent":"0.00","totalSpentCurrency":null,"lastOrderId":null,"defaultSourceId":null},
		"relationships":` + w.relationships() + `,
		` + w.meta() + `"links":{"self":"` + apitest.Base + `/customers/DE--1"}}}`
}

// meta is that of the customer, with the comma behind.
func (w seed) meta() string {
	if !w.hypermedia {
		return ""
	}
	return `"meta":{"reconsentRequired":false},`
}

func (w seed) relationships() string {
	if !w.hypermedia {
		return `{"addresses":{"links":{"related":"` + apitest.Base + `/customers/DE--1/addresses"}},"defaultShippingAddress":{"data":null},"defaultBillingAddress":{"data":null},"lastOrder":{"data":null},"defaultSource":{"data":null}}`
	}
	links := func(relation string) string {
		return `"links":{"self":"` + apitest.Base + `/customers/DE--1/relationships/` + relation + `","related":"` + apitest.Base + `/customers/DE--1/` + relation + `"}`
	}
	return `{"addresses":{` + links("addresses") + `},
		"defaultShippingAddress":{"data":null,` + links("defaultShippingAddress") + `},"defaultBillingAddress":{"data":null,` + links("defaultBillingAddress") + `},
		"orders":{` + links("orders") + `},"lastOrder":{"data":null,` + links("lastOrder") + `},
		"sources":{` + links("sources") + `},"defaultSource":{"data":null,` + links("defaultSource") + `},"groups":{` + links("groups") + `}}`
}

// owner is the relationship of an address to its customer, with the comma behind.
func (w seed) owner() string {
	if !w.hypermedia {
		return ""
	}
	return `"relationships":{"customer":{"data":{"type":"customers","id":"DE--1"},"links":{"related":"` + apitest.Base + `/customers/DE--1"}}},`
}

const seedAddressRest = `"houseNumber":null,"floor":null,"locality":null,"province":null,"number":"<number>","metadata":{},"createdAt":"<time>","updatedAt":"<time>"`

func (w seed) firstAddress(id string) string {
	return `{"type":"addresses","id":"` + id + `","attributes":{"salutation":"Mr","firstName":"Jason","lastName":"Voorhees","address1":"123 Sleep Street","address2":"123",
		"address3":null,"zipCode":"12345","city":"Dresden","country":"Germany","iso2Code":"DE","company":null,"phone":null,"isDefaultShipping":true,"isDefaultBilling":true,` + seedAddressRest + `},` + w.owner() + `
		"links":{"self":"` + apitest.Base + `/customers/DE--1/addresses/` + id + `"}}`
}

func (w seed) secondAddress(id string) string {
	return `{"type":"addresses","id":"` + id + `","attributes":{"salutation":"Mr","firstName":"John","lastName":"Doe","address1":"11 Second Street","address2":"4th Floor",
		"address3":"Suite 555","zipCode":"12312","city":"Berlin","country":"Germany","iso2Code":"DE","company":null,"phone":"22111-3-4-5","isDefaultShipping":false,"isDefaultBilling":false,` + seedAddressRest + `},` + w.owner() + `
		"links":{"self":"` + apitest.Base + `/customers/DE--1/addresses/` + id + `"}}`
}

// The order of attributes on the wire is Glue's, which JSON does not demand
// and people who read answers do.
func TestClassicAttributesComeFirstInGluesOrder(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("order@example.com")
	body := s.Get("/customers/"+customer.Reference, customer.Token).Has(http.StatusOK).Body
	last := -1
	for _, name := range []string{"salutation", "firstName", "lastName", "gender", "dateOfBirth", "email", "createdAt", "updatedAt", "number"} {
		at := strings.Index(body, `"`+name+`":`)
		if at <= last {
			t.Fatalf("%s does not follow its predecessor in %s", name, body)
		}
		last = at
	}
}
