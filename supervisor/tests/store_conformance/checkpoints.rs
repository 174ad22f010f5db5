//! Checkpoints: the cursor, the ledger, and what a snapshot ends.

use shared::attempt::ModeState;
use shared::id::RunNo;
use shared::record::Record;
use shared::time::Timestamp;
use shared::wire::message::Mark;
use shared::worker::Worker;
use supervisor::ingest::{Ingest, IngestError};
use supervisor::store::StoreError;

use crate::harness::{
    FIRST, HOUR, NOW, World, at, counts, listing, order, refused, snapshot, task, violation,
};

fn slice(fetch_start: i64, start: i64, end: i64) -> Mark {
    Mark::Slice(crate::harness::slice(fetch_start, start, end))
}

async fn checkpoint(ingest: &mut Ingest, mark: Mark, records: u64) -> Result<(), IngestError> {
    ingest.checkpoint(FIRST, mark, counts(records), NOW).await
}

const LEDGER: &str = "SELECT start_at, end_at, records FROM sync_windows ORDER BY end_at";
const CURSOR: &str = "SELECT since, cursor FROM sync_state WHERE worker = ";

fn listings(range: std::ops::Range<i64>) -> Vec<Record> {
    range.map(|item| listing(&item.to_string(), 1)).collect()
}

#[tokio::test]
async fn slices_move_the_cursor_and_tile_the_ledger() {
    let world = World::new().await;
    let mut ingest = world.ingest(Worker::Orders).await;
    ingest
        .batch(FIRST, vec![order("1", "A", at(1))], NOW)
        .await
        .unwrap();
    checkpoint(&mut ingest, slice(-1, 0, 24), 1).await.unwrap();
    checkpoint(&mut ingest, slice(24, 24, 48), 0).await.unwrap();
    let told = ingest.counters(FIRST);
    assert_eq!((told.slices, told.cursor), (2, Some(at(48))));
    // The next attempt goes on where the cursor lies, with its own overlap.
    let mut ingest = world.ingest(Worker::Orders).await;
    checkpoint(&mut ingest, slice(47, 48, 72), 0).await.unwrap();
    let ledger = world.sql(LEDGER).await;
    let expected = [(0, 24, 1), (24, 48, 0), (48, 72, 0)]
        .map(|(start, end, records)| format!("{}|{}|{records}", at(start), at(end)));
    assert_eq!(ledger, expected);
    let state = world.sql(&format!("{CURSOR}'orders'")).await;
    assert_eq!(state, [format!("{}|{}", at(0), at(72))]);
}

#[tokio::test]
async fn only_the_ordered_slice_is_accepted() {
    let world = World::new().await;
    let cases = [
        (slice(-1, 0, 23), 0, "shorter"),
        (slice(0, 0, 24), 0, "without the overlap"),
        (slice(24, 24, 48), 0, "the one after"),
        (Mark::Snapshot(at(1)), 0, "another mode"),
        (slice(-1, 0, 24), 1, "more records than were sent"),
    ];
    for (mark, records, why) in cases {
        let mut ingest = world.ingest(Worker::Orders).await;
        violation(checkpoint(&mut ingest, mark, records).await.expect_err(why));
    }
    assert_eq!(world.sql(LEDGER).await.len(), 0);
    assert_eq!(world.sql(&format!("{CURSOR}'orders'")).await, ["-|-"]);
}

#[tokio::test]
async fn what_was_not_ordered_is_illegal() {
    let world = World::new().await;
    let mut ingest = world.ingest(Worker::Orders).await;
    let one = || vec![order("1", "A", at(1))];
    let other = ingest.batch(RunNo(1), one(), NOW).await.unwrap_err();
    assert_eq!(violation(other), "run 1 was not ordered");
    violation(ingest.batch(FIRST, Vec::new(), NOW).await.unwrap_err());
    violation(
        ingest
            .batch(FIRST, vec![listing("1", 1)], NOW)
            .await
            .unwrap_err(),
    );
    violation(ingest.state(FIRST, ModeState::Idle).await.unwrap_err());
    for (fetch, start, end) in [
        (-1, 0, 24),
        (24, 24, 48),
        (48, 48, 72),
        (72, 72, 96),
        (96, 96, 100),
    ] {
        checkpoint(&mut ingest, slice(fetch, start, end), 0)
            .await
            .unwrap();
    }
    let late = ingest.batch(FIRST, one(), NOW).await.unwrap_err();
    assert_eq!(violation(late), "a batch after the window is covered");
}

#[tokio::test]
async fn a_cursor_that_was_moved_meanwhile_stays() {
    let world = World::new().await;
    let mut ingest = world.ingest(Worker::Orders).await;
    world
        .sql(&format!("UPDATE sync_state SET cursor = '{}'", at(7)))
        .await;
    let error = checkpoint(&mut ingest, slice(-1, 0, 24), 0)
        .await
        .unwrap_err();
    let (name, what) = refused(error);
    assert_eq!(name, "transient");
    assert!(what.contains(&at(7).to_string()), "{what}");
    assert_eq!(world.sql(LEDGER).await.len(), 0);
}

#[tokio::test]
async fn an_unreadable_cursor_stops_its_worker_and_no_other() {
    let world = World::new().await;
    world
        .sql("UPDATE sync_state SET cursor = 'now' WHERE worker = 'orders'")
        .await;
    let found = world.store.sync_states().await.unwrap();
    assert_eq!(found.states.len(), Worker::ALL.len() - 1);
    assert!(
        found
            .states
            .iter()
            .all(|state| state.worker != Worker::Orders)
    );
    let broken = &found.unreadable[0];
    assert_eq!(
        (broken.account.as_str(), broken.worker.as_str()),
        ("alpha", "orders")
    );
    let text = broken.error.to_string();
    for part in ["sync_state.cursor", "account 1, worker orders", "'now'"] {
        assert!(text.contains(part), "{text}");
    }
    let refused = world.begin(&[Worker::Orders], "me").await.unwrap_err();
    assert!(
        matches!(
            refused,
            StoreError::BadValue {
                column: "cursor",
                ..
            }
        ),
        "{refused}"
    );
    assert_eq!(
        world.sql("SELECT count(*) FROM attempts").await,
        ["0"],
        "rolled back"
    );
}

#[tokio::test]
async fn a_snapshot_ends_what_it_did_not_see() {
    let world = World::new().await;
    snapshot(&world, listings(0..3), at(1)).await.unwrap();
    snapshot(&world, listings(1..3), at(2)).await.unwrap();
    snapshot(&world, Vec::new(), at(3)).await.unwrap();
    let kinds = world.kinds().await;
    let expected = [
        "created 0",
        "created 1",
        "created 2",
        "ended 0",
        "ended 1",
        "ended 2",
    ];
    assert_eq!(kinds, expected);
    let ended = "SELECT item_id, ended_at, changed_at FROM ebay_active_inventory ORDER BY item_id";
    let expected = [(0, 2), (1, 3), (2, 3)].map(|(item, hour)| format!("{item}|{0}|{0}", at(hour)));
    assert_eq!(world.sql(ended).await, expected);
    let ledger = [(1, 1, 3), (1, 2, 2), (2, 3, 0)]
        .map(|(start, end, records)| format!("{}|{}|{records}", at(start), at(end)));
    assert_eq!(world.sql(LEDGER).await, ledger);
    let state = world.sql(&format!("{CURSOR}'active_inventory'")).await;
    assert_eq!(state, [format!("{}|{}", at(1), at(3))]);
}

#[tokio::test]
async fn an_old_or_a_future_snapshot_is_refused() {
    let world = World::new().await;
    snapshot(&world, listings(0..2), at(2)).await.unwrap();
    for taken_at in [at(1), at(2)] {
        let (name, what) = refused(
            snapshot(&world, listings(0..1), taken_at)
                .await
                .unwrap_err(),
        );
        assert_eq!(name, "incomplete");
        assert!(
            what.contains("older than the last committed report"),
            "{what}"
        );
    }
    let mut ingest = world.ingest(Worker::ActiveInventory).await;
    let future = Mark::Snapshot(Timestamp(NOW.0 + 25 * HOUR));
    let (name, _) = refused(checkpoint(&mut ingest, future, 0).await.unwrap_err());
    assert_eq!(name, "bad_data");
    violation(
        checkpoint(&mut ingest, slice(-1, 0, 24), 0)
            .await
            .unwrap_err(),
    );
    assert_eq!(world.sql(LEDGER).await.len(), 1);
    let open = "SELECT count(*) FROM ebay_active_inventory WHERE ended_at IS NULL";
    assert_eq!(world.sql(open).await, ["2"]);
}

#[tokio::test]
async fn a_snapshot_that_would_end_too_much_needs_a_second_one() {
    let world = World::new().await;
    snapshot(&world, listings(0..120), at(1)).await.unwrap();
    let (name, what) = refused(snapshot(&world, listings(0..50), at(2)).await.unwrap_err());
    assert_eq!(name, "incomplete");
    assert_eq!(what, "would end 70 of 120 rows; a second report must agree");
    let state = || {
        world
            .store
            .sync_state(world.account, Worker::ActiveInventory)
    };
    assert_eq!(state().await.unwrap().suspect_at, Some(at(2)));
    // The same report again proves nothing.
    refused(snapshot(&world, Vec::new(), at(2)).await.unwrap_err());
    assert_eq!(world.kinds().await.len(), 120);
    let second = snapshot(&world, listings(0..50), at(3)).await.unwrap();
    assert_eq!(second.counters(FIRST).ended, 70);
    let after = state().await.unwrap();
    assert_eq!((after.suspect_at, after.cursor), (None, Some(at(3))));
}

#[tokio::test]
async fn a_good_snapshot_clears_the_suspicion() {
    let world = World::new().await;
    snapshot(&world, listings(0..120), at(1)).await.unwrap();
    refused(snapshot(&world, Vec::new(), at(2)).await.unwrap_err());
    snapshot(&world, listings(0..120), at(3)).await.unwrap();
    refused(snapshot(&world, Vec::new(), at(4)).await.unwrap_err());
}

#[tokio::test]
async fn thousands_of_rows_end_in_chunks() {
    let world = World::new().await;
    snapshot(&world, listings(0..4_500), at(1)).await.unwrap();
    refused(snapshot(&world, listings(0..1), at(2)).await.unwrap_err());
    let last = snapshot(&world, listings(0..1), at(3)).await.unwrap();
    assert_eq!(last.counters(FIRST).ended, 4_499);
    let ended = "SELECT count(*), count(DISTINCT entity_key) FROM ebay_events WHERE kind = 'ended'";
    assert_eq!(world.sql(ended).await, ["4499|4499"]);
}

#[tokio::test]
async fn a_snapshot_of_one_run_does_not_see_the_one_before() {
    let world = World::new().await;
    let mut ingest = world.ingest(Worker::ActiveInventory).await;
    ingest.batch(FIRST, listings(0..2), NOW).await.unwrap();
    checkpoint(&mut ingest, Mark::Snapshot(at(1)), 2)
        .await
        .unwrap();
    ingest
        .batch(FIRST, vec![listing("0", 9)], NOW)
        .await
        .unwrap();
    checkpoint(&mut ingest, Mark::Snapshot(at(2)), 1)
        .await
        .unwrap();
    assert_eq!(ingest.counters(FIRST).ended, 1);
}

#[tokio::test]
async fn ended_keys_are_written_as_created_ones() {
    let world = World::new().await;
    let mut odd = listing("1", 1);
    odd.key[1] = "a\"b\\c\u{1}\u{1f}\u{7f}\t'é\u{2028}/".to_owned();
    snapshot(&world, vec![odd], at(1)).await.unwrap();
    snapshot(&world, Vec::new(), at(2)).await.unwrap();
    let events = world.events().await;
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].1, events[1].1);
}

#[tokio::test]
async fn mode_states_are_remembered() {
    let world = World::new().await;
    let mut ingest = world.ingest(Worker::ActiveInventory).await;
    ingest.state(FIRST, task("task-1")).await.unwrap();
    let state = world.state(Worker::ActiveInventory).await;
    assert_eq!(state.mode_state, Some(task("task-1")));
    violation(
        ingest
            .state(FIRST, task(&"x".repeat(257)))
            .await
            .unwrap_err(),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_commit_side_by_side() {
    let world = World::new().await;
    let mut running = Vec::new();
    for name in ["beta", "gamma", "delta", "epsilon"] {
        let beside = World {
            account: crate::harness::add(&world.store, name).await.unwrap(),
            store: world.store.clone(),
            directory: tempfile::tempdir().unwrap(),
        };
        running.push(tokio::spawn(async move {
            for hour in 1..4 {
                let last = snapshot(&beside, listings(hour..hour + 50), at(hour))
                    .await
                    .unwrap();
                assert_eq!(last.counters(FIRST).slices, 1);
            }
        }));
    }
    for running in running {
        running.await.unwrap();
    }
    let kinds = "SELECT kind, count(*) FROM ebay_events GROUP BY kind ORDER BY kind";
    assert_eq!(world.sql(kinds).await, ["created|208", "ended|8"]);
}
