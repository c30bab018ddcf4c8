package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

func TestFailedTransactionLeavesNothingBehind(t *testing.T) {
	each(t, func(w *world) {
		failure := errors.New("changed my mind")
		w.writeFails(failure, func(tx *store.Tx) error {
			if err := tx.CreateCustomer(newAccount("a@example.com")); err != nil {
				return err
			}
			return failure
		})
		func() {
			defer func() { recover() }()
			w.Write(context.Background(), func(tx *store.Tx) error {
				if err := tx.CreateCustomer(newAccount("a@example.com")); err != nil {
					return err
				}
				panic("in the middle")
			})
		}()
		if n := w.count("customers") + w.count("reference_counters"); n != 0 {
			w.Errorf("%d rows", n)
		}
		w.account("a@example.com") // nothing holds a lock
	})
}

func TestReadSeesWhatWasCommittedMeanwhile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.read(func(tx *store.Tx) error {
			if tx.SQL() != nil {
				w.Error("Read has a transaction")
			}
			_, before := tx.Customer("DE--1")
			w.account("a@example.com")
			_, after := tx.Customer("DE--1")
			if !errors.Is(before, errors.CustomerNotFound) || after != nil {
				w.Errorf("before %v, after %v", before, after)
			}
			return nil
		})
	})
}

func TestReadsGoOnWhileATransactionWrites(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		made := w.account("a@example.com")
		w.write(func(tx *store.Tx) error {
			made.Note = new("not committed")
			if err := tx.SaveCustomer(made); err != nil {
				return err
			}
			if got := w.customer(made.ID); got.Note != nil {
				w.Error("a change was read that is not committed")
			}
			return nil
		})
	})
}

func TestTheTransactionUnderneathIsTheSame(t *testing.T) {
	each(t, func(w *world) {
		failure := errors.New("no")
		w.writeFails(failure, func(tx *store.Tx) error {
			if _, err := tx.SQL().Exec("INSERT INTO reference_counters (store, last) VALUES ('DE', 41)"); err != nil {
				return err
			}
			made := newAccount("a@example.com")
			if err := tx.CreateCustomer(made); err != nil {
				return err
			}
			if made.Reference != "DE--42" {
				w.Errorf("reference %s", made.Reference)
			}
			return failure
		})
		if n := w.count("reference_counters"); n != 0 {
			w.Error("what was written underneath was kept")
		}
	})
}

func TestTransactionThatTheDatabaseEndedIsRunAgain(t *testing.T) {
	each(t, func(w *world) {
		for _, c := range []struct {
			code     string
			failures int32
			attempts int32
			want     error
		}{
			{"40001", 3, 4, nil},
			{"40P01", 1, 2, nil},
			{"57P01", 2, 3, nil},
			{"40P01", 4, 4, errors.ServiceUnavailable},
			{"53300", 1, 1, errors.ServiceUnavailable},
			{"57014", 1, 1, errors.ServiceUnavailable},
			{"25006", 1, 1, errors.ServiceUnavailable},
		} {
			var attempts atomic.Int32
			made := newAccount(uuid.NewString() + "@example.com")
			err := w.Write(context.Background(), func(tx *store.Tx) error {
				if err := tx.CreateCustomer(made); err != nil {
					return err
				}
				if attempts.Add(1) <= c.failures {
					return &pgconn.PgError{Code: c.code}
				}
				return nil
			})
			if !errors.Is(err, c.want) || attempts.Load() != c.attempts {
				w.Errorf("%d times %s: %d attempts, then %v", c.failures, c.code, attempts.Load(), err)
			}
		}
		if n := w.count("customers"); n != 3 {
			w.Errorf("%d customers", n)
		}
	})
}

// Two transactions that lock two rows in opposite order: the server ends one,
// and nobody above hears of it.
func TestDeadlockIsNotSeen(t *testing.T) {
	w := newWorld(t, storetest.Postgres(t))
	customers := []*model.Customer{w.account("a@example.com"), w.account("b@example.com")}
	var attempts atomic.Int32
	var both sync.WaitGroup
	both.Add(2)
	answers := at(2, func(n int) error {
		first := true
		return w.Write(context.Background(), func(tx *store.Tx) error {
			attempts.Add(1)
			for _, customer := range []*model.Customer{customers[n], customers[1-n]} {
				locked, err := tx.LockCustomer(customer.ID)
				if err != nil {
					return err
				}
				locked.Note = new("changed")
				if err := tx.SaveCustomer(locked); err != nil {
					return err
				}
				if first {
					first = false
					both.Done()
					both.Wait()
				}
			}
			return nil
		})
	})
	if counted := tally(answers); counted["ok"] != 2 || attempts.Load() != 3 {
		t.Errorf("%v in %d attempts", counted, attempts.Load())
	}
	for _, customer := range customers {
		if got := w.customer(customer.ID).Version; got != 3 {
			t.Errorf("version %d", got)
		}
	}
}

func TestLostConnectionIsReplaced(t *testing.T) {
	w := newWorld(t, storetest.Postgres(t))
	made := w.account("a@example.com")
	terminate := func() {
		w.Helper()
		if _, err := w.SQL().Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"); err != nil {
			w.Fatal(err)
		}
	}
	warm := func() { // several connections, all of them idle
		at(8, func(int) error {
			return w.Read(context.Background(), func(tx *store.Tx) error {
				_, err := tx.CustomerByID(made.ID)
				return err
			})
		})
	}
	warm()
	terminate()
	answers := at(8, func(int) error {
		return w.Read(context.Background(), func(tx *store.Tx) error {
			_, err := tx.CustomerByID(made.ID)
			return err
		})
	})
	if counted := tally(answers); counted["ok"] != 8 {
		t.Errorf("readers: %v", counted)
	}
	ended := 0
	w.write(func(tx *store.Tx) error {
		customer, err := tx.LockCustomer(made.ID)
		if err != nil {
			return err
		}
		if ended++; ended == 1 {
			terminate()
		}
		customer.Note = new("kept")
		return tx.SaveCustomer(customer)
	})
	if got := w.customer(made.ID); ended != 2 || *got.Note != "kept" || got.Version != 2 {
		t.Errorf("%d attempts, version %d", ended, got.Version)
	}
}

func TestCommitWithoutAnAnswerIsNotRunAgain(t *testing.T) {
	w := newWorld(t, storetest.Postgres(t))
	attempts := 0
	w.writeFails(errors.ServiceUnavailable, func(tx *store.Tx) error {
		attempts++
		if err := tx.CreateCustomer(newAccount("a@example.com")); err != nil {
			return err
		}
		var own int
		if err := tx.SQL().QueryRow("SELECT pg_backend_pid()").Scan(&own); err != nil {
			return err
		}
		_, err := w.SQL().Exec("SELECT pg_terminate_backend($1)", own)
		time.Sleep(50 * time.Millisecond)
		return err // nil: the connection is found broken by the commit
	})
	if attempts != 1 {
		t.Errorf("%d attempts", attempts)
	}
}

func TestDatabaseThatIsAwayIsServiceUnavailable(t *testing.T) {
	each(t, func(w *world) {
		if err := w.Store.Close(); err != nil {
			w.Fatal(err)
		}
		get := func(tx *store.Tx) error {
			_, err := tx.CustomerByID(1)
			return err
		}
		for name, err := range map[string]error{
			"Read":  w.Read(context.Background(), get),
			"Write": w.Write(context.Background(), get),
			"Ready": w.Ready(context.Background()),
		} {
			fault, ok := errors.AsType[*errors.Error](err)
			if !ok || !fault.Is(errors.ServiceUnavailable) || fault.RetryAfter != time.Second {
				w.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestGivenUpRequestIsServiceUnavailable(t *testing.T) {
	each(t, func(w *world) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		nothing := func(tx *store.Tx) error {
			_, err := tx.CustomerByID(1)
			return err
		}
		for name, err := range map[string]error{"Read": w.Read(ctx, nothing), "Write": w.Write(ctx, nothing)} {
			if !errors.Is(err, errors.ServiceUnavailable) || !errors.Is(err, context.Canceled) {
				w.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestWriterThatWaitsTooLongIsServiceUnavailable(t *testing.T) {
	url := storetest.SQLite(t)
	w, other := newWorld(t, url), newWorld(t, url)
	if _, err := other.SQL().Exec("PRAGMA busy_timeout = 20"); err != nil {
		t.Fatal(err)
	}
	w.write(func(tx *store.Tx) error {
		other.writeFails(errors.ServiceUnavailable, func(tx *store.Tx) error { return tx.RaiseCounter("DE", 1) })
		return nil
	})
}

func TestStatementsOnPostgresEndAfterFiveSeconds(t *testing.T) {
	w := newWorld(t, storetest.Postgres(t))
	setting := func(pool *sql.DB, name string) (value string) {
		if err := pool.QueryRow("SHOW " + name).Scan(&value); err != nil {
			t.Fatal(err)
		}
		return value
	}
	if got := setting(w.SQL(), "statement_timeout"); got != "5s" {
		t.Errorf("statement_timeout is %s", got)
	}
	for _, pool := range w.Pools() { // one for writing and one for reading
		if got := pool.Stats().MaxOpenConnections; got != 8 {
			t.Errorf("%d connections", got)
		}
	}
}

func TestPostgresKeepsItsIdleConnections(t *testing.T) {
	w := newWorld(t, storetest.Postgres(t))
	gate := make(chan struct{})
	var inside atomic.Int32
	at(8, func(int) error {
		return w.Write(context.Background(), func(tx *store.Tx) error {
			if inside.Add(1) == 8 {
				close(gate)
			}
			<-gate
			return nil
		})
	})
	if got := w.SQL().Stats().Idle; got != 8 {
		t.Errorf("%d of 8 connections are idle", got)
	}
}

// Reads have connections that no write can take.
func TestReadsOnPostgresDoNotWaitForWrites(t *testing.T) {
	w := newWorld(t, storetest.Postgres(t))
	reading := make(chan struct{})
	var inside atomic.Int32
	at(8, func(int) error {
		return w.Write(context.Background(), func(*store.Tx) error {
			if inside.Add(1) == 8 { // the last connection for writing is taken
				defer close(reading)
				return w.Read(context.Background(), func(tx *store.Tx) error {
					_, err := tx.HasUnplacedEvents()
					return err
				})
			}
			<-reading
			return nil
		})
	})
}

const canary = "c4n4ry"

// The log is for operators. A value in it would be a name, a hash or a key.
func TestLogTellsOfStatementsAndNeverOfValues(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		var log bytes.Buffer
		s, err := store.Open(t.Context(), store.Config{URL: url, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		made := newAccount(canary + "@example.com")
		made.FirstName, made.Metadata = new(canary), model.JSON{canary: canary}
		create := func(tx *store.Tx) error { return tx.CreateCustomer(made) }
		if err := s.Write(t.Context(), create); err != nil {
			t.Fatal(err)
		}

		// Slow statements: another transaction is in their way.
		locked, release := make(chan struct{}), make(chan struct{})
		go s.Write(context.Background(), func(tx *store.Tx) error {
			_, err := tx.LockCustomer(made.ID)
			close(locked)
			<-release
			return err
		})
		<-locked
		time.AfterFunc(300*time.Millisecond, func() { close(release) })
		slow := func(tx *store.Tx) error {
			if s.Dialect() == "sqlite" {
				return nil // its writers wait before their transaction begins
			}
			_, err := tx.SetPassword(made.ID, "hash of "+canary+"@example.com", canary)
			return err
		}
		if err := s.Write(t.Context(), slow); err != nil {
			t.Fatal(err)
		}

		// Failing statements, the kinds whose messages quote values included.
		table := "customers"
		if _, err := s.SQL().Exec("ALTER TABLE " + table + " RENAME TO hidden"); err != nil {
			t.Fatal(err)
		}
		if err := s.Write(t.Context(), create); err == nil {
			t.Fatal("created without a table")
		}
		err = s.Read(t.Context(), func(tx *store.Tx) error {
			_, err := tx.CustomerByEmail("DE", canary)
			return err
		})
		if err == nil {
			t.Fatal("found without a table")
		}
		if strings.Contains(err.Error(), canary) {
			t.Errorf("an error holds a value: %v", err)
		}
		told := log.String()
		for _, word := range []string{"statement failed", "INSERT INTO", "FROM"} {
			if !strings.Contains(told, word) {
				t.Errorf("the log does not say %q", word)
			}
		}
		if s.Dialect() == "postgres" && !strings.Contains(told, "statement was slow") {
			t.Error("the log does not tell of a slow statement")
		}
		if strings.Contains(told, canary) {
			t.Errorf("the log holds a value:\n%s", told)
		}
	})
}

func TestExpectedRefusalsAreNotLogged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		var log bytes.Buffer
		s, err := store.Open(t.Context(), store.Config{URL: url, Logger: slog.New(slog.NewTextHandler(io.MultiWriter(&log), nil))})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for range 2 {
			s.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateCustomer(newAccount("a@example.com")) })
		}
		s.Write(t.Context(), func(tx *store.Tx) error {
			return tx.CreateAddress(&model.Address{ID: uuid.NewString(), CustomerID: 99})
		})
		s.Read(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Customer("nobody")
			return err
		})
		if told := log.String(); strings.Contains(told, "statement failed") {
			t.Error(told)
		}
	})
}
