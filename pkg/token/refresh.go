package token

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
)

const (
	familyBytes     = 32
	generationBytes = 4
	macBytes        = 16

	refreshPurpose = "clientele refresh token"
)

// Refresh is a refresh token: a family that one login has begun, and which of
// its tokens this one is. Both are in the token, under a MAC: so the service
// tells an older token of a family from one that was made up, and can give the
// newest one out again, without keeping any of them.
type Refresh struct {
	family     [familyBytes]byte
	Generation int64 // 0 is the login's own
}

// NewRefresh begins a family, with 256 random bits.
func NewRefresh() (refresh Refresh) {
	_, _ = rand.Read(refresh.family[:]) // never fails: without randomness the program ends
	return refresh
}

// Family returns the digest of the family, which may be stored.
func (r Refresh) Family() []byte { return Digest(string(r.family[:])) }

// At returns another token of the family.
func (r Refresh) At(generation int64) Refresh {
	r.Generation = generation
	return r
}

// Sign returns the token as clients know it: 70 characters of base64url. The
// same token is signed the same every time.
func (r Refresh) Sign(secret string) string {
	body := binary.BigEndian.AppendUint32(r.family[:], uint32(r.Generation)) // #nosec G115 -- no family lives to be four billion tokens old
	return refreshEncoding.EncodeToString(append(body, refreshMAC(secret, body)...))
}

// ReadRefresh reads what Sign has written under the same secret; ok is false for
// everything else, a token with one character changed, added or left out among
// it.
func ReadRefresh(secret, token string) (refresh Refresh, ok bool) {
	const bodyBytes = familyBytes + generationBytes
	if len(token) != refreshEncoding.EncodedLen(bodyBytes+macBytes) {
		return Refresh{}, false
	}
	decoded, err := refreshEncoding.DecodeString(token)
	if err != nil || len(decoded) != bodyBytes+macBytes { // the decoder skips line breaks
		return Refresh{}, false
	}
	body, mac := decoded[:bodyBytes], decoded[bodyBytes:]
	if !hmac.Equal(mac, refreshMAC(secret, body)) {
		return Refresh{}, false
	}
	copy(refresh.family[:], body)
	refresh.Generation = int64(binary.BigEndian.Uint32(body[familyBytes:]))
	return refresh, true
}

// Strict, for the last character has bits to spare, and one token must not have
// several spellings.
var refreshEncoding = base64.RawURLEncoding.Strict()

func refreshMAC(secret string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(refreshPurpose+"\x00"+secret))
	mac.Write(body)
	return mac.Sum(nil)[:macBytes]
}
