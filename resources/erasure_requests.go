package resources

import (
	"net/http"
	"slices"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
)

// erasureRequest is a customer's wish to be forgotten, and its receipt once it is done.
type erasureRequest struct {
	ID                string         `jsonapi:"primary,erasure-requests"`
	CustomerReference string         `jsonapi:"attr,customerReference" about:"Reference of the customer. After a purge it is nobody's."`
	Mode              string         `jsonapi:"attr,mode" about:"Whether the reference and the time of creation stay (anonymise), or nothing does (purge)." choices:"anonymise,purge"`
	State             string         `jsonapi:"attr,state" about:"How far it is." choices:"pending,cancelled,done"`
	DueAt             string         `jsonapi:"attr,dueAt" about:"When it is done, give or take a minute, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	FinishedAt        *string        `jsonapi:"attr,finishedAt" about:"When it was done or cancelled, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	Removed           map[string]any `jsonapi:"attr,removed" about:"Once it is done: how many addresses, consents, sessions and orders were removed."`
	CreatedAt         string         `jsonapi:"attr,createdAt" about:"When the wish was told, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	UpdatedAt         string         `jsonapi:"attr,updatedAt" about:"When the request was last changed, UTC." format:"{moment}" pattern:"{moment_pattern}"`

	self       string
	cursor     string
	hypermedia bool
}

func (r *erasureRequest) standAt(cursor string) { r.cursor = cursor }

// JSONAPILinks returns the link of the resource itself.
func (e *erasureRequest) JSONAPILinks() *jsonapi.Links { return jsonapi.Self(e.self) }

// JSONAPIMeta returns the cursor of the request in the list.
func (e *erasureRequest) JSONAPIMeta() *jsonapi.Meta { return cursorMeta(e.cursor, e.hypermedia) }

// erasureRequestBody is what a request's document may say.
type erasureRequestBody struct {
	ID                string  `jsonapi:"primary,erasure-requests"`
	CustomerReference *string `jsonapi:"attr,customerReference" about:"Reference of the customer." on:"POST" needs:"yes" min:"1" example:"DE--25"`
	Mode              *string `jsonapi:"attr,mode" about:"Whether the reference and the time of creation stay (anonymise, if nothing is said), or nothing does (purge)." choices:"anonymise,purge" min:"1" example:"anonymise"`
	DueAt             *string `jsonapi:"attr,dueAt" about:"When it is to be done, within 90 days; one that lies behind is now. Left out, after CLIENTELE_ERASURE_GRACE." min:"1"`
	State             *string `jsonapi:"attr,state" about:"Cancelled, and the customer stays." on:"PATCH" choices:"pending,cancelled" min:"1"`
}

func (a *API) erasureRequestRoutes() []route {
	const list, one = "/erasure-requests", "/erasure-requests/:id"
	offer := fieldsOf("erasure-requests", erasureRequest{})
	wrong := []*errors.Error{errors.ValueBlank, errors.ChoiceInvalid, errors.TypeInvalid, errors.CharactersInvalid, errors.TimeInvalid}
	return []route{
		{method: http.MethodPost, path: list, access: keys, scope: account.WriteCustomers, body: erasureRequestBody{}, shows: erasureRequest{}, offer: offer, handle: a.requestErasure,
			name: "requestErasure", summary: "Have a customer forgotten", about: "After a time in which it can be cancelled. What a customer's own `DELETE /customers/{reference}` does at once is done then.",
			fails: append([]*errors.Error{errors.FieldMissing, errors.CustomerNotFound, errors.ErasurePending}, wrong...)},
		{method: http.MethodGet, path: list, access: keys, scope: account.ReadCustomers, shows: erasureRequest{}, handle: a.listErasures, many: true, cursors: true, endless: true,
			name: "listErasureRequests", summary: "List requests for erasure", about: "The newest first, in pages by cursor.",
			fails: a.strictly(errors.FilterInvalid), offer: jsonapi.Offer{Fields: offer.Fields, Filter: map[string][]string{"state": {""}, "customer": {""}}, Page: true}},
		{method: http.MethodGet, path: one, access: keys, scope: account.ReadCustomers, shows: erasureRequest{}, offer: offer, handle: a.showErasure,
			name: "showErasureRequest", summary: "Show a request for erasure, or its receipt", fails: []*errors.Error{errors.RouteNotFound}},
		{method: http.MethodPatch, path: one, access: keys, scope: account.WriteCustomers, body: erasureRequestBody{}, shows: erasureRequest{}, offer: offer, handle: a.changeErasure,
			name: "changeErasureRequest", summary: "Cancel a request for erasure, or put it off", about: "What is left out stays as it is.",
			fails: append([]*errors.Error{errors.RouteNotFound, errors.ErasureFinished, errors.PreconditionFailed}, wrong...), sample: []string{"mode"}},
	}
}

func (a *API) requestErasure(c *call) error {
	input, err := a.erasureInput(c)
	if err != nil {
		return err
	}
	made, err := a.Accounts.RequestErasure(c.Request().Context(), c.actor, input, a.Wire.moment)
	if err != nil {
		return err
	}
	return a.answerErasure(c, http.StatusCreated, made)
}

func (a *API) listErasures(c *call) error {
	if err := a.applyProfile(c); err != nil {
		return err
	}
	page := c.query.Page
	filter := account.ErasureFilter{Limit: page.Size + 1}
	for _, wanted := range c.query.Filter {
		switch wanted.Name {
		case "customer":
			filter.Customer = wanted.Value
		case "state":
			if filter.State = wanted.Value; !slices.Contains(account.ErasureStates(), wanted.Value) && !a.Wire.Lenient {
				return errors.FilterInvalid.With(wanted.Name).AtParameter(wanted.Parameter)
			}
		}
	}
	var err error
	if filter.AfterNumber, filter.BeforeNumber, err = readCursors(page); err != nil {
		return err
	}
	requests, err := a.Accounts.ErasureRequests(c.Request().Context(), c.actor, filter)
	if err != nil {
		return err
	}
	shown, view := pageByCursor(a, c, requests, func(r *model.ErasureRequest) int64 { return r.Number }, a.erasureRequest)
	return a.showMany(c, shown, view)
}

func (a *API) showErasure(c *call) error {
	found, err := a.Accounts.ErasureRequest(c.Request().Context(), c.actor, web.Segment(c, "id"))
	if err != nil {
		return err
	}
	return a.answerErasure(c, http.StatusOK, found)
}

func (a *API) changeErasure(c *call) error {
	input, err := a.erasureInput(c)
	if err != nil {
		return err
	}
	input.Match = precondition(c)
	id := web.Segment(c, "id")
	changed, err := a.Accounts.ChangeErasure(c.Request().Context(), c.actor, id, input, a.Wire.moment)
	if errors.Is(err, errors.PreconditionFailed) {
		current, missed := a.Accounts.ErasureRequest(c.Request().Context(), c.actor, id)
		if missed != nil {
			return missed
		}
		return a.withCurrent(c, a.erasureRequest(current), err)
	}
	if err != nil {
		return err
	}
	return a.answerErasure(c, http.StatusOK, changed)
}

func (a *API) erasureInput(c *call) (account.ErasureInput, error) {
	var body erasureRequestBody
	if err := c.bind(&body); err != nil {
		return account.ErasureInput{}, err
	}
	d := c.document
	return account.ErasureInput{
		Customer: field(d, "customerReference", body.CustomerReference),
		Mode:     field(d, "mode", body.Mode),
		DueAt:    field(d, "dueAt", body.DueAt),
		State:    field(d, "state", body.State),
	}, nil
}

func (a *API) answerErasure(c *call, status int, shown *model.ErasureRequest) error {
	made := a.erasureRequest(shown)
	return a.showOne(c, status, made, account.ErasureVersion(shown), made.self)
}

func (a *API) erasureRequest(e *model.ErasureRequest) *erasureRequest {
	return &erasureRequest{
		ID:                e.ID,
		CustomerReference: e.Customer,
		Mode:              e.Mode,
		State:             e.State,
		DueAt:             a.Wire.timestamp(e.DueAt),
		FinishedAt:        a.Wire.timestampOrNull(e.FinishedAt),
		Removed:           e.Removed,
		CreatedAt:         a.Wire.timestamp(e.CreatedAt),
		UpdatedAt:         a.Wire.timestamp(e.UpdatedAt),
		self:              a.Base + "/erasure-requests/" + e.ID,
		hypermedia:        a.Wire.Hypermedia,
	}
}
