-- Orders, as the order service tells of them. An order that is nobody's yet waits for
-- whoever proves its e-mail address.

-- +goose Up
CREATE TABLE orders (
    number              integer PRIMARY KEY AUTOINCREMENT,
    store               text NOT NULL,
    id                  text NOT NULL,
    -- Who deletes a customer erases their orders first.
    customer_id         integer REFERENCES customers (id),
    version             integer NOT NULL,
    email               text,
    email_key           text,
    display_id          integer,
    cart_id             text,
    draft_order_id      text,
    external_id         text,
    idempotency_key     text,
    region_id           text,
    sales_channel_id    text,
    currency_code       text,
    status              text NOT NULL,
    fulfillment_status  text NOT NULL,
    payment_status      text NOT NULL,
    no_notification     boolean,
    tax_rate            real,
    discount_total      integer,
    gift_card_tax_total integer,
    gift_card_total     integer,
    item_tax_total      integer,
    paid_total          integer,
    raw_discount_total  integer,
    refundable_amount   integer,
    refunded_total      integer,
    shipping_tax_total  integer,
    shipping_total      integer,
    subtotal            integer,
    tax_total           integer,
    total               integer,
    metadata            text NOT NULL DEFAULT '{}',
    related             text NOT NULL DEFAULT '{}',
    search              text NOT NULL DEFAULT '',
    canceled_at         timestamp,
    created_at          timestamp NOT NULL,
    updated_at          timestamp NOT NULL,
    CONSTRAINT orders_id UNIQUE (store, id)
);
CREATE INDEX orders_customer ON orders (customer_id, created_at, number);
CREATE INDEX orders_received ON orders (customer_id, number);
CREATE INDEX orders_waiting ON orders (store, email_key) WHERE customer_id IS NULL;

-- What is left of the orders of customers who were erased, so that none comes back.
CREATE TABLE erased_orders (
    store   text NOT NULL,
    id      text NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (store, id)
) WITHOUT ROWID;

-- What follows from the orders of a customer.
ALTER TABLE customers ADD COLUMN total_spent integer NOT NULL DEFAULT 0;
ALTER TABLE customers ADD COLUMN total_spent_currency text;
ALTER TABLE customers ADD COLUMN last_order_id text;
