package wire

import (
	"maps"
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

// OrderQuery is what is asked of the list of orders.
type OrderQuery struct {
	Filter account.OrderFilter
	Names  []string // of the members of each order

	given    parameters // those that are not read yet
	messages []string
}

// parameters are those of a query: the values by name and by what stands in brackets
// behind it, "" for nothing.
type parameters map[string]map[string][]string

// bracketed is a parameter such as status[], status[0] and created_at[gt].
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

// ReadOrderQuery reads the parameters in the order in which what is wrong with them is
// told, save for those that there are not, which come first.
func ReadOrderQuery(query url.Values) (read *OrderQuery, wrong []string) {
	q := &OrderQuery{given: readParameters(query)}
	f := &q.Filter
	f.Limit, f.Total = defaultLimit, true
	q.text("q", &f.Q)
	var id string
	if q.text("id", &id) {
		f.ID = []string{id}
	}
	q.words("status", &f.Status, statuses)
	q.words("fulfillment_status", &f.FulfillmentStatus, fulfillmentStatuses)
	q.words("payment_status", &f.PaymentStatus, paymentStatuses)
	f.DisplayID = number(q, "display_id", func(text string) (int64, error) { return strconv.ParseInt(text, 10, 64) })
	q.text("cart_id", &f.CartID)
	q.text("email", &f.Email)
	q.text("region_id", &f.RegionID)
	q.text("currency_code", &f.CurrencyCode)
	f.TaxRate = number(q, "tax_rate", func(text string) (float64, error) { return strconv.ParseFloat(text, 64) })
	q.times("created_at", &f.CreatedAt)
	q.times("updated_at", &f.UpdatedAt)
	q.times("canceled_at", &f.CanceledAt)
	q.count("limit", &f.Limit)
	q.count("offset", &f.Offset)
	q.Names = append(q.columns(), q.relations()...)
	for _, name := range slices.Sorted(maps.Keys(q.given)) {
		wrong = append(wrong, Unknown(name))
	}
	return q, append(wrong, q.messages...)
}

func (q *OrderQuery) wrong(message string) { q.messages = append(q.messages, message) }

// take reads a parameter: its values by what stands in brackets.
func (q *OrderQuery) take(name string) (values map[string][]string, given bool) {
	values, given = q.given[name]
	delete(q.given, name)
	return values, given
}

// one reads a parameter that has one value; otherwise that is wrong, as told says.
func (q *OrderQuery) one(name, told string) (value string, given bool) {
	values, given := q.take(name)
	if !given {
		return "", false
	}
	if len(values) != 1 || len(values[""]) != 1 {
		q.wrong(name + told)
		return "", false
	}
	return values[""][0], true
}

const (
	notText   = " must be a string"
	notNumber = " must be a number conforming to the specified constraints"
)

func (q *OrderQuery) text(name string, place *string) (given bool) {
	*place, given = q.one(name, notText)
	return given
}

// words reads some of a few words.
func (q *OrderQuery) words(name string, place *[]string, choices []string) {
	values, given := q.take(name)
	if !given {
		return
	}
	for _, inside := range slices.Sorted(maps.Keys(values)) {
		*place = append(*place, values[inside]...)
	}
	if slices.ContainsFunc(*place, func(word string) bool { return !slices.Contains(choices, word) }) {
		q.wrong("each value in " + name + " must be one of the following values: " + strings.Join(choices, ", "))
	}
}

// number reads a parameter that parse makes a number of, nil where there is none.
func number[T int64 | float64](q *OrderQuery, name string, parse func(string) (T, error)) *T {
	text, given := q.one(name, notNumber)
	if !given {
		return nil
	}
	read, err := parse(text)
	if err != nil || read != read { // not a number
		q.wrong(name + notNumber)
	}
	return &read
}

// count reads limit and offset.
func (q *OrderQuery) count(name string, place *int) {
	read := number(q, name, func(text string) (int64, error) { return strconv.ParseInt(text, 10, 32) })
	if read == nil {
		return
	}
	if *place = int(*read); *read < 0 {
		q.wrong(name + " must not be less than 0")
	}
}

// times reads bounds of a time.
func (q *OrderQuery) times(name string, place interface {
	Set(operator string, value time.Time) bool
}) {
	bounds, _ := q.take(name)
	for _, operator := range slices.Sorted(maps.Keys(bounds)) {
		at, isTime := readTime(bounds[operator][0])
		switch {
		case operator == "":
			q.wrong("nested property " + name + " must be either object or array")
		case !isTime || len(bounds[operator]) > 1:
			q.wrong(operator + " must be a Date instance")
		case !place.Set(operator, at):
			q.wrong(Unknown(operator))
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
func (q *OrderQuery) list(name string) (items []string, given bool) {
	text, given := q.one(name, notText)
	for _, item := range strings.Split(text, ",") {
		if trimmed := strings.TrimSpace(item); strings.HasPrefix(item, " ") && trimmed != "" {
			items = append(items, "+"+trimmed)
		} else if trimmed != "" {
			items = append(items, trimmed)
		}
	}
	return items, given
}

// columns are the members that are asked for besides relations: the usual ones, those
// that `fields` names instead, or the usual ones with some more (+x) or fewer (-x).
func (q *OrderQuery) columns() []string {
	all, usual := slices.Concat(orderColumns, orderTotals), slices.Concat(listColumns, orderTotals)
	items, _ := q.list("fields")
	if len(items) == 0 {
		return usual
	}
	wanted := map[string]bool{}
	if strings.IndexAny(items[0], "+-") == 0 {
		for _, name := range usual {
			wanted[name] = true
		}
	}
	for _, item := range items {
		name := strings.TrimLeft(item, "+-")
		if !slices.Contains(all, name) {
			q.wrong("Requested fields [" + name + "] are not valid")
		}
		wanted[name] = !strings.HasPrefix(item, "-")
	}
	wanted["id"], wanted["created_at"] = true, true
	return slices.DeleteFunc(all, func(name string) bool { return !wanted[name] })
}

// relations are the resources that are asked for: the usual ones, or those that `expand`
// names. Of a path its beginning counts.
func (q *OrderQuery) relations() (names []string) {
	items, given := q.list("expand")
	if !given {
		return orderRelations
	}
	for _, item := range items {
		name, _, _ := strings.Cut(item, ".")
		if !slices.Contains(orderRelations, name) && !slices.Contains(furtherRelations, name) {
			q.wrong("Requested relations [" + item + "] are not valid")
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
