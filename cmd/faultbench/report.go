package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// line is one fault on one database.
type line struct {
	Fault    string `json:"fault"`
	Database string `json:"database"`
	Seed     uint64 `json:"seed"`
	Rounds   int    `json:"rounds"`
	verdict
	Restarts   int      `json:"restarts"`
	RestartP50 int64    `json:"restartP50Milliseconds"` // from the start of the process until it was ready
	RestartP99 int64    `json:"restartP99Milliseconds"`
	Controls   int      `json:"controls"` // ways to spoil the evidence that were tried and noticed
	Missed     []string `json:"controlsMissed,omitempty"`
	Notes      []string `json:"notes,omitempty"`
	Holds      bool     `json:"holds"`
	Seconds    float64  `json:"seconds"`
}

func (l *line) note(format string, args ...any) {
	l.Notes = append(l.Notes, fmt.Sprintf(format, args...))
}

// conclude is called once, in the end.
func (l *line) conclude(starts []time.Duration, took time.Duration) {
	l.Restarts, l.Seconds, l.Holds = len(starts), took.Seconds(), l.holds()
	l.RestartP50, l.RestartP99 = percentile(starts, 50).Milliseconds(), percentile(starts, 99).Milliseconds()
}

// mostShown is how many faults of a line are printed; the report has all.
const mostShown = 10

func (l *line) print(out io.Writer) {
	result := "holds"
	if !l.Holds {
		result = "FAILS"
	}
	fmt.Fprintf(out, "%-16s %-8s %s seed=%d rounds=%d acknowledged=%d unknown=%d refused=%d letters=%d events=%d deliveries=%d lost=%d duplicates=%d other-id=%d phantom=%d torn=%d restart-p50=%dms restart-p99=%dms controls=%d (%.0f s)\n",
		l.Fault, l.Database, result, l.Seed, l.Rounds, l.Acknowledged, l.Unknown, l.Refused, l.Letters, l.Events, l.Deliveries,
		l.Lost, l.Duplicates, l.OtherID, l.Phantom, l.Torn, l.RestartP50, l.RestartP99, l.Controls, l.Seconds)
	for _, note := range l.Notes {
		fmt.Fprintln(out, "    "+note)
	}
	for _, fault := range l.Faults[:min(len(l.Faults), mostShown)] {
		fmt.Fprintln(out, "    ! "+strings.ReplaceAll(fault, "\n", "\n      "))
	}
	if more := len(l.Faults) - mostShown; more > 0 {
		fmt.Fprintf(out, "    ! and %d more\n", more)
	}
}

func save(path string, lines []*line) error {
	encoded, err := json.MarshalIndent(lines, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(encoded, '\n'), 0o644) // #nosec G306 G703 -- a report is for everybody, and where the caller wants it
}

// percentile returns the smallest of the values that so many in a hundred do not
// exceed; 0 of none.
func percentile(values []time.Duration, of int) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)*of+99)/100-1]
}

func rounded(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
