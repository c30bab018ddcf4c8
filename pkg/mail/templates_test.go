package mail_test

import (
	"html"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/mail"
)

func TestFileOfTheFolderTakesThePlaceOfTheBuiltInOne(t *testing.T) {
	templates, err := mail.LoadTemplates(folder(t, map[string]string{
		"restore.de.txt":   `{{define "subject"}}Passwort vergessen?{{end}}{{define "body"}}Kein Problem: {{template "link" .}}{{end}}`,
		"layout.es.html":   `{{define "layout"}}<main>{{template "body" .}}</main>{{end}}{{define "button"}}<a href="{{.Link}}">{{template "action" .}}</a>{{end}}{{define "span"}}{{.Number}}{{end}}`,
		"..data/file":      "passed over",
		".restore.de.html": "passed over",
	}))
	if err != nil {
		t.Fatal(err)
	}
	content := restore
	content.Language = "de"
	letter, err := templates.Compose(content)
	if err != nil {
		t.Fatal(err)
	}
	if letter.Subject != "Passwort vergessen?" || !strings.HasPrefix(letter.Text, "Guten Tag Sonia,\n\nKein Problem: https://shop.example/account/restore?token="+key+"\n\nLampen & Licht\n") {
		t.Errorf("German: got %q\n%s", letter.Subject, letter.Text)
	}
	if builtIn := compose(t, content); strings.Replace(letter.HTML, letter.Subject, html.EscapeString(builtIn.Subject), 1) != builtIn.HTML {
		t.Errorf("the HTML has more of the file than its subject:\n%s", letter.HTML)
	}
	content.Language = "es"
	if letter, err = templates.Compose(content); err != nil {
		t.Fatal(err)
	}
	if builtIn := compose(t, content); letter.Text != builtIn.Text || !strings.HasPrefix(letter.HTML, "<main><p>Alguien") {
		t.Errorf("Spanish: got\n%s\n%s", letter.Text, letter.HTML)
	}
}

func TestFolderAddsALanguage(t *testing.T) {
	templates, err := mail.LoadTemplates(folder(t, inLanguage("pt-PT")))
	if err != nil {
		t.Fatal(err)
	}
	for wanted, want := range map[string]string{"pt-PT": "pt-PT", "pt_PT": "pt-PT", "pt-BR": "pt", "pt": "pt", "de": "de", "fr": "en"} {
		content := restore
		content.Language = wanted
		letter, err := templates.Compose(content)
		if err != nil || letter.Language != want {
			t.Errorf("%s: got %q, %v, want %q", wanted, letter.Language, err, want)
		}
	}
}

// What a letter may hold does not depend on who wrote its template.
func TestTemplatesOfAFolderGetNoMoreThanTheBuiltInOnes(t *testing.T) {
	files := map[string]string{}
	for _, kind := range mail.Kinds() {
		files[string(kind)+".en.txt"] = `{{define "subject"}}S{{end}}{{define "body"}}{{.Name}} {{.Link}} {{.Code}} {{.Number}}{{end}}`
	}
	templates, err := mail.LoadTemplates(folder(t, files))
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range mail.Kinds() {
		content := fullOf(kind, "en")
		letter, err := templates.Compose(content)
		if err != nil {
			t.Fatal(err)
		}
		if holds := strings.Contains(letter.Text, key) || strings.Contains(letter.Text, content.Code); holds != slices.Contains(withKey, kind) {
			t.Errorf("%s holds a key: %v\n%s", kind, holds, letter.Text)
		}
		if named := strings.Contains(letter.Text, content.FirstName); named == (kind == mail.AccountErased) {
			t.Errorf("%s holds the name: %v", kind, named)
		}
		content.Shop = "Lampen\n& Licht" // which is in no header here
		if _, err := templates.Compose(content); !mail.Permanent(err) {
			t.Errorf("%s of a shop of two lines: got %v", kind, err)
		}
	}
}

func TestFaultOfAFolderIsOneLineThatNamesTheFile(t *testing.T) {
	const subject = `{{define "subject"}}S{{end}}`
	tests := map[string]struct {
		files map[string]string
		want  []string
	}{
		"unknown kind":     {map[string]string{"greeting.en.txt": ""}, []string{"greeting.en.txt", "is no template", "KIND one of layout"}},
		"unknown ending":   {map[string]string{"restore.en.mjml": ""}, []string{"restore.en.mjml", "is no template"}},
		"no language":      {map[string]string{"restore.txt": ""}, []string{"restore.txt", "is no template"}},
		"odd language":     {map[string]string{"restore.en_US.txt": ""}, []string{"restore.en_US.txt", "want a language tag"}},
		"unknown language": {map[string]string{"restore.deutsch1234.txt": ""}, []string{"restore.deutsch1234.txt", "want a language tag"}},
		"folder":           {map[string]string{"restore.en.txt/x": ""}, []string{"restore.en.txt", "directory"}},
		"other encoding":   {map[string]string{"restore.de.txt": "Schl\xfcssel"}, []string{"restore.de.txt", "is not in UTF-8"}},
		"syntax":           {map[string]string{"restore.de.html": "{{define \"body\"}}\n{{if}}{{end}}{{end}}"}, []string{"restore.de.html:2", "missing value for if"}},
		"unclosed":         {map[string]string{"restore.de.txt": subject + `{{define "body"}}`}, []string{"restore.de.txt:1", "unexpected EOF"}},
		"unknown field":    {map[string]string{"restore.de.txt": subject + "\n{{define \"body\"}}{{.Link}}\n{{.Price}}{{end}}"}, []string{"restore.de.txt:3", "Price"}},
		"only without a name": {map[string]string{"restore.de.txt": subject + `{{define "body"}}{{.Link}}{{if not .Name}}{{.Price}}{{end}}{{end}}`},
			[]string{"restore.de.txt:1", "Price"}},
		"only with a code": {map[string]string{"restore.de.txt": subject + `{{define "body"}}{{.Link}}{{if .Code}}{{.Price}}{{end}}{{end}}`},
			[]string{"restore.de.txt:1", "Price"}},
		"no body":         {map[string]string{"restore.de.txt": subject}, []string{"restore.de", `"body" not defined`}},
		"no subject":      {map[string]string{"restore.de.txt": `{{define "body"}}{{.Link}}{{end}}`}, []string{"restore.de.txt", `no template "subject"`}},
		"empty subject":   {map[string]string{"restore.de.txt": `{{define "subject"}}{{.Terms}}{{end}}{{define "body"}}{{.Link}}{{end}}`}, []string{"restore.de", "subject"}},
		"subject of two":  {map[string]string{"restore.de.txt": "{{define \"subject\"}}S\nBcc: x{{end}}{{define \"body\"}}{{.Link}}{{end}}"}, []string{"restore.de", "subject: holds a control character"}},
		"no layout":       {map[string]string{"layout.de.html": "<html></html>"}, []string{"de", `"layout" is undefined`}},
		"no button":       {map[string]string{"layout.de.html": `{{define "layout"}}{{template "body" .}}{{end}}{{define "span"}}{{end}}`}, []string{"confirm.de.html", `no such template "button"`}},
		"markup left":     {map[string]string{"restore.de.html": `{{define "body"}}<a href="{{.Link}}>{{end}}`}, []string{"restore.de"}},
		"no link":         {map[string]string{"restore.de.txt": subject + `{{define "body"}}Good luck.{{end}}`}, []string{"restore.de", "the link is missing"}},
		"half a language": {without(inLanguage("fr"), "restore.fr.html"), []string{"restore.fr.html: is missing"}},
		"no layouts":      {without(inLanguage("fr"), "layout.fr.txt"), []string{"layout.fr.txt: is missing"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := mail.LoadTemplates(folder(t, test.files))
			if err == nil || strings.Contains(err.Error(), "\n") {
				t.Fatalf("got %v, want one line", err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %q", err, want)
				}
			}
		})
	}
	if _, err := mail.LoadTemplates(filepath.Join(t.TempDir(), "nowhere")); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a folder that is not there: got %v", err)
	}
}

// inLanguage has all files of a language.
func inLanguage(tag string) map[string]string {
	files := map[string]string{
		"layout." + tag + ".txt":  `{{define "layout"}}{{template "body" .}}{{end}}`,
		"layout." + tag + ".html": `{{define "layout"}}<p>{{template "body" .}}</p>{{end}}`,
	}
	for _, kind := range mail.Kinds() {
		files[string(kind)+"."+tag+".txt"] = `{{define "subject"}}S{{end}}{{define "body"}}{{.Shop}} {{.Link}}{{end}}`
		files[string(kind)+"."+tag+".html"] = `{{define "body"}}{{.Shop}} <a href="{{.Link}}">x</a>{{end}}`
	}
	return files
}

func without(files map[string]string, name string) map[string]string {
	maps.DeleteFunc(files, func(file, _ string) bool { return file == name })
	return files
}

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	made := t.TempDir()
	for name, content := range files {
		name = filepath.Join(made, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return made
}
