package mail

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/clientelehq/clientele/pkg/brand"
)

// Content is what a letter is made of.
type Content struct {
	ID        string        // becomes Letter.ID; "" takes a random one
	Kind      Kind          // one of Kinds
	To        string        // see Letter.To
	Language  string        // BCP 47 tag, or a locale such as de_DE; one we have no templates for is answered in English
	Shop      string        // name of the shop
	FirstName string        // "" greets nobody by name; give it only of people who have proven the address
	Link      string        // as made by Link; needed by the kinds that carry a key
	Code      string        // the key in a form to type by hand, such as K7QM-2XVD; "" leaves it out
	ValidFor  time.Duration // how long Link and Code work, in whole minutes; 0 says nothing of it
	Color     string        // of the button, #rrggbb; "" is nearly black
	Logo      string        // absolute http or https URL of an image; "" is none
	Terms     string        // absolute http or https URL of the terms of service; "" is none
}

// Compose writes the letter. It fails when the content is malformed: an
// unknown kind, no valid recipient, a link that is missing or not http(s).
// Such an error is permanent.
func (t *Templates) Compose(content Content) (Letter, error) {
	letter, err := t.compose(content)
	if err != nil {
		return Letter{}, &permanentError{fmt.Errorf("%s letter: %w", content.Kind, err)}
	}
	return letter, nil
}

func (t *Templates) compose(content Content) (Letter, error) {
	if err := content.check(); err != nil {
		return Letter{}, err
	}
	if content.ID == "" {
		content.ID = uuid.NewString()
	}
	letter := Letter{ID: content.ID, Kind: content.Kind, To: content.To}
	letter.Language = t.choose(content.Language)
	set := t.sets[letter.Language][content.Kind]

	view := content.view(letter.Language)
	var err error
	if view.Subject, err = execute(set.text, "subject", view); err != nil {
		return Letter{}, err
	}
	letter.Subject = view.Subject
	if letter.Text, err = execute(set.text, layout, view); err != nil {
		return Letter{}, err
	}
	if letter.HTML, err = execute(set.html, layout, view); err != nil {
		return Letter{}, err
	}
	return letter, letter.check()
}

// codeForm is what a code looks like. It is typed by hand: there is no need for more
// than this, and so no room for markup.
var codeForm = regexp.MustCompile(`^[A-Z0-9-]{0,32}$`)

func (c Content) check() error {
	switch {
	case !slices.Contains(Kinds(), c.Kind):
		return errors.New("unknown kind")
	case c.Shop == "" || !isLine(c.Shop):
		return errors.New("shop: one line is needed")
	case c.Link == "" && c.Kind.carriesKey():
		return errors.New("link: is needed")
	case !codeForm.MatchString(c.Code):
		return errors.New("code: want up to 32 of A-Z, 0-9 and dashes")
	case c.Color != "" && !brand.IsColor(c.Color):
		return errors.New("color: want #rrggbb")
	}
	for name, link := range map[string]string{"link": c.Link, "logo": c.Logo, "terms": c.Terms} {
		if link == "" {
			continue
		}
		if err := checkLink(link); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// view is what the templates see.
type view struct {
	Language, Shop, Subject, Name string
	Link, Code                    string // "" in notices
	Number                        int    // how many of Unit they work; 0 says nothing
	Unit                          string // minute, hour or day
	Color, Ink                    string // of the button, and of what is written on it
	Logo, Terms                   string
}

// defaultColor is that of a button where the shop has none of its own.
const defaultColor = "#18181b"

func (c Content) view(language string) view {
	made := view{Language: language, Shop: c.Shop, Logo: c.Logo, Terms: c.Terms, Color: c.Color}
	if made.Color == "" {
		made.Color = defaultColor
	}
	made.Ink = brand.Ink(made.Color)
	if c.Kind != AccountErased {
		made.Name = greetable(c.FirstName)
	}
	if c.Kind.carriesKey() {
		made.Link, made.Code = c.Link, c.Code
		made.Number, made.Unit = inWords(c.ValidFor)
	}
	return made
}

// inWords counts a span in the largest unit that it is a whole number of. Up
// to two days people think in hours.
func inWords(span time.Duration) (number int, unit string) {
	const day = 24 * time.Hour
	switch {
	case span > 2*day && span%day == 0:
		return int(span / day), "day"
	case span%time.Hour == 0:
		return int(span / time.Hour), "hour"
	default:
		return int(span / time.Minute), "minute"
	}
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
	if err := checkLink(link); err != nil {
		return "", fmt.Errorf("link: %w", err)
	}
	return link, nil
}

// checkLink keeps the value out of its errors, for it holds a key.
func checkLink(link string) error {
	parsed, err := url.Parse(link)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return errors.New("want an absolute http or https URL")
	}
	if !isLine(link) || strings.ContainsAny(link, " <>\"") {
		return errors.New("holds a character that has to be escaped")
	}
	return nil
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
