package store

import (
	"gorm.io/gorm/clause"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
)

// PaymentSourceFilter narrows and pages payment sources.
type PaymentSourceFilter struct {
	Store      string // always set
	CustomerID *int64

	// The list has the newest first; a page by cursor as that of audit events.
	AfterNumber  *int64
	BeforeNumber *int64
	Limit        int // 1 to MaxPage; what is beyond counts as MaxPage
}

// AddPaymentSource adds a source under the id that the struct has, and sets number,
// version and the times. It returns ResourceIDTaken for an id that is taken, in
// whatever store, and CharactersInvalid.
func (tx *Tx) AddPaymentSource(source *model.PaymentSource) error {
	keep(tx, source)
	source.Version, source.CreatedAt, source.UpdatedAt = 1, tx.Now, tx.Now
	if source.Metadata == nil {
		source.Metadata = model.JSON{}
	}
	if err := tx.storable(source); err != nil {
		return err
	}
	added := tx.db.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoNothing: true}).Create(source)
	if added.Error == nil && added.RowsAffected == 0 {
		return errors.ResourceIDTaken
	}
	return refusal(added.Error, errors.CustomerNotFound)
}

// PaymentSourcePage returns a page of sources, the newest first.
func (tx *Tx) PaymentSourcePage(filter PaymentSourceFilter) ([]model.PaymentSource, error) {
	query := tx.db.Where("store = ?", filter.Store)
	if filter.CustomerID != nil {
		query = query.Where("customer_id = ? AND detached_at IS NULL", *filter.CustomerID)
	}
	return readStretch[model.PaymentSource](query, stretch{clause.Column{Name: "number"}, filter.AfterNumber, filter.BeforeNumber, true, filter.Limit})
}

// PaymentSource returns a source of the store, or PaymentSourceNotFound.
func (tx *Tx) PaymentSource(store, id string) (*model.PaymentSource, error) {
	if !isStorable(id) {
		return nil, errors.PaymentSourceNotFound
	}
	return one[model.PaymentSource](tx.db.Where("id = ? AND store = ?", id, store), errors.PaymentSourceNotFound)
}

// LockPaymentSource is PaymentSource, and holds it until the transaction ends. Its
// customer, if there is one, is locked before.
func (tx *Tx) LockPaymentSource(store, id string) (*model.PaymentSource, error) {
	if !isStorable(id) {
		return nil, errors.PaymentSourceNotFound
	}
	return one[model.PaymentSource](tx.locking().Where("id = ? AND store = ?", id, store), errors.PaymentSourceNotFound)
}

// LockPaymentSources locks those of the ids that are sources of the store, and returns
// them by id.
func (tx *Tx) LockPaymentSources(store string, ids []string) (map[string]*model.PaymentSource, error) {
	found := map[string]*model.PaymentSource{}
	if len(ids) == 0 {
		return found, nil
	}
	sources, err := many[model.PaymentSource](tx.locking().Where("id IN ? AND store = ?", ids, store).Order("id"))
	for i := range sources {
		found[sources[i].ID] = &sources[i]
	}
	return found, err
}

// PaymentSourcesOf returns the sources of several customers, by the customer's id, in
// order of creation. Who has none is not in the map.
func (tx *Tx) PaymentSourcesOf(customerIDs []int64) (map[int64][]model.PaymentSource, error) {
	found := map[int64][]model.PaymentSource{}
	if len(customerIDs) == 0 {
		return found, nil
	}
	sources, err := many[model.PaymentSource](tx.db.Where("customer_id IN ? AND detached_at IS NULL", customerIDs).Order("customer_id, number"))
	for _, source := range sources {
		found[*source.CustomerID] = append(found[*source.CustomerID], source)
	}
	return found, err
}

// SavePaymentSource writes a source that this transaction holds. It returns
// CharactersInvalid.
func (tx *Tx) SavePaymentSource(source *model.PaymentSource) error {
	keep(tx, source)
	source.Version++
	source.UpdatedAt = tx.Now
	if err := tx.storable(source); err != nil {
		return err
	}
	return refusal(tx.db.Select("*").Omit("number", "id", "store", "created_at").UpdateColumns(source).Error, nil)
}

// DeletePaymentSource removes a source, which is nobody's default.
func (tx *Tx) DeletePaymentSource(id string) error {
	return tx.db.Exec("DELETE FROM payment_sources WHERE id = ?", id).Error
}

func (tx *Tx) deletePaymentSources(customerID int64) error {
	return tx.db.Exec("DELETE FROM payment_sources WHERE customer_id = ?", customerID).Error
}

// OwnersOf returns the customers that have the sources, by their ids.
func (tx *Tx) OwnersOf(sources []model.PaymentSource) (map[int64]*model.Customer, error) {
	var ids []int64
	for _, source := range sources {
		if owner := source.Owner(); owner != nil {
			ids = append(ids, *owner)
		}
	}
	found := map[int64]*model.Customer{}
	if len(ids) == 0 {
		return found, nil
	}
	owners, err := many[model.Customer](tx.db.Where("id IN ?", ids))
	for i := range owners {
		found[owners[i].ID] = &owners[i]
	}
	return found, err
}
