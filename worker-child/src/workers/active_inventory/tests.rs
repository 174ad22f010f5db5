//! Which source a run reads from, and that the rows of both have the same keys.

use std::collections::BTreeMap;

use serde_json::json;
use shared::wire::message::Mark;

use super::*;
use crate::fetch::request::Shape;
use crate::workers::fixture::read_xml;
use crate::workers::step::{Call, Completed};

const MINUTE: i64 = 60_000;
const NOW: i64 = 1_000 * MINUTE;
const ABOVE: u64 = 10;

fn worker(listings: ListingSource, state: Option<ModeState>) -> ActiveInventory {
    let plan = Plan {
        marketplace: "EBAY_US".to_owned(),
        poll_interval: Duration::from_secs(2),
        poll_budget: Duration::from_secs(10),
        take_until: Timestamp(NOW + MINUTE),
    };
    let order = SnapshotOrder {
        last_taken_at: Some(Timestamp(NOW - 1)),
        state,
        listings,
    };
    ActiveInventory::new(order, plan)
}

const AUTO: ListingSource = ListingSource::Auto {
    report_above: ABOVE,
};

fn task(age: i64) -> ModeState {
    ModeState::InventoryTask {
        id: "t-1".to_owned(),
        created_at: Timestamp(NOW - age),
    }
}

fn asked(step: Result<Step, Failure>) -> String {
    match step {
        Ok(Step::Fetch(request)) => match request.body {
            Some(body) if body.contains("<EntriesPerPage>1<") => "count".to_owned(),
            Some(body) if body.contains("<EntriesPerPage>200<") => "trading".to_owned(),
            _ => format!("{} {}", request.method.name(), request.path),
        },
        Ok(Step::Snooze(until)) => format!("snooze {}", until.0 - NOW),
        other => format!("{other:?}"),
    }
}

fn go(worker: &mut ActiveInventory) -> String {
    asked(worker.step(Reply::Go, Timestamp(NOW)))
}

fn told(total: Option<u64>) -> Reply {
    let path = "ActiveList.PaginationResult.TotalNumberOfEntries";
    Reply::Call(Call {
        items: total.unwrap_or(0).min(1),
        told: total
            .map(|total| (path, total.to_string()))
            .into_iter()
            .collect::<BTreeMap<_, _>>(),
        warnings: Vec::new(),
    })
}

const LIST: &str = "GET /sell/feed/v1/inventory_task";
const LOOK: &str = "GET /sell/feed/v1/inventory_task/t-1";

#[test]
fn a_named_source_is_read_at_once() {
    assert_eq!(go(&mut worker(ListingSource::Report, None)), LIST);
    assert_eq!(go(&mut worker(ListingSource::Report, Some(task(5)))), LOOK);
    assert_eq!(go(&mut worker(ListingSource::Trading, None)), "trading");
    assert_eq!(
        go(&mut worker(ListingSource::Trading, Some(task(5)))),
        "trading"
    );
}

#[test]
fn the_number_of_listings_decides() {
    let cases = [
        (told(Some(ABOVE)), "trading"),
        (told(Some(ABOVE + 1)), LIST),
        (told(Some(0)), "trading"),
        (told(None), "trading"),
        (Reply::Missing("340".to_owned()), "trading"),
    ];
    for (reply, expected) in cases {
        let shown = format!("{reply:?}");
        let mut worker = worker(AUTO, Some(ModeState::Idle));
        assert_eq!(go(&mut worker), "count");
        let next = worker.step(reply, Timestamp(NOW));
        assert_eq!(asked(next), expected, "{shown}");
    }
    let mut lost = worker(AUTO, None);
    go(&mut lost);
    let failed = lost.step(Reply::Empty, Timestamp(NOW)).unwrap_err();
    assert_eq!(failed.name(), "bug");
}

#[test]
fn a_report_on_its_way_is_waited_for() {
    assert_eq!(go(&mut worker(AUTO, Some(task(5)))), LOOK);
    let old = 121 * MINUTE;
    assert_eq!(go(&mut worker(AUTO, Some(task(old)))), "count");
    let discarded = ModeState::Discarded {
        created_at: Timestamp(NOW - 5),
    };
    assert_eq!(go(&mut worker(AUTO, Some(discarded))), "count");
}

#[test]
fn no_run_begins_too_late() {
    let late = Timestamp(NOW + MINUTE + 1);
    for listings in [ListingSource::Report, ListingSource::Trading, AUTO] {
        let step = worker(listings, None).step(Reply::Go, late);
        assert!(matches!(step, Ok(Step::Snooze(_))), "{step:?}");
    }
}

const PAGE: &str = "<GetMyeBaySellingResponse><ActiveList><ItemArray><Item><ItemID>1</ItemID></Item>\
    </ItemArray></ActiveList></GetMyeBaySellingResponse>";

fn rows(worker: &mut ActiveInventory) -> usize {
    let Shape::Call { item_path, .. } = selling::SHAPE else {
        panic!("not a call");
    };
    let mut rows = Vec::new();
    read_xml(PAGE, item_path, &[], |item| {
        worker.records(Item::Xml(item), &mut rows).unwrap();
    });
    rows.len()
}

#[test]
fn a_listing_that_was_only_counted_is_no_row() {
    let mut worker = worker(AUTO, None);
    go(&mut worker);
    assert_eq!(rows(&mut worker), 0);
    let first = worker.step(told(Some(1)), Timestamp(NOW)).unwrap();
    assert!(matches!(first, Step::Fetch(_)), "{first:?}");
    assert_eq!(rows(&mut worker), 1);
    let done = worker.step(told(Some(1)), Timestamp(NOW + 9)).unwrap();
    let completed = Completed {
        mark: Mark::Snapshot(Timestamp(NOW)),
        items: 1,
        announced: Some(1),
    };
    assert_eq!(done, Step::SliceDone(completed));
    assert_eq!(worker.rejected(), None);
}

#[test]
fn a_bad_report_is_remembered_by_auto_too() {
    let mut worker = worker(AUTO, Some(task(0)));
    go(&mut worker);
    let created = Timestamp(NOW).to_string();
    let finished = json!({"taskId": "t-1", "status": "COMPLETED", "creationDate": created});
    let loading = worker.step(Reply::Object(finished), Timestamp(NOW));
    assert_eq!(
        asked(loading),
        "GET /sell/feed/v1/task/t-1/download_result_file"
    );
    let discarded = ModeState::Discarded {
        created_at: Timestamp(NOW),
    };
    assert_eq!(worker.rejected(), Some(discarded));
}

#[test]
fn a_row_has_the_same_key_from_both_sources() {
    let specifics = "<VariationSpecifics><NameValueList><Name>Size</Name><Value>S</Value></NameValueList>\
        <NameValueList><Name>Colour</Name><Value>Red</Value><Value>Blue</Value></NameValueList></VariationSpecifics>";
    let from_report = format!(
        "<BulkDataExchangeResponses><ActiveInventoryReport><SKUDetails><ItemID>1</ItemID><Variations>\
         <Variation><SKU>a</SKU><Price>1</Price>{specifics}</Variation></Variations></SKUDetails>\
         <SKUDetails><SKU>b</SKU><Price>1</Price><ItemID>2</ItemID></SKUDetails>\
         </ActiveInventoryReport></BulkDataExchangeResponses>"
    );
    let from_trading = format!(
        "<GetMyeBaySellingResponse><ActiveList><ItemArray><Item><ItemID>1</ItemID><Variations>\
         <Variation><SKU>a</SKU>{specifics}</Variation></Variations></Item>\
         <Item><ItemID>2</ItemID><SKU>b</SKU></Item></ItemArray></ActiveList></GetMyeBaySellingResponse>"
    );
    let keys = |body: &BodyKind, xml: &str| {
        let (Shape::Report { item_path } | Shape::Call { item_path, .. }) = body.shape else {
            panic!("{:?}", body.shape);
        };
        let mut rows = Vec::new();
        read_xml(xml, item_path, &[], |item| {
            (body.records)(Item::Xml(item), &mut rows).unwrap();
        });
        rows.into_iter().map(|row| row.key).collect::<Vec<_>>()
    };
    let report = keys(&BODIES[0], &from_report);
    assert_eq!(report, keys(&BODIES[1], &from_trading));
    assert_eq!(report[0], ["1", "a", "Colour=Red,Blue;Size=S"]);
}
