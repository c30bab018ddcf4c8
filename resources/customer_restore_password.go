package resources

import (
	"net/http"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
)

type customerRestorePassword struct {
	ID                   string  `jsonapi:"primary,customer-restore-password"`
	RestorePasswordKey   *string `jsonapi:"attr,restorePasswordKey" about:"The key of the letter: what follows token= in its link." needs:"either" min:"1" example:"the key of the letter"`
	Email                *string `jsonapi:"attr,email" about:"Instead of the key: the address that the letter went to, with its code." format:"email"`
	Code                 *string `jsonapi:"attr,code" about:"The code of the letter, for typing; case, blanks and the dash do not count. Five tries." needs:"either" min:"1"`
	Password             *string `jsonapi:"attr,password" about:"The new password." needs:"yes" min:"{password_min}" max:"{password_max}" example:"Another-456-please"`
	ConfirmPassword      *string `jsonapi:"attr,confirmPassword" about:"The new one once more." needs:"either" min:"{password_min}" max:"{password_max}" example:"Another-456-please"`
	PasswordConfirmation *string `jsonapi:"attr,passwordConfirmation" about:"Another name of confirmPassword." needs:"either" min:"{password_min}" max:"{password_max}"`
}

// The segment of the path only has to be there: the key in the document says
// whose password it is.
func (a *API) customerRestorePasswordRoutes() []route {
	restore := route{method: http.MethodPatch, access: visitors, body: customerRestorePassword{}, anyID: true, handle: a.restorePassword,
		name: "restorePassword", summary: "Set a forgotten password anew", about: "With the key of a letter, which works once and for two hours. Every token ends.",
		fails: a.newPasswordFails(errors.RestoreKeyInvalid, errors.EmailInvalid, errors.RateLimited)}
	return a.withOrWithoutSegment(restore, "/customer-restore-password", "any")
}

func (a *API) restorePassword(c *call) error {
	var body customerRestorePassword
	if err := c.bind(&body); err != nil {
		return err
	}
	_, err := a.Accounts.RestorePassword(c.Request().Context(), c.actor, account.Restoration{
		Proof:       proof(c.document, "restorePasswordKey", body.RestorePasswordKey, body.Email, body.Code),
		NewPassword: newPassword(c.document, "password", body.Password, body.ConfirmPassword, body.PasswordConfirmation),
	})
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
