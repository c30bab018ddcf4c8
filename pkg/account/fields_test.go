package account

import (
	"strings"
	"testing"

	"golang.org/x/text/language"
)

// ISO 3166-1 has assigned 249 codes of two letters.
func TestCountriesAreThoseOfISO(t *testing.T) {
	count := 0
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			if code := string(a) + string(b); knownCountry(code) {
				count++
				if CountryName(code, language.German) == "" {
					t.Errorf("%s has no name", code)
				}
			}
		}
	}
	if count != 249 {
		t.Errorf("%d countries", count)
	}
	for _, code := range []string{"de", "Us", "GB"} {
		if !knownCountry(code) {
			t.Errorf("%s is not known", code)
		}
	}
	for _, code := range []string{"UK", "XX", "ZZ", "EU", "XK", "DD", "SU", "AN", "YU", "D", "DEU", "", "1A"} {
		if knownCountry(code) {
			t.Errorf("%s is known", code)
		}
	}
}

func TestBlankIsWhatCannotBeSeen(t *testing.T) {
	for _, blank := range []string{"", " ", "\t\n", "\u00a0", "\u2003", "\u200b\u200d", "\ufeff", "\u3000", "\u2800", "\u3164", "\u00ad"} {
		if !isBlank(blank) {
			t.Errorf("%q is not blank", blank)
		}
	}
	for _, seen := range []string{"0", ".", "é", "\u0301", "👩‍🚀"} {
		if isBlank(seen) {
			t.Errorf("%q is blank", seen)
		}
	}
}

func TestMergingKeepsSetsAndDeletes(t *testing.T) {
	stored := map[string]any{"kept": 1, "gone": 2, "changed": 3}
	merged := merge(stored, Set("metadata", map[string]any{"gone": nil, "changed": 4, "new": 5}))
	if len(merged) != 3 || merged["kept"] != 1 || merged["changed"] != 4 || merged["new"] != 5 {
		t.Errorf("%v", merged)
	}
	if merged := merge(stored, Field[map[string]any]{}); len(merged) != 3 {
		t.Errorf("absent: %v", merged)
	}
	if merged := merge(stored, Field[map[string]any]{Given: true}); len(merged) != 0 {
		t.Errorf("null: %v", merged)
	}
}

func TestLengthCountsCodePoints(t *testing.T) {
	short, long := atLeast(7), atMost(128)
	for value, want := range map[string][2]bool{
		"":                                {true, false},
		"chang\u00e9":                     {true, false}, // seven bytes
		"change1":                         {false, false},
		strings.Repeat("\U0001f512", 7):   {false, false},
		strings.Repeat("\U0001f512", 128): {false, false},
		strings.Repeat("a", 129):          {false, true},
		strings.Repeat("\U0001f512", 129): {false, true},
	} {
		if tooShort, tooLong := short(&value) != nil, long(&value) != nil; tooShort != want[0] || tooLong != want[1] {
			t.Errorf("%.20q: too short %v, too long %v", value, tooShort, tooLong)
		}
	}
	if short(nil) != nil || long(nil) != nil {
		t.Error("null has a length")
	}
}
