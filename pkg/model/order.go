package model

import "time"

// Order is one that a customer has placed, as the service that owns it has told of it
// last. Amounts are in the smallest unit of the currency.
type Order struct {
	Number     int64 `gorm:"primaryKey"` // ascending in the order in which they were first told of
	Store      string
	ID         string // what the order service knows it by; unique in the store
	CustomerID *int64 // nil while it waits for whoever proves its e-mail address
	Version    int64  // the order service's: what has a higher one is newer

	Email             *string // as typed
	EmailKey          *string // its normal form
	DisplayID         *int64
	CartID            *string
	DraftOrderID      *string
	ExternalID        *string
	IdempotencyKey    *string // for staff
	RegionID          *string
	SalesChannelID    *string
	CurrencyCode      *string // ISO 4217, upper case
	Status            string
	FulfillmentStatus string
	PaymentStatus     string
	NoNotification    *bool
	TaxRate           *float64

	DiscountTotal    *int64
	GiftCardTaxTotal *int64
	GiftCardTotal    *int64
	ItemTaxTotal     *int64
	PaidTotal        *int64
	RawDiscountTotal *int64
	RefundableAmount *int64
	RefundedTotal    *int64
	ShippingTaxTotal *int64
	ShippingTotal    *int64
	Subtotal         *int64
	TaxTotal         *int64
	Total            *int64

	Metadata JSON
	Related  JSON // by relationship: a resource with type, id and, where they are known, attributes; or a list of them

	Search     string // folded text that lists are searched in; the store fills it
	CanceledAt *time.Time
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// RelatedID returns the id of the one resource that a relationship leads to, nil when
// there is none.
func (o *Order) RelatedID(relationship string) *string {
	resource, _ := o.Related[relationship].(map[string]any)
	if id, known := resource["id"].(string); known {
		return &id
	}
	return nil
}

// RelatedText returns an attribute, under the first of its names that is there, of the
// one resource that a relationship leads to; "" when it is not known, or no text.
func (o *Order) RelatedText(relationship string, names ...string) string {
	resource, _ := o.Related[relationship].(map[string]any)
	attributes, _ := resource["attributes"].(map[string]any)
	for _, name := range names {
		if text, isText := attributes[name].(string); isText {
			return text
		}
	}
	return ""
}
