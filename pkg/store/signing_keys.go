package store

import (
	"time"

	"github.com/clientelehq/clientele/pkg/model"
)

// signingKeysLock is the advisory lock around changes of the signing keys; the
// number has no meaning but to be ours.
const signingKeysLock = migrationLock + 1

// LockSigningKeys lets one transaction at a time look at the signing keys and
// change them. On SQLite every transaction that writes is alone anyway.
func (tx *Tx) LockSigningKeys() error {
	if tx.dialect == sqliteDialect {
		return nil
	}
	return tx.db.Exec("SELECT pg_advisory_xact_lock(?)", signingKeysLock).Error
}

// SigningKeys returns all signing keys in the order in which they sign.
func (tx *Tx) SigningKeys() ([]model.SigningKey, error) {
	return many[model.SigningKey](tx.db.Order("signs_from, created_at, id"))
}

// AddSigningKey adds a signing key, which signs at once unless it says from when
// on.
func (tx *Tx) AddSigningKey(key *model.SigningKey) error {
	keep(tx, key)
	setTime(&key.CreatedAt, tx.Now)
	setTime(&key.SignsFrom, tx.Now)
	return tx.insert(key, nil)
}

// AllowTokens notes on the keys that sign from a time on or later that their
// tokens may last as long as this.
func (tx *Tx) AllowTokens(from time.Time, lifetime time.Duration) error {
	return tx.db.Exec("UPDATE signing_keys SET longest_token = ? WHERE signs_from >= ? AND longest_token < ?", lifetime, from, lifetime).Error
}

// DeleteSigningKey removes a signing key, and with it all tokens that it has
// signed. It reports whether there was one.
func (tx *Tx) DeleteSigningKey(id string) (bool, error) {
	if !isStorable(id) {
		return false, nil
	}
	result := tx.db.Exec("DELETE FROM signing_keys WHERE id = ?", id)
	return result.RowsAffected > 0, result.Error
}
