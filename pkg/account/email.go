package account

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
)

// longestEmail is the bound of registration and update, in code points (code
// 417).
const longestEmail = 100

// longestPath is the bound of an address in an SMTP command (RFC 5321,
// 4.5.3.1.3, less its brackets), in octets: to a longer one no letter can be sent.
const longestPath = 254

// longestDomain bounds what is given to IDNA, in bytes: its work grows with the
// square of a label, and no domain has more than 253 characters.
const longestDomain = 1024

// domains is IDNA 2008 as a registrar would look a name up: it refuses what no
// domain can be, and needs x/net of 0.60 or later (trap T12).
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true), idna.ValidateLabels(true), idna.CheckHyphens(true), idna.CheckJoiners(true))

var errNotAnAddress = errors.New("not an e-mail address")

// emailKey returns the normal form under which an address is unique in a store:
// the domain as lower-case ASCII (IDNA), the local part in normal form C and
// lower case. Tags behind a plus sign stay: they are addresses of their own.
//
// The form is made here and not in SQL, because lower() of SQLite knows ASCII
// alone and that of PostgreSQL follows the database's locale.
//
// What is no bare address (RFC 5321 mailbox with a dot-atom, RFC 6531 for other
// letters) or has no dot in its domain is an error; nothing is trimmed.
func emailKey(email string) (string, error) {
	at := strings.LastIndexByte(email, '@')
	if at < 1 || len(email)-at > longestDomain || !utf8.ValidString(email) {
		return "", errNotAnAddress
	}
	local, domain := norm.NFC.String(email[:at]), email[at+1:]
	if !isDotAtom(local) || overlongLocal(email, local) {
		return "", errNotAnAddress
	}
	ascii, err := domains.ToASCII(norm.NFC.String(domain))
	if err != nil || !strings.Contains(ascii, ".") || strings.HasSuffix(ascii, ".") {
		return "", errNotAnAddress
	}
	return strings.Map(lowerLetter, local) + "@" + strings.ToLower(ascii), nil
}

// isEmailOf reports whether an address is the customer's own, however it is written.
func isEmailOf(customer *model.Customer, email string) bool {
	key, err := emailKey(email)
	return err == nil && customer.EmailKey != nil && *customer.EmailKey == key
}

// overlongLocal holds the 64 octets of RFC 5321 (4.5.3.1.1), except for an
// address that is too long as a whole and gets that answer (417).
func overlongLocal(email, local string) bool {
	return len(local) > 64 && utf8.RuneCountInString(email) <= longestEmail
}

// isDotAtom follows RFC 5322 (3.2.3) and RFC 6531 (3.3): atoms between single
// dots. Quoted local parts are left out on purpose; no mailbox a shop serves
// needs them and they hide injections.
func isDotAtom(local string) bool {
	for _, atom := range strings.Split(local, ".") {
		if atom == "" {
			return false
		}
		for _, r := range atom {
			if !isAtomText(r) {
				return false
			}
		}
	}
	return true
}

func isAtomText(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
	}
	return unicode.In(r, unicode.L, unicode.M, unicode.N)
}

// lowerLetter lowers a letter, unless that would make another alphabet's
// letter an ASCII one (the capital I with a dot): somebody else's address must
// not become the same as yours.
func lowerLetter(r rune) rune {
	if lower := unicode.ToLower(r); lower >= utf8.RuneSelf || r < utf8.RuneSelf {
		return lower
	}
	return r
}

// IsEmail reports whether text is an e-mail address that an account can have.
func IsEmail(text string) bool {
	_, err := emailKey(text)
	return err == nil
}

// LowerEmail writes an address in lower case, for wires that know it so. What it
// returns has the normal form that the address had.
func LowerEmail(email string) string { return strings.Map(lowerLetter, email) }
