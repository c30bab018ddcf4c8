package web

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

// Once handles a request that has an Idempotency-Key, or answers it as it was
// answered before (account.Service.Once). kept are the headers that its answer has of
// its own. It returns IdempotencyKeyInvalid, IdempotencyKeyReused, and what handle returns.
func Once(c echo.Context, accounts *account.Service, actor account.Actor, body []byte, kept []string, handle echo.HandlerFunc) error {
	key, ok := idempotencyKey(c.Request().Header.Values("Idempotency-Key"))
	if !ok {
		return errors.IdempotencyKeyInvalid.With(longestIdempotencyKey).AtHeader("Idempotency-Key")
	}
	request := account.Repeatable{Key: key, Route: c.Request().Method + " " + c.Request().URL.RequestURI(), Body: body}
	answer, repeated, err := accounts.Once(c.Request().Context(), actor, request, func(ctx context.Context) (*account.Answer, error) {
		return Record(ctx, c, kept, handle)
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

// Record runs a handler and returns what it would have answered, with those of the
// headers that are named. What it reads and writes of the accounts belongs to ctx.
func Record(ctx context.Context, c echo.Context, kept []string, handle echo.HandlerFunc) (*account.Answer, error) {
	recorder := &recorder{header: http.Header{}}
	within := c.Echo().NewContext(c.Request().WithContext(ctx), recorder)
	within.SetPath(c.Path())
	within.SetParamNames(c.ParamNames()...)
	within.SetParamValues(c.ParamValues()...)
	if err := handle(within); err != nil {
		return nil, err
	}
	answer := &account.Answer{Status: recorder.status, Header: map[string]string{}, Body: recorder.body.Bytes()}
	for _, name := range kept {
		if value := recorder.header.Get(name); value != "" {
			answer.Header[name] = value
		}
	}
	return answer, nil
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
