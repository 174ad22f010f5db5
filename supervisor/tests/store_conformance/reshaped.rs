//! Rows whose shape, mark or source changes: what is written, what the history says of it.

use serde_json::{Value as Json, json};
use shared::record::{Record, Value};
use shared::table::Table;
use shared::worker::Worker;

use crate::harness::{FIRST, NOW, World, at, listing, order, snapshot};

/// What one batch of one run did: created, updated, unchanged.
async fn send(world: &World, worker: Worker, record: Record) -> (u64, u64, u64) {
    let mut ingest = world.ingest(worker).await;
    ingest.batch(FIRST, vec![record], at(1)).await.unwrap();
    let counters = ingest.counters(FIRST);
    (counters.created, counters.updated, counters.unchanged)
}

/// Kind and changes of the events after the first so many.
async fn since(world: &World, first: usize) -> Vec<(String, Json)> {
    let events = world.events().await.into_iter().skip(first);
    events.map(|(kind, _, changes)| (kind, changes)).collect()
}

fn reshaped(changes: Json) -> (String, Json) {
    ("reshaped".to_owned(), changes)
}

fn updated(changes: Json) -> (String, Json) {
    ("updated".to_owned(), changes)
}

#[tokio::test]
async fn a_row_in_another_shape_is_told_but_has_not_changed() {
    let world = World::new().await;
    let record = order("1", "A", at(1));
    send(&world, Worker::Orders, record.clone()).await;
    // As another build would have stored it.
    let tamper = "UPDATE ebay_orders SET shape_version = 0, content_hash = zeroblob(32), \
                  payment_status = 'a', payload = '{\"old\":1}', changed_at = 'then'";
    world.sql(tamper).await;
    assert_eq!(send(&world, Worker::Orders, record).await, (0, 0, 1));
    let expected = [reshaped(json!({"payment_status": ["a", "A"]}))];
    assert_eq!(since(&world, 1).await, expected);
    let row = "SELECT shape_version, payment_status, changed_at FROM ebay_orders";
    assert_eq!(world.sql(row).await, ["1|A|then"]);
    let payload = "SELECT payload FROM ebay_events WHERE kind = 'reshaped'";
    assert_eq!(world.sql(payload).await, ["{\"s\":\"A\"}"]);
}

#[tokio::test]
async fn another_shape_that_nobody_could_see_is_no_event() {
    let world = World::new().await;
    let record = order("1", "A", at(1));
    send(&world, Worker::Orders, record.clone()).await;
    world.sql("UPDATE ebay_orders SET shape_version = 0").await;
    assert_eq!(send(&world, Worker::Orders, record).await, (0, 0, 1));
    assert_eq!(since(&world, 1).await, []);
    let version = "SELECT shape_version FROM ebay_orders";
    assert_eq!(world.sql(version).await, ["1"]);
}

/// A case whose detail was read with a version of its summary.
fn case(state: &str, version: Value) -> Record {
    let columns = Table::Cases.def().columns;
    let mut values = vec![Value::Null; columns.len()];
    values[4] = Value::Text(state.to_owned());
    values[columns.len() - 1] = version;
    Record {
        table: Table::Cases,
        key: vec!["5".to_owned()],
        values,
        ebay_time: None,
        payload: format!("{{\"state\":\"{state}\"}}"),
        volatile: String::new(),
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[tokio::test]
async fn a_mark_is_stored_and_never_told() {
    let world = World::new().await;
    let marks = "SELECT summary_version, state, changed_at FROM ebay_cases";
    let steps = [
        // (state, version, what is stored, created, updated, unchanged)
        ("OPEN", text("1"), "1|OPEN", (1, 0, 0)),
        ("OPEN", text("1"), "1|OPEN", (0, 0, 1)),
        ("OPEN", text("2"), "2|OPEN", (0, 0, 1)),
        ("OPEN", Value::Absent, "2|OPEN", (0, 0, 1)),
        ("OPEN", Value::Null, "-|OPEN", (0, 0, 1)),
        ("SHUT", text("3"), "3|SHUT", (0, 1, 0)),
        ("OPEN", Value::Absent, "3|OPEN", (0, 1, 0)),
    ];
    for (state, version, stored, counts) in steps {
        let why = format!("{state} {version:?}");
        let done = send(&world, Worker::Cases, case(state, version)).await;
        assert_eq!(done, counts, "{why}");
        let found = world.sql(marks).await;
        assert_eq!(found, [format!("{stored}|{}", at(1))], "{why}");
    }
    let expected = [
        ("created".to_owned(), json!({"state": [null, "OPEN"]})),
        updated(json!({"state": ["OPEN", "SHUT"]})),
        updated(json!({"state": ["SHUT", "OPEN"]})),
    ];
    assert_eq!(since(&world, 0).await, expected);
}

#[tokio::test]
async fn a_mark_alone_does_not_move_the_time_of_the_change() {
    let world = World::new().await;
    send(&world, Worker::Cases, case("OPEN", text("1"))).await;
    world.sql("UPDATE ebay_cases SET changed_at = 'then'").await;
    send(&world, Worker::Cases, case("OPEN", text("2"))).await;
    let row = "SELECT summary_version, changed_at FROM ebay_cases";
    assert_eq!(world.sql(row).await, ["2|then"]);
}

/// A listing as the report tells it: no title.
fn from_report(quantity: i64) -> Record {
    let mut record = listing("1", quantity);
    record.values[9] = text("report");
    record.payload = format!("{{\"Quantity\":{quantity}}}");
    record
}

/// The same as Trading tells it.
fn from_trading(quantity: i64, title: &str) -> Record {
    let mut record = listing("1", quantity);
    record.values[0] = text(title);
    record.values[9] = text("trading");
    record.payload = format!("{{\"Title\":\"{title}\",\"QuantityAvailable\":{quantity}}}");
    record
}

#[tokio::test]
async fn another_source_is_told_apart_from_a_change() {
    let world = World::new().await;
    let nothing = (0, 0, 1);
    let changed = (0, 1, 0);
    send(&world, Worker::ActiveInventory, from_report(5)).await;
    let steps = [
        // (record, counts, event, why)
        (from_report(5), nothing, None, "the same"),
        (
            from_trading(5, "Lamp"),
            nothing,
            Some(reshaped(json!({"title": [null, "Lamp"]}))),
            "a column that only the other source has",
        ),
        (from_trading(5, "Lamp"), nothing, None, "the same"),
        (
            from_trading(4, "Lamp"),
            changed,
            Some(updated(json!({"quantity": [4 + 1, 4]}))),
            "one source",
        ),
        (
            from_report(4),
            nothing,
            Some(reshaped(json!({}))),
            "only the payload is another one",
        ),
        (
            from_trading(3, "Lamps"),
            changed,
            Some(updated(
                json!({"quantity": [4, 3], "title": ["Lamp", "Lamps"]}),
            )),
            "both tell the quantity, and not the same",
        ),
        (
            from_report(2),
            changed,
            Some(updated(json!({"quantity": [3, 2]}))),
            "the other way round",
        ),
    ];
    let mut told = 1;
    for (record, counts, event, why) in steps {
        let mark = record.values[9].clone();
        let payload = record.payload.clone();
        let done = send(&world, Worker::ActiveInventory, record).await;
        assert_eq!(done, counts, "{why}");
        let events = since(&world, told).await;
        assert_eq!(events, event.into_iter().collect::<Vec<_>>(), "{why}");
        told += events.len();
        let stored = world
            .sql("SELECT source, payload FROM ebay_active_inventory")
            .await;
        let Value::Text(mark) = mark else {
            unreachable!("{mark:?}");
        };
        assert_eq!(stored, [format!("{mark}|{payload}")], "{why}");
    }
}

#[tokio::test]
async fn what_comes_back_from_another_source_is_open_again() {
    let world = World::new().await;
    snapshot(&world, vec![from_report(5)], at(1)).await.unwrap();
    snapshot(&world, vec![], at(2)).await.unwrap();
    let third = snapshot(&world, vec![from_trading(5, "Lamp")], at(3)).await;
    assert_eq!(third.unwrap().counters(FIRST).updated, 1);
    let back = json!({"title": [null, "Lamp"], "ended_at": [at(2).to_string(), null]});
    assert_eq!(since(&world, 2).await, [updated(back)]);
    let row = "SELECT source, ended_at FROM ebay_active_inventory";
    assert_eq!(world.sql(row).await, ["trading|-"]);
    assert_ne!(at(3), NOW);
}
