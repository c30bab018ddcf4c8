package resources

import "net/http"

type customerConfirmation struct {
	ID              string  `jsonapi:"primary,customer-confirmation"`
	RegistrationKey *string `jsonapi:"attr,registrationKey"`
}

func (a *API) customerConfirmationRoutes() []route {
	return []route{
		{method: http.MethodPost, path: "/customer-confirmation", access: visitors, body: customerConfirmation{}, handle: a.confirm},
	}
}

func (a *API) confirm(c *call) error {
	var body customerConfirmation
	if err := c.bind(&body); err != nil {
		return err
	}
	if err := a.Accounts.Confirm(c.Request().Context(), field(c.document, "registrationKey", body.RegistrationKey)); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
