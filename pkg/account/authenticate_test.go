package account

import (
	"strings"
	"testing"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/store/storetest"
	"github.com/clientelehq/clientele/pkg/token"
)

// FuzzAuthenticate holds that of all values of the header one word and one key
// let somebody in, with blanks around them as HTTP has it, and that every other
// value is the same fault of the caller.
func FuzzAuthenticate(f *testing.F) {
	const key = "clientele_key"
	opened, err := store.Open(f.Context(), store.Config{URL: storetest.SQLite(f)})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = opened.Close() })
	service := &Service{
		Store:    opened,
		Tokens:   &token.Issuer{Issuer: "https://shop.example", Audience: "clientele", Lifetime: time.Hour, Now: time.Now},
		Secret:   "secret",
		AdminKey: key,
	}
	if err := service.openKeys(f.Context()); err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		"", "Bearer", "Bearer " + key, "bearer  " + key + " ", key, "Basic " + key, "Bearer " + key + "A", "Bearer " + key[:len(key)-1], "Bearer Clientele_key",
		"Bearer clientele_", "Bearer " + key + " " + key, "Bearer," + key, "Bearer " + key + "\x00", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer ..", "Bearer clientele_\xff' OR 1=1 --",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		scheme, credential, _ := strings.Cut(strings.Join(strings.Fields(header), " "), " ")
		known := strings.EqualFold(scheme, "Bearer") && credential == key
		actor, err := service.Authenticate(t.Context(), []string{header}, Client{})
		if known != (err == nil) || known != actor.HasKey() || actor.IsCustomer() || err != nil && !errors.Is(err, errors.AccessTokenInvalid) {
			t.Errorf("%q: %+v, %v", header, actor, err)
		}
		if _, err := service.Authenticate(t.Context(), []string{header, "Bearer " + key}, Client{}); !errors.Is(err, errors.AccessTokenInvalid) {
			t.Errorf("%q and another: %v", header, err)
		}
	})
}
