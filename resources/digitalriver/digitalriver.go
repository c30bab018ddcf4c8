// Package digitalriver serves the Customers resource of the Digital River API over the
// same accounts as the main surface: for back offices that keep their customers there. It
// translates; every rule is in package account.
//
// # Where we differ
//
//   - Paths begin with /digital-river: /customers is the main surface.
//   - The API key is one of Clientele's. There are none for tests: liveMode is always true.
//   - Answers are of one version, whatever digitalriver-version asks for.
//   - Lists are in order of creation, the newest first. A cursor of nobody, and both
//     cursors at once, are 400; an unknown parameter is ignored.
//   - Keys that are not set are left out, but for arrays, booleans and metadata.
//   - Metadata of other kinds than strings, booleans and integers, which the main surface
//     takes, is shown as it is, and refused here.
//   - A body that is too large, or not said to be JSON, is told of with 400 as well.
//   - A default source can be given with a new customer, and is refused: they have none.
//   - shipping: null leaves the default place vacant; the address stays with the customer.
//   - What the service cannot answer just now is 503, with the type of a 500.
//   - Tax identifiers are not served.
package digitalriver

import (
	_ "embed"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/web"
)

// API is the dialect over the accounts. It is made by writing it down.
type API struct {
	Accounts *account.Service
	Base     string      // of the service, without a trailing slash
	Bucket   *web.Bucket // that requests of a key are counted in; nil counts none
}

// call is a request that its key may make.
type call struct {
	echo.Context
	actor account.Actor
}

//go:embed openapi.json
var description []byte

// Description returns the OpenAPI description of the dialect, with {base} where the
// address of the service belongs.
func Description() []byte { return description }

const root = "/digital-river"

// Owns reports whether a path is the dialect's.
func (a *API) Owns(path string) bool { return path == root || strings.HasPrefix(path, root+"/") }

// Mount adds the routes of the dialect to a server.
func (a *API) Mount(e *echo.Echo) {
	const list, one, source = root + "/customers", root + "/customers/:id", root + "/customers/:id/sources/:source"
	web.Mount(e, []web.Route{
		{Method: http.MethodGet, Path: list, Handle: a.admit(account.ReadCustomers, a.list)},
		{Method: http.MethodPost, Path: list, Handle: a.admit(account.WriteCustomers, a.create)},
		{Method: http.MethodGet, Path: one, Handle: a.admit(account.ReadCustomers, a.show)},
		{Method: http.MethodPost, Path: one, Handle: a.admit(account.WriteCustomers, a.update)},
		{Method: http.MethodDelete, Path: one, Handle: a.admit(account.WriteCustomers, a.purge)},
		{Method: http.MethodPost, Path: source, Handle: a.admit(account.WriteCustomers, a.attach)},
		{Method: http.MethodDelete, Path: source, Handle: a.admit(account.WriteCustomers, a.detach)},
	}, web.AnswerOptions, web.WrongMethod)
	web.MountUnknown(e, root+"/*", func(echo.Context) error { return errors.RouteNotFound })
}

// admit lets a request go to its handler that has an API key with the scope, whose bucket
// is not full, and that takes JSON for an answer.
func (a *API) admit(scope account.Scope, handle func(*call) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		actor, err := a.identify(c)
		if err != nil {
			return err
		}
		if a.Bucket != nil && actor.HasKey() {
			if wait := a.Bucket.Take(actor.Key()).Wait; wait > 0 {
				return errors.RateLimited.After(wait)
			}
		}
		if !actor.May(scope) {
			return errors.Unauthorized
		}
		if !takesJSON(c.Request().Header) {
			return errors.NotAcceptable
		}
		a.logSender(c)
		return handle(&call{c, actor})
	}
}

// identify tells who asks. Older clients send the key as the user name of Basic.
func (a *API) identify(c echo.Context) (account.Actor, error) {
	credential := c.Request().Header.Values(echo.HeaderAuthorization)
	if key, password, basic := c.Request().BasicAuth(); basic && len(credential) == 1 && password == "" {
		credential = []string{"Bearer " + key}
	}
	actor, err := a.Accounts.Authenticate(c.Request().Context(), credential, web.Client(c))
	if err == nil && actor.IsVisitor() {
		err = errors.AccessTokenInvalid
	}
	return actor, err
}

// takesJSON reports whether the client takes JSON (RFC 9110, 12.5.1).
func takesJSON(header http.Header) bool {
	accept := strings.Join(header.Values("Accept"), ",")
	if strings.TrimSpace(accept) == "" {
		return true
	}
	best, taken := -1, false
	for wanted := range strings.SplitSeq(accept, ",") {
		mediaType, parameters, err := mime.ParseMediaType(wanted)
		precision, fits := map[string]int{"*/*": 0, "application/*": 1, echo.MIMEApplicationJSON: 2}[mediaType]
		if err != nil || !fits || precision < best {
			continue
		}
		quality, err := strconv.ParseFloat(parameters["q"], 64)
		best, taken = precision, err != nil || quality > 0
	}
	return taken
}

// senderHeaders say which program sends a request, and for whom. The first asks for a
// version of the API, of which there is one here.
var senderHeaders = []string{"digitalriver-version", "upstream-id", "upstream-application-id", "upstream-session-id", "forwarded"}

// longestLogged bounds what is written of a header, in bytes.
const longestLogged = 255

// logSender writes down what a request says of its sender.
func (a *API) logSender(c echo.Context) {
	said := []any{"id", web.RequestID(c)}
	for _, name := range senderHeaders {
		if value := c.Request().Header.Get(name); value != "" {
			said = append(said, slog.String(name, value[:min(len(value), longestLogged)]))
		}
	}
	if len(said) > 2 {
		a.Accounts.Logger.InfoContext(c.Request().Context(), "sender of a request", said...)
	}
}

// answer writes JSON.
func answer(c echo.Context, status int, value any) error {
	return web.JSON(c, status, echo.MIMEApplicationJSON, value)
}
