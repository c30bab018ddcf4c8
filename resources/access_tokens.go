package resources

import (
	"net/http"
	"reflect"

	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/web"
)

// accessToken is what a login answers with (glue.md 7.1).
type accessToken struct {
	ID            string  `jsonapi:"primary,access-tokens"`
	TokenType     string  `jsonapi:"attr,tokenType"`
	ExpiresIn     int     `jsonapi:"attr,expiresIn"` // seconds
	AccessToken   string  `jsonapi:"attr,accessToken"`
	RefreshToken  string  `jsonapi:"attr,refreshToken"`
	IDCompanyUser *string `jsonapi:"attr,idCompanyUser"` // null: there are no company users here

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
	Username *string `jsonapi:"attr,username"`
	Password *string `jsonapi:"attr,password"`
}

func (a *API) accessTokenRoutes() []route {
	return []route{
		{method: http.MethodPost, path: "/access-tokens", access: visitors, body: credentials{}, shows: accessToken{}, fleeting: true, offer: fieldsOf("access-tokens", accessToken{}), early: a.checkThrottle, handle: a.login},
		{method: http.MethodGet, path: "/access-tokens", access: visitors, shows: accessToken{}, handle: a.listNoTokens},
	}
}

// checkThrottle refuses a name that has failed too often before the request's
// own credential and attributes are looked at (step 6).
func (a *API) checkThrottle(c *call) error {
	var body credentials
	if err := c.bind(&body); err != nil || body.Username == nil {
		return err
	}
	return a.Accounts.CheckThrottle(c.Request().Context(), web.Client(c), *body.Username)
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
