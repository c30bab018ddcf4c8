package store

import (
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"github.com/clientelehq/clientele/pkg/model"
)

// IdempotencyKey returns the answer kept under a key since a time, or nil.
func (tx *Tx) IdempotencyKey(digest []byte, since time.Time) (*model.IdempotencyKey, error) {
	return maybe[model.IdempotencyKey](tx.db.Where("digest = ? AND created_at > ?", digest, since))
}

// KeepAnswer keeps an answer under a key, in the place of one from before since.
// It reports false when there is a later one: a transaction that runs beside this
// one and has the key is waited for.
//
// The answer goes when one of the customers is erased whom this transaction has
// created or locked. If the transaction has erased somebody itself, none is kept.
func (tx *Tx) KeepAnswer(key *model.IdempotencyKey, since time.Time) (kept bool, err error) {
	if err := tx.db.Exec("DELETE FROM idempotency_keys WHERE digest = ? AND created_at <= ?", key.Digest, since).Error; err != nil {
		return false, err
	}
	if tx.erased {
		return true, nil
	}
	keep(tx, key)
	setTime(&key.CreatedAt, tx.Now)
	result := tx.db.Clauses(clause.OnConflict{DoNothing: true}).Create(key)
	if result.Error != nil || result.RowsAffected == 0 {
		return false, result.Error
	}
	for _, customer := range tx.touched {
		if err := tx.db.Exec("INSERT INTO idempotency_customers (customer_id, digest) VALUES (?, ?)", customer, key.Digest).Error; err != nil {
			return false, err
		}
	}
	return true, nil
}

// touch notes a customer whose data the transaction deals with.
func (tx *Tx) touch(customerID int64) {
	if !slices.Contains(tx.touched, customerID) {
		tx.touched = append(tx.touched, customerID)
	}
}

// DeleteOldAnswers removes the answers kept before a time.
func (tx *Tx) DeleteOldAnswers(before time.Time) error {
	return tx.db.Exec("DELETE FROM idempotency_keys WHERE created_at <= ?", before).Error
}

// deleteAnswers removes the answers that may hold a customer's data.
func (tx *Tx) deleteAnswers(customerID int64) error {
	tx.erased = true
	const remove = `
		DELETE FROM idempotency_keys
		WHERE  digest IN (SELECT digest FROM idempotency_customers WHERE customer_id = ?)`
	return tx.db.Exec(remove, customerID).Error
}
