package jsonapi

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/clientelehq/clientele/errors"
)

// Offer is what a route takes of query parameters.
type Offer struct {
	Include []string            // paths of relationships, each in full
	Fields  map[string][]string // names of attributes and relationships by resource type
	Sort    []string
	Filter  map[string][]string // operators by name; "" is plain equality. `metadata.*` is any name that begins with `metadata.`
	Page    bool
	Own     []string // further parameters of this route
	Lenient bool     // what is unknown is ignored (W-05 in wire=glue)
}

// Query is what a request asks for, all of it offered. No name occurs twice in
// a list.
type Query struct {
	Include []string            // nil when the parameter is absent: then there is no `included` at all
	Fields  map[string][]string // types that are not in it show everything
	Sort    []Order
	Filter  []Filter // in the order of the request
	Page    Page
	Own     map[string]string // values of Offer.Own that were given
}

// Order is one criterion of sorting.
type Order struct {
	Field      string
	Descending bool
}

// Filter is one condition; all of them have to hold.
type Filter struct {
	Name      string // without the resource type
	Operator  string // "" is equality
	Value     string
	Parameter string // name of the parameter, as it was sent
}

// parameter is one of a query, decoded.
type parameter struct{ name, value string }

// ParseQuery reads the parameters of a request for resources of ownType: step
// 3 of the order of checks (glue.md 2.3 and section 4). filter[email] and
// filter[customers.email] are the same where ownType is customers.
//
// It answers errors.RequestInvalid to a query that cannot be decoded (a bad
// escape, a semicolon, invalid UTF-8, control characters);
// errors.PaginationInvalid; and to what the offer has not, or to a parameter
// given twice, errors.IncludeUnknown, SortUnknown, FieldUnknown, FilterUnknown
// or ParameterUnknown. Lenient ignores the latter five, and of a repeated
// parameter takes the last.
func ParseQuery(rawQuery, ownType string, offer Offer) (*Query, error) {
	if rawQuery == "" {
		return &Query{}, nil
	}
	parameters, err := decode(rawQuery)
	if err != nil {
		return nil, err
	}
	r := &reader{offer: offer, ownType: ownType, query: &Query{}}
	if r.query.Page, err = parsePage(parameters, offer.Lenient); err != nil {
		return nil, err
	}
	if parameters, err = r.unrepeated(parameters); err != nil {
		return nil, err
	}
	for _, p := range parameters {
		if err := r.read(p); err != nil && !offer.Lenient {
			return nil, err.AtParameter(p.name)
		}
	}
	if !offer.Page {
		r.query.Page = Page{}
	}
	return r.query, nil
}

// ParseForm returns the parameters of a body in the form
// application/x-www-form-urlencoded, nil when it cannot be decoded.
func ParseForm(body []byte) map[string][]string {
	parameters, err := decode(string(body))
	if err != nil {
		return nil
	}
	form := map[string][]string{}
	for _, p := range parameters {
		form[p.name] = append(form[p.name], p.value)
	}
	return form
}

// decode splits a query or form (WHATWG URL, 5.1) and keeps its order.
// url.ParseQuery drops what it cannot read and does not say which it was.
func decode(raw string) ([]parameter, error) {
	var parameters []parameter
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		p, err := decodePair(pair)
		if err != nil {
			return nil, err
		}
		parameters = append(parameters, p)
	}
	return parameters, nil
}

func decodePair(pair string) (parameter, error) {
	rawName, rawValue, _ := strings.Cut(pair, "=")
	name, err := decodeText(rawName)
	if err != nil {
		return parameter{}, err
	}
	value, err := decodeText(rawValue)
	if err != nil {
		return parameter{name: name}, err.AtParameter(name)
	}
	return parameter{name: name, value: value}, nil
}

func decodeText(raw string) (string, *errors.Error) {
	text, err := url.QueryUnescape(raw)
	switch {
	case err != nil:
		return "", errors.RequestInvalid.Because(err)
	case strings.Contains(raw, ";"):
		return "", errors.RequestInvalid.Because(errors.New("a semicolon that is not escaped"))
	case !utf8.ValidString(text):
		return "", errors.RequestInvalid.Because(errors.New("invalid UTF-8"))
	case ControlCharacters(text):
		return "", errors.RequestInvalid.Because(errors.New("control characters"))
	}
	return text, nil
}

// reader builds a query, parameter by parameter.
type reader struct {
	offer   Offer
	ownType string
	query   *Query
}

// unrepeated refuses a parameter that is there twice, under either of its
// names (JSON:API says nothing of them). Lenient keeps the last.
func (r *reader) unrepeated(parameters []parameter) ([]parameter, error) {
	kept := make([]parameter, 0, len(parameters))
	seen := map[string]int{}
	for _, p := range parameters {
		identity := r.identity(p.name)
		earlier, repeated := seen[identity]
		switch {
		case !repeated:
			seen[identity] = len(kept)
			kept = append(kept, p)
		case r.offer.Lenient:
			kept[earlier] = p
		default:
			return nil, errors.ParameterUnknown.With(p.name + ", given twice,").AtParameter(p.name)
		}
	}
	return kept, nil
}

// identity is the name of a parameter with the resource type of a filter left
// out.
func (r *reader) identity(name string) string {
	if rest, ok := strings.CutPrefix(name, "filter["+r.ownType+"."); ok && r.ownType != "" {
		return "filter[" + rest
	}
	return name
}

func (r *reader) read(p parameter) *errors.Error {
	family, keys, ok := brackets(p.name)
	switch {
	case !ok:
	case family == "include" && len(keys) == 0:
		return r.include(p.value)
	case family == "sort" && len(keys) == 0:
		return r.sort(p.value)
	case family == "fields" && len(keys) == 1:
		return r.fields(keys[0], p.value)
	case family == "filter" && (len(keys) == 1 || len(keys) == 2):
		return r.filter(keys, p)
	case r.offer.Page && isPage(p.name):
		return nil // parsePage has read it
	case slices.Contains(r.offer.Own, p.name):
		if r.query.Own == nil {
			r.query.Own = map[string]string{}
		}
		r.query.Own[p.name] = p.value
		return nil
	}
	return errors.ParameterUnknown.With(p.name)
}

// brackets takes name[a][b] apart.
func brackets(name string) (family string, keys []string, ok bool) {
	family, rest, bracketed := strings.Cut(name, "[")
	if !bracketed {
		return name, nil, true
	}
	rest, closed := strings.CutSuffix(rest, "]")
	if !closed {
		return "", nil, false
	}
	keys = strings.Split(rest, "][")
	return family, keys, true
}

func (r *reader) include(value string) *errors.Error {
	if len(r.offer.Include) == 0 && value == "" {
		return errors.ParameterUnknown.With("include")
	}
	paths, err := r.names(value, r.offer.Include, errors.IncludeUnknown)
	if len(r.offer.Include) > 0 {
		r.query.Include = paths
	}
	return err
}

func (r *reader) fields(resource, value string) *errors.Error {
	known, ok := r.offer.Fields[resource]
	if !ok {
		return errors.FieldUnknown.With(resource)
	}
	names, err := r.names(value, known, errors.FieldUnknown)
	if r.query.Fields == nil {
		r.query.Fields = map[string][]string{}
	}
	r.query.Fields[resource] = names
	return err
}

// names reads a list of names separated by commas, none when it is empty.
// Those that are not known are left out, and the first is told.
func (r *reader) names(value string, known []string, unknown *errors.Error) (names []string, first *errors.Error) {
	names = []string{}
	if value == "" {
		return names, nil
	}
	for name := range strings.SplitSeq(value, ",") {
		switch {
		case !slices.Contains(known, name):
			if first == nil {
				first = unknown.With(name)
			}
		case !slices.Contains(names, name):
			names = append(names, name)
		}
	}
	return names, first
}

func (r *reader) sort(value string) *errors.Error {
	for criterion := range strings.SplitSeq(value, ",") {
		field, descending := strings.CutPrefix(criterion, "-")
		if !slices.Contains(r.offer.Sort, field) {
			if !r.offer.Lenient {
				return errors.SortUnknown.With(field)
			}
			continue
		}
		// Sorting by the same field again orders nothing any more.
		if !slices.ContainsFunc(r.query.Sort, func(o Order) bool { return o.Field == field }) {
			r.query.Sort = append(r.query.Sort, Order{Field: field, Descending: descending})
		}
	}
	return nil
}

func (r *reader) filter(keys []string, p parameter) *errors.Error {
	name, operator := keys[0], ""
	if len(keys) == 2 {
		operator = keys[1]
	}
	operators, ok := r.operators(name)
	if !ok && r.ownType != "" {
		if short, own := strings.CutPrefix(name, r.ownType+"."); own {
			name = short
			operators, ok = r.operators(short)
		}
	}
	if !ok || !slices.Contains(operators, operator) || len(keys) == 2 && operator == "" {
		return errors.FilterUnknown.With(strings.Join(keys, " "))
	}
	r.query.Filter = append(r.query.Filter, Filter{Name: name, Operator: operator, Value: p.value, Parameter: p.name})
	return nil
}

// operators returns those of a filter that is offered by its name or by its family.
func (r *reader) operators(name string) ([]string, bool) {
	operators, ok := r.offer.Filter[name]
	if family, member, dotted := strings.Cut(name, "."); !ok && dotted && member != "" && member != "*" {
		operators, ok = r.offer.Filter[family+".*"]
	}
	return operators, ok
}
