package account

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// Limits bound how often things may be tried. 0 is no bound.
type Limits struct {
	Off bool // none of them counts, nor do those that are no setting

	LoginsAccount int // failed logins to one name, in 15 minutes, from networks that its customer does not use
	LoginsNetwork int // failed logins from one network, in 15 minutes
	LoginsTotal   int // failed logins of everybody, in 15 minutes

	RestoresAddress int // letters that restore a password, to one address in an hour
	RestoresNetwork int // the same, asked for from one network
	RestoresTotal   int // the same, asked for by everybody

	Registrations int // from one network in an hour
}

// The bounds on failed logins to one name from one network: those of Spryker's
// demo shops.
const (
	throttleFailures = 9
	throttleWindow   = 15 * time.Minute
	throttleBlock    = 6 * time.Minute
)

// totalBlock is short: it holds up customers at new places until an attack on
// everybody has slowed down.
const totalBlock = time.Minute

// longestWindow is that of the limits by the hour.
const longestWindow = time.Hour

// emailChanges is how many addresses a customer may try in an hour: each answer
// tells whether the address has an account, and each change writes letters.
const emailChanges = 5

// familiarFor is how long a customer's network is remembered.
const familiarFor = 180 * 24 * time.Hour

// limit bounds how often something may be tried.
type limit struct {
	name   string // keeps its counters apart from those of other limits
	most   int    // tries in a window, which begins with the first; 0 is no bound
	window time.Duration
	block  time.Duration // how long one more is followed by none; 0 is until the window ends

	// spares says that it holds up only those who come from a network that the
	// account's customer has not logged in from before: what anybody can use up from
	// anywhere must not lock the owner out.
	spares bool
}

// counter is a limit for one account, one network, or whatever it is for.
type counter struct {
	limit
	digest []byte
}

func (s *Service) counter(l limit, whom ...string) counter {
	return counter{l, s.blind(l.name, whom...)}
}

// blind is what is kept of who was counted: without our secret nobody finds out
// by trying all addresses.
func (s *Service) blind(purpose string, whom ...string) []byte {
	mac := hmac.New(sha256.New, []byte(s.Secret))
	mac.Write([]byte(purpose + "\x00" + strings.Join(whom, "\x00")))
	return mac.Sum(nil)
}

// count counts one more try. It returns what is left of the limit, and how long
// to wait when this one is too many; first says that it is the first of those.
func (c counter) count(tx *store.Tx) (left errors.Quota, wait time.Duration, first bool, err error) {
	if c.most == 0 {
		return left, 0, false, nil
	}
	most := c.most
	if c.block == 0 {
		most = math.MaxInt32 // the database blocks nothing: the window does
	}
	counted, err := tx.CountAttempt(c.digest, c.window, most, c.block)
	if err != nil {
		return left, 0, false, err
	}
	left, wait = c.left(counted, tx.Now)
	return left, wait, counted.Count == c.most+1, nil
}

// left tells what a row says: how many tries are left, and how long to wait when
// there are none.
func (c counter) left(row *model.Throttle, now time.Time) (left errors.Quota, wait time.Duration) {
	left = errors.Quota{Limit: c.most, Remaining: max(0, c.most-row.Count), Reset: row.WindowStartedAt.Add(c.window).Sub(now)}
	switch {
	case row.BlockedUntil != nil && row.BlockedUntil.After(now):
		wait = row.BlockedUntil.Sub(now)
	case c.block == 0 && row.Count > c.most:
		wait = left.Reset
	}
	if wait > 0 {
		left.Remaining, left.Reset = 0, wait
	}
	return left, max(0, wait)
}

// attempt is a login, to whatever counts it.
type attempt struct {
	store   string
	name    string // as typed, or the normal form when it is an address; it never leaves memory, for some type their password here
	network string
	pair    counter // of both
	wide    []counter
}

// attempt names the counters of a login. The order is that in which every
// transaction takes them, so that no two wait for each other.
func (s *Service) attempt(actor Actor, username string) attempt {
	a := attempt{store: s.storeOf(actor), name: strings.ToLower(username), network: actor.network()}
	if key, err := emailKey(username); err == nil {
		a.name = key
	}
	limits := s.Rules.Limits
	a.pair = s.counter(limit{"login", throttleFailures, throttleWindow, throttleBlock, false}, a.network, a.store, a.name)
	a.wide = []counter{
		s.counter(limit{"login network", limits.LoginsNetwork, throttleWindow, throttleBlock, false}, a.network),
		s.counter(limit{"login account", limits.LoginsAccount, throttleWindow, throttleBlock, true}, a.store, a.name),
		s.counter(limit{"login total", limits.LoginsTotal, throttleWindow, totalBlock, true}),
	}
	return a
}

func (a attempt) counters() []counter { return append([]counter{a.pair}, a.wide...) }

func (a attempt) digests() (digests [][]byte) {
	for _, c := range a.counters() {
		digests = append(digests, c.digest)
	}
	return digests
}

// CheckThrottle returns TooManyAttempts (4401) while logins to this name from
// this client are blocked. Login counts and refuses by itself; a wire calls it
// where the refusal has to come before other answers.
func (s *Service) CheckThrottle(ctx context.Context, actor Actor, username string) error {
	if s.Rules.Limits.Off {
		return nil
	}
	a := s.attempt(actor, username)
	return s.Store.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.Throttles(a.digests()...)
		if err != nil {
			return err
		}
		for _, c := range a.counters() {
			at := slices.IndexFunc(rows, func(row model.Throttle) bool { return bytes.Equal(row.Digest, c.digest) })
			if at < 0 || c.most == 0 {
				continue
			}
			left, wait := c.left(&rows[at], tx.Now)
			if err := s.refuse(tx, a, c, left, wait); err != nil {
				return err
			}
		}
		return nil
	})
}

// refuse returns TooManyAttempts when there is a wait that holds this one up.
func (s *Service) refuse(tx *store.Tx, a attempt, c counter, left errors.Quota, wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	if c.spares {
		if familiar, err := s.isFamiliar(tx, a); familiar || err != nil {
			return err
		}
	}
	return tooMany(wait).Of(left)
}

// isFamiliar reports whether the customer with the name has logged in from the
// network before.
func (s *Service) isFamiliar(tx *store.Tx, a attempt) (bool, error) {
	customer, err := tx.CustomerByEmail(a.store, a.name)
	if errors.Is(err, errors.CustomerNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return tx.IsFamiliar(customer.ID, s.networkOf(customer, a.network))
}

// networkOf is what is kept of a customer's network.
func (s *Service) networkOf(customer *model.Customer, network string) []byte {
	return s.blind("network", customer.Reference, network)
}

// countAttempt counts a login, before anything is computed for it: of any number
// that come at once, no more get through than are allowed. It returns what is
// left to this name from this network, and TooManyAttempts.
func (s *Service) countAttempt(ctx context.Context, actor Actor, a attempt) (left errors.Quota, err error) {
	if s.Rules.Limits.Off {
		return left, nil
	}
	var refused error
	err = s.Store.Write(ctx, func(tx *store.Tx) (err error) {
		refused = nil
		for i, c := range a.counters() {
			now, wait, first, err := c.count(tx)
			if err != nil {
				return err
			}
			if i == 0 { // that of the name and the network
				left = now
			}
			if refused = s.refuse(tx, a, c, now, wait); refused == nil {
				continue
			}
			if !errors.Is(refused, errors.TooManyAttempts) {
				return refused
			}
			if first {
				return s.note(tx, actor, loginEvent, refusedOutcome, nil)
			}
			return nil
		}
		return nil
	})
	if err != nil {
		return left, err
	}
	return left, refused
}

// forgive takes a login back that has succeeded: it was no failure.
func (s *Service) forgive(tx *store.Tx, a attempt) error {
	if s.Rules.Limits.Off {
		return nil
	}
	if err := tx.ClearThrottle(a.pair.digest); err != nil {
		return err
	}
	return s.uncount(tx, a.wide...)
}

// welcome lets a customer who has proven themself by mail log in from where they
// are, whatever others have used up.
func (s *Service) welcome(tx *store.Tx, actor Actor, customer *model.Customer) error {
	if err := tx.SeeNetwork(customer.ID, s.networkOf(customer, actor.network())); err != nil {
		return err
	}
	return tx.ClearThrottle(s.attempt(actor, customer.Email).pair.digest)
}

// uncount takes one try of each counter back.
func (s *Service) uncount(tx *store.Tx, counters ...counter) error {
	for _, c := range counters {
		if c.most == 0 {
			continue
		}
		if err := tx.UncountAttempt(c.digest); err != nil {
			return err
		}
	}
	return nil
}

// takeBack takes an attempt back that was no wrong guess. That it fails is no
// matter, it only counts one more.
func (s *Service) takeBack(ctx context.Context, a attempt) {
	if s.Rules.Limits.Off {
		return
	}
	err := s.Store.Write(ctx, func(tx *store.Tx) error { return s.uncount(tx, a.counters()...) })
	if err != nil {
		s.Logger.DebugContext(ctx, "an attempt was not taken back", "error", err)
	}
}

func tooMany(wait time.Duration) *errors.Error {
	return errors.TooManyAttempts.With(int(math.Ceil(wait.Minutes()))).After(wait)
}

// CountRegistration counts somebody's registration against the bound of their
// network, and returns RateLimited when there are too many. With an API key that
// writes customers there is none.
//
// It is asked before the registration and outside of any transaction, for those
// that fail count as well: each answer tells whether an address has an account.
func (s *Service) CountRegistration(ctx context.Context, actor Actor) error {
	if actor.May(WriteCustomers) {
		return nil
	}
	return s.bound(ctx, s.counter(limit{"registration", s.Rules.Limits.Registrations, longestWindow, 0, false}, actor.network()))
}

// CountEmailChange counts a customer's wish for another e-mail address, and
// returns RateLimited when there were too many within an hour. The address they
// have is not counted. It is asked like CountRegistration.
func (s *Service) CountEmailChange(ctx context.Context, actor Actor, email string) error {
	if _, err := emailKey(email); !actor.IsCustomer() || err != nil || isEmailOf(actor.customer, email) {
		return nil
	}
	return s.bound(ctx, s.counter(limit{"email change", emailChanges, longestWindow, 0, false}, actor.customer.Reference))
}

// bound counts a try and returns RateLimited when it is one too many.
func (s *Service) bound(ctx context.Context, c counter) error {
	if s.Rules.Limits.Off {
		return nil
	}
	var refused error
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		refused = nil
		left, wait, _, err := c.count(tx)
		if wait > 0 {
			refused = errors.RateLimited.After(wait).Of(left)
		}
		return err
	})
	if err != nil {
		return err
	}
	return refused
}

// network is what somebody has to themselves: an IPv4 address, or the /64 of an
// IPv6 one, in which they may choose as they like.
func (c Client) network() string {
	address, err := netip.ParseAddr(c.Address)
	if err != nil {
		return c.Address
	}
	if address = address.Unmap().WithZone(""); address.Is6() {
		return netip.PrefixFrom(address, 64).Masked().String()
	}
	return address.String()
}
