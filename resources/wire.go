package resources

import (
	"net/http"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
)

// Wire is one of the two ways the Glue API is spoken. The two tables below are
// the complete list of what differs (glue.md section 1).
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
