package pages

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/clientelehq/clientele/errors"
)

// words are all that the pages say in one language. In a text {shop} is the name of
// the shop, and {limit} the bound that a fault is about.
type words struct {
	Name      string // of the language, in itself
	Languages string // what the choice of languages is called

	Email, Code, CodeHint                string
	Password, PasswordHint, Confirmation string
	Consent                              string // with [what leads to the terms]
	Login, ByCode                        string
	Error                                string // before the title of a page with faults
	Check                                string // above a form with faults
	Over                                 string // heading of a link that does not work

	stories map[Kind]story
	Faults  map[string]string // by errors.Error.Key
}

// story is what is said of one kind of page.
type story struct {
	Title    string
	Lead     string // above the form of a link
	CodeLead string // above that for a code
	Button   string
	Done     string
	DoneText string
	Over     string // of a link that does not work
}

// of puts the name of the shop in its places.
func (s story) of(shop string) story {
	named := strings.NewReplacer("{shop}", shop)
	for _, text := range []*string{&s.Title, &s.Lead, &s.CodeLead, &s.Button, &s.Done, &s.DoneText, &s.Over} {
		*text = named.Replace(*text)
	}
	return s
}

// English is the language of whoever takes none of the others.
const English = "en"

// spoken are the languages, the first for everybody else.
var spoken = []struct {
	tag   string
	words *words
}{
	{English, &english},
	{"de", &german},
	{"es", &spanish},
	{"pt", &portuguese},
}

// Languages lists the tags of the languages that there are.
func Languages() (tags []string) {
	for _, one := range spoken {
		tags = append(tags, one.tag)
	}
	return tags
}

var matcher = func() language.Matcher {
	var tags []language.Tag
	for _, one := range spoken {
		tags = append(tags, language.MustParse(one.tag))
	}
	return language.NewMatcher(tags)
}()

// Choose returns the tag of a page's language: the one that was asked for, or else
// that which suits best who prefers these.
func Choose(asked string, preferred []language.Tag) string {
	if slices.Contains(Languages(), asked) {
		return asked
	}
	_, index, _ := matcher.Match(preferred...)
	return spoken[index].tag
}

func in(tag string) *words {
	for _, one := range spoken {
		if one.tag == tag {
			return one.words
		}
	}
	return spoken[0].words
}

// consent takes the text of the consent apart: what is before the link, the link,
// and what is behind it.
func (w *words) consent() (before, link, after string) {
	before, rest, _ := strings.Cut(w.Consent, "[")
	link, after, _ = strings.Cut(rest, "]")
	return before, link, after
}

// fault says what is wrong: in the words of the language, or else in those of the
// catalogue, which are English.
func (w *words) fault(fault *errors.Error) notice {
	text, known := w.Faults[fault.Key]
	if !known {
		return notice{strings.TrimPrefix(fault.Detail, fault.Field+" => "), w != in(English)}
	}
	return notice{Text: strings.ReplaceAll(text, "{limit}", fmt.Sprint(fault.Meta["limit"]))}
}
