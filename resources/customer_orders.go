package resources

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
)

// ordersOnAPage is how many orders a page has that does not say it.
const ordersOnAPage = 10

var customerOrdersOffer = jsonapi.Offer{
	Include: orderOffer.Include,
	Fields:  orderOffer.Fields,
	Sort:    []string{"createdAt", "updatedAt", "displayId", "total"},
	Filter: map[string][]string{
		"id": {""}, "cartId": {""}, "currencyCode": {""}, "displayId": {""}, "email": {""}, "regionId": {""}, "taxRate": {""}, "q": {""},
		"status": {""}, "fulfillmentStatus": {""}, "paymentStatus": {""},
		"canceledAt": bounds[1:], "createdAt": bounds[1:], "updatedAt": bounds[1:],
	},
	Page: true,
}

// customerOrderRoutes are the orders of a customer, and the relationships to them. They
// change where orders come from, and not here.
func (a *API) customerOrderRoutes() []route {
	const one = "/customers/:reference"
	named := map[string]*errors.Error{"reference": errors.CustomerIDAbsent}
	reads := []*errors.Error{errors.CustomerNotFound, errors.Unauthorized}
	routes := []route{
		{method: http.MethodGet, path: one + "/orders", access: customers, scope: account.ReadCustomers, shows: order{}, offer: customerOrdersOffer, handle: a.listOrders, many: true, cursors: true, pageSize: ordersOnAPage,
			name: "listOrders", summary: "List the orders of a customer", about: "The newest first, filtered, sorted and in pages: by number (the default), by offset, or by cursor from `page[after]=` on, which has them in the order in which they were first told of.",
			fails: a.strictly(errors.FilterInvalid, reads...)},
		{method: http.MethodGet, path: one + "/relationships/orders", access: customers, scope: account.ReadCustomers, shows: orderIdentity{}, offer: jsonapi.Offer{Page: true}, handle: a.showOrdersLinkage, many: true, cursors: true, pageSize: account.NewestOrders,
			name: "showOrdersLinkage", summary: "Show which orders a customer has", about: "The newest first, in pages.", fails: reads},
		{method: http.MethodGet, path: one + "/lastOrder", access: customers, scope: account.ReadCustomers, shows: order{}, offer: orderOffer, handle: a.showLastOrder, vacant: true,
			name: "showLastOrder", summary: "Show the last order of a customer", about: "`data` is null where there is none.", fails: reads},
		{method: http.MethodGet, path: one + "/relationships/lastOrder", access: customers, scope: account.ReadCustomers, shows: orderIdentity{}, handle: a.showLastOrderLinkage, vacant: true,
			name: "showLastOrderLinkage", summary: "Show which order is the last of a customer", fails: reads},
	}
	for _, relation := range []string{"orders", "lastOrder"} {
		methods := []string{http.MethodPatch}
		if relation == "orders" {
			methods = []string{http.MethodPost, http.MethodPatch, http.MethodDelete}
		}
		for _, method := range methods {
			routes = append(routes, route{method: method, path: one + "/relationships/" + relation, access: customers, needs: named, handle: refuseRelation(relation),
				summary: "Refused: orders are the order service's", fails: []*errors.Error{errors.RelationshipForbidden}})
		}
	}
	return routes
}

func refuseRelation(name string) func(*call) error {
	return func(*call) error { return errors.RelationshipForbidden.With(name) }
}

func (a *API) listOrders(c *call) error {
	owner, listed, total, more, err := a.orderPage(c)
	if err != nil {
		return err
	}
	shown, numbers := make([]*order, len(listed)), make([]int64, len(listed))
	for i := range listed {
		shown[i], numbers[i] = a.order(c, owner, &listed[i]), listed[i].Number
	}
	view := a.ordersView(c, numbers, more, total)
	if c.query.Page.Strategy == jsonapi.ByCursor {
		for i := range shown {
			shown[i].cursor = cursor(numbers[i])
		}
	}
	view.Related = a.included(c, owner)
	return a.showMany(c, shown, view)
}

// orderPage reads the page of a customer's orders that was asked for, and tells whether
// one by cursor goes on.
func (a *API) orderPage(c *call) (owner *model.Customer, listed []model.Order, total int64, more bool, err error) {
	c.sizePage()
	if err := a.applyProfile(c); err != nil {
		return nil, nil, 0, false, err
	}
	filter, err := a.orderFilter(c.query)
	if err != nil {
		return nil, nil, 0, false, err
	}
	owner, listed, total, err = a.Accounts.Orders(c.Request().Context(), c.actor, web.Segment(c, "reference"), filter)
	if err == nil && c.query.Page.Strategy == jsonapi.ByCursor {
		listed, more = cut(listed, c.query.Page)
	}
	return owner, listed, total, more, err
}

func (a *API) ordersView(c *call, numbers []int64, more bool, total int64) jsonapi.View {
	if c.query.Page.Strategy == jsonapi.ByCursor {
		return a.cursorView(c, numbers, more)
	}
	return a.pageView(c, total)
}

// sizePage gives a page that does not say it the size that the route has for those.
func (c *call) sizePage() {
	page, asked := &c.query.Page, c.QueryParams()
	switch {
	case page.Strategy == jsonapi.NoPage:
		*page = jsonapi.Page{Strategy: jsonapi.ByNumber, Number: 1, Size: c.route.pageSize}
	case page.Strategy == jsonapi.ByOffset && !asked.Has("page[limit]"):
		page.Limit = c.route.pageSize
	case page.Strategy != jsonapi.ByOffset && !asked.Has("page[size]"):
		page.Size = c.route.pageSize
	}
}

// orderFilter reads what is asked of the list. A filter whose value makes no sense is
// ignored where unknown ones are (W-05); a page that makes none never is.
func (a *API) orderFilter(query *jsonapi.Query) (account.OrderFilter, error) {
	filter := account.OrderFilter{}
	for _, by := range query.Sort {
		filter.Sort = append(filter.Sort, account.Order{Field: by.Field, Descending: by.Descending})
	}
	for _, wanted := range query.Filter {
		if err := a.applyOrderFilter(&filter, wanted); err != nil && !a.Wire.Lenient {
			return filter, err
		}
	}
	if query.Page.Strategy != jsonapi.ByCursor {
		window, err := pageWindow(query.Page)
		filter.Offset, filter.Limit, filter.Total = window.Offset, window.Limit, true
		return filter, err
	}
	if len(query.Sort) > 0 {
		return filter, jsonapi.UnsortedCursors()
	}
	filter.ByCursor, filter.Limit = true, query.Page.Size+1 // one more tells whether there is another page
	var err error
	filter.AfterNumber, filter.BeforeNumber, err = readCursors(query.Page)
	return filter, err
}

func (a *API) applyOrderFilter(filter *account.OrderFilter, wanted jsonapi.Filter) error {
	invalid := errors.FilterInvalid.With(wanted.Name).AtParameter(wanted.Parameter)
	for name, place := range map[string]*string{"cartId": &filter.CartID, "currencyCode": &filter.CurrencyCode, "email": &filter.Email, "regionId": &filter.RegionID, "q": &filter.Q} {
		if name == wanted.Name {
			*place = wanted.Value
			return nil
		}
	}
	switch wanted.Name {
	case "id":
		filter.ID = strings.Split(wanted.Value, ",")
	case "status":
		return choiceFilter(&filter.Status, wanted.Value, account.OrderStatuses(), invalid)
	case "fulfillmentStatus":
		return choiceFilter(&filter.FulfillmentStatus, wanted.Value, account.FulfillmentStatuses(), invalid)
	case "paymentStatus":
		return choiceFilter(&filter.PaymentStatus, wanted.Value, account.PaymentStatuses(), invalid)
	case "displayId":
		number, err := strconv.ParseInt(wanted.Value, 10, 64)
		if err != nil {
			return invalid
		}
		filter.DisplayID = &number
	case "taxRate":
		rate, err := strconv.ParseFloat(wanted.Value, 64)
		if err != nil || rate != rate {
			return invalid
		}
		filter.TaxRate = &rate
	case "canceledAt":
		return a.setBound(&filter.CanceledAt, wanted)
	case "createdAt":
		return a.setBound(&filter.CreatedAt, wanted)
	case "updatedAt":
		return a.setBound(&filter.UpdatedAt, wanted)
	}
	return nil
}

// choiceFilter reads words with commas between them.
func choiceFilter(place *[]string, value string, choices []string, invalid error) error {
	words := strings.Split(value, ",")
	if slices.ContainsFunc(words, func(word string) bool { return !slices.Contains(choices, word) }) {
		return invalid
	}
	*place = words
	return nil
}

// showOrdersLinkage tells which orders a customer has.
func (a *API) showOrdersLinkage(c *call) error {
	owner, listed, total, more, err := a.orderPage(c)
	if err != nil {
		return err
	}
	identities, numbers := make([]*orderIdentity, len(listed)), make([]int64, len(listed))
	for i := range listed {
		identities[i], numbers[i] = &orderIdentity{listed[i].ID}, listed[i].Number
	}
	view, pages := a.linkageView(c, owner, "orders"), a.ordersView(c, numbers, more, total)
	for name, link := range pages.Links {
		view.Links[name] = link
	}
	view.Meta, view.Profile = pages.Meta, c.profile
	body, err := jsonapi.Many(identities, view)
	if err != nil {
		return err
	}
	return a.answer(c, http.StatusOK, collection, body)
}

// showLastOrder shows a customer's last order, null when there is none.
func (a *API) showLastOrder(c *call) error {
	owner, err := a.Accounts.Customer(c.Request().Context(), c.actor, web.Segment(c, "reference"))
	if err != nil {
		return err
	}
	orders, err := a.Accounts.LastOrdersOf(c.Request().Context(), []model.Customer{*owner})
	if err != nil {
		return err
	}
	if owner.LastOrderID != nil && orders[*owner.LastOrderID] != nil {
		return a.answerOrder(c, owner, orders[*owner.LastOrderID])
	}
	body, err := jsonapi.One(nil, jsonapi.View{Query: c.query, Version: a.Wire.Hypermedia})
	if err != nil {
		return err
	}
	return a.answer(c, http.StatusOK, account.CustomerVersion(owner), body)
}

func (a *API) showLastOrderLinkage(c *call) error {
	owner, err := a.Accounts.Customer(c.Request().Context(), c.actor, web.Segment(c, "reference"))
	if err != nil {
		return err
	}
	var identity *orderIdentity
	if owner.LastOrderID != nil {
		identity = &orderIdentity{*owner.LastOrderID}
	}
	body, err := jsonapi.One(identity, a.linkageView(c, owner, "lastOrder"))
	if err != nil {
		return err
	}
	return a.answer(c, http.StatusOK, account.CustomerVersion(owner), body)
}

// attachOrders puts the orders of customers in the places of the relationships to them,
// as far as the request includes these: the newest of each customer, and the last one.
func (a *API) attachOrders(c *call, shown []*customer, customers []model.Customer) error {
	if slices.Contains(c.query.Include, "orders") {
		orders, err := a.Accounts.NewestOrdersOf(c.Request().Context(), customers)
		if err != nil {
			return err
		}
		for i := range customers {
			newest := orders[customers[i].ID]
			if shown[i].moreOrders = len(newest) > account.NewestOrders; shown[i].moreOrders {
				newest = newest[:account.NewestOrders]
			}
			for j := range newest {
				shown[i].Orders = append(shown[i].Orders, a.order(c, &customers[i], &newest[j]))
			}
		}
	}
	if !slices.Contains(c.query.Include, "lastOrder") {
		return nil
	}
	last, err := a.Accounts.LastOrdersOf(c.Request().Context(), customers)
	if err != nil {
		return err
	}
	for i := range customers {
		if id := customers[i].LastOrderID; id != nil && last[*id] != nil {
			shown[i].LastOrder = a.order(c, &customers[i], last[*id])
		}
	}
	return nil
}
