package resources

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
)

// order is one that a customer has placed, as the order service has told of it.
type order struct {
	ID                string         `jsonapi:"primary,orders"`
	BillingAddressID  *string        `jsonapi:"attr,billingAddressId" about:"Id of what billingAddress leads to."`
	CanceledAt        *string        `jsonapi:"attr,canceledAt" about:"When it was cancelled, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	CartID            *string        `jsonapi:"attr,cartId" about:"The cart that it was."`
	CreatedAt         string         `jsonapi:"attr,createdAt" about:"When it was placed, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	CurrencyCode      *string        `jsonapi:"attr,currencyCode" about:"Currency of the amounts, by ISO 4217." pattern:"^[A-Z]{3}$"`
	CustomerID        *string        `jsonapi:"attr,customerId" about:"Reference of the customer; null while it waits for whoever proves its e-mail address."`
	DiscountTotal     *int64         `jsonapi:"attr,discountTotal" about:"What was taken off, in the smallest unit of the currency."`
	DisplayID         *int64         `jsonapi:"attr,displayId" about:"Number for people."`
	DraftOrderID      *string        `jsonapi:"attr,draftOrderId" about:"The draft that it was."`
	Email             *string        `jsonapi:"attr,email" about:"E-mail address that it was placed with."`
	ExternalID        *string        `jsonapi:"attr,externalId" about:"Id in another system."`
	FulfillmentStatus string         `jsonapi:"attr,fulfillmentStatus" about:"How far its goods are." choices:"{fulfillment_statuses}"`
	GiftCardTaxTotal  *int64         `jsonapi:"attr,giftCardTaxTotal" about:"Tax of gift cards, in the smallest unit of the currency."`
	GiftCardTotal     *int64         `jsonapi:"attr,giftCardTotal" about:"What gift cards paid, in the smallest unit of the currency."`
	IdempotencyKey    any            `jsonapi:"attr,idempotencyKey,omitempty" about:"What it was placed under once. Shown to API keys alone." kind:"string" null:"yes" shown:"API keys"` // a *string, like a customer's note
	ItemTaxTotal      *int64         `jsonapi:"attr,itemTaxTotal" about:"Tax of the items, in the smallest unit of the currency."`
	Metadata          map[string]any `jsonapi:"attr,metadata" about:"Free-form data of the order service."`
	NoNotification    *bool          `jsonapi:"attr,noNotification" about:"Whether nobody is to be told of it."`
	PaidTotal         *int64         `jsonapi:"attr,paidTotal" about:"What was paid, in the smallest unit of the currency."`
	PaymentStatus     string         `jsonapi:"attr,paymentStatus" about:"How far its payment is." choices:"{payment_statuses}"`
	RawDiscountTotal  *int64         `jsonapi:"attr,rawDiscountTotal" about:"What was taken off, before it was rounded, in the smallest unit of the currency."`
	RefundableAmount  *int64         `jsonapi:"attr,refundableAmount" about:"What can be given back, in the smallest unit of the currency."`
	RefundedTotal     *int64         `jsonapi:"attr,refundedTotal" about:"What was given back, in the smallest unit of the currency."`
	RegionID          *string        `jsonapi:"attr,regionId" about:"Region that it was placed in."`
	SalesChannelID    *string        `jsonapi:"attr,salesChannelId" about:"Where it was sold."`
	ShippingAddressID *string        `jsonapi:"attr,shippingAddressId" about:"Id of what shippingAddress leads to."`
	ShippingTaxTotal  *int64         `jsonapi:"attr,shippingTaxTotal" about:"Tax of the shipping, in the smallest unit of the currency."`
	ShippingTotal     *int64         `jsonapi:"attr,shippingTotal" about:"What shipping costs, in the smallest unit of the currency."`
	Status            string         `jsonapi:"attr,status" about:"What it is." choices:"{order_statuses}"`
	Subtotal          *int64         `jsonapi:"attr,subtotal" about:"What the items cost, in the smallest unit of the currency."`
	TaxRate           *float64       `jsonapi:"attr,taxRate" about:"Rate of tax, in per cent."`
	TaxTotal          *int64         `jsonapi:"attr,taxTotal" about:"Tax, in the smallest unit of the currency."`
	Total             *int64         `jsonapi:"attr,total" about:"What all of it costs, in the smallest unit of the currency."`
	UpdatedAt         string         `jsonapi:"attr,updatedAt" about:"When it was last changed, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	Version           int64          `jsonapi:"attr,version" about:"Counted by the order service: what has a higher one is newer."`

	Customer             *customerIdentity  `jsonapi:"relation,customer,omitempty" about:"Whose order it is."`
	BillingAddress       *jsonapi.Foreign   `jsonapi:"relation,billingAddress" about:"Where the invoice went."`
	Cart                 *jsonapi.Foreign   `jsonapi:"relation,cart" about:"The cart that it was."`
	Claims               []*jsonapi.Foreign `jsonapi:"relation,claims" about:"What was complained of."`
	Currency             *jsonapi.Foreign   `jsonapi:"relation,currency" about:"Currency of the amounts."`
	Discounts            []*jsonapi.Foreign `jsonapi:"relation,discounts" about:"What made it cheaper."`
	DraftOrder           *jsonapi.Foreign   `jsonapi:"relation,draftOrder" about:"The draft that it was."`
	Edits                []*jsonapi.Foreign `jsonapi:"relation,edits" about:"Changes of it."`
	Fulfillments         []*jsonapi.Foreign `jsonapi:"relation,fulfillments" about:"What was sent of it."`
	GiftCardTransactions []*jsonapi.Foreign `jsonapi:"relation,giftCardTransactions" about:"What was paid by gift cards."`
	GiftCards            []*jsonapi.Foreign `jsonapi:"relation,giftCards" about:"Gift cards that were bought or used."`
	Items                []*jsonapi.Foreign `jsonapi:"relation,items" about:"What was ordered."`
	Payments             []*jsonapi.Foreign `jsonapi:"relation,payments" about:"What was paid."`
	Refunds              []*jsonapi.Foreign `jsonapi:"relation,refunds" about:"What was given back."`
	Region               *jsonapi.Foreign   `jsonapi:"relation,region" about:"Region that it was placed in."`
	ReturnableItems      []*jsonapi.Foreign `jsonapi:"relation,returnableItems" about:"What can be returned."`
	Returns              []*jsonapi.Foreign `jsonapi:"relation,returns" about:"What was returned."`
	SalesChannel         *jsonapi.Foreign   `jsonapi:"relation,salesChannel" about:"Where it was sold."`
	ShippingAddress      *jsonapi.Foreign   `jsonapi:"relation,shippingAddress" about:"Where the goods go."`
	ShippingMethods      []*jsonapi.Foreign `jsonapi:"relation,shippingMethods" about:"How they go there."`
	Swaps                []*jsonapi.Foreign `jsonapi:"relation,swaps" about:"What was exchanged."`

	self, owner string
	cursor      string // of a list that is paged by cursor
	hypermedia  bool
}

// orderIdentity is an order of which only the id is said.
type orderIdentity struct {
	ID string `jsonapi:"primary,orders"`
}

// JSONAPILinks returns the link of the resource itself.
func (o *order) JSONAPILinks() *jsonapi.Links { return jsonapi.Self(o.self) }

// JSONAPIMeta returns the cursor of the order in the list.
func (o *order) JSONAPIMeta() *jsonapi.Meta { return cursorMeta(o.cursor, o.hypermedia) }

// JSONAPIRelationshipLinks returns where the customer can be fetched.
func (o *order) JSONAPIRelationshipLinks(relation string) *jsonapi.Links {
	if relation == "customer" {
		return jsonapi.Related(o.owner)
	}
	return nil
}

// orderBody is what an order's document may say.
type orderBody struct {
	ID                string         `jsonapi:"primary,orders"`
	CanceledAt        *string        `jsonapi:"attr,canceledAt" about:"When it was cancelled."`
	CartID            *string        `jsonapi:"attr,cartId" about:"The cart that it was." max:"255"`
	CreatedAt         *string        `jsonapi:"attr,createdAt" about:"When it was placed; without, when it was first told of." example:"2018-11-06T08:15:02Z"`
	CurrencyCode      *string        `jsonapi:"attr,currencyCode" about:"Currency of the amounts, by ISO 4217; case does not count." example:"EUR"`
	DiscountTotal     *int64         `jsonapi:"attr,discountTotal" about:"What was taken off, in the smallest unit of the currency."`
	DisplayID         *int64         `jsonapi:"attr,displayId" about:"Number for people." example:"1001"`
	DraftOrderID      *string        `jsonapi:"attr,draftOrderId" about:"The draft that it was." max:"255"`
	Email             *string        `jsonapi:"attr,email" about:"E-mail address that it was placed with." format:"idn-email" example:"jane@shop.example"`
	ExternalID        *string        `jsonapi:"attr,externalId" about:"Id in another system." max:"255"`
	FulfillmentStatus *string        `jsonapi:"attr,fulfillmentStatus" about:"How far its goods are; without, not_fulfilled." choices:"{fulfillment_statuses}" example:"shipped"`
	GiftCardTaxTotal  *int64         `jsonapi:"attr,giftCardTaxTotal" about:"Tax of gift cards, in the smallest unit of the currency."`
	GiftCardTotal     *int64         `jsonapi:"attr,giftCardTotal" about:"What gift cards paid, in the smallest unit of the currency."`
	IdempotencyKey    *string        `jsonapi:"attr,idempotencyKey" about:"What it was placed under once; customers are not shown it." max:"255"`
	ItemTaxTotal      *int64         `jsonapi:"attr,itemTaxTotal" about:"Tax of the items, in the smallest unit of the currency."`
	Metadata          map[string]any `jsonapi:"attr,metadata" about:"Free-form data."`
	NoNotification    *bool          `jsonapi:"attr,noNotification" about:"Whether nobody is to be told of it."`
	PaidTotal         *int64         `jsonapi:"attr,paidTotal" about:"What was paid, in the smallest unit of the currency." example:"11900"`
	PaymentStatus     *string        `jsonapi:"attr,paymentStatus" about:"How far its payment is; without, not_paid." choices:"{payment_statuses}" example:"captured"`
	RawDiscountTotal  *int64         `jsonapi:"attr,rawDiscountTotal" about:"What was taken off, before it was rounded, in the smallest unit of the currency."`
	RefundableAmount  *int64         `jsonapi:"attr,refundableAmount" about:"What can be given back, in the smallest unit of the currency."`
	RefundedTotal     *int64         `jsonapi:"attr,refundedTotal" about:"What was given back, in the smallest unit of the currency." example:"0"`
	RegionID          *string        `jsonapi:"attr,regionId" about:"Region that it was placed in." max:"255"`
	SalesChannelID    *string        `jsonapi:"attr,salesChannelId" about:"Where it was sold." max:"255"`
	ShippingTaxTotal  *int64         `jsonapi:"attr,shippingTaxTotal" about:"Tax of the shipping, in the smallest unit of the currency."`
	ShippingTotal     *int64         `jsonapi:"attr,shippingTotal" about:"What shipping costs, in the smallest unit of the currency."`
	Status            *string        `jsonapi:"attr,status" about:"What it is; without, pending." choices:"{order_statuses}" example:"completed"`
	Subtotal          *int64         `jsonapi:"attr,subtotal" about:"What the items cost, in the smallest unit of the currency." example:"10000"`
	TaxRate           *float64       `jsonapi:"attr,taxRate" about:"Rate of tax, in per cent." example:"19"`
	TaxTotal          *int64         `jsonapi:"attr,taxTotal" about:"Tax, in the smallest unit of the currency." example:"1900"`
	Total             *int64         `jsonapi:"attr,total" about:"What all of it costs, in the smallest unit of the currency." example:"11900"`
	UpdatedAt         *string        `jsonapi:"attr,updatedAt" about:"When it was last changed; without, now."`
	Version           *int64         `jsonapi:"attr,version" about:"Counted by the order service: what has a higher one is newer." needs:"yes" example:"1"`

	Customer             *customerIdentity  `jsonapi:"relation,customer" about:"Whose order it is. Without, it is the account's that has proven the e-mail address, and nobody's until there is one."`
	BillingAddress       *jsonapi.Foreign   `jsonapi:"relation,billingAddress" about:"Where the invoice went."`
	Cart                 *jsonapi.Foreign   `jsonapi:"relation,cart" about:"The cart that it was."`
	Claims               []*jsonapi.Foreign `jsonapi:"relation,claims" about:"What was complained of."`
	Currency             *jsonapi.Foreign   `jsonapi:"relation,currency" about:"Currency of the amounts."`
	Discounts            []*jsonapi.Foreign `jsonapi:"relation,discounts" about:"What made it cheaper."`
	DraftOrder           *jsonapi.Foreign   `jsonapi:"relation,draftOrder" about:"The draft that it was."`
	Edits                []*jsonapi.Foreign `jsonapi:"relation,edits" about:"Changes of it."`
	Fulfillments         []*jsonapi.Foreign `jsonapi:"relation,fulfillments" about:"What was sent of it."`
	GiftCardTransactions []*jsonapi.Foreign `jsonapi:"relation,giftCardTransactions" about:"What was paid by gift cards."`
	GiftCards            []*jsonapi.Foreign `jsonapi:"relation,giftCards" about:"Gift cards that were bought or used."`
	Items                []*jsonapi.Foreign `jsonapi:"relation,items" about:"What was ordered."`
	Payments             []*jsonapi.Foreign `jsonapi:"relation,payments" about:"What was paid."`
	Refunds              []*jsonapi.Foreign `jsonapi:"relation,refunds" about:"What was given back."`
	Region               *jsonapi.Foreign   `jsonapi:"relation,region" about:"Region that it was placed in."`
	ReturnableItems      []*jsonapi.Foreign `jsonapi:"relation,returnableItems" about:"What can be returned."`
	Returns              []*jsonapi.Foreign `jsonapi:"relation,returns" about:"What was returned."`
	SalesChannel         *jsonapi.Foreign   `jsonapi:"relation,salesChannel" about:"Where it was sold."`
	ShippingAddress      *jsonapi.Foreign   `jsonapi:"relation,shippingAddress" about:"Where the goods go."`
	ShippingMethods      []*jsonapi.Foreign `jsonapi:"relation,shippingMethods" about:"How they go there."`
	Swaps                []*jsonapi.Foreign `jsonapi:"relation,swaps" about:"What was exchanged."`
}

// putTold is what is told beside an order that was sent.
type putTold struct {
	Stale bool `json:"stale" about:"A later version was told of before; nothing was changed."`
}

// putAllTold is what is told of many orders that were sent.
type putAllTold struct {
	Created   int `json:"created" about:"How many were told of for the first time."`
	Updated   int `json:"updated" about:"How many were changed."`
	Unchanged int `json:"unchanged" about:"How many were told of before, in this version or a later one."`
}

// mostOrderBytes bounds a request that tells of many orders.
const mostOrderBytes = 1 << 20

// orderRelations are what include leads to from an order.
var orderRelations = []string{"billingAddress", "cart", "claims", "currency", "customer", "discounts", "draftOrder", "edits", "fulfillments", "giftCardTransactions", "giftCards", "items", "payments", "refunds", "region", "returnableItems", "returns", "salesChannel", "shippingAddress", "shippingMethods", "swaps"}

func (a *API) orderRoutes() []route {
	const list, one = "/orders", "/orders/:id"
	narrow := jsonapi.Offer{Fields: fieldsOf("orders", order{}).Fields}
	wrong := []*errors.Error{
		errors.FieldMissing, errors.ValueBlank, errors.TypeInvalid, errors.TooLong, errors.CharactersInvalid, errors.EmailInvalid, errors.ChoiceInvalid, errors.CurrencyInvalid, errors.TimeInvalid,
		errors.ResourceIDInvalid, errors.CustomerNotFound, errors.OrderErased,
	}
	return []route{
		{method: http.MethodPut, path: one, access: keys, scope: account.OrderFeed, body: orderBody{}, shows: order{}, offer: narrow, tells: putTold{}, handle: a.putOrder,
			name: "putOrder", summary: "Tell of an order", about: "The whole of it: what is left out is null, or its default. Requests may be repeated and come in any order, for a `version` that is not higher than the one that was told of changes nothing. What relationships lead to may stand in `included`, and is offered by `include` from then on.",
			fails: wrong},
		{method: http.MethodPut, path: list, access: keys, scope: account.OrderFeed, body: orderBody{}, several: account.MostOrders, largest: mostOrderBytes, tells: putAllTold{}, handle: a.putOrders,
			name: "putOrders", summary: "Tell of many orders", about: "1 to 200, all of them or none, in up to 1 MiB; each like one that is told of alone.",
			fails: wrong},
		{method: http.MethodGet, path: one, access: customers, scope: account.OrderFeed, shows: order{}, offer: orderOffer, handle: a.showOrder,
			name: "showOrder", summary: "Show an order", about: "To its customer, or an API key.", fails: []*errors.Error{errors.RouteNotFound, errors.Unauthorized}},
	}
}

var orderOffer = jsonapi.Offer{
	Include: orderRelations,
	Fields:  map[string][]string{"orders": jsonapi.Names(order{}), "customers": jsonapi.Names(customer{})},
}

func (a *API) putOrder(c *call) error {
	id := web.Segment(c, "id")
	input, err := a.orderInput(c.document, id)
	if err != nil {
		return err
	}
	put, err := a.Accounts.PutOrders(c.Request().Context(), c.actor, []account.OrderInput{input}, func(err error, _ int) error { return unsaid(c.document, err) })
	if err != nil {
		return err
	}
	made := a.order(c, put[0].Customer, put[0].Order)
	view := jsonapi.View{Query: c.query, Version: a.Wire.Hypermedia}
	if put[0].Change == account.OrderStale {
		view.Meta = map[string]any{"stale": true}
	}
	status := http.StatusOK
	if put[0].Change == account.OrderCreated {
		status = http.StatusCreated
		c.Response().Header().Set("Location", made.self)
	}
	body, err := jsonapi.One(made, view)
	if err != nil {
		return err
	}
	return a.answer(c, status, account.OrderVersion(put[0].Order), body)
}

// unsaid takes pointers to an id away that stands in the path alone.
func unsaid(document *jsonapi.Document, err error) error {
	_, given := document.ID()
	for _, fault := range []*errors.Error{errors.ResourceIDInvalid, errors.OrderErased} {
		if errors.Is(err, fault) && !given {
			return fault
		}
	}
	return err
}

func (a *API) putOrders(c *call) error {
	inputs, seen := make([]account.OrderInput, len(c.documents)), map[string]bool{}
	for i, document := range c.documents {
		id, _ := document.ID()
		var err error
		if inputs[i], err = a.orderInput(document, id); err != nil {
			return jsonapi.Among(err, i)
		}
		if seen[id] {
			return jsonapi.Among(errors.DocumentInvalid.At("/data/id"), i)
		}
		seen[id] = true
	}
	put, err := a.Accounts.PutOrders(c.Request().Context(), c.actor, inputs, jsonapi.Among)
	if err != nil {
		return err
	}
	counts := [...]int{account.OrderStale: 0}
	for _, one := range put {
		counts[one.Change]++
	}
	body, err := jsonapi.Told(jsonapi.View{Version: a.Wire.Hypermedia, Meta: map[string]any{
		"created":   counts[account.OrderCreated],
		"updated":   counts[account.OrderUpdated],
		"unchanged": counts[account.OrderUnchanged] + counts[account.OrderStale],
	}})
	if err != nil {
		return err
	}
	return a.answer(c, http.StatusOK, collection, body)
}

func (a *API) showOrder(c *call) error {
	shown, owner, err := a.Accounts.Order(c.Request().Context(), c.actor, web.Segment(c, "id"))
	if err != nil {
		return err
	}
	return a.answerOrder(c, owner, shown)
}

func (a *API) answerOrder(c *call, owner *model.Customer, shown *model.Order) error {
	made := a.order(c, owner, shown)
	return a.showOne(c, http.StatusOK, made, account.OrderVersion(shown), made.self, a.ownerOfOrder(c, owner)...)
}

// ownerOfOrder is whom an include may lead to.
func (a *API) ownerOfOrder(c *call, owner *model.Customer) []any {
	if owner == nil {
		return nil
	}
	return a.included(c, owner)
}

func (a *API) orderInput(d *jsonapi.Document, id string) (account.OrderInput, error) {
	var body orderBody
	if err := d.Bind(&body); err != nil {
		return account.OrderInput{}, err
	}
	input := account.OrderInput{
		ID:                id,
		CanceledAt:        field(d, "canceledAt", body.CanceledAt),
		CartID:            field(d, "cartId", body.CartID),
		CreatedAt:         field(d, "createdAt", body.CreatedAt),
		CurrencyCode:      field(d, "currencyCode", body.CurrencyCode),
		DiscountTotal:     field(d, "discountTotal", body.DiscountTotal),
		DisplayID:         field(d, "displayId", body.DisplayID),
		DraftOrderID:      field(d, "draftOrderId", body.DraftOrderID),
		Email:             field(d, "email", body.Email),
		ExternalID:        field(d, "externalId", body.ExternalID),
		FulfillmentStatus: field(d, "fulfillmentStatus", body.FulfillmentStatus),
		GiftCardTaxTotal:  field(d, "giftCardTaxTotal", body.GiftCardTaxTotal),
		GiftCardTotal:     field(d, "giftCardTotal", body.GiftCardTotal),
		IdempotencyKey:    field(d, "idempotencyKey", body.IdempotencyKey),
		ItemTaxTotal:      field(d, "itemTaxTotal", body.ItemTaxTotal),
		NoNotification:    field(d, "noNotification", body.NoNotification),
		PaidTotal:         field(d, "paidTotal", body.PaidTotal),
		PaymentStatus:     field(d, "paymentStatus", body.PaymentStatus),
		RawDiscountTotal:  field(d, "rawDiscountTotal", body.RawDiscountTotal),
		RefundableAmount:  field(d, "refundableAmount", body.RefundableAmount),
		RefundedTotal:     field(d, "refundedTotal", body.RefundedTotal),
		RegionID:          field(d, "regionId", body.RegionID),
		SalesChannelID:    field(d, "salesChannelId", body.SalesChannelID),
		ShippingTaxTotal:  field(d, "shippingTaxTotal", body.ShippingTaxTotal),
		ShippingTotal:     field(d, "shippingTotal", body.ShippingTotal),
		Status:            field(d, "status", body.Status),
		Subtotal:          field(d, "subtotal", body.Subtotal),
		TaxRate:           field(d, "taxRate", body.TaxRate),
		TaxTotal:          field(d, "taxTotal", body.TaxTotal),
		Total:             field(d, "total", body.Total),
		UpdatedAt:         field(d, "updatedAt", body.UpdatedAt),
		Version:           field(d, "version", body.Version),
		Metadata:          object(d, "metadata", body.Metadata),
		Related:           jsonapi.ForeignOf(&body),
		Parse:             a.Wire.moment,
	}
	if body.Customer != nil {
		input.Customer = body.Customer.Reference
	}
	return input, nil
}

func (a *API) order(c *call, owner *model.Customer, shown *model.Order) *order {
	made := &order{
		ID:                shown.ID,
		BillingAddressID:  shown.RelatedID("billingAddress"),
		CanceledAt:        a.Wire.timestampOrNull(shown.CanceledAt),
		CreatedAt:         a.Wire.timestamp(shown.CreatedAt),
		CartID:            shown.CartID,
		CurrencyCode:      shown.CurrencyCode,
		DiscountTotal:     shown.DiscountTotal,
		DisplayID:         shown.DisplayID,
		DraftOrderID:      shown.DraftOrderID,
		Email:             shown.Email,
		ExternalID:        shown.ExternalID,
		FulfillmentStatus: shown.FulfillmentStatus,
		GiftCardTaxTotal:  shown.GiftCardTaxTotal,
		GiftCardTotal:     shown.GiftCardTotal,
		ItemTaxTotal:      shown.ItemTaxTotal,
		Metadata:          shown.Metadata,
		NoNotification:    shown.NoNotification,
		PaidTotal:         shown.PaidTotal,
		PaymentStatus:     shown.PaymentStatus,
		RawDiscountTotal:  shown.RawDiscountTotal,
		RefundableAmount:  shown.RefundableAmount,
		RefundedTotal:     shown.RefundedTotal,
		RegionID:          shown.RegionID,
		SalesChannelID:    shown.SalesChannelID,
		ShippingTaxTotal:  shown.ShippingTaxTotal,
		ShippingTotal:     shown.ShippingTotal,
		Status:            shown.Status,
		Subtotal:          shown.Subtotal,
		TaxRate:           shown.TaxRate,
		TaxTotal:          shown.TaxTotal,
		Total:             shown.Total,
		Version:           shown.Version,
		ShippingAddressID: shown.RelatedID("shippingAddress"),
		UpdatedAt:         a.Wire.timestamp(shown.UpdatedAt),
		self:              a.Base + "/orders/" + url.PathEscape(shown.ID),
		hypermedia:        a.Wire.Hypermedia,
	}
	jsonapi.RelateForeign(made, shown.Related)
	if owner != nil {
		made.Customer, made.CustomerID, made.owner = &customerIdentity{owner.Reference}, &owner.Reference, a.Base+"/customers/"+owner.Reference
	}
	if c.actor.HasKey() {
		made.IdempotencyKey = shown.IdempotencyKey
	}
	return made
}

// choices writes words for a tag.
func choices(words []string) string { return strings.Join(words, ",") }
