package store

import (
	"database/sql"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/clientelehq/clientele/errors"
)

// one returns the row that a query finds, or missing.
func one[T any](query *gorm.DB, missing error) (*T, error) {
	row := new(T)
	err := query.Take(row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, missing
	}
	if err != nil {
		return nil, err
	}
	return row, nil
}

// maybe returns the row that a query finds, or nil.
func maybe[T any](query *gorm.DB) (*T, error) {
	row, err := one[T](query, errNone)
	if errors.Is(err, errNone) {
		return nil, nil
	}
	return row, err
}

var errNone = errors.New("no row")

// many returns the rows that a query finds; never nil.
func many[T any](query *gorm.DB) ([]T, error) {
	rows := []T{}
	err := query.Find(&rows).Error
	return rows, err
}

// scan reads the one row that a statement in SQL returns, or errNone. GORM's
// Row is left aside: where a statement cannot be prepared, the connection being
// gone say, it hands out a row that panics when it is scanned.
func scan(statement *gorm.DB, places ...any) error {
	rows, err := statement.Rows()
	if err != nil {
		return err
	}
	return scanOne(rows, places)
}

// query is scan for a statement that GORM does not build.
func (tx *Tx) query(places []any, statement string, values ...any) (err error) {
	ctx, began := tx.db.Statement.Context, time.Now()
	defer func() {
		tx.db.Logger.Trace(ctx, began, func() (string, int64) { return statement, -1 }, err)
	}()
	rows, err := tx.db.Statement.ConnPool.QueryContext(ctx, statement, values...)
	if err != nil {
		return err
	}
	return scanOne(rows, places)
}

func scanOne(rows *sql.Rows, places []any) error {
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err
		}
		return errNone
	}
	if err := rows.Scan(places...); err != nil {
		return err
	}
	return rows.Close()
}

// insert adds a row. A row it refers to that does not exist is answered with
// missing.
func (tx *Tx) insert(row any, missing *errors.Error) error {
	if err := tx.storable(row); err != nil {
		return err
	}
	return refusal(tx.db.Create(row).Error, missing)
}

// storable refuses text that cannot be kept. PostgreSQL takes no NUL and no
// broken UTF-8 (SQLSTATE 22021) and SQLite takes both, so the answer is given
// here, the same for the two.
func (tx *Tx) storable(row any) error {
	statement := &gorm.Statement{DB: tx.db}
	if err := statement.Parse(row); err != nil {
		return err
	}
	value := reflect.Indirect(reflect.ValueOf(row))
	for _, field := range statement.Schema.Fields {
		content, _ := field.ValueOf(tx.db.Statement.Context, value)
		if text, ok := content.(*string); ok && text != nil {
			content = *text
		}
		if text, ok := content.(string); ok && !isStorable(text) {
			return errors.CharactersInvalid
		}
	}
	return nil
}

// isStorable reports whether a text can be in either database at all.
func isStorable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}
