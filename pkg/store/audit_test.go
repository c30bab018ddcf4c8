package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// audited writes an event down; what the test leaves open has a value too.
func (w *world) audited(event model.AuditEvent) *model.AuditEvent {
	w.Helper()
	for place, value := range map[*string]string{&event.ID: uuid.NewString(), &event.Store: "DE", &event.Event: "login", &event.Outcome: "success", &event.ActorType: "visitor"} {
		if *place == "" {
			*place = value
		}
	}
	w.write(func(tx *store.Tx) error { return tx.AddAuditEvent(&event) })
	return &event
}

func (w *world) auditEvents(filter store.AuditFilter) (found []model.AuditEvent) {
	w.Helper()
	w.read(func(tx *store.Tx) (err error) {
		found, err = tx.AuditEvents(filter)
		return err
	})
	return found
}

func TestAuditEventIsReadAsItWasWritten(t *testing.T) {
	each(t, func(w *world) {
		whole := w.audited(model.AuditEvent{
			Event: "password.changed", Outcome: "failure", ActorType: "customer", ActorID: new("DE--7"), Customer: new("DE--7"),
			ClientAddress: new("2001:db8::1"), RequestID: new("r-1"), CreatedAt: noon.Add(-time.Hour + 789),
		})
		bare := w.audited(model.AuditEvent{})
		elsewhere := w.audited(model.AuditEvent{Store: "AT"})
		if whole.Number == 0 || whole.Number >= bare.Number || !whole.CreatedAt.Equal(noon.Add(-time.Hour)) || !bare.CreatedAt.Equal(noon) {
			w.Errorf("%+v, %+v", whole, bare)
		}
		if difference := cmp.Diff([]model.AuditEvent{*bare, *whole}, w.auditEvents(store.AuditFilter{Store: "DE", Limit: 9})); difference != "" {
			w.Error(difference)
		}
		one := func(storeName, id string) (found *model.AuditEvent) {
			w.Helper()
			w.read(func(tx *store.Tx) (err error) {
				found, err = tx.AuditEvent(storeName, id)
				return err
			})
			return found
		}
		if difference := cmp.Diff([]*model.AuditEvent{whole, bare, elsewhere}, []*model.AuditEvent{one("DE", whole.ID), one("DE", bare.ID), one("AT", elsewhere.ID)}); difference != "" {
			w.Error(difference)
		}
		for _, id := range []string{elsewhere.ID, uuid.NewString(), "", "garbage", "\x00", "\xff", "%"} {
			if found := one("DE", id); found != nil {
				w.Errorf("%q: %+v", id, found)
			}
		}
	})
}

func TestAuditEventsAreNarrowedAndComeNewestFirst(t *testing.T) {
	each(t, func(w *world) {
		var events []*model.AuditEvent
		for n, event := range []model.AuditEvent{
			{Event: "login", ActorType: "visitor", Outcome: "failure"},
			{Event: "login", ActorType: "customer", ActorID: new("DE--1"), Customer: new("DE--1")},
			{Event: "login", ActorType: "customer", ActorID: new("DE--2"), Customer: new("DE--2")},
			{Event: "customer.disabled", ActorType: "api-key", ActorID: new("DE--1"), Customer: new("DE--2")},
			{Store: "AT", Event: "login", ActorType: "customer", ActorID: new("DE--1"), Customer: new("DE--1")},
			{Event: "password.changed", ActorType: "customer", ActorID: new("DE--1"), Customer: new("DE--1"), Outcome: "failure"},
		} {
			event.CreatedAt = noon.Add(time.Duration(n) * time.Minute)
			events = append(events, w.audited(event))
		}
		between := func(from, to string) (bounds store.Bounds[time.Time]) {
			bounds.Set(from, noon.Add(1*time.Minute))
			bounds.Set(to, noon.Add(3*time.Minute))
			return bounds
		}
		for name, c := range map[string]struct {
			filter store.AuditFilter
			want   []int
		}{
			"all":                 {store.AuditFilter{}, []int{5, 3, 2, 1, 0}},
			"another store":       {store.AuditFilter{Store: "AT"}, []int{4}},
			"no store":            {store.AuditFilter{Store: "XX"}, nil},
			"an event":            {store.AuditFilter{Event: "login"}, []int{2, 1, 0}},
			"an outcome":          {store.AuditFilter{Outcome: "failure"}, []int{5, 0}},
			"a kind of actor":     {store.AuditFilter{ActorType: "customer"}, []int{5, 2, 1}},
			"an actor":            {store.AuditFilter{ActorID: "DE--1"}, []int{5, 3, 1}},
			"an actor of a kind":  {store.AuditFilter{ActorID: "DE--1", ActorType: "customer"}, []int{5, 1}},
			"a customer":          {store.AuditFilter{Customer: "DE--2"}, []int{3, 2}},
			"everything at once":  {store.AuditFilter{Customer: "DE--1", Event: "login", Outcome: "success", ActorType: "customer", ActorID: "DE--1", CreatedAt: between("gte", "lte")}, []int{1}},
			"from and to":         {store.AuditFilter{CreatedAt: between("gte", "lte")}, []int{3, 2, 1}},
			"after and before":    {store.AuditFilter{CreatedAt: between("gt", "lt")}, []int{2}},
			"part of a name":      {store.AuditFilter{Event: "log"}, nil},
			"a pattern":           {store.AuditFilter{Event: "%"}, nil},
			"what cannot be kept": {store.AuditFilter{Customer: "\x00"}, nil},
			"broken text":         {store.AuditFilter{ActorID: "\xff"}, nil},
			"a page":              {store.AuditFilter{Limit: 2}, []int{5, 3}},
			"the next page":       {store.AuditFilter{Limit: 2, AfterNumber: &events[3].Number}, []int{2, 1}},
			"the page before":     {store.AuditFilter{Limit: 2, BeforeNumber: &events[1].Number}, []int{3, 2}},
			"between two":         {store.AuditFilter{AfterNumber: &events[5].Number, BeforeNumber: &events[1].Number}, []int{3, 2}},
			"a negative limit":    {store.AuditFilter{Limit: -1}, nil},
		} {
			if c.filter.Store == "" {
				c.filter.Store = "DE"
			}
			if c.filter.Limit == 0 {
				c.filter.Limit = 9
			}
			want := []model.AuditEvent{}
			for _, n := range c.want {
				want = append(want, *events[n])
			}
			if difference := cmp.Diff(want, w.auditEvents(c.filter)); difference != "" {
				w.Errorf("%s: %s", name, difference)
			}
		}
		if found := w.auditEvents(store.AuditFilter{Store: "DE"}); len(found) != 0 {
			w.Errorf("a limit of nothing finds %d", len(found))
		}
	})
}

// Whoever turns the pages, in either direction, meets every event once.
func TestPagesOfAuditEventsMeetEachOnce(t *testing.T) {
	each(t, func(w *world) {
		var want []int64
		for n := range 11 {
			event := w.audited(model.AuditEvent{Customer: new("DE--1"), CreatedAt: noon.Add(-time.Duration(n) * time.Minute)}) // the number counts, not the time
			want = append(want, event.Number)
			w.audited(model.AuditEvent{Customer: new("DE--2")})
			w.audited(model.AuditEvent{Customer: new("DE--1"), Store: "AT"})
		}
		slices.Reverse(want)
		filter := store.AuditFilter{Store: "DE", Customer: "DE--1"}
		for filter.Limit = 1; filter.Limit <= 12; filter.Limit++ {
			var forward []int64
			filter.AfterNumber, filter.BeforeNumber = nil, nil
			for page := w.auditEvents(filter); len(page) > 0; page = w.auditEvents(filter) {
				for _, event := range page {
					forward = append(forward, event.Number)
				}
				filter.AfterNumber = &page[len(page)-1].Number
			}
			var back []int64
			filter.AfterNumber, filter.BeforeNumber = nil, new(want[len(want)-1]-1)
			for page := w.auditEvents(filter); len(page) > 0; page = w.auditEvents(filter) {
				var numbers []int64
				for _, event := range page {
					numbers = append(numbers, event.Number)
				}
				back = append(numbers, back...)
				filter.BeforeNumber = &page[0].Number
			}
			if difference := cmp.Diff([][]int64{want, want}, [][]int64{forward, back}); difference != "" {
				w.Errorf("%d a page: %s", filter.Limit, difference)
			}
		}
	})
}

// The trail is worth something only if who breaks into the service cannot make
// it tell something else. So these statements go past the store.
func TestDatabaseKeepsAuditEventsAsTheyAre(t *testing.T) {
	each(t, func(w *world) {
		w.audited(model.AuditEvent{ActorID: new("DE--1"), Customer: new("DE--1"), ClientAddress: new("192.0.2.1"), RequestID: new("r-1")})
		bare := w.audited(model.AuditEvent{CreatedAt: noon.Add(-time.Hour)})
		before := w.auditEvents(store.AuditFilter{Store: "DE", Limit: 9})
		rows, err := w.SQL().Query("SELECT * FROM audit_events LIMIT 0")
		if err != nil {
			w.Fatal(err)
		}
		columns, err := rows.Columns()
		if err := errors.Join(err, rows.Close()); err != nil || len(columns) != 11 {
			w.Fatal(columns, err)
		}
		var forbidden []string
		for _, column := range columns {
			value := "'other'"
			switch column {
			case "number":
				value = "number + 100"
			case "created_at":
				value = "'2001-02-03 04:05:06+00:00'"
			}
			forbidden = append(forbidden, "UPDATE audit_events SET "+column+" = "+value)
			if column != "client_address" {
				forbidden = append(forbidden,
					"UPDATE audit_events SET client_address = NULL, "+column+" = "+value,
					"UPDATE audit_events SET "+column+" = NULL")
			}
			for _, event := range before {
				statement := fmt.Sprintf("UPDATE audit_events SET %s = %s WHERE number = %d", column, value, event.Number)
				forbidden = append(forbidden, statement)
			}
		}
		upsert := fmt.Sprintf(`INTO audit_events (number, id, store, event, outcome, actor_type, created_at)
			VALUES (%d, '%s', 'DE', 'other', 'success', 'visitor', '2001-02-03 04:05:06+00:00')`, bare.Number, bare.ID)
		forbidden = append(forbidden, "INSERT "+upsert, "INSERT "+upsert+" ON CONFLICT (number) DO UPDATE SET event = 'other'")
		if w.Dialect() == "sqlite" {
			forbidden = append(forbidden,
				"REPLACE "+upsert,
				strings.Replace("REPLACE "+upsert, fmt.Sprint(bare.Number), "99", 1),
				strings.Replace("REPLACE "+upsert, bare.ID, "other", 1),
				"UPDATE OR REPLACE audit_events SET id = (SELECT min(id) FROM audit_events)")
		} else {
			forbidden = append(forbidden, "UPDATE audit_events SET client_address = ''")
		}
		for _, statement := range forbidden {
			if _, err := w.SQL().Exec(statement); err == nil {
				w.Errorf("allowed: %s", statement)
			}
		}
		if difference := cmp.Diff(before, w.auditEvents(store.AuditFilter{Store: "DE", Limit: 9})); difference != "" {
			w.Error(difference)
		}

		w.exec("UPDATE audit_events SET client_address = NULL")
		for n := range before {
			before[n].ClientAddress = nil
		}
		if difference := cmp.Diff(before, w.auditEvents(store.AuditFilter{Store: "DE", Limit: 9})); difference != "" {
			w.Errorf("when addresses were blanked: %s", difference)
		}
		for _, statement := range []string{"UPDATE audit_events SET client_address = '192.0.2.1'", "UPDATE audit_events SET request_id = 'other'"} {
			if _, err := w.SQL().Exec(statement); err == nil {
				w.Errorf("allowed where no address is: %s", statement)
			}
		}
		w.exec("UPDATE audit_events SET request_id = NULL")
		for n := range before {
			before[n].RequestID = nil
		}
		if difference := cmp.Diff(before, w.auditEvents(store.AuditFilter{Store: "DE", Limit: 9})); difference != "" {
			w.Errorf("when request ids were blanked: %s", difference)
		}
	})
}

// Of what age an event is, the database judges by its own clock.
func TestDatabaseKeepsAuditEventsFor29Days(t *testing.T) {
	each(t, func(w *world) {
		const kept = 29 * 24 * time.Hour
		now := time.Now()
		w.audited(model.AuditEvent{Event: "now", CreatedAt: now})
		w.audited(model.AuditEvent{Event: "young", CreatedAt: now.Add(-kept + 5*time.Minute)})
		w.audited(model.AuditEvent{Event: "old", CreatedAt: now.Add(-kept - 5*time.Minute)})
		w.audited(model.AuditEvent{Event: "older", CreatedAt: now.Add(-kept - time.Hour).Truncate(time.Second)})
		w.audited(model.AuditEvent{Event: "ahead", CreatedAt: now.Add(time.Hour)})
		has := func(want ...string) {
			w.Helper()
			got := []string{}
			for _, event := range w.auditEvents(store.AuditFilter{Store: "DE", Limit: 9}) {
				got = append(got, event.Event)
			}
			if difference := cmp.Diff(want, got); difference != "" {
				w.Error(difference)
			}
		}
		statements := []string{"DELETE FROM audit_events", "DELETE FROM audit_events WHERE event = 'now'", "DELETE FROM audit_events WHERE event = 'young'", "DELETE FROM audit_events WHERE event = 'ahead'"}
		if w.Dialect() == "postgres" {
			statements = append(statements, "TRUNCATE audit_events")
		}
		for _, statement := range statements {
			if _, err := w.SQL().Exec(statement); err == nil {
				w.Errorf("allowed: %s", statement)
			}
		}
		tooMuch := func(tx *store.Tx) error { return tx.DeleteOldAuditEvents(now) }
		if err := w.Write(context.Background(), tooMuch); err == nil {
			w.Error("young events were deleted")
		}
		has("ahead", "older", "old", "young", "now")
		w.write(func(tx *store.Tx) error { return tx.DeleteOldAuditEvents(now.Add(-kept - 30*time.Minute)) })
		has("ahead", "old", "young", "now")
		w.exec("DELETE FROM audit_events WHERE event = 'old'")
		has("ahead", "young", "now")
	})
}

func TestOldAuditEventsAreDeletedToTheMoment(t *testing.T) {
	each(t, func(w *world) {
		long := time.Now().Add(-400 * 24 * time.Hour).Truncate(time.Microsecond)
		w.audited(model.AuditEvent{CreatedAt: long.Add(-time.Microsecond)})
		w.audited(model.AuditEvent{CreatedAt: long.Add(-time.Hour), Store: "AT"})
		kept := w.audited(model.AuditEvent{CreatedAt: long})
		w.write(func(tx *store.Tx) error { return tx.DeleteOldAuditEvents(long) })
		if difference := cmp.Diff([]model.AuditEvent{*kept}, w.auditEvents(store.AuditFilter{Store: "DE", Limit: 9})); difference != "" || w.count("audit_events") != 1 {
			w.Errorf("%d rows: %s", w.count("audit_events"), difference)
		}
	})
}

// The addresses of integrations and operators are nobody's personal data; those
// of other customers are not this one's.
func TestAddressesOfACustomersOwnDoingsAreForgotten(t *testing.T) {
	each(t, func(w *world) {
		address := new("192.0.2.1")
		want := map[string]*string{}
		for event, c := range map[string]struct {
			made model.AuditEvent
			kept *string
		}{
			"by the customer":      {model.AuditEvent{ActorType: "customer", ActorID: new("DE--1"), Customer: new("DE--1")}, nil},
			"by a visitor":         {model.AuditEvent{ActorType: "visitor", Customer: new("DE--1")}, nil},
			"by them, to nobody":   {model.AuditEvent{ActorType: "customer", ActorID: new("DE--1")}, nil},
			"a key called so":      {model.AuditEvent{ActorType: "api-key", ActorID: new("DE--1")}, address},
			"by an integration":    {model.AuditEvent{ActorType: "api-key", ActorID: new("k"), Customer: new("DE--1")}, address},
			"by an operator":       {model.AuditEvent{ActorType: "operator", Customer: new("DE--1")}, address},
			"by another customer":  {model.AuditEvent{ActorType: "customer", ActorID: new("DE--2"), Customer: new("DE--2")}, address},
			"by a visitor, nobody": {model.AuditEvent{ActorType: "visitor"}, address},
			"in another store":     {model.AuditEvent{ActorType: "customer", Customer: new("DE--1"), Store: "AT"}, address},
		} {
			c.made.Event, c.made.ClientAddress, c.made.RequestID = event, address, new("r-1")
			w.audited(c.made)
			want[event] = c.kept
		}
		for range 2 { // the second time there is nothing to do
			w.write(func(tx *store.Tx) error { return tx.ForgetOrigins("DE", "DE--1") })
		}
		got := map[string]*string{}
		for _, name := range []string{"DE", "AT"} {
			for _, event := range w.auditEvents(store.AuditFilter{Store: name, Limit: 10}) {
				got[event.Event] = event.ClientAddress
				if (event.ClientAddress == nil) != (event.RequestID == nil) {
					w.Errorf("%s: of the address and the request id one is left", event.Event)
				}
			}
		}
		if difference := cmp.Diff(want, got); difference != "" {
			w.Error(difference)
		}
	})
}

func TestAuditEventThatCannotBeKeptIsRefused(t *testing.T) {
	each(t, func(w *world) {
		made := w.audited(model.AuditEvent{})
		w.writeFails(errors.CharactersInvalid, func(tx *store.Tx) error {
			return tx.AddAuditEvent(&model.AuditEvent{ID: uuid.NewString(), RequestID: new("a\x00b")})
		})
		twice := func(tx *store.Tx) error { return tx.AddAuditEvent(&model.AuditEvent{ID: made.ID}) }
		if err := w.Write(context.Background(), twice); err == nil || w.count("audit_events") != 1 {
			w.Errorf("%v, %d rows", err, w.count("audit_events"))
		}
	})
}
