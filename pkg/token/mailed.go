package token

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"strings"

	"github.com/clientelehq/clientele/errors"
)

// Mailed returns the secret of a letter, in two forms: a key of 256 bits for its
// link, and a code of 40 bits in the way of K7QM-2XVD for typing. A code is worth
// something only together with whose it is and a bound on how often it may be
// tried.
//
// Both follow from the service's own secret, the purpose and the id of the letter
// (HKDF-SHA256, RFC 5869). So a letter that has to be sent again carries the same
// key, and a webhook that tells of it too, while nothing in the database is the
// key or leads to it.
func Mailed(secret, purpose, id string) (key, code string, err error) {
	derived, err := hkdf.Key(sha256.New, []byte(secret), nil, "clientele mailed key\x00"+purpose+"\x00"+id, secretBytes+codeBytes)
	if err != nil {
		return "", "", errors.InternalError.Because(err)
	}
	code = codeEncoding.EncodeToString(derived[secretBytes:])
	return base64.RawURLEncoding.EncodeToString(derived[:secretBytes]), code[:4] + "-" + code[4:], nil
}

// codeBytes become eight characters.
const codeBytes = 5

// codeEncoding has no letters that are taken for digits (Crockford's base 32).
var codeEncoding = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// ReadCode returns a code in the form that Mailed gave it, however it was typed:
// in small letters, without the dash or with blanks, O for 0 and I or L for 1. What
// is no code comes back as something that is none either.
func ReadCode(typed string) string {
	read := typedCode.Replace(strings.ToUpper(typed))
	if len(read) != 8 {
		return ""
	}
	return read[:4] + "-" + read[4:]
}

var typedCode = strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1")
