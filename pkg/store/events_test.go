package store_test

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

func news(customer int64) *model.Event {
	return &model.Event{ID: uuid.NewString(), Store: "DE", Type: "customer.updated", CustomerID: customer, Subject: strconv.FormatInt(customer, 10)}
}

// feed gives positions and reads the feed after a position.
func (w *world) feed(after int64) []model.Event {
	w.Helper()
	w.write(func(tx *store.Tx) error { return errOf(tx.PlaceEvents()) })
	var events []model.Event
	w.read(func(tx *store.Tx) (err error) {
		events, err = tx.Events(store.EventFilter{Store: "DE", AfterPosition: &after, Limit: store.MaxPage})
		return err
	})
	return events
}

// An event whose row was added first and committed last comes last: whoever has read
// the one before it has not passed it by.
func TestAPositionIsGivenAfterTheCommit(t *testing.T) {
	w := newWorld(t, storetest.Postgres(t))
	added, read := make(chan struct{}), make(chan struct{})
	var slow sync.WaitGroup
	slow.Go(func() {
		w.write(func(tx *store.Tx) error {
			if err := tx.AddEvent(news(1)); err != nil {
				return err
			}
			close(added)
			<-read
			return nil
		})
	})
	<-added
	w.write(func(tx *store.Tx) error { return tx.AddEvent(news(2)) })
	first := w.feed(0)
	close(read)
	slow.Wait()
	if len(first) != 1 || first[0].Subject != "2" {
		t.Fatalf("%v", first)
	}
	second := w.feed(*first[0].Position)
	if len(second) != 1 || second[0].Subject != "1" || second[0].Number > first[0].Number {
		t.Errorf("%v", second)
	}
}

// However many write and give positions at once, each event has one of its own, and
// those of one customer are in the order of their sequence, which has no gap.
func TestPositionsAreGivenOnceAndInOrder(t *testing.T) {
	const customers, events = 4, 25
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		errs := at(2*customers, func(i int) error {
			for range events {
				if err := w.Write(context.Background(), func(tx *store.Tx) error { return tx.AddEvent(news(int64(i % customers))) }); err != nil {
					return err
				}
				if err := w.Write(context.Background(), func(tx *store.Tx) error { return errOf(tx.PlaceEvents()) }); err != nil {
					return err
				}
			}
			return nil
		})
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		var all []model.Event
		for after := int64(0); ; after = *all[len(all)-1].Position {
			page := w.feed(after)
			if len(page) == 0 {
				break
			}
			all = append(all, page...)
		}
		last := map[int64]int64{}
		for i, event := range all {
			if *event.Position != int64(i+1) || event.Sequence != last[event.CustomerID]+1 {
				t.Errorf("event %d of %d: position %d, sequence %d after %d", i+1, event.CustomerID, *event.Position, event.Sequence, last[event.CustomerID])
			}
			last[event.CustomerID] = event.Sequence
		}
		if len(all) != 2*customers*events {
			t.Errorf("%d events", len(all))
		}
	})
}

// What is rolled back is neither told nor counted.
func TestAnEventOfARolledBackChangeIsNotTold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.writeFails(context.Canceled, func(tx *store.Tx) error {
			if err := tx.AddEvent(news(1)); err != nil {
				return err
			}
			return context.Canceled
		})
		w.write(func(tx *store.Tx) error { return tx.AddEvent(news(1)) })
		if told := w.feed(0); len(told) != 1 || told[0].Sequence != 1 {
			t.Errorf("%v", told)
		}
	})
}

// Of tries at one code at the same time no more get to see it than may.
func TestACodeIsTriedSoManyTimes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		customer := w.account("ada@example.com")
		w.write(func(tx *store.Tx) error {
			return tx.PutKey(&model.OneTimeKey{Digest: digest(), CustomerID: customer.ID, Purpose: "restore", EmailKey: "ada@example.com", CodeDigest: digest()})
		})
		var mu sync.Mutex
		var seen []int
		at(12, func(int) error {
			return w.Write(context.Background(), func(tx *store.Tx) error {
				keys, err := tx.TryCode("ada@example.com", []string{"restore", "email"}, 5)
				mu.Lock()
				defer mu.Unlock()
				for _, key := range keys {
					seen = append(seen, key.Tries)
				}
				return err
			})
		})
		slices.Sort(seen)
		if !slices.Equal(seen, []int{1, 2, 3, 4, 5}) {
			t.Errorf("%v", seen)
		}
		w.read(func(tx *store.Tx) error {
			keys, err := tx.TryCode("\x00", []string{"restore"}, 5)
			if len(keys) > 0 {
				t.Error("a code of nobody's")
			}
			return err
		})
	})
}
