package resources

import (
	"net/http"

	"github.com/clientelehq/clientele/errors"
)

type customerConfirmation struct {
	ID              string  `jsonapi:"primary,customer-confirmation"`
	RegistrationKey *string `jsonapi:"attr,registrationKey" about:"The key of the letter: what follows token= in its link." needs:"yes" min:"1" example:"the key of the letter"`
}

func (a *API) customerConfirmationRoutes() []route {
	return []route{
		{method: http.MethodPost, path: "/customer-confirmation", access: visitors, body: customerConfirmation{}, handle: a.confirm,
			name: "confirmCustomer", summary: "Confirm an e-mail address", about: "With the key of a letter, which works once: that of a registration, or of a change of address.",
			fails: []*errors.Error{errors.FieldMissing, errors.ValueBlank, errors.TypeInvalid, errors.CharactersInvalid, errors.ConfirmationKeyInvalid, errors.ConfirmationFailed}},
	}
}

func (a *API) confirm(c *call) error {
	var body customerConfirmation
	if err := c.bind(&body); err != nil {
		return err
	}
	if err := a.Accounts.Confirm(c.Request().Context(), c.actor, field(c.document, "registrationKey", body.RegistrationKey)); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
