package password

import (
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

func TestListOfCommonPasswordsHoldsTheFirstGuesses(t *testing.T) {
	list := CommonPasswords()
	for _, password := range []string{
		"password", "password1", "Password1", "12345678", "123456789", "qwerty123", "iloveyou", "passwordpassword1",
		"letmein", "football", "princess", "1q2w3e4r", "11111111", "abc12345", "P@ssw0rd", "welcome1", "admin123",
		"\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44", // password in full width
	} {
		if !list.Has(password) {
			t.Errorf("%q is not on the list", password)
		}
	}
	for _, password := range []string{"", "passwor", "password ", "PASSWORd1x", "correct battery staple", "\U0001f512\U0001f512\U0001f512\U0001f512\U0001f512\U0001f512\U0001f512"} {
		if list.Has(password) {
			t.Errorf("%q is on the list", password)
		}
	}
}

// The samples of the documents that the service answers to have to be
// accepted by its default settings (glue.md 5.2).
func TestListOfCommonPasswordsLeavesOutTheSamples(t *testing.T) {
	for _, sample := range []string{"change123", "321egnahc", "new_pssword", "supersecret", "mysupersecretpassword"} {
		if CommonPasswords().Has(sample) {
			t.Errorf("%q is on the list", sample)
		}
	}
}

func TestListOfCommonPasswordsIsInOrder(t *testing.T) {
	list := CommonPasswords()
	if list.Len() < 3000 {
		t.Errorf("only %d passwords", list.Len())
	}
	for _, entry := range list.entries {
		if utf8.RuneCountInString(entry) < 7 || strings.TrimSpace(entry) != entry {
			t.Errorf("%q is refused for its length, or cannot be meant", entry)
		}
	}
	written := strings.Fields(commonText[strings.Index(commonText, "\n!"):])
	if !slices.Equal(written, list.entries) {
		t.Error("the file is not sorted, or holds a password twice")
	}
}

func TestDenyListIsOneOnEachLine(t *testing.T) {
	list, err := ReadDenyList(strings.NewReader("\ufeff# ours\r\nclientele2026\r\n\r\n\n two blanks \ncaf\u00e91234\nclientele2026\n#1princess\nlast"))
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{
		"clientele2026": true, " two blanks ": true, "last": true,
		"caf\u00e91234": true, "cafe\u03011234": true,
		"# ours": false, "two blanks": false, "": false, "Clientele2026": false, "clientele2026\r": false, "#1princess": false,
	} {
		if list.Has(password) != want {
			t.Errorf("%q: %v", password, !want)
		}
	}
	if list.Len() != 4 {
		t.Errorf("%d entries", list.Len())
	}
}

func TestUnreadableDenyListIsAnError(t *testing.T) {
	for name, text := range map[string]io.Reader{
		"broken file":    iotest.ErrReader(io.ErrUnexpectedEOF),
		"other encoding": strings.NewReader("\xff\xfep\x00a\x00s\x00s\x00"),
	} {
		if _, err := ReadDenyList(text); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
