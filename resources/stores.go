package resources

import (
	"net/http"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
)

// store is one shop of the installation.
type store struct {
	Name      string  `jsonapi:"primary,stores"`
	Title     *string `jsonapi:"attr,title" about:"What the store is called, for people."`
	Currency  *string `jsonapi:"attr,currency" about:"Currency of figures that have no other, by its code of ISO 4217."`
	CreatedAt string  `jsonapi:"attr,createdAt" about:"When the store was added, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	UpdatedAt string  `jsonapi:"attr,updatedAt" about:"When the store was last changed, UTC." format:"{moment}" pattern:"{moment_pattern}"`

	self string
}

// JSONAPILinks returns the link of the resource itself.
func (s *store) JSONAPILinks() *jsonapi.Links { return jsonapi.Self(s.self) }

// storeBody is what a store's document may say.
type storeBody struct {
	Name     string  `jsonapi:"primary,stores"`
	Title    *string `jsonapi:"attr,title" about:"What the store is called, for people." max:"255" example:"Austria"`
	Currency *string `jsonapi:"attr,currency" about:"Currency of figures that have no other, by its code of ISO 4217." example:"EUR"`
}

func (a *API) storeRoutes() []route {
	const list, one = "/stores", "/stores/:id"
	offer := fieldsOf("stores", store{})
	wrong := []*errors.Error{errors.TooLong, errors.TypeInvalid, errors.CharactersInvalid, errors.CurrencyInvalid}
	return []route{
		{method: http.MethodPost, path: list, access: keys, scope: account.Admin, body: storeBody{}, anyID: true, shows: store{}, offer: offer, handle: a.addStore,
			name: "addStore", summary: "Add a store", about: "Its name is `data.id`, 1 to 20 of A-Z, 0-9 and _; references of its customers begin with it. Requests are about it that come with an API key or an access token of it, or with its name in the header `Store`.",
			fails: append([]*errors.Error{errors.ResourceIDInvalid, errors.ResourceIDTaken}, wrong...)},
		{method: http.MethodGet, path: list, access: keys, scope: account.Admin, shows: store{}, offer: offer, handle: a.listStores, many: true,
			name: "listStores", summary: "List the stores of the installation", about: "All of them, by name."},
		{method: http.MethodGet, path: one, access: keys, scope: account.Admin, shows: store{}, offer: offer, handle: a.showStore,
			name: "showStore", summary: "Show a store", fails: []*errors.Error{errors.RouteNotFound}},
		{method: http.MethodPatch, path: one, access: keys, scope: account.Admin, body: storeBody{}, shows: store{}, offer: offer, handle: a.changeStore,
			name: "changeStore", summary: "Change a store", about: "What is left out stays as it is, null unsets. The name stays.",
			fails: append([]*errors.Error{errors.RouteNotFound, errors.PreconditionFailed}, wrong...)},
	}
}

func (a *API) addStore(c *call) error {
	input, err := a.storeInput(c)
	if err != nil {
		return err
	}
	id, given := c.document.ID()
	input.Name = account.Text{Name: "id", Given: given, Value: &id}
	added, err := a.Accounts.AddStore(c.Request().Context(), c.actor, input)
	for _, fault := range []*errors.Error{errors.ResourceIDInvalid, errors.ResourceIDTaken} {
		if errors.Is(err, fault) && given {
			return fault.At("/data/id")
		}
	}
	if err != nil {
		return err
	}
	return a.answerStore(c, http.StatusCreated, added)
}

func (a *API) listStores(c *call) error {
	stores, err := a.Accounts.Stores(c.Request().Context(), c.actor)
	if err != nil {
		return err
	}
	shown := make([]*store, len(stores))
	for i := range stores {
		shown[i] = a.store(&stores[i])
	}
	return a.showMany(c, shown, jsonapi.View{})
}

func (a *API) showStore(c *call) error {
	found, err := a.Accounts.FindStore(c.Request().Context(), c.actor, web.Segment(c, "id"))
	if err != nil {
		return err
	}
	return a.answerStore(c, http.StatusOK, found)
}

func (a *API) changeStore(c *call) error {
	input, err := a.storeInput(c)
	if err != nil {
		return err
	}
	input.Match = precondition(c)
	name := web.Segment(c, "id")
	changed, err := a.Accounts.ChangeStore(c.Request().Context(), c.actor, name, input)
	if errors.Is(err, errors.PreconditionFailed) {
		current, missed := a.Accounts.FindStore(c.Request().Context(), c.actor, name)
		if missed != nil {
			return missed
		}
		return a.withCurrent(c, a.store(current), err)
	}
	if err != nil {
		return err
	}
	return a.answerStore(c, http.StatusOK, changed)
}

func (a *API) storeInput(c *call) (account.StoreInput, error) {
	var body storeBody
	if err := c.bind(&body); err != nil {
		return account.StoreInput{}, err
	}
	return account.StoreInput{Title: field(c.document, "title", body.Title), Currency: field(c.document, "currency", body.Currency)}, nil
}

func (a *API) answerStore(c *call, status int, shown *model.Store) error {
	made := a.store(shown)
	return a.showOne(c, status, made, account.StoreVersion(shown), made.self)
}

func (a *API) store(s *model.Store) *store {
	return &store{
		Name:      s.Name,
		Title:     s.Title,
		Currency:  s.Currency,
		CreatedAt: a.Wire.timestamp(s.CreatedAt),
		UpdatedAt: a.Wire.timestamp(s.UpdatedAt),
		self:      a.Base + "/stores/" + s.Name,
	}
}
