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
}

//go:embed common.txt
var commonText string

var commonPasswords = sync.OnceValue(func() *DenyList { return newDenyList(commonText) })

// CommonPasswords returns the list that comes along. It is read when it is
// first asked for.
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
	var entries []string
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		entry := strings.TrimRight(line, "\r\n")
		if entry != "" && entry[0] != '#' {
			entries = append(entries, norm.NFKC.String(entry))
		}
	}
	slices.Sort(entries)
	return &DenyList{entries: slices.Clip(slices.Compact(entries))}
}

// Has reports whether the list holds password, in this case and in any Unicode
// form.
func (d *DenyList) Has(password string) bool {
	_, found := slices.BinarySearch(d.entries, norm.NFKC.String(password))
	return found
}

// Len returns how many passwords the list holds.
func (d *DenyList) Len() int { return len(d.entries) }
