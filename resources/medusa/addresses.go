package medusa

import (
	"strings"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/web"
	"github.com/clientelehq/clientele/resources/medusa/wire"
)

func addressInput(body *web.Object) account.AddressInput {
	return account.AddressInput{
		Company:         body.Text("company"),
		FirstName:       body.Text("first_name"),
		LastName:        body.Text("last_name"),
		Address1:        body.Text("address_1"),
		Address2:        body.Text("address_2"),
		City:            body.Text("city"),
		ISO2Code:        body.Text("country_code"),
		Province:        body.Text("province"),
		ZipCode:         body.Text("postal_code"),
		Phone:           body.Text("phone"),
		Metadata:        body.Map("metadata"),
		ReplaceMetadata: true,
		KeepBilling:     true,
		Demands:         foreign,
	}
}

// countryFault tells of an address whose country alone is wrong that there is no such
// country, as Medusa does; other errors stay.
func countryFault(err error, body *web.Object) error {
	if body == nil || !isOnly(err, "country_code") {
		return err
	}
	return notFound("Country with country_code " + strings.ToLower(*body.Text("country_code").Value) + " does not exist.")
}

// addAddress adds an address that is not there already.
func (a *API) addAddress(c *call) error {
	given, messages := wrappedAddress(c.body)
	if err := invalid(messages...); err != nil {
		return err
	}
	in := addressInput(given)
	in.Once = true
	known, _, err := a.Accounts.AddAddress(c.Request().Context(), c.actor, "me", in)
	if err != nil {
		return countryFault(err, given)
	}
	return a.answerProfile(c, known, false)
}

// wrappedAddress returns the member address of a body, and what is wrong with it.
func wrappedAddress(body *web.Object) (given *web.Object, messages []string) {
	for _, name := range body.Names() {
		if name != "address" {
			messages = append(messages, wire.Unknown(name))
		}
	}
	given, isObject := body.Object("address")
	_, isList := body.List("address")
	switch {
	case isObject:
		messages = append(messages, wire.FaultsOf(given, wire.NewAddressFields)...)
	case body.Value("address") != nil && !isList:
		messages = append(messages, "nested property address must be either object or array")
	case len(messages) == 0:
		messages = append(messages, wire.NotObject("address"))
	}
	return given, messages
}

// updateAddress changes the members that are given. The older routes take them in a
// member address, too.
func (a *API) updateAddress(c *call) error {
	id := web.Segment(c, "address_id")
	if !strings.HasSuffix(c.Path(), "/addresses/:address_id") && (!c.older || !strings.HasPrefix(id, wire.AddressPrefix)) {
		return errors.RouteNotFound // it is no address's, and nothing else lives there
	}
	given := c.body
	if wrapped, isObject := given.Object("address"); isObject && c.older && len(given.Names()) == 1 {
		given = wrapped
	}
	if err := invalid(wire.FaultsOf(given, wire.AddressFields)...); err != nil {
		return err
	}
	known, _, err := a.Accounts.UpdateAddress(c.Request().Context(), c.actor, "me", wire.CoreAddressID(id), addressInput(given))
	if errors.Is(err, errors.AddressNotFound) {
		return invalid("Could not find address for customer")
	}
	if err != nil {
		return countryFault(err, given)
	}
	return a.answerProfile(c, known, false)
}

// deleteAddress removes an address; one that the customer does not have is gone already.
func (a *API) deleteAddress(c *call) error {
	ctx := c.Request().Context()
	err := a.Accounts.DeleteAddress(ctx, c.actor, "me", wire.CoreAddressID(web.Segment(c, "address_id")), nil)
	if err != nil && !errors.Is(err, errors.AddressNotFound) {
		return err
	}
	known, err := a.Accounts.CurrentCustomer(ctx, c.actor, "me")
	if err != nil {
		return err
	}
	return a.answerProfile(c, known, false)
}
