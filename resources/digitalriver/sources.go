package digitalriver

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/web"
)

// sourceID is the form of a payment source's id.
var sourceID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// named returns the customer and the payment source that the path names.
func named(c *call) (reference, id string, err error) {
	asked := web.Segment(c, "source")
	if id = strings.ToLower(asked); !sourceID.MatchString(id) {
		return "", "", notValid("sourceId", asked)
	}
	return web.Segment(c, "id"), id, nil
}

// attach gives a customer a payment source.
func (a *API) attach(c *call) error {
	reference, id, err := named(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if _, err := a.Accounts.AttachSources(ctx, c.actor, reference, []string{id}, nil, func(err error, _ int) error { return err }); err != nil {
		return err
	}
	attached, _, err := a.Accounts.PaymentSource(ctx, c.actor, id)
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, sourceOf(attached))
}

// detach takes a payment source from a customer, for good.
func (a *API) detach(c *call) error {
	reference, id, err := named(c)
	if err != nil {
		return err
	}
	detached, err := a.Accounts.DetachSources(c.Request().Context(), c.actor, reference, []string{id}, nil)
	if err != nil {
		return err
	}
	if detached == 0 {
		return errors.PaymentSourceNotFound
	}
	return c.NoContent(http.StatusNoContent)
}
