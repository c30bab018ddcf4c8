package account

import (
	"context"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/jobs"
	"github.com/clientelehq/clientele/pkg/store"
)

// Job is what operators see of a background job.
type Job = jobs.Entry

// JobFilter narrows and pages jobs.
type JobFilter = jobs.Filter

// JobStates lists the states that a job can be in.
func JobStates() []jobs.State { return jobs.States() }

// DeadJobs lists the states of jobs that were given up.
func DeadJobs() []jobs.State { return jobs.Dead() }

// What an operator may make of a job.
const (
	JobAvailable = jobs.Available // it is tried again at once
	JobCancelled = jobs.Cancelled // it is given up
)

// Jobs returns background jobs, the newest first. It needs an API key with
// ReadJobs: Unauthorized (411) without.
func (s *Service) Jobs(ctx context.Context, actor Actor, filter JobFilter) ([]Job, error) {
	if !actor.May(ReadJobs) {
		return nil, errors.Unauthorized
	}
	return s.Queue.List(ctx, filter)
}

// Job returns one background job; RouteNotFound when there is none, Unauthorized
// (411) without the scope.
func (s *Service) Job(ctx context.Context, actor Actor, number int64) (*Job, error) {
	if !actor.May(ReadJobs) {
		return nil, errors.Unauthorized
	}
	return s.Queue.Find(ctx, number)
}

// ChangeJob has a job tried again, or gives it up, by the state that is wanted. It
// needs an API key with WriteJobs: Unauthorized (411) without. It returns Faults of
// attribute validation (901), RouteNotFound, and JobUnchangeable for a job that is
// running or done.
func (s *Service) ChangeJob(ctx context.Context, actor Actor, number int64, state Text) (job *Job, err error) {
	var v validation
	v.text(state, true, notBlank, oneOf([]string{string(JobAvailable), string(JobCancelled)}, errors.ChoiceInvalid))
	if err := v.faults.Err(); err != nil {
		return nil, err
	}
	if !actor.May(WriteJobs) {
		return nil, errors.Unauthorized
	}
	change := s.Queue.Retry
	if text(state) == string(JobCancelled) {
		change = s.Queue.Discard
	}
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		job, err = change(ctx, tx, number)
		return err
	})
	return job, err
}
