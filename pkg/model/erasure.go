package model

import "time"

// ErasureRequest is a customer's wish to be forgotten. It outlives them.
type ErasureRequest struct {
	Number     int64  `gorm:"primaryKey"` // ascending in order of creation
	ID         string // uuid
	Store      string
	Customer   string // reference
	Mode       string // AnonymiseErasure or PurgeErasure
	State      string // PendingErasure, CancelledErasure or DoneErasure
	DueAt      time.Time
	FinishedAt *time.Time // when it was done, or cancelled
	Removed    JSON       // how many of what, once it is done
	Version    int64      // 1 when new, one more with every write
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// The modes of an erasure.
const (
	AnonymiseErasure = "anonymise" // the reference and the time of creation stay
	PurgeErasure     = "purge"     // nothing stays
)

// The states of an erasure.
const (
	PendingErasure   = "pending"
	CancelledErasure = "cancelled"
	DoneErasure      = "done"
)
