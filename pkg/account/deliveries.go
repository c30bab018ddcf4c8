package account

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/token"
	"github.com/clientelehq/clientele/pkg/webhook"
)

const (
	// turnFor is how long an endpoint is sent to in one job. Together with the last
	// delivery it has to end within the job's own limit.
	turnFor = 30 * time.Second
	// leaseFor is longer than the job may take.
	leaseFor = 50 * time.Second

	// mostFailures of different events in a row are the endpoint's fault: it is left
	// alone for a while. A single one is left alone itself.
	mostFailures = 3

	// deliverFor is how long a delivery is tried.
	deliverFor = 24 * time.Hour
	// failFor is how long an endpoint may do nothing but fail: when it does not take a
	// single delivery in all of its time, but for the longest pause.
	failFor = 22 * time.Hour
)

// Why endpoints were disabled that nobody has disabled.
const (
	isGone    = "gone"    // it answered 410
	isFailing = "failing" // it did nothing else for a day
)

// WebhookQueue is the queue of deliveries: letters never wait for them.
const WebhookQueue = "webhooks"

// delivering sends to an endpoint what is due.
type delivering struct {
	Endpoint string `json:"endpoint"`
}

// Kind names the job.
func (delivering) Kind() string { return "webhook_deliver" }

// Queue keeps slow endpoints from holding up anything else.
func (delivering) Queue() string { return WebhookQueue }

// deliver sends to an endpoint what is due, unless somebody else does.
func (s *Service) deliver(ctx context.Context, job delivering) error {
	ends := time.Now().Add(turnFor)
	for {
		leased, err := s.leased(ctx, job.Endpoint, func() error { return s.deliverDue(ctx, job.Endpoint, ends) })
		if err != nil || !leased {
			return err
		}
		if due, err := s.due(ctx, job.Endpoint); err != nil || len(due) == 0 {
			return err
		}
		if !s.goesOn(ends) {
			return s.Store.Write(ctx, func(tx *store.Tx) error { return s.Queue.Add(ctx, tx, job) })
		}
	}
}

func (s *Service) goesOn(ends time.Time) bool { return time.Now().Before(ends) && !s.Queue.Ending() }

// leased runs fn while nobody else sends to the endpoint. It reports false when
// somebody does, or nothing is to be sent now.
func (s *Service) leased(ctx context.Context, id string, fn func() error) (leased bool, err error) {
	var until time.Time
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		until = tx.Now.Add(leaseFor)
		leased, err = tx.LeaseWebhookEndpoint(id, until)
		return err
	})
	if err != nil || !leased {
		return false, err
	}
	err = fn()
	// Also when the job's time is over.
	release := s.Store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.ReleaseWebhookEndpoint(id, until) })
	return true, errors.Join(err, release)
}

// deliverDue sends one event after the other. It ends when none is due, when its time
// is over, and when it is the endpoint that fails.
func (s *Service) deliverDue(ctx context.Context, id string, ends time.Time) error {
	for failed := 0; failed < mostFailures && s.goesOn(ends); {
		next, err := s.nextDelivery(ctx, id)
		if err != nil || next == nil {
			return err
		}
		result, err := s.send(ctx, next)
		if err != nil {
			return err
		}
		if result.Outcome == webhook.Delivered {
			failed = 0
			err = s.noteDelivered(ctx, next, result)
		} else {
			failed++
			if result.RetryAfter > 0 {
				failed = mostFailures
			}
			err = s.noteFailed(ctx, next, result, failed == mostFailures)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// dispatch is a delivery with all that it takes to send it.
type dispatch struct {
	endpoint *model.WebhookEndpoint
	delivery *model.WebhookDelivery
	event    *model.Event // as the endpoint is told of it
	broken   error        // why the event cannot be read
}

// nextDelivery reads what is to be sent now; nil when there is nothing.
func (s *Service) nextDelivery(ctx context.Context, id string) (next *dispatch, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		next = nil
		endpoint, err := tx.WebhookEndpointOf(id)
		if err != nil || !endpoint.Enabled {
			return err
		}
		delivery, err := tx.NextWebhookDelivery(endpoint.Number)
		if err == nil && delivery != nil {
			next = &dispatch{endpoint: endpoint, delivery: delivery}
		}
		return err
	})
	switch {
	case errors.Is(err, errors.RouteNotFound): // deleted meanwhile
		return nil, nil
	case err != nil || next == nil:
		return nil, err
	}
	err = s.readEvent(ctx, next)
	switch {
	case errors.Is(err, errors.ServiceUnavailable) || ctx.Err() != nil:
		return nil, err
	case err != nil: // it is broken for good, and must not hold up others
		next.broken = err
	case next.event == nil:
		return nil, nil
	}
	return next, nil
}

// readEvent reads the event of a delivery, only now: of a customer who was erased
// meanwhile it tells nothing.
func (s *Service) readEvent(ctx context.Context, d *dispatch) error {
	return s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if d.event, err = tx.EventOfDelivery(d.delivery); err != nil || d.event == nil {
			return err
		}
		if d.endpoint.WithKeys {
			if err := s.addKeyOfLetter(tx, d.event); err != nil {
				return err
			}
		}
		d.event.Type = nameFor(d.endpoint, d.event.Type)
		return nil
	})
}

// addKeyOfLetter adds to an event that tells of a letter the key that the letter carries,
// while it can be used.
func (s *Service) addKeyOfLetter(tx *store.Tx, event *model.Event) error {
	purpose, _ := event.Data["purpose"].(string)
	if purpose == "" || !slices.Contains([]string{PasswordToken, ConfirmToken, CustomerInvited}, event.Type) {
		return nil
	}
	key, code, err := token.Mailed(s.Secret, purpose, event.ID)
	if err != nil {
		return err
	}
	usable, err := tx.FindKey(purpose, token.Digest(key))
	if err != nil || usable == nil {
		return err
	}
	event.Data["token"], event.Data["code"] = key, code
	return nil
}

// unreadable is what becomes of a delivery whose event cannot be read, or whose
// endpoint's secret does not open: the row was changed by another hand, or is from
// another CLIENTELE_SECRET.
const unreadable webhook.Outcome = "unreadable"

// send makes one attempt. An error says nothing of the endpoint.
func (s *Service) send(ctx context.Context, d *dispatch) (webhook.Result, error) {
	secrets, err := s.secrets(d.endpoint)
	var body []byte
	if err = errors.Join(err, d.broken); err == nil {
		body, err = json.Marshal(CloudEvent(s.Tokens.Issuer, d.event))
	}
	if err != nil {
		s.Logger.ErrorContext(ctx, "a webhook cannot be sent", "endpoint", d.endpoint.ID, "delivery", d.delivery.Number, "error", err)
		return webhook.Result{Outcome: unreadable}, nil
	}
	return s.Webhooks.Send(ctx, webhook.Delivery{
		URL: d.endpoint.URL, ID: d.event.ID, Time: s.Store.Now(), ContentType: "application/cloudevents+json", Body: body, Secrets: secrets,
	})
}

// secrets are what deliveries are signed with: the current one first.
func (s *Service) secrets(endpoint *model.WebhookEndpoint) (secrets [][]byte, err error) {
	sealed := [][]byte{endpoint.Secret}
	if endpoint.FormerUntil != nil && endpoint.FormerUntil.After(s.Store.Now()) {
		sealed = append(sealed, endpoint.FormerSecret)
	}
	for _, one := range sealed {
		opened, err := token.Unseal(s.Secret, one, "webhook "+endpoint.ID)
		if err != nil {
			return nil, err
		}
		secret, err := webhook.ParseSecret(string(opened))
		if err != nil {
			return nil, err
		}
		secrets = append(secrets, secret)
	}
	return secrets, nil
}

// tried notes an attempt on the delivery.
func (d *dispatch) tried(result webhook.Result) {
	outcome := string(result.Outcome)
	d.delivery.Attempts++
	d.delivery.Outcome, d.delivery.Status = &outcome, nil
	if result.Status != 0 {
		d.delivery.Status = &result.Status
	}
}

func (s *Service) noteDelivered(ctx context.Context, d *dispatch, result webhook.Result) error {
	d.tried(result)
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		d.delivery.State, d.delivery.FinishedAt = model.DeliveredDelivery, &tx.Now
		if d.endpoint.Failures == 0 {
			return tx.SaveWebhookDelivery(d.delivery)
		}
		return s.ofEndpoint(tx, d.endpoint.ID, func(endpoint *model.WebhookEndpoint) error { // held before its deliveries, as everywhere
			endpoint.Failures, endpoint.FailingSince, endpoint.ResumeAt = 0, nil, nil
			return errors.Join(tx.SaveWebhookEndpoint(endpoint), tx.SaveWebhookDelivery(d.delivery))
		})
	})
}

// noteFailed says when the delivery is tried again, or gives it up; and when the
// endpoint is, if it is the endpoint that fails.
func (s *Service) noteFailed(ctx context.Context, d *dispatch, result webhook.Result, pause bool) error {
	d.tried(result)
	s.Logger.InfoContext(ctx, "a webhook was not delivered", "endpoint", d.endpoint.ID, "delivery", d.delivery.Number, "attempt", d.delivery.Attempts, "outcome", result.String())
	disabled := ""
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		disabled = ""
		return s.ofEndpoint(tx, d.endpoint.ID, func(endpoint *model.WebhookEndpoint) error {
			endpoint.Failures++
			if endpoint.FailingSince == nil {
				endpoint.FailingSince = &tx.Now
			}
			if pause {
				wait := max(webhook.Pause(endpoint.Failures/mostFailures, rand.Float64), result.RetryAfter)
				resume := tx.Now.Add(wait)
				endpoint.ResumeAt = &resume
				if err := s.Queue.AddAfter(ctx, tx, delivering{Endpoint: endpoint.ID}, wait); err != nil {
					return err
				}
			}
			failing := endpoint.Failures >= mostFailures && tx.Now.Sub(*endpoint.FailingSince) >= failFor
			if err := s.postpone(ctx, tx, endpoint, d.delivery, max(webhook.Pause(d.delivery.Attempts, rand.Float64), result.RetryAfter)); err != nil {
				return err
			}
			switch {
			case !endpoint.Enabled: // somebody was faster
			case result.Outcome == webhook.Gone:
				disabled = isGone
				return s.disable(tx, endpoint, disabled)
			case failing:
				disabled = isFailing
				return s.disable(tx, endpoint, disabled)
			}
			if pending, err := tx.HasPendingWebhookDeliveries(endpoint.Number); err != nil {
				return err
			} else if !pending { // what failed alone is not held against what comes much later
				endpoint.Failures, endpoint.FailingSince, endpoint.ResumeAt = 0, nil, nil
			}
			return tx.SaveWebhookEndpoint(endpoint)
		})
	})
	if err == nil && disabled != "" {
		s.Logger.WarnContext(ctx, "a webhook endpoint was disabled", "endpoint", d.endpoint.ID, "host", hostOf(d.endpoint), "reason", disabled)
	}
	return err
}

// hostOf is what may be told of where an endpoint is.
func hostOf(endpoint *model.WebhookEndpoint) string {
	target, err := url.Parse(endpoint.URL)
	if err != nil {
		return ""
	}
	return target.Host
}

// postpone has a delivery tried again after a while. It is tried for the last time
// when its time ends, and then given up.
func (s *Service) postpone(ctx context.Context, tx *store.Tx, endpoint *model.WebhookEndpoint, delivery *model.WebhookDelivery, wait time.Duration) error {
	left := delivery.CreatedAt.Add(deliverFor).Sub(tx.Now)
	if left <= 0 {
		delivery.State, delivery.FinishedAt = model.FailedDelivery, &tx.Now
		return tx.SaveWebhookDelivery(delivery)
	}
	wait = min(wait, left)
	delivery.NextAt = tx.Now.Add(wait)
	if err := tx.SaveWebhookDelivery(delivery); err != nil {
		return err
	}
	return s.Queue.AddAfter(ctx, tx, delivering{Endpoint: endpoint.ID}, wait)
}

// disable ends what is sent to an endpoint, and tells everybody else.
func (s *Service) disable(tx *store.Tx, endpoint *model.WebhookEndpoint, reason string) error {
	endpoint.Enabled, endpoint.DisabledReason, endpoint.DisabledAt = false, &reason, &tx.Now
	if err := s.note(tx, Actor{service: true, store: endpoint.Store}, endpointDisabledEvent, success, nil); err != nil {
		return err
	}
	if err := tx.ChangeWebhookEndpoint(endpoint); err != nil {
		return err
	}
	s.tellEndpoints(tx, endpoint.Store)
	return tx.AddEvent(&model.Event{ID: uuid.Must(uuid.NewV7()).String(), Store: endpoint.Store, Type: WebhookDisabled, Subject: endpoint.ID, Data: model.JSON{"host": hostOf(endpoint), "reason": reason}})
}

// ofEndpoint runs fn on an endpoint that the transaction then holds; of one that was
// deleted meanwhile there is nothing to note.
func (s *Service) ofEndpoint(tx *store.Tx, id string, fn func(*model.WebhookEndpoint) error) error {
	endpoint, err := tx.LockWebhookEndpointOf(id)
	if errors.Is(err, errors.RouteNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return fn(endpoint)
}
