package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/migrations"
)

// migrationLock is the advisory lock that PostgreSQL keeps for us; the number
// has no meaning but to be ours.
const migrationLock = 7_205_759_403_792_794

// versionTable is goose's own name for it, so that its command works on our
// databases.
const versionTable = goose.DefaultTablename

// Migrate brings the database to this release's schema. Of several processes
// that start at once one does the work and the others wait for it. A database
// that is up to date, or of a later release, is left alone.
//
// On SQLite all pending steps are one transaction; on PostgreSQL each step is.
func (s *Store) Migrate(ctx context.Context) error {
	ours, err := s.latest()
	if err != nil {
		return err
	}
	if version, err := s.version(ctx); err != nil || version >= ours {
		return err
	}
	pool, err := s.migrations()
	if err != nil {
		return err
	}
	defer pool.Close()
	conn, err := pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("the database cannot be migrated: %w", err)
	}
	defer conn.Close()
	if s.dialect == postgresDialect {
		err = s.migratePostgres(ctx, pool, conn)
	} else {
		err = s.migrateSQLite(ctx, pool, conn)
	}
	if err != nil {
		return fmt.Errorf("the database was not migrated: %w", err)
	}
	return nil
}

// migratePostgres holds a lock of the session, which ends with the connection
// even when this process is killed. Goose has such a lock too, which asks for
// it once a second or less; this one waits in the server.
func (s *Store) migratePostgres(ctx context.Context, pool *sql.DB, conn *sql.Conn) (err error) {
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", migrationLock); err != nil {
		return err
	}
	defer func() {
		_, unlocked := conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", migrationLock)
		err = errors.Join(err, unlocked)
	}()
	return s.up(ctx, goose.DialectPostgres, pool)
}

// migrateSQLite holds the lock for writing, which is that of the transaction
// around all steps. A step that fails, and a kill at any moment, leave the
// database as it was.
func (s *Store) migrateSQLite(ctx context.Context, pool *sql.DB, conn *sql.Conn) (err error) {
	// Whoever comes second waits for the first to have migrated. Foreign keys are
	// checked once at the end: a table that is rebuilt breaks them for a while.
	if _, err := conn.ExecContext(ctx, "PRAGMA busy_timeout = 60000; PRAGMA foreign_keys = 0; BEGIN IMMEDIATE"); err != nil {
		return err
	}
	// The pool has this connection alone; goose gets it, and the transaction
	// with it.
	if err := conn.Close(); err != nil {
		return err
	}
	if err = s.up(ctx, goose.DialectSQLite3, pool); err == nil {
		err = checkReferences(ctx, pool)
	}
	if err != nil {
		_, undone := pool.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return errors.Join(err, undone)
	}
	_, err = pool.ExecContext(ctx, "COMMIT")
	return err
}

// checkReferences looks for rows that refer to none.
func checkReferences(ctx context.Context, pool *sql.DB) error {
	var broken int
	err := pool.QueryRowContext(ctx, "SELECT count(*) FROM pragma_foreign_key_check").Scan(&broken)
	if err == nil && broken > 0 {
		err = fmt.Errorf("%d rows would refer to rows that are not there", broken)
	}
	return err
}

func (s *Store) up(ctx context.Context, dialect goose.Dialect, pool *sql.DB) error {
	steps, err := s.steps()
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(dialect, pool, steps, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

func (s *Store) steps() (fs.FS, error) { return fs.Sub(migrations.Files, s.dialect) }

// latest is the schema version of this release.
func (s *Store) latest() (latest int64, err error) {
	steps, err := s.steps()
	if err != nil {
		return 0, err
	}
	names, err := fs.Glob(steps, "*.sql")
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return 0, err
		}
		latest = max(latest, version)
	}
	return latest, nil
}

// version is the schema version of the database, 0 for an empty one.
func (s *Store) version(ctx context.Context) (version int64, err error) {
	db := s.reader.WithContext(ctx)
	tables := db.Raw("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?", versionTable)
	if s.dialect == postgresDialect {
		tables = db.Raw("SELECT count(*) FROM pg_class WHERE oid = to_regclass(?)", versionTable)
	}
	var found int
	if err := scan(tables, &found); err != nil || found == 0 {
		return 0, err
	}
	err = scan(db.Raw("SELECT coalesce(max(version_id), 0) FROM "+versionTable+" WHERE is_applied"), &version)
	return version, err
}

// Ready reports whether the database answers and has this release's schema, or
// a later one: while replicas are replaced one by one, the old ones work on the
// new schema. It returns ServiceUnavailable otherwise.
func (s *Store) Ready(ctx context.Context) error {
	ours, err := s.latest()
	if err != nil {
		return err
	}
	version, err := s.version(ctx)
	if err != nil {
		return errors.ServiceUnavailable.Because(err).After(retryAfter)
	}
	if version < ours {
		return errors.ServiceUnavailable.Because(fmt.Errorf("the schema has version %d and this release needs %d", version, ours))
	}
	return nil
}
