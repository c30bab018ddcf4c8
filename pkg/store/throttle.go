package store

import (
	"time"

	"gorm.io/gorm/clause"

	"github.com/clientelehq/clientele/pkg/model"
)

// Throttles returns counters, as far as something was counted.
func (tx *Tx) Throttles(digests ...[]byte) ([]model.Throttle, error) {
	return many[model.Throttle](tx.db.Where("digest IN ?", digests))
}

// CountAttempt counts one more attempt and returns the counter as it is then.
// The attempts of a window are counted from its first one; more than limit of
// them block for as long as block, and when that is over, or the window is,
// counting starts anew.
//
// It is one statement, so attempts at the same time are all counted. The row is
// held until the transaction ends.
func (tx *Tx) CountAttempt(digest []byte, window time.Duration, limit int, block time.Duration) (*model.Throttle, error) {
	until := tx.Now.Add(block)
	var first *time.Time
	if limit < 1 {
		first = &until
	}
	over := tx.Now.Add(-window)
	counter := &model.Throttle{Digest: digest}
	counted := tx.db.Raw(countAttempt, digest, tx.Now, first, over, over, over, limit, until)
	return counter, scan(counted, &counter.Count, &counter.WindowStartedAt, &counter.BlockedUntil)
}

// countAttempt reads the row as it was before, in all of its right sides: both
// databases promise that. The row that it would have inserted brings the time.
//
// The digest must not be the first of its parenthesis: there GORM takes bytes
// for a list of numbers.
const countAttempt = `
	INSERT INTO throttles AS t (count, digest, window_started_at, blocked_until)
	VALUES      (1, ?, ?, ?)
	ON CONFLICT (digest) DO UPDATE
	SET         count             = CASE WHEN ` + isOver + ` THEN 1                          ELSE t.count + 1         END,
	            window_started_at = CASE WHEN ` + isOver + ` THEN excluded.window_started_at ELSE t.window_started_at END,
	            blocked_until     = CASE WHEN ` + isOver + ` THEN excluded.blocked_until
	                                     WHEN t.blocked_until IS NULL AND t.count + 1 > ? THEN ?
	                                     ELSE t.blocked_until END
	RETURNING   count, window_started_at, blocked_until`

// isOver holds when a counter starts anew: its block has ended, or, without
// one, its window has.
const isOver = `(t.blocked_until <= excluded.window_started_at OR t.blocked_until IS NULL AND t.window_started_at <= ?)`

// UncountAttempt takes one attempt back. One that has led to a block leaves that
// standing.
func (tx *Tx) UncountAttempt(digest []byte) error {
	return tx.db.Exec("UPDATE throttles SET count = count - 1 WHERE digest = ? AND count > 0", digest).Error
}

// ClearThrottle forgets the attempts counted.
func (tx *Tx) ClearThrottle(digest []byte) error {
	return tx.db.Exec("DELETE FROM throttles WHERE digest = ?", digest).Error
}

// DeleteOldThrottles removes the counters whose window began before a time,
// except those that still block.
func (tx *Tx) DeleteOldThrottles(before time.Time) error {
	const remove = `
		DELETE FROM throttles
		WHERE  window_started_at < ?
		AND    (blocked_until IS NULL OR blocked_until <= ?)`
	return tx.db.Exec(remove, before, tx.Now).Error
}

// SeeNetwork notes that a customer has logged in from a network.
func (tx *Tx) SeeNetwork(customerID int64, network []byte) error {
	row := &model.FamiliarNetwork{CustomerID: customerID, Network: network, SeenAt: tx.Now}
	return tx.db.Clauses(clause.OnConflict{UpdateAll: true}).Create(row).Error
}

// IsFamiliar reports whether a customer has logged in from a network, and it is
// still remembered.
func (tx *Tx) IsFamiliar(customerID int64, network []byte) (bool, error) {
	row, err := maybe[model.FamiliarNetwork](tx.db.Where("customer_id = ? AND network = ?", customerID, network))
	return row != nil, err
}

// DeleteOldNetworks forgets the networks that were last seen before a time.
func (tx *Tx) DeleteOldNetworks(before time.Time) error {
	return tx.db.Exec("DELETE FROM familiar_networks WHERE seen_at < ?", before).Error
}

func (tx *Tx) deleteFamiliarNetworks(customerID int64) error {
	return tx.db.Exec("DELETE FROM familiar_networks WHERE customer_id = ?", customerID).Error
}
