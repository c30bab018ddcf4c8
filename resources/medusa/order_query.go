package medusa

import (
	"maps"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clientelehq/clientele/pkg/account"
)

// defaultLimit is how many orders a page has that does not say it.
const defaultLimit = 10

// The words that orders are asked for by, in the order in which Medusa lists them.
var (
	statuses            = []string{"pending", "completed", "archived", "canceled", "requires_action"}
	fulfillmentStatuses = []string{"not_fulfilled", "partially_fulfilled", "fulfilled", "partially_shipped", "shipped", "partially_returned", "returned", "canceled", "requires_action"}
	paymentStatuses     = []string{"not_paid", "awaiting", "captured", "partially_refunded", "refunded", "canceled", "requires_action"}
)

// orderQuery is what is asked of the list of orders.
type orderQuery struct {
	filter account.OrderFilter
	names  []string // of the members of each order

	given    parameters
	messages []string
}

// parameterReader reads the parameter of a name; nil is one that is read with others.
type parameterReader struct {
	name string
	read func(name string)
}

// parameters are those of a query: the values by name and by what stands in brackets
// behind it, "" for nothing.
type parameters map[string]map[string][]string

// bracketed is a parameter: status, status[], status[0] or created_at[gt].
var bracketed = regexp.MustCompile(`^([^\[\]]+)\[([^\[\]]*)\]$`)

func readParameters(query url.Values) parameters {
	read := parameters{}
	for _, written := range slices.Sorted(maps.Keys(query)) {
		name, inside := written, ""
		if parts := bracketed.FindStringSubmatch(written); parts != nil {
			name, inside = parts[1], parts[2]
		}
		if read[name] == nil {
			read[name] = map[string][]string{}
		}
		read[name][inside] = append(read[name][inside], query[written]...)
	}
	return read
}

// readOrderQuery reads the parameters of the list of orders, in the order in which what
// is wrong with them is told.
func readOrderQuery(query url.Values) (*orderQuery, error) {
	q := &orderQuery{given: readParameters(query)}
	f := &q.filter
	readers := []parameterReader{
		{"q", q.text(&f.Q)},
		{"id", func(name string) {
			var id string
			q.text(&id)(name)
			f.ID = []string{id}
		}},
		{"status", q.words(&f.Status, statuses)},
		{"fulfillment_status", q.words(&f.FulfillmentStatus, fulfillmentStatuses)},
		{"payment_status", q.words(&f.PaymentStatus, paymentStatuses)},
		{"display_id", func(name string) { f.DisplayID = q.number(name) }},
		{"cart_id", q.text(&f.CartID)},
		{"email", q.text(&f.Email)},
		{"region_id", q.text(&f.RegionID)},
		{"currency_code", q.text(&f.CurrencyCode)},
		{"tax_rate", q.rate},
		{"created_at", q.times(&f.CreatedAt)},
		{"updated_at", q.times(&f.UpdatedAt)},
		{"canceled_at", q.times(&f.CanceledAt)},
		{"limit", q.count(&f.Limit)},
		{"offset", q.count(&f.Offset)},
		{"fields", nil},
		{"expand", nil},
	}
	for _, name := range slices.Sorted(maps.Keys(q.given)) {
		if !slices.ContainsFunc(readers, func(r parameterReader) bool { return r.name == name }) {
			q.wrong(unknown(name))
		}
	}
	f.Limit, f.Total = defaultLimit, true
	for _, r := range readers {
		if r.read != nil && q.given[r.name] != nil {
			r.read(r.name)
		}
	}
	q.names = append(q.columns(), q.relations()...)
	return q, invalid(q.messages...)
}

func (q *orderQuery) wrong(message string) { q.messages = append(q.messages, message) }

// one returns the value of a parameter that has one.
func (q *orderQuery) one(name string) (string, bool) {
	plain := q.given[name][""]
	if len(q.given[name]) == 1 && len(plain) == 1 {
		return plain[0], true
	}
	return "", false
}

func (q *orderQuery) text(place *string) func(string) {
	return func(name string) {
		value, is := q.one(name)
		if !is {
			q.wrong(name + " must be a string")
		}
		*place = value
	}
}

// words reads some of a few words: they come as a, a[] or a[0].
func (q *orderQuery) words(place *[]string, choices []string) func(string) {
	return func(name string) {
		for _, inside := range slices.Sorted(maps.Keys(q.given[name])) {
			*place = append(*place, q.given[name][inside]...)
		}
		if slices.ContainsFunc(*place, func(word string) bool { return !slices.Contains(choices, word) }) {
			q.wrong("each value in " + name + " must be one of the following values: " + strings.Join(choices, ", "))
		}
	}
}

func notNumber(name string) string {
	return name + " must be a number conforming to the specified constraints"
}

func (q *orderQuery) number(name string) *int64 {
	value, _ := q.one(name)
	number, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		q.wrong(notNumber(name))
	}
	return &number
}

// count reads limit and offset.
func (q *orderQuery) count(place *int) func(string) {
	return func(name string) {
		value, _ := q.one(name)
		number, err := strconv.ParseInt(value, 10, 32)
		switch *place = int(number); {
		case err != nil:
			q.wrong(notNumber(name))
		case number < 0:
			q.wrong(name + " must not be less than 0")
		}
	}
}

func (q *orderQuery) rate(name string) {
	value, _ := q.one(name)
	rate, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(rate) {
		q.wrong(notNumber(name))
	}
	q.filter.TaxRate = &rate
}

// times reads bounds of a time: created_at[gt].
func (q *orderQuery) times(place interface {
	Set(operator string, value time.Time) bool
}) func(string) {
	return func(name string) {
		for _, operator := range slices.Sorted(maps.Keys(q.given[name])) {
			values := q.given[name][operator]
			at, isTime := readTime(values[0])
			switch {
			case operator == "":
				q.wrong("nested property " + name + " must be either object or array")
			case !isTime || len(values) > 1:
				q.wrong(operator + " must be a Date instance")
			case !place.Set(operator, at):
				q.wrong(unknown(operator))
			}
		}
	}
}

// readTime reads a date of ISO 8601, or seconds since 1970.
func readTime(text string) (time.Time, bool) {
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil && len(text) != len("2006") {
		return time.Unix(seconds, 0).UTC(), seconds < 1<<37 && seconds > -1<<35 // in the years of four digits
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02", "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01", "2006"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

// list reads a comma list. A plus sign that was not escaped has become a blank.
func (q *orderQuery) list(name string) (items []string, given bool) {
	if q.given[name] == nil {
		return nil, false
	}
	value, is := q.one(name)
	if !is {
		q.wrong(name + " must be a string")
	}
	for _, item := range strings.Split(value, ",") {
		if trimmed := strings.TrimSpace(item); trimmed != "" {
			if strings.HasPrefix(item, " ") {
				trimmed = "+" + trimmed
			}
			items = append(items, trimmed)
		}
	}
	return items, true
}

// columns are the members that are asked for besides relations: the usual ones, those
// that `fields` names instead, or the usual ones with some more (+x) or fewer (-x).
func (q *orderQuery) columns() []string {
	all, usual := slices.Concat(orderColumns, orderTotals), slices.Concat(listColumns, orderTotals)
	items, _ := q.list("fields")
	if len(items) == 0 {
		return usual
	}
	wanted := map[string]bool{}
	if changes := strings.IndexAny(items[0], "+-") == 0; changes {
		for _, name := range usual {
			wanted[name] = true
		}
	}
	var strange []string
	for _, item := range items {
		name := strings.TrimLeft(item, "+-")
		if !slices.Contains(all, name) {
			strange = append(strange, name)
		}
		wanted[name] = !strings.HasPrefix(item, "-")
	}
	if len(strange) > 0 {
		q.wrong("Requested fields [" + strings.Join(strange, ", ") + "] are not valid")
	}
	wanted["id"], wanted["created_at"] = true, true
	return slices.DeleteFunc(all, func(name string) bool { return !wanted[name] })
}

// relations are the resources that are asked for: the usual ones, or those that `expand`
// names. Of a path its beginning counts.
func (q *orderQuery) relations() (names []string) {
	items, given := q.list("expand")
	if !given {
		return orderRelations
	}
	var strange []string
	for _, item := range items {
		name, _, _ := strings.Cut(item, ".")
		switch {
		case slices.Contains(names, name):
		case slices.Contains(orderRelations, name) || slices.Contains(furtherRelations, name):
			names = append(names, name)
		default:
			strange = append(strange, item)
		}
	}
	if len(strange) > 0 {
		q.wrong("Requested relations [" + strings.Join(strange, ", ") + "] are not valid")
	}
	return names
}
