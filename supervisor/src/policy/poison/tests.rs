//! Which ends are an item's, how the item is known, and what is done from death to death.

use std::time::Duration;

use fastrand::Rng;
use shared::flight::Phase;
use shared::worker::{Mode, Worker};

use super::*;
use crate::outcome::{DecisionKind, MemorySlot, PolicyState};
use crate::policy::{Facts, PolicyConfig, decide};

const NOW: Timestamp = Timestamp(1_000_000_000);
const REQUEST: &str = "GET /order?offset=0";

fn stage(key: &str, at: Option<u64>) -> RunStage {
    RunStage {
        worker: Some(Worker::Orders),
        phase: Some(Phase::Parsing),
        item: at.map_or(9, |at| at + 1),
        byte: 77,
        slice_start: 1000,
        slice_end: 2000,
        progress: 1,
        requests: 1,
        received: 1,
        records: 0,
        pages: 0,
        last_request: format!("{REQUEST} [id rlog-1]"),
        key: key.to_owned(),
        at,
    }
}

fn item(key: &str, index: u64) -> SkipItem {
    SkipItem {
        key: key.to_owned(),
        request: REQUEST.to_owned(),
        item: index,
    }
}

fn bad_data(index: Option<u64>) -> Outcome {
    Outcome::Failed(Failure::BadData {
        what: "no price".to_owned(),
        place: Place {
            request: format!("{REQUEST} [id rlog-1]"),
            item: index,
            ..Place::default()
        },
    })
}

/// An end, what the recorder says, the item that it was at, and why.
type End<'a> = (Outcome, Option<RunStage>, Option<SkipItem>, &'a str);

fn check(ends: impl IntoIterator<Item = End<'static>>) {
    for (outcome, stage, expected, why) in ends {
        let ordered = Some((Timestamp(500), Timestamp(5000)));
        let found = item_at(&outcome, stage.as_ref(), ordered);
        assert_eq!(
            found.as_ref().map(|at| &at.item),
            expected.as_ref(),
            "{why}"
        );
        let slice = found.map(|found| found.slice);
        let known = Some((Timestamp(1000), Timestamp(2000)));
        assert!(slice.is_none_or(|slice| slice == known), "{why}");
    }
}

#[test]
fn a_claimed_slice_counts_as_far_as_it_was_ordered() {
    let cases = [
        (Some((0, 5000)), Some((1000, 2000)), "within"),
        (Some((1500, 5000)), Some((1500, 2000)), "begins before"),
        (Some((0, 1200)), Some((1000, 1200)), "ends after"),
        (Some((3000, 5000)), None, "elsewhere"),
        (None, None, "no window was ordered"),
    ];
    for (ordered, expected, why) in cases {
        let times = |(from, until)| (Timestamp(from), Timestamp(until));
        let died = Outcome::Died(Cause::Panic);
        let stage = stage("A", Some(3));
        let at = item_at(&died, Some(&stage), ordered.map(times)).unwrap();
        assert_eq!(at.slice, expected.map(times), "{why}");
    }
}

#[test]
fn which_item_a_run_died_at() {
    let died = || Outcome::Died(Cause::Panic);
    let violation = Cause::ProtocolViolation {
        what: String::new(),
    };
    let on_a = || Some(stage("A", Some(3)));
    let (key, place) = (item("A", 3), item("", 3));
    check([
        (died(), on_a(), Some(key), "by key"),
        (died(), Some(stage("", Some(3))), Some(place), "by place"),
        (died(), Some(stage("", None)), None, "between two items"),
        (died(), None, None, "no flight recorder"),
        (
            Outcome::Died(violation),
            on_a(),
            None,
            "what was sent is not what is worked on",
        ),
        (
            Outcome::Died(Cause::Deadline),
            on_a(),
            None,
            "slow as a whole",
        ),
        (Outcome::Interrupted, on_a(), None, "another run's doing"),
    ]);
}

#[test]
fn which_item_a_run_complained_of() {
    let on_a = || Some(stage("A", Some(3)));
    let (key, other) = (item("A", 3), item("", 4));
    check([
        (bad_data(Some(3)), on_a(), Some(key), "the one worked on"),
        (bad_data(Some(4)), on_a(), Some(other), "another"),
        (bad_data(None), on_a(), None, "the body"),
    ]);
}

#[test]
fn sameness() {
    let elsewhere = SkipItem {
        request: "GET /order?offset=200".to_owned(),
        ..item("A", 8)
    };
    let call = |index| SkipItem {
        request: "POST /ws/api.dll GetOrders".to_owned(),
        ..item("", index)
    };
    let cut = SkipItem {
        request: format!("GET /order?filter={}", "x".repeat(REQUEST_TEXT)),
        ..item("", 3)
    };
    let cases = [
        (item("A", 3), elsewhere, true, "a key is enough"),
        (item("A", 3), item("B", 3), false, "another in its place"),
        (item("A", 3), item("", 3), false, "a key and none"),
        (item("", 3), item("", 3), true, "the same place"),
        (item("", 3), item("", 4), false, "another place"),
        (call(3), call(3), false, "a call does not tell its page"),
        (
            cut.clone(),
            cut,
            false,
            "what tells the page may be cut off",
        ),
    ];
    for (one, other, expected, why) in cases {
        assert_eq!(is_same(&one, &other), expected, "{why}");
    }
}

/// What each of these ends is answered with, one after the other; `skips` is what the runs were
/// told to pass over.
fn story(mode: Mode, skips: &[SkipItem], ends: &[(Outcome, Option<SkipItem>)]) -> Vec<String> {
    let mut state = PolicyState::default();
    let mut rng = Rng::with_seed(1);
    let config = PolicyConfig::default();
    let mut lines = Vec::new();
    for ((outcome, item), minute) in ends.iter().zip(0..) {
        let at = item.clone().map(|item| ItemAt {
            item,
            slice: None,
            charged_at: None,
        });
        let now = NOW.plus(Duration::from_mins(minute));
        let facts = Facts {
            now,
            due_was: now,
            interval: Duration::from_mins(5),
            suspect: false,
            hello: true,
            ours: false,
            slot: MemorySlot::Big,
            big_is_larger: true,
            small: false,
            mode,
            backlog: false,
            configured_step: Duration::from_hours(1),
            at: at.as_ref(),
            skips,
            retried: &[],
        };
        let decision;
        (state, decision) = decide(&state, outcome, &facts, &config, &mut rng);
        let at_once = matches!(decision.kind, DecisionKind::Narrow | DecisionKind::Skip);
        assert!(!(decision.charged && at_once), "{decision:?}");
        assert!(!at_once || decision.due_at == now, "{decision:?}");
        let charges = state.tally.len() + state.errors.len();
        lines.push(format!("{} {charges}", decision.kind.name()));
    }
    lines
}

fn died(key: &str, index: u64) -> (Outcome, Option<SkipItem>) {
    (Outcome::Died(Cause::Panic), Some(item(key, index)))
}

fn memory() -> (Outcome, Option<SkipItem>) {
    (Outcome::Died(Cause::MemoryLimit), Some(item("A", 3)))
}

fn bad(key: &str) -> (Outcome, Option<SkipItem>) {
    (bad_data(Some(3)), Some(item(key, 3)))
}

/// Plays ends; each is answered with a kind of decision and the charges after it.
fn told(mode: Mode, ends: &[(Outcome, Option<SkipItem>)], expected: &str, why: &str) {
    assert_eq!(story(mode, &[], ends).join(", "), expected, "{why}");
}

#[test]
fn the_same_item_twice_is_passed_over() {
    let skipped = "solitary 1, skip 0";
    let ends = [died("A", 3), died("A", 5)];
    told(Mode::Window, &ends, skipped, "wherever it stands");
    let ends = [memory(), memory()];
    told(Mode::Snapshot, &ends, skipped, "memory in the big slot");
    let ends = [bad("A"), bad("A")];
    told(Mode::Snapshot, &ends, "backoff 1, skip 0", "content");
    let ends = [bad("A"), died("A", 3)];
    told(Mode::Rescan, &ends, "backoff 1, skip 0", "both kinds");
    let ends = [died("", 3), died("", 3)];
    told(Mode::Snapshot, &ends, skipped, "a place, without slices");
}

#[test]
fn what_lies_between_two_deaths() {
    let network = Failure::Transient {
        what: String::new(),
        place: Place::default(),
    };
    let cases = [
        (
            Outcome::Failed(network),
            "solitary 1, backoff 1, skip 0",
            "the network says nothing",
        ),
        (
            Outcome::Completed,
            "solitary 1, reset 0, solitary 1",
            "a success does",
        ),
        (
            Outcome::Died(Cause::Panic),
            "solitary 1, backoff 2, quarantine 3",
            "a death at no item does",
        ),
    ];
    for (between, expected, why) in cases {
        let ends = [died("A", 3), (between, None), died("A", 3)];
        told(Mode::Window, &ends, expected, why);
    }
}

#[test]
fn what_is_not_one_item_is_narrowed_while_there_is_a_slice() {
    let narrowed = "solitary 1, narrow 1, narrow 1, backoff 2";
    let ends = [died("A", 3), died("B", 4), died("C", 5), died("D", 6)];
    told(Mode::Window, &ends, narrowed, "an hour is halved twice");
    let charged = "solitary 1, backoff 2, quarantine 3";
    told(Mode::Snapshot, &ends[..3], charged, "no slice to halve");
    let found = "solitary 1, narrow 1, narrow 1, skip 0";
    let ends = [died("", 3), died("", 3), died("", 3), died("", 3)];
    told(Mode::Window, &ends, found, "a place in the smallest slice");
    let ends = [bad(""), bad(""), bad("A")];
    let other = "backoff 1, narrow 1, backoff 2";
    told(Mode::Window, &ends, other, "a key and none");
}

#[test]
fn ten_poison_items_in_a_row_are_passed_over_and_the_next_ones_are_charged() {
    let keys: Vec<String> = (0..14).map(|number| format!("K{number}")).collect();
    let mut skips = Vec::new();
    for key in &keys {
        let told = story(Mode::Snapshot, &skips, &[died(key, 1), died(key, 1)]);
        if skips.len() < 10 {
            assert_eq!(told, ["solitary 1", "skip 0"], "{key}");
            skips.push(item(key, 1));
        } else {
            assert_eq!(told, ["solitary 1", "backoff 2"], "{key}");
        }
    }
    assert_eq!(skips.len(), 10);
    // An order to pass it over that had no effect is not given again.
    let told = story(Mode::Snapshot, &skips[..1], &[died("K0", 1), died("K0", 1)]);
    assert_eq!(told, ["solitary 1", "backoff 2"]);
}
