package token

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/clientelehq/clientele/errors"
)

// Key signs access tokens and verifies them.
type Key struct {
	ID      string // `kid`
	Public  ed25519.PublicKey
	Private ed25519.PrivateKey
}

// NewKey makes a key. Its ID is the thumbprint of the public part (RFC 7638,
// RFC 8037), so that two replicas can never give one name to two keys. It does
// not begin with a dash, as a flag of a command does.
func NewKey() (Key, error) {
	for {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return Key{}, err
		}
		if id := thumbprint(public); id[0] != '-' {
			return Key{ID: id, Public: public, Private: private}, nil
		}
	}
}

func thumbprint(public ed25519.PublicKey) string {
	digest := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + base64.RawURLEncoding.EncodeToString(public) + `"}`))
	return base64.RawURLEncoding.EncodeToString(digest[:])
}

func (k Key) check() error {
	if k.ID == "" || len(k.Public) != ed25519.PublicKeySize {
		return errors.New("a signing key has no name or no public part")
	}
	if len(k.Private) != ed25519.PrivateKeySize || !k.Public.Equal(k.Private.Public()) {
		return errors.New("the two parts of signing key " + k.ID + " do not belong together")
	}
	return nil
}

var errNoKeys = errors.New("the issuer has no keys")

// ErrUnknownKey is a cause of Verify's refusal: the token is signed with a key
// that the issuer does not have, or says so.
var ErrUnknownKey = errors.New("the token names no key of ours")

// SetKeys replaces all keys, at any time. The first one signs from now on; all
// of them verify. A key that is left out is revoked: its tokens are refused from
// the next Verify on.
//
// It returns an error, and leaves the keys as they were, when there are none,
// when one is damaged or comes twice, and when the issuer's own fields are not
// all filled.
func (i *Issuer) SetKeys(keys []Key) error {
	// The parser takes an empty name to mean that any will do.
	if i.Issuer == "" || i.Audience == "" || i.Lifetime < time.Second || i.Now == nil {
		return errors.New("an issuer of tokens needs its name, an audience, a lifetime of a second or more, and a clock")
	}
	ring, err := newKeyring(keys)
	if err != nil {
		return err
	}
	ring.parser = jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
		jwt.WithIssuer(i.Issuer),
		jwt.WithAudience(i.Audience),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(ClockSkew),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(i.Now),
	)
	i.ring.Store(ring)
	return nil
}

// JWKS returns the public parts of all keys as a JSON Web Key Set (RFC 7517,
// RFC 8037), in the order of SetKeys.
func (i *Issuer) JWKS() []byte {
	ring := i.ring.Load()
	if ring == nil {
		return []byte(`{"keys":[]}`)
	}
	return bytes.Clone(ring.set)
}

// keyring is a set of keys with everything that depends on it. It never
// changes: new keys are a new ring, and what was verified under the old one is
// forgotten with it.
type keyring struct {
	signer   Key
	public   map[string]ed25519.PublicKey
	set      []byte
	parser   *jwt.Parser
	verified *verifiedTokens
}

func newKeyring(keys []Key) (*keyring, error) {
	if len(keys) == 0 {
		return nil, errNoKeys
	}
	ring := &keyring{signer: keys[0], public: map[string]ed25519.PublicKey{}, verified: newVerifiedTokens(rememberedTokens)}
	for _, key := range keys {
		if err := key.check(); err != nil {
			return nil, err
		}
		if ring.public[key.ID] != nil {
			return nil, errors.New("signing key " + key.ID + " comes twice")
		}
		ring.public[key.ID] = key.Public
	}
	var err error
	ring.set, err = json.Marshal(publicSet(keys))
	return ring, err
}

type jsonWebKeySet struct {
	Keys []jsonWebKey `json:"keys"`
}

// jsonWebKey has no member for a private part, so that none can slip out.
type jsonWebKey struct {
	Type      string `json:"kty"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	ID        string `json:"kid"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
}

func publicSet(keys []Key) (set jsonWebKeySet) {
	for _, key := range keys {
		set.Keys = append(set.Keys, jsonWebKey{
			Type:      "OKP",
			Curve:     "Ed25519",
			X:         base64.RawURLEncoding.EncodeToString(key.Public),
			ID:        key.ID,
			Use:       "sig",
			Algorithm: jwt.SigningMethodEdDSA.Alg(),
		})
	}
	return set
}

// parse reads a token and checks all of it but the exact end of its life.
func (r *keyring) parse(token string) (Claims, error) {
	// Even the strict decoder of base64 skips line breaks, which would give one
	// token many spellings.
	if strings.ContainsAny(token, "\r\n") {
		return Claims{}, jwt.ErrTokenMalformed
	}
	var claims wireClaims
	parsed, err := r.parser.ParseWithClaims(token, &claims, r.keyOf)
	if err != nil {
		return Claims{}, err
	}
	return Claims{
		Key:       parsed.Header["kid"].(string), // keyOf has looked it up
		Subject:   claims.Subject,
		Session:   claims.Session,
		ID:        claims.ID,
		Scopes:    claims.Scopes,
		Guest:     claims.Guest,
		IssuedAt:  claims.IssuedAt.UTC(),
		ExpiresAt: claims.ExpiresAt.UTC(),
	}, nil
}

// keyOf finds the key that a token names, among ours alone. A header may hold
// nothing but what Issue writes: not where to fetch a key (jku, x5u), not a key
// (jwk, x5c), not an extension (crit).
func (r *keyring) keyOf(token *jwt.Token) (any, error) {
	if token.Header["typ"] != tokenType || len(token.Header) != 3 {
		return nil, errors.New("the header is not one of an access token")
	}
	id, _ := token.Header["kid"].(string)
	key, known := r.public[id]
	if !known {
		return nil, ErrUnknownKey
	}
	return key, nil
}
