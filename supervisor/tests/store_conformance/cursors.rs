//! Cursors that are moved by hand: the ledger agrees, or nothing was written.

use shared::wire::message::Mark;
use shared::worker::Worker;
use supervisor::store::{CursorMove, CursorMoved, CursorStep, MoveRefused, StoreError};

use crate::harness::{FIRST, NOW, World, at, counts, order, slice};

const LEDGER: &str = "SELECT start_at, end_at, records, coalesce(gap_by, '-'), \
                      coalesce(gap_reason, '-') FROM sync_windows ORDER BY end_at";

/// Orders of three slices, from hour 0 to hour 72, and nothing that runs.
async fn read() -> World {
    let world = World::new().await;
    let mut ingest = world.ingest(Worker::Orders).await;
    for day in 0..3 {
        let batch = vec![order(&format!("{day}"), "A", at(24 * day))];
        ingest.batch(FIRST, batch, at(24 * day)).await.unwrap();
        let fetched = if day == 0 { -1 } else { 24 * day };
        let mark = Mark::Slice(slice(fetched, 24 * day, 24 * (day + 1)));
        ingest
            .checkpoint(FIRST, mark, counts(1), at(24 * (day + 1)))
            .await
            .unwrap();
    }
    release(&world).await;
    world
}

/// The attempt is over.
async fn release(world: &World) {
    world
        .sql("UPDATE leases SET holder = '', expires_at = '2020-01-01T00:00:00.000Z'")
        .await;
}

async fn set(world: &World, hours: i64, accept_gap: bool) -> Result<CursorMoved, StoreError> {
    let wanted = CursorMove {
        clock_was_wrong: false,
        account: world.account,
        worker: Worker::Orders,
        to: at(hours),
        accept_gap,
        by: "ann",
        reason: "moved house",
    };
    world.store.move_cursor(&wanted, at(90)).await
}

async fn ledger(world: &World) -> Vec<String> {
    let time = |hours: i64| at(hours).to_string();
    let mut lines = world.sql(LEDGER).await;
    for line in &mut lines {
        for hours in -10..100 {
            *line = line.replace(&time(hours), &hours.to_string());
        }
    }
    lines
}

async fn assert_whole(world: &World) {
    let audit = world.store.audit(None).await.unwrap();
    assert_eq!(audit.findings, []);
}

#[tokio::test]
async fn set_back_the_ledger_is_cut_and_what_was_cut_is_read_again() {
    let world = read().await;
    let moved = set(&world, 36, false).await.unwrap();
    let expected = CursorMoved::Moved {
        from: Some(at(72)),
        step: CursorStep::Back,
    };
    assert_eq!(moved, expected);
    assert_eq!(ledger(&world).await, ["0|24|1|-|-", "24|36|1|-|-"]);
    let state = world.state(Worker::Orders).await;
    assert_eq!(state.cursor, Some(at(36)));
    assert_eq!(state.due_at, at(90), "it is due at once");
    assert_whole(&world).await;
    let events = world.events().await.len();
    let mut ingest = world.ingest(Worker::Orders).await;
    let again = vec![order("2", "A", at(48))];
    ingest.batch(FIRST, again, at(90)).await.unwrap();
    let mark = Mark::Slice(slice(35, 36, 60));
    ingest
        .checkpoint(FIRST, mark, counts(1), at(90))
        .await
        .unwrap();
    assert_eq!(world.events().await.len(), events, "read again, unchanged");
    assert_eq!(ledger(&world).await[2], "36|60|1|-|-");
    assert_whole(&world).await;
    let past = world
        .store
        .cursor_moves(world.account, Worker::Orders)
        .await
        .unwrap();
    assert_eq!((past.len(), past[0].by.as_str()), (1, "ann"));
    assert_eq!((past[0].from, past[0].to), (Some(at(72)), at(36)));
}

#[tokio::test]
async fn set_before_its_start_the_ledger_begins_anew() {
    let world = read().await;
    set(&world, -9, false).await.unwrap();
    assert_eq!(ledger(&world).await, ["-9|-9|0|ann|moved house"]);
    let state = world.state(Worker::Orders).await;
    assert_eq!((state.since, state.cursor), (Some(at(-9)), Some(at(-9))));
    assert_whole(&world).await;
    let audit = world.store.audit(None).await.unwrap();
    assert_eq!(audit.gaps, [], "nothing is left unread");
    let mut ingest = world.ingest(Worker::Orders).await;
    let mark = Mark::Slice(slice(-10, -9, 15));
    ingest
        .checkpoint(FIRST, mark, counts(0), at(90))
        .await
        .unwrap();
    assert_whole(&world).await;
}

#[tokio::test]
async fn set_forward_a_gap_is_declared_and_setting_back_heals_it() {
    let world = read().await;
    let refused = set(&world, 80, false).await.unwrap();
    assert_eq!(refused, CursorMoved::Refused(MoveRefused::Gap));
    assert_eq!(ledger(&world).await.len(), 3, "nothing was written");
    set(&world, 80, true).await.unwrap();
    assert_eq!(ledger(&world).await[3], "72|80|0|ann|moved house");
    assert_whole(&world).await;
    let audit = world.store.audit(None).await.unwrap();
    assert_eq!(audit.gaps.len(), 1);
    assert_eq!((audit.gaps[0].start, audit.gaps[0].end), (at(72), at(80)));
    assert_eq!(audit.gaps[0].reason, "moved house");
    let mut ingest = world.ingest(Worker::Orders).await;
    let mark = Mark::Slice(slice(79, 80, 100));
    ingest
        .checkpoint(FIRST, mark, counts(0), at(90))
        .await
        .unwrap();
    assert_whole(&world).await;
    release(&world).await;
    set(&world, 72, false).await.unwrap();
    assert_eq!(ledger(&world).await.len(), 3);
    assert_whole(&world).await;
    let gaps = world
        .store
        .declared_gaps(world.account, Worker::Orders)
        .await;
    assert_eq!(gaps.unwrap(), []);
}

#[tokio::test]
async fn while_an_attempt_runs_nothing_is_written() {
    let world = read().await;
    let ingest = world.ingest(Worker::Orders).await;
    let everything = "SELECT (SELECT group_concat(cursor || due_at) FROM sync_state), \
                      (SELECT count(*) FROM cursor_moves), (SELECT group_concat(fence) FROM leases)";
    let before = (ledger(&world).await, world.sql(everything).await);
    let error = set(&world, 36, false).await.unwrap_err();
    assert!(matches!(error, StoreError::LeaseHeld { .. }), "{error}");
    for (hours, accept_gap) in [(72, true), (80, false), (91, true)] {
        release(&world).await;
        set(&world, hours, accept_gap).await.unwrap();
        let after = (ledger(&world).await, world.sql(everything).await);
        assert_eq!(after, before, "{hours}");
    }
    drop(ingest);
}

#[tokio::test]
async fn a_lease_that_nobody_holds_is_free_whatever_the_clock_says() {
    let world = read().await;
    release(&world).await;
    let later = "UPDATE leases SET expires_at = '9999-01-01T00:00:00.000Z' RETURNING holder";
    assert_eq!(world.sql(later).await, [""]);
    set(&world, 36, false).await.unwrap();
}

#[tokio::test]
async fn an_attempt_that_lost_its_lease_commits_nothing_after_a_move() {
    let world = read().await;
    let mut ingest = world.ingest(Worker::Orders).await;
    release(&world).await;
    set(&world, 36, false).await.unwrap();
    let mark = Mark::Slice(slice(71, 72, 90));
    let late = ingest.checkpoint(FIRST, mark, counts(0), NOW).await;
    assert!(late.is_err(), "{late:?}");
    assert_eq!(world.state(Worker::Orders).await.cursor, Some(at(36)));
}
