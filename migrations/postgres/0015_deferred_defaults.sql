-- An import adds customers together with the addresses that are their defaults. It may
-- have the rule that a default is an address of the same customer wait for the end of
-- its transaction; for everybody else it holds at once, as before.

-- +goose Up
ALTER TABLE customers ALTER CONSTRAINT customers_default_shipping_address DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE customers ALTER CONSTRAINT customers_default_billing_address DEFERRABLE INITIALLY IMMEDIATE;
