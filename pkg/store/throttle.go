package store

import (
	"time"

	"gorm.io/gorm/clause"

	"github.com/clientelehq/clientele/pkg/model"
)

// Throttle returns a counter of attempts, or nil when nothing was counted.
func (tx *Tx) Throttle(digest []byte) (*model.LoginThrottle, error) {
	return maybe[model.LoginThrottle](tx.db.Where("digest = ?", digest))
}

// PutThrottle writes a counter as it is.
func (tx *Tx) PutThrottle(throttle *model.LoginThrottle) error {
	return tx.db.Clauses(clause.OnConflict{UpdateAll: true}).Create(throttle).Error
}

// CountAttempt counts one more attempt and returns until when there may be no
// other, or nil. The attempts of a window are counted from its first one; more
// than limit of them block for as long as block, and when that is over, or the
// window is, counting starts anew.
//
// It is one statement, so attempts at the same time are all counted.
func (tx *Tx) CountAttempt(digest []byte, window time.Duration, limit int, block time.Duration) (blockedUntil *time.Time, err error) {
	until := tx.Now.Add(block)
	var first *time.Time
	if limit < 1 {
		first = &until
	}
	over := tx.Now.Add(-window)
	counted := tx.db.Raw(countAttempt, digest, tx.Now, first, over, over, over, limit, until)
	err = scan(counted, &blockedUntil)
	return blockedUntil, err
}

// countAttempt has the digest away from a parenthesis: GORM spells a slice that
// follows one out, byte by byte. The statement reads the row as it was before, in all of its right sides: both
// databases promise that. The row that it would have inserted brings the time.
//
// The digest must not be the first of its parenthesis: there GORM takes bytes
// for a list of numbers.
const countAttempt = `
	INSERT INTO login_throttles AS t (failures, digest, window_started_at, blocked_until)
	VALUES      (1, ?, ?, ?)
	ON CONFLICT (digest) DO UPDATE
	SET         failures          = CASE WHEN ` + isOver + ` THEN 1                          ELSE t.failures + 1      END,
	            window_started_at = CASE WHEN ` + isOver + ` THEN excluded.window_started_at ELSE t.window_started_at END,
	            blocked_until     = CASE WHEN ` + isOver + ` THEN excluded.blocked_until
	                                     WHEN t.blocked_until IS NULL AND t.failures + 1 > ? THEN ?
	                                     ELSE t.blocked_until END
	RETURNING   blocked_until`

// isOver holds when a counter starts anew: its block has ended, or, without
// one, its window has.
const isOver = `(t.blocked_until <= excluded.window_started_at OR t.blocked_until IS NULL AND t.window_started_at <= ?)`

// ClearThrottle forgets the attempts counted.
func (tx *Tx) ClearThrottle(digest []byte) error {
	return tx.db.Exec("DELETE FROM login_throttles WHERE digest = ?", digest).Error
}

// DeleteOldThrottles removes the counters whose window began before a time,
// except those that still block.
func (tx *Tx) DeleteOldThrottles(before time.Time) error {
	const remove = `
		DELETE FROM login_throttles
		WHERE  window_started_at < ?
		AND    (blocked_until IS NULL OR blocked_until <= ?)`
	return tx.db.Exec(remove, before, tx.Now).Error
}
