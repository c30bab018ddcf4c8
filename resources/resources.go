// Package resources is the Glue API: one file per resource type. A handler
// decodes, asks package account, and answers; the order in which a request is
// checked before its handler stands in admit.go, the routes in this file.
package resources

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/pages"
	"github.com/clientelehq/clientele/pkg/web"
)

// API is the Glue API over the accounts. It is made by writing it down.
type API struct {
	Accounts *account.Service
	Base     string // of every link, without a trailing slash
	Wire     Wire
	Genders  []string
	Outbox   bool     // captured letters can be read: development alone
	Headers  []string // further ones that a script of another origin may send
	Shop     pages.Shop
	Dialects []Dialect // that are served beside it

	table []route // of Mount, for the operations that stand for requests
}

// access says who may use a route. The zero value says nothing: what nobody has
// decided is open to nobody, and stops the start.
type access int

const (
	undeclared access = iota
	visitors          // anybody; a credential that is shown has to be right
	customers         // a customer's access token, or an API key that has the route's scope
	keys              // such an API key alone
)

// route is one method of one path, with everything that is checked before its
// handler runs.
type route struct {
	method    string
	path      string
	access    access
	scope     account.Scope            // that an API key needs: the use case holds it to that; "" opens the route to none
	body      any                      // what the document that is read may say: a struct with tags; nil reads none
	shows     any                      // the resource that is answered, likewise; nil answers none
	offer     jsonapi.Offer            // query parameters
	needs     map[string]*errors.Error // segments of the path that must not be empty, and the answer when one is
	refuse    *errors.Error            // answers a well-formed request that names no resource
	early     func(*call) error        // runs before the credential is looked at
	limit     func(*call) error        // counts the request against a bound, once it is known who asks
	loose     bool                     // ignores parameters it does not know: programs that people's links go through add some
	plain     bool                     // answers something else than JSON:API, which Accept need not name
	fleeting  bool                     // its answer is a secret, which is never kept for repetition
	linkage   bool                     // the document is that of a relationship to one resource of body's type, or, with many, to several
	extension string                   // of JSON:API, which its documents need
	several   int                      // the document has a list of resources, so many at most
	largest   int64                    // bytes of the body; 0 is jsonapi.MaxBody. Who sends more is looked at before it is read
	anyID     bool                     // the path's id only has to be there; data.id may be another
	handle    func(*call) error

	// What the API says of the route (openapi.go), as far as it does not follow from
	// the fields above.
	name     string          // of the operation; one that only refuses needs none
	summary  string          // one short line
	about    string          // more, in Markdown
	fails    []*errors.Error // what the use case may answer
	many     bool            // a collection is answered
	vacant   bool            // data may be null
	pageSize int             // of a page that does not say it; 0 is jsonapi.DefaultPageSize
	cursors  bool            // pages may be asked for by cursor
	endless  bool            // and in no other way: what there is in all is not counted
	rising   bool            // with the oldest first
	tells    any             // what the answer's meta may tell: a struct with tags of encoding/json
	sample   []string        // attributes of the example request; nil is all that have an example
	form     any             // what a form may say: a struct with tags of encoding/json
	answers  []plainAnswer   // of a plain route
}

// plainAnswer is one that is no document of JSON:API.
type plainAnswer struct {
	status    int
	mediaType string
	model     any      // a struct with tags of encoding/json; nil where the media type says it all
	headers   []string // beside those that all have
	counted   bool     // it tells what is left of a limit
}

// routes is the whole API (glue.md section 3).
func (a *API) routes() []route {
	return slices.Concat(
		a.customerRoutes(),
		a.addressRoutes(),
		a.relationshipRoutes(),
		a.customerOrderRoutes(),
		a.orderRoutes(),
		a.paymentSourceRoutes(),
		a.paymentMethodRoutes(),
		a.operationRoutes(),
		a.customerPasswordRoutes(),
		a.customerForgottenPasswordRoutes(),
		a.customerRestorePasswordRoutes(),
		a.customerConfirmationRoutes(),
		a.accessTokenRoutes(),
		a.refreshTokenRoutes(),
		a.tokenRoutes(),
		a.sessionRoutes(),
		a.auditEventRoutes(),
		a.eventRoutes(),
		a.webhookEndpointRoutes(),
		a.invitationRoutes(),
		a.jobRoutes(),
		a.storeRoutes(),
		a.erasureRequestRoutes(),
		a.customerGroupRoutes(),
		a.consentRoutes(),
		a.customerMergeRoutes(),
		a.dataExportRoutes(),
		a.outboxMessageRoutes(),
		a.mailboxRoutes(),
		a.accountPageRoutes(),
		a.wellKnownRoutes(),
		a.openapiRoutes(),
		a.docsRoutes(),
	)
}

// Mount adds the API to a server: a route for each line of the table, HEAD
// where there is GET, OPTIONS everywhere, and an answer for every wrong method
// and path. A route that does not declare who may use it is a mistake in the
// table, and a panic.
func (a *API) Mount(e *echo.Echo) {
	a.table = a.routes()
	routes := make([]web.Route, len(a.table))
	for i, r := range a.table {
		routes[i] = web.Route{Method: r.method, Path: r.path, Handle: a.admit(r)}
	}
	web.Mount(e, routes, a.options, a.wrongMethod)
	web.MountUnknown(e, "/*", func(c echo.Context) error {
		if err := a.checkRequest(c, route{}); err != nil {
			return err
		}
		return errors.RouteNotFound
	})
}

// wrongMethod answers a method that a known path does not have (W-04).
func (a *API) wrongMethod(allow string) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := a.checkRequest(c, route{}); err != nil {
			return err
		}
		if a.Wire.HideMethods || nested(c) {
			return errors.RouteNotFound
		}
		c.Response().Header().Set(echo.HeaderAllow, allow)
		return errors.MethodNotAllowed
	}
}

// requestHeaders are those that a browser is told it may send.
const requestHeaders = "Accept, Content-Type, Content-Language, Accept-Language, Authorization, X-Anonymous-Customer-Unique-Id, Store, Idempotency-Key, If-Match, If-None-Match"

// options answers OPTIONS, a browser's preflight among them.
func (a *API) options(allow string) echo.HandlerFunc {
	return func(c echo.Context) error {
		header := c.Response().Header()
		header.Set(echo.HeaderAllow, allow)
		if header.Get(echo.HeaderAccessControlAllowOrigin) != "" {
			header.Set(echo.HeaderAccessControlAllowMethods, allow)
			header.Set(echo.HeaderAccessControlAllowHeaders, strings.Join(append([]string{requestHeaders}, a.Headers...), ", "))
			header.Set(echo.HeaderAccessControlMaxAge, "600")
		}
		return c.NoContent(http.StatusOK)
	}
}

// Fail writes an error: as a JSON:API error document, or as a page where a handler
// has left one to tell it on.
func (a *API) Fail(c echo.Context, err error) error {
	header := c.Response().Header()
	for _, fault := range errors.List(err) {
		web.SetRetryAfter(header, fault.RetryAfter)
		setQuota(header, fault)
	}
	if tell, forPeople := c.Get(onPage).(func(error) error); forPeople {
		return tell(err)
	}
	status, body := jsonapi.Errors(err, a.errorView(web.RequestID(c)))
	if status == http.StatusUnauthorized {
		header.Set(echo.HeaderWWWAuthenticate, `Bearer realm="Access to shop API"`)
	}
	header.Set("Content-Language", web.Locale(web.English)) // errors are told in English alone; meta.key is there to be translated by
	return c.Blob(status, jsonapi.MediaType, body)
}

// setQuota tells what is left of a limit that a refusal was counted under.
func setQuota(header http.Header, fault *errors.Error) {
	if fault.Quota != nil {
		header.Set("RateLimit-Limit", strconv.Itoa(fault.Quota.Limit))
		header.Set("RateLimit-Remaining", strconv.Itoa(fault.Quota.Remaining))
		header.Set("RateLimit-Reset", web.Seconds(fault.Quota.Reset))
	}
}

// errorView is how errors are shown on this wire.
func (a *API) errorView(requestID string) jsonapi.ErrorView {
	view := jsonapi.ErrorView{RequestID: requestID, NumericStatus: a.Wire.NumericStatus, Version: a.Wire.Hypermedia}
	if a.Wire.Hypermedia {
		view.Pages = a.Base + "/errors/"
	}
	return view
}
