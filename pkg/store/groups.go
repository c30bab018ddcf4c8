package store

import (
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
)

// GroupFilter narrows and pages the groups of one store. What is left empty does not
// narrow.
type GroupFilter struct {
	Store string // always set
	Name  string

	// The list is in order of creation.
	AfterNumber  *int64
	BeforeNumber *int64
	Limit        int // 1 to MaxPage; what is beyond counts as MaxPage
}

// CustomerGroups returns a page of groups.
func (tx *Tx) CustomerGroups(filter GroupFilter) ([]model.CustomerGroup, error) {
	if !isStorable(filter.Name) {
		return []model.CustomerGroup{}, nil
	}
	query := tx.db.Where("store = ?", filter.Store)
	if filter.Name != "" {
		query = query.Where("name = ?", filter.Name)
	}
	return readStretch[model.CustomerGroup](query, stretch{clause.Column{Name: "number"}, filter.AfterNumber, filter.BeforeNumber, false, filter.Limit})
}

// CustomerGroup returns a group of the store, or RouteNotFound.
func (tx *Tx) CustomerGroup(store, id string) (*model.CustomerGroup, error) {
	return customerGroup(tx.db, store, id)
}

// LockCustomerGroup is CustomerGroup, and holds it until the transaction ends.
func (tx *Tx) LockCustomerGroup(store, id string) (*model.CustomerGroup, error) {
	return customerGroup(tx.locking(), store, id)
}

func customerGroup(from *gorm.DB, store, id string) (*model.CustomerGroup, error) {
	if !isStorable(id) {
		return nil, errors.RouteNotFound
	}
	return one[model.CustomerGroup](from.Where("id = ? AND store = ?", id, store), errors.RouteNotFound)
}

// AddCustomerGroup adds a group under the id that the struct has. It returns
// GroupNameTaken and CharactersInvalid.
func (tx *Tx) AddCustomerGroup(group *model.CustomerGroup) error {
	keep(tx, group)
	group.Version, group.CreatedAt, group.UpdatedAt = 1, tx.Now, tx.Now
	if group.Metadata == nil {
		group.Metadata = model.JSON{}
	}
	if err := tx.storable(group); err != nil {
		return err
	}
	added := tx.db.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "store"}, {Name: "name"}}, DoNothing: true}).Create(group)
	if added.Error == nil && added.RowsAffected == 0 {
		return errors.GroupNameTaken
	}
	return added.Error
}

// SaveCustomerGroup writes a group that this transaction holds. It returns
// GroupNameTaken and CharactersInvalid.
func (tx *Tx) SaveCustomerGroup(group *model.CustomerGroup) error {
	keep(tx, group)
	group.Version++
	group.UpdatedAt = tx.Now
	if err := tx.storable(group); err != nil {
		return err
	}
	const taken = "SELECT EXISTS (SELECT 1 FROM customer_groups WHERE store = ? AND name = ? AND number <> ?)"
	var found bool
	if err := scan(tx.db.Raw(taken, group.Store, group.Name, group.Number), &found); err != nil {
		return err
	}
	if found {
		return errors.GroupNameTaken
	}
	return tx.db.Select("*").Omit("number", "id", "store", "created_at").UpdateColumns(group).Error
}

// DeleteCustomerGroup removes a group; its customers stay.
func (tx *Tx) DeleteCustomerGroup(number int64) error {
	return tx.db.Exec("DELETE FROM customer_groups WHERE number = ?", number).Error
}

// GroupsOf returns the groups of customers by the customer's id, in order of creation.
func (tx *Tx) GroupsOf(customerIDs []int64) (map[int64][]model.CustomerGroup, error) {
	type membership struct {
		model.CustomerGroup
		CustomerID int64
	}
	found := []membership{}
	err := tx.db.Table("customer_group_members").Select("customer_groups.*, customer_group_members.customer_id").
		Joins("JOIN customer_groups ON customer_groups.number = customer_group_members.group_number").
		Where("customer_group_members.customer_id IN ?", customerIDs).Order("customer_groups.number").Find(&found).Error
	groups := map[int64][]model.CustomerGroup{}
	for i := range found {
		groups[found[i].CustomerID] = append(groups[found[i].CustomerID], found[i].CustomerGroup)
	}
	return groups, err
}

// GroupNumbers returns the numbers of the store's groups with these ids; ids that are
// none's are left out.
func (tx *Tx) GroupNumbers(store string, ids []string) (numbers []int64, err error) {
	for _, id := range ids {
		if !isStorable(id) {
			return nil, nil
		}
	}
	return numbers, tx.db.Model(&model.CustomerGroup{}).Where("store = ? AND id IN ?", store, ids).Pluck("number", &numbers).Error
}

// JoinGroups puts a customer into groups; those that they are in already stay.
func (tx *Tx) JoinGroups(customerID int64, numbers []int64) error {
	for _, number := range numbers {
		member := &model.CustomerGroupMember{CustomerID: customerID, GroupNumber: number}
		if err := refusal(tx.db.Clauses(clause.OnConflict{DoNothing: true}).Create(member).Error, errors.RouteNotFound); err != nil {
			return err
		}
	}
	return nil
}

// LeaveGroups takes a customer out of groups.
func (tx *Tx) LeaveGroups(customerID int64, numbers []int64) error {
	return tx.db.Exec("DELETE FROM customer_group_members WHERE customer_id = ? AND group_number IN ?", customerID, numbers).Error
}

// leaveAllGroups takes a customer out of every group.
func (tx *Tx) leaveAllGroups(customerID int64) error {
	return tx.db.Exec("DELETE FROM customer_group_members WHERE customer_id = ?", customerID).Error
}

// Consents returns what a customer has agreed to, the newest first.
func (tx *Tx) Consents(customerID int64) ([]model.Consent, error) {
	return many[model.Consent](tx.db.Where("customer_id = ?", customerID).Order("id DESC").Limit(MaxPage))
}
