package resources

import (
	"net/http"
	"strconv"
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
	Salutation         *string        `jsonapi:"attr,salutation" about:"How the customer is addressed."`
	FirstName          *string        `jsonapi:"attr,firstName" about:"First name."`
	LastName           *string        `jsonapi:"attr,lastName" about:"Last name."`
	Gender             *string        `jsonapi:"attr,gender" about:"One of the genders that the shop has, or null."`
	DateOfBirth        *string        `jsonapi:"attr,dateOfBirth" about:"Day of birth." format:"date"`
	Email              *string        `jsonapi:"attr,email" about:"E-mail address, as it was typed; null for a guest without one. After an erasure it is a random one that nobody can receive mail at."`
	CreatedAt          string         `jsonapi:"attr,createdAt" about:"When the customer registered, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	UpdatedAt          string         `jsonapi:"attr,updatedAt" about:"When the customer was last changed, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	Number             int64          `jsonapi:"attr,number" about:"The integer that goes with the reference, ascending within the store."`
	FullName           string         `jsonapi:"attr,fullName" about:"The name as it was typed elsewhere, else first and last name."`
	Phone              *string        `jsonapi:"attr,phone" about:"Telephone number, as it was typed."`
	Locale             *string        `jsonapi:"attr,locale" about:"Language that the customer is written to in, as a BCP 47 tag."`
	Identification     *string        `jsonapi:"attr,identification" about:"Number of a tax or identity document."`
	IdentificationType *string        `jsonapi:"attr,identificationType" about:"What kind of document that is."`
	CustomerType       *string        `jsonapi:"attr,customerType" about:"Whether it is a person or a company."`
	Metadata           map[string]any `jsonapi:"attr,metadata" about:"Free-form data of the client."`
	Extra              map[string]any `jsonapi:"attr,extra" about:"Free-form data whose values are all text."`
	Active             bool           `jsonapi:"attr,active" about:"Whether the e-mail address is proven."`
	HasAccount         bool           `jsonapi:"attr,hasAccount" about:"Whether there is a password to log in with; a guest has none."`
	Enabled            bool           `jsonapi:"attr,enabled" about:"Whether the customer is not blocked."`
	Status             string         `jsonapi:"attr,status" about:"All of this in one word, the first that holds." choices:"anonymized,disabled,guest,unconfirmed,active"`
	TotalSpent         string         `jsonapi:"attr,totalSpent" about:"What the customer has spent, less what was given back: a decimal number." pattern:"^-?[0-9]+([.][0-9]+)?$"`
	TotalSpentCurrency *string        `jsonapi:"attr,totalSpentCurrency" about:"In which currency: that of the last order, else the store's. Orders in others do not count."`
	LastOrderID        *string        `jsonapi:"attr,lastOrderId" about:"Id of the last order."`
	DefaultSourceID    *string        `jsonapi:"attr,defaultSourceId" about:"Id of the default payment source."`

	// Shown to an API key alone.
	Note                 any   `jsonapi:"attr,note,omitempty" about:"A note of the staff. Shown to API keys alone." kind:"string" null:"yes" shown:"API keys"` // a *string: nil is shown as null, its absence not at all
	MergedInto           any   `jsonapi:"attr,mergedInto,omitempty" about:"Reference of the customer in whom this one, a duplicate, went up. Shown to API keys alone." kind:"string" null:"yes" shown:"API keys"`
	AnonymizedAt         any   `jsonapi:"attr,anonymizedAt,omitempty" about:"When the customer was erased, UTC. Shown to API keys alone." kind:"string" null:"yes" shown:"API keys"`
	RequestToBeForgotten *bool `jsonapi:"attr,requestToBeForgotten,omitempty" about:"Whether the customer has asked to be erased. Shown to API keys alone." null:"no" shown:"API keys"`
	ProviderIDs          any   `jsonapi:"attr,providerIds,omitempty" about:"Ids that payment providers know the customer by, by the provider's name. Shown to API keys alone." kind:"object" shown:"API keys"` // a map: an empty one is shown as well

	Addresses              []*address `jsonapi:"relation,addresses" about:"All addresses of the customer. The linkage is there when they are included."`
	DefaultShippingAddress *address   `jsonapi:"relation,defaultShippingAddress" about:"The address that goods go to, null when there is none."`
	DefaultBillingAddress  *address   `jsonapi:"relation,defaultBillingAddress" about:"The address that invoices go to, null when there is none."`

	Orders    []*order `jsonapi:"relation,orders" about:"Orders of the customer, the newest first: a hundred of them when they are included, and links.next where there are more." next:"yes"`
	LastOrder *order   `jsonapi:"relation,lastOrder" about:"The last order of the customer, null when there is none."`

	Sources       []*paymentSource `jsonapi:"relation,sources" about:"All payment sources of the customer. The linkage is there when they are included."`
	DefaultSource *paymentSource   `jsonapi:"relation,defaultSource" about:"The payment source that is the default, null when there is none."`

	Groups []*customerGroup `jsonapi:"relation,groups" about:"Groups that staff have put the customer into. The linkage is there when they are included."`

	self       string
	cursor     string // of a list that is paged by cursor
	reconsent  *bool  // whether the terms have changed since the customer agreed to them; nil says nothing
	moreOrders bool   // than come along
	hypermedia bool   // relationships have links of their own (W-16)
}

// customerIdentity is a customer of whom only the id is said.
type customerIdentity struct {
	Reference string `jsonapi:"primary,customers"`
}

// JSONAPILinks returns the link of the resource itself.
func (c *customer) JSONAPILinks() *jsonapi.Links { return jsonapi.Self(c.self) }

// JSONAPIMeta returns the cursor of the customer in the list (cursor pagination
// profile, "Item Cursors"), and whether they have to agree to the terms once more.
func (c *customer) JSONAPIMeta() *jsonapi.Meta {
	meta := cursorMeta(c.cursor, c.hypermedia)
	if c.reconsent == nil || !c.hypermedia {
		return meta
	}
	if meta == nil {
		meta = &jsonapi.Meta{}
	}
	(*meta)["reconsentRequired"] = *c.reconsent
	return meta
}

// JSONAPIRelationshipLinks returns where a relationship can be changed and its
// resources fetched.
func (c *customer) JSONAPIRelationshipLinks(relation string) *jsonapi.Links {
	links := jsonapi.Links{}
	if c.hypermedia {
		links["self"] = c.self + "/relationships/" + relation
	}
	if c.hypermedia || relation == "addresses" {
		links["related"] = c.self + "/" + relation
	}
	if relation == "orders" && c.moreOrders {
		links["next"] = c.self + "/orders?page%5Bnumber%5D=2&page%5Bsize%5D=" + strconv.Itoa(account.NewestOrders)
	}
	if len(links) == 0 {
		return nil
	}
	return &links
}

// customerBody is what a customer's document may say. Pointers: absent and
// null leave them nil, and the document knows which it was.
type customerBody struct {
	Reference            string         `jsonapi:"primary,customers"`
	Email                *string        `jsonapi:"attr,email" about:"E-mail address to log in with, unique among the accounts of the store. Everybody but an API key that makes a guest has to give one." format:"idn-email" needs:"no" min:"1" max:"100" example:"jane@shop.example"`
	Gender               *string        `jsonapi:"attr,gender" about:"One of the genders that the shop has." choices:"{genders}" example:"{gender}"`
	Salutation           *string        `jsonapi:"attr,salutation" about:"How the customer is addressed." choices:"{salutations}" example:"{salutation}"`
	FirstName            *string        `jsonapi:"attr,firstName" about:"First name." min:"1" max:"100" example:"Jane"`
	LastName             *string        `jsonapi:"attr,lastName" about:"Last name." min:"1" max:"100" example:"Doe"`
	Password             *string        `jsonapi:"attr,password" about:"Password of the account. Everybody but an API key has to give one; a change of profile checks it and does not apply it." null:"PATCH" min:"{password_min}" max:"{password_max}" example:"Change-123-please"`
	ConfirmPassword      *string        `jsonapi:"attr,confirmPassword" about:"The same once more." null:"PATCH" min:"{password_min}" max:"{password_max}" example:"Change-123-please"`
	PasswordConfirmation *string        `jsonapi:"attr,passwordConfirmation" about:"Another name of confirmPassword." null:"PATCH" min:"{password_min}" max:"{password_max}"`
	CurrentPassword      *string        `jsonapi:"attr,currentPassword" about:"The present password, where the shop asks it of a customer who changes their e-mail address (CLIENTELE_EMAIL_CHANGE)." on:"PATCH" null:"PATCH"`
	AcceptedTerms        *bool          `jsonapi:"attr,acceptedTerms" about:"Consent to the terms of service. Everybody but an API key has to give it." on:"POST" needs:"no" enum:"[true,1,\"1\",null]" example:"true"`
	DateOfBirth          *string        `jsonapi:"attr,dateOfBirth" about:"Day of birth, not in the future; nothing unsets it, like null." pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" example:"1990-01-31"`
	Phone                *string        `jsonapi:"attr,phone" about:"Telephone number." max:"255" example:"+49 30 901820"`
	Locale               *string        `jsonapi:"attr,locale" about:"Language that the customer is written to in; en_US is read as en-US." example:"en-US"`
	Identification       *string        `jsonapi:"attr,identification" about:"Number of a tax or identity document." max:"255" example:"L01X00T47"`
	IdentificationType   *string        `jsonapi:"attr,identificationType" about:"What kind of document that is." max:"255" example:"passport"`
	CustomerType         *string        `jsonapi:"attr,customerType" about:"Whether it is a person or a company." choices:"individual,business" example:"individual"`
	Metadata             map[string]any `jsonapi:"attr,metadata" about:"Free-form data. A change merges the keys with those that are stored; null deletes a key, and in place of the object all of them."`
	Extra                map[string]any `jsonapi:"attr,extra" about:"The same for data whose values are all text." values:"string"`
	Note                 *string        `jsonapi:"attr,note" about:"A note of the staff." ignored:"unless an API key sends it"`
	Enabled              *bool          `jsonapi:"attr,enabled" about:"Whether the customer is not blocked." ignored:"unless an API key sends it"`
	RequestToBeForgotten *bool          `jsonapi:"attr,requestToBeForgotten" about:"Whether the customer has asked to be erased." ignored:"unless an API key sends it"`

	DefaultShippingAddress *addressIdentity `jsonapi:"relation,defaultShippingAddress" about:"The address that goods go to; null for none."`
	DefaultBillingAddress  *addressIdentity `jsonapi:"relation,defaultBillingAddress" about:"The address that invoices go to; null for none."`

	DefaultSourceID *string                `jsonapi:"attr,defaultSourceId" about:"Id of the payment source that is the default: one of the customer's, or null for none. The relationship counts where both are sent." on:"PATCH"`
	ProviderIDs     map[string]any         `jsonapi:"attr,providerIds" about:"Ids that payment providers know the customer by, by the provider's name; merged like metadata." ignored:"unless an API key sends it" values:"string"`
	DefaultSource   *paymentSourceIdentity `jsonapi:"relation,defaultSource" about:"The payment source that is the default; null for none."`
}

var customerOffer = jsonapi.Offer{
	Include: []string{
		"addresses", "defaultShippingAddress", "defaultBillingAddress",
		"addresses.customer", "defaultShippingAddress.customer", "defaultBillingAddress.customer", "orders", "lastOrder", "groups", "sources", "defaultSource",
	},
	Fields: map[string][]string{"customers": jsonapi.Names(customer{}), "addresses": jsonapi.Names(address{}), "orders": jsonapi.Names(order{}), "customer-groups": jsonapi.Names(customerGroup{}), "payment-sources": jsonapi.Names(paymentSource{})},
}

// registrationSample names what is given by who registers, as far as not more is
// demanded.
var registrationSample = []string{"email", "salutation", "firstName", "lastName", "gender", "password", "confirmPassword", "acceptedTerms"}

func (a *API) customerRoutes() []route {
	named := map[string]*errors.Error{"reference": errors.CustomerIDAbsent}
	return []route{
		{method: http.MethodPost, path: "/customers", access: visitors, body: customerBody{}, shows: customer{}, offer: customerOffer, limit: a.limitRegistration, handle: a.createCustomer,
			name: "registerCustomer", summary: "Register a customer", about: "Nobody is logged in by it: get a token next. An API key may choose the reference (`data.id`), and leave out the password (the customer is a guest then), with it the e-mail address, and the consent; `meta.sendEmailInvite: true` beside `data` has a guest written to who is to set a password. A guest who registers keeps their reference; what they had before comes back once the e-mail address is proven.",
			fails: a.registrationFails(), sample: registrationSample},
		{method: http.MethodGet, path: "/customers", access: customers, scope: account.ReadCustomers, shows: customer{}, offer: customerListOffer, handle: a.listCustomers,
			name: "listCustomers", summary: "List customers", about: "A customer is shown themself, alone. An API key is shown all customers of the store, filtered, sorted and in pages: by number (the default), by offset, or by cursor from `page[after]=` on.",
			many: true, cursors: true, fails: a.strictly(errors.FilterInvalid, errors.Unauthorized)},
		{method: http.MethodPatch, path: "/customers", access: visitors, body: customerBody{}, refuse: errors.CustomerIDAbsent},
		{method: http.MethodDelete, path: "/customers", access: visitors, refuse: errors.CustomerIDAbsent},
		{method: http.MethodGet, path: "/customers/:reference", access: customers, scope: account.ReadCustomers, shows: customer{}, offer: customerOffer, handle: a.showCustomer,
			name: "showCustomer", summary: "Show a customer", fails: []*errors.Error{errors.CustomerNotFound, errors.Unauthorized}},
		{method: http.MethodPatch, path: "/customers/:reference", access: customers, scope: account.WriteCustomers, body: customerBody{}, shows: customer{}, offer: customerOffer, needs: named, limit: a.limitEmailChange, handle: a.updateCustomer,
			name: "updateCustomer", summary: "Change a customer", about: "What is left out stays as it is, null unsets. With `CLIENTELE_REGISTRATION=confirm` a new e-mail address counts once the key mailed to it has come back. A `password` is checked and not applied: `/customer-password` changes it.",
			fails: a.profileFails(), sample: []string{"phone", "dateOfBirth"}},
		{method: http.MethodDelete, path: "/customers/:reference", access: customers, scope: account.WriteCustomers, needs: named, handle: a.anonymiseCustomer,
			name: "anonymiseCustomer", summary: "Erase a customer", about: "At once and for good: who they are is forgotten, the reference stays.",
			fails: []*errors.Error{errors.Unauthorized, errors.CustomerNotFound, errors.PreconditionFailed}},
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
	if wanted := defaultSource(c.document, body.DefaultSourceID, body.DefaultSource); wanted.Value != nil { // nor a payment source
		return pointAtSource(errors.PaymentSourceNotFound.On(wanted.Name))
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
		Invite:      c.document.MetaFlag("sendEmailInvite"),
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
		Current:         field(c.document, "currentPassword", body.CurrentPassword),
		Demands:         a.registrationDemands(),
		DefaultShipping: defaultAddress(c.document, "defaultShippingAddress", body.DefaultShippingAddress),
		DefaultBilling:  defaultAddress(c.document, "defaultBillingAddress", body.DefaultBillingAddress),
	})
	if fault, ok := errors.AsType[*errors.Error](err); ok && fault.Is(errors.AddressNotFound) {
		return fault.At("/data/relationships/" + fault.Field)
	}
	if fault, ok := errors.AsType[*errors.Error](err); ok && fault.Is(errors.PaymentSourceNotFound) {
		return pointAtSource(fault)
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

// customer makes the wire's form of one who is looked at by themself, with what the
// request includes.
func (a *API) customer(c *call, shown *model.Customer) (*customer, error) {
	made := a.plainCustomer(c, shown)
	if shown.HasAccount() {
		made.reconsent = new(a.Accounts.NeedsConsent(shown))
	}
	return made, a.include(c, []*customer{made}, []model.Customer{*shown})
}

// include puts the resources that the request includes in the places of the
// relationships to them. Nothing is read for those that it does not.
func (a *API) include(c *call, made []*customer, shown []model.Customer) error {
	if len(c.query.Include) == 0 {
		return nil
	}
	addresses, err := a.Accounts.AddressesOf(c.Request().Context(), shown)
	if err != nil {
		return err
	}
	for i := range shown {
		a.attach(c, made[i], &shown[i], addresses[shown[i].ID])
	}
	for _, attach := range []func(*call, []*customer, []model.Customer) error{a.attachGroups, a.includeSources, a.attachOrders} {
		if err := attach(c, made, shown); err != nil {
			return err
		}
	}
	return nil
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
	spentIn := shown.TotalSpentCurrency
	if spentIn == nil {
		spentIn = a.Accounts.CurrencyOf(c.Request().Context(), shown.Store)
	}
	made := &customer{
		Reference:              shown.Reference,
		Salutation:             shown.Salutation,
		FirstName:              shown.FirstName,
		LastName:               shown.LastName,
		Gender:                 shown.Gender,
		DateOfBirth:            shown.DateOfBirth,
		Email:                  emailOf(shown),
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
		TotalSpent:             account.Amount(shown.TotalSpent, spentIn),
		TotalSpentCurrency:     spentIn,
		LastOrderID:            shown.LastOrderID,
		DefaultSourceID:        shown.DefaultSourceID,
		self:                   a.Base + "/customers/" + shown.Reference,
		hypermedia:             a.Wire.Hypermedia,
	}
	if shown.LastOrderID != nil {
		made.LastOrder = &order{ID: *shown.LastOrderID}
	}
	if shown.DefaultSourceID != nil {
		made.DefaultSource = &paymentSource{ID: *shown.DefaultSourceID}
	}
	if c.actor.HasKey() {
		made.MergedInto, made.AnonymizedAt = shown.MergedInto, a.Wire.timestampOrNull(shown.AnonymizedAt)
		made.Note, made.RequestToBeForgotten, made.ProviderIDs = shown.Note, &shown.RequestToBeForgotten, map[string]any(shown.ProviderIDs)
	}
	return made
}

// emailOf is the address of a customer, nil for a guest who has none.
func emailOf(shown *model.Customer) *string {
	if shown.Email == "" {
		return nil
	}
	return &shown.Email
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
		DefaultSource:        defaultSource(d, body.DefaultSourceID, body.DefaultSource),
		ProviderIDs:          object(d, "providerIds", body.ProviderIDs),
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

// limitRegistration and limitEmailChange count what tells whether an address has
// an account.
func (a *API) limitRegistration(c *call) error {
	a.keepPace(c)
	return a.Accounts.CountRegistration(c.Request().Context(), c.actor)
}

func (a *API) limitEmailChange(c *call) error {
	var body customerBody
	if err := c.bind(&body); err != nil || body.Email == nil {
		return err
	}
	return a.Accounts.CountEmailChange(c.Request().Context(), c.actor, *body.Email)
}

// keepPace lets the time of a registration tell nothing, where that is hidden.
func (a *API) keepPace(c *call) {
	c.Response().Before(a.Accounts.Pace(c.Request().Context(), c.actor))
}
