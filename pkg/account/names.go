package account

import (
	"strings"
	"unicode"
)

// NameParts takes a name apart for a wire that has one field for all of it: the last
// word is the last name, what stands before it the first; a single word is a first name
// alone (decision C-05). What null does to the whole it does to both.
//
// The whole goes into Profile.FullName as well, so that it is shown as it was typed.
func NameParts(full Text) (first, last Text) {
	first, last = full, full
	if full.Value == nil {
		return first, last
	}
	name := strings.TrimSpace(*full.Value)
	before, word := name, ""
	if space := strings.LastIndexFunc(name, unicode.IsSpace); space >= 0 {
		before, word = strings.TrimSpace(name[:space]), strings.TrimSpace(name[space:])
	}
	first.Value, last.Value = &before, nil
	if word != "" {
		last.Value = &word
	}
	return first, last
}
