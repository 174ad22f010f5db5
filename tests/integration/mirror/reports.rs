//! Report tasks: which one is read, how long it is waited for, what it may end.

use integration_tests::harness::rows::{Database, Row};
use integration_tests::harness::wait::now_ms;
use integration_tests::sim::{AccountSpec, Fault, FaultKind, Pass, Sim};

use crate::bad_input::few;
use crate::compare::{Before, assert_equal, assert_ledger};
use crate::db::{self, Run, json, text};
use crate::history::{self, kinds};
use crate::stage::{Stage, complaints, spec};
use crate::still::{NO_ORDERS, Shelf, Still, stamp};

const WORKER: &str = "active_inventory";
const MINUTE: i64 = 60_000;
const CREATE: &str = "POST /sell/feed/v1/inventory_task";
const DOWNLOAD: &str = "GET /sell/feed/v1/task/";

/// A report of listings by id, each with a price.
fn report(listings: &[(&str, &str)]) -> String {
    let item = |(id, price): &(&str, &str)| {
        format!(
            "<SKUDetails><SKU>S-{id}</SKU><Price currencyID=\"EUR\">{price}</Price><Quantity>2</Quantity><ItemID>{id}</ItemID></SKUDetails>"
        )
    };
    let items: String = listings.iter().map(item).collect();
    format!(
        "<BulkDataExchangeResponses><ActiveInventoryReport>{items}</ActiveInventoryReport></BulkDataExchangeResponses>"
    )
}

fn still(listings: &[(&str, &str)]) -> (Stage, Still) {
    let (stage, still) = Stage::new("", &[("SYNC_FIRST_SPAN", "1h")], Still::start);
    still.shelf("anna", |shelf| {
        *shelf = Shelf::of(NO_ORDERS, report(listings));
    });
    stage.account("anna");
    (stage, still)
}

fn row(db: &Database, id: &str) -> Row {
    let rows = db::table(db, "ebay_active_inventory", "anna");
    rows.into_iter().find(|row| row["item_id"] == id).unwrap()
}

fn history_of(db: &Database, id: &str) -> Vec<String> {
    kinds(db, "anna", "listing", &[id, &format!("S-{id}"), ""])
}

fn cursor(db: &Database, name: &str) -> String {
    text(&db::state(db, name, WORKER), "cursor")
}

#[test]
fn a_recent_report_is_used_again_and_an_old_one_is_not() {
    let (stage, still) = still(&[("1", "1.50")]);
    let db = &stage.db();
    let recent = now_ms() - 10 * MINUTE;
    still.shelf("anna", |shelf| {
        shelf.tasks.insert("recent".to_owned(), recent);
        shelf
            .tasks
            .insert("older".to_owned(), now_ms() - 20 * MINUTE);
    });
    stage.once_well();
    let asked = |request: &str| still.shelf("anna", |shelf| shelf.asked(request));
    assert_eq!(asked(CREATE), 0);
    assert_eq!(asked(&format!("{DOWNLOAD}recent/")), 1);
    assert_eq!(
        cursor(db, "anna"),
        stamp(recent),
        "the snapshot's time is the task's"
    );
    // It is the last one committed now, so the next pass needs a new one.
    stage.once_well();
    assert_eq!(asked(CREATE), 1);
    assert_eq!(assert_ledger(db, "anna", WORKER).len(), 2);
    assert_eq!(history_of(db, "1"), ["created"]);
    // Another account, to which nothing is committed yet.
    still.shelf("boris", |shelf| {
        *shelf = Shelf::of(NO_ORDERS, report(&[("1", "1.50")]));
        shelf.tasks.insert("old".to_owned(), now_ms() - 31 * MINUTE);
    });
    stage.account("boris");
    stage.once_well();
    assert_eq!(still.shelf("boris", |shelf| shelf.asked(CREATE)), 1);
    assert_eq!(
        still.shelf("boris", |shelf| shelf.asked(&format!("{DOWNLOAD}old/"))),
        0
    );
}

#[test]
fn a_report_older_than_the_last_is_discarded() {
    let (stage, still) = still(&[("1", "1.50"), ("2", "2.00")]);
    let db = &stage.db();
    stage.once_well();
    let (before, downloads) = (
        cursor(db, "anna"),
        still.shelf("anna", |shelf| shelf.asked(DOWNLOAD)),
    );
    still.shelf("anna", |shelf| {
        shelf.report = report(&[("2", "9.99")]).into();
        shelf.next_created = [now_ms() - 60 * MINUTE, now_ms() - 90 * MINUTE].into();
    });
    assert_eq!(stage.once().code, Some(1));
    let run = db::last_run(db, "anna", WORKER);
    assert_eq!(
        (run.outcome.as_str(), run.detail.as_str()),
        ("failed", "incomplete"),
        "{run:?}"
    );
    assert!(
        run.what().contains("not after the last snapshot"),
        "{run:?}"
    );
    assert_eq!(
        still.shelf("anna", |shelf| shelf.asked(DOWNLOAD)),
        downloads
    );
    assert_eq!(cursor(db, "anna"), before);
    assert_eq!(row(db, "1")["ended_at"], serde_json::Value::Null);
    assert_eq!(row(db, "2")["price"], "2.00");
    stage.once_well();
    assert_eq!(row(db, "2")["price"], "9.99");
    assert_eq!(history_of(db, "1"), ["created", "ended"]);
}

#[test]
fn there_and_back_again_is_two_changes_and_a_listing_may_return() {
    let a = [("1", "1.50"), ("2", "2.00"), ("3", "3.00")];
    let b = [("1", "9.00"), ("3", "3.00")];
    let (stage, still) = still(&a);
    let db = &stage.db();
    for listings in [&a[..], &b[..], &a[..], &a[..]] {
        still.shelf("anna", |shelf| shelf.report = report(listings).into());
        stage.once_well();
        let gone = !listings.iter().any(|(id, _)| *id == "2");
        assert_eq!(row(db, "2")["ended_at"].is_string(), gone);
        history::assert_folds(db, "anna");
    }
    assert_eq!(history_of(db, "1"), ["created", "updated", "updated"]);
    assert_eq!(history_of(db, "2"), ["created", "ended", "updated"]);
    assert_eq!(history_of(db, "3"), ["created"]);
    assert_eq!(row(db, "1")["price"], "1.50");
    let events = db::table(db, "ebay_events", "anna");
    let of_price = events
        .iter()
        .filter(|event| text(event, "entity_key").starts_with("[\"1\""));
    let prices: Vec<_> = of_price
        .map(|event| json(event, "changes")["price"].clone())
        .collect();
    let expected = serde_json::json!([[null, "1.50"], ["1.50", "9.00"], ["9.00", "1.50"]]);
    assert_eq!(serde_json::Value::from(prices), expected);
}

fn created(sim: &Sim, name: &str) -> u64 {
    sim.requests(name)
        .unwrap()
        .get("task_create")
        .copied()
        .unwrap_or(0)
}

#[test]
fn a_report_that_takes_a_while_is_asked_for_once() {
    // A snooze of ten poll intervals is too long for one pass.
    let over = [
        ("NETWORK_POLL_INTERVAL", "600ms"),
        ("NETWORK_POLL_BUDGET", "0ms"),
    ];
    let (stage, sim) = Stage::simulated(75, "", &over);
    let db = &stage.db();
    let slow = AccountSpec {
        report_delay_ms: 1_500,
        ..few("slow")
    };
    stage.join(&sim, slow);
    stage.once_well();
    let run = db::last_run(db, "slow", WORKER);
    assert_eq!(run.outcome, "snoozed", "{run:?}");
    assert_eq!(run.decision["charged"], false);
    let remembered = json(&db::state(db, "slow", WORKER), "mode_state");
    let task = remembered
        .pointer("/inventory_task/id")
        .and_then(|id| id.as_str())
        .unwrap()
        .to_owned();
    assert!(task.starts_with("task-10-"), "{remembered}");
    let mut turns = 0;
    while db::last_run(db, "slow", WORKER).outcome != "completed" {
        db::make_due(db, "slow");
        stage.once_well();
        turns += 1;
        assert!(turns < 200, "the report never came");
    }
    assert_eq!(created(&sim, "slow"), 1, "resumed by its id");
    sim.observe("slow", Pass::ActiveInventory).unwrap();
    assert_equal(&sim, db, "slow", WORKER);
    let remembered = text(&db::state(db, "slow", WORKER), "mode_state");
    assert!(!remembered.contains(&task), "{remembered}");
}

/// A pass with a fault that the worker must get over by itself; returns how many tasks it made.
fn gets_over(path: &str, kind: FaultKind, times: u32) -> u64 {
    let (stage, sim) = Stage::simulated(76, "", &[]);
    let db = &stage.db();
    stage.join(&sim, few("anna"));
    let fault = Fault {
        path: path.to_owned(),
        kind,
        skip: 0,
        times,
    };
    sim.fault("anna", fault).unwrap();
    stage.once_well();
    assert_eq!(sim.stats("anna").unwrap()["faults_fired"], times);
    sim.observe("anna", Pass::ActiveInventory).unwrap();
    assert_equal(&sim, db, "anna", WORKER);
    let runs = db::runs(db, "anna", WORKER);
    assert!(
        runs.iter().all(|run| run.outcome == "completed"),
        "{runs:?}"
    );
    created(&sim, "anna")
}

#[test]
fn statuses_nobody_has_heard_of_are_not_finished() {
    assert_eq!(gets_over("", FaultKind::StatusUnknown {}, 3), 1);
}

#[test]
fn a_lost_task_or_file_is_asked_for_once_more() {
    assert_eq!(gets_over("", FaultKind::TaskLost {}, 1), 2);
    let no_file = FaultKind::Status {
        status: 404,
        retry_after: None,
        error_id: Some(160_014),
        html: false,
    };
    assert_eq!(gets_over("/download_result_file", no_file, 1), 2);
}

#[test]
fn the_same_listing_twice_is_counted_and_does_no_harm() {
    assert_eq!(gets_over("", FaultKind::SameKeyTwice {}, 1), 1);
}

#[test]
fn a_report_that_would_end_almost_everything_needs_a_second_one() {
    let (stage, sim) = Stage::simulated(77, "", &[]);
    let db = &stage.db();
    stage.join(&sim, spec("anna", 0, 120));
    stage.once_well();
    sim.observe("anna", Pass::ActiveInventory).unwrap();
    let before = Before::of(db, "anna", WORKER);
    let empty = Fault {
        path: String::new(),
        kind: FaultKind::ReportEmpty {},
        skip: 0,
        times: 0,
    };
    sim.fault("anna", empty.clone()).unwrap();
    let ended = stage.once();
    assert_eq!(ended.code, Some(1), "{}", complaints(&ended));
    assert_doubted(&db::last_run(db, "anna", WORKER));
    before.assert_cursor(db, "anna", WORKER);
    before.assert_harmless(&sim, db, "anna");
    // A full report takes the doubt away, so the next empty one is doubted again.
    sim.clear_faults("anna").unwrap();
    stage.once_well();
    assert_equal(&sim, db, "anna", WORKER);
    sim.fault("anna", empty).unwrap();
    assert_eq!(stage.once().code, Some(1));
    assert_doubted(&db::last_run(db, "anna", WORKER));
    // The second one in a row agrees.
    let tasks = created(&sim, "anna");
    stage.once_well();
    assert_eq!(
        created(&sim, "anna"),
        tasks + 1,
        "the same report again proves nothing"
    );
    let rows = db::table(db, "ebay_active_inventory", "anna");
    assert!(rows.len() >= 120 && rows.iter().all(|row| row["ended_at"].is_string()));
    history::assert_folds(db, "anna");
    assert_ledger(db, "anna", WORKER);
}

fn assert_doubted(run: &Run) {
    assert_eq!(
        (run.outcome.as_str(), run.detail.as_str()),
        ("failed", "incomplete"),
        "{run:?}"
    );
    assert!(run.what().contains("a second report must agree"), "{run:?}");
    assert!(
        run.place()["request"]
            .as_str()
            .unwrap()
            .contains("/download_result_file"),
        "{run:?}"
    );
}
