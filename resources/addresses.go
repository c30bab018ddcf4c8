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

// address is an address on the wire (glue.md 3.2): the classic attributes
// first, in Glue's order.
type address struct {
	ID                string         `jsonapi:"primary,addresses"`
	Salutation        *string        `jsonapi:"attr,salutation" about:"How the recipient is addressed."`
	FirstName         *string        `jsonapi:"attr,firstName" about:"First name of the recipient."`
	LastName          *string        `jsonapi:"attr,lastName" about:"Last name of the recipient."`
	Address1          *string        `jsonapi:"attr,address1" about:"Street, or the first line."`
	Address2          *string        `jsonapi:"attr,address2" about:"The second line, often the house number."`
	Address3          *string        `jsonapi:"attr,address3" about:"The third line."`
	ZipCode           *string        `jsonapi:"attr,zipCode" about:"Postal code."`
	City              *string        `jsonapi:"attr,city" about:"City."`
	Country           *string        `jsonapi:"attr,country" about:"Name of the country, made from iso2Code, in the language that Accept-Language asks for."`
	ISO2Code          *string        `jsonapi:"attr,iso2Code" about:"Country, by ISO 3166-1 alpha-2." pattern:"^[A-Z]{2}$"`
	Company           *string        `jsonapi:"attr,company" about:"Company."`
	Phone             *string        `jsonapi:"attr,phone" about:"Telephone number, for who delivers."`
	IsDefaultShipping bool           `jsonapi:"attr,isDefaultShipping" about:"Whether goods go here."`
	IsDefaultBilling  bool           `jsonapi:"attr,isDefaultBilling" about:"Whether invoices go here."`
	HouseNumber       *string        `jsonapi:"attr,houseNumber" about:"House number, where it is kept apart."`
	Floor             *string        `jsonapi:"attr,floor" about:"Floor, flat or staircase."`
	Locality          *string        `jsonapi:"attr,locality" about:"Part of the city."`
	Province          *string        `jsonapi:"attr,province" about:"Province or state."`
	Number            int64          `jsonapi:"attr,number" about:"The integer twin of the id."`
	Metadata          map[string]any `jsonapi:"attr,metadata" about:"Free-form data of the client."`
	CreatedAt         string         `jsonapi:"attr,createdAt" about:"When the address was added, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	UpdatedAt         string         `jsonapi:"attr,updatedAt" about:"When the address was last changed, UTC." format:"{moment}" pattern:"{moment_pattern}"`

	Customer *customerIdentity `jsonapi:"relation,customer,omitempty" about:"Whose address it is."` // not in wire=glue (W-16)

	self, owner string
}

// addressIdentity is an address of which only the id is said.
type addressIdentity struct {
	ID string `jsonapi:"primary,addresses"`
}

// JSONAPILinks returns the link of the resource itself.
func (a *address) JSONAPILinks() *jsonapi.Links { return jsonapi.Self(a.self) }

// JSONAPIRelationshipLinks returns where the customer can be fetched.
func (a *address) JSONAPIRelationshipLinks(string) *jsonapi.Links { return jsonapi.Related(a.owner) }

// addressBody is what an address's document may say.
type addressBody struct {
	ID                string         `jsonapi:"primary,addresses"`
	Salutation        *string        `jsonapi:"attr,salutation" about:"How the recipient is addressed." choices:"{salutations}" example:"{salutation}"`
	FirstName         *string        `jsonapi:"attr,firstName" about:"First name of the recipient." max:"100" example:"Jane"`
	LastName          *string        `jsonapi:"attr,lastName" about:"Last name of the recipient." max:"100" example:"Doe"`
	Address1          *string        `jsonapi:"attr,address1" about:"Street, or the first line." max:"255" example:"Julie-Wolfthorn-Straße"`
	Address2          *string        `jsonapi:"attr,address2" about:"The second line, often the house number." max:"255" example:"1"`
	Address3          *string        `jsonapi:"attr,address3" about:"The third line." max:"255"`
	ZipCode           *string        `jsonapi:"attr,zipCode" about:"Postal code." max:"15" example:"10115"`
	City              *string        `jsonapi:"attr,city" about:"City." min:"{city_min}" max:"255" example:"Berlin"`
	ISO2Code          *string        `jsonapi:"attr,iso2Code" about:"Country, by ISO 3166-1 alpha-2, in any case." pattern:"^[A-Za-z]{2}$" example:"DE"`
	Company           *string        `jsonapi:"attr,company" about:"Company." max:"255"`
	Phone             *string        `jsonapi:"attr,phone" about:"Telephone number, for who delivers." max:"255"`
	IsDefaultShipping *bool          `jsonapi:"attr,isDefaultShipping" about:"True moves the default here. A vacant place is taken in any case." example:"true"`
	IsDefaultBilling  *bool          `jsonapi:"attr,isDefaultBilling" about:"True moves the default here. A vacant place is taken in any case." example:"true"`
	HouseNumber       *string        `jsonapi:"attr,houseNumber" about:"House number, where it is kept apart." max:"255"`
	Floor             *string        `jsonapi:"attr,floor" about:"Floor, flat or staircase." max:"255"`
	Locality          *string        `jsonapi:"attr,locality" about:"Part of the city." max:"255"`
	Province          *string        `jsonapi:"attr,province" about:"Province or state." max:"255"`
	Metadata          map[string]any `jsonapi:"attr,metadata" about:"Free-form data. A change merges the keys with those that are stored; null deletes a key, and in place of the object all of them."`

	Customer *customerIdentity `jsonapi:"relation,customer" about:"Whose address it is: in an operation that adds one; else the customer of the URL, or nothing."`
}

var addressOffer = jsonapi.Offer{Include: []string{"customer"}, Fields: customerOffer.Fields}

func (a *API) addressRoutes() []route {
	const list, one = "/customers/:reference/addresses", "/customers/:reference/addresses/:id"
	named := map[string]*errors.Error{"reference": errors.CustomerIDAbsent}
	routes := []route{
		{method: http.MethodPost, path: list, access: customers, scope: account.WriteCustomers, body: addressBody{}, shows: address{}, offer: addressOffer, handle: a.createAddress,
			name: "addAddress", summary: "Add an address", about: "The first one is the default for shipping and for billing.",
			fails: a.addressFails(errors.FieldMissing, errors.Unauthorized, errors.CustomerNotFound, errors.AddressSaveFailed)},
		{method: http.MethodGet, path: list, access: customers, scope: account.ReadCustomers, shows: address{}, offer: addressOffer, handle: a.listAddresses,
			name: "listAddresses", summary: "List addresses", about: "All of the customer, in order of creation.",
			many: true, fails: []*errors.Error{errors.Unauthorized, errors.CustomerNotFound}},
		{method: http.MethodPatch, path: list, access: visitors, body: addressBody{}, offer: addressOffer, needs: named, refuse: errors.AddressIDUnspecified},
		{method: http.MethodDelete, path: list, access: visitors, needs: named, refuse: errors.AddressIDUnspecified},
		{method: http.MethodGet, path: one, access: customers, scope: account.ReadCustomers, shows: address{}, offer: addressOffer, handle: a.showAddress,
			name: "showAddress", summary: "Show an address", fails: []*errors.Error{errors.Unauthorized, errors.CustomerNotFound, errors.AddressNotFound}},
		{method: http.MethodPatch, path: one, access: customers, scope: account.WriteCustomers, body: addressBody{}, shows: address{}, offer: addressOffer, needs: named, handle: a.updateAddress,
			name: "updateAddress", summary: "Change an address", about: "What is left out stays as it is, null unsets.",
			fails: a.addressFails(errors.Unauthorized, errors.CustomerNotFound, errors.AddressNotFound, errors.AddressSaveFailed, errors.PreconditionFailed), sample: []string{"city", "zipCode"}},
		{method: http.MethodDelete, path: one, access: customers, scope: account.WriteCustomers, needs: named, handle: a.deleteAddress,
			name: "deleteAddress", summary: "Delete an address", about: "A default place that it held stays vacant until the next address is written.",
			fails: []*errors.Error{errors.Unauthorized, errors.CustomerNotFound, errors.AddressNotFound, errors.PreconditionFailed}},
	}
	// An address has no place of its own: it is always somebody's.
	for _, path := range []string{"/addresses", "/addresses/:id"} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete} {
			routes = append(routes, route{method: method, path: path, access: visitors, refuse: errors.CustomerReferenceAbsent})
		}
	}
	return routes
}

func (a *API) createAddress(c *call) error {
	input, err := a.addressInput(c)
	if err != nil {
		return err
	}
	owner, made, err := a.Accounts.AddAddress(c.Request().Context(), c.actor, web.Segment(c, "reference"), input)
	if err != nil {
		return err
	}
	return a.answerAddress(c, http.StatusCreated, owner, made)
}

func (a *API) listAddresses(c *call) error {
	owner, addresses, err := a.Accounts.Addresses(c.Request().Context(), c.actor, web.Segment(c, "reference"))
	if err != nil {
		return err
	}
	shown := make([]*address, len(addresses))
	for i := range addresses {
		shown[i] = a.address(c, owner, &addresses[i])
	}
	return a.showMany(c, shown, jsonapi.View{Related: a.included(c, owner)})
}

// included is the customer of addresses, whom an include may lead to.
func (a *API) included(c *call, owner *model.Customer) []any {
	if len(c.query.Include) == 0 {
		return nil
	}
	return []any{a.plainCustomer(c, owner)}
}

func (a *API) showAddress(c *call) error {
	owner, found, err := a.Accounts.Address(c.Request().Context(), c.actor, web.Segment(c, "reference"), web.Segment(c, "id"))
	if err != nil {
		return err
	}
	return a.answerAddress(c, http.StatusOK, owner, found)
}

func (a *API) updateAddress(c *call) error {
	input, err := a.addressInput(c)
	if err != nil {
		return err
	}
	input.Match = precondition(c)
	owner, changed, err := a.Accounts.UpdateAddress(c.Request().Context(), c.actor, web.Segment(c, "reference"), web.Segment(c, "id"), input)
	if errors.Is(err, errors.PreconditionFailed) {
		return a.withCurrentAddress(c, err)
	}
	if err != nil {
		return err
	}
	return a.answerAddress(c, http.StatusOK, owner, changed)
}

func (a *API) deleteAddress(c *call) error {
	err := a.Accounts.DeleteAddress(c.Request().Context(), c.actor, web.Segment(c, "reference"), web.Segment(c, "id"), precondition(c))
	if errors.Is(err, errors.PreconditionFailed) {
		return a.withCurrentAddress(c, err)
	}
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (a *API) withCurrentAddress(c *call, failed error) error {
	reference := web.Segment(c, "reference")
	_, current, err := a.Accounts.Address(c.Request().Context(), c.actor, reference, web.Segment(c, "id"))
	if err != nil {
		return err
	}
	owner, err := a.Accounts.CurrentCustomer(c.Request().Context(), c.actor, reference)
	if err != nil {
		return err
	}
	return a.withCurrent(c, a.address(c, owner, current), failed)
}

func (a *API) answerAddress(c *call, status int, owner *model.Customer, shown *model.Address) error {
	made := a.address(c, owner, shown)
	return a.showOne(c, status, made, account.AddressVersion(owner, shown), made.self, a.included(c, owner)...)
}

func (a *API) address(c *call, owner *model.Customer, shown *model.Address) *address {
	made := &address{
		ID:                shown.ID,
		Salutation:        shown.Salutation,
		FirstName:         shown.FirstName,
		LastName:          shown.LastName,
		Address1:          shown.Address1,
		Address2:          shown.Address2,
		Address3:          shown.Address3,
		ZipCode:           shown.ZipCode,
		City:              shown.City,
		Country:           countryName(c, shown.ISO2Code),
		ISO2Code:          shown.ISO2Code,
		Company:           shown.Company,
		Phone:             shown.Phone,
		IsDefaultShipping: owner.IsDefaultShipping(shown.ID),
		IsDefaultBilling:  owner.IsDefaultBilling(shown.ID),
		HouseNumber:       shown.HouseNumber,
		Floor:             shown.Floor,
		Locality:          shown.Locality,
		Province:          shown.Province,
		Number:            shown.Number,
		Metadata:          shown.Metadata,
		CreatedAt:         a.Wire.timestamp(shown.CreatedAt),
		UpdatedAt:         a.Wire.timestamp(shown.UpdatedAt),
		self:              a.Base + "/customers/" + owner.Reference + "/addresses/" + shown.ID,
		owner:             a.Base + "/customers/" + owner.Reference,
	}
	if a.Wire.Hypermedia {
		made.Customer = &customerIdentity{owner.Reference}
	}
	return made
}

// countryName is derived from the code, in the language of the request; what a
// client writes into `country` is ignored (decision C-15).
func countryName(c *call, code *string) *string {
	if code == nil {
		return nil
	}
	name := account.CountryName(*code, c.actor.Language)
	return &name
}

// checkOwner answers a document that would give the address to another customer
// than the one whose it is by its URL.
func (a *API) checkOwner(c *call, named *customerIdentity) error {
	if _, given := c.document.Relationship("customer"); !given || a.Wire.IgnoreIDs {
		return nil
	}
	if named == nil || !slices.Contains([]string{web.Segment(c, "reference"), c.actor.Reference()}, named.Reference) {
		return errors.RelationshipForbidden.With("customer").At("/data/relationships/customer")
	}
	return nil
}

func (a *API) addressInput(c *call) (account.AddressInput, error) {
	var body addressBody
	if err := c.bind(&body); err != nil {
		return account.AddressInput{}, err
	}
	d := c.document
	if err := a.checkOwner(c, body.Customer); err != nil {
		return account.AddressInput{}, err
	}
	return account.AddressInput{
		Salutation:      field(d, "salutation", body.Salutation),
		FirstName:       field(d, "firstName", body.FirstName),
		LastName:        field(d, "lastName", body.LastName),
		Address1:        field(d, "address1", body.Address1),
		Address2:        field(d, "address2", body.Address2),
		Address3:        field(d, "address3", body.Address3),
		ZipCode:         field(d, "zipCode", body.ZipCode),
		City:            field(d, "city", body.City),
		Phone:           field(d, "phone", body.Phone),
		ISO2Code:        field(d, "iso2Code", body.ISO2Code),
		Company:         field(d, "company", body.Company),
		HouseNumber:     field(d, "houseNumber", body.HouseNumber),
		Floor:           field(d, "floor", body.Floor),
		Locality:        field(d, "locality", body.Locality),
		Province:        field(d, "province", body.Province),
		DefaultShipping: field(d, "isDefaultShipping", body.IsDefaultShipping),
		DefaultBilling:  field(d, "isDefaultBilling", body.IsDefaultBilling),
		Metadata:        object(d, "metadata", body.Metadata),
		Demands:         a.Wire.Address,
	}, nil
}
