package resources

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/web"
)

// showOne answers with one resource: model, in the state that version names,
// which lives at self.
func (a *API) showOne(c *call, status int, model any, version, self string, related ...any) error {
	if err := c.shows(reflect.TypeOf(model)); err != nil {
		return err
	}
	body, err := jsonapi.One(model, jsonapi.View{Query: c.query, Related: related, Version: a.Wire.Hypermedia})
	if err != nil {
		return err
	}
	if status == http.StatusCreated {
		c.Response().Header().Set(echo.HeaderLocation, self)
	}
	return a.answer(c, status, version, body)
}

// shows holds an answer to what the route declares.
func (c *call) shows(model reflect.Type) error {
	if declared := reflect.TypeOf(c.route.shows); model.Elem() != declared {
		return fmt.Errorf("%s %s shows %v, not %v", c.route.method, c.route.path, declared, model)
	}
	return nil
}

// showMany answers with a collection; its own link is the request's.
func (a *API) showMany(c *call, models any, view jsonapi.View) error {
	if err := c.shows(reflect.TypeOf(models).Elem()); err != nil {
		return err
	}
	view.Query, view.Version, view.Profile = c.query, a.Wire.Hypermedia, c.profile
	if view.Links == nil {
		view.Links = map[string]any{}
	}
	view.Links["self"] = a.selfLink(c)
	body, err := jsonapi.Many(models, view)
	if err != nil {
		return err
	}
	return a.answer(c, http.StatusOK, collection, body)
}

// selfLink is the request's own URL; where a profile was applied it says so
// (JSON:API 1.1, "Top Level").
func (a *API) selfLink(c *call) any {
	link := a.Base + c.Request().URL.RequestURI()
	if a.Wire.Hypermedia {
		link = brackets.Replace(link)
	}
	if c.profile == "" {
		return link
	}
	return jsonapi.LinkObject{Href: link, Type: a.media(*c.route).Type(c.profile)}
}

// brackets are what clients send unescaped in a query and RFC 3986 does not allow
// there; JSON:API wants links that are URI references.
var brackets = strings.NewReplacer("[", "%5B", "]", "%5D")

// collection stands for the version of what has none of its own.
const collection = "c"

// answer writes a document, unless it is what the client has already. The entity
// tag is made from the version of what is shown and from the document itself.
func (a *API) answer(c *call, status int, version string, body []byte) error {
	header, tag := c.Response().Header(), entityTag(version, body)
	header.Set("ETag", tag)
	header.Set("Content-Language", web.Locale(c.actor.Language))
	if reading(c) && c.has(tag) {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(status, a.media(*c.route).Type(c.profile), body)
}

// has reports whether the client has what an entity tag names already.
func (c *call) has(tag string) bool {
	return matches(c.Request().Header.Values("If-None-Match"), func(candidate string) bool {
		return strings.TrimPrefix(candidate, "W/") == tag
	})
}

// withCurrent adds a resource as it is now to an error's meta.
func (a *API) withCurrent(c *call, model any, failed error) error {
	document, err := jsonapi.One(model, jsonapi.View{Query: c.query, Version: a.Wire.Hypermedia})
	if err != nil {
		return err
	}
	fault, _ := errors.AsType[*errors.Error](failed)
	return fault.Note("current", json.RawMessage(document))
}

func reading(c *call) bool {
	return c.Request().Method == http.MethodGet || c.Request().Method == http.MethodHead
}

// entityTag is strong (RFC 9110, 8.8.3): it names the resource's version, for
// If-Match, and the bytes of this representation, for If-None-Match.
func entityTag(version string, body []byte) string {
	digest := sha256.Sum256(body)
	return `"` + version + "-" + hex.EncodeToString(digest[:8]) + `"`
}

// precondition reads If-Match; nil when there is none. Any representation of
// the current version satisfies it, for what is changed is the resource.
func precondition(c *call) account.Match {
	header := c.Request().Header.Values("If-Match")
	if len(header) == 0 {
		return nil
	}
	return func(version string) bool {
		return matches(header, func(candidate string) bool {
			return strings.HasPrefix(candidate, `"`+version+"-")
		})
	}
}

// matches reports whether an entity tag of the header's lists, or `*`, is
// accepted. Tags of ours hold no comma.
func matches(header []string, accepted func(string) bool) bool {
	for _, candidate := range strings.Split(strings.Join(header, ","), ",") {
		if candidate = strings.TrimSpace(candidate); candidate == "*" || accepted(candidate) {
			return true
		}
	}
	return false
}
