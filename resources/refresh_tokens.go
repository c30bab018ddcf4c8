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
	TokenType     string  `jsonapi:"attr,tokenType" about:"How the access token is sent: behind this word, in the header Authorization." choices:"Bearer"`
	ExpiresIn     int     `jsonapi:"attr,expiresIn" about:"How long the access token lasts, in seconds."` // seconds
	AccessToken   string  `jsonapi:"attr,accessToken" about:"Opens the routes of the customer: a JWT, signed with a key of /.well-known/jwks.json."`
	RefreshToken  string  `jsonapi:"attr,refreshToken" about:"Is exchanged for the next pair of tokens, once."`
	IDCompanyUser *string `jsonapi:"attr,idCompanyUser" about:"Always null: there are no company users here."`

	self string
}

// JSONAPILinks returns the link of the collection, in the wire that has one.
func (t *refreshToken) JSONAPILinks() *jsonapi.Links { return tokenLinks(t.self) }

type refreshBody struct {
	ID           string  `jsonapi:"primary,refresh-tokens"`
	RefreshToken *string `jsonapi:"attr,refreshToken" about:"The refresh token of the latest pair." needs:"yes" min:"1" example:"a refresh token"`
}

func (a *API) refreshTokenRoutes() []route {
	return []route{
		{method: http.MethodPost, path: "/refresh-tokens", access: visitors, body: refreshBody{}, shows: refreshToken{}, fleeting: true, offer: fieldsOf("refresh-tokens", refreshToken{}), handle: a.refresh,
			name: "refreshTokens", summary: "Exchange a refresh token", about: "It ends with that, and the answer has the next one.",
			fails: []*errors.Error{errors.FieldMissing, errors.ValueBlank, errors.TypeInvalid, errors.CharactersInvalid, errors.RefreshTokenInvalid}},
		{method: http.MethodGet, path: "/refresh-tokens", access: visitors, shows: refreshToken{}, handle: a.listNoRefreshTokens,
			name: "listRefreshTokens", summary: "List refresh tokens: always empty", about: "Tokens are not kept to be looked at.", many: true},
		{method: http.MethodDelete, path: "/refresh-tokens", access: visitors, refuse: errors.ResourceIDAbsent},
		{method: http.MethodDelete, path: "/refresh-tokens/:token", access: customers, handle: a.revoke,
			name: "revokeRefreshToken", summary: "End a refresh token", about: "`mine` ends all of the customer. One that is unknown or somebody else's is answered alike.", fails: []*errors.Error{errors.Unauthorized}},
	}
}

func (a *API) refresh(c *call) error {
	var body refreshBody
	if err := c.bind(&body); err != nil {
		return err
	}
	tokens, err := a.Accounts.Refresh(c.Request().Context(), c.actor, field(c.document, "refreshToken", body.RefreshToken))
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
