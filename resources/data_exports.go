package resources

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
)

// dataExport is a copy of all that is held about a customer.
type dataExport struct {
	ID          string  `jsonapi:"primary,data-exports"`
	State       string  `jsonapi:"attr,state" about:"Whether it can be downloaded." choices:"pending,ready"`
	Size        *int64  `jsonapi:"attr,size" about:"Of the archive, in bytes; null until it is ready."`
	DownloadURL *string `jsonapi:"attr,downloadUrl" about:"Where the archive is, for a quarter of an hour from now: whoever has the link has the data. Null until it is ready." format:"uri"`
	CreatedAt   string  `jsonapi:"attr,createdAt" about:"When it was asked for, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	FinishedAt  *string `jsonapi:"attr,finishedAt" about:"When it was ready, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	ExpiresAt   string  `jsonapi:"attr,expiresAt" about:"When it is deleted, UTC." format:"{moment}" pattern:"{moment_pattern}"`

	self string
}

// JSONAPILinks returns the link of the resource itself.
func (e *dataExport) JSONAPILinks() *jsonapi.Links { return jsonapi.Self(e.self) }

// The parameters of a signed link.
const (
	expiresField   = "expiresAt"
	signatureField = "linkSignature"
)

func (a *API) dataExportRoutes() []route {
	const list, one = "/customers/:reference/data-exports", "/customers/:reference/data-exports/:id"
	offer := fieldsOf("data-exports", dataExport{})
	named := map[string]*errors.Error{"reference": errors.CustomerIDAbsent}
	return []route{
		{method: http.MethodPost, path: list, access: customers, scope: account.WriteCustomers, shows: dataExport{}, offer: offer, needs: named, handle: a.requestExport,
			name: "requestDataExport", summary: "Ask for a copy of all that is held about a customer", about: "It is made in the background, and kept for seven days: a ZIP archive of JSON files. Who asks again meanwhile is shown the same.",
			fails: []*errors.Error{errors.Unauthorized, errors.CustomerNotFound, errors.CustomerSaveFailed}},
		{method: http.MethodGet, path: list, access: customers, scope: account.ReadCustomers, shows: dataExport{}, fleeting: true, offer: offer, handle: a.listExports, many: true,
			name: "listDataExports", summary: "List the copies that a customer has asked for", about: "The newest first.", fails: []*errors.Error{errors.CustomerNotFound, errors.Unauthorized}},
		{method: http.MethodGet, path: one, access: customers, scope: account.ReadCustomers, shows: dataExport{}, fleeting: true, offer: offer, handle: a.showExport,
			name: "showDataExport", summary: "Show whether a copy is ready, and where", fails: []*errors.Error{errors.CustomerNotFound, errors.RouteNotFound, errors.Unauthorized}},
		{method: http.MethodGet, path: "/data-exports/:id/file", access: visitors, plain: true, fleeting: true, offer: jsonapi.Offer{Own: []string{expiresField, signatureField}}, handle: a.downloadExport,
			name: "downloadDataExport", summary: "Download a copy", about: "By the link that the resource shows: it is signed, and counts for a quarter of an hour.", fails: []*errors.Error{errors.RouteNotFound},
			answers: []plainAnswer{{status: http.StatusOK, mediaType: zipType, headers: []string{"Content-Disposition"}}}},
	}
}

const zipType = "application/zip"

func (a *API) requestExport(c *call) error {
	customer, made, err := a.Accounts.RequestDataExport(c.Request().Context(), c.actor, web.Segment(c, "reference"))
	if err != nil {
		return err
	}
	shown := a.dataExport(customer, made)
	return a.showOne(c, http.StatusCreated, shown, "", shown.self)
}

func (a *API) listExports(c *call) error {
	customer, exports, err := a.Accounts.DataExports(c.Request().Context(), c.actor, web.Segment(c, "reference"))
	if err != nil {
		return err
	}
	shown := make([]*dataExport, len(exports))
	for i := range exports {
		shown[i] = a.dataExport(customer, &exports[i])
	}
	return a.showMany(c, shown, jsonapi.View{})
}

func (a *API) showExport(c *call) error {
	customer, export, err := a.Accounts.DataExport(c.Request().Context(), c.actor, web.Segment(c, "reference"), web.Segment(c, "id"))
	if err != nil {
		return err
	}
	shown := a.dataExport(customer, export)
	return a.showOne(c, http.StatusOK, shown, "", shown.self)
}

func (a *API) downloadExport(c *call) error {
	archive, err := a.Accounts.DownloadDataExport(c.Request().Context(), web.Segment(c, "id"), c.query.Own[expiresField], c.query.Own[signatureField])
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="data.zip"`)
	return c.Blob(http.StatusOK, zipType, archive)
}

func (a *API) dataExport(customer *model.Customer, e *model.DataExport) *dataExport {
	made := &dataExport{
		ID:         e.ID,
		State:      "pending",
		CreatedAt:  a.Wire.timestamp(e.CreatedAt),
		FinishedAt: a.Wire.timestampOrNull(e.FinishedAt),
		ExpiresAt:  a.Wire.timestamp(e.ExpiresAt),
		self:       a.Base + "/customers/" + customer.Reference + "/data-exports/" + e.ID,
	}
	if e.FinishedAt != nil {
		expires, signature := a.Accounts.DataExportLink(e)
		link := a.Base + "/data-exports/" + e.ID + "/file?" + expiresField + "=" + expires + "&" + signatureField + "=" + signature
		made.State, made.Size, made.DownloadURL = "ready", &e.Size, &link
	}
	return made
}
