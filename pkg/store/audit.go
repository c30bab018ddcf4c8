package store

import (
	"database/sql"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/clientelehq/clientele/pkg/model"
)

// AuditFilter narrows and pages audit events. What is left empty does not
// narrow.
type AuditFilter struct {
	Store     string // always set
	Event     string
	Outcome   string
	ActorType string
	ActorID   string
	Customer  string
	CreatedAt Bounds[time.Time]

	// The list has the newest first. A page by cursor begins after an event, that
	// is with the one before it in time, or ends before one.
	AfterNumber  *int64
	BeforeNumber *int64
	Limit        int // 1 to MaxPage; what is beyond counts as MaxPage
}

// AddAuditEvent writes an event down. There is no way to change it, but for
// ForgetOrigins, and the database's own rules allow none.
func (tx *Tx) AddAuditEvent(event *model.AuditEvent) error {
	keep(tx, event)
	setTime(&event.CreatedAt, tx.Now)
	return tx.insert(event, nil)
}

// AuditEvents returns a page of audit events, the newest first.
func (tx *Tx) AuditEvents(filter AuditFilter) ([]model.AuditEvent, error) {
	texts := []string{filter.Store, filter.Event, filter.Outcome, filter.ActorType, filter.ActorID, filter.Customer}
	if slices.ContainsFunc(texts, func(text string) bool { return !isStorable(text) }) {
		return []model.AuditEvent{}, nil
	}
	return readStretch[model.AuditEvent](filter.narrow(tx.db), stretch{clause.Column{Name: "number"}, filter.AfterNumber, filter.BeforeNumber, true, filter.Limit})
}

// AuditEvent returns one audit event of the store, or nil.
func (tx *Tx) AuditEvent(store, id string) (*model.AuditEvent, error) {
	if !isStorable(id) {
		return nil, nil
	}
	return maybe[model.AuditEvent](tx.db.Where("store = ? AND id = ?", store, id))
}

func (f AuditFilter) narrow(query *gorm.DB) *gorm.DB {
	query = query.Where("store = ?", f.Store)
	if f.Event != "" {
		query = query.Where("event = ?", f.Event)
	}
	if f.Outcome != "" {
		query = query.Where("outcome = ?", f.Outcome)
	}
	if f.ActorType != "" {
		query = query.Where("actor_type = ?", f.ActorType)
	}
	if f.ActorID != "" {
		query = query.Where("actor_id = ?", f.ActorID)
	}
	if f.Customer != "" {
		query = query.Where("customer = ?", f.Customer)
	}
	return f.CreatedAt.apply(query, "created_at")
}

// ForgetOrigins blanks where a customer's own doings came from, and what visitors did
// to their account: the network address, and the id of the request, by which a log
// elsewhere may lead to it.
func (tx *Tx) ForgetOrigins(store, customer string) error {
	const forget = `
		UPDATE audit_events
		SET    client_address = NULL, request_id = NULL
		WHERE  store = @store AND customer = @customer AND actor_type IN ('customer', 'visitor')
		OR     store = @store AND actor_id = @customer AND actor_type = 'customer'`
	return tx.db.Exec(forget, sql.Named("store", store), sql.Named("customer", customer)).Error
}

// DeleteOldAuditEvents removes the events from before a time. The database
// refuses that for those of the last 29 days.
func (tx *Tx) DeleteOldAuditEvents(before time.Time) error {
	return tx.db.Exec("DELETE FROM audit_events WHERE created_at < ?", before).Error
}
