package store_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// source adds a payment source; nil is nobody's.
func (w *world) source(owner *model.Customer) *model.PaymentSource {
	w.Helper()
	source := &model.PaymentSource{ID: uuid.NewString(), Store: "DE", Provider: "stripe", SourceType: "card", Token: "pm_1", State: model.ChargeableSource, Metadata: model.JSON{"a": "b"}}
	if owner != nil {
		source.CustomerID = &owner.ID
	}
	w.write(func(tx *store.Tx) error { return tx.AddPaymentSource(source) })
	return source
}

func (w *world) makeDefault(customer *model.Customer, id string) {
	w.Helper()
	w.write(func(tx *store.Tx) error {
		customer.DefaultSourceID = &id
		return tx.SaveCustomer(customer)
	})
}

func TestAPaymentSourceIsReadAsItWasWritten(t *testing.T) {
	each(t, func(w *world) {
		owner := w.account("a@example.com")
		made := w.source(owner)
		made.Brand, made.LastFour, made.Holder, made.ExpiryMonth, made.ExpiryYear = new("visa"), new("0042"), new("Ada"), new(int64(12)), new(int64(2034))
		w.write(func(tx *store.Tx) error {
			made.DetachedAt = &tx.Now
			return tx.SavePaymentSource(made)
		})
		w.read(func(tx *store.Tx) error {
			found, err := tx.PaymentSource("DE", made.ID)
			if difference := cmp.Diff(made, found); difference != "" {
				w.Error(difference)
			}
			return err
		})
		w.writeFails(errors.ResourceIDTaken, func(tx *store.Tx) error {
			return tx.AddPaymentSource(&model.PaymentSource{ID: made.ID, Store: "AT", State: model.ChargeableSource})
		})
		for _, c := range [][2]string{{"AT", made.ID}, {"DE", "nowhere"}, {"DE", "\x00"}} {
			w.writeFails(errors.PaymentSourceNotFound, func(tx *store.Tx) error { return errOf(tx.PaymentSource(c[0], c[1])) })
			w.writeFails(errors.PaymentSourceNotFound, func(tx *store.Tx) error { return errOf(tx.LockPaymentSource(c[0], c[1])) })
		}
	})
}

// The database itself holds a default to the customer's own sources, and a source that
// is a default to its customer.
func TestDefaultIsASourceOfTheSameCustomer(t *testing.T) {
	each(t, func(w *world) {
		ada, bob := w.account("a@example.com"), w.account("b@example.com")
		mine, theirs, nobodys := w.source(ada), w.source(bob), w.source(nil)
		for _, id := range []string{theirs.ID, nobodys.ID, uuid.NewString()} {
			w.writeFails(errors.PaymentSourceNotFound, func(tx *store.Tx) error {
				saved := *ada
				saved.DefaultSourceID = &id
				return tx.SaveCustomer(&saved)
			})
			w.writeFails(errors.PaymentSourceNotFound, func(tx *store.Tx) error {
				made := newAccount("c@example.com")
				made.DefaultSourceID = &id
				return tx.CreateCustomer(made)
			})
		}
		w.makeDefault(ada, mine.ID)
		for name, change := range map[string]func(tx *store.Tx) error{
			"deleted":   func(tx *store.Tx) error { return tx.DeletePaymentSource(mine.ID) },
			"another's": func(tx *store.Tx) error { return tx.SavePaymentSource(ownedBy(mine, &bob.ID)) },
			"nobody's":  func(tx *store.Tx) error { return tx.SavePaymentSource(ownedBy(mine, nil)) },
		} {
			if err := w.Write(context.Background(), change); err == nil {
				w.Errorf("a default has become %s", name)
			}
		}
		w.write(func(tx *store.Tx) error {
			ada.DefaultSourceID = nil
			return errors.Join(tx.SaveCustomer(ada), tx.DeletePaymentSource(mine.ID))
		})
	})
}

func ownedBy(source *model.PaymentSource, owner *int64) *model.PaymentSource {
	made := *source
	made.CustomerID = owner
	return &made
}

// What a customer pays with goes with them, what they no longer did among it.
func TestPaymentSourcesGoWithTheirCustomer(t *testing.T) {
	for name, remove := range map[string]func(tx *store.Tx, customer *model.Customer) error{
		"erased": func(tx *store.Tx, customer *model.Customer) error {
			customer.Forget(tx.Now)
			return errors.Join(tx.SaveCustomer(customer), tx.DeletePersonalData(customer.ID))
		},
		"deleted": func(tx *store.Tx, customer *model.Customer) error { return tx.DeleteCustomer(customer.ID) },
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(w *world) {
				ada, bob := w.account("a@example.com"), w.account("b@example.com")
				kept, former := w.source(ada), w.source(ada)
				w.makeDefault(ada, kept.ID)
				w.write(func(tx *store.Tx) error {
					former.DetachedAt = &tx.Now
					return tx.SavePaymentSource(former)
				})
				theirs := w.source(bob)
				w.write(func(tx *store.Tx) error { return remove(tx, ada) })
				w.read(func(tx *store.Tx) error {
					left, err := tx.PaymentSourcePage(store.PaymentSourceFilter{Store: "DE", Limit: 9})
					if len(left) != 1 || left[0].ID != theirs.ID {
						w.Errorf("%v", left)
					}
					return err
				})
			})
		})
	}
}
