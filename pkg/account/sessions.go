package account

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/password"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/token"
)

// Tokens are what a login gives.
type Tokens struct {
	ID        string // of the access token (its jti)
	Access    string
	ExpiresIn time.Duration // of the access token
	Refresh   string
}

// Credentials are what a customer logs in with.
type Credentials struct {
	Username Text // the e-mail address
	Password Text
}

// Login gives tokens for an e-mail address and its password.
//
// A wrong password, an unknown address, one that waits for its confirmation,
// a blocked and an anonymised account are all AuthenticationFailed (003), and
// all cost one hash. After too many failures from one network address the same
// name is refused for a while: TooManyAttempts (4401), with the time to wait.
// Faults of attribute validation (901) come in between.
func (s *Service) Login(ctx context.Context, actor Actor, in Credentials) (*Tokens, error) {
	if err := s.CheckThrottle(ctx, actor.Client, text(in.Username)); err != nil {
		return nil, err
	}
	attempt := s.attempt(actor.Client, text(in.Username))
	var v validation
	v.text(in.Username, true, notBlank, isEmail)
	v.text(in.Password, true, notBlank)
	if err := v.faults.Err(); err != nil {
		return nil, err
	}
	customer, err := s.verify(ctx, text(in.Username), text(in.Password))
	if errors.Is(err, errors.AuthenticationFailed) {
		if err := s.countFailure(ctx, attempt); err != nil {
			return nil, err
		}
		return nil, errors.AuthenticationFailed
	}
	if err != nil {
		return nil, err
	}
	return s.open(ctx, customer, attempt)
}

// verify returns the customer whom an address and a password belong to, or
// AuthenticationFailed. Whatever is wrong, it costs one hash.
func (s *Service) verify(ctx context.Context, email, typed string) (*model.Customer, error) {
	customer, err := s.customerByEmail(ctx, email)
	if errors.Is(err, errors.CustomerNotFound) {
		if err := s.Hasher.Waste(ctx, typed); err != nil {
			return nil, err
		}
		return nil, errors.AuthenticationFailed
	}
	if err != nil {
		return nil, err
	}
	right, outdated, err := s.compare(ctx, customer, typed)
	if err != nil {
		return nil, err
	}
	if !right || !customer.Live() || s.Rules.Confirm && !customer.Active() {
		return nil, errors.AuthenticationFailed
	}
	if outdated {
		s.upgradeHash(ctx, customer, typed)
	}
	return customer, nil
}

// compare checks a password. A stored hash that cannot be read, or would cost
// too much, matches nothing; operators learn of it from the log.
func (s *Service) compare(ctx context.Context, customer *model.Customer, typed string) (right, outdated bool, err error) {
	right, outdated, err = s.Hasher.Verify(ctx, *customer.PasswordHash, typed)
	if errors.Is(err, password.ErrUnreadable) {
		s.Logger.ErrorContext(ctx, "stored hash is not readable", "customer", customer.Reference, "error", err)
		return false, false, nil
	}
	return right, outdated, err
}

// customerByEmail finds the live account with this address.
func (s *Service) customerByEmail(ctx context.Context, email string) (customer *model.Customer, err error) {
	key, err := emailKey(email)
	if err != nil {
		return nil, errors.CustomerNotFound
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		customer, err = tx.CustomerByEmail(s.Rules.Store, key)
		return err
	})
	return customer, err
}

// upgradeHash replaces a hash of an older kind while the password is at hand.
// That it fails must not fail the login; a password that was changed meanwhile
// stays, for the old hash is compared in the same statement.
func (s *Service) upgradeHash(ctx context.Context, customer *model.Customer, typed string) {
	hash, err := s.Hasher.Hash(ctx, typed)
	if err == nil {
		former := *customer.PasswordHash
		err = s.Store.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.SetPassword(customer.ID, former, hash)
			return err
		})
	}
	if err != nil {
		s.Logger.WarnContext(ctx, "hash was not upgraded", "customer", customer.Reference, "error", err)
	}
}

// open starts a session. The customer's row is read again under lock: a
// password that was changed, or an account that was closed, while the hash was
// being computed opens none.
func (s *Service) open(ctx context.Context, verified *model.Customer, attempt []byte) (*Tokens, error) {
	refresh, digest := token.NewSecret("")
	session := &model.Session{ID: uuid.NewString(), CustomerID: verified.ID, RefreshDigest: digest}
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		customer, err := tx.LockCustomer(verified.ID)
		if err != nil {
			return err
		}
		if !customer.Live() || customer.CredentialVersion != verified.CredentialVersion {
			return errors.AuthenticationFailed
		}
		// Guesses that ran beside this one may have used up what is allowed; then
		// the right one among them is refused as well.
		if err := s.blocked(tx, attempt); err != nil {
			return err
		}
		if err := tx.ClearThrottle(attempt); err != nil {
			return err
		}
		session.CreatedAt, session.LastUsedAt, session.ExpiresAt = tx.Now, tx.Now, tx.Now.Add(s.Rules.RefreshFor)
		return tx.CreateSession(session)
	})
	if err != nil {
		return nil, err
	}
	return s.issue(verified.Reference, session.ID, refresh)
}

func (s *Service) issue(reference, session, refresh string) (*Tokens, error) {
	access, claims, err := s.Tokens.Issue(reference, session)
	if err != nil {
		return nil, err
	}
	return &Tokens{ID: claims.ID, Access: access, ExpiresIn: claims.ExpiresAt.Sub(claims.IssuedAt), Refresh: refresh}, nil
}

// Refresh exchanges a refresh token for a new pair and ends the old one. Of
// several uses at once exactly one succeeds. It returns Faults of attribute
// validation (901) and RefreshTokenInvalid (004).
func (s *Service) Refresh(ctx context.Context, refresh Text) (*Tokens, error) {
	var v validation
	v.text(refresh, true, notBlank)
	if err := v.faults.Err(); err != nil {
		return nil, err
	}
	next, digest := token.NewSecret("")
	var reference, session string
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		rotated, err := tx.RotateSession(token.Digest(text(refresh)), digest, tx.Now.Add(s.Rules.RefreshFor))
		if err != nil {
			return err
		}
		customer, err := tx.CustomerByID(rotated.CustomerID)
		if err != nil {
			return err
		}
		if !customer.Live() || customer.Store != s.Rules.Store {
			return errors.RefreshTokenInvalid
		}
		reference, session = customer.Reference, rotated.ID
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.issue(reference, session, next)
}

// Revoke ends a refresh token of the actor: `mine` ends all of them. A token
// that is unknown or another customer's is left alone, and nobody is told.
func (s *Service) Revoke(ctx context.Context, actor Actor, refresh string) error {
	if !actor.IsCustomer() {
		return errors.Unauthorized
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		if refresh == "mine" {
			return tx.RevokeRefreshes(actor.customer.ID)
		}
		return tx.RevokeRefresh(actor.customer.ID, token.Digest(refresh))
	})
}
