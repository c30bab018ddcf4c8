// Package password turns passwords into hashes and compares them, and knows
// the rules that new ones are held to.
//
// A password is used whole and as it was typed: nothing is trimmed, cut off or
// changed in case. Only its Unicode form is made one (NFKC, NIST SP 800-63B
// 3.1.1.2), since keyboards differ in how they spell the same letters.
package password

import (
	"cmp"
	"context"
	"crypto/rand"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/clientelehq/clientele/errors"
)

const (
	// longestPassword is in bytes, as typed: 1024 code points of four bytes, the
	// most that a policy can allow. Nothing longer is ever hashed.
	longestPassword = 4096

	defaultWait = 5 * time.Second
)

// Hasher makes and checks hashes, a few at a time: each fills megabytes and
// keeps a processor busy for a hundredth of a second or more. It is safe for
// concurrent use and must not be copied. A field that is zero counts as in
// Default.
type Hasher struct {
	Memory  uint32        // KiB that one hash fills, up to 256 MiB
	Time    uint32        // passes over that memory, up to 16
	Threads uint8         // lanes, up to 16
	Slots   int           // hashes at once
	Wait    time.Duration // longest wait for a slot

	once     sync.Once
	slots    chan struct{}
	computed atomic.Int64
}

// Default returns a Hasher that makes argon2id hashes with the parameters that
// OWASP recommends (Password Storage Cheat Sheet: 19 MiB, two passes, one
// lane), one for each processor at once.
func Default() *Hasher {
	return &Hasher{Memory: 19456, Time: 2, Threads: 1, Slots: runtime.GOMAXPROCS(0), Wait: defaultWait}
}

// Hash returns the hash of a new password as a PHC string,
// `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
//
// It returns PasswordTooLong (419) for more than 4096 bytes, which the policy
// has refused long before, and ServiceUnavailable when no slot came free in
// time.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if len(password) > longestPassword {
		return "", errors.PasswordTooLong
	}
	hash := h.parameters()
	if err := hash.check(); err != nil {
		return "", err
	}
	hash.salt = make([]byte, saltLength)
	if _, err := rand.Read(hash.salt); err != nil {
		return "", err
	}
	err := h.inSlot(ctx, func() { hash.key = hash.derive(password, keyLength) })
	return hash.String(), err
}

// Verify reports whether stored is a hash of password: argon2id (PHC string)
// or, from an import, bcrypt ($2a$, $2b$, $2y$). outdated says that stored was
// made in another way than Hash would now, and should be replaced while the
// password is at hand.
//
// It returns ErrUnreadable for a stored hash that is none of these or would
// cost too much; the caller logs it and treats the password as wrong. It
// returns ServiceUnavailable when no slot came free in time.
//
// A password is brought into normal form for argon2id, as by Hash; for bcrypt
// it is taken as typed, as by the system that the hash comes from.
func (h *Hasher) Verify(ctx context.Context, stored, password string) (ok, outdated bool, err error) {
	hash, unreadable := parse(stored)
	if unreadable != nil {
		// The work is done all the same, or the time would tell such an account.
		if err := h.Waste(ctx, password); err != nil {
			return false, false, err
		}
		return false, false, unreadable
	}
	ok, err = h.compare(ctx, hash, password)
	return ok, !h.madeNow(hash), err
}

// Waste does the work of Verify for an account that is not there, so that the
// time of the answer does not tell which accounts exist. It returns
// ServiceUnavailable as Verify does.
//
// An imported hash takes the time of its own scheme until the first login
// replaces it; there is no one time that all schemes share.
func (h *Hasher) Waste(ctx context.Context, password string) error {
	decoy := h.parameters()
	decoy.salt, decoy.key = make([]byte, saltLength), make([]byte, keyLength)
	_, err := h.compare(ctx, decoy, password)
	return err
}

// Computed returns how many hashes have been computed since the start, of
// every scheme and for whatever reason.
func (h *Hasher) Computed() int64 { return h.computed.Load() }

func (h *Hasher) compare(ctx context.Context, hash comparer, password string) (ok bool, err error) {
	if len(password) > longestPassword {
		return false, nil // whoever's it is: Hash has never let one in
	}
	err = h.inSlot(ctx, func() { ok = hash.matches(password) })
	return ok, err
}

// parameters returns a hash with the Hasher's parameters, and nothing else.
func (h *Hasher) parameters() argon2id {
	return argon2id{memory: cmp.Or(h.Memory, 19456), time: cmp.Or(h.Time, 2), threads: cmp.Or(h.Threads, 1)}
}

// madeNow reports whether Hash would make such a hash.
func (h *Hasher) madeNow(hash comparer) bool {
	stored, is := hash.(argon2id)
	own := h.parameters()
	return is && stored.memory == own.memory && stored.time == own.time && stored.threads == own.threads &&
		len(stored.salt) == saltLength && len(stored.key) == keyLength
}

// inSlot does the work when its turn comes: slots are given in the order of
// the calls. Whoever has waited too long, or has gone away meanwhile, is told
// ServiceUnavailable and the work is not done.
func (h *Hasher) inSlot(ctx context.Context, work func()) error {
	h.once.Do(func() { h.slots = make(chan struct{}, cmp.Or(h.Slots, runtime.GOMAXPROCS(0))) })
	if ctx.Err() != nil {
		return errors.ServiceUnavailable.Because(ctx.Err())
	}
	longest := cmp.Or(h.Wait, defaultWait)
	patience := time.NewTimer(longest)
	defer patience.Stop()
	select {
	case h.slots <- struct{}{}: // senders to a channel are served in their order
	case <-patience.C:
		// As long as the queue was, so long it may take to empty.
		return errors.ServiceUnavailable.After(longest).Because(errors.New("no turn to hash came within " + longest.String()))
	case <-ctx.Done():
		return errors.ServiceUnavailable.Because(ctx.Err())
	}
	defer func() { <-h.slots }()
	h.computed.Add(1)
	work()
	return nil
}
