package store_test

import (
	"io/fs"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"github.com/clientelehq/clientele/migrations"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// olderWorld is a world whose database has the schema of an earlier version.
func olderWorld(t *testing.T, url string, version int64) *world {
	t.Helper()
	w := newWorld(t, url)
	steps, err := fs.Sub(migrations.Files, w.Dialect())
	if err != nil {
		t.Fatal(err)
	}
	dialect := goose.DialectSQLite3
	if w.Dialect() == "postgres" {
		dialect = goose.DialectPostgres
	}
	provider, err := goose.NewProvider(dialect, w.SQL(), steps, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestMigrationTo3EndsSessionsAndKeepsTheRest(t *testing.T) {
	for name, url := range emptyDatabases(t) {
		t.Run(name, func(t *testing.T) {
			w := olderWorld(t, url, 2)
			w.exec(`INSERT INTO customers (id, store, number, reference, email, email_key, password_hash, created_at, updated_at)
				VALUES (7, 'DE', 7, 'DE--7', 'a@example.com', 'a@example.com', 'hash', '2026-01-02 03:04:05+00:00', '2026-01-02 03:04:05+00:00')`)
			w.exec(`INSERT INTO sessions (id, customer_id, refresh_digest, expires_at, created_at, last_used_at)
				VALUES ('s', 7, $1, '2026-04-02 03:04:05+00:00', '2026-01-02 03:04:05+00:00', '2026-01-02 03:04:05+00:00')`, digest())
			w.exec(`INSERT INTO one_time_keys (digest, customer_id, purpose, email_key, created_at) VALUES ($1, 7, 'confirm', '', '2026-01-02 03:04:05+00:00')`, digest())
			counter := digest()
			w.exec(`INSERT INTO login_throttles (digest, failures, window_started_at, blocked_until)
				VALUES ($1, 9, '2026-03-29 11:50:00.5+00:00', NULL)`, counter)
			if err := w.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := w.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
			customer := w.customer(7)
			if customer.Reference != "DE--7" || w.count("one_time_keys") != 1 {
				t.Errorf("%+v, %d keys", customer, w.count("one_time_keys"))
			}
			w.hasSessions(customer)
			made := w.session(customer)
			w.hasSessions(customer, made)
			want := &model.Throttle{Digest: counter, Count: 9, WindowStartedAt: noon.Truncate(time.Second).Add(-10*time.Minute + 500*time.Millisecond)}
			if difference := cmp.Diff(want, w.throttle(counter)); difference != "" {
				t.Error(difference)
			}
			want.Count, want.BlockedUntil = 10, new(noon.Add(6*time.Minute))
			if difference := cmp.Diff(want, w.attempt(9, counter)); difference != "" {
				t.Error(difference)
			}
			w.write(func(tx *store.Tx) error { return tx.SeeNetwork(7, digest()) })
			w.audited(model.AuditEvent{})
		})
	}
}
