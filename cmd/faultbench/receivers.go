package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// manner is how a receiver of webhooks behaves.
type manner string

const (
	welcomes manner = "good"
	hangs    manner = "hangs"
	refusing manner = "answers 500"
	breaks   manner = "200, then closes"
	floods   manner = "10 MB reply"
)

const flood = 10 << 20

// receiver is an endpoint on loopback. It keeps what it has answered with 200.
type receiver struct {
	name     string
	id       string        // of the endpoint
	from     int           // how many events there were before it was added
	sure     int           // and after
	until    int           // and when it was deleted; 0 while it is there
	hopeless bool          // it never takes anything, and nothing is expected of it
	lag      time.Duration // before a delivery is kept
	server   *http.Server
	gone     chan struct{}

	mutex      sync.Mutex
	manner     manner
	deliveries []delivery
	delays     []time.Duration // of first deliveries, since the event
	seen       map[string]bool
}

// newReceiver starts a good endpoint and returns its URL.
func newReceiver(name string, lag time.Duration) (*receiver, string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	r := &receiver{name: name, lag: lag, manner: welcomes, gone: make(chan struct{}), seen: map[string]bool{}}
	r.server = &http.Server{Handler: r, ReadHeaderTimeout: requestLimit, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = r.server.Serve(listener) }()
	return r, "http://" + listener.Addr().String() + "/", nil
}

func (r *receiver) close() {
	close(r.gone)
	_ = r.server.Close()
}

// ServeHTTP takes a delivery, in its manner.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	var body struct {
		ID       string    `json:"id"`
		Subject  string    `json:"subject"`
		Sequence string    `json:"sequence"`
		Time     time.Time `json:"time"`
	}
	err := json.NewDecoder(io.LimitReader(request.Body, longestAnswer)).Decode(&body)
	sequence, malformed := strconv.ParseInt(body.Sequence, 10, 64)
	if err != nil || malformed != nil {
		http.Error(w, "no CloudEvent", http.StatusBadRequest)
		return
	}
	switch how := r.now(); how {
	case hangs:
		select {
		case <-r.gone:
		case <-request.Context().Done():
		}
		return
	case refusing:
		w.WriteHeader(http.StatusInternalServerError)
		return
	default:
		if pause(request.Context(), r.lag) != nil {
			return // whoever sent it is gone
		}
		r.keep(delivery{ID: request.Header.Get("Webhook-Id"), BodyID: body.ID, Customer: body.Subject, Sequence: sequence}, time.Since(body.Time))
		r.reply(w, how)
	}
}

func (r *receiver) reply(w http.ResponseWriter, how manner) {
	switch how {
	case breaks:
		w.Header().Set("Content-Length", "1000")
		w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(w, "and then")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case floods:
		_, _ = io.CopyN(w, zeros{}, flood)
	}
}

// behave changes the manner from now on.
func (r *receiver) behave(how manner) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.manner = how
}

func (r *receiver) now() manner {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.manner
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func (r *receiver) keep(d delivery, delay time.Duration) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.deliveries = append(r.deliveries, d)
	if !r.seen[d.ID] {
		r.seen[d.ID] = true
		r.delays = append(r.delays, delay)
	}
}

func (r *receiver) received() []delivery {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return slices.Clone(r.deliveries)
}

// takeDelays returns the delays since the last time.
func (r *receiver) takeDelays() (delays []time.Duration) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	delays, r.delays = r.delays, nil
	return delays
}

// expects reports whether everything that happens now has to come.
func (r *receiver) expects() bool { return !r.hopeless && r.until == 0 }

func (r *receiver) has(events []event) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return !slices.ContainsFunc(events, func(e event) bool { return !r.seen[e.ID] })
}

// addReceivers has the service tell endpoints of all events from now on.
func (w *world) addReceivers(ctx context.Context, number int, lag time.Duration) error {
	if err := w.follow(ctx); err != nil {
		return err
	}
	for range number {
		r, url, err := newReceiver(fmt.Sprintf("endpoint %d", len(w.receivers)+1), lag)
		if err != nil {
			return err
		}
		w.receivers = append(w.receivers, r)
		made := w.api.document(ctx, http.MethodPost, "/webhook-endpoints", adminKey, resource("webhook-endpoints", object{"url": url, "eventTypes": []string{}}))
		if err := made.fault(); err != nil {
			return fmt.Errorf("an endpoint cannot be added: %w", err)
		}
		r.id, r.from = reference(made.body), len(w.followed)
		if err := w.follow(ctx); err != nil {
			return err
		}
		r.sure = len(w.followed)
	}
	return nil
}

// settleReceivers waits until endpoints have what is in the feed. What they have
// not in the end is lost, and the verdict says so.
func (w *world) settleReceivers(ctx context.Context, receivers ...*receiver) error {
	limit := time.Now().Add(settleLimit)
	return until(ctx, 2*settleLimit, "events are still to be delivered", func() (bool, error) {
		if err := w.follow(ctx); err != nil {
			return false, err
		}
		behind := slices.ContainsFunc(receivers, func(r *receiver) bool { return r.expects() && !r.has(w.followed[r.sure:]) })
		return !behind || time.Now().After(limit), nil
	})
}

// removeReceivers deletes the endpoints that are there. Nothing happens meanwhile.
func (w *world) removeReceivers(ctx context.Context) error {
	for _, r := range w.receivers {
		if r.until > 0 {
			continue
		}
		if err := w.api.document(ctx, http.MethodDelete, "/webhook-endpoints/"+r.id, adminKey, nil).fault(); err != nil {
			return fmt.Errorf("an endpoint cannot be deleted: %w", err)
		}
		r.until = len(w.followed)
	}
	return nil
}
