-- A guest who registers keeps their row. What they had before waits, in a row of its
-- own, until the e-mail address is proven: anybody can register with it. And of a
-- customer who was a duplicate it is kept in whom they went up.

-- +goose Up
ALTER TABLE customers ADD COLUMN claimed_by bigint REFERENCES customers (id) ON DELETE CASCADE;
ALTER TABLE customers ADD COLUMN merged_into text;
CREATE INDEX customers_claimed_by ON customers (claimed_by) WHERE claimed_by IS NOT NULL;
