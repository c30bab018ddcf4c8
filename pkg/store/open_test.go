package store_test

import (
	"context"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

func TestDatabasesThatCannotBeOpenedSayWhy(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "text")
	if err := os.WriteFile(file, []byte("no database, but longer than the header of one would be, by far; and then some more text to fill the page."), 0o600); err != nil {
		t.Fatal(err)
	}
	for url, reason := range map[string]string{
		"":                                    "the database URL is none of sqlite:PATH, sqlite::memory: and postgres://…",
		"mysql://app:s3cret@host/shop":        "the database URL is none of sqlite:PATH, sqlite::memory: and postgres://…",
		"sqlite:":                             "the database URL has the form sqlite:PATH, without slashes before a relative path",
		"sqlite://shop.db":                    "the database URL has the form sqlite:PATH, without slashes before a relative path",
		"sqlite:" + folder + "/none/shop.db":  "the folder of the database does not exist: " + folder + "/none",
		"sqlite:" + file + "/shop.db":         "the folder of the database does not exist: " + file,
		"sqlite:" + file:                      "the SQLite database cannot be opened",
		"postgres://app:s3cret%zz@host/shop":  "the database URL cannot be read; it has the form postgres://user:password@host/name",
		"postgres://app:s3cret@127.0.0.1:1/x": "the PostgreSQL database cannot be reached",
	} {
		_, err := store.Open(t.Context(), store.Config{URL: url})
		if err == nil || !strings.HasPrefix(err.Error(), reason) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestEveryConnectionToSQLiteIsSafe(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	if len(w.Pools()) != 2 {
		t.Fatalf("%d pools, not one for writing and one for reading", len(w.Pools()))
	}
	for _, pool := range w.Pools() {
		// All connections of the pool at once, not one of them again and again.
		for range pool.Stats().MaxOpenConnections {
			conn, err := pool.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			got := map[string]string{}
			for _, name := range []string{"journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete"} {
				var value string
				if err := conn.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&value); err != nil {
					t.Fatal(err)
				}
				got[name] = value
			}
			want := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000", "secure_delete": "1"}
			if difference := cmp.Diff(want, got); difference != "" {
				t.Fatal(difference)
			}
		}
	}
	if n := w.Pools()[0].Stats().MaxOpenConnections; n != 1 {
		t.Errorf("%d connections write", n)
	}
}

func TestReadersOfSQLiteCannotWrite(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	err := w.Read(t.Context(), func(tx *store.Tx) error { return tx.CreateCustomer(newAccount("a@example.com")) })
	if err == nil {
		t.Error("a customer was created in Read")
	}
}

func TestOneDatabaseInMemoryForReadersAndWriters(t *testing.T) {
	w := newWorld(t, "sqlite::memory:")
	if err := w.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	made := w.account("a@example.com")
	answers := at(16, func(int) error {
		return w.Read(context.Background(), func(tx *store.Tx) error {
			_, err := tx.Customer(made.Reference)
			return err
		})
	})
	if counted := tally(answers); counted["ok"] != 16 {
		t.Error(counted)
	}
	other := newWorld(t, "sqlite::memory:")
	if err := other.Ready(t.Context()); !errors.Is(err, errors.ServiceUnavailable) {
		t.Errorf("another database in memory holds the same tables: %v", err)
	}
}

// A request that is given up closes its connection, and must not take a
// database in memory with it.
func TestDatabaseInMemoryOutlivesItsConnections(t *testing.T) {
	w := newWorld(t, "sqlite::memory:")
	if err := w.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	made := w.account("a@example.com")
	writer := w.Pools()[0]
	writer.SetMaxIdleConns(-1) // close what is there
	writer.SetMaxIdleConns(1)
	if got := w.customer(made.ID).Reference; got != made.Reference {
		t.Error(got)
	}
}

func TestPathsMayHoldAnyLetter(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a b?c#d%20é")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "shop?x=1.db")
	if err := start("sqlite:" + path); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestNewFileIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new.db")
	w := newWorld(t, "sqlite:"+path)
	if err := w.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("mode %o of the file%s", mode, suffix)
		}
	}
}

// emptyDatabases are databases without a table.
func emptyDatabases(t *testing.T) map[string]string {
	return map[string]string{
		"sqlite":   "sqlite:" + filepath.Join(t.TempDir(), "new.db"),
		"postgres": emptyPostgres(t),
	}
}

// emptyPostgres takes all tables away from a database for tests.
func emptyPostgres(t *testing.T) string {
	url := storetest.Postgres(t)
	pool, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec("DROP SCHEMA public CASCADE; CREATE SCHEMA public"); err != nil {
		t.Fatal(err)
	}
	return url
}

func TestEightProcessesStartOnAnEmptyDatabase(t *testing.T) {
	for name, url := range emptyDatabases(t) {
		t.Run(name, func(t *testing.T) {
			answers := at(8, func(int) error {
				process := exec.Command(os.Args[0])
				process.Env = append(os.Environ(), "START_ON_DATABASE="+url)
				output, err := process.CombinedOutput()
				if err != nil {
					return errors.Join(err, errors.New(string(output)))
				}
				return nil
			})
			if counted := tally(answers); counted["ok"] != 8 {
				t.Fatal(counted)
			}
			w := newWorld(t, url)
			var applied, versions int
			row := w.SQL().QueryRow("SELECT count(*), count(DISTINCT version_id) FROM goose_db_version")
			if err := row.Scan(&applied, &versions); err != nil || applied != versions || versions < 2 {
				t.Errorf("%d steps were applied for %d versions (%v)", applied, versions, err)
			}
		})
	}
}

func TestEightStoresOfOneProcessMigrateAtOnce(t *testing.T) {
	for name, url := range emptyDatabases(t) {
		t.Run(name, func(t *testing.T) {
			if counted := tally(at(8, func(int) error { return start(url) })); counted["ok"] != 8 {
				t.Fatal(counted)
			}
		})
	}
}

func TestReadyNeedsTheSchemaOfThisRelease(t *testing.T) {
	for name, url := range emptyDatabases(t) {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, url)
			if err := w.Ready(t.Context()); !errors.Is(err, errors.ServiceUnavailable) {
				t.Fatalf("ready without a table: %v", err)
			}
			if err := w.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := w.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
			// A later release migrates first and starts then.
			if _, err := w.SQL().Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999999, true)"); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(w.Ready(t.Context()), w.Migrate(t.Context())); err != nil {
				t.Errorf("the schema of a later release: %v", err)
			}
		})
	}
}

// What another process writes while this one waits for its turn is seen.
func TestMigrationOnSQLiteWaitsForItsTurn(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "new.db")
	w, other := newWorld(t, url), newWorld(t, url)
	// A database of an earlier release, so that there is something to read first.
	if _, err := other.SQL().Exec(`
		CREATE TABLE goose_db_version (id integer PRIMARY KEY, version_id integer, is_applied integer, tstamp timestamp);
		INSERT INTO goose_db_version (version_id, is_applied, tstamp) VALUES (0, 1, '2026-01-01 00:00:00')`); err != nil {
		t.Fatal(err)
	}
	holder, err := other.SQL().Begin()
	if err != nil {
		t.Fatal(err)
	}
	migrated := make(chan error)
	go func() { migrated <- w.Migrate(context.Background()) }()
	time.Sleep(50 * time.Millisecond)
	select {
	case err := <-migrated:
		t.Fatalf("migrated while another wrote: %v", err)
	default:
	}
	if _, err := holder.Exec("CREATE TABLE other (id int)"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(holder.Commit(), <-migrated, w.Ready(t.Context())); err != nil {
		t.Error(err)
	}
}

// A step that fails leaves nothing behind, and the next start can do it.
func TestMigrationThatFailsIsNotHalfDone(t *testing.T) {
	for name, url := range emptyDatabases(t) {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, url)
			if _, err := w.SQL().Exec("CREATE TABLE outbox_messages (stray int)"); err != nil {
				t.Fatal(err)
			}
			if err := w.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "was not migrated") {
				t.Fatalf("migrated over a table that was there: %v", err)
			}
			if _, err := w.SQL().Exec("SELECT 1 FROM customers"); err == nil {
				t.Error("a table of the failed step is there")
			}
			if _, err := w.SQL().Exec("SELECT 1 FROM goose_db_version"); err == nil && name == "sqlite" {
				t.Error("not all of it is one transaction")
			}
			if _, err := w.SQL().Exec("DROP TABLE outbox_messages"); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(w.Migrate(t.Context()), w.Ready(t.Context())); err != nil {
				t.Error(err)
			}
		})
	}
}

func BenchmarkFirstStartOnSQLite(b *testing.B) {
	for b.Loop() {
		if err := start("sqlite:" + filepath.Join(b.TempDir(), "new.db")); err != nil {
			b.Fatal(err)
		}
	}
}

func TestBothDatabasesHaveTheSameTables(t *testing.T) {
	var mu sync.Mutex
	columns := map[string][]string{}
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		query := "SELECT m.name || '.' || p.name FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'customer_search%'" // the index of a search is no table on PostgreSQL
		if w.Dialect() == "postgres" {
			query = "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'"
		}
		rows, err := w.SQL().Query(query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		mu.Lock()
		defer mu.Unlock()
		for rows.Next() {
			var column string
			if err := rows.Scan(&column); err != nil {
				t.Fatal(err)
			}
			columns[w.Dialect()] = append(columns[w.Dialect()], column)
		}
		slices.Sort(columns[w.Dialect()])
	})
	if difference := cmp.Diff(columns["sqlite"], columns["postgres"]); difference != "" || len(columns["sqlite"]) < 80 {
		t.Errorf("(- SQLite, + PostgreSQL) %s", difference)
	}
}
