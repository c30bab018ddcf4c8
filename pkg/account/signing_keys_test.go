package account

import (
	"bytes"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/store/storetest"
	"github.com/clientelehq/clientele/pkg/token"
)

// replica is a service that does nothing but sign and verify, at a time that the
// test sets.
func replica(t *testing.T, url string, now *atomic.Pointer[time.Time], log *bytes.Buffer) *Service {
	t.Helper()
	clock := func() time.Time { return *now.Load() }
	s, err := store.Open(t.Context(), store.Config{URL: url, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // a test may have closed it
	service := &Service{
		Store:  s,
		Tokens: &token.Issuer{Issuer: "https://shop.example", Audience: "clientele", Lifetime: time.Hour, Now: clock},
		Logger: slog.New(slog.NewTextHandler(log, nil)),
		Secret: "secret",
	}
	if err := service.openKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	return service
}

// newlySigned makes a key that signs at once, as after the removal of another,
// and returns a token of it.
func newlySigned(t *testing.T, s *Service) string {
	t.Helper()
	keys, err := s.SigningKeys(t.Context())
	if err == nil {
		_, err = s.RemoveSigningKey(t.Context(), keys[len(keys)-1].ID)
	}
	if err == nil {
		err = s.readKeys(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	access, _, err := s.Tokens.Issue("DE--1", "session")
	if err != nil {
		t.Fatal(err)
	}
	return access
}

// Anybody can name a key that is not there: the database is asked once a second.
func TestKeysAreReadForAnUnknownOneOnceASecond(t *testing.T) {
	var now atomic.Pointer[time.Time]
	at := func(moment time.Time) { now.Store(&moment) }
	noon := time.Date(2026, time.March, 14, 12, 0, 0, 0, time.UTC)
	at(noon)
	url := storetest.SQLite(t)
	ours, theirs := replica(t, url, &now, &bytes.Buffer{}), replica(t, url, &now, &bytes.Buffer{})
	knows := func(access string, want bool) {
		t.Helper()
		_, err := ours.verifyToken(t.Context(), access)
		if want && err != nil || !want && !errors.Is(err, errors.AccessTokenInvalid) {
			t.Errorf("%v: %v", *now.Load(), err)
		}
	}
	knows(newlySigned(t, theirs), true)
	second := newlySigned(t, theirs)
	knows(second, false)
	at(noon.Add(keysKept - time.Microsecond))
	knows(second, false)
	at(noon.Add(keysKept))
	knows(second, true)
	third := newlySigned(t, theirs)
	knows(third, false)
	at(noon) // set back
	knows(third, true)
}

func TestKeysThatCannotBeReadLeaveTheFormerOnes(t *testing.T) {
	var now atomic.Pointer[time.Time]
	now.Store(new(time.Now()))
	log := &bytes.Buffer{}
	s := replica(t, storetest.SQLite(t), &now, log)
	former := string(s.KeySet(t.Context()))
	if err := s.Store.Close(); err != nil {
		t.Fatal(err)
	}
	now.Store(new(time.Now().Add(time.Minute)))
	if got := string(s.KeySet(t.Context())); got != former {
		t.Errorf("published is %s", got)
	}
	if _, _, err := s.Tokens.Issue("DE--1", "session"); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "the signing keys could not be read again") {
		t.Errorf("the log says %q", log)
	}
}

// Whatever a replica's clock says, it has a key to sign with.
func TestKeyOfTheFutureSignsWhereThereIsNoOther(t *testing.T) {
	var ahead, behind atomic.Pointer[time.Time]
	ahead.Store(new(time.Now()))
	behind.Store(new(time.Now().Add(-time.Hour)))
	url := storetest.SQLite(t)
	made := replica(t, url, &ahead, &bytes.Buffer{}).Tokens.JWKS()
	if got := replica(t, url, &behind, &bytes.Buffer{}).Tokens.JWKS(); !bytes.Equal(got, made) {
		t.Errorf("published is %s", got)
	}
}
