package resources

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
)

// call is a request that may go to its handler: who asks, what for, with which
// document.
type call struct {
	echo.Context
	route     *route
	actor     account.Actor
	query     *jsonapi.Query
	body      []byte              // as it was sent
	document  *jsonapi.Document   // nil where the route reads none
	documents []*jsonapi.Document // of a route that reads several
	linkage   *jsonapi.Linkage    // likewise
	form      map[string][]string // of POST /token
	profile   string              // of JSON:API, that was applied to the answer; "" is none

	registered *model.Customer // by this call
}

// anonymousHeader names a cart of somebody who is not logged in; it says
// nothing to this service.
const anonymousHeader = "X-Anonymous-Customer-Unique-Id"

// admit runs the checks that come before a handler, in the order of glue.md
// section 4; the first that fails answers. The numbers are its steps.
func (a *API) admit(r route) echo.HandlerFunc {
	r.mustDeclare()
	return func(c echo.Context) error {
		if err := a.checkRequest(c, r); err != nil { // 1
			return err
		}
		if r.largest > 0 { // before it is known whose it is nobody sends so much
			if _, err := a.identify(c, r.access); err != nil {
				return err
			}
		}
		body, err := a.readBody(c, r) // 1
		if err != nil {
			return err
		}
		if nested(c) { // 2
			return errors.RouteNotFound
		}
		call := &call{Context: c, route: &r, body: body}
		if call.query, err = jsonapi.ParseQuery(c.Request().URL.RawQuery, r.primary(), a.offer(r)); err != nil { // 3
			return err
		}
		if err = a.parse(call); err != nil { // 4, 5
			return err
		}
		if err := r.named(c); err != nil { // 5
			return err
		}
		if r.early != nil { // 6
			if err := r.early(call); err != nil {
				return err
			}
		}
		if call.actor, err = a.identify(c, r.access); err != nil { // 7, 8
			return err
		}
		if r.limit != nil { // before anything is done, and not undone with it
			if err := r.limit(call); err != nil {
				return err
			}
		}
		if len(c.Request().Header.Values("Idempotency-Key")) > 0 && r.repeatable() {
			return a.once(call)
		}
		return r.handle(call) // 9 to 12 are the use case's
	}
}

// nested reports whether the path goes on below a resource that has nothing
// below it: Echo gives its last segment all that follows.
func nested(c echo.Context) bool {
	return slices.ContainsFunc(c.ParamValues(), func(value string) bool { return strings.Contains(value, "/") })
}

// checkRequest checks what any request has (step 1), whatever its path: one that
// is not known has the zero route.
func (a *API) checkRequest(c echo.Context, r route) error {
	request := c.Request()
	if request.ContentLength > r.mostBytes() {
		return errors.PayloadTooLarge
	}
	if !r.plain {
		if err := jsonapi.CheckAccept(request.Header, a.media(r)); err != nil {
			return err
		}
	}
	return jsonapi.CheckPage(request.URL.RawQuery, a.Wire.Lenient)
}

// mostBytes bounds the body of a request.
func (r route) mostBytes() int64 { return cmp.Or(r.largest, jsonapi.MaxBody) }

func (a *API) media(r route) jsonapi.Media {
	return jsonapi.Media{Lenient: a.Wire.Lenient, Extension: r.extension}
}

// readBody reads the document's bytes on routes that take one. A body that is
// sent with GET or DELETE is left alone.
func (a *API) readBody(c echo.Context, r route) ([]byte, error) {
	if r.body == nil {
		return nil, nil
	}
	body, err := jsonapi.ReadBodyUpTo(c.Request(), r.mostBytes())
	if err != nil {
		return nil, err
	}
	if len(body) == 0 && c.Request().Header.Get(echo.HeaderContentType) == "" {
		return nil, nil // no document at all is step 4's
	}
	return body, jsonapi.CheckContentType(c.Request().Header, a.media(r))
}

func (a *API) offer(r route) jsonapi.Offer {
	offer := r.offer
	offer.Lenient = a.Wire.Lenient || r.loose
	return offer
}

// primary is the type that filter[type.name] may name: that of the collection
// at the end of the path.
func (r route) primary() string {
	segments := strings.Split(r.path, "/")
	for _, segment := range slices.Backward(segments) {
		if !strings.HasPrefix(segment, ":") {
			return segment
		}
	}
	return ""
}

// parse reads the document that the route takes.
func (a *API) parse(c *call) (err error) {
	switch {
	case c.route.body == nil || c.route.extension != "":
		return nil // none, or one that its handler knows how to read
	case c.route.linkage && c.route.many:
		c.linkage, err = jsonapi.ParseLinkages(c.body, a.expect(c.route))
		return err
	case c.route.linkage:
		c.linkage, err = jsonapi.ParseLinkage(c.body, a.expect(c.route))
		return err
	case c.route.several > 0:
		c.documents, err = jsonapi.ParseMany(c.body, a.expect(c.route), c.route.several)
		return err
	}
	c.document, err = jsonapi.Parse(c.body, a.expect(c.route))
	if err != nil {
		return err
	}
	return a.checkID(c)
}

func (a *API) expect(r *route) jsonapi.Expect {
	return jsonapi.Expect{
		Type:               jsonapi.TypeOf(r.body),
		TypeStatus:         a.Wire.TypeStatus,
		AnyID:              a.Wire.IgnoreIDs,
		Included:           r.method == http.MethodPut,
		AttributesOptional: r.method == http.MethodPatch && !a.Wire.AttributesRequired,
	}
}

// checkID compares data.id with the resource that the URL names (W-07), and
// refuses one where the service gives the id (W-08). POST /customers decides
// for itself: an API key may choose.
func (a *API) checkID(c *call) error {
	id, given := c.document.ID()
	if !given || a.Wire.IgnoreIDs || c.route.anyID || c.route.refuse != nil {
		return nil
	}
	if c.route.method == http.MethodPost {
		if jsonapi.TypeOf(c.route.body) == "customers" {
			return nil
		}
		return errors.ClientIDForbidden.At("/data/id")
	}
	if names := c.ParamNames(); len(names) > 0 {
		if own := web.Segment(c, names[len(names)-1]); own != id && own != "me" && own != "mine" {
			return errors.ResourceIDMismatch.At("/data/id")
		}
	}
	return nil
}

// named checks that every segment the route needs is there.
func (r route) named(c echo.Context) error {
	for name, absent := range r.needs {
		if web.Segment(c, name) == "" {
			return absent
		}
	}
	if r.refuse != nil {
		return r.refuse
	}
	return nil
}

// identify tells who asks and whether the route is theirs.
func (a *API) identify(c echo.Context, needed access) (account.Actor, error) {
	header := c.Request().Header
	authorization := header.Values(echo.HeaderAuthorization)
	if len(authorization) > 0 && header.Get(anonymousHeader) != "" {
		return account.Actor{}, errors.ConflictingIdentities.AtHeader(anonymousHeader)
	}
	actor, err := a.Accounts.Authenticate(c.Request().Context(), authorization, web.Client(c))
	if err != nil {
		return actor, err
	}
	return actor, needed.check(actor)
}

// mustDeclare panics, with one line that names the route, unless it says who may
// use it. One that refuses everybody says so of everybody.
func (r route) mustDeclare() {
	switch {
	case r.access == undeclared:
		panic("resources: " + r.method + " " + r.path + " does not declare who may use it")
	case r.access == keys && r.scope == "":
		panic("resources: " + r.method + " " + r.path + " does not declare the scope that an API key needs")
	}
}

// check answers an actor who may not use a route.
func (needed access) check(actor account.Actor) error {
	switch {
	case needed == visitors:
		return nil
	case actor.IsVisitor():
		return errors.AccessTokenMissing.AtHeader(echo.HeaderAuthorization)
	case needed == keys && !actor.HasKey():
		return errors.Unauthorized
	}
	return nil
}
