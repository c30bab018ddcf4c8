package medusa

import (
	"net/http"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/resources/medusa/wire"
)

// forgetPassword asks for a reset token; nobody is told whether there will be one.
func (a *API) forgetPassword(c *call) error {
	if err := a.Accounts.ForgetPassword(c.Request().Context(), c.actor, lower(c.body.Text("email"))); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// resetPassword sets a password by such a token. Whatever is wrong with that is one
// answer.
func (a *API) resetPassword(c *call) error {
	known, err := a.Accounts.RestorePassword(c.Request().Context(), c.actor, account.Restoration{
		Email:       lower(c.body.Text("email")),
		Proof:       account.Proof{Key: c.body.Text("token")},
		NewPassword: twice(c.body.Text("password")),
	})
	if errors.Is(err, errors.RestoreKeyInvalid) || isOnly(err, "token") {
		return errResetToken
	}
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, map[string]wire.Customer{"customer": wire.NewCustomer(known)})
}
