// Package mail writes letters to customers and sends them.
//
// Templates compose a Letter in the reader's language, SMTP sends it. What a
// stranger may have typed (a first name, an address) reaches neither a header
// nor the markup of a letter.
package mail

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Kind is what a letter is about.
type Kind string

// The kinds of letter. A further one is a constant here and in Kinds, and its
// two templates a language. The first three carry a key; the others are notices,
// which hold no secret.
const (
	Confirm    Kind = "confirm"    // proves an e-mail address
	Restore    Kind = "restore"    // sets a forgotten password anew
	Invitation Kind = "invitation" // sets the first password of an account that the shop has made

	AlreadyRegistered Kind = "already-registered" // to somebody whose address was registered with again
	PasswordChanged   Kind = "password-changed"
	EmailChanged      Kind = "email-changed"  // to the former address
	AccountErased     Kind = "account-erased" // greets nobody by name: the name is erased as well
)

// Kinds returns every kind that Compose can write.
func Kinds() []Kind {
	return []Kind{Confirm, Restore, Invitation, AlreadyRegistered, PasswordChanged, EmailChanged, AccountErased}
}

// carriesKey tells the letters that let their reader do something.
func (k Kind) carriesKey() bool { return k == Confirm || k == Restore || k == Invitation }

// Letter is one message to one person, ready to be sent.
type Letter struct {
	ID       string // left part of the Message-ID: the same for every attempt to send this letter
	Kind     Kind
	To       string // an addr-spec (RFC 5322, 3.4.1) in dot-atom form: no name, no brackets
	Language string // BCP 47 tag of the templates used
	Subject  string
	Text     string
	HTML     string
}

// Sender delivers letters. An error for which Permanent is true will come
// again however often the same letter is sent.
type Sender interface {
	Send(ctx context.Context, letter Letter) error
}

// Discard is the Sender of shops that write to their customers themselves: no
// letter goes anywhere.
type Discard struct{}

// Send does nothing.
func (Discard) Send(context.Context, Letter) error { return nil }

// Permanent tells whether sending the same letter again is pointless: it is
// malformed, or the server has refused it for good (a 5yz reply, RFC 5321,
// 4.2.1).
func Permanent(err error) bool {
	_, found := errors.AsType[*permanentError](err)
	return found
}

type permanentError struct{ error }

func (e *permanentError) Unwrap() error { return e.error }

// Longest addresses and identifiers, in bytes (RFC 5321, 4.5.3.1).
const (
	longestLocalPart = 64
	longestAddress   = 254
	longestID        = 64
)

// check refuses a letter that could not be put on the wire as it is. Its
// errors name the member and not its value, which is personal.
func (l Letter) check() error {
	if _, err := recipient(l.To); err != nil {
		return fmt.Errorf("recipient: %w", err)
	}
	if !isIdentifier(l.ID) {
		return fmt.Errorf("id: want 1 to %d letters, digits, dots, dashes or underscores", longestID)
	}
	if l.Subject == "" || l.Text == "" || l.HTML == "" {
		return errors.New("subject, text and HTML are all needed")
	}
	if !isLine(l.Subject) {
		return errors.New("subject: holds a control character")
	}
	return nil
}

// recipient returns the address in the form for the wire, its domain in ASCII.
// It is far stricter than net/mail, which takes names, brackets, comments,
// quoted local parts and surrounding blanks; each of them is a way to say more
// than one address.
func recipient(address string) (string, error) {
	if len(address) > longestAddress {
		return "", fmt.Errorf("longer than %d bytes", longestAddress)
	}
	parsed, err := netmail.ParseAddress(address)
	if err != nil || parsed.Address != address || strings.ContainsFunc(address, isUnprintable) {
		return "", errors.New("is not an addr-spec in dot-atom form")
	}
	at := strings.LastIndexByte(address, '@')
	local, domain := address[:at], address[at+1:]
	if len(local) > longestLocalPart {
		return "", fmt.Errorf("local part longer than %d bytes", longestLocalPart)
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil {
		return "", errors.New("domain is not a valid one")
	}
	return local + "@" + ascii, nil
}

// isUnprintable is true for blanks, controls, and what reorders or hides the
// characters around it.
func isUnprintable(r rune) bool { return r == ' ' || !unicode.IsPrint(r) }

// isLine reports whether text can stand in a header line: valid UTF-8 without
// control characters and line separators.
func isLine(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp)
	})
}

func isIdentifier(id string) bool {
	if id == "" || len(id) > longestID || strings.Trim(id, ".") != id || strings.Contains(id, "..") {
		return false
	}
	return !strings.ContainsFunc(id, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r))
	})
}
