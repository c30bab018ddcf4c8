package jsonapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/errors"
)

func TestErrorDocumentIsThatOfTheContract(t *testing.T) {
	for _, c := range []struct {
		name    string
		err     error
		numeric bool
		status  int
		want    string
	}{
		{"attribute", errors.ValueBlank.On("city"), false, 422,
			`{"errors":[{"id":"01J9Z0Q2H7","status":"422","code":"901","title":"Validation failed","detail":"city => This value should not be blank.",
			"source":{"pointer":"/data/attributes/city"},"meta":{"key":"value_blank","field":"city"}}]}`},
		{"numeric status", errors.ValueBlank.On("city"), true, 422,
			`{"errors":[{"id":"01J9Z0Q2H7","status":422,"code":"901","title":"Validation failed","detail":"city => This value should not be blank.",
			"source":{"pointer":"/data/attributes/city"},"meta":{"key":"value_blank","field":"city"}}]}`},
		{"missing attribute", errors.FieldMissing.On("city"), false, 422,
			`{"errors":[{"id":"01J9Z0Q2H7","status":"422","code":"901","title":"Validation failed","detail":"city => This field is missing.",
			"source":{"pointer":"/data/attributes"},"meta":{"key":"field_missing","field":"city"}}]}`},
		{"a place of its own", errors.TermsNotAccepted.On("acceptedTerms").At("/data/attributes"), false, 422,
			`{"errors":[{"id":"01J9Z0Q2H7","status":"422","code":"901","title":"Validation failed","detail":"acceptedTerms => This value should be true.",
			"source":{"pointer":"/data/attributes"},"meta":{"key":"terms_not_accepted","field":"acceptedTerms"}}]}`},
		{"name to escape", errors.ValueBlank.On("a/b~c"), false, 422,
			`{"errors":[{"id":"01J9Z0Q2H7","status":"422","code":"901","title":"Validation failed","detail":"a/b~c => This value should not be blank.",
			"source":{"pointer":"/data/attributes/a~1b~0c"},"meta":{"key":"value_blank","field":"a/b~c"}}]}`},
		{"no code, whole document", errors.DocumentInvalid.At(""), false, 400,
			`{"errors":[{"id":"01J9Z0Q2H7","status":"400","title":"Document is not valid","detail":"Post data is invalid.",
			"source":{"pointer":""},"meta":{"key":"invalid_document"}}]}`},
		{"no source", errors.CustomerNotFound, false, 404,
			`{"errors":[{"id":"01J9Z0Q2H7","status":"404","code":"402","title":"Customer not found","detail":"Customer not found.","meta":{"key":"customer_not_found"}}]}`},
		{"parameter", errors.SortUnknown.With("<nope>").AtParameter("sort"), false, 400,
			`{"errors":[{"id":"01J9Z0Q2H7","status":"400","title":"Sort is not known","detail":"Sorting by <nope> is not offered here.",
			"source":{"parameter":"sort"},"meta":{"key":"unknown_sort"}}]}`},
		{"header", errors.NotAcceptable.AtHeader("Accept"), false, 406,
			`{"errors":[{"id":"01J9Z0Q2H7","status":"406","title":"Not acceptable","detail":"Not acceptable.","source":{"header":"Accept"},"meta":{"key":"not_acceptable"}}]}`},
		{"limit", errors.EmailTooLong.Limit(100).On("email"), false, 422,
			`{"errors":[{"id":"01J9Z0Q2H7","status":"422","code":"417","title":"E-mail address is too long","detail":"Email is too long. It should have 100 characters or less.",
			"source":{"pointer":"/data/attributes/email"},"meta":{"key":"email_too_long","field":"email","limit":100}}]}`},
		{"more meta", errors.PreconditionFailed.Note("resource", json.RawMessage(`{"data":null}`)).Note("a", "<b>"), false, 412,
			`{"errors":[{"id":"01J9Z0Q2H7","status":"412","title":"Precondition failed","detail":"Precondition failed.",
			"meta":{"key":"precondition_failed","a":"<b>","resource":{"data":null}}}]}`},
		{"meta that cannot be printed", errors.PreconditionFailed.Note("f", func() {}).Note("g", 1), false, 412,
			`{"errors":[{"id":"01J9Z0Q2H7","status":"412","title":"Precondition failed","detail":"Precondition failed.","meta":{"key":"precondition_failed","g":1}}]}`},
		{"other status", errors.TypeMismatch.Answer(http.StatusBadRequest).At("/data/type"), true, 400,
			`{"errors":[{"id":"01J9Z0Q2H7","status":400,"title":"Resource type is not valid","detail":"Invalid type.","source":{"pointer":"/data/type"},"meta":{"key":"invalid_resource_type"}}]}`},
		{"several", errors.Faults{errors.ValueBlank.On("salutation"), errors.ChoiceInvalid.On("salutation")}, false, 422,
			`{"errors":[{"id":"01J9Z0Q2H7","status":"422","code":"901","title":"Validation failed","detail":"salutation => This value should not be blank.",
			"source":{"pointer":"/data/attributes/salutation"},"meta":{"key":"value_blank","field":"salutation"}},
			{"id":"01J9Z0Q2H7","status":"422","code":"901","title":"Validation failed","detail":"salutation => The value you selected is not a valid choice.",
			"source":{"pointer":"/data/attributes/salutation"},"meta":{"key":"choice_invalid","field":"salutation"}}]}`},
		{"wrapped", fmt.Errorf("reading: %w", errors.AddressNotFound), false, 404,
			`{"errors":[{"id":"01J9Z0Q2H7","status":"404","code":"404","title":"Address not found","detail":"Address was not found.","meta":{"key":"address_not_found"}}]}`},
		{"different statuses", errors.Faults{errors.PasswordCommon, errors.PasswordsDiffer.With("a", "b")}, false, 400,
			`{"errors":[{"id":"01J9Z0Q2H7","status":"400","code":"422","title":"Password is common","detail":"The password is listed as common.","meta":{"key":"password_common"}},
			{"id":"01J9Z0Q2H7","status":"400","code":"406","title":"Confirmation differs","detail":"Value in field a should be identical to value in the b field.","meta":{"key":"password_confirmation_mismatch"}}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body := Errors(c.err, ErrorView{RequestID: "01J9Z0Q2H7", NumericStatus: c.numeric})
			if status != c.status {
				t.Errorf("status %d", status)
			}
			requireJSON(t, body, nil, c.want)
		})
	}
}

func TestErrorOfOursTellsNothingButTheCatalogue(t *testing.T) {
	const secret = "pq: relation customers does not exist"
	internal := `{"errors":[{"id":"r","status":"500","title":"Internal error","detail":"Internal Server Error","meta":{"key":"internal_error"}}]}`
	for name, c := range map[string]struct {
		err    error
		status int
		want   string
	}{
		"not in the catalogue":     {errors.New(secret), 500, internal},
		"none":                     {nil, 500, internal},
		"with a cause":             {errors.InternalError.Because(errors.New(secret)), 500, internal},
		"with more":                {errors.InternalError.On(secret).Note("query", secret).At(secret), 500, internal},
		"made ours":                {errors.EmailTooLong.Limit(3).Answer(500), 500, internal},
		"among faults of a client": {errors.Faults{errors.ValueBlank.On("city"), errors.InternalError.Note("query", secret)}, 500, internal},
		"two of ours":              {errors.Faults{errors.ServiceUnavailable, errors.InternalError}, 500, internal},
		"busy": {errors.ServiceUnavailable.Because(errors.New(secret)), 503,
			`{"errors":[{"id":"r","status":"503","title":"Service unavailable","detail":"The service cannot answer now. Please try again later.","meta":{"key":"service_unavailable"}}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := Errors(c.err, ErrorView{RequestID: "r"})
			if status != c.status {
				t.Errorf("status %d", status)
			}
			requireJSON(t, body, nil, c.want)
		})
	}
}

func TestEveryErrorOfTheCatalogueCanBeShown(t *testing.T) {
	for _, line := range errors.Catalogue() {
		status, body := Errors(line, ErrorView{RequestID: "r"})
		if status != line.Status || !json.Valid(body) || !strings.Contains(string(body), `"key":"`+line.Key+`"`) {
			t.Errorf("%s: %d %s", line.Key, status, body)
		}
	}
}

// A status that is ours is one of the catalogue's lines, or 500.
func TestStatusIsTheMostGeneralOne(t *testing.T) {
	fault := func(status int) *errors.Error { return errors.DocumentInvalid.Answer(status) }
	for _, c := range []struct {
		statuses []int
		want     int
	}{
		{[]int{422}, 422}, {[]int{422, 422}, 422}, {[]int{422, 409}, 400}, {[]int{422, 409, 422}, 400}, {[]int{409, 422, 400}, 400},
		{[]int{503}, 500}, {[]int{503, 503}, 500}, {[]int{503, 422}, 500}, {[]int{422, 503}, 500}, {[]int{500, 503}, 500}, {[]int{422, 422, 500}, 500},
	} {
		var faults errors.Faults
		for _, status := range c.statuses {
			faults.Add(fault(status))
		}
		for range 2 {
			if status, _ := Errors(faults, ErrorView{}); status != c.want {
				t.Errorf("%v: %d, want %d", c.statuses, status, c.want)
			}
			slices.Reverse(faults)
		}
	}
}
