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
		"enabled": {""}, "active": {""}, "hasAccount": {""}, "requestToBeForgotten": {""}, "customerType": {""}, "groups.id": {""}, "metadata.*": {""},
	},
	Page: true,
	Own:  []string{totalCount},
}

// listCustomers shows a customer themself, and an API key all customers of the
// store.
func (a *API) listCustomers(c *call) error {
	if err := a.applyProfile(c); err != nil {
		return err
	}
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
		numbers := make([]int64, len(listed))
		for i := range listed {
			numbers[i], shown[i].cursor = listed[i].Number, cursor(listed[i].Number)
		}
		view := a.cursorView(c, numbers, more)
		if filter.Total {
			a.tellTotal(c, &view, total)
		}
		return a.showMany(c, shown, view)
	default:
		return a.showMany(c, shown, a.pageView(c, total))
	}
}

func (a *API) shownCustomers(c *call, listed []model.Customer) ([]*customer, error) {
	shown := make([]*customer, len(listed))
	for i := range listed {
		shown[i] = a.plainCustomer(c, &listed[i])
	}
	return shown, a.include(c, shown, listed)
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
	if err := applyPage(&filter, query); err != nil {
		return filter, err
	}
	if counted, given := query.Own[totalCount]; given && query.Page.Strategy == jsonapi.ByCursor {
		var wanted *bool
		if err := flagFilter(&wanted, counted, errors.PaginationInvalid.AtParameter(totalCount)); err != nil {
			return filter, err
		}
		filter.Total = *wanted
	}
	return filter, nil
}

// totalCount is the parameter by which a page by cursor tells how many customers there
// are in all. It costs more than the page: pages of other kinds tell it in any case.
const totalCount = "totalCount"

func applyPage(filter *account.CustomerFilter, query *jsonapi.Query) error {
	page := query.Page
	if page.Strategy != jsonapi.ByCursor {
		window, err := pageWindow(page)
		filter.Offset, filter.Limit, filter.Total = window.Offset, window.Limit, true
		return err
	}
	if len(query.Sort) > 0 {
		return jsonapi.UnsortedCursors()
	}
	filter.Limit = page.Size + 1 // one more tells whether there is another page
	var err error
	filter.AfterNumber, filter.BeforeNumber, err = readCursors(page)
	return err
}

func (a *API) applyFilter(filter *account.CustomerFilter, wanted jsonapi.Filter) error {
	invalid := errors.FilterInvalid.With(wanted.Name).AtParameter(wanted.Parameter)
	if key, isMember := strings.CutPrefix(wanted.Name, "metadata."); isMember {
		filter.Metadata = append(filter.Metadata, account.Member{Key: key, Value: wanted.Value})
		return nil
	}
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
	case "groups.id":
		filter.Group = wanted.Value
	case "hasAccount":
		return flagFilter(&filter.HasAccount, wanted.Value, invalid)
	case "customerType":
		if filter.Type = wanted.Value; !slices.Contains(account.CustomerTypes(), wanted.Value) {
			return invalid
		}
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
