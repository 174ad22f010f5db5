//! Which letters a run opens, marks and resolves.

use shared::attempt::{RescanOrder, RunOrder};
use shared::death::Cause;
use shared::id::{AttemptId, RunNo};
use shared::time::Timestamp;
use shared::window::WindowOrder;
use shared::worker::Worker;

use super::*;

const CRASH: CrashId = CrashId::Run {
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

/// Whether a run of this kind that ended so resolves a letter that is retried, and no other.
fn resolves(mode: RunMode, outcome: &Outcome, counters: &RunCounters) -> bool {
    let slice = matches!(mode, RunMode::Window(_)).then_some((1000, 2000));
    let order = order(mode);
    let run = Run {
        order: &order,
        letters: &[
            letter(7, "A", LetterStatus::Open, slice),
            letter(8, "B", LetterStatus::Retrying, slice),
        ],
        outcome,
        counters,
        passed: &[],
    };
    let found = ends(run, DecisionKind::Reset, None, CRASH).resolved;
    assert!(!found.contains(&7));
    found == [8]
}

#[test]
fn a_retried_item_was_read_when_a_run_completed_over_its_stretch() {
    let cases = [
        // (cursor before, after, deep pass, expected, why)
        (5000, 9000, Some(2000), true, "the deep pass"),
        (5000, 9000, Some(1999), false, "not to its end"),
        (5000, 9000, None, false, "the window is later"),
        (1005, 2000, None, true, "the window, with its overlap"),
        (1006, 2000, None, false, "part of it"),
    ];
    for (before, after, deep, expected, why) in cases {
        let counters = RunCounters {
            cursor: Some(Timestamp(after)),
            deep: deep.map(Timestamp),
            slices: 4,
            ..RunCounters::default()
        };
        let found = resolves(window(before), &Outcome::Completed, &counters);
        assert_eq!(found, expected, "{why}");
        let died = Outcome::Died(Cause::Panic);
        assert!(!resolves(window(before), &died, &counters), "{why}");
    }
}

#[test]
fn a_rescan_has_read_it_when_it_is_committed() {
    for slices in [0, 1] {
        let rescan = RunMode::Rescan(RescanOrder {
            from: Timestamp(0),
            open_from: Timestamp(0),
            until: Timestamp(10_000),
        });
        let counters = RunCounters {
            slices,
            ..RunCounters::default()
        };
        assert_eq!(
            resolves(rescan, &Outcome::Completed, &counters),
            slices == 1
        );
    }
}

#[test]
fn the_stretch_is_the_window_with_its_overlap_and_its_deep_pass() {
    let with = |deep: Option<(i64, i64)>| {
        let deep = deep.map(|(from, until)| shared::window::DeepOrder {
            from: Timestamp(from),
            until: Timestamp(until),
        });
        stretch(&order(RunMode::Window(WindowOrder {
            cursor: Timestamp(1000),
            until: Timestamp(2000),
            step_ms: 100,
            overlap_ms: 50,
            deep,
        })))
    };
    let times = |from, until| Some((Timestamp(from), Timestamp(until)));
    assert_eq!(with(None), times(950, 2000));
    assert_eq!(with(Some((10, 20))), times(10, 2000));
    assert_eq!(with(Some((1500, 2500))), times(950, 2500));
    let rescan = RunMode::Rescan(RescanOrder {
        from: Timestamp(0),
        open_from: Timestamp(0),
        until: Timestamp(9),
    });
    assert_eq!(stretch(&order(rescan)), None);
}
