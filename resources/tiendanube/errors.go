package tiendanube

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/web"
)

// notJSON is the answer to a body that is no JSON object.
var notJSON = errors.DocumentInvalid

// Fail writes an error (tiendanube.md 6): what is wrong with fields by field, a body that
// cannot be read in a word, and all others with their status.
func (a *API) Fail(c echo.Context, err error) error {
	header := c.Response().Header()
	if header.Get("X-Main-Language") == "" {
		a.tell(c, "") // it failed before it was known whose request it is
	}
	faults := errors.List(err)
	web.SetRetryAfter(header, faults[0].RetryAfter)
	if fields := byField(faults); len(fields) > 0 {
		return answer(c, http.StatusUnprocessableEntity, fields)
	}
	if errors.Is(err, notJSON) {
		return answer(c, http.StatusBadRequest, map[string]string{"error": "Problems parsing JSON"})
	}
	status := faults[0].Status
	if status == http.StatusUnauthorized {
		header.Set(echo.HeaderWWWAuthenticate, `Bearer realm="Tiendanube API"`)
	}
	return answer(c, status, failure{Code: status, Message: http.StatusText(status), Description: describe(faults[0])})
}

type failure struct {
	Code        int    `json:"code"`
	Message     string `json:"message"`
	Description string `json:"description"`
}

// describe says what the original says where it is known, and what we say elsewhere.
func describe(fault *errors.Error) string {
	switch {
	case fault.Kind == errors.Unauthenticated:
		return "Invalid access token"
	case fault.Kind == errors.Forbidden:
		return "Missing a required scope"
	case errors.Is(fault, errors.CustomerNotFound):
		return "Customer not found"
	case fault.Source.Header == "User-Agent":
		return "The User-Agent header is missing"
	}
	return fault.Detail
}

// byField sorts what is wrong with a document, or a query, by the fields it is about. An
// error of none is no part of it, save that a customer cannot be saved as they are.
func byField(faults []*errors.Error) map[string][]string {
	fields := map[string][]string{}
	for _, fault := range faults {
		name := fault.Field
		if errors.Is(fault, errors.CustomerSaveFailed) || errors.Is(fault, errors.AddressSaveFailed) {
			name = "base"
		}
		if message := message(fault); name != "" && !slices.Contains(fields[name], message) {
			fields[name] = append(fields[name], message)
		}
	}
	return fields
}

// message says what is wrong with a field in one of the five sentences that there are.
func message(fault *errors.Error) string {
	switch {
	case errors.Is(fault, errors.FieldMissing), errors.Is(fault, errors.ValueBlank):
		return "can't be blank"
	case errors.Is(fault, errors.EmailTaken):
		return "has already been taken"
	case errors.Is(fault, errors.TooLong), errors.Is(fault, errors.EmailTooLong):
		return fmt.Sprintf("is too long (maximum is %v characters)", fault.Meta["limit"])
	case errors.Is(fault, errors.TooShort):
		return fmt.Sprintf("is too short (minimum is %v characters)", fault.Meta["limit"])
	}
	return "is invalid"
}
