package main

import (
	"fmt"
	"maps"
	"slices"
)

// The checks take what the clients know (the ledger) and what was found after
// the service has recovered (letters, the feed, customers, deliveries), and
// nothing else: a test gives them made-up evidence, and so do the controls.

// The kinds of letters.
const (
	confirmLetter = "confirm"
	restoreLetter = "restore"
	changedLetter = "password changed"
	erasedLetter  = "account erased"
)

// effect is what an operation leaves behind: an event of its own, a letter, and
// an event that tells of the letter and has its id. "" is none.
type effect struct{ event, letter, told string }

var effects = map[string]effect{
	register: {event: "customer.created", letter: confirmLetter, told: "customer.confirmation_token_generated"},
	logIn:    {event: "customer.session.created"},
	forget:   {letter: restoreLetter, told: "customer.password_token_generated"},
	change:   {event: "customer.password_changed", letter: changedLetter},
	addTo:    {event: "customer.address.created"},
	erase:    {event: "customer.deleted", letter: erasedLetter},
}

// letter is one that the mail server received, acknowledged or not.
type letter struct {
	ID   string // left part of the Message-ID
	To   string
	Kind string
	Text string // the key is in it
}

// event is one of the feed.
type event struct {
	ID       string
	Type     string
	Customer string // reference
	Email    string // of the customer when they were made; "" in other events, and once they are erased
	Sequence int64
}

// delivery is one request that a receiver got.
type delivery struct {
	ID       string // header webhook-id
	BodyID   string // id in the body
	Customer string
	Sequence int64
}

// evidence is all that a verdict rests on.
type evidence struct {
	operations []operation
	letters    []letter
	events     []event               // the feed, read from its beginning
	followed   []event               // the feed, as somebody followed it through all faults
	customers  map[string]string     // references, to the e-mail addresses
	deliveries map[string][]delivery // of each endpoint that has to get all events
	spans      map[string]span       // where an endpoint was not there all the time
	calm       bool                  // clients must not have noticed anything
}

// span is the part of the feed during which an endpoint was there, in places of
// events. It was added somewhere between from and sure: what happened meanwhile may
// have come, and need not.
type span struct{ from, sure, until int }

// verdict is what the evidence comes to.
type verdict struct {
	Acknowledged int `json:"acknowledged"`
	Unknown      int `json:"unknown"`
	Refused      int `json:"refused"`

	Letters    int `json:"letters"`
	Events     int `json:"events"`
	Deliveries int `json:"deliveries,omitempty"`

	Lost       int `json:"lost"`              // letters, events, customers, deliveries of what was acknowledged
	Duplicates int `json:"duplicates"`        // copies of letters and deliveries, under the same id
	OtherID    int `json:"duplicatesOtherID"` // the same under another id
	Phantom    int `json:"phantom"`           // of what was refused, or was never asked for
	Torn       int `json:"torn"`              // operations of which a part is there

	Faults []string `json:"faults,omitempty"`
}

func (v *verdict) holds() bool { return len(v.Faults) == 0 }

func (v *verdict) blame(count *int, format string, args ...any) {
	*count++
	v.fault(format, args...)
}

func (v *verdict) fault(format string, args ...any) {
	v.Faults = append(v.Faults, fmt.Sprintf(format, args...))
}

// judge looks at everything once.
func judge(e evidence) *verdict {
	v := &verdict{Letters: len(e.letters), Events: len(e.events)}
	v.answers(e)
	people, references := e.people()
	for _, email := range slices.Sorted(maps.Keys(people)) {
		v.person(people[email], e.customers)
	}
	for _, l := range e.letters {
		if people[l.To] == nil {
			v.blame(&v.Phantom, "a letter (%s) went to %s, who never asked for one", l.Kind, l.To)
		}
	}
	for _, one := range e.events {
		if references[one.Customer] == "" {
			v.blame(&v.Phantom, "event %s (%s) is of %s, whom nobody has registered", one.ID, one.Type, one.Customer)
		}
	}
	v.copies(e.letters)
	v.feed(e.events, e.followed)
	for _, endpoint := range slices.Sorted(maps.Keys(e.deliveries)) {
		possible, due := e.eventsFor(endpoint)
		v.delivered(endpoint, e.deliveries[endpoint], possible, due)
	}
	return v
}

// answers counts what the clients were told, and finds answers that are wrong
// whatever was broken at the time.
func (v *verdict) answers(e evidence) {
	for _, o := range e.operations {
		switch o.Outcome {
		case ok:
			v.Acknowledged++
		case unknown:
			v.Unknown++
		default:
			v.Refused++
		}
		if !o.asMeant() && (o.Status != 0 || e.calm) {
			v.fault("operation %d (%s of %s) was answered with %d: %s", o.Number, o.Kind, o.Email, o.Status, o.Outcome)
		}
	}
}

// person is all that is known of one customer.
type person struct {
	email     string
	reference string
	asked     map[string][2]int   // kind of operation: how many were acknowledged, how many are unknown
	events    map[string][]string // type: ids
	letters   map[string][]string // kind: ids, each once
}

// people puts the evidence together by e-mail address. references has the
// address of each customer that somebody has asked for.
func (e evidence) people() (people map[string]*person, references map[string]string) {
	people, references = map[string]*person{}, map[string]string{}
	for _, o := range e.operations {
		p := people[o.Email]
		if p == nil {
			p = &person{email: o.Email, asked: map[string][2]int{}, events: map[string][]string{}, letters: map[string][]string{}}
			people[o.Email] = p
		}
		count := p.asked[o.Kind]
		switch {
		case o.Wrong: // has no effect, whatever became of it
		case o.Outcome == ok:
			count[0]++
		case o.Outcome == unknown:
			count[1]++
		}
		p.asked[o.Kind] = count
		if o.Customer != "" {
			p.reference, references[o.Customer] = o.Customer, o.Email
		}
	}
	for _, one := range e.events {
		if p := people[one.Email]; p != nil && references[one.Customer] == "" {
			p.reference, references[one.Customer] = one.Customer, one.Email
		}
		if p := people[references[one.Customer]]; p != nil {
			p.events[one.Type] = append(p.events[one.Type], one.ID)
		}
	}
	for _, l := range e.letters {
		if p := people[l.To]; p != nil && !slices.Contains(p.letters[l.Kind], l.ID) {
			p.letters[l.Kind] = append(p.letters[l.Kind], l.ID)
		}
	}
	return people, references
}

// person holds what is there against what was asked for. Who was erased gets no
// letter any more but the one that says so.
func (v *verdict) person(p *person, customers map[string]string) {
	erased := len(p.events[effects[erase].event]) > 0
	for _, kind := range slices.Sorted(maps.Keys(effects)) {
		effect := effects[kind]
		acknowledged, most := p.asked[kind][0], p.asked[kind][0]+p.asked[kind][1]
		events, letters, told := len(p.events[effect.event]), len(p.letters[effect.letter]), p.events[effect.told]
		if effect.event != "" {
			v.within(events, acknowledged, most, &v.Phantom, "%s: %s: events", p.email, kind)
		}
		if effect.letter == "" {
			continue
		}
		excess, least := &v.OtherID, acknowledged
		if most == 0 {
			excess = &v.Phantom
		}
		silenced := erased && kind != erase
		if silenced {
			least = 0
		}
		v.within(letters, least, most, excess, "%s: %s: letters", p.email, kind)
		if effect.event != "" && !silenced && events != letters {
			v.blame(&v.Torn, "%s: %s: %d events and %d letters", p.email, kind, events, letters)
		}
		if effect.told != "" && !isAnnounced(p.letters[effect.letter], told, silenced) {
			v.blame(&v.Torn, "%s: %s: letters %v, and events that tell of %v", p.email, kind, p.letters[effect.letter], told)
		}
	}
	made := len(p.events[effects[register].event]) > 0
	_, there := customers[p.reference]
	if made != there {
		v.blame(&v.Torn, "%s: the event of the registration is there: %t, the customer: %t", p.email, made, there)
	}
}

// within finds fewer than there have to be, and more than there can be.
func (v *verdict) within(found, least, most int, excess *int, format string, args ...any) {
	for range least - found {
		v.blame(&v.Lost, format+": %d, not %d", append(args, found, least)...)
	}
	for range found - most {
		v.blame(excess, format+": %d, not %d", append(args, found, most)...)
	}
}

// isAnnounced reports whether the events that tell of letters are those of the
// letters, once each. A letter that was silenced may have been told of before.
func isAnnounced(letters, told []string, silenced bool) bool {
	letters, told = slices.Sorted(slices.Values(letters)), slices.Sorted(slices.Values(told))
	if !silenced {
		return slices.Equal(letters, told)
	}
	for _, id := range letters {
		if !slices.Contains(told, id) {
			return false
		}
	}
	return len(slices.Compact(told)) == len(told)
}

// copies counts the letters that came more than once. They have to be the same.
func (v *verdict) copies(letters []letter) {
	first := map[string]letter{}
	for _, l := range letters {
		before, again := first[l.ID]
		if !again {
			first[l.ID] = l
			continue
		}
		v.Duplicates++
		if l != before {
			v.fault("letter %s came again as another one", l.ID)
		}
	}
}

// feed finds gaps in the sequences of customers, and what a follower has missed
// or seen twice.
func (v *verdict) feed(events, followed []event) {
	last, seen := map[string]int64{}, map[string]bool{}
	for _, one := range events {
		if seen[one.ID] {
			v.fault("event %s is in the feed twice", one.ID)
		}
		seen[one.ID] = true
		if one.Sequence != last[one.Customer]+1 {
			v.fault("event %s: number %d of %s comes after %d", one.ID, one.Sequence, one.Customer, last[one.Customer])
		}
		last[one.Customer] = one.Sequence
	}
	id := func(e event) string { return e.ID }
	if !slices.Equal(mapped(events, id), mapped(followed, id)) {
		v.fault("who followed the feed has seen %d events, and not the %d of it in their order", len(followed), len(events))
	}
}

// eventsFor are those that an endpoint may have got, and those that it has to.
func (e evidence) eventsFor(endpoint string) (possible, due []event) {
	there, found := e.spans[endpoint]
	if !found {
		return e.events, e.events
	}
	until := min(there.until, len(e.events))
	return e.events[min(there.from, until):until], e.events[min(there.sure, until):until]
}

// delivered holds what an endpoint got against the feed.
func (v *verdict) delivered(endpoint string, got []delivery, possible, due []event) {
	v.Deliveries += len(got)
	type place struct {
		customer string
		sequence int64
	}
	inFeed, ids, places := map[string]bool{}, map[string]bool{}, map[place]string{}
	for _, one := range possible {
		inFeed[one.ID] = true
	}
	for _, d := range got {
		if d.ID != d.BodyID {
			v.fault("%s: webhook-id is %s, and the event %s", endpoint, d.ID, d.BodyID)
		}
		if ids[d.ID] {
			v.Duplicates++
			continue
		}
		ids[d.ID] = true
		at := place{d.Customer, d.Sequence}
		switch {
		case places[at] != "":
			v.blame(&v.OtherID, "%s: event %d of %s came as %s and as %s", endpoint, d.Sequence, d.Customer, places[at], d.ID)
		case !inFeed[d.ID]:
			v.blame(&v.Phantom, "%s: event %s was delivered, and never was", endpoint, d.ID)
		}
		places[at] = d.ID
	}
	for _, one := range due {
		if !ids[one.ID] {
			v.blame(&v.Lost, "%s: event %s (%s) was not delivered", endpoint, one.ID, one.Type)
		}
	}
}

func mapped[A, B any](all []A, of func(A) B) []B {
	made := make([]B, len(all))
	for i, one := range all {
		made[i] = of(one)
	}
	return made
}
