package digitalriver

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/web"
)

// failure is an error document (digital-river.md 7).
type failure struct {
	Type   string  `json:"type"`
	Errors []fault `json:"errors"`
}

type fault struct {
	Code      string `json:"code"`
	Parameter string `json:"parameter,omitempty"`
	Message   string `json:"message"`
}

// types are the words for statuses; they are the codes of errors as well that have none
// of their own.
var types = map[int]string{
	http.StatusBadRequest:          "bad_request",
	http.StatusUnauthorized:        "unauthorized",
	http.StatusForbidden:           "forbidden",
	http.StatusNotFound:            "not_found",
	http.StatusMethodNotAllowed:    "method_not_allowed",
	http.StatusNotAcceptable:       "not_acceptable",
	http.StatusConflict:            "conflict",
	http.StatusTooManyRequests:     "too_many_requests",
	http.StatusInternalServerError: "internal_server_error",
	http.StatusServiceUnavailable:  "internal_server_error",
}

// conflicts are the errors that are 409, and their codes.
var conflicts = []struct {
	line *errors.Error
	code string
}{
	{errors.ResourceIDTaken, "already_exists"},
	{errors.PaymentSourceSpent, "nonreusable_source"},
	{errors.SourceNotChargeable, "source_not_chargeable"},
	{errors.PaymentSourceTaken, "source_in_use"},
}

// Fail writes an error document. The status is that of the first error: several are all
// of the parameters of one request.
func (a *API) Fail(c echo.Context, err error) error {
	list := errors.List(err)
	status, _ := classify(list[0])
	header := c.Response().Header()
	web.SetRetryAfter(header, list[0].RetryAfter)
	if status == http.StatusUnauthorized {
		header.Set(echo.HeaderWWWAuthenticate, `Bearer realm="Digital River API"`)
	}
	told := failure{Type: types[status]}
	for _, one := range list {
		_, code := classify(one)
		wrong := fault{code, one.Field, strings.TrimPrefix(one.Detail, one.Field+" => ")}
		if !slices.Contains(told.Errors, wrong) { // a name is two attributes
			told.Errors = append(told.Errors, wrong)
		}
	}
	return answer(c, status, told)
}

// classify returns the status and the code of an error of the catalogue. What is about a
// parameter is a bad request, whatever it is on the main surface.
func classify(one *errors.Error) (status int, code string) {
	for _, conflict := range conflicts {
		if errors.Is(one, conflict.line) {
			return http.StatusConflict, conflict.code
		}
	}
	switch {
	case errors.Is(one, errors.FieldMissing):
		return http.StatusBadRequest, "missing_parameter"
	case errors.Is(one, errors.ValueBlank):
		return http.StatusBadRequest, "invalid_string_empty"
	case one.Field == "" && types[one.Status] != "" && one.Status != http.StatusBadRequest && one.Status != http.StatusConflict:
		return one.Status, types[one.Status]
	}
	return http.StatusBadRequest, "invalid_parameter"
}

// notValid is an error about a parameter of the path or the query.
func notValid(parameter, value string) *errors.Error {
	return saying(errors.FilterInvalid, "'"+value+"' is not a valid "+parameter+".").On(parameter)
}

// saying gives an error of the catalogue another sentence.
func saying(line *errors.Error, sentence string) *errors.Error {
	made := line.On("")
	made.Detail = sentence
	return made
}
