package resources

import (
	"net/http"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
)

// defaultPlace is one of the two places that an address can take: a relationship
// of the customer to one address.
type defaultPlace struct {
	relation string
	about    string // for people
	of       func(*model.Customer) *string
	update   func(address account.Text) account.Update
}

var defaultPlaces = []defaultPlace{
	{
		relation: "defaultShippingAddress",
		about:    "default address for shipping",
		of:       func(c *model.Customer) *string { return c.DefaultShippingAddressID },
		update:   func(address account.Text) account.Update { return account.Update{DefaultShipping: address} },
	},
	{
		relation: "defaultBillingAddress",
		about:    "default address for billing",
		of:       func(c *model.Customer) *string { return c.DefaultBillingAddressID },
		update:   func(address account.Text) account.Update { return account.Update{DefaultBilling: address} },
	},
}

// relationshipRoutes are the relationships of a customer and what they lead to
// (JSON:API 1.1, "Fetching Relationships", "Updating Relationships"). Addresses
// cannot live without their customer, so that relationship is changed by making
// and deleting them, and not here.
func (a *API) relationshipRoutes() []route {
	const one = "/customers/:reference"
	named := map[string]*errors.Error{"reference": errors.CustomerIDAbsent}
	reads := []*errors.Error{errors.CustomerNotFound, errors.Unauthorized}
	routes := []route{{method: http.MethodGet, path: one + "/relationships/addresses", access: customers, scope: account.ReadCustomers, shows: addressIdentity{}, handle: a.showAddressLinkage,
		name: "showAddressesLinkage", summary: "Show which addresses a customer has", many: true, fails: reads}}
	for _, method := range []string{http.MethodPost, http.MethodPatch, http.MethodDelete} {
		routes = append(routes, route{method: method, path: one + "/relationships/addresses", access: customers, needs: named, handle: refuseLinkage,
			summary: "Refused: addresses are added and deleted below the customer", fails: []*errors.Error{errors.RelationshipForbidden}})
	}
	for _, place := range defaultPlaces {
		linkage := one + "/relationships/" + place.relation
		routes = append(routes,
			route{method: http.MethodGet, path: one + "/" + place.relation, access: customers, scope: account.ReadCustomers, shows: address{}, offer: addressOffer, handle: a.showDefault(place),
				name: "show" + title(place.relation), summary: "Show the " + place.about, about: "`data` is null where there is none.", vacant: true, fails: reads},
			route{method: http.MethodGet, path: linkage, access: customers, scope: account.ReadCustomers, shows: addressIdentity{}, handle: a.showDefaultLinkage(place),
				name: "show" + title(place.relation) + "Linkage", summary: "Show which address is the " + place.about, vacant: true, fails: reads},
			route{method: http.MethodPatch, path: linkage, access: customers, scope: account.WriteCustomers, body: addressIdentity{}, linkage: true, shows: addressIdentity{}, needs: named, handle: a.changeDefault(place),
				name: "change" + title(place.relation), summary: "Choose the " + place.about, about: "An address of the customer, or null for none.", vacant: true,
				fails: []*errors.Error{errors.AddressNotFound, errors.Unauthorized, errors.CustomerNotFound, errors.CustomerSaveFailed, errors.PreconditionFailed}},
		)
	}
	return routes
}

func refuseLinkage(*call) error { return errors.RelationshipForbidden.With("addresses") }

// showAddressLinkage tells which addresses a customer has.
func (a *API) showAddressLinkage(c *call) error {
	customer, err := a.Accounts.Customer(c.Request().Context(), c.actor, web.Segment(c, "reference"))
	if err != nil {
		return err
	}
	addresses, err := a.Accounts.AddressesOf(c.Request().Context(), []model.Customer{*customer})
	if err != nil {
		return err
	}
	identities := []*addressIdentity{}
	for _, one := range addresses[customer.ID] {
		identities = append(identities, &addressIdentity{one.ID})
	}
	body, err := jsonapi.Many(identities, a.linkageView(c, customer, "addresses"))
	if err != nil {
		return err
	}
	return a.answer(c, http.StatusOK, account.CustomerVersion(customer), body)
}

// linkageView has the links of a relationship's document.
func (a *API) linkageView(c *call, customer *model.Customer, relation string) jsonapi.View {
	shown := a.plainCustomer(c, customer)
	shown.hypermedia = true // these routes are there in both wires, and nowhere without links
	return jsonapi.View{Query: c.query, Linkage: true, Version: a.Wire.Hypermedia, Links: *shown.JSONAPIRelationshipLinks(relation)}
}

// showDefault shows the address in a default place, null when it is vacant.
func (a *API) showDefault(place defaultPlace) func(*call) error {
	return func(c *call) error {
		owner, found, err := a.Accounts.DefaultAddress(c.Request().Context(), c.actor, web.Segment(c, "reference"), place.of)
		if err != nil {
			return err
		}
		if found != nil {
			return a.answerAddress(c, http.StatusOK, owner, found)
		}
		body, err := jsonapi.One(nil, jsonapi.View{Query: c.query, Version: a.Wire.Hypermedia})
		if err != nil {
			return err
		}
		return a.answer(c, http.StatusOK, account.CustomerVersion(owner), body)
	}
}

func (a *API) showDefaultLinkage(place defaultPlace) func(*call) error {
	return func(c *call) error {
		customer, err := a.Accounts.Customer(c.Request().Context(), c.actor, web.Segment(c, "reference"))
		if err != nil {
			return err
		}
		return a.answerDefault(c, place, customer)
	}
}

func (a *API) answerDefault(c *call, place defaultPlace, customer *model.Customer) error {
	var identity *addressIdentity
	if id := place.of(customer); id != nil {
		identity = &addressIdentity{*id}
	}
	body, err := jsonapi.One(identity, a.linkageView(c, customer, place.relation))
	if err != nil {
		return err
	}
	return a.answer(c, http.StatusOK, account.CustomerVersion(customer), body)
}

// changeDefault puts another address into the place, or none.
func (a *API) changeDefault(place defaultPlace) func(*call) error {
	return func(c *call) error {
		wanted := account.Text{Name: place.relation, Given: true}
		if c.linkage.ID != "" {
			wanted.Value = &c.linkage.ID
		}
		changed, err := a.changeCustomer(c, place.update(wanted))
		if errors.Is(err, errors.AddressNotFound) {
			return errors.AddressNotFound.At("/data")
		}
		if err != nil {
			return err
		}
		return a.answerDefault(c, place, changed)
	}
}
