package apitest

import (
	"fmt"
	"strings"
)

// Search lists the columns, of any table, that hold a word: what is left of
// somebody who was anonymised, for example.
func (s *Service) Search(word string) (found []string) {
	s.t.Helper()
	tables := "SELECT name FROM sqlite_schema WHERE type = 'table'"
	if s.App.Accounts().Store.Dialect() == "postgres" {
		tables = "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"
	}
	for _, table := range s.Rows(tables) {
		name := fmt.Sprint(table["name"])
		for _, row := range s.Rows(`SELECT * FROM "` + name + `"`) {
			for column, value := range row {
				if strings.Contains(fmt.Sprint(value), word) {
					found = append(found, name+"."+column)
				}
			}
		}
	}
	return found
}

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
