package store

import (
	"database/sql"
	"database/sql/driver"

	"gorm.io/gorm"

	"github.com/clientelehq/clientele/pkg/model"
)

// Pools shows the connection pools to tests: the writers' first.
func (s *Store) Pools() []*sql.DB { return s.pools }

// ListSQL is the statement by which a page of a filter is read, with its values in it.
func (tx *Tx) ListSQL(filter CustomerFilter) string {
	return tx.db.ToSQL(func(db *gorm.DB) *gorm.DB {
		query, err := filter.order(filter.narrow(db))
		if err != nil {
			panic(err) // a test's own literal
		}
		return query.Limit(filter.Limit).Find(&[]model.Customer{})
	})
}

// What tests of prepared statements on SQLite need.
type (
	SQLiteConn = sqliteConn
	SQLiteStmt = sqliteStmt
)

const MostStatements = mostStatements

func KeepStatements(connector driver.Connector) driver.Connector { return keepingConnector{connector} }
