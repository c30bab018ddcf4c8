package model

import "time"

// Event is what became of a customer, as other services are told. It is written
// in the transaction that did it.
type Event struct {
	Number     int64  `gorm:"primaryKey"` // ascending for one customer
	ID         string // uuid; the same however often the event is delivered
	Store      string
	Type       string // such as customer.created
	CustomerID int64
	Subject    string // the customer's reference
	Sequence   int64  // 1, 2, 3 … for one customer
	Data       JSON   // empty once the customer is erased
	Position   *int64 // in the feed of all customers; nil until it is given
	CreatedAt  time.Time
}
