-- With the address of an erased customer's doings their request id may go as
-- well: clients choose it, and a proxy's log has the address beside it.

-- +goose Up
DROP TRIGGER keep_audit_event;
-- +goose StatementBegin
CREATE TRIGGER keep_audit_event BEFORE UPDATE ON audit_events
WHEN NEW.client_address IS NOT NULL
  OR NEW.request_id IS NOT NULL AND NEW.request_id IS NOT OLD.request_id
  OR (NEW.number, NEW.id, NEW.store, NEW.event, NEW.outcome, NEW.actor_type, NEW.actor_id, NEW.customer, NEW.created_at)
     IS NOT (OLD.number, OLD.id, OLD.store, OLD.event, OLD.outcome, OLD.actor_type, OLD.actor_id, OLD.customer, OLD.created_at)
BEGIN
    SELECT RAISE(ABORT, 'audit events do not change');
END;
-- +goose StatementEnd
