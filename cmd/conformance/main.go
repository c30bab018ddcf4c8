// Command conformance asks a running service whether it keeps the rules of
// JSON:API 1.1, of the profile Cursor Pagination and of the extension Atomic
// Operations, and what is promised about concurrency and retries. It knows the
// service by its address alone: it makes what it needs through the API, looks at
// answers, and imports nothing of the module, so that it can judge any server
// that offers these resources.
//
//	conformance -url http://localhost:8080 -api-key KEY [-wire glue] [-report FILE]
//
// It exits with 1 when a rule that binds is broken and is no known exception, or
// when a known exception is none any more, and with 2 when it could not find out.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"time"
)

const (
	conforms   = 0
	deviates   = 1
	undecided  = 2
	wholeLimit = 10 * time.Minute
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// settings are what the command line says.
type settings struct {
	url, key, wire, report string
}

func parse(args []string, getenv func(string) string, errout io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("conformance", flag.ContinueOnError)
	flags.SetOutput(errout)
	flags.StringVar(&s.url, "url", "", "base `URL` of the service")
	flags.StringVar(&s.key, "api-key", getenv("CONFORMANCE_API_KEY"), "API `key`; without, the rules that need one are not applicable (also CONFORMANCE_API_KEY)")
	flags.StringVar(&s.wire, "wire", "jsonapi", "jsonapi, or glue: which known exceptions hold")
	flags.StringVar(&s.report, "report", "", "`file` for a report in JSON")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	base, err := url.Parse(s.url)
	switch {
	case err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https":
		return s, fmt.Errorf("-url %q is no URL of a service", s.url)
	case s.wire != "jsonapi" && s.wire != "glue":
		return s, fmt.Errorf("-wire %q is neither jsonapi nor glue", s.wire)
	case flags.NArg() > 0:
		return s, fmt.Errorf("%q is not understood", flags.Arg(0))
	}
	return s, nil
}

func run(ctx context.Context, args []string, getenv func(string) string, out, errout io.Writer) int {
	s, err := parse(args, getenv, errout)
	if errors.Is(err, flag.ErrHelp) {
		return conforms
	}
	if err == nil {
		var made *report
		if made, err = s.examine(ctx); err == nil {
			return s.finish(made, out, errout)
		}
	}
	fmt.Fprintln(errout, "conformance:", err)
	return undecided
}

// examine tries every rule.
func (s settings) examine(ctx context.Context) (*report, error) {
	ctx, cancel := context.WithTimeout(ctx, wholeLimit)
	defer cancel()
	began, ledger := time.Now(), newLedger()
	asked := &service{client: newClient(s.url, ledger.look), ctx: ctx, key: s.key, run: strings.ToLower(rand.Text()[:10]), ledger: ledger}
	if made := asked.attempt(asked.world); len(made.faults) > 0 {
		return nil, errors.New(strings.Join(made.faults, "\n"))
	}
	made := s.judged(asked, rules, wired(exceptions, s.wire))
	made.Seconds = time.Since(began).Seconds()
	return made, ctx.Err()
}

func (s settings) judged(asked *service, all []rule, known []exception) *report {
	needed := map[exception]bool{}
	made := &report{URL: s.url, Wire: s.wire}
	for i, t := range asked.tryAll(all) {
		made.Rules = append(made.Rules, judge(all[i], t, known, needed))
	}
	made.conclude(known, needed)
	made.Requests, made.Answers = asked.sent, asked.ledger.answers
	return made
}

// tryAll tries the rules: first those that ask, then those that follow what was
// handed out meanwhile; what the structural check has seen is told when all
// answers are there.
func (s *service) tryAll(all []rule) []*trial {
	trials := make([]*trial, len(all))
	for _, last := range []bool{false, true} {
		for i, r := range all {
			switch {
			case r.last != last:
			case r.try == nil:
				trials[i] = &trial{service: s}
			default:
				trials[i] = s.attempt(r.try)
			}
		}
	}
	for i, r := range all {
		if r.observed {
			s.observe(r, trials[i])
		}
	}
	return trials
}

// observe adds what the structural check has seen. A rule that it has seen
// nothing of fails, be there whatever else was asked.
func (s *service) observe(r rule, t *trial) {
	s.ledger.collected(t, r.number)
	if s.ledger.seen[r.number] > 0 {
		return
	}
	if r.needsKey && s.key == "" {
		t.reason = "no API key"
		return
	}
	t.faults = append(t.faults, nothingSeen)
}

func (s settings) finish(made *report, out, errout io.Writer) int {
	if err := made.print(out); err != nil {
		fmt.Fprintln(errout, "conformance:", err)
		return undecided
	}
	if s.report != "" {
		if err := save(s.report, made); err != nil {
			fmt.Fprintln(errout, "conformance:", err)
			return undecided
		}
	}
	if !made.Conforms {
		return deviates
	}
	return conforms
}

func save(name string, made *report) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(made.write(file), file.Close())
}

// uuid makes a random one (RFC 9562, version 4).
func (s *service) uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // which never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
