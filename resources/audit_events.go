package resources

import (
	"net/http"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
)

// auditEvent says what was done to an account. It never changes.
type auditEvent struct {
	ID            string  `jsonapi:"primary,audit-events"`
	Event         string  `jsonapi:"attr,event" about:"What was done, or tried."`
	Outcome       string  `jsonapi:"attr,outcome" about:"How it ended: done, wrong (a password, a token), or refused by a limit, which is noted once when it begins to hold." choices:"success,failure,refused"`
	ActorType     string  `jsonapi:"attr,actorType" about:"Who did it: somebody without a credential, a customer, an API key, an operator at the command line, or the service itself." choices:"visitor,customer,api-key,operator,service"`
	ActorID       *string `jsonapi:"attr,actorId" about:"Reference of that customer, or id of that key."`
	Customer      *string `jsonapi:"attr,customer" about:"Reference of the customer whose account it is about; null when it is nobody's."`
	ClientAddress *string `jsonapi:"attr,clientAddress" about:"Network address it came from; blanked when the customer is erased."`
	RequestID     *string `jsonapi:"attr,requestId" about:"The request's X-Request-Id, which log lines have as well; blanked with the address."`
	CreatedAt     string  `jsonapi:"attr,createdAt" about:"When, UTC." format:"{moment}" pattern:"{moment_pattern}"`

	self       string
	cursor     string
	hypermedia bool
}

func (r *auditEvent) standAt(cursor string) { r.cursor = cursor }

// JSONAPILinks returns the link of the resource itself.
func (e *auditEvent) JSONAPILinks() *jsonapi.Links { return jsonapi.Self(e.self) }

// JSONAPIMeta returns the cursor of the event in the list.
func (e *auditEvent) JSONAPIMeta() *jsonapi.Meta { return cursorMeta(e.cursor, e.hypermedia) }

func (a *API) auditEventRoutes() []route {
	one := fieldsOf("audit-events", auditEvent{})
	return []route{
		{method: http.MethodGet, path: "/audit-events", access: keys, scope: account.ReadAudit, shows: auditEvent{}, handle: a.listAuditEvents, many: true, cursors: true, endless: true,
			name: "listAuditEvents", summary: "List what was done to accounts", about: "The newest first, in pages by cursor. Who, what, when, from where and how it ended, and no value of a customer.",
			fails: a.strictly(errors.FilterInvalid), offer: jsonapi.Offer{
				Fields: one.Fields,
				Filter: map[string][]string{"event": {""}, "outcome": {""}, "actorType": {""}, "actorId": {""}, "customer": {""}, "createdAt": bounds},
				Page:   true,
			}},
		{method: http.MethodGet, path: "/audit-events/:id", access: keys, scope: account.ReadAudit, shows: auditEvent{}, offer: one, handle: a.showAuditEvent,
			name: "showAuditEvent", summary: "Show an audit event", fails: []*errors.Error{errors.RouteNotFound}},
	}
}

func (a *API) listAuditEvents(c *call) error {
	if err := a.applyProfile(c); err != nil {
		return err
	}
	filter, err := a.auditFilter(c.query)
	if err != nil {
		return err
	}
	events, err := a.Accounts.AuditEvents(c.Request().Context(), c.actor, filter)
	if err != nil {
		return err
	}
	shown, view := pageByCursor(a, c, events, func(e *model.AuditEvent) int64 { return e.Number }, a.auditEvent)
	return a.showMany(c, shown, view)
}

func (a *API) showAuditEvent(c *call) error {
	event, err := a.Accounts.AuditEvent(c.Request().Context(), c.actor, web.Segment(c, "id"))
	if err != nil {
		return err
	}
	made := a.auditEvent(event)
	return a.showOne(c, http.StatusOK, made, collection, made.self)
}

func (a *API) auditFilter(query *jsonapi.Query) (account.AuditFilter, error) {
	filter := account.AuditFilter{}
	for _, wanted := range query.Filter {
		if wanted.Name == "createdAt" {
			if err := a.setBound(&filter.CreatedAt, wanted); err != nil {
				return filter, err
			}
			continue
		}
		*map[string]*string{
			"event": &filter.Event, "outcome": &filter.Outcome, "actorType": &filter.ActorType, "actorId": &filter.ActorID, "customer": &filter.Customer,
		}[wanted.Name] = wanted.Value
	}
	filter.Limit = query.Page.Size + 1 // one more tells whether there is another page
	var err error
	filter.AfterNumber, filter.BeforeNumber, err = readCursors(query.Page)
	return filter, err
}

func (a *API) auditEvent(e *model.AuditEvent) *auditEvent {
	return &auditEvent{
		ID:            e.ID,
		Event:         e.Event,
		Outcome:       e.Outcome,
		ActorType:     e.ActorType,
		ActorID:       e.ActorID,
		Customer:      e.Customer,
		ClientAddress: e.ClientAddress,
		RequestID:     e.RequestID,
		CreatedAt:     a.Wire.timestamp(e.CreatedAt),
		self:          a.Base + "/audit-events/" + e.ID,
		hypermedia:    a.Wire.Hypermedia,
	}
}
