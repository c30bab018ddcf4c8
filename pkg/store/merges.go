package store

import (
	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
)

// LatestGuest returns, of the guests with an e-mail address in a store, the one who was
// added last, and holds them until the transaction ends; nil when there is none.
func (tx *Tx) LatestGuest(store, emailKey string) (*model.Customer, error) {
	if !isStorable(emailKey) {
		return nil, nil
	}
	guests := tx.locking().Where("store = ? AND email_key = ? AND password_hash IS NULL AND anonymized_at IS NULL AND claimed_by IS NULL", store, emailKey)
	guest, err := maybe[model.Customer](guests.Order("number DESC").Limit(1))
	if guest != nil {
		tx.touch(guest.ID)
	}
	return guest, err
}

// Claimed returns the rows with what a customer had as a guest, and holds them until
// the transaction ends.
func (tx *Tx) Claimed(customerID int64) ([]model.Customer, error) {
	return many[model.Customer](tx.locking().Where("claimed_by = ?", customerID).Order("number"))
}

// MoveBelongings gives a customer's addresses, payment sources, groups, consents and
// orders to another. The first one's default places have to be vacant.
func (tx *Tx) MoveBelongings(from, to int64) error {
	pair := map[string]any{"from": from, "to": to}
	return errors.Join(
		tx.db.Exec("UPDATE addresses SET customer_id = @to WHERE customer_id = @from", pair).Error,
		tx.db.Exec("UPDATE payment_sources SET customer_id = @to WHERE customer_id = @from", pair).Error,
		tx.db.Exec("UPDATE consents SET customer_id = @to WHERE customer_id = @from", pair).Error,
		tx.db.Exec(`
			INSERT INTO customer_group_members (customer_id, group_number)
			SELECT c.id, m.group_number
			FROM   customer_group_members AS m
			JOIN   customers AS c ON c.id = @to
			WHERE  m.customer_id = @from
			ON CONFLICT (customer_id, group_number) DO NOTHING`, pair).Error,
		tx.leaveAllGroups(from),
		tx.MoveOrders(from, to),
	)
}
