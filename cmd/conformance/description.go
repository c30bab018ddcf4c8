package main

import (
	"net/http"
	"strings"
)

// asked are routes that the rules use: a description has to know them.
var asked = []struct{ method, path string }{
	{"post", "/customers"}, {"get", "/customers"}, {"get", "/customers/{}"}, {"patch", "/customers/{}"}, {"delete", "/customers/{}"},
	{"get", "/customers/{}/addresses"}, {"post", "/customers/{}/addresses"}, {"patch", "/customers/{}/addresses/{}"}, {"delete", "/customers/{}/addresses/{}"},
	{"get", "/customers/{}/defaultShippingAddress"}, {"patch", "/customers/{}/relationships/defaultShippingAddress"}, {"get", "/customers/{}/relationships/addresses"},
	{"post", "/access-tokens"}, {"patch", "/customer-password/{}"}, {"post", "/customer-forgotten-password"}, {"post", "/operations"},
}

func described(t *trial) {
	e := t.made("the description", t.get("/openapi.json", notDocument), http.StatusOK)
	media, _ := parseMedia(e.header.Get("Content-Type"))
	t.hold(media.name == "application/json", "the description has Content-Type %q", e.header.Get("Content-Type"))
	t.hold(strings.HasPrefix(e.text("openapi"), "3.1."), "openapi is %q", e.text("openapi"))
	known := map[string]bool{}
	paths, _ := e.at("paths").(object)
	for path, methods := range paths {
		segments := strings.Split(path, "/")
		for i, segment := range segments {
			if strings.HasPrefix(segment, "{") {
				segments[i] = "{}"
			}
		}
		offered, _ := methods.(object)
		for method := range offered {
			known[method+" "+strings.Join(segments, "/")] = true
		}
	}
	for _, route := range asked {
		t.hold(known[route.method+" "+route.path], "the description does not know %s %s", strings.ToUpper(route.method), route.path)
	}
}

func documented(t *trial) {
	e := t.made("the page", t.get("/docs", notDocument), http.StatusOK)
	media, _ := parseMedia(e.header.Get("Content-Type"))
	t.hold(media.name == "text/html" && len(e.body) > 0, "the page is %s of %d bytes", media.name, len(e.body))
}
