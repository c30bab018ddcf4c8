package store

import (
	"context"
	"database/sql/driver"
)

// mostStatements is how many prepared statements a connection keeps: more than we
// have, lists with their filters included.
const mostStatements = 256

// keepingConnector opens connections to SQLite that keep their prepared statements.
// It takes longer to compile most of ours than to run them; and what database/sql
// and GORM keep is compiled anew in every transaction.
type keepingConnector struct{ driver.Connector }

// Connect opens a connection.
func (k keepingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &keepingConn{sqliteConn: conn.(sqliteConn), idle: map[string]driver.Stmt{}}, nil
}

// sqliteConn is what a connection of the driver can do, except to run a query that
// is not prepared: without that database/sql prepares each, and closes the statement
// when its rows were read.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// keepingConn is used by one goroutine at a time, as database/sql promises, and so
// are its statements.
type keepingConn struct {
	sqliteConn
	idle map[string]driver.Stmt // by their text
}

// PrepareContext returns a statement that is in nobody's use.
func (c *keepingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	stmt, kept := c.idle[query]
	if kept {
		delete(c.idle, query)
	} else {
		var err error
		if stmt, err = c.sqliteConn.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
	}
	return keptStmt{stmt.(sqliteStmt), c, query}, nil
}

// Close closes the connection with its statements.
func (c *keepingConn) Close() error {
	for _, stmt := range c.idle {
		_ = stmt.Close()
	}
	return c.sqliteConn.Close()
}

type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type keptStmt struct {
	sqliteStmt
	conn  *keepingConn
	query string
}

// Close keeps the statement for the next one who prepares its text. The driver has
// reset it by then, and has forgotten its values. When there are too many, any other
// one goes.
func (s keptStmt) Close() error {
	idle := s.conn.idle
	if _, another := idle[s.query]; another {
		return s.sqliteStmt.Close()
	}
	for query, stmt := range idle {
		if len(idle) < mostStatements {
			break
		}
		delete(idle, query)
		if err := stmt.Close(); err != nil {
			return err
		}
	}
	idle[s.query] = s.sqliteStmt
	return nil
}
