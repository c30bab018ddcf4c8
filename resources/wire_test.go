package resources_test

import (
	"net/http"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// Each line of the table of differences (glue.md section 1), asked on both
// wires.
func TestTheTwoWiresDifferInTheirTableAlone(t *testing.T) {
	t.Parallel()
	jsonapi, glue := apitest.New(t, nil), apitest.New(t, apitest.Settings{"WIRE": "glue"})
	both := func(t *testing.T, ask func(s *apitest.Service, c apitest.Customer) *apitest.Answer) (onJSONAPI, onGlue *apitest.Answer) {
		t.Helper()
		email := map[*apitest.Service]string{jsonapi: "a@example.com", glue: "a@example.com"}
		answers := map[*apitest.Service]*apitest.Answer{}
		for s := range email {
			if customers[s].Reference == "" {
				customers[s] = s.Register(email[s])
			}
			answers[s] = ask(s.In(t), customers[s])
		}
		return answers[jsonapi], answers[glue]
	}
	t.Run("W-01 status", func(t *testing.T) {
		j, g := both(t, func(s *apitest.Service, _ apitest.Customer) *apitest.Answer { return s.Get("/nowhere", "") })
		if j.At("errors.0.status") != "404" || g.At("errors.0.status") != 404.0 {
			t.Errorf("%s %s", j.Body, g.Body)
		}
	})
	t.Run("W-02 id of a token", func(t *testing.T) {
		j, g := both(t, func(s *apitest.Service, c apitest.Customer) *apitest.Answer { return s.LogIn(c.Email, c.Password) })
		j.Is(201, `{"data":{"type":"access-tokens","id":"<text>","attributes":{"tokenType":"Bearer","expiresIn":28800,"accessToken":"<text>","refreshToken":"<text>","idCompanyUser":null}}}`)
		g.Is(201, `{"data":{"type":"access-tokens","id":null,"attributes":{"tokenType":"Bearer","expiresIn":28800,"accessToken":"<text>","refreshToken":"<text>","idCompanyUser":null},"links":{"self":"`+apitest.Base+`/access-tokens"}}}`)
	})
	t.Run("W-03 wrong type", func(t *testing.T) {
		for _, kind := range []string{"orders", ""} {
			j, g := both(t, func(s *apitest.Service, _ apitest.Customer) *apitest.Answer {
				return s.Post("/customers", "", apitest.Document(kind, map[string]any{}))
			})
			j.Fails(409, `- invalid_resource_type "/data/type"`)
			g.Fails(400, `- invalid_resource_type "/data/type"`)
		}
	})
	t.Run("W-04 wrong method", func(t *testing.T) {
		j, g := both(t, func(s *apitest.Service, c apitest.Customer) *apitest.Answer {
			return s.Post("/customers/"+c.Reference, c.Token, apitest.Document("customers", map[string]any{}))
		})
		j.Fails(405, "- method_not_allowed -")
		g.Fails(404, "- route_not_found -")
		if j.Header.Get("Allow") != "DELETE, GET, HEAD, OPTIONS, PATCH" || g.Header.Get("Allow") != "" {
			t.Errorf("Allow %q %q", j.Header.Get("Allow"), g.Header.Get("Allow"))
		}
	})
	t.Run("W-05 unknown parameters", func(t *testing.T) {
		for query, error := range map[string]string{"foo=1": "unknown_parameter foo", "include=x": "unknown_include include", "fields[x]=y": "unknown_field fields[x]", "Include=addresses": "unknown_parameter Include"} {
			j, g := both(t, func(s *apitest.Service, c apitest.Customer) *apitest.Answer {
				return s.Get("/customers/"+c.Reference+"?"+query, c.Token)
			})
			j.Fails(400, "- "+error)
			g.Has(200)
		}
	})
	t.Run("W-05 a filter of no sense", func(t *testing.T) {
		j, g := both(t, func(s *apitest.Service, _ apitest.Customer) *apitest.Answer {
			return s.Get("/customers?filter[number]=x", apitest.AdminKey)
		})
		j.Fails(400, "- invalid_filter filter[number]")
		if len(g.Has(200).At("data").([]any)) == 0 {
			t.Errorf("it found nobody: %s", g.Body)
		}
		j, g = both(t, func(s *apitest.Service, _ apitest.Customer) *apitest.Answer {
			return s.Get("/customers?page[after]=x", apitest.AdminKey)
		})
		j.Fails(400, "- pagination_invalid page[after]")
		g.Fails(400, "- pagination_invalid page[after]")
	})
	t.Run("W-06 media types", func(t *testing.T) {
		for _, c := range []struct {
			header, value string
			jsonapi, glue int
		}{
			{"Accept", "application/json", 200, 200}, {"Accept", "", 200, 200}, {"Accept", "*/*", 200, 200}, {"Accept", "text/html", 406, 406},
			{"Accept", "application/vnd.api+json; charset=utf-8", 406, 200}, {"Accept", `application/vnd.api+json; ext="https://x/y"`, 406, 200},
			{"Accept", "application/vnd.api+json; charset=utf-8, application/vnd.api+json", 200, 200},
			{"Content-Type", "application/json; charset=utf-8", 200, 200}, {"Content-Type", "application/vnd.api+json; charset=utf-8", 415, 200},
			{"Content-Type", `application/vnd.api+json; profile="https://x/y"`, 200, 200}, {"Content-Type", "text/plain", 415, 415}, {"Content-Type", "", 415, 200},
		} {
			j, g := both(t, func(s *apitest.Service, customer apitest.Customer) *apitest.Answer {
				return s.Do(apitest.Request{Method: http.MethodPatch, Path: "/customers/me", Token: customer.Token,
					Body: apitest.Document("customers", map[string]any{}), Header: map[string]string{c.header: c.value}})
			})
			// A document without data.id is fine here: the URL names the customer.
			if j.Status != c.jsonapi || g.Status != c.glue {
				t.Errorf("%s: %s: %d and %d", c.header, c.value, j.Status, g.Status)
			}
		}
	})
	t.Run("W-07 another id in the document", func(t *testing.T) {
		j, g := both(t, func(s *apitest.Service, c apitest.Customer) *apitest.Answer {
			return s.Patch("/customers/"+c.Reference, c.Token, `{"data":{"type":"customers","id":"DE--77","attributes":{}}}`)
		})
		j.Fails(409, `- resource_id_mismatch "/data/id"`)
		g.Has(200)
	})
	t.Run("W-08 an id in a new document", func(t *testing.T) {
		j, g := both(t, func(s *apitest.Service, _ apitest.Customer) *apitest.Answer {
			return s.Post("/customers", "", `{"data":{"type":"customers","id":"DE--77","attributes":{}}}`)
		})
		j.Fails(403, `- client_id_forbidden "/data/id"`)
		g.Has(422)
		j, g = both(t, func(s *apitest.Service, _ apitest.Customer) *apitest.Answer {
			return s.Post("/customers", apitest.AdminKey, `{"data":{"type":"customers","id":"DE--77","attributes":{"salutation":"Mr","firstName":"A","lastName":"B","email":"id@example.com"}}}`)
		})
		if j.Has(201).Text("data.id") != "DE--77" || g.Has(201).Text("data.id") != "DE--77" {
			t.Errorf("%s %s", j.Body, g.Body)
		}
	})
	t.Run("W-09 password without a segment", func(t *testing.T) {
		j, g := both(t, func(s *apitest.Service, c apitest.Customer) *apitest.Answer {
			return s.Patch("/customer-password", c.Token, passwordChange("wrong-one", "change123"))
		})
		j.Fails(400, `408 password_invalid "/data/attributes/password"`)
		g.Fails(400, "- resource_id_missing -")
	})
	t.Run("W-10 gender", func(t *testing.T) {
		j, g := both(t, func(s *apitest.Service, c apitest.Customer) *apitest.Answer {
			return s.Patch("/customers/"+c.Reference, c.Token, apitest.Document("customers", map[string]any{"gender": "male"}))
		})
		j.Fails(422, `414 gender_invalid "/data/attributes/gender"`)
		g.Fails(422, `901 choice_invalid "/data/attributes/gender"`)
		if j.Text("errors.0.detail") != "Gender is not valid. Possible options are: Male, Female" {
			t.Errorf("%s", j.Body)
		}
	})
	t.Run("W-11 timestamps", func(t *testing.T) {
		j, g := both(t, func(s *apitest.Service, c apitest.Customer) *apitest.Answer { return s.Get("/customers/me", c.Token) })
		if at := j.Text("data.attributes.createdAt"); len(at) != 27 || at[10] != 'T' || at[26] != 'Z' {
			t.Errorf("%q", at)
		}
		if at := g.Text("data.attributes.createdAt"); len(at) != 26 || at[10] != ' ' {
			t.Errorf("%q", at)
		}
	})
	t.Run("W-12 and W-15 addresses", func(t *testing.T) {
		document := apitest.Document("addresses", map[string]any{"firstName": "A", "lastName": "B", "address1": "c", "zipCode": "1", "city": "Au", "iso2Code": "AT"})
		j, g := both(t, func(s *apitest.Service, c apitest.Customer) *apitest.Answer {
			return s.Post("/customers/"+c.Reference+"/addresses", c.Token, document)
		})
		j.Has(201)
		missing := `901 field_missing "/data/attributes"`
		g.Fails(422, missing, missing, `901 too_short "/data/attributes/city"`, missing, missing)
	})
	t.Run("W-13 terms left out", func(t *testing.T) {
		j, g := both(t, func(s *apitest.Service, _ apitest.Customer) *apitest.Answer {
			return s.Post("/customers", "", apitest.Document("customers", map[string]any{"salutation": "Mr", "firstName": "A", "lastName": "B", "email": "t@example.com", "password": "change123", "confirmPassword": "change123"}))
		})
		j.Fails(422, `901 terms_not_accepted "/data/attributes"`)
		g.Fails(422, `901 field_missing "/data/attributes"`)
	})
	t.Run("W-16 what JSON:API 1.1 adds", func(t *testing.T) { // apitest looks at the member jsonapi and at the links of errors in every answer
		j, g := both(t, func(s *apitest.Service, c apitest.Customer) *apitest.Answer { return s.Get("/customers/me", c.Token) })
		if at := "data.relationships.addresses.links.self"; j.Text(at) != apitest.Base+"/customers/"+j.Text("data.id")+"/relationships/addresses" || g.At(at) != nil {
			t.Errorf("%s %s", j.Body, g.Body)
		}
		j, g = both(t, func(s *apitest.Service, c apitest.Customer) *apitest.Answer {
			s.AddAddress(c, "Berlin")
			return s.Get("/customers/me/addresses", c.Token)
		})
		if at := "data.0.relationships.customer.data.type"; j.Text(at) != "customers" || g.At("data.0.relationships") != nil {
			t.Errorf("%s %s", j.Body, g.Body)
		}
		j, g = both(t, func(s *apitest.Service, c apitest.Customer) *apitest.Answer {
			return s.Get("/customers?page[after]=&page[size]=1", apitest.AdminKey)
		})
		if j.Header.Get("Content-Type") == "application/vnd.api+json" || g.Header.Get("Content-Type") != "application/vnd.api+json" || j.At("data.0.meta.page.cursor") == nil || g.At("data.0.meta") != nil {
			t.Errorf("%s %s", j.Body, g.Body)
		}
	})
	t.Run("W-14 relationships alone", func(t *testing.T) {
		j, g := both(t, func(s *apitest.Service, c apitest.Customer) *apitest.Answer {
			return s.Patch("/customers/"+c.Reference, c.Token, `{"data":{"type":"customers","id":"`+c.Reference+`","relationships":{}}}`)
		})
		j.Has(200)
		g.Fails(400, `- invalid_document "/data"`)
	})
}

var customers = map[*apitest.Service]apitest.Customer{}

// presets/glue.env is today's Spryker: twelve characters, four classes, gender
// required, log in after confirmation.
func TestGluePreset(t *testing.T) {
	t.Parallel()
	apitest.Each(t, apitest.Preset(t, "glue"), func(t *testing.T, s *apitest.Service) {
		missing := `901 field_missing "/data/attributes"`
		nothing := s.Post("/customers", "", apitest.Document("customers", map[string]any{})).
			Fails(422, missing, missing, missing, missing, missing, missing, missing, missing)
		for i, field := range []string{"email", "gender", "salutation", "firstName", "lastName", "password", "confirmPassword", "acceptedTerms"} {
			if detail := nothing.At("errors").([]any)[i].(map[string]any)["detail"]; detail != field+" => This field is missing." {
				t.Errorf("error %d says %q", i, detail)
			}
		}
		s.Post("/customers", "", apitest.Registration("waits@example.com")).Has(201)
		s.LogIn("waits@example.com", apitest.Password).Fails(401, "003 authentication_failed -")
		customer := s.Register("preset@example.com")
		change := func(fresh string) *apitest.Answer {
			return s.Patch("/customer-password/"+customer.Reference, customer.Token, passwordChange(customer.Password, fresh))
		}
		change("Short-1").Fails(422, `901 too_short "/data/attributes/newPassword"`, `901 too_short "/data/attributes/confirmPassword"`)
		change("all-lower-case-1").Fails(422, `901 password_character_set "/data/attributes/newPassword"`)
		change("With a space-123").Fails(422, `901 password_character_set "/data/attributes/newPassword"`)
		change("Aaaa-123-please").Fails(400, `421 password_sequence "/data/attributes/newPassword"`)
		change("Another-123-please").Is(204, "")
		s.Patch("/customers/"+customer.Reference, s.Login(customer.Email, "Another-123-please"), apitest.Document("customers", map[string]any{"gender": nil})).
			Fails(422, `901 value_blank "/data/attributes/gender"`)
	})
}
