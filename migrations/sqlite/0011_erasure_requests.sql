-- Wishes to be forgotten, from the day they are told until they are done. A request
-- outlives its customer: the reference, and how much was removed, is its receipt.

-- +goose Up
CREATE TABLE erasure_requests (
    number      integer PRIMARY KEY AUTOINCREMENT,
    id          text NOT NULL,
    store       text NOT NULL,
    customer    text NOT NULL, -- reference
    mode        text NOT NULL,
    state       text NOT NULL,
    due_at      timestamp NOT NULL,
    finished_at timestamp,
    removed     text NOT NULL DEFAULT '{}', -- JSON
    version     integer NOT NULL,
    created_at  timestamp NOT NULL,
    updated_at  timestamp NOT NULL,
    CONSTRAINT erasure_requests_id UNIQUE (id)
);
CREATE UNIQUE INDEX erasure_requests_pending ON erasure_requests (customer) WHERE state = 'pending';
CREATE INDEX erasure_requests_due ON erasure_requests (due_at) WHERE state = 'pending';
CREATE INDEX erasure_requests_store ON erasure_requests (store, number);
CREATE INDEX erasure_requests_customer ON erasure_requests (store, customer, number);
