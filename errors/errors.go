// Package errors holds every error that Clientele can answer with, and stands
// in for the standard package of the same name, so that a file imports one.
//
// The catalogue (catalogue.go) is a table in which one line is one error. Code
// below the wire returns these values, made more precise with On, With, At and
// Because; only the wire turns them into a document.
package errors

import (
	"errors"
	"fmt"
	"time"
)

// Kind is what an error means to a caller, whichever dialect tells it.
type Kind int

// The six kinds. A dialect that has fewer statuses than the catalogue maps
// these.
const (
	Invalid         Kind = iota + 1 // the request breaks a rule of form or of business
	Unauthenticated                 // the caller is not who the request says
	Forbidden                       // the caller may not do this
	NotFound                        // there is no such thing, or none that the caller may see
	Busy                            // too many requests; the same one may work later
	Internal                        // our fault; the answer tells nothing of it
)

// Error is a line of the catalogue, and, once made precise, one occurrence of
// it. The lines themselves are never changed: every method returns a copy.
type Error struct {
	Code   string // number in the catalogue of Glue; "" where Glue has none
	Status int    // HTTP status on the main surface
	Kind   Kind
	Key    string // stable snake_case name, `meta.key` on the wire
	Title  string // one short phrase a key
	Detail string // the text for people, English; %s and %d until With fills them
	Help   string // when it comes and what a client does about it: for the catalogue's pages, never on the wire

	// Reserved tells why no request can provoke this line; "" for all others.
	Reserved string

	Source     Source
	Field      string         // attribute at fault, as the caller's wire spells it
	Meta       map[string]any // further members of `meta` on the wire
	RetryAfter time.Duration  // when the same request may succeed; 0 is unknown
	Quota      *Quota         // what is left of a limit; nil where none was counted
	Type       string         // URI of this kind of error, where a profile of JSON:API defines it

	line  *Error // the line of the catalogue this one was made from
	cause error
}

// Source says which part of the request an error is about. At most one member
// is set.
type Source struct {
	Pointer   *string // RFC 6901, to a value that exists in the request's body
	Parameter string  // name of a query parameter
	Header    string  // name of a header
}

// Quota is how much of a limit has been used.
type Quota struct {
	Limit     int           // tries within a window
	Remaining int           // tries that are left
	Reset     time.Duration // until all of them are there again
}

// Error returns the detail and the cause. The cause is for the log: wires show
// Detail alone.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.Key + ": " + e.Detail + ": " + e.cause.Error()
	}
	return e.Key + ": " + e.Detail
}

// Unwrap returns what Because was given, or nil.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target stems from the same line of the catalogue.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && e.origin() == other.origin()
}

// With fills the verbs of the detail.
func (e *Error) With(args ...any) *Error {
	made := e.copy()
	made.Detail = fmt.Sprintf(e.Detail, args...)
	return made
}

// On names the attribute at fault. The errors of attribute validation (code
// 901) also carry the name in their detail.
func (e *Error) On(field string) *Error {
	made := e.copy()
	made.Field = field
	if e.Code == validationCode {
		made.Detail = field + " => " + e.Detail
	}
	return made
}

// Limit tells the bound that was broken: it fills the detail's %d and becomes
// `meta.limit`.
func (e *Error) Limit(limit int) *Error {
	made := e.copy()
	made.Detail = fmt.Sprintf(e.Detail, limit)
	made.Meta = map[string]any{"limit": limit}
	return made
}

// At points at the place in the body that the error is about (RFC 6901; "" is
// the whole document).
func (e *Error) At(pointer string) *Error {
	made := e.copy()
	made.Source = Source{Pointer: &pointer}
	return made
}

// AtParameter names the query parameter that the error is about.
func (e *Error) AtParameter(name string) *Error {
	made := e.copy()
	made.Source = Source{Parameter: name}
	return made
}

// AtHeader names the header that the error is about.
func (e *Error) AtHeader(name string) *Error {
	made := e.copy()
	made.Source = Source{Header: name}
	return made
}

// Because keeps the cause, for the log alone.
func (e *Error) Because(cause error) *Error {
	made := e.copy()
	made.cause = cause
	return made
}

// After tells when the same request may succeed (the header Retry-After).
func (e *Error) After(wait time.Duration) *Error {
	made := e.copy()
	made.RetryAfter = wait
	return made
}

// Of tells what is left of the limit that the request was counted under (the
// headers RateLimit-*). A limit of 0 is none.
func (e *Error) Of(quota Quota) *Error {
	made := e.copy()
	if quota.Limit == 0 {
		return made
	}
	made.Quota = &quota
	return made
}

// Answer replaces the HTTP status, for a wire that differs in it (W-03).
func (e *Error) Answer(status int) *Error {
	made := e.copy()
	made.Status = status
	return made
}

// OfType says that a profile of JSON:API defines this kind of error, under a URI.
func (e *Error) OfType(uri string) *Error {
	made := e.copy()
	made.Type = uri
	return made
}

// Note adds a member to `meta`.
func (e *Error) Note(name string, value any) *Error {
	made := e.copy()
	meta := map[string]any{name: value}
	for k, v := range e.Meta {
		meta[k] = v
	}
	made.Meta = meta
	return made
}

func (e *Error) copy() *Error {
	made := *e
	made.line = e.origin()
	return &made
}

func (e *Error) origin() *Error {
	if e.line != nil {
		return e.line
	}
	return e
}

// New returns an error that is not in the catalogue; on the wire it is an
// internal error.
func New(text string) error { return errors.New(text) }

// Is is the standard library's.
func Is(err, target error) bool { return errors.Is(err, target) }

// AsType is the standard library's. As is left out on purpose: go vet checks
// its second argument only under its own name (trap T21).
func AsType[E error](err error) (E, bool) { return errors.AsType[E](err) }

// Join is the standard library's.
func Join(errs ...error) error { return errors.Join(errs...) }
