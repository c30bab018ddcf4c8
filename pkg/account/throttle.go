package account

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/token"
)

// The bounds on failed logins, per network address and user name: those of
// Spryker's demo shops.
const (
	throttleFailures = 9
	throttleWindow   = 15 * time.Minute
	throttleBlock    = 6 * time.Minute
)

// attempt names the counter that a login belongs to. Only a digest is kept:
// what people type as user name is sometimes a password.
func (s *Service) attempt(client Client, username string) []byte {
	name := strings.ToLower(username)
	if key, err := emailKey(username); err == nil {
		name = key
	}
	return token.Digest(client.Address + "\x00" + name)
}

// CheckThrottle returns TooManyAttempts (4401) while logins to this name from
// this client are blocked. Login checks too; a wire calls it where the refusal
// has to come before other answers.
func (s *Service) CheckThrottle(ctx context.Context, client Client, username string) error {
	return s.Store.Read(ctx, func(tx *store.Tx) error {
		return s.blocked(tx, s.attempt(client, username))
	})
}

// blocked returns TooManyAttempts while the counter blocks.
func (s *Service) blocked(tx *store.Tx, attempt []byte) error {
	if s.Rules.ThrottleOff {
		return nil
	}
	counter, err := tx.Throttle(attempt)
	if err != nil || counter == nil || counter.BlockedUntil == nil || !counter.BlockedUntil.After(tx.Now) {
		return err
	}
	return tooMany(counter.BlockedUntil.Sub(tx.Now))
}

// countFailure counts a failed login. When others that ran beside it have used
// up what is allowed, it is refused like those that come after.
func (s *Service) countFailure(ctx context.Context, attempt []byte) error {
	if s.Rules.ThrottleOff {
		return nil
	}
	var left time.Duration
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		until, err := tx.CountAttempt(attempt, throttleWindow, throttleFailures-1, throttleBlock)
		if left = 0; until != nil {
			left = until.Sub(tx.Now)
		}
		return err
	})
	if err != nil || left == 0 || left == throttleBlock { // a whole block: this was the last that is allowed
		return err
	}
	return tooMany(left)
}

func tooMany(left time.Duration) error {
	return errors.TooManyAttempts.With(int(math.Ceil(left.Minutes()))).After(left)
}
