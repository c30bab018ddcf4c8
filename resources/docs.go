package resources

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/docs"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/web"
)

// The pages for people (package docs) are the same on both wires. What they
// answer instead of a page, for a key that no error has, is an error document.

// Dialect is another API over the same accounts, as the pages show it.
type Dialect struct {
	Name     string // in paths
	Title    string
	Document []byte // its OpenAPI description
}

func (a *API) docsRoutes() []route {
	page := []plainAnswer{{status: http.StatusOK, mediaType: pageType}}
	routes := []route{
		{method: http.MethodGet, path: "/docs", access: visitors, plain: true, handle: a.viewerPage,
			name: "showViewer", summary: "The page to read and try the API", answers: page},
		{method: http.MethodGet, path: "/docs/:file", access: visitors, plain: true, handle: a.docsFile,
			name: "showFile", summary: "A file that the pages load", fails: []*errors.Error{errors.RouteNotFound}, answers: []plainAnswer{
				{status: http.StatusOK, mediaType: "text/css; charset=utf-8"}, {status: http.StatusOK, mediaType: "text/javascript; charset=utf-8"}, {status: http.StatusOK, mediaType: "image/svg+xml"}, {status: http.StatusOK, mediaType: "text/plain; charset=utf-8"}}},
		{method: http.MethodGet, path: "/errors", access: visitors, plain: true, handle: a.errorIndex,
			name: "listErrors", summary: "The table of all errors", answers: page},
		{method: http.MethodGet, path: "/errors/:key", access: visitors, plain: true, handle: a.errorPage,
			name: "explainError", summary: "What an error is and what to do about it", about: "`links.type` of an error leads here.", fails: []*errors.Error{errors.RouteNotFound}, answers: page},
	}
	if len(a.Dialects) == 0 {
		return routes
	}
	return append(routes, []route{
		{method: http.MethodGet, path: "/dialects/:dialect", access: visitors, plain: true, handle: a.dialectViewer,
			name: "showDialect", summary: "The page to read and try a dialect", fails: []*errors.Error{errors.RouteNotFound}, answers: page},
		{method: http.MethodGet, path: "/dialects/:dialect/openapi.json", access: visitors, plain: true, handle: a.describeDialect,
			name: "describeDialect", summary: "The OpenAPI description of a dialect", about: "Of those that `CLIENTELE_DIALECTS` names.",
			fails: []*errors.Error{errors.RouteNotFound}, answers: []plainAnswer{{status: http.StatusOK, mediaType: echo.MIMEApplicationJSON}}},
	}...)
}

// dialect finds the one that the path names.
func (a *API) dialect(c *call) (Dialect, error) {
	for _, one := range a.Dialects {
		if one.Name == web.Segment(c, "dialect") {
			return one, nil
		}
	}
	return Dialect{}, errors.RouteNotFound
}

func (a *API) dialectViewer(c *call) error {
	one, err := a.dialect(c)
	if err != nil {
		return err
	}
	page, err := docs.Viewer(toRoot(c), "dialects/"+one.Name+"/openapi.json", nil)
	if err != nil {
		return err
	}
	return answerPage(c, docs.ViewerPolicy, page)
}

func (a *API) describeDialect(c *call) error {
	one, err := a.dialect(c)
	if err != nil {
		return err
	}
	return answerDescription(c, one.Document)
}

// answerDescription writes an OpenAPI document, unless the client has it already.
func answerDescription(c *call, document []byte) error {
	if known(c, `"`+docs.Digest(document)+`"`, "public, max-age=300") {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, document)
}

func (a *API) viewerPage(c *call) error {
	links := make([]docs.Link, len(a.Dialects))
	for i, one := range a.Dialects {
		links[i] = docs.Link{Path: "dialects/" + one.Name, Text: one.Title}
	}
	page, err := docs.Viewer(toRoot(c), "openapi.json", links)
	if err != nil {
		return err
	}
	return answerPage(c, docs.ViewerPolicy, page)
}

func (a *API) errorIndex(c *call) error {
	page, err := docs.Index(toRoot(c))
	if err != nil {
		return err
	}
	return answerPage(c, docs.PagePolicy, page)
}

func (a *API) errorPage(c *call) error {
	page, err := docs.Explain(toRoot(c), web.Segment(c, "key"), a.exampleOf)
	if err != nil {
		return err
	}
	if page == nil {
		return errors.RouteNotFound
	}
	return answerPage(c, docs.PagePolicy, page)
}

// exampleOf shows an error as it is answered with wire=jsonapi, by what answers
// with it.
func (a *API) exampleOf(occurrence *errors.Error) (string, error) {
	_, document := jsonapi.Errors(occurrence, jsonapi.ErrorView{
		RequestID: "0198f7c2-6c1e-7c31-9a44-3f6f3f1f5a10",
		Version:   true,
		Pages:     a.Base + "/errors/",
	})
	var indented bytes.Buffer
	err := json.Indent(&indented, document, "", "  ")
	return indented.String(), err
}

const pageType = "text/html; charset=utf-8"

// answerPage writes a page: nobody's data, which may be kept and shown again,
// and which no other site may frame.
func answerPage(c *call, policy string, page []byte) error {
	header := c.Response().Header()
	header.Set(echo.HeaderContentSecurityPolicy, policy)
	header.Set(echo.HeaderXFrameOptions, "DENY")
	if known(c, `"`+docs.Digest(page)+`"`, "public, max-age=300") {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, pageType, page)
}

func (a *API) docsFile(c *call) error {
	file, err := docs.Find(web.Segment(c, "file"))
	if err != nil {
		return err
	}
	if file == nil {
		return errors.RouteNotFound
	}
	header := c.Response().Header()
	asGzip := false
	if file.Packed {
		header.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
		asGzip = takesGzip(c.Request().Header)
	}
	header.Set(echo.HeaderContentSecurityPolicy, docs.PagePolicy)
	if known(c, file.Tag(asGzip), "public, max-age=3600") {
		return c.NoContent(http.StatusNotModified)
	}
	body, err := file.Open(asGzip)
	if err != nil {
		return err
	}
	if asGzip {
		header.Set(echo.HeaderContentEncoding, "gzip")
	}
	return c.Stream(http.StatusOK, file.Type, body)
}

// known sets an entity tag and how long the answer may be kept, and reports
// whether the client has it already.
func known(c *call, tag, keep string) bool {
	header := c.Response().Header()
	header.Set("ETag", tag)
	header.Set(echo.HeaderCacheControl, keep)
	return c.has(tag)
}

// takesGzip reads Accept-Encoding (RFC 9110, 12.5.3): gzip by its name, or else
// by the star.
func takesGzip(header http.Header) (takes bool) {
	for _, element := range strings.Split(strings.Join(header.Values(echo.HeaderAcceptEncoding), ","), ",") {
		coding, parameter, _ := strings.Cut(element, ";")
		_, weight, _ := strings.Cut(parameter, "=")
		quality, err := strconv.ParseFloat(strings.TrimSpace(weight), 64)
		wanted := err != nil || quality > 0
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip":
			return wanted
		case "*":
			takes = wanted
		}
	}
	return takes
}

// deepest bounds how far up a page's links lead: who asks with more slashes is
// not answered with a page of dots.
const deepest = 8

// toRoot leads from the page that was asked for to the root of the API. It counts
// in the URL as it was sent, for a browser counts there, too: a slash at the end,
// which the router leaves out, is a level. A proxy's path before it does not
// matter, and that is why the links are not absolute.
func toRoot(c *call) string {
	sent, err := url.ParseRequestURI(c.Request().RequestURI)
	if err != nil {
		return "./"
	}
	levels := strings.Count(strings.TrimLeft(sent.EscapedPath(), "/"), "/")
	if levels == 0 {
		return "./"
	}
	return strings.Repeat("../", min(levels, deepest))
}
