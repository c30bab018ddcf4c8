package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

func TestSessionLeadsToItsCustomer(t *testing.T) {
	each(t, func(w *world) {
		made := full()
		made.DisabledAt = nil
		w.write(func(tx *store.Tx) error { return tx.CreateCustomer(made) })
		session := w.session(made)
		customer, got, err := w.ofSession(session.ID)
		if err != nil {
			w.Fatal(err)
		}
		made.Search = "" // promised to be left out
		if difference := cmp.Diff(made, customer); difference != "" {
			w.Errorf("customer: %s", difference)
		}
		want := &model.Session{ID: session.ID, CustomerID: made.ID, ExpiresAt: noon.Add(time.Hour), CreatedAt: noon, LastUsedAt: noon}
		if difference := cmp.Diff(want, got); difference != "" {
			w.Errorf("session: %s", difference)
		}
	})
}

func (w *world) ofSession(id string) (customer *model.Customer, session *model.Session, err error) {
	w.Helper()
	w.addKeyAsBefore("kid")
	err = w.Read(context.Background(), func(tx *store.Tx) (err error) {
		customer, session, err = tx.CustomerOfSession(id, "kid")
		return err
	})
	return customer, session, err
}

// sessions are those of a customer that have not ended.
func (w *world) sessions(customer *model.Customer) (found []model.Session) {
	w.Helper()
	w.read(func(tx *store.Tx) (err error) {
		found, err = tx.Sessions(customer.ID)
		return err
	})
	return found
}

// hasSessions demands that a customer has these sessions, in this order.
func (w *world) hasSessions(customer *model.Customer, want ...*model.Session) {
	w.Helper()
	wanted, got := []string{}, []string{}
	for _, session := range want {
		wanted = append(wanted, session.ID)
	}
	for _, session := range w.sessions(customer) {
		got = append(got, session.ID)
	}
	if difference := cmp.Diff(wanted, got); difference != "" {
		w.Errorf("sessions of %s: %s", customer.Email, difference)
	}
}

func lockSession(family []byte) func(tx *store.Tx) error {
	return func(tx *store.Tx) error { return errOf(tx.LockSession(family)) }
}

func TestSessionEndsWithItsTimeOrItsCustomer(t *testing.T) {
	each(t, func(w *world) {
		customer := w.account("a@example.com")
		session := w.session(customer)
		set := func(change func(*model.Customer)) {
			changed := w.customer(customer.ID)
			change(changed)
			w.write(func(tx *store.Tx) error { return tx.SaveCustomer(changed) })
		}
		live := func(when string, want bool) {
			w.Helper()
			_, _, err := w.ofSession(session.ID)
			if want && err != nil || !want && !errors.Is(err, errors.AccessTokenInvalid) {
				w.Errorf("%s: %v", when, err)
			}
		}
		live("at first", true)
		set(func(c *model.Customer) { c.DisabledAt = new(noon) })
		live("blocked", false)
		set(func(c *model.Customer) { c.DisabledAt = nil })
		live("not blocked any more", true)
		set(func(c *model.Customer) { c.AnonymizedAt = new(noon) })
		live("anonymised", false)
		set(func(c *model.Customer) { c.AnonymizedAt = nil })
		w.write(func(tx *store.Tx) error { return errOf(tx.RevokeRefreshes(customer.ID, nil, session.ExpiresAt)) })
		live("with its refresh tokens revoked", true)
		w.clock.forward(time.Hour - time.Microsecond)
		live("a moment before its end", true)
		w.clock.forward(time.Microsecond)
		live("at its end", false)
		w.clock.forward(-time.Minute)
		w.write(func(tx *store.Tx) error { return tx.DeleteSessions(customer.ID) })
		live("deleted", false)
	})
}

func TestSessionIsReadAsItWasWritten(t *testing.T) {
	each(t, func(w *world) {
		customer := w.account("a@example.com")
		made := &model.Session{
			ID: uuid.NewString(), CustomerID: customer.ID, Family: []byte("\x00'?\xff"), Generation: 3, RotatedAt: new(noon.Add(-time.Minute)),
			UserAgent: new("Zoë's browser"), ClientAddress: new("2001:db8::1"),
			ExpiresAt: noon.Add(time.Hour), EndsAt: noon.Add(24 * time.Hour), CreatedAt: noon.Add(-2 * time.Hour), LastUsedAt: noon.Add(-time.Hour),
		}
		is := func(want *model.Session) {
			w.Helper()
			w.write(func(tx *store.Tx) error {
				locked, err := tx.LockSession(want.Family)
				if difference := cmp.Diff(want, locked); difference != "" {
					w.Error(difference)
				}
				return err
			})
			if difference := cmp.Diff([]model.Session{*want}, w.sessions(customer)); difference != "" {
				w.Error(difference)
			}
		}
		w.write(func(tx *store.Tx) error { return errOf(tx.CreateSession(made, 1)) })
		is(made)

		// A save writes every column, the empty ones too; to the microsecond.
		saved := &model.Session{
			ID: made.ID, CustomerID: customer.ID, Family: digest(), ExpiresAt: noon.Add(2*time.Hour + 789),
			EndsAt: made.EndsAt, CreatedAt: made.CreatedAt, LastUsedAt: noon,
		}
		w.write(func(tx *store.Tx) error { return tx.SaveSession(saved) })
		if !saved.ExpiresAt.Equal(noon.Add(2 * time.Hour)) {
			w.Errorf("expires at %s", saved.ExpiresAt)
		}
		is(saved)
		w.writeFails(errors.RefreshTokenInvalid, lockSession(made.Family))
	})
}

func TestSessionsComeInOrderOfTheirUse(t *testing.T) {
	each(t, func(w *world) {
		customer, other := w.account("a@example.com"), w.account("b@example.com")
		first := w.session(customer)
		w.clock.forward(time.Minute)
		second := w.session(customer)
		theirs := w.session(other)
		w.clock.forward(time.Minute)
		third := w.session(customer)
		w.hasSessions(customer, third, second, first)
		w.hasSessions(other, theirs)

		w.clock.forward(time.Minute)
		w.write(func(tx *store.Tx) error { return tx.SeeSession(first.ID, new("phone"), new("192.0.2.1")) })
		w.hasSessions(customer, first, third, second)
		want := *first
		want.LastUsedAt, want.UserAgent, want.ClientAddress = noon.Add(3*time.Minute), new("phone"), new("192.0.2.1")
		if difference := cmp.Diff(want, w.sessions(customer)[0]); difference != "" {
			w.Error(difference)
		}
		w.write(func(tx *store.Tx) error { return tx.SeeSession(first.ID, nil, nil) })
		want.UserAgent, want.ClientAddress = nil, nil
		if difference := cmp.Diff(want, w.sessions(customer)[0]); difference != "" {
			w.Error(difference)
		}

		w.clock.at = noon.Add(time.Hour)
		w.hasSessions(customer, third, second)
		w.clock.forward(2 * time.Minute)
		w.hasSessions(customer)
	})
}

func TestCustomerHasSoManySessionsAtMost(t *testing.T) {
	each(t, func(w *world) {
		customer, other := w.account("a@example.com"), w.account("b@example.com")
		theirs := []*model.Session{w.session(other), w.session(other)}
		open := func(most int) *model.Session {
			w.clock.forward(time.Second)
			session := &model.Session{ID: uuid.NewString(), CustomerID: customer.ID, Family: digest(), ExpiresAt: w.Now().Add(time.Hour)}
			w.write(func(tx *store.Tx) error { return errOf(tx.CreateSession(session, most)) })
			return session
		}
		first, second, third := open(3), open(3), open(3)
		w.hasSessions(customer, third, second, first)
		w.clock.forward(time.Second)
		w.write(func(tx *store.Tx) error { return tx.SeeSession(first.ID, nil, nil) })
		fourth := open(3)
		w.hasSessions(customer, fourth, first, third) // the second was not used for longest
		w.writeFails(errors.RefreshTokenInvalid, lockSession(second.Family))
		fifth := open(2) // fewer than before
		w.hasSessions(customer, fifth, fourth)
		if n := w.count("sessions"); n != 4 || len(w.sessions(other)) != len(theirs) {
			w.Errorf("%d sessions, %d of another customer", n, len(w.sessions(other)))
		}
	})
}

// A login that ended at once would be a refusal in disguise. Replicas' clocks
// differ, and one moment may see many logins.
func TestNewSessionIsNotTheOneToGo(t *testing.T) {
	each(t, func(w *world) {
		customer := w.account("a@example.com")
		for n := range 8 {
			if n == 4 {
				w.clock.forward(-time.Second)
			}
			session := &model.Session{ID: uuid.NewString(), CustomerID: customer.ID, Family: digest(), ExpiresAt: w.Now().Add(time.Hour)}
			w.write(func(tx *store.Tx) error { return errOf(tx.CreateSession(session, 2)) })
			if _, _, err := w.ofSession(session.ID); err != nil {
				w.Errorf("session %d: %v", n, err)
			}
			if got := len(w.sessions(customer)); got > 2 {
				w.Errorf("%d sessions", got)
			}
		}
	})
}

// What has ended takes nobody's place.
func TestSessionThatEndedDoesNotCountForTheMost(t *testing.T) {
	each(t, func(w *world) {
		customer := w.account("a@example.com")
		live := w.session(customer)
		w.clock.forward(time.Minute)
		over := w.session(customer)
		w.write(func(tx *store.Tx) error { return errOf(tx.RevokeRefreshes(customer.ID, over.Family, tx.Now)) })
		w.hasSessions(customer, live)
		w.clock.forward(time.Minute)
		made := &model.Session{ID: uuid.NewString(), CustomerID: customer.ID, ExpiresAt: w.Now().Add(time.Hour)}
		w.write(func(tx *store.Tx) error { return errOf(tx.CreateSession(made, 2)) })
		w.hasSessions(customer, made, live)
	})
}

func TestOfManyLoginsAtOnceSoManyLast(t *testing.T) {
	each(t, func(w *world) {
		customer := w.account("a@example.com")
		answers := at(20, func(n int) error {
			session := &model.Session{ID: uuid.NewString(), CustomerID: customer.ID, Family: digest(), ExpiresAt: noon.Add(time.Hour)}
			return w.Write(context.Background(), func(tx *store.Tx) error {
				if _, err := tx.LockCustomer(customer.ID); err != nil {
					return err
				}
				return errOf(tx.CreateSession(session, 5))
			})
		})
		if counted := tally(answers); counted["ok"] != 20 || w.count("sessions") != 5 {
			w.Errorf("%v, %d sessions", counted, w.count("sessions"))
		}
	})
}

// Which refresh token counts is decided by who has read which one counted: no
// two may read the same.
func TestRefreshesAtOnceSeeEachOther(t *testing.T) {
	each(t, func(w *world) {
		session := w.session(w.account("a@example.com"))
		seen := make([]int64, 20)
		answers := at(len(seen), func(n int) error {
			return w.Write(context.Background(), func(tx *store.Tx) error {
				locked, err := tx.LockSession(session.Family)
				if err != nil {
					return err
				}
				seen[n] = locked.Generation
				locked.Generation++
				locked.RotatedAt = &tx.Now
				return tx.SaveSession(locked)
			})
		})
		if counted := tally(answers); counted["ok"] != len(seen) {
			w.Fatal(counted)
		}
		by := map[int64]bool{}
		for _, generation := range seen {
			by[generation] = true
		}
		w.write(func(tx *store.Tx) error {
			last, err := tx.LockSession(session.Family)
			if err == nil && (last.Generation != int64(len(seen)) || len(by) != len(seen)) {
				w.Errorf("generation %d after %v", last.Generation, seen)
			}
			return err
		})
	})
}

// Neither does a refresh bring a session back that another transaction ends.
func TestSessionThatEndsDuringARefreshStaysEnded(t *testing.T) {
	each(t, func(w *world) {
		customer := w.account("a@example.com")
		session := w.session(customer)
		answers := at(20, func(n int) error {
			return w.Write(context.Background(), func(tx *store.Tx) error {
				if n%4 == 3 {
					return errOf(tx.DeleteSession(customer.ID, session.ID))
				}
				locked, err := tx.LockSession(session.Family)
				if err != nil {
					return err
				}
				locked.Generation++
				return tx.SaveSession(locked)
			})
		})
		counted := tally(answers)
		if counted["ok"]+counted["refresh_token_invalid"] != len(answers) || w.count("sessions") != 0 {
			w.Errorf("%v, and %d sessions", counted, w.count("sessions"))
		}
	})
}

func TestRefreshTokenThatEndedIsRefused(t *testing.T) {
	each(t, func(w *world) {
		owner, other := w.account("a@example.com"), w.account("b@example.com")
		revoke := func(tx *store.Tx, family []byte) error {
			return errOf(tx.RevokeRefreshes(owner.ID, family, tx.Now.Add(time.Hour)))
		}
		for name, end := range map[string]func(tx *store.Tx, session *model.Session) error{
			"revoked":             func(tx *store.Tx, s *model.Session) error { return revoke(tx, s.Family) },
			"revoked with others": func(tx *store.Tx, _ *model.Session) error { return revoke(tx, nil) },
			"its session ended":   func(tx *store.Tx, s *model.Session) error { return errOf(tx.DeleteSession(owner.ID, s.ID)) },
			"all sessions ended":  func(tx *store.Tx, _ *model.Session) error { return tx.DeleteSessions(owner.ID) },
			"the others ended": func(tx *store.Tx, _ *model.Session) error {
				return errOf(tx.DeleteOtherSessions(owner.ID, uuid.NewString()))
			},
			"expired": func(tx *store.Tx, _ *model.Session) error {
				w.clock.forward(time.Hour)
				return nil
			},
			"long expired": func(tx *store.Tx, _ *model.Session) error {
				w.clock.forward(24 * time.Hour)
				return nil
			},
		} {
			session := w.session(owner)
			w.write(lockSession(session.Family))
			w.write(func(tx *store.Tx) error { return end(tx, session) })
			if err := w.Write(context.Background(), lockSession(session.Family)); !errors.Is(err, errors.RefreshTokenInvalid) {
				w.Errorf("%s: %v", name, err)
			}
		}
		for _, family := range [][]byte{nil, {}, []byte("unknown")} {
			w.writeFails(errors.RefreshTokenInvalid, lockSession(family))
		}
		// Others' tokens are left alone.
		kept := w.session(other)
		w.write(func(tx *store.Tx) error {
			return errors.Join(revoke(tx, kept.Family), revoke(tx, nil), tx.DeleteSessions(owner.ID))
		})
		w.write(lockSession(kept.Family))
	})
}

// Access tokens go on as before, but no longer than one of them lives: what comes
// after needs a refresh.
func TestRevokingShortensASessionAndNeverLengthensIt(t *testing.T) {
	each(t, func(w *world) {
		customer, other := w.account("a@example.com"), w.account("b@example.com")
		sessionFor := func(owner *model.Customer, lasts time.Duration) *model.Session {
			session := &model.Session{ID: uuid.NewString(), CustomerID: owner.ID, Family: digest(), ExpiresAt: noon.Add(lasts), EndsAt: noon.Add(24 * time.Hour)}
			w.write(func(tx *store.Tx) error { return errOf(tx.CreateSession(session, 9)) })
			return session
		}
		long, short, third := sessionFor(customer, 10*time.Hour), sessionFor(customer, time.Minute), sessionFor(customer, 20*time.Hour)
		theirs := sessionFor(other, 10*time.Hour)
		revoke := func(family []byte, want int64) {
			w.Helper()
			w.write(func(tx *store.Tx) error {
				got, err := tx.RevokeRefreshes(customer.ID, family, noon.Add(time.Hour+789))
				if got != want {
					w.Errorf("%d were revoked, not %d", got, want)
				}
				return err
			})
		}
		is := func(owner *model.Customer, want ...model.Session) {
			w.Helper()
			got := map[string]model.Session{}
			for _, session := range w.sessions(owner) {
				got[session.ID] = session
			}
			wanted := map[string]model.Session{}
			for _, session := range want {
				wanted[session.ID] = session
			}
			if difference := cmp.Diff(wanted, got); difference != "" {
				w.Error(difference)
			}
		}
		revoked := func(session *model.Session, expires time.Duration) model.Session {
			ended := *session
			ended.Family, ended.ExpiresAt = nil, noon.Add(expires)
			return ended
		}
		for _, family := range [][]byte{digest(), {}, theirs.Family} {
			revoke(family, 0)
		}
		is(customer, *long, *short, *third)
		revoke(long.Family, 1)
		is(customer, revoked(long, time.Hour), *short, *third)
		revoke(long.Family, 0)
		revoke(nil, 2)
		is(customer, revoked(long, time.Hour), revoked(short, time.Minute), revoked(third, time.Hour))
		revoke(nil, 0)
		is(other, *theirs)
	})
}

func TestCustomersEndTheirOwnSessionsAlone(t *testing.T) {
	each(t, func(w *world) {
		customer, other := w.account("a@example.com"), w.account("b@example.com")
		first := w.session(customer)
		w.clock.forward(time.Minute)
		second := w.session(customer)
		w.clock.forward(time.Minute)
		third := w.session(customer)
		theirs := w.session(other)
		ends := func(id string, want bool) {
			w.Helper()
			w.write(func(tx *store.Tx) error {
				ended, err := tx.DeleteSession(customer.ID, id)
				if ended != want {
					w.Errorf("%q ended: %t", id, ended)
				}
				return err
			})
		}
		for _, id := range []string{theirs.ID, uuid.NewString(), "", "garbage", "\x00", "\xff", "%"} {
			ends(id, false)
		}
		w.hasSessions(customer, third, second, first)
		ends(second.ID, true)
		ends(second.ID, false)
		w.hasSessions(customer, third, first)

		fourth := w.session(customer)
		w.clock.at = noon.Add(time.Hour) // the first one is over, though its row is still there
		ends(first.ID, false)
		w.write(func(tx *store.Tx) error {
			ended, err := tx.DeleteOtherSessions(customer.ID, fourth.ID)
			if ended != 1 { // the first has ended before
				w.Errorf("%d others ended", ended)
			}
			return err
		})
		w.hasSessions(customer, fourth)
		w.hasSessions(other, theirs)
		w.write(func(tx *store.Tx) error { return tx.DeleteSessions(customer.ID) })
		w.hasSessions(customer)
		w.hasSessions(other, theirs)
	})
}

func TestUserAgentThatCannotBeKeptIsRefused(t *testing.T) {
	each(t, func(w *world) {
		customer := w.account("a@example.com")
		session := w.session(customer)
		for n, text := range []string{"a\x00b", "a\xffb"} {
			for name, write := range map[string]func(tx *store.Tx) error{
				"a new session": func(tx *store.Tx) error {
					return errOf(tx.CreateSession(&model.Session{ID: fmt.Sprint(n), CustomerID: customer.ID, UserAgent: &text}, 9))
				},
				"a saved session": func(tx *store.Tx) error {
					saved := *session
					saved.UserAgent = &text
					return tx.SaveSession(&saved)
				},
				"a session seen": func(tx *store.Tx) error { return tx.SeeSession(session.ID, &text, nil) },
			} {
				if err := w.Write(context.Background(), write); !errors.Is(err, errors.CharactersInvalid) {
					w.Errorf("%q in %s: %v", text, name, err)
				}
			}
		}
	})
}
