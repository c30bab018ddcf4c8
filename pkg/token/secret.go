package token

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// secretBytes of randomness become 43 characters.
const secretBytes = 32

// NewSecret makes an opaque secret, prefix and 256 random bits, and the digest
// of it that may be stored. A prefix of up to 17 characters gives 43 to 60.
//
// The characters are those of base64url, at home in a path, a header and a
// link; the last one is a letter or digit, so that no mail program takes it for
// the punctuation after the link.
func NewSecret(prefix string) (secret string, digest []byte) {
	random := make([]byte, secretBytes)
	_, _ = rand.Read(random) // never fails: without randomness the program ends
	secret = prefix + base64.RawURLEncoding.EncodeToString(random)
	return secret, Digest(secret)
}

// Digest returns the SHA-256 of a secret as it was shown, all of it: a secret
// with one character changed, added or cut off has another digest.
//
// It is not salted or slow: 256 random bits cannot be guessed, and a plain
// digest can be looked up in an index.
func Digest(secret string) []byte {
	digest := sha256.Sum256([]byte(secret))
	return digest[:]
}
