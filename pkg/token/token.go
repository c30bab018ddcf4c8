// Package token issues and verifies access tokens, keeps the keys that sign
// them, and makes the opaque secrets that travel in refresh tokens, API keys
// and mailed links.
//
// An access token is a JWT (RFC 7519, RFC 9068) under one algorithm, Ed25519.
// That its session is still open is not in it: whoever verifies one has to ask
// the database, and may, for verification itself costs nothing the second time.
package token

import (
	"crypto/sha256"
	"slices"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
)

const (
	// tokenType is the header `typ` of RFC 9068. It keeps any other JWT that one
	// of our keys may ever sign from passing as an access token.
	tokenType = "at+jwt"

	longestToken = 4 << 10 // bytes; ours have about 500
)

// ClockSkew is how far the clocks of two replicas may be apart. It is granted to
// the beginning of a token and never to its end.
const ClockSkew = 30 * time.Second

// Claims are what an access token says.
type Claims struct {
	Key      string // ID of the key that signed it, `kid` of the header
	Subject  string // the customer's reference, `sub`
	Session  string // `sid`
	ID       string // of this token, `jti`
	Scopes   []string
	Guest    Guest
	IssuedAt time.Time // whole seconds, UTC, as is ExpiresAt

	ExpiresAt time.Time // the first moment at which the token is no longer valid
}

// Guest are the claims by which another system's clients know a customer; empty where
// there are none.
type Guest struct {
	CustomerID string `json:"customer_id,omitempty"`
	Domain     string `json:"domain,omitempty"`
}

// Issuer makes access tokens and recognises its own. It is made by writing its
// fields down and giving it keys (SetKeys); then it is safe for concurrent use.
type Issuer struct {
	Issuer   string           // `iss`
	Audience string           // `aud`
	Lifetime time.Duration    // of a token; a second at least, parts of one do not count
	Now      func() time.Time // the clock

	ring atomic.Pointer[keyring]
}

// wireClaims are Claims as they stand in the token.
type wireClaims struct {
	jwt.RegisteredClaims
	Session string   `json:"sid"`
	Scopes  []string `json:"scopes"`
	Guest
}

// Validate demands the claims that the parser would let be absent. It is
// called by the parser.
func (c wireClaims) Validate() error {
	if c.Subject == "" || c.Session == "" || c.ID == "" || c.IssuedAt == nil || c.NotBefore == nil {
		return errors.New("a required claim is missing")
	}
	return nil
}

// Issue makes a token for a session of the customer with the reference
// subject, signed with the first of the keys.
func (i *Issuer) Issue(subject, session string) (token string, claims Claims, err error) {
	return i.IssueFor(i.Lifetime, subject, session, Guest{})
}

// IssueFor is Issue for a lifetime of its own, with claims for another system's clients.
func (i *Issuer) IssueFor(lifetime time.Duration, subject, session string, guest Guest) (token string, claims Claims, err error) {
	ring := i.ring.Load()
	if ring == nil {
		return "", Claims{}, errNoKeys
	}
	now := i.Now().UTC().Truncate(time.Second)
	claims = Claims{
		Key:       ring.signer.ID,
		Subject:   subject,
		Session:   session,
		ID:        uuid.NewString(),
		Scopes:    []string{"customer"},
		Guest:     guest,
		IssuedAt:  now,
		ExpiresAt: now.Add(lifetime.Truncate(time.Second)),
	}
	unsigned := jwt.NewWithClaims(jwt.SigningMethodEdDSA, i.onWire(claims))
	unsigned.Header["typ"] = tokenType
	unsigned.Header["kid"] = ring.signer.ID
	token, err = unsigned.SignedString(ring.signer.Private)
	return token, claims, err
}

func (i *Issuer) onWire(claims Claims) wireClaims {
	return wireClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    i.Issuer,
			Audience:  jwt.ClaimStrings{i.Audience},
			Subject:   claims.Subject,
			ID:        claims.ID,
			IssuedAt:  jwt.NewNumericDate(claims.IssuedAt),
			NotBefore: jwt.NewNumericDate(claims.IssuedAt),
			ExpiresAt: jwt.NewNumericDate(claims.ExpiresAt),
		},
		Session: claims.Session,
		Scopes:  claims.Scopes,
		Guest:   claims.Guest,
	}
}

// Verify returns the claims of a token that one of the keys has signed, for
// this issuer and audience, and that has not expired. Everything else is
// AccessTokenInvalid (001), with the reason as its cause.
//
// The session may have been ended since, or the key removed by another replica:
// that is not looked at here.
func (i *Issuer) Verify(token string) (Claims, error) {
	claims, err := i.verify(token)
	if err != nil {
		return Claims{}, errors.AccessTokenInvalid.Because(err)
	}
	claims.Scopes = slices.Clone(claims.Scopes)
	return claims, nil
}

func (i *Issuer) verify(token string) (Claims, error) {
	ring := i.ring.Load()
	if ring == nil {
		return Claims{}, errNoKeys
	}
	if len(token) > longestToken {
		return Claims{}, errors.New("the token is too long")
	}
	digest := sha256.Sum256([]byte(token))
	claims, known := ring.verified.get(digest)
	if !known {
		var err error
		if claims, err = ring.parse(token); err != nil {
			return Claims{}, err
		}
		ring.verified.put(digest, claims)
	}
	if !i.Now().Before(claims.ExpiresAt) {
		return Claims{}, jwt.ErrTokenExpired
	}
	return claims, nil
}
