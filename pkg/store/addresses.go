package store

import (
	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
)

// Addresses returns a customer's addresses in order of creation.
func (tx *Tx) Addresses(customerID int64) ([]model.Address, error) {
	return many[model.Address](tx.db.Where("customer_id = ?", customerID).Order("number"))
}

// Address returns one address of a customer; AddressNotFound if the id is no
// address, or somebody else's.
func (tx *Tx) Address(customerID int64, id string) (*model.Address, error) {
	if id == "" || !isStorable(id) {
		return nil, errors.AddressNotFound
	}
	return one[model.Address](tx.db.Where("id = ? AND customer_id = ?", id, customerID), errors.AddressNotFound)
}

// AddressesOf returns the addresses of several customers, by the customer's
// id, in order of creation. Who has none is not in the map.
func (tx *Tx) AddressesOf(customerIDs []int64) (map[int64][]model.Address, error) {
	found := map[int64][]model.Address{}
	if len(customerIDs) == 0 {
		return found, nil
	}
	addresses, err := many[model.Address](tx.db.Where("customer_id IN ?", customerIDs).Order("customer_id, number"))
	for _, address := range addresses {
		found[address.CustomerID] = append(found[address.CustomerID], address)
	}
	return found, err
}

// CreateAddress adds an address under the id that the struct has, and sets
// number, version and the times. It returns CustomerNotFound,
// CharactersInvalid.
func (tx *Tx) CreateAddress(address *model.Address) error {
	keep(tx, address)
	address.Version = 1
	setTime(&address.CreatedAt, tx.Now)
	setTime(&address.UpdatedAt, tx.Now)
	if address.Metadata == nil {
		address.Metadata = model.JSON{}
	}
	return tx.insert(address, errors.CustomerNotFound)
}

// SaveAddress writes all of an address's row, and sets version and updated_at
// in the struct too. A struct that is older than the row makes the transaction
// run again, like SaveCustomer. It returns CharactersInvalid.
func (tx *Tx) SaveAddress(address *model.Address) error {
	keep(tx, address)
	read := address.Version
	address.Version++
	address.UpdatedAt = tx.Now
	if err := tx.storable(address); err != nil {
		return err
	}
	result := tx.db.Where("version = ?", read).Select("*").Omit("number", "id", "customer_id", "created_at").UpdateColumns(address)
	if result.Error == nil && result.RowsAffected == 0 {
		return ErrAgain
	}
	return refusal(result.Error, nil)
}

// DeleteAddress removes one address of a customer. It has to be vacated first
// (model.Customer.Vacate): the database refuses to remove a default. It returns
// AddressNotFound.
func (tx *Tx) DeleteAddress(customerID int64, id string) error {
	if !isStorable(id) {
		return errors.AddressNotFound
	}
	result := tx.db.Exec("DELETE FROM addresses WHERE id = ? AND customer_id = ?", id, customerID)
	if result.Error == nil && result.RowsAffected == 0 {
		return errors.AddressNotFound
	}
	return result.Error
}

// DeleteAddresses removes all addresses of a customer, whose default places
// have to be vacant.
func (tx *Tx) DeleteAddresses(customerID int64) error {
	return tx.db.Exec("DELETE FROM addresses WHERE customer_id = ?", customerID).Error
}
