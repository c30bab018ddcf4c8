package resources_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// addGroup makes a group and returns its id.
func addGroup(s *apitest.Service, name string) string {
	return s.Post("/customer-groups", apitest.AdminKey, apitest.Document("customer-groups", map[string]any{"name": name, "metadata": map[string]any{"discount": 5}})).Has(http.StatusCreated).Text("data.id")
}

// groupLinkage names groups.
func groupLinkage(ids ...string) string {
	var all []string
	for _, id := range ids {
		all = append(all, `{"type":"customer-groups","id":"`+id+`"}`)
	}
	return `{"data":[` + strings.Join(all, ",") + `]}`
}

// idsIn lists the ids of a collection.
func idsIn(answer *apitest.Answer) string {
	var ids []string
	for _, one := range answer.At("data").([]any) {
		ids = append(ids, one.(map[string]any)["id"].(string))
	}
	return strings.Join(ids, " ")
}

func TestCustomersAreInGroups(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		john, jane := s.Register("john@example.com"), s.Register("jane@example.com")
		gold, silver := addGroup(s, "Gold"), addGroup(s, "Silver")
		linkage := "/customers/" + john.Reference + "/relationships/groups"

		before := s.Get("/customers/"+john.Reference, apitest.AdminKey).Header.Get("ETag")
		s.Post(linkage, apitest.AdminKey, groupLinkage(silver, gold, gold)).Has(http.StatusOK)
		if after := s.Get("/customers/"+john.Reference, apitest.AdminKey).Header.Get("ETag"); after == before {
			t.Error("the customer is still the same")
		}
		again := s.Post(linkage, apitest.AdminKey, groupLinkage(gold)).Has(http.StatusOK)
		if got := idsIn(again); got != gold+" "+silver {
			t.Errorf("in %s", got)
		}
		if shown := s.Get("/customers/me?include=groups", john.Token).Has(http.StatusOK); shown.Text("data.relationships.groups.data.1.id") != silver || shown.Text("included.0.attributes.name") != "Gold" || strings.Contains(shown.Body, "discount") {
			t.Errorf("%s", shown.Body)
		}
		if shown := s.Get("/customers?include=groups&filter[groups.id]="+gold, apitest.AdminKey).Has(http.StatusOK); idsIn(shown) != john.Reference || !strings.Contains(shown.Body, "discount") {
			t.Errorf("%s", shown.Body)
		}
		if shown := s.Get("/customers/me/groups", john.Token); idsIn(shown) != gold+" "+silver || strings.Contains(shown.Body, "discount") {
			t.Errorf("%s", shown.Body)
		}
		if shown := s.Get("/customers?filter[groups.id]=none", apitest.AdminKey); idsIn(shown) != "" {
			t.Errorf("%s", shown.Body)
		}

		s.Post(linkage, apitest.AdminKey, groupLinkage(gold, "none")).Fails(http.StatusNotFound, `4481 group_not_found "/data"`)
		s.Delete("/customer-groups/"+gold, apitest.AdminKey).Is(http.StatusNoContent, "")
		s.Do(apitest.Request{Method: http.MethodDelete, Path: linkage, Token: apitest.AdminKey, Body: groupLinkage(silver, "none")}).Has(http.StatusOK)
		bronze := addGroup(s, "Bronze")
		if got := s.Patch(linkage, apitest.AdminKey, groupLinkage(bronze)).Has(http.StatusOK); idsIn(got) != bronze {
			t.Errorf("in %s", idsIn(got))
		}
		if got := s.Patch(linkage, apitest.AdminKey, groupLinkage()).Has(http.StatusOK); idsIn(got) != "" {
			t.Errorf("in %s", idsIn(got))
		}
		for _, body := range []string{`{"data":null}`, `{"data":{"type":"customer-groups","id":"x"}}`, `{"data":[null]}`, `{"data":[{"type":"customers","id":"x"}]}`} {
			if answer := s.Post(linkage, apitest.AdminKey, body); answer.Status < 400 {
				t.Errorf("%s was answered with %d", body, answer.Status)
			}
		}
		s.Post(linkage, john.Token, groupLinkage(bronze)).Has(http.StatusForbidden)
		s.Get("/customers/"+john.Reference+"/groups", jane.Token).Has(http.StatusNotFound)

		changes := 0
		for _, event := range s.Get("/events?filter[eventType]=customer.updated&page[size]=100", apitest.AdminKey).At("data").([]any) {
			if strings.Contains(fmt.Sprint(event), "groups") {
				changes++
			}
		}
		if changes != 4 {
			t.Errorf("%d events tell of groups", changes)
		}
		s.Post(linkage, apitest.AdminKey, groupLinkage(bronze)).Has(http.StatusOK)
		s.Delete("/customers/"+john.Reference, apitest.AdminKey).Has(http.StatusNoContent)
		if got := s.Get("/customers?filter[groups.id]="+bronze, apitest.AdminKey); idsIn(got) != "" {
			t.Errorf("%s is still in it", idsIn(got))
		}
	})
}

func TestGroupsAreKept(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		gold, silver := addGroup(s, "Gold"), addGroup(s, "Silver")
		s.Post("/customer-groups", apitest.AdminKey, apitest.Document("customer-groups", map[string]any{"name": "Gold"})).Fails(http.StatusConflict, `4480 group_name_taken "/data/attributes/name"`)
		s.Patch("/customer-groups/"+silver, apitest.AdminKey, apitest.Document("customer-groups", map[string]any{"name": "Gold"})).Fails(http.StatusConflict, `4480 group_name_taken "/data/attributes/name"`)
		s.Post("/customer-groups", apitest.AdminKey, apitest.Document("customer-groups", map[string]any{})).Fails(http.StatusUnprocessableEntity, `901 field_missing "/data/attributes"`)
		addStore(s, "AT")
		in(s, "AT", http.MethodPost, "/customer-groups", apitest.AdminKey, apitest.Document("customer-groups", map[string]any{"name": "Gold"})).Has(http.StatusCreated)
		in(s, "AT", http.MethodGet, "/customer-groups/"+gold, apitest.AdminKey, "").Has(http.StatusNotFound)
		changed := s.Patch("/customer-groups/"+gold, apitest.AdminKey, apitest.Document("customer-groups", map[string]any{"metadata": map[string]any{"a": "b", "discount": nil}})).Has(http.StatusOK)
		if changed.Text("data.attributes.name") != "Gold" || fmt.Sprint(changed.At("data.attributes.metadata")) != "map[a:b]" {
			t.Errorf("%s", changed.Body)
		}
		if list := s.Get("/customer-groups?page[size]=1", apitest.AdminKey).Has(http.StatusOK); idsIn(list) != gold || list.At("links.next") == nil {
			t.Errorf("%s", list.Body)
		}
		if list := s.Get("/customer-groups?filter[name]=Silver", apitest.AdminKey); idsIn(list) != silver {
			t.Errorf("%s", list.Body)
		}
	})
}
