//! What an audit finds in a database, and that it finds nothing in a good one.

use shared::record::{Record, Value};
use shared::wire::message::Mark;
use shared::worker::Worker;
use supervisor::store::{Audit, Finding};

use crate::damages::{Damage, HISTORY, LEDGER, ROWS};
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

#[tokio::test]
async fn damaged_rows_are_found() {
    assert_found(ROWS).await;
}

#[tokio::test]
async fn a_damaged_history_is_found() {
    assert_found(HISTORY).await;
}

#[tokio::test]
async fn a_damaged_ledger_is_found() {
    assert_found(LEDGER).await;
}

#[tokio::test]
async fn a_row_in_another_shape_has_its_payload_checked_and_its_history() {
    let world = eventful().await;
    world
        .sql(
            "UPDATE ebay_orders SET shape_version = 0, \
              content_hash = unhex(hex(zeroblob(16)) || substr(hex(content_hash), 33)) WHERE order_id = '1'",
        )
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

/// Peak of resident memory since it was last forgotten, in KiB (`proc_pid_status(5)`).
fn peak_kib() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.unwrap().trim().trim_end_matches(" kB");
    number.parse().unwrap()
}

/// Run it alone: `cargo test -p supervisor --test store_conformance -- --ignored --nocapture memory`.
#[tokio::test]
#[ignore = "takes a minute, and its memory is only its own if nothing runs beside it"]
async fn the_memory_of_an_audit_does_not_grow_with_the_database() {
    let world = World::new().await;
    let mut ingest = world.ingest(Worker::Orders).await;
    let mut peaks = Vec::new();
    let mut stored = 0;
    for rows in [10_000, 100_000] {
        while stored < rows {
            let batch = (stored..stored + 2_000).map(|n| {
                let mut record = order(&n.to_string(), "A", at(1));
                record.payload = format!("{{\"n\":{n},\"x\":\"{}\"}}", "x".repeat(400));
                record
            });
            ingest.batch(FIRST, batch.collect(), NOW).await.unwrap();
            stored += 2_000;
        }
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
        let before = peak_kib();
        let done = audit(&world).await;
        assert_eq!((done.rows, done.found), (rows, 0));
        peaks.push(peak_kib() - before);
        println!(
            "{rows} rows: {} KiB more than before the audit",
            peak_kib() - before
        );
    }
    assert!(peaks[1] <= peaks[0] + 4_096, "{peaks:?} KiB");
    assert!(peaks[1] <= 32_768, "{peaks:?} KiB");
}
