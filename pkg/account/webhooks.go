package account

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/token"
	"github.com/clientelehq/clientele/pkg/webhook"
)

const (
	// MostEndpoints is how many endpoints a store may have. As many deliveries are
	// under way at a time: none of them waits for another.
	MostEndpoints = 50

	// formerSecretFor is how long the secret of before signs too.
	formerSecretFor = 24 * time.Hour

	longestURL = 1024
)

// EndpointInput is what is given to add an endpoint or to change one. Absent fields
// keep what is stored.
type EndpointInput struct {
	URL, Description Text
	EventTypes       Field[[]string] // empty or null is all
	WithKeys         Field[bool]
	Enabled          Field[bool]
	Match            Match
}

func (s *Service) checkEndpoint(in EndpointInput, creating bool) error {
	var v validation
	v.text(in.URL, creating, notBlank, atMost(longestURL), s.isWebhookURL)
	v.text(in.Description, false, atMost(longestText))
	if in.EventTypes.Misfit {
		v.faults.Add(errors.TypeInvalid.With("array of strings").On(in.EventTypes.Name))
	}
	if in.EventTypes.Value != nil {
		for _, name := range *in.EventTypes.Value {
			if !slices.Contains(EventTypes(), name) && EventAliases()[name] == "" {
				v.faults.Add(errors.EventTypeUnknown.With(name).On(in.EventTypes.Name))
			}
		}
	}
	v.flag(in.WithKeys, false)
	v.flag(in.Enabled, false)
	return v.faults.Err()
}

func (s *Service) isWebhookURL(value *string) *errors.Error {
	if value == nil || isBlank(*value) {
		return nil
	}
	if err := webhook.CheckURL(*value, s.Webhooks.Insecure); err != nil {
		return errors.WebhookURLRefused.With(err.Error())
	}
	return nil
}

// mayWriteEndpoint says whether the actor may have an endpoint be this way. One that
// is sent the keys of letters could take over every account: for that it takes
// WriteCustomers as well.
func mayWriteEndpoint(actor Actor, endpoint *model.WebhookEndpoint) error {
	if !actor.May(WriteWebhooks) || endpoint.WithKeys && !actor.May(WriteCustomers) {
		return errors.Unauthorized
	}
	return nil
}

func applyEndpoint(endpoint *model.WebhookEndpoint, in EndpointInput) {
	if in.URL.Value != nil {
		endpoint.URL = *in.URL.Value
	}
	assign(&endpoint.Description, in.Description)
	if in.EventTypes.Given {
		endpoint.EventTypes = model.Strings{}
	}
	if in.EventTypes.Value != nil {
		for _, name := range *in.EventTypes.Value {
			if !slices.Contains(endpoint.EventTypes, name) {
				endpoint.EventTypes = append(endpoint.EventTypes, name)
			}
		}
	}
	if in.WithKeys.Value != nil {
		endpoint.WithKeys = *in.WithKeys.Value
	}
}

// EndpointVersion names the state of an endpoint; it changes with what people say of
// it, and not with how it fares.
func EndpointVersion(endpoint *model.WebhookEndpoint) string {
	return strconv.FormatInt(endpoint.Version, 10)
}

// AddEndpoint has an endpoint told of the events from now on, and returns its secret,
// which is shown this once.
//
// It returns Faults of attribute validation (901, WebhookURLRefused,
// EventTypeUnknown), Unauthorized (411) without an API key with WriteWebhooks, and
// for one that is to be sent keys, WriteCustomers; TooManyEndpoints.
func (s *Service) AddEndpoint(ctx context.Context, actor Actor, in EndpointInput) (endpoint *model.WebhookEndpoint, secret string, err error) {
	if err := s.checkEndpoint(in, true); err != nil {
		return nil, "", err
	}
	endpoint = &model.WebhookEndpoint{ID: uuid.NewString(), Store: s.storeOf(actor), EventTypes: model.Strings{}, Enabled: true}
	applyEndpoint(endpoint, in)
	if err := mayWriteEndpoint(actor, endpoint); err != nil {
		return nil, "", err
	}
	secret = webhook.NewSecret()
	if endpoint.Secret, err = s.sealSecret(endpoint, secret); err != nil {
		return nil, "", err
	}
	// What has happened before has its place before.
	if err := s.placeEvents(ctx); err != nil {
		return nil, "", err
	}
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		others, err := tx.WebhookEndpoints(s.storeOf(actor))
		if err != nil {
			return err
		}
		if len(others) >= MostEndpoints {
			return errors.TooManyEndpoints.With(MostEndpoints)
		}
		if endpoint.Position, err = tx.EndOfFeed(); err != nil {
			return err
		}
		if in.Enabled.is(isFalse) {
			endpoint.Enabled, endpoint.DisabledAt = false, &tx.Now
		}
		if err := s.note(tx, actor, endpointCreatedEvent, success, nil); err != nil {
			return err
		}
		return tx.AddWebhookEndpoint(endpoint)
	})
	return endpoint, secret, err
}

func isFalse(value bool) bool { return !value }

func (s *Service) sealSecret(endpoint *model.WebhookEndpoint, secret string) ([]byte, error) {
	return token.Seal(s.Secret, []byte(secret), "webhook "+endpoint.ID)
}

// Endpoints returns all endpoints of the store in order of creation. It needs an API
// key with ReadWebhooks: Unauthorized (411) without.
func (s *Service) Endpoints(ctx context.Context, actor Actor) (endpoints []model.WebhookEndpoint, err error) {
	if !actor.May(ReadWebhooks) {
		return nil, errors.Unauthorized
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		endpoints, err = tx.WebhookEndpoints(s.storeOf(actor))
		return err
	})
	return endpoints, err
}

// Endpoint returns one endpoint; RouteNotFound when there is none, Unauthorized (411)
// without ReadWebhooks.
func (s *Service) Endpoint(ctx context.Context, actor Actor, id string) (endpoint *model.WebhookEndpoint, err error) {
	if !actor.May(ReadWebhooks) {
		return nil, errors.Unauthorized
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		endpoint, err = tx.WebhookEndpoint(s.storeOf(actor), id)
		return err
	})
	return endpoint, err
}

// changeEndpoint runs fn on an endpoint that the transaction holds. It returns
// RouteNotFound, PreconditionFailed, and Unauthorized (411) for what the actor may not
// change, or not in this way.
func (s *Service) changeEndpoint(ctx context.Context, actor Actor, id string, match Match, fn func(tx *store.Tx, endpoint *model.WebhookEndpoint) error) error {
	if !actor.May(WriteWebhooks) {
		return errors.Unauthorized
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		endpoint, err := tx.LockWebhookEndpoint(s.storeOf(actor), id)
		if err != nil {
			return err
		}
		if match != nil && !match(EndpointVersion(endpoint)) {
			return errors.PreconditionFailed.AtHeader("If-Match")
		}
		return fn(tx, endpoint)
	})
}

// ChangeEndpoint changes an endpoint and returns the whole. One that is enabled again
// goes on with what is pending; what happened while it was disabled is told when it
// is asked for (Replay). It returns what AddEndpoint does, RouteNotFound and
// PreconditionFailed.
func (s *Service) ChangeEndpoint(ctx context.Context, actor Actor, id string, in EndpointInput) (endpoint *model.WebhookEndpoint, err error) {
	if err := s.checkEndpoint(in, false); err != nil {
		return nil, err
	}
	if in.Enabled.is(func(enabled bool) bool { return enabled }) {
		if err := s.placeEvents(ctx); err != nil {
			return nil, err
		}
	}
	err = s.changeEndpoint(ctx, actor, id, in.Match, func(tx *store.Tx, found *model.WebhookEndpoint) error {
		endpoint = found
		applyEndpoint(endpoint, in)
		if err := mayWriteEndpoint(actor, endpoint); err != nil {
			return err
		}
		if in.Enabled.Value != nil {
			if err := s.enable(ctx, tx, endpoint, *in.Enabled.Value); err != nil {
				return err
			}
		}
		if err := s.note(tx, actor, endpointChangedEvent, success, nil); err != nil {
			return err
		}
		return tx.ChangeWebhookEndpoint(endpoint)
	})
	return endpoint, err
}

// enable has an endpoint begin or cease to be told, at somebody's wish.
func (s *Service) enable(ctx context.Context, tx *store.Tx, endpoint *model.WebhookEndpoint, enabled bool) (err error) {
	if !enabled {
		if endpoint.Enabled {
			endpoint.Enabled, endpoint.DisabledAt = false, &tx.Now
		}
		return nil
	}
	if !endpoint.Enabled {
		if endpoint.Position, err = tx.EndOfFeed(); err != nil {
			return err
		}
	}
	endpoint.Enabled, endpoint.DisabledReason, endpoint.DisabledAt = true, nil, nil
	endpoint.Failures, endpoint.FailingSince, endpoint.ResumeAt = 0, nil, nil
	return s.Queue.Add(ctx, tx, delivering{Endpoint: endpoint.ID})
}

// DeleteEndpoint removes an endpoint and what was to be sent to it. It returns
// Unauthorized (411) without WriteWebhooks, RouteNotFound, PreconditionFailed.
func (s *Service) DeleteEndpoint(ctx context.Context, actor Actor, id string, match Match) error {
	return s.changeEndpoint(ctx, actor, id, match, func(tx *store.Tx, endpoint *model.WebhookEndpoint) error {
		if err := s.note(tx, actor, endpointDeletedEvent, success, nil); err != nil {
			return err
		}
		return tx.DeleteWebhookEndpoint(endpoint.Number)
	})
}

// RotateSecret gives an endpoint another secret and returns it, this once. The one of
// before signs too for a day. It returns what ChangeEndpoint does for the actor and
// the id.
func (s *Service) RotateSecret(ctx context.Context, actor Actor, id string) (endpoint *model.WebhookEndpoint, secret string, err error) {
	secret = webhook.NewSecret()
	err = s.changeEndpoint(ctx, actor, id, nil, func(tx *store.Tx, found *model.WebhookEndpoint) error {
		endpoint = found
		if err := mayWriteEndpoint(actor, endpoint); err != nil {
			return err
		}
		until := tx.Now.Add(formerSecretFor)
		endpoint.FormerSecret, endpoint.FormerUntil = endpoint.Secret, &until
		if endpoint.Secret, err = s.sealSecret(endpoint, secret); err != nil {
			return err
		}
		if err := s.note(tx, actor, endpointRotatedEvent, success, nil); err != nil {
			return err
		}
		return tx.ChangeWebhookEndpoint(endpoint)
	})
	return endpoint, secret, err
}

// Window is a time whose events are told again.
type Window struct{ From, To Field[string] } // To may be left out: until now

// Replay has an endpoint told of the events of a time again, or for the first time,
// as far as they are kept and of the types that it asked for. It is done in the
// background. parse reads times as the caller's wire writes them.
//
// It returns Faults of attribute validation (901), RouteNotFound, Unauthorized (411)
// like RotateSecret.
func (s *Service) Replay(ctx context.Context, actor Actor, id string, in Window, parse func(string) (time.Time, error)) error {
	var v validation
	isTime := func(value *string) *errors.Error {
		if value != nil {
			if _, err := parse(*value); err != nil {
				return errors.TimeInvalid
			}
		}
		return nil
	}
	v.text(in.From, true, notBlank, isTime)
	v.text(in.To, false, isTime)
	if err := v.faults.Err(); err != nil {
		return err
	}
	from, _ := parse(text(in.From))
	return s.changeEndpoint(ctx, actor, id, nil, func(tx *store.Tx, endpoint *model.WebhookEndpoint) error {
		if err := mayWriteEndpoint(actor, endpoint); err != nil {
			return err
		}
		to := tx.Now
		if in.To.Value != nil {
			to, _ = parse(*in.To.Value)
		}
		after, err := tx.PositionOfTime(endpoint.Store, from)
		if err != nil {
			return err
		}
		if err := s.note(tx, actor, endpointReplayedEvent, success, nil); err != nil {
			return err
		}
		return s.Queue.Add(ctx, tx, replaying{Endpoint: id, From: from.UTC(), To: to.UTC(), After: after})
	})
}

// DeliveryFilter narrows and pages deliveries.
type DeliveryFilter = store.WebhookDeliveryFilter

// Delivery is an event that is told to an endpoint.
type Delivery = store.ToldWebhookDelivery

// Deliveries returns what was, or is to be, told to an endpoint, the newest events
// first. It returns what Endpoint does.
func (s *Service) Deliveries(ctx context.Context, actor Actor, id string, filter DeliveryFilter) (deliveries []Delivery, err error) {
	endpoint, err := s.Endpoint(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	filter.Endpoint = endpoint.Number
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		deliveries, err = tx.WebhookDeliveries(filter)
		return err
	})
	return deliveries, err
}
