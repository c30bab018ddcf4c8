package main

import (
	"slices"
	"sync"
)

// ledger keeps what the structural check found in all answers, and what can be
// seen only in several of them.
type ledger struct {
	mutex sync.Mutex
	findings
	answers int
	selves  map[identity]string // the link of each resource
	titles  map[string]string   // of each kind of error
	pages   []string            // that links of errors lead to
}

func newLedger() *ledger {
	return &ledger{findings: newFindings(), selves: map[identity]string{}, titles: map[string]string{}}
}

// look checks one answer and adds it to the others.
func (l *ledger) look(e *exchange) {
	found := inspect(e)
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.answers++
	if !e.plain {
		l.resources(found, e)
		l.errors(found, e)
	}
	for rule, seen := range found.seen {
		l.seen[rule] += seen
	}
	for rule, faults := range found.faults {
		for _, fault := range faults {
			if !slices.Contains(l.faults[rule], fault) {
				l.faults[rule] = append(l.faults[rule], fault)
			}
		}
	}
}

// resources notes where each resource of an answer says that it is: two
// resources of one name would be at two places (29).
func (l *ledger) resources(found findings, e *exchange) {
	primary, isList := e.at("data").([]any)
	if !isList {
		primary = []any{e.at("data")}
	}
	for _, item := range slices.Concat(primary, e.list("included")) {
		name, known := identify(item)
		self := linkTarget(at(item, "links.self"))
		if !known || self == "" {
			continue
		}
		found.see("29")
		if former, met := l.selves[name]; met && former != self {
			found.blame("29", "%s: a resource of type %s is at %s and at %s", e.shape(), name.kind, former, self)
		}
		l.selves[name] = self
	}
}

// errors notes the titles of errors, which are the same for all of a kind (117),
// and the pages about them.
func (l *ledger) errors(found findings, e *exchange) {
	for _, fault := range e.list("errors") {
		for _, name := range []string{"type", "about"} {
			if page := linkTarget(at(fault, "links."+name)); page != "" && !slices.Contains(l.pages, page) {
				l.pages = append(l.pages, page)
			}
		}
		kind := kindOfError(fault)
		title, titled := at(fault, "title").(string)
		if kind == "" || !titled {
			continue
		}
		found.see("117")
		if former, met := l.titles[kind]; met && former != title {
			found.blame("117", "%s: errors of the kind %s have the titles %q and %q", e.shape(), kind, former, title)
		}
		l.titles[kind] = title
	}
}

// kindOfError is the type of problem that an error is an occurrence of: its link
// where it has one, its code otherwise.
func kindOfError(fault any) string {
	if link := linkTarget(at(fault, "links.type")); link != "" {
		return link
	}
	code, _ := at(fault, "code").(string)
	return code
}

// collected adds to a trial what the structural check found about its rule.
func (l *ledger) collected(t *trial, rule string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	t.checks += l.seen[rule]
	t.faults = append(t.faults, l.faults[rule]...)
}
