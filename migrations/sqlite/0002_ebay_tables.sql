-- eBay's items as they are now. Key and value columns follow the descriptions in `shared::table`;
-- a test holds the two against each other.

CREATE TABLE ebay_orders (
    row_id             INTEGER PRIMARY KEY,
    account_id         INTEGER NOT NULL,
    order_id           TEXT NOT NULL,
    created_at         TEXT,
    modified_at        TEXT,
    payment_status     TEXT,
    fulfillment_status TEXT,
    cancel_state       TEXT,
    buyer_username     TEXT,
    total              TEXT,
    currency           TEXT,
    line_item_count    INTEGER,
    tracking_number    TEXT,
    ship_to_name       TEXT,
    ship_to_city       TEXT,
    ship_to_state      TEXT,
    ship_to_postal_code TEXT,
    ship_to_country    TEXT,
    payload            TEXT NOT NULL,
    volatile           TEXT NOT NULL DEFAULT '',
    content_hash       BLOB NOT NULL,
    shape_version      INTEGER NOT NULL,
    ebay_time          TEXT,
    first_seen_at      TEXT NOT NULL,
    changed_at         TEXT NOT NULL,
    ended_at           TEXT,
    UNIQUE (account_id, order_id)
) STRICT;

CREATE TABLE ebay_order_line_items (
    row_id             INTEGER PRIMARY KEY,
    account_id         INTEGER NOT NULL,
    order_id           TEXT NOT NULL,
    line_item_id       TEXT NOT NULL,
    sku                TEXT,
    legacy_item_id     TEXT,
    title              TEXT,
    quantity           INTEGER,
    total              TEXT,
    currency           TEXT,
    fulfillment_status TEXT,
    payload            TEXT NOT NULL,
    volatile           TEXT NOT NULL DEFAULT '',
    content_hash       BLOB NOT NULL,
    shape_version      INTEGER NOT NULL,
    ebay_time          TEXT,
    first_seen_at      TEXT NOT NULL,
    changed_at         TEXT NOT NULL,
    ended_at           TEXT,
    UNIQUE (account_id, order_id, line_item_id)
) STRICT;

CREATE TABLE ebay_active_inventory (
    row_id        INTEGER PRIMARY KEY,
    account_id    INTEGER NOT NULL,
    item_id       TEXT NOT NULL,
    sku           TEXT NOT NULL,
    variation_key TEXT NOT NULL,
    title         TEXT,
    quantity      INTEGER,
    price         TEXT,
    currency      TEXT,
    listing_type  TEXT,
    condition     TEXT,
    start_at      TEXT,
    end_at        TEXT,
    view_url      TEXT,
    payload       TEXT NOT NULL,
    volatile      TEXT NOT NULL DEFAULT '',
    content_hash  BLOB NOT NULL,
    shape_version INTEGER NOT NULL,
    ebay_time     TEXT,
    first_seen_at TEXT NOT NULL,
    changed_at    TEXT NOT NULL,
    ended_at      TEXT,
    UNIQUE (account_id, item_id, sku, variation_key)
) STRICT;

-- Only a snapshot ends rows, so only its table needs to find the open ones. The always empty second
-- column lets SQLite answer from the index alone.
CREATE INDEX ebay_active_inventory_open ON ebay_active_inventory (account_id, ended_at)
    WHERE ended_at IS NULL;
