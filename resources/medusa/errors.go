package medusa

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/web"
	"github.com/clientelehq/clientele/resources/medusa/wire"
)

// fault is an error as the dialect tells it (section 4).
type fault struct {
	status  int
	Code    string `json:"code,omitempty"`
	Type    string `json:"type"`
	Message string `json:"message"`
}

// Error returns the message.
func (f *fault) Error() string { return f.Message }

// The faults that say the same each time. A login that is missing or wrong is told in
// plain text, not as JSON.
var (
	errUnauthorized = &fault{status: http.StatusUnauthorized}
	errResetToken   = &fault{status: http.StatusUnauthorized, Type: "unauthorized", Message: "Invalid or expired password reset token"}
	errNotYours     = &fault{status: http.StatusBadRequest, Type: "not_allowed", Message: "You must be logged in to update"}
	errForeignPage  = &fault{status: http.StatusForbidden, Type: "not_allowed", Message: "Pages of this origin may not use the session"}
	errUnknown      = &fault{http.StatusInternalServerError, "unknown_error", "unknown_error", "An unknown error occurred."}
)

func notFound(message string) *fault {
	return &fault{status: http.StatusNotFound, Type: "not_found", Message: message}
}

func duplicate(message string) *fault {
	return &fault{http.StatusUnprocessableEntity, "invalid_request_error", "duplicate_error", message}
}

// invalid tells what is wrong with a request; without messages that is nothing.
func invalid(messages ...string) error {
	if len(messages) == 0 {
		return nil
	}
	return &fault{status: http.StatusBadRequest, Type: "invalid_data", Message: strings.Join(messages, ", ")}
}

// Fail answers with an error: a fault of the dialect, or errors of the catalogue.
func (a *API) Fail(c echo.Context, err error) error {
	told, ours := errors.AsType[*fault](err)
	if !ours {
		told = translate(c, errors.List(err))
	}
	if told.status != http.StatusUnauthorized {
		return answer(c, told.status, told)
	}
	c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Bearer realm="Access to shop API"`)
	if told.Type == "" {
		return plain(c, told.status, "Unauthorized")
	}
	return answer(c, told.status, told)
}

// translate puts errors of the catalogue into the dialect's words. There are several
// only where attributes are at fault.
func translate(c echo.Context, list []*errors.Error) *fault {
	first := list[0]
	switch {
	case first.Is(errors.EmailTaken):
		return duplicate("A customer with the given email already has an account. Log in instead")
	case first.Is(errors.PayloadTooLarge):
		return &fault{status: http.StatusRequestEntityTooLarge, Type: "invalid_data", Message: "request entity too large"}
	case first.Is(errors.ServiceUnavailable):
		c.Response().Header().Set(echo.HeaderRetryAfter, "1") // the client of Medusa waits that long, and asks again
		return &fault{status: http.StatusServiceUnavailable, Type: "unexpected_state", Message: first.Detail}
	}
	switch first.Kind {
	case errors.Unauthenticated:
		return errUnauthorized
	case errors.Forbidden:
		return &fault{status: http.StatusBadRequest, Type: "not_allowed", Message: first.Detail}
	case errors.NotFound:
		return notFound(first.Detail)
	case errors.Busy:
		web.SetRetryAfter(c.Response().Header(), first.RetryAfter)
		return &fault{status: http.StatusTooManyRequests, Type: "not_allowed", Message: first.Detail}
	case errors.Internal:
		return errUnknown
	}
	var messages []string
	for _, one := range list {
		if message := messageOf(one); !slices.Contains(messages, message) {
			messages = append(messages, message)
		}
	}
	told, _ := errors.AsType[*fault](invalid(messages...))
	return told
}

// messageOf says what is wrong with an attribute in the words of Medusa's validation.
func messageOf(one *errors.Error) string {
	limit := one.Meta["limit"]
	switch {
	case one.Field == "":
		return one.Detail
	case one.Field == "email" && (one.Is(errors.EmailInvalid) || one.Is(errors.ValueBlank)):
		return wire.NotEmail(one.Field)
	case one.Is(errors.ValueBlank):
		return one.Field + " should not be empty"
	case one.Is(errors.TooShort):
		return fmt.Sprintf("%s must be longer than or equal to %v characters", one.Field, limit)
	case one.Is(errors.TooLong) || one.Is(errors.EmailTooLong):
		return fmt.Sprintf("%s must be shorter than or equal to %v characters", one.Field, limit)
	case one.Is(errors.CharactersInvalid):
		return one.Field + " contains characters that are not allowed"
	}
	return strings.TrimPrefix(one.Detail, one.Field+" => ")
}

// isOnly reports whether all that is wrong is one attribute.
func isOnly(err error, field string) bool {
	return err != nil && !slices.ContainsFunc(errors.List(err), func(one *errors.Error) bool { return one.Field != field })
}
