package resources

import (
	"net/http"

	"github.com/clientelehq/clientele/errors"
)

type customerForgottenPassword struct {
	ID    string  `jsonapi:"primary,customer-forgotten-password"`
	Email *string `jsonapi:"attr,email" about:"E-mail address of the account." needs:"yes" format:"idn-email" min:"1" max:"255" example:"jane@shop.example"`
}

func (a *API) customerForgottenPasswordRoutes() []route {
	return []route{
		{method: http.MethodPost, path: "/customer-forgotten-password", access: visitors, body: customerForgottenPassword{}, handle: a.forgetPassword,
			name: "forgetPassword", summary: "Ask for a letter to restore a password", about: "An unknown address is answered alike.",
			fails: []*errors.Error{errors.FieldMissing, errors.ValueBlank, errors.EmailInvalid, errors.TooLong, errors.TypeInvalid, errors.CharactersInvalid}},
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
