//! The first run, slice after slice, and what overlaps.

use integration_tests::sim::{AccountSpec, Fault, FaultKind, Pass, Sim};

use crate::bad_input::status;
use crate::compare::{assert_equal, assert_ledger};
use crate::db::{self, text};
use crate::history;
use crate::stage::{Stage, spec};
use integration_tests::harness::rows::{Database, Row};

const HOUR: i64 = 3_600_000;

/// Orders over the last 60 hours.
fn long_ago(name: &str) -> AccountSpec {
    AccountSpec {
        history_ms: 60 * 3_600_000,
        ..spec(name, 120, 5)
    }
}

fn assert_mirrored(sim: &Sim, db: &Database, name: &str) {
    sim.observe(name, Pass::Orders).unwrap();
    sim.observe(name, Pass::ActiveInventory).unwrap();
    assert_equal(sim, db, name, "orders");
    history::assert_complete(sim, db, name);
    history::assert_folds(db, name);
}

/// Length of a window in milliseconds.
fn length(window: &Row) -> i64 {
    let ms = |column| {
        let time = chrono::DateTime::parse_from_rfc3339(window[column].as_str().unwrap());
        time.unwrap().timestamp_millis()
    };
    ms("end_at") - ms("start_at")
}

fn asked(sim: &Sim, name: &str) -> u64 {
    sim.requests(name).unwrap()["orders"]
}

fn fail(sim: &Sim, kind: FaultKind, skip: u32, times: u32) {
    let path = "/fulfillment/".to_owned();
    let fault = Fault {
        path,
        kind,
        skip,
        times,
    };
    sim.fault("anna", fault).unwrap();
}

#[test]
fn days_are_read_in_slices_and_what_overlaps_is_no_event() {
    let over = [("SYNC_STEP", "10h"), ("SYNC_OVERLAP", "24h")];
    let (stage, sim) = Stage::simulated(78, "", &over);
    let db = &stage.db();
    stage.join(&sim, long_ago("anna"));
    stage.once_well();
    assert_mirrored(&sim, db, "anna");
    let windows = assert_ledger(db, "anna", "orders");
    let lengths: Vec<i64> = windows.iter().map(length).collect();
    let expected = [vec![10 * HOUR; 7], vec![2 * HOUR]].concat();
    assert_eq!(lengths, expected, "72 hours");
    let records: i64 = windows
        .iter()
        .map(|window| window["records"].as_i64().unwrap())
        .sum();
    let rows = db::table(db, "ebay_orders", "anna").len()
        + db::table(db, "ebay_order_line_items", "anna").len();
    assert!(
        records >= i64::try_from(rows).unwrap(),
        "{records} of {rows}"
    );
    let events = db::table(db, "ebay_events", "anna").len();
    stage.once_well();
    let run = db::last_run(db, "anna", "orders").row;
    assert!(
        run["unchanged"].as_i64().unwrap() > 20,
        "read nothing again: {run:?}"
    );
    for counter in ["created", "updated", "stale", "ended"] {
        assert_eq!(run[counter], 0, "{counter}");
    }
    assert_eq!(db::table(db, "ebay_events", "anna").len(), events);
    assert_eq!(assert_ledger(db, "anna", "orders").len(), 9);
    // Only coverage enters the ledger, the overlap does not.
    assert_eq!(run["cursor_before"], windows[7]["end_at"]);
    assert_mirrored(&sim, db, "anna");
}

#[test]
fn what_was_committed_before_a_failure_is_not_read_again() {
    let (stage, sim) = Stage::simulated(79, "", &[]);
    let db = &stage.db();
    stage.join(&sim, long_ago("anna"));
    fail(&sim, status(500), 2, 0);
    assert_eq!(stage.once().code, Some(1));
    let run = db::last_run(db, "anna", "orders");
    assert_eq!(
        (run.outcome.as_str(), run.detail.as_str()),
        ("failed", "transient"),
        "{run:?}"
    );
    let windows = assert_ledger(db, "anna", "orders");
    assert_eq!(windows.len(), 2, "two slices were committed");
    assert_eq!(run.row["cursor_after"], windows[1]["end_at"]);
    let before = asked(&sim, "anna");
    sim.clear_faults("anna").unwrap();
    stage.once_well();
    // The rest of the third day, and the milliseconds since.
    assert_eq!(asked(&sim, "anna") - before, 2);
    assert_eq!(
        text(&assert_ledger(db, "anna", "orders")[2], "start_at"),
        text(&windows[1], "end_at")
    );
    assert_mirrored(&sim, db, "anna");
}

#[test]
fn a_slice_that_does_not_add_up_is_halved() {
    let (stage, sim) = Stage::simulated(80, "", &[("POLICY_MIN_STEP", "6h")]);
    let db = &stage.db();
    stage.join(&sim, long_ago("anna"));
    // Both reads of the first day, two pages each, and of its first half, where nothing happened.
    fail(&sim, FaultKind::TotalLies { by: 3 }, 0, 6);
    stage.once_well();
    let runs = db::runs(db, "anna", "orders");
    let ends: Vec<(&str, &str)> = runs
        .iter()
        .map(|run| (run.outcome.as_str(), run.detail.as_str()))
        .collect();
    assert_eq!(
        ends[..3],
        [
            ("failed", "incomplete"),
            ("failed", "incomplete"),
            ("completed", "")
        ],
        "{ends:?}"
    );
    for run in &runs[..2] {
        assert_eq!(
            (&run.decision["kind"], &run.decision["charged"]),
            (&"again".into(), &false.into())
        );
    }
    let windows = assert_ledger(db, "anna", "orders");
    assert!(
        windows.iter().all(|window| length(window) <= 6 * HOUR),
        "{windows:?}"
    );
    assert_eq!(
        windows
            .iter()
            .filter(|window| length(window) == 6 * HOUR)
            .count(),
        12
    );
    assert_mirrored(&sim, db, "anna");
}
