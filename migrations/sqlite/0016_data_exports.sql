-- Copies of all that is held about a customer, for the customer. They are sealed, and go
-- after some days.

-- +goose Up
CREATE TABLE data_exports (
    number      integer PRIMARY KEY AUTOINCREMENT,
    id          text NOT NULL,
    customer_id integer NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    content     blob,
    size        integer NOT NULL DEFAULT 0,
    finished_at timestamp,
    expires_at  timestamp NOT NULL,
    created_at  timestamp NOT NULL,
    CONSTRAINT data_exports_id UNIQUE (id)
);
CREATE INDEX data_exports_customer ON data_exports (customer_id, number);
CREATE INDEX data_exports_expires_at ON data_exports (expires_at);
CREATE UNIQUE INDEX data_exports_pending ON data_exports (customer_id) WHERE finished_at IS NULL;
