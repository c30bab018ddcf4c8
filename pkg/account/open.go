package account

import (
	"context"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/jobs"
	"github.com/clientelehq/clientele/pkg/store"
)

// Open makes the service ready: the signing keys are read, or the first one is
// made, and the jobs get their handlers. It has to run before the first
// request and before the queue starts.
func (s *Service) Open(ctx context.Context) error {
	s.handleLetters()
	s.handleWebhooks()
	jobs.Handle(s.Queue, s.tidy)
	s.Queue.Every(time.Hour, tidying{})
	jobs.Handle(s.Queue, func(ctx context.Context, _ erasing) error { return s.EraseDue(ctx) })
	s.Queue.Every(time.Minute, erasing{})
	jobs.Handle(s.Queue, s.exportData)
	if err := s.Store.Write(ctx, func(tx *store.Tx) error { return tx.EnsureStore(s.Rules.Store) }); err != nil {
		return err
	}
	return s.openKeys(ctx)
}

// tidying removes what has expired, and renews what has grown old.
type tidying struct{}

// Kind names the job.
func (tidying) Kind() string { return "tidy" }

// tidy does each of it by itself: that one takes too long, after an attack say, is
// no reason to leave the others.
func (s *Service) tidy(ctx context.Context, _ tidying) error {
	var errs []error
	for _, remove := range []func(*store.Tx) error{
		(*store.Tx).DeleteExpiredSessions,
		(*store.Tx).DeleteExpiredKeys,
		(*store.Tx).DeleteOldDataExports,
		func(tx *store.Tx) error { return tx.DeleteOldAnswers(tx.Now.Add(-answersKept)) },
		func(tx *store.Tx) error { return tx.DeleteOldNetworks(tx.Now.Add(-familiarFor)) },
		func(tx *store.Tx) error { return tx.DeleteOldAuditEvents(tx.Now.Add(-s.Rules.AuditFor)) },
		func(tx *store.Tx) error { return tx.DeleteOldEvents(tx.Now.Add(-s.Rules.EventsFor)) },
		func(tx *store.Tx) error { return tx.DeleteOldThrottles(tx.Now.Add(-longestWindow)) },
	} {
		errs = append(errs, s.Store.Write(ctx, remove))
	}
	return errors.Join(append(errs, s.placeEvents(ctx), s.keepKeys(ctx))...)
}
