package account

import (
	"context"
	"slices"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// OrderChange is what became of an order that was told of.
type OrderChange int

// What can have become of it.
const (
	OrderCreated OrderChange = iota
	OrderUpdated
	OrderUnchanged // it was told of before
	OrderStale     // a later version was
)

// PutOrder is an order that was told of, as it is kept.
type PutOrder struct {
	Order    *model.Order
	Customer *model.Customer // nil while it waits
	Change   OrderChange
}

// PutOrders keeps what is told of orders, all of it or nothing, and returns them in the
// same order. An order whose version is not higher than the one that is kept stays as
// it is. No id may be there twice.
//
// An order that names no customer is given to the account that owns, and has proven,
// its e-mail address. Without one it waits; one that has a customer already keeps them
// for as long as it has that address.
//
// It needs an API key with OrderFeed. It returns Faults of attribute validation (901),
// ResourceIDInvalid, Unauthorized (411), CustomerNotFound (402), PayloadTooLarge for more
// than 64 KiB of metadata and related resources, and OrderErased for an order of somebody
// who was erased. place points at the order that an error is about.
func (s *Service) PutOrders(ctx context.Context, actor Actor, orders []OrderInput, place func(err error, index int) error) (put []PutOrder, err error) {
	var faults errors.Faults
	for i, in := range orders {
		if err := in.check(); err != nil {
			faults = append(faults, errors.List(place(err, i))...)
		}
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	if !actor.May(OrderFeed) {
		return nil, errors.Unauthorized
	}
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		f := &feed{tx: tx, store: s.storeOf(actor), orders: orders, place: place}
		if err := f.read(); err != nil {
			return err
		}
		put, err = s.putAll(tx, f)
		return err
	})
	return put, err
}

// feed is what orders are held against that are told of.
type feed struct {
	tx     *store.Tx
	store  string
	orders []OrderInput
	place  func(error, int) error

	stored    map[string]*model.Order
	customers map[int64]*model.Customer // locked
	named     map[string]*model.Customer
	owners    map[string]*model.Customer
}

// read finds the customers of the orders and locks all of it, customers first.
func (f *feed) read() error {
	ids, references, addresses := []string{}, []string{}, []string{}
	for _, in := range f.orders {
		ids = append(ids, in.ID)
		if in.Customer != "" {
			references = append(references, in.Customer)
		} else if key, err := emailKey(text(in.Email)); err == nil {
			addresses = append(addresses, key)
		}
	}
	before, err := f.tx.Orders(f.store, ids)
	if err != nil {
		return err
	}
	if f.named, err = f.tx.CustomersNamed(f.store, references); err != nil {
		return err
	}
	if err := f.readOwners(addresses); err != nil {
		return err
	}
	if err := f.lockCustomers(before); err != nil {
		return err
	}
	if f.stored, err = f.tx.LockOrders(f.store, ids); err != nil {
		return err
	}
	for _, id := range ids {
		if was, is := before[id], f.stored[id]; (was == nil) != (is == nil) || was != nil && !same(was.CustomerID, is.CustomerID) {
			return store.ErrAgain // it was changed before it was locked
		}
	}
	return nil
}

// readOwners finds who owns addresses. Where nobody does there is nobody to lock, and so
// the addresses are.
func (f *feed) readOwners(addresses []string) (err error) {
	if f.owners, err = f.tx.AccountsOf(f.store, addresses); err != nil {
		return err
	}
	nobodys := slices.DeleteFunc(addresses, func(key string) bool { return f.owners[key] != nil })
	if len(nobodys) == 0 {
		return nil
	}
	if err := f.tx.HoldAddresses(f.store, nobodys...); err != nil {
		return err
	}
	late, err := f.tx.AccountsOf(f.store, nobodys)
	if err == nil && len(late) > 0 {
		return store.ErrAgain
	}
	return err
}

func (f *feed) lockCustomers(before map[string]*model.Order) (err error) {
	involved := map[int64]bool{}
	for _, order := range before {
		if order.CustomerID != nil {
			involved[*order.CustomerID] = true
		}
	}
	for _, found := range []map[string]*model.Customer{f.named, f.owners} {
		for _, customer := range found {
			involved[customer.ID] = true
		}
	}
	f.customers, err = f.tx.LockCustomers(keysOf(involved))
	return err
}

func keysOf(set map[int64]bool) (keys []int64) {
	for key := range set {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func same[T comparable](one, other *T) bool {
	return (one == nil) == (other == nil) && (one == nil || *one == *other)
}

// customerOf tells whose an order is to be, nil for nobody's yet. former is the order as
// it was before, nil when there was none.
func (f *feed) customerOf(in OrderInput, order, former *model.Order) (*int64, error) {
	if in.Customer != "" {
		named := f.named[in.Customer]
		if named != nil {
			named = f.customers[named.ID]
		}
		if named == nil || named.AnonymizedAt != nil {
			return nil, errors.CustomerNotFound.At("/data/relationships/customer")
		}
		return f.asGuest(named, order)
	}
	if former != nil && former.CustomerID != nil && same(former.EmailKey, order.EmailKey) {
		return former.CustomerID, nil
	}
	if order.EmailKey == nil || f.owners[*order.EmailKey] == nil {
		return nil, nil
	}
	owner := f.customers[f.owners[*order.EmailKey].ID]
	if owner == nil || !owner.Active() || !owner.HasAccount() || owner.AnonymizedAt != nil || !same(owner.EmailKey, order.EmailKey) {
		return nil, nil
	}
	return &owner.ID, nil
}

// asGuest gives an order to whom it names, or, when it is older than their account and
// they have not proven their address, to what was put aside of the guest they were.
func (f *feed) asGuest(named *model.Customer, order *model.Order) (*int64, error) {
	if named.Active() || !named.HasAccount() {
		return &named.ID, nil
	}
	waiting, err := f.tx.Claimed(named.ID)
	if err != nil {
		return nil, err
	}
	for i := range waiting {
		if order.CreatedAt.Before(waiting[i].CreatedAt) {
			f.customers[waiting[i].ID] = &waiting[i]
			return &waiting[i].ID, nil
		}
	}
	return &named.ID, nil
}

func (s *Service) putAll(tx *store.Tx, f *feed) ([]PutOrder, error) {
	put := make([]PutOrder, len(f.orders))
	counted := map[int64]bool{}
	for i, in := range f.orders {
		made, former, err := f.put(in)
		if err != nil {
			return nil, f.place(err, i)
		}
		put[i] = made
		if made.Change > OrderUpdated {
			continue
		}
		for _, id := range []*int64{made.Order.CustomerID, former} {
			if id != nil {
				counted[*id] = true
			}
		}
		if made.Customer != nil && !same(made.Order.CustomerID, former) {
			if err := s.emit(tx, made.Customer, OrderLinked, model.JSON{"order": in.ID}); err != nil {
				return nil, err
			}
		}
	}
	if err := f.refuseErased(); err != nil {
		return nil, err
	}
	return put, tx.SumOrders(keysOf(counted)...)
}

// put keeps one order, and returns whose it was before.
func (f *feed) put(in OrderInput) (made PutOrder, former *int64, err error) {
	order := f.stored[in.ID]
	if order != nil && order.Version >= *in.Version.Value {
		made = PutOrder{Order: order, Change: OrderUnchanged, Customer: f.customer(order)}
		if order.Version > *in.Version.Value {
			made.Change = OrderStale
		}
		return made, nil, nil
	}
	var before *model.Order
	made.Change = OrderCreated
	if order == nil {
		order = &model.Order{Store: f.store, ID: in.ID}
	} else {
		copied := *order
		before, former, made.Change = &copied, order.CustomerID, OrderUpdated
	}
	if err := in.apply(order, f.tx.Now); err != nil {
		return made, nil, err
	}
	if order.CustomerID, err = f.customerOf(in, order, before); err != nil {
		return made, nil, err
	}
	made.Order, made.Customer = order, f.customer(order)
	if before == nil {
		return made, nil, f.tx.AddOrder(order)
	}
	return made, former, f.tx.SaveOrder(order)
}

func (f *feed) customer(of *model.Order) *model.Customer {
	if of.CustomerID == nil {
		return nil
	}
	return f.customers[*of.CustomerID]
}

// refuseErased answers orders of erased customers. It is asked last: an order that was
// erased meanwhile is seen then.
func (f *feed) refuseErased() error {
	ids := make([]string, len(f.orders))
	for i, in := range f.orders {
		ids[i] = in.ID
	}
	erased, err := f.tx.ErasedOrders(f.store, ids)
	if err != nil || len(erased) == 0 {
		return err
	}
	var faults errors.Faults
	for i, id := range ids {
		if slices.Contains(erased, id) {
			faults = append(faults, errors.List(f.place(errors.OrderErased.At("/data/id"), i))...)
		}
	}
	return faults.Err()
}

// takeOrders gives a customer, who has just proven their e-mail address, the orders
// that wait for whoever does.
func (s *Service) takeOrders(tx *store.Tx, customer *model.Customer) error {
	ids, err := tx.LinkOrders(customer)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.emit(tx, customer, OrderLinked, model.JSON{"order": id}); err != nil {
			return err
		}
	}
	return nil
}
