-- The shops of an installation. Those that customers and API keys name already are
-- among them; the one of the configuration is added when the service starts.

-- +goose Up
CREATE TABLE stores (
    name       text COLLATE "C" PRIMARY KEY,
    title      text,
    currency   text,
    version    bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
INSERT INTO stores (name, created_at, updated_at)
SELECT store, now(), now() FROM reference_counters;
INSERT INTO stores (name, created_at, updated_at)
SELECT DISTINCT store, now(), now() FROM api_keys
ON CONFLICT (name) DO NOTHING;
CREATE INDEX api_keys_store ON api_keys (store, created_at);
