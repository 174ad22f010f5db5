//! The report machine as conversations, and records held against fixtures.

use serde_json::{Value as Json, json};
use shared::attempt::ListingSource;

use super::*;
use crate::parse::{Caps, XmlItems, XmlStep};
use crate::workers::fixture::shown;

const REPORT: &str = include_str!("../../../../../tests/fixtures/active_inventory/report.xml");
const FAILED: &str = include_str!("../../../../../tests/fixtures/active_inventory/failed.xml");
const EXPECTED: &str = include_str!("../../../../../tests/fixtures/active_inventory/expected.json");

const MINUTE: i64 = 60_000;
/// The time of all tests, unless they say otherwise.
const NOW: i64 = 1_000 * MINUTE;

fn worker(last_taken_at: Option<i64>, state: Option<(&str, i64)>) -> FromReport {
    let plan = Plan {
        marketplace: "EBAY_DE".to_owned(),
        poll_interval: Duration::from_secs(2),
        poll_budget: Duration::from_secs(10),
        take_until: Timestamp(NOW + 600 * MINUTE),
    };
    let order = SnapshotOrder {
        last_taken_at: last_taken_at.map(Timestamp),
        state: state.map(|(id, created_at)| ModeState::InventoryTask {
            id: id.to_owned(),
            created_at: Timestamp(created_at),
        }),
        listings: ListingSource::Report,
    };
    FromReport::new(order, plan)
}

fn task(id: &str, status: &str, created_at: i64) -> Json {
    json!({"taskId": id, "status": status, "creationDate": Timestamp(created_at).to_string()})
}

/// One reply and the step that must follow it, both in short.
fn talk(worker: &mut FromReport, now: i64, reply: Reply) -> String {
    match worker.step(reply, Timestamp(now)) {
        Ok(Step::Fetch(request)) => format!("{} {}", request.method.name(), request.path),
        Ok(Step::Save(ModeState::InventoryTask { id, created_at })) => {
            format!("save {id} {}", created_at.0 - NOW)
        }
        Ok(Step::Probe(_)) => "probe".to_owned(),
        Ok(Step::Save(ModeState::Idle)) => "forget".to_owned(),
        Ok(Step::Save(ModeState::Discarded { created_at })) => {
            format!("discard {}", created_at.0 - NOW)
        }
        Ok(Step::Pause(until)) => format!("pause {}", until.0 - now),
        Ok(Step::SliceDone(Completed { mark, items, .. })) => match mark {
            Mark::Snapshot(at) => format!("snapshot {} of {items}", at.0 - NOW),
            Mark::Slice(_) | Mark::Deep(_) | Mark::Rescan(_) => "another mark".to_owned(),
        },
        Ok(Step::Snooze(until)) => format!("snooze {}", until.0 - now),
        Ok(Step::Done) => "done".to_owned(),
        Err(failure) => failure.to_string(),
    }
}

fn accepted(location: &str) -> Reply {
    Reply::Accepted {
        location: Some(location.to_owned()),
    }
}

fn report(items: u64) -> Reply {
    Reply::Report(Report {
        items,
        acks: Vec::new(),
        errors: Vec::new(),
    })
}

/// Runs a conversation: replies and the steps they must lead to.
fn conversation(worker: &mut FromReport, lines: Vec<(Reply, &str)>) {
    for (number, (reply, expected)) in lines.into_iter().enumerate() {
        let shown = format!("line {number}: {reply:?}");
        assert_eq!(talk(worker, NOW, reply), expected, "{shown}");
    }
}

const LIST: &str = "GET /sell/feed/v1/inventory_task";
const CREATE: &str = "POST /sell/feed/v1/inventory_task";
const LOOK_1: &str = "GET /sell/feed/v1/inventory_task/t-1";
const LOAD_1: &str = "GET /sell/feed/v1/task/t-1/download_result_file";

#[test]
fn a_new_report_from_asking_to_forgetting() {
    let at = "https://api.ebay.com/sell/feed/v1/inventory_task/t-1";
    conversation(
        &mut worker(None, None),
        vec![
            (Reply::Go, LIST),
            (Reply::Object(json!({"total": 0})), CREATE),
            (accepted(at), "save t-1 0"),
            (Reply::Go, LOOK_1),
            (Reply::Object(task("t-1", "QUEUED", NOW - 5)), "pause 2000"),
            (Reply::Go, LOOK_1),
            (Reply::Object(task("t-1", "CREATED", NOW - 5)), "pause 2000"),
            (Reply::Go, LOOK_1),
            (Reply::Object(task("t-1", "COMPLETED", NOW - 5)), LOAD_1),
            (report(17), "snapshot -5 of 17"),
            (Reply::Go, "forget"),
            (Reply::Go, "done"),
        ],
    );
}

#[test]
fn a_recent_report_is_used_again() {
    let list = |tasks: Vec<Json>| Reply::Object(json!({"tasks": tasks}));
    let cases = [
        (
            vec![
                task("old", "COMPLETED", NOW - 31 * MINUTE),
                task("t-1", "QUEUED", NOW - 2 * MINUTE),
                task("t-2", "COMPLETED", NOW - 3 * MINUTE),
            ],
            "save t-1 -120000",
            "the newest",
        ),
        (vec![task("t", "FAILED", NOW)], CREATE, "it will not come"),
        (
            vec![task("t", "COMPLETED", NOW - 10 * MINUTE)],
            CREATE,
            "stored already",
        ),
        (vec![], CREATE, "there is none"),
    ];
    for (tasks, expected, why) in cases {
        let mut worker = worker(Some(NOW - 10 * MINUTE), None);
        assert_eq!(talk(&mut worker, NOW, Reply::Go), LIST);
        assert_eq!(talk(&mut worker, NOW, list(tasks)), expected, "{why}");
    }
}

#[test]
fn a_remembered_task_is_resumed_unless_it_is_old() {
    let mut resumed = worker(None, Some(("t-1", NOW - MINUTE)));
    assert_eq!(talk(&mut resumed, NOW, Reply::Go), LOOK_1);
    let mut old = worker(None, Some(("t-1", NOW - 121 * MINUTE)));
    assert_eq!(talk(&mut old, NOW, Reply::Go), LIST);
}

#[test]
fn waiting_has_its_limits() {
    let queued = |at| Reply::Object(task("t-1", "IN_PROCESS", at));
    let mut patient = worker(None, Some(("t-1", NOW)));
    assert_eq!(talk(&mut patient, NOW, Reply::Go), LOOK_1);
    assert_eq!(talk(&mut patient, NOW + 9_999, queued(NOW)), "pause 2000");
    assert_eq!(talk(&mut patient, NOW + 9_999, Reply::Go), LOOK_1);
    assert_eq!(
        talk(&mut patient, NOW + 10_000, queued(NOW)),
        "snooze 20000"
    );

    let mut abandoned = worker(None, Some(("t-1", NOW - 119 * MINUTE)));
    assert_eq!(talk(&mut abandoned, NOW, Reply::Go), LOOK_1);
    let later = NOW + 2 * MINUTE;
    assert_eq!(
        talk(&mut abandoned, later, queued(NOW - 119 * MINUTE)),
        "discard -7140000"
    );
    let failed = talk(&mut abandoned, later, Reply::Go);
    assert!(
        failed.starts_with("incomplete: task t-1 is IN_PROCESS"),
        "{failed}"
    );

    let mut late = worker(None, None);
    assert_eq!(
        talk(&mut late, NOW + 601 * MINUTE, Reply::Go),
        "snooze 20000"
    );
}

#[test]
fn a_task_is_replaced_once() {
    let missing = || Reply::Missing("eBay answered 404: 160014 No file".to_owned());
    let new = || accepted("/sell/feed/v1/inventory_task/t-1/?x=1");
    conversation(
        &mut worker(None, Some(("t-1", NOW))),
        vec![
            (Reply::Go, LOOK_1),
            (
                Reply::Object(task("t-1", "COMPLETED_WITH_ERROR", NOW)),
                LOAD_1,
            ),
            (missing(), CREATE),
            (new(), "save t-1 0"),
            (Reply::Go, LOOK_1),
            (missing(), "forget"),
            (
                Reply::Go,
                "incomplete: eBay answered 404: 160014 No file at taskId",
            ),
        ],
    );
}

#[test]
fn a_report_that_is_not_newer_is_dropped() {
    let mut worker = worker(Some(NOW), Some(("t-1", NOW)));
    assert_eq!(talk(&mut worker, NOW, Reply::Go), LOOK_1);
    let finished = Reply::Object(task("t-1", "COMPLETED", NOW));
    assert_eq!(talk(&mut worker, NOW, finished), CREATE);
}

#[test]
fn answers_that_make_no_sense() {
    let mut listing = worker(None, None);
    talk(&mut listing, NOW, Reply::Go);
    let failed = talk(&mut listing, NOW, Reply::Object(json!({"tasks": {}})));
    assert_eq!(failed, "bad_data: tasks is not an array at tasks");

    for location in [
        None,
        Some(""),
        Some("https://h/sell/feed/v1/inventory_task/"),
    ] {
        let mut creating = worker(None, None);
        talk(&mut creating, NOW, Reply::Go);
        talk(&mut creating, NOW, Reply::Object(json!({})));
        let location = location.map(str::to_owned);
        let failed = talk(&mut creating, NOW, Reply::Accepted { location });
        assert!(failed.starts_with("bad_data: Location "), "{failed}");
    }

    let mut looking = worker(None, Some(("t/1", NOW)));
    let asked = talk(&mut looking, NOW, Reply::Go);
    assert_eq!(asked, "GET /sell/feed/v1/inventory_task/t%2F1");
    let failed = talk(&mut looking, NOW, Reply::Object(json!({"taskId": "t"})));
    assert!(failed.starts_with("bad_data: value is missing"), "{failed}");
}

fn read(xml: &str) -> (Vec<Record>, Report) {
    let mut items = XmlItems::new(ITEM_PATH, Caps::default());
    items.feed(xml.as_bytes());
    items.end();
    let mut records = Vec::new();
    let mut worker = worker(None, None);
    loop {
        match items.next().unwrap() {
            XmlStep::Item { root, .. } => worker.records(Item::Xml(root), &mut records).unwrap(),
            XmlStep::Yield | XmlStep::NeedMore => {}
            XmlStep::End => break,
        }
    }
    let summary = items.finish().unwrap();
    let report = Report {
        items: summary.items,
        acks: summary.asides.acks,
        errors: summary.asides.errors,
    };
    (records, report)
}

#[test]
fn fixture() {
    let (records, report) = read(REPORT);
    let shown: Vec<Json> = records.iter().map(shown).collect();
    let expected: Vec<Json> = serde_json::from_str(EXPECTED).unwrap();
    assert_eq!(shown, expected);
    assert_eq!(answers::complaint(&report), None);
}

#[test]
fn a_report_that_carries_errors_fails_and_is_discarded() {
    let (records, report) = read(FAILED);
    assert_eq!(records.len(), 1);
    conversation(
        &mut worker(None, Some(("t-1", NOW))),
        vec![
            (Reply::Go, LOOK_1),
            (Reply::Object(task("t-1", "COMPLETED", NOW)), LOAD_1),
            (Reply::Report(report), "discard 0"),
            (
                Reply::Go,
                "bad_data: report carries errors: 1008 Internal error. at Errors",
            ),
        ],
    );
}

#[test]
fn what_was_no_good_is_not_read_again() {
    let mut reading = worker(None, Some(("t-1", NOW)));
    assert_eq!(reading.rejected(), None);
    let finished = || Reply::Object(task("t-1", "COMPLETED", NOW));
    assert_eq!(talk(&mut reading, NOW, Reply::Go), LOOK_1);
    assert_eq!(talk(&mut reading, NOW, finished()), LOAD_1);
    let discarded = ModeState::Discarded {
        created_at: Timestamp(NOW),
    };
    assert_eq!(reading.rejected(), Some(discarded.clone()));

    let order = SnapshotOrder {
        last_taken_at: None,
        state: Some(discarded),
        listings: ListingSource::Report,
    };
    let mut next = FromReport::new(order, reading.plan.clone());
    assert_eq!(talk(&mut next, NOW + 1, Reply::Go), LIST);
    let list = json!({"tasks": [task("t-1", "COMPLETED", NOW)]});
    let asked = talk(&mut next, NOW + 1, Reply::Object(list));
    assert_eq!(asked, "POST /sell/feed/v1/inventory_task");
}

fn one(inside: &str) -> Result<Vec<Record>, ParseError> {
    let xml = format!(
        "<BulkDataExchangeResponses><ActiveInventoryReport><SKUDetails>{inside}</SKUDetails>\
         </ActiveInventoryReport></BulkDataExchangeResponses>"
    );
    let mut items = XmlItems::new(ITEM_PATH, Caps::default());
    items.feed(xml.as_bytes());
    items.end();
    let XmlStep::Item { root, .. } = items.next().unwrap() else {
        panic!("no item in {xml}");
    };
    let mut records = Vec::new();
    worker(None, None).records(Item::Xml(root), &mut records)?;
    Ok(records)
}

#[test]
fn listings_that_make_no_sense_name_the_path() {
    let cases = [
        ("<Price>1</Price>", "ItemID"),
        ("<ItemID>1</ItemID>", "Price"),
        ("<ItemID>1</ItemID><Price>1,0</Price>", "Price"),
        (
            "<ItemID>1</ItemID><Price>1</Price><Quantity>many</Quantity>",
            "Quantity",
        ),
        ("<ItemID>1</ItemID><Price>1</Price><SKU><a/></SKU>", "SKU"),
        (
            "<ItemID>1</ItemID><Variations><Variation/></Variations>",
            "Variations.Variation[0].Price",
        ),
    ];
    for (inside, path) in cases {
        assert_eq!(one(inside).unwrap_err().path, path, "{inside}");
    }
}

#[test]
fn payloads_of_variations_stay_canonical_whatever_they_hold() {
    let variations = [
        r#"<Variation><Price currencyID="USD">1</Price></Variation>"#,
        r#"<Variation z="1"><Price>1</Price></Variation>"#,
        "<Variation>text<Price>1</Price></Variation>",
        "<Variation><Price>1</Price><Alpha>2</Alpha></Variation>",
        "<Variation><Price>1</Price><ItemID>other</ItemID></Variation>",
    ];
    for variation in variations {
        let inside = format!("<ItemID>77</ItemID><Variations>{variation}</Variations>");
        let records = one(&inside).unwrap();
        assert_eq!(shown(&records[0])["payload"]["ItemID"], "77", "{variation}");
    }
}
