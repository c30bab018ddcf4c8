package payments

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode"
)

const (
	largestData = 4 << 10 // bytes of JSON
	longestText = 256     // bytes
	deepestData = 4       // objects and lists in each other
)

// clean returns the method without what must not leave: card numbers wherever
// they stand, people type them as their names; in Data, also the security codes,
// tracks, fingerprints and numbers of accounts that go by such names. What does
// not fit is left out, never cut: half of a value is a wrong one.
//
// The ID is kept as it is. It is the provider's token, and some are digits.
func (m Method) clean() Method {
	for _, text := range []*string{&m.Kind, &m.Brand, &m.LastFour, &m.Holder, &m.Wallet} {
		if len(*text) > longestText || HoldsCardNumber(*text) {
			*text = ""
		}
	}
	if len(m.LastFour) > 4 {
		m.LastFour = ""
	}
	if m.Data != nil {
		left := cleaner(largestData)
		m.Data = left.object(m.Data, deepestData)
	}
	return m
}

// cleaner copies what JSON consists of, and is how many bytes it may still take.
type cleaner int

func (left *cleaner) take(size int) bool {
	if size > int(*left) {
		return false
	}
	*left -= cleaner(size)
	return true
}

// object goes by the order of names, so that of two copies the same is left out.
func (left *cleaner) object(object map[string]any, depth int) map[string]any {
	cleaned := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if isSensitive(name) {
			continue
		}
		if _, ok := left.scalar(name); !ok {
			continue
		}
		if value, ok := left.value(object[name], depth-1); ok {
			cleaned[name] = value
		}
	}
	return cleaned
}

func (left *cleaner) list(list []any, depth int) []any {
	cleaned := []any{}
	for _, value := range list {
		if value, ok := left.value(value, depth-1); ok {
			cleaned = append(cleaned, value)
		}
	}
	return cleaned
}

func (left *cleaner) value(value any, depth int) (any, bool) {
	const brackets = 3 // with the comma behind them
	switch value := value.(type) {
	case map[string]any:
		if depth == 0 || !left.take(brackets) {
			return nil, false
		}
		return left.object(value, depth), true
	case []any:
		if depth == 0 || !left.take(brackets) {
			return nil, false
		}
		return left.list(value, depth), true
	case nil, bool, string, float64, int, int64, json.Number:
		return left.scalar(value)
	default:
		return nil, false
	}
}

func (left *cleaner) scalar(value any) (any, bool) {
	written, err := json.Marshal(value)
	if err != nil {
		return nil, false
	}
	text, isText := value.(string)
	if !isText {
		text = string(written)
	}
	if len(text) > longestText || HoldsCardNumber(text) || !left.take(len(written)+1) {
		return nil, false
	}
	return value, true
}

// sensitive are parts of names, by their letters alone.
var (
	sensitive     = []string{"cryptogram", "cvc", "cvv", "fingerprint", "magstripe", "number", "securitycode", "secret", "track"}
	sensitiveName = []string{"bin", "csc", "iban", "iin", "pan", "pin"} // too short to look for in other names
)

func isSensitive(name string) bool {
	letters := strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
	return slices.Contains(sensitiveName, letters) ||
		slices.ContainsFunc(sensitive, func(part string) bool { return strings.Contains(letters, part) })
}

// HoldsCardNumber reports whether any 13 to 19 digits on end, spaces, dots and
// dashes between them apart, have the check digit of a card number (ISO/IEC
// 7812-1). So do parts of most other numbers of 16 digits, by chance; they are
// the price, for a card number with its expiry behind it is one no less.
func HoldsCardNumber(text string) bool {
	var digits []int
	for _, r := range text {
		switch {
		case '0' <= r && r <= '9':
			digits = append(digits, int(r-'0'))
			if endInCardNumber(digits) {
				return true
			}
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r), r == '.', r == '_':
		default:
			digits = digits[:0]
		}
	}
	return false
}

func endInCardNumber(digits []int) bool {
	const shortest, longest = 13, 19
	sum := 0
	for length := 1; length <= min(len(digits), longest); length++ {
		digit := digits[len(digits)-length]
		if length%2 == 0 {
			digit *= 2
		}
		sum += digit/10 + digit%10
		if length >= shortest && sum%10 == 0 {
			return true
		}
	}
	return false
}
