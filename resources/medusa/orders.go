package medusa

import (
	"net/http"

	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/resources/medusa/wire"
)

// newestOrders tells the newest orders of a customer with the members that are named.
func (a *API) newestOrders(c *call, owner *model.Customer, names []string) ([]wire.Order, error) {
	orders, err := a.Accounts.NewestOrdersOf(c.Request().Context(), []model.Customer{*owner})
	if err != nil {
		return nil, err
	}
	newest := orders[owner.ID]
	return wire.NewOrders(owner, newest[:min(len(newest), account.NewestOrders)], names), nil
}

// orderPage is a page of orders (section 7).
type orderPage struct {
	Orders []wire.Order `json:"orders"`
	Count  int64        `json:"count"`
	Offset int          `json:"offset"`
	Limit  int          `json:"limit"`
}

func (a *API) listOrders(c *call) error {
	asked, wrong := wire.ReadOrderQuery(c.QueryParams())
	if err := invalid(wrong...); err != nil {
		return err
	}
	owner, found, total, err := a.Accounts.Orders(c.Request().Context(), c.actor, "me", asked.Filter)
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, orderPage{wire.NewOrders(owner, found, asked.Names), total, asked.Filter.Offset, asked.Filter.Limit})
}
