package store

import (
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
)

// OutboxFilter narrows and pages captured letters. What is left empty does not
// narrow.
type OutboxFilter struct {
	To    string // recipient, as the letter was addressed
	Kind  string
	Limit int // 1 to MaxPage; what is beyond counts as MaxPage, 0 finds none

	Offset int
}

// AddOutboxMessage captures a letter under the id that the struct has; one that
// was captured before stays as it is. It returns CustomerNotFound.
func (tx *Tx) AddOutboxMessage(message *model.OutboxMessage) error {
	keep(tx, message)
	setTime(&message.CreatedAt, tx.Now)
	once := &Tx{Now: tx.Now, db: tx.db.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoNothing: true})}
	return once.insert(message, errors.CustomerNotFound)
}

// OutboxMessages returns captured letters, newest first, and how many the
// filter finds in all.
func (tx *Tx) OutboxMessages(filter OutboxFilter) (messages []model.OutboxMessage, total int64, err error) {
	if !isStorable(filter.To) || !isStorable(filter.Kind) {
		return []model.OutboxMessage{}, 0, nil
	}
	if err := filter.narrow(tx.db.Model(&model.OutboxMessage{})).Count(&total).Error; err != nil {
		return nil, 0, err
	}
	page := filter.narrow(tx.db).Order("number DESC").Offset(max(filter.Offset, 0)).Limit(min(max(filter.Limit, 0), MaxPage))
	messages, err = many[model.OutboxMessage](page)
	return messages, total, err
}

func (f OutboxFilter) narrow(query *gorm.DB) *gorm.DB {
	if f.To != "" {
		query = query.Where("recipient = ?", f.To)
	}
	if f.Kind != "" {
		query = query.Where("kind = ?", f.Kind)
	}
	return query
}

// OutboxMessage returns one captured letter, or nil.
func (tx *Tx) OutboxMessage(id string) (*model.OutboxMessage, error) {
	if !isStorable(id) {
		return nil, nil
	}
	return maybe[model.OutboxMessage](tx.db.Where("id = ?", id))
}

func (tx *Tx) deleteOutboxMessages(customerID int64) error {
	return tx.db.Exec("DELETE FROM outbox_messages WHERE customer_id = ?", customerID).Error
}
