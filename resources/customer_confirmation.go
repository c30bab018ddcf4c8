package resources

import (
	"net/http"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
)

type customerConfirmation struct {
	ID              string  `jsonapi:"primary,customer-confirmation"`
	RegistrationKey *string `jsonapi:"attr,registrationKey" about:"The key of the letter: what follows token= in its link." needs:"either" min:"1" example:"the key of the letter"`
	Email           *string `jsonapi:"attr,email" about:"Instead of the key: the address that the letter went to, with its code." format:"email"`
	Code            *string `jsonapi:"attr,code" about:"The code of the letter, for typing; case, blanks and the dash do not count. Five tries." needs:"either" min:"1"`
}

func (a *API) customerConfirmationRoutes() []route {
	return []route{
		{method: http.MethodPost, path: "/customer-confirmation", access: visitors, body: customerConfirmation{}, handle: a.confirm,
			name: "confirmCustomer", summary: "Confirm an e-mail address", about: "With the key of a letter, which works once: that of a registration, or of a change of address.",
			fails: []*errors.Error{errors.FieldMissing, errors.ValueBlank, errors.TypeInvalid, errors.CharactersInvalid, errors.EmailInvalid, errors.ConfirmationKeyInvalid, errors.ConfirmationFailed, errors.RateLimited}},
	}
}

// proof reads what a letter gave: its key, or the address and the code.
func proof(d *jsonapi.Document, keyName string, key, email, code *string) account.Proof {
	return account.Proof{Key: field(d, keyName, key), Email: field(d, "email", email), Code: field(d, "code", code)}
}

func (a *API) confirm(c *call) error {
	var body customerConfirmation
	if err := c.bind(&body); err != nil {
		return err
	}
	if err := a.Accounts.Confirm(c.Request().Context(), c.actor, proof(c.document, "registrationKey", body.RegistrationKey, body.Email, body.Code)); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
