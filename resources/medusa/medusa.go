// Package medusa is a dialect: `/store/customers…` and `/store/auth…` as a Medusa v1
// store (1.20) serves them and @medusajs/medusa-js (6.1) calls them, over the same
// accounts as the main surface. It holds wire structs, routes and translation; every
// rule is package account's. Section numbers in this package are those of the
// contract, medusa.md.
//
// # Where we differ
//
// From Medusa, on purpose (section 10 says why):
//   - billing_address takes no address of another customer: 404.
//   - The session has a new id after login and registration, and ends, as all bearer
//     tokens do, when the password is changed or reset. The session that has changed it
//     goes on under a new id.
//   - Only registration and login set a cookie. Logging out clears it.
//   - A reset token is the key of the core's letter: random, for one use and two hours;
//     a later one replaces it. Whatever is wrong with it is 401, in JSON.
//   - A password has to pass the shop's policy, in POST /store/customers too, where
//     Medusa makes a guest of an empty one. Other texts have bounds as on the main surface.
//   - E-mail addresses are lower-cased everywhere.
//   - Malformed JSON is 400 and an unknown path 404, both in JSON; so are bodies without
//     `address`, negative limits and control characters, which Medusa answers with 500.
//   - One account has one e-mail address; there is no second record for a guest.
//   - Logins, tokens, `exists` and registrations are throttled: 429 `not_allowed` with
//     Retry-After. An overload is 503 `unexpected_state` with Retry-After: 1.
//   - Idempotency-Key is honoured on POST, save for logins and tokens. A key that was used
//     for another request is 400.
//   - A request that changes something by the cookie, or would be given one, and comes
//     from a page of another origin that CLIENTELE_CORS_ORIGINS does not name, is 403
//     `not_allowed`. Access-Control-Allow-Credentials is for origins that are named; `*`
//     lets nobody in with a cookie.
//   - A request that changes the password and is sent again by a client that lost the
//     answer is 401: it has ended the session that it comes with.
//   - metadata that is null deletes the key, as "" does. An empty metadata is null.
//   - A page of orders has 1000 at most, whatever limit says and repeats. A login tells
//     the 100 newest orders.
//   - Orders show as much as the order service has told: totals it has not told are null,
//     and resources around an order have the attributes that they were told with. What
//     expand asks for is told whole: `items.variant` is `items`.
//   - With CLIENTELE_EMAIL_CHANGE=password a customer cannot change the e-mail address
//     here, where no current password can be given.
//   - POST /store/orders/batch/customer/token and POST /store/orders/customer/confirm are
//     not served: orders placed as a guest come along once a key mailed to their address
//     was used.
package medusa

import (
	_ "embed"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/web"
	"github.com/clientelehq/clientele/resources/medusa/wire"
)

// API serves the dialect. It is made by writing it down; Mount makes it ready.
type API struct {
	Accounts *account.Service
	Base     string   // the service's own URL
	Origins  []string // whose pages may call it from a browser, with the cookie
	Secure   bool     // cookies travel by https alone, and to pages of other sites too

	guard *http.CrossOriginProtection
}

//go:embed openapi.json
var description []byte

// Description returns the OpenAPI document of the dialect, with {base} in place of the
// service's URL.
func Description() []byte { return description }

// Owns reports whether a path is the dialect's, known or not.
func (a *API) Owns(path string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return strings.EqualFold(first, "store")
}

// route is one method of one path.
type route struct {
	method, path string
	login        bool              // for customers who are logged in, alone
	session      bool              // starts or ends one, so that pages of other sites must not send it
	fleeting     bool              // an answer that is no longer right when it is given again
	fields       []wire.Field      // of the body; nil is a request whose body is not looked at
	limit        func(*call) error // counts the request, whatever becomes of it; nil does not
	handle       func(*call) error
}

// routes are sections 6, 7 and 9: `:id` is `me`, or what the older routes have there.
func (a *API) routes() []route {
	const (
		customers, auth = "/store/customers", "/store/auth"
		one             = customers + "/:id"
		reset, token    = "/password-reset", "/password-token"
	)
	return []route{
		{method: http.MethodPost, path: customers, session: true, fields: wire.RegistrationFields, limit: a.limitRegistration, handle: a.register},
		{method: http.MethodGet, path: one, login: true, handle: a.showCustomer},
		{method: http.MethodPost, path: one, login: true, fields: wire.CustomerFields, limit: a.limitEmailChange, handle: a.updateCustomer},
		{method: http.MethodGet, path: one + "/orders", login: true, handle: a.listOrders},
		{method: http.MethodGet, path: one + "/payment-methods", login: true, handle: a.listPaymentMethods},
		{method: http.MethodPost, path: one + "/payment-methods", login: true, handle: a.listPaymentMethods},
		{method: http.MethodPost, path: one + "/addresses", login: true, fields: []wire.Field{}, handle: a.addAddress},
		{method: http.MethodPost, path: one + "/addresses/:address_id", login: true, fields: []wire.Field{}, handle: a.updateAddress},
		{method: http.MethodDelete, path: one + "/addresses/:address_id", login: true, handle: a.deleteAddress},
		{method: http.MethodPost, path: one + "/:address_id", login: true, fields: []wire.Field{}, handle: a.updateAddress},

		{method: http.MethodPost, path: customers + token, fields: wire.ForgottenFields, handle: a.forgetPassword},
		{method: http.MethodPost, path: one + "/reset-password-token", fields: wire.ForgottenFields, handle: a.forgetPassword},
		{method: http.MethodPost, path: customers + reset, fields: wire.ResetFields, handle: a.resetPassword},
		{method: http.MethodPost, path: one + "/reset-password", fields: wire.ResetFields, handle: a.resetPassword},

		{method: http.MethodPost, path: auth, session: true, fleeting: true, fields: wire.LoginFields, handle: a.logIn},
		{method: http.MethodGet, path: auth, login: true, handle: a.showSession},
		{method: http.MethodDelete, path: auth, session: true, handle: a.logOut},
		{method: http.MethodPost, path: auth + "/token", fleeting: true, fields: wire.LoginFields, handle: a.giveToken},
		{method: http.MethodGet, path: auth + "/:email", handle: a.tellExists},
		{method: http.MethodGet, path: auth + "/token", handle: a.tellExists}, // which is no address
	}
}

// Mount adds the routes of the dialect to a server.
func (a *API) Mount(e *echo.Echo) {
	a.guard = newGuard(a.Base, a.Origins)
	e.Pre(a.enter)
	var routes []web.Route
	for _, r := range a.routes() {
		routes = append(routes, web.Route{Method: r.method, Path: r.path, Handle: a.serve(r)})
	}
	ignoring := func(handle echo.HandlerFunc) func(string) echo.HandlerFunc {
		return func(string) echo.HandlerFunc { return handle }
	}
	web.Mount(e, routes, ignoring(preflight), ignoring(a.refuse))
	e.RouteNotFound("/store", a.refuse)
	e.RouteNotFound("/store/*", a.refuse)
}

// fixed are the words that the paths of routes consist of, by their place.
var fixed = [][]string{
	{"store"}, {"customers", "auth"}, {"me", "token", "password-reset", "password-token"},
	{"addresses", "orders", "payment-methods", "reset-password", "reset-password-token"},
}

// fold writes the fixed words of a path in lower case, for their case does not count.
func fold(path string) string {
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i := range min(len(segments), len(fixed)) {
		if lower := strings.ToLower(segments[i]); slices.Contains(fixed[i], lower) {
			segments[i] = lower
		}
	}
	return "/" + strings.Join(segments, "/")
}

// enter comes before the routes of a path that is the dialect's.
func (a *API) enter(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		url := c.Request().URL
		if !a.Owns(url.Path) {
			return next(c)
		}
		url.Path = fold(url.Path)
		if url.RawPath != "" {
			url.RawPath = fold(url.RawPath)
		}
		if slices.Contains(a.Origins, c.Request().Header.Get(echo.HeaderOrigin)) {
			c.Response().Header().Set(echo.HeaderAccessControlAllowCredentials, "true")
		}
		return next(c)
	}
}

// preflight tells a browser what pages of another origin may send.
func preflight(c echo.Context) error {
	header := c.Response().Header()
	header.Add(echo.HeaderVary, echo.HeaderAccessControlRequestHeaders)
	if header.Get(echo.HeaderAccessControlAllowOrigin) != "" {
		header.Set(echo.HeaderAccessControlAllowMethods, "GET,HEAD,PUT,PATCH,POST,DELETE")
		if asked := c.Request().Header.Get(echo.HeaderAccessControlRequestHeaders); asked != "" {
			header.Set(echo.HeaderAccessControlAllowHeaders, asked)
		}
	}
	return c.NoContent(http.StatusNoContent)
}

// refuse answers a path, or a method of one, that there is not: below /store/customers
// to those who are logged in alone.
func (a *API) refuse(c echo.Context) error {
	if c.Request().Method == http.MethodOptions {
		return preflight(c)
	}
	if path := c.Request().URL.Path; path == "/store/customers" || strings.HasPrefix(path, "/store/customers/") {
		if _, _, err := a.customer(c); err != nil {
			return a.told(c, err)
		}
	}
	return errors.RouteNotFound
}

// call is one request.
type call struct {
	echo.Context
	actor    account.Actor
	byCookie bool // that the actor is who they are
	older    bool // it came by a route of section 9
	text     []byte
	body     *web.Object
}

// serve makes a handler of a route.
func (a *API) serve(r route) echo.HandlerFunc {
	return func(c echo.Context) error {
		admitted, err := a.admit(r, c)
		if err == nil {
			err = a.run(r, admitted)
		}
		return a.told(c, err)
	}
}

// told writes an error that is in the dialect's words already. All others go the way of
// those of every wire, and come back to Fail.
func (a *API) told(c echo.Context, err error) error {
	if _, ours := errors.AsType[*fault](err); ours {
		return a.Fail(c, err)
	}
	return err
}

// admit checks a request in the order of section 1: who asks, then what they have sent.
func (a *API) admit(r route, c echo.Context) (*call, error) {
	admitted := &call{Context: c}
	var err error
	if r.login {
		admitted.actor, admitted.byCookie, err = a.customer(c)
	} else {
		admitted.actor, err = a.Accounts.Authenticate(c.Request().Context(), nil, web.Client(c))
	}
	if err != nil {
		return nil, err
	}
	if (admitted.byCookie || r.session) && a.guard.Check(c.Request()) != nil {
		return nil, errForeignPage
	}
	if r.login {
		if admitted.older, err = isOlder(admitted); err != nil {
			return nil, err
		}
	}
	if r.fields == nil {
		return admitted, nil
	}
	if admitted.text, admitted.body, err = readBody(c); err != nil {
		return nil, err
	}
	if len(r.fields) == 0 { // the handler has fields of its own
		return admitted, nil
	}
	return admitted, invalid(wire.FaultsOf(admitted.body, r.fields)...)
}

// kept are the headers that an answer has of its own.
var kept = []string{echo.HeaderContentType, echo.HeaderSetCookie}

// run handles a call; one that may be sent again counts once.
func (a *API) run(r route, c *call) error {
	if r.limit != nil {
		if err := r.limit(c); err != nil {
			return err
		}
	}
	if r.method != http.MethodPost || r.fleeting || c.Request().Header.Get("Idempotency-Key") == "" {
		return r.handle(c)
	}
	return web.Once(c, a.Accounts, c.actor, c.text, kept, func(inner echo.Context) error {
		within := *c
		within.Context = inner
		return r.handle(&within)
	})
}

// isOlder reports whether the caller is named by an id, as in the routes of section 9,
// and not as `me`. Somebody else's id is refused; what is no id is no path.
func isOlder(c *call) (bool, error) {
	id, own := web.Segment(c, "id"), c.actor.Reference()
	switch {
	case strings.Contains(c.Param("address_id"), "/"): // Echo gives the last name of a path all that follows
		return false, errors.RouteNotFound
	case id == "me" || !slices.Contains(c.ParamNames(), "id"):
		return false, nil
	case id == own || id == wire.CustomerID(own):
		return true, nil
	case wire.IsCustomerID(id):
		return false, errNotYours
	}
	return false, errors.RouteNotFound
}
