//! Spans and second readings, and records held against fixtures.

use serde_json::{Value as Json, json};
use shared::table::Table;
use shared::time::Timestamp;
use shared::window::{DeepOrder, WindowOrder};
use shared::wire::message::Mark;

use super::*;
use crate::parse::json::Member;
use crate::workers::fixture::{column_names, listed, shown};
use crate::workers::step::{Page, Step, SyncWorker};
use crate::workers::window::Windowed;

const HOUR: i64 = 3_600_000;
const PAGE: &str = include_str!("../../../../tests/fixtures/transactions/page.json");
const EXPECTED: &str = include_str!("../../../../tests/fixtures/transactions/expected.json");
const STORED: &str = include_str!("../../../../tests/fixtures/transactions/stored.json");
const STORED_FROM: [(&str, &str); 3] = [
    (
        "plain.json",
        include_str!("../../../../tests/fixtures/transactions/plain.json"),
    ),
    (
        "states.json",
        include_str!("../../../../tests/fixtures/transactions/states.json"),
    ),
    (
        "odd.json",
        include_str!("../../../../tests/fixtures/transactions/odd.json"),
    ),
];

fn transactions(deep: Option<DeepOrder>) -> Windowed<Transactions> {
    let order = WindowOrder {
        cursor: Timestamp(0),
        until: Timestamp(HOUR),
        step_ms: 3_600_000,
        overlap_ms: 60_000,
        deep,
    };
    Windowed::new(order, Timestamp(i64::MAX), Transactions::default())
}

fn transaction() -> Json {
    json!({
        "transactionId": "a", "transactionType": "SALE", "bookingEntry": "CREDIT",
        "transactionDate": "2026-06-18T12:00:00.000Z",
    })
}

fn target(step: &Step) -> String {
    let Step::Fetch(request) = step else {
        panic!("no request: {step:?}");
    };
    request.target()
}

/// The records of the items of a page.
fn records(page: &str) -> Vec<Record> {
    let page: Json = serde_json::from_str(page).unwrap();
    let mut out = Vec::new();
    let mut reader = Transactions::default();
    for item in page["transactions"].as_array().unwrap() {
        let text = serde_json::to_string_pretty(item).unwrap();
        reader.records(Item::Json(&text), &mut out).unwrap();
    }
    out
}

#[test]
fn an_empty_window_is_done_and_the_deep_pass_follows() {
    let deep = DeepOrder {
        from: Timestamp(-HOUR),
        until: Timestamp(0),
    };
    let mut worker = transactions(Some(deep));
    let first = worker.step(Reply::Go, Timestamp(0)).unwrap();
    assert_eq!(
        target(&first),
        "/sell/finances/v1/transaction?filter=transactionDate%3A%5B1969-12-31T23%3A59%3A00.000Z..\
         1970-01-01T00%3A59%3A59.999Z%5D&limit=1000&offset=0"
    );
    let mut marks = Vec::new();
    for _ in 0..2 {
        let done = worker.step(Reply::Empty, Timestamp(0)).unwrap();
        let Step::SliceDone(completed) = done else {
            panic!("not done: {done:?}");
        };
        assert_eq!((completed.items, completed.announced), (0, None));
        marks.push(completed.mark);
        worker.step(Reply::Go, Timestamp(0)).unwrap();
    }
    assert!(matches!(marks[..], [Mark::Slice(_), Mark::Deep(_)]));
}

#[test]
fn one_id_under_two_types_is_two_items() {
    let mut worker = transactions(None);
    worker.step(Reply::Go, Timestamp(0)).unwrap();
    let mut refund = transaction();
    refund["transactionType"] = json!("REFUND");
    let mut out = Vec::new();
    for item in [transaction(), refund] {
        worker
            .records(Item::Json(&item.to_string()), &mut out)
            .unwrap();
    }
    let page = Page {
        members: json!({"total": 2}).as_object().unwrap().clone(),
        list: Member::Array,
        items: 2,
    };
    let done = worker.step(Reply::Page(page), Timestamp(0));
    assert!(matches!(done, Ok(Step::SliceDone(_))), "{done:?}");
}

#[test]
fn a_204_where_more_was_promised_is_read_once_more_then_incomplete() {
    let mut worker = transactions(None);
    let first = worker.step(Reply::Go, Timestamp(0)).unwrap();
    let mut last = Ok(first.clone());
    for reading in 0..2 {
        if reading == 1 {
            assert_eq!(last, Ok(first.clone()), "read once more from its start");
        }
        let page = Page {
            members: json!({"next": "/2"}).as_object().unwrap().clone(),
            list: Member::Array,
            items: 1,
        };
        worker.step(Reply::Page(page), Timestamp(0)).unwrap();
        last = worker.step(Reply::Empty, Timestamp(0));
    }
    let failed = last.unwrap_err();
    assert_eq!(failed.name(), "incomplete");
    assert!(failed.what().contains("is a 204"), "{failed}");
}

#[test]
fn fixture() {
    let records = records(PAGE);
    let expected: Vec<Json> = serde_json::from_str(EXPECTED).unwrap();
    let shown: Vec<Json> = records.iter().map(shown).collect();
    assert_eq!(shown, expected);
}

#[test]
fn twenty_transactions() {
    let stored: Json = serde_json::from_str(STORED).unwrap();
    assert_eq!(stored["columns"], column_names(Table::Transactions));
    let mut count = 0;
    for (file, page) in STORED_FROM {
        let rows: Json = records(page).iter().map(listed).collect();
        assert_eq!(rows, stored[file], "{file}");
        count += rows.as_array().unwrap().len();
    }
    assert_eq!(count, 20);
}

#[test]
fn both_spellings_of_the_tax_are_one_payload() {
    let spelled = |name: &str| {
        let mut item = transaction();
        item[name] = json!({"value": "1.0", "currency": "USD"});
        records(&json!({ "transactions": [item] }).to_string())
    };
    let [observed, documented] = ["ebayCollectedTaxAmount", "eBayCollectedTaxAmount"].map(spelled);
    assert_eq!(observed, documented);
    assert!(observed[0].payload.contains("eBayCollectedTaxAmount"));
}

#[test]
fn transactions_that_make_no_sense_name_the_path() {
    let cases = [
        ("transactionId", json!(null), "transactionId"),
        ("transactionId", json!(""), "transactionId"),
        ("transactionId", json!(1.5), "transactionId"),
        ("transactionType", json!(null), "transactionType"),
        ("transactionType", json!([]), "transactionType"),
        ("bookingEntry", json!(null), "bookingEntry"),
        ("bookingEntry", json!(""), "bookingEntry"),
        ("transactionDate", json!(null), "transactionDate"),
        ("transactionDate", json!("yesterday"), "transactionDate"),
        ("transactionDate", json!(17), "transactionDate"),
        ("transactionStatus", json!(true), "transactionStatus"),
        ("orderId", json!({}), "orderId"),
        ("amount", json!({"value": "1e3"}), "amount.value"),
        ("amount", json!({"value": [1]}), "amount.value"),
        ("amount", json!({"currency": 7}), "amount.currency"),
    ];
    for (member, value, path) in cases {
        let mut item = transaction();
        item[member] = value;
        let failed = Transactions::default().records(Item::Json(&item.to_string()), &mut vec![]);
        assert_eq!(failed.unwrap_err().path, path);
    }
    for text in ["{\"a\":1,}", "7", "null", "[]"] {
        let failed = Transactions::default().records(Item::Json(text), &mut vec![]);
        assert!(failed.is_err(), "{text}");
    }
}
