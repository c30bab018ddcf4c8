package store

import (
	"gorm.io/gorm/clause"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
)

// EnsureStore adds a store of this name, if there is none.
func (tx *Tx) EnsureStore(name string) error {
	added := &model.Store{Name: name, Version: 1, CreatedAt: tx.Now, UpdatedAt: tx.Now}
	return tx.db.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoNothing: true}).Create(added).Error
}

// AddStore adds a store. It returns ResourceIDTaken for a name that is taken, and
// CharactersInvalid.
func (tx *Tx) AddStore(added *model.Store) error {
	keep(tx, added)
	added.Version, added.CreatedAt, added.UpdatedAt = 1, tx.Now, tx.Now
	if err := tx.storable(added); err != nil {
		return err
	}
	result := tx.db.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoNothing: true}).Create(added)
	if result.Error == nil && result.RowsAffected == 0 {
		return errors.ResourceIDTaken
	}
	return result.Error
}

// Stores returns all stores of the installation by name.
func (tx *Tx) Stores() ([]model.Store, error) {
	return many[model.Store](tx.db.Order("name"))
}

// Store returns the store of a name, or RouteNotFound.
func (tx *Tx) Store(name string) (*model.Store, error) {
	if !isStorable(name) {
		return nil, errors.RouteNotFound
	}
	return one[model.Store](tx.db.Where("name = ?", name), errors.RouteNotFound)
}

// LockStore is Store, and keeps others from changing it until the transaction ends.
func (tx *Tx) LockStore(name string) (*model.Store, error) {
	if !isStorable(name) {
		return nil, errors.RouteNotFound
	}
	return one[model.Store](tx.locking().Where("name = ?", name), errors.RouteNotFound)
}

// SaveStore writes a store that this transaction holds. It returns CharactersInvalid.
func (tx *Tx) SaveStore(changed *model.Store) error {
	keep(tx, changed)
	changed.Version++
	changed.UpdatedAt = tx.Now
	if err := tx.storable(changed); err != nil {
		return err
	}
	return tx.db.Select("*").Omit("name", "created_at").UpdateColumns(changed).Error
}
