package jobs

import (
	"context"
	"encoding/json"

	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/clientelehq/clientele/errors"
)

// Handle tells how jobs of a type are done. work returns nil when the job is
// done, Permanent when it never will be, and any other error to be called
// again later. A panic counts as an error. Every type is handled once, before
// Start.
//
// work is called with a transaction of nobody's: it opens its own. Its context
// ends after Options.Timeout.
func Handle[T Job](q *Queue, work func(ctx context.Context, job T) error) {
	river.AddWorker(q.workers, &worker[T]{queue: q, work: work})
}

// Permanent marks an error that will come again at every attempt: the job is
// given up at once.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return river.JobCancel(err)
}

// Run is one attempt at a job.
type Run struct {
	ID      string    // of the job, unique in the world and the same at every attempt
	Attempt int       // from 1
	AddedAt time.Time // when the job was asked for, by the database's clock
}

type runKey struct{}

// Current returns the attempt that the context belongs to; the zero Run when it
// belongs to none.
func Current(ctx context.Context) Run {
	run, _ := ctx.Value(runKey{}).(Run)
	return run
}

func newRun(row *rivertype.JobRow) Run {
	var kept metadata
	_ = json.Unmarshal(row.Metadata, &kept) // written by identified
	return Run{ID: kept.ID, Attempt: row.Attempt, AddedAt: row.CreatedAt.UTC()}
}

// worker fits a function into River.
type worker[T Job] struct {
	river.WorkerDefaults[T]
	queue *Queue
	work  func(context.Context, T) error
}

// Work does one attempt.
func (w *worker[T]) Work(ctx context.Context, job *river.Job[T]) error {
	if job.Queue == river.QueueDefault {
		w.queue.running.Add(1)
		defer w.queue.running.Add(-1)
	}

	err := w.work(context.WithValue(ctx, runKey{}, newRun(job.JobRow)), job.Args)
	if err == nil {
		w.finish(ctx, job)
		return nil
	}
	if _, permanent := errors.AsType[*river.JobCancelError](err); permanent {
		w.queue.options.Logger.ErrorContext(ctx, "a job was given up", slog.String("kind", job.Kind), slog.Int64("job_id", job.ID), slog.Int("attempt", job.Attempt), slog.String("error", err.Error()))
	}
	return err
}

// finishWithin bounds the note that a job is done.
const finishWithin = 5 * time.Second

// finish notes that the job is done, and forgets what it held, which may be
// somebody's address. River would note it by itself, in a batch up to a quarter
// of a second later, and keep the rest: a process killed meanwhile would do the
// job again, and whoever waits for the queue would wait longer. So a failure
// here is no harm.
func (w *worker[T]) finish(ctx context.Context, job *river.Job[T]) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishWithin)
	defer cancel()
	if err := w.markDone(ctx, job); err != nil {
		w.queue.options.Logger.WarnContext(ctx, "a job is done but not yet marked so", slog.String("kind", job.Kind), slog.Int64("job_id", job.ID), slog.String("error", err.Error()))
	}
}

func (w *worker[T]) markDone(ctx context.Context, job *river.Job[T]) error {
	tx, err := w.queue.store.SQL().BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	if _, err := river.JobCompleteTx[driver](ctx, tx, job); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("UPDATE river_job SET args = '{}' WHERE id = %d", job.ID)); err != nil {
		return err
	}
	return tx.Commit()
}
