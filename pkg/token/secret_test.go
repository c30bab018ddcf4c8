package token

import (
	"bytes"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"
)

func TestSecretTravelsInAPathAndALink(t *testing.T) {
	form := regexp.MustCompile(`^[A-Za-z0-9_-]{42}[A-Za-z0-9]$`)
	seen := map[string]bool{}
	for range 1000 {
		secret, digest := NewSecret("")
		if !form.MatchString(secret) || seen[secret] {
			t.Fatalf("%q", secret)
		}
		if !bytes.Equal(digest, Digest(secret)) || len(digest) != 32 {
			t.Fatalf("%q has the digest %x", secret, digest)
		}
		seen[secret] = true
	}
}

func TestSecretBeginsWithItsPrefix(t *testing.T) {
	secret, digest := NewSecret("clientele_")
	if !strings.HasPrefix(secret, "clientele_") || len(secret) != 53 || !bytes.Equal(digest, Digest(secret)) {
		t.Errorf("%q", secret)
	}
}

func TestChangedSecretHasAnotherDigest(t *testing.T) {
	secret, digest := NewSecret("")
	for name, other := range map[string]string{
		"cut off":    secret[:len(secret)-1],
		"more":       secret + "A",
		"padded":     secret + "=",
		"blank":      secret + " ",
		"upper case": strings.ToUpper(secret),
		"empty":      "",
	} {
		if bytes.Equal(Digest(other), digest) {
			t.Errorf("%s: the same digest", name)
		}
	}
}

// The vector of FIPS 180-2: digests are stored, so they must never change.
func TestDigestIsSHA256(t *testing.T) {
	if got := hex.EncodeToString(Digest("abc")); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Error(got)
	}
}
