-- Groups that staff put customers into, and what customers have agreed to most lately.

-- +goose Up
CREATE TABLE customer_groups (
    number     integer PRIMARY KEY AUTOINCREMENT,
    id         text NOT NULL,
    store      text NOT NULL,
    name       text NOT NULL,
    metadata   text NOT NULL DEFAULT '{}',
    version    integer NOT NULL,
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL,
    CONSTRAINT customer_groups_id UNIQUE (id),
    CONSTRAINT customer_groups_name UNIQUE (store, name)
);
CREATE INDEX customer_groups_store ON customer_groups (store, number);

CREATE TABLE customer_group_members (
    customer_id  integer NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    group_number integer NOT NULL REFERENCES customer_groups (number) ON DELETE CASCADE,
    PRIMARY KEY (customer_id, group_number)
);
CREATE INDEX customer_group_members_group ON customer_group_members (group_number, customer_id);

-- The version of the terms that the customer's last consent is to.
ALTER TABLE customers ADD COLUMN terms_version text;
UPDATE customers
SET    terms_version = (SELECT version FROM consents WHERE customer_id = customers.id AND kind = 'terms' ORDER BY id DESC LIMIT 1)
WHERE  id IN (SELECT customer_id FROM consents);
