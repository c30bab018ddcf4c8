package resources

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/web"
)

// repeatable reports whether a request of this route counts once however often it
// is sent with one Idempotency-Key. GET and DELETE count once without.
func (r route) repeatable() bool {
	return (r.method == http.MethodPost || r.method == http.MethodPatch) && !r.fleeting
}

// keptHeaders are what an answer has of its own; the others are the same for all.
var keptHeaders = []string{echo.HeaderContentType, "Content-Language", "ETag", echo.HeaderLocation}

// once handles a request that has an Idempotency-Key, or answers it as it was
// answered before.
func (a *API) once(c *call) error {
	return web.Once(c, a.Accounts, c.actor, c.body, keptHeaders, func(inner echo.Context) error {
		within := *c
		within.Context = inner
		return c.route.handle(&within)
	})
}

// record runs the handler of the call's route and returns what it would have
// answered, and the call as the handler has left it. What it reads and writes of
// the accounts belongs to ctx.
func (c *call) record(ctx context.Context) (*account.Answer, *call, error) {
	within := *c
	answer, err := web.Record(ctx, c, keptHeaders, func(inner echo.Context) error {
		within.Context = inner
		return c.route.handle(&within)
	})
	return answer, &within, err
}
