package model

import "time"

// Session is one login: a family of refresh tokens of which the newest counts.
// Its id stands in the access tokens given out by it, so that they end when its
// row does.
type Session struct {
	ID            string // uuid
	CustomerID    int64
	Family        []byte     // digest of what its refresh tokens have in common; nil once they are revoked
	Generation    int64      // of the refresh token that counts; the login's own is 0
	RotatedAt     *time.Time // when that one was given for the one before
	UserAgent     *string    // as the client sent it, at the latest use
	ClientAddress *string    // likewise
	ExpiresAt     time.Time  // unless a refresh comes before
	EndsAt        time.Time  // whatever comes
	CreatedAt     time.Time
	LastUsedAt    time.Time // login, refresh or, give or take some minutes, any request
}

// OneTimeKey was mailed to somebody: who brings it back proves that they read
// mail at the address. A customer has one a purpose.
type OneTimeKey struct {
	Digest     []byte `gorm:"primaryKey"`
	CustomerID int64
	Purpose    string // confirm, restore, email or invite
	EmailKey   string // the address that it proves
	CodeDigest []byte // of the short code that stands for the key, when it is typed
	Tries      int    // how often a code was tried
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

// Throttle counts how often something was tried that has a limit.
type Throttle struct {
	Digest          []byte `gorm:"primaryKey"` // of the limit, and of what it is counted for
	Count           int
	WindowStartedAt time.Time
	BlockedUntil    *time.Time
}

// FamiliarNetwork is one that a customer has logged in from.
type FamiliarNetwork struct {
	CustomerID int64  `gorm:"primaryKey"`
	Network    []byte `gorm:"primaryKey"` // digest, of the customer as well
	SeenAt     time.Time
}

// AuditEvent says what was done to an account, by whom, and how it ended. It
// holds no value of a customer but the reference.
type AuditEvent struct {
	Number        int64  `gorm:"primaryKey"` // ascending in order of creation
	ID            string // uuid
	Store         string
	Event         string
	Outcome       string // success or failure
	ActorType     string // visitor, customer, api-key, operator or service
	ActorID       *string
	Customer      *string // reference of whose account it is about
	ClientAddress *string // nil once the customer is erased
	RequestID     *string
	CreatedAt     time.Time
}

// SigningKey signs access tokens from a time on, until the time of the next, and
// verifies them.
type SigningKey struct {
	ID           string // kid
	Algorithm    string
	Public       []byte
	Private      []byte // sealed
	CreatedAt    time.Time
	SignsFrom    time.Time
	LongestToken time.Duration // the longest life that a token signed with it may have
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
