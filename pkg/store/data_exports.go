package store

import (
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
)

// AddDataExport adds an export that is to be made, and returns it. While another one of
// the customer waits it adds none, and returns that one.
func (tx *Tx) AddDataExport(export *model.DataExport) (*model.DataExport, error) {
	keep(tx, export)
	setTime(&export.CreatedAt, tx.Now)
	setTime(&export.ExpiresAt, tx.Now)
	added := tx.db.Clauses(clause.OnConflict{DoNothing: true}).Create(export)
	if added.Error == nil && added.RowsAffected == 0 {
		return one[model.DataExport](tx.withoutContent().Where("customer_id = ? AND finished_at IS NULL", export.CustomerID), ErrAgain)
	}
	return export, refusal(added.Error, errors.CustomerNotFound)
}

// DataExports returns a customer's exports that are not over, the newest first, without
// their content.
func (tx *Tx) DataExports(customerID int64) ([]model.DataExport, error) {
	return many[model.DataExport](tx.withoutContent().Where("customer_id = ? AND expires_at > ?", customerID, tx.Now).Order("number DESC").Limit(MaxPage))
}

// DataExport returns one of a customer's exports that is not over, without its content,
// or RouteNotFound.
func (tx *Tx) DataExport(customerID int64, id string) (*model.DataExport, error) {
	if !isStorable(id) {
		return nil, errors.RouteNotFound
	}
	return one[model.DataExport](tx.withoutContent().Where("id = ? AND customer_id = ? AND expires_at > ?", id, customerID, tx.Now), errors.RouteNotFound)
}

func (tx *Tx) withoutContent() *gorm.DB {
	return tx.db.Select("number", "id", "customer_id", "size", "finished_at", "expires_at", "created_at")
}

// ContentOfDataExport returns an export that is made and not over, with its content, or
// RouteNotFound.
func (tx *Tx) ContentOfDataExport(id string) (*model.DataExport, error) {
	if !isStorable(id) {
		return nil, errors.RouteNotFound
	}
	return one[model.DataExport](tx.db.Where("id = ? AND expires_at > ? AND finished_at IS NOT NULL", id, tx.Now), errors.RouteNotFound)
}

// UnfinishedDataExport returns an export that waits to be made; nil when it was made, or
// its customer erased.
func (tx *Tx) UnfinishedDataExport(id string) (*model.DataExport, error) {
	return maybe[model.DataExport](tx.db.Where("id = ? AND finished_at IS NULL", id))
}

// FinishDataExport keeps the content of an export, if it still waits for it.
func (tx *Tx) FinishDataExport(id string, content []byte, size int64, until time.Time) error {
	return tx.db.Exec("UPDATE data_exports SET content = ?, size = ?, finished_at = ?, expires_at = ? WHERE id = ? AND finished_at IS NULL", content, size, tx.Now, until, id).Error
}

// DeleteOldDataExports removes the exports that are over by tx.Now.
func (tx *Tx) DeleteOldDataExports() error {
	return tx.db.Exec("DELETE FROM data_exports WHERE expires_at <= ?", tx.Now).Error
}

func (tx *Tx) deleteDataExports(customerID int64) error {
	return tx.db.Exec("DELETE FROM data_exports WHERE customer_id = ?", customerID).Error
}

// LettersTo returns the captured letters of a customer, the newest first.
func (tx *Tx) LettersTo(customerID int64) ([]model.OutboxMessage, error) {
	return many[model.OutboxMessage](tx.db.Where("customer_id = ?", customerID).Order("number DESC").Limit(MaxPage))
}

// AllOrdersOf returns a customer's orders in the order in which they were first told of,
// those behind one; a page at a time.
func (tx *Tx) AllOrdersOf(customerID, afterNumber int64) ([]model.Order, error) {
	return many[model.Order](tx.db.Where("customer_id = ? AND number > ?", customerID, afterNumber).Order("number").Limit(MaxPage))
}
