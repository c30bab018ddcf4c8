package wire

import (
	"crypto/sha256"
	"encoding/base32"
	"regexp"
	"strings"

	"github.com/google/uuid"
)

// Ids are a prefix and the text of a ULID: 128 bits in base 32 of Crockford's alphabet,
// 26 characters. They follow from what the core has, so that nothing is kept of them.

var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

// A ULID has two bits of zero before its 128; encoding/base32 wants what it encodes to
// begin with whole bytes, so that four of zero and six digits are put before them.
const (
	zeroBytes  = "\x00\x00\x00\x00"
	zeroDigits = "000000"
)

func ulid(id [16]byte) string {
	return strings.TrimPrefix(crockford.EncodeToString(append([]byte(zeroBytes), id[:]...)), zeroDigits)
}

// CustomerID returns the id of the customer with a reference: the reference itself where
// it came from Medusa, else a digest of it.
func CustomerID(reference string) string {
	if strings.HasPrefix(reference, "cus_") {
		return reference
	}
	digest := sha256.Sum256([]byte(reference))
	return "cus_" + ulid([16]byte(digest[:16]))
}

var customerIDs = regexp.MustCompile(`^cus_[A-Za-z0-9]+$|^[A-Z0-9_]+--[0-9]+$`)

// IsCustomerID reports whether a word has the form of an id, or of a reference that was
// generated.
func IsCustomerID(word string) bool { return customerIDs.MatchString(word) }

// AddressPrefix is how ids of addresses begin.
const AddressPrefix = "addr_"

// addressID returns the id of the address with an id of the core, which is a uuid.
func addressID(id string) string { return AddressPrefix + ulid(uuid.MustParse(id)) }

// addressIDOrNull is addressID for what may not be there.
func addressIDOrNull(id *string) *string {
	if id == nil {
		return nil
	}
	made := addressID(*id)
	return &made
}

// CoreAddressID is the reverse of addressID; what it has not made is "", which is no
// address's.
func CoreAddressID(id string) string {
	digits, prefixed := strings.CutPrefix(id, AddressPrefix)
	decoded, err := crockford.DecodeString(zeroDigits + digits)
	if !prefixed || err != nil || len(decoded) != 20 || string(decoded[:4]) != zeroBytes {
		return ""
	}
	return uuid.UUID(decoded[4:]).String()
}
