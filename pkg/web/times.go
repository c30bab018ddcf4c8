package web

import (
	"strings"
	"time"

	"github.com/clientelehq/clientele/errors"
)

// layouts are the forms of ISO 8601 that ReadTime knows. Fractions of a second are read
// with all of them.
var layouts = []string{
	time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700",
	"2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, time.DateOnly,
}

var errNoTime = errors.New("not a time of ISO 8601")

// ReadTime reads a time of ISO 8601 from a query, with or without a time of day and an
// offset: without, it is UTC. A plus sign that was not escaped arrives as a space, and
// is read as what it was.
func ReadTime(text string) (time.Time, error) {
	for _, candidate := range []string{text, strings.Replace(text, " ", "+", 1)} {
		for _, layout := range layouts {
			if t, err := time.Parse(layout, candidate); err == nil {
				return t.UTC(), nil
			}
		}
	}
	return time.Time{}, errNoTime
}
