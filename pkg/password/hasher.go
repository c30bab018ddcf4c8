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
	mathrand "math/rand/v2"
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

	// The queue holds what can be served within defaultWait, on a slow processor
	// as well: a burst of 64 on one slot, and with many slots some for each.
	shortestQueue = 64
	queuePerSlot  = 16

	// overloadLasts is how long after a refusal the service counts as overloaded.
	overloadLasts = time.Second
)

// Hasher makes and checks hashes, a few at a time: each fills megabytes and
// keeps a processor busy for a hundredth of a second or more. Callers wait in a
// queue of bounded length, and while it is full one slot is left unused (spare). It
// is safe for concurrent use and must not be copied. A field that is zero counts
// as in Default.
type Hasher struct {
	Memory  uint32        // KiB that one hash fills, up to 256 MiB
	Time    uint32        // passes over that memory, up to 16 and 1 GiB together
	Threads uint8         // lanes, up to 16
	Slots   int           // hashes at once
	Wait    time.Duration // longest wait for a slot

	once     sync.Once
	entrance chan struct{} // one for each caller of Enter who has not left
	seats    chan struct{} // one for each caller that has a slot or waits for one
	slots    chan struct{}
	most     chan struct{} // a slot less than there are, for an overload
	refused  atomic.Int64  // when the queue was last found full, Unix time in nanoseconds
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
// has refused long before, and ServiceUnavailable, with the time to come
// back, when there was no slot.
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
// or, from an import, argon2i, bcrypt ($2a$, $2b$, $2y$) or scrypt (PHC string,
// or base64 of the npm package scrypt-kdf). outdated says that stored was made
// in another way than Hash would now, and should be replaced while the password
// is at hand.
//
// It returns ErrUnreadable for a stored hash that is none of these or would
// cost too much; the caller logs it and treats the password as wrong. It
// returns ServiceUnavailable, as Hash does, when there was no slot.
//
// A password is brought into normal form for argon2id, as by Hash; for the
// others it is taken as typed, as by the system that the hash comes from.
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

// Enter admits a caller who will have a password hashed after other work, such
// as a look into the database; leave is to be called when all is done. As many
// are inside as the queue has room for. The others are told ServiceUnavailable
// before they have cost anything: when the database is slow as well, they would
// otherwise pile up before it, to be refused a turn in the end.
func (h *Hasher) Enter() (leave func(), err error) {
	h.once.Do(h.open)
	select {
	case h.entrance <- struct{}{}:
		return func() { <-h.entrance }, nil
	default:
		return nil, h.overloaded()
	}
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
func (h *Hasher) parameters() argon2Hash {
	return argon2Hash{variant: argon2id, memory: cmp.Or(h.Memory, 19456), time: cmp.Or(h.Time, 2), threads: cmp.Or(h.Threads, 1)}
}

// madeNow reports whether Hash would make such a hash.
func (h *Hasher) madeNow(hash comparer) bool {
	stored, is := hash.(argon2Hash)
	own := h.parameters()
	return is && stored.variant == argon2id && stored.memory == own.memory && stored.time == own.time && stored.threads == own.threads &&
		len(stored.salt) == saltLength && len(stored.key) == keyLength
}

func (h *Hasher) open() {
	slots := cmp.Or(h.Slots, runtime.GOMAXPROCS(0))
	h.slots = make(chan struct{}, slots)
	h.most = make(chan struct{}, max(1, slots-1))
	h.seats = make(chan struct{}, slots+max(shortestQueue, slots*queuePerSlot))
	h.entrance = make(chan struct{}, cap(h.seats))
}

// inSlot does the work when its turn comes: slots are given in the order of
// the calls. Whoever finds the queue full, has waited too long, or has gone away
// meanwhile, is told ServiceUnavailable and the work is not done.
func (h *Hasher) inSlot(ctx context.Context, work func()) error {
	h.once.Do(h.open)
	if ctx.Err() != nil {
		return errors.ServiceUnavailable.Because(ctx.Err())
	}
	select {
	case h.seats <- struct{}{}:
	default:
		return h.overloaded()
	}
	defer func() { <-h.seats }()
	patience := time.NewTimer(h.wait())
	defer patience.Stop()
	select {
	case h.slots <- struct{}{}: // senders to a channel are served in their order
	case <-patience.C:
		return h.busy("the wait was too long")
	case <-ctx.Done():
		return errors.ServiceUnavailable.Because(ctx.Err())
	}
	defer func() { <-h.slots }()
	defer h.spare()()
	h.computed.Add(1)
	work()
	return nil
}

// spare leaves one slot unused, where there are several, while callers are being
// refused: then hashing takes all it can get, and the requests that need no hash
// would wait behind it for a processor. It returns what ends the use of the slot.
//
// Measured by BenchmarkLoginFlood on two processors, the 99th of 100 reads: 13 ms on
// SQLite and 29 ms on PostgreSQL, 2 and 4 times that of a quiet service. With both
// slots it was ten times as long and more in the first trials, beside other work, and
// no more logins were checked. To use one slot at all times would halve the logins of
// a shop that is merely busy.
//
// Twice as many places for the scheduler (GOMAXPROCS) cost a fifth of all logins on
// SQLite, at any time, and let no read in sooner in a flood. They did beside no more
// logins at once than there are slots: a read took 1 ms, where it takes 8 without.
// Threads of a low priority are no help: argon2 computes in goroutines of its own,
// which run on any thread.
func (h *Hasher) spare() (end func()) {
	if time.Since(time.Unix(0, h.refused.Load())) > overloadLasts {
		return func() {}
	}
	h.most <- struct{}{}
	return func() { <-h.most }
}

func (h *Hasher) overloaded() error {
	h.refused.Store(time.Now().UnixNano())
	return h.busy("the queue is full")
}

func (h *Hasher) wait() time.Duration { return cmp.Or(h.Wait, defaultWait) }

// busy tells a caller to come back when the queue, as long as it is now, may
// have emptied: after one to two waits, by lot, so that those who were refused
// together do not come back together.
func (h *Hasher) busy(reason string) error {
	after := h.wait() + mathrand.N(h.wait()) // #nosec G404 -- chance, and no secret
	return errors.ServiceUnavailable.After(after).Because(errors.New("no turn to hash a password: " + reason))
}
