//! Whatever sources, shapes and snapshots do to rows: the history folds to them.

use std::collections::BTreeMap;

use fastrand::Rng;
use shared::record::{Record, Value};
use shared::table::{Kind, Table};
use shared::worker::Worker;

use crate::harness::{FIRST, World, at, snapshot};

/// A value of a small set, so that values meet again.
fn value(kind: Kind, rng: &mut Rng) -> Value {
    let number = rng.i64(0..3);
    match kind {
        _ if rng.u8(0..4) == 0 => Value::Null,
        Kind::Text | Kind::Mark => Value::Text(format!("\"ü\\ {number}")),
        Kind::Integer => Value::Integer(number - 1),
        Kind::Decimal => Value::Decimal(format!("-{number}.50")),
        Kind::Time => Value::Time(at(number)),
        Kind::Boolean => Value::Boolean(number > 1),
    }
}

fn record(table: Table, key: &str, rng: &mut Rng) -> Record {
    let def = table.def();
    let by_report = rng.bool();
    // Few sets of values, so that often only the source or the payload differs.
    let mut few = Rng::with_seed(rng.u64(0..3));
    let values = def.columns.iter().map(|column| {
        let value = value(column.kind, &mut few);
        if column.name == "source" {
            Value::Text(if by_report { "report" } else { "trading" }.to_owned())
        } else if by_report && column.name.len() % 2 == 0 {
            Value::Absent
        } else {
            value
        }
    });
    let mut parts = vec![key.to_owned()];
    parts.resize(def.key.len(), String::new());
    Record {
        table,
        values: values.collect(),
        key: parts,
        ebay_time: rng.bool().then(|| at(rng.i64(0..3))),
        payload: format!("{{\"a\":{}}}", rng.u8(0..3)),
        volatile: String::new(),
    }
}

const KEYS: [&str; 5] = ["1", "1!", "\"", "\u{7f}\u{1}", "ü\\"];

async fn round(world: &World, hour: i64, rng: &mut Rng) {
    let mut listings = BTreeMap::new();
    for key in KEYS {
        if rng.bool() {
            continue;
        }
        listings.insert(key, record(Table::ActiveInventory, key, rng));
    }
    snapshot(world, listings.into_values().collect(), at(hour))
        .await
        .unwrap();
    for (worker, table) in [
        (Worker::Orders, Table::Orders),
        (Worker::Cases, Table::Cases),
        (Worker::Messages, Table::Messages),
    ] {
        let mut ingest = world.ingest(worker).await;
        let batch = (0..6).map(|_| record(table, rng.choice(KEYS).unwrap(), rng));
        ingest
            .batch(FIRST, batch.collect(), at(hour))
            .await
            .unwrap();
    }
    // Some rows as another build would have left them.
    let tables = ["ebay_active_inventory", "ebay_orders", "ebay_cases"];
    let table = rng.choice(tables).unwrap();
    world
        .sql(&format!(
            "UPDATE {table} SET shape_version = 7, \
             content_hash = unhex(hex(zeroblob(16)) || substr(hex(content_hash), 33)) WHERE row_id % 2 = 0"
        ))
        .await;
}

#[tokio::test]
async fn whatever_happens_the_history_folds_to_the_rows() {
    let mut kinds = BTreeMap::new();
    for seed in 0..12 {
        let mut rng = Rng::with_seed(seed);
        let world = World::new().await;
        for hour in 1..9 {
            round(&world, hour, &mut rng).await;
            let audit = world.store.audit(None).await.unwrap();
            assert_eq!(audit.findings, [], "seed {seed}, round {hour}");
        }
        for (kind, ..) in world.events().await {
            *kinds.entry(kind).or_insert(0) += 1;
        }
        let said = "SELECT count(*) FROM ebay_events WHERE changes LIKE '%summary_version%' \
                    OR changes LIKE '%\"source\"%'";
        assert_eq!(world.sql(said).await, ["0"], "a mark is told");
    }
    assert_eq!(kinds.len(), 4, "not everything has happened: {kinds:?}");
    assert!(kinds.values().all(|count| *count > 20), "{kinds:?}");
}
