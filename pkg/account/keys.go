package account

import (
	"context"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/jobs"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/token"
)

// Open makes the service ready: the signing keys are read, or the first one is
// made, and the jobs get their handlers. It has to run before the first
// request and before the queue starts.
func (s *Service) Open(ctx context.Context) error {
	s.handleLetters()
	jobs.Handle(s.Queue, s.tidy)
	s.Queue.Every(time.Hour, tidying{})
	return s.loadKeys(ctx)
}

// loadKeys gives the signing keys in the database to the token issuer. Of
// several replicas that start on an empty database, one makes the key: the
// others find it, for the write transaction looks again.
func (s *Service) loadKeys(ctx context.Context) error {
	var stored []model.SigningKey
	err := s.Store.Write(ctx, func(tx *store.Tx) (err error) {
		if err := tx.LockSigningKeys(); err != nil {
			return err
		}
		if stored, err = tx.SigningKeys(); err != nil || len(stored) > 0 {
			return err
		}
		made, err := s.newSigningKey(tx)
		if err != nil {
			return err
		}
		stored = []model.SigningKey{*made}
		return tx.AddSigningKey(made)
	})
	if err != nil {
		return err
	}
	var keys []token.Key
	for _, key := range stored {
		private, err := token.Unseal(s.Secret, key.Private, key.ID)
		if err != nil {
			return errors.Join(errors.New("the signing keys in the database were sealed under another CLIENTELE_SECRET"), err)
		}
		keys = append(keys, token.Key{ID: key.ID, Public: key.Public, Private: private, CreatedAt: key.CreatedAt, RetiredAt: key.RetiredAt})
	}
	return s.Tokens.SetKeys(keys)
}

func (s *Service) newSigningKey(tx *store.Tx) (*model.SigningKey, error) {
	key, err := token.NewKey(tx.Now)
	if err != nil {
		return nil, err
	}
	sealed, err := token.Seal(s.Secret, key.Private, key.ID)
	if err != nil {
		return nil, err
	}
	return &model.SigningKey{ID: key.ID, Algorithm: "EdDSA", Public: key.Public, Private: sealed, CreatedAt: tx.Now}, nil
}

// tidying removes what has expired.
type tidying struct{}

// Kind names the job.
func (tidying) Kind() string { return "tidy" }

func (s *Service) tidy(ctx context.Context, _ tidying) error {
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.DeleteExpiredSessions(); err != nil {
			return err
		}
		if err := tx.DeleteExpiredKeys(); err != nil {
			return err
		}
		if err := tx.DeleteOldAnswers(tx.Now.Add(-answersKept)); err != nil {
			return err
		}
		return tx.DeleteOldThrottles(tx.Now.Add(-throttleWindow - throttleBlock))
	})
}
