package store

import (
	"strings"
	"time"

	"gorm.io/gorm"

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
	default_source_id provider_ids
	total_spent total_spent_currency last_order_id terms_version
	version created_at updated_at`)

func customerFields(c *model.Customer) []any {
	return []any{
		&c.ID, &c.Store, &c.Number, &c.Reference, &c.Email, &c.EmailKey, &c.PendingEmail, &c.PendingEmailKey,
		&c.Salutation, &c.FirstName, &c.LastName, &c.FullName, &c.Gender, &c.DateOfBirth, &c.Phone, &c.Locale,
		&c.Identification, &c.IdentificationType, &c.CustomerType, &c.Metadata, &c.Extra, &c.Note,
		&c.RequestToBeForgotten, &c.PasswordHash, &c.CredentialVersion, &c.ConfirmedAt,
		&c.DefaultShippingAddressID, &c.DefaultBillingAddressID,
		&c.DefaultSourceID, &c.ProviderIDs,
		&c.TotalSpent, &c.TotalSpentCurrency, &c.LastOrderID, &c.TermsVersion,
		&c.Version, &c.CreatedAt, &c.UpdatedAt,
	}
}

// sessionWithCustomer has the placeholders of PostgreSQL, which SQLite knows too. What
// a session is found by is added.
var sessionWithCustomer = `
	SELECT s.id, s.expires_at, s.created_at, s.last_used_at, c.` + strings.Join(customerColumns, ", c.") + `
	FROM   sessions s
	JOIN   customers c ON c.id = s.customer_id
	WHERE  s.expires_at > $1
	AND    c.disabled_at IS NULL
	AND    c.anonymized_at IS NULL`

var (
	customerOfSession = sessionWithCustomer + `
	AND    s.id = $2
	AND    EXISTS (SELECT 1 FROM signing_keys k WHERE k.id = $3)`
	customerOfFamily = sessionWithCustomer + `
	AND    s.family = $2`
)

// CustomerOfSession returns a session that has not ended and its customer, who
// is neither blocked nor anonymised; AccessTokenInvalid if there is none, or if
// the signing key that vouches for the session was removed. It is one statement.
// Of the session come the id and the times, of the customer all but the text they
// are searched by.
//
// It is part of every request of a customer. So it goes to GORM's pool as it
// stands, and is scanned by hand: GORM would take longer to build the statement
// and to fill the struct than SQLite takes to answer.
func (tx *Tx) CustomerOfSession(sessionID, keyID string) (*model.Customer, *model.Session, error) {
	if sessionID == "" || !isStorable(sessionID) || !isStorable(keyID) {
		return nil, nil, errors.AccessTokenInvalid
	}
	return tx.sessionWithCustomer(customerOfSession, sessionID, keyID)
}

// CustomerOfFamily is CustomerOfSession for a session that is known by the digest of its
// secret, and by no signed token.
func (tx *Tx) CustomerOfFamily(family []byte) (*model.Customer, *model.Session, error) {
	return tx.sessionWithCustomer(customerOfFamily, family)
}

func (tx *Tx) sessionWithCustomer(query string, found ...any) (*model.Customer, *model.Session, error) {
	customer, session := &model.Customer{}, &model.Session{}
	places := append([]any{&session.ID, &session.ExpiresAt, &session.CreatedAt, &session.LastUsedAt}, customerFields(customer)...)
	err := tx.query(places, query, append([]any{tx.Now}, found...)...)
	if errors.Is(err, errNone) {
		return nil, nil, errors.AccessTokenInvalid
	}
	if err != nil {
		return nil, nil, err
	}
	session.CustomerID = customer.ID
	return customer, session, nil
}

// CreateSession adds a session, and ends the customer's longest unused ones
// beyond the most that they may have, itself included; the ids of those that had not
// ended by themselves are returned. It returns CustomerNotFound and
// CharactersInvalid.
func (tx *Tx) CreateSession(session *model.Session, most int) (ended []string, err error) {
	keep(tx, session)
	for _, at := range []*time.Time{&session.CreatedAt, &session.LastUsedAt, &session.ExpiresAt, &session.EndsAt} {
		setTime(at, tx.Now)
	}
	// Before it is there: whatever replicas' clocks say, it is not the one to go.
	const end = `
		DELETE FROM sessions
		WHERE  customer_id = ?
		AND    id NOT IN (
			SELECT   id
			FROM     sessions
			WHERE    customer_id = ? AND expires_at > ?
			ORDER BY last_used_at DESC, created_at DESC, id
			LIMIT    ?)
		RETURNING id, expires_at`
	var gone []model.Session
	if err := tx.db.Raw(end, session.CustomerID, session.CustomerID, tx.Now, most-1).Scan(&gone).Error; err != nil {
		return nil, err
	}
	for _, one := range gone {
		if one.ExpiresAt.After(tx.Now) {
			ended = append(ended, one.ID)
		}
	}
	return ended, tx.insert(session, errors.CustomerNotFound)
}

// LockSession returns the session with this family of refresh tokens, and holds
// it until the transaction ends; RefreshTokenInvalid if it has ended or never
// was.
func (tx *Tx) LockSession(family []byte) (*model.Session, error) {
	return one[model.Session](tx.locking().Where("family = ? AND expires_at > ?", family, tx.Now), errors.RefreshTokenInvalid)
}

// SaveSession writes a session that this transaction holds. It returns
// CharactersInvalid.
func (tx *Tx) SaveSession(session *model.Session) error {
	setTime(&session.ExpiresAt, tx.Now)
	if err := tx.storable(session); err != nil {
		return err
	}
	return tx.db.Save(session).Error
}

// SeeSession notes that a session is used, and from where. It returns
// CharactersInvalid.
func (tx *Tx) SeeSession(id string, userAgent, clientAddress *string) error {
	if err := tx.storable(&model.Session{ID: id, UserAgent: userAgent, ClientAddress: clientAddress}); err != nil {
		return err
	}
	return tx.db.Exec("UPDATE sessions SET last_used_at = ?, user_agent = ?, client_address = ? WHERE id = ?", tx.Now, userAgent, clientAddress, id).Error
}

// Sessions returns the sessions of the customer that have not ended, the one
// used last first.
func (tx *Tx) Sessions(customerID int64) ([]model.Session, error) {
	return many[model.Session](tx.db.Where("customer_id = ? AND expires_at > ?", customerID, tx.Now).Order("last_used_at DESC, created_at DESC, id"))
}

// DeleteSession ends a session of the customer, access tokens included. It
// reports false when it is not theirs, or has ended.
func (tx *Tx) DeleteSession(customerID int64, id string) (bool, error) {
	if !isStorable(id) {
		return false, nil
	}
	result := tx.db.Exec("DELETE FROM sessions WHERE customer_id = ? AND id = ? AND expires_at > ?", customerID, id, tx.Now)
	return result.RowsAffected > 0, result.Error
}

// DeleteOtherSessions ends all sessions of the customer but one, and returns how
// many they were.
func (tx *Tx) DeleteOtherSessions(customerID int64, id string) (int64, error) {
	result := tx.db.Exec("DELETE FROM sessions WHERE customer_id = ? AND id <> ? AND expires_at > ?", customerID, id, tx.Now)
	return result.RowsAffected, result.Error
}

// RevokeRefreshes ends the refresh tokens of one of the customer's sessions, or,
// when family is nil, of all; access tokens go on until they expire, which is at
// until at the latest. It returns of how many sessions. A family that is unknown,
// or somebody else's, changes nothing.
func (tx *Tx) RevokeRefreshes(customerID int64, family []byte, until time.Time) (int64, error) {
	setTime(&until, tx.Now)
	query := tx.db.Model(&model.Session{}).Where("customer_id = ? AND family IS NOT NULL AND expires_at > ?", customerID, tx.Now)
	if family != nil {
		query = query.Where("family = ?", family)
	}
	result := query.UpdateColumns(map[string]any{
		"family":     nil,
		"expires_at": gorm.Expr("CASE WHEN expires_at > ? THEN ? ELSE expires_at END", until, until),
	})
	return result.RowsAffected, result.Error
}

// DeleteSessions ends all sessions of the customer, access tokens included.
func (tx *Tx) DeleteSessions(customerID int64) error {
	return tx.db.Exec("DELETE FROM sessions WHERE customer_id = ?", customerID).Error
}

// DeleteExpiredSessions removes the sessions that are over by tx.Now.
func (tx *Tx) DeleteExpiredSessions() error {
	return tx.db.Exec("DELETE FROM sessions WHERE expires_at <= ?", tx.Now).Error
}
