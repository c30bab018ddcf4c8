package token

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/errors"
)

var noon = time.Date(2026, time.March, 14, 12, 0, 0, 0, time.UTC)

// clock is a time that a test moves on.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

// newIssuer returns an issuer with the keys, or one of its own, and its clock.
func newIssuer(t testing.TB, keys ...Key) (*Issuer, *clock) {
	t.Helper()
	if len(keys) == 0 {
		keys = []Key{newKey(t)}
	}
	at := &clock{noon}
	issuer := &Issuer{Issuer: "https://shop.example", Audience: "clientele", Lifetime: 8 * time.Hour, Now: at.read}
	if err := issuer.SetKeys(keys); err != nil {
		t.Fatal(err)
	}
	return issuer, at
}

func newKey(t testing.TB) Key {
	t.Helper()
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func issue(t testing.TB, issuer *Issuer) string {
	t.Helper()
	token, _, err := issuer.Issue("DE--25", "0198-session")
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func refused(t testing.TB, issuer *Issuer, name, token string) {
	t.Helper()
	if claims, err := issuer.Verify(token); !errors.Is(err, errors.AccessTokenInvalid) || claims.Subject != "" {
		t.Errorf("%s: %v, %v", name, claims, err)
	}
}

func accepted(t testing.TB, issuer *Issuer, name, token string) {
	t.Helper()
	if _, err := issuer.Verify(token); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// object is a part of a token as a forger would write it.
type object map[string]any

func (o object) with(name string, value any) object {
	made := maps.Clone(o)
	made[name] = value
	return made
}

func (o object) without(name string) object {
	made := maps.Clone(o)
	delete(made, name)
	return made
}

func segment(t testing.TB, part object) string {
	t.Helper()
	text, err := json.Marshal(part)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// forge writes a token with whatever is in it, under a key of ours or not.
func forge(t testing.TB, key Key, header, claims object) string {
	t.Helper()
	unsigned := segment(t, header) + "." + segment(t, claims)
	return unsigned + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key.Private, []byte(unsigned)))
}

func goodHeader(key Key) object { return object{"alg": "EdDSA", "typ": "at+jwt", "kid": key.ID} }

func goodClaims() object {
	return object{
		"iss": "https://shop.example", "aud": []string{"clientele"}, "sub": "DE--25", "sid": "0198-session", "jti": "0198-token",
		"iat": noon.Unix(), "nbf": noon.Unix(), "exp": noon.Add(time.Hour).Unix(), "scopes": []string{"customer"},
	}
}

func TestTokenSaysWhoseItIs(t *testing.T) {
	key := newKey(t)
	issuer, at := newIssuer(t, key)
	at.now = noon.Add(1234567 * time.Microsecond)
	token, issued, err := issuer.Issue("DE--25", "0198-session")
	if err != nil {
		t.Fatal(err)
	}
	want := Claims{
		Key:     key.ID,
		Subject: "DE--25", Session: "0198-session", ID: issued.ID, Scopes: []string{"customer"},
		IssuedAt: noon.Add(time.Second), ExpiresAt: noon.Add(time.Second + 8*time.Hour),
	}
	if len(issued.ID) != 36 {
		t.Errorf("the token's id is %q", issued.ID)
	}
	if diff := cmp.Diff(want, issued); diff != "" {
		t.Errorf("issued: %s", diff)
	}
	for _, time := range []string{"first", "second"} { // the second comes from memory
		verified, err := issuer.Verify(token)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, verified); diff != "" {
			t.Errorf("verified the %s time: %s", time, diff)
		}
	}
}

func TestTokenOnTheWireIsTheOneOfTheContract(t *testing.T) {
	key := newKey(t)
	issuer, _ := newIssuer(t, key)
	token, issued, err := issuer.Issue("DE--25", "0198-session")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(token, ".")
	wantHeader := map[string]any{"alg": "EdDSA", "typ": "at+jwt", "kid": key.ID}
	if diff := cmp.Diff(wantHeader, decoded(t, parts[0])); diff != "" {
		t.Errorf("header: %s", diff)
	}
	wantClaims := map[string]any{
		"iss": "https://shop.example", "aud": []any{"clientele"}, "sub": "DE--25", "sid": "0198-session", "jti": issued.ID,
		"iat": float64(noon.Unix()), "nbf": float64(noon.Unix()), "exp": float64(noon.Add(8 * time.Hour).Unix()), "scopes": []any{"customer"},
	}
	if diff := cmp.Diff(wantClaims, decoded(t, parts[1])); diff != "" {
		t.Errorf("claims: %s", diff)
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !ed25519.Verify(key.Public, []byte(parts[0]+"."+parts[1]), signature) {
		t.Errorf("the signature is not one of Ed25519: %v", err)
	}
	if len(token) > 700 {
		t.Errorf("%d characters in a header of every request", len(token))
	}
}

func decoded(t *testing.T, part string) (object map[string]any) {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatal(err)
	}
	return object
}

func TestForgedTokenIsRefused(t *testing.T) {
	key, stranger, second := newKey(t), newKey(t), newKey(t)
	issuer, _ := newIssuer(t, key, second)
	header, claims := goodHeader(key), goodClaims()
	good := forge(t, key, header, claims)
	accepted(t, issuer, "the token that all others differ from", good)
	parts := strings.Split(good, ".")
	unsigned := parts[0] + "." + parts[1]

	refresh, _ := NewSecret("")
	x5c := []string{base64.StdEncoding.EncodeToString([]byte("a certificate"))}
	for name, token := range map[string]string{
		"nothing":                      "",
		"only dots":                    "..",
		"a refresh token in its place": refresh,
		"an API key in its place":      "clientele_" + refresh,
		"no signature":                 unsigned + ".",
		"two parts":                    unsigned,
		"four parts":                   good + "." + parts[2],
		"cut off by one":               good[:len(good)-1],
		"one more character":           good + "A",
		"signature of another text":    parts[0] + "." + segment(t, claims.with("sub", "DE--26")) + "." + parts[2],
		"other spelling of the header": parts[0] + "=." + parts[1] + "." + parts[2],
		"padded signature":             good + "==",
		"line break in the signature":  good[:len(good)-2] + "\n" + good[len(good)-2:],
		"line break after":             good + "\r\n",
		"blank after":                  good + " ",
		"more than 4 KiB":              forge(t, key, header, claims.with("padding", strings.Repeat("a", longestToken))),

		"alg none":                       segment(t, header.with("alg", "none")) + "." + parts[1] + ".",
		"alg none, signed":               forge(t, key, header.with("alg", "none"), claims),
		"alg in another case":            forge(t, key, header.with("alg", "eddsa"), claims),
		"no alg":                         forge(t, key, header.without("alg"), claims),
		"alg that is no text":            forge(t, key, header.with("alg", []string{"EdDSA"}), claims),
		"HS256 under the public key":     hs256(t, key.Public, header, claims),
		"HS256 under its PEM":            hs256(t, publicPEM(t, key), header, claims),
		"HS256 under its JWK":            hs256(t, issuer.JWKS(), header, claims),
		"ES256 by name":                  forge(t, key, header.with("alg", "ES256"), claims),
		"key of somebody else":           forge(t, stranger, header, claims),
		"unknown kid":                    forge(t, stranger, goodHeader(stranger), claims),
		"kid of another key of ours":     forge(t, key, header.with("kid", second.ID), claims),
		"no kid":                         forge(t, key, header.without("kid"), claims),
		"empty kid":                      forge(t, key, header.with("kid", ""), claims),
		"kid that is no text":            forge(t, key, header.with("kid", 1), claims),
		"kid that is a path":             forge(t, key, header.with("kid", "../../dev/null"), claims),
		"no typ":                         forge(t, key, header.without("typ"), claims),
		"typ of other tokens":            forge(t, key, header.with("typ", "JWT"), claims),
		"typ in another case":            forge(t, key, header.with("typ", "AT+JWT"), claims),
		"jku":                            forge(t, stranger, goodHeader(stranger).with("jku", "https://evil.example/jwks.json"), claims),
		"jku beside a good kid":          forge(t, key, header.with("jku", "https://evil.example/jwks.json"), claims),
		"jwk":                            forge(t, stranger, header.with("jwk", publicSet([]Key{stranger}).Keys[0]), claims),
		"jwk beside a good kid":          forge(t, key, header.with("jwk", publicSet([]Key{key}).Keys[0]), claims),
		"x5u":                            forge(t, key, header.with("x5u", "https://evil.example/cert.pem"), claims),
		"x5c":                            forge(t, key, header.with("x5c", x5c), claims),
		"jku in the place of typ":        forge(t, key, header.without("typ").with("jku", "https://evil.example/jwks.json"), claims),
		"crit":                           forge(t, key, header.with("crit", []string{"exp"}), claims),
		"b64":                            forge(t, key, header.with("b64", false), claims),
		"header that is null":            forge(t, key, nil, claims),
		"header that is no object":       base64.RawURLEncoding.EncodeToString([]byte(`["EdDSA"]`)) + "." + parts[1] + "." + parts[2],
		"JSON behind the header":         base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"EdDSA"}{}`)) + "." + parts[1] + "." + parts[2],
		"claims that are null":           forge(t, key, header, nil),
		"issuer of another shop":         forge(t, key, header, claims.with("iss", "https://shop.example.evil")),
		"no issuer":                      forge(t, key, header, claims.without("iss")),
		"audience of another service":    forge(t, key, header, claims.with("aud", []string{"orders"})),
		"issuer that is a list":          forge(t, key, header, claims.with("iss", []string{"https://shop.example"})),
		"empty issuer":                   forge(t, key, header, claims.with("iss", "")),
		"no audience":                    forge(t, key, header, claims.without("aud")),
		"empty audience":                 forge(t, key, header, claims.with("aud", []string{})),
		"no subject":                     forge(t, key, header, claims.without("sub")),
		"empty subject":                  forge(t, key, header, claims.with("sub", "")),
		"no session":                     forge(t, key, header, claims.without("sid")),
		"empty session":                  forge(t, key, header, claims.with("sid", "")),
		"no id":                          forge(t, key, header, claims.without("jti")),
		"empty id":                       forge(t, key, header, claims.with("jti", "")),
		"no iat":                         forge(t, key, header, claims.without("iat")),
		"no nbf":                         forge(t, key, header, claims.without("nbf")),
		"no exp":                         forge(t, key, header, claims.without("exp")),
		"exp that is no time":            forge(t, key, header, claims.with("exp", "tomorrow")),
		"exp that is null":               forge(t, key, header, claims.with("exp", nil)),
		"expired just now":               forge(t, key, header, claims.with("exp", noon.Unix())),
		"expired within the clocks' gap": forge(t, key, header, claims.with("exp", noon.Add(-ClockSkew/2).Unix())),
		"expired long ago":               forge(t, key, header, claims.with("exp", 0)),
		"not valid before a minute":      forge(t, key, header, claims.with("nbf", noon.Add(time.Minute).Unix())),
		"issued in a minute":             forge(t, key, header, claims.with("iat", noon.Add(time.Minute).Unix())),
	} {
		refused(t, issuer, name, token)
		refused(t, issuer, name+", again", token)
	}
}

func hs256(t testing.TB, secret []byte, header, claims object) string {
	t.Helper()
	unsigned := segment(t, header.with("alg", "HS256")) + "." + segment(t, claims)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(unsigned))
	return unsigned + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func publicPEM(t testing.TB, key Key) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key.Public)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func TestTokenHasOneSpelling(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	issuer, _ := newIssuer(t)
	token := issue(t, issuer)
	// The last character of a signature has four bits that count for nothing.
	last := len(token) - 1
	for _, other := range alphabet {
		if string(other) != token[last:] {
			refused(t, issuer, "last character "+string(other), token[:last]+string(other))
		}
	}
	for at := range token {
		if flipped := flipCase(token, at); flipped != token {
			refused(t, issuer, "other case at "+strconv.Itoa(at), flipped)
		}
	}
}

func flipCase(text string, at int) string {
	flipped := []byte(text)
	if letter := flipped[at] | 0x20; letter >= 'a' && letter <= 'z' {
		flipped[at] ^= 0x20
	}
	return string(flipped)
}

func TestClocksOfReplicasMayDifferALittle(t *testing.T) {
	key := newKey(t)
	issuer, _ := newIssuer(t, key)
	ahead := noon.Add(ClockSkew).Unix()
	accepted(t, issuer, "from a clock ahead", forge(t, key, goodHeader(key), goodClaims().with("iat", ahead).with("nbf", ahead)))
	accepted(t, issuer, "a second before it expires", forge(t, key, goodHeader(key), goodClaims().with("exp", noon.Add(time.Second).Unix())))
}

func TestAudienceMayBeOneOfSeveral(t *testing.T) {
	key := newKey(t)
	issuer, _ := newIssuer(t, key)
	accepted(t, issuer, "text", forge(t, key, goodHeader(key), goodClaims().with("aud", "clientele")))
	accepted(t, issuer, "list", forge(t, key, goodHeader(key), goodClaims().with("aud", []string{"orders", "clientele"})))
}

func TestTokenThatWasVerifiedStillExpires(t *testing.T) {
	issuer, at := newIssuer(t)
	token := issue(t, issuer)
	accepted(t, issuer, "new", token)
	at.now = noon.Add(8*time.Hour - time.Microsecond)
	accepted(t, issuer, "in its last moment", token)
	at.now = noon.Add(8 * time.Hour)
	refused(t, issuer, "after it", token)
}

func TestCallerMayChangeTheClaimsTheyGot(t *testing.T) {
	issuer, _ := newIssuer(t)
	token := issue(t, issuer)
	for range 3 {
		claims, err := issuer.Verify(token)
		if err != nil || claims.Scopes[0] != "customer" {
			t.Fatalf("%v, %v", claims, err)
		}
		claims.Scopes[0] = "everything"
	}
}

func TestKeysAreExchangedUnderLoad(t *testing.T) {
	first, second := newKey(t), newKey(t)
	issuer, _ := newIssuer(t, first, second)
	token := issue(t, issuer)
	var readers sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					accepted(t, issuer, "issued before", token)
					accepted(t, issuer, "issued now", issue(t, issuer))
					issuer.JWKS()
				}
			}
		})
	}
	for range 100 {
		for _, keys := range [][]Key{{second, first}, {first, second}} {
			if err := issuer.SetKeys(keys); err != nil {
				t.Error(err)
			}
		}
	}
	close(stop)
	readers.Wait()
}

// FuzzVerify holds that a token is accepted only in the very spelling in which
// it was issued, whatever else arrives.
func FuzzVerify(f *testing.F) {
	issuer, _ := newIssuer(f)
	token := issue(f, issuer)
	parts := strings.Split(token, ".")
	f.Add(token)
	f.Add(parts[0] + "." + parts[1] + ".")
	f.Add("." + parts[1] + "." + parts[2])
	f.Add("e30.e30.")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("")
	f.Fuzz(func(t *testing.T, other string) {
		_, err := issuer.Verify(other)
		if other == token {
			if err != nil {
				t.Error(err)
			}
			return
		}
		if !errors.Is(err, errors.AccessTokenInvalid) {
			t.Errorf("%q: %v", other, err)
		}
	})
}
