package resources

import (
	"net/http"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
)

// outboxMessage is a letter that was captured instead of sent.
type outboxMessage struct {
	ID        string `jsonapi:"primary,outbox-messages"`
	To        string `jsonapi:"attr,to" about:"E-mail address of the recipient."`
	Subject   string `jsonapi:"attr,subject" about:"Subject."`
	Kind      string `jsonapi:"attr,kind" about:"What the letter is for." choices:"confirm,restore,invitation,password-changed,email-changed,already-registered,account-erased"`
	Text      string `jsonapi:"attr,text" about:"The letter as plain text. A key stands in its link, behind token=."`
	HTML      string `jsonapi:"attr,html" about:"The letter as HTML."`
	CreatedAt string `jsonapi:"attr,createdAt" about:"When it was written, UTC." format:"{moment}" pattern:"{moment_pattern}"`

	self string
}

// JSONAPILinks returns the link of the resource itself.
func (m *outboxMessage) JSONAPILinks() *jsonapi.Links { return jsonapi.Self(m.self) }

// outboxMessageRoutes are there in development alone, and while nothing is sent.
func (a *API) outboxMessageRoutes() []route {
	if !a.Outbox {
		return nil
	}
	one := fieldsOf("outbox-messages", outboxMessage{})
	return []route{
		{method: http.MethodGet, path: "/outbox-messages", access: keys, scope: account.ReadOutbox, shows: outboxMessage{}, handle: a.listOutbox, many: true,
			name: "listLetters", summary: "List letters that were captured", about: "The newest first. Letters are captured in development, as long as no mail server is set (`CLIENTELE_MAIL_URL`).", fails: []*errors.Error{errors.PaginationInvalid}, offer: jsonapi.Offer{
				Fields: one.Fields,
				Filter: map[string][]string{"to": {""}, "kind": {""}},
				Page:   true,
			}},
		{method: http.MethodGet, path: "/outbox-messages/:id", access: keys, scope: account.ReadOutbox, shows: outboxMessage{}, handle: a.showOutbox, offer: one,
			name: "showLetter", summary: "Show a letter that was captured", fails: []*errors.Error{errors.RouteNotFound}},
	}
}

func (a *API) listOutbox(c *call) error {
	filter := account.OutboxFilter{}
	for _, wanted := range c.query.Filter {
		switch wanted.Name {
		case "to":
			filter.To = wanted.Value
		case "kind":
			filter.Kind = wanted.Value
		}
	}
	window, err := pageWindow(c.query.Page)
	if err != nil {
		return err
	}
	filter.Offset, filter.Limit = window.Offset, window.Limit
	messages, total, err := a.Accounts.OutboxMessages(c.Request().Context(), c.actor, filter)
	if err != nil {
		return err
	}
	shown := make([]*outboxMessage, len(messages))
	for i := range messages {
		shown[i] = a.outboxMessage(&messages[i])
	}
	return a.showMany(c, shown, a.pageView(c, total))
}

func (a *API) showOutbox(c *call) error {
	message, err := a.Accounts.OutboxMessage(c.Request().Context(), c.actor, web.Segment(c, "id"))
	if err != nil {
		return err
	}
	made := a.outboxMessage(message)
	return a.showOne(c, http.StatusOK, made, "1", made.self) // a letter never changes
}

func (a *API) outboxMessage(m *model.OutboxMessage) *outboxMessage {
	return &outboxMessage{
		ID:        m.ID,
		To:        m.Recipient,
		Subject:   m.Subject,
		Kind:      m.Kind,
		Text:      m.Text,
		HTML:      m.HTML,
		CreatedAt: a.Wire.timestamp(m.CreatedAt),
		self:      a.Base + "/outbox-messages/" + m.ID,
	}
}
