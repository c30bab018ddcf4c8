package resources

import (
	"bytes"
	"context"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
)

// longestIdempotencyKey is how many characters a client may choose.
const longestIdempotencyKey = 255

// repeatable reports whether a request of this route counts once however often it
// is sent with one Idempotency-Key. GET and DELETE count once without.
func (r route) repeatable() bool {
	return (r.method == http.MethodPost || r.method == http.MethodPatch) && !r.fleeting
}

// once handles a request that has an Idempotency-Key, or answers it as it was
// answered before.
func (a *API) once(c *call, header []string) error {
	key, ok := idempotencyKey(header)
	if !ok {
		return errors.IdempotencyKeyInvalid.With(longestIdempotencyKey).AtHeader("Idempotency-Key")
	}
	request := account.Repeatable{Key: key, Route: c.Request().Method + " " + c.Request().URL.RequestURI(), Body: c.body}
	answer, repeated, err := a.Accounts.Once(c.Request().Context(), c.actor, request, func(ctx context.Context) (*account.Answer, error) {
		answer, _, err := c.record(ctx)
		return answer, err
	})
	if err != nil {
		return err
	}
	for name, value := range answer.Header {
		c.Response().Header().Set(name, value)
	}
	if repeated {
		c.Response().Header().Set("Idempotent-Replayed", "true")
	}
	if len(answer.Body) == 0 {
		return c.NoContent(answer.Status)
	}
	return c.Blob(answer.Status, answer.Header[echo.HeaderContentType], answer.Body)
}

// idempotencyKey reads the header: a string in quotes (IETF draft, a Structured
// Field), or, as most clients send it, the bare text.
func idempotencyKey(header []string) (string, bool) {
	key := strings.TrimSpace(header[0])
	if len(key) >= 2 && key[0] == '"' && key[len(key)-1] == '"' {
		key = key[1 : len(key)-1]
	}
	strange := strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' })
	return key, len(header) == 1 && key != "" && len(key) <= longestIdempotencyKey && !strange
}

// keptHeaders are what an answer has of its own; the others are the same for all.
var keptHeaders = []string{echo.HeaderContentType, "Content-Language", "ETag", echo.HeaderLocation}

// record runs the handler of the call's route and returns what it would have
// answered, and the call as the handler has left it. What it reads and writes of
// the accounts belongs to ctx.
func (c *call) record(ctx context.Context) (*account.Answer, *call, error) {
	recorder := &recorder{header: http.Header{}}
	within := *c
	within.Context = c.Echo().NewContext(c.Request().WithContext(ctx), recorder)
	within.SetPath(c.Path())
	within.SetParamNames(c.ParamNames()...)
	within.SetParamValues(c.ParamValues()...)
	if err := c.route.handle(&within); err != nil {
		return nil, nil, err
	}
	answer := &account.Answer{Status: recorder.status, Header: map[string]string{}, Body: recorder.body.Bytes()}
	for _, name := range keptHeaders {
		if value := recorder.header.Get(name); value != "" {
			answer.Header[name] = value
		}
	}
	return answer, &within, nil
}

// recorder is a http.ResponseWriter that sends nothing.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the headers to be sent.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader keeps the status.
func (r *recorder) WriteHeader(status int) { r.status = status }

// Write keeps a part of the body.
func (r *recorder) Write(part []byte) (int, error) { return r.body.Write(part) }
