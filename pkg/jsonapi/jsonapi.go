// Package jsonapi reads and writes JSON:API 1.1 documents.
//
// It is a strict layer around google/jsonapi, which turns structs with tags
// into nodes and back, and reads whatever comes. Nothing else in the module
// imports google's. A request is first checked as raw text (scan.go,
// document.go) and reaches google only as a document that was built anew
// (bind.go); an answer goes through google's nodes and is then printed in the
// order of the struct's fields, with what the query asks for (write.go).
//
// The package knows neither the router nor the setting of the wire: where the
// two wires differ, the caller says so with an option.
package jsonapi

import (
	"unicode/utf8"

	google "github.com/google/jsonapi"
)

// MediaType is that of every document (RFC 6838 registration of JSON:API).
const MediaType = "application/vnd.api+json"

// The forms in which a model tells its links and meta. A model has links by a
// method JSONAPILinks() *Links, which must not return nil, and those of its
// relationships by JSONAPIRelationshipLinks(relation string) *Links, which may.
type (
	Links = google.Links
	Link  = google.Link
	Meta  = google.Meta
)

// Self returns links with the one of the resource itself.
func Self(url string) *Links { return &Links{"self": url} }

// Related returns links with the one under which the related resources are.
func Related(url string) *Links { return &Links{"related": url} }

// Names returns the names of a model's attributes and relationships, in the
// order of its fields: what fields[type] may name. The model is a struct, or a
// pointer to one, with google's tags; a struct that cannot be a model panics,
// since models are written down in the program.
func Names(model any) []string {
	shape, err := shapeOf(structType(model))
	if err != nil {
		panic(err)
	}
	names := make([]string, 0, len(shape.attributes)+len(shape.relations))
	for _, attribute := range shape.attributes {
		names = append(names, attribute.name)
	}
	for _, relation := range shape.relations {
		names = append(names, relation.name)
	}
	return names
}

// ControlCharacters reports whether a text holds one (Unicode's category Cc:
// U+0000 to U+001F and U+007F to U+009F), line breaks and tabs among them. A
// database may refuse NUL, and logs and mails may be misled by the others.
func ControlCharacters(text string) bool {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c < 0x20 || c == 0x7F {
			return true
		}
		if c == 0xC2 { // U+0080 to U+009F are C2 80 to C2 9F
			if r, _ := utf8.DecodeRuneInString(text[i:]); r <= 0x9F {
				return true
			}
		}
	}
	return false
}
