//! Which letters a run opens, marks and resolves.

use shared::attempt::{RescanOrder, RunOrder};
use shared::death::Cause;
use shared::id::{AttemptId, RunNo};
use shared::time::Timestamp;
use shared::window::WindowOrder;
use shared::worker::Worker;

use super::*;

const CRASH: CrashId = CrashId {
    attempt: AttemptId(9),
    worker: Worker::Orders,
};

fn letter(id: i64, key: &str, status: LetterStatus, slice: Option<(i64, i64)>) -> DeadLetter {
    DeadLetter {
        id,
        account: "a".to_owned(),
        worker: Worker::Orders,
        item: SkipItem {
            key: key.to_owned(),
            request: "GET /order?offset=0".to_owned(),
            item: 3,
        },
        slice: slice.map(|(start, end)| (Timestamp(start), Timestamp(end))),
        crash: CRASH,
        status,
        opened_at: Timestamp(0),
        skips: 0,
        first_skip_at: None,
        last_skip_at: None,
        resolved_at: None,
    }
}

fn order(mode: RunMode) -> RunOrder {
    RunOrder {
        run: RunNo(0),
        worker: Worker::Orders,
        mode,
        take_until: Timestamp(0),
        deadline: Timestamp(0),
        skip: Vec::new(),
    }
}

fn window(cursor: i64) -> RunMode {
    RunMode::Window(WindowOrder {
        cursor: Timestamp(cursor),
        until: Timestamp(10_000),
        step_ms: 1000,
        overlap_ms: 5,
        deep: None,
    })
}

#[test]
fn open_ones_are_passed_over_and_retried_ones_are_not() {
    let letters = [
        letter(1, "A", LetterStatus::Open, None),
        letter(2, "B", LetterStatus::Retrying, None),
        letter(3, "C", LetterStatus::Open, None),
    ];
    let keys = |items: Vec<SkipItem>| items.into_iter().map(|item| item.key).collect::<Vec<_>>();
    assert_eq!(keys(skips(&letters)), ["A", "C"]);
    assert_eq!(keys(retried(&letters)), ["B"]);
    let passed = [Passed {
        skip: 1,
        slice: Some((Timestamp(1), Timestamp(2))),
    }];
    let run = Run {
        order: &order(window(0)),
        letters: &letters,
        outcome: &Outcome::Interrupted,
        counters: &RunCounters::default(),
        passed: &passed,
    };
    let found = ends(run, DecisionKind::Again, None, CRASH);
    let expected = PassedLetter {
        id: 3,
        slice: Some((Timestamp(1), Timestamp(2))),
    };
    assert_eq!(found.passed, [expected], "its place among the open ones");
}

#[test]
fn only_a_decision_to_skip_opens_one() {
    let at = ItemAt {
        item: letter(1, "A", LetterStatus::Open, None).item,
        slice: Some((Timestamp(1000), Timestamp(2000))),
        charged_at: None,
    };
    let run = Run {
        order: &order(window(1000)),
        letters: &[],
        outcome: &Outcome::Died(Cause::Panic),
        counters: &RunCounters::default(),
        passed: &[],
    };
    let opened = ends(run, DecisionKind::Skip, Some(&at), CRASH)
        .opened
        .unwrap();
    assert_eq!(opened.item, at.item);
    let slice = Some((Timestamp(995), Timestamp(2000)));
    assert_eq!(
        opened.slice, slice,
        "with what the first slice also fetches"
    );
    for kind in [DecisionKind::Narrow, DecisionKind::Solitary] {
        assert_eq!(ends(run, kind, Some(&at), CRASH).opened, None);
    }
}

#[test]
fn a_retried_item_was_read_when_a_run_completed_over_its_stretch() {
    let counters = |cursor: Option<i64>, deep: Option<i64>, slices| RunCounters {
        cursor: cursor.map(Timestamp),
        deep: deep.map(Timestamp),
        slices,
        ..RunCounters::default()
    };
    let done = Outcome::Completed;
    let died = Outcome::Died(Cause::Panic);
    let rescan = || {
        RunMode::Rescan(RescanOrder {
            from: Timestamp(0),
            open_from: Timestamp(0),
            until: Timestamp(10_000),
        })
    };
    let slice = Some((1000, 2000));
    let cases = [
        // (mode, slice, counters, outcome, expected, why)
        (
            window(5000),
            slice,
            counters(Some(9000), Some(2000), 4),
            &done,
            true,
            "the deep pass",
        ),
        (
            window(5000),
            slice,
            counters(Some(9000), Some(1999), 4),
            &done,
            false,
            "not to its end",
        ),
        (
            window(5000),
            slice,
            counters(Some(9000), None, 4),
            &done,
            false,
            "the window is later",
        ),
        (
            window(1005),
            slice,
            counters(Some(2000), None, 1),
            &done,
            true,
            "the window, with overlap",
        ),
        (
            window(1006),
            slice,
            counters(Some(2000), None, 1),
            &done,
            false,
            "part of it",
        ),
        (
            window(5000),
            slice,
            counters(None, Some(2000), 1),
            &died,
            false,
            "it died elsewhere",
        ),
        (
            rescan(),
            None,
            counters(Some(1), None, 1),
            &done,
            true,
            "a whole rescan",
        ),
        (
            rescan(),
            None,
            counters(None, None, 0),
            &done,
            false,
            "its time was over",
        ),
    ];
    for (mode, slice, counters, outcome, expected, why) in cases {
        let order = order(mode);
        let run = Run {
            order: &order,
            letters: &[
                letter(7, "A", LetterStatus::Open, slice),
                letter(8, "B", LetterStatus::Retrying, slice),
            ],
            outcome,
            counters: &counters,
            passed: &[],
        };
        let found = ends(run, DecisionKind::Reset, None, CRASH).resolved;
        assert_eq!(found, if expected { vec![8] } else { vec![] }, "{why}");
    }
}
