-- A session is now a family of refresh tokens: the database knows which of them
-- counts, so that an older one that comes back gives a thief away. The tokens of
-- before tell nothing of that, and their sessions end: a release from before this
-- step logs nobody in after it, so that all replicas are stopped for it.

-- +goose Up
DROP TABLE sessions;
CREATE TABLE sessions (
    id             text PRIMARY KEY,
    customer_id    integer NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    family         blob,
    generation     integer NOT NULL DEFAULT 0,
    rotated_at     timestamp,
    user_agent     text,
    client_address text,
    expires_at     timestamp NOT NULL,
    ends_at        timestamp NOT NULL,
    created_at     timestamp NOT NULL,
    last_used_at   timestamp NOT NULL,
    CONSTRAINT sessions_family UNIQUE (family)
);
CREATE INDEX sessions_customer ON sessions (customer_id, last_used_at);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

-- Failed logins are no longer all that is counted.
ALTER TABLE login_throttles RENAME TO throttles;
ALTER TABLE throttles RENAME COLUMN failures TO count;
DROP INDEX login_throttles_window_started_at;
CREATE INDEX throttles_window_started_at ON throttles (window_started_at);

-- Networks that customers have logged in from.
CREATE TABLE familiar_networks (
    customer_id integer NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    network     blob NOT NULL,
    seen_at     timestamp NOT NULL,
    PRIMARY KEY (customer_id, network)
);
CREATE INDEX familiar_networks_seen_at ON familiar_networks (seen_at);

-- Who did what to an account. It names customers by reference and no value of
-- theirs; the network address goes when they are erased.
CREATE TABLE audit_events (
    number         integer PRIMARY KEY AUTOINCREMENT,
    id             text NOT NULL,
    store          text NOT NULL,
    event          text NOT NULL,
    outcome        text NOT NULL,
    actor_type     text NOT NULL,
    actor_id       text,
    customer       text,
    client_address text,
    request_id     text,
    created_at     timestamp NOT NULL,
    CONSTRAINT audit_events_id UNIQUE (id)
);
CREATE INDEX audit_events_store ON audit_events (store, number);
CREATE INDEX audit_events_customer ON audit_events (store, customer, number);
CREATE INDEX audit_events_actor ON audit_events (store, actor_id, number);
CREATE INDEX audit_events_event ON audit_events (store, event, number);
CREATE INDEX audit_events_created_at ON audit_events (created_at);

-- What is written stays as it is, but for two things: an address may be blanked,
-- and a row that is a month old may go. No statement of the service can do more.
-- +goose StatementBegin
CREATE TRIGGER keep_audit_event BEFORE UPDATE ON audit_events
WHEN NEW.client_address IS NOT NULL
  OR (NEW.number, NEW.id, NEW.store, NEW.event, NEW.outcome, NEW.actor_type, NEW.actor_id, NEW.customer, NEW.request_id, NEW.created_at)
     IS NOT (OLD.number, OLD.id, OLD.store, OLD.event, OLD.outcome, OLD.actor_type, OLD.actor_id, OLD.customer, OLD.request_id, OLD.created_at)
BEGIN
    SELECT RAISE(ABORT, 'audit events do not change');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER keep_young_audit_event BEFORE DELETE ON audit_events
WHEN julianday(substr(OLD.created_at, 1, 19)) > julianday('now', '-29 days')
BEGIN
    SELECT RAISE(ABORT, 'audit events are kept');
END;
-- +goose StatementEnd
-- INSERT OR REPLACE deletes what is in its way, and no trigger on DELETE hears
-- of that.
-- +goose StatementBegin
CREATE TRIGGER keep_replaced_audit_event BEFORE INSERT ON audit_events
WHEN EXISTS (SELECT 1 FROM audit_events WHERE number = NEW.number OR id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'audit events do not change');
END;
-- +goose StatementEnd
