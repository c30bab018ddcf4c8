package tiendanube

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
)

// The sizes of pages (tiendanube.md 3).
const (
	usualPage = 30
	mostOnOne = 200
)

// query is what a request asks of a list; what cannot be read is collected.
type query struct {
	values url.Values
	faults errors.Faults
}

// readQuery returns RequestInvalid for a query that has no form at all.
func readQuery(c *call) (*query, error) {
	values, err := url.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return nil, errors.RequestInvalid
	}
	return &query{values: values}, nil
}

// number reads a parameter that is a whole number, least or more.
func (q *query) number(name string, least, otherwise int64) int64 {
	text := q.values.Get(name)
	if text == "" {
		return otherwise
	}
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil || number < least {
		q.faults.Add(errors.FilterInvalid.With(name).On(name))
	}
	return number
}

// time reads a parameter that is a time, nil when it is not there. Times are shown in
// whole seconds, so that the one of a bound is there until it is over.
func (q *query) time(name string, until time.Duration) *time.Time {
	text := q.values.Get(name)
	if text == "" {
		return nil
	}
	read, err := web.ReadTime(text)
	if err != nil {
		q.faults.Add(errors.FilterInvalid.With(name).On(name))
	}
	read = read.Truncate(time.Second).Add(until)
	return &read
}

// filter reads everything but the fields of an answer.
func (q *query) filter() (filter account.CustomerFilter, page int64) {
	if since := q.number("since_id", 0, 0); since > 0 {
		filter.Numbers.Above = &since
	}
	filter.CreatedAt.AtLeast, filter.CreatedAt.Below = q.time("created_at_min", 0), q.time("created_at_max", time.Second)
	filter.UpdatedAt.AtLeast, filter.UpdatedAt.Below = q.time("updated_at_min", 0), q.time("updated_at_max", time.Second)
	filter.Q = q.values.Get("q")
	page = min(q.number("page", 1, 1), 1<<40) // behind the last, and not behind what can be counted
	filter.Limit = int(min(q.number("per_page", 1, usualPage), mostOnOne))
	filter.Offset, filter.Total = int(page-1)*filter.Limit, true
	return filter, page
}

// fields returns the keys that an answer is narrowed to; none means all.
func (q *query) fields() (names []string) {
	for name := range strings.SplitSeq(q.values.Get("fields"), ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

func (a *API) list(c *call) error {
	asked, err := readQuery(c)
	if err != nil {
		return err
	}
	filter, page := asked.filter()
	if err := asked.faults.Err(); err != nil {
		return err
	}
	ctx := c.Request().Context()
	found, total, err := a.Accounts.Customers(ctx, c.actor, filter)
	if err != nil {
		return err
	}
	addresses, err := a.Accounts.AddressesOf(ctx, found)
	if err != nil {
		return err
	}
	shown := make([]any, len(found))
	for i := range found {
		if shown[i], err = narrow(a.customer(ctx, &found[i], addresses[found[i].ID]), asked.fields()); err != nil {
			return err
		}
	}
	c.Response().Header().Set("X-Total-Count", strconv.FormatInt(total, 10))
	if links := a.links(c, asked.values, page, total, int64(filter.Limit)); links != "" {
		c.Response().Header().Set("Link", links)
	}
	return answer(c, http.StatusOK, shown)
}

// links lists the pages beside this one, as far as there are any (RFC 8288).
func (a *API) links(c *call, values url.Values, page, total, size int64) string {
	last := (total + size - 1) / size
	var links []string
	link := func(rel string, to int64) {
		values.Set("page", strconv.FormatInt(to, 10))
		links = append(links, fmt.Sprintf(`<%s%s?%s>; rel="%s"`, a.Base, c.Get(askedPath), values.Encode(), rel))
	}
	if page < last {
		link("next", page+1)
		link("last", last)
	}
	if page > 1 && last > 0 {
		link("first", 1)
		link("prev", min(page-1, last))
	}
	return strings.Join(links, ", ")
}

func (a *API) show(c *call) error {
	asked, err := readQuery(c)
	if err != nil {
		return err
	}
	found, err := a.find(c.Request().Context(), c)
	if err != nil {
		return err
	}
	return a.answerCustomer(c, http.StatusOK, found, asked.fields())
}

// find returns the customer that the path names, or CustomerNotFound.
func (a *API) find(ctx context.Context, c *call) (*model.Customer, error) {
	number, err := strconv.ParseInt(web.Segment(c, "id"), 10, 64)
	if err != nil {
		return nil, errors.CustomerNotFound
	}
	return a.Accounts.CustomerNumbered(ctx, c.actor, number)
}
