package model

import "time"

// Session is one login. Its id stands in the access tokens given out by it, so
// that they end when its row does.
type Session struct {
	ID            string // uuid
	CustomerID    int64
	RefreshDigest []byte // nil once the refresh token is revoked
	ExpiresAt     time.Time
	CreatedAt     time.Time
	LastUsedAt    time.Time // login or latest refresh
}

// OneTimeKey was mailed to somebody: who brings it back proves that they read
// mail at the address. A customer has one a purpose.
type OneTimeKey struct {
	Digest     []byte `gorm:"primaryKey"`
	CustomerID int64
	Purpose    string // confirm, restore or email
	EmailKey   string // the address that it proves
	ExpiresAt  *time.Time
	CreatedAt  time.Time
}

// Consent says that a customer agreed to something, and to which wording.
type Consent struct {
	ID            int64
	CustomerID    int64
	Kind          string // terms
	Version       string
	AcceptedAt    time.Time
	ClientAddress *string
}

// LoginThrottle counts failed logins of one name from one network address.
type LoginThrottle struct {
	Digest          []byte `gorm:"primaryKey"` // of both
	Failures        int
	WindowStartedAt time.Time
	BlockedUntil    *time.Time
}

// SigningKey signs access tokens.
type SigningKey struct {
	ID        string // kid
	Algorithm string
	Public    []byte
	Private   []byte // sealed
	CreatedAt time.Time
	RetiredAt *time.Time
}

// APIKey lets an integration in.
type APIKey struct {
	ID        string // uuid
	Name      string
	Digest    []byte
	Scopes    string // separated by spaces
	Store     string
	CreatedAt time.Time
	RevokedAt *time.Time
}

// OutboxMessage is a letter that was captured instead of sent.
type OutboxMessage struct {
	Number     int64  `gorm:"primaryKey"` // ascending in order of creation
	ID         string // uuid
	CustomerID int64
	Kind       string
	Recipient  string
	Subject    string
	Text       string
	HTML       string
	CreatedAt  time.Time
}

// IdempotencyKey is an answer that is given again to who repeats a request.
type IdempotencyKey struct {
	Digest      []byte `gorm:"primaryKey"` // of the key, and of whose it is
	Fingerprint []byte // of the request
	Answer      []byte // sealed
	CreatedAt   time.Time
}
