//! Every column of a row of every table, changed behind our back: the audit finds it, but for those
//! that it does not claim.

use shared::record::{Record, Value};
use shared::table::{Kind, Table};
use shared::worker::Worker;

use crate::harness::{FIRST, World, at, counts, order, slice, snapshot};
use shared::wire::message::Mark;

/// What the audit does not claim of eBay's rows, beside marks.
const ROWS: [&str; 3] = ["row_id", "volatile", "ebay_time"];
/// What it does not claim of events: nothing else speaks of it.
const EVENTS: [&str; 3] = ["ebay_time", "attempt_id", "run_no"];
/// What it does not claim of the ledger.
const LEDGER: [&str; 4] = ["row_id", "attempt_id", "records", "committed_at"];

fn value(kind: Kind, version: i64) -> Value {
    match kind {
        Kind::Text => Value::Text(format!("text {version}")),
        Kind::Mark => Value::Text("report".to_owned()),
        Kind::Integer => Value::Integer(version),
        Kind::Decimal => Value::Decimal(format!("{version}.50")),
        Kind::Time => Value::Time(at(version)),
        Kind::Boolean => Value::Boolean(version % 2 == 0),
    }
}

/// An item of which everything is known.
fn record(table: Table, version: i64) -> Record {
    let def = table.def();
    let columns = def.columns.iter();
    Record {
        table,
        key: def.key.iter().map(|part| format!("{part} 1")).collect(),
        values: columns.map(|column| value(column.kind, version)).collect(),
        ebay_time: Some(at(version)),
        payload: format!("{{\"v\":{version}}}"),
        volatile: "{}".to_owned(),
    }
}

/// One row in every table, created and updated; three slices; a snapshot.
async fn full() -> World {
    let world = World::new().await;
    for worker in Worker::ALL {
        for version in 1..3 {
            let mut ingest = world.ingest(worker).await;
            let tables = worker.tables().iter();
            let records = tables.map(|table| record(*table, version)).collect();
            ingest.batch(FIRST, records, at(version)).await.unwrap();
        }
    }
    let mut ingest = world.ingest(Worker::Orders).await;
    for day in 0..3 {
        let fetched = if day == 0 { -1 } else { 24 * day };
        let mark = Mark::Slice(slice(fetched, 24 * day, 24 * (day + 1)));
        let orders = vec![order("9", &format!("{day}"), at(24 * day))];
        ingest.batch(FIRST, orders, at(24 * day)).await.unwrap();
        ingest
            .checkpoint(FIRST, mark, counts(1), at(99))
            .await
            .unwrap();
    }
    let listing = record(Table::ActiveInventory, 2);
    snapshot(&world, vec![listing], at(3)).await.unwrap();
    world
}

async fn found(world: &World) -> u64 {
    world.store.audit(None).await.unwrap().found
}

/// What a column can be changed to, as SQL.
fn other(name: &str, kind: &str) -> String {
    match (name, kind) {
        (_, "INTEGER") if name.starts_with("is_") => format!("1 - {name}"),
        (_, "INTEGER") => format!("coalesce({name}, 0) + 1000"),
        (_, "BLOB") => format!("unhex(substr(hex({name}), 3) || substr(hex({name}), 1, 2))"),
        ("kind", _) => "'reshaped'".to_owned(),
        ("changes", _) => "'{}'".to_owned(),
        ("recorded_at" | "start_at" | "end_at", _) => format!("replace({name}, '.000Z', '.001Z')"),
        _ => format!("coalesce({name}, '') || 'x'"),
    }
}

/// Flips every column of one row but those, and tells which ones the audit did not find.
async fn unfound(world: &World, table: &str, row: &str, unclaimed: &[&str]) -> Vec<String> {
    let columns = world
        .sql(&format!(
            "SELECT name, type FROM pragma_table_info('{table}')"
        ))
        .await;
    let mut missed = Vec::new();
    for column in &columns {
        let (name, kind) = column.split_once('|').unwrap();
        if unclaimed.contains(&name) {
            continue;
        }
        let keep = format!("CREATE TABLE kept AS SELECT * FROM {table} WHERE {row}");
        world.sql(&keep).await;
        let set = other(name, kind);
        world
            .sql(&format!("UPDATE {table} SET {name} = {set} WHERE {row}"))
            .await;
        if found(world).await == 0 {
            missed.push(format!("{table}.{name}"));
        }
        let key = row.split_once(' ').unwrap().0;
        let back = if name == key {
            format!(
                "UPDATE {table} SET {name} = (SELECT {name} FROM kept) WHERE {name} = (SELECT {name} + 1000 FROM kept)"
            )
        } else {
            format!("UPDATE {table} SET {name} = (SELECT {name} FROM kept) WHERE {row}")
        };
        world.sql(&back).await;
        world.sql("DROP TABLE kept").await;
        assert_eq!(found(world).await, 0, "{table}.{name} was put back");
    }
    missed
}

#[tokio::test]
async fn every_column_that_is_claimed_is_proven() {
    let world = full().await;
    assert_eq!(found(&world).await, 0);
    let mut missed = Vec::new();
    for table in Table::ALL {
        let def = table.def();
        let marks = def
            .columns
            .iter()
            .filter(|column| column.kind == Kind::Mark);
        let unclaimed: Vec<&str> = marks.map(|column| column.name).chain(ROWS).collect();
        missed.extend(unfound(&world, def.name, "row_id = 1", &unclaimed).await);
    }
    let last = world
        .sql("SELECT max(event_id) FROM ebay_events WHERE entity = 'case'")
        .await;
    let event = format!("event_id = {}", last[0]);
    missed.extend(unfound(&world, "ebay_events", &event, &EVENTS).await);
    let gap = ["gap_by", "gap_reason"];
    let unclaimed: Vec<&str> = LEDGER.into_iter().chain(gap).collect();
    missed.extend(unfound(&world, "sync_windows", "row_id = 2", &unclaimed).await);
    assert_eq!(missed, [""; 0]);
}

#[tokio::test]
async fn a_row_that_is_gone_or_that_was_never_told_of_is_found() {
    let world = full().await;
    let mut tables: Vec<(String, &str)> = Table::ALL
        .into_iter()
        .map(|table| (table.def().name.to_owned(), "row_id = 1"))
        .collect();
    tables.push(("sync_windows".to_owned(), "row_id = 2"));
    tables.push(("ebay_events".to_owned(), "event_id = 3"));
    for (table, row) in tables {
        world
            .sql(&format!(
                "CREATE TABLE kept AS SELECT * FROM {table} WHERE {row}"
            ))
            .await;
        world.sql(&format!("DELETE FROM {table} WHERE {row}")).await;
        assert!(found(&world).await > 0, "{table}: a row is gone");
        world
            .sql(&format!("INSERT INTO {table} SELECT * FROM kept"))
            .await;
        assert_eq!(found(&world).await, 0, "{table}: it was put back");
        let (number, other) = match table.as_str() {
            "ebay_events" => ("event_id", "entity_key = '[\"other\"]'".to_owned()),
            "sync_windows" => ("row_id", "end_at = start_at || 'x'".to_owned()),
            _ => {
                let def = Table::ALL.into_iter().find(|one| one.def().name == table);
                ("row_id", format!("{} = 'other'", def.unwrap().def().key[0]))
            }
        };
        world
            .sql(&format!("UPDATE kept SET {number} = 999, {other}"))
            .await;
        world
            .sql(&format!("INSERT INTO {table} SELECT * FROM kept"))
            .await;
        assert!(found(&world).await > 0, "{table}: a row was added");
        world
            .sql(&format!("DELETE FROM {table} WHERE {number} = 999"))
            .await;
        world
            .sql(
                "UPDATE sqlite_sequence SET seq = (SELECT max(event_id) FROM ebay_events) \
                  WHERE name = 'ebay_events'",
            )
            .await;
        world.sql("DROP TABLE kept").await;
        assert_eq!(found(&world).await, 0, "{table}: it was taken away");
    }
}
