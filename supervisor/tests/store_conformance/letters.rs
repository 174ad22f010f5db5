//! Dead letters: opened with the end of a run, read again as part of a deep pass, resolved; and what a
//! snapshot without an item ends.

use shared::attempt::{RunMode, RunOrder, SkipItem, SnapshotOrder};
use shared::id::AttemptId;
use shared::table::Table;
use shared::time::Timestamp;
use shared::wire::message::{Mark, SkippedRows};
use shared::worker::Worker;
use supervisor::ingest::Ingest;
use supervisor::outcome::{CrashId, Outcome};
use supervisor::store::{LetterEnds, LetterStatus, NewLetter, PassedLetter};

use crate::attempts::{end, end_run};
use crate::harness::{FIRST, NOW, World, at, counts, grant, listing, snapshot, violation};

fn item(key: &str) -> SkipItem {
    SkipItem {
        key: key.to_owned(),
        request: "GET /order?offset=0".to_owned(),
        item: 3,
    }
}

fn crash(attempt: i64, worker: Worker) -> CrashId {
    CrashId::Run {
        attempt: AttemptId(attempt),
        worker,
    }
}

/// A run that ends with this done about letters; returns what it was told when it began.
async fn run(world: &World, worker: Worker, letters: LetterEnds) -> Vec<(i64, LetterStatus)> {
    let begun = world.begin(&[worker], "me").await.unwrap();
    let mut run = end_run(worker, Outcome::Completed);
    run.letters = letters;
    end(world, grant(world.account, &begun), vec![run])
        .await
        .unwrap();
    let told = &begun.letters[0];
    told.iter().map(|one| (one.id, one.status)).collect()
}

fn opened(worker: Worker, key: &str, slice: Option<(i64, i64)>) -> LetterEnds {
    LetterEnds {
        opened: Some(NewLetter {
            item: item(key),
            slice: slice.map(|(start, end)| (at(start), at(end))),
            crash: crash(9, worker),
        }),
        ..LetterEnds::default()
    }
}

const DEEP: &str = "SELECT deep_from, deep_until FROM sync_state WHERE worker = ";

async fn deep(world: &World, worker: Worker) -> Vec<String> {
    world.sql(&format!("{DEEP}'{worker}'")).await
}

fn stretch(from: i64, until: i64) -> Vec<String> {
    vec![format!("{}|{}", at(from), at(until))]
}

#[tokio::test]
async fn from_open_to_resolved() {
    let world = World::new().await;
    let worker = Worker::Orders;
    assert_eq!(
        run(&world, worker, opened(worker, "A", Some((2, 4)))).await,
        []
    );
    let again = opened(worker, "A", Some((3, 5)));
    let told = run(&world, worker, again).await;
    assert_eq!(told, [(1, LetterStatus::Open)]);
    let letters = world.store.dead_letters(false).await.unwrap();
    assert_eq!(letters.len(), 1, "one item, one letter");
    assert_eq!(
        letters[0].slice,
        Some((at(3), at(5))),
        "where it was last met"
    );
    let held = world.store.held_crashes().await.unwrap();
    assert_eq!(held, [crash(9, worker)].into());

    let passed = LetterEnds {
        passed: vec![PassedLetter {
            id: 1,
            slice: Some((at(6), at(7))),
        }],
        // Nobody asked for it: it is not resolved.
        resolved: vec![1],
        ..LetterEnds::default()
    };
    run(&world, worker, passed).await;
    let letter = world.store.dead_letter(1).await.unwrap();
    assert_eq!((letter.skips, letter.status), (1, LetterStatus::Open));
    assert_eq!(letter.slice, Some((at(6), at(7))));
    assert_eq!(deep(&world, worker).await, ["-|-"]);

    assert!(world.store.retry_dead_letter(1, at(8)).await.unwrap());
    assert_eq!(world.state(worker).await.due_at, at(8));
    let told = run(&world, worker, LetterEnds::default()).await;
    assert_eq!(told, [(1, LetterStatus::Retrying)]);
    assert_eq!(
        deep(&world, worker).await,
        stretch(6, 7),
        "to be read again"
    );
    let resolved = LetterEnds {
        resolved: vec![1],
        ..LetterEnds::default()
    };
    run(&world, worker, resolved).await;
    let letter = world.store.dead_letter(1).await.unwrap();
    assert_eq!(letter.status, LetterStatus::Resolved);
    assert_eq!(world.store.held_crashes().await.unwrap(), [].into());
    assert_eq!(world.store.dead_letters(false).await.unwrap(), []);
    assert_eq!(world.store.dead_letters(true).await.unwrap().len(), 1);
    assert!(!world.store.retry_dead_letter(1, at(9)).await.unwrap());
    assert!(world.store.retry_dead_letter(7, at(9)).await.is_err());
    // The same item may die again: that is a letter of its own.
    run(&world, worker, opened(worker, "A", None)).await;
    assert_eq!(world.store.dead_letters(true).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_left_of_a_deep_pass_is_widened_once() {
    let world = World::new().await;
    let worker = Worker::Transactions;
    let cases = [
        // (left before, the letter's stretch, left after, why)
        (Some((5, 9)), (2, 4), (2, 9), "before what is left"),
        (Some((5, 9)), (6, 7), (5, 9), "within it"),
        (Some((5, 9)), (8, 12), (5, 12), "beyond it"),
        (Some((9, 9)), (2, 4), (2, 9), "nothing was left"),
    ];
    for (number, (left, (from, until), expected, why)) in (1..).zip(cases) {
        let set = left.map_or("NULL, deep_until = NULL".to_owned(), |(from, until)| {
            format!("'{}', deep_until = '{}'", at(from), at(until))
        });
        let key = number.to_string();
        run(&world, worker, opened(worker, &key, Some((from, until)))).await;
        world
            .sql(&format!("UPDATE sync_state SET deep_from = {set}"))
            .await;
        assert!(world.store.retry_dead_letter(number, NOW).await.unwrap());
        run(&world, worker, LetterEnds::default()).await;
        assert_eq!(
            deep(&world, worker).await,
            stretch(expected.0, expected.1),
            "{why}"
        );
        world
            .sql("UPDATE sync_state SET deep_from = deep_until")
            .await;
        let resolved = LetterEnds {
            resolved: vec![number],
            ..LetterEnds::default()
        };
        run(&world, worker, resolved).await;
        let left = deep(&world, worker).await;
        assert_eq!(left, stretch(expected.1, expected.1), "not again: {why}");
    }
}

#[tokio::test]
async fn a_rescan_goes_back_as_far_as_it_can() {
    let world = World::new().await;
    let worker = Worker::Returns;
    run(&world, worker, opened(worker, "A", None)).await;
    let done = format!("'{}', deep_until = '{}'", at(9), at(9));
    world
        .sql(&format!("UPDATE sync_state SET deep_from = {done}"))
        .await;
    run(&world, worker, LetterEnds::default()).await;
    assert_eq!(deep(&world, worker).await, stretch(9, 9));
    assert!(world.store.retry_dead_letter(1, NOW).await.unwrap());
    run(&world, worker, LetterEnds::default()).await;
    assert_eq!(deep(&world, worker).await, ["-|-"]);
}

/// The ingest of a snapshot that is told to pass over the listing 7.
async fn without_7(world: &World) -> Ingest {
    let begun = world.begin(&[Worker::ActiveInventory], "me").await.unwrap();
    let state = world.state(Worker::ActiveInventory).await;
    let order = RunOrder {
        run: FIRST,
        worker: Worker::ActiveInventory,
        mode: RunMode::Snapshot(SnapshotOrder {
            last_taken_at: state.cursor,
            state: None,
            listings: shared::attempt::ListingSource::Report,
        }),
        take_until: at(1),
        deadline: at(2),
        skip: vec![item("7")],
    };
    Ingest::new(world.store.clone(), grant(world.account, &begun), &[order])
}

fn rows(table: Table, key: &str) -> SkippedRows {
    let key = key.to_owned();
    SkippedRows { table, key }
}

#[tokio::test]
async fn a_snapshot_ends_nothing_that_it_could_not_see() {
    let world = World::new().await;
    let mut other = listing("7", 1);
    other.key[1] = "SKU".to_owned();
    let all = ["6", "7", "8", "77"].map(|id| listing(id, 1));
    let all = all.into_iter().chain([other]).collect();
    snapshot(&world, all, at(0)).await.unwrap();
    let open = "SELECT item_id FROM ebay_active_inventory WHERE ended_at IS NULL ORDER BY row_id";
    let cases = [
        // (the rows that the child names, taken at, rows left, why)
        (
            None,
            1,
            vec!["6", "7", "7", "77", "8"],
            "not known: nothing ends",
        ),
        (
            Some(rows(Table::ActiveInventory, "7")),
            2,
            vec!["6", "7", "7"],
            "all rows of the listing stay, and no other",
        ),
    ];
    for (rows, hour, expected, why) in cases {
        let mut ingest = without_7(&world).await;
        ingest
            .batch(FIRST, vec![listing("6", 1)], NOW)
            .await
            .unwrap();
        ingest.skipped(FIRST, 0, rows.as_ref()).unwrap();
        let mark = Mark::Snapshot(at(hour));
        ingest
            .checkpoint(FIRST, mark, counts(1), at(hour))
            .await
            .unwrap();
        assert_eq!(world.sql(open).await, expected, "{why}");
        let cursor: Option<Timestamp> = world.state(Worker::ActiveInventory).await.cursor;
        assert_eq!(cursor, Some(at(hour)), "{why}");
        assert_eq!(ingest.passed(FIRST).len(), 1, "{why}");
    }
}

#[tokio::test]
async fn only_what_was_ordered_is_passed_over() {
    let world = World::new().await;
    let mut ingest = without_7(&world).await;
    let cases = [
        (1, None, "another item of the list"),
        (0, Some(rows(Table::Orders, "7")), "another worker's table"),
        (
            0,
            Some(rows(Table::ActiveInventory, "8")),
            "another item's rows",
        ),
        (
            0,
            Some(rows(Table::ActiveInventory, "")),
            "rows of all items",
        ),
        (
            0,
            Some(rows(Table::ActiveInventory, &"7".repeat(600))),
            "a long key",
        ),
    ];
    for (skip, rows, why) in cases {
        violation(ingest.skipped(FIRST, skip, rows.as_ref()).expect_err(why));
    }
    assert_eq!(ingest.passed(FIRST), []);
}
