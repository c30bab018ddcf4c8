package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// fails is a rule that fails with these faults; without any it passes.
func fails(number string, level level, faults ...string) rule {
	return rule{number: number, level: level, title: "Rule " + number, try: func(t *trial) {
		t.hold(true, "")
		for _, fault := range faults {
			t.hold(false, "%s", fault)
		}
	}}
}

func TestTheRunFailsWhenARuleThatBindsDoes(t *testing.T) {
	asked := world(t, newFake(t, true))
	known := []exception{{rule: "9", fault: "known", reason: "decided"}}
	decided := fails("9", must, "a known fault")
	for what, test := range map[string]struct {
		rule  rule
		known []exception
		code  int
		word  outcome
	}{
		"all is well":            {fails("1", must), nil, conforms, passed},
		"a MUST":                 {fails("1", must, "x"), nil, deviates, failed},
		"a MUST NOT":             {fails("1", mustNot, "x"), nil, deviates, failed},
		"a SHOULD":               {fails("1", should, "x"), nil, deviates, failed},
		"HTTP":                   {fails("1", fromHTTP, "x"), nil, deviates, failed},
		"a recommendation":       {fails("1", recommended, "x"), nil, conforms, failed},
		"what is left open":      {fails("1", open, "x"), nil, conforms, failed},
		"a known exception":      {decided, known, conforms, excepted},
		"of another, so stale":   {fails("8", must, "a known fault"), known, deviates, failed},
		"with another fault":     {fails("9", must, "a known fault", "an unheard one"), known, deviates, failed},
		"a stale exception":      {fails("9", must), known, deviates, passed},
		"one of two stale":       {decided, append(slices.Clone(known), exception{rule: "9", fault: "gone"}), deviates, excepted},
		"not applicable":         {rule{number: "9", level: must, try: func(t *trial) { t.skip("no such thing") }}, known, conforms, notApplicable},
		"faults before the skip": {rule{number: "1", level: must, try: func(t *trial) { t.hold(false, "x"); t.skip("no such thing") }}, nil, deviates, failed},
	} {
		var out, errout bytes.Buffer
		s := settings{url: "http://h", wire: "jsonapi"}
		made := s.judged(asked, []rule{test.rule}, test.known)
		if code := s.finish(made, &out, &errout); code != test.code || made.Rules[0].Outcome != test.word || errout.Len() > 0 {
			t.Errorf("%s: exit %d, %s, %s\n%s", what, code, made.Rules[0].Outcome, errout.String(), out.String())
		}
		if stale := strings.Contains(out.String(), "stale exception: rule 9"); stale != strings.Contains(what, "stale") {
			t.Errorf("%s: %s", what, out.String())
		}
	}
}

func TestTheReportTellsWhatWasSeenAndWhy(t *testing.T) {
	asked := world(t, newFake(t, true))
	name := filepath.Join(t.TempDir(), "report.json")
	s := settings{url: "http://h", wire: "glue", report: name}
	many := strings.Split(strings.Repeat("the same\tfault,", 12), ",")[:12]
	made := s.judged(asked, []rule{fails("1", must), fails("2", must, "a known fault"), fails("3", should, many...)}, []exception{{rule: "2", fault: "known", reason: "it was decided"}})
	var out, errout bytes.Buffer
	if code := s.finish(made, &out, &errout); code != deviates || errout.Len() > 0 {
		t.Fatalf("exit %d, %s", code, errout.String())
	}
	for _, want := range []string{
		"\n1     M      pass       Rule 1\n", "\n2     M      exception  Rule 2\n", "- a known fault\n", "because: it was decided\n", "\n3     S      fail       Rule 3\n",
		"- the same fault\n", "- and 4 more like these\n", "(wire glue) does not conform: of 3 rules 1 pass, 1 fail, 1 are exceptions, 0 not applicable; 0 stale exceptions;",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	written, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var read report
	if err := json.Unmarshal(written, &read); err != nil || read.Conforms || len(read.Rules) != 3 || len(read.Rules[2].Seen) != 12 || read.Rules[1].Reasons[0] != "it was decided" || read.Counts[failed] != 1 {
		t.Errorf("%v: %s", err, written)
	}
	s.report = filepath.Join(t.TempDir(), "none", "report.json")
	if code := s.finish(made, &out, &errout); code != undecided || errout.Len() == 0 {
		t.Errorf("a report that cannot be written: exit %d", code)
	}
}

func TestTheExitCodeTellsWhetherItCouldBeFoundOut(t *testing.T) {
	yes, never := newFake(t, true), newFake(t, false)
	never.never.Store(true)
	closed := newFake(t, true)
	closed.Close()
	for what, test := range map[string]struct {
		args []string
		code int
		said string
	}{
		"no URL":               {nil, undecided, "no URL"},
		"not a URL":            {[]string{"-url", "localhost:8080"}, undecided, "no URL"},
		"another wire":         {[]string{"-url", yes.URL, "-wire", "soap"}, undecided, "neither jsonapi nor glue"},
		"another argument":     {[]string{"-url", yes.URL, "now"}, undecided, "not understood"},
		"an unknown flag":      {[]string{"-nope"}, undecided, "not defined"},
		"help":                 {[]string{"-h"}, conforms, "base URL"},
		"nobody answers":       {[]string{"-url", closed.URL}, undecided, "refused"},
		"nobody can register":  {[]string{"-url", never.URL}, undecided, "a customer cannot be registered"},
		"a server that is bad": {[]string{"-url", yes.URL + "/", "-api-key", "key"}, deviates, ""},
	} {
		var out, errout bytes.Buffer
		code := run(t.Context(), test.args, func(string) string { return "" }, &out, &errout)
		if code != test.code || !strings.Contains(errout.String(), test.said) {
			t.Errorf("%s: exit %d: %s", what, code, errout.String())
		}
		if table := strings.Contains(out.String(), "\nP1 "); table != (test.code == deviates) {
			t.Errorf("%s: printed %s", what, out.String())
		}
	}
}

func TestARunThatIsInterruptedDecidesNothing(t *testing.T) {
	for _, interrupted := range []string{"/customers", "/no/such/route"} { // at once, and by the first rule
		ctx, cancel := context.WithCancel(t.Context())
		f := newFake(t, true)
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == interrupted {
				cancel()
			}
			f.ServeHTTP(w, r)
		}))
		t.Cleanup(front.Close)
		var out, errout bytes.Buffer
		if code := run(ctx, []string{"-url", front.URL}, func(string) string { return "" }, &out, &errout); code != undecided || out.Len() > 0 || !strings.Contains(errout.String(), "canceled") {
			t.Errorf("exit %d: %s %s", code, out.String(), errout.String())
		}
	}
}

func TestTheKeyMayComeFromTheEnvironment(t *testing.T) {
	environment := func(name string) string { return map[string]string{"CONFORMANCE_API_KEY": "secret"}[name] }
	for want, args := range map[string][]string{"secret": {"-url", "http://h"}, "other": {"-url", "http://h", "-api-key", "other"}} {
		if s, err := parse(args, environment, &bytes.Buffer{}); err != nil || s.key != want {
			t.Errorf("%v: %q, %v", args, s.key, err)
		}
	}
}

func TestRulesAndExceptionsAreWellFormed(t *testing.T) {
	numbers := map[string]bool{}
	for _, r := range rules {
		if numbers[r.number] || r.title == "" || r.level == "" || r.try == nil && !r.observed {
			t.Errorf("rule %s is there twice, or lacks something", r.number)
		}
		numbers[r.number] = true
	}
	for number := 1; number <= 123; number++ {
		if !numbers[strconv.Itoa(number)] {
			t.Errorf("rule %d of the checklist is not there", number)
		}
	}
	met := map[exception]bool{}
	for _, x := range exceptions {
		if met[x] || !numbers[x.rule] || x.fault == "" || x.reason == "" || x.wire != bothWires && x.wire != glueWire {
			t.Errorf("the exception %+v is there twice, of no rule, or lacks something", x)
		}
		met[x] = true
	}
	if len(wired(exceptions, "jsonapi")) >= len(wired(exceptions, "glue")) || len(wired(exceptions, "glue")) != len(exceptions) {
		t.Error("the exceptions of the two wires are mixed up")
	}
}
