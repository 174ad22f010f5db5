//! Deep passes and rescans: what is remembered of them, and what the ledger says.

use shared::attempt::{RescanOrder, RunMode};
use shared::time::Timestamp;
use shared::window::{DeepOrder, WindowOrder};
use shared::wire::message::Mark;
use shared::worker::Worker;
use supervisor::ingest::{Ingest, IngestError};
use supervisor::store::StoreError;

use crate::harness::{
    FIRST, HOUR, NOW, World, at, counts, refused, returned, slice, transaction, violation,
};

const LEDGER: &str = "SELECT worker, start_at, end_at, records FROM sync_windows ORDER BY row_id";

/// A window of two slices, then a deep pass in steps of a day.
fn window(cursor: i64, until: i64, deep: Option<(i64, i64)>) -> RunMode {
    RunMode::Window(WindowOrder {
        cursor: at(cursor),
        until: at(until),
        step_ms: 24 * HOUR as u64,
        overlap_ms: HOUR as u64,
        deep: deep.map(|(from, until)| DeepOrder {
            from: at(from),
            until: at(until),
        }),
    })
}

fn rescan(from: i64, until: i64) -> RunMode {
    RunMode::Rescan(RescanOrder {
        from: at(from),
        open_from: at(-100),
        until: at(until),
    })
}

async fn mark(ingest: &mut Ingest, mark: Mark, records: u64) -> Result<(), IngestError> {
    ingest.checkpoint(FIRST, mark, counts(records), NOW).await
}

fn normal(fetch_start: i64, start: i64, end: i64) -> Mark {
    Mark::Slice(slice(fetch_start, start, end))
}

fn deep(start: i64, end: i64) -> Mark {
    Mark::Deep(slice(start, start, end))
}

async fn left(world: &World, worker: Worker) -> Option<(Timestamp, Timestamp)> {
    let deep = world.state(worker).await.deep;
    deep.map(|deep| (deep.from, deep.until))
}

#[tokio::test]
async fn the_first_backfill_is_the_first_deep_pass() {
    let world = World::new().await;
    for worker in [Worker::Finances, Worker::Orders] {
        let mut ingest = world.ordered(worker, window(0, 30, None)).await;
        mark(&mut ingest, normal(-1, 0, 24), 0).await.unwrap();
        assert_eq!(left(&world, worker).await, None, "more of it is to come");
        mark(&mut ingest, normal(24, 24, 30), 0).await.unwrap();
    }
    assert_eq!(left(&world, Worker::Orders).await, None, "it has none");
    let first = Some((at(30), at(30)));
    assert_eq!(left(&world, Worker::Finances).await, first);
    let mut ingest = world.ordered(Worker::Finances, window(30, 31, None)).await;
    mark(&mut ingest, normal(29, 30, 31), 0).await.unwrap();
    assert_eq!(
        left(&world, Worker::Finances).await,
        first,
        "windows move the cursor only"
    );
}

#[tokio::test]
async fn a_deep_pass_goes_on_and_moves_neither_cursor_nor_ledger() {
    let world = World::new().await;
    let worker = Worker::Transactions;
    let mut ingest = world.ordered(worker, window(0, 2, Some((-60, 2)))).await;
    let one = |status| vec![transaction("1", status)];
    ingest.batch(FIRST, one("A"), NOW).await.unwrap();
    mark(&mut ingest, normal(-1, 0, 2), 1).await.unwrap();
    ingest.batch(FIRST, one("B"), NOW).await.unwrap();
    mark(&mut ingest, deep(-60, -36), 1).await.unwrap();
    let told = ingest.counters(FIRST);
    assert_eq!(
        (told.slices, told.cursor, told.deep),
        (2, Some(at(2)), Some(at(-36)))
    );
    assert_eq!(left(&world, worker).await, Some((at(-36), at(2))));

    // The next attempt has no window left, and goes on where it was.
    let mut ingest = world.ordered(worker, window(2, 2, Some((-36, 2)))).await;
    ingest.batch(FIRST, one("B"), NOW).await.unwrap();
    mark(&mut ingest, deep(-36, -12), 1).await.unwrap();
    mark(&mut ingest, deep(-12, 2), 0).await.unwrap();
    assert_eq!(left(&world, worker).await, Some((at(2), at(2))));
    let late = ingest.batch(FIRST, one("C"), NOW).await.unwrap_err();
    assert_eq!(violation(late), "a batch after the window is covered");
    assert_eq!(ingest.counters(FIRST).cursor, None);
    let state = world.state(worker).await;
    assert_eq!((state.since, state.cursor), (Some(at(0)), Some(at(2))));
    assert_eq!(
        world.sql(LEDGER).await,
        [format!("transactions|{}|{}|1", at(0), at(2))]
    );
    assert_eq!(world.kinds().await, ["created 1", "updated 1"]);
}

#[tokio::test]
async fn only_the_ordered_slice_of_a_deep_pass_is_accepted() {
    let world = World::new().await;
    let worker = Worker::Messages;
    let ordered = || window(0, 2, Some((-60, 2)));
    let cases = [
        (deep(-60, -36), "before the window is covered"),
        (normal(-60, -60, -36), "as a slice of the window"),
    ];
    for (wrong, why) in cases {
        let mut ingest = world.ordered(worker, ordered()).await;
        violation(mark(&mut ingest, wrong, 0).await.expect_err(why));
    }
    let mut ingest = world.ordered(worker, ordered()).await;
    mark(&mut ingest, normal(-1, 0, 2), 0).await.unwrap();
    let wrong = [
        (deep(-60, -37), 0, "shorter"),
        (deep(-60, -30), 0, "longer"),
        (deep(-36, -12), 0, "the one after"),
        (Mark::Deep(slice(-61, -60, -36)), 0, "with an overlap"),
        (normal(-60, -60, -36), 0, "as a slice of the window"),
        (Mark::Rescan(at(2)), 0, "another mode"),
        (deep(-60, -36), 1, "more records than were sent"),
    ];
    for (wrong, records, why) in wrong {
        violation(mark(&mut ingest, wrong, records).await.expect_err(why));
    }
    assert_eq!(
        left(&world, worker).await,
        Some((at(2), at(2))),
        "as the backfill left it"
    );
    mark(&mut ingest, deep(-60, -36), 0).await.unwrap();
    // Another run was ordered none.
    let mut ingest = world.ordered(worker, window(2, 3, None)).await;
    mark(&mut ingest, normal(1, 2, 3), 0).await.unwrap();
    let what = violation(mark(&mut ingest, deep(-36, -12), 0).await.unwrap_err());
    assert!(what.ends_with("instead of none"), "{what}");
    assert_eq!(left(&world, worker).await, Some((at(-36), at(2))));
}

#[tokio::test]
async fn rescans_tile_the_ledger() {
    let world = World::new().await;
    let worker = Worker::Returns;
    let mut ingest = world.ordered(worker, rescan(-100, 1)).await;
    let one = || vec![returned("1", "OPEN", "v1")];
    ingest.batch(FIRST, one(), NOW).await.unwrap();
    mark(&mut ingest, Mark::Rescan(at(1)), 1).await.unwrap();
    let told = ingest.counters(FIRST);
    assert_eq!((told.slices, told.cursor), (1, Some(at(1))));
    let late = ingest.batch(FIRST, one(), NOW).await.unwrap_err();
    assert_eq!(violation(late), "a batch after the window is covered");
    let twice = mark(&mut ingest, Mark::Rescan(at(1)), 0).await.unwrap_err();
    assert!(violation(twice).ends_with("was done"));
    assert_eq!(
        left(&world, worker).await,
        Some((at(1), at(1))),
        "it read everything"
    );

    let mut ingest = world.ordered(worker, rescan(-20, 3)).await;
    mark(&mut ingest, Mark::Rescan(at(3)), 0).await.unwrap();
    assert_eq!(
        left(&world, worker).await,
        Some((at(1), at(1))),
        "only the recent past"
    );
    let mut ingest = world.ordered(worker, rescan(-100, 4)).await;
    mark(&mut ingest, Mark::Rescan(at(4)), 0).await.unwrap();
    assert_eq!(left(&world, worker).await, Some((at(4), at(4))));
    let expected = [(-100, 1, 1), (1, 3, 0), (3, 4, 0)]
        .map(|(start, end, records)| format!("returns|{}|{}|{records}", at(start), at(end)));
    assert_eq!(world.sql(LEDGER).await, expected);
    let state = world.state(worker).await;
    assert_eq!((state.since, state.cursor), (Some(at(-100)), Some(at(4))));
}

#[tokio::test]
async fn only_the_ordered_rescan_is_accepted() {
    let world = World::new().await;
    let worker = Worker::Cases;
    let cases = [
        (Mark::Rescan(at(2)), 0, "later"),
        (Mark::Rescan(at(0)), 0, "earlier"),
        (Mark::Snapshot(at(1)), 0, "a snapshot"),
        (normal(-100, -100, 1), 0, "a slice"),
        (deep(-100, 1), 0, "a deep pass"),
        (Mark::Rescan(at(1)), 1, "more records than were sent"),
    ];
    for (wrong, records, why) in cases {
        let mut ingest = world.ordered(worker, rescan(-100, 1)).await;
        violation(mark(&mut ingest, wrong, records).await.expect_err(why));
    }
    let state = world.state(worker).await;
    assert_eq!((state.cursor, state.deep), (None, None));
    assert_eq!(world.sql(LEDGER).await.len(), 0);
}

#[tokio::test]
async fn a_rescan_leaves_no_gap_and_never_moves_the_cursor_back() {
    let world = World::new().await;
    let worker = Worker::Inquiries;
    let mut ingest = world.ordered(worker, rescan(-100, 1)).await;
    mark(&mut ingest, Mark::Rescan(at(1)), 0).await.unwrap();
    // What lies between the cursor and its begin would never have been read.
    let mut ingest = world.ordered(worker, rescan(2, 9)).await;
    let (name, what) = refused(mark(&mut ingest, Mark::Rescan(at(9)), 0).await.unwrap_err());
    assert_eq!(name, "transient");
    assert!(what.contains(&at(1).to_string()), "{what}");
    // A clock that went back, or a longer lag.
    for until in [0, 1] {
        let mut ingest = world.ordered(worker, rescan(-50, until)).await;
        mark(&mut ingest, Mark::Rescan(at(until)), 0).await.unwrap();
    }
    assert_eq!(world.state(worker).await.cursor, Some(at(1)));
    assert_eq!(world.sql(LEDGER).await.len(), 1);
    // More than eBay tells: everything that there is was read.
    let long_after = RunMode::Rescan(RescanOrder {
        from: at(50),
        open_from: at(50),
        until: at(99),
    });
    let mut ingest = world.ordered(worker, long_after).await;
    mark(&mut ingest, Mark::Rescan(at(99)), 0).await.unwrap();
    let last = format!("inquiries|{}|{}|0", at(1), at(99));
    assert_eq!(world.sql(LEDGER).await.last(), Some(&last));
}

#[tokio::test]
async fn who_lost_the_lease_moves_nothing() {
    let world = World::new().await;
    let mut rescanning = world.ordered(Worker::Returns, rescan(-100, 1)).await;
    let mut passing = world
        .ordered(Worker::Transactions, window(0, 0, Some((-9, 0))))
        .await;
    world.begin(&[Worker::Orders], "me").await.unwrap();
    for (ingest, wanted) in [
        (&mut rescanning, Mark::Rescan(at(1))),
        (&mut passing, deep(-9, 0)),
    ] {
        let error = mark(ingest, wanted, 0).await.unwrap_err();
        let lost = matches!(error, IngestError::Store(StoreError::LeaseLost { .. }));
        assert!(lost, "{error}");
    }
    let untouched = "SELECT count(*) FROM sync_state WHERE cursor IS NULL AND deep_from IS NULL";
    let all = Worker::ALL.len().to_string();
    assert_eq!(world.sql(untouched).await, [all]);
}

#[tokio::test]
async fn a_deep_pass_that_cannot_be_read_stops_its_worker() {
    let world = World::new().await;
    world
        .sql("UPDATE sync_state SET deep_from = '2026', deep_until = 'now' WHERE worker = 'messages'")
        .await;
    let found = world.store.sync_states().await.unwrap();
    assert_eq!(found.unreadable.len(), 1);
    let what = found.unreadable[0].error.to_string();
    assert!(what.contains("sync_state.deep_from"), "{what}");
    world.begin(&[Worker::Messages], "me").await.unwrap_err();
}
