package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// service is the running service and the world that the rules share: customers
// who are made before the first rule is tried.
type service struct {
	*client
	ctx    context.Context
	key    string // API key, or ""
	run    string // makes the names of this run its own
	ledger *ledger

	main    *person // has two addresses; is read and never changed
	other   *person // somebody else
	scratch *person // for requests whose effect nobody looks at

	people  int
	visited []visit // by the crawl, once it was made
}

// trial is one rule being tried: what was asked and what was found wrong. A
// rule that looked at nothing fails.
type trial struct {
	*service
	checks int
	faults []string
	reason string // why the rule is not applicable
}

// abandoned ends a trial that cannot go on: what is missing has been noted.
type abandoned struct{}

// attempt tries a rule and survives its abandoning.
func (s *service) attempt(try func(*trial)) (t *trial) {
	t = &trial{service: s}
	defer func() {
		if cause := recover(); cause != nil {
			if _, expected := cause.(abandoned); !expected {
				panic(cause)
			}
		}
	}()
	try(t)
	return t
}

// hold notes a fault unless what must hold does.
func (t *trial) hold(holds bool, format string, args ...any) bool {
	t.checks++
	if !holds {
		t.faults = append(t.faults, fmt.Sprintf(format, args...))
	}
	return holds
}

// require ends the trial unless there is what the rest of it stands on. It is
// nothing that the rule looked at.
func (t *trial) require(holds bool, format string, args ...any) {
	if !holds {
		t.faults = append(t.faults, fmt.Sprintf(format, args...))
		panic(abandoned{})
	}
}

// skip ends a trial as not applicable.
func (t *trial) skip(reason string) {
	t.reason = reason
	panic(abandoned{})
}

// needKey ends a trial that only an API key can make.
func (t *trial) needKey() {
	if t.key == "" {
		t.skip("no API key")
	}
}

// want looks at a status.
func (t *trial) want(what string, e *exchange, statuses ...int) bool {
	return t.hold(slices.Contains(statuses, e.status), "%s: %s answered %d, not %s", what, e.shape(), e.status, either(statuses))
}

// made is want for requests that the rest of the trial stands on.
func (t *trial) made(what string, e *exchange, statuses ...int) *exchange {
	if !t.want(what, e, statuses...) {
		panic(abandoned{})
	}
	return e
}

func either(statuses []int) string {
	words := make([]string, len(statuses))
	for i, status := range statuses {
		words[i] = strconv.Itoa(status)
	}
	return strings.Join(words, " or ")
}

// blames looks at a status, and at an error's source: member is pointer,
// parameter or header.
func (t *trial) blames(what string, e *exchange, status int, member, value string) bool {
	return t.want(what, e, status) && t.hold(isBlamed(e, member, value), "%s: %s has no error with source.%s %q", what, e.shape(), member, value)
}

func isBlamed(e *exchange, member, value string) bool {
	return slices.ContainsFunc(e.list("errors"), func(fault any) bool { return at(fault, "source."+member) == value })
}

// ask sends a request; the trial ends when there is no answer.
func (t *trial) ask(method, target string, body any, options ...option) *exchange {
	e, err := t.send(t.ctx, method, target, body, options...)
	t.require(err == nil, "%v", err)
	return e
}

func (t *trial) get(target string, options ...option) *exchange {
	return t.ask(http.MethodGet, target, nil, options...)
}

func (t *trial) post(target string, body any, options ...option) *exchange {
	return t.ask(http.MethodPost, target, body, options...)
}

func (t *trial) patch(target string, body any, options ...option) *exchange {
	return t.ask(http.MethodPatch, target, body, options...)
}

func (t *trial) delete(target string, options ...option) *exchange {
	return t.ask(http.MethodDelete, target, nil, options...)
}

// follow gets what a link leads to; the trial ends when it leads elsewhere.
func (t *trial) follow(what string, link any, options ...option) *exchange {
	text := linkTarget(link)
	target, ours := t.target(text)
	t.require(text != "" && ours, "%s: the link %v does not lead into the service", what, link)
	return t.get(target, options...)
}

// linkTarget returns the URL of a link, be it a string or an object.
func linkTarget(link any) string {
	if text, ok := link.(string); ok {
		return text
	}
	href, _ := at(link, "href").(string)
	return href
}
