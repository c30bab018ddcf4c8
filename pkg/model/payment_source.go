package model

import "time"

// PaymentSource is something that a customer pays with, as a payment provider knows
// it. It never holds the number of a card.
type PaymentSource struct {
	Number     int64  `gorm:"primaryKey"` // ascending in order of creation
	ID         string // uuid, what the outside knows the source by
	Store      string
	CustomerID *int64 // whose it is, or was; nil before it was anybody's

	Provider    string
	SourceType  string // in the provider's word: card, sepaDebit
	Token       string // the provider's own reference, to pay with
	Brand       *string
	LastFour    *string // of the number of the card or account
	ExpiryMonth *int64
	ExpiryYear  *int64
	Holder      *string
	State       string
	Metadata    JSON

	DetachedAt *time.Time // since when it is no longer the customer's
	Version    int64      // 1 when new, one more with every write
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Owner returns whose the source is, nil for nobody. What was somebody's stays with them
// until they are erased, and becomes nobody else's.
func (p *PaymentSource) Owner() *int64 {
	if p.DetachedAt != nil {
		return nil
	}
	return p.CustomerID
}

// The states of a payment source.
const (
	ChargeableSource = "chargeable"
	PendingSource    = "pending" // at the provider
	FailedSource     = "failed"
	CanceledSource   = "canceled"
	ConsumedSource   = "consumed" // could be used once, and was
)
