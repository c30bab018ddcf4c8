package model

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"
)

// WebhookEndpoint is where another service is told of events. What people say of it
// and how it fares are written by different hands: the version counts the former.
type WebhookEndpoint struct {
	Number         int64  `gorm:"primaryKey"`
	ID             string // uuid
	Store          string
	URL            string
	Description    *string
	EventTypes     Strings // that it asked for, aliases among them; empty is all
	WithKeys       bool    // events carry the keys that are mailed
	Secret         []byte  // sealed
	FormerSecret   []byte  // sealed; signs too until FormerUntil
	FormerUntil    *time.Time
	Enabled        bool
	DisabledReason *string // nil when somebody asked for it
	DisabledAt     *time.Time
	Failures       int // in a row
	FailingSince   *time.Time
	ResumeAt       *time.Time // nothing is sent before
	LeasedUntil    *time.Time // whoever sends has it to themself
	Position       int64      // in the feed, up to which there are deliveries
	Version        int64
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// The states of a delivery.
const (
	PendingDelivery   = "pending"
	DeliveredDelivery = "delivered"
	FailedDelivery    = "failed" // given up
)

// WebhookDelivery is one event that is to be told to one endpoint.
type WebhookDelivery struct {
	Number         int64 `gorm:"primaryKey"`
	EndpointNumber int64
	EventNumber    int64
	Position       int64 // the event's
	State          string
	Attempts       int
	NextAt         time.Time
	Status         *int    // of the last reply; nil when none came
	Outcome        *string // of the last attempt
	CreatedAt      time.Time
	FinishedAt     *time.Time
}

// Strings is a list that is kept as a JSON array.
type Strings []string

// Value returns the list as text; nil is the empty list.
func (s Strings) Value() (driver.Value, error) {
	if len(s) == 0 {
		return "[]", nil
	}
	text, err := json.Marshal([]string(s))
	return string(text), err
}

// Scan reads what Value wrote. It never leaves the list nil.
func (s *Strings) Scan(value any) error {
	*s = Strings{}
	switch value := value.(type) {
	case string:
		return json.Unmarshal([]byte(value), (*[]string)(s))
	case []byte:
		return json.Unmarshal(value, (*[]string)(s))
	}
	return fmt.Errorf("no list in a %T", value)
}
