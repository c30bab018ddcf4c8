// Package storetest gives each test a database of its own, with the schema in
// place: a copied file, or a database that the server copies from a template.
package storetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver for the server's own statements

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/migrations"
	"github.com/clientelehq/clientele/pkg/store"
)

// Each runs a test on both databases at once, in subtests named after them, and
// returns when both have ended.
func Each(t *testing.T, run func(t *testing.T, url string)) {
	t.Helper()
	t.Run("on", func(t *testing.T) {
		for name, database := range map[string]func(testing.TB) string{"sqlite": SQLite, "postgres": Postgres} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				run(t, database(t))
			})
		}
	})
}

// Preparation is what a package's databases need beyond the store's schema,
// the tables of a job queue say.
type Preparation struct {
	Name string // tells it from others, and from its own older versions
	Run  func(ctx context.Context, url string) error
}

var preparation = Preparation{Run: func(context.Context, string) error { return nil }}

// Prepare adds a preparation to the databases of this process. It has to be
// called before the first is asked for; an init function is the place.
func Prepare(p Preparation) { preparation = p }

// makeTemplate migrates the empty database behind url and prepares it.
func makeTemplate(ctx context.Context, url string) error {
	s, err := store.Open(ctx, store.Config{URL: url})
	if err != nil {
		return err
	}
	if err := errors.Join(s.Migrate(ctx), s.Close()); err != nil {
		return err
	}
	return preparation.Run(ctx, url)
}

// SQLite returns the URL of a new file, which goes with the test.
func SQLite(t testing.TB) string {
	t.Helper()
	content, err := sqliteTemplate()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "clientele.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}

// sqliteTemplate is made once a process and kept in memory.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "clientele-template-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "clientele.db")
	if err := makeTemplate(context.Background(), "sqlite:"+path); err != nil {
		return nil, err
	}
	return os.ReadFile(path) // the last connection to close wrote the log back into it
})

// Postgres returns the URL of a new database on the server that
// TEST_POSTGRES_URL names; it is dropped when the test ends. Without the
// variable the test fails: one that was left out looks like one that passed.
func Postgres(t testing.TB) string {
	t.Helper()
	s, err := server()
	if err != nil {
		t.Fatal(err)
	}
	name := "test_" + strings.ToLower(rand.Text())
	// Copied as files, which takes a quarter of the time of a copy by the log.
	if err := s.run("CREATE DATABASE " + name + " TEMPLATE " + s.template + " STRATEGY file_copy"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.run("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return s.database(name)
}

// postgres is the server that the databases are made on.
type postgres struct {
	url      *url.URL
	pool     *sql.DB
	template string
}

var server = sync.OnceValues(func() (*postgres, error) {
	given := os.Getenv("TEST_POSTGRES_URL")
	if given == "" {
		return nil, errors.New("TEST_POSTGRES_URL is not set: run the tests by `make test`, or by `.ci/with-postgres go test …`")
	}
	parsed, err := url.Parse(given)
	if err != nil {
		return nil, err
	}
	pool, err := sql.Open("pgx", given)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(2)
	s := &postgres{url: parsed, pool: pool}
	if s.template, err = templateName(); err != nil {
		return nil, err
	}
	return s, s.makeTemplate()
})

func (s *postgres) run(statement string) error {
	_, err := s.pool.Exec(statement)
	return err
}

func (s *postgres) database(name string) string {
	u := *s.url
	u.Path = "/" + name
	return u.String()
}

// makeTemplate makes the template unless another process has. It gets its name
// when it is complete: a process that was killed half-way leaves nothing that
// would be taken for one.
func (s *postgres) makeTemplate() error {
	ctx := context.Background()
	conn, err := s.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(hashtext($1))", s.template); err != nil {
		return err
	}
	defer conn.ExecContext(ctx, "SELECT pg_advisory_unlock(hashtext($1))", s.template)
	var made bool
	if err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", s.template).Scan(&made); err != nil || made {
		return err
	}
	unfinished := s.template + "_unfinished"
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + unfinished + " WITH (FORCE)", "CREATE DATABASE " + unfinished} {
		if err := s.run(statement); err != nil {
			return err
		}
	}
	if err := makeTemplate(ctx, s.database(unfinished)); err != nil {
		return err
	}
	return s.run("ALTER DATABASE " + unfinished + " RENAME TO " + s.template)
}

// templateName changes with every change of the schema.
func templateName() (string, error) {
	digest := sha256.New()
	fmt.Fprint(digest, preparation.Name)
	err := fs.WalkDir(migrations.Files, "postgres", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := migrations.Files.ReadFile(path)
		fmt.Fprintf(digest, "\x00%s\x00%s", path, content)
		return err
	})
	return "clientele_template_" + hex.EncodeToString(digest.Sum(nil)[:8]), err
}
