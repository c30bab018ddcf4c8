package account

import (
	"context"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/token"
)

// Clients of other shop systems keep a login in a cookie, or in one token for a month.
// Both are sessions like any other here: a customer sees and ends them, and they end
// with a change of the password.

const (
	// CookieFor is how long a login by cookie lasts, however it is used.
	CookieFor = 10 * time.Hour
	// BearerFor is how long a token of LoginBearer lasts.
	BearerFor = 30 * 24 * time.Hour
)

// cookieDigest is what is kept of a cookie. It is none of a refresh token's, so that
// neither passes for the other.
func cookieDigest(cookie string) []byte { return token.Digest("cookie\x00" + cookie) }

// LoginCookie is Login with a secret for a cookie, of 43 characters of base64url, in
// place of tokens. Its session lasts for CookieFor. Errors are Login's.
func (s *Service) LoginCookie(ctx context.Context, actor Actor, in Credentials) (customer *model.Customer, cookie string, err error) {
	cookie, _ = token.NewSecret("")
	customer, _, err = s.logIn(ctx, actor, in, opening{cookieDigest(cookie), CookieFor})
	if err != nil {
		return nil, "", err
	}
	return customer, cookie, nil
}

// OpenCookie is LoginCookie for a customer who has just registered or set a password in
// the same request. It returns "" where they may not log in yet: with Rules.Confirm
// before their address is proven; AuthenticationFailed (003) for one who was changed
// meanwhile.
func (s *Service) OpenCookie(ctx context.Context, actor Actor, customer *model.Customer) (cookie string, err error) {
	if !s.mayEnter(customer) {
		return "", nil
	}
	cookie, _ = token.NewSecret("")
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		locked, err := tx.LockCustomer(customer.ID)
		if err != nil {
			return err
		}
		if !locked.Live() || locked.CredentialVersion != customer.CredentialVersion {
			return errors.AuthenticationFailed
		}
		_, err = s.addSession(tx, actor, locked, opening{cookieDigest(cookie), CookieFor})
		return err
	})
	if err != nil {
		return "", err
	}
	return cookie, nil
}

// AuthenticateCookie is Authenticate for the secret of a cookie.
func (s *Service) AuthenticateCookie(ctx context.Context, cookie string, client Client) (Actor, error) {
	actor := Actor{Client: client}
	var session *model.Session
	err := s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		actor.customer, session, err = tx.CustomerOfFamily(cookieDigest(cookie))
		return err
	})
	if err != nil {
		return Actor{Client: client}, err
	}
	actor.session, actor.store = session.ID, actor.customer.Store
	s.see(ctx, client, session)
	return actor, s.choose(ctx, &actor)
}

// LoginBearer is Login with one access token for BearerFor in place of a pair. It has
// the claims by which Medusa's clients know a customer: customer_id, which name makes
// of the customer, and the domain "store". Errors are Login's.
func (s *Service) LoginBearer(ctx context.Context, actor Actor, in Credentials, name func(*model.Customer) string) (access string, err error) {
	customer, session, err := s.logIn(ctx, actor, in, opening{lasts: BearerFor})
	if err != nil {
		return "", err
	}
	s.renewKeys(ctx)
	access, _, err = s.Tokens.IssueFor(BearerFor, customer.Reference, session, token.Guest{CustomerID: name(customer), Domain: "store"})
	return access, err
}

// Vanished reports whether the header names, by a token of ours that has not expired, a
// customer who is no more, and whom.
func (s *Service) Vanished(ctx context.Context, header []string) (reference string, gone bool, err error) {
	credential, ok := bearer(header)
	if !ok {
		return "", false, nil
	}
	claims, err := s.verifyToken(ctx, credential)
	if err != nil {
		return "", false, nil // it names nobody
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		customer, err := tx.Customer(claims.Subject)
		if gone = errors.Is(err, errors.CustomerNotFound); gone {
			return nil
		}
		gone = err == nil && customer.AnonymizedAt != nil
		return err
	})
	return claims.Subject, gone, err
}

// AccountExists tells whether an e-mail address belongs to an account of the store:
// what a storefront asks before it shows a form to log in or to register. It counts
// like a registration (CountRegistration, RateLimited), which tells the same. Where
// accounts are hidden (Rules.HideAccounts) nobody has one.
func (s *Service) AccountExists(ctx context.Context, actor Actor, email string) (bool, error) {
	if err := s.CountRegistration(ctx, actor); err != nil || s.hides(actor) {
		return false, err
	}
	_, err := s.customerByEmail(ctx, s.storeOf(actor), email)
	if errors.Is(err, errors.CustomerNotFound) {
		return false, nil
	}
	return err == nil, err
}
