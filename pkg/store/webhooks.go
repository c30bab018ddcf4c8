package store

import (
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
)

// HasWebhookEndpoints reports whether anybody is to be told of the store's events.
func (tx *Tx) HasWebhookEndpoints(store string) (bool, error) {
	var found bool
	err := scan(tx.db.Raw("SELECT EXISTS (SELECT 1 FROM webhook_endpoints WHERE store = ? AND enabled)", store), &found)
	return found, err
}

// WebhookEndpoints returns the endpoints of a store in order of creation.
func (tx *Tx) WebhookEndpoints(store string) ([]model.WebhookEndpoint, error) {
	return many[model.WebhookEndpoint](tx.db.Where("store = ?", store).Order("number"))
}

// AllWebhookEndpoints returns the endpoints of all stores in order of creation.
func (tx *Tx) AllWebhookEndpoints() ([]model.WebhookEndpoint, error) {
	return many[model.WebhookEndpoint](tx.db.Order("number"))
}

// LockWebhookEndpoints returns the enabled endpoints of all stores and holds them
// until the transaction ends.
func (tx *Tx) LockWebhookEndpoints() ([]model.WebhookEndpoint, error) {
	return many[model.WebhookEndpoint](tx.locking().Where("enabled").Order("number"))
}

// WebhookEndpoint returns one endpoint of a store, or RouteNotFound.
func (tx *Tx) WebhookEndpoint(store, id string) (*model.WebhookEndpoint, error) {
	return webhookEndpoint(tx.db.Where("store = ?", store), id)
}

// WebhookEndpointOf is WebhookEndpoint for a job, which knows the id alone.
func (tx *Tx) WebhookEndpointOf(id string) (*model.WebhookEndpoint, error) {
	return webhookEndpoint(tx.db, id)
}

// LockWebhookEndpoint is WebhookEndpoint, and holds it until the transaction ends.
func (tx *Tx) LockWebhookEndpoint(store, id string) (*model.WebhookEndpoint, error) {
	return webhookEndpoint(tx.locking().Where("store = ?", store), id)
}

// LockWebhookEndpointOf is LockWebhookEndpoint for a job, which knows the id alone.
func (tx *Tx) LockWebhookEndpointOf(id string) (*model.WebhookEndpoint, error) {
	return webhookEndpoint(tx.locking(), id)
}

func webhookEndpoint(from *gorm.DB, id string) (*model.WebhookEndpoint, error) {
	if !isStorable(id) {
		return nil, errors.RouteNotFound
	}
	return one[model.WebhookEndpoint](from.Where("id = ?", id), errors.RouteNotFound)
}

// AddWebhookEndpoint adds an endpoint under the id that the struct has. It returns
// CharactersInvalid.
func (tx *Tx) AddWebhookEndpoint(endpoint *model.WebhookEndpoint) error {
	keep(tx, endpoint)
	endpoint.Version = 1
	setTime(&endpoint.CreatedAt, tx.Now)
	setTime(&endpoint.UpdatedAt, tx.Now)
	return tx.insert(endpoint, nil)
}

// SaveWebhookEndpoint writes an endpoint that this transaction holds, but for the
// lease. It returns CharactersInvalid.
func (tx *Tx) SaveWebhookEndpoint(endpoint *model.WebhookEndpoint) error {
	if err := tx.storable(endpoint); err != nil {
		return err
	}
	return tx.db.Select("*").Omit("number", "id", "store", "leased_until", "created_at").UpdateColumns(endpoint).Error
}

// ChangeWebhookEndpoint is SaveWebhookEndpoint for what somebody has said: it sets
// version and updated_at in the struct too.
func (tx *Tx) ChangeWebhookEndpoint(endpoint *model.WebhookEndpoint) error {
	keep(tx, endpoint)
	endpoint.Version++
	endpoint.UpdatedAt = tx.Now
	return tx.SaveWebhookEndpoint(endpoint)
}

// DeleteWebhookEndpoint removes an endpoint and all of its deliveries.
func (tx *Tx) DeleteWebhookEndpoint(number int64) error {
	return tx.db.Exec("DELETE FROM webhook_endpoints WHERE number = ?", number).Error
}

// LeaseWebhookEndpoint gives the caller the right to send to an endpoint, alone,
// until a time. It reports false when somebody else has it, when nothing is to be
// sent now, or when there is no such endpoint.
func (tx *Tx) LeaseWebhookEndpoint(id string, until time.Time) (bool, error) {
	const lease = `
		UPDATE webhook_endpoints
		SET    leased_until = ?
		WHERE  id = ? AND enabled
		AND    (leased_until IS NULL OR leased_until <= ?)
		AND    (resume_at IS NULL OR resume_at <= ?)`
	result := tx.db.Exec(lease, until, id, tx.Now, tx.Now)
	return result.RowsAffected > 0, result.Error
}

// ReleaseWebhookEndpoint ends a lease before its time, if it is still the caller's.
func (tx *Tx) ReleaseWebhookEndpoint(id string, until time.Time) error {
	return tx.db.Exec("UPDATE webhook_endpoints SET leased_until = NULL WHERE id = ? AND leased_until = ?", id, until).Error
}

// DueWebhookEndpoints returns the ids of the endpoints, of all stores, to which something is
// to be sent now and nobody is sending; where ids are given, of these alone.
func (tx *Tx) DueWebhookEndpoints(ids ...string) (due []string, err error) {
	query := tx.db.Table("webhook_endpoints AS e").
		Where("enabled AND (leased_until IS NULL OR leased_until <= ?) AND (resume_at IS NULL OR resume_at <= ?)", tx.Now, tx.Now).
		Where("EXISTS (SELECT 1 FROM webhook_deliveries AS d WHERE d.endpoint_number = e.number AND d.state = 'pending' AND d.next_at <= ?)", tx.Now)
	if len(ids) > 0 {
		query = query.Where("id IN ?", ids)
	}
	return due, query.Order("e.number").Pluck("id", &due).Error
}

// EndOfFeed returns the last position that was given.
func (tx *Tx) EndOfFeed() (position int64, err error) {
	return position, scan(tx.db.Raw("SELECT coalesce(max(position), 0) FROM events"), &position)
}

// AddWebhookDeliveries makes deliveries of the events of these types (none is all)
// that lie behind one position, up to another, and reports how many. Those that
// there are already stay as they are.
func (tx *Tx) AddWebhookDeliveries(endpoint *model.WebhookEndpoint, types []string, after, to int64) (int64, error) {
	made := tx.db.Exec(addDeliveries, named(tx, endpoint, types, after, to))
	return made.RowsAffected, made.Error
}

// RepeatWebhookDeliveries is AddWebhookDeliveries for events of a time. Those that
// there are already begin anew.
func (tx *Tx) RepeatWebhookDeliveries(endpoint *model.WebhookEndpoint, types []string, after, to int64, from, until time.Time) (int64, error) {
	values := named(tx, endpoint, types, after, to)
	values["from"], values["until"] = from, until
	made := tx.db.Exec(repeatDeliveries, values)
	return made.RowsAffected, made.Error
}

// named are the values of both statements below. A placeholder among the columns of a
// SELECT has no type of its own in PostgreSQL, so that what is stored is read from
// rows.
func named(tx *Tx, endpoint *model.WebhookEndpoint, types []string, after, to int64) map[string]any {
	return map[string]any{"endpoint": endpoint.Number, "now": tx.Now, "store": endpoint.Store, "after": after, "to": to, "all": len(types) == 0, "types": append(types, "")}
}

const (
	makeDeliveries = `
		INSERT INTO webhook_deliveries (endpoint_number, event_number, position, state, next_at, created_at)
		SELECT   p.number, e.number, e.position, 'pending', @now, @now
		FROM     events AS e
		JOIN     webhook_endpoints AS p ON p.number = @endpoint
		WHERE    e.store = @store AND e.position > @after AND e.position <= @to AND (@all OR e.type IN @types)`
	addDeliveries = makeDeliveries + `
		ORDER BY e.position
		ON CONFLICT (event_number, endpoint_number) DO NOTHING`
	repeatDeliveries = makeDeliveries + `
		AND      e.created_at >= @from AND e.created_at <= @until
		ORDER BY e.position
		ON CONFLICT (event_number, endpoint_number) DO UPDATE
		SET      state = 'pending', attempts = 0, next_at = excluded.next_at, created_at = excluded.created_at, status = NULL, outcome = NULL, finished_at = NULL`
)

// PositionOfTime returns a position behind which all events since a time lie.
func (tx *Tx) PositionOfTime(store string, from time.Time) (position int64, err error) {
	return position, scan(tx.db.Raw("SELECT coalesce(min(position) - 1, 0) FROM events WHERE store = ? AND created_at >= ?", store, from), &position)
}

// NextWebhookDelivery returns what is to be sent now to an endpoint; nil when there is
// nothing. What was never tried comes first, in the order of the feed, so that nothing
// waits for what fails again and again.
func (tx *Tx) NextWebhookDelivery(endpointNumber int64) (*model.WebhookDelivery, error) {
	due := tx.db.Where("endpoint_number = ? AND state = 'pending' AND next_at <= ?", endpointNumber, tx.Now)
	return maybe[model.WebhookDelivery](due.Order("attempts, position").Limit(1))
}

// EventOfDelivery returns what a delivery tells of; nil when it has grown old, and the
// delivery with it.
func (tx *Tx) EventOfDelivery(delivery *model.WebhookDelivery) (*model.Event, error) {
	return maybe[model.Event](tx.db.Where("number = ?", delivery.EventNumber))
}

// HasPendingWebhookDeliveries reports whether anything is to be sent to an endpoint,
// now or later.
func (tx *Tx) HasPendingWebhookDeliveries(endpointNumber int64) (bool, error) {
	var found bool
	err := scan(tx.db.Raw("SELECT EXISTS (SELECT 1 FROM webhook_deliveries WHERE endpoint_number = ? AND state = 'pending')", endpointNumber), &found)
	return found, err
}

// SaveWebhookDelivery writes what became of a delivery, if it is still there.
func (tx *Tx) SaveWebhookDelivery(delivery *model.WebhookDelivery) error {
	return tx.db.Select("*").Omit("number", "endpoint_number", "event_number", "position", "created_at").UpdateColumns(delivery).Error
}

// WebhookDeliveryFilter narrows and pages deliveries.
type WebhookDeliveryFilter struct {
	Endpoint int64
	State    string // "" is any

	// The list has the newest events first, as that of audit events.
	AfterPosition  *int64
	BeforePosition *int64
	Limit          int // 1 to MaxPage; what is beyond counts as MaxPage
}

// ToldWebhookDelivery is a delivery and what it tells of.
type ToldWebhookDelivery struct {
	model.WebhookDelivery
	EventID, EventType, EventSubject string
}

// WebhookDeliveries returns a page of the deliveries of an endpoint.
func (tx *Tx) WebhookDeliveries(f WebhookDeliveryFilter) ([]ToldWebhookDelivery, error) {
	if !isStorable(f.State) {
		return []ToldWebhookDelivery{}, nil
	}
	query := tx.db.Table("webhook_deliveries AS d").Select("d.*, e.id AS event_id, e.type AS event_type, e.subject AS event_subject").
		Joins("JOIN events AS e ON e.number = d.event_number").Where("d.endpoint_number = ?", f.Endpoint)
	if f.State != "" {
		query = query.Where("d.state = ?", f.State)
	}
	return readStretch[ToldWebhookDelivery](query, stretch{clause.Column{Table: "d", Name: "position"}, f.AfterPosition, f.BeforePosition, true, f.Limit})
}
