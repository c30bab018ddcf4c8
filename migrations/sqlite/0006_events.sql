-- What became of customers, for other services: written in the transaction that
-- changes them. The position in the feed is given after the commit, in an order
-- that does not depend on how long transactions took.

-- +goose Up
CREATE TABLE events (
    number      integer PRIMARY KEY AUTOINCREMENT,
    id          text NOT NULL,
    store       text NOT NULL,
    type        text NOT NULL,
    customer_id integer NOT NULL, -- refers to nothing: the last event outlives its customer
    subject     text NOT NULL,
    sequence    integer NOT NULL,
    data        text NOT NULL DEFAULT '{}',
    position    integer,
    created_at  timestamp NOT NULL,
    CONSTRAINT events_id UNIQUE (id),
    CONSTRAINT events_position UNIQUE (position),
    CONSTRAINT events_sequence UNIQUE (customer_id, sequence)
);
CREATE INDEX events_unplaced ON events (number) WHERE position IS NULL;
CREATE INDEX events_type ON events (type, position);
CREATE INDEX events_subject ON events (subject, position);
CREATE INDEX events_created_at ON events (created_at);

CREATE TABLE event_sequences (
    customer_id integer PRIMARY KEY,
    last        integer NOT NULL
);

-- One row: the last position given. Who gives positions holds it.
CREATE TABLE event_feed (
    last integer NOT NULL
);
INSERT INTO event_feed (last) VALUES (0);

-- A key may be typed as well: the code in its letter, tried a few times.
ALTER TABLE one_time_keys ADD COLUMN code_digest blob;
ALTER TABLE one_time_keys ADD COLUMN tries integer NOT NULL DEFAULT 0;
CREATE INDEX one_time_keys_email ON one_time_keys (email_key);
