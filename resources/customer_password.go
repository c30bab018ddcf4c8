package resources

import (
	"net/http"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/web"
)

type customerPassword struct {
	ID                   string  `jsonapi:"primary,customer-password"`
	Password             *string `jsonapi:"attr,password" about:"The present password." needs:"yes" min:"1" example:"Change-123-please"`
	NewPassword          *string `jsonapi:"attr,newPassword" about:"The new one." needs:"yes" min:"{password_min}" max:"{password_max}" example:"Another-456-please"`
	ConfirmPassword      *string `jsonapi:"attr,confirmPassword" about:"The new one once more." needs:"either" min:"{password_min}" max:"{password_max}" example:"Another-456-please"`
	PasswordConfirmation *string `jsonapi:"attr,passwordConfirmation" about:"Another name of confirmPassword." needs:"either" min:"{password_min}" max:"{password_max}"`
}

func (a *API) customerPasswordRoutes() []route {
	change := route{method: http.MethodPatch, access: customers, body: customerPassword{}, handle: a.changePassword,
		name: "changePassword", summary: "Change the password", about: "Every token ends, the one that was shown included: log in again.",
		fails: a.limited(errors.TooManyAttempts, a.newPasswordFails(errors.Unauthorized, errors.PasswordInvalid, errors.PasswordChangeFailed))}
	return a.withOrWithoutSegment(change, "/customer-password", "reference")
}

// withOrWithoutSegment is a PATCH that names its resource in the path or, save
// in wire=glue, leaves it out (W-09).
func (a *API) withOrWithoutSegment(named route, path, segment string) []route {
	bare := named
	named.path, bare.path = path+"/:"+segment, path
	named.name += "Of"
	if a.Wire.NeedSegment {
		bare.refuse = errors.ResourceIDAbsent
	}
	return []route{bare, named}
}

func (a *API) changePassword(c *call) error {
	var body customerPassword
	if err := c.bind(&body); err != nil {
		return err
	}
	err := a.Accounts.ChangePassword(c.Request().Context(), c.actor, account.PasswordChange{
		Current:     field(c.document, "password", body.Password),
		NewPassword: newPassword(c.document, "newPassword", body.NewPassword, body.ConfirmPassword, body.PasswordConfirmation),
		Named:       len(c.ParamNames()) > 0,
		Reference:   web.Segment(c, "reference"),
	})
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
