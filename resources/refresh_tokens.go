package resources

import (
	"net/http"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/web"
)

// refreshToken is what a refresh answers with: an accessToken under another
// type. google/jsonapi reads the type from the struct, so it is a struct of its own.
type refreshToken struct {
	ID            string  `jsonapi:"primary,refresh-tokens"`
	TokenType     string  `jsonapi:"attr,tokenType"`
	ExpiresIn     int     `jsonapi:"attr,expiresIn"` // seconds
	AccessToken   string  `jsonapi:"attr,accessToken"`
	RefreshToken  string  `jsonapi:"attr,refreshToken"`
	IDCompanyUser *string `jsonapi:"attr,idCompanyUser"`

	self string
}

// JSONAPILinks returns the link of the collection, in the wire that has one.
func (t *refreshToken) JSONAPILinks() *jsonapi.Links { return tokenLinks(t.self) }

type refreshBody struct {
	ID           string  `jsonapi:"primary,refresh-tokens"`
	RefreshToken *string `jsonapi:"attr,refreshToken"`
}

func (a *API) refreshTokenRoutes() []route {
	return []route{
		{method: http.MethodPost, path: "/refresh-tokens", access: visitors, body: refreshBody{}, shows: refreshToken{}, fleeting: true, offer: fieldsOf("refresh-tokens", refreshToken{}), handle: a.refresh},
		{method: http.MethodGet, path: "/refresh-tokens", access: visitors, shows: refreshToken{}, handle: a.listNoRefreshTokens},
		{method: http.MethodDelete, path: "/refresh-tokens", refuse: errors.ResourceIDAbsent},
		{method: http.MethodDelete, path: "/refresh-tokens/:token", access: customers, handle: a.revoke},
	}
}

func (a *API) refresh(c *call) error {
	var body refreshBody
	if err := c.bind(&body); err != nil {
		return err
	}
	tokens, err := a.Accounts.Refresh(c.Request().Context(), field(c.document, "refreshToken", body.RefreshToken))
	if err != nil {
		return err
	}
	made := refreshToken(a.newAccessToken(tokens, "/refresh-tokens"))
	return a.answerTokens(c, &made)
}

func (a *API) listNoRefreshTokens(c *call) error {
	return a.showMany(c, []*refreshToken{}, jsonapi.View{})
}

func (a *API) revoke(c *call) error {
	if err := a.Accounts.Revoke(c.Request().Context(), c.actor, web.Segment(c, "token")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
