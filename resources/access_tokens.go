package resources

import (
	"net/http"
	"reflect"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/web"
)

// accessToken is what a login answers with (glue.md 7.1).
type accessToken struct {
	ID            string  `jsonapi:"primary,access-tokens"`
	TokenType     string  `jsonapi:"attr,tokenType" about:"How the access token is sent: behind this word, in the header Authorization." choices:"Bearer"`
	ExpiresIn     int     `jsonapi:"attr,expiresIn" about:"How long the access token lasts, in seconds."` // seconds
	AccessToken   string  `jsonapi:"attr,accessToken" about:"Opens the routes of the customer: a JWT, signed with a key of /.well-known/jwks.json."`
	RefreshToken  string  `jsonapi:"attr,refreshToken" about:"Is exchanged for the next pair of tokens, once."`
	IDCompanyUser *string `jsonapi:"attr,idCompanyUser" about:"Always null: there are no company users here."` // null: there are no company users here

	self string
}

// JSONAPILinks returns the link of the collection, in the wire that has one.
func (t *accessToken) JSONAPILinks() *jsonapi.Links { return tokenLinks(t.self) }

func tokenLinks(self string) *jsonapi.Links {
	if self == "" {
		return &jsonapi.Links{}
	}
	return jsonapi.Self(self)
}

type credentials struct {
	ID       string  `jsonapi:"primary,access-tokens"`
	Username *string `jsonapi:"attr,username" about:"E-mail address of the account." needs:"yes" min:"1" example:"jane@shop.example"`
	Password *string `jsonapi:"attr,password" about:"Its password." needs:"yes" min:"1" example:"Change-123-please"`
}

func (a *API) accessTokenRoutes() []route {
	return []route{
		{method: http.MethodPost, path: "/access-tokens", access: visitors, body: credentials{}, shows: accessToken{}, fleeting: true, offer: fieldsOf("access-tokens", accessToken{}), early: a.checkThrottle, handle: a.login,
			name: "logIn", summary: "Log in", about: "Answers with an access token, which opens the routes of the customer, and a refresh token, which is exchanged for the next pair.",
			fails: a.loginFails(errors.FieldMissing, errors.ValueBlank, errors.EmailInvalid, errors.TypeInvalid, errors.CharactersInvalid, errors.AuthenticationFailed)},
		{method: http.MethodGet, path: "/access-tokens", access: visitors, shows: accessToken{}, handle: a.listNoTokens,
			name: "listAccessTokens", summary: "List access tokens: always empty", about: "Tokens are not kept to be looked at.", many: true},
	}
}

// checkThrottle refuses a name that has failed too often before the request's
// own credential and attributes are looked at (step 6).
func (a *API) checkThrottle(c *call) error {
	var body credentials
	if err := c.bind(&body); err != nil || body.Username == nil {
		return err
	}
	return a.Accounts.CheckThrottle(c.Request().Context(), account.Actor{Client: web.Client(c)}, *body.Username)
}

func (a *API) login(c *call) error {
	var body credentials
	if err := c.bind(&body); err != nil {
		return err
	}
	tokens, err := a.Accounts.Login(c.Request().Context(), c.actor, account.Credentials{
		Username: field(c.document, "username", body.Username),
		Password: field(c.document, "password", body.Password),
	})
	if err != nil {
		return err
	}
	made := a.newAccessToken(tokens, "/access-tokens")
	return a.answerTokens(c, &made)
}

func (a *API) newAccessToken(tokens *account.Tokens, path string) accessToken {
	self := ""
	if !a.Wire.Hypermedia {
		self = a.Base + path
	}
	return accessToken{
		ID:           tokens.ID,
		TokenType:    "Bearer",
		ExpiresIn:    int(tokens.ExpiresIn.Seconds()),
		AccessToken:  tokens.Access,
		RefreshToken: tokens.Refresh,
		self:         self,
	}
}

func (a *API) answerTokens(c *call, tokens any) error {
	if err := c.shows(reflect.TypeOf(tokens)); err != nil {
		return err
	}
	body, err := jsonapi.One(tokens, jsonapi.View{Query: c.query, NullID: a.Wire.NullTokenID, Version: a.Wire.Hypermedia})
	if err != nil {
		return err
	}
	return a.answer(c, http.StatusCreated, collection, body)
}

// listNoTokens answers with nothing: tokens are not kept to be looked at.
func (a *API) listNoTokens(c *call) error {
	return a.showMany(c, []*accessToken{}, jsonapi.View{})
}
