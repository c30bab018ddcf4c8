-- Where other services are told of events, and how far each of them is. What is to be
-- sent is made from the event when it is sent: a delivery holds nothing of a customer.

-- +goose Up
CREATE TABLE webhook_endpoints (
    number          integer PRIMARY KEY AUTOINCREMENT,
    id              text NOT NULL,
    store           text NOT NULL,
    url             text NOT NULL,
    description     text,
    event_types     text NOT NULL DEFAULT '[]', -- of JSON; none is all
    with_keys       boolean NOT NULL DEFAULT false,
    secret          blob NOT NULL, -- sealed, as the next
    former_secret   blob,
    former_until    timestamp,
    enabled         boolean NOT NULL,
    disabled_reason text,
    disabled_at     timestamp,
    failures        integer NOT NULL DEFAULT 0, -- in a row
    failing_since   timestamp,
    resume_at       timestamp,
    leased_until    timestamp, -- somebody is sending
    position        integer NOT NULL, -- in the feed, up to which there are deliveries
    version         integer NOT NULL,
    created_at      timestamp NOT NULL,
    updated_at      timestamp NOT NULL,
    CONSTRAINT webhook_endpoints_id UNIQUE (id)
);
CREATE INDEX webhook_endpoints_store ON webhook_endpoints (store, number);

CREATE TABLE webhook_deliveries (
    number          integer PRIMARY KEY AUTOINCREMENT,
    endpoint_number integer NOT NULL REFERENCES webhook_endpoints (number) ON DELETE CASCADE,
    event_number    integer NOT NULL REFERENCES events (number) ON DELETE CASCADE,
    position        integer NOT NULL, -- the event's
    state           text NOT NULL,
    attempts        integer NOT NULL DEFAULT 0,
    next_at         timestamp NOT NULL,
    status          integer, -- of the last reply, if there was one
    outcome         text,
    created_at      timestamp NOT NULL,
    finished_at     timestamp,
    CONSTRAINT webhook_deliveries_event UNIQUE (event_number, endpoint_number)
);
CREATE INDEX webhook_deliveries_position ON webhook_deliveries (endpoint_number, position);
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (endpoint_number, attempts, position) WHERE state = 'pending';
