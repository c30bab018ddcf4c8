package token

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/errors"
)

// The key of RFC 8037 appendix A.
const (
	rfcSeed       = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
	rfcPublic     = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
	rfcThumbprint = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
)

func rfcKey(t *testing.T) Key {
	t.Helper()
	seed, err := base64.RawURLEncoding.DecodeString(rfcSeed)
	if err != nil {
		t.Fatal(err)
	}
	private := ed25519.NewKeyFromSeed(seed)
	public := private.Public().(ed25519.PublicKey)
	return Key{ID: thumbprint(public), Public: public, Private: private}
}

func TestKeyIsNamedByItsThumbprint(t *testing.T) {
	if got := rfcKey(t).ID; got != rfcThumbprint {
		t.Errorf("the key of RFC 8037 is named %s", got)
	}
	for range 500 {
		if key := newKey(t); key.ID != thumbprint(key.Public) || strings.HasPrefix(key.ID, "-") {
			t.Fatalf("new key: %s", key.ID)
		}
	}
}

func TestKeySetShowsPublicPartsAlone(t *testing.T) {
	old := newKey(t)
	issuer, _ := newIssuer(t, rfcKey(t), old)
	want := `{"keys":[` +
		`{"kty":"OKP","crv":"Ed25519","x":"` + rfcPublic + `","kid":"` + rfcThumbprint + `","use":"sig","alg":"EdDSA"},` +
		`{"kty":"OKP","crv":"Ed25519","x":"` + base64.RawURLEncoding.EncodeToString(old.Public) + `","kid":"` + old.ID + `","use":"sig","alg":"EdDSA"}]}`
	if diff := cmp.Diff(want, string(issuer.JWKS())); diff != "" {
		t.Error(diff)
	}
	issuer.JWKS()[0] = 'x'
	if !json.Valid(issuer.JWKS()) {
		t.Error("a caller has changed the set for all others")
	}
}

func TestFirstKeySignsAndAllVerify(t *testing.T) {
	first, second, third := newKey(t), newKey(t), newKey(t)
	for _, keys := range [][]Key{{first, second, third}, {third, first, second}} {
		issuer, _ := newIssuer(t, keys...)
		if header := decoded(t, strings.Split(issue(t, issuer), ".")[0]); header["kid"] != keys[0].ID {
			t.Errorf("signed with %v, not with %s", header["kid"], keys[0].ID)
		}
		for _, key := range keys {
			accepted(t, issuer, key.ID, forge(t, key, goodHeader(key), goodClaims()))
		}
	}
}

// Whoever has the keys may have been told of one too late, and has to know that
// from all other reasons.
func TestTokenOfAnUnknownKeyIsTold(t *testing.T) {
	key, stranger := newKey(t), newKey(t)
	issuer, _ := newIssuer(t, key)
	if _, err := issuer.Verify(forge(t, stranger, goodHeader(stranger), goodClaims())); !errors.Is(err, ErrUnknownKey) {
		t.Error(err)
	}
	for name, token := range map[string]string{
		"signed by somebody else": forge(t, stranger, goodHeader(key), goodClaims()),
		"other form":              forge(t, stranger, goodHeader(stranger).without("typ"), goodClaims()),
		"no token":                "x",
	} {
		if _, err := issuer.Verify(token); errors.Is(err, ErrUnknownKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTokenOfARemovedKeyIsRefusedAtOnce(t *testing.T) {
	first, second := newKey(t), newKey(t)
	issuer, _ := newIssuer(t, first)
	token := issue(t, issuer)
	accepted(t, issuer, "before", token)
	if err := issuer.SetKeys([]Key{first, second}); err != nil {
		t.Fatal(err)
	}
	accepted(t, issuer, "with a key beside", token)
	if err := issuer.SetKeys([]Key{second}); err != nil {
		t.Fatal(err)
	}
	refused(t, issuer, "after", token)
	if err := issuer.SetKeys([]Key{first, second}); err != nil {
		t.Fatal(err)
	}
	accepted(t, issuer, "with the key restored", token)
}

func TestOtherKeyUnderTheSameNameIsNotTheSame(t *testing.T) {
	first, second := newKey(t), newKey(t)
	second.ID = first.ID
	issuer, _ := newIssuer(t, first)
	token := issue(t, issuer)
	accepted(t, issuer, "before", token)
	if err := issuer.SetKeys([]Key{second}); err != nil {
		t.Fatal(err)
	}
	refused(t, issuer, "after", token)
}

func TestUnusableKeysLeaveTheFormerOnes(t *testing.T) {
	good, other := newKey(t), newKey(t)
	change := func(key Key, how func(*Key)) Key {
		how(&key)
		return key
	}
	for name, keys := range map[string][]Key{
		"none":             {},
		"without private":  {change(good, func(k *Key) { k.Private = nil })},
		"twice":            {good, good},
		"without a name":   {change(good, func(k *Key) { k.ID = "" })},
		"without a public": {change(good, func(k *Key) { k.Public = nil })},
		"short public":     {change(good, func(k *Key) { k.Public = k.Public[1:] })},
		"short private":    {change(good, func(k *Key) { k.Private = k.Private[1:] })},
		"parts of two":     {change(good, func(k *Key) { k.Private = other.Private })},
		"a damaged second": {good, change(other, func(k *Key) { k.Public = k.Public[1:] })},
	} {
		issuer, _ := newIssuer(t, good)
		token := issue(t, issuer)
		if err := issuer.SetKeys(keys); err == nil {
			t.Errorf("%s: no error", name)
		}
		accepted(t, issuer, name, token)
	}
}

func TestIssuerWithAnEmptyFieldGetsNoKeys(t *testing.T) {
	whole := func() *Issuer {
		return &Issuer{Issuer: "https://shop.example", Audience: "clientele", Lifetime: time.Second, Now: time.Now}
	}
	if err := whole().SetKeys([]Key{newKey(t)}); err != nil {
		t.Fatal(err)
	}
	for name, empty := range map[string]func(*Issuer){
		"issuer":   func(i *Issuer) { i.Issuer = "" },
		"audience": func(i *Issuer) { i.Audience = "" },
		"lifetime": func(i *Issuer) { i.Lifetime = time.Second - 1 },
		"clock":    func(i *Issuer) { i.Now = nil },
	} {
		issuer := whole()
		empty(issuer)
		if err := issuer.SetKeys([]Key{newKey(t)}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestIssuerWithoutKeysRefuses(t *testing.T) {
	with, _ := newIssuer(t)
	without := &Issuer{Issuer: with.Issuer, Audience: with.Audience, Lifetime: with.Lifetime, Now: with.Now}
	refused(t, without, "token of an issuer with keys", issue(t, with))
	if token, _, err := without.Issue("DE--25", "0198-session"); err == nil {
		t.Errorf("issued %s", token)
	}
	if got := string(without.JWKS()); got != `{"keys":[]}` {
		t.Errorf("key set: %s", got)
	}
}

func TestSealedKeyOpensUnderItsSecretAndNameAlone(t *testing.T) {
	key := newKey(t)
	sealed, err := Seal("a secret of the operator", key.Private, key.ID)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := Unseal("a secret of the operator", sealed, key.ID)
	if err != nil || !bytes.Equal(opened, key.Private) {
		t.Fatalf("%v", err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"other secret": func() ([]byte, error) { return Unseal("another secret", sealed, key.ID) },
		"empty secret": func() ([]byte, error) { return Unseal("", sealed, key.ID) },
		"other name":   func() ([]byte, error) { return Unseal("a secret of the operator", sealed, key.ID+"x") },
		"cut off":      func() ([]byte, error) { return Unseal("a secret of the operator", sealed[:len(sealed)-1], key.ID) },
		"only a salt":  func() ([]byte, error) { return Unseal("a secret of the operator", sealed[:17], key.ID) },
		"nothing":      func() ([]byte, error) { return Unseal("a secret of the operator", nil, key.ID) },
	} {
		private, err := open()
		if err == nil || private != nil || !strings.Contains(err.Error(), key.ID) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "a secret of the operator") {
			t.Errorf("%s: the error shows the secret", name)
		}
	}
	for at := range sealed {
		changed := bytes.Clone(sealed)
		changed[at] ^= 1
		if _, err := Unseal("a secret of the operator", changed, key.ID); err == nil {
			t.Errorf("opens with byte %d changed", at)
		}
	}
}

func TestSealHidesTheKeyAndNeverRepeats(t *testing.T) {
	key := newKey(t)
	first, err := Seal("secret", key.Private, key.ID)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Seal("secret", key.Private, key.ID)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(first[1:17], second[1:17]) || bytes.Equal(first[17:], second[17:]) {
		t.Error("two seals have the same salt or the same text")
	}
	if bytes.Contains(first, key.Private.Seed()) {
		t.Error("the key is in the clear")
	}
	if _, err := Seal("", key.Private, key.ID); err == nil {
		t.Error("sealed under an empty secret")
	}
}

func TestWrongSecretIsNamedInTheError(t *testing.T) {
	sealed, err := Seal("secret", make([]byte, 64), "kid-1")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Unseal("other", sealed, "kid-1")
	if err == nil || !strings.Contains(err.Error(), "another secret") || errors.Is(err, errors.InternalError) {
		t.Errorf("%v", err)
	}
}
