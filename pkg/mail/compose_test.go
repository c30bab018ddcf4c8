package mail_test

import (
	"html"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	htmltoken "golang.org/x/net/html"

	"github.com/clientelehq/clientele/pkg/mail"
	"github.com/clientelehq/clientele/pkg/mail/mailtest"
)

var (
	languages = []string{"en", "de", "es", "pt"} // that are built in
	withKey   = []mail.Kind{mail.Confirm, mail.Restore, mail.Invitation}
)

// fullOf has everything that a letter can hold.
func fullOf(kind mail.Kind, language string) mail.Content {
	content := restore
	content.Kind, content.Language, content.Code = kind, language, "K7QM-2XVD"
	content.Color, content.Logo, content.Terms = "#336699", "https://shop.example/logo.png", "https://shop.example/terms"
	return content
}

func TestRestoreLetter(t *testing.T) {
	letter := compose(t, restore)
	want := `Hello Sonia,

Somebody asked for a new password for your account at Lampen & Licht. If it was you, set it here:

https://shop.example/account/restore?token=k3y_Of-43characters

The link works once and is valid for 2 hours.

If it was not you, ignore this letter: your password stays as it is.

Lampen & Licht

This letter was sent automatically, because of something that happened at Lampen & Licht.`
	if diff := cmp.Diff(want, letter.Text); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	for _, needed := range []string{
		`<html lang="en">`, "<p>Hello Sonia,</p>", "Lampen &amp; Licht", "is valid for 2 hours.",
		`href="https://shop.example/account/restore?token=k3y_Of-43characters"`,
		`>https://shop.example/account/restore?token=k3y_Of-43characters</span>`,
	} {
		if !strings.Contains(letter.HTML, needed) {
			t.Errorf("HTML lacks %s:\n%s", needed, letter.HTML)
		}
	}
}

func TestLettersWithAKeyCarryItInBothParts(t *testing.T) {
	for _, kind := range withKey {
		content := restore
		content.Kind = kind
		letter := compose(t, content)
		if !strings.Contains(letter.Text, "token="+key+"\n") || !strings.Contains(letter.HTML, "token="+key+`"`) {
			t.Errorf("%s: the key is missing in\n%s\n%s", kind, letter.Text, letter.HTML)
		}
		if strings.Contains(letter.Text+letter.HTML, "code") {
			t.Errorf("%s speaks of a code that there is not:\n%s", kind, letter.Text)
		}
		content.Code = "K7QM-2XVD"
		letter = compose(t, content)
		for _, part := range []string{letter.Text, letter.HTML} {
			if !strings.Contains(part, "Or type this code on the page: ") || strings.Count(part, content.Code) != 1 || !strings.Contains(part, "The link or the code works once") {
				t.Errorf("%s: the code is missing in\n%s", kind, part)
			}
		}
		content.Link = ""
		if _, err := builtIn(t).Compose(content); !mail.Permanent(err) {
			t.Errorf("%s without a link: got %v, want a permanent error", kind, err)
		}
	}
}

func TestNoticesHoldNoSecret(t *testing.T) {
	for _, language := range languages {
		for _, kind := range mail.Kinds() {
			if slices.Contains(withKey, kind) {
				continue
			}
			content := restore
			content.Kind, content.Language, content.Code = kind, language, "K7QM-2XVD"
			letter := compose(t, content)
			if all := letter.Text + letter.HTML + letter.Subject; strings.Contains(all, key) || strings.Contains(all, content.Code) || strings.Contains(letter.HTML, "<a ") {
				t.Errorf("%s.%s holds a key or a link:\n%s", kind, language, letter.HTML)
			}
		}
	}
}

func TestTheLetterAboutAnErasedAccountGreetsNobody(t *testing.T) {
	content := restore
	content.Kind = mail.AccountErased
	if letter := compose(t, content); !strings.HasPrefix(letter.Text, "Hello,\n") || strings.Contains(letter.Text+letter.HTML, content.FirstName) {
		t.Errorf("got\n%s", letter.Text)
	}
}

func TestEveryKindHasItsOwnWords(t *testing.T) {
	for _, language := range languages {
		subjects, bodies := map[string]mail.Kind{}, map[string]mail.Kind{}
		for _, kind := range mail.Kinds() {
			content := restore
			content.Kind, content.Language = kind, language
			letter := compose(t, content)
			if letter.Kind != kind || letter.To != content.To || letter.ID != content.ID || letter.Language != language {
				t.Errorf("%s.%s: got %+v", kind, language, letter)
			}
			if twin, taken := subjects[letter.Subject]; taken {
				t.Errorf("%s and %s share a subject in %s", kind, twin, language)
			}
			if twin, taken := bodies[letter.Text]; taken {
				t.Errorf("%s and %s share a text in %s", kind, twin, language)
			}
			subjects[letter.Subject], bodies[letter.Text] = kind, kind
		}
	}
}

// Each line of a letter says the same as its neighbour in English, in other words.
func TestEveryLanguageHasEveryKindInItsOwnWords(t *testing.T) {
	visible := regexp.MustCompile(`>\s*([^<>]*[^<>\s])\s*<`)
	for _, kind := range mail.Kinds() {
		content := fullOf(kind, "en")
		english := compose(t, content)
		same := map[string]bool{"": true, content.Shop: true, content.Link: true, content.Code: true, "Lampen &amp; Licht": true}
		for _, language := range languages {
			content.Language = language
			letter := compose(t, content)
			for _, part := range []string{letter.Subject, letter.Text, letter.HTML} {
				if strings.Contains(part, "{{") || strings.Contains(part, "<no value>") || strings.Contains(part, "ZgotmplZ") {
					t.Errorf("%s.%s is not written out:\n%s", kind, language, part)
				}
			}
			if language == "en" {
				continue
			}
			if letter.Subject == english.Subject {
				t.Errorf("%s.%s: %q is English", kind, language, letter.Subject)
			}
			lines, englishLines := strings.Split(letter.Text, "\n"), strings.Split(english.Text, "\n")
			if len(lines) != len(englishLines) {
				t.Fatalf("%s.%s has %d lines and %d in English", kind, language, len(lines), len(englishLines))
			}
			for i, line := range lines {
				if same[line] != (line == englishLines[i]) {
					t.Errorf("%s.%s: %q next to %q", kind, language, line, englishLines[i])
				}
			}
			words, englishWords := visible.FindAllStringSubmatch(letter.HTML, -1), visible.FindAllStringSubmatch(english.HTML, -1)
			if len(words) != len(englishWords) {
				t.Fatalf("%s.%s has %d pieces of HTML and %d in English", kind, language, len(words), len(englishWords))
			}
			for i := range words {
				if text := words[i][1]; same[text] != (text == englishWords[i][1]) {
					t.Errorf("%s.%s: %q next to %q", kind, language, text, englishWords[i][1])
				}
			}
		}
	}
}

// What the text says, the HTML says as well.
func TestBothPartsOfALetterSayTheSame(t *testing.T) {
	for _, language := range languages {
		for _, kind := range mail.Kinds() {
			letter := compose(t, fullOf(kind, language))
			shown := html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(letter.HTML, ""))
			for line := range strings.Lines(letter.Text) {
				line, _, _ = strings.Cut(strings.TrimSpace(line), ": https://shop.example/terms")
				if !strings.Contains(shown, line) {
					t.Errorf("%s.%s: the HTML lacks %q", kind, language, line)
				}
			}
		}
	}
}

func TestSpanIsToldInTheUnitThatFits(t *testing.T) {
	tests := []struct {
		language string
		span     time.Duration
		want     string
	}{
		{"en", time.Hour, "works once and is valid for 1 hour."},
		{"en", 48 * time.Hour, "works once and is valid for 48 hours."},
		{"en", 7 * 24 * time.Hour, "works once and is valid for 7 days."},
		{"en", 90 * time.Minute, "works once and is valid for 90 minutes."},
		{"en", time.Minute, "works once and is valid for 1 minute."},
		{"en", 0, "works once."},
		{"de", time.Hour, "funktioniert nur einmal und ist 1 Stunde gültig."},
		{"de", 2 * time.Hour, "funktioniert nur einmal und ist 2 Stunden gültig."},
		{"de", 7 * 24 * time.Hour, "funktioniert nur einmal und ist 7 Tage gültig."},
		{"de", 90 * time.Minute, "funktioniert nur einmal und ist 90 Minuten gültig."},
		{"de", 0, "funktioniert nur einmal."},
		{"es", time.Hour, "solo funciona una vez y es válido durante 1 hora."},
		{"es", 7 * 24 * time.Hour, "solo funciona una vez y es válido durante 7 días."},
		{"pt", 2 * time.Hour, "só funciona uma vez e é válido durante 2 horas."},
		{"pt", time.Minute, "só funciona uma vez e é válido durante 1 minuto."},
	}
	for _, test := range tests {
		content := restore
		content.ValidFor, content.Language = test.span, test.language
		if letter := compose(t, content); !strings.Contains(letter.Text, test.want) || !strings.Contains(letter.HTML, test.want) {
			t.Errorf("%v: want %q in\n%s", test.span, test.want, letter.Text)
		}
	}
}

func TestLanguageOfALetterIsTheNearestThatThereIs(t *testing.T) {
	tests := map[string]string{
		"": "en", "en": "en", "en_GB": "en", "fr": "en", "tlh": "en", "not a language": "en", "../../etc": "en",
		"de": "de", "de-DE": "de", "de_CH": "de", "es": "es", "es-MX": "es", "es_419": "es",
		"pt": "pt", "pt-BR": "pt", "pt_PT": "pt",
	}
	for wanted, want := range tests {
		content := restore
		content.Language = wanted
		if letter := compose(t, content); letter.Language != want || !strings.Contains(letter.HTML, `<html lang="`+want+`">`) {
			t.Errorf("%q: got %q, want %q", wanted, letter.Language, want)
		}
	}
}

func TestButtonIsInTheShopsColorAndCanBeRead(t *testing.T) {
	tests := map[string]string{
		"": "background: #18181b; color: #ffffff", "#000000": "background: #000000; color: #ffffff", "#FFFFFF": "background: #FFFFFF; color: #000000",
		"#ffcc00": "background: #ffcc00; color: #000000", "#0000ff": "background: #0000ff; color: #ffffff", "#00ff00": "background: #00ff00; color: #000000",
		"#757575": "background: #757575; color: #ffffff", "#767676": "background: #767676; color: #000000", // 4.6 either way
	}
	for color, want := range tests {
		content := restore
		content.Color = color
		if letter := compose(t, content); !strings.Contains(letter.HTML, want) {
			t.Errorf("%q: want %s in\n%s", color, want, letter.HTML)
		}
	}
}

func TestLogoAndTermsAreShownWhereThereAreSome(t *testing.T) {
	const logo, terms = `<p><img src="https://shop.example/logo.png?a=1&amp;b=2" alt="Lampen &amp; Licht" `, `<br><a href="https://shop.example/terms" `
	bare := compose(t, restore)
	content := restore
	content.Logo, content.Terms = "https://shop.example/logo.png?a=1&b=2", "https://shop.example/terms"
	letter := compose(t, content)
	if !strings.Contains(letter.HTML, logo) || !strings.Contains(letter.HTML, terms) || !strings.HasSuffix(letter.Text, "\n\nTerms and conditions: https://shop.example/terms") {
		t.Errorf("got\n%s\n%s", letter.Text, letter.HTML)
	}
	if strings.Contains(bare.HTML, "<img") || strings.Contains(bare.Text+bare.HTML, "Terms") {
		t.Errorf("without them: got\n%s\n%s", bare.Text, bare.HTML)
	}
}

func TestFirstNameIsGreetedOnlyIfItCanBeNothingElse(t *testing.T) {
	greeted := []string{"Sonia", "Åsa", "Jean-Luc", "O’Brien", "d'Arcy", "Mary Ann", "J. R.", "李", "Нина", "José", "अनिता"}
	for _, name := range greeted {
		content := restore
		content.FirstName = name
		if letter := compose(t, content); !strings.HasPrefix(letter.Text, "Hello "+name+",\n") {
			t.Errorf("%q is not greeted by name", name)
		}
	}
	refused := []string{
		"", " ", "https://evil.example", "evil.example", "www.evil.example now", "<a href=https://evil.example>click</a>",
		"<script>alert(1)</script>", "x\r\nBcc: v@y.example", "x\nSet it at evil", "x\u2028y", "a\u202eb", "mailto:v@y.example", "v@y.example",
		"You won! Call 0900 123", "{{.Link}}", "a&b", "\x00", "\xff", strings.Repeat("a", 41), "evil．example",
	}
	for _, name := range refused {
		content := restore
		content.FirstName = name
		letter := compose(t, content)
		if !strings.HasPrefix(letter.Text, "Hello,\n") || !strings.Contains(letter.HTML, "<p>Hello,</p>") {
			t.Errorf("%q is greeted:\n%s", name, letter.Text)
		}
		for _, foreign := range []string{"evil", "script", "Bcc", "y.example"} {
			if strings.Contains(letter.Text+letter.HTML+letter.Subject, foreign) {
				t.Errorf("%q brings %q into the letter", name, foreign)
			}
		}
	}
}

// Whatever stands in a name, each letter has the tags, the headers and the
// recipient that it has with a name that is harmless.
func TestNoValueAddsMarkupAHeaderOrARecipient(t *testing.T) {
	const victim = "victim@evil.example"
	names := []string{
		"Sonia\r\nBcc: " + victim + "\r\n\r\n<b>hello</b>", "<a href=https://evil.example>Sonia</a>", "https://evil.example", `"><script>alert(1)</script>`, "{{.Link}}",
	}
	shops := []string{
		`Tom & <b>Jerry</b>`, `"><img src=x onerror=alert(1)>`, `' onload='alert(1)`, "{{.Link}} {{template \"button\" .}}", "<!-- ", "</title></style><script>alert(1)</script>", "=?utf-8?q?=0D=0ABcc:_" + victim + "?=",
	}
	server := mailtest.NewServer(t)
	sender := connect(t, server)
	send := func(content mail.Content) mailtest.Message {
		if err := sender.Send(t.Context(), compose(t, content)); err != nil {
			t.Fatal(err)
		}
		messages := server.Messages()
		return messages[len(messages)-1]
	}
	for _, language := range languages {
		for i, kind := range mail.Kinds() {
			content := fullOf(kind, language)
			content.FirstName = ""
			harmless := send(content)
			for j := range max(len(names), len(shops)) {
				content.FirstName, content.Shop = names[(i+j)%len(names)], shops[j%len(shops)]
				message := send(content)
				if diff := cmp.Diff(tags(t, harmless.HTML), tags(t, message.HTML)); diff != "" {
					t.Errorf("%s.%s with %q and %q: tags (-want +got):\n%s", kind, language, content.FirstName, content.Shop, diff)
				}
				if diff := cmp.Diff(slices.Sorted(maps.Keys(harmless.Header)), slices.Sorted(maps.Keys(message.Header))); diff != "" {
					t.Errorf("%s.%s with %q and %q: headers (-want +got):\n%s", kind, language, content.FirstName, content.Shop, diff)
				}
				for name, values := range message.Header {
					if len(values) != 1 {
						t.Errorf("%s.%s: %d headers %s", kind, language, len(values), name)
					}
				}
				if diff := cmp.Diff([]string{content.To}, message.Recipients); diff != "" {
					t.Errorf("%s.%s: recipients (-want +got):\n%s", kind, language, diff)
				}
				if got := message.Header.Get("To"); got != "<"+content.To+">" {
					t.Errorf("%s.%s: To is %s", kind, language, got)
				}
				if strings.Count(message.Text, content.Link) != strings.Count(harmless.Text, content.Link) {
					t.Errorf("%s.%s with %q: a value was taken for a template:\n%s", kind, language, content.Shop, message.Text)
				}
			}
		}
	}
}

// tags are the tags of a page and its comments, in their order, with the names
// of the attributes and the values of those that do something.
func tags(t *testing.T, page string) (all []string) {
	t.Helper()
	tokens := htmltoken.NewTokenizer(strings.NewReader(page))
	for {
		switch tokens.Next() {
		case htmltoken.ErrorToken:
			return all
		case htmltoken.TextToken:
			continue
		}
		token := tokens.Token()
		line := token.Type.String() + " " + token.Data
		for _, attribute := range token.Attr {
			line += " " + attribute.Key
			if attribute.Key != "alt" {
				line += "=" + attribute.Val
			}
		}
		all = append(all, line)
	}
}

func TestShopIsEscaped(t *testing.T) {
	content := restore
	content.Shop = `Tom & <b>Jerry</b>`
	letter := compose(t, content)
	if strings.Contains(letter.HTML, "<b>") || !strings.Contains(letter.HTML, "Tom &amp; &lt;b&gt;Jerry&lt;/b&gt;") {
		t.Errorf("HTML:\n%s", letter.HTML)
	}
	if !strings.Contains(letter.Text, content.Shop) {
		t.Errorf("text:\n%s", letter.Text)
	}
}

func TestRecipientIsOneBareAddress(t *testing.T) {
	accepted := []string{
		"a@x.example", "first.last+tag@x.example", "o'brien@x.example", "a@localhost", "jürgen@bücher.example",
		strings.Repeat("a", 64) + "@x.example",
	}
	for _, address := range accepted {
		content := restore
		content.To = address
		if letter := compose(t, content); letter.To != address {
			t.Errorf("%q became %q", address, letter.To)
		}
	}
	refused := []string{
		"", "a", "@x.example", "a@", "Bob <b@x.example>", `"a b"@x.example`, `"a"@x.example`, "<a@x.example>", "a@x.example ", " a@x.example",
		"a@x.example,b@x.example", "a@x.example;b@x.example", "a@x.example\r\nBcc: v@y.example", "a@x.example\n", "a\x00@x.example",
		"a(comment)@x.example", "a@[127.0.0.1]", "a..b@x.example", ".a@x.example", "a@x..example", "a@-x.example", "a@x_y.example",
		strings.Repeat("a", 65) + "@x.example", "a@" + strings.Repeat("x.", 126) + "example", "a@b@x.example", "a\u0085b@x.example", "a\u202eb@x.example", "group:a@x.example;",
	}
	for _, address := range refused {
		content := restore
		content.To = address
		if letter, err := builtIn(t).Compose(content); !mail.Permanent(err) {
			t.Errorf("%q was accepted as %q (%v)", address, letter.To, err)
		} else if len(address) > 2 && strings.Contains(err.Error(), address) {
			t.Errorf("error %q shows the address", err)
		}
	}
}

func TestDomainOfTheRecipientTravelsInASCII(t *testing.T) {
	server := mailtest.NewServer(t)
	content := restore
	content.To = "jurgen@bücher.example"
	if err := connect(t, server).Send(t.Context(), compose(t, content)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"jurgen@xn--bcher-kva.example"}, only(t, server).Recipients); diff != "" {
		t.Errorf("recipients (-want +got):\n%s", diff)
	}
}

func TestContentThatIsNoLetter(t *testing.T) {
	tests := map[string]func(*mail.Content){
		"unknown kind":    func(c *mail.Content) { c.Kind = "greeting" },
		"no shop":         func(c *mail.Content) { c.Shop = "" },
		"shop of 2 lines": func(c *mail.Content) { c.Shop = "a\nb" },
		"relative link":   func(c *mail.Content) { c.Link = "/restore?token=a" },
		"script link":     func(c *mail.Content) { c.Link = "javascript:alert(1)//?token=a" },
		"link with break": func(c *mail.Content) { c.Link = "https://x.example/?a\r\ntoken=a" },
		"link with quote": func(c *mail.Content) { c.Link = `https://x.example/?a="token=a` },
		"id":              func(c *mail.Content) { c.ID = "a b" },
		"code with tags":  func(c *mail.Content) { c.Code = "<b>K7QM</b>" },
		"code of 2 lines": func(c *mail.Content) { c.Code = "K7QM\n2XVD" },
		"long code":       func(c *mail.Content) { c.Code = strings.Repeat("K", 33) },
		"named color":     func(c *mail.Content) { c.Color = "red" },
		"short color":     func(c *mail.Content) { c.Color = "#fff" },
		"color and more":  func(c *mail.Content) { c.Color = "#ffffff; display: none" },
		"relative logo":   func(c *mail.Content) { c.Logo = "/logo.png" },
		"inline logo":     func(c *mail.Content) { c.Logo = "data:image/png;base64,AA==" },
		"script as terms": func(c *mail.Content) { c.Terms = "javascript:alert(1)" },
	}
	for name, spoil := range tests {
		content := restore
		spoil(&content)
		if letter, err := builtIn(t).Compose(content); !mail.Permanent(err) {
			t.Errorf("%s: got %+v, %v", name, letter, err)
		} else if strings.Contains(err.Error(), "token=") {
			t.Errorf("%s: error %q shows the link", name, err)
		}
	}
}

func TestLettersWithoutAnIDGetTheirOwn(t *testing.T) {
	content := restore
	content.ID = ""
	if first, second := compose(t, content), compose(t, content); first.ID == "" || first.ID == second.ID {
		t.Errorf("got %q and %q", first.ID, second.ID)
	}
}

func TestLinkHoldsTheKeyInItsPlace(t *testing.T) {
	tests := []struct{ template, key, want string }{
		{"https://shop.example/account/confirm?token={token}", "a-b_c", "https://shop.example/account/confirm?token=a-b_c"},
		{"http://localhost:8080/restore?token={token}&from=mail", "a+b/c&d=e", "http://localhost:8080/restore?token=a%2Bb%2Fc%26d%3De&from=mail"},
		{"https://shop.example/#/restore?token={token}", "a", "https://shop.example/#/restore?token=a"},
		{"https://shop.example/restore", "a", ""},
		{"https://shop.example/restore?token={token}&again={token}", "a", ""},
		{"/restore?token={token}", "a", ""},
		{"javascript:alert({token})", "a", ""},
		{"ftp://shop.example/?token={token}", "a", ""},
		{"https://{token}", "", ""},
		{"https://shop.example/ restore?token={token}", "a", ""},
	}
	for _, test := range tests {
		got, err := mail.Link(test.template, test.key)
		if test.want == "" {
			if err == nil {
				t.Errorf("%s: became %s, want an error", test.template, got)
			}
			continue
		}
		if err != nil || got != test.want {
			t.Errorf("%s: got %s, %v", test.template, got, err)
		}
	}
}
