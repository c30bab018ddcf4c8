package apitest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   string

	t       testing.TB
	request string
	glue    bool   // asked on that wire
	dialect string // that answered; "" is the main surface
}

// Is demands a status and a whole document: every member, none besides, save for
// what every document has and checkForm looks at: the member jsonapi and the links
// of errors. In the expected document "<time>", "<uuid>", "<text>" and "<number>" stand for any
// value of that form; an empty expectation demands an empty body.
func (a *Answer) Is(status int, expected string) *Answer {
	a.t.Helper()
	a.Has(status)
	if expected == "" {
		if a.Body != "" {
			a.t.Fatalf("%s: a body where there must be none: %s", a.request, a.Body)
		}
		return a
	}
	var want any
	if err := json.Unmarshal([]byte(expected), &want); err != nil {
		a.t.Fatalf("the expected document is not JSON: %v", err)
	}
	if difference := cmp.Diff(want, generalise(want, withoutCommon(a.JSON()))); difference != "" {
		a.t.Fatalf("%s: the answer differs (- expected, + answered):\n%s", a.request, difference)
	}
	return a
}

// withoutCommon leaves out what all documents have in common.
func withoutCommon(document any) any {
	object, ok := document.(map[string]any)
	if !ok {
		return document
	}
	delete(object, "jsonapi")
	faults, _ := object["errors"].([]any)
	for _, fault := range faults {
		delete(fault.(map[string]any), "links")
	}
	return document
}

// Has demands a status.
func (a *Answer) Has(status int) *Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("%s: status %d, not %d: %s", a.request, a.Status, status, a.Body)
	}
	return a
}

// Fails demands an error document with these lines, in this order: each
// `code key pointer-parameter-or-header`, with - for a member that is absent.
func (a *Answer) Fails(status int, lines ...string) *Answer {
	a.t.Helper()
	a.Has(status)
	var document struct {
		Errors []struct {
			Code   string
			Meta   struct{ Key string }
			Source struct {
				Pointer           *string
				Parameter, Header string
			}
		}
	}
	if err := json.Unmarshal([]byte(a.Body), &document); err != nil {
		a.t.Fatalf("%s: %v: %s", a.request, err, a.Body)
	}
	var got []string
	for _, e := range document.Errors {
		code, source := e.Code, "-"
		if code == "" {
			code = "-"
		}
		switch {
		case e.Source.Pointer != nil:
			source = `"` + *e.Source.Pointer + `"`
		case e.Source.Parameter != "":
			source = e.Source.Parameter
		case e.Source.Header != "":
			source = e.Source.Header
		}
		got = append(got, code+" "+e.Meta.Key+" "+source)
	}
	if difference := cmp.Diff(lines, got); difference != "" {
		a.t.Fatalf("%s: other errors (- expected, + answered):\n%s", a.request, difference)
	}
	return a
}

// JSON returns the body, decoded; its numbers are float64.
func (a *Answer) JSON() any {
	a.t.Helper()
	var value any
	if err := json.Unmarshal([]byte(a.Body), &value); err != nil {
		a.t.Fatalf("%s: %v: %s", a.request, err, a.Body)
	}
	return value
}

// At returns the value at a path of member names and indices, such as
// "data.attributes.email" or "data.0.id"; nil when there is none.
func (a *Answer) At(path string) any {
	a.t.Helper()
	value := a.JSON()
	for _, step := range strings.Split(path, ".") {
		switch inside := value.(type) {
		case map[string]any:
			value = inside[step]
		case []any:
			index, err := strconv.Atoi(step)
			if err != nil || index >= len(inside) {
				return nil
			}
			value = inside[index]
		default:
			return nil
		}
	}
	return value
}

// Text returns the string at a path, or "".
func (a *Answer) Text(path string) string {
	a.t.Helper()
	text, _ := a.At(path).(string)
	return text
}

var forms = map[string]*regexp.Regexp{
	"<time>": regexp.MustCompile(`^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d{6}Z?$`),
	"<uuid>": regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`),
	"<text>": regexp.MustCompile(`.`),
}

// generalise replaces what was answered by the form that is expected there,
// where it has that form.
func generalise(want, got any) any {
	switch want := want.(type) {
	case string:
		if text, ok := got.(string); ok && forms[want] != nil && forms[want].MatchString(text) {
			return want
		}
		if _, ok := got.(float64); ok && want == "<number>" {
			return want
		}
	case map[string]any:
		if got, ok := got.(map[string]any); ok {
			general := map[string]any{}
			for key, value := range got {
				general[key] = generalise(want[key], value)
			}
			return general
		}
	case []any:
		if got, ok := got.([]any); ok && len(got) == len(want) {
			general := make([]any, len(got))
			for i := range got {
				general[i] = generalise(want[i], got[i])
			}
			return general
		}
	}
	return got
}

// checkForm holds every answer of every test to what all answers have in
// common.
func (a *Answer) checkForm(r Request) {
	a.t.Helper()
	contentType := a.Header.Get("Content-Type")
	bodyless := r.Method == http.MethodHead || a.Status == http.StatusNoContent || a.Status == http.StatusNotModified || r.Method == http.MethodOptions && a.Status == http.StatusOK
	switch {
	case bodyless && a.Body != "":
		a.t.Errorf("%s: a body where there must be none", a.request)
	case !bodyless && a.dialect == "" && !isPlain(r) && !a.isDocument(contentType):
		a.t.Errorf("%s: content type %q", a.request, contentType)
	case a.Status == http.StatusUnauthorized && a.Header.Get("WWW-Authenticate") == "":
		a.t.Errorf("%s: 401 without WWW-Authenticate", a.request)
	case a.Header.Get("X-Request-Id") == "":
		a.t.Errorf("%s: no request id", a.request)
	}
	if a.isDocument(contentType) && !bodyless {
		a.checkVersion()
		if a.Status >= 400 {
			a.checkErrors(r)
		}
	}
	if !strings.HasPrefix(a.Header.Get("Vary"), "Accept, Accept-Language") {
		a.t.Errorf("%s: Vary is %q", a.request, a.Header.Get("Vary"))
	}
	a.checkGuards(contentType)
}

// kept are the names and the forms of what is kept and never told.
var kept = regexp.MustCompile(`\$argon2|\$2[abxy]\$|\$scrypt|"[A-Za-z_]*([Hh]ash|[Ss]alt|[Dd]igest|[Cc]redential|EmailKey|email_key)[A-Za-z_]*":`)

// partsOfKept are texts of which whatever kept finds has one. They are looked for
// first, for the expression is slow, and nearly all answers have none of them.
var partsOfKept = []string{"$argon2", "$2", "$scrypt", "ash", "alt", "igest", "redential", "mailKey", "mail_key"}

// tellsKept returns what an answer must not tell, "" when that is nothing.
func tellsKept(body string) string {
	if slices.ContainsFunc(partsOfKept, func(part string) bool { return strings.Contains(body, part) }) {
		return kept.FindString(body)
	}
	return ""
}

// checkGuards holds an answer to what none may be without, and to what none may tell.
func (a *Answer) checkGuards(contentType string) {
	a.t.Helper()
	for name, expected := range map[string][]string{"X-Content-Type-Options": {"nosniff"}, "Referrer-Policy": {"same-origin", "no-referrer"}} {
		if value := a.Header.Get(name); !slices.Contains(expected, value) {
			a.t.Errorf("%s: %s is %q", a.request, name, value)
		}
	}
	for _, name := range []string{"X-Frame-Options", "Content-Security-Policy", "Cache-Control"} {
		if a.Header.Get(name) == "" {
			a.t.Errorf("%s: no %s", a.request, name)
		}
	}
	for _, name := range []string{"Server", "X-Powered-By", "Set-Cookie"} {
		if name == "Set-Cookie" && a.dialect == "medusa" {
			continue // the one surface with sessions by cookie
		}
		if value := a.Header.Get(name); value != "" {
			a.t.Errorf("%s: %s: %s", a.request, name, value)
		}
	}
	if a.isDocument(contentType) || a.dialect != "" {
		if a.Header.Get("Cache-Control") != "no-store" {
			a.t.Errorf("%s: may be kept: %s", a.request, a.Header.Get("Cache-Control"))
		}
		if told := tellsKept(a.Body); told != "" {
			a.t.Errorf("%s: tells %s: %s", a.request, told, a.Body)
		}
	}
}

// isPlain reports whether a path is answered with something else than JSON:API.
func isPlain(r Request) bool {
	for _, start := range []string{"/token", "/.well-known", "/openapi.json", "/docs", "/dialects/", "/errors", "/account/", "/dev/mail", "/data-exports/"} {
		if strings.HasPrefix(r.Path, start) {
			return true
		}
	}
	return false
}

// isDocument reports whether a media type is that of JSON:API. Only the extension
// and the profile that were applied may stand behind it, and in wire=glue nothing.
func (a *Answer) isDocument(contentType string) bool {
	parameters, found := strings.CutPrefix(contentType, "application/vnd.api+json")
	switch {
	case !found:
		return false
	case a.glue || a.Status >= 400:
		return parameters == ""
	}
	return slices.Contains([]string{"", `; ext="https://jsonapi.org/ext/atomic"`, `; profile="https://jsonapi.org/profiles/ethanresnick/cursor-pagination"`}, parameters)
}

// checkVersion holds a document to W-16: the member jsonapi is in one wire, and
// names the profile that the content type names.
func (a *Answer) checkVersion() {
	a.t.Helper()
	var want any
	if !a.glue {
		version := map[string]any{"version": "1.1"}
		if _, profile, applied := strings.Cut(a.Header.Get("Content-Type"), `profile="`); applied {
			version["profile"] = []any{strings.TrimSuffix(profile, `"`)}
		}
		want = version
	}
	if difference := cmp.Diff(want, a.At("jsonapi")); difference != "" {
		a.t.Errorf("%s: the member jsonapi differs (- expected, + answered):\n%s", a.request, difference)
	}
}

// checkErrors holds an error document to glue.md 5.1: members, shared status,
// request id, and a pointer that exists in the request.
func (a *Answer) checkErrors(r Request) {
	a.t.Helper()
	document, _ := a.JSON().(map[string]any)
	list, _ := document["errors"].([]any)
	delete(document, "jsonapi") // checkVersion has looked at it
	if len(list) == 0 || len(document) != 1 {
		a.t.Fatalf("%s: no error document: %s", a.request, a.Body)
	}
	for _, item := range list {
		one, _ := item.(map[string]any)
		if one["id"] != a.Header.Get("X-Request-Id") || one["title"] == "" || one["detail"] == "" {
			a.t.Errorf("%s: an error without id, title or detail: %v", a.request, one)
		}
		a.checkErrorLinks(one)
		source, _ := one["source"].(map[string]any)
		if pointer, ok := source["pointer"].(string); ok && !resolves(r.Body, pointer) {
			a.t.Errorf("%s: pointer %q leads nowhere in %s", a.request, pointer, r.Body)
		}
	}
}

// checkErrorLinks: each error leads to its page, and to its kind where a profile
// defines that.
func (a *Answer) checkErrorLinks(one map[string]any) {
	a.t.Helper()
	links, _ := one["links"].(map[string]any)
	meta, _ := one["meta"].(map[string]any)
	page := Base + "/errors/" + fmt.Sprint(meta["key"])
	kind, _ := links["type"].(string)
	ofProfile := strings.HasPrefix(kind, "https://jsonapi.org/profiles/ethanresnick/cursor-pagination/") && links["about"] == page && len(links) == 2
	switch {
	case a.glue && links != nil, !a.glue && !ofProfile && (kind != page || len(links) != 1):
		a.t.Errorf("%s: an error with the links %v", a.request, links)
	}
}

// resolves follows a JSON pointer (RFC 6901). The empty one is the whole
// document, also of one that cannot be read.
func resolves(body, pointer string) bool {
	if pointer == "" {
		return true
	}
	var value any
	if json.Unmarshal([]byte(body), &value) != nil {
		return true // duplicate names, for example, decode to less than was sent
	}
	for _, step := range strings.Split(pointer[1:], "/") {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		found := false
		switch inside := value.(type) {
		case map[string]any:
			value, found = inside[step]
		case []any:
			if index, err := strconv.Atoi(step); err == nil && index >= 0 && index < len(inside) {
				value, found = inside[index], true
			}
		}
		if !found {
			return false
		}
	}
	return true
}
