package store_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

// TestMain lets the test binary be one of several processes that start at once.
func TestMain(m *testing.M) {
	if url := os.Getenv("START_ON_DATABASE"); url != "" {
		if err := start(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// start does what a replica does first.
func start(url string) error {
	s, err := store.Open(context.Background(), store.Config{URL: url})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Migrate(context.Background()); err != nil {
		return err
	}
	return s.Ready(context.Background())
}

// world is a store for one test, with a clock that the test sets.
type world struct {
	*testing.T
	*store.Store
	clock *clock
}

type clock struct {
	sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.Lock()
	defer c.Unlock()
	return c.at
}

func (c *clock) forward(by time.Duration) {
	c.Lock()
	defer c.Unlock()
	c.at = c.at.Add(by)
}

var noon = time.Date(2026, time.March, 29, 12, 0, 0, 123456000, time.UTC)

func newWorld(t *testing.T, url string) *world {
	t.Helper()
	c := &clock{at: noon}
	s, err := store.Open(t.Context(), store.Config{URL: url, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &world{T: t, Store: s, clock: c}
}

// each runs a test in a world on each database.
func each(t *testing.T, run func(w *world)) {
	storetest.Each(t, func(t *testing.T, url string) { run(newWorld(t, url)) })
}

func (w *world) write(fn func(tx *store.Tx) error) {
	w.Helper()
	if err := w.Write(context.Background(), fn); err != nil {
		w.Fatal(err)
	}
}

func (w *world) read(fn func(tx *store.Tx) error) {
	w.Helper()
	if err := w.Read(context.Background(), fn); err != nil {
		w.Fatal(err)
	}
}

// writeFails demands that a transaction ends with this line of the catalogue.
func (w *world) writeFails(with error, fn func(tx *store.Tx) error) {
	w.Helper()
	if err := w.Write(context.Background(), fn); !errors.Is(err, with) {
		w.Fatalf("the transaction ended with %v, not with %v", err, with)
	}
}

// account makes a customer who has a credential.
func (w *world) account(email string) *model.Customer {
	w.Helper()
	customer := newAccount(email)
	w.write(func(tx *store.Tx) error { return tx.CreateCustomer(customer) })
	return customer
}

func newAccount(email string) *model.Customer {
	key := strings.ToLower(email)
	return &model.Customer{Store: "DE", Email: email, EmailKey: &key, PasswordHash: new("hash of " + email), Metadata: model.JSON{}, Extra: model.JSON{}}
}

func (w *world) customer(id int64) *model.Customer {
	w.Helper()
	var found *model.Customer
	w.read(func(tx *store.Tx) (err error) {
		found, err = tx.CustomerByID(id)
		return err
	})
	return found
}

func (w *world) address(customer *model.Customer) *model.Address {
	w.Helper()
	address := &model.Address{ID: uuid.NewString(), CustomerID: customer.ID, City: new("Berlin")}
	w.write(func(tx *store.Tx) error { return tx.CreateAddress(address) })
	return address
}

func (w *world) session(customer *model.Customer) *model.Session {
	w.Helper()
	session := &model.Session{ID: uuid.NewString(), CustomerID: customer.ID, Family: digest(), ExpiresAt: w.Now().Add(time.Hour), EndsAt: w.Now().Add(24 * time.Hour)}
	w.write(func(tx *store.Tx) error { return errOf(tx.CreateSession(session, 9)) })
	return session
}

// exec runs a statement past the store.
func (w *world) exec(statement string, values ...any) {
	w.Helper()
	if _, err := w.SQL().Exec(statement, values...); err != nil {
		w.Fatal(err)
	}
}

func digest() []byte {
	made := make([]byte, 32)
	rand.Read(made)
	return made
}

// at runs fn in so many goroutines at once and returns what each answered.
func at(once int, fn func(n int) error) []error {
	answers := make([]error, once)
	begin := make(chan struct{})
	var all sync.WaitGroup
	for n := range once {
		all.Go(func() {
			<-begin
			answers[n] = fn(n)
		})
	}
	close(begin)
	all.Wait()
	return answers
}

// tally counts answers; an error of the catalogue by its key.
func tally(answers []error) map[string]int {
	counted := map[string]int{}
	for _, answer := range answers {
		word := "ok"
		if fault, ok := errors.AsType[*errors.Error](answer); ok {
			word = fault.Key
		} else if answer != nil {
			word = answer.Error()
		}
		counted[word]++
	}
	return counted
}
