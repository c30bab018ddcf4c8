package account

import (
	"context"
	"slices"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/jobs"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// From an event to an endpoint it is three steps, each a job that the one before asks
// for in its own transaction, so that nothing is lost wherever a process dies:
//
//	the transaction that changes something writes the event, and asks for
//	fanningOut, which makes a delivery for each endpoint that wants it, and asks for
//	delivering, which sends what is due to one endpoint.
//
// An endpoint is leased while it is sent to: of any number of processes one sends,
// one event after the other, and no transaction is open meanwhile. A lease ends by
// itself. What is committed while somebody sends is seen by them, who look once more
// after they have given the lease back.

// mostFannedOut is how many events deliveries are made of in one transaction.
const mostFannedOut = 1000

// fanningOut gives events their place in the feed and makes deliveries of them.
type fanningOut struct{}

// Kind names the job.
func (fanningOut) Kind() string { return "events_fan_out" }

// replaying makes deliveries of what has happened before, from a position on.
type replaying struct {
	Endpoint string    `json:"endpoint"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	After    int64     `json:"after"`
}

// Kind names the job.
func (replaying) Kind() string { return "webhook_replay" }

// sweeping finds what was lost on its way.
type sweeping struct{}

// Kind names the job.
func (sweeping) Kind() string { return "webhook_sweep" }

func (s *Service) handleWebhooks() {
	jobs.Handle(s.Queue, func(ctx context.Context, _ fanningOut) error { return s.fanOut(ctx) })
	jobs.Handle(s.Queue, s.deliver)
	jobs.Handle(s.Queue, s.replay)
	jobs.Handle(s.Queue, func(ctx context.Context, _ sweeping) error { return s.TellWhatIsDue(ctx) })
	s.Queue.Every(time.Minute, sweeping{})
}

// tellEndpoints asks for the event's deliveries, once in a transaction.
func (s *Service) tellEndpoints(tx *store.Tx, storeName string) {
	tx.AtEndOnce("webhooks", func(tx *store.Tx) error {
		wanted, err := tx.HasWebhookEndpoints(storeName)
		if err != nil || !wanted {
			return err
		}
		return s.Queue.Add(tx.Context(), tx, fanningOut{})
	})
}

// fanOut makes deliveries of all events that have none yet.
func (s *Service) fanOut(ctx context.Context) error {
	if err := s.placeEvents(ctx); err != nil {
		return err
	}
	for {
		behind, err := s.isBehind(ctx)
		if err != nil || !behind {
			return err
		}
		err = s.Store.Write(ctx, func(tx *store.Tx) error {
			end, err := tx.EndOfFeed()
			if err != nil {
				return err
			}
			endpoints, err := tx.LockWebhookEndpoints()
			if err != nil {
				return err
			}
			for i := range endpoints {
				if err := s.fanOutTo(tx, &endpoints[i], end); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// isBehind reports whether an endpoint has events to be told of. It writes nothing,
// for of several jobs most find that another has done it.
func (s *Service) isBehind(ctx context.Context) (behind bool, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		end, err := tx.EndOfFeed()
		if err != nil {
			return err
		}
		endpoints, err := tx.AllWebhookEndpoints()
		behind = slices.ContainsFunc(endpoints, func(e model.WebhookEndpoint) bool { return e.Enabled && e.Position < end })
		return err
	})
	return behind, err
}

func (s *Service) fanOutTo(tx *store.Tx, endpoint *model.WebhookEndpoint, end int64) error {
	after := endpoint.Position
	if after >= end {
		return nil
	}
	endpoint.Position = min(end, after+mostFannedOut)
	made, err := tx.AddWebhookDeliveries(endpoint, typesOf(endpoint), after, endpoint.Position)
	if err != nil {
		return err
	}
	if err := tx.SaveWebhookEndpoint(endpoint); err != nil || made == 0 {
		return err
	}
	return s.Queue.Add(tx.Context(), tx, delivering{Endpoint: endpoint.ID})
}

// typesOf are the types of events that an endpoint asked for, by whatever names.
func typesOf(endpoint *model.WebhookEndpoint) []string {
	types := make([]string, len(endpoint.EventTypes))
	for i, name := range endpoint.EventTypes {
		if types[i] = EventAliases()[name]; types[i] == "" {
			types[i] = name
		}
	}
	return types
}

// nameFor is what an endpoint calls the type of an event.
func nameFor(endpoint *model.WebhookEndpoint, kind string) string {
	if len(endpoint.EventTypes) == 0 || slices.Contains(endpoint.EventTypes, kind) {
		return kind
	}
	for alias, stands := range EventAliases() {
		if stands == kind && slices.Contains(endpoint.EventTypes, alias) {
			return alias
		}
	}
	return kind // it has changed its mind
}

// replay makes deliveries of a part of the feed, and asks for the next part.
func (s *Service) replay(ctx context.Context, job replaying) error {
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		endpoint, err := tx.LockWebhookEndpointOf(job.Endpoint)
		if err != nil {
			return err
		}
		end, err := tx.EndOfFeed()
		if err != nil {
			return err
		}
		next := min(end, job.After+mostFannedOut)
		made, err := tx.RepeatWebhookDeliveries(endpoint, typesOf(endpoint), job.After, next, job.From, job.To)
		if err != nil {
			return err
		}
		if made > 0 {
			if err := s.Queue.Add(ctx, tx, delivering{Endpoint: endpoint.ID}); err != nil {
				return err
			}
		}
		if next >= end {
			return nil
		}
		job.After = next
		return s.Queue.Add(ctx, tx, job)
	})
	if errors.Is(err, errors.RouteNotFound) { // deleted meanwhile
		return nil
	}
	return err
}

// TellWhatIsDue asks for everything to be sent that is due and that nobody sends. It is
// called every minute, and finds what a process has left that died, or a job that an
// operator has given up.
func (s *Service) TellWhatIsDue(ctx context.Context) error {
	if err := s.fanOut(ctx); err != nil {
		return err
	}
	due, err := s.due(ctx)
	if err != nil || len(due) == 0 {
		return err
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		for _, id := range due {
			if err := s.Queue.Add(ctx, tx, delivering{Endpoint: id}); err != nil {
				return err
			}
		}
		return nil
	})
}

// due returns the endpoints, of those with these ids or of all, to which something is
// to be sent now.
func (s *Service) due(ctx context.Context, ids ...string) (due []string, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		due, err = tx.DueWebhookEndpoints(ids...)
		return err
	})
	return due, err
}
