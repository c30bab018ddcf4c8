package app

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"sync/atomic"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/resources"
)

// The limits of a connection. What a request may hold is bounded where it is
// read; these bound how long a slow or silent client is waited for.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 60 * time.Second
	headerLimit   = 16 << 10 // bytes
)

func newServer(handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn), // in lines like all others
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerLimit,
	}
}

// Serve listens on the addresses of the configuration, works on background
// jobs, and returns once ctx has ended and what was under way is finished:
// readiness goes first, then no connection is accepted any more, then the jobs
// stop.
func (a *App) Serve(ctx context.Context) error {
	api, err := net.Listen("tcp", a.config.Listen)
	if err != nil {
		return err
	}
	var ops net.Listener
	if a.config.OpsListen != "" {
		if ops, err = net.Listen("tcp", a.config.OpsListen); err != nil {
			return errors.Join(err, api.Close())
		}
	}
	return a.ServeOn(ctx, api, ops)
}

// ServeOn is Serve on listeners that are already open; ops may be nil.
func (a *App) ServeOn(ctx context.Context, api, ops net.Listener) error {
	if err := a.queue.Start(context.WithoutCancel(ctx)); err != nil {
		return errors.Join(err, closeAll(api, ops))
	}
	var servers []*http.Server
	failed := make(chan error, 2)
	serve := func(listener net.Listener, handler http.Handler) {
		server := newServer(handler, a.logger)
		servers = append(servers, server)
		go func() { failed <- server.Serve(listener) }()
	}
	serve(api, a.echo)
	attributes := []any{"listen", api.Addr().String(), "url", a.config.PublicURL}
	if ops != nil {
		serve(ops, a.opsHandler())
		attributes = append(attributes, "ops", ops.Addr().String())
	}
	if a.capturesLetters() {
		attributes = append(attributes, "mailbox", a.config.PublicURL+resources.MailboxPath)
	}
	a.logger.InfoContext(ctx, "serving", attributes...)
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed: // Serve never ends well before Shutdown
	}
	a.shutdown(context.WithoutCancel(ctx), servers)
	return err
}

// shutdown first tells load balancers, then lets requests and jobs end. The
// ops listener goes last: a probe shall see the service drain.
func (a *App) shutdown(ctx context.Context, servers []*http.Server) {
	close(a.draining)
	time.Sleep(a.config.ShutdownDelay)
	within := func(end func(context.Context) error) error {
		ctx, cancel := context.WithTimeout(ctx, a.config.ShutdownGrace)
		defer cancel()
		return end(ctx)
	}
	if err := within(servers[0].Shutdown); err != nil {
		// Whoever has not sent their request by now is not waited for.
		a.logger.WarnContext(ctx, "connections were cut", "error", err)
		_ = servers[0].Close()
	}
	if err := within(a.queue.Stop); err != nil {
		// The jobs are tried again at the next start.
		a.logger.WarnContext(ctx, "jobs were cut short", "error", err)
	}
	for _, server := range servers[1:] {
		_ = server.Close()
	}
	a.logger.InfoContext(ctx, "stopped")
}

func closeAll(listeners ...net.Listener) (err error) {
	for _, listener := range listeners {
		if listener != nil {
			err = errors.Join(err, listener.Close())
		}
	}
	return err
}

// opsHandler serves operators on their own listener: never customers.
func (a *App) opsHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", a.readyz())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	return mux
}

// The bounds of a readiness probe: what it costs the database, and how long
// an answer may take.
const (
	readinessKept = time.Second
	readinessWait = time.Second
)

// readyz answers 200 when requests will be answered: the database is there, its
// schema is ours, and the service is not on its way out. The answer is kept for
// a second, so that probes cost the database nothing.
func (a *App) readyz() http.HandlerFunc {
	type state struct {
		at    time.Time
		ready bool
	}
	var last atomic.Pointer[state]
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-a.draining:
			answer(w, http.StatusServiceUnavailable, "draining")
			return
		default:
		}
		current := last.Load()
		if current == nil || time.Since(current.at) > readinessKept {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), readinessWait) // a probe that hangs up says nothing of us
			defer cancel()
			err := a.store.Ready(ctx)
			if err != nil {
				a.logger.WarnContext(ctx, "not ready", "error", err)
			}
			current = &state{at: time.Now(), ready: err == nil}
			last.Store(current)
		}
		if !current.ready {
			answer(w, http.StatusServiceUnavailable, "not ready")
			return
		}
		answer(w, http.StatusOK, "ok")
	}
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}
