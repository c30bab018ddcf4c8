package digitalriver

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
)

// The sizes of pages (digital-river.md 3).
const (
	usualPage = 10
	mostOnOne = 100
)

// page is an answer to a list.
type page struct {
	HasMore bool       `json:"hasMore"`
	Data    []customer `json:"data"`
}

// query is what a request asks of a list; what is not valid is collected.
type query struct {
	values url.Values
	faults errors.Faults
}

func (q *query) refuse(name string) { q.faults.Add(notValid(name, q.values.Get(name))) }

// filter reads everything but the cursors.
func (q *query) filter() account.CustomerFilter {
	filter := account.CustomerFilter{Newest: true, Limit: usualPage, Email: q.values.Get("email"), ID: q.ids()}
	if q.values.Has("limit") {
		limit, err := strconv.Atoi(q.values.Get("limit"))
		if err != nil || limit < 1 || limit > mostOnOne {
			q.refuse("limit")
		}
		filter.Limit = limit
	}
	switch wish := q.values.Get("requestToBeForgotten"); {
	case wish == "true" || wish == "false":
		asked := wish == "true"
		filter.RequestToBeForgotten = &asked
	case q.values.Has("requestToBeForgotten"):
		q.refuse("requestToBeForgotten")
	}
	q.times("createdTime", &filter.CreatedAt.AtLeast, &filter.CreatedAt.Below)
	q.times("updatedTime", &filter.UpdatedAt.AtLeast, &filter.UpdatedAt.Below)
	return filter
}

// ids reads a list of ids in the three ways that clients write one, nil when there is
// none.
func (q *query) ids() (ids []string) {
	for _, list := range slices.Concat(q.values["ids"], q.values["ids[]"]) {
		for id := range strings.SplitSeq(list, ",") {
			if id != "" {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// times reads the bounds of a time. Times are shown in milliseconds, so that each of them
// is one that lasts as long.
func (q *query) times(name string, from, until **time.Time) {
	for _, operator := range []string{"", "[eq]", "[gt]", "[gte]", "[lt]", "[lte]"} {
		if !q.values.Has(name + operator) {
			continue
		}
		start, err := web.ReadTime(q.values.Get(name + operator))
		if err != nil {
			q.refuse(name + operator)
			continue
		}
		start = start.Truncate(time.Millisecond)
		end := start.Add(time.Millisecond)
		switch operator {
		case "", "[eq]":
			later(from, start)
			sooner(until, end)
		case "[gt]":
			later(from, end)
		case "[gte]":
			later(from, start)
		case "[lt]":
			sooner(until, start)
		case "[lte]":
			sooner(until, end)
		}
	}
}

// later and sooner move a bound, unless it is narrower already.
func later(bound **time.Time, to time.Time) {
	if *bound == nil || to.After(**bound) {
		*bound = &to
	}
}

func sooner(bound **time.Time, to time.Time) {
	if *bound == nil || to.Before(**bound) {
		*bound = &to
	}
}

func (a *API) list(c *call) error {
	values, err := url.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return errors.RequestInvalid
	}
	asked := &query{values: values}
	filter := asked.filter()
	if filter.AfterNumber, err = a.cursor(c, asked, "startingAfter"); err != nil {
		return err
	}
	if filter.BeforeNumber, err = a.cursor(c, asked, "endingBefore"); err != nil {
		return err
	}
	if values.Has("startingAfter") && values.Has("endingBefore") {
		asked.refuse("endingBefore")
	}
	if err := asked.faults.Err(); err != nil {
		return err
	}
	size := filter.Limit
	filter.Limit++ // one more tells whether there is another page
	found, _, err := a.Accounts.Customers(c.Request().Context(), c.actor, filter)
	if err != nil {
		return err
	}
	more := len(found) > size
	switch {
	case more && filter.BeforeNumber != nil:
		found = found[1:]
	case more:
		found = found[:size]
	}
	shown, err := a.customers(c, found)
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, page{more, shown})
}

// cursor returns the number of the customer whom a parameter names, nil when it is not
// there.
func (a *API) cursor(c *call, asked *query, name string) (*int64, error) {
	if !asked.values.Has(name) {
		return nil, nil
	}
	found, err := a.Accounts.Customer(c.Request().Context(), c.actor, asked.values.Get(name))
	if errors.Is(err, errors.CustomerNotFound) {
		asked.refuse(name)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &found.Number, nil
}

func (a *API) show(c *call) error {
	found, err := a.Accounts.Customer(c.Request().Context(), c.actor, web.Segment(c, "id"))
	if err != nil {
		return err
	}
	return a.answerCustomer(c, http.StatusOK, found)
}

func (a *API) answerCustomer(c *call, status int, stored *model.Customer) error {
	shown, err := a.customers(c, []model.Customer{*stored})
	if err != nil {
		return err
	}
	return answer(c, status, shown[0])
}
