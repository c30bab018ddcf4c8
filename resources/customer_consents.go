package resources

import (
	"net/http"
	"strconv"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
)

// consent is what a customer has agreed to.
type consent struct {
	ID            string  `jsonapi:"primary,consents"`
	Kind          string  `jsonapi:"attr,kind" about:"What it is a consent to." choices:"terms"`
	Version       string  `jsonapi:"attr,version" about:"Version of the terms of service."`
	AcceptedAt    string  `jsonapi:"attr,acceptedAt" about:"When, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	ClientAddress *string `jsonapi:"attr,clientAddress" about:"Network address that it came from."`
}

// consentBody is what a customer's consent may say.
type consentBody struct {
	ID      string  `jsonapi:"primary,consents"`
	Version *string `jsonapi:"attr,version" about:"Version of the terms that were shown: the current one (CLIENTELE_TERMS_VERSION), or left out." min:"1" example:"{terms_version}"`
}

func (a *API) consentRoutes() []route {
	const list = "/customers/:reference/consents"
	offer := fieldsOf("consents", consent{})
	return []route{
		{method: http.MethodGet, path: list, access: customers, scope: account.ReadCustomers, shows: consent{}, offer: offer, handle: a.listConsents, many: true,
			name: "listConsents", summary: "List what a customer has agreed to", about: "The newest first.", fails: []*errors.Error{errors.CustomerNotFound, errors.Unauthorized}},
		{method: http.MethodPost, path: list, access: customers, body: consentBody{}, shows: consent{}, offer: offer, handle: a.agree,
			name: "agree", summary: "Agree to the terms of service as they are now", about: "For the customer alone. `meta.reconsentRequired` of the customer says whether it is wanted.",
			fails: []*errors.Error{errors.ValueBlank, errors.TypeInvalid, errors.CharactersInvalid, errors.ConsentOutdated, errors.Unauthorized}},
	}
}

func (a *API) listConsents(c *call) error {
	_, consents, err := a.Accounts.Consents(c.Request().Context(), c.actor, web.Segment(c, "reference"))
	if err != nil {
		return err
	}
	shown := make([]*consent, len(consents))
	for i := range consents {
		shown[i] = a.consent(&consents[i])
	}
	return a.showMany(c, shown, jsonapi.View{})
}

func (a *API) agree(c *call) error {
	var body consentBody
	if err := c.bind(&body); err != nil {
		return err
	}
	made, err := a.Accounts.Agree(c.Request().Context(), c.actor, web.Segment(c, "reference"), field(c.document, "version", body.Version))
	if err != nil {
		return err
	}
	return a.showOne(c, http.StatusCreated, a.consent(made), strconv.FormatInt(made.ID, 10), a.Base+c.Request().URL.EscapedPath())
}

func (a *API) consent(m *model.Consent) *consent {
	return &consent{ID: strconv.FormatInt(m.ID, 10), Kind: m.Kind, Version: m.Version, AcceptedAt: a.Wire.timestamp(m.AcceptedAt), ClientAddress: m.ClientAddress}
}
