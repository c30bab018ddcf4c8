package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// world is one service on an empty database of its own, with the mail server and
// the receivers that it talks to, and clients that write down what they do.
type world struct {
	settings
	folder   string
	database *database
	service  *service
	sink     *sink
	api      *api
	ledger   *ledger
	crowd    *crowd

	cursor    string // up to which the feed was followed
	followed  []event
	receivers []*receiver
	works     int // that went before: each has a seed of its own
}

// newWorld starts the service.
func newWorld(ctx context.Context, s settings, kind string) (w *world, err error) {
	w = &world{settings: s, crowd: &crowd{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.folder, err = os.MkdirTemp("", "faultbench"); err != nil {
		return w, err
	}
	if w.database, err = newDatabase(ctx, kind, s.postgres, w.folder); err != nil {
		return w, err
	}
	if w.ledger, err = newLedger(filepath.Join(w.folder, "ledger")); err != nil {
		return w, err
	}
	certificate := filepath.Join(w.folder, "mail.pem")
	if w.sink, err = newSink(certificate); err != nil {
		return w, err
	}
	w.service = &service{binary: s.binary, folder: w.folder, env: []string{
		"SSL_CERT_FILE=" + certificate,
		"CLIENTELE_DATABASE_URL=" + w.database.url,
		"CLIENTELE_MAIL_URL=smtp://" + w.sink.address,
		"CLIENTELE_ADMIN_API_KEY=" + adminKey,
		"CLIENTELE_RATE_LIMITS=off",
		"CLIENTELE_ERASURE_NOTICE=on",
		"CLIENTELE_LOG_LEVEL=warn",
	}}
	if w.service.api, err = port(); err != nil {
		return w, err
	}
	for w.service.ops == "" || w.service.ops == w.service.api {
		if w.service.ops, err = port(); err != nil {
			return w, err
		}
	}
	w.api = newAPI("http://" + w.service.api)
	if err = w.service.start(ctx); err != nil {
		return w, err
	}
	w.service.starts = nil // on an empty database it is no restart
	return w, nil
}

// close ends everything but leaves the folder.
func (w *world) close() error {
	var all []error
	if w.service != nil {
		all = append(all, w.service.kill())
		if w.service.log != nil {
			all = append(all, w.service.log.Close())
		}
	}
	for _, r := range w.receivers {
		r.close()
	}
	if w.sink != nil {
		w.sink.close()
	}
	if w.ledger != nil {
		all = append(all, w.ledger.close())
	}
	if w.database != nil {
		all = append(all, w.database.drop())
	}
	return errors.Join(all...)
}

// work has clients work until the context ends, or for a budget of operations.
func (w *world) work(ctx context.Context, l *load, budget int) error {
	w.works++
	return l.run(ctx, w.seed+uint64(w.works), budget) // #nosec G115 -- never negative
}

// clients are ready to work.
func (w *world) clients() *load {
	return &load{api: w.api, ledger: w.ledger, crowd: w.crowd, refusal: 5, answered: make(chan struct{})}
}

// registerSome has clients register newcomers and returns how long each took.
func (w *world) registerSome(number int) ([]time.Duration, error) {
	l := w.clients()
	var working sync.WaitGroup
	for range waitingClients {
		working.Go(func() {
			for range number / waitingClients {
				l.register(w.crowd.newcomer())
			}
		})
	}
	working.Wait()
	return l.took, l.err
}

// follow reads on in the feed, as a consumer does that keeps its cursor.
func (w *world) follow(ctx context.Context) error {
	events, last, err := w.api.events(ctx, w.cursor)
	w.followed, w.cursor = append(w.followed, events...), last
	return err
}

// settleLimit is longer than it takes until jobs are begun anew whose process
// was killed: a minute, until somebody looks, who first has to notice that the
// one who looked is gone.
const settleLimit = 4 * time.Minute

// settle waits until no letter is to be sent any more. Letters that wait for
// their time are tried at once.
func (w *world) settle(ctx context.Context) error {
	return until(ctx, settleLimit, "letters are still to be sent", func() (bool, error) {
		left, err := w.api.jobs(ctx, "letter_", unfinished...)
		if err != nil || len(left) == 0 {
			return err == nil, err
		}
		waiting := slices.DeleteFunc(left, func(j job) bool { return j.State == "running" || j.State == "available" && j.Attempt == 0 })
		return false, w.api.hurry(ctx, waiting)
	})
}

// gather collects what a verdict rests on. The service is well and idle.
func (w *world) gather(ctx context.Context, calm bool) (e evidence, err error) {
	e.calm = calm
	if err := w.follow(ctx); err != nil {
		return e, err
	}
	if e.operations, err = readLedger(w.ledger.file.Name()); err != nil {
		return e, err
	}
	if e.events, _, err = w.api.events(ctx, ""); err != nil {
		return e, err
	}
	if e.customers, err = w.api.customers(ctx); err != nil {
		return e, err
	}
	e.letters, e.followed = w.sink.received(), w.followed
	e.deliveries, e.spans = map[string][]delivery{}, map[string]span{}
	for _, r := range w.receivers {
		if r.hopeless {
			continue
		}
		e.deliveries[r.name], e.spans[r.name] = r.received(), span{r.from, r.sure, len(e.events)}
		if r.until > 0 {
			e.spans[r.name] = span{r.from, r.sure, r.until}
		}
	}
	return e, nil
}

// judge puts the verdict on the line, and tries what the controls make of the
// evidence.
func (w *world) judge(ctx context.Context, l *line, calm bool) error {
	e, err := w.gather(ctx, calm)
	if err != nil {
		return err
	}
	l.Controls, l.Missed = tryControls(e)
	if chosen := slices.IndexFunc(controls, func(c control) bool { return c.name == w.control }); chosen >= 0 && !controls[chosen].spoil(&e) {
		return fmt.Errorf("there is nothing to spoil by %s", w.control)
	}
	before := l.Faults
	l.verdict = *judge(e)
	l.Faults = append(before, l.Faults...)
	for _, name := range l.Missed {
		l.fault("the control %s was not noticed", name)
	}
	if l.Controls == 0 {
		l.fault("no control could be tried")
	}
	return nil
}
