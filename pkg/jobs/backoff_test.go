package jobs

import (
	"testing"
	"time"

	"github.com/riverqueue/river/rivertype"
)

func TestAttemptsTakeAboutADay(t *testing.T) {
	retries := backoff{first: defaultFirstRetry}
	var total time.Duration
	for attempt := 1; attempt < defaultAttempts; attempt++ {
		pause := retries.pause(attempt)
		if pause < defaultFirstRetry || pause > longestRetry || attempt > 1 && pause < retries.pause(attempt-1) {
			t.Errorf("attempt %d is followed by a pause of %v", attempt, pause)
		}
		total += pause
	}
	if total < 22*time.Hour || total > 28*time.Hour {
		t.Errorf("the last attempt is %v after the first", total)
	}
}

func TestRetriesAreSpread(t *testing.T) {
	retries := backoff{first: time.Minute}
	earliest, latest := time.Duration(1<<62), time.Duration(0)
	for range 200 {
		pause := time.Until(retries.NextRetry(&rivertype.JobRow{Attempt: 2}))
		earliest, latest = min(earliest, pause), max(latest, pause)
	}
	if earliest < 95*time.Second || latest > 145*time.Second || latest-earliest < 20*time.Second {
		t.Errorf("the second pause of a minute's doubling was between %v and %v", earliest, latest)
	}
}

func TestSteadyRingingDoesNotPutOffTheNextLook(t *testing.T) {
	b := newBell(time.Second)
	began := time.Now()
	b.hear(began)
	for range 100 {
		b.hear(time.Now())
	}
	if due := began.Add(firstLook); !b.next.Equal(due) {
		t.Errorf("the look due %v after the first ring comes %v later", firstLook, b.next.Sub(due))
	}
}

func TestRingingBringsADistantLookForward(t *testing.T) {
	b := newBell(time.Minute)
	now := time.Now()
	b.hear(now)
	for range 10 {
		b.answer(now)
	}
	b.hear(now)
	if due := now.Add(firstLook); !b.next.Equal(due) {
		t.Errorf("the next look comes %v after the ring", b.next.Sub(now))
	}
}

func TestBellFallsSilent(t *testing.T) {
	b := newBell(50 * time.Millisecond)
	b.hear(time.Now())
	b.ring("letters")
	b.hear(time.Now())
	looks := 0
	for ; !b.next.IsZero(); looks++ {
		b.answer(time.Now())
		if looks > 20 {
			t.Fatal("it goes on for ever")
		}
	}
	if looks < 3 || len(b.awake) > 0 {
		t.Errorf("%d looks, and %v are awake", looks, b.awake)
	}
}
