package jobs

import (
	"context"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/store"
)

// State is what becomes of a job.
type State = rivertype.JobState

// The states that operators deal with.
const (
	Available State = rivertype.JobStateAvailable // to be done now
	Cancelled State = rivertype.JobStateCancelled // given up, by its own account or by an operator
)

// States lists every state that a job can be in.
func States() []State { return rivertype.JobStates() }

// Dead lists the states of jobs that were given up, and can be brought back.
func Dead() []State { return []State{rivertype.JobStateCancelled, rivertype.JobStateDiscarded} }

// Entry is what operators see of a job: never what it holds, which may be
// somebody's address.
type Entry struct {
	Number      int64 // ascending in order of creation
	Kind        string
	State       State
	Attempt     int // how often it was tried
	MaxAttempts int
	LastError   string    // "" when no attempt failed
	AddedAt     time.Time // by the database's clock, like all of these
	ScheduledAt time.Time // of the next attempt
	FinishedAt  *time.Time
}

// Filter narrows and pages jobs. What is left empty does not narrow.
type Filter struct {
	States []State
	Kind   string

	// The list has the newest first. A page begins after a job, that is with the one
	// before it, or ends before one.
	AfterNumber  *int64
	BeforeNumber *int64
	Limit        int // 1 or more
}

// List returns a page of jobs, the newest first.
func (q *Queue) List(ctx context.Context, filter Filter) ([]Entry, error) {
	backwards := filter.BeforeNumber != nil && filter.AfterNumber == nil
	params := river.NewJobListParams().First(filter.Limit)
	if params = params.OrderBy(river.JobListOrderByID, river.SortOrderDesc); backwards {
		params = params.OrderBy(river.JobListOrderByID, river.SortOrderAsc)
	}
	if len(filter.States) > 0 {
		params = params.States(filter.States...)
	}
	if filter.Kind != "" {
		params = params.Kinds(filter.Kind)
	}
	if filter.AfterNumber != nil {
		params = params.Where("id < @after", river.NamedArgs{"after": *filter.AfterNumber})
	}
	if filter.BeforeNumber != nil {
		params = params.Where("id > @before", river.NamedArgs{"before": *filter.BeforeNumber})
	}
	found, err := q.client.JobList(ctx, params)
	if err != nil {
		return nil, errors.ServiceUnavailable.Because(err)
	}
	entries := make([]Entry, len(found.Jobs))
	for i, row := range found.Jobs {
		entries[i] = newEntry(row)
	}
	if backwards {
		slices.Reverse(entries)
	}
	return entries, nil
}

// Find returns one job; RouteNotFound when there is none.
func (q *Queue) Find(ctx context.Context, number int64) (*Entry, error) {
	return entry(q.client.JobGet(ctx, number))
}

// Retry has a job tried again soon, given up or not; JobUnchangeable for one that is
// running or done, RouteNotFound when there is none.
func (q *Queue) Retry(ctx context.Context, tx *store.Tx, number int64) (*Entry, error) {
	if err := q.changeable(ctx, tx, number); err != nil {
		return nil, err
	}
	row, err := q.client.JobRetryTx(ctx, tx.SQL(), number)
	if err == nil {
		q.driver.bell.ring(row.Queue)
	}
	return entry(row, err)
}

// Discard gives a job up. It returns what Retry does.
func (q *Queue) Discard(ctx context.Context, tx *store.Tx, number int64) (*Entry, error) {
	if err := q.changeable(ctx, tx, number); err != nil {
		return nil, err
	}
	return entry(q.client.JobCancelTx(ctx, tx.SQL(), number))
}

func (q *Queue) changeable(ctx context.Context, tx *store.Tx, number int64) error {
	found, err := entry(q.client.JobGetTx(ctx, tx.SQL(), number))
	if err == nil && (found.State == rivertype.JobStateRunning || found.State == rivertype.JobStateCompleted) {
		return errors.JobUnchangeable
	}
	return err
}

func entry(row *rivertype.JobRow, err error) (*Entry, error) {
	if errors.Is(err, rivertype.ErrNotFound) {
		return nil, errors.RouteNotFound
	}
	if err != nil {
		return nil, errors.ServiceUnavailable.Because(err)
	}
	made := newEntry(row)
	return &made, nil
}

func newEntry(row *rivertype.JobRow) Entry {
	made := Entry{
		Number: row.ID, Kind: row.Kind, State: row.State, Attempt: row.Attempt, MaxAttempts: row.MaxAttempts,
		AddedAt: row.CreatedAt.UTC(), ScheduledAt: row.ScheduledAt.UTC(), FinishedAt: row.FinalizedAt,
	}
	if len(row.Errors) > 0 {
		made.LastError = row.Errors[len(row.Errors)-1].Error
	}
	return made
}
