package jsonapi

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/clientelehq/clientele/errors"
)

// DefaultPageSize is how many resources a page has when a request names a
// strategy and no size; MaxPageSize is the most it may ask for.
const (
	DefaultPageSize = 20
	MaxPageSize     = 100
)

// maxPosition bounds page numbers and offsets, so that no product of the two
// leaves an int.
const maxPosition = math.MaxInt32

// Strategy is how a request asks for a part of a collection.
type Strategy int

// The strategies (glue.md 2.3). page[size] alone is the first page by number.
const (
	NoPage   Strategy = iota // the request does not page
	ByNumber                 // page[number], page[size]
	ByOffset                 // page[offset], page[limit]
	ByCursor                 // page[after] or page[before], not both, and page[size]; after nothing is the first page
)

// Page is the part of a collection that a request asks for. The members of its
// strategy are set, to their defaults where the request leaves them out; the
// others are zero.
type Page struct {
	Strategy      Strategy
	Number        int // from 1
	Size          int // 1 to MaxPageSize
	Offset        int // from 0
	Limit         int // 1 to MaxPageSize
	After, Before string
}

// CursorName tells which of its two cursors a page was asked for by: "after" or
// "before"; "" where there is none.
func (p Page) CursorName() string {
	switch {
	case p.Strategy != ByCursor:
		return ""
	case p.Before != "":
		return "before"
	}
	return "after"
}

// pageNames are the parameters of all strategies.
var pageNames = []string{"page[number]", "page[size]", "page[offset]", "page[limit]", "page[after]", "page[before]"}

func isPage(name string) bool { return slices.Contains(pageNames, name) }

// CheckPage checks the page parameters of a request, on routes that have no
// pages, too: a part of step 1 of the order of checks (glue.md section 4). It
// answers errors.PaginationInvalid to what is no integer or out of bounds, to
// members of two strategies, and, unless lenient, to one that is there twice.
// Lenient (wire=glue) wants page[offset] and page[limit] as a pair.
//
// What else may be wrong with a query is left to ParseQuery.
func CheckPage(rawQuery string, lenient bool) error {
	if rawQuery == "" {
		return nil
	}
	var parameters []parameter
	for pair := range strings.SplitSeq(rawQuery, "&") {
		p, err := decodePair(pair)
		if err != nil && isPage(p.name) {
			return errors.PaginationInvalid.AtParameter(p.name).Because(err)
		}
		if err == nil {
			parameters = append(parameters, p)
		}
	}
	_, err := parsePage(parameters, lenient)
	return err
}

func parsePage(parameters []parameter, lenient bool) (Page, error) {
	given := map[string]string{}
	for _, p := range parameters {
		if !isPage(p.name) {
			continue
		}
		if _, repeated := given[p.name]; repeated && !lenient {
			return Page{}, errors.PaginationInvalid.AtParameter(p.name)
		}
		given[p.name] = p.value
	}
	if len(given) == 0 {
		return Page{}, nil
	}
	r := pageReader{given: given}
	page := r.page(lenient)
	if r.fault != nil {
		return Page{}, r.fault
	}
	return page, nil
}

// CursorProfile is the profile of JSON:API that pages by cursor follow; the
// errors that it defines have URIs below it.
const CursorProfile = "https://jsonapi.org/profiles/ethanresnick/cursor-pagination"

// UnsortedCursors is the answer to a page by cursor of a list that is sorted as
// cursors cannot be.
func UnsortedCursors() *errors.Error {
	return errors.PaginationInvalid.AtParameter("sort").OfType(CursorProfile + "/unsupported-sort")
}

// pageReader remembers the first thing that is wrong.
type pageReader struct {
	given map[string]string
	fault *errors.Error
}

func (r *pageReader) page(lenient bool) Page {
	switch {
	case r.has("offset") || r.has("limit"):
		r.exclude("number", "size", "after", "before")
		if lenient {
			r.pair("offset", "limit")
		}
		return Page{
			Strategy: ByOffset,
			Offset:   r.integer("offset", 0, maxPosition, 0),
			Limit:    r.integer("limit", 1, MaxPageSize, DefaultPageSize),
		}
	case r.has("after") || r.has("before"):
		r.exclude("number")
		if r.has("after") && r.has("before") {
			r.blame("before", unsupportedRange)
		}
		return Page{
			Strategy: ByCursor,
			After:    r.cursor("after"),
			Before:   r.cursor("before"),
			Size:     r.integer("size", 1, MaxPageSize, DefaultPageSize),
		}
	}
	return Page{
		Strategy: ByNumber,
		Number:   r.integer("number", 1, maxPosition, 1),
		Size:     r.integer("size", 1, MaxPageSize, DefaultPageSize),
	}
}

func (r *pageReader) has(member string) bool {
	_, ok := r.given["page["+member+"]"]
	return ok
}

// blame remembers a member; the kinds of errors are those of the profile.
func (r *pageReader) blame(member string, kinds ...func(*errors.Error) *errors.Error) {
	if r.fault != nil {
		return
	}
	r.fault = errors.PaginationInvalid.AtParameter("page[" + member + "]")
	for _, kind := range kinds {
		r.fault = kind(r.fault)
	}
}

func unsupportedRange(fault *errors.Error) *errors.Error {
	return fault.OfType(CursorProfile + "/range-pagination-not-supported")
}

func sizeExceeded(fault *errors.Error) *errors.Error {
	return fault.OfType(CursorProfile+"/max-size-exceeded").Note("page", map[string]any{"maxSize": MaxPageSize})
}

func (r *pageReader) exclude(members ...string) {
	for _, member := range members {
		if r.has(member) {
			r.blame(member)
		}
	}
}

func (r *pageReader) pair(one, other string) {
	switch {
	case !r.has(one):
		r.blame(other)
	case !r.has(other):
		r.blame(one)
	}
}

// integer reads digits alone: no sign, no space, no exponent.
func (r *pageReader) integer(member string, least, most, otherwise int) int {
	if !r.has(member) {
		return otherwise
	}
	text := r.given["page["+member+"]"]
	value, err := strconv.Atoi(text)
	switch {
	case strings.Trim(text, "0123456789") != "" || text == "" || value < least && err == nil:
		r.blame(member)
	case (err != nil || value > most) && member == "size" && !r.has("number"): // pages by number are no business of the profile
		r.blame(member, sizeExceeded)
	case err != nil || value > most:
		r.blame(member)
	}
	return value
}

func (r *pageReader) cursor(member string) string {
	text := r.given["page["+member+"]"]
	if r.has(member) && text == "" && member != "after" {
		r.blame(member)
	}
	return text
}
