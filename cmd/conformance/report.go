package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// outcome is what became of a rule.
type outcome string

const (
	passed        outcome = "pass"
	failed        outcome = "fail"
	excepted      outcome = "exception"
	notApplicable outcome = "not applicable"
)

// line is one rule of the report.
type line struct {
	Rule    string   `json:"rule"`
	Level   level    `json:"level"`
	Outcome outcome  `json:"outcome"`
	Title   string   `json:"title"`
	Checks  int      `json:"checks"`            // things that were looked at
	Seen    []string `json:"seen,omitempty"`    // what was wrong
	Reasons []string `json:"reasons,omitempty"` // why it is an exception, or not applicable
}

// report is the run.
type report struct {
	URL      string          `json:"url"`
	Wire     string          `json:"wire"`
	Requests int             `json:"requests"`
	Answers  int             `json:"answers"` // that the structural check looked at
	Seconds  float64         `json:"seconds"`
	Counts   map[outcome]int `json:"counts"`
	Conforms bool            `json:"conforms"`
	Rules    []line          `json:"rules"`
	Stale    []string        `json:"staleExceptions,omitempty"`
}

// judge makes the line of a rule from its trial, and notes which exceptions
// were needed.
func judge(r rule, t *trial, known []exception, needed map[exception]bool) line {
	made := line{Rule: r.number, Level: r.level, Title: r.title, Checks: t.checks, Seen: t.faults, Outcome: passed}
	switch {
	case len(t.faults) > 0:
		made.Outcome = excepted
	case t.reason != "":
		made.Outcome, made.Reasons = notApplicable, []string{t.reason}
	case t.checks == 0:
		made.Outcome, made.Seen = excepted, []string{nothingSeen}
	}
	for _, fault := range made.Seen {
		covered := false
		for _, exception := range known {
			if exception.covers(r.number, fault) {
				covered, needed[exception] = true, true
				if !slices.Contains(made.Reasons, exception.reason) {
					made.Reasons = append(made.Reasons, exception.reason)
				}
			}
		}
		if !covered {
			made.Outcome = failed
		}
	}
	return made
}

// nothingSeen is the fault of a rule that nothing was looked at for.
const nothingSeen = "nothing was seen that it could be looked at in"

// conclude counts, and decides whether the service conforms.
func (r *report) conclude(known []exception, needed map[exception]bool) {
	r.Conforms, r.Counts = true, map[outcome]int{}
	for _, one := range r.Rules {
		r.Counts[one.Outcome]++
		if one.Outcome == failed && one.Level.binds() {
			r.Conforms = false
		}
	}
	for _, exception := range known {
		if !needed[exception] && r.tried(exception.rule) {
			r.Conforms = false
			r.Stale = append(r.Stale, fmt.Sprintf("rule %s, %q: %s", exception.rule, exception.fault, exception.reason))
		}
	}
}

// tried reports whether a rule was applicable. What is known of one that was not
// cannot be found out to be no longer so.
func (r *report) tried(rule string) bool {
	return !slices.ContainsFunc(r.Rules, func(one line) bool { return one.Rule == rule && one.Outcome == notApplicable })
}

// print writes the table for people.
func (r *report) print(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "RULE\tLEVEL\tOUTCOME\tABOUT")
	for _, one := range r.Rules {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", one.Rule, one.Level, one.Outcome, one.Title)
		for i, seen := range one.Seen {
			if i == mostSeen {
				fmt.Fprintf(table, "\t\t\t  - and %d more like these\n", len(one.Seen)-i)
				break
			}
			fmt.Fprintf(table, "\t\t\t  - %s\n", oneLine(seen))
		}
		for _, reason := range one.Reasons {
			fmt.Fprintf(table, "\t\t\t  because: %s\n", reason)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, stale := range r.Stale {
		fmt.Fprintf(out, "stale exception: %s\n", stale)
	}
	verdict := "conforms"
	if !r.Conforms {
		verdict = "does not conform"
	}
	_, err := fmt.Fprintf(out, "\n%s (wire %s) %s: of %d rules %d pass, %d fail, %d are exceptions, %d not applicable; %d stale exceptions; %d requests in %.1f s\n",
		r.URL, r.Wire, verdict, len(r.Rules), r.Counts[passed], r.Counts[failed], r.Counts[excepted], r.Counts[notApplicable], len(r.Stale), r.Requests, r.Seconds)
	return err
}

const (
	mostSeen    = 8 // the report for machines has all
	longestLine = 240
)

func oneLine(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " ")
	if runes := []rune(text); len(runes) > longestLine {
		return string(runes[:longestLine]) + "…"
	}
	return text
}

// write writes the report for machines.
func (r *report) write(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(r)
}
