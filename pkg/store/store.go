// Package store remembers models in SQLite or PostgreSQL, through GORM.
//
// It speaks in nouns (tx.Customer, tx.Addresses) and answers in the errors of
// the catalogue; nothing above it sees a GORM type. What it returns that is not
// in the catalogue is a fault of ours and belongs in the log.
package store

import (
	"context"
	"database/sql"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/clientelehq/clientele/errors"
)

// Config says where everything is kept.
type Config struct {
	// URL is sqlite:PATH, sqlite::memory: or postgres://…; the path may be
	// relative, and its folder has to exist. A database in memory has one
	// connection for all: there, Read within Write waits for ever.
	URL string
	// Now is the clock; nil is the machine's.
	Now func() time.Time
	// Logger is told of slow and of failed statements, never of values; nil is
	// the default one.
	Logger *slog.Logger
	// MaxConnections bounds the connections to PostgreSQL; 0 is 16, and fewer than
	// two are two. All of them stay open: opening one costs more than most requests.
	MaxConnections int
}

const defaultConnections = 16

// The names of the two databases, as Dialect answers them.
const (
	sqliteDialect   = "sqlite"
	postgresDialect = "postgres"
)

// Store is an open database.
type Store struct {
	dialect string
	now     func() time.Time
	reader  *gorm.DB
	writer  *gorm.DB
	// migrations opens the connection that migrations run on, outside of the
	// pools: it has no time limit, and holds the lock.
	migrations func() (*sql.DB, error)
	pools      []*sql.DB
	logger     *slog.Logger
}

// Open connects to the database and checks that it is set up as Clientele
// needs it. It neither makes nor changes a table. Errors are one line, for the
// operator, without the URL.
func Open(ctx context.Context, config Config) (*Store, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	if config.MaxConnections == 0 {
		config.MaxConnections = defaultConnections
	}
	s := &Store{now: config.Now, logger: config.Logger}
	if err := s.open(ctx, config); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, config Config) error {
	if path, found := strings.CutPrefix(config.URL, "sqlite:"); found {
		return s.openSQLite(ctx, path, config)
	}
	for _, scheme := range []string{"postgres://", "postgresql://"} {
		if strings.HasPrefix(config.URL, scheme) {
			return s.openPostgres(ctx, config)
		}
	}
	return errors.New("the database URL is none of sqlite:PATH, sqlite::memory: and postgres://…")
}

// over puts GORM on a pool.
func over(dialector gorm.Dialector, config Config) (*gorm.DB, error) {
	return gorm.Open(dialector, &gorm.Config{
		Logger:         statementLog{config.Logger},
		NamingStrategy: schema.NamingStrategy{IdentifierMaxLength: 63},

		// A transaction is a use case's, not a statement's: GORM's own would
		// double the round trips of a write.
		SkipDefaultTransaction: true,
		// Statements are prepared below GORM, by pgx and by keepingConn.
		PrepareStmt: false,
		// Columns by name: `SELECT *` would read, and break on, what a later
		// release adds to a table.
		QueryFields:              true,
		DisableNestedTransaction: true,
		DisableAutomaticPing:     true,
	})
}

// Dialect names the database: sqlite or postgres.
func (s *Store) Dialect() string { return s.dialect }

// Now is the store's clock: UTC, in whole microseconds, which is what both
// databases keep.
func (s *Store) Now() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// SQL is the pool that writes, for a job queue that lives in the same
// database. On SQLite it is one connection: whoever holds it holds up everybody.
func (s *Store) SQL() *sql.DB { return s.pools[0] }

// Close lets the connections go.
func (s *Store) Close() error {
	var errs []error
	for _, pool := range s.pools {
		errs = append(errs, pool.Close())
	}
	return errors.Join(errs...)
}

// Tx is a unit of work. Its methods are for the goroutine it was given to, and
// until the function returns.
type Tx struct {
	// Now is the time of everything in this unit.
	Now time.Time

	db      *gorm.DB
	dialect string
	undo    []func()
	touched []int64 // customers that were created or locked
	erased  bool    // somebody's personal data was deleted
	last    []func(*Tx) error
	named   map[string]bool // what of last is done once
}

// Context is that of the unit of work.
func (tx *Tx) Context() context.Context { return tx.db.Statement.Context }

// AtEnd has something done when the transaction has done everything else, before
// it is committed.
func (tx *Tx) AtEnd(do func(*Tx) error) { tx.last = append(tx.last, do) }

// AtEndOnce is AtEnd for what is done once, however often it is asked for by this
// name.
func (tx *Tx) AtEndOnce(name string, do func(*Tx) error) {
	if tx.named[name] {
		return
	}
	if tx.named == nil {
		tx.named = map[string]bool{}
	}
	tx.named[name] = true
	tx.AtEnd(do)
}

// SQL returns the transaction underneath, to enqueue a job in it; nil within
// Read.
func (tx *Tx) SQL() *sql.Tx {
	pool, _ := tx.db.Statement.ConnPool.(*sql.Tx)
	return pool
}

// Read runs fn without a transaction: each statement sees what was committed
// when it began. Within fn nothing may be written.
//
// Trouble with the database is ServiceUnavailable.
func (s *Store) Read(ctx context.Context, fn func(*Tx) error) error {
	if u := unitOf(ctx); u != nil {
		return u.read(ctx, fn)
	}
	var err error
	for attempt := range attempts {
		if err = pause(ctx, attempt); err != nil {
			break
		}
		err = fn(s.reading(ctx))
		if !isConnectionLost(err) {
			break
		}
	}
	return answer(err)
}

func (s *Store) reading(ctx context.Context) *Tx {
	return &Tx{Now: s.Now(), db: s.reader.WithContext(ctx), dialect: s.dialect}
}

// attempts is how often a unit of work is tried that failed through no fault
// of its own.
const attempts = 4

// Write runs fn in one transaction, which is committed when fn returns nil and
// otherwise leaves nothing behind. It sees all that was committed when a
// statement of it begins; whoever decides by a customer's row has to lock it
// first (LockCustomer).
//
// A transaction that the database chose to end (deadlock, serialization, a
// connection lost before the commit), or that saved a row changed meanwhile, is
// run again, at most three times: fn has to bear that. What the methods of tx
// wrote into models is taken back before.
//
// Trouble with the database is ServiceUnavailable. When that came during the
// commit itself, nobody can say whether it took place.
//
// With a context of Together, fn joins that transaction instead.
func (s *Store) Write(ctx context.Context, fn func(*Tx) error) error {
	if u := unitOf(ctx); u != nil {
		return u.write(ctx, fn)
	}
	return s.Together(ctx, func(ctx context.Context) error { return s.Write(ctx, fn) })
}

// Together makes one transaction of all that fn writes with the context it is
// given, in whatever function: the first Write begins it, and what is read from
// then on sees it. It is committed when fn returns nil; an error, of fn or of any
// Write, leaves nothing behind. What fn does before the first Write holds up
// nobody. A Together within another is a part of that.
//
// It is run again and answers like Write, and fn has to bear that.
func (s *Store) Together(ctx context.Context, fn func(context.Context) error) error {
	if unitOf(ctx) != nil {
		return fn(ctx)
	}
	if around, _ := ctx.Value(apartKey{}).(*unit); around != nil && around.tx != nil {
		return errApart
	}
	var err error
	for attempt := range attempts {
		if err = pause(ctx, attempt); err != nil {
			break
		}
		var committing bool
		committing, err = s.transact(ctx, fn)
		if committing && !isRolledBack(err) || !committing && !isRepeatable(err) {
			break
		}
	}
	return answer(err)
}

// Apart returns a context with which Write is a transaction of its own again,
// inside of Together: for what has to count even if the rest is taken back. It is
// for the time before the first Write of Together. After that it would wait for a
// connection that waits for it, so that such a Write is an error.
func (s *Store) Apart(ctx context.Context) context.Context {
	around := unitOf(ctx)
	return context.WithValue(context.WithValue(ctx, unitKey{}, (*unit)(nil)), apartKey{}, around)
}

type apartKey struct{}

var errApart = errors.New("a transaction apart from one that has begun")

// transact runs one attempt. It reports whether the commit was sent.
func (s *Store) transact(ctx context.Context, fn func(context.Context) error) (committing bool, err error) {
	u := &unit{store: s}
	defer u.rollback()
	if err = fn(context.WithValue(ctx, unitKey{}, u)); err != nil {
		return false, err
	}
	if err = u.finish(); err != nil {
		return false, err
	}
	erased := u.tx != nil && u.tx.erased
	if committing, err = u.commit(); err == nil && erased {
		s.overwrite(ctx)
	}
	return committing, err
}

// unit is the transaction that the Writes of one context share.
type unit struct {
	store   *Store
	tx      *Tx   // nil while nothing was written, and once it has ended
	failure error // of a Write: the transaction is gone, and with it all others
}

type unitKey struct{}

func unitOf(ctx context.Context) *unit {
	u, _ := ctx.Value(unitKey{}).(*unit)
	return u
}

func (u *unit) write(ctx context.Context, fn func(*Tx) error) error {
	if u.failure == nil && u.tx == nil {
		db := u.store.writer.WithContext(ctx).Begin()
		if u.failure = db.Error; u.failure == nil {
			u.tx = &Tx{Now: u.store.Now(), db: db, dialect: u.store.dialect}
		}
	}
	if u.failure == nil {
		if err := fn(u.tx); u.failure == nil { // it may have been set within, by a Write whose error was passed over
			u.failure = err
		}
	}
	if u.failure != nil {
		u.rollback()
	}
	return u.failure
}

// read sees what the unit has written. A connection that is lost is the whole
// unit's to try again.
func (u *unit) read(ctx context.Context, fn func(*Tx) error) error {
	if u.tx != nil {
		return fn(u.tx)
	}
	return fn(u.store.reading(ctx))
}

// finish does what was left for the end.
func (u *unit) finish() error {
	if u.tx == nil {
		return nil
	}
	for i := 0; i < len(u.tx.last); i++ { // what is done may leave more for the end
		if err := u.tx.last[i](u.tx); err != nil {
			return err
		}
	}
	return nil
}

// commit reports whether it was sent, like transact. That nothing was written
// is a success as well; that a failed Write was passed over is none.
func (u *unit) commit() (sent bool, err error) {
	if u.tx == nil {
		return u.failure == nil, u.failure
	}
	if err := u.tx.db.Commit().Error; err != nil {
		return true, err
	}
	u.tx = nil
	return true, nil
}

// rollback ends a transaction that was not committed.
func (u *unit) rollback() {
	if u.tx != nil {
		u.tx.db.Rollback()
		u.tx.takeBack()
		u.tx = nil
	}
}

// keep remembers a model before a method changes it, for the case that the
// transaction is rolled back: a number that was never given away must not stay
// in the struct, and reach the next attempt.
func keep[T any](tx *Tx, row *T) {
	before := *row
	tx.undo = append(tx.undo, func() { *row = before })
}

func (tx *Tx) takeBack() {
	for i := len(tx.undo) - 1; i >= 0; i-- {
		tx.undo[i]()
	}
}

// pause waits before an attempt that is not the first, longer each time and
// never the same, so that two transactions that met do not meet again.
func pause(ctx context.Context, attempt int) error {
	if attempt == 0 {
		return nil
	}
	wait := time.NewTimer(time.Duration(attempt)*5*time.Millisecond + rand.N(10*time.Millisecond)) // #nosec G404 -- chance, and no secret
	defer wait.Stop()
	select {
	case <-wait.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
