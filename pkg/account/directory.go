package account

import (
	"context"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// What is asked of lists, in the store's own words.
type (
	// CustomerFilter narrows, orders and pages the customers of the store.
	CustomerFilter = store.CustomerFilter
	// Member is a key of metadata and its value.
	Member = store.Member
	// Order is one field a list is sorted by.
	Order = store.Order
	// OutboxFilter narrows and pages captured letters.
	OutboxFilter = store.OutboxFilter
)

// Customers returns the customer who asks, alone; with an API key that may
// read customers, those of the store that the filter finds, and their total
// when the filter wants it. It returns Unauthorized (411) for a key without the
// scope.
func (s *Service) Customers(ctx context.Context, actor Actor, filter CustomerFilter) (found []model.Customer, total int64, err error) {
	if actor.IsCustomer() {
		return []model.Customer{*actor.customer}, 1, nil
	}
	if !actor.May(ReadCustomers) {
		return nil, 0, errors.Unauthorized
	}
	filter.Store = s.storeOf(actor)
	if filter.Email != "" {
		key, err := emailKey(filter.Email)
		if err != nil {
			return nil, 0, nil // no address, nobody's
		}
		filter.EmailKey = key
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		found, total, err = tx.CustomerPage(filter)
		return err
	})
	return found, total, err
}

// CustomerNumbered returns the customer of the store with a number, to an API key that
// may read customers: Unauthorized (411) without, CustomerNotFound (402).
func (s *Service) CustomerNumbered(ctx context.Context, actor Actor, number int64) (*model.Customer, error) {
	found, _, err := s.Customers(ctx, actor, CustomerFilter{Numbers: store.Bounds[int64]{Equal: &number}, Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errors.CustomerNotFound
	}
	return &found[0], nil
}

// AddressesOf returns the addresses of customers that the caller was shown, by
// the customer's id, in order of creation.
func (s *Service) AddressesOf(ctx context.Context, customers []model.Customer) (addresses map[int64][]model.Address, err error) {
	ids := make([]int64, len(customers))
	for i := range customers {
		ids[i] = customers[i].ID
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		addresses, err = tx.AddressesOf(ids)
		return err
	})
	return addresses, err
}
