-- With the address of an erased customer's doings their request id may go as
-- well: clients choose it, and a proxy's log has the address beside it.

-- +goose Up
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION keep_audit_event() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION 'audit events are kept' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.created_at > now() - interval '29 days' THEN
            RAISE EXCEPTION 'audit events are kept' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN OLD;
    END IF;
    OLD.client_address := NULL;
    IF NEW.request_id IS NULL THEN
        OLD.request_id := NULL;
    END IF;
    IF NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'audit events do not change' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$ LANGUAGE plpgsql;
-- +goose StatementEnd
