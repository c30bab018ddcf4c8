package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
	gormpostgres "gorm.io/driver/postgres"
	"gorm.io/gorm"

	"github.com/clientelehq/clientele/errors"
)

// limits is what a session of the server may not exceed, unless the URL says
// otherwise: a request has been given up long before, and a lock that nobody
// needs holds up others.
var limits = map[string]string{
	"statement_timeout":                   "5000",
	"idle_in_transaction_session_timeout": "10000",
	"application_name":                    "clientele",
}

// connectWithin bounds the making of a connection, where the URL does not.
const connectWithin = 5 * time.Second

func (s *Store) openPostgres(ctx context.Context, config Config) error {
	s.dialect = postgresDialect
	settings, err := postgresSettings(config.URL)
	if err != nil {
		return err
	}
	s.migrations = func() (*sql.DB, error) {
		unlimited := settings.Copy()
		unlimited.RuntimeParams["statement_timeout"] = "0"
		unlimited.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
		return stdlib.OpenDB(*unlimited), nil
	}
	// Half of the connections are for reading alone: what is written at the same
	// time can wait for one another's rows (the counters of logins do, in a
	// flood), and reads wait for nobody.
	readers := max(1, config.MaxConnections/2)
	if s.writer, err = s.openPostgresPool(ctx, settings, config, max(1, config.MaxConnections-readers)); err != nil {
		return err
	}
	s.reader, err = s.openPostgresPool(ctx, settings, config, readers)
	return err
}

func (s *Store) openPostgresPool(ctx context.Context, settings *pgx.ConnConfig, config Config, size int) (*gorm.DB, error) {
	pool := stdlib.OpenDB(*settings, stdlib.OptionAfterConnect(readTimesAsUTC))
	s.pools = append(s.pools, pool)
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	if err := pool.PingContext(ctx); err != nil {
		return nil, fmt.Errorf("the PostgreSQL database cannot be reached: %w", err)
	}
	return over(gormpostgres.New(gormpostgres.Config{Conn: pool}), config)
}

func postgresSettings(url string) (*pgx.ConnConfig, error) {
	settings, err := pgx.ParseConfig(url)
	if err != nil {
		// The driver's own words quote the URL, and with it the password.
		return nil, errors.New("the database URL cannot be read; it has the form postgres://user:password@host/name")
	}
	for name, value := range limits {
		if _, set := settings.RuntimeParams[name]; !set {
			settings.RuntimeParams[name] = value
		}
	}
	if settings.ConnectTimeout == 0 {
		settings.ConnectTimeout = connectWithin
	}
	return settings, nil
}

// readTimesAsUTC replaces the driver's default, which is the time zone of the
// machine.
func readTimesAsUTC(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name:  "timestamptz",
		OID:   pgtype.TimestamptzOID,
		Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}
