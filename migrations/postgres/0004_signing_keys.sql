-- A key is published before it signs, and verifies for as long as a token lasts
-- that it has signed. Keys of before have signed since they were made. Nothing
-- reads or writes retired_at any more; the release before this one reads it.

-- +goose Up
ALTER TABLE signing_keys ADD COLUMN signs_from timestamptz NOT NULL DEFAULT '1970-01-01 00:00:00+00:00';
ALTER TABLE signing_keys ADD COLUMN longest_token bigint NOT NULL DEFAULT 0;
