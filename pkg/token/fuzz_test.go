package token

import (
	"testing"

	"github.com/clientelehq/clientele/errors"
)

// changed puts a text in the place of a part of another. A fuzzer runs in
// several processes, whose secrets differ; so it says what to change in them.
func changed(text string, at, length uint, put string) string {
	start := at % uint(len(text)+1)
	end := start + length%(uint(len(text))-start+1)
	return text[:start] + put + text[end:]
}

// FuzzChanged holds that what was issued is good in its own spelling alone:
// nothing may be cut off, added or replaced.
func FuzzChanged(f *testing.F) {
	issuer, _ := newIssuer(f)
	access, refresh := issue(f, issuer), NewRefresh().Sign("secret")
	sealed, err := Seal("secret", []byte("private"), "name")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint(0), uint(0), "")
	f.Add(uint(0), uint(1), "")
	f.Add(uint(0), uint(1), "\x02")
	f.Add(uint(70), uint(0), "\n")
	f.Add(uint(len(access)-1), uint(0), "\n")
	for _, spare := range []string{"B", "R", "h", "x"} { // one of them spells the last bits otherwise
		f.Add(uint(69), uint(1), spare)
	}
	f.Add(uint(5), uint(3), "e30.")
	f.Fuzz(func(t *testing.T, at, length uint, put string) {
		other := changed(access, at, length, put)
		if _, err := issuer.Verify(other); (err == nil) != (other == access) || err != nil && !errors.Is(err, errors.AccessTokenInvalid) {
			t.Errorf("access token %q of %q: %v", other, access, err)
		}
		other = changed(refresh, at, length, put)
		if _, ok := ReadRefresh("secret", other); ok != (other == refresh) {
			t.Errorf("refresh token %q of %q: %v", other, refresh, ok)
		}
		other = changed(string(sealed), at, length, put)
		if opened, err := Unseal("secret", []byte(other), "name"); (err == nil) != (other == string(sealed)) || err == nil && string(opened) != "private" {
			t.Errorf("%x of %x opens to %q, %v", other, sealed, opened, err)
		}
	})
}

// FuzzMadeUp holds that nobody comes upon a secret.
func FuzzMadeUp(f *testing.F) {
	f.Add("")
	f.Add("\x01")
	f.Add("\x01sixteen bytes...and more than the nonce takes, and a tag")
	f.Add("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, text string) {
		if refresh, ok := ReadRefresh("secret", text); ok {
			t.Errorf("refresh token %q: %v", text, refresh)
		}
		if opened, err := Unseal("secret", []byte(text), "name"); err == nil {
			t.Errorf("%q opens to %q", text, opened)
		}
	})
}
