package resources_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

func TestTheDialectsThatAreServedAreDescribedAndNoOthers(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"DIALECTS": "medusa,digital-river"})
	page := s.Get("/docs", "").Has(http.StatusOK).Body
	for name, title := range map[string]string{"medusa": "Medusa", "digital-river": "Digital River"} {
		if !strings.Contains(page, `<a href="./dialects/`+name+`">`+title+`</a>`) {
			t.Errorf("no link to %s: %s", name, page)
		}
		if viewer := s.Get("/dialects/"+name, "").Has(http.StatusOK).Body; !strings.Contains(viewer, `data-root="../" data-document="../dialects/`+name+`/openapi.json"`) {
			t.Errorf("%s: %s", name, viewer)
		}
		description := s.Get("/dialects/"+name+"/openapi.json", "").Has(http.StatusOK)
		if err := apitest.ValidateOpenAPI([]byte(description.Body)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if server := description.Text("servers.0.url"); server != apitest.Base {
			t.Errorf("%s is said to be at %q", name, server)
		}
	}
	for _, path := range []string{"/dialects/tiendanube", "/dialects/tiendanube/openapi.json", "/dialects/shopify"} {
		s.Get(path, "").Has(http.StatusNotFound)
	}
	for _, path := range []string{"/v1/DE/customers", "/2025-03/DE/customers"} {
		s.Get(path, apitest.AdminKey).Fails(http.StatusNotFound, "- route_not_found -")
	}
	none := apitest.New(t, nil)
	if page := none.Get("/docs", "").Has(http.StatusOK).Body; strings.Contains(page, "dialects") {
		t.Errorf("dialects that are not served: %s", page)
	}
	for _, path := range []string{"/store/auth", "/store/customers/me", "/v1/DE/customers", "/digital-river/customers"} {
		none.Get(path, apitest.AdminKey).Fails(http.StatusNotFound, "- route_not_found -")
	}
}

// The cookie is one dialect's: no other surface lets anybody in by it.
func TestNoOtherSurfaceTakesTheCookieOfMedusa(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"DIALECTS": "medusa,tiendanube,digital-river"})
	login := s.Post("/store/customers", "", `{"email":"ada@example.com","password":"`+apitest.Password+`"}`).Has(http.StatusOK)
	cookie, _, _ := strings.Cut(login.Header.Get("Set-Cookie"), ";")
	with := func(path string) *apitest.Answer {
		return s.Do(apitest.Request{Method: http.MethodGet, Path: path, Header: map[string]string{"Cookie": cookie}})
	}
	with("/store/customers/me").Has(http.StatusOK)
	with("/customers/me").Fails(http.StatusForbidden, "002 access_token_missing Authorization")
	with("/v1/DE/customers").Has(http.StatusUnauthorized)
	with("/digital-river/customers").Has(http.StatusUnauthorized)
}
