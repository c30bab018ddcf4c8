package resources_test

import (
	"compress/gzip"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/docs"
)

// The pages are for browsers: these tests ask as one does, and not for JSON:API.
type fetched struct {
	status int
	header http.Header
	body   string
}

// fetch sends a GET with exactly these headers: `Name: value`.
func fetch(t *testing.T, address string, headers ...string) fetched {
	t.Helper()
	return fetchBy(t, http.MethodGet, address, headers...)
}

func fetchBy(t *testing.T, method, address string, headers ...string) fetched {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Add(name, value)
	}
	client := http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fetched{response.StatusCode, response.Header, string(body)}
}

func onBothWires(t *testing.T, test func(t *testing.T, s *apitest.Service)) {
	t.Helper()
	for _, wire := range []string{"jsonapi", "glue"} {
		t.Run(wire, func(t *testing.T) { test(t, apitest.New(t, apitest.Settings{"WIRE": wire})) })
	}
}

const strict = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func TestPagesForPeopleAreServedUnderAStrictPolicyOnBothWires(t *testing.T) {
	t.Parallel()
	onBothWires(t, func(t *testing.T, s *apitest.Service) {
		for path, policy := range map[string]string{
			"/docs":               "script-src 'self'; connect-src 'self'; " + strict,
			"/errors":             strict,
			"/errors/email_taken": strict,
		} {
			page := fetch(t, s.URL+path, "Accept: text/html")
			if page.status != http.StatusOK || !strings.HasPrefix(page.body, "<!DOCTYPE html>") {
				t.Fatalf("%s: %d %s", path, page.status, page.body)
			}
			for name, want := range map[string]string{
				"Content-Type":            "text/html; charset=utf-8",
				"Content-Security-Policy": policy,
				"X-Frame-Options":         "DENY",
				"X-Content-Type-Options":  "nosniff",
				"Cache-Control":           "public, max-age=300",
			} {
				if got := page.header.Get(name); got != want {
					t.Errorf("%s: %s is %q, not %q", path, name, got, want)
				}
			}
			if again := fetch(t, s.URL+path, "If-None-Match: "+page.header.Get("ETag")); again.status != http.StatusNotModified || again.body != "" {
				t.Errorf("%s, asked again: %d %s", path, again.status, again.body)
			}
			if head := fetchBy(t, http.MethodHead, s.URL+path); head.status != http.StatusOK || head.header.Get("ETag") != page.header.Get("ETag") {
				t.Errorf("HEAD %s: %d, %v", path, head.status, head.header)
			}
		}
	})
}

var loads = regexp.MustCompile(`(?:src|href)="([^"]*docs/[^"]+)"`)

// A browser resolves links against the address it shows, and a slash at its end
// counts.
func TestWhatAPageLoadsIsThereHoweverThePageWasAskedFor(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	for _, path := range []string{"/docs", "/docs/", "/docs//", "/errors", "/errors/", "/errors/email_taken", "/errors/email_taken/?"} {
		at, err := url.Parse(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		links := loads.FindAllStringSubmatch(fetch(t, at.String()).body, -1)
		if len(links) < 2 {
			t.Fatalf("%s loads %v", path, links)
		}
		for _, link := range links {
			target, err := at.Parse(link[1])
			if err != nil {
				t.Fatal(err)
			}
			if file := fetch(t, target.String()); file.status != http.StatusOK {
				t.Errorf("%s loads %s, which is %d", path, target, file.status)
			}
		}
	}
}

func TestAPageIsNotFilledWithTheSlashesOfItsAddress(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	if page := fetch(t, s.URL+"/docs"+strings.Repeat("/", 4000)); page.status != http.StatusOK || len(page.body) > 4000 {
		t.Errorf("%d, %d bytes", page.status, len(page.body))
	}
}

func TestTheFilesOfTheViewerComePackedToWhoTakesThem(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	for name, mediaType := range map[string]string{"swagger-ui-bundle.js": "text/javascript; charset=utf-8", "swagger-ui.css": "text/css; charset=utf-8"} {
		address := s.URL + "/docs/" + name
		plain, packed := fetch(t, address, "Accept-Encoding: identity"), fetch(t, address, "Accept-Encoding: br, gzip")
		if packed.header.Get("Content-Encoding") != "gzip" || plain.header.Get("Content-Encoding") != "" || unpacked(t, packed.body) != plain.body {
			t.Errorf("%s is not the same in both encodings", name)
		}
		if plain.header.Get("ETag") == packed.header.Get("ETag") {
			t.Errorf("%s has one entity tag for different bytes", name)
		}
		for _, file := range []fetched{plain, packed} {
			if file.header.Get("Content-Type") != mediaType || file.header.Get("Cache-Control") != "public, max-age=3600" || file.header.Get("Content-Security-Policy") != strict || !strings.Contains(strings.Join(file.header.Values("Vary"), ","), "Accept-Encoding") {
				t.Errorf("%s: %v", name, file.header)
			}
		}
		if again := fetch(t, address, "Accept-Encoding: gzip", "If-None-Match: "+packed.header.Get("ETag")); again.status != http.StatusNotModified || again.body != "" {
			t.Errorf("%s, asked again: %d", name, again.status)
		}
		if other := fetch(t, address, "Accept-Encoding: gzip", "If-None-Match: "+plain.header.Get("ETag")); other.status != http.StatusOK {
			t.Errorf("%s, known in the other encoding: %d", name, other.status)
		}
	}
}

func unpacked(t *testing.T, body string) string {
	t.Helper()
	reader, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

func TestGzipIsTakenByItsNameOrElseByTheStar(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	for accepted, want := range map[string]string{
		"":                      "",
		"gzip":                  "gzip",
		"GZIP;q=0.5":            "gzip",
		"deflate, gzip;q=1.0":   "gzip",
		"gzip;q=0":              "",
		"gzip; q=0.000, *":      "",
		"*":                     "gzip",
		"*;q=0":                 "",
		"*;q=0, gzip":           "gzip",
		"identity;q=1, *;q=0":   "",
		"br;q=1.0, zstd;q=0.8":  "",
		"gzip;q=nonsense, br":   "gzip",
		"x-gzip-but-not-really": "",
	} {
		if got := fetch(t, s.URL+"/docs/swagger-ui-NOTICE", "Accept-Encoding: "+accepted).header.Get("Content-Encoding"); got != "" {
			t.Errorf("a file that is kept plain came as %q", got)
		}
		if got := fetch(t, s.URL+"/docs/swagger-ui-bundle.js.LICENSE.txt", "Accept-Encoding: "+accepted).header.Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q gave %q, not %q", accepted, got, want)
		}
	}
}

func TestEveryErrorHasAPageWithTheDocumentItIsAnsweredWith(t *testing.T) {
	t.Parallel()
	examples := regexp.MustCompile(`(?s)<pre tabindex="0">(.*?)</pre>`)
	onBothWires(t, func(t *testing.T, s *apitest.Service) {
		for _, line := range errors.Catalogue() {
			page := fetch(t, s.URL+"/errors/"+line.Key)
			if page.status != http.StatusOK {
				t.Fatalf("%s: %d", line.Key, page.status)
			}
			if line.Reserved != "" {
				continue
			}
			found := false
			for _, example := range examples.FindAllStringSubmatch(page.body, -1) {
				found = found || isExampleOf(t, line, html.UnescapeString(example[1]))
			}
			if !found {
				t.Errorf("the page of %s has no example with code %q and status %d", line.Key, line.Code, line.Status)
			}
		}
	})
}

func isExampleOf(t *testing.T, line *errors.Error, example string) bool {
	t.Helper()
	var document struct {
		Errors []struct {
			ID, Status, Code, Title, Detail string
			Links                           struct{ Type string }
			Meta                            struct{ Key string }
		}
	}
	if err := json.Unmarshal([]byte(example), &document); err != nil || len(document.Errors) != 1 {
		t.Fatalf("%v: %s", err, example)
	}
	one := document.Errors[0]
	if one.ID == "" || one.Title != line.Title || one.Meta.Key != line.Key || one.Links.Type != apitest.Base+"/errors/"+line.Key {
		t.Errorf("not what is answered with: %s", example)
	}
	return one.Code == line.Code && one.Status == strconv.Itoa(line.Status) && one.Detail == docs.Example(line).Detail
}

func TestAnAnswersLinkLeadsToThePageOfItsError(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	failed := s.Get("/customers/DE--1", "")
	link := failed.Has(http.StatusForbidden).Text("errors.0.links.type")
	path, ours := strings.CutPrefix(link, apitest.Base)
	if page := fetch(t, s.URL+path); !ours || page.status != http.StatusOK || !strings.Contains(page.body, "<code>access_token_missing</code>") {
		t.Errorf("%q leads to %d %s", link, page.status, page.body)
	}
}

func TestWhatHasNoPageIsAnErrorDocument(t *testing.T) {
	t.Parallel()
	onBothWires(t, func(t *testing.T, s *apitest.Service) {
		for _, path := range []string{"/errors/no_such_key", "/errors/email_taken/more", "/docs/no-such-file.js", "/docs/layout.html", "/docs/..%2Fpages.go", "/docs/swagger-ui.css.gz"} {
			failed := fetch(t, s.URL+path)
			if failed.status != http.StatusNotFound || failed.header.Get("Content-Type") != "application/vnd.api+json" || !strings.Contains(failed.body, `"key":"route_not_found"`) || failed.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d %v %s", path, failed.status, failed.header, failed.body)
			}
		}
	})
}

func TestPagesAreOnlyRead(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	for _, path := range []string{"/docs", "/docs/style.css", "/errors", "/errors/email_taken"} {
		if failed := fetchBy(t, http.MethodPost, s.URL+path); failed.status != http.StatusMethodNotAllowed || failed.header.Get("Allow") != "GET, HEAD, OPTIONS" {
			t.Errorf("POST %s: %d, allowed is %q", path, failed.status, failed.header.Get("Allow"))
		}
	}
}
