package jobs

import (
	"context"
	"database/sql"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"

	"github.com/clientelehq/clientele/pkg/store"
)

const sqlite = "sqlite"

// driver is River's for the database, with a bell in place of notifications
// from the server: database/sql has none. Looking for jobs often instead would
// cost more at rest than the whole service may.
type driver struct {
	riverdriver.Driver[*sql.Tx]
	bell *bell
	now  string // the database's clock, in SQL
	ago  string // likewise, as long ago as strangers are waited for
}

func newDriver(store *store.Store, poll time.Duration) driver {
	made := driver{bell: newBell(poll)}
	if store.Dialect() == sqlite {
		made.Driver = riversqlite.New(store.SQL())
		made.now, made.ago = "datetime('now', 'subsec')", "datetime('now', 'subsec', '-5 seconds')"
		return made
	}
	made.Driver = riverdatabasesql.New(store.SQL())
	made.now, made.ago = "now()", "now() - interval '5 seconds'"
	return made
}

// SupportsListener makes River listen to the bell.
func (d driver) SupportsListener() bool { return true }

// SupportsListenNotify keeps River from sending notifications through the
// server: nobody listens to them, and each takes a lock that all commits of the
// database share.
func (d driver) SupportsListenNotify() bool { return false }

// GetListener returns the bell.
func (d driver) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener { return d.bell }

// firstLook is when the bell is first answered: about the time of a commit.
const firstLook = 2 * time.Millisecond

// bell wakes the queues that jobs were added to. It is rung before the commit,
// which only the caller of Write sees, and so it is answered again and again,
// each time after twice the pause, until the usual looks take over.
type bell struct {
	rings chan struct{}
	poll  time.Duration

	mu   sync.Mutex
	rung map[string]bool // queues, since the bell was last heard

	// Only WaitForNotification uses these, which River calls by one goroutine
	// at a time.
	pause time.Duration
	next  time.Time       // zero while there is nothing to answer
	awake map[string]bool // queues that are woken at each answer
	due   []string        // those that this answer has still to wake
}

func newBell(poll time.Duration) *bell {
	return &bell{rings: make(chan struct{}, 1), poll: poll, rung: map[string]bool{}, awake: map[string]bool{}}
}

func (b *bell) ring(queue string) {
	b.mu.Lock()
	b.rung[queue] = true
	b.mu.Unlock()
	select {
	case b.rings <- struct{}{}:
	default: // is ringing
	}
}

// WaitForNotification returns when it is time to look for jobs.
func (b *bell) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	for len(b.due) == 0 {
		var due <-chan time.Time
		if !b.next.IsZero() {
			due = time.After(time.Until(b.next))
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-b.rings:
			b.hear(time.Now())
		case <-due:
			b.answer(time.Now())
		}
	}
	queue := b.due[0]
	b.due = b.due[1:]
	return &riverdriver.Notification{Topic: "river_insert", Payload: `{"queue":"` + queue + `"}`}, nil
}

// hear starts the series of looks anew. It never puts off one that is near, or
// steady ringing would keep the queue from looking at all.
func (b *bell) hear(now time.Time) {
	b.mu.Lock()
	maps.Copy(b.awake, b.rung)
	clear(b.rung)
	b.mu.Unlock()
	b.pause = firstLook
	if soon := now.Add(firstLook); b.next.IsZero() || b.next.After(soon) {
		b.next = soon
	}
}

func (b *bell) answer(now time.Time) {
	b.due = slices.Collect(maps.Keys(b.awake))
	b.pause *= 2
	b.next = now.Add(b.pause)
	if b.pause > b.poll {
		b.next = time.Time{}
		clear(b.awake)
	}
}

// Close and the rest have nothing to do: there is no connection.
func (b *bell) Close(context.Context) error { return nil }

// Connect does nothing.
func (b *bell) Connect(context.Context) error { return nil }

// Listen does nothing.
func (b *bell) Listen(context.Context, string) error { return nil }

// Ping does nothing.
func (b *bell) Ping(context.Context) error { return nil }

// Schema is the usual one.
func (b *bell) Schema() string { return "" }

// SetAfterConnectExec does nothing.
func (b *bell) SetAfterConnectExec(string) {}

// Unlisten does nothing.
func (b *bell) Unlisten(context.Context, string) error { return nil }

// backoff is when a failed job is tried again.
type backoff struct{ first time.Duration }

// NextRetry returns the time of the next attempt.
func (b backoff) NextRetry(job *rivertype.JobRow) time.Time {
	// A fifth more or less, so that jobs that failed together do not all come
	// back at once.
	return time.Now().Add(time.Duration(float64(b.pause(job.Attempt)) * (0.8 + 0.4*rand.Float64()))) // #nosec G404 -- chance, and no secret
}

// pause is how long to wait after an attempt (from 1) that failed.
func (b backoff) pause(attempt int) time.Duration {
	pause := b.first
	for range attempt - 1 {
		if pause >= longestRetry/2 {
			return longestRetry
		}
		pause *= 2
	}
	return pause
}

// warnings passes on what an operator has to know of River's log: at its start
// and stop it tells much that is of no use to anybody else.
type warnings struct{ slog.Handler }

// Enabled is true from warnings on.
func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

// Handle leaves out what was merely cancelled: River calls it an error when a
// stop interrupts its own housekeeping, and then there is nothing to mend.
func (w warnings) Handle(ctx context.Context, record slog.Record) error {
	cancelled := false
	record.Attrs(func(attribute slog.Attr) bool {
		// River hands causes on as text.
		cancelled = strings.HasSuffix(attribute.Value.String(), context.Canceled.Error())
		return !cancelled
	})
	if cancelled {
		return nil
	}
	return w.Handler.Handle(ctx, record)
}

// WithAttrs keeps the bound.
func (w warnings) WithAttrs(attributes []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attributes)}
}

// WithGroup keeps the bound.
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }
