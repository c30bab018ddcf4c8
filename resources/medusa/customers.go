package medusa

import (
	"context"
	"net/http"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
	"github.com/clientelehq/clientele/resources/medusa/wire"
)

// profile is a customer with their addresses, and, for the older routes, their orders.
type profile struct {
	wire.Customer
	BillingAddress    *wire.Address  `json:"billing_address"`
	ShippingAddresses []wire.Address `json:"shipping_addresses"`
	Orders            any            `json:"orders,omitempty"`
}

func (a *API) profileOf(c *call, known *model.Customer) (profile, error) {
	shown := profile{Customer: wire.NewCustomer(known), ShippingAddresses: []wire.Address{}}
	addresses, err := a.Accounts.AddressesOf(c.Request().Context(), []model.Customer{*known})
	for _, one := range addresses[known.ID] {
		made := wire.NewAddress(known, &one)
		if known.IsDefaultBilling(one.ID) {
			shown.BillingAddress = &made
		}
		if !one.BillingOnly || known.IsDefaultShipping(one.ID) {
			shown.ShippingAddresses = append(shown.ShippingAddresses, made)
		}
	}
	return shown, err
}

// answerProfile tells a customer how they are now, with the orders if the route has them.
func (a *API) answerProfile(c *call, known *model.Customer, withOrders bool) error {
	shown, err := a.profileOf(c, known)
	if err == nil && withOrders {
		shown.Orders, err = a.newestOrders(c, known, wire.ShortColumns)
	}
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, map[string]profile{"customer": shown})
}

// register makes a customer and logs them in, unless the shop wants the e-mail address
// confirmed first.
func (a *API) register(c *call) error {
	in := account.Registration{
		Profile:     account.Profile{Email: lower(c.body.Text("email")), FirstName: c.body.Text("first_name"), LastName: c.body.Text("last_name"), Phone: c.body.Text("phone")},
		NewPassword: twice(c.body.Text("password")),
		Demands:     foreign,
	}
	var made *model.Customer
	var cookie string
	err := a.Accounts.Together(c.Request().Context(), func(ctx context.Context) (err error) {
		if made, err = a.Accounts.Register(ctx, c.actor, in); err == nil {
			cookie, err = a.Accounts.OpenCookie(ctx, c.actor, made)
		}
		return err
	})
	if err != nil {
		return err
	}
	if cookie != "" {
		a.setCookie(c, cookie, account.CookieFor)
	}
	return a.answerProfile(c, made, false)
}

// limitRegistration and limitEmailChange count what tells whether an address has an
// account.
func (a *API) limitRegistration(c *call) error {
	c.Response().Before(a.Accounts.Pace(c.Request().Context(), c.actor))
	return a.Accounts.CountRegistration(c.Request().Context(), c.actor)
}

func (a *API) limitEmailChange(c *call) error {
	email := lower(c.body.Text("email"))
	if email.Value == nil {
		return nil
	}
	return a.Accounts.CountEmailChange(c.Request().Context(), c.actor, *email.Value)
}

func (a *API) showCustomer(c *call) error {
	known, err := a.Accounts.Customer(c.Request().Context(), c.actor, "me")
	if err != nil {
		return err
	}
	return a.answerProfile(c, known, c.older)
}

// updateCustomer changes a customer's profile, password and billing address, all of it
// or nothing. The session that changes the password goes on, as a new one.
func (a *API) updateCustomer(c *call) error {
	if len(c.body.Names()) == 0 {
		return a.showCustomer(c)
	}
	in := account.Update{
		Profile: account.Profile{
			Email: lower(c.body.Text("email")), FirstName: c.body.Text("first_name"), LastName: c.body.Text("last_name"), Phone: c.body.Text("phone"),
			Metadata: deleting(c.body.Map("metadata")),
		},
		SetsPassword: true,
		Demands:      foreign,
	}
	if password := c.body.Text("password"); password.Value != nil && *password.Value != "" {
		in.NewPassword = twice(password)
	}
	in, err := a.Accounts.PrepareUpdate(c.Request().Context(), c.actor, "me", in)
	if err != nil {
		return countryFault(err, billingAddress(c.body))
	}
	var changed *model.Customer
	var cookie string
	err = a.Accounts.Together(c.Request().Context(), func(ctx context.Context) (err error) {
		if in.DefaultBilling, err = a.bill(ctx, c); err != nil {
			return err
		}
		if changed, err = a.Accounts.UpdateCustomer(ctx, c.actor, "me", in); err == nil && c.byCookie && in.Password.Given {
			cookie, err = a.Accounts.OpenCookie(ctx, c.actor, changed)
		}
		return err
	})
	switch {
	case errors.Is(err, errors.EmailTaken):
		return duplicate("Customer with email, has_account " + *in.Email.Value + ", t already exists.")
	case errors.Is(err, errors.AddressNotFound):
		return notFound("Address with id " + *c.body.Text("billing_address").Value + " was not found")
	case err != nil:
		return countryFault(err, billingAddress(c.body))
	}
	if cookie != "" {
		a.setCookie(c, cookie, account.CookieFor)
	}
	return a.answerProfile(c, changed, c.older)
}

// billingAddress is the billing address that a body holds, nil when it holds none.
func billingAddress(body *web.Object) *web.Object {
	given, _ := body.Object("billing_address")
	return given
}

// bill returns what the billing address becomes: the one with the id that was given, or
// none; one that was given itself is changed in its place, or added for that alone (6.4).
func (a *API) bill(ctx context.Context, c *call) (account.Text, error) {
	place := c.body.Text("billing_address")
	given := billingAddress(c.body)
	if given == nil {
		if place.Value != nil {
			id := wire.CoreAddressID(*place.Value)
			place.Value = &id
		}
		return place, nil
	}
	in := addressInput(given)
	known, err := a.Accounts.UpdateCustomer(ctx, c.actor, "me", account.Update{Demands: foreign}) // which holds them: there are no two
	if err != nil {
		return place, err
	}
	if known.DefaultBillingAddressID != nil {
		_, _, err = a.Accounts.UpdateAddress(ctx, c.actor, "me", *known.DefaultBillingAddressID, in)
		return account.Text{}, err
	}
	in.BillingOnly = true
	_, added, err := a.Accounts.AddAddress(ctx, c.actor, "me", in)
	if err != nil {
		return place, err
	}
	return account.Set(place.Name, added.ID), nil
}
