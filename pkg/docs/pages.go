package docs

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/clientelehq/clientele/errors"
)

// What a browser may do on a page (Content-Security-Policy): load from here,
// send nothing elsewhere, be framed by nobody.
const (
	// PagePolicy is that of pages without scripts.
	PagePolicy = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

	// ViewerPolicy is that of the page on which the API is tried.
	ViewerPolicy = "script-src 'self'; connect-src 'self'; " + PagePolicy
)

//go:embed pages/*.html
var sources embed.FS

var (
	viewerPage = parse("viewer.html")
	indexPage  = parse("errors.html")
	errorPage  = parse("error.html")
)

func parse(name string) *template.Template {
	return template.Must(template.ParseFS(sources, "pages/layout.html", "pages/"+name))
}

// page is what every page knows. Root leads from the page to the root of the
// API ("./", "../"), so that links hold behind a proxy's path as well.
type page struct{ Root string }

func render(template *template.Template, data any) ([]byte, error) {
	var out bytes.Buffer
	err := template.Execute(&out, data)
	return out.Bytes(), err
}

// Link leads to another page, by its path from the root of the API.
type Link struct{ Path, Text string }

// Viewer is the page to read and try an API. It shows the document at a path from the
// root, and leads to other viewers.
func Viewer(root, document string, others []Link) ([]byte, error) {
	return render(viewerPage, struct {
		page
		Document string
		Others   []Link
	}{page{root}, document, others})
}

// Index is the table of all errors.
func Index(root string) ([]byte, error) {
	return render(indexPage, struct {
		page
		Lines []*errors.Error
	}{page{root}, errors.Catalogue()})
}

// explained is a line of the catalogue as its page shows it.
type explained struct {
	*errors.Error
	Phrase   string
	Settings []string
	Help     []words
	Example  string
}

// words are a piece of text: a name, or what is between two.
type words struct {
	Text string
	Code bool
}

// Explain is the page of a key, with all lines that have it; nil when none does.
// A line's example is the document that show makes of an occurrence of it.
func Explain(root, key string, show func(*errors.Error) (string, error)) ([]byte, error) {
	var lines []explained
	for _, line := range errors.Catalogue() {
		if line.Key != key {
			continue
		}
		one, err := explain(line, show)
		if err != nil {
			return nil, err
		}
		lines = append(lines, one)
	}
	if lines == nil {
		return nil, nil
	}
	return render(errorPage, struct {
		page
		Key, Title string
		Lines      []explained
	}{page{root}, key, lines[0].Title, lines})
}

var setting = regexp.MustCompile(`CLIENTELE_[A-Z_]+`)

func explain(line *errors.Error, show func(*errors.Error) (string, error)) (explained, error) {
	settings := setting.FindAllString(line.Help, -1)
	slices.Sort(settings)
	made := explained{Error: line, Phrase: http.StatusText(line.Status), Settings: slices.Compact(settings)}
	for i, piece := range strings.Split(line.Help, "`") {
		made.Help = append(made.Help, words{piece, i%2 == 1})
	}
	if line.Reserved != "" {
		return made, nil // an example of it would be an answer that nobody gets
	}
	var err error
	made.Example, err = show(Example(line))
	return made, err
}
