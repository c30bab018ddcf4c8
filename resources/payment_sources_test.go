package resources_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// The number of a card as people write it, and its provider's reference.
const (
	cardNumber = "4242 4242-4242 4242"
	cardToken  = "pm_1Q0PsIJvEtkw"
)

// card is what is said of a card that is saved at a provider; the others are laid over it.
func card(others map[string]any) string {
	attributes := map[string]any{"provider": "stripe", "sourceType": "card", "token": cardToken, "brand": "visa", "lastFour": "4242", "expiryMonth": 12, "expiryYear": 2034, "holder": "Ada King"}
	for name, value := range others {
		attributes[name] = value
	}
	return apitest.Document("payment-sources", attributes)
}

// addSource adds a source that is nobody's.
func addSource(s *apitest.Service) string {
	return s.Post("/payment-sources", apitest.AdminKey, card(nil)).Has(http.StatusCreated).Text("data.id")
}

// sourcesOf is the document of a relationship to sources.
func sourcesOf(ids ...string) string {
	identifiers := make([]string, len(ids))
	for i, id := range ids {
		identifiers[i] = identifier("payment-sources", id)
	}
	return `{"data":[` + strings.Join(identifiers, ",") + `]}`
}

func linkageOf(s *apitest.Service, reference string) string {
	return "/customers/" + reference + "/relationships/sources"
}

// addOwnSource adds a source that is a customer's.
func addOwnSource(s *apitest.Service, reference string) string {
	id := addSource(s)
	s.Post(linkageOf(s, reference), apitest.AdminKey, sourcesOf(id)).Has(http.StatusOK)
	return id
}

func TestPaymentSourcesAreKept(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		const id = "fd74a5c5-0163-469a-ae8e-031f0259b576"
		path := "/payment-sources/" + id
		own := apitest.Base + path
		document := func(attributes string) string {
			return `{"data":{"type":"payment-sources","id":"` + id + `","attributes":` + attributes + `,"relationships":{"customer":{"data":null}},"links":{"self":"` + own + `"}}}`
		}
		s.Post("/payment-sources", apitest.AdminKey, apitest.WithID(id, card(map[string]any{"metadata": map[string]any{"slot": 1}}))).Is(http.StatusCreated, document(
			`{"provider":"stripe","sourceType":"card","token":"pm_1Q0PsIJvEtkw","brand":"visa","lastFour":"4242","expiryMonth":12,"expiryYear":2034,"holder":"Ada King","state":"chargeable","metadata":{"slot":1},"createdAt":"<time>","updatedAt":"<time>","detachedAt":null}`))
		s.Post("/payment-sources", apitest.AdminKey, apitest.WithID(id, card(nil))).Fails(http.StatusConflict, `- resource_id_taken "/data/id"`)
		for _, wrong := range []string{strings.ToUpper(id), strings.ReplaceAll(id, "-", ""), "urn:uuid:" + id, "card-1"} {
			s.Post("/payment-sources", apitest.AdminKey, apitest.WithID(wrong, card(nil))).Fails(http.StatusUnprocessableEntity, `- resource_id_invalid "/data/id"`)
		}
		s.Patch(path, apitest.AdminKey, apitest.Document("payment-sources", map[string]any{"lastFour": nil, "brand": nil, "holder": nil, "expiryMonth": nil, "expiryYear": 2035, "state": "consumed", "metadata": map[string]any{"slot": nil}})).Is(http.StatusOK, document(
			`{"provider":"stripe","sourceType":"card","token":"pm_1Q0PsIJvEtkw","brand":null,"lastFour":null,"expiryMonth":null,"expiryYear":2035,"holder":null,"state":"consumed","metadata":{},"createdAt":"<time>","updatedAt":"<time>","detachedAt":null}`))
		tag := s.Get(path, apitest.AdminKey).Has(http.StatusOK).Header.Get("ETag")
		s.Patch(path, apitest.AdminKey, apitest.Document("payment-sources", map[string]any{"brand": "visa"})).Has(http.StatusOK)
		for _, method := range []string{http.MethodPatch, http.MethodDelete} {
			s.Do(apitest.Request{Method: method, Path: path, Token: apitest.AdminKey, Body: apitest.Document("payment-sources", map[string]any{}), Header: map[string]string{"If-Match": tag}}).
				Fails(http.StatusPreconditionFailed, "- precondition_failed If-Match")
		}
		s.Delete(path, apitest.AdminKey).Is(http.StatusNoContent, "")
		for _, answer := range []*apitest.Answer{s.Get(path, apitest.AdminKey), s.Delete(path, apitest.AdminKey), s.Patch(path, apitest.AdminKey, apitest.Document("payment-sources", map[string]any{}))} {
			answer.Fails(http.StatusNotFound, "4472 payment_source_not_found -")
		}
	})
}

func TestAPaymentSourceIsWhatItsAttributesAllow(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	at := func(name string, lines ...string) []string {
		for i := range lines {
			lines[i] += ` "/data/attributes/` + name + `"`
		}
		return lines
	}
	const blank, form = "901 value_blank", "901 type_invalid"
	for _, c := range []struct {
		name  string
		value any
		lines []string
	}{
		{"provider", "Stripe", at("provider", form)},
		{"provider", strings.Repeat("x", 41), at("provider", form)},
		{"provider", "", at("provider", blank)},
		{"provider", nil, at("provider", blank)},
		{"sourceType", "a card", at("sourceType", form)},
		{"token", nil, at("token", blank)},
		{"token", strings.Repeat("x", 256), at("token", "901 too_long")},
		{"lastFour", "424", at("lastFour", form)},
		{"lastFour", "42424", at("lastFour", form)},
		{"lastFour", "٤٢٤٢", at("lastFour", form)},
		{"lastFour", 4242, at("lastFour", form)},
		{"expiryMonth", 0, at("expiryMonth", form)},
		{"expiryMonth", 13, at("expiryMonth", form)},
		{"expiryMonth", "12", at("expiryMonth", form)},
		{"expiryYear", 1999, at("expiryYear", form)},
		{"expiryYear", 2100, at("expiryYear", form)},
		{"expiryYear", 34.5, at("expiryYear", form)},
		{"holder", "a\u0007", at("holder", "901 characters_invalid")},
		{"state", "new", at("state", "901 choice_invalid")},
		{"state", nil, at("state", blank)},
		{"metadata", "x", at("metadata", form)},
	} {
		s.Post("/payment-sources", apitest.AdminKey, card(map[string]any{c.name: c.value})).Fails(http.StatusUnprocessableEntity, c.lines...)
	}
	s.Post("/payment-sources", apitest.AdminKey, apitest.Document("payment-sources", map[string]any{"brand": "visa"})).
		Fails(http.StatusUnprocessableEntity, `901 field_missing "/data/attributes"`, `901 field_missing "/data/attributes"`, `901 field_missing "/data/attributes"`)
	s.Post("/payment-sources", apitest.AdminKey, strings.Replace(card(nil), `"attributes"`, `"relationships":{"customer":{"data":null}},"attributes"`, 1)).
		Fails(http.StatusForbidden, `- relationship_forbidden "/data/relationships/customer"`)
	if rows := s.Rows("SELECT * FROM payment_sources"); len(rows) != 0 {
		t.Errorf("%v", rows)
	}
}

// Wherever the number of a card stands in what is sent, it is refused, and nothing of it
// is in the database, in the log or in the answer.
func TestNoCardNumberIsTaken(t *testing.T) {
	t.Parallel()
	apitest.Each(t, apitest.Settings{"LOG_LEVEL": "debug"}, func(t *testing.T, s *apitest.Service) {
		path := "/payment-sources/" + addSource(s)
		numbers := []string{"4242424242424242", cardNumber, "4222222222222", "6778353374068124152", "it is 378282246310005, thanks", "4242.4242.4242.4242"}
		places := map[string]func(string) any{
			"provider": asIs, "sourceType": asIs, "token": asIs, "brand": asIs, "holder": asIs,
			"metadata":        func(number string) any { return map[string]any{"a": map[string]any{"b": []any{number}}} },
			"metadata's name": func(number string) any { return map[string]any{"a": map[string]any{number: true}} },
		}
		for place, value := range places {
			name, _, _ := strings.Cut(place, "'")
			for _, number := range numbers {
				for _, answer := range []*apitest.Answer{
					s.Post("/payment-sources", apitest.AdminKey, card(map[string]any{name: value(number)})),
					s.Patch(path, apitest.AdminKey, apitest.Document("payment-sources", map[string]any{name: value(number)})),
				} {
					answer.Has(http.StatusUnprocessableEntity)
					if !strings.Contains(answer.Body, `"code":"4470"`) || !strings.Contains(answer.Body, `"pointer":"/data/attributes/`+name+`"`) || strings.Contains(answer.Body, number) {
						t.Errorf("%s in %s: %s", number, place, answer.Body)
					}
				}
			}
		}
		for _, number := range []string{"4242424242424242", "4.242424242424242e15"} { // as JSON has numbers
			s.Patch(path, apitest.AdminKey, apitest.Document("payment-sources", map[string]any{"metadata": map[string]any{"a": json.Number(number)}})).
				Fails(http.StatusUnprocessableEntity, `4470 card_number_refused "/data/attributes/metadata"`)
		}
		s.Patch(path, apitest.AdminKey, apitest.Document("payment-sources", map[string]any{"lastFour": "4242424242424242"})).
			Fails(http.StatusUnprocessableEntity, `4470 card_number_refused "/data/attributes/lastFour"`, `901 type_invalid "/data/attributes/lastFour"`)
		for _, number := range append(numbers, "4.242424242424242e15") {
			if found := s.Search(number); len(found) > 0 {
				t.Errorf("%s is kept in %v", number, found)
			}
			if strings.Contains(s.Log.String(), number) {
				t.Errorf("%s is logged", number)
			}
		}
		// One that has another check digit is none.
		s.Patch(path, apitest.AdminKey, apitest.Document("payment-sources", map[string]any{"holder": "4222222222223"})).Has(http.StatusOK)
	})
}

func asIs(number string) any { return number }

func TestSourcesAreAttachedAndDetached(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		ada, bob := s.Register("ada@example.com"), s.Register("bob@example.com")
		own := linkageOf(s, ada.Reference)
		document := func(ids ...string) string {
			return strings.TrimSuffix(sourcesOf(ids...), "}") + `,"links":{"self":"` + apitest.Base + own + `","related":"` + apitest.Base + `/customers/` + ada.Reference + `/sources"}}`
		}
		first, second, third := addSource(s), addSource(s), addSource(s)
		s.Get(own, ada.Token).Is(http.StatusOK, document())
		s.Post(own, ada.Token, sourcesOf(first)).Fails(http.StatusForbidden, "411 unauthorized_request -") // whoever could guess an id would have it
		s.Post(own, apitest.AdminKey, sourcesOf(first)).Is(http.StatusOK, document(first))
		s.Post(own, apitest.AdminKey, sourcesOf(second, first, second)).Is(http.StatusOK, document(first, second))
		s.Get(own, ada.Token).Is(http.StatusOK, document(first, second))
		if me := s.Get("/customers/me", ada.Token); me.Text("data.attributes.defaultSourceId") != first || me.Text("data.relationships.defaultSource.data.id") != first {
			t.Errorf("%s", me.Body)
		}

		// All or none.
		theirs := addOwnSource(s, bob.Reference)
		for place, id := range map[string]string{"4471 payment_source_taken": theirs, "4472 payment_source_not_found": "nowhere"} {
			status := map[bool]int{true: http.StatusConflict, false: http.StatusNotFound}[id == theirs]
			s.Post(own, apitest.AdminKey, sourcesOf(third, id)).Fails(status, place+` "/data/1/id"`)
		}
		s.Get(own, ada.Token).Is(http.StatusOK, document(first, second))
		for state, line := range map[string]string{"pending": "4474 payment_source_not_chargeable", "failed": "4474 payment_source_not_chargeable", "canceled": "4474 payment_source_not_chargeable", "consumed": "4473 payment_source_spent"} {
			s.Patch("/payment-sources/"+third, apitest.AdminKey, apitest.Document("payment-sources", map[string]any{"state": state})).Has(http.StatusOK)
			s.Post(own, apitest.AdminKey, sourcesOf(third)).Fails(http.StatusConflict, line+` "/data/0/id"`)
		}

		// What the customer does not have is passed over; what they had does not come back.
		s.Do(apitest.Request{Method: http.MethodDelete, Path: own, Token: ada.Token, Body: sourcesOf(first, theirs, third, "nowhere")}).Is(http.StatusNoContent, "")
		s.Get(own, ada.Token).Is(http.StatusOK, document(second))
		s.Get(linkageOf(s, bob.Reference), bob.Token).Has(http.StatusOK)
		if kept := s.Get("/customers/me", bob.Token); kept.Text("data.attributes.defaultSourceId") != theirs {
			t.Errorf("%s", kept.Body)
		}
		if me := s.Get("/customers/me", ada.Token); me.At("data.attributes.defaultSourceId") != nil || me.At("data.relationships.defaultSource.data") != nil {
			t.Errorf("%s", me.Body)
		}
		for _, reference := range []string{ada.Reference, bob.Reference} {
			s.Post(linkageOf(s, reference), apitest.AdminKey, sourcesOf(first)).Fails(http.StatusConflict, `4473 payment_source_spent "/data/0/id"`)
		}
		gone := s.Get("/payment-sources/"+first, apitest.AdminKey).Has(http.StatusOK)
		if gone.At("data.relationships.customer.data") != nil || gone.Text("data.attributes.detachedAt") == "" {
			t.Errorf("%s", gone.Body)
		}
		s.Get("/payment-sources/"+first, ada.Token).Fails(http.StatusNotFound, "4472 payment_source_not_found -")
		s.Delete("/payment-sources/"+second, apitest.AdminKey).Is(http.StatusNoContent, "")
		s.Get(own, ada.Token).Is(http.StatusOK, document())
		s.Patch(own, apitest.AdminKey, sourcesOf()).Fails(http.StatusForbidden, "- relationship_forbidden -")
		s.Post(own, apitest.AdminKey, `{"data":null}`).Fails(http.StatusBadRequest, `- invalid_document "/data"`)
		s.Post(own, apitest.AdminKey, `{"data":[`+identifier("addresses", first)+`]}`).Fails(http.StatusConflict, `- invalid_resource_type "/data/0/type"`)
		s.Delete("/customers/me", ada.Token).Is(http.StatusNoContent, "")
		s.Post(own, apitest.AdminKey, sourcesOf(addSource(s))).Fails(http.StatusBadRequest, "410 customer_save_failed -")
	})
}

func TestTheDefaultSourceIsOneOfTheCustomers(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		ada, bob := s.Register("ada@example.com"), s.Register("bob@example.com")
		first, second, theirs, nobodys := addOwnSource(s, ada.Reference), addOwnSource(s, ada.Reference), addOwnSource(s, bob.Reference), addSource(s)
		path := "/customers/" + ada.Reference
		linkage := path + "/relationships/defaultSource"
		document := func(data string) string {
			return `{"data":` + data + `,"links":{"self":"` + apitest.Base + linkage + `","related":"` + apitest.Base + path + `/defaultSource"}}`
		}
		attribute := func(value any) string {
			return apitest.Document("customers", map[string]any{"defaultSourceId": value})
		}
		relationship := func(data string) string {
			return `{"data":{"type":"customers","relationships":{"defaultSource":{"data":` + data + `}}}}`
		}
		s.Get(linkage, ada.Token).Is(http.StatusOK, document(identifier("payment-sources", first)))
		s.Patch(linkage, ada.Token, `{"data":`+identifier("payment-sources", second)+`}`).Is(http.StatusOK, document(identifier("payment-sources", second)))
		if shown := s.Get(path+"/defaultSource", ada.Token).Has(http.StatusOK); shown.Text("data.id") != second || shown.At("data.attributes.token") != nil {
			t.Errorf("%s", shown.Body)
		}
		for _, wrong := range []string{theirs, nobodys, "nowhere"} {
			s.Patch(linkage, ada.Token, `{"data":`+identifier("payment-sources", wrong)+`}`).Fails(http.StatusNotFound, `4472 payment_source_not_found "/data"`)
			s.Patch(path, ada.Token, attribute(wrong)).Fails(http.StatusNotFound, `4472 payment_source_not_found "/data/attributes/defaultSourceId"`)
			s.Patch(path, apitest.AdminKey, relationship(identifier("payment-sources", wrong))).Fails(http.StatusNotFound, `4472 payment_source_not_found "/data/relationships/defaultSource"`)
		}
		s.Patch(path, ada.Token, attribute(7)).Fails(http.StatusUnprocessableEntity, `901 type_invalid "/data/attributes/defaultSourceId"`)
		for _, c := range []struct {
			token, body string
			want        any
		}{
			{ada.Token, attribute(first), first},
			{ada.Token, apitest.Document("customers", map[string]any{"lastName": "King"}), first},
			{apitest.AdminKey, attribute(nil), nil},
			{ada.Token, relationship(identifier("payment-sources", second)), second},
			{ada.Token, relationship("null"), nil},
		} {
			if changed := s.Patch(path, c.token, c.body).Has(http.StatusOK); changed.At("data.attributes.defaultSourceId") != c.want {
				t.Errorf("%s: %s", c.body, changed.Body)
			}
		}
		s.Get(path+"/defaultSource", ada.Token).Is(http.StatusOK, `{"data":null}`)
		s.Get(linkage, ada.Token).Is(http.StatusOK, document("null"))
		registration := strings.Replace(apitest.Registration("new@example.com"), `"attributes":{`, `"attributes":{"defaultSourceId":"`+nobodys+`",`, 1)
		s.Post("/customers", "", registration).Fails(http.StatusNotFound, `4472 payment_source_not_found "/data/attributes/defaultSourceId"`)
	})
}

func TestSourcesComeAlongWithTheirCustomer(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		ada := s.Register("ada@example.com")
		s.Register("bob@example.com")
		first, second := addOwnSource(s, ada.Reference), addOwnSource(s, ada.Reference)
		included := func(answer *apitest.Answer) (ids []string) {
			for _, one := range answer.Has(http.StatusOK).At("included").([]any) {
				ids = append(ids, one.(map[string]any)["id"].(string))
			}
			return ids
		}
		for path, token := range map[string]string{"/customers/me": ada.Token, "/customers": ada.Token, "/customers/" + ada.Reference: apitest.AdminKey} {
			for include, want := range map[string][]string{"sources": {first, second}, "defaultSource": {first}, "sources,defaultSource": {first, second}} {
				answer := s.Get(path+"?include="+include, token)
				if difference := cmp.Diff(want, included(answer)); difference != "" {
					t.Errorf("%s?include=%s:\n%s", path, include, difference)
				}
				if strings.Contains(answer.Body, cardToken) != (token == apitest.AdminKey) {
					t.Errorf("%s: the token: %s", path, answer.Body)
				}
			}
		}
		if ids := included(s.Get("/customers?include=sources", apitest.AdminKey)); len(ids) != 2 {
			t.Errorf("%v", ids)
		}
		listed := s.Get("/customers/me/sources?include=customer", ada.Token).Has(http.StatusOK)
		if listed.Text("data.0.id") != first || listed.Text("data.1.id") != second || listed.Text("included.0.id") != ada.Reference || strings.Contains(listed.Body, cardToken) {
			t.Errorf("%s", listed.Body)
		}
	})
}

func TestStaffListPaymentSources(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		ada := s.Register("ada@example.com")
		var made []string
		for range 3 {
			made = append(made, addOwnSource(s, ada.Reference), addSource(s))
		}
		var listed []string
		path := "/payment-sources?page[size]=4"
		for path != "" {
			page := s.Get(path, apitest.AdminKey).Has(http.StatusOK)
			for _, one := range page.At("data").([]any) {
				listed = append([]string{one.(map[string]any)["id"].(string)}, listed...)
			}
			path = strings.TrimPrefix(page.Text("links.next"), apitest.Base)
		}
		if difference := cmp.Diff(made, listed); difference != "" {
			t.Error(difference)
		}
		along := s.Get("/payment-sources?include=customer", apitest.AdminKey).Has(http.StatusOK)
		if len(along.At("included").([]any)) != 1 || along.Text("included.0.id") != ada.Reference {
			t.Errorf("%s", along.Body)
		}
		for reference, count := range map[string]int{ada.Reference: 3, "nobody": 0} {
			answer := s.Get("/payment-sources?filter[customer]="+reference, apitest.AdminKey).Has(http.StatusOK)
			if len(answer.At("data").([]any)) != count {
				t.Errorf("%s: %s", reference, answer.Body)
			}
			for i := range count {
				if owner := answer.Text(fmt.Sprint("data.", i, ".relationships.customer.data.id")); owner != ada.Reference {
					t.Errorf("%q: %s", owner, answer.Body)
				}
			}
		}
	})
}

func TestAPaymentSourceIsShownToItsCustomerAlone(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		addStore(s, "AT")
		ada, bob := s.Register("ada@example.com"), s.Register("bob@example.com")
		id := addOwnSource(s, ada.Reference)
		path, missing := "/payment-sources/"+id, "4472 payment_source_not_found -"
		shown := s.Get(path+"?include=customer", ada.Token).Has(http.StatusOK)
		if shown.Text("data.relationships.customer.data.id") != ada.Reference || strings.Contains(shown.Body, cardToken) {
			t.Errorf("%s", shown.Body)
		}
		s.Get(path, bob.Token).Fails(http.StatusNotFound, missing)
		s.Get("/payment-sources/"+addSource(s), ada.Token).Fails(http.StatusNotFound, missing)
		s.Get("/customers/"+ada.Reference+"/sources", bob.Token).Fails(http.StatusNotFound, "402 customer_not_found -")
		s.Do(apitest.Request{Method: http.MethodDelete, Path: linkageOf(s, ada.Reference), Token: bob.Token, Body: sourcesOf(id)}).Fails(http.StatusForbidden, "411 unauthorized_request -")
		s.Do(apitest.Request{Method: http.MethodDelete, Path: linkageOf(s, "me"), Token: bob.Token, Body: sourcesOf(id)}).Is(http.StatusNoContent, "")
		s.Get(path, ada.Token).Has(http.StatusOK) // nothing was taken

		// Another store's keys know nothing of it.
		in(s, "AT", http.MethodGet, path, apitest.AdminKey, "").Fails(http.StatusNotFound, missing)
		austrian := in(s, "AT", http.MethodPost, "/customers", "", apitest.Registration("ada@example.com")).Has(http.StatusCreated).Text("data.id")
		in(s, "AT", http.MethodPost, linkageOf(s, austrian), apitest.AdminKey, sourcesOf(id)).Fails(http.StatusNotFound, `4472 payment_source_not_found "/data/0/id"`)
		if list := in(s, "AT", http.MethodGet, "/payment-sources", apitest.AdminKey, "").Has(http.StatusOK); len(list.At("data").([]any)) != 0 {
			t.Errorf("%s", list.Body)
		}
	})
}

// Of many who attach one source at once one gets it, and the customers' defaults are
// their own.
func TestASourceIsOneCustomersHoweverManyAttachIt(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		const customers = 4
		id := addSource(s)
		var references []string
		for i := range customers {
			references = append(references, s.Register(fmt.Sprintf("ada%d@example.com", i)).Reference)
		}
		statuses := make([]int, customers)
		var all sync.WaitGroup
		for i, reference := range references {
			all.Go(func() { statuses[i] = s.Post(linkageOf(s, reference), apitest.AdminKey, sourcesOf(id)).Status })
		}
		all.Wait()
		attached := 0
		for _, status := range statuses {
			switch status {
			case http.StatusOK:
				attached++
			case http.StatusConflict:
			default:
				t.Errorf("%v", statuses)
			}
		}
		if rows := s.Rows("SELECT id FROM customers WHERE default_source_id IS NOT NULL"); attached != 1 || len(rows) != 1 {
			t.Errorf("%v, and %d have it", statuses, len(rows))
		}
	})
}
