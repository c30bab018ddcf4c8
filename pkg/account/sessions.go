package account

import (
	"context"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/token"
)

// A session is one login. Its refresh tokens are a family: each is exchanged for
// the next, and the one that was exchanged is worth nothing any more. So when one
// comes a second time, two have it, and one of them has stolen it: the session
// ends for both.

// Tokens are what a login gives.
type Tokens struct {
	ID        string // of the access token (its jti)
	Access    string
	ExpiresIn time.Duration // of the access token
	Refresh   string
}

func (s *Service) issue(ctx context.Context, reference, session string, refresh token.Refresh) (*Tokens, error) {
	s.renewKeys(ctx)
	access, claims, err := s.Tokens.Issue(reference, session)
	if err != nil {
		return nil, err
	}
	return &Tokens{ID: claims.ID, Access: access, ExpiresIn: claims.ExpiresAt.Sub(claims.IssuedAt), Refresh: refresh.Sign(s.Secret)}, nil
}

// expiry is when a session ends that is used now and then no more.
func (s *Service) expiry(session *model.Session, now time.Time) time.Time {
	if expires := now.Add(s.Rules.RefreshFor); expires.Before(session.EndsAt) {
		return expires
	}
	return session.EndsAt
}

// Refresh exchanges a refresh token for a new pair and ends the old one.
//
// The token before the newest one is answered for Rules.RefreshGrace with the
// same newest one: an answer that was lost is asked for again, and two requests
// at once both go on. After that, and with any older one, the session ends with
// all its tokens. It returns Faults of attribute validation (901) and
// RefreshTokenInvalid (004).
func (s *Service) Refresh(ctx context.Context, actor Actor, given Text) (*Tokens, error) {
	var v validation
	v.text(given, true, notBlank)
	if err := v.faults.Err(); err != nil {
		return nil, err
	}
	refresh, ours := token.ReadRefresh(s.Secret, text(given))
	if !ours {
		return nil, errors.RefreshTokenInvalid
	}
	var customer *model.Customer
	var session *model.Session
	reused := false
	err := s.Store.Write(ctx, func(tx *store.Tx) (err error) {
		if session, err = tx.LockSession(refresh.Family()); err != nil {
			return err
		}
		if customer, err = tx.CustomerByID(session.CustomerID); err != nil {
			return err
		}
		if !customer.Live() {
			return errors.RefreshTokenInvalid
		}
		if reused = s.isReused(session, refresh, tx.Now); reused {
			return s.endReused(tx, actor, customer, session)
		}
		if refresh.Generation == session.Generation {
			session.Generation++
			session.RotatedAt = &tx.Now
		}
		session.ExpiresAt, session.LastUsedAt = s.expiry(session, tx.Now), tx.Now
		session.UserAgent, session.ClientAddress = orNull(actor.UserAgent), orNull(actor.Address)
		return tx.SaveSession(session)
	})
	if err != nil {
		return nil, err
	}
	if reused {
		return nil, errors.RefreshTokenInvalid
	}
	return s.issue(ctx, customer.Reference, session.ID, refresh.At(session.Generation))
}

// isReused reports whether a token of the family was exchanged before, and its
// answer cannot just have been lost.
func (s *Service) isReused(session *model.Session, refresh token.Refresh, now time.Time) bool {
	switch refresh.Generation {
	case session.Generation:
		return false
	case session.Generation - 1:
		// Of two at once the second may have begun before the first has ended: without
		// a grace that is reuse all the same.
		return s.Rules.RefreshGrace == 0 || !now.Before(session.RotatedAt.Add(s.Rules.RefreshGrace))
	default:
		return true
	}
}

func (s *Service) endReused(tx *store.Tx, actor Actor, customer *model.Customer, session *model.Session) error {
	if _, err := tx.DeleteSession(customer.ID, session.ID); err != nil {
		return err
	}
	if err := s.emit(tx, customer, SessionEnded, model.JSON{"session": session.ID, "reason": "reused"}); err != nil {
		return err
	}
	return s.note(tx, Actor{Client: actor.Client}, refreshReusedEvent, failure, customer)
}

// Revoke ends a refresh token of the actor, with all others of its session;
// `mine` ends those of all sessions. Access tokens go on until they expire, as in
// Glue; EndSession ends both. A token that is unknown or another customer's is
// left alone, and nobody is told.
func (s *Service) Revoke(ctx context.Context, actor Actor, refresh string) error {
	if !actor.IsCustomer() {
		return errors.Unauthorized
	}
	var family []byte
	if refresh != "mine" {
		read, ours := token.ReadRefresh(s.Secret, refresh)
		if !ours {
			return nil
		}
		family = read.Family()
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		revoked, err := tx.RevokeRefreshes(actor.customer.ID, family, tx.Now.Add(s.Tokens.Lifetime))
		if err != nil || revoked == 0 {
			return err
		}
		if err := s.emit(tx, actor.customer, SessionEnded, model.JSON{"reason": "revoked"}); err != nil {
			return err
		}
		return s.note(tx, actor, refreshRevokedEvent, success, actor.customer)
	})
}

// Sessions returns the logins of the actor that have not ended, the one used
// last first. It returns Unauthorized (411) with an API key.
func (s *Service) Sessions(ctx context.Context, actor Actor) (sessions []model.Session, err error) {
	if !actor.IsCustomer() {
		return nil, errors.Unauthorized
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		sessions, err = tx.Sessions(actor.customer.ID)
		return err
	})
	return sessions, err
}

// Session returns one login of the actor; `current` is the one that they ask
// with. It returns Unauthorized (411) with an API key, RouteNotFound for one that
// is not theirs.
func (s *Service) Session(ctx context.Context, actor Actor, id string) (*model.Session, error) {
	sessions, err := s.Sessions(ctx, actor)
	if err != nil {
		return nil, err
	}
	for i := range sessions {
		if sessions[i].ID == actor.sessionNamed(id) {
			return &sessions[i], nil
		}
	}
	return nil, errors.RouteNotFound
}

// EndSession ends one login of the actor, its access tokens included. `current`
// is the one that they ask with, `others` are all but that one. It returns
// Unauthorized (411) with an API key, RouteNotFound for one that is not theirs.
func (s *Service) EndSession(ctx context.Context, actor Actor, id string) error {
	if !actor.IsCustomer() {
		return errors.Unauthorized
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		if id == "others" {
			ended, err := tx.DeleteOtherSessions(actor.customer.ID, actor.session)
			if err != nil || ended == 0 {
				return err
			}
			return s.noteEnd(tx, actor, model.JSON{"except": actor.session, "reason": "ended"})
		}
		ended, err := tx.DeleteSession(actor.customer.ID, actor.sessionNamed(id))
		if err != nil {
			return err
		}
		if !ended {
			return errors.RouteNotFound
		}
		return s.noteEnd(tx, actor, model.JSON{"session": actor.sessionNamed(id), "reason": "ended"})
	})
}

func (s *Service) noteEnd(tx *store.Tx, actor Actor, which model.JSON) error {
	if err := s.emit(tx, actor.customer, SessionEnded, which); err != nil {
		return err
	}
	return s.note(tx, actor, sessionEndedEvent, success, actor.customer)
}

// Session returns the id of the session that the actor asks with, or "".
func (a Actor) Session() string { return a.session }

func (a Actor) sessionNamed(id string) string {
	if id == "current" {
		return a.session
	}
	return id
}

// seenEvery is how exact the latest use of a session is: each note of it is a
// write, in requests that are otherwise reads.
const seenEvery = 5 * time.Minute

// see notes that a session is used. That it fails is no reason to refuse the
// request.
func (s *Service) see(ctx context.Context, client Client, session *model.Session) {
	if s.Store.Now().Sub(session.LastUsedAt) < seenEvery {
		return
	}
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		return tx.SeeSession(session.ID, orNull(client.UserAgent), orNull(client.Address))
	})
	if err != nil {
		s.Logger.DebugContext(ctx, "the use of a session was not noted", "error", err)
	}
}
