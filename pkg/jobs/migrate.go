package jobs

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"

	"github.com/riverqueue/river/rivermigrate"

	"github.com/clientelehq/clientele/pkg/store"
)

// migrationLock is the advisory lock that PostgreSQL keeps for us; the number
// has no meaning but to be ours.
const migrationLock = 7_205_759_403_792_795

// Migrate makes or changes the queue's tables, which are River's. Of several
// processes that start at once one does the work and the others wait for it.
func (q *Queue) Migrate(ctx context.Context) error {
	migrate := q.migratePostgres
	if q.store.Dialect() == sqlite {
		migrate = q.migrateSQLite
	}
	if err := migrate(ctx); err != nil {
		return fmt.Errorf("job queue: the database was not migrated: %w", err)
	}
	return nil
}

func (q *Queue) migrator() (*rivermigrate.Migrator[*sql.Tx], error) {
	return rivermigrate.New(q.driver, &rivermigrate.Config{Logger: slog.New(warnings{q.options.Logger.Handler()})})
}

// migrateSQLite does all steps in one transaction. It has the lock for writing
// from its beginning, so whoever comes second sees what the first has done.
func (q *Queue) migrateSQLite(ctx context.Context) error {
	migrator, err := q.migrator()
	if err != nil {
		return err
	}
	return q.store.Write(ctx, func(tx *store.Tx) error {
		//lint:ignore SA1019 what cannot share a transaction is in the steps for PostgreSQL alone
		_, err := migrator.MigrateTx(ctx, tx.SQL(), rivermigrate.DirectionUp, nil)
		return err
	})
}

// migratePostgres does each step in a transaction of its own, for one uses the
// value of an enumeration that another has added. Beside them it holds a lock,
// in a transaction that lasts as long and is not timed.
func (q *Queue) migratePostgres(ctx context.Context) error {
	migrator, err := q.migrator()
	if err != nil {
		return err
	}
	lock, err := q.store.SQL().BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer lock.Rollback() //nolint:errcheck // nothing was changed in it
	for _, statement := range []string{
		"SET LOCAL statement_timeout = 0",
		"SET LOCAL idle_in_transaction_session_timeout = 0",
		fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", migrationLock),
	} {
		if _, err := lock.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}
