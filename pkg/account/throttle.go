package account

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
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
	if s.Rules.ThrottleOff {
		return nil
	}
	var counter *model.LoginThrottle
	var now time.Time
	err := s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		now = tx.Now
		counter, err = tx.Throttle(s.attempt(client, username))
		return err
	})
	if err != nil || counter == nil || counter.BlockedUntil == nil {
		return err
	}
	return tooMany(counter.BlockedUntil.Sub(now))
}

func (s *Service) countFailure(ctx context.Context, attempt []byte) error {
	if s.Rules.ThrottleOff {
		return nil
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.CountAttempt(attempt, throttleWindow, throttleFailures-1, throttleBlock)
		return err
	})
}

// tooMany is the refusal for as long as is left of a block, or nil when the
// block is over.
func tooMany(left time.Duration) error {
	if left <= 0 {
		return nil
	}
	return errors.TooManyAttempts.With(int(math.Ceil(left.Minutes()))).After(left)
}
