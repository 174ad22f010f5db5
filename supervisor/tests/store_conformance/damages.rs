//! What can be done to a database behind our back, and what an audit must say of it.
//!
//! The database is the eventful one of `audit`: events 1, 3 and 5 are of order `"2"/ü`, 2, 4 and 6 of
//! order 1, the others of listings.

/// Damage, and a part of each finding that it must cause: account, table and key, what.
pub(crate) type Damage = (&'static str, &'static [&'static str]);

/// Damaged rows.
pub(crate) const ROWS: &[Damage] = &[
    (
        "UPDATE ebay_orders SET payment_status = 'X' WHERE order_id = '1'",
        &[
            "alpha ebay_orders 1: columns do not have the hash",
            "alpha ebay_orders 1: payment_status is 'X', and its history says 'A'",
        ],
    ),
    (
        "UPDATE ebay_orders SET created_at = 'X' WHERE order_id = '1'",
        &["1: columns do not have", "created_at is 'X'"],
    ),
    (
        // The same moment in another writing has the same hash.
        "UPDATE ebay_orders SET created_at = replace(created_at, 'Z', '+00:00') \
             WHERE order_id = '1'",
        &["created_at is '"],
    ),
    (
        // The report does not tell the title, so no hash holds it.
        "UPDATE ebay_active_inventory SET title = 'X' WHERE item_id = '1'",
        &["ebay_active_inventory 1//: title is 'X', and its history says 'Lamp'"],
    ),
    (
        "UPDATE ebay_orders SET payload = '{}' WHERE order_id <> '1'",
        &[
            "\"2\"/ü: payload does not have the hash",
            "\"2\"/ü: payload is not that of its last event",
        ],
    ),
    (
        "UPDATE ebay_orders SET content_hash = zeroblob(32) WHERE order_id = '1'",
        &["1: columns do not have", "1: payload does not have"],
    ),
    (
        "UPDATE ebay_orders SET content_hash = x'00' WHERE order_id = '1'",
        &["content_hash is no hash"],
    ),
    (
        "UPDATE ebay_active_inventory SET ended_at = '2026-01-01T00:00:00.000Z' \
             WHERE item_id = '1'",
        &["ended_at is '2026-01-01T00:00:00.000Z', and its history says null"],
    ),
    (
        "UPDATE ebay_active_inventory SET ended_at = NULL WHERE item_id = '2'",
        &["2//: ended_at is null, and its history says '2"],
    ),
    (
        "UPDATE ebay_orders SET first_seen_at = 'then' WHERE order_id = '1'",
        &["first_seen_at is 'then'"],
    ),
    (
        "UPDATE ebay_orders SET changed_at = 'then' WHERE order_id = '1'",
        &["changed_at is 'then'"],
    ),
    (
        "UPDATE ebay_orders SET total = CAST(x'ff' AS TEXT) WHERE order_id = '1'",
        &["- ebay_orders row 2: cannot be read"],
    ),
    (
        "DELETE FROM ebay_orders WHERE order_id = '1'",
        &["alpha ebay_orders 1: has no row, but 3 events"],
    ),
    (
        "UPDATE ebay_orders SET order_id = '3' WHERE order_id = '1'",
        &["ebay_orders 3: has no history", "ebay_orders 1: has no row"],
    ),
    (
        "UPDATE ebay_orders SET account_id = 9 WHERE order_id = '1'",
        &[
            "number 9, which does not exist ebay_orders 1: has no history",
            "1: belongs to an account that does not exist",
            "alpha ebay_orders 1: has no row, but 3 events",
        ],
    ),
];

/// A damaged history.
pub(crate) const HISTORY: &[Damage] = &[
    (
        "DELETE FROM ebay_events WHERE entity = 'order' AND kind = 'created'",
        &[
            "1: event 4 comes before it was created",
            "1: event 4 says created_at was",
            "1: event 4 says payment_status was 'A', and those before it null",
            "1: event 4 says total was",
            "1: event 6 comes before",
            "1: first_seen_at is",
            "\"2\"/ü: event 3 comes before it was created",
            "\"2\"/ü: event 5 comes before it was created",
            "\"2\"/ü: payment_status is 'A', and its history says null",
            "\"2\"/ü: first_seen_at is",
            "- ebay_events : events 1 to 2 are gone",
        ],
    ),
    (
        "DELETE FROM ebay_events WHERE event_id = 4",
        &[
            "event 6 says created_at was",
            "event 6 says payment_status was 'B', and those before it 'A'",
            "event 6 says total was '2.50', and those before it '1.50'",
            "- ebay_events : event 4 is gone",
        ],
    ),
    (
        "DELETE FROM ebay_events WHERE kind = 'ended' AND event_id = \
             (SELECT max(event_id) FROM ebay_events)",
        &[
            "2//: ended_at is '",
            "2//: changed_at is '",
            "event 13 is gone",
        ],
    ),
    (
        // Nothing else tells of it: another payload, and then another one again.
        "DELETE FROM ebay_events WHERE event_id = 3",
        &["- ebay_events : event 3 is gone"],
    ),
    (
        "UPDATE ebay_events SET changes = CAST(x'ff' AS TEXT) WHERE event_id = 5",
        &[
            "\"2\"/ü: has an event that cannot be read",
            "\"2\"/ü: changed_at is",
        ],
    ),
    (
        "UPDATE ebay_events SET payload = '{}' WHERE event_id = 6",
        &["1: payload is not that of its last event"],
    ),
    (
        "UPDATE ebay_events SET payload = NULL WHERE event_id = 4",
        &["1: event 4, updated, has no payload"],
    ),
    (
        "UPDATE ebay_events SET kind = 'reshaped' WHERE event_id = 6",
        &["1: changed_at is"],
    ),
    (
        "UPDATE ebay_events SET kind = 'created' WHERE event_id = 4",
        &["1: event 4 creates it once more", "1: first_seen_at is"],
    ),
    (
        "UPDATE ebay_events SET changes = 'no' WHERE event_id = 6",
        &[
            "1: changes of event 6 cannot be read",
            "created_at is",
            "payment_status is 'A', and its history says 'B'",
            "total is",
            "changed_at is",
        ],
    ),
    (
        "UPDATE ebay_events SET entity_key = 'no' WHERE event_id = 1",
        &[
            "\"2\"/ü: event 3 comes before",
            "\"2\"/ü: event 5 comes before",
            "\"2\"/ü: payment_status is 'A', and its history says null",
            "\"2\"/ü: first_seen_at",
            "alpha ebay_events order/no: 1 events of no item that we know",
        ],
    ),
    (
        "INSERT INTO ebay_events (account_id, entity, entity_key, kind, recorded_at, \
             attempt_id, run_no) VALUES (7, 'sock', '[]', 'created', '', 1, 0)",
        &["number 7, which does not exist ebay_events sock/[]: 1 events of no item"],
    ),
];

/// A damaged ledger.
pub(crate) const LEDGER: &[Damage] = &[
    (
        "DELETE FROM sync_windows WHERE row_id = 2",
        &["alpha sync_windows orders: has a gap from 2026-"],
    ),
    (
        "DELETE FROM sync_windows WHERE row_id = 1",
        &["alpha sync_windows orders: begins at 2026-"],
    ),
    (
        "DELETE FROM sync_windows WHERE row_id = 3",
        &["alpha sync_windows orders: ends 2026-"],
    ),
    (
        "DELETE FROM sync_windows WHERE worker = 'active_inventory'",
        &["alpha sync_windows active_inventory: ends nowhere while the cursor is 2026-"],
    ),
    (
        "UPDATE sync_windows SET start_at = replace(start_at, '.000Z', '.001Z') \
             WHERE row_id = 2",
        &["orders: has a gap from 2026-"],
    ),
    (
        "UPDATE sync_windows SET start_at = replace(start_at, ':20.000Z', ':19.999Z') \
             WHERE row_id = 2",
        &[" twice"],
    ),
    (
        "UPDATE sync_windows SET end_at = 'then' WHERE row_id = 3",
        &["orders: has 'then' for a time", "orders: ends 2026-"],
    ),
    (
        "UPDATE sync_state SET cursor = NULL WHERE worker = 'orders'",
        &["while the cursor is null"],
    ),
    (
        "UPDATE sync_state SET since = NULL WHERE worker = 'orders'",
        &["orders: is not begun in the sync state, but covers"],
    ),
    (
        "UPDATE sync_state SET cursor = 'soon' WHERE worker = 'orders'",
        &["alpha sync_state orders: cannot read sync_state.cursor"],
    ),
    (
        "DELETE FROM sync_state WHERE worker = 'active_inventory'",
        &["of nobody", "of nobody", "of nobody", "of nobody"],
    ),
];
