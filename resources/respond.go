package resources

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/web"
)

// showOne answers with one resource: model, in the state that version names,
// which lives at self.
func (a *API) showOne(c *call, status int, model any, version, self string) error {
	body, err := jsonapi.One(model, jsonapi.View{Query: c.query})
	if err != nil {
		return err
	}
	tag := entityTag(version, body)
	header := c.Response().Header()
	header.Set("ETag", tag)
	describe(c, header)
	if status == http.StatusCreated {
		header.Set(echo.HeaderLocation, self)
	}
	if reading(c) && matches(c.Request().Header.Values("If-None-Match"), func(candidate string) bool {
		return strings.TrimPrefix(candidate, "W/") == tag
	}) {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(status, jsonapi.MediaType, body)
}

// showMany answers with a collection; its own link is the request's.
func (a *API) showMany(c *call, models any, view jsonapi.View) error {
	view.Query = c.query
	if view.Links == nil {
		view.Links = map[string]any{}
	}
	view.Links["self"] = a.Base + c.Request().URL.RequestURI()
	body, err := jsonapi.Many(models, view)
	if err != nil {
		return err
	}
	describe(c, c.Response().Header())
	return c.Blob(http.StatusOK, jsonapi.MediaType, body)
}

// withCurrent adds a resource as it is now to an error's meta.
func withCurrent(c *call, model any, failed error) error {
	document, err := jsonapi.One(model, jsonapi.View{Query: c.query})
	if err != nil {
		return err
	}
	fault, _ := errors.AsType[*errors.Error](failed)
	return fault.Note("current", json.RawMessage(document))
}

func describe(c *call, header http.Header) {
	header.Set("Content-Language", web.Locale(c.actor.Language))
	addVary(header)
}

func addVary(header http.Header) { header.Add(echo.HeaderVary, "Accept, Accept-Language") }

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

// seconds rounds up, as Retry-After counts.
func seconds(wait time.Duration) string { return strconv.Itoa(int(math.Ceil(wait.Seconds()))) }

// fieldsOf offers the sparse fieldsets of one type.
func fieldsOf(kind string, model any) jsonapi.Offer {
	return jsonapi.Offer{Fields: map[string][]string{kind: jsonapi.Names(model)}}
}

// field makes what package account takes of one attribute of a document.
func field[T any](document *jsonapi.Document, name string, value *T) account.Field[T] {
	_, misfit := document.Misfit(name)
	return account.Field[T]{Name: name, Given: document.Has(name), Value: value, Misfit: misfit, Blank: document.Blank(name)}
}
