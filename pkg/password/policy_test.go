package password

import (
	"testing"
)

func TestClassesAreFourAndNothingElse(t *testing.T) {
	for password, misses := range map[string]bool{
		"Change!23456":        false,
		`aB3\`:                false,
		"change!23456":        true, // no upper case
		"CHANGE!23456":        true, // no lower case
		"Change!abcdef":       true, // no digit
		"Change123456":        true, // no special character
		"Change! 23456":       true, // a blank
		`Change!"23456`:       true, // a quote
		"Change!'23456":       true,
		"Change!`23456":       true,
		"Chang\u00e9!2345":    true,
		"Ch\u00c4nge!2\u0663": true,
		"Change!23456\n":      true,
		"Change!23456\xff":    true,
		"":                    true,
	} {
		if got := (Policy{}).MissesClasses(password); got != misses {
			t.Errorf("%q: %v", password, got)
		}
	}
	for _, special := range `!@#$%^&*()_-+=[]{}|;:<>.,/?\~` {
		if (Policy{}).MissesClasses("Change23456" + string(special)) {
			t.Errorf("%q is not taken for a special character", special)
		}
	}
}

func TestThreeEqualCharactersInARowRepeat(t *testing.T) {
	for password, want := range map[string]bool{
		"":                         false,
		"aa":                       false,
		"aaa":                      true,
		"aabaab":                   false,
		"Change!2333":              true,
		"Change!2233":              false,
		"aAaAaA":                   false,
		"\x00\x00":                 false,
		"\u00e4\u00e4\u00e4":       true,
		"\u00e4\u00e4\u00f6\u00e4": false,
		"xxaaay":                   true,
	} {
		if got := Repeats(password); got != want {
			t.Errorf("%q: %v", password, got)
		}
	}
}

func TestWithoutADenyListNothingIsCommon(t *testing.T) {
	if (Policy{}).IsCommon("password") {
		t.Error("password is common although there is no list")
	}
	if !(Policy{Common: CommonPasswords()}).IsCommon("password") {
		t.Error("password is not common although there is a list")
	}
}
