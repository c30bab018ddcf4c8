package account

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/text/currency"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// Orders are another service's. It tells of them here, as often as it likes and in
// whatever order, and customers read them.

// Order returns an order and whose it is, nil while that is nobody: to an API key with
// OrderFeed any of the store, to a customer their own. Everything else is RouteNotFound;
// a key without the scope is Unauthorized (411).
func (s *Service) Order(ctx context.Context, actor Actor, id string) (order *model.Order, customer *model.Customer, err error) {
	if !actor.IsCustomer() && !actor.May(OrderFeed) {
		return nil, nil, errors.Unauthorized
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		if order, err = tx.Order(s.storeOf(actor), id); err != nil {
			return err
		}
		if actor.IsCustomer() {
			if customer = actor.customer; order.CustomerID == nil || *order.CustomerID != customer.ID {
				return errors.RouteNotFound
			}
			return nil
		}
		if order.CustomerID != nil {
			customer, err = tx.CustomerByID(*order.CustomerID)
		}
		return err
	})
	return order, customer, err
}

// OrderFilter narrows, orders and pages the orders of a customer.
type OrderFilter = store.OrderFilter

// Orders returns the orders of the customer behind reference that the filter finds, and
// their total when it wants it. Whose they may be, and the errors, are those of Customer.
func (s *Service) Orders(ctx context.Context, actor Actor, reference string, filter OrderFilter) (customer *model.Customer, found []model.Order, total int64, err error) {
	customer, err = s.Customer(ctx, actor, reference)
	if err != nil {
		return nil, nil, 0, err
	}
	filter.Customer, filter.CurrencyCode = customer.ID, strings.ToUpper(filter.CurrencyCode)
	if filter.Email != "" {
		key, err := emailKey(filter.Email)
		if err != nil {
			return customer, nil, 0, nil // no address, no order's
		}
		filter.EmailKey = key
	}
	if filter.Q != "" && store.MatchesText(filter.Q, customer.Name(), text(Text{Value: customer.FirstName}), text(Text{Value: customer.LastName}), text(Text{Value: customer.Phone})) {
		filter.Q = "" // it finds the customer, and so all of their orders
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		found, total, err = tx.OrderPage(filter)
		return err
	})
	return customer, found, total, err
}

// NewestOrdersOf returns the newest orders of customers that the caller was shown, by
// the customer's id: NewestOrders of each, and one more where there are more.
func (s *Service) NewestOrdersOf(ctx context.Context, customers []model.Customer) (orders map[int64][]model.Order, err error) {
	ids := make([]int64, len(customers))
	for i := range customers {
		ids[i] = customers[i].ID
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		orders, err = tx.LatestOrders(ids, NewestOrders+1)
		return err
	})
	return orders, err
}

// LastOrdersOf returns the last order of each of the customers, of one store, that the
// caller was shown, by its id.
func (s *Service) LastOrdersOf(ctx context.Context, customers []model.Customer) (orders map[string]*model.Order, err error) {
	var ids []string
	for i := range customers {
		if id := customers[i].LastOrderID; id != nil {
			ids = append(ids, *id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		orders, err = tx.Orders(customers[0].Store, ids)
		return err
	})
	return orders, err
}

// OrderVersion names the state of an order.
func OrderVersion(order *model.Order) string { return strconv.FormatInt(order.Version, 10) }

// Amount writes an amount of the smallest unit as a decimal number of the currency,
// with as many places as ISO 4217 gives it; without a currency with two.
func Amount(smallest int64, code *string) string {
	places := 2
	if code != nil {
		if unit, err := currency.ParseISO(*code); err == nil {
			places, _ = currency.Standard.Rounding(unit)
		}
	}
	if places == 0 {
		return strconv.FormatInt(smallest, 10)
	}
	sign := ""
	if smallest < 0 {
		sign, smallest = "-", -smallest
	}
	digits := fmt.Sprintf("%0*d", places+1, smallest)
	return sign + digits[:len(digits)-places] + "." + digits[len(digits)-places:]
}
