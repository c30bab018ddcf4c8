package resources

import (
	"net/http"
	"strings"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
)

// customer is a customer on the wire (glue.md 3.1): the classic attributes
// first, in Glue's order.
type customer struct {
	Reference          string         `jsonapi:"primary,customers"`
	Salutation         *string        `jsonapi:"attr,salutation"`
	FirstName          *string        `jsonapi:"attr,firstName"`
	LastName           *string        `jsonapi:"attr,lastName"`
	Gender             *string        `jsonapi:"attr,gender"`
	DateOfBirth        *string        `jsonapi:"attr,dateOfBirth"`
	Email              string         `jsonapi:"attr,email"`
	CreatedAt          string         `jsonapi:"attr,createdAt"`
	UpdatedAt          string         `jsonapi:"attr,updatedAt"`
	Number             int64          `jsonapi:"attr,number"`
	FullName           string         `jsonapi:"attr,fullName"`
	Phone              *string        `jsonapi:"attr,phone"`
	Locale             *string        `jsonapi:"attr,locale"`
	Identification     *string        `jsonapi:"attr,identification"`
	IdentificationType *string        `jsonapi:"attr,identificationType"`
	CustomerType       *string        `jsonapi:"attr,customerType"`
	Metadata           map[string]any `jsonapi:"attr,metadata"`
	Extra              map[string]any `jsonapi:"attr,extra"`
	Active             bool           `jsonapi:"attr,active"`
	HasAccount         bool           `jsonapi:"attr,hasAccount"`
	Enabled            bool           `jsonapi:"attr,enabled"`
	Status             string         `jsonapi:"attr,status"`

	// Shown to an API key alone.
	Note                 any   `jsonapi:"attr,note,omitempty"` // a *string: nil is shown as null, its absence not at all
	RequestToBeForgotten *bool `jsonapi:"attr,requestToBeForgotten,omitempty"`

	Addresses              []*address `jsonapi:"relation,addresses"`
	DefaultShippingAddress *address   `jsonapi:"relation,defaultShippingAddress"`
	DefaultBillingAddress  *address   `jsonapi:"relation,defaultBillingAddress"`

	self       string
	cursor     string // of a list that is paged by cursor
	hypermedia bool   // relationships have links of their own (W-16)
}

// customerIdentity is a customer of whom only the id is said.
type customerIdentity struct {
	Reference string `jsonapi:"primary,customers"`
}

// JSONAPILinks returns the link of the resource itself.
func (c *customer) JSONAPILinks() *jsonapi.Links { return jsonapi.Self(c.self) }

// JSONAPIMeta returns the cursor of the customer in the list (cursor pagination
// profile, "Item Cursors").
func (c *customer) JSONAPIMeta() *jsonapi.Meta {
	if c.cursor == "" || !c.hypermedia {
		return nil
	}
	return &jsonapi.Meta{"page": map[string]string{"cursor": c.cursor}}
}

// JSONAPIRelationshipLinks returns where a relationship can be changed and its
// resources fetched.
func (c *customer) JSONAPIRelationshipLinks(relation string) *jsonapi.Links {
	switch related := c.self + "/" + relation; {
	case c.hypermedia:
		return &jsonapi.Links{"self": c.self + "/relationships/" + relation, "related": related}
	case relation == "addresses":
		return jsonapi.Related(related)
	}
	return nil
}

// customerBody is what a customer's document may say. Pointers: absent and
// null leave them nil, and the document knows which it was.
type customerBody struct {
	Reference            string         `jsonapi:"primary,customers"`
	Email                *string        `jsonapi:"attr,email"`
	Gender               *string        `jsonapi:"attr,gender"`
	Salutation           *string        `jsonapi:"attr,salutation"`
	FirstName            *string        `jsonapi:"attr,firstName"`
	LastName             *string        `jsonapi:"attr,lastName"`
	Password             *string        `jsonapi:"attr,password"`
	ConfirmPassword      *string        `jsonapi:"attr,confirmPassword"`
	PasswordConfirmation *string        `jsonapi:"attr,passwordConfirmation"`
	AcceptedTerms        *bool          `jsonapi:"attr,acceptedTerms"`
	DateOfBirth          *string        `jsonapi:"attr,dateOfBirth"`
	Phone                *string        `jsonapi:"attr,phone"`
	Locale               *string        `jsonapi:"attr,locale"`
	Identification       *string        `jsonapi:"attr,identification"`
	IdentificationType   *string        `jsonapi:"attr,identificationType"`
	CustomerType         *string        `jsonapi:"attr,customerType"`
	Metadata             map[string]any `jsonapi:"attr,metadata"`
	Extra                map[string]any `jsonapi:"attr,extra"`
	Note                 *string        `jsonapi:"attr,note"`
	Enabled              *bool          `jsonapi:"attr,enabled"`
	RequestToBeForgotten *bool          `jsonapi:"attr,requestToBeForgotten"`

	DefaultShippingAddress *addressIdentity `jsonapi:"relation,defaultShippingAddress"`
	DefaultBillingAddress  *addressIdentity `jsonapi:"relation,defaultBillingAddress"`
}

var customerOffer = jsonapi.Offer{
	Include: []string{
		"addresses", "defaultShippingAddress", "defaultBillingAddress",
		"addresses.customer", "defaultShippingAddress.customer", "defaultBillingAddress.customer",
	},
	Fields: map[string][]string{"customers": jsonapi.Names(customer{}), "addresses": jsonapi.Names(address{})},
}

func (a *API) customerRoutes() []route {
	named := map[string]*errors.Error{"reference": errors.CustomerIDAbsent}
	return []route{
		{method: http.MethodPost, path: "/customers", access: visitors, body: customerBody{}, shows: customer{}, offer: customerOffer, handle: a.createCustomer},
		{method: http.MethodGet, path: "/customers", access: customers, shows: customer{}, offer: customerListOffer, handle: a.listCustomers},
		{method: http.MethodPatch, path: "/customers", body: customerBody{}, refuse: errors.CustomerIDAbsent},
		{method: http.MethodDelete, path: "/customers", refuse: errors.CustomerIDAbsent},
		{method: http.MethodGet, path: "/customers/:reference", access: customers, shows: customer{}, offer: customerOffer, handle: a.showCustomer},
		{method: http.MethodPatch, path: "/customers/:reference", access: customers, body: customerBody{}, shows: customer{}, offer: customerOffer, needs: named, handle: a.updateCustomer},
		{method: http.MethodDelete, path: "/customers/:reference", access: customers, needs: named, handle: a.anonymiseCustomer},
	}
}

func (a *API) createCustomer(c *call) error {
	var body customerBody
	if err := c.bind(&body); err != nil {
		return err
	}
	if err := refuseAddresses(c.document); err != nil {
		return err
	}
	// A new customer has no address yet, so none can be the default.
	for _, wanted := range []account.Text{defaultAddress(c.document, "defaultShippingAddress", body.DefaultShippingAddress), defaultAddress(c.document, "defaultBillingAddress", body.DefaultBillingAddress)} {
		if wanted.Value != nil {
			return errors.AddressNotFound.At("/data/relationships/" + wanted.Name)
		}
	}
	id, _ := c.document.ID()
	if a.Wire.IgnoreIDs && !c.actor.HasKey() {
		id = ""
	}
	made, err := a.Accounts.Register(c.Request().Context(), c.actor, account.Registration{
		Profile:     profile(c.document, &body),
		NewPassword: newPassword(c.document, "password", body.Password, body.ConfirmPassword, body.PasswordConfirmation),
		Terms:       acceptedTerms(c.document),
		ID:          id,
		Demands:     a.registrationDemands(),
	})
	for _, fault := range []*errors.Error{errors.ClientIDForbidden, errors.ResourceIDInvalid, errors.ResourceIDTaken} {
		if errors.Is(err, fault) {
			return fault.At("/data/id")
		}
	}
	if err != nil {
		return err
	}
	c.registered = made
	return a.answerCustomer(c, http.StatusCreated, made)
}

func (a *API) showCustomer(c *call) error {
	found, err := a.Accounts.Customer(c.Request().Context(), c.actor, web.Segment(c, "reference"))
	if err != nil {
		return err
	}
	return a.answerCustomer(c, http.StatusOK, found)
}

func (a *API) updateCustomer(c *call) error {
	var body customerBody
	if err := c.bind(&body); err != nil {
		return err
	}
	if err := refuseAddresses(c.document); err != nil {
		return err
	}
	reference := web.Segment(c, "reference")
	if id, given := c.document.ID(); given && c.actor.IsCustomer() && id != c.actor.Reference() && !a.Wire.IgnoreIDs && (reference == "me" || reference == "mine") {
		return errors.ResourceIDMismatch.At("/data/id")
	}
	changed, err := a.changeCustomer(c, account.Update{
		Profile:         profile(c.document, &body),
		NewPassword:     newPassword(c.document, "password", body.Password, body.ConfirmPassword, body.PasswordConfirmation),
		Demands:         a.registrationDemands(),
		DefaultShipping: defaultAddress(c.document, "defaultShippingAddress", body.DefaultShippingAddress),
		DefaultBilling:  defaultAddress(c.document, "defaultBillingAddress", body.DefaultBillingAddress),
	})
	if fault, ok := errors.AsType[*errors.Error](err); ok && fault.Is(errors.AddressNotFound) {
		return fault.At("/data/relationships/" + fault.Field)
	}
	if err != nil {
		return err
	}
	return a.answerCustomer(c, http.StatusOK, changed)
}

// changeCustomer changes the customer of the path, if they are as the request
// expects them.
func (a *API) changeCustomer(c *call, update account.Update) (*model.Customer, error) {
	reference := web.Segment(c, "reference")
	update.Match = precondition(c)
	changed, err := a.Accounts.UpdateCustomer(c.Request().Context(), c.actor, reference, update)
	if errors.Is(err, errors.PreconditionFailed) {
		return nil, a.withCurrentCustomer(c, reference, err)
	}
	return changed, err
}

func (a *API) anonymiseCustomer(c *call) error {
	reference := web.Segment(c, "reference")
	err := a.Accounts.Anonymise(c.Request().Context(), c.actor, reference, precondition(c))
	if errors.Is(err, errors.PreconditionFailed) {
		return a.withCurrentCustomer(c, reference, err)
	}
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// answerCustomer shows a customer, with their addresses when they are asked
// for.
func (a *API) answerCustomer(c *call, status int, shown *model.Customer) error {
	document, err := a.customer(c, shown)
	if err != nil {
		return err
	}
	return a.showOne(c, status, document, account.CustomerVersion(shown), document.self)
}

// customer makes the wire's form. The addresses are read only when the
// request includes one of the relationships to them.
func (a *API) customer(c *call, shown *model.Customer) (*customer, error) {
	made := a.plainCustomer(c, shown)
	if len(c.query.Include) == 0 {
		return made, nil
	}
	addresses, err := a.Accounts.AddressesOf(c.Request().Context(), []model.Customer{*shown})
	if err != nil {
		return nil, err
	}
	a.attach(c, made, shown, addresses[shown.ID])
	return made, nil
}

// attach puts the addresses in the places of the relationships to them.
func (a *API) attach(c *call, made *customer, shown *model.Customer, addresses []model.Address) {
	for i := range addresses {
		one := a.address(c, shown, &addresses[i])
		made.Addresses = append(made.Addresses, one)
		if shown.IsDefaultShipping(one.ID) {
			made.DefaultShippingAddress = one
		}
		if shown.IsDefaultBilling(one.ID) {
			made.DefaultBillingAddress = one
		}
	}
}

func (a *API) plainCustomer(c *call, shown *model.Customer) *customer {
	made := &customer{
		Reference:              shown.Reference,
		Salutation:             shown.Salutation,
		FirstName:              shown.FirstName,
		LastName:               shown.LastName,
		Gender:                 shown.Gender,
		DateOfBirth:            shown.DateOfBirth,
		Email:                  shown.Email,
		CreatedAt:              a.Wire.timestamp(shown.CreatedAt),
		UpdatedAt:              a.Wire.timestamp(shown.UpdatedAt),
		Number:                 shown.Number,
		FullName:               shown.Name(),
		Phone:                  shown.Phone,
		Locale:                 shown.Locale,
		Identification:         shown.Identification,
		IdentificationType:     shown.IdentificationType,
		CustomerType:           shown.CustomerType,
		Metadata:               shown.Metadata,
		Extra:                  shown.Extra,
		Active:                 shown.Active(),
		HasAccount:             shown.HasAccount(),
		Enabled:                shown.Enabled(),
		Status:                 shown.Status(),
		DefaultShippingAddress: linkage(shown.DefaultShippingAddressID),
		DefaultBillingAddress:  linkage(shown.DefaultBillingAddressID),
		self:                   a.Base + "/customers/" + shown.Reference,
		hypermedia:             a.Wire.Hypermedia,
	}
	if c.actor.HasKey() {
		made.Note, made.RequestToBeForgotten = shown.Note, &shown.RequestToBeForgotten
	}
	return made
}

// linkage is an address of which only the id is shown.
func linkage(id *string) *address {
	if id == nil {
		return nil
	}
	return &address{ID: *id}
}

func (a *API) registrationDemands() account.Demands {
	demands := a.Wire.Registration
	demands.OtherGender = a.Wire.OtherGender
	if errors.Is(demands.OtherGender, errors.GenderInvalid) {
		demands.OtherGender = errors.GenderInvalid.With(strings.Join(a.Genders, ", "))
	}
	return demands
}

// withCurrentCustomer adds the customer as they are now to a failed
// precondition, so that a client can merge without asking again.
func (a *API) withCurrentCustomer(c *call, reference string, failed error) error {
	current, err := a.Accounts.CurrentCustomer(c.Request().Context(), c.actor, reference)
	if err != nil {
		return err
	}
	document, err := a.customer(c, current)
	if err != nil {
		return err
	}
	return a.withCurrent(c, document, failed)
}

// refuseAddresses answers a document that would set the addresses of a customer:
// they have their own endpoints (glue.md 2.3).
func refuseAddresses(document *jsonapi.Document) error {
	if _, given := document.Relationship("addresses"); given {
		return errors.RelationshipForbidden.With("addresses").At("/data/relationships/addresses")
	}
	return nil
}

// defaultAddress reads the linkage of one of the default places.
func defaultAddress(document *jsonapi.Document, name string, named *addressIdentity) account.Text {
	_, given := document.Relationship(name)
	wanted := account.Text{Name: name, Given: given}
	if named != nil {
		wanted.Value = &named.ID
	}
	return wanted
}

func profile(d *jsonapi.Document, body *customerBody) account.Profile {
	return account.Profile{
		Email:                field(d, "email", body.Email),
		Gender:               field(d, "gender", body.Gender),
		Salutation:           field(d, "salutation", body.Salutation),
		FirstName:            field(d, "firstName", body.FirstName),
		LastName:             field(d, "lastName", body.LastName),
		DateOfBirth:          field(d, "dateOfBirth", body.DateOfBirth),
		Phone:                field(d, "phone", body.Phone),
		Locale:               field(d, "locale", body.Locale),
		Identification:       field(d, "identification", body.Identification),
		IdentificationType:   field(d, "identificationType", body.IdentificationType),
		CustomerType:         field(d, "customerType", body.CustomerType),
		Metadata:             object(d, "metadata", body.Metadata),
		Extra:                object(d, "extra", body.Extra),
		Note:                 field(d, "note", body.Note),
		Enabled:              field(d, "enabled", body.Enabled),
		RequestToBeForgotten: field(d, "requestToBeForgotten", body.RequestToBeForgotten),
	}
}

// object is field for free-form data.
func object(d *jsonapi.Document, name string, value map[string]any) account.Field[map[string]any] {
	if value == nil {
		return field[map[string]any](d, name, nil)
	}
	return field(d, name, &value)
}

// newPassword reads a password and its confirmation, which has two names
// (decision C-16).
func newPassword(d *jsonapi.Document, name string, password, confirm, confirmation *string) account.NewPassword {
	return account.NewPassword{
		Password:     field(d, name, password),
		Confirmation: field(d, "confirmPassword", confirm),
		OtherName:    field(d, "passwordConfirmation", confirmation),
	}
}

// acceptedTerms reads consent as Glue does: true, 1 and "1" give it, null
// passes as not decided, everything else refuses.
func acceptedTerms(d *jsonapi.Document) account.Field[bool] {
	terms := account.Field[bool]{Name: "acceptedTerms", Given: d.Has("acceptedTerms")}
	if terms.Given && !d.Null("acceptedTerms") {
		raw := string(d.Raw("acceptedTerms"))
		accepted := raw == "true" || raw == "1" || raw == `"1"`
		terms.Value = &accepted
	}
	return terms
}
