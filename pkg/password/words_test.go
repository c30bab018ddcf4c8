package password

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// brands is the policy of presets/hardened.env, for a shop called Brand.
var brands = Policy{MinLength: 15, MaxLength: 128, Common: CommonPasswords(), Context: []string{"Brand & Söhne", "shop.brand.example"}}

// janes are the words of a customer.
var janes = []string{"jane.doe85@mail.example", "Jané", "Do\u00eb-Smith"}

func TestPasswordOfKnownWordsIsCommon(t *testing.T) {
	for _, password := range []string{
		// the shop
		"brand2026brand2026", "BRAND-BRAND-BRAND", "Brand & Söhne 2026!", "brandsohne1234567", "www.shop.brand.example",
		"\uff42\uff52\uff41\uff4e\uff44 2026 \uff42\uff52\uff41\uff4e\uff44", // in full width
		// the customer
		"JaneJaneJane1234", "jane.doe85@mail.example", "JANE.DOE85@MAIL.EXAMPLE!", "Jane-Doe-1985-08-31", "j\u00e0n\u00e9 doe smith 1985",
		"ja\u0301ne do\u00eb smith 85", "smith12345678901", "doedoedoedoedoeX",
		// a listed one
		"passwordpassword1", "Password!Password!", "p a s s w o r d 2 0 2 6", "P@ssw0rd-P@ssw0rd-1", "Administrator2027!!", "qwertyqwertyqwerty",
		"123password456password789", "xyzpasswordpassword", "passwordpasswordabc", "correct-horse-battery-staple",
		// both
		"MyBrandPassword2026", "JanePasswordBrand",
	} {
		if !brands.IsCommon(password, janes...) {
			t.Errorf("%q is not common", password)
		}
		if !brands.IsCommon(strings.ToUpper(password), janes...) {
			t.Errorf("%q is not common in upper case", password)
		}
	}
}

func TestPasswordOfMoreThanKnownWordsIsNotCommon(t *testing.T) {
	for _, password := range []string{
		"correct donkey battery staple", "purple onions at midnight", "summer-monkey-dragon-coffee", // three listed words are a phrase
		"jane " + strings.Repeat("\U0001f512", 11), "jane likes purple onions", "brand new onions",
		"passwordABCDpassword", "password but longer",
		"7482910384756120", "!@#$%^&*()_+{}|:<", // nothing but what does not count: there is no word in it
		strings.Repeat("\U0001f512", 15), strings.Repeat("a", 128), strings.Repeat("\u00e4", 15),
		"\u8c61\u306f\u9f3b\u304c\u9577\u3044\u8c61\u306f\u9f3b\u304c\u9577\u3044\u8c61\u306f\u9f3b",
		"",
	} {
		if brands.IsCommon(password, janes...) {
			t.Errorf("%q is common", password)
		}
	}
}

func TestWordsAreTakenAsPeopleReadThem(t *testing.T) {
	for name, password := range map[string]string{
		"\u00d6z":     "oz-oz-oz-oz-2026",    // one word of two letters, not two of one
		"Jan Janette": "JanetteJanette12345", // the longer word first
	} {
		if !brands.IsCommon(password, name) {
			t.Errorf("%q is not common for %s", password, name)
		}
	}
}

func TestWordsOfOthersAreFree(t *testing.T) {
	if brands.IsCommon("JaneJaneJane1234", "john@mail.example", "John", "") {
		t.Error("the name of another customer is refused")
	}
}

func TestWithoutContextOnlyTheListItselfIsCommon(t *testing.T) {
	policy := brands
	policy.Context = nil
	for password, want := range map[string]bool{"brand2026": true, "brand2026brand2026": false, "JaneJaneJane1234": false, "Password!Password!": false, "password": true} {
		if policy.IsCommon(password, janes...) != want {
			t.Errorf("%q: %v", password, !want)
		}
	}
	policy.Common, policy.Context = nil, []string{"Brand"}
	for password, want := range map[string]bool{"brand2026brand2026": true, "passwordpassword1": false} {
		if policy.IsCommon(password) != want {
			t.Errorf("%q without a list: %v", password, !want)
		}
	}
}

func TestWordsOfAnyScriptAreFound(t *testing.T) {
	list, err := ReadDenyList(strings.NewReader("\u043f\u0430\u0440\u043e\u043b\u044c\n"))
	if err != nil {
		t.Fatal(err)
	}
	policy := Policy{Common: list, Context: []string{"\u6771\u4eac"}}
	for password, want := range map[string]bool{
		"\u041f\u0430\u0440\u043e\u043b\u044c2026\u043f\u0430\u0440\u043e\u043b\u044c": true,
		"\u044f\u044f\u044f\u043f\u0430\u0440\u043e\u043b\u044c2026":                   true,
		"\u044f\u044f\u044f\u044f\u043f\u0430\u0440\u043e\u043b\u044c2026":             false,
		"\u6771\u4eac2026\u6771\u4eac2026":                                             true,
	} {
		if policy.IsCommon(password) != want {
			t.Errorf("%q: %v", password, !want)
		}
	}
}

// The list has short passwords. With the context every word of it is refused at
// any length: more than 3000 that 15 characters would let in.
func TestListDeniesLongPasswordsAsWell(t *testing.T) {
	denied := 0
	for _, word := range CommonPasswords().words {
		for _, ending := range []string{"", "1", "2026!"} {
			long := strings.Repeat(word, (14+utf8.RuneCountInString(word))/utf8.RuneCountInString(word)) + ending
			if !brands.IsCommon(long) {
				t.Errorf("%q is not common", long)
			}
			denied++
		}
	}
	if denied < 3000 {
		t.Errorf("only %d", denied)
	}
}

func TestUnassignedCodePointsAreFound(t *testing.T) {
	for password, want := range map[string]bool{
		"change123\u0378":     true, // in the block of Greek, without a meaning
		"change123\uffff":     true, // will never have one
		"change123\U000e0fff": true,
		"change123":           false,
		"\U0001f512\u200d\u2764\ufe0f\u00e9e\u0301\ue000 ": false,
		"": false,
	} {
		if HasUnassigned(password) != want {
			t.Errorf("%+q: %v", password, !want)
		}
	}
}
