//! Pages of offers and listings from a folder of samples beside the workspace: checked where it
//! is. `EBAY_SAMPLES` names another folder, which must be there then.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "test code; one that checks nothing must say so"
)]

use std::fs;
use std::path::PathBuf;

use serde_json::Value as Json;
use shared::attempt::{
    Attempt, Endpoints, ListingSource, Network, RunMode, RunOrder, SnapshotOrder,
};
use shared::id::{AccountId, AttemptId, RunNo};
use shared::record::{Record, Value};
use shared::sandbox::SandboxMode;
use shared::time::Timestamp;
use shared::worker::Worker;
use worker_child::fetch::Shape;
use worker_child::parse::{Caps, JsonItems, JsonStep, XmlItems, XmlStep};
use worker_child::workers::registry;
use worker_child::workers::step::{Call, Completed, Item, Page, Reply, Step, SyncWorker};

fn sample(name: &str) -> Option<String> {
    let named = std::env::var_os("EBAY_SAMPLES").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/ebay-samples");
    if named.is_none() && !beside.is_dir() {
        eprintln!("SKIPPED: ../shared/ebay-samples is not there");
        return None;
    }
    let path = named.unwrap_or(beside).join(name);
    let text = fs::read_to_string(&path);
    Some(text.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

fn begin(worker: Worker) -> Box<dyn SyncWorker> {
    let run = RunOrder {
        run: RunNo(0),
        worker,
        mode: RunMode::Snapshot(SnapshotOrder {
            last_taken_at: None,
            state: None,
            listings: ListingSource::Trading,
        }),
        take_until: Timestamp(10),
        deadline: Timestamp(10),
        skip: Vec::new(),
    };
    let attempt = Attempt {
        id: AttemptId(1),
        account_id: AccountId(1),
        account: "anna".to_owned(),
        endpoints: Endpoints {
            api: String::new(),
            apiz: String::new(),
        },
        marketplace: "EBAY_US".to_owned(),
        seed: 1,
        started_at: Timestamp(0),
        network: Network {
            connect_timeout_ms: 0,
            header_timeout_ms: 0,
            retries: 0,
            retry_base_ms: 0,
            wait_budget_ms: 0,
            poll_interval_ms: 0,
            poll_budget_ms: 0,
        },
        sandbox: SandboxMode::Off,
        recording_cap: 0,
        silence_ms: 60_000,
        runs: vec![run.clone()],
    };
    registry::begin(&attempt, &run).unwrap()
}

/// Answers a request with a body, as `session` does.
fn answer(worker: &mut dyn SyncWorker, step: Step, body: &str, rows: &mut Vec<Record>) -> Step {
    let Step::Fetch(request) = step else {
        panic!("no request: {step:?}");
    };
    let reply = match request.shape {
        Shape::Page { member } => {
            let mut items = JsonItems::new(member, Caps::default());
            items.feed(body.as_bytes());
            while let JsonStep::Item { json, .. } = items.next().unwrap() {
                worker.records(Item::Json(json), rows).unwrap();
            }
            let page = items.finish().unwrap();
            Reply::Page(Page {
                members: page.page,
                list: page.member,
                items: page.items,
            })
        }
        Shape::Call { item_path, .. } => {
            let mut items = XmlItems::new(item_path, Caps::default());
            items.feed(body.as_bytes());
            items.end();
            loop {
                match items.next().unwrap() {
                    XmlStep::Item { root, .. } => worker.records(Item::Xml(root), rows).unwrap(),
                    XmlStep::Yield | XmlStep::NeedMore => {}
                    XmlStep::End => break,
                }
            }
            Reply::Call(Call {
                items: items.finish().unwrap().items,
                ..Call::default()
            })
        }
        Shape::Report { .. } | Shape::Item | Shape::Object | Shape::Nothing => {
            panic!("{:?}", request.shape)
        }
    };
    worker.step(reply, Timestamp(1)).unwrap()
}

/// Key and values as text; what is null is empty.
fn shown(record: &Record) -> Vec<String> {
    let value = |value: &Value| match value {
        Value::Null | Value::Absent => String::new(),
        Value::Text(text) | Value::Decimal(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Time(time) => time.to_string(),
        Value::Boolean(yes) => yes.to_string(),
    };
    let key = record.key.iter().cloned();
    key.chain(record.values.iter().map(value)).collect()
}

fn items(step: &Step) -> u64 {
    let Step::SliceDone(Completed { items, .. }) = step else {
        panic!("not done: {step:?}");
    };
    *items
}

#[test]
fn a_page_of_listings() {
    let Some(body) = sample("trading/GetMyeBaySelling_2026_active.xml") else {
        return;
    };
    let mut worker = begin(Worker::ActiveInventory);
    let mut rows = Vec::new();
    let first = worker.step(Reply::Go, Timestamp(1)).unwrap();
    let done = answer(&mut *worker, first, &body, &mut rows);
    assert_eq!(items(&done), 1);
    let url = "https://www.ebay.com/itm/276784478357";
    #[rustfmt::skip]
    let expected = [
        "276784478357", "", "", "Sample listing", "1", "250.0", "USD", "", "", "", "", url, "trading",
    ];
    assert_eq!(rows.iter().map(shown).collect::<Vec<_>>(), [expected]);
    let payload: Json = serde_json::from_str(&rows[0].payload).unwrap();
    assert_eq!(
        payload,
        serde_json::json!({
            "ItemID": "276784478357", "Title": "Sample listing", "Quantity": "1",
            "QuantityAvailable": "1", "ListingDetails": { "ViewItemURL": url },
            "SellingStatus": { "CurrentPrice": { "#text": "250.0", "@currencyID": "USD" } },
        })
    );
    assert_eq!(rows[0].volatile, "");
}

#[test]
fn a_page_of_skus_and_one_of_offers() {
    let skus = sample("rest/inventory_InventoryItemsResponse.json");
    let offers = sample("rest/inventory_OffersResponse.json");
    let (Some(skus), Some(offers)) = (skus, offers) else {
        return;
    };
    let mut worker = begin(Worker::Offers);
    let mut rows = Vec::new();
    let first = worker.step(Reply::Go, Timestamp(1)).unwrap();
    let mut next = answer(&mut *worker, first, &skus, &mut rows);
    assert!(rows.is_empty());
    for sku in ["SKU-001", "SKU-002"] {
        let Step::Fetch(request) = &next else {
            panic!("no request: {next:?}");
        };
        assert_eq!(request.query[0], ("sku", sku.to_owned()));
        // The sample holds the offers of both, so each comes twice.
        next = answer(&mut *worker, next, &offers, &mut rows);
    }
    assert_eq!(items(&next), 2);
    let expected = [
        ["offer-001", "SKU-001", "EBAY_US", "", "PUBLISHED"],
        ["offer-002", "SKU-002", "EBAY_US", "", "UNPUBLISHED"],
    ];
    let rows: Vec<Vec<String>> = rows.iter().map(shown).collect();
    assert_eq!(rows.len(), 2);
    for (row, expected) in rows.iter().zip(expected) {
        assert_eq!(row[..5], expected);
        assert!(row[5..].iter().all(String::is_empty), "{row:?}");
    }
}
