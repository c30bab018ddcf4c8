package resources

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
)

// Difference is one in which the two wires differ: what it is about, and what
// each of them does.
type Difference struct{ No, Topic, JSONAPI, Glue string }

// Differences is the complete list (glue.md section 1), for people: the README's
// table and the API's description of itself are made from it. What a request meets
// of it stands in the two values of Wire below.
var Differences = []Difference{
	{"W-01", "`errors[].status`", "a string", "a number"},
	{"W-02", "`data.id` of a token", "a string", "`null`"},
	{"W-03", "wrong `data.type`", "409", "400"},
	{"W-04", "wrong method", "405 with `Allow`", "404"},
	{"W-05", "unknown query parameter, `include`, `sort`, `fields`, `filter`", "400 with `source.parameter`", "ignored"},
	{"W-06", "`Accept`, `Content-Type`", "406 and 415 by the rules of JSON:API 1.1; `application/json` is served", "anything that names JSON is served"},
	{"W-07", "another `data.id` than the URL's in a PATCH", "409", "ignored"},
	{"W-08", "`data.id` in a POST", "403; an API key may choose one", "ignored; an API key may choose one"},
	{"W-09", "`PATCH /customer-password`, `/customer-restore-password` without a segment", "works", "400"},
	{"W-10", "unknown `gender`", "code 414", "code 901"},
	{"W-11", "timestamps", "`2018-11-06T08:15:02.694668Z`", "`2018-11-06 08:15:02.694668`"},
	{"W-12", "`isDefaultShipping`, `isDefaultBilling` left out of a new address", "count as true", "901, required"},
	{"W-13", "`acceptedTerms` left out of a registration", "901, should be true", "901, missing"},
	{"W-14", "PATCH with `relationships` and no `attributes`", "served", "400"},
	{"W-15", "addresses: `salutation`, `address2`; `city`", "optional; 1 to 255 characters", "required; 3 to 255"},
	{"W-16", "what JSON:API 1.1 adds: the member `jsonapi`, `errors[].links`, `links.self` of relationships and the relationship `customer` of addresses, `profile` and `ext` in `Content-Type`", "there; a token has no self link, for nothing can be fetched there", "none of it; a token has a self link"},
}

// WiresPage writes the differences as a Markdown table.
func WiresPage() string {
	var page strings.Builder
	page.WriteString("| | `jsonapi` | `glue` |\n|---|---|---|\n")
	for _, line := range Differences {
		fmt.Fprintf(&page, "| %s %s | %s | %s |\n", line.No, line.Topic, line.JSONAPI, line.Glue)
	}
	return page.String()
}

// Wire is one of the two ways the Glue API is spoken.
type Wire struct {
	NumericStatus      bool            // W-01: errors[].status is a number
	NullTokenID        bool            // W-02: a token resource has "id": null
	TypeStatus         int             // W-03: status of a wrong data.type
	HideMethods        bool            // W-04: a wrong method is 404, not 405
	Lenient            bool            // W-05, W-06: unknown query parameters are ignored, any JSON media type is served
	IgnoreIDs          bool            // W-07, W-08: a data.id that does not belong is ignored
	NeedSegment        bool            // W-09: PATCH of a password needs an id in the path
	OtherGender        *errors.Error   // W-10: answer to a gender that is none of the options
	Time               string          // W-11: layout of timestamps
	Registration       account.Demands // W-13: attributes that POST /customers needs
	Address            account.Demands // W-12, W-15: attributes that an address needs
	AttributesRequired bool            // W-14: PATCH with relationships alone is refused
	Hypermedia         bool            // W-16: what JSON:API 1.1 adds: the member jsonapi, links of errors and relationships, profiles, an address's customer; tokens, which cannot be fetched, have no link
}

// JSONAPI is JSON:API 1.1 wherever it says MUST, and Glue everywhere else.
func JSONAPI() Wire {
	return Wire{
		TypeStatus:   http.StatusConflict,
		Hypermedia:   true,
		OtherGender:  errors.GenderInvalid,
		Time:         "2006-01-02T15:04:05.000000Z07:00",
		Registration: account.Demands{Required: registrationNeeds},
		Address:      account.Demands{Required: addressNeeds, ShortCity: 1},
	}
}

// Glue is what Spryker's shops speak.
func Glue() Wire {
	return Wire{
		NumericStatus:      true,
		NullTokenID:        true,
		TypeStatus:         http.StatusBadRequest,
		HideMethods:        true,
		Lenient:            true,
		IgnoreIDs:          true,
		NeedSegment:        true,
		OtherGender:        errors.ChoiceInvalid,
		Time:               "2006-01-02 15:04:05.000000",
		Registration:       account.Demands{Required: append([]string{"acceptedTerms"}, registrationNeeds...)},
		Address:            account.Demands{Required: append([]string{"salutation", "address2", "isDefaultShipping", "isDefaultBilling"}, addressNeeds...), ShortCity: 3},
		AttributesRequired: true,
	}
}

var (
	registrationNeeds = []string{"email", "salutation", "firstName", "lastName"}
	addressNeeds      = []string{"firstName", "lastName", "address1", "zipCode", "city", "iso2Code"}
)

// moment reads a time as the wire writes it, or as RFC 3339.
func (w Wire) moment(text string) (time.Time, error) {
	if t, err := time.Parse(w.Time, text); err == nil {
		return t, nil
	}
	return time.Parse(time.RFC3339Nano, text)
}

func (w Wire) timestamp(t time.Time) string { return t.UTC().Format(w.Time) }

// timestampOrNull is timestamp for what may never have been.
func (w Wire) timestampOrNull(t *time.Time) *string {
	if t == nil {
		return nil
	}
	text := w.timestamp(*t)
	return &text
}
