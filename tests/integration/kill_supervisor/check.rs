//! What must be true of a database, whatever was killed.

use std::time::Duration;

use integration_tests::harness::process::alive;
use integration_tests::harness::rows::Row;
use integration_tests::harness::state::State;
use integration_tests::harness::wait::wait_until;

/// How long a child may outlive its supervisor.
const GONE: Duration = Duration::from_secs(2);

/// Tables of eBay's items with their keys.
const TABLES: [(&str, &str); 5] = [
    ("ebay_orders", "order_id"),
    ("ebay_order_line_items", "order_id, line_item_id"),
    ("ebay_active_inventory", "item_id, sku, variation_key"),
    ("ebay_transactions", "transaction_id"),
    ("ebay_returns", "return_id"),
];

/// What differs between two databases that saw the same: when and by which attempt.
const OURS: [&str; 6] = [
    "row_id",
    "first_seen_at",
    "changed_at",
    "recorded_at",
    "attempt_id",
    "run_no",
];

/// Asserts that no child is alive soon after its supervisor was killed.
pub(crate) fn assert_no_child(state: &State) {
    wait_until("every child to be gone", GONE, || {
        alive(&state.dir()).is_empty()
    });
}

/// Asserts that both databases hold the same rows and the same history.
pub(crate) fn assert_equal(calm: &State, disturbed: &State) {
    for (table, key) in TABLES {
        let sql = format!("SELECT * FROM {table} ORDER BY account_id, {key}");
        assert_same(table, &content(calm, &sql), &content(disturbed, &sql));
    }
    // Each item's history in its own order; items of one account may interleave differently.
    let sql = "SELECT * FROM ebay_events ORDER BY account_id, entity, entity_key, event_id";
    assert_same("ebay_events", &content(calm, sql), &content(disturbed, sql));
}

fn content(state: &State, sql: &str) -> Vec<Row> {
    let mut rows = state.database().rows(sql);
    for row in &mut rows {
        for column in OURS {
            row.remove(column);
        }
        row.remove("event_id");
        // The time of the snapshot that did not see the item: of the attempt, not of the item.
        if row.get("kind").is_some_and(|kind| kind == "ended") {
            row.remove("ebay_time");
        }
        if let Some(ended_at) = row.get_mut("ended_at")
            && !ended_at.is_null()
        {
            *ended_at = true.into();
        }
        // The same time is the old value of the event that brings an item back.
        if let Some(changes) = row.get_mut("changes")
            && changes
                .as_str()
                .is_some_and(|text| text.contains("ended_at"))
        {
            *changes = without_ended_at(changes.as_str().unwrap_or_default());
        }
    }
    rows
}

fn without_ended_at(changes: &str) -> serde_json::Value {
    let mut changes: serde_json::Value = serde_json::from_str(changes).unwrap();
    let back = changes
        .as_object_mut()
        .and_then(|all| all.remove("ended_at"));
    serde_json::json!([changes, back.is_some()])
}

fn assert_same(what: &str, calm: &[Row], disturbed: &[Row]) {
    assert!(!calm.is_empty(), "{what}: nothing to compare");
    for (position, (left, right)) in calm.iter().zip(disturbed).enumerate() {
        assert_eq!(left, right, "{what}: row {position}");
    }
    assert_eq!(calm.len(), disturbed.len(), "{what}");
}

/// Asserts that every start has an end and no lease is held: a pass came to its end.
pub(crate) fn assert_closed(state: &State) {
    let open = "SELECT (SELECT count(*) FROM attempts WHERE ended_at IS NULL OR cause IS NULL) \
         + (SELECT count(*) FROM runs WHERE ended_at IS NULL OR outcome IS NULL) \
         + (SELECT count(*) FROM leases WHERE holder != '')";
    assert_eq!(state.database().number(open), 0, "something is open");
}

/// Asserts that nothing is open, the ledger has no gap, and the history folds to the rows, of which
/// there are `items` of each kind; that most of `kills` hit an attempt.
pub(crate) fn assert_whole(state: &State, items: usize, kills: usize) {
    assert_closed(state);
    let database = state.database();
    let zero = [
        // Each stretch begins where the one before ended; the first where the ledger begins.
        "SELECT count(*) FROM (SELECT w.start_at, coalesce(lag(end_at) OVER \
         (PARTITION BY w.account_id, w.worker ORDER BY end_at), s.since) AS expected \
         FROM sync_windows w JOIN sync_state s USING (account_id, worker)) \
         WHERE start_at != expected OR expected IS NULL",
        // And the last one ends at the cursor.
        "SELECT count(*) FROM sync_state s WHERE s.cursor IS NULL OR s.cursor != \
         (SELECT max(end_at) FROM sync_windows w \
          WHERE w.account_id = s.account_id AND w.worker = s.worker)",
        // A deep pass ends where a window ended, and is where it stood.
        "SELECT count(*) FROM sync_state s WHERE worker IN ('transactions', 'returns') \
         AND (deep_from IS NULL OR deep_from < deep_until OR deep_until NOT IN \
         (SELECT end_at FROM sync_windows w \
          WHERE w.account_id = s.account_id AND w.worker = s.worker))",
        // Every row has the event that created it, once.
        "SELECT count(*) FROM (SELECT count(*) AS times FROM ebay_events \
         WHERE kind = 'created' GROUP BY account_id, entity, entity_key) WHERE times != 1",
        // What was killed with the supervisor is nobody's fault.
        "SELECT count(*) FROM crash_reports",
    ];
    for sql in zero {
        assert_eq!(database.number(sql), 0, "{sql}");
    }
    let audit = state.bulkhead(&["audit", "verify"]);
    assert_eq!(audit.code, Some(0), "{}{}", audit.stdout, audit.stderr);
    let orders = database.number("SELECT count(*) FROM ebay_orders");
    let lines = database.number("SELECT count(*) FROM ebay_order_line_items");
    let listings = database.number("SELECT count(*) FROM ebay_active_inventory");
    let items = i64::try_from(items).unwrap();
    assert_eq!(
        (orders, lines, listings),
        (items, 2 * items, items),
        "what the worlds hold"
    );
    let interrupted = "SELECT count(*) FROM attempts WHERE cause = 'unknown'";
    assert!(
        database.number(interrupted) * 2 >= i64::try_from(kills).unwrap(),
        "kills must have hit attempts"
    );
    assert!(
        !state.dir().join("attempts").exists() || is_empty(state),
        "attempt directories stay"
    );
}

fn is_empty(state: &State) -> bool {
    let mut entries = std::fs::read_dir(state.dir().join("attempts")).unwrap();
    entries.next().is_none()
}
