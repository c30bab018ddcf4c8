// Package jobs does work in the background that was asked for in a
// transaction, after the commit of that transaction.
//
// A job is a row beside the data, so it is neither lost by a crash nor done for
// a change that was rolled back. It is done at least once: a process can die
// between the work and the note that it is done, so work has to bear being
// repeated. The queue itself is River, which nothing above this package sees.
package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/clientelehq/clientele/pkg/store"
)

// Job is what to do: a struct that is kept as JSON until it is done. Kind names
// its type for good, since rows outlive a release: a letter or digit, then
// letters, digits, dots, dashes or underscores.
type Job interface{ Kind() string }

// Elsewhere is implemented by jobs that wait for machines of others, and so must not
// keep other jobs waiting: they have a queue of this name to themselves
// (Options.Queues).
type Elsewhere interface{ Queue() string }

// Options are how a queue works. Zero values take what stands behind them.
type Options struct {
	Logger     *slog.Logger   // slog.Default(); never told what a job holds
	Poll       time.Duration  // how often to look for jobs of other processes; 1 s
	Workers    int            // jobs at a time in this process; 8
	Queues     map[string]int // further queues, and how many jobs of each at a time
	Timeout    time.Duration  // a job's context ends after it; 45 s
	FirstRetry time.Duration  // pause after the first failure, doubled after each further one up to two hours; 5 s
	Attempts   int            // before a job is given up; 23, which take about a day
	Rescue     time.Duration  // when a job is begun anew whose process is gone; at least Timeout, by default 15 s more
}

const (
	defaultPoll       = time.Second
	defaultWorkers    = 8
	defaultTimeout    = 45 * time.Second
	defaultFirstRetry = 5 * time.Second
	defaultAttempts   = 23
	longestRetry      = 2 * time.Hour

	// Looking costs the database something at rest. Who adds a job to a further queue
	// does it as well, unless the process ends.
	furtherPoll = 5

	// rescueMargin is what a job has to end after its context did.
	rescueMargin = 15 * time.Second
)

const (
	// River takes new jobs at most this often.
	cooldown = 5 * time.Millisecond
	// Rows of finished jobs hold nothing any more, but River refers to them once
	// again shortly after, and does not expect them to be gone.
	keepDone = time.Minute
	// Jobs that were given up keep what they hold, for whoever looks into it.
	keepDead = 7 * 24 * time.Hour
)

// Queue takes jobs and does them. It is made by New, and given its handlers
// before Start.
type Queue struct {
	options Options
	store   *store.Store
	driver  driver
	workers *river.Workers
	client  *river.Client[*sql.Tx]
	running atomic.Int64 // jobs that this process is working on, those of further queues left out
	ending  atomic.Bool
}

// New makes a queue on the database of the store. It neither reads nor writes.
func New(store *store.Store, options Options) (*Queue, error) {
	q := &Queue{options: options.complete(), store: store, workers: river.NewWorkers()}
	q.driver = newDriver(store, q.options.Poll)
	queues := map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: q.options.Workers}}
	for name, workers := range q.options.Queues {
		queues[name] = river.QueueConfig{MaxWorkers: workers, FetchPollInterval: furtherPoll * q.options.Poll}
	}
	client, err := river.NewClient(q.driver, &river.Config{
		Logger:                      slog.New(warnings{q.options.Logger.Handler()}),
		Workers:                     q.workers,
		Queues:                      queues,
		FetchCooldown:               min(cooldown, q.options.Poll),
		FetchPollInterval:           q.options.Poll,
		JobTimeout:                  q.options.Timeout,
		RescueStuckJobsAfter:        q.options.Rescue,
		MaxAttempts:                 q.options.Attempts,
		RetryPolicy:                 backoff{first: q.options.FirstRetry},
		CompletedJobRetentionPeriod: keepDone,
		CancelledJobRetentionPeriod: keepDead,
		DiscardedJobRetentionPeriod: keepDead,
	})
	if err != nil {
		return nil, fmt.Errorf("job queue: %w", err)
	}
	q.client = client
	return q, nil
}

func (o Options) complete() Options {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	setDefault(&o.Poll, defaultPoll)
	setDefault(&o.Workers, defaultWorkers)
	setDefault(&o.Timeout, defaultTimeout)
	setDefault(&o.FirstRetry, defaultFirstRetry)
	setDefault(&o.Attempts, defaultAttempts)
	setDefault(&o.Rescue, o.Timeout+rescueMargin)
	return o
}

func setDefault[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}

// Add asks for a job in the transaction: it is done soon after the commit, and
// never if there is none.
func (q *Queue) Add(ctx context.Context, tx *store.Tx, job Job) error {
	return q.AddAfter(ctx, tx, job, 0)
}

// AddAfter is Add for a job that is done when some time has passed, or up to a few
// seconds later.
func (q *Queue) AddAfter(ctx context.Context, tx *store.Tx, job Job, wait time.Duration) error {
	within := tx.SQL()
	if within == nil {
		return fmt.Errorf("job %s: jobs are added in a transaction that writes", job.Kind())
	}
	options := identified()
	options.Queue = queueOf(job)
	if wait > 0 {
		options.ScheduledAt = time.Now().Add(wait)
	}
	if _, err := q.client.InsertTx(ctx, within, job, options); err != nil {
		return fmt.Errorf("job %s: %w", job.Kind(), err)
	}
	if wait <= 0 {
		q.driver.bell.ring(options.Queue)
	}
	return nil
}

func queueOf(job Job) string {
	if elsewhere, ok := job.(Elsewhere); ok {
		return elsewhere.Queue()
	}
	return river.QueueDefault
}

// Every asks for the job again and again while the queue runs, and once soon
// after its start. Of several replicas one asks. It is called before Start.
func (q *Queue) Every(interval time.Duration, job Job) {
	q.client.PeriodicJobs().Add(river.NewPeriodicJob(
		river.PeriodicInterval(interval),
		func() (river.JobArgs, *river.InsertOpts) { return job, identified() },
		&river.PeriodicJobOpts{RunOnStart: true},
	))
}

// metadata is what is kept with a job besides the job itself.
type metadata struct {
	ID string `json:"clientele_id"`
}

// identified gives a job an id that no other database has as well, as River's
// numbers do: it may become part of a Message-ID.
func identified() *river.InsertOpts {
	encoded, _ := json.Marshal(metadata{ID: uuid.NewString()}) // a string cannot fail
	return &river.InsertOpts{Metadata: encoded}
}

// Start begins to do jobs, and returns. The queue outlives the context: it ends
// with Stop.
func (q *Queue) Start(ctx context.Context) error {
	q.ending.Store(false)
	if err := q.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("job queue: %w", err)
	}
	return nil
}

// stopGrace is how long jobs may take to notice that they were cancelled.
const stopGrace = 2 * time.Second

// Stop takes no further jobs and lets those that run finish. When the context
// ends before they have, their own contexts end too, and another attempt
// follows at the next start. A queue that was not started is stopped already.
func (q *Queue) Stop(ctx context.Context) error {
	q.ending.Store(true)
	stopped := q.client.Stop(ctx)
	if stopped == nil {
		return nil
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
	defer cancel()
	if err := q.client.StopAndCancel(grace); err != nil {
		return fmt.Errorf("job queue: jobs are still running: %w", err)
	}
	return fmt.Errorf("job queue: jobs were cut short: %w", stopped)
}

// Ending reports whether Stop was called: a job that could go on for long leaves the
// rest to another.
func (q *Queue) Ending() bool { return q.ending.Load() }

// Counts is how many jobs there are, by what becomes of them.
type Counts struct {
	Due     int // to be done now
	Running int
	Waiting int // for their time, or for another attempt
	Dead    int // given up in the last seven days
}

// Counts reads them from the database, for metrics.
func (q *Queue) Counts(ctx context.Context) (Counts, error) {
	rows, err := q.store.SQL().QueryContext(ctx, "SELECT state, scheduled_at <= "+q.driver.now+", count(*) FROM river_job GROUP BY 1, 2")
	if err != nil {
		return Counts{}, fmt.Errorf("job queue: %w", err)
	}
	defer rows.Close()
	var counts Counts
	for rows.Next() {
		var state string
		var due bool
		var count int
		if err := rows.Scan(&state, &due, &count); err != nil {
			return Counts{}, fmt.Errorf("job queue: %w", err)
		}
		counts.add(rivertype.JobState(state), due, count)
	}
	return counts, rows.Err()
}

func (c *Counts) add(state rivertype.JobState, due bool, count int) {
	switch state {
	case rivertype.JobStateCompleted:
	case rivertype.JobStateRunning:
		c.Running += count
	case rivertype.JobStateCancelled, rivertype.JobStateDiscarded:
		c.Dead += count
	case rivertype.JobStateAvailable:
		if due {
			c.Due += count
			return
		}
		c.Waiting += count
	default:
		c.Waiting += count
	}
}
