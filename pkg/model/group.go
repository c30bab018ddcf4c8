package model

import "time"

// CustomerGroup is a group that staff put customers into.
type CustomerGroup struct {
	Number    int64  `gorm:"primaryKey"` // ascending in order of creation
	ID        string // uuid
	Store     string
	Name      string // unique in the store
	Metadata  JSON   // for staff
	Version   int64  // 1 when new, one more with every write
	CreatedAt time.Time
	UpdatedAt time.Time
}

// CustomerGroupMember says that a customer is in a group.
type CustomerGroupMember struct {
	CustomerID  int64 `gorm:"primaryKey"`
	GroupNumber int64 `gorm:"primaryKey"`
}
