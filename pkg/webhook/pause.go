package webhook

import "time"

const (
	firstPause   = 5 * time.Second
	longestPause = time.Hour
	doublings    = 10 // enough to pass longestPause, and too few to overflow
)

// Pause is how long to wait after so many failures in a row, one or more: five
// seconds, doubled with each further one up to an hour, and a fifth more or
// less by lot, lest deliveries that failed together come back together. lot is
// rand.Float64, or what gives numbers from 0 up to 1 like it.
//
// A delivery is given up 24 hours after its event, which is some thirty
// attempts.
func Pause(failures int, lot func() float64) time.Duration {
	pause := min(firstPause<<min(max(failures-1, 0), doublings), longestPause)
	return time.Duration(float64(pause) * (0.8 + 0.4*lot()))
}
