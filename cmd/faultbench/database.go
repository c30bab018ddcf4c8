package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	_ "modernc.org/sqlite"             // the driver sqlite
)

// database is an empty one for one service.
type database struct {
	kind   string
	url    string // as the service reads it
	driver string
	source string
	drop   func() error
}

const (
	onSQLite   = "sqlite"
	onPostgres = "postgres"
)

// newDatabase makes a file in the folder, or a database on the server.
func newDatabase(ctx context.Context, kind, server, folder string) (*database, error) {
	if kind == onSQLite {
		path := filepath.Join(folder, "clientele.db")
		return &database{kind: kind, url: "sqlite:" + path, driver: "sqlite", source: "file:" + path + "?_pragma=busy_timeout(5000)", drop: func() error { return nil }}, nil
	}
	address, err := url.Parse(server)
	if err != nil || address.Scheme == "" {
		return nil, errors.New("the URL of the PostgreSQL server is none")
	}
	name := "faultbench_" + strings.ToLower(random())
	if err := execute(ctx, "pgx", server, "CREATE DATABASE "+name); err != nil {
		return nil, err
	}
	address.Path = "/" + name
	made := &database{kind: kind, url: address.String(), driver: "pgx", source: address.String()}
	made.drop = func() error {
		return execute(context.WithoutCancel(ctx), "pgx", server, "DROP DATABASE "+name+" WITH (FORCE)")
	}
	return made, nil
}

func execute(ctx context.Context, driver, source, statement string, args ...any) error {
	opened, err := sql.Open(driver, source)
	if err != nil {
		return err
	}
	_, err = opened.ExecContext(ctx, statement, args...)
	return errors.Join(err, opened.Close())
}

// age makes the wishes for restore letters that wait look older. It is the one
// thing that is done behind the service's back, while it does not run: two hours
// cannot be waited for, and nobody can move its clock.
func (d *database) age(ctx context.Context, by time.Duration) error {
	statement := `UPDATE river_job SET args = CAST(json_set(args, '$.asked', ?) AS blob) WHERE kind = 'letter_restore' AND finalized_at IS NULL`
	if d.kind == onPostgres {
		statement = `UPDATE river_job SET args = jsonb_set(args, '{asked}', to_jsonb($1::text)) WHERE kind = 'letter_restore' AND finalized_at IS NULL`
	}
	if err := execute(ctx, d.driver, d.source, statement, time.Now().Add(-by).UTC().Format(time.RFC3339)); err != nil {
		return fmt.Errorf("aging letters: %w", err)
	}
	return nil
}
