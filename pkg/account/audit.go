package account

import (
	"context"

	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// What audit events tell of. Their names are part of the API.
const (
	registeredEvent       = "customer.registered"
	confirmedEvent        = "customer.confirmed"
	disabledEvent         = "customer.disabled"
	enabledEvent          = "customer.enabled"
	anonymizedEvent       = "customer.anonymized"
	emailRequestedEvent   = "email.change-requested"
	emailChangedEvent     = "email.changed"
	passwordChangedEvent  = "password.changed"
	restoreRequestedEvent = "password.restore-requested"
	restoredEvent         = "password.restored"
	invitedEvent          = "customer.invited"
	loginEvent            = "login"
	refreshReusedEvent    = "refresh-token.reused"
	refreshRevokedEvent   = "refresh-token.revoked"
	sessionEndedEvent     = "session.ended"
	keyCreatedEvent       = "api-key.created"
	keyRevokedEvent       = "api-key.revoked"
	erasureRequestedEvent = "erasure.requested"
	erasureCancelledEvent = "erasure.cancelled"
	purgedEvent           = "customer.purged"
	mergedEvent           = "customer.merged"
	dataExportEvent       = "data-export.requested"

	invitationAcceptedEvent = "customer.invitation-accepted"

	signingKeyCreatedEvent = "signing-key.created"
	signingKeyRemovedEvent = "signing-key.removed"

	endpointCreatedEvent  = "webhook-endpoint.created"
	endpointChangedEvent  = "webhook-endpoint.changed"
	endpointDeletedEvent  = "webhook-endpoint.deleted"
	endpointRotatedEvent  = "webhook-endpoint.secret-rotated"
	endpointReplayedEvent = "webhook-endpoint.replayed"
	endpointDisabledEvent = "webhook-endpoint.disabled"
	sourceAttachedEvent   = "payment-source.attached"
	sourceDetachedEvent   = "payment-source.detached"
	sourceDeletedEvent    = "payment-source.deleted"
	storeCreatedEvent     = "store.created"
	storeUpdatedEvent     = "store.updated"
)

// outcome says how something ended that is audited.
type outcome string

const (
	success        outcome = "success"
	failure        outcome = "failure" // it was tried, and what was given is wrong
	refusedOutcome outcome = "refused" // by a limit; noted once, when it begins to hold
)

// Who acts, as audit events name them.
const (
	visitorActor  = "visitor"
	customerActor = "customer"
	keyActor      = "api-key"
	operatorActor = "operator" // at the command line
	serviceActor  = "service"  // a job
)

// note writes down what the actor did, in the transaction that does it: neither
// is there without the other. customer is whose account it is about; nil when
// there is none, or nobody may know.
func (s *Service) note(tx *store.Tx, actor Actor, event string, ended outcome, customer *model.Customer) error {
	kind, id := actor.auditedAs()
	made := &model.AuditEvent{
		ID: uuid.Must(uuid.NewV7()).String(), Store: s.storeOf(actor), Event: event, Outcome: string(ended),
		ActorType: kind, ActorID: orNull(id), ClientAddress: orNull(actor.Address), RequestID: orNull(actor.RequestID),
	}
	if customer != nil {
		made.Store, made.Customer = customer.Store, &customer.Reference
	}
	return tx.AddAuditEvent(made)
}

// record is note for what changes nothing else. Of a customer who was erased
// meanwhile no new trace is left.
func (s *Service) record(ctx context.Context, actor Actor, event string, ended outcome, customer *model.Customer) error {
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		var id int64 // nobody's: it is asked all the same, or the time would tell who is known
		if customer != nil {
			id = customer.ID
		}
		erased, err := tx.IsErased(id)
		if err != nil {
			return err
		}
		from := actor
		if erased {
			from.Address, from.RequestID = "", ""
		}
		return s.note(tx, from, event, ended, customer)
	})
}

func (a Actor) auditedAs() (kind, id string) {
	switch {
	case a.operator:
		return operatorActor, ""
	case a.service:
		return serviceActor, ""
	case a.HasKey():
		return keyActor, a.keyID
	case a.IsCustomer():
		return customerActor, a.customer.Reference
	default:
		return visitorActor, ""
	}
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// AuditFilter narrows and pages audit events.
type AuditFilter = store.AuditFilter

// AuditEvents returns audit events of the store, the newest first. It needs an
// API key with ReadAudit: Unauthorized (411) without.
func (s *Service) AuditEvents(ctx context.Context, actor Actor, filter AuditFilter) (events []model.AuditEvent, err error) {
	if !actor.May(ReadAudit) {
		return nil, errors.Unauthorized
	}
	filter.Store = s.storeOf(actor)
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		events, err = tx.AuditEvents(filter)
		return err
	})
	return events, err
}

// AuditEvent returns one audit event; RouteNotFound when there is none,
// Unauthorized (411) without the scope.
func (s *Service) AuditEvent(ctx context.Context, actor Actor, id string) (event *model.AuditEvent, err error) {
	if !actor.May(ReadAudit) {
		return nil, errors.Unauthorized
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		if event, err = tx.AuditEvent(s.storeOf(actor), id); err == nil && event == nil {
			return errors.RouteNotFound
		}
		return err
	})
	return event, err
}
