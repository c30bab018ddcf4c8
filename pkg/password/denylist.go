package password

import (
	_ "embed" // for the list of common passwords
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/clientelehq/clientele/errors"
)

// DenyList is a set of passwords that nobody may choose.
type DenyList struct {
	entries []string // sorted pieces of one text, which is searched where it is
	words   []string // what listedWord makes of them, sorted
}

//go:embed common.txt
var commonText string

var commonPasswords = sync.OnceValue(func() *DenyList { return newDenyList(commonText) })

// CommonPasswords returns the list that comes along. It is read when it is
// first asked for.
//
// It is made for short passwords: few of its entries have 15 characters or
// more. Where that many are demanded, what denies the first guesses is
// Policy.Context, which refuses each of its 1800 words repeated and with any
// digits and signs around, at any length; a list of long passwords in a file of
// the shop's own does the rest.
func CommonPasswords() *DenyList { return commonPasswords() }

// ReadDenyList reads a list: one password on each line, in UTF-8. Empty lines
// and lines that begin with # do not count; blanks do. It returns an error when
// reading fails or the text is in another encoding.
func ReadDenyList(r io.Reader) (*DenyList, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(text) {
		return nil, errors.New("the list of denied passwords is not in UTF-8")
	}
	return newDenyList(string(text)), nil
}

func newDenyList(text string) *DenyList {
	var entries, words []string
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		entry := strings.TrimRight(line, "\r\n")
		if entry != "" && entry[0] != '#' {
			entries = append(entries, norm.NFKC.String(entry))
			if word := listedWord(entry); word != "" {
				words = append(words, word)
			}
		}
	}
	return &DenyList{entries: sorted(entries), words: sorted(words)}
}

func sorted(texts []string) []string {
	slices.Sort(texts)
	return slices.Clip(slices.Compact(texts))
}

// Has reports whether the list holds password, in this case and in any Unicode
// form.
func (d *DenyList) Has(password string) bool {
	_, found := slices.BinarySearch(d.entries, norm.NFKC.String(password))
	return found
}

// Len returns how many passwords the list holds.
func (d *DenyList) Len() int { return len(d.entries) }
