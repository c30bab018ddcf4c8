package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	gormlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"modernc.org/sqlite"

	"github.com/clientelehq/clientele/errors"
)

// pragmas is how every connection has to be set up. SQLite's own defaults
// neither hold foreign keys nor survive a power cut, and a driver that sets
// them late or not at all says nothing (trap T10).
var pragmas = []struct{ name, value string }{
	{"foreign_keys", "1"},
	{"synchronous", "2"},   // FULL: what was acknowledged is on the disk
	{"secure_delete", "1"}, // what was erased is not left in free pages
	{"busy_timeout", "5000"},
}

// sqliteFile is one database, on disk or in memory, and makes data source
// names for its connections.
type sqliteFile struct {
	name   string // a file: URI
	memory bool
}

// dataSource returns the name for a connection with further settings. Times
// are text in UTC with one format, which sorts as it should: the fraction is cut
// short, and `+` comes before the digits and the dot.
func (f sqliteFile) dataSource(settings ...string) string {
	query := []string{"_time_format=sqlite", "_timezone=UTC"}
	for _, pragma := range pragmas {
		query = append(query, fmt.Sprintf("_pragma=%s(%s)", pragma.name, pragma.value))
	}
	separator := "?"
	if f.memory {
		separator = "&"
	}
	return f.name + separator + strings.Join(append(query, settings...), "&")
}

func newSQLiteFile(path string) (sqliteFile, error) {
	if path == ":memory:" {
		// A name of its own in the memory file system that SQLite has for the whole
		// process: connections to it see one database.
		return sqliteFile{name: "file:/" + uuid.NewString() + "?vfs=memdb", memory: true}, nil
	}
	if path == "" || strings.HasPrefix(path, "//") && !strings.HasPrefix(path, "///") {
		return sqliteFile{}, errors.New("the database URL has the form sqlite:PATH, without slashes before a relative path")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return sqliteFile{}, err
	}
	folder := filepath.Dir(path)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return sqliteFile{}, errors.New("the folder of the database does not exist: " + folder)
	}
	if err := createPrivate(path); err != nil {
		return sqliteFile{}, fmt.Errorf("the SQLite database cannot be created: %w", err)
	}
	return sqliteFile{name: "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()}, nil
}

// creating keeps the file from being opened by SQLite while it is closed here:
// the system lets go of all locks that a process has on a file with the first
// descriptor that it closes.
var creating sync.Mutex

// createPrivate makes a new database readable by its owner alone: it holds
// people's names and sealed keys, and SQLite would go by the umask. The files
// beside it take over its mode.
func createPrivate(path string) error {
	creating.Lock()
	defer creating.Unlock()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if os.IsExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return file.Close()
}

func (s *Store) openSQLite(ctx context.Context, path string, config Config) error {
	s.dialect = sqliteDialect
	file, err := newSQLiteFile(path)
	if err != nil {
		return err
	}
	s.migrations = func() (*sql.DB, error) { return openSavepoints(file) }
	if s.writer, err = s.openPool(ctx, file, config, 1, "_txlock=immediate", "_pragma=journal_mode(wal)"); err != nil {
		return err
	}
	if file.memory {
		return s.shareMemory(file)
	}
	s.reader, err = s.openPool(ctx, file, config, max(4, runtime.GOMAXPROCS(0)), "_pragma=query_only(1)")
	return err
}

// shareMemory lets readers use the writer's connection: a database in memory
// has no write-ahead log, so a reader beside a writer would have to wait
// anyway, and in turn is fairer than by polling. A second connection does
// nothing but keep the database from vanishing with the first.
func (s *Store) shareMemory(file sqliteFile) error {
	s.reader = s.writer
	anchor, err := sql.Open("sqlite", file.dataSource())
	if err != nil {
		return err
	}
	s.pools = append(s.pools, anchor)
	anchor.SetMaxIdleConns(1)
	return anchor.Ping()
}

// openPool opens connections that stay, and checks each of their settings on
// the first.
//
// There is one writer: SQLite has one lock for writing, and a queue in front of
// it is fair where its busy handler is not. A transaction takes the lock when it
// begins, for one that reads first and then wants to write fails (trap T19).
func (s *Store) openPool(ctx context.Context, file sqliteFile, config Config, size int, settings ...string) (*gorm.DB, error) {
	connector, err := sqlite.NewConnector(file.dataSource(settings...))
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(keepingConnector{connector})
	s.pools = append(s.pools, pool)
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	if err := patiently(ctx, func() error { return checkPragmas(ctx, pool, file) }); err != nil {
		return nil, err
	}
	return over(&gormlite.Dialector{DriverName: "sqlite", Conn: pool}, config)
}

// overwrite leaves nothing of what was deleted in the files: the database itself has
// zeros there already, but its write-ahead log keeps former pages until it happens
// to be written from its beginning again. PostgreSQL sees to that by itself.
//
// It waits for readers as long as a statement waits for a lock. Some program that
// reads for longer, a backup say, leaves the log as it is until the next time.
func (s *Store) overwrite(ctx context.Context) {
	if s.dialect != sqliteDialect {
		return
	}
	var busy, pages, written int
	err := s.SQL().QueryRowContext(context.WithoutCancel(ctx), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &written)
	if err != nil || busy != 0 {
		s.logger.WarnContext(ctx, "what was erased stays in the write-ahead log for now", "error", err)
	}
}

// patiently tries again while a database is busy. Of several processes that turn
// a new file to its write-ahead log at the same time, SQLite refuses some at
// once and does not let them wait for busy_timeout.
func patiently(ctx context.Context, open func() error) error {
	deadline := time.Now().Add(5 * time.Second)
	for attempt := 0; ; attempt++ {
		if err := pause(ctx, min(attempt, 4)); err != nil {
			return err
		}
		err := open()
		if !isBusy(err) || time.Now().After(deadline) {
			return err
		}
	}
}

// checkPragmas reads the settings back.
func checkPragmas(ctx context.Context, pool *sql.DB, file sqliteFile) error {
	expected := append(pragmas[:len(pragmas):len(pragmas)], struct{ name, value string }{"journal_mode", "wal"})
	for _, pragma := range expected {
		var value string
		if err := pool.QueryRowContext(ctx, "PRAGMA "+pragma.name).Scan(&value); err != nil {
			return fmt.Errorf("the SQLite database cannot be opened: %w", err)
		}
		if file.memory && pragma.name == "journal_mode" {
			continue
		}
		if value != pragma.value {
			return fmt.Errorf("the SQLite database has %s %s where %s is needed", pragma.name, value, pragma.value)
		}
	}
	return nil
}

// openSavepoints opens one connection on which every transaction is a
// savepoint. So all migrations can run inside of one transaction that the
// caller began, although goose begins one for each of them.
func openSavepoints(file sqliteFile) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(file.dataSource())
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(savepoints{connector})
	pool.SetMaxOpenConns(1)
	return pool, nil
}

type savepoints struct{ driver.Connector }

// Connect opens a connection whose transactions are savepoints.
func (s savepoints) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := s.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return savepointConn{conn}, nil
}

type savepointConn struct{ driver.Conn }

// Begin sets a savepoint.
func (c savepointConn) Begin() (driver.Tx, error) { return c, c.run("SAVEPOINT step") }

// Commit keeps what was done since the savepoint.
func (c savepointConn) Commit() error { return c.run("RELEASE step") }

// Rollback takes back what was done since the savepoint.
func (c savepointConn) Rollback() error { return c.run("ROLLBACK TO step; RELEASE step") }

func (c savepointConn) run(statement string) error {
	_, err := c.Conn.(driver.ExecerContext).ExecContext(context.Background(), statement, nil)
	return err
}
