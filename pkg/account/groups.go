package account

import (
	"context"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// GroupFilter narrows and pages groups of customers.
type GroupFilter = store.GroupFilter

// GroupInput is what is said of a group; absent fields keep what is stored.
type GroupInput struct {
	Name     Text
	Metadata Field[map[string]any]
	Match    Match
}

func (in GroupInput) check(isNew bool) error {
	var v validation
	v.text(in.Name, isNew, notBlank, atMost(longestText))
	v.object(in.Metadata)
	return v.faults.Err()
}

// apply returns GroupTooLarge when there is more metadata than a group may have.
func (in GroupInput) apply(group *model.CustomerGroup) error {
	name := &group.Name
	assign(&name, in.Name)
	group.Name = *name
	group.Metadata = merge(group.Metadata, in.Metadata)
	if oversized(group.Metadata) {
		return errors.TooLong.Limit(longestObject).On(in.Metadata.Name)
	}
	return nil
}

// AddGroup adds a group of customers. It returns Faults of attribute validation (901),
// Unauthorized (411) without an API key with WriteCustomers, GroupNameTaken (4480).
func (s *Service) AddGroup(ctx context.Context, actor Actor, in GroupInput) (*model.CustomerGroup, error) {
	if err := in.check(true); err != nil {
		return nil, err
	}
	if !actor.May(WriteCustomers) {
		return nil, errors.Unauthorized
	}
	group := &model.CustomerGroup{ID: uuid.NewString(), Store: s.storeOf(actor)}
	if err := in.apply(group); err != nil {
		return nil, err
	}
	err := s.Store.Write(ctx, func(tx *store.Tx) error { return tx.AddCustomerGroup(group) })
	return group, err
}

// ChangeGroup changes a group and returns the whole. It returns Faults of attribute
// validation (901), Unauthorized (411), RouteNotFound, PreconditionFailed,
// GroupNameTaken (4480).
func (s *Service) ChangeGroup(ctx context.Context, actor Actor, id string, in GroupInput) (group *model.CustomerGroup, err error) {
	if err := in.check(false); err != nil {
		return nil, err
	}
	err = s.changeGroup(ctx, actor, id, in.Match, func(tx *store.Tx, found *model.CustomerGroup) error {
		group = found
		if err := in.apply(group); err != nil {
			return err
		}
		return tx.SaveCustomerGroup(group)
	})
	return group, err
}

// DeleteGroup deletes a group; its customers stay. It returns Unauthorized (411),
// RouteNotFound, PreconditionFailed.
func (s *Service) DeleteGroup(ctx context.Context, actor Actor, id string, match Match) error {
	return s.changeGroup(ctx, actor, id, match, func(tx *store.Tx, group *model.CustomerGroup) error {
		return tx.DeleteCustomerGroup(group.Number)
	})
}

func (s *Service) changeGroup(ctx context.Context, actor Actor, id string, match Match, fn func(*store.Tx, *model.CustomerGroup) error) error {
	if !actor.May(WriteCustomers) {
		return errors.Unauthorized
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		group, err := tx.LockCustomerGroup(s.storeOf(actor), id)
		if err != nil {
			return err
		}
		if match != nil && !match(GroupVersion(group)) {
			return errors.PreconditionFailed.AtHeader("If-Match")
		}
		return fn(tx, group)
	})
}

// Groups returns groups of the store in order of creation. It needs an API key with
// ReadCustomers: Unauthorized (411) without.
func (s *Service) Groups(ctx context.Context, actor Actor, filter GroupFilter) (groups []model.CustomerGroup, err error) {
	if !actor.May(ReadCustomers) {
		return nil, errors.Unauthorized
	}
	filter.Store = s.storeOf(actor)
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		groups, err = tx.CustomerGroups(filter)
		return err
	})
	return groups, err
}

// Group returns one group; RouteNotFound when there is none, Unauthorized (411) without
// ReadCustomers.
func (s *Service) Group(ctx context.Context, actor Actor, id string) (group *model.CustomerGroup, err error) {
	if !actor.May(ReadCustomers) {
		return nil, errors.Unauthorized
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		group, err = tx.CustomerGroup(s.storeOf(actor), id)
		return err
	})
	return group, err
}

// GroupVersion names the state of a group; it changes with every write.
func GroupVersion(group *model.CustomerGroup) string { return strconv.FormatInt(group.Version, 10) }

// GroupsOf returns the groups of customers that the caller was shown, by the
// customer's id, in order of creation.
func (s *Service) GroupsOf(ctx context.Context, customers []model.Customer) (groups map[int64][]model.CustomerGroup, err error) {
	ids := make([]int64, len(customers))
	for i := range customers {
		ids[i] = customers[i].ID
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		groups, err = tx.GroupsOf(ids)
		return err
	})
	return groups, err
}

// Membership is how the groups of a customer change.
type Membership int

// The changes, after JSON:API's ways to change a relationship to many.
const (
	JoinGroups  Membership = iota // these as well
	LeaveGroups                   // no more these
	SetGroups                     // these and no others
)

// ChangeMembership puts a customer into groups, or takes them out, and returns the
// customer. It returns Unauthorized (411) without an API key with WriteCustomers,
// CustomerNotFound (402), PreconditionFailed, GroupNotFound (4481) for a group that
// there is not, CustomerSaveFailed (410) for a customer who was anonymised.
func (s *Service) ChangeMembership(ctx context.Context, actor Actor, reference string, how Membership, ids []string, match Match) (changed *model.Customer, err error) {
	if !actor.May(WriteCustomers) {
		return nil, errors.Unauthorized
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	err = s.change(ctx, actor, reference, match, func(tx *store.Tx, customer *model.Customer) error {
		if customer.AnonymizedAt != nil {
			return errors.CustomerSaveFailed
		}
		numbers, err := tx.GroupNumbers(customer.Store, ids)
		if err != nil {
			return err
		}
		if len(numbers) < len(ids) && how != LeaveGroups {
			return errors.GroupNotFound
		}
		before, err := tx.GroupsOf([]int64{customer.ID})
		if err != nil {
			return err
		}
		if err := changeMembership(tx, customer.ID, before[customer.ID], how, numbers); err != nil {
			return err
		}
		after, err := tx.GroupsOf([]int64{customer.ID})
		if err != nil {
			return err
		}
		if changed = customer; slices.EqualFunc(before[customer.ID], after[customer.ID], func(a, b model.CustomerGroup) bool { return a.ID == b.ID }) {
			return nil
		}
		if err := tx.SaveCustomer(customer); err != nil { // its version follows
			return err
		}
		return s.emit(tx, customer, CustomerUpdated, withProfile(customer, model.JSON{"changed": []string{"groups"}, "groups": idsOf(after[customer.ID])}))
	})
	return changed, err
}

func changeMembership(tx *store.Tx, customerID int64, present []model.CustomerGroup, how Membership, numbers []int64) error {
	if how == LeaveGroups {
		return tx.LeaveGroups(customerID, numbers)
	}
	var surplus []int64
	for _, group := range present {
		if how == SetGroups && !slices.Contains(numbers, group.Number) {
			surplus = append(surplus, group.Number)
		}
	}
	if len(surplus) > 0 {
		if err := tx.LeaveGroups(customerID, surplus); err != nil {
			return err
		}
	}
	return tx.JoinGroups(customerID, numbers)
}

func idsOf(groups []model.CustomerGroup) []string {
	ids := []string{}
	for _, group := range groups {
		ids = append(ids, group.ID)
	}
	return ids
}
