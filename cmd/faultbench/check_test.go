package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// story is what one customer after the other has left behind when all is well:
// ada has asked for everything and was erased, bob has lost an answer of which
// all is there and carol one of which nothing is, and dave and bob's double were
// refused. Letters of bob and ada came twice.
func story() evidence {
	ledger := []operation{
		{Kind: register, Email: "ada@x", Outcome: ok, Customer: "DE--1", Status: 201},
		{Kind: logIn, Email: "ada@x", Outcome: ok, Status: 201},
		{Kind: addTo, Email: "ada@x", Outcome: ok, Status: 201},
		{Kind: addTo, Email: "ada@x", Wrong: true, Outcome: fail, Status: 422},
		{Kind: change, Email: "ada@x", Wrong: true, Outcome: fail, Status: 400},
		{Kind: change, Email: "ada@x", Outcome: ok, Status: 204},
		{Kind: erase, Email: "ada@x", Outcome: ok, Status: 204},
		{Kind: register, Email: "bob@x", Outcome: unknown},
		{Kind: register, Email: "carol@x", Outcome: unknown},
		{Kind: register, Email: "dave@x", Wrong: true, Outcome: fail, Status: 422},
		{Kind: register, Email: "eve@x", Outcome: ok, Customer: "DE--3", Status: 201},
		{Kind: forget, Email: "eve@x", Outcome: ok, Status: 204},
		{Kind: register, Email: "eve@x", Wrong: true, Outcome: fail, Status: 400},
		{Kind: register, Email: "frank@x", Outcome: fail},
	}
	for i := range ledger {
		ledger[i].Number = i + 1
	}
	letters := []letter{
		{ID: "l1", To: "bob@x", Kind: confirmLetter, Text: "key 1"},
		{ID: "l1", To: "bob@x", Kind: confirmLetter, Text: "key 1"},
		{ID: "l2", To: "ada@x", Kind: changedLetter},
		{ID: "l3", To: "ada@x", Kind: erasedLetter},
		{ID: "l3", To: "ada@x", Kind: erasedLetter},
		{ID: "l4", To: "eve@x", Kind: confirmLetter, Text: "key 4"},
		{ID: "l5", To: "eve@x", Kind: restoreLetter, Text: "key 5"},
	}
	events := []event{
		{ID: "e1", Type: "customer.created", Customer: "DE--1", Sequence: 1}, // emptied by the erasure
		{ID: "e2", Type: "customer.session.created", Customer: "DE--1", Sequence: 2},
		{ID: "e3", Type: "customer.address.created", Customer: "DE--1", Sequence: 3},
		{ID: "e4", Type: "customer.created", Customer: "DE--2", Email: "bob@x", Sequence: 1},
		{ID: "e5", Type: "customer.password_changed", Customer: "DE--1", Sequence: 4},
		{ID: "l1", Type: "customer.confirmation_token_generated", Customer: "DE--2", Sequence: 2},
		{ID: "e6", Type: "customer.deleted", Customer: "DE--1", Sequence: 5},
		{ID: "e7", Type: "customer.created", Customer: "DE--3", Email: "eve@x", Sequence: 1},
		{ID: "l4", Type: "customer.confirmation_token_generated", Customer: "DE--3", Sequence: 2},
		{ID: "l5", Type: "customer.password_token_generated", Customer: "DE--3", Sequence: 3},
	}
	got := mapped(events, func(e event) delivery {
		return delivery{ID: e.ID, BodyID: e.ID, Customer: e.Customer, Sequence: e.Sequence}
	})
	return evidence{
		operations: ledger, letters: letters, events: events, followed: slices.Clone(events),
		customers:  map[string]string{"DE--1": "anonymous", "DE--2": "bob@x", "DE--3": "eve@x"},
		deliveries: map[string][]delivery{"endpoint 1": append(got, got[0])},
	}
}

func TestWhatIsAsItShouldBeHolds(t *testing.T) {
	v := judge(story())
	if !v.holds() {
		t.Errorf("faults: %v", v.Faults)
	}
	want := verdict{Acknowledged: 7, Unknown: 2, Refused: 5, Letters: 7, Events: 10, Deliveries: 11, Duplicates: 3}
	if v.Faults = nil; !equal(*v, want) {
		t.Errorf("the verdict is %+v, not %+v", *v, want)
	}
}

func equal(a, b verdict) bool {
	sameFaults := slices.Equal(a.Faults, b.Faults)
	a.Faults, b.Faults = nil, nil
	return sameFaults && a.numbers() == b.numbers()
}

func (v verdict) numbers() [11]int {
	return [...]int{v.Acknowledged, v.Unknown, v.Refused, v.Letters, v.Events, v.Deliveries, v.Lost, v.Duplicates, v.OtherID, v.Phantom, v.Torn}
}

func TestWhatHappenedWhileAnEndpointWasAddedMayHaveCome(t *testing.T) {
	for _, first := range []int{2, 3} {
		e := story()
		e.spans = map[string]span{"endpoint 1": {from: 2, sure: 3, until: 10}}
		e.deliveries["endpoint 1"] = e.deliveries["endpoint 1"][first:10]
		if v := judge(e); !v.holds() {
			t.Errorf("from %d on: %v", first, v.Faults)
		}
	}
}

func TestEveryControlIsNoticed(t *testing.T) {
	caught, missed := tryControls(story())
	if caught != len(controls) || missed != nil {
		t.Errorf("%d of %d controls were noticed, and not %v", caught, len(controls), missed)
	}
	if v := judge(story()); !v.holds() {
		t.Errorf("the controls have spoilt the evidence itself: %v", v.Faults)
	}
}

func TestWhatIsNotAsItShouldBeFails(t *testing.T) {
	without := func(events []event, id string) []event {
		return slices.DeleteFunc(events, func(e event) bool { return e.ID == id })
	}
	tests := []struct {
		name  string
		spoil func(e *evidence)
		want  string // a part of a fault
	}{
		{"an acknowledged wish has no letter", func(e *evidence) { e.letters = e.letters[:6] }, "forget password: letters: 0, not 1"},
		{"an acknowledged address has no event", func(e *evidence) { e.events[2].Type = "customer.updated" }, "add address: events: 0, not 1"},
		{"a refused address has an event", func(e *evidence) { e.events[4].Type = "customer.address.created" }, "add address: events: 2, not 1"},
		{"a letter was sent again under another id", func(e *evidence) { e.letters[1].ID = "l9" }, "register: letters: 2, not 1"},
		{"a letter was sent again with another key", func(e *evidence) { e.letters[1].Text = "key 9" }, "letter l1 came again as another one"},
		{"a letter of a registration that was refused", func(e *evidence) { e.letters[5].To = "dave@x" }, "dave@x: register: letters: 1, not 0"},
		{"a letter to a stranger", func(e *evidence) { e.letters[5].To = "zoe@x" }, "zoe@x, who never asked"},
		{"a registration that was never sent has a letter", func(e *evidence) { e.letters[5].To = "frank@x" }, "frank@x: register: letters: 1, not 0"},
		{"of an unknown registration there is no letter", func(e *evidence) { e.letters = e.letters[2:] }, "bob@x: register: 1 events and 0 letters"},
		{"of an unknown registration there is no customer", func(e *evidence) { delete(e.customers, "DE--2") }, "bob@x: the event of the registration is there: true, the customer: false"},
		{"of an unknown registration there is no event", func(e *evidence) { e.events = slices.Delete(e.events, 3, 4) }, "nobody has registered"},
		{"a letter that no event tells of", func(e *evidence) { e.events[9].Type = "customer.updated" }, "events that tell of []"},
		{"an event that tells of another letter", func(e *evidence) { e.events[9].ID = "l7" }, "events that tell of [l7]"},
		{"an event is missing in the middle", func(e *evidence) {
			e.events, e.followed = without(e.events, "e2"), without(e.followed, "e2")
		}, "number 3 of DE--1 comes after 1"},
		{"events of one customer in the wrong order", func(e *evidence) { e.events[1], e.events[2] = e.events[2], e.events[1] }, "number 3 of DE--1 comes after 1"},
		{"who follows has missed one", func(e *evidence) { e.followed = without(e.followed, "e6") }, "has seen 9 events, and not the 10"},
		{"who follows has seen one twice", func(e *evidence) { e.followed = append(e.followed, e.followed[9]) }, "has seen 11 events, and not the 10"},
		{"an endpoint has missed one", func(e *evidence) { e.deliveries["endpoint 1"] = e.deliveries["endpoint 1"][:9] }, "event l5 (customer.password_token_generated) was not delivered"},
		{"an endpoint got one that never was", func(e *evidence) {
			e.deliveries["endpoint 1"] = append(e.deliveries["endpoint 1"], delivery{ID: "z", BodyID: "z", Customer: "DE--9", Sequence: 1})
		}, "event z was delivered, and never was"},
		{"an endpoint got one under two ids", func(e *evidence) { e.deliveries["endpoint 1"][10].ID, e.deliveries["endpoint 1"][10].BodyID = "z", "z" }, "came as e1 and as z"},
		{"an endpoint has missed one of its time", func(e *evidence) {
			e.spans = map[string]span{"endpoint 1": {from: 2, sure: 3, until: 10}}
			e.deliveries["endpoint 1"] = e.deliveries["endpoint 1"][4:10]
		}, "event e4 (customer.created) was not delivered"},
		{"an endpoint got one of before its time", func(e *evidence) {
			e.spans = map[string]span{"endpoint 1": {from: 2, sure: 3, until: 10}}
			e.deliveries["endpoint 1"] = e.deliveries["endpoint 1"][1:10]
		}, "event e2 was delivered, and never was"},
		{"the header names another event than the body", func(e *evidence) { e.deliveries["endpoint 1"][3].BodyID = "z" }, "webhook-id is e4, and the event z"},
		{"what should have been refused was not", func(e *evidence) { e.operations[9].Outcome, e.operations[9].Status = ok, 200 }, "operation 10 (register of dave@x) was answered with 200"},
		{"the service failed", func(e *evidence) { e.operations[8].Status = 500 }, "operation 9 (register of carol@x) was answered with 500"},
		{"somebody has noticed", func(e *evidence) { e.calm = true }, "operation 8 (register of bob@x) was answered with 0"},
	}
	for _, test := range tests {
		e := story()
		test.spoil(&e)
		if v := judge(e); !slices.ContainsFunc(v.Faults, func(fault string) bool { return strings.Contains(fault, test.want) }) {
			t.Errorf("%s: faults are %q", test.name, v.Faults)
		}
	}
}

func TestLedgerIsReadBackAsItWasWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	l, err := newLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	done, lost, refused := operation{Kind: register, Email: "ada@x"}, operation{Kind: forget, Email: "ada@x"}, operation{Kind: addTo, Email: "ada@x", Wrong: true}
	for _, o := range []*operation{&done, &lost, &refused} {
		if err := l.invoke(o); err != nil {
			t.Fatal(err)
		}
	}
	refused.Outcome, refused.Status = fail, 422
	done.Outcome, done.Status, done.Customer = ok, 201, "DE--1"
	for _, o := range []operation{refused, done} {
		if err := l.end(o); err != nil {
			t.Fatal(err)
		}
	}
	lost.Outcome = unknown // nobody has written down what came of it
	if err := l.close(); err != nil {
		t.Fatal(err)
	}
	got, err := readLedger(path)
	if want := []operation{done, lost, refused}; err != nil || !slices.Equal(got, want) {
		t.Errorf("the ledger is %+v (%v), not %+v", got, err, want)
	}
}

func TestLedgerThatIsNotWholeIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"an end without a beginning": `{"n":1,"outcome":"ok"}` + "\n",
		"a number is missing":        `{"n":2,"outcome":"invoke","kind":"register"}` + "\n",
		"half a line":                `{"n":1,"outcome":"inv`,
	} {
		path := filepath.Join(t.TempDir(), "ledger")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := readLedger(path); err == nil {
			t.Errorf("%s: was read as %+v", name, got)
		}
	}
}
