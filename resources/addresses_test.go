package resources_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

func withFlags(shipping, billing any) string {
	attributes := map[string]any{"firstName": "A", "lastName": "B", "address1": "c", "zipCode": "1", "city": "Berlin", "iso2Code": "de"}
	for name, value := range map[string]any{"isDefaultShipping": shipping, "isDefaultBilling": billing} {
		if value != absent {
			attributes[name] = value
		}
	}
	return apitest.Document("addresses", attributes)
}

func flags(shipping, billing any) string {
	attributes := map[string]any{}
	for name, value := range map[string]any{"isDefaultShipping": shipping, "isDefaultBilling": billing} {
		if value != absent {
			attributes[name] = value
		}
	}
	return apitest.Document("addresses", attributes)
}

// Decision C-06, step by step: who holds the two default places after each.
func TestDefaultPlacesFollowTheRules(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("places@example.com")
		list := "/customers/" + customer.Reference + "/addresses"
		post := func(shipping, billing any) string {
			return s.Post(list, customer.Token, withFlags(shipping, billing)).Has(http.StatusCreated).Text("data.id")
		}
		holders := func(step, shipping, billing string) {
			t.Helper()
			got := map[string]string{}
			for _, item := range s.Get(list, customer.Token).At("data").([]any) {
				one := item.(map[string]any)
				for kind := range map[string]bool{"isDefaultShipping": true, "isDefaultBilling": true} {
					if one["attributes"].(map[string]any)[kind] == true {
						if got[kind] != "" {
							t.Fatalf("%s: two addresses are %s", step, kind)
						}
						got[kind] = one["id"].(string)
					}
				}
			}
			if got["isDefaultShipping"] != shipping || got["isDefaultBilling"] != billing {
				t.Fatalf("%s: %v", step, got)
			}
			linked := s.Get("/customers/me", customer.Token)
			if linked.Text("data.relationships.defaultShippingAddress.data.id") != shipping || linked.Text("data.relationships.defaultBillingAddress.data.id") != billing {
				t.Fatalf("%s: the customer links %s", step, linked.Body)
			}
		}
		first := post(false, false)
		holders("the first is both, whatever it says", first, first)
		second := post(false, false)
		holders("false leaves the places", first, first)
		third := post(absent, false)
		holders("an unset flag counts as true", third, first)
		s.Patch(list+"/"+second, customer.Token, flags(absent, true)).Has(200)
		holders("true moves on PATCH, unset changes nothing", third, second)
		s.Patch(list+"/"+second, customer.Token, flags(absent, false)).Has(200)
		holders("false on the current default changes nothing", third, second)
		s.Patch(list+"/"+first, customer.Token, flags(nil, nil)).Has(200)
		holders("null counts as not set", third, second)
		s.Delete(list+"/"+third, customer.Token).Is(204, "")
		holders("deleting promotes no other", "", second)
		s.Patch(list+"/"+first, customer.Token, flags(false, absent)).Has(200)
		holders("the next address written takes the vacant place", first, second)
	})
}

func TestConcurrentFlagsNeverMakeTwoDefaults(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("race@example.com")
		list := "/customers/" + customer.Reference + "/addresses"
		var ids []string
		for i := range 4 {
			ids = append(ids, s.AddAddress(customer, fmt.Sprintf("City %d", i)))
		}
		var group sync.WaitGroup
		for worker := range 8 {
			group.Go(func() {
				for round := range 6 {
					id := ids[(worker+round)%len(ids)]
					if status := s.Patch(list+"/"+id, customer.Token, flags(true, true)).Status; status != http.StatusOK {
						t.Errorf("status %d", status)
					}
				}
			})
		}
		group.Wait()
		defaults := map[string]int{}
		for _, item := range s.Get(list, customer.Token).At("data").([]any) {
			for name, value := range item.(map[string]any)["attributes"].(map[string]any) {
				if value == true {
					defaults[name]++
				}
			}
		}
		if defaults["isDefaultShipping"] != 1 || defaults["isDefaultBilling"] != 1 {
			t.Errorf("%v", defaults)
		}
	})
}

func TestAnAddressIsReadChangedAndDeleted(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		customer := s.Register("life@example.com")
		path := "/customers/" + customer.Reference + "/addresses/" + s.AddAddress(customer, "Berlin")
		changed := s.Patch(path, customer.Token, apitest.Document("addresses", map[string]any{
			"city": "Sa\u0303o Paulo", "iso2Code": "br", "country": "Atlantis", "company": "ACME", "address2": nil, "houseNumber": "12b", "metadata": map[string]any{"door": "left", "n": 1.5}}))
		changed.Has(200)
		for name, expected := range map[string]any{"city": "São Paulo", "iso2Code": "BR", "country": "Brazil", "company": "ACME", "address2": nil, "firstName": "John", "houseNumber": "12b"} {
			if value := changed.At("data.attributes." + name); value != expected {
				t.Errorf("%s is %v, not %v", name, value, expected)
			}
		}
		if read := s.Get(path, customer.Token).Has(200); read.Body != changed.Body {
			t.Errorf("read %s after %s", read.Body, changed.Body)
		}
		merged := s.Patch(path, customer.Token, apitest.Document("addresses", map[string]any{"metadata": map[string]any{"door": nil, "bell": "Doe"}})).Has(200)
		if metadata := merged.At("data.attributes.metadata").(map[string]any); len(metadata) != 2 || metadata["bell"] != "Doe" || metadata["n"] != 1.5 {
			t.Errorf("merged to %v", metadata)
		}
		german := s.Do(apitest.Request{Method: "GET", Path: path, Token: customer.Token, Header: map[string]string{"Accept-Language": "de, en;q=0.5"}}).Has(200)
		if german.Text("data.attributes.country") != "Brasilien" || german.Header.Get("Content-Language") != "de_DE" {
			t.Errorf("%s %s", german.Header.Get("Content-Language"), german.Body)
		}
		s.Delete(path, customer.Token).Is(204, "")
		s.Delete(path, customer.Token).Fails(404, "404 address_not_found -")
	})
}

func TestNobodyReachesAnotherCustomersAddresses(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		john, jane := s.Register("john@example.com"), s.Register("jane@example.com")
		id := s.AddAddress(jane, "Berlin")
		for _, reference := range []string{jane.Reference, "DE--999", "de--1", "", "DE-1"} {
			path := "/customers/" + reference + "/addresses"
			refused := "411 unauthorized_request -"
			s.Get(path, john.Token).Fails(403, refused)
			s.Post(path, john.Token, apitest.Address("Berlin")).Fails(403, refused)
			s.Get(path+"/"+id, john.Token).Fails(403, refused)
			if reference == "" {
				s.Patch(path+"/"+id, john.Token, apitest.Address("Bonn")).Fails(400, "405 customer_reference_missing -")
				s.Delete(path+"/"+id, john.Token).Fails(400, "405 customer_reference_missing -")
				continue
			}
			s.Patch(path+"/"+id, john.Token, apitest.Address("Bonn")).Fails(403, refused)
			s.Delete(path+"/"+id, john.Token).Fails(403, refused)
		}
		own := "/customers/" + john.Reference + "/addresses/" + id
		s.Get(own, john.Token).Fails(404, "404 address_not_found -")
		s.Patch(own, john.Token, apitest.Address("Bonn")).Fails(404, "404 address_not_found -")
		s.Delete(own, john.Token).Fails(404, "404 address_not_found -")
		if city := s.Get("/customers/me/addresses/"+id, jane.Token).Has(200).Text("data.attributes.city"); city != "Berlin" {
			t.Errorf("it is in %s now", city)
		}
	})
}
