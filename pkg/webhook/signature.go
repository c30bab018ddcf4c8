package webhook

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// What the specification says of symmetric secrets, in bytes.
const (
	secretPrefix   = "whsec_"
	shortestSecret = 24
	longestSecret  = 64
	newSecret      = 32
)

// NewSecret makes a secret for one endpoint, as it is shown to people:
// whsec_ and base64 of 256 random bits.
func NewSecret() string {
	random := make([]byte, newSecret)
	_, _ = rand.Read(random) // never fails: without randomness the program ends
	return secretPrefix + base64.StdEncoding.EncodeToString(random)
}

// ParseSecret returns the bytes to sign with. It returns an error, which does
// not quote the secret, unless that is whsec_ and base64 (RFC 4648, section 4)
// of 24 to 64 bytes.
func ParseSecret(secret string) ([]byte, error) {
	text, found := strings.CutPrefix(secret, secretPrefix)
	key, err := base64.StdEncoding.DecodeString(text)
	// Decoding skips line breaks and spare bits, and there is to be one spelling.
	if !found || err != nil || base64.StdEncoding.EncodeToString(key) != text {
		return nil, errors.New("has to be " + secretPrefix + " and base64")
	}
	if len(key) < shortestSecret || len(key) > longestSecret {
		return nil, errors.New("has to be of 24 to 64 bytes")
	}
	return key, nil
}

// signatures is the value of webhook-signature: one for each secret, spaces
// between them. HMAC-SHA256 (RFC 2104) is taken of id.timestamp.body, so the id
// must hold no full stop, or parts could be moved from one to the other.
func (d Delivery) signatures() (string, error) {
	if d.ID == "" || strings.ContainsFunc(d.ID, isNotPlain) {
		return "", errors.New("webhook: an id is made of letters, digits, - and _")
	}
	if len(d.Secrets) == 0 {
		return "", errors.New("webhook: nothing to sign with")
	}
	all := make([]string, 0, len(d.Secrets))
	for _, secret := range d.Secrets {
		if len(secret) < shortestSecret {
			return "", errors.New("webhook: a secret is too short")
		}
		signer, err := standardwebhooks.NewWebhookRaw(secret)
		if err != nil {
			return "", err
		}
		signature, err := signer.Sign(d.ID, d.Time, d.Body)
		if err != nil {
			return "", err
		}
		all = append(all, signature)
	}
	return strings.Join(all, " "), nil
}
