//! Killed at every commit step: what is there is whole, and doing it again completes it.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

use shared::attempt::{RescanOrder, RunMode};
use shared::record::Record;
use shared::time::Timestamp;
use shared::window::{DeepOrder, WindowOrder};
use shared::wire::message::Mark;
use shared::worker::Worker;
use supervisor::outcome::Outcome;
use supervisor::store::Store;

use crate::attempts::{end, end_run};
use crate::harness::{
    FIRST, NOW, World, at, counts, grant, listing, order, returned, slice, snapshot, transaction,
};

const PATH: &str = "BULKHEAD_TEST_DATABASE";

/// Every commit step that has a name.
const STEPS: [&str; 11] = [
    "attempt.begun",
    "attempt.ended",
    "batch.begun",
    "batch.committed",
    "batch.events",
    "batch.rows",
    "checkpoint.begun",
    "checkpoint.committed",
    "checkpoint.cursor",
    "checkpoint.deep",
    "checkpoint.ended",
];

fn listings(quantity: i64, range: std::ops::Range<i64>) -> Vec<Record> {
    range
        .map(|item| listing(&item.to_string(), quantity))
        .collect()
}

/// One pass over orders and listings that changes, ends and creates.
async fn pass(world: &World) {
    let mut ingest = world.ingest(Worker::Orders).await;
    let (_, from) = cursor(world, Worker::Orders).await;
    for batch in [0, 1] {
        let id = format!("{batch}");
        ingest
            .batch(FIRST, vec![order(&id, "A", at(1))], NOW)
            .await
            .unwrap();
    }
    // A first run looks back an hour; a pass that comes again begins with what is left.
    if from < at(24) {
        let mark = Mark::Slice(slice(-1, 0, 24));
        ingest
            .checkpoint(FIRST, mark, counts(2), NOW)
            .await
            .unwrap();
    }
    again(world).await;
    let (known, last) = cursor(world, Worker::ActiveInventory).await;
    if !known {
        snapshot(world, listings(1, 0..10), at(1)).await.unwrap();
    }
    if last < at(2) {
        snapshot(world, listings(2, 5..12), at(2)).await.unwrap();
    }
    let begun = world.begin(&[Worker::Orders], "me").await.unwrap();
    let run = end_run(Worker::Orders, Outcome::Completed);
    end(world, grant(world.account, &begun), vec![run])
        .await
        .unwrap();
}

/// A backfill with its deep pass, and a rescan.
async fn again(world: &World) {
    let deep = |deep| {
        RunMode::Window(WindowOrder {
            cursor: if deep { at(9) } else { at(0) },
            until: at(9),
            step_ms: 86_400_000,
            overlap_ms: 0,
            deep: deep.then(|| DeepOrder {
                from: at(0),
                until: at(9),
            }),
        })
    };
    let (known, _) = cursor(world, Worker::Transactions).await;
    if !known {
        let mark = Mark::Slice(slice(0, 0, 9));
        one(world, deep(false), transaction("1", "A"), mark).await;
    }
    let mark = Mark::Deep(slice(0, 0, 9));
    one(world, deep(true), transaction("1", "B"), mark).await;
    let rescan = RunMode::Rescan(RescanOrder {
        from: at(0),
        open_from: at(0),
        until: at(9),
    });
    one(world, rescan, returned("1", "A", "v"), Mark::Rescan(at(9))).await;
}

/// A run of one record and one checkpoint.
async fn one(world: &World, mode: RunMode, record: Record, mark: Mark) {
    let worker = match mode {
        RunMode::Rescan(_) => Worker::Returns,
        RunMode::Window(_) | RunMode::Snapshot(_) => Worker::Transactions,
    };
    let mut ingest = world.ordered(worker, mode).await;
    ingest.batch(FIRST, vec![record], NOW).await.unwrap();
    ingest
        .checkpoint(FIRST, mark, counts(1), NOW)
        .await
        .unwrap();
}

async fn cursor(world: &World, worker: Worker) -> (bool, Timestamp) {
    let state = world.state(worker).await;
    (state.cursor.is_some(), state.cursor.unwrap_or(NOW))
}

#[tokio::test]
#[ignore = "runs in a process of its own, which is killed"]
async fn body() {
    let path = std::path::PathBuf::from(std::env::var_os(PATH).unwrap());
    let store = Store::open(&path, false).await.unwrap();
    let account = store.accounts().await.unwrap()[0].id;
    let directory = tempfile::tempdir().unwrap();
    let world = World {
        directory,
        store,
        account,
    };
    pass(&world).await;
}

/// Runs the body in another process.
fn spawn(world: &World, variable: &str, value: &str) -> Option<i32> {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::body", "--ignored", "--nocapture"])
        .env(PATH, world.path())
        .env(variable, value)
        .output()
        .unwrap()
        .status
        .signal()
}

/// What a pass leaves, without numbers and times of ours.
async fn picture(world: &World) -> Vec<String> {
    let mut lines = Vec::new();
    for text in [
        "SELECT order_id, payment_status, payload FROM ebay_orders ORDER BY 1",
        "SELECT item_id, quantity, payload, ended_at FROM ebay_active_inventory ORDER BY 1",
        "SELECT entity, entity_key, kind, changes, payload FROM ebay_events \
         ORDER BY entity, entity_key, event_id",
        "SELECT worker, start_at, end_at FROM sync_windows ORDER BY worker, end_at",
        "SELECT transaction_id, status, payload FROM ebay_transactions",
        "SELECT return_id, status, summary_version, payload FROM ebay_returns",
        "SELECT worker, since, cursor, suspect_at, deep_from, deep_until FROM sync_state \
         WHERE cursor IS NOT NULL ORDER BY 1",
    ] {
        lines.extend(world.sql(text).await);
    }
    lines
}

/// A row without its event, an event without its row, or a cursor without its ledger row.
async fn torn(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    for text in [
        "SELECT order_id FROM ebay_orders o WHERE o.payload IS NOT (SELECT payload FROM ebay_events \
         WHERE entity = 'order' AND entity_key = json_array(o.order_id) \
         ORDER BY event_id DESC LIMIT 1)",
        "SELECT item_id FROM ebay_active_inventory i WHERE ended_at IS NULL AND i.payload IS NOT \
         (SELECT payload FROM ebay_events WHERE entity = 'listing' AND entity_key = \
         json_array(i.item_id, i.sku, i.variation_key) ORDER BY event_id DESC LIMIT 1)",
        "SELECT count(*) FROM ebay_active_inventory WHERE ended_at IS NOT NULL \
         HAVING count(*) <> (SELECT count(*) FROM ebay_events WHERE kind = 'ended')",
        "SELECT worker FROM sync_state s WHERE s.cursor IS NOT (SELECT max(end_at) \
         FROM sync_windows w WHERE w.worker = s.worker)",
    ] {
        found.extend(world.sql(text).await);
    }
    found
}

#[tokio::test]
async fn nothing_is_lost_doubled_or_torn() {
    let calm = World::new().await;
    let trace = calm.directory.path().join("trace");
    let signal = spawn(&calm, "BULKHEAD_KILL_TRACE", trace.to_str().unwrap());
    assert_eq!(signal, None);
    let expected = picture(&calm).await;
    assert_eq!(
        expected.len(),
        2 + 12 + 2 + 10 + 5 + 5 + 2 + 3 + 3 + 2 + 2 + 4,
        "{expected:#?}"
    );
    let steps = std::fs::read_to_string(&trace).unwrap();
    let mut reached: Vec<(String, u64)> = Vec::new();
    for name in steps.lines() {
        let nth = reached.iter().filter(|(known, _)| known == name).count() as u64 + 1;
        reached.push((name.to_owned(), nth));
    }
    let mut names: Vec<&str> = steps.lines().collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, STEPS);
    for (name, nth) in reached {
        let world = World::new().await;
        let point = format!("{name}:{nth}");
        assert_eq!(
            spawn(&world, "BULKHEAD_KILL_AT", &point),
            Some(9),
            "{point}"
        );
        assert_eq!(torn(&world).await, Vec::<String>::new(), "{point}");
        for open in world.store.open_attempts("host").await.unwrap() {
            world
                .store
                .rescue_attempt(open.grant.attempt, NOW, &mut crate::harness::interrupted)
                .await
                .unwrap();
        }
        pass(&world).await;
        assert_eq!(torn(&world).await, Vec::<String>::new(), "{point}");
        assert_eq!(picture(&world).await, expected, "{point}");
    }
}
