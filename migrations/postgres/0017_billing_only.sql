-- A billing address may be given by itself, and not as one of those that the customer
-- keeps: a dialect leaves it out of their list.

-- +goose Up
ALTER TABLE addresses ADD COLUMN billing_only boolean NOT NULL DEFAULT false;
