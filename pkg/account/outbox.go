package account

import (
	"context"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// Developer is whoever looks at captured letters where no key is asked for: in
// development alone. They may read those and nothing else.
func Developer(client Client) Actor {
	return Actor{Client: client, scopes: map[Scope]bool{ReadOutbox: true}}
}

// OutboxMessages returns captured letters, newest first, and how many there
// are. Letters that were asked for before are waited for, so that a test which
// registers and then reads finds its key. It needs an API key with
// ReadOutbox: Unauthorized (411) without.
func (s *Service) OutboxMessages(ctx context.Context, actor Actor, filter store.OutboxFilter) (messages []model.OutboxMessage, total int64, err error) {
	if err := s.mayReadOutbox(ctx, actor); err != nil {
		return nil, 0, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		messages, total, err = tx.OutboxMessages(filter)
		return err
	})
	return messages, total, err
}

// OutboxMessage returns one captured letter; RouteNotFound when there is none,
// Unauthorized (411) without the scope.
func (s *Service) OutboxMessage(ctx context.Context, actor Actor, id string) (message *model.OutboxMessage, err error) {
	if err := s.mayReadOutbox(ctx, actor); err != nil {
		return nil, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		if message, err = tx.OutboxMessage(id); err == nil && message == nil {
			return errors.RouteNotFound
		}
		return err
	})
	return message, err
}

func (s *Service) mayReadOutbox(ctx context.Context, actor Actor) error {
	if !actor.May(ReadOutbox) {
		return errors.Unauthorized
	}
	return s.Queue.Idle(ctx)
}
