package resources_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// identifier is linkage to one resource.
func identifier(kind, id string) string { return `{"type":"` + kind + `","id":"` + id + `"}` }

func TestADefaultAddressIsARelationshipThatCanBeChanged(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("places@example.com")
		path := "/customers/" + customer.Reference
		second, first := s.AddAddress(customer, "Berlin"), s.AddAddress(customer, "Bonn") // the earlier one is the default of both kinds
		for _, relation := range []string{"defaultShippingAddress", "defaultBillingAddress"} {
			linkage := path + "/relationships/" + relation
			document := func(data string) string {
				return `{"data":` + data + `,"links":{"self":"` + apitest.Base + linkage + `","related":"` + apitest.Base + path + "/" + relation + `"}}`
			}
			s.Get(linkage, customer.Token).Is(200, document(identifier("addresses", second)))
			s.Patch(linkage, customer.Token, `{"data":`+identifier("addresses", first)+`}`).Is(200, document(identifier("addresses", first)))
			s.Get(path+"/"+relation, customer.Token).Has(200)
			if id := s.Get(path+"/"+relation, customer.Token).Text("data.id"); id != first {
				t.Errorf("%s leads to %s", relation, id)
			}
			s.Patch(linkage, customer.Token, `{"data":null}`).Is(200, document("null"))
			s.Get(path+"/"+relation, customer.Token).Is(200, `{"data":null}`)
			s.Get(linkage, customer.Token).Is(200, document("null"))
		}
		flags := s.Get(path+"/addresses/"+first, customer.Token)
		if flags.At("data.attributes.isDefaultShipping") != false || flags.At("data.attributes.isDefaultBilling") != false {
			t.Errorf("the flags say something else: %s", flags.Body)
		}
	})
}

func TestARelationshipTakesOnlyWhatFits(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	mine, other := s.Register("mine@example.com"), s.Register("other@example.com")
	path := "/customers/" + mine.Reference + "/relationships/defaultShippingAddress"
	id, foreign := s.AddAddress(mine, "Berlin"), s.AddAddress(other, "Bonn")
	for body, said := range map[string]string{
		`{"data":` + identifier("addresses", foreign) + `}`:        `404 404 address_not_found "/data"`,
		`{"data":` + identifier("addresses", "nowhere") + `}`:      `404 404 address_not_found "/data"`,
		`{"data":` + identifier("customers", mine.Reference) + `}`: `409 - invalid_resource_type "/data/type"`,
		`{"data":[` + identifier("addresses", id) + `]}`:           `400 - invalid_document "/data"`,
		`{"data":{"type":"addresses"}}`:                            `400 - invalid_document "/data"`,
		`{"data":{"type":"addresses","id":7}}`:                     `400 - invalid_document "/data/id"`,
		`{"data":{"type":"addresses","ID":"x"}}`:                   `400 - invalid_document "/data/ID"`,
		`{"data":7}`:                                               `400 - invalid_document "/data"`,
		`{}`:                                                       `400 - invalid_document ""`,
		``:                                                         `400 - invalid_document -`,
	} {
		status, line, _ := strings.Cut(said, " ")
		answer := s.Patch(path, mine.Token, body)
		answer.Fails(map[string]int{"400": 400, "404": 404, "409": 409}[status], line)
	}
	s.Patch(path, other.Token, `{"data":null}`).Fails(403, "411 unauthorized_request -")
	s.Get(path, other.Token).Fails(404, "402 customer_not_found -")
	s.Get("/customers/"+mine.Reference+"/defaultShippingAddress", other.Token).Fails(404, "402 customer_not_found -")
	s.Get("/customers/DE--999/relationships/addresses", apitest.AdminKey).Fails(404, "402 customer_not_found -")
	if now := s.Get(path, mine.Token).Text("data.id"); now != id {
		t.Errorf("the default became %s", now)
	}
}

func TestTheAddressesOfACustomerAreNotARelationshipToWrite(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("linked@example.com")
	path := "/customers/" + customer.Reference + "/relationships/addresses"
	s.Get(path, customer.Token).Is(200, `{"data":[],"links":{"self":"`+apitest.Base+path+`","related":"`+apitest.Base+`/customers/`+customer.Reference+`/addresses"}}`)
	first, second := s.AddAddress(customer, "Berlin"), s.AddAddress(customer, "Bonn")
	linkage := `[` + identifier("addresses", first) + `,` + identifier("addresses", second) + `]`
	for _, method := range []string{http.MethodPost, http.MethodPatch, http.MethodDelete} {
		s.Do(apitest.Request{Method: method, Path: path, Token: customer.Token, Body: `{"data":[` + identifier("addresses", first) + `]}`}).
			Fails(403, "- relationship_forbidden -")
	}
	s.Get(path, customer.Token).Is(200, `{"data":`+linkage+`,"links":{"self":"`+apitest.Base+path+`","related":"`+apitest.Base+`/customers/`+customer.Reference+`/addresses"}}`)
}

func TestARelationshipIsNotOverwrittenUnseen(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("unseen@example.com")
	s.AddAddress(customer, "Berlin")
	path := "/customers/me/relationships/defaultBillingAddress"
	change := func(match, body string) *apitest.Answer {
		return s.Do(apitest.Request{Method: http.MethodPatch, Path: path, Token: customer.Token, Body: body, Header: map[string]string{"If-Match": match}})
	}
	tag := s.Get(path, customer.Token).Header.Get("ETag")
	fresh := change(tag, `{"data":null}`).Has(200).Header.Get("ETag")
	change(tag, `{"data":null}`).Fails(412, "- precondition_failed If-Match")
	if fresh == tag || s.Get(path, customer.Token).Header.Get("ETag") != fresh {
		t.Errorf("the tags are %s, %s", tag, fresh)
	}
}

func TestACustomersDocumentMayMoveTheDefaults(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("moves@example.com")
	path := "/customers/" + customer.Reference
	s.AddAddress(customer, "Berlin")
	first := s.AddAddress(customer, "Bonn")
	move := func(attributes, relationships string) *apitest.Answer {
		return s.Patch(path, customer.Token, `{"data":{"type":"customers","id":"`+customer.Reference+`","attributes":`+attributes+`,"relationships":`+relationships+`}}`)
	}
	moved := move(`{"firstName":"Jack"}`, `{"defaultShippingAddress":{"data":`+identifier("addresses", first)+`},"defaultBillingAddress":{"data":null}}`).Has(200)
	if moved.Text("data.relationships.defaultShippingAddress.data.id") != first || moved.At("data.relationships.defaultBillingAddress.data") != nil || moved.Text("data.attributes.firstName") != "Jack" {
		t.Errorf("%s", moved.Body)
	}
	// What is refused leaves everything as it was, the attributes beside it too.
	move(`{"firstName":"Late"}`, `{"defaultBillingAddress":{"data":`+identifier("addresses", "nowhere")+`}}`).Fails(404, `404 address_not_found "/data/relationships/defaultBillingAddress"`)
	move(`{"firstName":"Late"}`, `{"addresses":{"data":[]}}`).Fails(403, `- relationship_forbidden "/data/relationships/addresses"`)
	move(`{"firstName":"Late"}`, `{"defaultBillingAddress":{"data":[]}}`).Fails(400, `- invalid_document "/data/relationships/defaultBillingAddress"`)
	move(`{"firstName":"Late"}`, `{"defaultBillingAddress":{}}`).Fails(400, `- invalid_document "/data/relationships/defaultBillingAddress"`)
	if now := s.Get(path, customer.Token); now.Body != moved.Body {
		t.Errorf("it became %s", now.Body)
	}
	s.Post("/customers", "", `{"data":{"type":"customers","attributes":{},"relationships":{"defaultShippingAddress":{"data":`+identifier("addresses", first)+`}}}}`).
		Fails(404, `404 address_not_found "/data/relationships/defaultShippingAddress"`)
}

func TestAnAddressStaysWithItsCustomer(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	mine, other := s.Register("stays@example.com"), s.Register("elsewhere@example.com")
	path := "/customers/me/addresses/" + s.AddAddress(mine, "Berlin")
	with := func(owner string) string {
		return `{"data":{"type":"addresses","attributes":{"city":"Bonn"},"relationships":{"customer":{"data":` + owner + `}}}}`
	}
	s.Patch(path, mine.Token, with(identifier("customers", other.Reference))).Fails(403, `- relationship_forbidden "/data/relationships/customer"`)
	s.Patch(path, mine.Token, with("null")).Fails(403, `- relationship_forbidden "/data/relationships/customer"`)
	if city := s.Get(path, mine.Token).Text("data.attributes.city"); city != "Berlin" {
		t.Errorf("it is in %s", city)
	}
	s.Patch(path, mine.Token, with(identifier("customers", mine.Reference))).Has(200)
}

func TestAnIncludeLeadsInBothDirections(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("both@example.com")
	path := "/customers/" + customer.Reference
	id := s.AddAddress(customer, "Berlin")
	narrow := "&fields[customers]=firstName,addresses&fields[addresses]=city,customer"
	links := `"links":{"self":"` + apitest.Base + path + `/relationships/addresses","related":"` + apitest.Base + path + `/addresses"}`
	owner := `{"type":"customers","id":"` + customer.Reference + `","attributes":{"firstName":"John"},"relationships":{"addresses":{%}},#"links":{"self":"` + apitest.Base + path + `"}}`
	address := `{"type":"addresses","id":"` + id + `","attributes":{"city":"Berlin"},
		"relationships":{"customer":{"data":` + identifier("customers", customer.Reference) + `,"links":{"related":"` + apitest.Base + path + `"}}},"links":{"self":"` + apitest.Base + path + `/addresses/` + id + `"}}`
	whole := strings.NewReplacer("%", `"data":[`+identifier("addresses", id)+`],`+links, "#", `"meta":{"reconsentRequired":false},`).Replace(owner)
	// The way back leads to the primary resource, which is there already.
	for _, include := range []string{"addresses", "addresses.customer", "addresses,addresses.customer"} {
		s.Get(path+"?include="+include+narrow, customer.Token).Is(200, `{"data":`+whole+`,"included":[`+address+`]}`)
	}
	bare := strings.NewReplacer("%", links, "#", "").Replace(owner)
	s.Get(path+"/addresses/"+id+"?include=customer"+narrow, customer.Token).Is(200, `{"data":`+address+`,"included":[`+bare+`]}`)
	s.Get(path+"/defaultShippingAddress?include=customer"+narrow, customer.Token).Is(200, `{"data":`+address+`,"included":[`+bare+`]}`)
	list := s.Get(path+"/addresses?include=customer"+narrow, customer.Token).Has(200)
	if list.At("included.0.id") != customer.Reference || list.At("included.1") != nil {
		t.Errorf("%s", list.Body)
	}
	s.Get(path+"/addresses?include=customer.addresses", customer.Token).Fails(400, "- unknown_include include")
	s.Get(path+"/relationships/addresses?include=addresses", customer.Token).Fails(400, "- unknown_include include")
}

// Every link that an answer hands out can be fetched, and every resource's own
// link leads to that resource.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	customer := s.Register("crawl@example.com")
	s.AddAddress(customer, "Berlin")
	s.AddAddress(customer, "Bonn")
	seen := map[string]bool{}
	var follow func(path string)
	visit := func(value any) {}
	follow = func(path string) {
		if seen[path] {
			return
		}
		seen[path] = true
		answer := s.Get(path, apitest.AdminKey).Has(200)
		if data, ok := answer.At("data").(map[string]any); ok {
			if links, _ := data["links"].(map[string]any); links["self"] == apitest.Base+path && !strings.HasSuffix(path, data["id"].(string)) {
				t.Errorf("%s shows %v", path, data["id"])
			}
		}
		visit(answer.JSON())
	}
	visit = func(value any) {
		switch inside := value.(type) {
		case []any:
			for _, one := range inside {
				visit(one)
			}
		case map[string]any:
			for name, one := range inside {
				if links, ok := one.(map[string]any); ok && name == "links" {
					for _, link := range links {
						if object, ok := link.(map[string]any); ok {
							link = object["href"]
						}
						if url, ok := link.(string); ok {
							follow(strings.TrimPrefix(url, apitest.Base))
						}
					}
				}
				visit(one)
			}
		}
	}
	follow("/customers?page[after]=&page[size]=1&include=addresses")
	follow("/customers?page[number]=1&page[size]=1")
	follow("/customers?page[offset]=0&page[limit]=1")
	follow("/outbox-messages")
	if len(seen) < 15 {
		t.Errorf("only %d links: %v", len(seen), seen)
	}
}
