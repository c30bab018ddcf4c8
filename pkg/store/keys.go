package store

import (
	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
)

// PutKey keeps a one-time key; the customer's former key of this purpose works
// no more. It returns CustomerNotFound.
func (tx *Tx) PutKey(key *model.OneTimeKey) error {
	keep(tx, key)
	setTime(&key.CreatedAt, tx.Now)
	if key.ExpiresAt != nil {
		expires := *key.ExpiresAt
		setTime(&expires, tx.Now)
		key.ExpiresAt = &expires
	}
	if err := tx.storable(key); err != nil {
		return err
	}
	replace := clause.OnConflict{
		Columns:   []clause.Column{{Name: "customer_id"}, {Name: "purpose"}},
		DoUpdates: clause.AssignmentColumns([]string{"digest", "email_key", "code_digest", "tries", "expires_at", "created_at"}),
	}
	return refusal(tx.db.Clauses(replace).Create(key).Error, errors.CustomerNotFound)
}

// FindKey returns a key that can be taken now, or nil.
func (tx *Tx) FindKey(purpose string, digest []byte) (*model.OneTimeKey, error) {
	return maybe[model.OneTimeKey](tx.usableKey(purpose, digest))
}

// TakeKey returns a key and removes it, or returns nil: the key is unknown, of
// another purpose, expired, or was taken. It is one statement: of several takers
// exactly one gets the key.
func (tx *Tx) TakeKey(purpose string, digest []byte) (*model.OneTimeKey, error) {
	var taken []model.OneTimeKey
	err := tx.usableKey(purpose, digest).Clauses(clause.Returning{}).Delete(&taken).Error
	if err != nil || len(taken) == 0 {
		return nil, err
	}
	return &taken[0], nil
}

// TryCode counts a try at the codes that were mailed to an address for one of the
// purposes, and returns their keys, but not those whose code was tried often enough:
// of tries at once no more get one than most.
func (tx *Tx) TryCode(emailKey string, purposes []string, most int) (tried []model.OneTimeKey, err error) {
	if !isStorable(emailKey) {
		return nil, nil
	}
	query := tx.db.Model(&tried).Clauses(clause.Returning{}).
		Where("email_key = ? AND purpose IN ? AND tries < ? AND (expires_at IS NULL OR expires_at > ?)", emailKey, purposes, most, tx.Now)
	return tried, query.Update("tries", gorm.Expr("tries + 1")).Error
}

func (tx *Tx) usableKey(purpose string, digest []byte) *gorm.DB {
	return tx.db.Where("digest = ? AND purpose = ? AND (expires_at IS NULL OR expires_at > ?)", digest, purpose, tx.Now)
}

// DeleteKey removes the customer's key of one purpose, if there is one.
func (tx *Tx) DeleteKey(customerID int64, purpose string) error {
	return tx.db.Exec("DELETE FROM one_time_keys WHERE customer_id = ? AND purpose = ?", customerID, purpose).Error
}

// DeleteKeys removes all keys of the customer.
func (tx *Tx) DeleteKeys(customerID int64) error {
	return tx.db.Exec("DELETE FROM one_time_keys WHERE customer_id = ?", customerID).Error
}

// DeleteExpiredKeys removes the keys that are over by tx.Now.
func (tx *Tx) DeleteExpiredKeys() error {
	return tx.db.Exec("DELETE FROM one_time_keys WHERE expires_at <= ?", tx.Now).Error
}

// AddConsent writes down what a customer agreed to. It returns
// CustomerNotFound.
func (tx *Tx) AddConsent(consent *model.Consent) error {
	keep(tx, consent)
	setTime(&consent.AcceptedAt, tx.Now)
	return tx.insert(consent, errors.CustomerNotFound)
}

func (tx *Tx) deleteConsents(customerID int64) error {
	return tx.db.Exec("DELETE FROM consents WHERE customer_id = ?", customerID).Error
}

// APIKey returns the API key with this digest, or nil when it is unknown or
// revoked.
func (tx *Tx) APIKey(digest []byte) (*model.APIKey, error) {
	return maybe[model.APIKey](tx.db.Where("digest = ? AND revoked_at IS NULL", digest))
}

// AddAPIKey adds an API key, and gives it an id if it has none.
func (tx *Tx) AddAPIKey(key *model.APIKey) error {
	keep(tx, key)
	if key.ID == "" {
		key.ID = uuid.NewString()
	}
	setTime(&key.CreatedAt, tx.Now)
	return tx.insert(key, nil)
}

// APIKeys returns the API keys of all stores in order of creation.
func (tx *Tx) APIKeys() ([]model.APIKey, error) {
	return many[model.APIKey](tx.db.Order("created_at, id"))
}

// RevokeAPIKey ends an API key, if it has not ended before, and returns it; nil when
// there is none.
func (tx *Tx) RevokeAPIKey(id string) (*model.APIKey, error) {
	if !isStorable(id) {
		return nil, nil
	}
	if err := tx.db.Exec("UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", tx.Now, id).Error; err != nil {
		return nil, err
	}
	return maybe[model.APIKey](tx.db.Where("id = ?", id))
}
