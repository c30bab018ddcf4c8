-- What customers pay with, by the reference that a payment provider has for it. No
-- number of a card is ever here.

-- +goose Up
CREATE TABLE payment_sources (
    number       integer PRIMARY KEY AUTOINCREMENT,
    id           text NOT NULL,
    store        text NOT NULL,
    customer_id  integer REFERENCES customers (id) ON DELETE CASCADE, -- whose it is, or was
    provider     text NOT NULL,
    source_type  text NOT NULL,
    token        text NOT NULL,
    brand        text,
    last_four    text,
    expiry_month integer,
    expiry_year  integer,
    holder       text,
    state        text NOT NULL,
    metadata     text NOT NULL DEFAULT '{}',
    detached_at  timestamp,
    version      integer NOT NULL,
    created_at   timestamp NOT NULL,
    updated_at   timestamp NOT NULL,
    CONSTRAINT payment_sources_id UNIQUE (id)
);
CREATE INDEX payment_sources_customer ON payment_sources (customer_id, number);
CREATE INDEX payment_sources_store ON payment_sources (store, number);

ALTER TABLE customers ADD COLUMN provider_ids text NOT NULL DEFAULT '{}';
ALTER TABLE customers ADD COLUMN default_source_id text;
-- The default is a source of the same customer, or none. A table that is there gets no
-- foreign key of two columns any more.
-- +goose StatementBegin
CREATE TRIGGER customers_default_source BEFORE UPDATE OF default_source_id ON customers
WHEN NEW.default_source_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM payment_sources WHERE id = NEW.default_source_id AND customer_id = NEW.id) BEGIN
    SELECT RAISE(ABORT, 'customers_default_source');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER customers_default_source_of_new BEFORE INSERT ON customers WHEN NEW.default_source_id IS NOT NULL BEGIN
    SELECT RAISE(ABORT, 'customers_default_source');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER payment_sources_detached BEFORE UPDATE OF id, customer_id ON payment_sources
WHEN (NEW.id <> OLD.id OR NEW.customer_id IS NOT OLD.customer_id) AND EXISTS (SELECT 1 FROM customers WHERE id = OLD.customer_id AND default_source_id = OLD.id) BEGIN
    SELECT RAISE(ABORT, 'customers_default_source');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER payment_sources_deleted BEFORE DELETE ON payment_sources
WHEN EXISTS (SELECT 1 FROM customers WHERE id = OLD.customer_id AND default_source_id = OLD.id) BEGIN
    SELECT RAISE(ABORT, 'customers_default_source');
END;
-- +goose StatementEnd
