package password

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/clientelehq/clientele/errors"
)

// cheap makes hashes that cost next to nothing.
func cheap() *Hasher { return &Hasher{Memory: 64, Time: 1, Threads: 1, Slots: 2} }

func hashOf(t *testing.T, h *Hasher, password string) string {
	t.Helper()
	hash, err := h.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func TestHashFitsItsPasswordAlone(t *testing.T) {
	h := cheap()
	typed := " Change!23456 "
	hash := hashOf(t, h, typed)
	for password, want := range map[string]bool{
		typed:                                true,
		"Change!23456":                       false, // blanks count
		" change!23456 ":                     false, // case counts
		typed + "\x00":                       false,
		"":                                   false,
		typed + typed:                        false,
		" Change!23456":                      false,
		" Change!23456\t":                    false,
		"\u200b" + typed:                     false,
		strings.TrimSpace(" Change!23456  "): false,
	} {
		ok, outdated, err := h.Verify(t.Context(), hash, password)
		if ok != want || outdated || err != nil {
			t.Errorf("%q: ok %v, outdated %v, %v", password, ok, outdated, err)
		}
	}
}

func TestOnePasswordHasManyHashes(t *testing.T) {
	h := cheap()
	first, second := hashOf(t, h, "mysupersecretpassword"), hashOf(t, h, "mysupersecretpassword")
	if first == second {
		t.Error("two hashes of one password are equal: the salt is not random")
	}
}

func TestDefaultIsWhatTheContractNames(t *testing.T) {
	hash := hashOf(t, Default(), "change123")
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || len(hash) != 97 {
		t.Errorf("hash is %s", hash)
	}
	ok, outdated, err := (&Hasher{}).Verify(t.Context(), hash, "change123")
	if !ok || outdated || err != nil {
		t.Errorf("a Hasher of zeros differs from the default: ok %v, outdated %v, %v", ok, outdated, err)
	}
}

func TestLettersSpelledInAnotherUnicodeFormAreTheSame(t *testing.T) {
	const composed, decomposed, fullWidth = "caf\u00e9 12345", "cafe\u0301 12345", "\uff43\uff41\uff46\u00e9 12345"
	h := cheap()
	for _, set := range []string{composed, decomposed, fullWidth} {
		hash := hashOf(t, h, set)
		for _, typed := range []string{composed, decomposed, fullWidth} {
			if ok, _, err := h.Verify(t.Context(), hash, typed); !ok || err != nil {
				t.Errorf("set as %+q, typed as %+q: %v, %v", set, typed, ok, err)
			}
		}
		if ok, _, _ := h.Verify(t.Context(), hash, "cafe 12345"); ok {
			t.Errorf("set as %+q, the accent does not count", set)
		}
	}
}

func TestEveryCharacterOfALongPasswordCounts(t *testing.T) {
	h := cheap()
	long := strings.Repeat("\U0001f512", 1024) // the longest that a policy can allow
	hash := hashOf(t, h, long)
	if ok, _, err := h.Verify(t.Context(), hash, long); !ok || err != nil {
		t.Errorf("the password itself: %v, %v", ok, err)
	}
	for _, at := range []int{0, 63, 72, 127, 1023} {
		other := long[:4*at] + "\U0001f513" + long[4*(at+1):]
		if ok, _, _ := h.Verify(t.Context(), hash, other); ok {
			t.Errorf("a change at %d passes", at)
		}
	}
}

func TestPasswordOver4096BytesIsNeverHashed(t *testing.T) {
	h := cheap()
	hash := hashOf(t, h, "change123")
	before := h.Computed()
	long := strings.Repeat("a", 4097)
	if _, err := h.Hash(t.Context(), long); !errors.Is(err, errors.PasswordTooLong) {
		t.Errorf("Hash: %v", err)
	}
	if ok, _, err := h.Verify(t.Context(), hash, long); ok || err != nil {
		t.Errorf("Verify: %v, %v", ok, err)
	}
	if ok, _, err := h.Verify(t.Context(), "broken", long); ok || !errors.Is(err, ErrUnreadable) {
		t.Errorf("Verify of an unreadable hash: %v, %v", ok, err)
	}
	if err := h.Waste(t.Context(), long); err != nil {
		t.Errorf("Waste: %v", err)
	}
	if h.Computed() != before {
		t.Errorf("%d hashes were computed", h.Computed()-before)
	}
}

func TestHashOfOtherParametersIsOutdated(t *testing.T) {
	made := hashOf(t, cheap(), "change123")
	bcrypted, err := bcrypt.GenerateFromPassword([]byte("change123"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		hasher *Hasher
		stored string
		want   bool
	}{
		"the same":     {cheap(), made, false},
		"more memory":  {&Hasher{Memory: 72, Time: 1, Threads: 1}, made, true},
		"less memory":  {&Hasher{Memory: 56, Time: 1, Threads: 1}, made, true},
		"more passes":  {&Hasher{Memory: 64, Time: 2, Threads: 1}, made, true},
		"more lanes":   {&Hasher{Memory: 64, Time: 1, Threads: 2}, made, true},
		"other scheme": {cheap(), string(bcrypted), true},
		"argon2i":      {cheap(), "$argon2i" + strings.TrimPrefix(made, "$argon2id"), true},
		"short salt":   {&Hasher{Memory: 256, Time: 2, Threads: 1}, "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", true},
	} {
		if _, outdated, err := test.hasher.Verify(t.Context(), test.stored, "change123"); outdated != test.want || err != nil {
			t.Errorf("%s: outdated %v, %v", name, outdated, err)
		}
	}
}

func TestAbsentAccountCostsWhatAWrongPasswordCosts(t *testing.T) {
	h := cheap()
	hash := hashOf(t, h, "change123")
	cost := func(work func()) int64 {
		before := h.Computed()
		work()
		return h.Computed() - before
	}
	for name, got := range map[string]int64{
		"right password":  cost(func() { _, _, _ = h.Verify(t.Context(), hash, "change123") }),
		"wrong password":  cost(func() { _, _, _ = h.Verify(t.Context(), hash, "321egnahc") }),
		"unreadable hash": cost(func() { _, _, _ = h.Verify(t.Context(), "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$x", "change123") }),
		"absent account":  cost(func() { _ = h.Waste(t.Context(), "change123") }),
	} {
		if got != 1 {
			t.Errorf("%s: %d hashes", name, got)
		}
	}
}

func TestAbsentAccountTakesTheTimeOfAWrongPassword(t *testing.T) {
	h := &Hasher{Memory: 4096, Time: 1, Threads: 1}
	hash := hashOf(t, h, "change123")
	const rounds = 41
	wrong, absent := make([]time.Duration, rounds), make([]time.Duration, rounds)
	for i := range rounds { // interleaved, so that both meet the same noise
		wrong[i] = timed(func() { _, _, _ = h.Verify(t.Context(), hash, "321egnahc") })
		absent[i] = timed(func() { _ = h.Waste(t.Context(), "321egnahc") })
	}
	// Wide bounds: what is to be found is a hash that was left out, at a ratio near 0.
	if ratio := float64(median(absent)) / float64(median(wrong)); ratio < 0.5 || ratio > 2 {
		t.Errorf("absent takes %v, wrong takes %v", median(absent), median(wrong))
	}
}

func TestNoMoreHashesAtOnceThanSlots(t *testing.T) {
	const burst, slots = 64, 2
	h := &Hasher{Slots: slots}
	var running, most, done atomic.Int64
	var all sync.WaitGroup
	for range burst {
		all.Go(func() {
			err := h.inSlot(t.Context(), func() {
				now := running.Add(1)
				for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
				}
				time.Sleep(time.Millisecond)
				running.Add(-1)
				done.Add(1)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most.Load() != slots || done.Load() != burst {
		t.Errorf("%d at once, %d done", most.Load(), done.Load())
	}
}

func TestBurstOfRegistrationsIsAnsweredInOrder(t *testing.T) {
	const burst = 64
	synctest.Test(t, func(t *testing.T) {
		h := &Hasher{Slots: 1}
		release := occupy(t, h)
		var order []int // written in the one slot alone
		var all sync.WaitGroup
		for caller := range burst {
			all.Go(func() {
				err := h.inSlot(t.Context(), func() {
					order = append(order, caller)
					time.Sleep(70 * time.Millisecond)
				})
				if err != nil {
					t.Errorf("caller %d: %v", caller, err)
				}
			})
			synctest.Wait() // the next one calls when this one waits
		}
		release()
		all.Wait()
		if len(order) != burst || !slices.IsSorted(order) {
			t.Errorf("order is %v", order)
		}
	})
}

func TestWaitingTooLongForASlotIsServiceUnavailable(t *testing.T) {
	hash := hashOf(t, cheap(), "change123")
	for name, work := range map[string]func(context.Context, *Hasher) error{
		"Hash":   func(ctx context.Context, h *Hasher) error { _, err := h.Hash(ctx, "change123"); return err },
		"Verify": func(ctx context.Context, h *Hasher) error { _, _, err := h.Verify(ctx, hash, "change123"); return err },
		"Verify of an unreadable hash": func(ctx context.Context, h *Hasher) error {
			_, _, err := h.Verify(ctx, "broken", "change123")
			return err
		},
		"Waste": func(ctx context.Context, h *Hasher) error { return h.Waste(ctx, "change123") },
	} {
		synctest.Test(t, func(t *testing.T) {
			h := cheap()
			defer occupy(t, h)()
			began, before := time.Now(), h.Computed()
			err := work(t.Context(), h)
			busy, _ := errors.AsType[*errors.Error](err)
			if !errors.Is(err, errors.ServiceUnavailable) || busy.RetryAfter < 5*time.Second || busy.RetryAfter >= 10*time.Second {
				t.Errorf("%s: %v", name, err)
			}
			if waited := time.Since(began); waited != 5*time.Second {
				t.Errorf("%s waited %v", name, waited)
			}
			if h.Computed() != before {
				t.Errorf("%s computed a hash without a slot", name)
			}
		})
	}
}

// The queue holds what can be served in time. Whoever comes on top is refused at
// once and costs nothing.
func TestFullQueueRefusesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &Hasher{Memory: 64, Time: 1, Threads: 1, Slots: 2}
		release := occupy(t, h)
		var waiting sync.WaitGroup
		for caller := range 64 {
			waiting.Go(func() {
				if err := h.Waste(t.Context(), "change123"); err != nil {
					t.Errorf("caller %d: %v", caller, err)
				}
			})
			synctest.Wait()
		}
		began, before := time.Now(), h.Computed()
		refusals := map[time.Duration]bool{}
		for range 20 {
			err := h.Waste(t.Context(), "change123")
			busy, _ := errors.AsType[*errors.Error](err)
			if !errors.Is(err, errors.ServiceUnavailable) || busy.RetryAfter < 5*time.Second || busy.RetryAfter >= 10*time.Second {
				t.Fatalf("%v", err)
			}
			refusals[busy.RetryAfter] = true
		}
		if time.Since(began) != 0 || h.Computed() != before {
			t.Errorf("refusals took %v and %d hashes", time.Since(began), h.Computed()-before)
		}
		if len(refusals) < 2 {
			t.Error("all who were refused are told to come back at the same moment")
		}
		release()
		waiting.Wait()
		if err := h.Waste(t.Context(), "change123"); err != nil {
			t.Errorf("the queue is empty again: %v", err)
		}
	})
}

func TestNoMoreEnterThanTheQueueHasRoomFor(t *testing.T) {
	h := &Hasher{Slots: 2}
	var leave func()
	for caller := range 2 + 64 {
		var err error
		if leave, err = h.Enter(); err != nil {
			t.Fatalf("caller %d: %v", caller, err)
		}
	}
	_, err := h.Enter()
	busy, _ := errors.AsType[*errors.Error](err)
	if !errors.Is(err, errors.ServiceUnavailable) || busy.RetryAfter < 5*time.Second || busy.RetryAfter >= 10*time.Second {
		t.Errorf("one more: %v", err)
	}
	leave()
	if _, err := h.Enter(); err != nil {
		t.Errorf("one has left: %v", err)
	}
}

// In an overload hashing leaves a processor to the rest of the service.
func TestOneSlotIsSparedWhileCallersAreRefused(t *testing.T) {
	for slots, spared := range map[int]int{1: 1, 2: 1, 4: 3} {
		synctest.Test(t, func(t *testing.T) {
			h := &Hasher{Slots: slots}
			mostAtOnce := func() int {
				var mu sync.Mutex
				var running, most int
				count := func(more int) {
					mu.Lock()
					defer mu.Unlock()
					running += more
					most = max(most, running)
				}
				var all sync.WaitGroup
				for range 16 {
					all.Go(func() {
						err := h.inSlot(t.Context(), func() {
							count(1)
							time.Sleep(10 * time.Millisecond)
							count(-1)
						})
						if err != nil {
							t.Error(err)
						}
					})
				}
				all.Wait()
				return most
			}
			if most := mostAtOnce(); most != slots {
				t.Errorf("%d of %d slots are used before", most, slots)
			}
			_ = h.overloaded()
			if most := mostAtOnce(); most != spared {
				t.Errorf("%d of %d slots are used in an overload", most, slots)
			}
			time.Sleep(2 * time.Second)
			if most := mostAtOnce(); most != slots {
				t.Errorf("%d of %d slots are used afterwards", most, slots)
			}
		})
	}
}

func TestCallerWhoHasGoneLeavesTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &Hasher{Memory: 64, Time: 1, Threads: 1, Slots: 1}
		release := occupy(t, h)
		ctx, leave := context.WithCancel(t.Context())
		for range 64 {
			go func() { _ = h.Waste(ctx, "change123") }()
		}
		synctest.Wait()
		if len(h.seats) != cap(h.seats) {
			t.Error("the queue is not full with 64 callers in it")
		}
		leave()
		synctest.Wait()
		if len(h.seats) != 1 { // that of the one who has the slot
			t.Errorf("all have gone, and %d are in the queue", len(h.seats))
		}
		release()
	})
}

func TestCallerWhoHasGoneCostsNoHash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := cheap()
		release := occupy(t, h)
		ctx, leave := context.WithCancel(t.Context())
		answer := make(chan error, 1)
		go func() { answer <- h.Waste(ctx, "change123") }()
		synctest.Wait()
		before := h.Computed()
		leave()
		if err := <-answer; !errors.Is(err, errors.ServiceUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("while waiting: %v", err)
		}
		release()
		synctest.Wait()
		for range 20 { // a free slot must not win by chance either
			if err := h.Waste(ctx, "change123"); !errors.Is(err, errors.ServiceUnavailable) {
				t.Errorf("before waiting: %v", err)
			}
		}
		if h.Computed() != before {
			t.Error("a hash was computed for nobody")
		}
	})
}

func TestPanicUnderTheHashGivesTheSlotBack(t *testing.T) {
	h := &Hasher{Slots: 1, Wait: time.Second}
	func() {
		defer func() { _ = recover() }()
		_ = h.inSlot(t.Context(), func() { panic("out of luck") })
	}()
	if err := h.inSlot(t.Context(), func() {}); err != nil {
		t.Error(err)
	}
}

func TestHasherBeyondTheBoundsMakesNoHash(t *testing.T) {
	h := &Hasher{Memory: mostMemory + 8, Time: 1, Threads: 1}
	if hash, err := h.Hash(t.Context(), "change123"); err == nil {
		t.Errorf("made %s, which Verify refuses", hash)
	}
}

// occupy takes every slot until release is called.
func occupy(t *testing.T, h *Hasher) (release func()) {
	t.Helper()
	leave := make(chan struct{})
	var taken sync.WaitGroup
	taken.Add(h.Slots)
	for range h.Slots {
		go func() {
			_ = h.inSlot(t.Context(), func() {
				taken.Done()
				<-leave
			})
		}()
	}
	taken.Wait()
	return func() { close(leave) }
}

func timed(work func()) time.Duration {
	runtime.Gosched()
	began := time.Now()
	work()
	return time.Since(began)
}
