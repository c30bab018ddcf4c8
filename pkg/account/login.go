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

// Credentials are what a customer logs in with.
type Credentials struct {
	Username Text // the e-mail address
	Password Text
}

// mostSessions is how many logins of one customer last side by side. One more
// ends the one that was not used for longest.
const mostSessions = 20

// Login gives tokens for an e-mail address and its password.
//
// A wrong password, an unknown address, one that waits for its confirmation,
// a blocked and an anonymised account are all AuthenticationFailed (003), and
// all cost one hash. After too many failures logins are refused for a while
// (throttle.go): TooManyAttempts (4401), with the time to wait. Both tell what is
// left to this name from this network. Faults of attribute validation (901) come
// in between; ServiceUnavailable when there is no turn to compute the hash.
func (s *Service) Login(ctx context.Context, actor Actor, in Credentials) (*Tokens, error) {
	refresh := token.NewRefresh()
	customer, session, err := s.logIn(ctx, actor, in, opening{family: refresh.Family()})
	if err != nil {
		return nil, err
	}
	return s.issue(ctx, customer.Reference, session, refresh)
}

// opening is a session that is to be opened.
type opening struct {
	family []byte        // by what it is known without an access token; nil is by nothing
	lasts  time.Duration // from now on, however it is used; 0 is what the rules say
}

// logIn opens a session for who knows the password.
func (s *Service) logIn(ctx context.Context, actor Actor, in Credentials, o opening) (customer *model.Customer, session string, err error) {
	leave, err := s.Hasher.Enter() // before the database is asked for anybody
	if err != nil {
		return nil, "", err
	}
	defer leave()
	var v validation
	v.text(in.Username, true, notBlank, isEmail)
	v.text(in.Password, true, notBlank)
	if err := v.faults.Err(); err != nil {
		if refused := s.CheckThrottle(ctx, actor, text(in.Username)); refused != nil {
			return nil, "", refused // which comes before what is wrong with the document
		}
		return nil, "", err
	}
	attempt := s.attempt(actor, text(in.Username))
	left, err := s.countAttempt(ctx, actor, attempt)
	if err != nil {
		return nil, "", err
	}
	customer, session, err = s.enter(ctx, actor, text(in.Username), text(in.Password), attempt, o)
	if errors.Is(err, errors.AuthenticationFailed) {
		err = errors.AuthenticationFailed.Of(left)
	}
	return customer, session, err
}

// enter opens a session for who knows the password, and notes either outcome.
func (s *Service) enter(ctx context.Context, actor Actor, email, typed string, attempt attempt, o opening) (*model.Customer, string, error) {
	customer, right, err := s.verify(ctx, s.storeOf(actor), email, typed)
	if err != nil {
		s.takeBack(context.WithoutCancel(ctx), attempt) // it was neither right nor wrong
		return nil, "", err
	}
	if right {
		session, err := s.open(ctx, actor, customer, attempt, o)
		if !errors.Is(err, errors.AuthenticationFailed) {
			return customer, session, err
		}
	}
	if err := s.record(ctx, actor, loginEvent, failure, customer); err != nil {
		return nil, "", err
	}
	return nil, "", errors.AuthenticationFailed
}

// verify returns the customer of a store whom an address belongs to, nil when it is
// nobody's, and whether the password lets them in. Whatever is wrong, it costs
// one hash.
func (s *Service) verify(ctx context.Context, storeName, email, typed string) (customer *model.Customer, right bool, err error) {
	customer, err = s.customerByEmail(ctx, storeName, email)
	if errors.Is(err, errors.CustomerNotFound) {
		return nil, false, s.Hasher.Waste(ctx, typed)
	}
	if err != nil {
		return nil, false, err
	}
	right, outdated, err := s.compare(ctx, customer, typed)
	if err != nil || !right || !s.mayEnter(customer) {
		return customer, false, err
	}
	if outdated {
		s.upgradeHash(ctx, customer, typed)
	}
	return customer, true, nil
}

// mayEnter reports whether a customer may log in.
func (s *Service) mayEnter(customer *model.Customer) bool {
	return customer.Live() && (customer.Active() || !s.Rules.Confirm)
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

// customerByEmail finds the live account with this address in a store.
func (s *Service) customerByEmail(ctx context.Context, storeName, email string) (customer *model.Customer, err error) {
	key, err := emailKey(email)
	if err != nil {
		return nil, errors.CustomerNotFound
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		customer, err = tx.CustomerByEmail(storeName, key)
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
func (s *Service) open(ctx context.Context, actor Actor, verified *model.Customer, attempt attempt, o opening) (id string, err error) {
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		customer, err := tx.LockCustomer(verified.ID)
		if err != nil {
			return err
		}
		if !customer.Live() || customer.CredentialVersion != verified.CredentialVersion {
			return errors.AuthenticationFailed
		}
		if id, err = s.addSession(tx, actor, customer, o); err != nil {
			return err
		}
		if err := tx.SeeNetwork(customer.ID, s.networkOf(customer, attempt.network)); err != nil {
			return err
		}
		return s.forgive(tx, attempt)
	})
	return id, err
}

// addSession opens a session of a customer whom the transaction holds.
func (s *Service) addSession(tx *store.Tx, actor Actor, customer *model.Customer, o opening) (string, error) {
	session := &model.Session{
		ID: uuid.NewString(), CustomerID: customer.ID, Family: o.family, CreatedAt: tx.Now, LastUsedAt: tx.Now,
		UserAgent: orNull(actor.UserAgent), ClientAddress: orNull(actor.Address),
	}
	if session.EndsAt = tx.Now.Add(o.lasts); o.lasts == 0 {
		session.EndsAt = tx.Now.Add(s.Rules.SessionFor)
		session.ExpiresAt = s.expiry(session, tx.Now)
	} else {
		session.ExpiresAt = session.EndsAt
	}
	ended, err := tx.CreateSession(session, mostSessions)
	if err != nil {
		return "", err
	}
	for _, id := range ended {
		if err := s.emit(tx, customer, SessionEnded, model.JSON{"session": id, "reason": "too_many"}); err != nil {
			return "", err
		}
	}
	if err := s.note(tx, Actor{Client: actor.Client, customer: customer}, loginEvent, success, customer); err != nil {
		return "", err
	}
	return session.ID, s.emit(tx, customer, SessionCreated, model.JSON{"session": session.ID})
}
