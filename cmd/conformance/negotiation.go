package main

import (
	"net/http"
	"slices"
	"strings"
)

// add sends an address for somebody whose addresses nobody counts: a request
// with a body that succeeds.
func (t *trial) add(options ...option) *exchange {
	return t.post(t.scratch.path+"/addresses", resource("addresses", home("Berlin")), append([]option{as(t.scratch.token)}, options...)...)
}

// accepting reads a customer with an Accept header.
func (t *trial) accepting(accept string) *exchange {
	return t.get(t.main.path, as(t.main.token), with("Accept", accept))
}

func extension(uris ...string) string { return mediaType + `; ext="` + strings.Join(uris, " ") + `"` }
func profile(uris ...string) string   { return mediaType + `; profile="` + strings.Join(uris, " ") + `"` }

const (
	someURI  = "https://example.com/unknown"
	otherURI = "https://example.com/other"
)

// The structural check looks at the type of each answer; this brings answers
// that no handler writes before it.
func everyPayload(t *trial) {
	t.want("an unknown path", t.get("/no/such/route"), http.StatusNotFound)
	t.ask(http.MethodPut, t.main.path, nil, as(t.main.token))
	t.post("/customers", strings.Repeat(" ", 4<<20))
	t.add(with("Content-Type", "text/plain"))
	t.accepting("text/html")
}

func listsOfURIs(t *trial) {
	t.want("two profiles", t.add(with("Content-Type", profile(someURI, otherURI))), http.StatusCreated)
	t.want("two extensions, one unknown", t.operate("", operations(), with("Content-Type", extension(atomicExtension, someURI))), http.StatusUnsupportedMediaType)
	t.want("two profiles accepted", t.accepting(profile(someURI, cursorProfile)), http.StatusOK)
}

func otherParameterSent(t *trial) {
	for _, parameter := range []string{"charset=utf-8", "foo=bar", `ext=""; version=1`} {
		t.want(parameter, t.add(with("Content-Type", mediaType+"; "+parameter)), http.StatusUnsupportedMediaType)
	}
}

func unknownExtensionSent(t *trial) {
	t.want("an unknown extension", t.add(with("Content-Type", extension(someURI))), http.StatusUnsupportedMediaType)
}

func unknownProfileSent(t *trial) {
	t.want("an unknown profile", t.add(with("Content-Type", profile(someURI))), http.StatusCreated)
}

func otherParameterBesides(t *trial) {
	t.want("a plain instance and a modified one", t.accepting(mediaType+";q=0.5, "+mediaType+";charset=utf-8"), http.StatusOK)
	t.want("a modified instance and a plain one", t.accepting(mediaType+"; foo=bar, "+mediaType), http.StatusOK)
}

func onlyModifiedAccepted(t *trial) {
	t.want("charset", t.accepting(mediaType+";charset=utf-8"), http.StatusNotAcceptable)
	t.want("charset twice", t.accepting(mediaType+";charset=utf-8, "+mediaType+"; foo=bar"), http.StatusNotAcceptable)
	t.want("charset, and a plain instance", t.accepting(mediaType+";charset=utf-8, "+mediaType), http.StatusOK)
}

func onlyUnknownExtensionsAccepted(t *trial) {
	t.want("an unknown extension", t.accepting(extension(someURI)), http.StatusNotAcceptable)
	t.want("an unknown extension, and a plain instance", t.accepting(extension(someURI)+", "+mediaType), http.StatusOK)
}

func profileApplied(t *trial) {
	t.needKey()
	page := t.get("/customers?page[size]=2", as(t.key), with("Accept", profile(cursorProfile)))
	t.made("the list with the profile", page, http.StatusOK)
	t.hold(appliesCursorProfile(page), "the profile that Accept names is not applied: Content-Type is %q", page.header.Get("Content-Type"))
}

// appliesCursorProfile reports whether an answer's type names the profile.
func appliesCursorProfile(e *exchange) bool {
	media, err := parseMedia(e.header.Get("Content-Type"))
	return err == nil && slices.Contains(strings.Fields(media.parameters["profile"]), cursorProfile)
}

func memberNegotiatesNothing(t *trial) {
	document := resource("addresses", home("Berlin"))
	document["jsonapi"] = object{"version": "1.1", "ext": []string{someURI}, "profile": []string{otherURI}}
	t.want("jsonapi.ext in the body", t.post(t.scratch.path+"/addresses", document, as(t.scratch.token)), http.StatusCreated)
}

func wildcardsAccepted(t *trial) {
	for _, accept := range []string{"", "*/*", "application/*", "text/html, */*;q=0.1"} {
		t.want("Accept: "+accept, t.accepting(accept), http.StatusOK)
	}
	t.want("Accept: text/html", t.accepting("text/html"), http.StatusOK, http.StatusNotAcceptable)
}

func otherTypeSent(t *trial) {
	for _, other := range []string{"application/json", "text/plain", "application/x-www-form-urlencoded"} {
		t.want("Content-Type: "+other, t.add(with("Content-Type", other)), http.StatusUnsupportedMediaType)
	}
	t.want("no Content-Type", t.add(with("Content-Type", "")), http.StatusUnsupportedMediaType)
}

func contentTypeWithoutBody(t *trial) {
	t.want("GET with a Content-Type", t.get(t.main.path, as(t.main.token), with("Content-Type", mediaType)), http.StatusOK)
}

func grammarOfMediaTypes(t *trial) {
	for _, written := range []string{
		"Application/VND.API+JSON", " application/vnd.api+json ", mediaType + ` ; profile="https://example.com/a;b,c"`, mediaType + `;PROFILE="` + someURI + `"`,
	} {
		t.want("Content-Type: "+written, t.add(with("Content-Type", written)), http.StatusCreated)
		t.want("Accept: "+written, t.accepting(written), http.StatusOK)
	}
}
