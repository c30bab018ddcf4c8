package apitest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Search lists the columns, of any table in any schema, that hold a word: what is
// left of somebody who was anonymised, for example.
func (s *Service) Search(word string) (found []string) {
	s.t.Helper()
	tables := `SELECT name, '"' || name || '"' AS quoted FROM sqlite_schema WHERE type = 'table'`
	if s.isPostgres() {
		tables = `
			SELECT table_name AS name, quote_ident(table_schema) || '.' || quote_ident(table_name) AS quoted
			FROM   information_schema.tables
			WHERE  table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`
	}
	for _, table := range s.Rows(tables) {
		for _, row := range s.Rows(fmt.Sprint("SELECT * FROM ", table["quoted"])) {
			for column, value := range row {
				if strings.Contains(fmt.Sprint(value), word) {
					found = append(found, fmt.Sprint(table["name"])+"."+column)
				}
			}
		}
	}
	return found
}

// Dump returns what there is to whoever takes the database away while the service
// runs: on SQLite the bytes of its files, on PostgreSQL what pg_dump writes. Where
// that is not at hand the map is empty; Search has looked at the same rows.
func (s *Service) Dump() map[string]string {
	s.t.Helper()
	contents := map[string]string{}
	if s.isPostgres() {
		if program := s.pgDump(); program != "" {
			contents["pg_dump"] = s.run(program, "--dbname="+s.Database)
		}
		return contents
	}
	path := strings.TrimPrefix(s.Database, "sqlite:")
	for _, file := range []string{path, path + "-wal", path + "-shm"} {
		// By another process: this one would let go of all its locks on the file
		// when it closed it.
		contents[filepath.Base(file)] = s.run("cat", file)
	}
	return contents
}

// pgDump finds the program that came with the server; "" when that is another machine's.
func (s *Service) pgDump() string {
	s.t.Helper()
	for _, row := range s.Rows("SELECT setting FROM pg_config WHERE name = 'BINDIR'") {
		path := filepath.Join(fmt.Sprint(row["setting"]), "pg_dump")
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

func (s *Service) run(program string, arguments ...string) string {
	s.t.Helper()
	var complaints strings.Builder
	command := exec.CommandContext(s.t.Context(), program, arguments...) // #nosec G204 -- the tests name it
	command.Stderr = &complaints
	output, err := command.Output()
	if err != nil {
		s.t.Fatalf("%s: %v: %s", program, err, complaints.String())
	}
	return string(output)
}

func (s *Service) isPostgres() bool { return s.App.Accounts().Store.Dialect() == "postgres" }

// Rows returns what a query finds, by the names of its columns.
func (s *Service) Rows(query string) (all []map[string]any) {
	s.t.Helper()
	rows, err := s.App.Accounts().Store.SQL().Query(query)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		s.t.Fatal(err)
	}
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			s.t.Fatal(err)
		}
		row := map[string]any{}
		for i, value := range values {
			content := *value.(*any)
			if raw, ok := content.([]byte); ok {
				content = string(raw)
			}
			row[columns[i]] = content
		}
		all = append(all, row)
	}
	return all
}
