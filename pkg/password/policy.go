package password

import (
	"slices"
	"strings"
	"unicode"
)

// Policy is what a shop demands of new passwords. Package account asks it
// question by question, since it owns their order and the errors.
type Policy struct {
	MinLength int       // code points
	MaxLength int       // code points, 1024 at most
	Classes   bool      // demand the four classes of characters, and refuse repetitions
	Common    *DenyList // nil refuses no password for being listed
	Context   []string  // names of the shop; nil refuses no password for the words that it is made of
}

// IsCommon reports whether password is among the first guesses (code 422): the
// deny list holds it, in exactly this case and in any Unicode form; or, with
// Context, it is made of little but the words of the shop and its owner, or of
// one that is listed. own are the owner's e-mail address and names.
func (p Policy) IsCommon(password string, own ...string) bool {
	return p.Common != nil && p.Common.Has(password) || p.Context != nil && p.isMadeOfWords(password, own)
}

// HasUnassigned reports whether password has a code point that Unicode has not
// given a meaning yet. Its normal form may change when it gets one, and then the
// password would match no more (RFC 8265 section 4.2.2).
func HasUnassigned(password string) bool {
	return strings.ContainsFunc(password, func(r rune) bool { return unicode.Is(unicode.Cn, r) })
}

// classes are the characters of which glue.md 6.2 demands one each, and
// outside of which it allows none.
var classes = [...]string{
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
	"abcdefghijklmnopqrstuvwxyz",
	"0123456789",
	`!@#$%^&*()_-+=[]{}|;:<>.,/?\~`,
}

// MissesClasses reports whether password lacks one of A-Z, a-z, 0-9 and the
// special characters of glue.md 6.2, or has a character that is none of them.
// It is asked with Classes alone.
func (p Policy) MissesClasses(password string) bool {
	var seen [len(classes)]bool
	for _, character := range password {
		class := slices.IndexFunc(classes[:], func(class string) bool { return strings.ContainsRune(class, character) })
		if class < 0 {
			return true
		}
		seen[class] = true
	}
	return slices.Contains(seen[:], false)
}

// Repeats reports whether password has the same character three or more times
// in a row (code 421). It is asked with Classes alone.
func Repeats(password string) bool {
	var last rune
	run := 0
	for _, character := range password {
		if run == 0 || character != last {
			last, run = character, 0
		}
		if run++; run == 3 {
			return true
		}
	}
	return false
}
