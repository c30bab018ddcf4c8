package resources

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/web"
)

// POST /token is OAuth 2.0 (RFC 6749, 4.3 and 6), not JSON:API: a form comes
// in, plain JSON goes out, and what is wrong with the grant is a 400 in the
// OAuth form (glue.md 7.3). What would be wrong on any route (the Authorization
// header, the throttle, an unknown parameter, a body that is too large) is an
// error document, as everywhere.

// grantForm is what the form may say. readForm reads it by name.
type grantForm struct {
	GrantType    string `json:"grant_type" about:"What is shown." needs:"yes" choices:"password,refresh_token" example:"password"`
	Username     string `json:"username" about:"E-mail address of the account; with grant_type=password." example:"jane@shop.example"`
	Password     string `json:"password" about:"Its password; with grant_type=password." example:"Change-123-please"`
	RefreshToken string `json:"refresh_token" about:"The refresh token of the latest pair; with grant_type=refresh_token."`
}

type oauthTokens struct {
	TokenType    string `json:"token_type" about:"How the access token is sent." choices:"Bearer" example:"Bearer"`
	ExpiresIn    int    `json:"expires_in" about:"How long the access token lasts, in seconds." example:"28800"` // seconds
	AccessToken  string `json:"access_token" about:"Opens the routes of the customer: a JWT." example:"eyJhbGciOiJFZERTQSJ9…"`
	RefreshToken string `json:"refresh_token" about:"Is exchanged for the next pair of tokens, once." example:"a refresh token"`
}

type oauthError struct {
	Error       string `json:"error" about:"What is wrong." choices:"invalid_grant,invalid_request" example:"invalid_grant"`
	Description string `json:"error_description" about:"The same, for people." example:"The user credentials were incorrect."`
}

var (
	grantInvalid       = oauthError{"invalid_grant", "The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client."}
	credentialsInvalid = oauthError{"invalid_grant", "The user credentials were incorrect."}
	requestIncomplete  = oauthError{"invalid_request", "The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed."}
	refreshInvalid     = oauthError{"invalid_request", "The refresh token is invalid."}
)

func (a *API) tokenRoutes() []route {
	return []route{{method: http.MethodPost, path: "/token", access: visitors, plain: true, fleeting: true, early: a.readGrant, handle: a.grant,
		name: "grantTokens", summary: "Log in, or exchange a refresh token, as OAuth 2.0 does", about: "RFC 6749, sections 4.3 and 6. What is wrong with the grant is answered in the form of OAuth; what would be wrong on any route is an error document.",
		fails: a.loginFails(), form: grantForm{}, answers: []plainAnswer{
			{status: http.StatusOK, mediaType: echo.MIMEApplicationJSON, model: oauthTokens{}},
			{status: http.StatusBadRequest, mediaType: echo.MIMEApplicationJSON, model: oauthError{}, counted: true},
		}}}
}

// readGrant reads the form, and refuses a name that has failed too often before
// the request's own credential is looked at (step 6).
func (a *API) readGrant(c *call) (err error) {
	if c.form, err = readForm(c); err != nil || one(c.form, "grant_type") != "password" {
		return err
	}
	return a.Accounts.CheckThrottle(c.Request().Context(), account.Actor{Client: web.Client(c)}, one(c.form, "username"))
}

func (a *API) grant(c *call) error {
	switch one(c.form, "grant_type") {
	case "password":
		return a.grantPassword(c, c.form)
	case "refresh_token":
		return a.grantRefresh(c, c.form)
	}
	return answerJSON(c, http.StatusBadRequest, grantInvalid)
}

// readForm returns the form's parameters; of a body that is no form, none.
func readForm(c *call) (map[string][]string, error) {
	mediaType, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || mediaType != echo.MIMEApplicationForm {
		return nil, nil
	}
	body, err := jsonapi.ReadBody(c.Request())
	if err != nil {
		return nil, err
	}
	return jsonapi.ParseForm(body), nil
}

// one returns a parameter that is there exactly once.
func one(form map[string][]string, name string) string {
	if values := form[name]; len(values) == 1 {
		return values[0]
	}
	return ""
}

func (a *API) grantPassword(c *call, form map[string][]string) error {
	username, password := one(form, "username"), one(form, "password")
	if username == "" || password == "" {
		return answerJSON(c, http.StatusBadRequest, requestIncomplete)
	}
	tokens, err := a.Accounts.Login(c.Request().Context(), c.actor, account.Credentials{
		Username: account.Set("username", username),
		Password: account.Set("password", password),
	})
	if refused(err, errors.AuthenticationFailed) {
		for _, fault := range errors.List(err) {
			setQuota(c.Response().Header(), fault)
		}
		return answerJSON(c, http.StatusBadRequest, credentialsInvalid)
	}
	if err != nil {
		return err
	}
	return answerOAuth(c, tokens)
}

func (a *API) grantRefresh(c *call, form map[string][]string) error {
	refresh := one(form, "refresh_token")
	if refresh == "" {
		return answerJSON(c, http.StatusBadRequest, requestIncomplete)
	}
	tokens, err := a.Accounts.Refresh(c.Request().Context(), c.actor, account.Set("refresh_token", refresh))
	if refused(err, errors.RefreshTokenInvalid) {
		return answerJSON(c, http.StatusBadRequest, refreshInvalid)
	}
	if err != nil {
		return err
	}
	return answerOAuth(c, tokens)
}

// refused reports whether what was given is wrong, by value or by form.
func refused(err error, line *errors.Error) bool {
	if errors.Is(err, line) {
		return true
	}
	_, malformed := errors.AsType[errors.Faults](err)
	return malformed
}

func answerOAuth(c *call, tokens *account.Tokens) error {
	c.Response().Header().Set("Pragma", "no-cache") // RFC 6749, 5.1
	return answerJSON(c, http.StatusOK, oauthTokens{
		TokenType:    "Bearer",
		ExpiresIn:    int(tokens.ExpiresIn.Seconds()),
		AccessToken:  tokens.Access,
		RefreshToken: tokens.Refresh,
	})
}

// answerJSON writes plain JSON without the charset that Echo's own helper adds.
func answerJSON(c *call, status int, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return c.Blob(status, echo.MIMEApplicationJSON, body)
}

// keySet is what package token publishes.
type keySet struct {
	Keys []publicKey `json:"keys" about:"The keys, first the one that signs. Others will sign, or have signed tokens that still last."`
}

type publicKey struct {
	KeyType   string `json:"kty" choices:"OKP" about:"Kind of key."`
	Curve     string `json:"crv" choices:"Ed25519" about:"Its curve."`
	Use       string `json:"use" choices:"sig" about:"What it is for: signatures."`
	Algorithm string `json:"alg" choices:"EdDSA" about:"Algorithm."`
	ID        string `json:"kid" about:"Its id, which tokens name in their header."`
	X         string `json:"x" about:"The public key, base64url."`
}

// jwks publishes the keys that access tokens are verified with (RFC 7517).
func (a *API) jwks(c *call) error {
	c.Response().Header().Set(echo.HeaderCacheControl, fmt.Sprintf("public, max-age=%.0f", account.KeySetKept.Seconds()))
	return c.Blob(http.StatusOK, "application/jwk-set+json", a.Accounts.KeySet(c.Request().Context()))
}

const keysPath = "/.well-known/jwks.json"

func (a *API) wellKnownRoutes() []route {
	return []route{{method: http.MethodGet, path: keysPath, access: visitors, plain: true, handle: a.jwks,
		name: "showKeys", summary: "Show the keys that access tokens are verified with", about: "RFC 7517. Other services verify tokens with them; keep them for five minutes.",
		answers: []plainAnswer{{status: http.StatusOK, mediaType: "application/jwk-set+json", model: keySet{}}}}}
}
