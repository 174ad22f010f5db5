//! What becomes of a record: rows and their history.

use serde_json::json;
use shared::record::{Record, Value};
use shared::table::Table;
use shared::time::Timestamp;
use shared::worker::Worker;
use supervisor::ingest::{Ingest, IngestError};

use crate::harness::{FIRST, NOW, World, at, listing, order, snapshot};

async fn send(ingest: &mut Ingest, records: Vec<Record>) {
    ingest.batch(FIRST, records, NOW).await.unwrap();
}

#[tokio::test]
async fn each_change_is_one_event_and_a_reread_is_none() {
    let world = World::new().await;
    let mut ingest = world.ingest(Worker::Orders).await;
    for (status, time) in [("A", 1), ("A", 1), ("B", 2), ("A", 3), ("A", 3)] {
        send(&mut ingest, vec![order("1", status, at(time))]).await;
    }
    let events = world.events().await;
    let changes: Vec<_> = events
        .iter()
        .map(|(kind, _, changes)| (kind.as_str(), changes))
        .collect();
    assert_eq!(
        changes,
        [
            ("created", &json!({"payment_status": [null, "A"]})),
            ("updated", &json!({"payment_status": ["A", "B"]})),
            ("updated", &json!({"payment_status": ["B", "A"]})),
        ]
    );
    let counters = ingest.counters(FIRST);
    let told = (
        counters.records,
        counters.created,
        counters.updated,
        counters.unchanged,
    );
    assert_eq!(told, (5, 1, 2, 2));
    let payloads = world
        .sql("SELECT payload, ebay_time, run_no FROM ebay_events")
        .await;
    let expected =
        [("A", 1), ("B", 2), ("A", 3)].map(|(s, t)| format!("{{\"s\":\"{s}\"}}|{}|0", at(t)));
    assert_eq!(payloads, expected);
}

#[tokio::test]
async fn a_row_has_everything_that_was_sent() {
    let world = World::new().await;
    let mut ingest = world.ingest(Worker::Orders).await;
    let mut record = order("27-1", "PAID", at(1));
    record.values[0] = Value::Time(Timestamp(1));
    record.values[6] = Value::Decimal("12.50".to_owned());
    record.values[8] = Value::Integer(3);
    record.volatile = "{\"views\":1}".to_owned();
    send(&mut ingest, vec![record]).await;
    let row = world
        .sql(
            "SELECT account_id, order_id, created_at, total, line_item_count, payload, volatile, \
             length(content_hash), shape_version, ebay_time, first_seen_at, changed_at, ended_at \
             FROM ebay_orders",
        )
        .await;
    let expected = format!(
        "1|27-1|1970-01-01T00:00:00.001Z|12.50|3|{{\"s\":\"PAID\"}}|{{\"views\":1}}|32|1|{}|{NOW}|{NOW}|-",
        at(1)
    );
    assert_eq!(row, [expected]);
}

#[tokio::test]
async fn an_older_reading_is_ignored() {
    let world = World::new().await;
    let mut ingest = world.ingest(Worker::Orders).await;
    send(&mut ingest, vec![order("1", "new", at(5))]).await;
    send(&mut ingest, vec![order("1", "old", at(4))]).await;
    assert_eq!(world.kinds().await, ["created 1"]);
    assert_eq!(
        world.sql("SELECT payment_status FROM ebay_orders").await,
        ["new"]
    );
    assert_eq!(ingest.counters(FIRST).stale, 1);
}

#[tokio::test]
async fn what_moves_on_its_own_is_not_written() {
    let world = World::new().await;
    let mut ingest = world.ingest(Worker::Orders).await;
    for volatile in ["{\"views\":1}", "{\"views\":2}"] {
        let mut record = order("1", "A", at(1));
        record.volatile = volatile.to_owned();
        send(&mut ingest, vec![record]).await;
    }
    assert_eq!(
        world.sql("SELECT volatile FROM ebay_orders").await,
        ["{\"views\":1}"]
    );
    assert_eq!(world.kinds().await, ["created 1"]);
}

#[tokio::test]
async fn a_key_twice_in_one_batch_changes_in_order() {
    let world = World::new().await;
    let mut ingest = world.ingest(Worker::Orders).await;
    let batch = vec![
        order("2", "A", at(1)),
        order("1", "A", at(1)),
        order("2", "B", at(2)),
        order("1", "A", at(1)),
        order("2", "C", at(1)),
        order("2", "A", at(3)),
    ];
    send(&mut ingest, batch).await;
    let counters = ingest.counters(FIRST);
    let told = (
        counters.created,
        counters.updated,
        counters.unchanged,
        counters.stale,
    );
    assert_eq!(told, (2, 2, 1, 1));
    let history = world
        .sql("SELECT changes FROM ebay_events WHERE entity_key = '[\"2\"]' ORDER BY event_id")
        .await;
    assert_eq!(history.len(), 3, "{history:?}");
    assert_eq!(history[2], "{\"payment_status\":[\"B\",\"A\"]}");
}

#[tokio::test]
async fn an_absent_column_keeps_what_is_stored() {
    let world = World::new().await;
    let mut ingest = world.ingest(Worker::ActiveInventory).await;
    let mut titled = listing("1", 5);
    titled.values[0] = Value::Text("Lamp".to_owned());
    send(&mut ingest, vec![titled]).await;
    // Another source without titles, in a snapshot of its own: the same item, then less of it.
    let mut ingest = world.ingest(Worker::ActiveInventory).await;
    send(&mut ingest, vec![listing("1", 5)]).await;
    assert_eq!(ingest.counters(FIRST).unchanged, 1);
    let mut ingest = world.ingest(Worker::ActiveInventory).await;
    send(&mut ingest, vec![listing("1", 4)]).await;
    let events = world.events().await;
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!(events[1].2, json!({"quantity": [5, 4]}));
    let row = world
        .sql("SELECT title, quantity FROM ebay_active_inventory")
        .await;
    assert_eq!(row, ["Lamp|4"]);
}

#[tokio::test]
async fn a_payload_alone_is_a_change() {
    let world = World::new().await;
    let mut ingest = world.ingest(Worker::ActiveInventory).await;
    send(&mut ingest, vec![listing("1", 5)]).await;
    let mut ingest = world.ingest(Worker::ActiveInventory).await;
    let mut record = listing("1", 5);
    record.payload = "{\"q\":5,\"new\":true}".to_owned();
    send(&mut ingest, vec![record.clone()]).await;
    let events = world.events().await;
    assert_eq!(events[1].0, "updated");
    assert_eq!(events[1].2, json!({}));
    let payload = world
        .sql("SELECT payload FROM ebay_events ORDER BY event_id DESC LIMIT 1")
        .await;
    assert_eq!(payload, [record.payload]);
}

#[tokio::test]
async fn orders_and_line_items_share_a_batch() {
    let world = World::new().await;
    let mut ingest = world.ingest(Worker::Orders).await;
    let item = Record {
        table: Table::OrderLineItems,
        key: vec!["1".to_owned(), "x\"\u{1}é".to_owned()],
        values: vec![Value::Null; Table::OrderLineItems.def().columns.len()],
        ebay_time: None,
        payload: "{}".to_owned(),
        volatile: String::new(),
    };
    for _ in 0..2 {
        send(&mut ingest, vec![order("1", "A", at(1)), item.clone()]).await;
    }
    assert_eq!(world.kinds().await, ["created 1", "created 1"]);
    assert_eq!(ingest.counters(FIRST).unchanged, 2);
}

#[tokio::test]
async fn accounts_do_not_share_rows() {
    let world = World::new().await;
    let other = World {
        account: crate::harness::add(&world.store, "beta").await.unwrap(),
        store: world.store.clone(),
        directory: tempfile::tempdir().unwrap(),
    };
    for world in [&world, &other] {
        let mut ingest = world.ingest(Worker::Orders).await;
        send(&mut ingest, vec![order("1", "A", at(1))]).await;
    }
    assert_eq!(
        world.sql("SELECT account_id FROM ebay_orders").await,
        ["1", "2"]
    );
}

#[tokio::test]
async fn large_batches_are_split() {
    let world = World::new().await;
    let mut ingest = world.ingest(Worker::Orders).await;
    let many: Vec<Record> = (0..4_321)
        .map(|n| order(&n.to_string(), "A", at(1)))
        .collect();
    send(&mut ingest, many.clone()).await;
    send(&mut ingest, many).await;
    let counters = ingest.counters(FIRST);
    assert_eq!(
        (counters.created, counters.unchanged, counters.batches),
        (4_321, 4_321, 2)
    );
    let wrong = "SELECT count(*) FROM ebay_events e JOIN ebay_orders o \
                 ON json_array(o.order_id) = e.entity_key WHERE e.payload <> o.payload";
    assert_eq!(world.sql(wrong).await, ["0"]);
    let right = wrong.replace("<>", "=");
    assert_eq!(world.sql(&right).await, ["4321"]);
}

#[tokio::test]
async fn a_snapshot_may_repeat_itself_but_not_contradict() {
    let world = World::new().await;
    let mut ingest = world.ingest(Worker::ActiveInventory).await;
    send(&mut ingest, vec![listing("1", 5), listing("1", 5)]).await;
    send(&mut ingest, vec![listing("1", 5)]).await;
    for batch in [
        vec![listing("1", 6)],
        vec![listing("2", 1), listing("2", 2)],
    ] {
        let error = ingest.batch(FIRST, batch, NOW).await.unwrap_err();
        let IngestError::Refused(failure) = error else {
            unreachable!("{error}");
        };
        assert_eq!(failure.name(), "bad_data");
        assert!(
            failure.what().contains("twice in one snapshot"),
            "{failure}"
        );
    }
    assert_eq!(world.kinds().await, ["created 1"]);
}

#[tokio::test]
async fn what_ended_may_come_back() {
    let world = World::new().await;
    snapshot(&world, vec![listing("1", 5), listing("2", 5)], at(1))
        .await
        .unwrap();
    let second = snapshot(&world, vec![listing("2", 5)], at(2))
        .await
        .unwrap();
    assert_eq!(second.counters(FIRST).ended, 1);
    let third = snapshot(&world, vec![listing("1", 5), listing("2", 5)], at(3))
        .await
        .unwrap();
    assert_eq!(third.counters(FIRST).updated, 1);
    let events = world.events().await;
    let ended = at(2).to_string();
    let expected = [
        ("ended".to_owned(), json!({"ended_at": [null, ended]})),
        ("updated".to_owned(), json!({"ended_at": [ended, null]})),
    ];
    let last: Vec<_> = events[2..]
        .iter()
        .map(|(kind, _, changes)| (kind.clone(), changes.clone()))
        .collect();
    assert_eq!(last, expected);
    assert_eq!(events[2].1, events[0].1, "the same key in the same writing");
    let open = "SELECT count(*) FROM ebay_active_inventory WHERE ended_at IS NULL";
    assert_eq!(world.sql(open).await, ["2"]);
}
