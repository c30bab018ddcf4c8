package token_test

import (
	"regexp"
	"testing"

	"github.com/clientelehq/clientele/pkg/token"
)

func mailed(t *testing.T, secret, purpose, id string) (key, code string) {
	t.Helper()
	key, code, err := token.Mailed(secret, purpose, id)
	if err != nil {
		t.Fatal(err)
	}
	return key, code
}

// The same letter has the same key and code; another secret, purpose or letter has
// others, and none can be told from another.
func TestTheSecretOfALetterIsItsOwn(t *testing.T) {
	key, code := mailed(t, "a secret", "restore", "1")
	if again, sameCode := mailed(t, "a secret", "restore", "1"); again != key || sameCode != code {
		t.Errorf("%s %s, and then %s %s", key, code, again, sameCode)
	}
	if !regexp.MustCompile(`^[A-Za-z0-9_-]{42}[A-Za-z0-9]$`).MatchString(key) || !regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$`).MatchString(code) {
		t.Errorf("%s %s", key, code)
	}
	for _, other := range [][3]string{{"another", "restore", "1"}, {"a secret", "confirm", "1"}, {"a secret", "restore", "2"}, {"a secret", "restor", "e\x001"}} {
		otherKey, otherCode := mailed(t, other[0], other[1], other[2])
		if otherKey == key || otherCode == code {
			t.Errorf("%q has the same", other)
		}
	}
}

func TestACodeIsReadHoweverItIsTyped(t *testing.T) {
	for typed, want := range map[string]string{
		"K7QM-2XVD": "K7QM-2XVD", "k7qm-2xvd": "K7QM-2XVD", " k7qm 2xvd ": "K7QM-2XVD", "K7QM2XVD": "K7QM-2XVD", "oOiIlL-00": "0011-1100",
		"": "", "K7QM-2XV": "", "K7QM-2XVDD": "",
	} {
		if got := token.ReadCode(typed); got != want {
			t.Errorf("%q is read as %q, not %q", typed, got, want)
		}
	}
}
