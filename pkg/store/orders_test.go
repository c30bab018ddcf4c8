package store_test

import (
	"sync"
	"testing"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// order makes an order that is paid; of nobody where the customer is nil.
func (w *world) order(id string, of *model.Customer, total int64) *model.Order {
	w.Helper()
	order := &model.Order{Store: "DE", ID: id, Version: 1, EmailKey: new("waits@example.com"), CurrencyCode: new("EUR"), PaymentStatus: "captured", Total: &total, CreatedAt: w.Now(), UpdatedAt: w.Now()}
	if of != nil {
		order.CustomerID = &of.ID
	}
	w.write(func(tx *store.Tx) error {
		if err := tx.AddOrder(order); err != nil || of == nil {
			return err
		}
		return tx.SumOrders(of.ID)
	})
	w.clock.forward(1000)
	return order
}

// spends demands what a customer has spent, and on which order last.
func (w *world) spends(customer *model.Customer, total int64, last string) {
	w.Helper()
	w.read(func(tx *store.Tx) error {
		found, err := tx.CustomerByID(customer.ID)
		if err != nil {
			return err
		}
		if found.TotalSpent != total || (found.LastOrderID == nil) != (last == "") || last != "" && *found.LastOrderID != last || found.Version != customer.Version {
			w.Errorf("%s has spent %d, last on %v, in version %d", found.Reference, found.TotalSpent, found.LastOrderID, found.Version)
		}
		return nil
	})
}

func TestOrdersThatMoveTakeTheFiguresWithThem(t *testing.T) {
	each(t, func(w *world) {
		from, to := w.account("from@example.com"), w.account("to@example.com")
		w.order("1", from, 10)
		w.order("2", to, 20)
		w.order("3", from, 30)
		w.spends(from, 40, "3")
		w.write(func(tx *store.Tx) error { return tx.MoveOrders(from.ID, to.ID) })
		w.spends(from, 0, "")
		w.spends(to, 60, "3")
	})
}

func TestAnOrderIsAddedOnce(t *testing.T) {
	each(t, func(w *world) {
		w.order("1", nil, 10)
		again := 0
		err := w.Write(t.Context(), func(tx *store.Tx) error {
			if again++; again > 1 {
				return errors.RouteNotFound // enough is seen
			}
			return tx.AddOrder(&model.Order{Store: "DE", ID: "1", CreatedAt: tx.Now, UpdatedAt: tx.Now})
		})
		if !errors.Is(err, errors.RouteNotFound) || again != 2 {
			t.Errorf("%v after %d attempts", err, again)
		}
		w.write(func(tx *store.Tx) error {
			return tx.AddOrder(&model.Order{Store: "AT", ID: "1", CreatedAt: tx.Now, UpdatedAt: tx.Now})
		})
	})
}

func TestACustomerWithOrdersIsNotDeletedFromUnderThem(t *testing.T) {
	each(t, func(w *world) {
		customer := w.account("a@example.com")
		w.order("1", customer, 10)
		if err := w.Write(t.Context(), func(tx *store.Tx) error { return tx.DeleteCustomer(customer.ID) }); err == nil {
			t.Error("an order belongs to nobody any more")
		}
		w.write(func(tx *store.Tx) error {
			if err := tx.DeletePersonalData(customer.ID); err != nil {
				return err
			}
			return tx.DeleteCustomer(customer.ID)
		})
		w.read(func(tx *store.Tx) error {
			erased, err := tx.ErasedOrders("DE", []string{"1", "2"})
			if len(erased) != 1 || erased[0] != "1" {
				t.Errorf("%v are remembered as erased", erased)
			}
			if _, missing := tx.Order("DE", "1"); !errors.Is(missing, errors.RouteNotFound) {
				t.Errorf("%v", missing)
			}
			return err
		})
	})
}

func TestWaitingOrdersAreLinkedByTheirAddressAlone(t *testing.T) {
	each(t, func(w *world) {
		owner, other := w.account("waits@example.com"), w.account("other@example.com")
		w.order("1", nil, 10)
		w.order("2", other, 20)
		var linked []string
		w.write(func(tx *store.Tx) (err error) {
			linked, err = tx.LinkOrders(owner)
			return err
		})
		if len(linked) != 1 || linked[0] != "1" {
			t.Errorf("%v", linked)
		}
		w.spends(owner, 10, "1")
		w.spends(other, 20, "2")
	})
}

// Whoever decides by an order has to hold it, or its address, before they read it: then
// no two decide by the same.
func TestWhatIsHeldChangesForNobodyElse(t *testing.T) {
	for name, hold := range map[string]func(tx *store.Tx) error{
		"an order":   func(tx *store.Tx) error { return errOf(tx.LockOrders("DE", []string{"1"})) },
		"an address": func(tx *store.Tx) error { return tx.HoldAddresses("DE", "waits@example.com", "a@example.com") },
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(w *world) {
				const writers = 12
				w.order("1", nil, 10)
				var all sync.WaitGroup
				for range writers {
					all.Go(func() {
						w.write(func(tx *store.Tx) error {
							if err := hold(tx); err != nil {
								return err
							}
							order, err := tx.Order("DE", "1")
							if err != nil {
								return err
							}
							order.Version++
							return tx.SaveOrder(order)
						})
					})
				}
				all.Wait()
				w.read(func(tx *store.Tx) error {
					order, err := tx.Order("DE", "1")
					if err == nil && order.Version != writers+1 {
						t.Errorf("%d of %d changes count", order.Version-1, writers)
					}
					return err
				})
			})
		})
	}
}
