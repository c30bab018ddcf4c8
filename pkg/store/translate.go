package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/clientelehq/clientele/errors"
)

// duplicates tells what a broken rule of uniqueness means. PostgreSQL names the
// rule, SQLite its columns.
var duplicates = map[string]*errors.Error{
	"customers_account_email":              errors.EmailTaken,
	"customers.store, customers.email_key": errors.EmailTaken,
	"customers_reference":                  errors.ResourceIDTaken,
	"customers.reference":                  errors.ResourceIDTaken,
	"customers_number":                     errors.ResourceIDTaken,
	"customers.store, customers.number":    errors.ResourceIDTaken,
}

// ErrAgain has the unit of work done again that a function of Write or Together
// returns it from: a row that is saved was changed since it was read, or somebody
// else was first.
var ErrAgain = errors.New("the row was changed meanwhile")

// retryAfter is what callers are told while the database is away: it mostly
// comes back within a moment, or not soon.
const retryAfter = time.Second

// refusal turns the database's refusal of a row into the catalogue's words. A
// row referred to that does not exist is missing; nil leaves the error as it is.
func refusal(err error, missing *errors.Error) error {
	if err == nil {
		return nil
	}
	if known, found := duplicates[brokenUniqueness(err)]; found {
		return known.Because(err)
	}
	if isForeignSource(err) {
		return errors.PaymentSourceNotFound.Because(err)
	}
	if missing != nil && isBrokenReference(err) {
		return missing.Because(err)
	}
	if isUnstorable(err) {
		return errors.CharactersInvalid.Because(err)
	}
	return err
}

// brokenUniqueness names the rule that a row would break, or "".
func brokenUniqueness(err error) string {
	if fault, ok := errors.AsType[*pgconn.PgError](err); ok && fault.Code == "23505" {
		return fault.ConstraintName
	}
	if fault, ok := errors.AsType[*sqlite.Error](err); ok {
		switch fault.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			_, columns, _ := strings.Cut(fault.Error(), "UNIQUE constraint failed: ")
			columns, _, _ = strings.Cut(columns, " (")
			return columns
		}
	}
	return ""
}

func isBrokenReference(err error) bool {
	if fault, ok := errors.AsType[*pgconn.PgError](err); ok {
		return fault.Code == "23503"
	}
	fault, ok := errors.AsType[*sqlite.Error](err)
	return ok && fault.Code() == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
}

// isForeignSource reports whether a customer's default would be a payment source that
// is not theirs. SQLite has a trigger for it.
func isForeignSource(err error) bool {
	const rule = "customers_default_source"
	if fault, ok := errors.AsType[*pgconn.PgError](err); ok {
		return fault.Code == "23503" && fault.ConstraintName == rule
	}
	fault, ok := errors.AsType[*sqlite.Error](err)
	return ok && fault.Code() == sqlite3.SQLITE_CONSTRAINT_TRIGGER && strings.Contains(fault.Error(), rule)
}

// isUnstorable catches what storable, which knows rows alone, did not see.
func isUnstorable(err error) bool {
	fault, ok := errors.AsType[*pgconn.PgError](err)
	return ok && fault.Code == "22021"
}

// isRolledBack reports whether the database ended a transaction that would
// succeed on its own.
func isRolledBack(err error) bool {
	fault, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (fault.Code == "40001" || fault.Code == "40P01")
}

// isRepeatable reports whether a transaction that was not committed may
// succeed when it is run again.
func isRepeatable(err error) bool {
	return isRolledBack(err) || errors.Is(err, ErrAgain) || isConnectionLost(err)
}

// isConnectionLost reports whether a connection that had worked broke. That
// none could be made is left out: another attempt would find the same.
func isConnectionLost(err error) bool {
	if err == nil || isTimeout(err) {
		return false
	}
	if fault, ok := errors.AsType[*pgconn.PgError](err); ok {
		return slices.Contains([]string{"57P01", "57P02"}, fault.Code)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return false
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return true
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || strings.HasSuffix(err.Error(), "conn closed")
}

func isTimeout(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err)
}

func isBusy(err error) bool {
	fault, ok := errors.AsType[*sqlite.Error](err)
	return ok && fault.Code()&0xff == sqlite3.SQLITE_BUSY
}

// isTrouble reports whether the database, or the way to it, is at fault, and
// not the statement.
func isTrouble(err error) bool {
	if fault, ok := errors.AsType[*pgconn.PgError](err); ok {
		return isTroubleCode(fault.Code)
	}
	if fault, ok := errors.AsType[*sqlite.Error](err); ok {
		switch fault.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_INTERRUPT:
			return true
		}
		return false
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) || err.Error() == "sql: database is closed" {
		return true // this process is stopping
	}
	return isTimeout(err) || isRepeatable(err)
}

// isTroubleCode knows the SQLSTATEs (PostgreSQL, appendix A): connections,
// transactions ended, resources, operators' doing, the machine; and writes to a
// server that became read-only in a failover.
func isTroubleCode(code string) bool {
	for _, class := range []string{"08", "40", "53", "57", "58"} {
		if strings.HasPrefix(code, class) {
			return true
		}
	}
	return slices.Contains([]string{"55P03", "25006", "25P03"}, code)
}

// answer is what a unit of work ends with: the catalogue's errors as they are,
// trouble with the database as ServiceUnavailable, and the rest untouched.
func answer(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*errors.Error](err); ok {
		return err
	}
	if isTrouble(err) {
		return errors.ServiceUnavailable.Because(err).After(retryAfter)
	}
	return err
}
