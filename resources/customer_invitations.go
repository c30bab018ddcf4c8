package resources

import (
	"net/http"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
)

// customerInvitation asks for the letter by which a customer whom staff have made
// sets their first password.
type customerInvitation struct {
	ID                string  `jsonapi:"primary,customer-invitations"`
	CustomerReference *string `jsonapi:"attr,customerReference" about:"Reference of the customer." needs:"yes" min:"1" example:"DE--25"`
}

type customerInvitationAcceptance struct {
	ID                   string  `jsonapi:"primary,customer-invitation-acceptance"`
	InvitationKey        *string `jsonapi:"attr,invitationKey" about:"The key of the letter: what follows token= in its link." needs:"either" min:"1" example:"the key of the letter"`
	Email                *string `jsonapi:"attr,email" about:"Instead of the key: the address that the letter went to, with its code." format:"email"`
	Code                 *string `jsonapi:"attr,code" about:"The code of the letter, for typing; case, blanks and the dash do not count. Five tries." needs:"either" min:"1"`
	Password             *string `jsonapi:"attr,password" about:"The password." needs:"yes" min:"{password_min}" max:"{password_max}" example:"Another-456-please"`
	ConfirmPassword      *string `jsonapi:"attr,confirmPassword" about:"The password once more." needs:"either" min:"{password_min}" max:"{password_max}" example:"Another-456-please"`
	PasswordConfirmation *string `jsonapi:"attr,passwordConfirmation" about:"Another name of confirmPassword." needs:"either" min:"{password_min}" max:"{password_max}"`
	AcceptedTerms        *bool   `jsonapi:"attr,acceptedTerms" about:"Consent to the terms of service, where the customer was asked for it." example:"true"`
}

func (a *API) invitationRoutes() []route {
	return []route{
		{method: http.MethodPost, path: "/customer-invitations", access: keys, scope: account.WriteCustomers, body: customerInvitation{}, handle: a.invite,
			name: "inviteCustomer", summary: "Invite a customer without a password", about: "Mails a link and a code by which the customer sets a password, within seven days. A newer invitation replaces the one before.",
			fails: []*errors.Error{errors.FieldMissing, errors.ValueBlank, errors.TypeInvalid, errors.CharactersInvalid, errors.CustomerNotFound, errors.CustomerHasAccount}},
		{method: http.MethodPost, path: "/customer-invitation-acceptance", access: visitors, body: customerInvitationAcceptance{}, handle: a.acceptInvitation,
			name: "acceptInvitation", summary: "Set the first password", about: "With the key or the code of an invitation, which works once and for seven days. The address is proven by it.",
			fails: a.newPasswordFails(errors.InvitationInvalid, errors.EmailInvalid, errors.TermsNotAccepted, errors.RateLimited)},
	}
}

func (a *API) invite(c *call) error {
	var body customerInvitation
	if err := c.bind(&body); err != nil {
		return err
	}
	if err := a.Accounts.Invite(c.Request().Context(), c.actor, field(c.document, "customerReference", body.CustomerReference)); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (a *API) acceptInvitation(c *call) error {
	var body customerInvitationAcceptance
	if err := c.bind(&body); err != nil {
		return err
	}
	err := a.Accounts.AcceptInvitation(c.Request().Context(), c.actor, account.Acceptance{
		Restoration: account.Restoration{
			Proof:       proof(c.document, "invitationKey", body.InvitationKey, body.Email, body.Code),
			NewPassword: newPassword(c.document, "password", body.Password, body.ConfirmPassword, body.PasswordConfirmation),
		},
		Terms: field(c.document, "acceptedTerms", body.AcceptedTerms),
	})
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
