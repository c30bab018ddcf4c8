package resources

import (
	"strconv"

	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/web"
)

// webhookDelivery is one event that is told to one endpoint.
type webhookDelivery struct {
	ID            string  `jsonapi:"primary,webhook-deliveries"`
	Event         string  `jsonapi:"attr,event" about:"Id of the event, which is the webhook-id of each attempt."`
	EventType     string  `jsonapi:"attr,eventType" about:"What happened."`
	Customer      string  `jsonapi:"attr,customer" about:"Reference of the customer it happened to."`
	State         string  `jsonapi:"attr,state" about:"Whether it arrived, is to be sent or tried again, or was given up after 24 hours." choices:"pending,delivered,failed"`
	Attempts      int     `jsonapi:"attr,attempts" about:"How often it was tried."`
	NextAttemptAt *string `jsonapi:"attr,nextAttemptAt" about:"When it is tried next, UTC, unless the endpoint is left alone for longer; null when it is not." format:"{moment}" pattern:"{moment_pattern}"`
	Status        *int    `jsonapi:"attr,status" about:"HTTP status of the last attempt; null when no answer came."`
	Outcome       *string `jsonapi:"attr,outcome" about:"How the last attempt ended." choices:"delivered,gone,redirected,refused,forbidden,unresolved,unreachable,untrusted,timed_out,unreadable"`
	CreatedAt     string  `jsonapi:"attr,createdAt" about:"When it was first to be sent, or asked for again, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	FinishedAt    *string `jsonapi:"attr,finishedAt" about:"When it arrived or was given up, UTC." format:"{moment}" pattern:"{moment_pattern}"`

	cursor     string
	hypermedia bool
}

func (r *webhookDelivery) standAt(cursor string) { r.cursor = cursor }

// JSONAPIMeta returns the cursor of the delivery in the list.
func (d *webhookDelivery) JSONAPIMeta() *jsonapi.Meta { return cursorMeta(d.cursor, d.hypermedia) }

func (a *API) listDeliveries(c *call) error {
	if err := a.applyProfile(c); err != nil {
		return err
	}
	filter := account.DeliveryFilter{Limit: c.query.Page.Size + 1} // one more tells whether there is another page
	for _, wanted := range c.query.Filter {
		filter.State = wanted.Value
	}
	var err error
	if filter.AfterPosition, filter.BeforePosition, err = readCursors(c.query.Page); err != nil {
		return err
	}
	deliveries, err := a.Accounts.Deliveries(c.Request().Context(), c.actor, web.Segment(c, "id"), filter)
	if err != nil {
		return err
	}
	shown, view := pageByCursor(a, c, deliveries, func(d *account.Delivery) int64 { return d.Position }, a.webhookDelivery)
	return a.showMany(c, shown, view)
}

func (a *API) webhookDelivery(d *account.Delivery) *webhookDelivery {
	made := &webhookDelivery{
		ID:         strconv.FormatInt(d.Number, 10),
		Event:      d.EventID,
		EventType:  d.EventType,
		Customer:   d.EventSubject,
		State:      d.State,
		Attempts:   d.Attempts,
		Status:     d.Status,
		Outcome:    d.Outcome,
		CreatedAt:  a.Wire.timestamp(d.CreatedAt),
		FinishedAt: a.Wire.timestampOrNull(d.FinishedAt),
		hypermedia: a.Wire.Hypermedia,
	}
	if d.FinishedAt == nil {
		made.NextAttemptAt = a.Wire.timestampOrNull(&d.NextAt)
	}
	return made
}
