-- Every filter of the list of customers has an index of its own.

-- +goose Up

-- The text that customers are searched in has, before each line and before each word,
-- two line breaks: what begins a word is found by its first letter alone. The service
-- writes it so from now on.
UPDATE customers
SET    search = CASE search WHEN '' THEN '' ELSE
           E'\n\n' || replace(search, E'\n', E'\n\n') ||
           CASE WHEN position(' ' IN search) > 0 THEN E'\n\n' || replace(replace(search, E'\n', E'\n\n'), ' ', E'\n\n') ELSE '' END
       END;

-- pg_trgm comes with PostgreSQL and may be created by the owner of a database. Where
-- it may not be, searches work, and read the whole store.
-- +goose StatementBegin
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX customers_search ON customers USING gin (search gin_trgm_ops);
EXCEPTION
    WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
        RAISE WARNING 'customers have no index to search by: %', SQLERRM;
END
$$;
-- +goose StatementEnd

CREATE INDEX customers_forgettable ON customers (store, number) WHERE request_to_be_forgotten;
CREATE INDEX customers_disabled ON customers (store, number) WHERE disabled_at IS NOT NULL;
CREATE INDEX customers_unconfirmed ON customers (store, number) WHERE confirmed_at IS NULL;
CREATE INDEX customers_guests ON customers (store, number) WHERE password_hash IS NULL;
CREATE INDEX customers_type ON customers (store, customer_type, number) WHERE customer_type IS NOT NULL;

-- The keys of `metadata` that hold text, a number or a flag. The database follows what
-- is written by itself, whoever writes.
CREATE TABLE customer_metadata (
    customer_id bigint NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    key         text COLLATE "C" NOT NULL,
    value       text COLLATE "C" NOT NULL,
    PRIMARY KEY (customer_id, key)
);
CREATE INDEX customer_metadata_value ON customer_metadata (key, value, customer_id);

-- +goose StatementBegin
CREATE FUNCTION index_customer_metadata() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM customer_metadata WHERE customer_id = NEW.id;
    END IF;
    IF position('\u0000' IN NEW.metadata) = 0 THEN
        INSERT INTO customer_metadata (customer_id, key, value)
        SELECT NEW.id, member.key, member.value #>> '{}'
        FROM   json_each(NEW.metadata::json) AS member
        WHERE  json_typeof(member.value) IN ('string', 'number', 'boolean')
        AND    length(member.key) <= 255 AND length(member.value #>> '{}') <= 255;
    END IF;
    RETURN NULL;
END
$$ LANGUAGE plpgsql;
-- +goose StatementEnd
CREATE TRIGGER index_new_customer_metadata AFTER INSERT ON customers
    FOR EACH ROW WHEN (NEW.metadata <> '{}') EXECUTE FUNCTION index_customer_metadata();
CREATE TRIGGER index_customer_metadata AFTER UPDATE OF metadata ON customers
    FOR EACH ROW WHEN (NEW.metadata <> OLD.metadata) EXECUTE FUNCTION index_customer_metadata();

INSERT INTO customer_metadata (customer_id, key, value)
SELECT customers.id, member.key, member.value #>> '{}'
FROM   customers, json_each(customers.metadata::json) AS member
WHERE  position('\u0000' IN metadata) = 0
AND    json_typeof(member.value) IN ('string', 'number', 'boolean')
AND    length(member.key) <= 255 AND length(member.value #>> '{}') <= 255;
