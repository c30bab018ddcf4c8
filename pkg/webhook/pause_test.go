package webhook_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/pkg/webhook"
)

func lot(of float64) func() float64 { return func() float64 { return of } }

func TestPausesDoubleUpToAnHour(t *testing.T) {
	got := map[int]time.Duration{}
	for _, failures := range []int{-1, 0, 1, 2, 3, 10, 11, 12, 1000, math.MaxInt} {
		got[failures] = webhook.Pause(failures, lot(0.5))
	}
	if diff := cmp.Diff(map[int]time.Duration{
		-1:          5 * time.Second,
		0:           5 * time.Second,
		1:           5 * time.Second,
		2:           10 * time.Second,
		3:           20 * time.Second,
		10:          2560 * time.Second,
		11:          time.Hour,
		12:          time.Hour,
		1000:        time.Hour,
		math.MaxInt: time.Hour,
	}, got); diff != "" {
		t.Error(diff)
	}
}

func TestPausesDifferByAFifthEitherWay(t *testing.T) {
	if least, most := webhook.Pause(1, lot(0)), webhook.Pause(1, lot(1)); least != 4*time.Second || most != 6*time.Second {
		t.Error(least, most)
	}
}
