package resources_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// The table of glue.md 6.1 and 6.3: which faults a document has, all of them,
// in order.
func TestFaultsAreReportedAllAtOnceInFieldOrder(t *testing.T) {
	t.Parallel()
	const at = `"/data/attributes`
	cases := []struct {
		name       string
		attributes map[string]any
		faults     []string
	}{
		{"nothing at all", map[string]any{}, []string{
			`901 field_missing ` + at + `"`, `901 field_missing ` + at + `"`, `901 field_missing ` + at + `"`, `901 field_missing ` + at + `"`,
			`901 field_missing ` + at + `"`, `901 field_missing ` + at + `"`, `901 terms_not_accepted ` + at + `"`}},
		{"blank and too short are two faults of one field", map[string]any{"password": ""}, []string{
			`901 value_blank ` + at + `/password"`, `901 too_short ` + at + `/password"`}},
		{"an empty salutation is blank and no choice", map[string]any{"salutation": ""}, []string{
			`901 value_blank ` + at + `/salutation"`, `901 choice_invalid ` + at + `/salutation"`}},
		{"null is blank and nothing more", map[string]any{"lastName": nil, "email": nil}, []string{
			`901 value_blank ` + at + `/email"`, `901 value_blank ` + at + `/lastName"`}},
		{"false is blank and no text", map[string]any{"firstName": false}, []string{
			`901 value_blank ` + at + `/firstName"`, `901 type_invalid ` + at + `/firstName"`}},
		{"a number is no text", map[string]any{"firstName": 7}, []string{`901 type_invalid ` + at + `/firstName"`}},
		{"zero as text is not blank", map[string]any{"firstName": "0"}, nil},
		{"a blank of all kinds of spaces", map[string]any{"firstName": "\u00a0\u2003\u200b\ufeff"}, []string{`901 value_blank ` + at + `/firstName"`}},
		{"an optional gender may be null", map[string]any{"gender": nil}, nil},
		{"a gender that is none", map[string]any{"gender": ""}, []string{`414 gender_invalid ` + at + `/gender"`}},
		{"faults of form come before rules of business", map[string]any{"confirmPassword": "other-one", "dateOfBirth": "tomorrow"}, []string{`901 date_invalid ` + at + `/dateOfBirth"`}},
		{"a day that is still to come", map[string]any{"dateOfBirth": "2999-01-01"}, []string{`901 date_invalid ` + at + `/dateOfBirth"`}},
		{"metadata is an object", map[string]any{"metadata": []any{1}}, []string{`901 type_invalid ` + at + `/metadata"`}},
		{"extra holds text", map[string]any{"extra": map[string]any{"size": 9}}, []string{`901 type_invalid ` + at + `/extra"`}},
		{"terms as Glue takes them", map[string]any{"acceptedTerms": "1"}, nil},
		{"terms as a word", map[string]any{"acceptedTerms": "true"}, []string{`901 terms_not_accepted ` + at + `/acceptedTerms"`}},
		{"a name of exactly the bound", map[string]any{"firstName": strings.Repeat("ß", 100)}, nil},
		{"the other name of the confirmation", map[string]any{"confirmPassword": absent, "passwordConfirmation": "change123"}, nil},
		{"both names, different", map[string]any{"passwordConfirmation": "change124"}, []string{`406 password_confirmation_mismatch ` + at + `/passwordConfirmation"`}},
		{"a name in the wrong case", map[string]any{"FirstName": "Eve"}, []string{`- invalid_document ` + at + `/FirstName"`}},
		{"an unknown attribute", map[string]any{"shoeSize": 44}, nil},
		{"a type of customer", map[string]any{"customerType": "robot"}, []string{`901 choice_invalid ` + at + `/customerType"`}},
	}
	s := apitest.New(t, nil)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			attributes := map[string]any{}
			if len(c.attributes) > 0 {
				attributes = map[string]any{"salutation": "Mr", "firstName": "John", "lastName": "Doe", "email": "case" + string(rune('a'+i)) + "@example.com",
					"password": "change123", "confirmPassword": "change123", "acceptedTerms": true}
			}
			for name, value := range c.attributes {
				if attributes[name] = value; value == absent {
					delete(attributes, name)
				}
			}
			answer := s.In(t).Post("/customers", "", apitest.Document("customers", attributes))
			switch {
			case len(c.faults) == 0:
				answer.Has(http.StatusCreated)
			case strings.HasPrefix(c.faults[0], "- "):
				answer.Fails(http.StatusBadRequest, c.faults...)
			default:
				answer.Fails(http.StatusUnprocessableEntity, c.faults...)
			}
		})
	}
}

// absent marks an attribute that is left out.
const absent = "(absent)"

func TestAFaultIsToldInGluesWords(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	answer := s.Post("/customers", "", apitest.Document("customers", map[string]any{"salutation": "Mr", "firstName": "John", "lastName": "Doe", "email": "words@example.com",
		"password": "short", "confirmPassword": "change123", "acceptedTerms": true}))
	answer.Is(http.StatusUnprocessableEntity, `{"errors":[{"id":"<text>","status":"422","code":"901","title":"Validation failed",
		"detail":"password => This value is too short. It should have 7 characters or more.","source":{"pointer":"/data/attributes/password"},
		"meta":{"key":"too_short","field":"password","limit":7}}]}`)
}

func TestAddressFaultsAreReportedInFieldOrder(t *testing.T) {
	t.Parallel()
	const at = `"/data/attributes`
	missing := `901 field_missing ` + at + `"`
	jsonapi, glue := apitest.New(t, nil), apitest.New(t, apitest.Settings{"WIRE": "glue"})
	john, jane := jsonapi.Register("john@example.com"), glue.Register("jane@example.com")
	jsonapi.Post("/customers/"+john.Reference+"/addresses", john.Token, apitest.Document("addresses", map[string]any{})).
		Fails(422, missing, missing, missing, missing, missing, missing)
	answer := glue.Post("/customers/"+jane.Reference+"/addresses", jane.Token, apitest.Document("addresses", map[string]any{})).
		Fails(422, missing, missing, missing, missing, missing, missing, missing, missing, missing, missing)
	for i, field := range []string{"salutation", "firstName", "lastName", "address1", "address2", "zipCode", "city", "iso2Code", "isDefaultShipping", "isDefaultBilling"} {
		if detail := answer.At("errors").([]any)[i].(map[string]any)["detail"]; detail != field+" => This field is missing." {
			t.Errorf("error %d says %q", i, detail)
		}
	}
	broken := apitest.Document("addresses", map[string]any{"salutation": "Sir", "firstName": "", "lastName": "Doe", "address1": "a", "address2": nil,
		"zipCode": strings.Repeat("1", 16), "city": "", "iso2Code": "DEU", "isDefaultShipping": "true", "isDefaultBilling": nil})
	jsonapi.Post("/customers/"+john.Reference+"/addresses", john.Token, broken).Fails(422,
		`901 choice_invalid `+at+`/salutation"`, `901 value_blank `+at+`/firstName"`, `901 too_long `+at+`/zipCode"`,
		`901 value_blank `+at+`/city"`, `901 too_long `+at+`/iso2Code"`, `901 type_invalid `+at+`/isDefaultShipping"`)
	glue.Post("/customers/"+jane.Reference+"/addresses", jane.Token, broken).Fails(422,
		`901 choice_invalid `+at+`/salutation"`, `901 value_blank `+at+`/firstName"`, `901 value_blank `+at+`/address2"`, `901 too_long `+at+`/zipCode"`,
		`901 value_blank `+at+`/city"`, `901 too_short `+at+`/city"`, `901 too_long `+at+`/iso2Code"`, `901 type_invalid `+at+`/isDefaultShipping"`)
}
