package web

import (
	"sync"
	"time"
)

// Bucket bounds how often each of many callers may ask: every request pours one unit
// into its caller's bucket, which leaks at a steady rate, and what does not fit is
// refused. It lives in memory, of each replica its own: it keeps a client from asking
// too fast, and protects no secret.
type Bucket struct {
	size int
	leak float64 // units a second
	now  func() time.Time

	mu      sync.Mutex
	levels  map[string]level
	emptied time.Time // when those that have run dry were last thrown away
}

// level is how full a bucket was at a moment.
type level struct {
	units float64
	at    time.Time
}

// Level tells a caller how full their bucket is.
type Level struct {
	Limit     int           // units that it holds
	Remaining int           // that still fit
	Empty     time.Duration // until it is empty, when nothing more comes
	Wait      time.Duration // until another unit fits; 0 for a request that was let in
}

// NewBucket returns buckets of a size that leak so many units a second. now is the
// clock.
func NewBucket(size int, perSecond float64, now func() time.Time) *Bucket {
	return &Bucket{size: size, leak: perSecond, now: now, levels: map[string]level{}}
}

// Take counts a request of a caller, unless there is no room for it.
func (b *Bucket) Take(key string) Level {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	b.forget(now)
	units := b.left(b.levels[key], now)
	var wait time.Duration
	if units+1 > float64(b.size) {
		wait = b.runs(units + 1 - float64(b.size))
	} else {
		units++
	}
	b.levels[key] = level{units, now}
	return Level{Limit: b.size, Remaining: int(float64(b.size) - units), Empty: b.runs(units), Wait: wait}
}

// left is what has not leaked of a level by now.
func (b *Bucket) left(l level, now time.Time) float64 {
	return max(0, l.units-b.leak*max(0, now.Sub(l.at).Seconds()))
}

// runs is how long so many units take to leak.
func (b *Bucket) runs(units float64) time.Duration {
	return time.Duration(units / b.leak * float64(time.Second))
}

// forget throws the empty buckets away, as often as a full one runs dry: so there are
// never more than callers in that time, twice.
func (b *Bucket) forget(now time.Time) {
	if age := now.Sub(b.emptied); 0 <= age && age < b.runs(float64(b.size)) {
		return
	}
	b.emptied = now
	for key, l := range b.levels {
		if b.left(l, now) == 0 {
			delete(b.levels, key)
		}
	}
}
