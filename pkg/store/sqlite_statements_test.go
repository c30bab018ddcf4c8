package store_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"testing"

	"modernc.org/sqlite"

	"github.com/clientelehq/clientele/pkg/store"
)

// compiling counts what a connection prepares.
type compiling struct {
	driver.Connector
	prepared map[string]int
	closed   int
}

func (c *compiling) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return compilingConn{conn.(store.SQLiteConn), c}, nil
}

type compilingConn struct {
	store.SQLiteConn
	counts *compiling
}

func (c compilingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	c.counts.prepared[query]++
	stmt, err := c.SQLiteConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return compiledStmt{stmt.(store.SQLiteStmt), c.counts}, nil
}

type compiledStmt struct {
	store.SQLiteStmt
	counts *compiling
}

func (s compiledStmt) Close() error {
	s.counts.closed++
	return s.SQLiteStmt.Close()
}

// keeping opens a database in memory with one connection.
func keeping(t *testing.T) (*sql.DB, *compiling) {
	t.Helper()
	connector, err := sqlite.NewConnector(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	counts := &compiling{Connector: connector, prepared: map[string]int{}}
	pool := sql.OpenDB(store.KeepStatements(counts))
	t.Cleanup(func() { _ = pool.Close() })
	pool.SetMaxOpenConns(1)
	return pool, counts
}

type executor interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func run(t *testing.T, on executor, query string, args ...any) {
	t.Helper()
	if _, err := on.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

// column returns the values of one column.
func column(t *testing.T, on executor, query string, args ...any) (values []any) {
	t.Helper()
	rows, err := on.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var value any
		if err := rows.Scan(&value); err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}

func TestStatementsAreCompiledOnceAConnection(t *testing.T) {
	pool, counts := keeping(t)
	run(t, pool, "CREATE TABLE notes (id integer PRIMARY KEY, text text UNIQUE)")
	const insert, read = "INSERT INTO notes (text) VALUES (?)", "SELECT text FROM notes WHERE id > ? ORDER BY id"
	for n := range 5 {
		tx, err := pool.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		run(t, tx, insert, fmt.Sprint(n))
		if _, err := tx.ExecContext(t.Context(), insert, fmt.Sprint(n)); err == nil {
			t.Error("the same text twice")
		}
		if values := column(t, tx, read, n); len(values) != 1 || values[0] != fmt.Sprint(n) {
			t.Errorf("read %v", values)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	if counts.prepared[insert] != 1 || counts.prepared[read] != 1 || counts.closed != 0 {
		t.Errorf("prepared %v, closed %d", counts.prepared, counts.closed)
	}
	// What a value was bound to is no more when the next one binds none.
	if values := column(t, pool, "SELECT ?1", "a"); len(values) != 1 || values[0] != "a" {
		t.Error(values)
	}
	if rows, err := pool.QueryContext(t.Context(), "SELECT ?1"); err == nil {
		_ = rows.Close()
		t.Error("a value was left out")
	}
	run(t, pool, "ALTER TABLE notes RENAME COLUMN text TO body")
	if _, err := pool.QueryContext(t.Context(), read, 0); err == nil {
		t.Error("a column that is no more was read")
	}
	run(t, pool, "ALTER TABLE notes RENAME COLUMN body TO text")
	if values := column(t, pool, read, 3); len(values) != 2 {
		t.Errorf("after the table has changed: %v", values)
	}
}

// While rows are read, their statement is in use.
func TestAStatementIsRunWithinItsOwnRows(t *testing.T) {
	pool, counts := keeping(t)
	run(t, pool, "CREATE TABLE numbers (n integer)")
	run(t, pool, "INSERT INTO numbers VALUES (1), (2), (3)")
	const read = "SELECT n FROM numbers ORDER BY n"
	tx, err := pool.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for range 2 {
		rows, err := tx.QueryContext(t.Context(), read)
		if err != nil {
			t.Fatal(err)
		}
		var outer []int
		for rows.Next() {
			var n int
			if err := rows.Scan(&n); err != nil {
				t.Fatal(err)
			}
			outer = append(outer, n)
			if inner := column(t, tx, read); len(inner) != 3 {
				t.Errorf("within: %v", inner)
			}
		}
		if err := rows.Close(); err != nil || len(outer) != 3 {
			t.Errorf("%v %v", outer, err)
		}
	}
	if counts.prepared[read] != 3 || counts.closed != 2 { // one is kept
		t.Errorf("prepared %d times, %d closed", counts.prepared[read], counts.closed)
	}
}

func TestNotAllStatementsAreKept(t *testing.T) {
	pool, counts := keeping(t)
	const texts = 3 * store.MostStatements
	for n := range texts {
		run(t, pool, fmt.Sprintf("SELECT %d", n))
	}
	if counts.closed != texts-store.MostStatements {
		t.Errorf("%d of %d were closed", counts.closed, texts)
	}
	if err := pool.Close(); err != nil || counts.closed != texts {
		t.Errorf("%v: %d of %d were closed in the end", err, counts.closed, texts)
	}
}
