package account

import (
	"context"
	"fmt"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// CloudEvent returns an event in the form for others, in the feed and by webhooks
// alike (CloudEvents 1.0, JSON format). source is the public URL of the service. The
// sequence is that of the customer's events, so that texts sort as numbers do.
func CloudEvent(source string, event *model.Event) model.JSON {
	return model.JSON{
		"specversion":     "1.0",
		"id":              event.ID,
		"source":          source,
		"type":            event.Type,
		"subject":         event.Subject,
		"time":            moment(event.CreatedAt),
		"sequence":        fmt.Sprintf("%020d", event.Sequence),
		"datacontenttype": "application/json",
		"data":            map[string]any(event.Data),
	}
}

// EventFilter narrows and pages events.
type EventFilter = store.EventFilter

// LongestWait is how long Events waits for news.
const LongestWait = 8 * time.Second

// Events returns events of the store, the oldest first. With wait it does not
// return empty-handed before that time is over, or something has happened. It needs
// an API key with ReadEvents: Unauthorized (411) without.
func (s *Service) Events(ctx context.Context, actor Actor, filter EventFilter, wait time.Duration) (events []model.Event, err error) {
	if !actor.May(ReadEvents) {
		return nil, errors.Unauthorized
	}
	filter.Store = s.storeOf(actor)
	for i, name := range filter.Types {
		if stands, alias := EventAliases()[name]; alias {
			filter.Types[i] = stands
		}
	}
	enough := time.NewTimer(min(wait, LongestWait))
	defer enough.Stop()
	for {
		if events, err = s.eventsNow(ctx, filter); err != nil || len(events) > 0 || wait == 0 {
			return events, err
		}
		select {
		case <-enough.C:
			return events, nil
		case <-ctx.Done():
			return events, nil
		case <-time.After(lookEvery):
		}
	}
}

// lookEvery is how often somebody who waits is looked for: their events may be
// those of another process, which rings no bell here.
const lookEvery = 250 * time.Millisecond

func (s *Service) eventsNow(ctx context.Context, filter EventFilter) (events []model.Event, err error) {
	if err := s.placeEvents(ctx); err != nil {
		return nil, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		events, err = tx.Events(filter)
		return err
	})
	return events, err
}

// placeEvents gives all events that were committed their place in the feed. It
// writes nothing when they have one.
func (s *Service) placeEvents(ctx context.Context) error {
	for more := true; more; {
		err := s.Store.Read(ctx, func(tx *store.Tx) (err error) {
			more, err = tx.HasUnplacedEvents()
			return err
		})
		if err != nil || !more {
			return err
		}
		err = s.Store.Write(ctx, func(tx *store.Tx) (err error) {
			more, err = tx.PlaceEvents()
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Event returns one event; RouteNotFound when there is none, Unauthorized (411)
// without the scope.
func (s *Service) Event(ctx context.Context, actor Actor, id string) (event *model.Event, err error) {
	if !actor.May(ReadEvents) {
		return nil, errors.Unauthorized
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		if event, err = tx.Event(id); err == nil && (event == nil || event.Store != s.storeOf(actor)) {
			return errors.RouteNotFound
		}
		return err
	})
	return event, err
}
