package resources

import (
	"net/http"
	"strings"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
)

// webhookEndpoint is where another service is told of events.
type webhookEndpoint struct {
	ID             string   `jsonapi:"primary,webhook-endpoints"`
	URL            string   `jsonapi:"attr,url" about:"Where events are sent." format:"uri"`
	Description    *string  `jsonapi:"attr,description" about:"What it is, for people."`
	EventTypes     []string `jsonapi:"attr,eventTypes" about:"Types of events that are sent, or all when it is empty."`
	WithKeys       bool     `jsonapi:"attr,withKeys" about:"Whether events that tell of a letter carry its key as well, in data.token and data.code: for shops that write the letters themselves."`
	Enabled        bool     `jsonapi:"attr,enabled" about:"Whether anything is sent."`
	DisabledReason *string  `jsonapi:"attr,disabledReason" about:"Why nothing is: it answered 410, or nothing but failures for a day; null when somebody disabled it." choices:"gone,failing"`
	DisabledAt     *string  `jsonapi:"attr,disabledAt" about:"Since when nothing is, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	Failures       int      `jsonapi:"attr,failures" about:"How many deliveries have failed in a row."`
	FailingSince   *string  `jsonapi:"attr,failingSince" about:"When the first of them failed, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	ResumesAt      *string  `jsonapi:"attr,resumesAt" about:"Until when it is left alone after failures, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	Secret         *string  `jsonapi:"attr,secret" about:"What deliveries are signed with; shown once, to whoever makes it."`
	CreatedAt      string   `jsonapi:"attr,createdAt" about:"When it was added, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	UpdatedAt      string   `jsonapi:"attr,updatedAt" about:"When it was last changed, or disabled, UTC." format:"{moment}" pattern:"{moment_pattern}"`

	self string
}

// JSONAPILinks returns the link of the resource itself.
func (e *webhookEndpoint) JSONAPILinks() *jsonapi.Links { return jsonapi.Self(e.self) }

// webhookEndpointBody is what an endpoint's document may say.
type webhookEndpointBody struct {
	ID          string   `jsonapi:"primary,webhook-endpoints"`
	URL         *string  `jsonapi:"attr,url" about:"Where to send: https, a public host, no user, no fragment." max:"1024" format:"uri" example:"https://hooks.shop.example/clientele"`
	Description *string  `jsonapi:"attr,description" about:"What it is, for people." max:"255" example:"The shop's backend"`
	EventTypes  []string `jsonapi:"attr,eventTypes" about:"Types of events: {event_types}. Empty, null or left out is all; customer.password_reset is an older name of customer.password_token_generated, customer.source.created and customer.source.deleted are names of payment_source.attached and payment_source.detached; what was asked for by such a name is sent under it." example:"[\"customer.created\", \"customer.deleted\"]"`
	WithKeys    *bool    `jsonapi:"attr,withKeys" about:"True sends the keys of letters as well; it takes an API key that may write customers, too."`
	Enabled     *bool    `jsonapi:"attr,enabled" about:"False ends what is sent. True, after that or after failures, goes on with what is pending; what has happened meanwhile can be replayed."`
}

// webhookReplay asks for events to be sent again.
type webhookReplay struct {
	ID   string  `jsonapi:"primary,webhook-replays"`
	From *string `jsonapi:"attr,from" about:"Events of this time and later (createdAt)." needs:"yes" min:"1" example:"2018-11-06T08:15:02Z"`
	To   *string `jsonapi:"attr,to" about:"Events of this time and earlier; left out, those until now."`
}

func (a *API) webhookEndpointRoutes() []route {
	const list, one = "/webhook-endpoints", "/webhook-endpoints/:id"
	offer := fieldsOf("webhook-endpoints", webhookEndpoint{})
	wrong := []*errors.Error{errors.ValueBlank, errors.TooLong, errors.TypeInvalid, errors.CharactersInvalid, errors.WebhookURLRefused, errors.EventTypeUnknown}
	return []route{
		{method: http.MethodPost, path: list, access: keys, scope: account.WriteWebhooks, body: webhookEndpointBody{}, shows: webhookEndpoint{}, offer: offer, handle: a.addEndpoint,
			name: "addWebhookEndpoint", summary: "Add a webhook endpoint", about: "It is told of what happens from now on. The answer has the secret that deliveries are signed with (Standard Webhooks), this once.",
			fails: append([]*errors.Error{errors.FieldMissing, errors.TooManyEndpoints}, wrong...)},
		{method: http.MethodGet, path: list, access: keys, scope: account.ReadWebhooks, shows: webhookEndpoint{}, offer: offer, handle: a.listEndpoints, many: true,
			name: "listWebhookEndpoints", summary: "List webhook endpoints", about: "All of them, in order of creation: fifty at most."},
		{method: http.MethodGet, path: one, access: keys, scope: account.ReadWebhooks, shows: webhookEndpoint{}, offer: offer, handle: a.showEndpoint,
			name: "showWebhookEndpoint", summary: "Show a webhook endpoint, and how it fares", fails: []*errors.Error{errors.RouteNotFound}},
		{method: http.MethodPatch, path: one, access: keys, scope: account.WriteWebhooks, body: webhookEndpointBody{}, shows: webhookEndpoint{}, offer: offer, handle: a.changeEndpoint,
			name: "changeWebhookEndpoint", summary: "Change, disable or enable a webhook endpoint", about: "What is left out stays as it is.",
			fails: append([]*errors.Error{errors.RouteNotFound, errors.PreconditionFailed}, wrong...), sample: []string{"description", "eventTypes"}},
		{method: http.MethodDelete, path: one, access: keys, scope: account.WriteWebhooks, handle: a.deleteEndpoint,
			name: "deleteWebhookEndpoint", summary: "Delete a webhook endpoint", about: "With it goes what was to be sent.", fails: []*errors.Error{errors.RouteNotFound, errors.PreconditionFailed}},
		{method: http.MethodPost, path: one + "/secrets", access: keys, scope: account.WriteWebhooks, shows: webhookEndpoint{}, offer: offer, handle: a.rotateSecret,
			name: "rotateWebhookSecret", summary: "Give a webhook endpoint another secret", about: "The answer has it, this once. The one of before signs too for a day, so that both verify meanwhile.", fails: []*errors.Error{errors.RouteNotFound}},
		{method: http.MethodPost, path: one + "/replays", access: keys, scope: account.WriteWebhooks, body: webhookReplay{}, handle: a.replayEvents,
			name: "replayEvents", summary: "Send events again", about: "Those of a time, of the types that the endpoint asked for, as far as they are kept; each under the id that it had. They are put among its deliveries in the background.",
			fails: []*errors.Error{errors.FieldMissing, errors.ValueBlank, errors.TypeInvalid, errors.CharactersInvalid, errors.TimeInvalid, errors.RouteNotFound}},
		{method: http.MethodGet, path: one + "/deliveries", access: keys, scope: account.ReadWebhooks, shows: webhookDelivery{}, handle: a.listDeliveries, many: true, cursors: true, endless: true,
			name: "listWebhookDeliveries", summary: "List what was, and is to be, sent to an endpoint", about: "The newest events first, in pages by cursor, for as long as events are kept.",
			fails: []*errors.Error{errors.RouteNotFound}, offer: jsonapi.Offer{
				Fields: fieldsOf("webhook-deliveries", webhookDelivery{}).Fields,
				Filter: map[string][]string{"state": {""}},
				Page:   true,
			}},
	}
}

func (a *API) addEndpoint(c *call) error {
	input, err := a.endpointInput(c)
	if err != nil {
		return err
	}
	endpoint, secret, err := a.Accounts.AddEndpoint(c.Request().Context(), c.actor, input)
	if err != nil {
		return err
	}
	return a.answerEndpoint(c, http.StatusCreated, endpoint, &secret)
}

func (a *API) listEndpoints(c *call) error {
	endpoints, err := a.Accounts.Endpoints(c.Request().Context(), c.actor)
	if err != nil {
		return err
	}
	shown := make([]*webhookEndpoint, len(endpoints))
	for i := range endpoints {
		shown[i] = a.webhookEndpoint(&endpoints[i])
	}
	return a.showMany(c, shown, jsonapi.View{})
}

func (a *API) showEndpoint(c *call) error {
	endpoint, err := a.Accounts.Endpoint(c.Request().Context(), c.actor, web.Segment(c, "id"))
	if err != nil {
		return err
	}
	return a.answerEndpoint(c, http.StatusOK, endpoint, nil)
}

func (a *API) changeEndpoint(c *call) error {
	input, err := a.endpointInput(c)
	if err != nil {
		return err
	}
	input.Match = precondition(c)
	endpoint, err := a.Accounts.ChangeEndpoint(c.Request().Context(), c.actor, web.Segment(c, "id"), input)
	if err != nil {
		return a.withCurrentEndpoint(c, err)
	}
	return a.answerEndpoint(c, http.StatusOK, endpoint, nil)
}

func (a *API) deleteEndpoint(c *call) error {
	if err := a.Accounts.DeleteEndpoint(c.Request().Context(), c.actor, web.Segment(c, "id"), precondition(c)); err != nil {
		return a.withCurrentEndpoint(c, err)
	}
	return c.NoContent(http.StatusNoContent)
}

// withCurrentEndpoint adds the endpoint as it is now to a precondition that failed.
func (a *API) withCurrentEndpoint(c *call, failed error) error {
	if !errors.Is(failed, errors.PreconditionFailed) {
		return failed
	}
	current, err := a.Accounts.Endpoint(c.Request().Context(), c.actor, web.Segment(c, "id"))
	if err != nil {
		return err
	}
	return a.withCurrent(c, a.webhookEndpoint(current), failed)
}

func (a *API) rotateSecret(c *call) error {
	endpoint, secret, err := a.Accounts.RotateSecret(c.Request().Context(), c.actor, web.Segment(c, "id"))
	if err != nil {
		return err
	}
	return a.answerEndpoint(c, http.StatusCreated, endpoint, &secret)
}

func (a *API) replayEvents(c *call) error {
	var body webhookReplay
	if err := c.bind(&body); err != nil {
		return err
	}
	window := account.Window{From: field(c.document, "from", body.From), To: field(c.document, "to", body.To)}
	if err := a.Accounts.Replay(c.Request().Context(), c.actor, web.Segment(c, "id"), window, a.Wire.moment); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (a *API) endpointInput(c *call) (account.EndpointInput, error) {
	var body webhookEndpointBody
	if err := c.bind(&body); err != nil {
		return account.EndpointInput{}, err
	}
	d := c.document
	return account.EndpointInput{
		URL:         field(d, "url", body.URL),
		Description: field(d, "description", body.Description),
		EventTypes:  texts(d, "eventTypes", body.EventTypes),
		WithKeys:    field(d, "withKeys", body.WithKeys),
		Enabled:     field(d, "enabled", body.Enabled),
	}, nil
}

// texts is field for a list of text.
func texts(d *jsonapi.Document, name string, value []string) account.Field[[]string] {
	if value == nil {
		return field[[]string](d, name, nil)
	}
	return field(d, name, &value)
}

func (a *API) answerEndpoint(c *call, status int, endpoint *model.WebhookEndpoint, secret *string) error {
	made := a.webhookEndpoint(endpoint)
	made.Secret = secret
	return a.showOne(c, status, made, account.EndpointVersion(endpoint), made.self)
}

func (a *API) webhookEndpoint(e *model.WebhookEndpoint) *webhookEndpoint {
	return &webhookEndpoint{
		ID:             e.ID,
		URL:            e.URL,
		Description:    e.Description,
		EventTypes:     e.EventTypes,
		WithKeys:       e.WithKeys,
		Enabled:        e.Enabled,
		DisabledReason: e.DisabledReason,
		DisabledAt:     a.Wire.timestampOrNull(e.DisabledAt),
		Failures:       e.Failures,
		FailingSince:   a.Wire.timestampOrNull(e.FailingSince),
		ResumesAt:      a.Wire.timestampOrNull(e.ResumeAt),
		CreatedAt:      a.Wire.timestamp(e.CreatedAt),
		UpdatedAt:      a.Wire.timestamp(e.UpdatedAt),
		self:           a.Base + "/webhook-endpoints/" + e.ID,
	}
}

// eventTypes lists all types of events, for people.
func eventTypes() string { return strings.Join(account.EventTypes(), ", ") }
