package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/apitest"
)

// imported are hashes of `change123` by other systems.
var imported = map[string]string{
	"argon2i":    "$argon2i$v=19$m=72,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$v9Qe0dJEbOpG0A8ea67lB/eL9/+GHEgKIuDApn+04TY",
	"argon2id":   "$argon2id$v=19$m=72,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$NH+kQjjObduljobTnkI/EGHZOrgCTURNBxns6WLYL04",
	"bcrypt":     "$2a$04$HF/bzmg0kUCp173x76bBJOCBpB5z/WrUS6zgy68LMntLZbWYzF61a",
	"scrypt":     "$scrypt$ln=10,r=8,p=2$c29tZXNhbHQtc29tZXNhbHQ$pqbegvCxsCwBBKfJ23SM2OO6fTElKMyZ6XPeWGaxOUQ",
	"scrypt-kdf": "c2NyeXB0AAoAAAAIAAAAAUD9chwRDvzG+S+Z2Do+oZq8WhjLDmK18cjbFUqhCf969f7sbQO+NI8hgJjFuDQAtkoDbE0g9LMKB8PsSkkwYBWaormKrZO+sKiJf1HIwAa2",
}

// importOne takes in a customer with a hash.
func importOne(t *testing.T, s *apitest.Service, email, hash string) {
	t.Helper()
	line := fmt.Sprintf(`{"email":%q,"passwordHash":%q,"confirmed":true}`, email, hash)
	report, err := s.App.Accounts().Import(t.Context(), strings.NewReader(line), account.ImportOptions{Bad: func(_ int, err error) { t.Errorf("%s: %v", hash, err) }})
	if err != nil || report.Imported != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
}

func storedHash(t *testing.T, s *apitest.Service, email string) (hash string) {
	t.Helper()
	if err := s.App.Accounts().Store.SQL().QueryRow("SELECT password_hash FROM customers WHERE email = '" + email + "'").Scan(&hash); err != nil {
		t.Fatal(err)
	}
	return hash
}

// A customer who comes from another system logs in as ever; from then on their
// hash is one of ours.
func TestImportedHashBecomesOursAtTheFirstLogin(t *testing.T) {
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		for scheme, hash := range imported {
			email := scheme + "@example.com"
			importOne(t, s, email, hash)
			s.LogIn(email, "321egnahc").Fails(http.StatusUnauthorized, "003 authentication_failed -")
			if kept := storedHash(t, s, email); kept != hash {
				t.Errorf("%s: a wrong password made it %s", scheme, kept)
			}
			s.Login(email, "change123")
			upgraded := storedHash(t, s, email)
			if !strings.HasPrefix(upgraded, "$argon2id$v=19$m=64,t=1,p=1$") {
				t.Errorf("%s: it is still %s", scheme, upgraded)
			}
			s.Login(email, "change123")
			if kept := storedHash(t, s, email); kept != upgraded {
				t.Errorf("%s: it was replaced once more", scheme)
			}
		}
	})
}

// A password that is changed while the hash of the former one is being replaced
// stays; that it was not replaced does not keep anybody out.
func TestAnUpgradeNeverUndoesAChange(t *testing.T) {
	hasher := apitest.Cheap()
	hasher.Memory, hasher.Time, hasher.Slots = 19456, 8, 1
	s := apitest.Start(t, apitest.Options{Hasher: hasher})
	importOne(t, s, "raced@example.com", imported["argon2i"])
	before, answered := hasher.Computed(), make(chan *apitest.Answer)
	go func() { answered <- s.LogIn("raced@example.com", "change123") }()
	for hasher.Computed() < before+2 {
		time.Sleep(time.Millisecond) // until the new hash is being made
	}
	changed := imported["bcrypt"]
	if _, err := s.App.Accounts().Store.SQL().Exec("UPDATE customers SET password_hash = '" + changed + "'"); err != nil {
		t.Fatal(err)
	}
	(<-answered).Has(http.StatusCreated)
	if kept := storedHash(t, s, "raced@example.com"); kept != changed {
		t.Errorf("it became %s", kept)
	}
}
