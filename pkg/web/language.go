package web

import (
	"net/http"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// English is the language of a request that names none that is known.
var English = language.AmericanEnglish

// known matches what a client prefers with the languages that country names
// exist in; the first is the answer to everything else.
var known = language.NewMatcher(append([]language.Tag{English}, display.Supported.Tags()...))

// longestPreference bounds what is parsed of Accept-Language, in bytes.
const longestPreference = 256

// Preferences returns the languages that a client takes, the preferred first
// (RFC 9110, 12.5.4); none when it does not say, or says it in no way that can be
// read.
func Preferences(header http.Header) []language.Tag {
	preference := header.Get("Accept-Language")
	if len(preference) > longestPreference {
		return nil
	}
	wanted, _, err := language.ParseAcceptLanguage(preference)
	if err != nil {
		return nil
	}
	return wanted
}

// Language returns the language a client prefers, with the region that is likely
// when it names none: `de` is de-DE.
func Language(header http.Header) language.Tag {
	for _, tag := range Preferences(header) {
		if _, _, confidence := known.Match(tag); confidence == language.No {
			continue
		}
		base, _ := tag.Base()
		region, _ := tag.Region()
		if !region.IsCountry() {
			continue // a language of no place, such as an invented one
		}
		if completed, err := language.Compose(base, region); err == nil {
			return completed
		}
	}
	return English
}

// Locale writes a language as Glue does: en_US.
func Locale(tag language.Tag) string { return strings.ReplaceAll(tag.String(), "-", "_") }
