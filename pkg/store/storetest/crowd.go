package storetest

import (
	"testing"

	"github.com/clientelehq/clientele/pkg/store"
)

// Crowd fills an empty store DE with so many customers, in one statement of the
// database: the first is DE--1. Their names are made of twenty syllables, so that any
// three letters are in some, and few are in many. One in ten is a guest, one in fifty
// is disabled, has asked to be forgotten or is a company, each others; every tenth has
// `tier` in their metadata.
func Crowd(t testing.TB, s *store.Store, customers int) {
	t.Helper()
	tidy := "VACUUM ANALYZE" // as autovacuum does by and by
	moment := "TIMESTAMPTZ '2026-01-01 00:00:00+00:00'"
	numbers := "SELECT n FROM generate_series(1, $1::bigint) AS series (n)"
	if s.Dialect() == "sqlite" {
		tidy = "ANALYZE"
		moment = "'2026-01-01 00:00:00+00:00'"
		numbers = "WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < $1) SELECT n FROM series"
	}
	connection, err := s.SQL().Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if s.Dialect() == "postgres" { // a request's time would not do
		if _, err := connection.ExecContext(t.Context(), "SET statement_timeout = 0"); err != nil {
			t.Fatal(err)
		}
		defer func() { _, _ = connection.ExecContext(t.Context(), "RESET statement_timeout") }()
	}
	for _, statement := range []struct {
		sql    string
		values []any
	}{
		{crowd(numbers, moment), []any{customers, "\n\n"}},
		{"INSERT INTO reference_counters (store, last) VALUES ('DE', $1)", []any{customers}},
		{tidy, nil},
	} {
		if _, err := connection.ExecContext(t.Context(), statement.sql, statement.values...); err != nil {
			t.Fatal(err)
		}
	}
}

func crowd(numbers, moment string) string {
	return `
		INSERT INTO customers (store, number, reference, email, email_key, first_name, last_name, search, password_hash, confirmed_at,
		            disabled_at, request_to_be_forgotten, customer_type, metadata, created_at, updated_at)
		SELECT      'DE', n, 'DE--' || n, first || '.' || last || n || '@example.com', first || '.' || last || n || '@example.com', first, last,
		            $2 || first || ' ' || last || $2 || first || $2 || last || $2 || first || '.' || last || n || '@example.com',
		            CASE WHEN n % 10 <> 0 THEN '$argon2id$' END,
		            CASE WHEN n % 50 <> 1 THEN ` + moment + ` END,
		            CASE WHEN n % 50 = 2 THEN ` + moment + ` END,
		            n % 50 = 3,
		            CASE WHEN n % 50 = 4 THEN 'business' END,
		            CASE WHEN n % 10 = 5 THEN '{"tier":"' || (n % 1000) || '"}' ELSE '{}' END,
		            ` + moment + `, ` + moment + `
		FROM        (SELECT n, ` + syllable("n") + ` || ` + syllable("n / 20") + ` AS first, ` + syllable("n * 7") + ` || ` + syllable("n / 7") + ` || ` + syllable("n / 400") + ` AS last
		             FROM (` + numbers + `) AS all_numbers) AS named`
}

func syllable(number string) string {
	return `substr('ba be bi bo bu da de di do du ka ke ki ko ku la le li lo lu ', CAST((` + number + `) % 20 * 3 + 1 AS integer), 2)`
}
