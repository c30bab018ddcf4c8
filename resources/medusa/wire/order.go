package wire

import (
	"slices"
	"strconv"
	"strings"

	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/web"
)

// What an order is told with, in Medusa's order (sections 3 and 7).
var (
	orderColumns = []string{
		"object", "id", "created_at", "updated_at", "status", "fulfillment_status", "payment_status", "display_id", "cart_id", "customer_id", "email",
		"billing_address_id", "shipping_address_id", "region_id", "currency_code", "tax_rate", "draft_order_id", "canceled_at", "metadata",
		"no_notification", "idempotency_key", "external_id", "sales_channel_id",
	}
	orderTotals = []string{
		"subtotal", "discount_total", "shipping_total", "refunded_total", "paid_total", "refundable_amount", "item_tax_total", "shipping_tax_total", "tax_total",
		"gift_card_total", "gift_card_tax_total", "raw_discount_total", "total",
	}
	// orderRelations are the resources around an order: those that are told of unless a
	// request says otherwise, and those that it can ask for.
	orderRelations = []string{
		"claims", "customer", "discounts", "fulfillments", "gift_card_transactions", "gift_cards", "items", "payments", "refunds", "region", "shipping_address", "shipping_methods", "swaps",
	}
	furtherRelations = []string{"billing_address", "cart", "currency", "draft_order", "edits", "returnable_items", "returns", "sales_channel"}

	// SessionColumns are what a login tells of an order.
	SessionColumns = append(slices.Clone(orderColumns), "items")
	// ShortColumns are what the older routes tell of one.
	ShortColumns = []string{"id", "status", "fulfillment_status", "payment_status", "display_id", "total", "metadata"}
	// listColumns are those of the list, unless a request says otherwise.
	listColumns = []string{"object", "id", "created_at", "status", "fulfillment_status", "payment_status", "display_id", "cart_id", "customer_id", "email", "region_id", "currency_code", "tax_rate"}
)

// singular are the relations that lead to one resource.
var singular = []string{"billing_address", "cart", "currency", "draft_order", "region", "sales_channel", "shipping_address"}

// Order is an order as a JSON object, whose members keep their order.
type Order []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in their order; there is always one.
func (o Order) MarshalJSON() ([]byte, error) {
	out := []byte("{")
	for _, m := range o {
		value, err := web.EncodeJSON(m.value)
		if err != nil {
			return nil, err
		}
		out = append(append(append(strconv.AppendQuote(out, m.name), ':'), value...), ',')
	}
	out[len(out)-1] = '}'
	return out, nil
}

// newOrder tells an order of a customer with the members that are named.
func newOrder(owner *model.Customer, o *model.Order, names []string) Order {
	known := map[string]any{
		"object":              "order",
		"id":                  o.ID,
		"created_at":          timestamp(o.CreatedAt),
		"updated_at":          timestamp(o.UpdatedAt),
		"status":              o.Status,
		"fulfillment_status":  o.FulfillmentStatus,
		"payment_status":      o.PaymentStatus,
		"display_id":          o.DisplayID,
		"cart_id":             o.CartID,
		"customer_id":         CustomerID(owner.Reference),
		"email":               o.Email,
		"billing_address_id":  o.RelatedID("billingAddress"),
		"shipping_address_id": o.RelatedID("shippingAddress"),
		"region_id":           o.RegionID,
		"currency_code":       lowerOrNull(o.CurrencyCode),
		"tax_rate":            o.TaxRate,
		"draft_order_id":      o.DraftOrderID,
		"canceled_at":         timestampOrNull(o.CanceledAt),
		"metadata":            freeOrNull(o.Metadata),
		"no_notification":     o.NoNotification,
		"idempotency_key":     nil, // for staff
		"external_id":         o.ExternalID,
		"sales_channel_id":    o.SalesChannelID,

		"subtotal":            o.Subtotal,
		"discount_total":      o.DiscountTotal,
		"shipping_total":      o.ShippingTotal,
		"refunded_total":      o.RefundedTotal,
		"paid_total":          o.PaidTotal,
		"refundable_amount":   o.RefundableAmount,
		"item_tax_total":      o.ItemTaxTotal,
		"shipping_tax_total":  o.ShippingTaxTotal,
		"tax_total":           o.TaxTotal,
		"gift_card_total":     o.GiftCardTotal,
		"gift_card_tax_total": o.GiftCardTaxTotal,
		"raw_discount_total":  o.RawDiscountTotal,
		"total":               o.Total,

		"customer": NewCustomer(owner),
	}
	made := make(Order, len(names))
	for i, name := range names {
		value, is := known[name]
		if !is {
			value = related(o, name)
		}
		made[i] = member{name, value}
	}
	return made
}

// related is what a relation of an order leads to: null or [] where nothing was told.
func related(o *model.Order, name string) any {
	told := o.Related[camel(name)]
	if slices.Contains(singular, name) {
		if resource, is := told.(map[string]any); is {
			return flat(resource)
		}
		return nil
	}
	all := []any{}
	list, _ := told.([]any)
	for _, one := range list {
		if resource, is := one.(map[string]any); is {
			all = append(all, flat(resource))
		}
	}
	return all
}

// flat is a resource as one object: its id beside its attributes.
func flat(resource map[string]any) map[string]any {
	made := map[string]any{}
	attributes, _ := resource["attributes"].(map[string]any)
	for name, value := range attributes {
		made[name] = value
	}
	made["id"] = resource["id"]
	return made
}

// camel writes a relation as the core names it: shipping_address is shippingAddress.
func camel(name string) string {
	first, rest, more := strings.Cut(name, "_")
	if !more {
		return first
	}
	return first + strings.ToUpper(rest[:1]) + camel(rest[1:])
}

// NewOrders shows orders of a customer with the members that are named.
func NewOrders(owner *model.Customer, orders []model.Order, names []string) []Order {
	made := make([]Order, len(orders))
	for i := range orders {
		made[i] = newOrder(owner, &orders[i], names)
	}
	return made
}
