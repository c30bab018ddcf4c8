package password

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// What counts as a word, and what is left of a password without its words, in
// letters.
const (
	shortestWord   = 2 // of a name
	shortestListed = 4 // of a listed password
	fewestOthers   = 4
)

// isMadeOfWords reports whether nothing much but known words is in password.
//
// Digits, punctuation and blanks do not count, and neither do case and accents.
// Such a password is made of words when fewer than four letters are left of it
// without
//
//   - the words of the shop and of its owner, or
//   - one listed password of four letters or more, however often it comes,
//
// or, without the former, of the latter: brand2026brand2026, JaneJaneJane1234,
// passwordpassword1, MyBrandPassword. A listed password is left out once, not
// each that the list has: a phrase of four common words is a good password.
func (p Policy) isMadeOfWords(password string, own []string) bool {
	all := letters(password)
	rest := all
	for _, word := range words(slices.Concat(p.Context, own)) {
		rest = strings.ReplaceAll(rest, word, "")
	}
	if rest != all && isLittle(rest) {
		return true
	}
	return p.Common != nil && (p.Common.repeatedIn(rest) || p.Common.repeatedIn(all))
}

// repeatedIn reports whether little is left of text without one of the words.
// That one begins within the first letters, or too many are left before it.
func (d *DenyList) repeatedIn(text string) bool {
	for begin := range text {
		if !isLittle(text[:begin]) {
			return false
		}
		for end := begin + shortestListed; end <= len(text); end++ {
			word := text[begin:end]
			if _, listed := slices.BinarySearch(d.words, word); listed && isLittle(strings.ReplaceAll(text, word, "")) {
				return true
			}
		}
	}
	return false
}

func isLittle(text string) bool { return utf8.RuneCountInString(text) < fewestOthers }

// listedWord returns what repeatedIn looks for of a listed password; "" when
// that is too short, or one letter again and again: such a password is as good
// as it is long, and as a whole it is listed up to a certain length.
func listedWord(entry string) string {
	word := letters(entry)
	first, size := utf8.DecodeRuneInString(word)
	if utf8.RuneCountInString(word) < shortestListed || strings.Trim(word[size:], string(first)) == "" {
		return ""
	}
	return word
}

// words returns the words of texts, the longest first, so that none hides
// within another.
func words(texts []string) (all []string) {
	for _, text := range texts {
		for _, word := range strings.FieldsFunc(fold(text), func(r rune) bool { return !isLetter(r) }) {
			if utf8.RuneCountInString(word) >= shortestWord {
				all = append(all, word)
			}
		}
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(all)
}

// letters returns the letters of text in one case and without accents.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if !isLetter(r) {
			return -1
		}
		return r
	}, fold(text))
}

// isLetter takes pictures for letters: one of them says as much.
func isLetter(r rune) bool { return unicode.IsLetter(r) || unicode.Is(unicode.So, r) }

var folder = cases.Fold()

func fold(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, folder.String(norm.NFKD.String(text)))
}
