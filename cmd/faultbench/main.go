// Command faultbench breaks a running service, and those it talks to, and holds
// what is left to what was promised: every change that was acknowledged is there,
// with its letter and its events; whatever was refused has left nothing behind;
// and what nobody knows of is there as a whole or not at all.
//
//	faultbench -binary bin/clientele [-postgres URL] [-faults kill,mail-451] [-rounds 200] [-report FILE]
//
// It starts the binary as a process of its own and knows it by its API alone.
// Clients write each operation to a ledger before they ask for it and after they
// were answered. The letters come to a mail server of its own, the webhooks to
// endpoints of its own, all on loopback.
//
// It exits with 1 when something does not hold, and with 2 when it could not find
// out. Every verdict is tried on spoilt copies of its evidence, too; -control NAME
// spoils the evidence itself, to see the whole fail.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	holding   = 0
	failing   = 1
	undecided = 2
)

// slow is the control of the one check that is no verdict on evidence.
const slow = "slow-registrations"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// settings are what the command line says.
type settings struct {
	binary    string
	postgres  string
	databases []string
	faults    []fault
	rounds    int
	batch     int
	seed      uint64
	report    string
	control   string
	limit     time.Duration
}

func parse(args []string, getenv func(string) string, errout io.Writer) (s settings, err error) {
	flags := flag.NewFlagSet("faultbench", flag.ContinueOnError)
	flags.SetOutput(errout)
	flags.StringVar(&s.binary, "binary", "bin/clientele", "the `file` to start")
	flags.StringVar(&s.postgres, "postgres", getenv("TEST_POSTGRES_URL"), "`URL` of a PostgreSQL server whose user may create databases; without, SQLite alone is tried (also TEST_POSTGRES_URL)")
	databases := flags.String("databases", "", "sqlite, postgres or both, commas between them; all there are by default")
	names := flags.String("faults", "", "`names` of faults, commas between them; all by default")
	flags.IntVar(&s.rounds, "rounds", 200, "how often the service is killed")
	flags.IntVar(&s.batch, "batch", 50, "after how many kills the service is left to finish what is to be done")
	flags.Uint64Var(&s.seed, "seed", 0, "where chance begins; by chance by default")
	flags.StringVar(&s.report, "report", "", "`file` for a report in JSON")
	flags.StringVar(&s.control, "control", "", "spoil the evidence in this way: "+strings.Join(controlNames(), ", "))
	flags.DurationVar(&s.limit, "limit", 2*time.Hour, "after which everything is given up")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if s.seed == 0 {
		s.seed = uint64(rand.Uint32()) + 1 // #nosec G404 -- chance, and no secret
	}
	if s.databases = items(*databases); s.databases == nil {
		s.databases = []string{onSQLite}
		if s.postgres != "" {
			s.databases = append(s.databases, onPostgres)
		}
	}
	if s.faults, err = chosen(items(*names)); err != nil {
		return s, err
	}
	if s.binary, err = filepath.Abs(s.binary); err != nil {
		return s, err
	}
	return s, s.check(flags.Args())
}

func (s settings) check(rest []string) error {
	for _, database := range s.databases {
		if database != onSQLite && database != onPostgres {
			return fmt.Errorf("-databases: %q is neither %s nor %s", database, onSQLite, onPostgres)
		}
	}
	switch {
	case slices.Contains(s.databases, onPostgres) && s.postgres == "":
		return errors.New("-postgres has to name a server")
	case s.control != "" && !slices.Contains(controlNames(), s.control):
		return fmt.Errorf("-control %q is none", s.control)
	case s.rounds < 1 || s.batch < 1:
		return errors.New("-rounds and -batch have to be 1 or more")
	case len(rest) > 0:
		return fmt.Errorf("%q is not understood", rest[0])
	}
	return nil
}

func chosen(names []string) ([]fault, error) {
	if names == nil {
		return faults, nil
	}
	var all []fault
	for _, name := range names {
		at := slices.IndexFunc(faults, func(f fault) bool { return f.name == name })
		if at < 0 {
			return nil, fmt.Errorf("-faults: %q is none of %s", name, strings.Join(mapped(faults, func(f fault) string { return f.name }), ", "))
		}
		all = append(all, faults[at])
	}
	return all, nil
}

func controlNames() []string {
	return append(mapped(controls, func(c control) string { return c.name }), slow)
}

func items(list string) (all []string) {
	for item := range strings.SplitSeq(list, ",") {
		if item = strings.TrimSpace(item); item != "" {
			all = append(all, item)
		}
	}
	return all
}

func run(ctx context.Context, args []string, getenv func(string) string, out, errout io.Writer) int {
	s, err := parse(args, getenv, errout)
	if errors.Is(err, flag.ErrHelp) {
		return holding
	}
	if err != nil {
		fmt.Fprintln(errout, "faultbench:", err)
		return undecided
	}
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	lines, code := s.tryAll(ctx, out, errout)
	if s.report != "" {
		if err := save(s.report, lines); err != nil {
			fmt.Fprintln(errout, "faultbench:", err)
			return undecided
		}
	}
	return code
}

// tryAll tries every fault on every database, until the context ends.
func (s settings) tryAll(ctx context.Context, out, errout io.Writer) (lines []*line, code int) {
	for _, f := range s.faults {
		for _, database := range s.databases {
			if ctx.Err() != nil {
				return lines, undecided
			}
			l, err := s.try(ctx, f, database)
			if err != nil {
				fmt.Fprintf(errout, "faultbench: %s on %s, seed %d: %v\n", f.name, database, s.seed, err)
				code = undecided
				continue
			}
			if l.print(out); !l.Holds {
				code = max(code, failing)
			}
			lines = append(lines, l)
		}
	}
	return lines, code
}

// try does one fault to one service. The folder of one that does not hold is
// left: it has the ledger, the log and, on SQLite, the database.
func (s settings) try(ctx context.Context, f fault, database string) (*line, error) {
	began := time.Now()
	w, err := newWorld(ctx, s, database)
	if err != nil {
		return nil, err
	}
	l := &line{Fault: f.name, Database: database, Seed: s.seed}
	err = f.run(ctx, w, l)
	err = errors.Join(err, w.close())
	l.conclude(w.service.starts, time.Since(began))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w (see %s)", err, w.folder)
	case !l.Holds:
		l.note("see %s", w.folder)
		return l, nil
	}
	return l, os.RemoveAll(w.folder)
}
