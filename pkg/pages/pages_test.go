package pages

import (
	"html"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/text/language"

	"github.com/clientelehq/clientele/errors"

	"github.com/clientelehq/clientele/pkg/brand"
)

var shop = Shop{Name: "Jane & Co", Color: "#0b6b5e", Terms: "https://shop.example/terms", Login: "https://shop.example/login", Length: 7}

// text makes a page a string, or ends the test.
func text(t *testing.T) func([]byte, error) string {
	t.Helper()
	return func(page []byte, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return string(page)
	}
}

// all are the pages of a language, in each of their states.
func all(t *testing.T, language string) map[string]string {
	t.Helper()
	made := map[string]string{}
	for _, kind := range Kinds() {
		faults := []*errors.Error{errors.EmailInvalid.On(EmailField), errors.TooShort.Limit(7).On(PasswordField), errors.TermsNotAccepted.On(TermsField), errors.RateLimited}
		form := Form{Kind: kind, Language: language, Root: "../"}
		made[string(kind)+" by code"] = text(t)(shop.Form(form))
		form.Faults = faults
		made[string(kind)+" by code, wrong"] = text(t)(shop.Form(form))
		form.Key = "the-key"
		made[string(kind)+" by key, wrong"] = text(t)(shop.Form(form))
		form.Faults = nil
		made[string(kind)+" by key"] = text(t)(shop.Form(form))
		made[string(kind)+" done"] = text(t)(shop.Done("../", language, kind))
		made[string(kind)+" over"] = text(t)(shop.Over("../", language, kind))
	}
	return made
}

// empty lists the texts of a value that say nothing.
func empty(value reflect.Value, path string) (found []string) {
	switch value.Kind() {
	case reflect.Pointer:
		return empty(value.Elem(), path)
	case reflect.String:
		if strings.TrimSpace(value.String()) == "" {
			return []string{path}
		}
	case reflect.Struct:
		for i := range value.NumField() {
			found = append(found, empty(value.Field(i), path+"."+value.Type().Field(i).Name)...)
		}
	case reflect.Map:
		for _, key := range value.MapKeys() {
			found = append(found, empty(value.MapIndex(key), path+"."+key.String())...)
		}
	}
	return found
}

func TestEveryTextIsThereInEveryLanguage(t *testing.T) {
	for _, one := range spoken {
		if missing := empty(reflect.ValueOf(one.words), one.tag); len(missing) > 0 {
			t.Errorf("nothing is said in %v", missing)
		}
		for _, kind := range Kinds() {
			if one.words.stories[kind].Title == "" {
				t.Errorf("%s: nothing is said of %s", one.tag, kind)
			}
		}
		for key := range english.Faults {
			if one.words.Faults[key] == "" {
				t.Errorf("%s: nothing is said of %s", one.tag, key)
			}
		}
		if len(one.words.Faults) != len(english.Faults) {
			t.Errorf("%s has other faults than English", one.tag)
		}
		if before, link, _ := one.words.consent(); before == "" || link == "" {
			t.Errorf("%s: no link in the consent", one.tag)
		}
	}
}

// A text that was forgotten would mostly be one that was copied.
func TestNoLanguageSpeaksInTheWordsOfAnother(t *testing.T) {
	same := map[string]bool{"Code": true, "Error": true, "Idioma": true, "Código": true} // in two of them
	seen := map[string]string{}
	for _, one := range spoken {
		var note func(value reflect.Value)
		note = func(value reflect.Value) {
			switch value.Kind() {
			case reflect.String:
				if other := seen[value.String()]; other != "" && other != one.tag && !same[value.String()] {
					t.Errorf("%s and %s both say %q", other, one.tag, value)
				}
				seen[value.String()] = one.tag
			case reflect.Struct:
				for i := range value.NumField() {
					note(value.Field(i))
				}
			case reflect.Map:
				for _, key := range value.MapKeys() {
					note(value.MapIndex(key))
				}
			}
		}
		note(reflect.ValueOf(*one.words))
	}
}

func TestPlacesInTextsAreFilled(t *testing.T) {
	for _, tag := range Languages() {
		for name, page := range all(t, tag) {
			if open := regexp.MustCompile(`\{(shop|limit)\}|[\[\]]|%!|&lt;nil`).FindString(page); open != "" {
				t.Errorf("%s %s has %s in it", tag, name, open)
			}
		}
	}
}

func TestEveryFaultThatFormsShowIsOneOfTheCatalogue(t *testing.T) {
	known := map[string]bool{}
	for _, line := range errors.Catalogue() {
		known[line.Key] = true
	}
	for key := range english.Faults {
		if !known[key] {
			t.Errorf("%s is not in the catalogue", key)
		}
	}
}

func TestAFaultWithoutATranslationIsToldInEnglish(t *testing.T) {
	page := text(t)(shop.Form(Form{Kind: Confirm, Language: "de", Faults: []*errors.Error{errors.ChoiceInvalid.On(EmailField), errors.CustomerNotFound}}))
	for _, want := range []string{`<p lang="en">The value you selected is not a valid choice.</p>`, `<p lang="en">Customer not found.</p>`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in %s", want, page)
		}
	}
}

func TestFaultsStandBesideTheirFields(t *testing.T) {
	page := text(t)(shop.Form(Form{Kind: Invite, Language: English, Email: "a@b", Faults: []*errors.Error{
		errors.EmailInvalid.On(EmailField), errors.ValueBlank.On(PasswordField), errors.TooShort.Limit(7).On(PasswordField), errors.ValueBlank.On(ConfirmationField), errors.TermsNotAccepted.On(TermsField),
	}}))
	for _, want := range []string{
		`<div class="fault" id="email-fault"><p>This is not a valid e-mail address.</p></div>`,
		`<input id="email" name="email" type="email" value="a@b" autocomplete="email" required aria-describedby="email-fault" aria-invalid="true" autofocus>`,
		`<div class="fault" id="password-fault"><p>Please fill in this field.</p></div>`,
		`<input id="password" name="password" type="password" value="" autocomplete="new-password" required aria-describedby="password-hint password-fault" aria-invalid="true">`,
		`<input id="confirmation" name="confirmation" type="password" value="" autocomplete="new-password" required>`,
		`<div class="fault" id="terms-fault"><p>Please accept the terms and conditions.</p></div>`,
		`<div class="alert" role="alert"><p>Please check what you have entered.</p></div>`,
		`<title>Error: Set up your account · Jane &amp; Co</title>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in %s", want, page)
		}
	}
	if strings.Count(page, "autofocus") != 1 {
		t.Error("not one field has the focus")
	}
}

// The policies forbid it, so that a page with any of it would be broken.
func TestPagesHoldNoScriptAndNoStyleOfTheirOwn(t *testing.T) {
	forbidden := regexp.MustCompile(`(?i)<style|<script|\sstyle=|\son[a-z]+=|src="[a-z]+:`)
	for name, page := range all(t, English) {
		if found := forbidden.FindString(page); found != "" {
			t.Errorf("%s has %s", name, found)
		}
	}
}

// The key stands in hidden fields alone: an address with it would be kept and sent on.
func TestAKeyIsInHiddenFieldsAlone(t *testing.T) {
	hidden := `<input type="hidden" name="token" value="the-key">`
	for name, page := range all(t, English) {
		if rest := strings.ReplaceAll(page, hidden, ""); strings.Contains(rest, "the-key") || strings.Contains(name, "by key") != strings.Contains(page, hidden) {
			t.Errorf("%s: %s", name, page)
		}
	}
}

func TestPagesAreMadeForReadersOfAllKinds(t *testing.T) {
	for _, tag := range Languages() {
		for name, page := range all(t, tag) {
			for _, want := range []string{`<html lang="` + tag + `">`, `<meta name="viewport" content="width=device-width, initial-scale=1">`, "<main>", "<h1>"} {
				if strings.Count(page, want) != 1 {
					t.Errorf("%s %s: not one %s", tag, name, want)
				}
			}
			if regexp.MustCompile(`<title>[^<]+ · Jane &amp; Co</title>`).FindString(page) == "" {
				t.Errorf("%s %s has no title", tag, name)
			}
		}
	}
}

func TestWhatWasTypedAndWhatTheShopIsCalledCannotBecomeMarkup(t *testing.T) {
	hostile := `"><script>alert(1)</script><b x='`
	dangerous := Shop{Name: hostile, Color: "#000000", Terms: "javascript:alert(1)", Login: "javascript:alert(1)", Logo: &Logo{}}
	for _, kind := range Kinds() {
		form := Form{Kind: kind, Language: English, Root: "../", Key: hostile, Email: hostile, Code: hostile, Faults: []*errors.Error{errors.ChoiceInvalid.On(hostile)}}
		for _, page := range []string{text(t)(dangerous.Form(form)), text(t)(dangerous.Done("../", English, kind)), text(t)(dangerous.Over("../", English, kind))} {
			if strings.Contains(page, "<script") || strings.Contains(page, "<b x") || strings.Contains(page, `"javascript:`) {
				t.Errorf("%s", page)
			}
			if !strings.Contains(html.UnescapeString(page), hostile) {
				t.Error("it is not shown at all")
			}
		}
	}
	letter := Letter{ID: hostile, To: hostile, Subject: hostile, Kind: hostile, Text: hostile, HTML: hostile}
	for _, page := range []string{text(t)(dangerous.Mailbox("../", []Letter{letter})), text(t)(dangerous.Letter("../../", letter))} {
		if strings.Contains(page, "<script") || strings.Contains(page, "<b x") {
			t.Errorf("%s", page)
		}
	}
}

func TestALanguageIsChosenByWhatWasAskedForOrElseByWhatIsPreferred(t *testing.T) {
	for _, c := range []struct{ asked, preferred, want string }{
		{"", "", "en"},
		{"", "de-AT,en;q=0.5", "de"},
		{"", "fr,pt-BR;q=0.8,es;q=0.5", "pt"},
		{"", "ja", "en"},
		{"es", "de", "es"},
		{"tlh", "de", "de"},
	} {
		preferred, _, err := language.ParseAcceptLanguage(c.preferred)
		if err != nil {
			t.Fatal(err)
		}
		if got := Choose(c.asked, preferred); got != c.want {
			t.Errorf("%q, preferring %q: %s", c.asked, c.preferred, got)
		}
	}
}

// WCAG 2.2, 1.4.3 (AA): 4.5 to 1 between text and what is behind it. Of black and
// white one always has it.
func TestTextStandsOutFromEveryColour(t *testing.T) {
	for _, c := range []struct{ color, ink string }{
		{"#000000", "#ffffff"}, {"#ffffff", "#000000"}, {"#FFD400", "#000000"}, {"#0b6b5e", "#ffffff"}, {"#777777", "#000000"}, {"#757575", "#ffffff"}, {"#ff0000", "#000000"}, {"#0000ff", "#ffffff"},
	} {
		got := brand.Ink(c.color)
		if got != c.ink || brand.Contrast(c.color, got) < 4.5 {
			t.Errorf("on %s stands %s, with %.2f to 1", c.color, got, brand.Contrast(c.color, got))
		}
	}
	sheet := string(shop.Style())
	if !strings.HasPrefix(sheet, ":root { --brand: #0b6b5e; --on-brand: #ffffff; }") {
		t.Errorf("%.80s", sheet)
	}
	colors := map[string]string{"paper": "#ffffff"}
	for _, found := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(sheet, -1) {
		colors[found[1]] = found[2]
	}
	for _, pair := range [][2]string{{"ink", "paper"}, {"ink", "ground"}, {"faint", "paper"}, {"faint", "ground"}, {"wrong", "paper"}, {"ink", "wrong-ground"}} {
		if ratio := brand.Contrast(colors[pair[0]], colors[pair[1]]); ratio < 4.5 {
			t.Errorf("%s on %s is %.1f to 1", pair[0], pair[1], ratio)
		}
	}
}

func TestALetterInItsFrameOpensItsLinksOutsideOfIt(t *testing.T) {
	framed := string(Letter{HTML: "<html><head><title>x</title></head></html>"}.Framed())
	if framed != `<html><head><base target="_top"><title>x</title></head></html>` {
		t.Error(framed)
	}
}
