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

// paymentSource is something that a customer pays with.
type paymentSource struct {
	ID          string         `jsonapi:"primary,payment-sources"`
	Provider    string         `jsonapi:"attr,provider" about:"Payment provider that knows it."`
	SourceType  string         `jsonapi:"attr,sourceType" about:"What it is, in the provider's word."`
	Token       any            `jsonapi:"attr,token,omitempty" about:"The provider's own reference, to pay with. Shown to API keys alone." kind:"string" shown:"API keys"`
	Brand       *string        `jsonapi:"attr,brand" about:"Brand of the card, or name of the bank."`
	LastFour    *string        `jsonapi:"attr,lastFour" about:"Last four digits of the number of the card or account." pattern:"^[0-9]{4}$"`
	ExpiryMonth *int64         `jsonapi:"attr,expiryMonth" about:"Month in which it expires, 1 to 12."`
	ExpiryYear  *int64         `jsonapi:"attr,expiryYear" about:"Year in which it expires."`
	Holder      *string        `jsonapi:"attr,holder" about:"Whose name is on it."`
	State       string         `jsonapi:"attr,state" about:"Whether it can be charged, and if not, why." choices:"{source_states}"`
	Metadata    map[string]any `jsonapi:"attr,metadata" about:"Free-form data of the client."`
	CreatedAt   string         `jsonapi:"attr,createdAt" about:"When the source was added, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	UpdatedAt   string         `jsonapi:"attr,updatedAt" about:"When the source was last changed, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	DetachedAt  *string        `jsonapi:"attr,detachedAt" about:"When it was taken from its customer, UTC: it cannot be attached again." format:"{moment}" pattern:"{moment_pattern}"`

	Customer *customerIdentity `jsonapi:"relation,customer" about:"Whose it is, null when it is nobody's." links:"some"` // those of nobody lead nowhere

	self       string
	owner      string // link; "" is nobody
	cursor     string
	hypermedia bool
}

func (r *paymentSource) standAt(cursor string) { r.cursor = cursor }

// paymentSourceIdentity is a payment source of which only the id is said.
type paymentSourceIdentity struct {
	ID string `jsonapi:"primary,payment-sources"`
}

// JSONAPILinks returns the link of the resource itself.
func (p *paymentSource) JSONAPILinks() *jsonapi.Links { return jsonapi.Self(p.self) }

// JSONAPIMeta returns the cursor of the source in the list.
func (p *paymentSource) JSONAPIMeta() *jsonapi.Meta { return cursorMeta(p.cursor, p.hypermedia) }

// JSONAPIRelationshipLinks returns where the customer can be fetched.
func (p *paymentSource) JSONAPIRelationshipLinks(string) *jsonapi.Links {
	if p.owner == "" {
		return nil
	}
	return jsonapi.Related(p.owner)
}

// paymentSourceBody is what a source's document may say.
type paymentSourceBody struct {
	ID          string         `jsonapi:"primary,payment-sources"`
	Provider    *string        `jsonapi:"attr,provider" about:"Payment provider that knows it." null:"no" pattern:"^[a-z0-9_-]{1,40}$" example:"stripe"`
	SourceType  *string        `jsonapi:"attr,sourceType" about:"What it is, in the provider's word." null:"no" pattern:"^[A-Za-z0-9_]{1,40}$" example:"card"`
	Token       *string        `jsonapi:"attr,token" about:"The provider's own reference, to pay with." null:"no" min:"1" max:"255" example:"pm_1Q0PsIJvEtkwdCNYMSaVuRz6"`
	Brand       *string        `jsonapi:"attr,brand" about:"Brand of the card, or name of the bank." max:"255" example:"visa"`
	LastFour    *string        `jsonapi:"attr,lastFour" about:"Last four digits of the number of the card or account; nothing unsets them, like null." pattern:"^([0-9]{4})?$" example:"4242"`
	ExpiryMonth *int64         `jsonapi:"attr,expiryMonth" about:"Month in which it expires, 1 to 12." example:"12"`
	ExpiryYear  *int64         `jsonapi:"attr,expiryYear" about:"Year in which it expires, 2000 to 2099." example:"2034"`
	Holder      *string        `jsonapi:"attr,holder" about:"Whose name is on it." max:"255" example:"Jane Doe"`
	State       *string        `jsonapi:"attr,state" about:"Whether it can be charged, and if not, why; without, chargeable." null:"no" choices:"{source_states}" example:"chargeable"`
	Metadata    map[string]any `jsonapi:"attr,metadata" about:"Free-form data. A change merges the keys with those that are stored; null deletes a key, and in place of the object all of them."`
}

var paymentSourceOffer = jsonapi.Offer{
	Include: []string{"customer"},
	Fields:  map[string][]string{"payment-sources": jsonapi.Names(paymentSource{}), "customers": jsonapi.Names(customer{})},
}

func (a *API) paymentSourceRoutes() []route {
	const list, one, owner = "/payment-sources", "/payment-sources/:id", "/customers/:reference"
	wrong := []*errors.Error{
		errors.ValueBlank, errors.TypeInvalid, errors.TooLong, errors.ChoiceInvalid, errors.CharactersInvalid, errors.CardNumberRefused, errors.RelationshipForbidden,
	}
	named := map[string]*errors.Error{"reference": errors.CustomerIDAbsent}
	reads := []*errors.Error{errors.CustomerNotFound, errors.Unauthorized}
	return []route{
		{method: http.MethodPost, path: list, access: keys, scope: account.WriteCustomers, body: paymentSourceBody{}, anyID: true, shows: paymentSource{}, offer: paymentSourceOffer, handle: a.addPaymentSource,
			name: "addPaymentSource", summary: "Add a payment source", about: "By the reference that a payment provider has for it, and never by the number of a card. It is nobody's until it is attached. The key may choose its id: a UUID in small letters.",
			fails: append([]*errors.Error{errors.FieldMissing, errors.ResourceIDInvalid, errors.ResourceIDTaken}, wrong...)},
		{method: http.MethodGet, path: list, access: keys, scope: account.ReadCustomers, shows: paymentSource{}, handle: a.listPaymentSources, many: true, cursors: true, endless: true,
			name: "listPaymentSources", summary: "List payment sources", about: "Of the store, the newest first, in pages by cursor.",
			offer: jsonapi.Offer{Include: paymentSourceOffer.Include, Fields: paymentSourceOffer.Fields, Filter: map[string][]string{"customer": {""}}, Page: true}},
		{method: http.MethodGet, path: one, access: customers, scope: account.ReadCustomers, shows: paymentSource{}, offer: paymentSourceOffer, handle: a.showPaymentSource,
			name: "showPaymentSource", summary: "Show a payment source", about: "To its customer, or an API key.", fails: []*errors.Error{errors.PaymentSourceNotFound, errors.Unauthorized}},
		{method: http.MethodPatch, path: one, access: keys, scope: account.WriteCustomers, body: paymentSourceBody{}, shows: paymentSource{}, offer: paymentSourceOffer, handle: a.changePaymentSource,
			name: "changePaymentSource", summary: "Change a payment source", about: "What is left out stays as it is, null unsets.",
			fails: append([]*errors.Error{errors.PaymentSourceNotFound, errors.PreconditionFailed}, wrong...), sample: []string{"expiryMonth", "expiryYear"}},
		{method: http.MethodDelete, path: one, access: keys, scope: account.WriteCustomers, handle: a.deletePaymentSource,
			name: "deletePaymentSource", summary: "Delete a payment source", about: "Who has it loses it.", fails: []*errors.Error{errors.PaymentSourceNotFound, errors.PreconditionFailed}},

		{method: http.MethodGet, path: owner + "/sources", access: customers, scope: account.ReadCustomers, shows: paymentSource{}, offer: paymentSourceOffer, handle: a.listSources, many: true,
			name: "listSources", summary: "List the payment sources of a customer", about: "All of them, in order of creation.", fails: reads},
		{method: http.MethodGet, path: owner + "/defaultSource", access: customers, scope: account.ReadCustomers, shows: paymentSource{}, offer: paymentSourceOffer, handle: a.showDefaultSource, vacant: true,
			name: "showDefaultSource", summary: "Show the default payment source", about: "`data` is null where there is none.", fails: reads},
		{method: http.MethodGet, path: owner + "/relationships/sources", access: customers, scope: account.ReadCustomers, shows: paymentSourceIdentity{}, handle: a.showSourcesLinkage, many: true,
			name: "showSourcesLinkage", summary: "Show which payment sources a customer has", fails: reads},
		{method: http.MethodPost, path: owner + "/relationships/sources", access: keys, scope: account.WriteCustomers, body: paymentSourceIdentity{}, linkage: true, many: true, shows: paymentSourceIdentity{}, needs: named, handle: a.attachSources,
			name: "attachSources", summary: "Attach payment sources to a customer", about: "Those that the customer has stay; all are attached, or none. The first that a customer gets is the default. A source that was detached cannot be attached again.",
			fails: []*errors.Error{errors.CustomerNotFound, errors.CustomerSaveFailed, errors.PaymentSourceNotFound, errors.PaymentSourceTaken, errors.PaymentSourceSpent, errors.SourceNotChargeable, errors.PreconditionFailed}},
		{method: http.MethodPatch, path: owner + "/relationships/sources", access: customers, needs: named, handle: refuseRelation("sources"),
			summary: "Refused: payment sources are attached and detached", fails: []*errors.Error{errors.RelationshipForbidden}},
		{method: http.MethodDelete, path: owner + "/relationships/sources", access: customers, scope: account.WriteCustomers, body: paymentSourceIdentity{}, linkage: true, many: true, needs: named, handle: a.detachSources,
			name: "detachSources", summary: "Detach payment sources from a customer", about: "For good. Those that the customer does not have are passed over; a default that goes leaves its place vacant.",
			fails: []*errors.Error{errors.Unauthorized, errors.CustomerNotFound, errors.PreconditionFailed}},
		{method: http.MethodGet, path: owner + "/relationships/defaultSource", access: customers, scope: account.ReadCustomers, shows: paymentSourceIdentity{}, handle: a.showDefaultSourceLinkage, vacant: true,
			name: "showDefaultSourceLinkage", summary: "Show which payment source is the default", fails: reads},
		{method: http.MethodPatch, path: owner + "/relationships/defaultSource", access: customers, scope: account.WriteCustomers, body: paymentSourceIdentity{}, linkage: true, shows: paymentSourceIdentity{}, needs: named, handle: a.changeDefaultSource, vacant: true,
			name: "changeDefaultSource", summary: "Choose the default payment source", about: "One of the customer's, or null for none.",
			fails: []*errors.Error{errors.PaymentSourceNotFound, errors.Unauthorized, errors.CustomerNotFound, errors.CustomerSaveFailed, errors.PreconditionFailed}},
	}
}

func (a *API) addPaymentSource(c *call) error {
	input, err := a.paymentSourceInput(c)
	if err != nil {
		return err
	}
	input.ID, _ = c.document.ID()
	added, err := a.Accounts.AddPaymentSource(c.Request().Context(), c.actor, input)
	for _, fault := range []*errors.Error{errors.ResourceIDInvalid, errors.ResourceIDTaken} {
		if errors.Is(err, fault) {
			return fault.At("/data/id")
		}
	}
	if err != nil {
		return err
	}
	return a.answerPaymentSource(c, http.StatusCreated, nil, added)
}

func (a *API) listPaymentSources(c *call) error {
	if err := a.applyProfile(c); err != nil {
		return err
	}
	page, reference := c.query.Page, ""
	filter := account.PaymentSourceFilter{Limit: page.Size + 1} // one more tells whether there is another page
	for _, wanted := range c.query.Filter {
		reference = wanted.Value
	}
	var err error
	if filter.AfterNumber, filter.BeforeNumber, err = readCursors(page); err != nil {
		return err
	}
	sources, owners, err := a.Accounts.PaymentSources(c.Request().Context(), c.actor, reference, filter)
	if err != nil {
		return err
	}
	shown, view := pageByCursor(a, c, sources, func(s *model.PaymentSource) int64 { return s.Number }, func(s *model.PaymentSource) *paymentSource {
		var owner *model.Customer
		if id := s.Owner(); id != nil {
			owner = owners[*id]
		}
		return a.paymentSource(c, owner, s)
	})
	if len(c.query.Include) > 0 {
		for _, owner := range owners {
			view.Related = append(view.Related, a.plainCustomer(c, owner))
		}
	}
	return a.showMany(c, shown, view)
}

func (a *API) showPaymentSource(c *call) error {
	found, owner, err := a.Accounts.PaymentSource(c.Request().Context(), c.actor, web.Segment(c, "id"))
	if err != nil {
		return err
	}
	return a.answerPaymentSource(c, http.StatusOK, owner, found)
}

func (a *API) changePaymentSource(c *call) error {
	input, err := a.paymentSourceInput(c)
	if err != nil {
		return err
	}
	input.Match = precondition(c)
	changed, owner, err := a.Accounts.ChangePaymentSource(c.Request().Context(), c.actor, web.Segment(c, "id"), input)
	if errors.Is(err, errors.PreconditionFailed) {
		return a.withCurrentSource(c, err)
	}
	if err != nil {
		return err
	}
	return a.answerPaymentSource(c, http.StatusOK, owner, changed)
}

func (a *API) deletePaymentSource(c *call) error {
	err := a.Accounts.DeletePaymentSource(c.Request().Context(), c.actor, web.Segment(c, "id"), precondition(c))
	if errors.Is(err, errors.PreconditionFailed) {
		return a.withCurrentSource(c, err)
	}
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (a *API) withCurrentSource(c *call, failed error) error {
	current, owner, err := a.Accounts.PaymentSource(c.Request().Context(), c.actor, web.Segment(c, "id"))
	if err != nil {
		return err
	}
	return a.withCurrent(c, a.paymentSource(c, owner, current), failed)
}

func (a *API) listSources(c *call) error {
	owner, sources, err := a.Accounts.Sources(c.Request().Context(), c.actor, web.Segment(c, "reference"))
	if err != nil {
		return err
	}
	shown := make([]*paymentSource, len(sources))
	for i := range sources {
		shown[i] = a.paymentSource(c, owner, &sources[i])
	}
	return a.showMany(c, shown, jsonapi.View{Related: a.included(c, owner)})
}

func (a *API) showSourcesLinkage(c *call) error {
	owner, sources, err := a.Accounts.Sources(c.Request().Context(), c.actor, web.Segment(c, "reference"))
	if err != nil {
		return err
	}
	return a.answerSources(c, owner, sources)
}

func (a *API) answerSources(c *call, owner *model.Customer, sources []model.PaymentSource) error {
	identities := []*paymentSourceIdentity{}
	for _, one := range sources {
		identities = append(identities, &paymentSourceIdentity{one.ID})
	}
	body, err := jsonapi.Many(identities, a.linkageView(c, owner, "sources"))
	if err != nil {
		return err
	}
	return a.answer(c, http.StatusOK, account.CustomerVersion(owner), body)
}

func (a *API) attachSources(c *call) error {
	reference := web.Segment(c, "reference")
	owner, err := a.Accounts.AttachSources(c.Request().Context(), c.actor, reference, c.linkage.IDs, precondition(c), jsonapi.Among)
	if errors.Is(err, errors.PreconditionFailed) {
		return a.withCurrentCustomer(c, reference, err)
	}
	if err != nil {
		return err
	}
	sources, err := a.Accounts.SourcesOf(c.Request().Context(), []model.Customer{*owner})
	if err != nil {
		return err
	}
	return a.answerSources(c, owner, sources[owner.ID])
}

func (a *API) detachSources(c *call) error {
	reference := web.Segment(c, "reference")
	_, err := a.Accounts.DetachSources(c.Request().Context(), c.actor, reference, c.linkage.IDs, precondition(c))
	if errors.Is(err, errors.PreconditionFailed) {
		return a.withCurrentCustomer(c, reference, err)
	}
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// showDefaultSource shows a customer's default source, null when there is none.
func (a *API) showDefaultSource(c *call) error {
	owner, found, err := a.Accounts.DefaultSource(c.Request().Context(), c.actor, web.Segment(c, "reference"))
	if err != nil {
		return err
	}
	if found != nil {
		return a.answerPaymentSource(c, http.StatusOK, owner, found)
	}
	body, err := jsonapi.One(nil, jsonapi.View{Query: c.query, Version: a.Wire.Hypermedia})
	if err != nil {
		return err
	}
	return a.answer(c, http.StatusOK, account.CustomerVersion(owner), body)
}

func (a *API) showDefaultSourceLinkage(c *call) error {
	owner, err := a.Accounts.Customer(c.Request().Context(), c.actor, web.Segment(c, "reference"))
	if err != nil {
		return err
	}
	return a.answerDefaultSource(c, owner)
}

func (a *API) answerDefaultSource(c *call, owner *model.Customer) error {
	var identity *paymentSourceIdentity
	if owner.DefaultSourceID != nil {
		identity = &paymentSourceIdentity{*owner.DefaultSourceID}
	}
	body, err := jsonapi.One(identity, a.linkageView(c, owner, "defaultSource"))
	if err != nil {
		return err
	}
	return a.answer(c, http.StatusOK, account.CustomerVersion(owner), body)
}

func (a *API) changeDefaultSource(c *call) error {
	wanted := account.Text{Name: "defaultSource", Given: true}
	if c.linkage.ID != "" {
		wanted.Value = &c.linkage.ID
	}
	changed, err := a.changeCustomer(c, account.Update{Profile: account.Profile{DefaultSource: wanted}})
	if errors.Is(err, errors.PaymentSourceNotFound) {
		return errors.PaymentSourceNotFound.At("/data")
	}
	if err != nil {
		return err
	}
	return a.answerDefaultSource(c, changed)
}

// defaultSource reads which source a customer's document makes the default: by the
// relationship, else by the attribute that is another name of it.
func defaultSource(d *jsonapi.Document, id *string, named *paymentSourceIdentity) account.Text {
	if _, given := d.Relationship("defaultSource"); !given {
		return field(d, "defaultSourceId", id)
	}
	wanted := account.Text{Name: "defaultSource", Given: true}
	if named != nil {
		wanted.Value = &named.ID
	}
	return wanted
}

// pointAtSource points at what names a default source that is none.
func pointAtSource(fault *errors.Error) error {
	if fault.Field == "defaultSource" {
		return fault.At("/data/relationships/defaultSource")
	}
	return fault
}

// includeSources puts the sources of customers in the places of the relationships to
// them, as far as the request includes these.
func (a *API) includeSources(c *call, shown []*customer, customers []model.Customer) error {
	if !slices.Contains(c.query.Include, "sources") && !slices.Contains(c.query.Include, "defaultSource") {
		return nil
	}
	sources, err := a.Accounts.SourcesOf(c.Request().Context(), customers)
	if err != nil {
		return err
	}
	for i := range customers {
		own := sources[customers[i].ID]
		for j := range own {
			one := a.paymentSource(c, &customers[i], &own[j])
			shown[i].Sources = append(shown[i].Sources, one)
			if id := customers[i].DefaultSourceID; id != nil && *id == one.ID {
				shown[i].DefaultSource = one
			}
		}
	}
	return nil
}

func (a *API) paymentSourceInput(c *call) (account.PaymentSourceInput, error) {
	var body paymentSourceBody
	if err := c.bind(&body); err != nil {
		return account.PaymentSourceInput{}, err
	}
	d := c.document
	if _, given := d.Relationship("customer"); given { // it is attached by the customer's relationship
		return account.PaymentSourceInput{}, errors.RelationshipForbidden.With("customer").At("/data/relationships/customer")
	}
	return account.PaymentSourceInput{
		Provider:    field(d, "provider", body.Provider),
		SourceType:  field(d, "sourceType", body.SourceType),
		Token:       field(d, "token", body.Token),
		Brand:       field(d, "brand", body.Brand),
		LastFour:    field(d, "lastFour", body.LastFour),
		ExpiryMonth: field(d, "expiryMonth", body.ExpiryMonth),
		ExpiryYear:  field(d, "expiryYear", body.ExpiryYear),
		Holder:      field(d, "holder", body.Holder),
		State:       field(d, "state", body.State),
		Metadata:    object(d, "metadata", body.Metadata),
	}, nil
}

func (a *API) answerPaymentSource(c *call, status int, owner *model.Customer, shown *model.PaymentSource) error {
	made := a.paymentSource(c, owner, shown)
	return a.showOne(c, status, made, account.PaymentSourceVersion(shown), made.self, a.ownerOfOrder(c, owner)...)
}

func (a *API) paymentSource(c *call, owner *model.Customer, shown *model.PaymentSource) *paymentSource {
	made := &paymentSource{
		ID:          shown.ID,
		Provider:    shown.Provider,
		SourceType:  shown.SourceType,
		Brand:       shown.Brand,
		LastFour:    shown.LastFour,
		ExpiryMonth: shown.ExpiryMonth,
		ExpiryYear:  shown.ExpiryYear,
		Holder:      shown.Holder,
		State:       shown.State,
		Metadata:    shown.Metadata,
		CreatedAt:   a.Wire.timestamp(shown.CreatedAt),
		UpdatedAt:   a.Wire.timestamp(shown.UpdatedAt),
		DetachedAt:  a.Wire.timestampOrNull(shown.DetachedAt),
		self:        a.Base + "/payment-sources/" + shown.ID,
		hypermedia:  a.Wire.Hypermedia,
	}
	if c.actor.HasKey() {
		made.Token = shown.Token
	}
	if owner != nil {
		made.Customer, made.owner = &customerIdentity{owner.Reference}, a.Base+"/customers/"+owner.Reference
	}
	return made
}
