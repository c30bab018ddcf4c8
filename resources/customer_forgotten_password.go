package resources

import "net/http"

type customerForgottenPassword struct {
	ID    string  `jsonapi:"primary,customer-forgotten-password"`
	Email *string `jsonapi:"attr,email"`
}

func (a *API) customerForgottenPasswordRoutes() []route {
	return []route{
		{method: http.MethodPost, path: "/customer-forgotten-password", access: visitors, body: customerForgottenPassword{}, handle: a.forgetPassword},
	}
}

func (a *API) forgetPassword(c *call) error {
	var body customerForgottenPassword
	if err := c.bind(&body); err != nil {
		return err
	}
	if err := a.Accounts.ForgetPassword(c.Request().Context(), c.actor, field(c.document, "email", body.Email)); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
