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

#[test]
fn which_item_it_was() {
    let died = Outcome::Died(Cause::Panic);
    let violation = Cause::ProtocolViolation {
        what: String::new(),
    };
    let cases = [
        // (outcome, stage, expected, why)
        (
            &died,
            Some(stage("A", Some(3))),
            Some(item("A", 3)),
            "by key",
        ),
        (
            &died,
            Some(stage("", Some(3))),
            Some(item("", 3)),
            "by place",
        ),
        (&died, Some(stage("", None)), None, "between two items"),
        (&died, None, None, "no flight recorder"),
        (
            &bad_data(Some(3)),
            Some(stage("A", Some(3))),
            Some(item("A", 3)),
            "the item that it complains of is being worked on",
        ),
        (
            &bad_data(Some(4)),
            Some(stage("A", Some(3))),
            Some(item("", 4)),
            "it complains of another",
        ),
        (
            &bad_data(None),
            Some(stage("A", Some(3))),
            None,
            "it complains of the body",
        ),
        (
            &Outcome::Died(violation),
            Some(stage("A", Some(3))),
            None,
            "what was sent is not what is worked on",
        ),
        (
            &Outcome::Died(Cause::Deadline),
            Some(stage("A", Some(3))),
            None,
            "slow as a whole",
        ),
        (
            &Outcome::Interrupted,
            Some(stage("A", Some(3))),
            None,
            "another run's doing",
        ),
    ];
    for (outcome, stage, expected, why) in cases {
        let found = item_at(outcome, stage.as_ref());
        assert_eq!(
            found.as_ref().map(|at| &at.item),
            expected.as_ref(),
            "{why}"
        );
        if let Some(found) = found {
            assert_eq!(
                found.slice,
                Some((Timestamp(1000), Timestamp(2000))),
                "{why}"
            );
        }
    }
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
            configured_step: Duration::from_mins(60),
            at: at.as_ref(),
            skips,
            retried: &[],
        };
        let decision;
        (state, decision) = decide(&state, outcome, &facts, &config, &mut rng);
        let at_once = matches!(decision.kind, DecisionKind::Narrow | DecisionKind::Skip);
        assert_eq!(decision.charged && at_once, false, "{decision:?}");
        assert!(!at_once || decision.due_at == now, "{decision:?}");
        let charges = state.tally.len() + state.errors.len();
        lines.push(format!("{} {charges}", decision.kind.name()));
    }
    lines
}

fn died(key: &str, index: u64) -> (Outcome, Option<SkipItem>) {
    (Outcome::Died(Cause::Panic), Some(item(key, index)))
}

#[test]
fn from_death_to_death() {
    let nowhere = || (Outcome::Died(Cause::Panic), None);
    let memory = || (Outcome::Died(Cause::MemoryLimit), Some(item("A", 3)));
    let bad = |key: &str| (bad_data(Some(3)), Some(item(key, 3)));
    let completed = || (Outcome::Completed, None);
    let transient = || {
        let what = String::new();
        let place = Place::default();
        (Outcome::Failed(Failure::Transient { what, place }), None)
    };
    let cases = [
        // (mode, ends, decisions with the charges after them, why)
        (
            Mode::Window,
            vec![died("A", 3), died("A", 5)],
            vec!["solitary 1", "skip 0"],
            "the same item twice, wherever it stands",
        ),
        (
            Mode::Snapshot,
            vec![memory(), memory()],
            vec!["solitary 1", "skip 0"],
            "memory in the big slot, too",
        ),
        (
            Mode::Snapshot,
            vec![bad("A"), bad("A")],
            vec!["backoff 1", "skip 0"],
            "content that makes no sense",
        ),
        (
            Mode::Rescan,
            vec![bad("A"), died("A", 3)],
            vec!["backoff 1", "skip 0"],
            "both kinds; the charge of the other tally is given back",
        ),
        (
            Mode::Window,
            vec![died("A", 3), transient(), died("A", 3)],
            vec!["solitary 1", "backoff 1", "skip 0"],
            "a failure of the network between them says nothing",
        ),
        (
            Mode::Window,
            vec![died("A", 3), completed(), died("A", 3)],
            vec!["solitary 1", "reset 0", "solitary 1"],
            "a success between them does",
        ),
        (
            Mode::Window,
            vec![died("A", 3), nowhere(), died("A", 3)],
            vec!["solitary 1", "backoff 2", "quarantine 3"],
            "not in a row",
        ),
        (
            Mode::Window,
            vec![died("A", 3), died("B", 4), died("C", 5), died("D", 6)],
            vec!["solitary 1", "narrow 1", "narrow 1", "backoff 2"],
            "different items: an hour is halved twice",
        ),
        (
            Mode::Snapshot,
            vec![died("A", 3), died("B", 4), died("C", 5)],
            vec!["solitary 1", "backoff 2", "quarantine 3"],
            "different items, and no slice to halve",
        ),
        (
            Mode::Window,
            vec![died("", 3), died("", 3), died("", 3), died("", 3)],
            vec!["solitary 1", "narrow 1", "narrow 1", "skip 0"],
            "a place counts in the smallest slice",
        ),
        (
            Mode::Snapshot,
            vec![died("", 3), died("", 3)],
            vec!["solitary 1", "skip 0"],
            "a place without slices",
        ),
        (
            Mode::Window,
            vec![bad(""), bad(""), bad("A")],
            vec!["backoff 1", "narrow 1", "backoff 2"],
            "a key and none are not the same",
        ),
    ];
    for (mode, ends, expected, why) in cases {
        assert_eq!(story(mode, &[], &ends), expected, "{why}");
    }
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
