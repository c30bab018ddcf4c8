// Package pages is what customers see in a browser: a page behind each link of a
// letter, where an address is confirmed or a password is set, and, in development,
// the mailbox with the letters themselves. It makes the pages; it knows nothing of
// requests.
//
// The pages work without JavaScript, and have none.
package pages

import (
	"bytes"
	"embed"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/brand"
)

// What a browser may do on a page (Content-Security-Policy).
const (
	// Policy is that of all pages but the two below: it loads its style and the
	// logo from here, sends its forms here, and is framed by nobody.
	Policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

	// LetterPolicy is that of the page that frames a letter.
	LetterPolicy = "frame-src 'self'; " + Policy

	// FramedPolicy is that of a letter in its frame. It has styles of its own and
	// images of anybody's, runs nothing, and its links open in place of the page.
	FramedPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src * data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-top-navigation-by-user-activation"
)

// Kind is what a page is for. It stands in the page's path.
type Kind string

// The kinds of page.
const (
	Confirm Kind = "confirm" // proves an e-mail address
	Restore Kind = "restore" // sets a forgotten password anew
	Invite  Kind = "invite"  // sets the first password
)

// Kinds returns every kind of page.
func Kinds() []Kind { return []Kind{Confirm, Restore, Invite} }

// The names of the fields of a form. Faults name them.
const (
	KeyField          = "token" // as in the link of a letter
	EmailField        = "email"
	CodeField         = "code"
	PasswordField     = "password"
	ConfirmationField = "confirmation"
	TermsField        = "terms"
	LanguageField     = "lang"
)

// Shop is what the pages say of the shop, and what they look like. It is made by
// writing it down.
type Shop struct {
	Name   string
	Color  string // of buttons, #rrggbb
	Logo   *Logo  // nil shows the name
	Terms  string // URL of the terms of service; "" asks for no consent
	Login  string // URL of the page where customers log in; "" is none
	Length int    // fewest characters of a password
}

// Form is a page that asks, as it is to be shown.
type Form struct {
	Kind     Kind
	Language string // one of Languages
	Root     string // leads from the page to the root of the API ("../")

	Key         string // of the letter; "" asks for the address and the code
	Email, Code string // as they were typed
	Terms       bool
	Faults      []*errors.Error // with what was sent before; a password is not shown again
}

//go:embed templates
var sources embed.FS

var (
	formPage    = parse("form.html")
	endPage     = parse("end.html")
	mailboxPage = parse("mailbox.html")
	letterPage  = parse("letter.html")
)

func parse(name string) *template.Template {
	return template.Must(template.ParseFS(sources, "templates/layout.html", "templates/"+name))
}

func render(template *template.Template, data any) ([]byte, error) {
	var out bytes.Buffer
	err := template.Execute(&out, data)
	return out.Bytes(), err
}

// page is what every page for customers knows.
type page struct {
	Root, Language, Title string
	Shop                  Shop
	Words                 *words
	Story                 story
}

func (s Shop) page(root, language string, kind Kind) page {
	spoken := in(language)
	told := spoken.stories[kind].of(s.Name)
	return page{root, language, told.Title, s, spoken, told}
}

// formView is what the template of a form sees.
type formView struct {
	page
	Kind      Kind
	Key       string
	Lead      string
	Alerts    []notice // about the form as a whole
	Fields    []field
	Consent   *consent // nil where there is none to give
	Languages []choice
}

// field is a place to type something.
type field struct {
	Name, Label, Hint  string
	Type, Autocomplete string
	Value              string
	Faults             []notice
	First              bool   // of those that are wrong: it gets the focus
	DescribedBy        string // ids of what is said about it
}

// consent is a box to tick, with a text around a link to the terms.
type consent struct {
	field
	Given               bool
	Before, Link, After string
}

// notice is a text, and whether it is in English where the page is in another language.
type notice struct {
	Text    string
	English bool
}

// choice is a language that the page can be had in.
type choice struct {
	Tag, Name string
	Current   bool
}

// Form makes the page that asks.
func (s Shop) Form(f Form) ([]byte, error) {
	view := formView{page: s.page(f.Root, f.Language, f.Kind), Kind: f.Kind, Key: f.Key}
	view.Lead = view.Story.Lead
	if f.Key == "" {
		view.Lead = view.Story.CodeLead
	}
	view.Fields = s.fields(f, view.Words)
	if f.Kind == Invite && s.Terms != "" {
		view.Consent = &consent{field: field{Name: TermsField}, Given: f.Terms}
		view.Consent.Before, view.Consent.Link, view.Consent.After = view.Words.consent()
	}
	view.place(f.Faults)
	if len(f.Faults) > 0 {
		view.Title = view.Words.Error + ": " + view.Title
	}
	for _, tag := range Languages() {
		view.Languages = append(view.Languages, choice{tag, in(tag).Name, tag == f.Language})
	}
	return render(formPage, view)
}

// fields are those of a form, but for the consent.
func (s Shop) fields(f Form, w *words) (all []field) {
	if f.Key == "" {
		all = append(all,
			field{Name: EmailField, Label: w.Email, Type: "email", Autocomplete: "email", Value: f.Email},
			field{Name: CodeField, Label: w.Code, Hint: w.CodeHint, Type: "text", Autocomplete: "one-time-code", Value: f.Code})
	}
	if f.Kind != Confirm {
		hint := strings.ReplaceAll(w.PasswordHint, "{limit}", strconv.Itoa(s.Length))
		all = append(all,
			field{Name: PasswordField, Label: w.Password, Hint: hint, Type: "password", Autocomplete: "new-password"},
			field{Name: ConfirmationField, Label: w.Confirmation, Type: "password", Autocomplete: "new-password"})
	}
	return all
}

// place puts faults beside the fields that they name; what is about none of them
// stands above all.
func (v *formView) place(faults []*errors.Error) {
	for _, fault := range faults {
		text := v.Words.fault(fault)
		at := v.find(fault.Field)
		switch {
		case at == nil:
			v.Alerts = append(v.Alerts, text)
		case !slices.Contains(at.Faults, text):
			at.Faults = append(at.Faults, text)
		}
	}
	password, again := v.find(PasswordField), v.find(ConfirmationField)
	if password != nil && len(password.Faults) > 0 {
		again.Faults = nil // what is wrong with a password is so twice
	}
	first := true
	for _, at := range v.all() {
		if len(at.Faults) > 0 {
			if at.Faults[0].Text == v.Words.Faults[errors.ValueBlank.Key] {
				at.Faults = at.Faults[:1] // nothing is too short, too
			}
			at.First, first = first, false
		}
		at.describe()
	}
	if !first && len(v.Alerts) == 0 {
		v.Alerts = []notice{{Text: v.Words.Check}}
	}
}

// all are the fields, in the order of the page.
func (v *formView) all() (all []*field) {
	for i := range v.Fields {
		all = append(all, &v.Fields[i])
	}
	if v.Consent != nil {
		all = append(all, &v.Consent.field)
	}
	return all
}

func (v *formView) find(name string) *field {
	for _, at := range v.all() {
		if at.Name == name {
			return at
		}
	}
	return nil
}

// describe names what is said about the field, for who does not see the page.
func (f *field) describe() {
	var by []string
	if f.Hint != "" {
		by = append(by, f.Name+"-hint")
	}
	if len(f.Faults) > 0 {
		by = append(by, f.Name+"-fault")
	}
	f.DescribedBy = strings.Join(by, " ")
}

// endView is what the template of a page sees that asks nothing more.
type endView struct {
	page
	Heading, Text string
	Kind          Kind
	Over          bool
}

// Done makes the page that says it is done.
func (s Shop) Done(root, language string, kind Kind) ([]byte, error) {
	view := endView{page: s.page(root, language, kind), Kind: kind}
	view.Heading, view.Text = view.Story.Done, view.Story.DoneText
	view.Title = view.Heading
	return render(endPage, view)
}

// Over makes the page of a link that does not work, or does not any more. Whoever has
// sent a form twice sees it as the answer to the second, and so it begins with that.
func (s Shop) Over(root, language string, kind Kind) ([]byte, error) {
	view := endView{page: s.page(root, language, kind), Kind: kind, Over: true}
	view.Heading, view.Text = view.Words.Over, view.Story.Over
	view.Title = view.Heading
	return render(endPage, view)
}

// Style returns the style sheet of all pages, with the shop's colour in it: no page
// has styles of its own.
func (s Shop) Style() []byte {
	sheet, err := sources.ReadFile("templates/style.css")
	if err != nil {
		panic(err) // it is part of the program
	}
	return append([]byte(":root { --brand: "+s.Color+"; --on-brand: "+brand.Ink(s.Color)+"; }\n\n"), sheet...)
}
