-- Answers that are given again to who repeats a request with its key. What a
-- client chose as key and what the answer says are both unreadable here: a
-- digest, and a text sealed under that key.

-- +goose Up
CREATE TABLE idempotency_keys (
    digest      bytea PRIMARY KEY,
    fingerprint bytea NOT NULL,
    answer      bytea NOT NULL,
    created_at  timestamptz NOT NULL
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

-- Whose data an answer may hold: it goes when they are erased.
CREATE TABLE idempotency_customers (
    digest      bytea NOT NULL REFERENCES idempotency_keys (digest) ON DELETE CASCADE,
    customer_id bigint NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    PRIMARY KEY (digest, customer_id)
);
CREATE INDEX idempotency_customers_customer ON idempotency_customers (customer_id);
