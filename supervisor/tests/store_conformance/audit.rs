//! What an audit finds in a database, and that it finds nothing in a good one.

use shared::record::{Record, Value};
use shared::wire::message::Mark;
use shared::worker::Worker;
use supervisor::store::{Audit, Finding};

use crate::harness::{FIRST, NOW, World, add, at, counts, listing, order, snapshot};

/// A listing told by a source; one with a title is told by the one that has titles.
fn told(item: &str, quantity: i64, title: Option<&str>) -> Record {
    let mut record = listing(item, quantity);
    let source = match title {
        None => "report",
        Some(title) => {
            record.values[0] = Value::Text(title.to_owned());
            "trading"
        }
    };
    record.values[9] = Value::Text(source.to_owned());
    record.payload = format!("{{\"q\":{quantity},\"by\":\"{source}\"}}");
    record
}

/// A database in which everything has happened: rows created, updated, ended, reopened and told by
/// another source; three slices and four snapshots.
async fn eventful() -> World {
    let world = World::new().await;
    let mut ingest = world.ingest(Worker::Orders).await;
    for (day, status) in [(1, "A"), (2, "B"), (3, "A")] {
        let mut batch = vec![order("1", status, at(day)), order("\"2\"/ü", "A", at(1))];
        batch[0].values[0] = Value::Time(at(day));
        batch[0].values[6] = Value::Decimal(format!("{day}.50"));
        batch[1].payload = format!("{{\"day\":{day}}}");
        ingest.batch(FIRST, batch, at(day)).await.unwrap();
        let slice = shared::window::Slice {
            fetch_start: if day == 1 { at(-1) } else { at(24 * (day - 1)) },
            start: at(24 * (day - 1)),
            end: at(24 * day),
        };
        let mark = Mark::Slice(slice);
        ingest
            .checkpoint(FIRST, mark, counts(2), at(day))
            .await
            .unwrap();
    }
    let snapshots = [
        vec![told("1", 5, None), told("2", 5, None)],
        vec![told("1", 5, Some("Lamp"))],
        vec![told("1", 4, None), told("2", 5, None)],
        vec![told("1", 4, None)],
    ];
    for (hour, records) in (1..).zip(snapshots) {
        snapshot(&world, records, at(hour)).await.unwrap();
    }
    world
}

async fn audit(world: &World) -> Audit {
    world.store.audit(None).await.unwrap()
}

fn line(finding: &Finding) -> String {
    let account = finding.account.as_deref().unwrap_or("-");
    let key = finding.key.join("/");
    format!("{account} {} {key}: {}", finding.table, finding.what)
}

async fn found(world: &World) -> Vec<String> {
    audit(world).await.findings.iter().map(line).collect()
}

#[tokio::test]
async fn a_good_database_has_no_finding() {
    let world = eventful().await;
    let done = audit(&world).await;
    assert_eq!(done.findings, []);
    let events = world.sql("SELECT count(*) FROM ebay_events").await;
    let looked_at = (done.ledgers, done.stretches, done.rows, done.events);
    assert_eq!(looked_at, (10, 7, 4, events[0].parse().unwrap()));
    let kinds = world.sql("SELECT DISTINCT kind FROM ebay_events").await;
    assert_eq!(kinds.len(), 4, "not everything has happened: {kinds:?}");
    let empty = World::new().await;
    assert_eq!(audit(&empty).await.found, 0);
}

/// Damage, and what must be found: in which table and where, and what is said.
type Damage = (&'static str, &'static [&'static str]);

async fn assert_found(damages: &[Damage]) {
    for (damage, expected) in damages {
        let world = eventful().await;
        world.sql(damage).await;
        let found = found(&world).await;
        assert_eq!(found.len(), expected.len(), "{damage}: {found:#?}");
        for expected in *expected {
            let told = found.iter().any(|line| line.contains(expected));
            assert!(told, "{damage}: {found:#?} / {expected}");
        }
    }
}

/// Damaged rows.
const ROWS: &[Damage] = &[
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

#[tokio::test]
async fn damaged_rows_are_found() {
    assert_found(ROWS).await;
}

/// A damaged history.
const HISTORY: &[Damage] = &[
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

#[tokio::test]
async fn a_damaged_history_is_found() {
    assert_found(HISTORY).await;
}

/// A damaged ledger.
const LEDGER: &[Damage] = &[
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

#[tokio::test]
async fn a_damaged_ledger_is_found() {
    assert_found(LEDGER).await;
}

#[tokio::test]
async fn a_row_in_another_shape_has_its_payload_checked_and_its_history() {
    let world = eventful().await;
    world
        .sql("UPDATE ebay_orders SET shape_version = 0 WHERE order_id = '1'")
        .await;
    assert_eq!(audit(&world).await.findings, []);
    world
        .sql("UPDATE ebay_orders SET payload = '{}', total = '9' WHERE order_id = '1'")
        .await;
    let found = found(&world).await;
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[0].contains("payload does not have the hash"));
    assert!(found[1].contains("total is '9'"));
}

#[tokio::test]
async fn one_account_is_looked_at_alone() {
    let world = eventful().await;
    let other = add(&world.store, "beta").await.unwrap();
    world.sql("UPDATE ebay_orders SET total = '9'").await;
    let done = world.store.audit(Some(other)).await.unwrap();
    let looked_at = (done.ledgers, done.stretches, done.rows, done.events);
    assert_eq!((looked_at, done.found), ((10, 0, 0, 0), 0));
    let done = world.store.audit(Some(world.account)).await.unwrap();
    assert!(done.found >= 4, "{done:?}");
    assert_eq!((done.stretches, done.rows), (7, 4));
}

#[tokio::test]
async fn more_than_a_batch_is_read_and_findings_are_bounded() {
    let world = World::new().await;
    let mut ingest = world.ingest(Worker::Orders).await;
    // Columns that fill a batch by weight, then rows that fill it by number.
    for part in 0..3 {
        let batch = (0..800).map(|n| {
            let mut record = order(&format!("{part}-{n}"), "A", at(1));
            if part == 1 {
                record.values[5] = Value::Text("x".repeat(20_000));
            }
            record
        });
        ingest.batch(FIRST, batch.collect(), NOW).await.unwrap();
    }
    let done = audit(&world).await;
    assert_eq!((done.rows, done.events, done.found), (2_400, 2_400, 0));
    world.sql("UPDATE ebay_orders SET payload = '{}'").await;
    let done = audit(&world).await;
    assert_eq!((done.found, done.findings.len()), (4_800, 1_000));
}

#[tokio::test]
async fn a_database_that_is_being_written_is_whole_at_any_moment() {
    let world = World::new().await;
    let mut ingest = world.ingest(Worker::Orders).await;
    let write = async {
        for round in 0..40 {
            let status = format!("{round}");
            let batch = (0..50).map(|n| order(&n.to_string(), &status, at(round)));
            ingest.batch(FIRST, batch.collect(), NOW).await.unwrap();
        }
    };
    let read = async {
        let mut looked_at = 0;
        while looked_at < 2_000 {
            let done = audit(&world).await;
            assert_eq!(done.findings, []);
            assert!(done.events >= looked_at);
            looked_at = done.events;
        }
    };
    tokio::join!(write, read);
}
