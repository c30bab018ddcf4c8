package resources

import (
	"net/http"

	"github.com/mileusna/useragent"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
)

// session is one login of a customer, shown to them alone.
type session struct {
	ID            string  `jsonapi:"primary,sessions"`
	Current       bool    `jsonapi:"attr,current" about:"Whether it is the one that the request came with."`
	Device        *string `jsonapi:"attr,device" about:"Browser or program, and what it runs on, as far as it told." example:"Firefox on Linux"`
	UserAgent     *string `jsonapi:"attr,userAgent" about:"The header that it told it in, up to 255 characters."`
	ClientAddress *string `jsonapi:"attr,clientAddress" about:"Network address that it was last used from."`
	CreatedAt     string  `jsonapi:"attr,createdAt" about:"When the customer logged in, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	LastUsedAt    string  `jsonapi:"attr,lastUsedAt" about:"When it was last used, UTC, give or take five minutes." format:"{moment}" pattern:"{moment_pattern}"`
	ExpiresAt     string  `jsonapi:"attr,expiresAt" about:"When it ends if its refresh token is not exchanged before, UTC." format:"{moment}" pattern:"{moment_pattern}"`

	self string
}

// JSONAPILinks returns the link of the resource itself.
func (s *session) JSONAPILinks() *jsonapi.Links { return jsonapi.Self(s.self) }

func (a *API) sessionRoutes() []route {
	offer := fieldsOf("sessions", session{})
	gone := []*errors.Error{errors.Unauthorized, errors.RouteNotFound}
	return []route{
		{method: http.MethodGet, path: "/sessions", access: customers, shows: session{}, offer: offer, handle: a.listSessions, many: true,
			name: "listSessions", summary: "List the customer's logins", about: "Those that have not ended, the one used last first. At most twenty last side by side: one more ends the one that was not used for longest.",
			fails: []*errors.Error{errors.Unauthorized}},
		{method: http.MethodDelete, path: "/sessions", access: visitors, refuse: errors.ResourceIDAbsent},
		{method: http.MethodGet, path: "/sessions/:id", access: customers, shows: session{}, offer: offer, handle: a.showSession,
			name: "showSession", summary: "Show a login", about: "`current` is the one that the request comes with.", fails: gone},
		{method: http.MethodDelete, path: "/sessions/:id", access: customers, handle: a.endSession,
			name: "endSession", summary: "End a login", about: "Its access and refresh tokens are worth nothing from then on. `current` is the one that the request comes with, `others` are all but that one.", fails: gone},
	}
}

func (a *API) listSessions(c *call) error {
	sessions, err := a.Accounts.Sessions(c.Request().Context(), c.actor)
	if err != nil {
		return err
	}
	shown := make([]*session, len(sessions))
	for i := range sessions {
		shown[i] = a.session(c, &sessions[i])
	}
	return a.showMany(c, shown, jsonapi.View{})
}

func (a *API) showSession(c *call) error {
	found, err := a.Accounts.Session(c.Request().Context(), c.actor, web.Segment(c, "id"))
	if err != nil {
		return err
	}
	made := a.session(c, found)
	return a.showOne(c, http.StatusOK, made, collection, made.self)
}

func (a *API) endSession(c *call) error {
	if err := a.Accounts.EndSession(c.Request().Context(), c.actor, web.Segment(c, "id")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (a *API) session(c *call, s *model.Session) *session {
	return &session{
		ID:            s.ID,
		Current:       s.ID == c.actor.Session(),
		Device:        device(s.UserAgent),
		UserAgent:     s.UserAgent,
		ClientAddress: s.ClientAddress,
		CreatedAt:     a.Wire.timestamp(s.CreatedAt),
		LastUsedAt:    a.Wire.timestamp(s.LastUsedAt),
		ExpiresAt:     a.Wire.timestamp(s.ExpiresAt),
		self:          a.Base + "/sessions/" + s.ID,
	}
}

// device says in a few words what a User-Agent header tells.
func device(header *string) *string {
	if header == nil {
		return nil
	}
	told := useragent.Parse(*header)
	name := told.Name
	if told.OS != "" {
		name += " on " + told.OS
	}
	if name == "" {
		return nil
	}
	return &name
}
