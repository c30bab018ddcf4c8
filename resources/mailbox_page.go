package resources

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/pages"
	"github.com/clientelehq/clientele/pkg/web"
)

// MailboxPath is where a developer reads letters, below the public URL.
const MailboxPath = "/dev/mail"

// mailboxRoutes show captured letters to a developer with a browser and no key. Like
// /outbox-messages they are there in development alone, and while nothing is sent.
func (a *API) mailboxRoutes() []route {
	if !a.Outbox {
		return nil
	}
	page := []plainAnswer{{status: http.StatusOK, mediaType: pageType}}
	return []route{
		{method: http.MethodGet, path: MailboxPath, access: visitors, plain: true, fleeting: true, handle: a.mailbox,
			name: "showMailbox", summary: "The page of captured letters", about: "The newest, without any credential: development alone.", answers: page},
		{method: http.MethodGet, path: MailboxPath + "/:id", access: visitors, plain: true, fleeting: true, handle: a.mailboxLetter,
			name: "showMailboxLetter", summary: "The page of a captured letter", fails: []*errors.Error{errors.RouteNotFound}, answers: page},
		{method: http.MethodGet, path: MailboxPath + "/:id/html", access: visitors, plain: true, fleeting: true, handle: a.framedLetter,
			name: "showFramedLetter", summary: "A captured letter itself", about: "For the frame on its page.", fails: []*errors.Error{errors.RouteNotFound}, answers: page},
	}
}

// mailboxLength is how many letters the mailbox lists.
const mailboxLength = 100

func (a *API) mailbox(c *call) error {
	messages, _, err := a.Accounts.OutboxMessages(c.Request().Context(), account.Developer(web.Client(c)), account.OutboxFilter{Limit: mailboxLength})
	if err != nil {
		return err
	}
	letters := make([]pages.Letter, len(messages))
	for i := range messages {
		letters[i] = pageLetter(&messages[i])
	}
	page, err := a.Shop.Mailbox(toRoot(c), letters)
	if err != nil {
		return err
	}
	return answerForPeople(c, http.StatusOK, pages.Policy, page)
}

func (a *API) mailboxLetter(c *call) error {
	letter, err := a.letterOf(c)
	if err != nil {
		return err
	}
	page, err := a.Shop.Letter(toRoot(c), letter)
	if err != nil {
		return err
	}
	return answerForPeople(c, http.StatusOK, pages.LetterPolicy, page)
}

func (a *API) framedLetter(c *call) error {
	letter, err := a.letterOf(c)
	if err != nil {
		return err
	}
	header := c.Response().Header()
	header.Set(echo.HeaderReferrerPolicy, "no-referrer")
	header.Set(echo.HeaderContentSecurityPolicy, pages.FramedPolicy)
	return c.Blob(http.StatusOK, pageType, letter.Framed())
}

func (a *API) letterOf(c *call) (pages.Letter, error) {
	message, err := a.Accounts.OutboxMessage(c.Request().Context(), account.Developer(web.Client(c)), web.Segment(c, "id"))
	if err != nil {
		return pages.Letter{}, err
	}
	return pageLetter(message), nil
}

func pageLetter(m *model.OutboxMessage) pages.Letter {
	return pages.Letter{ID: m.ID, To: m.Recipient, Subject: m.Subject, Kind: m.Kind, Text: m.Text, HTML: m.HTML, At: m.CreatedAt}
}
