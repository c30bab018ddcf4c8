package model

import "time"

// DataExport is a copy of all that is held about a customer.
type DataExport struct {
	Number     int64  `gorm:"primaryKey"` // ascending in order of creation
	ID         string // uuid
	CustomerID int64
	Content    []byte     // sealed; nil until it is made
	Size       int64      // of what is sealed, in bytes
	FinishedAt *time.Time // nil until it is made
	ExpiresAt  time.Time
	CreatedAt  time.Time
}
