package store

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/clientelehq/clientele/errors"
)

// slow is how long a statement may take before the operator hears of it.
const slow = 200 * time.Millisecond

// statementLog tells of slow and of failed statements. It never shows a value:
// by default GORM prints them, hashes, keys and names included, and does so
// exactly when the database is in trouble (trap T9).
type statementLog struct{ logger *slog.Logger }

// LogMode does nothing: what is logged does not depend on a mode.
func (l statementLog) LogMode(logger.LogLevel) logger.Interface { return l }

// Info, Warn and Error carry GORM's own remarks. They are formatted texts that
// may hold anything, so only the text's form is told.
func (l statementLog) Info(ctx context.Context, format string, _ ...any) {
	l.logger.DebugContext(ctx, "gorm: "+format)
}

// Warn is like Info.
func (l statementLog) Warn(ctx context.Context, format string, _ ...any) {
	l.logger.WarnContext(ctx, "gorm: "+format)
}

// Error is like Info.
func (l statementLog) Error(ctx context.Context, format string, _ ...any) {
	l.logger.ErrorContext(ctx, "gorm: "+format)
}

// ParamsFilter keeps the values out of the statement that Trace is given.
func (l statementLog) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}

// Trace hears of every statement.
func (l statementLog) Trace(ctx context.Context, began time.Time, statement func() (string, int64), err error) {
	took := time.Since(began)
	switch {
	case err != nil && !isExpected(err):
		sql, _ := statement()
		l.logger.WarnContext(ctx, "statement failed", "sql", plain(sql), "took", took, "error", describe(err))
	case took > slow:
		sql, rows := statement()
		l.logger.WarnContext(ctx, "statement was slow", "sql", plain(sql), "took", took, "rows", rows)
	}
}

// isExpected leaves out what is part of the work: nothing found, a rule kept, a
// transaction that is run again, a caller who went away.
func isExpected(err error) bool {
	return errors.Is(err, gorm.ErrRecordNotFound) || errors.Is(err, errNone) || errors.Is(err, context.Canceled) || brokenUniqueness(err) != "" || isBrokenReference(err) || isRolledBack(err)
}

// plain puts a statement on one line, and takes off the second dollar that GORM
// adds to PostgreSQL's placeholders where it was to fill a value in.
func plain(sql string) string {
	return placeholder.ReplaceAllString(strings.Join(strings.Fields(sql), " "), "$$$1")
}

var placeholder = regexp.MustCompile(`\$(\d+)\$`)

// describe tells an error without the values that PostgreSQL puts into some of
// its messages.
func describe(err error) string {
	if fault, ok := errors.AsType[*pgconn.PgError](err); ok {
		return fmt.Sprintf("SQLSTATE %s %s", fault.Code, fault.ConstraintName)
	}
	return err.Error()
}
