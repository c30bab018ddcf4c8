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
	jobs.Handle(s.Queue, s.tidy)
	s.Queue.Every(time.Hour, tidying{})
	return s.openKeys(ctx)
}

// tidying removes what has expired, and renews what has grown old.
type tidying struct{}

// Kind names the job.
func (tidying) Kind() string { return "tidy" }

func (s *Service) tidy(ctx context.Context, _ tidying) error {
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.DeleteExpiredSessions(); err != nil {
			return err
		}
		if err := tx.DeleteExpiredKeys(); err != nil {
			return err
		}
		if err := tx.DeleteOldAnswers(tx.Now.Add(-answersKept)); err != nil {
			return err
		}
		if err := tx.DeleteOldNetworks(tx.Now.Add(-familiarFor)); err != nil {
			return err
		}
		if err := tx.DeleteOldAuditEvents(tx.Now.Add(-s.Rules.AuditFor)); err != nil {
			return err
		}
		return tx.DeleteOldThrottles(tx.Now.Add(-longestWindow))
	})
	return errors.Join(err, s.keepKeys(ctx))
}
