package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// Route is one method of one path, in Echo's form.
type Route struct {
	Method, Path string
	Handle       echo.HandlerFunc
}

// methods are those that a path may be asked with. CONNECT is asked with by nobody:
// MountUnknown finds by it whether a path is known.
var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	http.MethodOptions, http.MethodTrace, http.MethodConnect,
}

// Mount adds routes to a server: HEAD where there is GET, options where OPTIONS is
// none of them, and on each path an answer for all other methods. Both are told what
// the path offers, as the header Allow has it; OPTIONS is in it.
func Mount(e *echo.Echo, routes []Route, options, wrongMethod func(allow string) echo.HandlerFunc) {
	paths := map[string]map[string]echo.HandlerFunc{}
	for _, r := range routes {
		if paths[r.Path] == nil {
			paths[r.Path] = map[string]echo.HandlerFunc{}
		}
		paths[r.Path][r.Method] = r.Handle
		if r.Method == http.MethodGet {
			paths[r.Path][http.MethodHead] = r.Handle
		}
	}
	for path, handlers := range paths {
		offered := []string{http.MethodOptions}
		for method := range handlers {
			offered = append(offered, method)
		}
		slices.Sort(offered)
		allow := strings.Join(slices.Compact(offered), ", ")
		for _, method := range methods {
			handle := handlers[method]
			switch {
			case handle != nil:
			case method == http.MethodOptions:
				handle = options(allow)
			default:
				handle = wrongMethod(allow)
			}
			e.Add(method, path, handle)
		}
	}
}

// MountUnknown adds the answer to all paths that no route has, as far as they match
// path, which ends with /*. A method that HTTP does not define is a wrong method on a
// path that is known: Echo looks routes up by method first and finds none. CONNECT is
// a wrong method on every known path.
func MountUnknown(e *echo.Echo, path string, answer echo.HandlerFunc) {
	e.RouteNotFound(path, func(c echo.Context) error {
		probe := e.NewContext(c.Request(), nil)
		e.Router().Find(http.MethodConnect, echo.GetPath(c.Request()), probe)
		if probe.Path() == "" || probe.Path() == path {
			return answer(c)
		}
		c.SetParamNames(probe.ParamNames()...)
		c.SetParamValues(probe.ParamValues()...)
		return probe.Handler()(c)
	})
}
