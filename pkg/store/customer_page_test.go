package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// listed makes six customers, a minute apart, and one of another store.
func listed(w *world) {
	moment := noon
	for _, one := range []struct{ email, first, last string }{
		{"zoe@example.com", "Zoë", "Ångström"},
		{"Bob@example.com", "Bob", ""},
		{"eve@example.com", "Eve", "O'Hara"},
		{"ann@example.com", "Ann", "Müller"},
		{"mue@example.com", "MÜE", "Muller"},
		{"x_1@example.com", "100%", `back\slash`},
	} {
		made := newAccount(one.email)
		made.FirstName, made.CreatedAt, made.UpdatedAt = &one.first, moment, moment.Add(-2*time.Hour)
		if one.last != "" {
			made.LastName = &one.last
		}
		moment = moment.Add(time.Minute)
		w.write(func(tx *store.Tx) error { return tx.CreateCustomer(made) })
	}
	other := newAccount("zoe@example.com")
	other.Store = "AT"
	w.write(func(tx *store.Tx) error { return tx.CreateCustomer(other) })
}

// page returns the numbers of a page, and the total.
func (w *world) page(filter store.CustomerFilter) (numbers []int64, total int64) {
	w.Helper()
	filter.Store = "DE"
	if filter.Limit == 0 {
		filter.Limit = 100
	}
	var found []model.Customer
	w.read(func(tx *store.Tx) (err error) {
		found, total, err = tx.CustomerPage(filter)
		return err
	})
	numbers = []int64{}
	for _, customer := range found {
		numbers = append(numbers, customer.Number)
	}
	return numbers, total
}

func TestListIsNarrowedByEachFilter(t *testing.T) {
	each(t, func(w *world) {
		listed(w)
		w.write(func(tx *store.Tx) error {
			customer, err := tx.Customer("DE--2")
			if err != nil {
				return err
			}
			customer.DisabledAt, customer.ConfirmedAt, customer.RequestToBeForgotten = &tx.Now, &tx.Now, true
			customer.CustomerType, customer.Metadata = new("business"), model.JSON{"former": "yes"}
			if err := tx.SaveCustomer(customer); err != nil {
				return err
			}
			customer.Metadata = model.JSON{"tier": "gold", "points": json.Number("1.10"), "vip": true, "list": []any{1}, `a"b.c`: "x", "long": strings.Repeat("x", 300), "none": nil}
			return tx.SaveCustomer(customer)
		})
		w.write(func(tx *store.Tx) error {
			guest, err := tx.Customer("DE--6")
			if err != nil {
				return err
			}
			guest.PasswordHash = nil
			return tx.SaveCustomer(guest)
		})
		numbers := func(set ...any) (b store.Bounds[int64]) {
			for i := 0; i < len(set); i += 2 {
				b.Set(set[i].(string), int64(set[i+1].(int)))
			}
			return b
		}
		times := func(operator string, minutes int) (b store.Bounds[time.Time]) {
			b.Set(operator, noon.Add(time.Duration(minutes)*time.Minute))
			return b
		}
		for name, c := range map[string]struct {
			filter store.CustomerFilter
			want   []int64
		}{
			"nothing":                      {store.CustomerFilter{}, []int64{1, 2, 3, 4, 5, 6}},
			"an e-mail address":            {store.CustomerFilter{EmailKey: "bob@example.com"}, []int64{2}},
			"an address nobody has":        {store.CustomerFilter{EmailKey: "nobody@example.com"}, []int64{}},
			"an address that cannot be":    {store.CustomerFilter{EmailKey: "\x00"}, []int64{}},
			"references":                   {store.CustomerFilter{ID: []string{"DE--3", "DE--1", "DE--99", "AT--1"}}, []int64{1, 3}},
			"no reference":                 {store.CustomerFilter{ID: []string{}}, []int64{}},
			"an empty reference":           {store.CustomerFilter{ID: []string{""}}, []int64{}},
			"a name, folded":               {store.CustomerFilter{Q: "zoe angstrom"}, []int64{1}},
			"a name with accents":          {store.CustomerFilter{Q: "MÜLLER"}, []int64{4, 5}},
			"part of an address":           {store.CustomerFilter{Q: "OB@EX"}, []int64{2}},
			"a percent sign":               {store.CustomerFilter{Q: "00%"}, []int64{6}},
			"an underscore":                {store.CustomerFilter{Q: "x_1"}, []int64{6}},
			"a backslash":                  {store.CustomerFilter{Q: `k\s`}, []int64{6}},
			"a quotation mark":             {store.CustomerFilter{Q: "o'h"}, []int64{3}},
			"an end that meets a start":    {store.CustomerFilter{Q: "bobbob"}, []int64{}},
			"how a word begins":            {store.CustomerFilter{Q: "å"}, []int64{1, 4}},
			"how a second word begins":     {store.CustomerFilter{Q: "mu"}, []int64{4, 5}},
			"two letters within a word":    {store.CustomerFilter{Q: "ul"}, []int64{}},
			"a percent sign at no start":   {store.CustomerFilter{Q: "%"}, []int64{}},
			"a query of the index":         {store.CustomerFilter{Q: `zoe" OR "bob`}, []int64{}},
			"another":                      {store.CustomerFilter{Q: "zoe OR bob"}, []int64{}},
			"a word in no order":           {store.CustomerFilter{Q: "angstrom zoe"}, []int64{}},
			"a type":                       {store.CustomerFilter{Type: "business"}, []int64{2}},
			"a type nobody has":            {store.CustomerFilter{Type: "robot"}, []int64{}},
			"metadata of text":             {store.CustomerFilter{Metadata: []store.Member{{"tier", "gold"}}}, []int64{2}},
			"metadata of a number":         {store.CustomerFilter{Metadata: []store.Member{{"points", "1.10"}}}, []int64{2}},
			"metadata of a flag":           {store.CustomerFilter{Metadata: []store.Member{{"vip", "true"}, {"tier", "gold"}}}, []int64{2}},
			"metadata of another value":    {store.CustomerFilter{Metadata: []store.Member{{"vip", "true"}, {"tier", "lead"}}}, []int64{}},
			"metadata of before":           {store.CustomerFilter{Metadata: []store.Member{{"former", "yes"}}}, []int64{}},
			"metadata of a list":           {store.CustomerFilter{Metadata: []store.Member{{"list", "[1]"}}}, []int64{}},
			"a key with marks":             {store.CustomerFilter{Metadata: []store.Member{{`a"b.c`, "x"}}}, []int64{2}},
			"guests":                       {store.CustomerFilter{HasAccount: new(false)}, []int64{6}},
			"accounts":                     {store.CustomerFilter{HasAccount: new(true)}, []int64{1, 2, 3, 4, 5}},
			"a number":                     {store.CustomerFilter{Numbers: numbers("", 3)}, []int64{3}},
			"numbers between":              {store.CustomerFilter{Numbers: numbers("gt", 2, "lte", 4)}, []int64{3, 4}},
			"numbers between, differently": {store.CustomerFilter{Numbers: numbers("gte", 2, "lt", 4)}, []int64{2, 3}},
			"created after":                {store.CustomerFilter{CreatedAt: times("gt", 3)}, []int64{5, 6}},
			"created not before":           {store.CustomerFilter{CreatedAt: times("gte", 3)}, []int64{4, 5, 6}},
			"created before":               {store.CustomerFilter{CreatedAt: times("lt", 1)}, []int64{1}},
			"created at":                   {store.CustomerFilter{CreatedAt: times("", 1)}, []int64{2}},
			"updated after":                {store.CustomerFilter{UpdatedAt: times("gte", 0)}, []int64{2, 6}},
			"blocked":                      {store.CustomerFilter{Enabled: new(false)}, []int64{2}},
			"not blocked":                  {store.CustomerFilter{Enabled: new(true)}, []int64{1, 3, 4, 5, 6}},
			"confirmed":                    {store.CustomerFilter{Active: new(true)}, []int64{2}},
			"not confirmed":                {store.CustomerFilter{Active: new(false)}, []int64{1, 3, 4, 5, 6}},
			"to be forgotten":              {store.CustomerFilter{RequestToBeForgotten: new(true)}, []int64{2}},
			"not to be forgotten":          {store.CustomerFilter{RequestToBeForgotten: new(false)}, []int64{1, 3, 4, 5, 6}},
			"two at once":                  {store.CustomerFilter{Q: "muller", Numbers: numbers("gt", 4)}, []int64{5}},
		} {
			c.filter.Total = true
			got, total := w.page(c.filter)
			if !slices.Equal(got, c.want) || total != int64(len(c.want)) {
				w.Errorf("%s: %v of %d, not %v", name, got, total, c.want)
			}
		}
	})
}

func TestListIsSortedTheSameOnBothDatabases(t *testing.T) {
	each(t, func(w *world) {
		listed(w)
		by := func(fields ...string) (sort []store.Order) {
			for _, field := range fields {
				name, descending := strings.CutPrefix(field, "-")
				sort = append(sort, store.Order{Field: name, Descending: descending})
			}
			return sort
		}
		for name, c := range map[string]struct {
			sort []store.Order
			want []int64
		}{
			"number":                   {by("number"), []int64{1, 2, 3, 4, 5, 6}},
			"-number":                  {by("-number"), []int64{6, 5, 4, 3, 2, 1}},
			"createdAt":                {by("createdAt"), []int64{1, 2, 3, 4, 5, 6}},
			"-createdAt":               {by("-createdAt"), []int64{6, 5, 4, 3, 2, 1}},
			"-updatedAt":               {by("-updatedAt"), []int64{6, 5, 4, 3, 2, 1}},
			"email":                    {by("email"), []int64{2, 4, 3, 5, 6, 1}},
			"firstName":                {by("firstName"), []int64{6, 4, 2, 3, 5, 1}},
			"lastName, nulls last":     {by("lastName"), []int64{5, 4, 3, 6, 1, 2}},
			"-lastName, nulls last":    {by("-lastName"), []int64{1, 6, 3, 4, 5, 2}},
			"two fields":               {by("-lastName", "-number"), []int64{1, 6, 3, 4, 5, 2}},
			"nothing: by number":       {nil, []int64{1, 2, 3, 4, 5, 6}},
			"number counts only once":  {by("number", "-number"), []int64{1, 2, 3, 4, 5, 6}},
			"email descends by letter": {by("-email"), []int64{1, 6, 5, 3, 4, 2}},
		} {
			if got, _ := w.page(store.CustomerFilter{Sort: c.sort}); !slices.Equal(got, c.want) {
				w.Errorf("%s: %v, not %v", name, got, c.want)
			}
		}
	})
}

func TestSortFieldOutsideOfTheListIsRefused(t *testing.T) {
	each(t, func(w *world) {
		for _, field := range []string{"", "password_hash", "created_at", "number; DROP TABLE customers", "(SELECT 1)", "NUMBER"} {
			err := w.Read(context.Background(), func(tx *store.Tx) error {
				_, _, err := tx.CustomerPage(store.CustomerFilter{Store: "DE", Limit: 1, Sort: []store.Order{{Field: field}}})
				return err
			})
			if !errors.Is(err, errors.SortUnknown) {
				w.Errorf("%q: %v", field, err)
			}
		}
	})
}

func TestPagesFollowOnEachOther(t *testing.T) {
	each(t, func(w *world) {
		listed(w)
		cursor := func(number int64) *int64 { return &number }
		for name, c := range map[string]struct {
			filter store.CustomerFilter
			want   []int64
		}{
			"the first two":                   {store.CustomerFilter{Limit: 2}, []int64{1, 2}},
			"the next two":                    {store.CustomerFilter{Limit: 2, Offset: 2}, []int64{3, 4}},
			"beyond the end":                  {store.CustomerFilter{Limit: 2, Offset: 6}, []int64{}},
			"an offset that cannot be":        {store.CustomerFilter{Limit: 2, Offset: -1}, []int64{1, 2}},
			"a limit that cannot be":          {store.CustomerFilter{Limit: -1}, []int64{}},
			"a limit beyond all":              {store.CustomerFilter{Limit: 1 << 30}, []int64{1, 2, 3, 4, 5, 6}},
			"after a number":                  {store.CustomerFilter{Limit: 2, AfterNumber: cursor(2)}, []int64{3, 4}},
			"after the start":                 {store.CustomerFilter{Limit: 2, AfterNumber: cursor(0)}, []int64{1, 2}},
			"after the last":                  {store.CustomerFilter{Limit: 2, AfterNumber: cursor(6)}, []int64{}},
			"the last two before a number":    {store.CustomerFilter{Limit: 2, BeforeNumber: cursor(5)}, []int64{3, 4}},
			"before the first":                {store.CustomerFilter{Limit: 2, BeforeNumber: cursor(1)}, []int64{}},
			"after one and before another":    {store.CustomerFilter{Limit: 9, AfterNumber: cursor(2), BeforeNumber: cursor(5)}, []int64{3, 4}},
			"a cursor and a filter":           {store.CustomerFilter{Limit: 9, AfterNumber: cursor(4), Q: "muller"}, []int64{5}},
			"before, where a filter narrows":  {store.CustomerFilter{Limit: 1, BeforeNumber: cursor(6), Q: "muller"}, []int64{5}},
			"a page of a filter, in an order": {store.CustomerFilter{Limit: 1, Offset: 1, Q: "muller", Sort: []store.Order{{Field: "number", Descending: true}}}, []int64{4}},
		} {
			if got, _ := w.page(c.filter); !slices.Equal(got, c.want) {
				w.Errorf("%s: %v, not %v", name, got, c.want)
			}
		}
		if _, total := w.page(store.CustomerFilter{Limit: 1, Offset: 3, Total: true}); total != 6 {
			w.Errorf("the total of a page is %d", total)
		}
		if _, total := w.page(store.CustomerFilter{Limit: 1}); total != 0 {
			w.Errorf("counted unasked: %d", total)
		}
	})
}

func TestListHoldsWholeCustomers(t *testing.T) {
	each(t, func(w *world) {
		made := full()
		w.write(func(tx *store.Tx) error { return tx.CreateCustomer(made) })
		w.read(func(tx *store.Tx) error {
			found, _, err := tx.CustomerPage(store.CustomerFilter{Store: "DE", Limit: 1})
			if difference := cmp.Diff([]model.Customer{*made}, found); difference != "" {
				w.Error(difference)
			}
			return err
		})
	})
}

func TestListOfNoStoreIsEmpty(t *testing.T) {
	each(t, func(w *world) {
		listed(w)
		w.read(func(tx *store.Tx) error {
			found, total, err := tx.CustomerPage(store.CustomerFilter{Limit: 10, Total: true})
			if len(found) != 0 || total != 0 {
				w.Errorf("%d of %d", len(found), total)
			}
			return err
		})
	})
}

// SQLite keeps times as text; they have to sort, and compare, as times.
func TestTimesSortAsTimesWhateverTheirFraction(t *testing.T) {
	each(t, func(w *world) {
		base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		fractions := []time.Duration{0, 1, 9, 10, 11, 99, 100, 101, 999, 1000, 5000, 99999, 100000, 120000, 123456, 199999, 200000, 500000, 999999, 1000000, 1000001}
		for n, fraction := range fractions {
			made := newAccount(fmt.Sprintf("%d@example.com", n))
			made.CreatedAt = base.Add(fraction * time.Microsecond)
			w.write(func(tx *store.Tx) error { return tx.CreateCustomer(made) })
		}
		got, _ := w.page(store.CustomerFilter{Sort: []store.Order{{Field: "createdAt"}}})
		if !slices.IsSorted(got) || len(got) != len(fractions) {
			w.Errorf("sorted by time: %v", got)
		}
		for n, fraction := range fractions {
			var bounds store.Bounds[time.Time]
			bounds.Set("gt", base.Add(fraction*time.Microsecond))
			if got, _ := w.page(store.CustomerFilter{CreatedAt: bounds}); len(got) != len(fractions)-1-n {
				w.Errorf("%d are after %s", len(got), fraction*time.Microsecond)
			}
		}
	})
}
