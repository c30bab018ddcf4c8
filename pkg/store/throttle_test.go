package store_test

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

func TestAttemptsAtOnceAreAllCounted(t *testing.T) {
	each(t, func(w *world) {
		counter := digest()
		told := make([]int, 40)
		answers := at(len(told), func(n int) error {
			return w.Write(context.Background(), func(tx *store.Tx) error {
				counted, err := tx.CountAttempt(counter, 15*time.Minute, 100, 6*time.Minute)
				if err == nil {
					told[n] = counted.Count
				}
				return err
			})
		})
		if counted := tally(answers); counted["ok"] != len(told) {
			w.Fatal(counted)
		}
		want := &model.Throttle{Digest: counter, Count: len(told), WindowStartedAt: noon}
		if difference := cmp.Diff(want, w.throttle(counter)); difference != "" {
			w.Error(difference)
		}
		slices.Sort(told)
		if len(slices.Compact(told)) != 40 || told[0] != 1 {
			w.Errorf("two were told the same count: %v", told)
		}
	})
}

// attempt counts with this limit in 15 minutes, and a block of 6. What it
// returns has to be what is kept.
func (w *world) attempt(limit int, counter []byte) (counted *model.Throttle) {
	w.Helper()
	w.write(func(tx *store.Tx) (err error) {
		counted, err = tx.CountAttempt(counter, 15*time.Minute, limit, 6*time.Minute)
		return err
	})
	if difference := cmp.Diff(w.throttle(counter), counted); difference != "" {
		w.Errorf("(- kept, + told) %s", difference)
	}
	return counted
}

func (w *world) throttle(counter []byte) *model.Throttle {
	w.Helper()
	switch found := w.throttles(counter); len(found) {
	case 0:
		return nil
	case 1:
		return &found[0]
	default:
		w.Fatalf("one counter has %d rows", len(found))
		return nil
	}
}

func (w *world) throttles(counters ...[]byte) (found []model.Throttle) {
	w.Helper()
	w.read(func(tx *store.Tx) (err error) {
		found, err = tx.Throttles(counters...)
		return err
	})
	return found
}

func TestMoreAttemptsThanTheLimitBlock(t *testing.T) {
	each(t, func(w *world) {
		counter, other := digest(), digest()
		is := func(when string, count int, started time.Time, blocked *time.Time) {
			w.Helper()
			want := &model.Throttle{Digest: counter, Count: count, WindowStartedAt: started, BlockedUntil: blocked}
			if difference := cmp.Diff(want, w.attempt(3, counter)); difference != "" {
				w.Errorf("%s: %s", when, difference)
			}
		}
		for n := range 3 {
			is("within the limit", n+1, noon, nil)
			w.clock.forward(time.Minute)
		}
		until := noon.Add(3*time.Minute + 6*time.Minute)
		is("one too many", 4, noon, &until)
		w.clock.forward(time.Minute)
		is("one in the block, which does not move its end", 5, noon, &until)
		if w.throttle(other) != nil {
			w.Error("another counter was touched")
		}
		w.clock.forward(5*time.Minute - time.Microsecond)
		is("a moment before the block is over", 6, noon, &until)
		w.clock.forward(time.Microsecond)
		is("when it is over", 1, until, nil)
		w.clock.forward(15*time.Minute - time.Microsecond)
		is("a moment before the window is over", 2, until, nil)
		w.clock.forward(time.Microsecond)
		is("when it is over", 1, until.Add(15*time.Minute), nil)
	})
}

func TestLimitOfNoAttemptBlocksTheFirst(t *testing.T) {
	each(t, func(w *world) {
		counter := digest()
		want := &model.Throttle{Digest: counter, Count: 1, WindowStartedAt: noon, BlockedUntil: new(noon.Add(6 * time.Minute))}
		if difference := cmp.Diff(want, w.attempt(0, counter)); difference != "" {
			w.Error(difference)
		}
	})
}

// uncount takes an attempt back and returns the counter as it is then.
func (w *world) uncount(counter []byte) *model.Throttle {
	w.Helper()
	w.write(func(tx *store.Tx) error { return tx.UncountAttempt(counter) })
	return w.throttle(counter)
}

func TestAttemptsAreTakenBackButNotMoreThanThereWere(t *testing.T) {
	each(t, func(w *world) {
		counter, other := digest(), digest()
		if w.uncount(counter) != nil {
			w.Error("a counter was made by taking back")
		}
		w.attempt(9, other)
		w.attempt(9, counter)
		w.clock.forward(time.Minute)
		w.attempt(9, counter)
		for _, count := range []int{1, 0, 0} {
			want := &model.Throttle{Digest: counter, Count: count, WindowStartedAt: noon}
			if difference := cmp.Diff(want, w.uncount(counter)); difference != "" {
				w.Error(difference)
			}
		}
		if got := w.attempt(9, counter); got.Count != 1 {
			w.Errorf("the next one is number %d", got.Count)
		}
		if got := w.throttle(other); got.Count != 1 {
			w.Errorf("another counter is at %d", got.Count)
		}
	})
}

func TestBlockStandsWhenItsAttemptIsTakenBack(t *testing.T) {
	each(t, func(w *world) {
		counter, until := digest(), noon.Add(6*time.Minute)
		w.attempt(1, counter)
		w.attempt(1, counter)
		want := &model.Throttle{Digest: counter, Count: 1, WindowStartedAt: noon, BlockedUntil: &until}
		if difference := cmp.Diff(want, w.uncount(counter)); difference != "" {
			w.Error(difference)
		}
		w.clock.at = until
		if got := w.attempt(1, counter); got.Count != 1 || got.BlockedUntil != nil {
			w.Errorf("when the block is over: %+v", got)
		}
	})
}

func TestAttemptsTakenBackAtOnceAreAllTaken(t *testing.T) {
	each(t, func(w *world) {
		counter := digest()
		for range 20 {
			w.write(func(tx *store.Tx) error { return errOf(tx.CountAttempt(counter, time.Hour, 100, time.Hour)) })
		}
		answers := at(30, func(n int) error {
			return w.Write(context.Background(), func(tx *store.Tx) error {
				if n%2 == 0 {
					return tx.UncountAttempt(counter)
				}
				return errOf(tx.CountAttempt(counter, time.Hour, 100, time.Hour))
			})
		})
		if got := w.throttle(counter).Count; got != 20 || tally(answers)["ok"] != len(answers) {
			w.Errorf("%d are left: %v", got, tally(answers))
		}
	})
}

// Digests are bytes, any of them, and neither text nor lists of numbers.
func TestCountersAreFoundByTheirDigests(t *testing.T) {
	each(t, func(w *world) {
		digests := [][]byte{{0}, {0, 0}, {1, 2}, {1}, []byte("?"), []byte("a'b"), {0xff, 0x00, 0xfe}, []byte("(1,2)"), []byte(`\x00`), digest()}
		for n, counter := range digests {
			for range n + 1 {
				w.write(func(tx *store.Tx) error { return errOf(tx.CountAttempt(counter, time.Hour, 100, time.Hour)) })
			}
		}
		finds := func(want ...int) {
			w.Helper()
			asked, wanted := [][]byte{digest()}, []model.Throttle{}
			for _, n := range want {
				asked = append(asked, digests[n])
				wanted = append(wanted, model.Throttle{Digest: digests[n], Count: n + 1, WindowStartedAt: noon})
			}
			found := w.throttles(asked...)
			slices.SortFunc(found, func(a, b model.Throttle) int { return a.Count - b.Count })
			if difference := cmp.Diff(wanted, found); difference != "" {
				w.Error(difference)
			}
		}
		finds()
		for n := range digests {
			finds(n)
		}
		finds(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
		finds(0, 3, 9)
		if found := w.throttles(); len(found) != 0 {
			w.Errorf("nothing was asked for, and found: %v", found)
		}
		if found := w.throttles(digests[2], digests[2]); len(found) != 1 || !bytes.Equal(found[0].Digest, digests[2]) {
			w.Errorf("asked for twice: %v", found)
		}
	})
}

func TestCountersAreClearedAndForgotten(t *testing.T) {
	each(t, func(w *world) {
		cleared, old, blocking, recent := digest(), digest(), digest(), digest()
		w.clock.at = noon.Add(-time.Hour)
		w.attempt(9, old)
		w.write(func(tx *store.Tx) error {
			return errOf(tx.CountAttempt(blocking, time.Hour, 0, time.Hour+time.Microsecond))
		})
		w.clock.at = noon
		w.attempt(9, cleared)
		w.attempt(9, recent)
		w.write(func(tx *store.Tx) error {
			return errors.Join(tx.ClearThrottle(cleared), tx.DeleteOldThrottles(tx.Now))
		})
		if w.throttle(cleared) != nil || w.throttle(old) != nil || w.throttle(blocking) == nil || w.throttle(recent) == nil {
			w.Error("not exactly the cleared and the old one went")
		}
		w.clock.forward(time.Microsecond)
		w.write(func(tx *store.Tx) error { return tx.DeleteOldThrottles(noon) })
		if w.throttle(blocking) != nil || w.throttle(recent) == nil {
			w.Error("not exactly the one went whose block is over")
		}
	})
}

func TestNetworksAreFamiliarToTheirCustomer(t *testing.T) {
	each(t, func(w *world) {
		customer, other := w.account("a@example.com"), w.account("b@example.com")
		home, office := []byte("\x00home'"), digest()
		see := func(who *model.Customer, network []byte) {
			w.write(func(tx *store.Tx) error { return tx.SeeNetwork(who.ID, network) })
		}
		knows := func(who *model.Customer, network []byte) (familiar bool) {
			w.Helper()
			w.read(func(tx *store.Tx) (err error) {
				familiar, err = tx.IsFamiliar(who.ID, network)
				return err
			})
			return familiar
		}
		see(customer, home)
		see(customer, office)
		see(other, office)
		if !knows(customer, home) || !knows(customer, office) || !knows(other, office) {
			w.Error("a network that was seen is not familiar")
		}
		if knows(other, home) || knows(customer, digest()) || knows(customer, nil) || knows(customer, []byte{}) {
			w.Error("a network that was not seen is familiar")
		}

		w.clock.forward(time.Hour)
		see(customer, home) // once more, and so it is remembered for longer
		if n := w.count("familiar_networks"); n != 3 {
			w.Errorf("%d rows", n)
		}
		forget := func(before time.Time) {
			w.write(func(tx *store.Tx) error { return tx.DeleteOldNetworks(before) })
		}
		forget(noon)
		if !knows(customer, office) || !knows(other, office) {
			w.Error("forgotten too early")
		}
		forget(noon.Add(time.Microsecond))
		if knows(customer, office) || knows(other, office) || !knows(customer, home) {
			w.Error("not exactly those went that were not seen again")
		}
	})
}

func TestLoginsAtOnceFromOneNetworkAreOneRow(t *testing.T) {
	each(t, func(w *world) {
		customer, network := w.account("a@example.com"), digest()
		answers := at(20, func(int) error {
			return w.Write(context.Background(), func(tx *store.Tx) error { return tx.SeeNetwork(customer.ID, network) })
		})
		if counted := tally(answers); counted["ok"] != 20 || w.count("familiar_networks") != 1 {
			w.Errorf("%v, %d rows", counted, w.count("familiar_networks"))
		}
	})
}
