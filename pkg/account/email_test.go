package account

import (
	"strings"
	"testing"
)

func TestNormalFormOfAddresses(t *testing.T) {
	for typed, expected := range map[string]string{
		"John.Doe@Example.COM":       "john.doe@example.com",
		"john+shop@example.com":      "john+shop@example.com",
		"zoé@bücher.example":         "zoé@xn--bcher-kva.example",
		"ZOÉ@BÜCHER.EXAMPLE":         "zoé@xn--bcher-kva.example",
		"zoe\u0301@example.com":      "zoé@example.com",
		"\u212aate@example.com":      "kate@example.com",   // to Unicode the Kelvin sign is the letter K
		"\u0130@example.com":         "\u0130@example.com", // the capital I with a dot is no i
		"ﬀ@example.com":              "ﬀ@example.com",      // a ligature is no two letters
		"o'hara!#$%&*/=?^_`{|}~@e.x": "o'hara!#$%&*/=?^_`{|}~@e.x",
		"用户@例子.公司":                   "用户@xn--fsqu00a.xn--55qx5d",
	} {
		if key, err := emailKey(typed); err != nil || key != expected {
			t.Errorf("%q became %q, %v", typed, key, err)
		}
	}
}

func TestWhatIsNoAddress(t *testing.T) {
	for _, typed := range []string{
		"", "@", "john", "john@", "@example.com", "john@localhost", "john@example.com.", "john@.com", "john@example..com",
		" john@example.com", "john@example.com ", "jo hn@example.com", "john@exam ple.com", "john..doe@example.com", ".john@example.com", "john.@example.com",
		"John <john@example.com>", "<john@example.com>", `"john doe"@example.com`, "john@[127.0.0.1]", "a@b@example.com", "john@example.com\r\nBcc: v@example.com",
		"john\x00@example.com", "john@-example.com", "john@xn--example-.com", "john@exa_mple.com", strings.Repeat("a", 65) + "@example.com", "\xff@example.com",
		"john@" + strings.Repeat("a", 64) + ".com", "john@" + strings.Repeat("ä", 20000) + ".com", "john,doe@example.com", "john;doe@example.com", "john\u200b@example.com",
	} {
		if key, err := emailKey(typed); err == nil {
			t.Errorf("%q became %q", typed, key)
		}
	}
}

// An address of over 100 characters is answered with a code of its own (417),
// so its local part is not looked at as closely.
func TestAnAddressThatIsTooLongAsAWholeIsStillAnAddress(t *testing.T) {
	if _, err := emailKey(strings.Repeat("a", 95) + "@example.com"); err != nil {
		t.Error(err)
	}
}

func FuzzNormalForm(f *testing.F) {
	for _, seed := range []string{"John.Doe@Example.COM", "zoé@bücher.example", "\u212a@e.x", "a@xn--example-.com", "a@b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		key, err := emailKey(typed)
		if err != nil {
			return
		}
		again, err := emailKey(key)
		if len(key) <= 100 && (err != nil || again != key) {
			t.Errorf("%q became %q, and that %q, %v", typed, key, again, err)
		}
	})
}

func TestAnAddressInLowerCaseIsTheSame(t *testing.T) {
	for typed, expected := range map[string]string{"John.Doe@Example.COM": "john.doe@example.com", "ZOÉ@BÜCHER.EXAMPLE": "zoé@bücher.example", "\u0130@example.com": "\u0130@example.com", "\u212aate@example.com": "\u212aate@example.com"} {
		if got := LowerEmail(typed); got != expected {
			t.Errorf("%q became %q", typed, got)
		}
		before, _ := emailKey(typed)
		if after, _ := emailKey(LowerEmail(typed)); after != before {
			t.Errorf("%q had the normal form %q, and has %q", typed, before, after)
		}
		if !IsEmail(typed) || IsEmail(" "+typed) {
			t.Errorf("%q", typed)
		}
	}
}
