-- Numbers are AUTOINCREMENT where something outside of the database may remember
-- them: SQLite would give the number of a deleted row to the next one.

-- +goose Up
CREATE TABLE reference_counters (
    store text PRIMARY KEY,
    last  integer NOT NULL
);

CREATE TABLE customers (
    id                          integer PRIMARY KEY AUTOINCREMENT,
    store                       text NOT NULL,
    number                      integer NOT NULL,
    reference                   text NOT NULL,
    email                       text NOT NULL,
    email_key                   text,
    pending_email               text,
    pending_email_key           text,
    salutation                  text,
    first_name                  text,
    last_name                   text,
    full_name                   text,
    gender                      text,
    date_of_birth               text,
    phone                       text,
    locale                      text,
    identification              text,
    identification_type         text,
    customer_type               text,
    metadata                    text NOT NULL DEFAULT '{}',
    extra                       text NOT NULL DEFAULT '{}',
    note                        text,
    request_to_be_forgotten     boolean NOT NULL DEFAULT false,
    password_hash               text,
    credential_version          integer NOT NULL DEFAULT 0,
    confirmed_at                timestamp,
    disabled_at                 timestamp,
    anonymized_at               timestamp,
    default_shipping_address_id text,
    default_billing_address_id  text,
    search                      text NOT NULL DEFAULT '',
    version                     integer NOT NULL DEFAULT 1,
    created_at                  timestamp NOT NULL,
    updated_at                  timestamp NOT NULL,
    CONSTRAINT customers_number UNIQUE (store, number),
    CONSTRAINT customers_reference UNIQUE (reference),
    -- A default is an address of the same customer, or none.
    CONSTRAINT customers_default_shipping_address
        FOREIGN KEY (default_shipping_address_id, id) REFERENCES addresses (id, customer_id),
    CONSTRAINT customers_default_billing_address
        FOREIGN KEY (default_billing_address_id, id) REFERENCES addresses (id, customer_id)
);
-- Only a live account owns its e-mail address: guests share theirs, and an
-- anonymised account sets it free.
CREATE UNIQUE INDEX customers_account_email ON customers (store, email_key)
    WHERE password_hash IS NOT NULL AND anonymized_at IS NULL;
CREATE INDEX customers_email ON customers (store, email_key);
CREATE INDEX customers_created_at ON customers (store, created_at, number);
CREATE INDEX customers_updated_at ON customers (store, updated_at, number);

CREATE TABLE addresses (
    number       integer PRIMARY KEY AUTOINCREMENT,
    id           text NOT NULL,
    customer_id  integer NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    salutation   text,
    first_name   text,
    last_name    text,
    address1     text,
    address2     text,
    address3     text,
    zip_code     text,
    city         text,
    iso2_code    text,
    company      text,
    phone        text,
    house_number text,
    floor        text,
    locality     text,
    province     text,
    metadata     text NOT NULL DEFAULT '{}',
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamp NOT NULL,
    updated_at   timestamp NOT NULL,
    CONSTRAINT addresses_id UNIQUE (id),
    CONSTRAINT addresses_owner UNIQUE (id, customer_id)
);
CREATE INDEX addresses_customer ON addresses (customer_id, number);

CREATE TABLE sessions (
    id             text PRIMARY KEY,
    customer_id    integer NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    refresh_digest blob,
    expires_at     timestamp NOT NULL,
    created_at     timestamp NOT NULL,
    last_used_at   timestamp NOT NULL,
    CONSTRAINT sessions_refresh_digest UNIQUE (refresh_digest)
);
CREATE INDEX sessions_customer ON sessions (customer_id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE one_time_keys (
    digest      blob PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    purpose     text NOT NULL,
    email_key   text NOT NULL,
    expires_at  timestamp,
    created_at  timestamp NOT NULL,
    CONSTRAINT one_time_keys_purpose UNIQUE (customer_id, purpose)
);
CREATE INDEX one_time_keys_expires_at ON one_time_keys (expires_at);

CREATE TABLE consents (
    id             integer PRIMARY KEY AUTOINCREMENT,
    customer_id    integer NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    kind           text NOT NULL,
    version        text NOT NULL,
    accepted_at    timestamp NOT NULL,
    client_address text
);
CREATE INDEX consents_customer ON consents (customer_id);

CREATE TABLE login_throttles (
    digest            blob PRIMARY KEY,
    failures          integer NOT NULL,
    window_started_at timestamp NOT NULL,
    blocked_until     timestamp
);
CREATE INDEX login_throttles_window_started_at ON login_throttles (window_started_at);

CREATE TABLE signing_keys (
    id         text PRIMARY KEY,
    algorithm  text NOT NULL,
    public     blob NOT NULL,
    private    blob NOT NULL,
    created_at timestamp NOT NULL,
    retired_at timestamp
);

CREATE TABLE api_keys (
    id         text PRIMARY KEY,
    name       text NOT NULL,
    digest     blob NOT NULL,
    scopes     text NOT NULL,
    store      text NOT NULL,
    created_at timestamp NOT NULL,
    revoked_at timestamp,
    CONSTRAINT api_keys_digest UNIQUE (digest)
);

CREATE TABLE outbox_messages (
    number      integer PRIMARY KEY AUTOINCREMENT,
    id          text NOT NULL,
    customer_id integer NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    kind        text NOT NULL,
    recipient   text NOT NULL,
    subject     text NOT NULL,
    text        text NOT NULL,
    html        text NOT NULL,
    created_at  timestamp NOT NULL,
    CONSTRAINT outbox_messages_id UNIQUE (id)
);
CREATE INDEX outbox_messages_recipient ON outbox_messages (recipient, number);
CREATE INDEX outbox_messages_customer ON outbox_messages (customer_id);
