package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

func TestWhatIsWrittenTogetherCountsTogether(t *testing.T) {
	each(t, func(w *world) {
		first, second := newAccount("first@example.com"), newAccount("second@example.com")
		broken := errors.New("broken")
		add := func(ctx context.Context, customer *model.Customer) error {
			return w.Write(ctx, func(tx *store.Tx) error { return tx.CreateCustomer(customer) })
		}
		err := w.Together(w.Context(), func(ctx context.Context) error {
			if err := errors.Join(add(ctx, first), add(ctx, second)); err != nil {
				return err
			}
			// What was written is seen within.
			return w.Read(ctx, func(tx *store.Tx) error {
				if _, err := tx.CustomerByID(first.ID); err != nil {
					w.Errorf("not seen within: %v", err)
				}
				return broken
			})
		})
		if !errors.Is(err, broken) || first.ID != 0 || first.Number != 0 {
			w.Errorf("%v; the struct kept %d, %d", err, first.ID, first.Number)
		}
		for _, key := range []string{"first@example.com", "second@example.com"} {
			w.read(func(tx *store.Tx) error {
				if _, err := tx.CustomerByEmail("DE", key); !errors.Is(err, errors.CustomerNotFound) {
					w.Errorf("%s: %v", key, err)
				}
				return nil
			})
		}
		err = w.Together(w.Context(), func(ctx context.Context) error {
			return errors.Join(add(ctx, first), w.Together(ctx, func(ctx context.Context) error { return add(ctx, second) }))
		})
		if err != nil || w.customer(first.ID).Number != 1 || w.customer(second.ID).Number != 2 {
			w.Errorf("%v: %+v %+v", err, first, second)
		}
	})
}

// A failed write takes the others with it, whatever is made of its error: half of
// what belongs together is never kept.
func TestAFailedWriteCannotBePassedOver(t *testing.T) {
	each(t, func(w *world) {
		w.account("taken@example.com")
		other := newAccount("other@example.com")
		err := w.Together(w.Context(), func(ctx context.Context) error {
			if err := w.Write(ctx, func(tx *store.Tx) error { return tx.CreateCustomer(other) }); err != nil {
				return err
			}
			_ = w.Write(ctx, func(tx *store.Tx) error { return tx.CreateCustomer(newAccount("taken@example.com")) })
			// Reading goes on, as of before.
			w.read(func(tx *store.Tx) error {
				_, err := tx.CustomerByEmail("DE", "taken@example.com")
				return err
			})
			if err := w.Write(ctx, func(*store.Tx) error { return nil }); !errors.Is(err, errors.EmailTaken) {
				w.Errorf("the next write: %v", err)
			}
			return nil
		})
		if !errors.Is(err, errors.EmailTaken) {
			w.Errorf("it ended with %v", err)
		}
		w.read(func(tx *store.Tx) error {
			if _, err := tx.CustomerByEmail("DE", "other@example.com"); !errors.Is(err, errors.CustomerNotFound) {
				w.Errorf("half was kept: %v", err)
			}
			return nil
		})
	})
}

func TestTogetherIsRunAgainAsAWhole(t *testing.T) {
	each(t, func(w *world) {
		customer, runs := w.account("stale@example.com"), 0
		stale := *customer
		w.write(func(tx *store.Tx) error { return tx.SaveCustomer(customer) })
		err := w.Together(w.Context(), func(ctx context.Context) error {
			runs++
			if err := w.Write(ctx, func(tx *store.Tx) error { return tx.CreateCustomer(newAccount("beside@example.com")) }); err != nil {
				return err
			}
			return w.Write(ctx, func(tx *store.Tx) error {
				row := &stale
				if runs > 1 {
					var err error
					if row, err = tx.CustomerByID(customer.ID); err != nil {
						return err
					}
				}
				return tx.SaveCustomer(row)
			})
		})
		if err != nil || runs != 2 || w.customer(customer.ID).Version != 3 {
			w.Errorf("%v after %d runs, version %d", err, runs, w.customer(customer.ID).Version)
		}
	})
}

// Nobody is held up by what comes before the first write.
func TestATransactionBeginsWithTheFirstWrite(t *testing.T) {
	each(t, func(w *world) {
		err := w.Together(w.Context(), func(ctx context.Context) error {
			done := make(chan error, 1)
			go func() {
				done <- w.Write(context.Background(), func(tx *store.Tx) error { return tx.CreateCustomer(newAccount("beside@example.com")) })
			}()
			select {
			case err := <-done:
				return err
			case <-time.After(3 * time.Second):
				return errors.New("another writer had to wait")
			}
		})
		if err != nil {
			w.Error(err)
		}
	})
}

func TestAnAnswerIsKeptOnceAndGoesWithItsCustomer(t *testing.T) {
	each(t, func(w *world) {
		customer, other := w.account("kept@example.com"), w.account("other@example.com")
		name, dayAgo := digest(), func(tx *store.Tx) time.Time { return tx.Now.Add(-24 * time.Hour) }
		keepFor := func(customer *model.Customer, name []byte, answer string) (kept bool) {
			w.write(func(tx *store.Tx) (err error) {
				if _, err = tx.LockCustomer(customer.ID); err != nil {
					return err
				}
				kept, err = tx.KeepAnswer(&model.IdempotencyKey{Digest: name, Fingerprint: digest(), Answer: []byte(answer)}, dayAgo(tx))
				return err
			})
			return kept
		}
		found := func(name []byte) (answer string) {
			w.read(func(tx *store.Tx) error {
				key, err := tx.IdempotencyKey(name, dayAgo(tx))
				if key != nil {
					answer = string(key.Answer)
				}
				return err
			})
			return answer
		}
		if !keepFor(customer, name, "first") || keepFor(customer, name, "second") || found(name) != "first" {
			w.Errorf("kept %q", found(name))
		}
		beside := digest()
		keepFor(other, beside, "theirs")
		w.write(func(tx *store.Tx) error { return tx.DeletePersonalData(customer.ID) })
		if found(name) != "" || found(beside) != "theirs" {
			w.Errorf("after an erasure: %q and %q", found(name), found(beside))
		}
		w.clock.forward(25 * time.Hour)
		if found(beside) != "" || !keepFor(other, beside, "anew") || found(beside) != "anew" {
			w.Errorf("after a day: %q", found(beside))
		}
		w.clock.forward(25 * time.Hour)
		w.write(func(tx *store.Tx) error { return tx.DeleteOldAnswers(dayAgo(tx)) })
		var rows int
		if err := w.SQL().QueryRow("SELECT count(*) FROM idempotency_keys").Scan(&rows); err != nil || rows != 0 {
			w.Errorf("%d rows are left (%v)", rows, err)
		}
	})
}

func TestOfAnswersAtOnceOneIsKept(t *testing.T) {
	each(t, func(w *world) {
		name, kept := digest(), make([]bool, 16)
		answers := at(len(kept), func(n int) error {
			return w.Write(context.Background(), func(tx *store.Tx) (err error) {
				kept[n], err = tx.KeepAnswer(&model.IdempotencyKey{Digest: name, Fingerprint: digest(), Answer: []byte{byte(n)}}, tx.Now.Add(-time.Hour))
				return err
			})
		})
		winners := 0
		for _, won := range kept {
			if won {
				winners++
			}
		}
		if winners != 1 || tally(answers)["ok"] != len(kept) {
			w.Errorf("%d were kept: %v", winners, tally(answers))
		}
	})
}
