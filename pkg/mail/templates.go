package mail

import (
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	texttemplate "text/template"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"
)

// Templates are the words and the looks of letters, in each of their
// languages.
type Templates struct {
	sets    map[string]map[Kind]set // by language tag
	tags    []language.Tag          // the first, English, is the one to fall back on
	matcher language.Matcher
}

// set is what one kind of letter is made from in one language.
type set struct {
	text *texttemplate.Template // defines subject, body, layout
	html *htmltemplate.Template // defines body, layout
}

//go:embed templates
var files embed.FS

// LoadTemplates returns the built-in templates, and with them those of a
// folder unless that is "". A file of the folder takes the place of the
// built-in one of its name; a language that is not built in needs all of its
// files:
//
//	layout.LANGUAGE.txt    defines layout, and what the kinds use: link, span
//	layout.LANGUAGE.html   defines layout, and what the kinds use: button, span
//	KIND.LANGUAGE.txt      defines subject and body
//	KIND.LANGUAGE.html     defines body, and action where it has a button
//
// Each letter is written for trial, with all that a letter can hold and with as
// little as it can: the error is one line that names the file at fault.
func LoadTemplates(folder string) (*Templates, error) {
	if folder == "" {
		return builtIn()
	}
	sources, err := sourcesIn(os.DirFS(folder), ".")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	return load(sources)
}

var builtIn = sync.OnceValues(func() (*Templates, error) { return load(nil) })

// load parses the built-in files with some replaced or added.
func load(others map[string]string) (*Templates, error) {
	sources, err := sourcesIn(files, "templates")
	if err != nil {
		return nil, err
	}
	maps.Copy(sources, others)
	made := &Templates{sets: map[string]map[Kind]set{}, tags: []language.Tag{language.English}}
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		tag := strings.Split(name, ".")[1]
		if made.sets[tag] != nil {
			continue
		}
		if made.sets[tag], err = parse(tag, sources); err != nil {
			return nil, oneLine(err)
		}
		if tag != made.tags[0].String() {
			made.tags = append(made.tags, language.MustParse(tag))
		}
	}
	made.matcher = language.NewMatcher(made.tags)
	return made, oneLine(made.try())
}

// sourcesIn reads the files of a folder, by their names. Those whose name
// begins with a dot are passed over: Kubernetes keeps what it mounts in such.
func sourcesIn(from fs.FS, folder string) (map[string]string, error) {
	entries, err := fs.ReadDir(from, folder)
	if err != nil {
		return nil, err
	}
	sources := map[string]string{}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, ".") {
			continue
		}
		if err := checkName(name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		content, err := fs.ReadFile(from, path.Join(folder, name))
		if err != nil {
			return nil, err
		}
		if !utf8.Valid(content) {
			return nil, fmt.Errorf("%s: is not in UTF-8", name)
		}
		sources[name] = string(content)
	}
	return sources, nil
}

// layout stands in the place of the kind in the names of files that all kinds
// share.
const layout = "layout"

func checkName(name string) error {
	parts := strings.Split(name, ".")
	if len(parts) != 3 || parts[0] != layout && !slices.Contains(Kinds(), Kind(parts[0])) || parts[2] != "txt" && parts[2] != "html" {
		return fmt.Errorf("is no template; want KIND.LANGUAGE.txt or .html, KIND one of %s, %v", layout, Kinds())
	}
	if tag, err := language.Parse(parts[1]); err != nil || tag.String() != parts[1] {
		return errors.New("want a language tag in its usual form before the ending, such as fr or pt-BR")
	}
	return nil
}

func parse(tag string, sources map[string]string) (map[Kind]set, error) {
	shared, err := set{texttemplate.New(""), htmltemplate.New("")}.with(layout+"."+tag, sources)
	if err != nil {
		return nil, err
	}
	sets := map[Kind]set{}
	for _, kind := range Kinds() {
		made := set{texttemplate.Must(shared.text.Clone()), htmltemplate.Must(shared.html.Clone())}
		if sets[kind], err = made.with(string(kind)+"."+tag, sources); err != nil {
			return nil, err
		}
	}
	return sets, nil
}

// with adds the two files of a name.
func (s set) with(name string, sources map[string]string) (set, error) {
	text, html := name+".txt", name+".html"
	for _, file := range []string{text, html} {
		if _, found := sources[file]; !found {
			return set{}, fmt.Errorf("%s: is missing", file)
		}
	}
	var err error
	if s.text, err = s.text.New(text).Parse(sources[text]); err != nil {
		return set{}, err
	}
	s.html, err = s.html.New(html).Parse(sources[html])
	return s, err
}

// try writes each letter, and looks for the link of those that carry a key.
func (t *Templates) try() error {
	bare := Content{ID: "trial", To: "somebody@shop.example", Shop: "Shop", Link: "https://shop.example/key"}
	full := bare
	full.FirstName, full.Code, full.ValidFor = "Jo", "K7QM-2XVD", 2*time.Hour
	full.Color, full.Logo, full.Terms = "#336699", "https://shop.example/logo.png", "https://shop.example/terms"
	for _, tag := range t.tags {
		for _, kind := range Kinds() {
			for _, content := range []Content{full, bare} {
				content.Language, content.Kind = tag.String(), kind
				letter, err := t.compose(content)
				if err != nil {
					return fmt.Errorf("%s.%s: %w", kind, tag, err)
				}
				if kind.carriesKey() && !(strings.Contains(letter.Text, bare.Link) && strings.Contains(letter.HTML, bare.Link)) {
					return fmt.Errorf("%s.%s: the link is missing in the text, the HTML or both", kind, tag)
				}
			}
		}
	}
	return nil
}

// oneLine is for the template packages, which quote what may go over lines.
func oneLine(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(strings.Join(strings.Fields(err.Error()), " "))
}

// choose returns the tag of the best language that there are templates for.
func (t *Templates) choose(wanted string) string {
	tag, err := language.Parse(wanted)
	if err != nil {
		return t.tags[0].String()
	}
	_, index, _ := t.matcher.Match(tag)
	return t.tags[index].String()
}
