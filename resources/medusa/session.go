package medusa

import (
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
	"github.com/clientelehq/clientele/resources/medusa/wire"
)

// cookieName is that of Medusa's own session cookie: clients in Node pass it back by
// hand.
const cookieName = "connect.sid"

// customer returns the customer who asks, and whether the cookie says so: it counts
// before the Authorization header (section 5). Nobody else is answered: errUnauthorized,
// or 404 for a token of a customer who is no more.
func (a *API) customer(c echo.Context) (actor account.Actor, byCookie bool, err error) {
	ctx, client := c.Request().Context(), web.Client(c)
	if cookie, missing := c.Cookie(cookieName); missing == nil {
		actor, err = a.Accounts.AuthenticateCookie(ctx, cookie.Value, client)
		if !errors.Is(err, errors.AccessTokenInvalid) {
			return actor, true, err
		}
	}
	header := c.Request().Header.Values(echo.HeaderAuthorization)
	actor, err = a.Accounts.Authenticate(ctx, header, client)
	if errors.Is(err, errors.AccessTokenInvalid) {
		reference, gone, failed := a.Accounts.Vanished(ctx, header)
		switch {
		case failed != nil:
			err = failed
		case gone:
			err = notFound("Customer with id: " + wire.CustomerID(reference) + " was not found")
		}
	}
	if err == nil && !actor.IsCustomer() {
		err = errUnauthorized
	}
	return actor, false, err
}

// newGuard keeps pages of sites that are not the shop's from using its visitors'
// cookies. Browsers say where a page is from; who does not say is no browser.
func newGuard(base string, origins []string) *http.CrossOriginProtection {
	guard := http.NewCrossOriginProtection()
	if own, err := url.Parse(base); err == nil {
		origins = append([]string{own.Scheme + "://" + own.Host}, origins...)
	}
	for _, origin := range origins {
		_ = guard.AddTrustedOrigin(origin) // what is no origin, such as *, is trusted by nobody
	}
	return guard
}

// setCookie gives a session to the client, or takes it away: with no life.
func (a *API) setCookie(c echo.Context, value string, life time.Duration) {
	// #nosec G124 -- without https a secure cookie would be none
	cookie := &http.Cookie{Name: cookieName, Value: value, Path: "/", HttpOnly: true, MaxAge: int(life.Seconds()), Secure: a.Secure, SameSite: http.SameSiteLaxMode}
	if life == 0 {
		cookie.MaxAge = -1
	}
	if a.Secure { // the storefront may be another site
		cookie.SameSite = http.SameSiteNoneMode
	}
	c.SetCookie(cookie)
}

func credentials(body *web.Object) account.Credentials {
	return account.Credentials{Username: body.Text("email"), Password: body.Text("password")}
}

// session is a customer as a login tells them.
type session struct {
	wire.Customer
	Orders            []wire.Order   `json:"orders"`
	ShippingAddresses []wire.Address `json:"shipping_addresses"`
}

// logIn starts a session.
func (a *API) logIn(c *call) error {
	known, cookie, err := a.Accounts.LoginCookie(c.Request().Context(), c.actor, credentials(c.body))
	if err != nil {
		return err
	}
	if err := a.endSession(c); err != nil {
		return err
	}
	a.setCookie(c, cookie, account.CookieFor)
	return a.answerSession(c, known)
}

// showSession tells who is logged in.
func (a *API) showSession(c *call) error {
	known, err := a.Accounts.Customer(c.Request().Context(), c.actor, "me")
	if err != nil {
		return err
	}
	return a.answerSession(c, known)
}

func (a *API) answerSession(c *call, known *model.Customer) error {
	shown, err := a.profileOf(c, known)
	if err != nil {
		return err
	}
	orders, err := a.newestOrders(c, known, wire.SessionColumns)
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, map[string]session{"customer": {shown.Customer, orders, shown.ShippingAddresses}})
}

// logOut ends the session of the cookie, if there is one. Bearer tokens live on.
func (a *API) logOut(c *call) error {
	if err := a.endSession(c); err != nil {
		return err
	}
	if _, missing := c.Cookie(cookieName); missing == nil {
		a.setCookie(c, "", 0)
	}
	return plain(c, http.StatusOK, "OK")
}

// endSession ends the session of the cookie that a request comes with, if there is one:
// whoever logs in anew leaves none behind.
func (a *API) endSession(c *call) error {
	cookie, missing := c.Cookie(cookieName)
	if missing != nil {
		return nil
	}
	ctx := c.Request().Context()
	actor, err := a.Accounts.AuthenticateCookie(ctx, cookie.Value, web.Client(c))
	if err == nil {
		err = a.Accounts.EndSession(ctx, actor, "current")
	}
	if errors.Is(err, errors.AccessTokenInvalid) || errors.Is(err, errors.RouteNotFound) { // it has ended already
		return nil
	}
	return err
}

// giveToken logs in without a session.
func (a *API) giveToken(c *call) error {
	token, err := a.Accounts.LoginBearer(c.Request().Context(), c.actor, credentials(c.body), func(known *model.Customer) string { return wire.CustomerID(known.Reference) })
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, map[string]string{"access_token": token})
}

// tellExists tells whether somebody has registered with an address.
func (a *API) tellExists(c *call) error {
	exists, err := a.Accounts.AccountExists(c.Request().Context(), c.actor, web.Segment(c, "email"))
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, map[string]bool{"exists": exists})
}
