package resources

import (
	"slices"
	"strconv"
	"strings"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/model"
)

// bounds are the operators of an ordered filter.
var bounds = []string{"", "gt", "gte", "lt", "lte"}

var customerListOffer = jsonapi.Offer{
	Include: customerOffer.Include,
	Fields:  customerOffer.Fields,
	Sort:    []string{"number", "createdAt", "updatedAt", "email", "lastName", "firstName"},
	Filter: map[string][]string{
		"id": {""}, "email": {""}, "q": {""}, "number": bounds, "createdAt": bounds, "updatedAt": bounds,
		"enabled": {""}, "active": {""}, "requestToBeForgotten": {""},
	},
	Page: true,
}

// listCustomers shows a customer themself, and an API key all customers of the
// store.
func (a *API) listCustomers(c *call) error {
	a.applyProfile(c)
	filter, err := a.customerFilter(c.query)
	if err != nil {
		return err
	}
	listed, total, err := a.Accounts.Customers(c.Request().Context(), c.actor, filter)
	if err != nil {
		return err
	}
	more := false
	if c.query.Page.Strategy == jsonapi.ByCursor {
		listed, more = cut(listed, c.query.Page)
	}
	shown, err := a.shownCustomers(c, listed)
	if err != nil {
		return err
	}
	switch {
	case !c.actor.HasKey():
		return a.showMany(c, shown, jsonapi.View{})
	case c.query.Page.Strategy == jsonapi.ByCursor:
		return a.showMany(c, shown, a.cursorView(c, shown, listed, more))
	default:
		return a.showMany(c, shown, a.pageView(c, total))
	}
}

func (a *API) shownCustomers(c *call, listed []model.Customer) ([]*customer, error) {
	shown := make([]*customer, len(listed))
	var addresses map[int64][]model.Address
	if len(c.query.Include) > 0 {
		var err error
		if addresses, err = a.Accounts.AddressesOf(c.Request().Context(), listed); err != nil {
			return nil, err
		}
	}
	for i := range listed {
		shown[i] = a.plainCustomer(c, &listed[i])
		a.attach(c, shown[i], &listed[i], addresses[listed[i].ID])
	}
	return shown, nil
}

// applyProfile pages by cursor when the client asks for the profile of cursor
// pagination and for no other way of paging.
func (a *API) applyProfile(c *call) {
	page := &c.query.Page
	unnumbered := page.Strategy == jsonapi.NoPage || page.Strategy == jsonapi.ByNumber && !c.QueryParams().Has("page[number]")
	if unnumbered && c.actor.HasKey() && a.Wire.Hypermedia && jsonapi.AsksFor(c.Request().Header, jsonapi.CursorProfile) {
		*page = jsonapi.Page{Strategy: jsonapi.ByCursor, Size: max(page.Size, 0)}
		if page.Size == 0 {
			page.Size = jsonapi.DefaultPageSize
		}
	}
	if page.Strategy == jsonapi.ByCursor && c.actor.HasKey() && a.Wire.Hypermedia {
		c.profile = jsonapi.CursorProfile
	}
}

// cut leaves out the customer that was read beyond the page, on the side to which
// the page goes on, and reports whether there was one.
func cut(listed []model.Customer, page jsonapi.Page) (shown []model.Customer, more bool) {
	switch {
	case len(listed) <= page.Size:
		return listed, false
	case page.Before != "":
		return listed[1:], true
	}
	return listed[:page.Size], true
}

// cursorView links the pages beside one that was read by cursor; null says that
// there is none. Where the page was come from is not looked at: that link may lead
// to an empty page (cursor pagination profile, "Links").
func (a *API) cursorView(c *call, shown []*customer, listed []model.Customer, more bool) jsonapi.View {
	links := map[string]any{"prev": nil, "next": nil}
	for i := range listed {
		shown[i].cursor = cursor(listed[i].Number)
	}
	page := c.query.Page
	link := func(name, at, cursor string) {
		links[name] = a.linkWith(c, map[string]string{at: cursor, "size": strconv.Itoa(page.Size)})
	}
	first, last := "", "" // of an empty page: what lies on its two sides
	if len(shown) > 0 {
		first, last = shown[0].cursor, shown[len(shown)-1].cursor
	} else if number, ok := readCursor(page.After); ok && page.After != "" {
		first = cursor(number + 1)
	}
	if page.Before != "" || more {
		link("next", "after", last)
	}
	if page.After != "" || page.Before != "" && more {
		link("prev", "before", first)
	}
	return jsonapi.View{Links: links}
}

// customerFilter reads what is asked of the list. A filter whose value makes no
// sense is ignored where unknown ones are (W-05); a page that makes none never is.
func (a *API) customerFilter(query *jsonapi.Query) (account.CustomerFilter, error) {
	filter := account.CustomerFilter{}
	for _, order := range query.Sort {
		filter.Sort = append(filter.Sort, account.Order{Field: order.Field, Descending: order.Descending})
	}
	for _, wanted := range query.Filter {
		if err := a.applyFilter(&filter, wanted); err != nil && !a.Wire.Lenient {
			return filter, err
		}
	}
	return filter, applyPage(&filter, query)
}

func applyPage(filter *account.CustomerFilter, query *jsonapi.Query) error {
	page := query.Page
	if page.Strategy != jsonapi.ByCursor {
		window, err := pageWindow(page)
		filter.Offset, filter.Limit, filter.Total = window.Offset, window.Limit, true
		return err
	}
	parameter := "page[" + page.CursorName() + "]"
	if len(query.Sort) > 0 {
		return jsonapi.UnsortedCursors()
	}
	filter.Limit = page.Size + 1 // one more tells whether there is another page
	for _, edge := range []struct {
		given string
		place **int64
	}{{page.After, &filter.AfterNumber}, {page.Before, &filter.BeforeNumber}} {
		if edge.given == "" {
			continue
		}
		number, ok := readCursor(edge.given)
		if !ok {
			return errors.PaginationInvalid.AtParameter(parameter)
		}
		*edge.place = &number
	}
	return nil
}

func (a *API) applyFilter(filter *account.CustomerFilter, wanted jsonapi.Filter) error {
	invalid := errors.FilterInvalid.With(wanted.Name).AtParameter(wanted.Parameter)
	switch wanted.Name {
	case "id":
		filter.ID = strings.Split(wanted.Value, ",")
	case "email":
		filter.Email = wanted.Value
	case "q":
		filter.Q = wanted.Value
	case "enabled":
		return flagFilter(&filter.Enabled, wanted.Value, invalid)
	case "active":
		return flagFilter(&filter.Active, wanted.Value, invalid)
	case "requestToBeForgotten":
		return flagFilter(&filter.RequestToBeForgotten, wanted.Value, invalid)
	case "number":
		number, err := strconv.ParseInt(wanted.Value, 10, 64)
		if err != nil {
			return invalid
		}
		filter.Numbers.Set(wanted.Operator, number)
	case "createdAt", "updatedAt":
		moment, err := a.Wire.moment(wanted.Value)
		if err != nil {
			return invalid
		}
		if wanted.Name == "createdAt" {
			filter.CreatedAt.Set(wanted.Operator, moment.UTC())
		} else {
			filter.UpdatedAt.Set(wanted.Operator, moment.UTC())
		}
	}
	return nil
}

func flagFilter(place **bool, value string, invalid error) error {
	if !slices.Contains([]string{"true", "false"}, value) {
		return invalid
	}
	flag := value == "true"
	*place = &flag
	return nil
}
