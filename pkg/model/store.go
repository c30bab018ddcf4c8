package model

import "time"

// Store is one shop of the installation. Its name is the prefix of the references
// of its customers; an e-mail address has one account in each.
type Store struct {
	Name      string  `gorm:"primaryKey"`
	Title     *string // for people
	Currency  *string // ISO 4217; of figures that have no other
	Version   int64   // 1 when new, one more with every write
	CreatedAt time.Time
	UpdatedAt time.Time
}
