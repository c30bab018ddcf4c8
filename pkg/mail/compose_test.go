package mail_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/pkg/mail"
	"github.com/clientelehq/clientele/pkg/mail/mailtest"
)

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
	for _, kind := range []mail.Kind{mail.Confirm, mail.Restore} {
		content := restore
		content.Kind = kind
		letter := compose(t, content)
		if !strings.Contains(letter.Text, "token="+key+"\n") || !strings.Contains(letter.HTML, "token="+key+`"`) {
			t.Errorf("%s: the key is missing in\n%s\n%s", kind, letter.Text, letter.HTML)
		}
		content.Link = ""
		if _, err := mail.Compose(content); !mail.Permanent(err) {
			t.Errorf("%s without a link: got %v, want a permanent error", kind, err)
		}
	}
}

func TestNoticesHoldNoSecret(t *testing.T) {
	for _, kind := range []mail.Kind{mail.PasswordChanged, mail.EmailChanged} {
		content := restore
		content.Kind = kind
		letter := compose(t, content)
		if strings.Contains(letter.Text+letter.HTML+letter.Subject, key) || strings.Contains(letter.HTML, "<a ") {
			t.Errorf("%s holds a link:\n%s", kind, letter.HTML)
		}
	}
}

func TestEveryKindHasItsOwnWords(t *testing.T) {
	subjects, bodies := map[string]mail.Kind{}, map[string]mail.Kind{}
	for _, kind := range mail.Kinds() {
		content := restore
		content.Kind = kind
		letter := compose(t, content)
		if letter.Kind != kind || letter.To != content.To || letter.ID != content.ID || letter.Language != "en" {
			t.Errorf("%s: got %+v", kind, letter)
		}
		if twin, taken := subjects[letter.Subject]; taken {
			t.Errorf("%s and %s share a subject", kind, twin)
		}
		if twin, taken := bodies[letter.Text]; taken {
			t.Errorf("%s and %s share a text", kind, twin)
		}
		subjects[letter.Subject], bodies[letter.Text] = kind, kind
	}
}

func TestSpanIsToldInTheUnitThatFits(t *testing.T) {
	spans := map[time.Duration]string{
		time.Hour:        "works once and is valid for 1 hour.",
		48 * time.Hour:   "works once and is valid for 48 hours.",
		90 * time.Minute: "works once and is valid for 90 minutes.",
		0:                "works once.",
	}
	for span, want := range spans {
		content := restore
		content.ValidFor = span
		if letter := compose(t, content); !strings.Contains(letter.Text, want) || !strings.Contains(letter.HTML, want) {
			t.Errorf("%v: want %q in\n%s", span, want, letter.Text)
		}
	}
}

func TestLanguageWithoutTemplatesIsAnsweredInEnglish(t *testing.T) {
	for _, wanted := range []string{"", "en", "en_GB", "de-DE", "tlh", "not a language", "../../etc"} {
		content := restore
		content.Language = wanted
		if letter := compose(t, content); letter.Language != "en" {
			t.Errorf("%q: got %q", wanted, letter.Language)
		}
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

func TestFirstNameCannotAddAHeaderOrARecipient(t *testing.T) {
	server := mailtest.NewServer(t)
	content := restore
	content.FirstName = "Sonia\r\nBcc: victim@evil.example\r\n\r\n<b>hello</b>"
	if err := connect(t, server).Send(t.Context(), compose(t, content)); err != nil {
		t.Fatal(err)
	}
	message := only(t, server)
	if diff := cmp.Diff([]string{restore.To}, message.Recipients); diff != "" {
		t.Errorf("recipients (-want +got):\n%s", diff)
	}
	if to := message.Header["To"]; len(to) != 1 || message.Header["Bcc"] != nil || strings.Contains(message.Raw, "victim") {
		t.Errorf("the name reached the headers:\n%s", message.Raw)
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
		if letter, err := mail.Compose(content); !mail.Permanent(err) {
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
	}
	for name, spoil := range tests {
		content := restore
		spoil(&content)
		if letter, err := mail.Compose(content); !mail.Permanent(err) {
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
