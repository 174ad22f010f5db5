//! Ends that were said, and whether they are believed.

use super::*;
use shared::attempt::{ListingSource, RescanOrder, SnapshotOrder};
use shared::window::{DeepOrder, WindowOrder};
use shared::worker::Worker;

fn order(mode: RunMode) -> RunOrder {
    RunOrder {
        run: RunNo(0),
        worker: Worker::Orders,
        mode,
        take_until: Timestamp(1000),
        deadline: Timestamp(2000),
        skip: Vec::new(),
    }
}

fn counters(slices: u64, cursor: Option<i64>) -> RunCounters {
    RunCounters {
        slices,
        cursor: cursor.map(Timestamp),
        ..RunCounters::default()
    }
}

/// A window from `cursor` to 10 and a deep pass from 0 to `deep`.
fn with_deep(cursor: i64, deep: i64) -> WindowOrder {
    WindowOrder {
        cursor: Timestamp(cursor),
        until: Timestamp(10),
        step_ms: 1,
        overlap_ms: 0,
        deep: Some(DeepOrder {
            from: Timestamp(0),
            until: Timestamp(deep),
        }),
    }
}

/// Both covered up to here.
fn deep(cursor: i64, deep: i64) -> RunCounters {
    RunCounters {
        deep: Some(Timestamp(deep)),
        ..counters(2, Some(cursor))
    }
}

fn snapshot() -> RunOrder {
    order(RunMode::Snapshot(SnapshotOrder {
        last_taken_at: None,
        state: None,
        listings: ListingSource::Report,
    }))
}

fn rescan() -> RunOrder {
    order(RunMode::Rescan(RescanOrder {
        from: Timestamp(5),
        open_from: Timestamp(0),
        until: Timestamp(10),
    }))
}

#[test]
fn what_time_cut_short_is_backlog() {
    let window = order(RunMode::Window(with_deep(0, 7)));
    let cases = [
        (&window, counters(0, None), true, "nothing"),
        (&window, counters(1, Some(9)), true, "a part of the window"),
        (&window, counters(1, Some(10)), true, "the window only"),
        (&window, deep(10, 6), true, "a part of the deep pass"),
        (&window, deep(10, 7), false, "both"),
        (&snapshot(), counters(0, None), false, "a report not ready"),
        (&rescan(), counters(0, None), true, "a part of a rescan"),
        (&rescan(), counters(1, Some(10)), false, "a rescan"),
    ];
    for (order, counters, expected, why) in cases {
        assert_eq!(has_backlog(order, &counters), expected, "{why}");
    }
}

#[test]
fn the_first_end_counts_and_an_echo_adds_the_place() {
    let failure = |what: &str, request: &str| {
        Outcome::Failed(Failure::BadData {
            what: what.to_owned(),
            place: Place {
                request: request.to_owned(),
                ..Place::default()
            },
        })
    };
    let refusal = failure("twice", "");
    let cases = [
        (failure("twice", "GET /report"), true, "an echo"),
        (failure("other", "GET /report"), false, "another failure"),
        (Outcome::Completed, false, "no failure"),
    ];
    for (later, counts, why) in cases {
        let mut said = Said::new(1);
        said.end(RunNo(0), refusal.clone());
        said.end(RunNo(0), later.clone());
        let expected = if counts { later } else { refusal.clone() };
        assert_eq!(said.into_ends(), [Some(expected)], "{why}");
    }
}

#[test]
fn done_is_checked() {
    let window = order(RunMode::Window(WindowOrder {
        deep: None,
        ..with_deep(0, 0)
    }));
    let cases = [
        (&window, counters(1, Some(10)), 5, true, "covered"),
        (&window, counters(0, None), 5, false, "nothing, time left"),
        (
            &window,
            counters(1, Some(9)),
            999,
            false,
            "a part, time left",
        ),
        (
            &window,
            counters(1, Some(9)),
            1000,
            true,
            "a part, time over",
        ),
        (&snapshot(), counters(1, Some(5)), 5, true, "a snapshot"),
        (&snapshot(), counters(0, None), 5000, false, "no snapshot"),
        (&rescan(), counters(1, Some(10)), 5, true, "a rescan"),
        (&rescan(), counters(0, None), 999, false, "none, time left"),
        (&rescan(), counters(0, None), 1000, true, "none, time over"),
    ];
    for (order, counters, now, good, why) in cases {
        let fault = done_fault(order, &counters, Timestamp(now));
        assert_eq!(fault.is_none(), good, "{why}");
    }
}

#[test]
fn done_is_checked_with_a_deep_pass() {
    let both = order(RunMode::Window(with_deep(0, 7)));
    let neither = order(RunMode::Window(with_deep(10, 0)));
    let cases = [
        (&both, counters(1, Some(10)), 999, false, "none, time left"),
        (&both, counters(1, Some(10)), 1000, true, "none, time over"),
        (&both, deep(10, 6), 999, false, "a part of it, time left"),
        (&both, deep(10, 7), 5, true, "all of it"),
        (&both, deep(9, 7), 5, false, "all of it but not the window"),
        (&neither, counters(0, None), 5, true, "nothing was left"),
    ];
    for (order, counters, now, good, why) in cases {
        let fault = done_fault(order, &counters, Timestamp(now));
        assert_eq!(fault.is_none(), good, "{why}");
    }
}

#[test]
fn the_first_end_counts() {
    let mut said = Said::new(2);
    said.end(RunNo(0), Outcome::Completed);
    said.end(RunNo(0), Outcome::Interrupted);
    assert!(!said.all());
    let what = String::new();
    said.end(RunNo(1), Outcome::Failed(Failure::Unauthorized { what }));
    assert!(said.all());
    assert_eq!(said.unauthorized().collect::<Vec<_>>(), [RunNo(1)]);
    assert_eq!(said.into_ends()[0], Some(Outcome::Completed));
}
