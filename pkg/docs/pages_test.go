package docs

import (
	"html"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/errors"
)

func detail(e *errors.Error) (string, error) { return e.Detail, nil }

func TestEveryLineIsInTheIndexWithAWayToItsPage(t *testing.T) {
	page := text(t)(Index("../"))
	for _, line := range errors.Catalogue() {
		for _, want := range []string{`href="../errors/` + line.Key + `"`, html.EscapeString(line.Pattern())} {
			if !strings.Contains(unescaped(page), unescaped(want)) {
				t.Errorf("%s lacks %s", line.Key, want)
			}
		}
	}
}

func TestThePageOfAKeyTellsAllThatIsKnownOfEachLine(t *testing.T) {
	for _, line := range errors.Catalogue() {
		page := unescaped(text(t)(Explain("../", line.Key, detail)))
		wanted := []string{"<h1>" + line.Title + "</h1>", line.Pattern()}
		if line.Code != "" {
			wanted = append(wanted, "Code "+line.Code)
		}
		for i, piece := range strings.Split(line.Help, "`") {
			if i%2 == 1 {
				piece = "<code>" + piece + "</code>"
			}
			wanted = append(wanted, piece)
		}
		if line.Reserved == "" {
			wanted = append(wanted, ">"+Example(line).Detail+"</pre>")
		} else {
			wanted = append(wanted, line.Reserved)
		}
		for _, want := range wanted {
			if !strings.Contains(page, want) {
				t.Errorf("the page of %s (%s) lacks %q", line.Key, line.Code, want)
			}
		}
	}
}

func TestAKeyWithTwoLinesHasBothOnItsPage(t *testing.T) {
	page := text(t)(Explain("../", "email_invalid", detail))
	if strings.Count(page, "<section>") != 2 || strings.Count(page, "<pre") != 1 {
		t.Errorf("not both, or an example of the reserved one: %s", page)
	}
}

func TestTheSettingsInvolvedAreListed(t *testing.T) {
	page := text(t)(Explain("../", "choice_invalid", detail))
	if want := `<dt>Settings</dt><dd><code>CLIENTELE_GENDERS</code>, <code>CLIENTELE_SALUTATIONS</code></dd>`; !strings.Contains(page, want) {
		t.Errorf("no %s in %s", want, page)
	}
}

func TestAKeyThatNoLineHasHasNoPage(t *testing.T) {
	if page, err := Explain("../", "no_such_key", detail); page != nil || err != nil {
		t.Errorf("%s, %v", page, err)
	}
}

// An example with a blank in it is none.
func TestExamplesAreOccurrencesOfTheirLineWithNothingLeftOpen(t *testing.T) {
	verb := regexp.MustCompile(`%[a-z!]`)
	for _, line := range errors.Catalogue() {
		example := Example(line)
		if !errors.Is(example, line) || line.Reserved == "" && verb.MatchString(example.Detail) {
			t.Errorf("%s (%s) needs an occurrence in examples.go: %s", line.Key, line.Code, example.Detail)
		}
		if line.Code == "901" && example.Field == "" {
			t.Errorf("%s is an attribute error without an attribute", line.Key)
		}
	}
}

// The policies forbid it, so that a page with any of it would be broken.
func TestPagesHoldNoScriptNoStyleAndNoAddressOutside(t *testing.T) {
	foreign := regexp.MustCompile(`(?i)<style|<script>|\sstyle=|\son[a-z]+=|(src|href|data-document)="([a-z]+:|/)`)
	for _, page := range []string{text(t)(Viewer("./", "openapi.json", nil)), text(t)(Index("./")), text(t)(Explain("../", "value_blank", detail))} {
		if found := foreign.FindString(page); found != "" {
			t.Errorf("found %s", found)
		}
	}
}

func TestEveryFileThatAPageLoadsIsServed(t *testing.T) {
	loaded := regexp.MustCompile(`(?:src|href)="\.\./docs/([^"]+)"`)
	names := loaded.FindAllStringSubmatch(text(t)(Viewer("../", "openapi.json", nil))+text(t)(Index("../")), -1)
	if len(names) < 8 {
		t.Fatalf("the pages load %v", names)
	}
	for _, name := range names {
		find(t, name[1])
	}
}

func TestPagesAreMadeForReadersOfAllKinds(t *testing.T) {
	for _, page := range []string{text(t)(Viewer("./", "openapi.json", nil)), text(t)(Index("./")), text(t)(Explain("../", "value_blank", detail))} {
		title := regexp.MustCompile(`<title>[^<]+ · Clientele</title>`).FindString(page)
		for _, want := range []string{`<html lang="en">`, `<meta name="viewport" content="width=device-width, initial-scale=1">`, "<main", "<h1"} {
			if strings.Count(page, want) != 1 || title == "" {
				t.Errorf("without %s, or without a title %q", want, title)
			}
		}
	}
}

// text makes a page a string, or ends the test.
func text(t *testing.T) func([]byte, error) string {
	t.Helper()
	return func(page []byte, err error) string {
		t.Helper()
		if err != nil || page == nil {
			t.Fatalf("no page: %v", err)
		}
		return string(page)
	}
}

func unescaped(page string) string { return html.UnescapeString(page) }

// WCAG 2.2, 1.4.3 (AA): 4.5 to 1 between text and what is behind it, in both
// colour schemes.
func TestTextStandsOutFromItsBackground(t *testing.T) {
	schemes := strings.Split(string(read(t, "style.css", false)), "@media (prefers-color-scheme: dark)")
	if len(schemes) != 2 {
		t.Fatalf("%d colour schemes", len(schemes))
	}
	for i, scheme := range schemes {
		colours := map[string]float64{}
		for _, found := range regexp.MustCompile(`--([a-z]+): #([0-9a-f]+);`).FindAllStringSubmatch(scheme, -1) {
			colours[found[1]] = luminance(t, found[2])
		}
		for _, text := range []string{"ink", "faint", "link"} {
			for _, ground := range []string{"paper", "shade"} {
				one, other := colours[text], colours[ground]
				if ratio := (max(one, other) + .05) / (min(one, other) + .05); ratio < 4.5 {
					t.Errorf("scheme %d: %s on %s is %.1f to 1", i+1, text, ground, ratio)
				}
			}
		}
	}
}

// luminance is the relative luminance of a colour, of three or six digits.
func luminance(t *testing.T, digits string) float64 {
	t.Helper()
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	colour, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || len(digits) != 6 {
		t.Fatalf("#%s is no colour", digits)
	}
	linear := func(channel uint64) float64 {
		value := float64(channel&0xff) / 255
		if value <= 0.04045 {
			return value / 12.92
		}
		return math.Pow((value+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(colour>>16) + 0.7152*linear(colour>>8) + 0.0722*linear(colour)
}
