package resources

import (
	"net/http"

	"github.com/clientelehq/clientele/pkg/account"
)

type customerRestorePassword struct {
	ID                   string  `jsonapi:"primary,customer-restore-password"`
	RestorePasswordKey   *string `jsonapi:"attr,restorePasswordKey"`
	Password             *string `jsonapi:"attr,password"`
	ConfirmPassword      *string `jsonapi:"attr,confirmPassword"`
	PasswordConfirmation *string `jsonapi:"attr,passwordConfirmation"`
}

// The segment of the path only has to be there: the key in the document says
// whose password it is.
func (a *API) customerRestorePasswordRoutes() []route {
	restore := route{method: http.MethodPatch, access: visitors, body: customerRestorePassword{}, anyID: true, handle: a.restorePassword}
	return a.withOrWithoutSegment(restore, "/customer-restore-password", "any")
}

func (a *API) restorePassword(c *call) error {
	var body customerRestorePassword
	if err := c.bind(&body); err != nil {
		return err
	}
	err := a.Accounts.RestorePassword(c.Request().Context(), c.actor, account.Restoration{
		Key:         field(c.document, "restorePasswordKey", body.RestorePasswordKey),
		NewPassword: newPassword(c.document, "password", body.Password, body.ConfirmPassword, body.PasswordConfirmation),
	})
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
