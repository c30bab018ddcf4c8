package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

func (w *world) endpoint() *model.WebhookEndpoint {
	w.Helper()
	endpoint := &model.WebhookEndpoint{ID: uuid.NewString(), Store: "DE", URL: "https://shop.example/", EventTypes: model.Strings{}, Secret: digest(), Enabled: true}
	w.write(func(tx *store.Tx) error { return tx.AddWebhookEndpoint(endpoint) })
	return endpoint
}

// told adds events of customers and gives them their positions.
func (w *world) told(customers ...int64) {
	w.Helper()
	for _, customer := range customers {
		w.write(func(tx *store.Tx) error { return tx.AddEvent(news(customer)) })
	}
	w.write(func(tx *store.Tx) error { return errOf(tx.PlaceEvents()) })
}

func TestAnEndpointIsReadAsItWasWritten(t *testing.T) {
	each(t, func(w *world) {
		endpoint := w.endpoint()
		moment := noon.Add(time.Hour)
		changed := *endpoint
		changed.URL, changed.Description, changed.EventTypes, changed.WithKeys = "https://other.example/", new("other"), model.Strings{"a", "b"}, true
		changed.Secret, changed.FormerSecret, changed.FormerUntil = digest(), endpoint.Secret, &moment
		changed.Enabled, changed.DisabledReason, changed.DisabledAt = false, new("gone"), &moment
		changed.Failures, changed.FailingSince, changed.ResumeAt, changed.Position = 3, &moment, &moment, 7
		w.clock.forward(time.Minute)
		w.write(func(tx *store.Tx) error { return tx.ChangeWebhookEndpoint(&changed) })
		if changed.Version != 2 || !changed.UpdatedAt.Equal(noon.Add(time.Minute)) {
			w.Errorf("version %d, updated at %v", changed.Version, changed.UpdatedAt)
		}
		w.read(func(tx *store.Tx) error {
			found, err := tx.WebhookEndpoint("DE", endpoint.ID)
			if difference := cmp.Diff(&changed, found); difference != "" {
				w.Error(difference)
			}
			return err
		})
		for _, other := range [][]string{{"AT", endpoint.ID}, {"DE", "none"}, {"DE", "\x00"}} {
			w.writeFails(errors.RouteNotFound, func(tx *store.Tx) error { return errOf(tx.LockWebhookEndpoint(other[0], other[1])) })
		}
	})
}

// Of many at once one gets the lease; it ends by itself, and whoever had it before
// cannot give it back.
func TestOneHasTheLease(t *testing.T) {
	each(t, func(w *world) {
		endpoint := w.endpoint()
		lease := func(until time.Time) (leased bool, err error) {
			err = w.Write(w.Context(), func(tx *store.Tx) error {
				leased, err = tx.LeaseWebhookEndpoint(endpoint.ID, until)
				return err
			})
			return leased, err
		}
		first := noon.Add(time.Minute)
		got := tally(at(8, func(int) error {
			if leased, err := lease(first); err != nil || leased {
				return err
			}
			return errors.New("none")
		}))
		if got["ok"] != 1 || got["none"] != 7 {
			w.Errorf("%v", got)
		}
		w.clock.forward(time.Minute)
		second := first.Add(time.Minute)
		if leased, err := lease(second); !leased || err != nil {
			w.Errorf("a lease that is over: %v, %v", leased, err)
		}
		w.write(func(tx *store.Tx) error { return tx.ReleaseWebhookEndpoint(endpoint.ID, first) })
		if leased, _ := lease(second); leased {
			w.Error("it was given back by whom it was taken from")
		}
		w.write(func(tx *store.Tx) error { return tx.ReleaseWebhookEndpoint(endpoint.ID, second) })
		if leased, _ := lease(second); !leased {
			w.Error("it was not given back")
		}
	})
}

// Deliveries are made once of each event, come in the order of the feed save that what
// failed waits, and begin anew when they are asked for again.
func TestDeliveriesAreMadeOnceAndComeInOrder(t *testing.T) {
	each(t, func(w *world) {
		endpoint := w.endpoint()
		w.told(1, 2, 3)
		end := int64(0)
		add := func() (made int64) {
			w.write(func(tx *store.Tx) (err error) {
				if end, err = tx.EndOfFeed(); err != nil {
					return err
				}
				made, err = tx.AddWebhookDeliveries(endpoint, nil, 0, end)
				return err
			})
			return made
		}
		if first, second := add(), add(); first != 3 || second != 0 || end != 3 {
			w.Errorf("%d and %d deliveries up to %d", first, second, end)
		}
		next := func() (delivery *model.WebhookDelivery, subject string) {
			w.read(func(tx *store.Tx) (err error) {
				if delivery, err = tx.NextWebhookDelivery(endpoint.Number); err != nil || delivery == nil {
					return err
				}
				event, err := tx.EventOfDelivery(delivery)
				if err == nil {
					subject = event.Subject
				}
				return err
			})
			return delivery, subject
		}
		fail := func(state string) string {
			delivery, subject := next()
			delivery.Attempts++
			delivery.State, delivery.NextAt = state, noon.Add(time.Minute)
			w.write(func(tx *store.Tx) error { return tx.SaveWebhookDelivery(delivery) })
			return subject
		}
		order := fail("pending") + fail("delivered")
		w.clock.forward(2 * time.Minute)
		order += fail("failed") + fail("delivered")
		if delivery, _ := next(); order != "1231" || delivery != nil {
			w.Errorf("they come as %s, and then %v", order, delivery)
		}
		w.write(func(tx *store.Tx) error {
			again, err := tx.RepeatWebhookDeliveries(endpoint, []string{"customer.updated"}, 0, end, noon, noon)
			none, err2 := tx.RepeatWebhookDeliveries(endpoint, []string{"customer.created"}, 0, end, noon, noon)
			if again != 3 || none != 0 {
				w.Errorf("%d and %d are repeated", again, none)
			}
			return errors.Join(err, err2)
		})
		if delivery, subject := next(); subject != "1" || delivery.Attempts != 0 || !delivery.CreatedAt.Equal(noon.Add(2*time.Minute)) {
			w.Errorf("%s %+v", subject, delivery)
		}
		w.read(func(tx *store.Tx) error {
			listed, err := tx.WebhookDeliveries(store.WebhookDeliveryFilter{Endpoint: endpoint.Number, Limit: 9})
			got := ""
			for _, one := range listed {
				got += fmt.Sprint(one.EventSubject, one.State, one.Position, " ")
			}
			if got != "3pending3 2pending2 1pending1 " {
				w.Errorf("%s", got)
			}
			return err
		})
		w.write(func(tx *store.Tx) error { return tx.DeleteOldEvents(noon.Add(time.Hour)) })
		if left := w.count("webhook_deliveries"); left != 0 {
			w.Errorf("%d deliveries of events that are gone", left)
		}
	})
}

// Something is due at an endpoint that is enabled, not left alone, and not sent to.
func TestEndpointsAreDueWhenSomethingIsToBeSentNow(t *testing.T) {
	each(t, func(w *world) {
		endpoint, idle := w.endpoint(), w.endpoint()
		w.told(1)
		w.write(func(tx *store.Tx) error { return errOf(tx.AddWebhookDeliveries(endpoint, nil, 0, 1)) })
		due := func() (ids []string) {
			w.read(func(tx *store.Tx) (err error) {
				if ids, err = tx.DueWebhookEndpoints(idle.ID); len(ids) > 0 {
					w.Error("nothing is to be sent to it")
				}
				if err == nil {
					ids, err = tx.DueWebhookEndpoints()
				}
				return err
			})
			return ids
		}
		soon := noon.Add(time.Minute)
		for name, change := range map[string]func(){
			"disabled":   func() { endpoint.Enabled = false },
			"left alone": func() { endpoint.ResumeAt = &soon },
		} {
			before := *endpoint
			if ids := due(); len(ids) != 1 || ids[0] != endpoint.ID {
				w.Errorf("before it is %s: %v", name, ids)
			}
			change()
			w.write(func(tx *store.Tx) error { return tx.SaveWebhookEndpoint(endpoint) })
			if ids := due(); len(ids) != 0 {
				w.Errorf("%s: %v", name, ids)
			}
			*endpoint = before
			w.write(func(tx *store.Tx) error { return tx.SaveWebhookEndpoint(endpoint) })
		}
		w.write(func(tx *store.Tx) error { return errOf(tx.LeaseWebhookEndpoint(endpoint.ID, soon)) })
		if ids := due(); len(ids) != 0 {
			w.Errorf("while somebody sends: %v", ids)
		}
		w.clock.forward(time.Minute)
		if ids := due(); len(ids) != 1 {
			w.Errorf("after the lease: %v", ids)
		}
	})
}

// What is left for the end of a transaction is done once by its name, and what it
// leaves in turn is done too.
func TestTheEndOfATransactionMayLeaveMore(t *testing.T) {
	each(t, func(w *world) {
		var done []string
		w.write(func(tx *store.Tx) error {
			for range 2 {
				tx.AtEndOnce("once", func(tx *store.Tx) error {
					done = append(done, "once")
					tx.AtEnd(func(*store.Tx) error { done = append(done, "more"); return nil })
					return nil
				})
			}
			done = append(done, "body")
			return nil
		})
		if difference := cmp.Diff([]string{"body", "once", "more"}, done); difference != "" {
			w.Error(difference)
		}
	})
}
