package password

import (
	"slices"
	"strings"
)

// Policy is what a shop demands of new passwords. Package account asks it
// question by question, since it owns their order and the errors.
type Policy struct {
	MinLength int       // code points
	MaxLength int       // code points, 1024 at most
	Classes   bool      // demand the four classes of characters, and refuse repetitions
	Common    *DenyList // nil refuses no password for being common
}

// IsCommon reports whether the deny list holds password, in exactly this case
// and in any Unicode form (code 422).
func (p Policy) IsCommon(password string) bool {
	return p.Common != nil && p.Common.Has(password)
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
