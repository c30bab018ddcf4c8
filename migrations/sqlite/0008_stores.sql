-- The shops of an installation. Those that customers and API keys name already are
-- among them; the one of the configuration is added when the service starts.

-- +goose Up
CREATE TABLE stores (
    name       text PRIMARY KEY,
    title      text,
    currency   text,
    version    integer NOT NULL DEFAULT 1,
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL
);
INSERT INTO stores (name, created_at, updated_at)
SELECT store, strftime('%Y-%m-%d %H:%M:%f', 'now') || '+00:00', strftime('%Y-%m-%d %H:%M:%f', 'now') || '+00:00' FROM reference_counters;
INSERT INTO stores (name, created_at, updated_at)
SELECT DISTINCT store, strftime('%Y-%m-%d %H:%M:%f', 'now') || '+00:00', strftime('%Y-%m-%d %H:%M:%f', 'now') || '+00:00' FROM api_keys
WHERE true
ON CONFLICT (name) DO NOTHING;
CREATE INDEX api_keys_store ON api_keys (store, created_at);
