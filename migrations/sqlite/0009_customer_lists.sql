-- Every filter of the list of customers has an index of its own.

-- +goose Up

-- The text that customers are searched in has, before each line and before each word,
-- two line breaks: what begins a word is found by its first letter alone. The service
-- writes it so from now on.
UPDATE customers
SET    search = char(10, 10) || replace(search, char(10), char(10, 10)) ||
           CASE WHEN instr(search, ' ') > 0 THEN char(10, 10) || replace(replace(search, char(10), char(10, 10)), ' ', char(10, 10)) ELSE '' END
WHERE  search <> '';

-- Each run of three characters. What is deleted leaves nothing behind.
CREATE VIRTUAL TABLE customer_search USING fts5 (search, content = 'customers', content_rowid = 'id', tokenize = 'trigram case_sensitive 1');
INSERT INTO customer_search (customer_search, rank) VALUES ('secure-delete', 1);
INSERT INTO customer_search (rowid, search) SELECT id, search FROM customers;
-- +goose StatementBegin
CREATE TRIGGER search_new_customer AFTER INSERT ON customers BEGIN
    INSERT INTO customer_search (rowid, search) VALUES (NEW.id, NEW.search);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER search_customer AFTER UPDATE OF search ON customers WHEN NEW.search <> OLD.search BEGIN
    INSERT INTO customer_search (customer_search, rowid, search) VALUES ('delete', OLD.id, OLD.search);
    INSERT INTO customer_search (rowid, search) VALUES (NEW.id, NEW.search);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER search_no_customer AFTER DELETE ON customers BEGIN
    INSERT INTO customer_search (customer_search, rowid, search) VALUES ('delete', OLD.id, OLD.search);
END;
-- +goose StatementEnd

CREATE INDEX customers_forgettable ON customers (store, number) WHERE request_to_be_forgotten;
CREATE INDEX customers_disabled ON customers (store, number) WHERE disabled_at IS NOT NULL;
CREATE INDEX customers_unconfirmed ON customers (store, number) WHERE confirmed_at IS NULL;
CREATE INDEX customers_guests ON customers (store, number) WHERE password_hash IS NULL;
CREATE INDEX customers_type ON customers (store, customer_type, number) WHERE customer_type IS NOT NULL;

-- The keys of `metadata` that hold text, a number or a flag. The database follows what
-- is written by itself, whoever writes.
CREATE TABLE customer_metadata (
    customer_id integer NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    key         text NOT NULL,
    value       text NOT NULL,
    PRIMARY KEY (customer_id, key)
) WITHOUT ROWID;
CREATE INDEX customer_metadata_value ON customer_metadata (key, value, customer_id);

CREATE VIEW customer_metadata_members AS
SELECT customers.id AS customer_id, member.key AS key,
       CASE member.type WHEN 'text' THEN member.value ELSE customers.metadata -> member.fullkey END AS value
FROM   customers, json_each(customers.metadata) AS member
WHERE  member.type IN ('text', 'integer', 'real', 'true', 'false') AND length(member.key) <= 255;
INSERT INTO customer_metadata SELECT customer_id, key, value FROM customer_metadata_members WHERE length(value) <= 255;
-- +goose StatementBegin
CREATE TRIGGER index_new_customer_metadata AFTER INSERT ON customers WHEN NEW.metadata <> '{}' BEGIN
    INSERT INTO customer_metadata SELECT customer_id, key, value FROM customer_metadata_members WHERE customer_id = NEW.id AND length(value) <= 255;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER index_customer_metadata AFTER UPDATE OF metadata ON customers WHEN NEW.metadata <> OLD.metadata BEGIN
    DELETE FROM customer_metadata WHERE customer_id = NEW.id;
    INSERT INTO customer_metadata SELECT customer_id, key, value FROM customer_metadata_members WHERE customer_id = NEW.id AND length(value) <= 255;
END;
-- +goose StatementEnd
