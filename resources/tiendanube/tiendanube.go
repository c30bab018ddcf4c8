// Package tiendanube serves the customer resource of the Tiendanube (Nuvemshop) API v1
// over the same accounts as the main surface: for apps, importers and connectors that
// know a shop by that API. It translates; every rule is in package account.
//
// # Where we differ
//
//   - {store} in the path is the name of a store of the installation, and else any text:
//     the key decides which store is meant.
//   - The API key is one of Clientele's. It is read from Authentication, as there, and
//     from Authorization.
//   - An e-mail address of an account is refused a second time. An address of which there
//     is no account may be that of several customers.
//   - Addresses and e-mail addresses have ids and accounts of their own: what the
//     original's samples show twice is there once.
//   - A list without customers, and a page behind the last, are 200 and [], and not 404.
//   - A member of a PUT that says what is shown already is no change. So a client that
//     sends all back does not part a name anew, give up a change of the e-mail address
//     that waits for its key, or undo with billing_* what it does with addresses.
//   - A parameter that cannot be read is 422, a method that a path has not is 405 with
//     Allow, and a body of another media type is 415; 402 is never answered.
//   - q of one or two letters finds how a word begins, and not what is within one.
//   - Amounts have as many decimals as their currency: two nearly everywhere.
//   - DELETE and the definitions of custom fields are not served.
package tiendanube

import (
	_ "embed"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/web"
)

// API is the dialect over the accounts. It is made by writing it down.
type API struct {
	Accounts       *account.Service
	Base           string      // of every link, without a trailing slash
	Bucket         *web.Bucket // that requests of a key are counted in; nil counts none
	Language       string      // of the store, in X-Main-Language
	NeedsUserAgent bool        // refuses requests that do not say what sends them, as the original does
}

// call is a request that its key may make.
type call struct {
	echo.Context
	actor account.Actor
}

//go:embed openapi.json
var description []byte

// Description returns the OpenAPI description of the dialect, with {base} where its
// links begin.
func Description() []byte { return description }

// versioned is the beginning of a path of the dialect: v1, or the month of a newer
// version, which is served alike.
var versioned = regexp.MustCompile(`^/(v1|\d{4}-\d{2})(/|$)`)

// Owns reports whether a path is the dialect's.
func (a *API) Owns(path string) bool { return versioned.MatchString(path) }

// Mount adds the routes of the dialect to a server.
func (a *API) Mount(e *echo.Echo) {
	e.Pre(undate)
	const list, one = "/v1/:store/customers", "/v1/:store/customers/:id"
	web.Mount(e, []web.Route{
		{Method: http.MethodGet, Path: list, Handle: a.admit(account.ReadCustomers, a.list)},
		{Method: http.MethodPost, Path: list, Handle: a.admit(account.WriteCustomers, a.create)},
		{Method: http.MethodGet, Path: one, Handle: a.admit(account.ReadCustomers, a.show)},
		{Method: http.MethodPut, Path: one, Handle: a.admit(account.WriteCustomers, a.update)},
	}, a.options, web.WrongMethod)
	web.MountUnknown(e, "/v1/*", func(echo.Context) error { return errors.RouteNotFound })
}

// undate has a path that begins with the month of a version be that of v1.
func undate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		url := c.Request().URL
		if versioned.MatchString(url.Path) {
			c.Set(askedPath, url.EscapedPath())
			_, rest, _ := strings.Cut(strings.TrimPrefix(url.Path, "/"), "/")
			url.Path = "/v1/" + rest
			if url.RawPath != "" {
				_, rest, _ = strings.Cut(strings.TrimPrefix(url.RawPath, "/"), "/")
				url.RawPath = "/v1/" + rest
			}
		}
		return next(c)
	}
}

// askedPath is where a request keeps its path as it was sent, for links.
const askedPath = "asked path"

func (a *API) options(allow string) echo.HandlerFunc {
	return func(c echo.Context) error {
		a.tell(c, "")
		return web.AnswerOptions(allow)(c)
	}
}

// admit lets a request go to its handler that has an API key with the scope, and whose
// bucket is not full.
func (a *API) admit(scope account.Scope, handle func(*call) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		if web.Segment(c, "store") == "" {
			return errors.RouteNotFound
		}
		actor, err := a.identify(c)
		if err != nil {
			return err
		}
		if wait := a.tell(c, actor.Key()); wait > 0 {
			return errors.RateLimited.After(wait)
		}
		if !actor.May(scope) {
			return errors.Unauthorized
		}
		if a.NeedsUserAgent && c.Request().UserAgent() == "" {
			return errors.RequestInvalid.AtHeader("User-Agent")
		}
		return handle(&call{c, actor})
	}
}

// identify tells who asks. The key is in a header of the original's own name.
func (a *API) identify(c echo.Context) (account.Actor, error) {
	credential := c.Request().Header.Values("Authentication")
	if len(credential) == 0 {
		credential = c.Request().Header.Values(echo.HeaderAuthorization)
	}
	actor, err := a.Accounts.AuthenticateIn(c.Request().Context(), credential, web.Client(c), web.Segment(c, "store"))
	if err == nil && actor.IsVisitor() {
		err = errors.AccessTokenInvalid
	}
	return actor, err
}

// tell sets the headers that all answers have, and returns how long the owner of a key
// has to wait before the request fits into their bucket. Requests without a key that is
// known count for the network address, and are not held up.
func (a *API) tell(c echo.Context, key string) time.Duration {
	header := c.Response().Header()
	header.Set("X-Main-Language", a.Language)
	if a.Bucket == nil {
		return 0
	}
	if key == "" {
		key = "address " + c.RealIP()
	}
	level := a.Bucket.Take(key)
	header.Set("X-Rate-Limit-Limit", strconv.Itoa(level.Limit))
	header.Set("X-Rate-Limit-Remaining", strconv.Itoa(level.Remaining))
	header.Set("X-Rate-Limit-Reset", strconv.FormatInt(level.Empty.Milliseconds(), 10))
	return level.Wait
}

// answer writes JSON.
func answer(c echo.Context, status int, value any) error {
	return web.JSON(c, status, "application/json; charset=utf-8", value)
}
