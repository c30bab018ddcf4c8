package store

import "time"

// setTime fills a time that was left open. One that was given is brought to
// what databases keep.
func setTime(at *time.Time, now time.Time) {
	if at.IsZero() {
		*at = now
	}
	*at = at.UTC().Truncate(time.Microsecond)
}
