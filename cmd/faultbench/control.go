package main

import (
	"maps"
	"slices"
)

// control spoils good evidence in one way, to show that the checks would have
// noticed.
type control struct {
	name string
	// spoil returns false where there is nothing that could be spoilt so.
	spoil func(e *evidence) bool
	// noticed reports whether a verdict shows it.
	noticed func(v *verdict) bool
}

var controls = []control{
	{"forget-letter", func(e *evidence) bool {
		needed, found := e.neededLetter()
		e.letters = slices.DeleteFunc(e.letters, func(l letter) bool { return l.ID == needed.ID })
		return found
	}, func(v *verdict) bool { return v.Lost > 0 }},
	{"repeat-letter", func(e *evidence) bool {
		again, found := e.neededLetter()
		again.ID = "another"
		e.letters = append(e.letters, again)
		return found
	}, func(v *verdict) bool { return v.OtherID > 0 }},
	{"change-key", func(e *evidence) bool {
		again, found := e.neededLetter()
		again.Text += "another key"
		e.letters = append(e.letters, again)
		return found
	}, func(v *verdict) bool { return !v.holds() }},
	{"write-to-refused", func(e *evidence) bool {
		refused, found := e.refused()
		e.letters = append(e.letters, letter{ID: "phantom", To: refused.Email, Kind: effects[refused.Kind].letter})
		return found
	}, func(v *verdict) bool { return v.Phantom > 0 }},
	{"forget-event", func(e *evidence) bool {
		if len(e.events) == 0 {
			return false
		}
		lost := e.events[len(e.events)/2].ID
		isLost := func(one event) bool { return one.ID == lost }
		e.events, e.followed = slices.DeleteFunc(e.events, isLost), slices.DeleteFunc(e.followed, isLost)
		return true
	}, func(v *verdict) bool { return !v.holds() }},
	{"repeat-event", func(e *evidence) bool {
		created := slices.IndexFunc(e.events, func(one event) bool { return one.Type == effects[register].event })
		if created < 0 {
			return false
		}
		e.events = append(e.events, e.events[created])
		return true
	}, func(v *verdict) bool { return v.Phantom > 0 }},
	{"tell-of-refused", func(e *evidence) bool {
		refused, found := e.refused()
		e.events = append(e.events, event{ID: "phantom", Type: effects[register].event, Customer: "PHANTOM--1", Email: refused.Email, Sequence: 1})
		return found
	}, func(v *verdict) bool { return v.Phantom > 0 }},
	{"skip-event", func(e *evidence) bool {
		if len(e.followed) == 0 {
			return false
		}
		e.followed = slices.Delete(e.followed, len(e.followed)/2, len(e.followed)/2+1)
		return true
	}, func(v *verdict) bool { return !v.holds() }},
	{"forget-customer", func(e *evidence) bool {
		for reference := range e.customers {
			delete(e.customers, reference)
			return true
		}
		return false
	}, func(v *verdict) bool { return v.Torn > 0 }},
	{"forget-ledger-line", func(e *evidence) bool {
		acknowledged := slices.IndexFunc(e.operations, func(o operation) bool { return o.Kind == register && o.Outcome == ok })
		if acknowledged < 0 {
			return false
		}
		e.operations = slices.Delete(e.operations, acknowledged, acknowledged+1)
		return true
	}, func(v *verdict) bool { return v.Phantom > 0 }},
	{"forget-delivery", func(e *evidence) bool {
		endpoint, some := e.someDeliveries()
		if !some {
			return false
		}
		lost := e.deliveries[endpoint][0].ID
		e.deliveries[endpoint] = slices.DeleteFunc(e.deliveries[endpoint], func(d delivery) bool { return d.ID == lost })
		return true
	}, func(v *verdict) bool { return v.Lost > 0 }},
	{"repeat-delivery", func(e *evidence) bool {
		endpoint, some := e.someDeliveries()
		if !some {
			return false
		}
		again := e.deliveries[endpoint][0]
		again.ID, again.BodyID = "another", "another"
		e.deliveries[endpoint] = append(e.deliveries[endpoint], again)
		return true
	}, func(v *verdict) bool { return v.OtherID > 0 }},
	{"deliver-refused", func(e *evidence) bool {
		endpoint, some := e.someDeliveries()
		if some {
			e.deliveries[endpoint] = append(e.deliveries[endpoint], delivery{ID: "phantom", BodyID: "phantom", Customer: "PHANTOM--1", Sequence: 1})
		}
		return some
	}, func(v *verdict) bool { return v.Phantom > 0 }},
}

// neededLetter returns one that its recipient asked for once, and that was
// acknowledged.
func (e *evidence) neededLetter() (letter, bool) {
	people, _ := e.people()
	for _, l := range e.letters {
		p := people[l.To]
		if p == nil || len(p.events[effects[erase].event]) > 0 {
			continue
		}
		for kind, effect := range effects {
			if effect.letter == l.Kind && p.asked[kind] == [2]int{1, 0} {
				return l, true
			}
		}
	}
	return letter{}, false
}

// refused returns a registration that was refused, of an address that is
// nobody's.
func (e *evidence) refused() (operation, bool) {
	people, _ := e.people()
	for _, o := range e.operations {
		if o.Kind == register && o.Wrong && people[o.Email].asked[register] == [2]int{} {
			return o, true
		}
	}
	return operation{}, false
}

func (e *evidence) someDeliveries() (endpoint string, found bool) {
	for _, endpoint := range slices.Sorted(maps.Keys(e.deliveries)) {
		if len(e.deliveries[endpoint]) > 0 {
			return endpoint, true
		}
	}
	return "", false
}

// clone is a copy that can be spoilt.
func (e evidence) clone() evidence {
	e.operations, e.letters = slices.Clone(e.operations), slices.Clone(e.letters)
	e.events, e.followed = slices.Clone(e.events), slices.Clone(e.followed)
	e.customers, e.deliveries = maps.Clone(e.customers), maps.Clone(e.deliveries)
	for endpoint, got := range e.deliveries {
		e.deliveries[endpoint] = slices.Clone(got)
	}
	return e
}

// tryControls spoils copies of the evidence in every way that it can be, and
// returns how many were noticed and the names of those that were not.
func tryControls(e evidence) (caught int, missed []string) {
	for _, c := range controls {
		spoilt := e.clone()
		if !c.spoil(&spoilt) {
			continue
		}
		if c.noticed(judge(spoilt)) {
			caught++
		} else {
			missed = append(missed, c.name)
		}
	}
	return caught, missed
}
