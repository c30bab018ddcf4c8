package store

import (
	"database/sql"
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
)

// ErasureFilter narrows and pages requests for erasure. What is left empty does not
// narrow.
type ErasureFilter struct {
	Store    string // always set
	State    string
	Customer string // reference

	// The list has the newest first; a page by cursor as that of audit events.
	AfterNumber  *int64
	BeforeNumber *int64
	Limit        int // 1 to MaxPage; what is beyond counts as MaxPage
}

// AddErasureRequest adds a request under the id that the struct has. A customer has one
// pending request at most: for another it returns ErasurePending.
func (tx *Tx) AddErasureRequest(request *model.ErasureRequest) error {
	keep(tx, request)
	request.Version, request.CreatedAt, request.UpdatedAt = 1, tx.Now, tx.Now
	setTime(&request.DueAt, tx.Now)
	if request.Removed == nil {
		request.Removed = model.JSON{}
	}
	if err := tx.storable(request); err != nil {
		return err
	}
	added := tx.db.Clauses(clause.OnConflict{DoNothing: true}).Create(request)
	if added.Error == nil && added.RowsAffected == 0 {
		return errors.ErasurePending
	}
	return added.Error
}

// ErasureRequests returns a page of requests, the newest first.
func (tx *Tx) ErasureRequests(filter ErasureFilter) ([]model.ErasureRequest, error) {
	if slices.ContainsFunc([]string{filter.State, filter.Customer}, func(text string) bool { return !isStorable(text) }) {
		return []model.ErasureRequest{}, nil
	}
	query := tx.db.Where("store = ?", filter.Store)
	if filter.State != "" {
		query = query.Where("state = ?", filter.State)
	}
	if filter.Customer != "" {
		query = query.Where("customer = ?", filter.Customer)
	}
	return readStretch[model.ErasureRequest](query, stretch{clause.Column{Name: "number"}, filter.AfterNumber, filter.BeforeNumber, true, filter.Limit})
}

// ErasureRequest returns a request of the store, or RouteNotFound.
func (tx *Tx) ErasureRequest(store, id string) (*model.ErasureRequest, error) {
	if !isStorable(id) {
		return nil, errors.RouteNotFound
	}
	return one[model.ErasureRequest](tx.db.Where("id = ? AND store = ?", id, store), errors.RouteNotFound)
}

// LockErasureRequest is ErasureRequest, and holds it until the transaction ends.
func (tx *Tx) LockErasureRequest(store, id string) (*model.ErasureRequest, error) {
	if !isStorable(id) {
		return nil, errors.RouteNotFound
	}
	return one[model.ErasureRequest](tx.locking().Where("id = ? AND store = ?", id, store), errors.RouteNotFound)
}

// PendingErasureRequest returns a customer's pending request and holds it until the
// transaction ends; nil when there is none.
func (tx *Tx) PendingErasureRequest(customer string) (*model.ErasureRequest, error) {
	return maybe[model.ErasureRequest](tx.locking().Where("customer = ? AND state = 'pending'", customer))
}

// DueErasureRequests returns requests of all stores whose time has come, the longest
// due first.
func (tx *Tx) DueErasureRequests(by time.Time, limit int) ([]model.ErasureRequest, error) {
	return many[model.ErasureRequest](tx.db.Where("state = 'pending' AND due_at <= ?", by).Order("due_at").Limit(max(limit, 0)))
}

// SaveErasureRequest writes a request that this transaction holds.
func (tx *Tx) SaveErasureRequest(request *model.ErasureRequest) error {
	keep(tx, request)
	request.Version++
	request.UpdatedAt = tx.Now
	return tx.db.Select("*").Omit("number", "id", "store", "customer", "created_at").UpdateColumns(request).Error
}

// CountPersonalData tells how many rows of each kind hang on a customer.
func (tx *Tx) CountPersonalData(customerID int64) (model.JSON, error) {
	const count = `
		SELECT (SELECT count(*) FROM addresses       WHERE customer_id = @id),
		       (SELECT count(*) FROM consents        WHERE customer_id = @id),
		       (SELECT count(*) FROM sessions        WHERE customer_id = @id),
		       (SELECT count(*) FROM orders          WHERE customer_id = @id),
		       (SELECT count(*) FROM payment_sources WHERE customer_id = @id)`
	var addresses, consents, sessions, orders, sources int64
	err := scan(tx.db.Raw(count, sql.Named("id", customerID)), &addresses, &consents, &sessions, &orders, &sources)
	return model.JSON{"addresses": addresses, "consents": consents, "sessions": sessions, "orders": orders, "paymentSources": sources}, err
}
