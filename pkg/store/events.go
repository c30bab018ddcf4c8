package store

import (
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/clientelehq/clientele/pkg/model"
)

// AddEvent writes an event down and gives it the next number of its customer. The
// customer's next event waits until the transaction ends, so that their numbers
// are those of the commits.
func (tx *Tx) AddEvent(event *model.Event) error {
	keep(tx, event)
	setTime(&event.CreatedAt, tx.Now)
	if event.Data == nil {
		event.Data = model.JSON{}
	}
	const next = `
		INSERT INTO event_sequences (customer_id, last)
		VALUES      (?, 1)
		ON CONFLICT (customer_id) DO UPDATE
		SET         last = event_sequences.last + 1
		RETURNING   last`
	if err := scan(tx.db.Raw(next, event.CustomerID), &event.Sequence); err != nil {
		return err
	}
	return tx.insert(event, nil)
}

// Event returns the event with this id, or nil.
func (tx *Tx) Event(id string) (*model.Event, error) {
	if !isStorable(id) {
		return nil, nil
	}
	return maybe[model.Event](tx.db.Where("id = ?", id))
}

// mostPlaced is how many events get a position in one transaction.
const mostPlaced = 1000

// PlaceEvents gives positions in the feed to events that were committed since the
// last time, and reports whether there may be more of them.
//
// A position is given after the commit, by one transaction at a time: so whoever
// has read the feed up to one has missed nothing before it. A number that is given
// when a row is added cannot promise that, since of two transactions the one with
// the lower number may be committed later. Events of one customer keep the order
// of their sequence.
func (tx *Tx) PlaceEvents() (more bool, err error) {
	var last int64
	if err := scan(tx.db.Raw("UPDATE event_feed SET last = last RETURNING last"), &last); err != nil {
		return false, err
	}
	const place = `
		UPDATE events
		SET    position = placed.position
		FROM   (SELECT number, ? + row_number() OVER (ORDER BY number) AS position
		        FROM   (SELECT number FROM events WHERE position IS NULL ORDER BY number LIMIT ?) AS waiting) AS placed
		WHERE  events.number = placed.number`
	done := tx.db.Exec(place, last, mostPlaced)
	if done.Error != nil || done.RowsAffected == 0 {
		return false, done.Error
	}
	return done.RowsAffected == mostPlaced, tx.db.Exec("UPDATE event_feed SET last = last + ?", done.RowsAffected).Error
}

// HasUnplacedEvents reports whether there is anything for PlaceEvents to do.
func (tx *Tx) HasUnplacedEvents() (bool, error) {
	var found bool
	err := scan(tx.db.Raw("SELECT EXISTS (SELECT 1 FROM events WHERE position IS NULL)"), &found)
	return found, err
}

// EventFilter narrows and pages events. What is left empty does not narrow.
type EventFilter struct {
	Store     string // always set
	Types     []string
	Subject   string
	CreatedAt Bounds[time.Time]

	// The list has the oldest first. A page by cursor begins after a position, or
	// ends before one.
	AfterPosition  *int64
	BeforePosition *int64
	Limit          int // 1 to MaxPage; what is beyond counts as MaxPage
}

// Events returns a page of the events that have a position, the oldest first.
func (tx *Tx) Events(filter EventFilter) ([]model.Event, error) {
	for _, text := range append([]string{filter.Subject}, filter.Types...) {
		if !isStorable(text) {
			return []model.Event{}, nil
		}
	}
	return readStretch[model.Event](filter.narrow(tx.db), stretch{clause.Column{Name: "position"}, filter.AfterPosition, filter.BeforePosition, false, filter.Limit})
}

func (f EventFilter) narrow(query *gorm.DB) *gorm.DB {
	query = query.Where("store = ? AND position IS NOT NULL", f.Store)
	if len(f.Types) > 0 {
		query = query.Where("type IN ?", f.Types)
	}
	if f.Subject != "" {
		query = query.Where("subject = ?", f.Subject)
	}
	return f.CreatedAt.apply(query, "created_at")
}

// forgetEvents empties what events tell of a customer.
func (tx *Tx) forgetEvents(customerID int64) error {
	return tx.db.Exec("UPDATE events SET data = '{}' WHERE customer_id = ?", customerID).Error
}

// DeleteOldEvents removes the events of before a time. Those that have no position
// yet stay: nobody can have read them.
func (tx *Tx) DeleteOldEvents(before time.Time) error {
	return tx.db.Exec("DELETE FROM events WHERE position IS NOT NULL AND created_at < ?", before).Error
}

// TakeBackEvents removes the events of a customer who never was.
func (tx *Tx) TakeBackEvents(customerID int64) error {
	if err := tx.db.Exec("DELETE FROM events WHERE customer_id = ?", customerID).Error; err != nil {
		return err
	}
	return tx.db.Exec("DELETE FROM event_sequences WHERE customer_id = ?", customerID).Error
}
