package digitalriver_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
)

const (
	sent = `{"id":"5823594808","email":"customer@example.com","locale":"en_US","type":"individual","enabled":true}`
	made = `{"id":"5823594808","createdTime":"<text>","updatedTime":"<text>","email":"customer@example.com",
		"locale":"en_US","type":"individual","enabled":true,"requestToBeForgotten":false,"sources":[],"taxIdentifiers":[],"taxCertificates":[],
		"metadata":{},"liveMode":true}`
	card      = "fd74a5c5-0163-469a-ae8e-031f0259b576"
	shownCard = `{"id":"` + card + `","type":"creditCard","reusable":true,"state":"chargeable","createdTime":"<text>","owner":"Jane Doe",
		"creditCard":{"brand":"visa","lastFourDigits":"4242","expirationMonth":12,"expirationYear":2034}}`
)

// addCard adds a payment source that is nobody's.
func addCard(s *apitest.Service, id string, attributes map[string]any) {
	all := map[string]any{"provider": "stripe", "sourceType": "card", "token": "pm_1", "brand": "visa", "lastFour": "4242", "holder": "Jane Doe", "expiryMonth": 12, "expiryYear": 2034}
	for name, value := range attributes {
		all[name] = value
	}
	s.Post("/payment-sources", apitest.AdminKey, apitest.WithID(id, apitest.Document("payment-sources", all))).Has(http.StatusCreated)
}

// The samples of the source (digital-river.md 9), one after the other.
func TestTheSamplesAreAnsweredAsPrinted(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		created := post(s, customers, sent).Is(http.StatusCreated, made)
		if created.Text("createdTime") != created.Text("updatedTime") {
			t.Error(created.Body)
		}
		get(s, customers+"/5823594808").Is(http.StatusOK, made)
		addCard(s, card, nil)
		post(s, customers+"/5823594808/sources/"+card, "").Is(http.StatusOK, shownCard)
		changed := strings.NewReplacer(`"requestToBeForgotten":false`, `"requestToBeForgotten":true,"defaultSourceId":"`+card+`"`, `"sources":[]`, `"sources":[`+shownCard+`]`).Replace(made)
		post(s, customers+"/5823594808", `{"defaultSourceId":"`+card+`","requestToBeForgotten":true}`).Is(http.StatusOK, changed)
		get(s, customers+"?limit=2&startingAfter=5823594808").Is(http.StatusOK, `{"hasMore":false,"data":[]}`)
		get(s, customers+"?limit=2").Is(http.StatusOK, `{"hasMore":false,"data":[`+changed+`]}`)
	})
}

func TestNothingHasToBeSaidOfACustomer(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		post(s, customers, `{}`).Is(http.StatusCreated, `{"id":"DE--1","createdTime":"<text>","updatedTime":"<text>","enabled":true,"requestToBeForgotten":false,
			"sources":[],"taxIdentifiers":[],"taxCertificates":[],"metadata":{},"liveMode":true}`)
		nothing := post(s, customers, `{"id":null,"email":null,"locale":null,"type":null,"enabled":null,"metadata":null,"shipping":null,"defaultSourceId":null,"unknown":[1]}`).Has(http.StatusCreated)
		expect(t, nothing, map[string]any{"id": "DE--2", "enabled": true, "email": nil, "locale": nil, "type": nil, "shipping": nil})
		expect(t, post(s, customers, `{"requestToBeForgotten":true}`).Has(http.StatusCreated), map[string]any{"requestToBeForgotten": false}) // written by a change alone
	})
}

func TestSeveralCustomersMayShareAnEmailAddress(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		owner := s.Register("shared@example.com")
		for range 2 {
			expect(t, post(s, customers, `{"email":"Shared@example.com"}`).Has(http.StatusCreated), map[string]any{"email": "Shared@example.com"})
		}
		page := get(s, customers+"?email=SHARED@example.com").Has(http.StatusOK)
		expect(t, page, map[string]any{"data.2.id": owner.Reference, "data.2.email": "shared@example.com", "data.3": nil})
		taken := post(s, customers+"/"+owner.Reference, `{"email":"free@example.com"}`).Has(http.StatusOK)
		expect(t, taken, map[string]any{"email": "free@example.com"})
		other := s.Register("other@example.com")
		fails(t, post(s, customers+"/"+other.Reference, `{"email":"free@example.com"}`), http.StatusBadRequest, "bad_request", "invalid_parameter email")
		fails(t, post(s, customers+"/"+other.Reference, `{"email":null}`), http.StatusBadRequest, "bad_request", "invalid_string_empty email")
	})
}

func TestAChangeMerges(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		post(s, customers, `{"id":"a","email":"a@example.com","locale":"pt-BR","type":"business","metadata":{"text":"x","flag":true,"number":5}}`).Has(http.StatusCreated)
		changed := post(s, customers+"/a", `{"id":"b","type":"individual","metadata":{"flag":null,"more":-1}}`).Has(http.StatusOK)
		expect(t, changed, map[string]any{"id": "a", "email": "a@example.com", "locale": "pt_BR", "type": "individual", "metadata.text": "x", "metadata.flag": nil, "metadata.number": 5.0, "metadata.more": -1.0})
		cleared := post(s, customers+"/a", `{"email":null,"locale":null,"type":null,"metadata":null}`).Has(http.StatusOK)
		expect(t, cleared, map[string]any{"email": nil, "locale": nil, "type": nil})
		if metadata, _ := cleared.At("metadata").(map[string]any); metadata == nil || len(metadata) > 0 {
			t.Errorf("%v", metadata)
		}
		s.Clock.Forward(time.Second)
		later := post(s, customers+"/a", `{"email":"again@example.com"}`).Has(http.StatusOK)
		if later.Text("updatedTime") <= cleared.Text("updatedTime") || later.Text("createdTime") != cleared.Text("createdTime") {
			t.Error(later.Body)
		}
	})
}

func TestACustomerWhoIsNotEnabledCannotLogIn(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	jane := s.Register("jane@example.com")
	expect(t, post(s, customers+"/"+jane.Reference, `{"enabled":false}`).Has(http.StatusOK), map[string]any{"enabled": false})
	s.LogIn(jane.Email, jane.Password).Has(http.StatusUnauthorized)
	s.Get("/customers/me", jane.Token).Has(http.StatusUnauthorized)
	expect(t, post(s, customers+"/"+jane.Reference, `{"enabled":true}`).Has(http.StatusOK), map[string]any{"enabled": true})
	s.LogIn(jane.Email, jane.Password).Has(http.StatusCreated)
}

func TestACustomerGetsACredentialByAReset(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	post(s, customers, `{"id":"a","email":"a@example.com"}`).Has(http.StatusCreated)
	s.Forget("a@example.com")
	s.Do(apitest.Request{Method: http.MethodPatch, Path: "/customer-restore-password", Body: apitest.Document("customer-restore-password", map[string]any{
		"restorePasswordKey": s.MailedKey("a@example.com", "restore"), "password": apitest.Password, "confirmPassword": apitest.Password,
	})}).Has(http.StatusNoContent)
	s.Get("/customers/me", s.Login("a@example.com", apitest.Password)).Has(http.StatusOK)
}

func TestShippingFillsTheDefaultPlace(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		const whole = `{"name":"Ana Maria  Souza","phone":"+55 11","email":"goods@example.com","organization":"ACME",
			"address":{"line1":"Rua A 1","line2":"Apto 2","city":"São Paulo","postalCode":"05653-070","state":"SP","country":"br"},
			"additionalAddressInfo":{"neighborhood":"Morumbi","phoneticName":"a-na","floors":[1,{"a":null}]}}`
		shown := strings.NewReplacer(`"br"`, `"BR"`, "Maria  Souza", "Maria Souza").Replace(whole)
		created := post(s, customers, `{"id":"a","shipping":`+whole+`}`).Has(http.StatusCreated)
		get(s, customers+"/a").Is(http.StatusOK, `{"id":"a","createdTime":"<text>","updatedTime":"<text>","enabled":true,"requestToBeForgotten":false,"shipping":`+shown+`,
			"sources":[],"taxIdentifiers":[],"taxCertificates":[],"metadata":{},"liveMode":true}`)
		if created.Body != get(s, customers+"/a").Body {
			t.Error(created.Body)
		}
		addresses := func() *apitest.Answer { return s.Get("/customers/a/addresses", apitest.AdminKey).Has(http.StatusOK) }
		expect(t, addresses(), map[string]any{"data.0.attributes.firstName": "Ana Maria", "data.0.attributes.lastName": "Souza", "data.0.attributes.isDefaultShipping": true, "data.0.attributes.isDefaultBilling": false,
			"data.0.attributes.locality": "Morumbi", "data.0.attributes.metadata.phoneticName": "a-na"})
		id := addresses().Text("data.0.id")
		changed := post(s, customers+"/a", `{"shipping":{"phone":null,"address":{"line1":"Rua B 2","line2":null},"additionalAddressInfo":{"phoneticName":null,"gate":"3"}}}`).Has(http.StatusOK)
		expect(t, changed, map[string]any{"shipping.phone": nil, "shipping.address.line1": "Rua B 2", "shipping.address.line2": nil, "shipping.address.city": "São Paulo", "shipping.name": "Ana Maria Souza",
			"shipping.email": "goods@example.com", "shipping.additionalAddressInfo.phoneticName": nil, "shipping.additionalAddressInfo.gate": "3", "shipping.additionalAddressInfo.neighborhood": "Morumbi"})
		expect(t, addresses(), map[string]any{"data.0.id": id, "data.1": nil})
		cleared := post(s, customers+"/a", `{"shipping":{"name":"Bo","address":null,"additionalAddressInfo":null}}`).Has(http.StatusOK)
		expect(t, cleared, map[string]any{"shipping.name": "Bo", "shipping.address.city": nil, "shipping.email": "goods@example.com", "shipping.additionalAddressInfo": nil})
		expect(t, post(s, customers+"/a", `{"shipping":{"email":null}}`).Has(http.StatusOK), map[string]any{"shipping.email": nil, "shipping.name": "Bo"})
		expect(t, post(s, customers+"/a", `{"shipping":{}}`).Has(http.StatusOK), map[string]any{"shipping.name": "Bo"})
		expect(t, post(s, customers+"/a", `{"shipping":null}`).Has(http.StatusOK), map[string]any{"shipping": nil})
		expect(t, addresses(), map[string]any{"data.0.id": id, "data.0.attributes.isDefaultShipping": false, "data.1": nil})
		expect(t, post(s, customers+"/a", `{"shipping":{"address":{"city":"Campinas"}}}`).Has(http.StatusOK), map[string]any{"shipping.address.city": "Campinas", "shipping.name": nil})
		expect(t, addresses(), map[string]any{"data.0.id": id, "data.1.attributes.city": "Campinas", "data.1.attributes.isDefaultShipping": true, "data.1.attributes.isDefaultBilling": false})
	})
}

func TestTheNameOfAnAccountIsShownWhereGoodsGo(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, served)
	jane := s.Register("jane@example.com")
	if body := get(s, customers+"/"+jane.Reference).Has(http.StatusOK).Body; strings.Contains(body, "Doe") {
		t.Error(body)
	}
	expect(t, post(s, customers+"/"+jane.Reference, `{"shipping":{"address":{"city":"Berlin"}}}`).Has(http.StatusOK), map[string]any{"shipping.name": "John Doe"})
	expect(t, post(s, customers+"/"+jane.Reference, `{"shipping":{"name":"Somebody Else"}}`).Has(http.StatusOK), map[string]any{"shipping.name": "Somebody Else"})
	expect(t, s.Get("/customers/"+jane.Reference, jane.Token), map[string]any{"data.attributes.firstName": "John"})
}

func TestAWishToBeForgottenOpensAndClosesARequest(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		post(s, customers, `{"id":"a","email":"a@example.com"}`).Has(http.StatusCreated)
		post(s, customers, `{"id":"b"}`).Has(http.StatusCreated)
		expect(t, post(s, customers+"/a", `{"requestToBeForgotten":true}`).Has(http.StatusOK), map[string]any{"requestToBeForgotten": true, "email": "a@example.com"})
		requests := func() *apitest.Answer { return s.Get("/erasure-requests", apitest.AdminKey).Has(http.StatusOK) }
		expect(t, requests(), map[string]any{"data.0.attributes.state": "pending", "data.1": nil})
		expect(t, get(s, customers+"?requestToBeForgotten=true"), map[string]any{"data.0.id": "a", "data.1": nil})
		expect(t, get(s, customers+"?requestToBeForgotten=false"), map[string]any{"data.0.id": "b", "data.1": nil})
		expect(t, post(s, customers+"/a", `{"requestToBeForgotten":false}`).Has(http.StatusOK), map[string]any{"requestToBeForgotten": false})
		expect(t, requests(), map[string]any{"data.0.attributes.state": "cancelled", "data.1": nil})
	})
}

func TestADeletedCustomerIsGoneForGood(t *testing.T) {
	t.Parallel()
	apitest.Each(t, served, func(t *testing.T, s *apitest.Service) {
		post(s, customers, `{"id":"a","email":"a@example.com","shipping":{"name":"Ana","address":{"city":"X"}}}`).Has(http.StatusCreated)
		addCard(s, card, nil)
		post(s, customers+"/a/sources/"+card, "").Has(http.StatusOK)
		jane := s.Register("jane@example.com")
		for _, id := range []string{"a", jane.Reference} {
			remove(s, customers+"/"+id).Is(http.StatusNoContent, "")
			for _, gone := range []*apitest.Answer{get(s, customers+"/"+id), remove(s, customers+"/"+id), post(s, customers+"/"+id, `{}`), s.Get("/customers/"+id, apitest.AdminKey)} {
				gone.Has(http.StatusNotFound)
			}
		}
		s.Get("/customers/me", jane.Token).Has(http.StatusUnauthorized)
		s.Get("/payment-sources/"+card, apitest.AdminKey).Has(http.StatusNotFound)
		get(s, customers).Is(http.StatusOK, `{"hasMore":false,"data":[]}`)
		if told := fmt.Sprint(s.Get("/events", apitest.AdminKey).JSON()); !strings.Contains(told, "customer.deleted") {
			t.Error(told)
		}
		fails(t, post(s, customers, `{"id":"a"}`), http.StatusConflict, "conflict", "already_exists id")
		post(s, customers, `{"id":"c","email":"a@example.com"}`).Has(http.StatusCreated)
		s.Register("jane@example.com")
	})
}
