package resources

import (
	"net/http"
	"slices"
	"strings"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
)

// customerGroup is a group that staff put customers into.
type customerGroup struct {
	ID        string `jsonapi:"primary,customer-groups"`
	Name      string `jsonapi:"attr,name" about:"What the group is called; unique in the store."`
	CreatedAt string `jsonapi:"attr,createdAt" about:"When the group was made, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	UpdatedAt string `jsonapi:"attr,updatedAt" about:"When the group was last changed, UTC." format:"{moment}" pattern:"{moment_pattern}"`

	// Shown to an API key alone.
	Metadata any `jsonapi:"attr,metadata,omitempty" about:"Free-form data of the staff. Shown to API keys alone." kind:"object" shown:"API keys"` // a map: an empty one is shown, its absence not at all

	self       string
	cursor     string
	hypermedia bool
}

func (r *customerGroup) standAt(cursor string) { r.cursor = cursor }

// customerGroupIdentity is a group of which only the id is said.
type customerGroupIdentity struct {
	ID string `jsonapi:"primary,customer-groups"`
}

// JSONAPILinks returns the link of the resource itself.
func (g *customerGroup) JSONAPILinks() *jsonapi.Links { return jsonapi.Self(g.self) }

// JSONAPIMeta returns the cursor of the group in the list.
func (g *customerGroup) JSONAPIMeta() *jsonapi.Meta { return cursorMeta(g.cursor, g.hypermedia) }

// customerGroupBody is what a group's document may say.
type customerGroupBody struct {
	ID       string         `jsonapi:"primary,customer-groups"`
	Name     *string        `jsonapi:"attr,name" about:"What the group is called; unique in the store." min:"1" max:"255" example:"Wholesale"`
	Metadata map[string]any `jsonapi:"attr,metadata" about:"Free-form data of the staff. A change merges the keys with those that are stored; null deletes a key, and in place of the object all of them."`
}

func (a *API) customerGroupRoutes() []route {
	const list, one, ofCustomer = "/customer-groups", "/customer-groups/:id", "/customers/:reference/groups"
	const linkage = "/customers/:reference/relationships/groups"
	offer := fieldsOf("customer-groups", customerGroup{})
	wrong := []*errors.Error{errors.ValueBlank, errors.TooLong, errors.TypeInvalid, errors.CharactersInvalid, errors.GroupNameTaken}
	reads := []*errors.Error{errors.CustomerNotFound, errors.Unauthorized}
	named := map[string]*errors.Error{"reference": errors.CustomerIDAbsent}
	routes := []route{
		{method: http.MethodPost, path: list, access: keys, scope: account.WriteCustomers, body: customerGroupBody{}, shows: customerGroup{}, offer: offer, handle: a.addGroup,
			name: "addCustomerGroup", summary: "Make a group of customers", fails: append([]*errors.Error{errors.FieldMissing}, wrong...)},
		{method: http.MethodGet, path: list, access: keys, scope: account.ReadCustomers, shows: customerGroup{}, handle: a.listGroups, many: true, cursors: true, endless: true, rising: true,
			name: "listCustomerGroups", summary: "List the groups of customers", about: "In order of creation, in pages by cursor. `GET /customers?filter[groups.id]=…` lists who is in one.",
			offer: jsonapi.Offer{Fields: offer.Fields, Filter: map[string][]string{"name": {""}}, Page: true}},
		{method: http.MethodGet, path: one, access: keys, scope: account.ReadCustomers, shows: customerGroup{}, offer: offer, handle: a.showGroup,
			name: "showCustomerGroup", summary: "Show a group of customers", fails: []*errors.Error{errors.RouteNotFound}},
		{method: http.MethodPatch, path: one, access: keys, scope: account.WriteCustomers, body: customerGroupBody{}, shows: customerGroup{}, offer: offer, handle: a.changeGroup,
			name: "changeCustomerGroup", summary: "Change a group of customers", about: "What is left out stays as it is.", fails: append([]*errors.Error{errors.RouteNotFound, errors.PreconditionFailed}, wrong...), sample: []string{"metadata"}},
		{method: http.MethodDelete, path: one, access: keys, scope: account.WriteCustomers, handle: a.deleteGroup,
			name: "deleteCustomerGroup", summary: "Delete a group of customers", about: "The customers stay.", fails: []*errors.Error{errors.RouteNotFound, errors.PreconditionFailed}},
		{method: http.MethodGet, path: ofCustomer, access: customers, scope: account.ReadCustomers, shows: customerGroup{}, offer: offer, handle: a.showGroupsOf, many: true,
			name: "showGroupsOfCustomer", summary: "List the groups that a customer is in", fails: reads},
		{method: http.MethodGet, path: linkage, access: customers, scope: account.ReadCustomers, shows: customerGroupIdentity{}, handle: a.showGroupsLinkage, many: true,
			name: "showGroupsLinkage", summary: "Show which groups a customer is in", fails: reads},
	}
	for _, change := range []struct {
		method, name, summary string
		how                   account.Membership
	}{
		{http.MethodPost, "joinGroups", "Put a customer into groups as well", account.JoinGroups},
		{http.MethodDelete, "leaveGroups", "Take a customer out of groups", account.LeaveGroups},
		{http.MethodPatch, "setGroups", "Put a customer into these groups and no others", account.SetGroups},
	} {
		fails := []*errors.Error{errors.CustomerNotFound, errors.CustomerSaveFailed, errors.PreconditionFailed}
		if change.how != account.LeaveGroups {
			fails = append(fails, errors.GroupNotFound)
		}
		routes = append(routes, route{method: change.method, path: linkage, access: keys, scope: account.WriteCustomers, body: customerGroupIdentity{}, linkage: true, shows: customerGroupIdentity{}, many: true,
			needs: named, handle: a.changeGroupsOf(change.how), name: change.name, summary: change.summary, fails: fails})
	}
	return routes
}

func (a *API) addGroup(c *call) error {
	input, err := a.groupInput(c)
	if err != nil {
		return err
	}
	made, err := a.Accounts.AddGroup(c.Request().Context(), c.actor, input)
	if err != nil {
		return groupFault(err)
	}
	return a.answerGroup(c, http.StatusCreated, made)
}

// groupFault says where a name stands that is taken.
func groupFault(err error) error {
	if errors.Is(err, errors.GroupNameTaken) {
		return errors.GroupNameTaken.On("name")
	}
	return err
}

func (a *API) listGroups(c *call) error {
	if err := a.applyProfile(c); err != nil {
		return err
	}
	page := c.query.Page
	filter := account.GroupFilter{Limit: page.Size + 1}
	for _, wanted := range c.query.Filter {
		filter.Name = wanted.Value
	}
	var err error
	if filter.AfterNumber, filter.BeforeNumber, err = readCursors(page); err != nil {
		return err
	}
	groups, err := a.Accounts.Groups(c.Request().Context(), c.actor, filter)
	if err != nil {
		return err
	}
	shown, view := pageByCursor(a, c, groups, func(g *model.CustomerGroup) int64 { return g.Number }, func(g *model.CustomerGroup) *customerGroup { return a.customerGroup(c, g) })
	return a.showMany(c, shown, view)
}

func (a *API) showGroup(c *call) error {
	found, err := a.Accounts.Group(c.Request().Context(), c.actor, web.Segment(c, "id"))
	if err != nil {
		return err
	}
	return a.answerGroup(c, http.StatusOK, found)
}

func (a *API) changeGroup(c *call) error {
	input, err := a.groupInput(c)
	if err != nil {
		return err
	}
	input.Match = precondition(c)
	changed, err := a.Accounts.ChangeGroup(c.Request().Context(), c.actor, web.Segment(c, "id"), input)
	if err != nil {
		return a.withCurrentGroup(c, groupFault(err))
	}
	return a.answerGroup(c, http.StatusOK, changed)
}

func (a *API) deleteGroup(c *call) error {
	if err := a.Accounts.DeleteGroup(c.Request().Context(), c.actor, web.Segment(c, "id"), precondition(c)); err != nil {
		return a.withCurrentGroup(c, err)
	}
	return c.NoContent(http.StatusNoContent)
}

// withCurrentGroup adds the group as it is now to a precondition that failed.
func (a *API) withCurrentGroup(c *call, failed error) error {
	if !errors.Is(failed, errors.PreconditionFailed) {
		return failed
	}
	current, err := a.Accounts.Group(c.Request().Context(), c.actor, web.Segment(c, "id"))
	if err != nil {
		return err
	}
	return a.withCurrent(c, a.customerGroup(c, current), failed)
}

func (a *API) groupInput(c *call) (account.GroupInput, error) {
	var body customerGroupBody
	if err := c.bind(&body); err != nil {
		return account.GroupInput{}, err
	}
	return account.GroupInput{Name: field(c.document, "name", body.Name), Metadata: object(c.document, "metadata", body.Metadata)}, nil
}

func (a *API) answerGroup(c *call, status int, shown *model.CustomerGroup) error {
	made := a.customerGroup(c, shown)
	return a.showOne(c, status, made, account.GroupVersion(shown), made.self)
}

func (a *API) customerGroup(c *call, g *model.CustomerGroup) *customerGroup {
	made := &customerGroup{
		ID:         g.ID,
		Name:       g.Name,
		CreatedAt:  a.Wire.timestamp(g.CreatedAt),
		UpdatedAt:  a.Wire.timestamp(g.UpdatedAt),
		self:       a.Base + "/customer-groups/" + g.ID,
		hypermedia: a.Wire.Hypermedia,
	}
	if c.actor.HasKey() {
		made.Metadata = g.Metadata
	}
	return made
}

// groupsOf reads who asks for the groups of which customer.
func (a *API) groupsOf(c *call) (*model.Customer, []model.CustomerGroup, error) {
	owner, err := a.Accounts.Customer(c.Request().Context(), c.actor, web.Segment(c, "reference"))
	if err != nil {
		return nil, nil, err
	}
	groups, err := a.Accounts.GroupsOf(c.Request().Context(), []model.Customer{*owner})
	return owner, groups[owner.ID], err
}

func (a *API) showGroupsOf(c *call) error {
	_, groups, err := a.groupsOf(c)
	if err != nil {
		return err
	}
	shown := make([]*customerGroup, len(groups))
	for i := range groups {
		shown[i] = a.customerGroup(c, &groups[i])
	}
	return a.showMany(c, shown, jsonapi.View{})
}

func (a *API) showGroupsLinkage(c *call) error {
	owner, groups, err := a.groupsOf(c)
	if err != nil {
		return err
	}
	return a.answerGroupsLinkage(c, owner, groups)
}

func (a *API) answerGroupsLinkage(c *call, owner *model.Customer, groups []model.CustomerGroup) error {
	identities := []*customerGroupIdentity{}
	for _, group := range groups {
		identities = append(identities, &customerGroupIdentity{group.ID})
	}
	body, err := jsonapi.Many(identities, a.linkageView(c, owner, "groups"))
	if err != nil {
		return err
	}
	return a.answer(c, http.StatusOK, account.CustomerVersion(owner), body)
}

func (a *API) changeGroupsOf(how account.Membership) func(*call) error {
	return func(c *call) error {
		reference := web.Segment(c, "reference")
		changed, err := a.Accounts.ChangeMembership(c.Request().Context(), c.actor, reference, how, c.linkage.IDs, precondition(c))
		switch {
		case errors.Is(err, errors.GroupNotFound):
			return errors.GroupNotFound.At("/data")
		case errors.Is(err, errors.PreconditionFailed):
			return a.withCurrentCustomer(c, reference, err)
		case err != nil:
			return err
		}
		groups, err := a.Accounts.GroupsOf(c.Request().Context(), []model.Customer{*changed})
		if err != nil {
			return err
		}
		return a.answerGroupsLinkage(c, changed, groups[changed.ID])
	}
}

// attachGroups puts the groups of customers in their place, when they are included.
func (a *API) attachGroups(c *call, made []*customer, shown []model.Customer) error {
	if !slices.ContainsFunc(c.query.Include, func(path string) bool { return path == "groups" || strings.HasPrefix(path, "groups.") }) {
		return nil
	}
	groups, err := a.Accounts.GroupsOf(c.Request().Context(), shown)
	for i := range shown {
		for j := range groups[shown[i].ID] {
			made[i].Groups = append(made[i].Groups, a.customerGroup(c, &groups[shown[i].ID][j]))
		}
	}
	return err
}
