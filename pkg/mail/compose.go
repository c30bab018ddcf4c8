package mail

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	texttemplate "text/template"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"golang.org/x/text/language"
)

// Content is what a letter is made of.
type Content struct {
	ID        string        // becomes Letter.ID; "" takes a random one
	Kind      Kind          // one of Kinds
	To        string        // see Letter.To
	Language  string        // BCP 47 tag, or a locale such as de_DE; one we have no templates for is answered in English
	Shop      string        // name of the shop
	FirstName string        // "" greets nobody by name; give it only of people who have proven the address
	Link      string        // as made by Link; needed by Confirm and Restore
	ValidFor  time.Duration // how long Link works, in whole minutes; 0 says nothing of it
}

// Compose writes the letter. It fails when the content is malformed: an
// unknown kind, no valid recipient, a link that is missing or not http(s).
// Such an error is permanent.
func Compose(content Content) (Letter, error) {
	letter, err := compose(content)
	if err != nil {
		return Letter{}, &permanentError{fmt.Errorf("%s letter: %w", content.Kind, err)}
	}
	return letter, nil
}

func compose(content Content) (Letter, error) {
	if err := content.check(); err != nil {
		return Letter{}, err
	}
	if content.ID == "" {
		content.ID = uuid.NewString()
	}
	letter := Letter{ID: content.ID, Kind: content.Kind, To: content.To}
	texts := library()
	letter.Language = texts.choose(content.Language)
	set := texts.sets[letter.Language][content.Kind]

	view := content.view(letter.Language)
	var err error
	if view.Subject, err = execute(set.text, "subject", view); err != nil {
		return Letter{}, err
	}
	letter.Subject = view.Subject
	if letter.Text, err = execute(set.text, "layout", view); err != nil {
		return Letter{}, err
	}
	if letter.HTML, err = execute(set.html, "layout", view); err != nil {
		return Letter{}, err
	}
	return letter, letter.check()
}

func (c Content) check() error {
	if !slices.Contains(Kinds(), c.Kind) {
		return errors.New("unknown kind")
	}
	if c.Shop == "" {
		return errors.New("shop: is needed")
	}
	if c.Link == "" && (c.Kind == Confirm || c.Kind == Restore) {
		return errors.New("link: is needed")
	}
	if c.Link != "" {
		return checkLink(c.Link)
	}
	return nil
}

// view is what the templates see.
type view struct {
	Language, Shop, Subject, Name, Link string
	Number                              int    // how many of Unit the link works; 0 says nothing
	Unit                                string // hour or minute
}

func (c Content) view(language string) view {
	made := view{Language: language, Shop: c.Shop, Name: greetable(c.FirstName), Link: c.Link}
	made.Number, made.Unit = int(c.ValidFor/time.Minute), "minute"
	if c.ValidFor%time.Hour == 0 {
		made.Number, made.Unit = int(c.ValidFor/time.Hour), "hour"
	}
	return made
}

// longestName is the most of a first name that a letter greets with, in
// characters.
const longestName = 40

// greetable returns a first name if it can be nothing but a name, else "".
// Escaping alone would not do: mail programs turn bare host names and phone
// numbers into links, and a sentence in a name's place is an advertisement
// that we would deliver.
func greetable(name string) string {
	name = strings.TrimSpace(name)
	if !utf8.ValidString(name) || utf8.RuneCountInString(name) > longestName {
		return ""
	}
	var last rune
	for _, r := range name {
		isLetter := unicode.IsLetter(r) || unicode.IsMark(r)
		if last == '.' && isLetter { // "J. R." is a name, "evil.example" is a link
			return ""
		}
		if !isLetter && !strings.ContainsRune(" .'’-", r) {
			return ""
		}
		last = r
	}
	return name
}

// The place of the key in a template of links.
const tokenPlace = "{token}"

// Link puts the key, query-escaped, in the place of {token}. The template is
// an absolute http or https URL that holds {token} exactly once; it comes from
// the configuration and never from a request, whose Host header anybody can
// set.
func Link(template, key string) (string, error) {
	if strings.Count(template, tokenPlace) != 1 {
		return "", errors.New("a link template holds " + tokenPlace + " exactly once")
	}
	link := strings.Replace(template, tokenPlace, url.QueryEscape(key), 1)
	return link, checkLink(link)
}

// checkLink keeps the value out of its errors, for it holds a key.
func checkLink(link string) error {
	parsed, err := url.Parse(link)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return errors.New("link: want an absolute http or https URL")
	}
	if !isLine(link) || strings.ContainsAny(link, " <>\"") {
		return errors.New("link: holds a character that has to be escaped")
	}
	return nil
}

//go:embed templates
var files embed.FS

// shelf holds the templates of every language. A language is there when its
// layout is: templates/layout.LANGUAGE.txt and .html, and KIND.LANGUAGE.txt
// and .html for every kind.
type shelf struct {
	sets    map[string]map[Kind]set // by language tag
	tags    []language.Tag          // the first is the one to fall back on
	matcher language.Matcher
}

type set struct {
	text *texttemplate.Template // defines subject, body, layout
	html *htmltemplate.Template // defines body, layout
}

// library parses the templates when the first letter is written. They are part
// of the program, so a fault in them is a programming error that every test
// finds.
var library = sync.OnceValue(func() *shelf {
	made := &shelf{sets: map[string]map[Kind]set{}, tags: []language.Tag{language.English}}
	layouts, _ := fs.Glob(files, "templates/layout.*.txt")
	for _, layout := range layouts {
		tag := strings.Split(path.Base(layout), ".")[1]
		made.sets[tag] = parse(tag)
		if tag != "en" {
			made.tags = append(made.tags, language.MustParse(tag))
		}
	}
	made.matcher = language.NewMatcher(made.tags)
	return made
})

func parse(tag string) map[Kind]set {
	sets := map[Kind]set{}
	for _, kind := range Kinds() {
		names := func(format string) []string {
			return []string{"templates/layout." + tag + format, "templates/" + string(kind) + "." + tag + format}
		}
		sets[kind] = set{
			text: texttemplate.Must(texttemplate.ParseFS(files, names(".txt")...)),
			html: htmltemplate.Must(htmltemplate.ParseFS(files, names(".html")...)),
		}
	}
	return sets
}

// choose returns the tag of the best language that there are templates for.
func (s *shelf) choose(wanted string) string {
	tag, err := language.Parse(wanted)
	if err != nil {
		return s.tags[0].String()
	}
	_, index, _ := s.matcher.Match(tag)
	return s.tags[index].String()
}

// templates is what the two template packages have in common.
type templates interface {
	ExecuteTemplate(out io.Writer, name string, data any) error
}

// execute runs one template of a set and trims the blank ends.
func execute(from templates, name string, data view) (string, error) {
	var out bytes.Buffer
	err := from.ExecuteTemplate(&out, name, data)
	return strings.TrimSpace(out.String()), err
}
