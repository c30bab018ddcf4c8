package resources

import (
	"net/http"
	"strconv"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
)

// event is what became of a customer. It never changes, but for an erased
// customer's, which is emptied.
type event struct {
	ID         string         `jsonapi:"primary,events"`
	EventType  string         `jsonapi:"attr,eventType" about:"What happened."`
	Customer   string         `jsonapi:"attr,customer" about:"Reference of the customer it happened to."`
	Sequence   int64          `jsonapi:"attr,sequence" about:"1, 2, 3 … for each customer."`
	CreatedAt  string         `jsonapi:"attr,createdAt" about:"When, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	CloudEvent map[string]any `jsonapi:"attr,cloudEvent" about:"The event as webhooks send it (CloudEvents 1.0). Keys of letters are never in it."`

	self       string
	cursor     string
	hypermedia bool
}

func (r *event) standAt(cursor string) { r.cursor = cursor }

// JSONAPILinks returns the link of the resource itself.
func (e *event) JSONAPILinks() *jsonapi.Links { return jsonapi.Self(e.self) }

// JSONAPIMeta returns the cursor of the event in the feed.
func (e *event) JSONAPIMeta() *jsonapi.Meta { return cursorMeta(e.cursor, e.hypermedia) }

// longPoll is the parameter by which a client waits for news.
const longPoll = "longPoll"

func (a *API) eventRoutes() []route {
	one := fieldsOf("events", event{})
	return []route{
		{method: http.MethodGet, path: "/events", access: keys, scope: account.ReadEvents, shows: event{}, handle: a.listEvents, many: true, cursors: true, endless: true, rising: true,
			name: "listEvents", summary: "Follow what happens to customers", about: "The oldest first, in pages by cursor. Whoever goes on after the cursor of the last event that they have seen misses none and sees none twice.",
			fails: a.strictly(errors.FilterInvalid), offer: jsonapi.Offer{
				Fields: one.Fields,
				Filter: map[string][]string{"eventType": {""}, "customer": {""}, "createdAt": bounds},
				Page:   true,
				Own:    []string{longPoll},
			}},
		{method: http.MethodGet, path: "/events/:id", access: keys, scope: account.ReadEvents, shows: event{}, offer: one, handle: a.showEvent,
			name: "showEvent", summary: "Show an event", fails: []*errors.Error{errors.RouteNotFound}},
	}
}

func (a *API) listEvents(c *call) error {
	if err := a.applyProfile(c); err != nil {
		return err
	}
	filter, err := a.eventFilter(c.query)
	if err != nil {
		return err
	}
	wait, err := readWait(c.query)
	if err != nil {
		return err
	}
	events, err := a.Accounts.Events(c.Request().Context(), c.actor, filter, wait)
	if err != nil {
		return err
	}
	shown, view := pageByCursor(a, c, events, func(e *model.Event) int64 { return *e.Position }, a.event)
	return a.showMany(c, shown, view)
}

func (a *API) showEvent(c *call) error {
	event, err := a.Accounts.Event(c.Request().Context(), c.actor, web.Segment(c, "id"))
	if err != nil {
		return err
	}
	made := a.event(event)
	return a.showOne(c, http.StatusOK, made, collection, made.self)
}

// readWait reads how many seconds a client waits for news, 0 to the longest wait.
func readWait(query *jsonapi.Query) (time.Duration, error) {
	given, asked := query.Own[longPoll]
	if !asked {
		return 0, nil
	}
	seconds, err := strconv.Atoi(given)
	if wait := time.Duration(seconds) * time.Second; err == nil && wait >= 0 && wait <= account.LongestWait {
		return wait, nil
	}
	return 0, errors.PaginationInvalid.AtParameter(longPoll)
}

func (a *API) eventFilter(query *jsonapi.Query) (account.EventFilter, error) {
	filter := account.EventFilter{}
	for _, wanted := range query.Filter {
		switch wanted.Name {
		case "eventType":
			filter.Types = []string{wanted.Value}
		case "customer":
			filter.Subject = wanted.Value
		case "createdAt":
			if err := a.setBound(&filter.CreatedAt, wanted); err != nil {
				return filter, err
			}
		}
	}
	filter.Limit = query.Page.Size + 1 // one more tells whether there is another page
	var err error
	filter.AfterPosition, filter.BeforePosition, err = readCursors(query.Page)
	return filter, err
}

func (a *API) event(e *model.Event) *event {
	return &event{
		ID:         e.ID,
		EventType:  e.Type,
		Customer:   e.Subject,
		Sequence:   e.Sequence,
		CreatedAt:  a.Wire.timestamp(e.CreatedAt),
		CloudEvent: account.CloudEvent(a.Base, e),
		self:       a.Base + "/events/" + e.ID,
		hypermedia: a.Wire.Hypermedia,
	}
}
