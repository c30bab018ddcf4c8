package store

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"github.com/clientelehq/clientele/pkg/model"
)

// Snapshot runs fn on the database as it is at one moment, whatever is written
// meanwhile. Within fn nothing may be written.
//
// Trouble with the database is ServiceUnavailable.
func (s *Store) Snapshot(ctx context.Context, fn func(*Tx) error) error {
	options := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	if s.dialect == sqliteDialect {
		options = nil // there, every transaction is one
	}
	var err error
	for attempt := range attempts {
		if err = pause(ctx, attempt); err != nil {
			break
		}
		tx := s.reading(ctx)
		err = tx.db.Transaction(func(db *gorm.DB) error {
			tx.db = db
			return fn(tx)
		}, options)
		if !isRepeatable(err) {
			break
		}
	}
	return answer(err)
}

// ExportedPage returns the customers of a store after a number, in order of number, at
// most limit and MaxPage: all but those who were anonymised, and the rows that keep what a guest
// had for whoever proves their address.
func (tx *Tx) ExportedPage(store string, after int64, limit int) ([]model.Customer, error) {
	return many[model.Customer](tx.exported(store, after).Order("number").Limit(min(max(limit, 0), MaxPage)))
}

// CountExported returns how many customers ExportedPage finds in all.
func (tx *Tx) CountExported(store string, after int64) (count int64, err error) {
	return count, tx.exported(store, after).Model(&model.Customer{}).Count(&count).Error
}

func (tx *Tx) exported(store string, after int64) *gorm.DB {
	return tx.db.Where("store = ? AND number > ? AND anonymized_at IS NULL AND claimed_by IS NULL", store, after)
}

// LatestConsents returns the last consent of a kind that each of several customers gave,
// by the customer's id.
func (tx *Tx) LatestConsents(customerIDs []int64, kind string) (map[int64]model.Consent, error) {
	latest := map[int64]model.Consent{}
	if len(customerIDs) == 0 {
		return latest, nil
	}
	consents, err := many[model.Consent](tx.db.Where("customer_id IN ? AND kind = ?", customerIDs, kind).Order("id"))
	for _, consent := range consents {
		latest[consent.CustomerID] = consent
	}
	return latest, err
}
