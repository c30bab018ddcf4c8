package store

import (
	"strings"
	"time"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
)

// customerColumns and customerFields name the columns of a customer and the
// places they go, in the same order.
var customerColumns = strings.Fields(`
	id store number reference email email_key pending_email pending_email_key
	salutation first_name last_name full_name gender date_of_birth phone locale
	identification identification_type customer_type metadata extra note
	request_to_be_forgotten password_hash credential_version confirmed_at
	default_shipping_address_id default_billing_address_id
	version created_at updated_at`)

func customerFields(c *model.Customer) []any {
	return []any{
		&c.ID, &c.Store, &c.Number, &c.Reference, &c.Email, &c.EmailKey, &c.PendingEmail, &c.PendingEmailKey,
		&c.Salutation, &c.FirstName, &c.LastName, &c.FullName, &c.Gender, &c.DateOfBirth, &c.Phone, &c.Locale,
		&c.Identification, &c.IdentificationType, &c.CustomerType, &c.Metadata, &c.Extra, &c.Note,
		&c.RequestToBeForgotten, &c.PasswordHash, &c.CredentialVersion, &c.ConfirmedAt,
		&c.DefaultShippingAddressID, &c.DefaultBillingAddressID,
		&c.Version, &c.CreatedAt, &c.UpdatedAt,
	}
}

// customerOfSession has the placeholders of PostgreSQL, which SQLite knows too.
var customerOfSession = `
	SELECT s.expires_at, s.created_at, s.last_used_at, c.` + strings.Join(customerColumns, ", c.") + `
	FROM   sessions s
	JOIN   customers c ON c.id = s.customer_id
	WHERE  s.id = $1
	AND    s.expires_at > $2
	AND    c.disabled_at IS NULL
	AND    c.anonymized_at IS NULL`

// CustomerOfSession returns a session that has not ended and its customer, who
// is neither blocked nor anonymised; AccessTokenInvalid if there is none. It is
// one statement. The session comes without the digest of its refresh token, the
// customer without the text they are searched by.
//
// It is part of every request of a customer. So it goes to GORM's pool as it
// stands, and is scanned by hand: GORM would take longer to build the statement
// and to fill the struct than SQLite takes to answer.
func (tx *Tx) CustomerOfSession(sessionID string) (*model.Customer, *model.Session, error) {
	if sessionID == "" || !isStorable(sessionID) {
		return nil, nil, errors.AccessTokenInvalid
	}
	customer, session := &model.Customer{}, &model.Session{ID: sessionID}
	places := append([]any{&session.ExpiresAt, &session.CreatedAt, &session.LastUsedAt}, customerFields(customer)...)
	err := tx.query(places, customerOfSession, sessionID, tx.Now)
	if errors.Is(err, errNone) {
		return nil, nil, errors.AccessTokenInvalid
	}
	if err != nil {
		return nil, nil, err
	}
	session.CustomerID = customer.ID
	return customer, session, nil
}

// CreateSession adds a session. It returns CustomerNotFound.
func (tx *Tx) CreateSession(session *model.Session) error {
	keep(tx, session)
	setTime(&session.CreatedAt, tx.Now)
	setTime(&session.LastUsedAt, tx.Now)
	setTime(&session.ExpiresAt, tx.Now)
	return tx.insert(session, errors.CustomerNotFound)
}

// RotateSession exchanges the digest of a refresh token for that of the next,
// and lets the session last until expires. It is one statement: of several uses
// of one token exactly one gets the session, the others RefreshTokenInvalid, as
// does one that expired, was revoked or never was.
func (tx *Tx) RotateSession(oldDigest, newDigest []byte, expires time.Time) (*model.Session, error) {
	const rotate = `
		UPDATE    sessions
		SET       refresh_digest = ?, expires_at = ?, last_used_at = ?
		WHERE     refresh_digest = ?
		AND       expires_at > ?
		RETURNING id, customer_id, refresh_digest, expires_at, created_at, last_used_at`
	if len(oldDigest) == 0 {
		return nil, errors.RefreshTokenInvalid
	}
	setTime(&expires, tx.Now)
	var s model.Session
	rotated := tx.db.Raw(rotate, newDigest, expires, tx.Now, oldDigest, tx.Now)
	err := scan(rotated, &s.ID, &s.CustomerID, &s.RefreshDigest, &s.ExpiresAt, &s.CreatedAt, &s.LastUsedAt)
	if errors.Is(err, errNone) {
		return nil, errors.RefreshTokenInvalid
	}
	if err != nil {
		return nil, err
	}
	return &s, nil
}

// RevokeRefresh ends a refresh token of the customer; access tokens go on until
// they expire. A digest that is unknown, or somebody else's, changes nothing.
func (tx *Tx) RevokeRefresh(customerID int64, digest []byte) error {
	return tx.db.Exec("UPDATE sessions SET refresh_digest = NULL WHERE customer_id = ? AND refresh_digest = ?", customerID, digest).Error
}

// RevokeRefreshes ends all refresh tokens of the customer; access tokens go on
// until they expire.
func (tx *Tx) RevokeRefreshes(customerID int64) error {
	return tx.db.Exec("UPDATE sessions SET refresh_digest = NULL WHERE customer_id = ? AND refresh_digest IS NOT NULL", customerID).Error
}

// DeleteSessions ends all sessions of the customer, access tokens included.
func (tx *Tx) DeleteSessions(customerID int64) error {
	return tx.db.Exec("DELETE FROM sessions WHERE customer_id = ?", customerID).Error
}

// DeleteExpiredSessions removes the sessions that are over by tx.Now.
func (tx *Tx) DeleteExpiredSessions() error {
	return tx.db.Exec("DELETE FROM sessions WHERE expires_at <= ?", tx.Now).Error
}
