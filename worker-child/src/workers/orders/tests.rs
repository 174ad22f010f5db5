//! The paging machine as tables, and records held against fixtures.

use serde_json::{Map, Value as Json, json};
use shared::failure::Failure;
use shared::time::Timestamp;
use shared::window::WindowOrder;

use super::*;
use crate::workers::fixture::shown;
use crate::workers::step::{Step, SyncWorker};
use crate::workers::window::Windowed;

const HOUR: i64 = 3_600_000;
const PAGE: &str = include_str!("../../../../tests/fixtures/orders/page.json");
const EXPECTED: &str = include_str!("../../../../tests/fixtures/orders/expected.json");

fn window(until: i64) -> WindowOrder {
    WindowOrder {
        cursor: Timestamp(0),
        until: Timestamp(until),
        step_ms: 3_600_000,
        overlap_ms: 60_000,
        deep: None,
    }
}

fn orders(until: i64) -> Windowed<Orders> {
    Windowed::new(window(until), Timestamp(i64::MAX), Orders::default())
}

fn order(id: &str) -> String {
    let time = "2026-06-18T12:00:00.000Z";
    json!({"orderId": id, "creationDate": time, "lastModifiedDate": time, "lineItems": []})
        .to_string()
}

/// Feeds a page: its total and the ids of its orders.
fn page(orders: &mut Windowed<Orders>, total: u64, ids: &[&str]) -> Result<Step, Failure> {
    for id in ids {
        orders
            .records(Item::Json(&order(id)), &mut Vec::new())
            .unwrap();
    }
    let mut members = Map::new();
    members.insert("total".to_owned(), json!(total));
    let page = Page {
        members,
        list: Member::Array,
        items: ids.len() as u64,
    };
    orders.step(Reply::Page(page), Timestamp(0))
}

fn query(step: &Step, name: &str) -> String {
    let Step::Fetch(request) = step else {
        panic!("no request: {step:?}");
    };
    let found = request.query.iter().find(|(key, _)| *key == name);
    found.unwrap().1.clone()
}

fn go(orders: &mut Windowed<Orders>) -> Step {
    orders.step(Reply::Go, Timestamp(0)).unwrap()
}

#[test]
fn pages_are_followed_and_orders_counted_once() {
    let mut orders = orders(HOUR);
    assert_eq!(query(&go(&mut orders), "offset"), "0");
    let next = page(&mut orders, 3, &["a", "b"]).unwrap();
    assert_eq!(query(&next, "offset"), "2");
    let done = page(&mut orders, 3, &["c"]).unwrap();
    let Step::SliceDone(completed) = done else {
        panic!("not done: {done:?}");
    };
    assert_eq!((completed.items, completed.announced), (3, Some(3)));
}

#[test]
fn pages_that_make_no_sense() {
    let cases = [
        (json!({}), Member::Array, "total is missing"),
        (json!({"total": "3"}), Member::Array, "total is not a count"),
        (json!({"total": -1}), Member::Array, "total is not a count"),
        (json!({"total": 1}), Member::Absent, "orders is missing"),
        (json!({"total": 1}), Member::Null, "orders is missing"),
    ];
    for (members, list, words) in cases {
        let mut orders = orders(HOUR);
        go(&mut orders);
        let Json::Object(members) = members else {
            panic!("not an object");
        };
        let page = Page {
            members,
            list,
            items: 0,
        };
        let failed = orders.step(Reply::Page(page), Timestamp(0)).unwrap_err();
        assert_eq!((failed.name(), failed.what()), ("bad_data", words));
    }
}

#[test]
fn an_empty_window_needs_no_list() {
    let mut orders = orders(HOUR);
    go(&mut orders);
    let Ok(Json::Object(members)) = serde_json::from_str(r#"{"total":0}"#) else {
        panic!("not an object");
    };
    let page = Page {
        members,
        list: Member::Absent,
        items: 0,
    };
    let done = orders.step(Reply::Page(page), Timestamp(0));
    assert!(matches!(done, Ok(Step::SliceDone(_))));
}

#[test]
fn fixture() {
    let page: Json = serde_json::from_str(PAGE).unwrap();
    let mut records = Vec::new();
    for order in page["orders"].as_array().unwrap() {
        let mut worker = orders(HOUR);
        let text = serde_json::to_string_pretty(order).unwrap();
        worker.records(Item::Json(&text), &mut records).unwrap();
    }
    let mut expected: Vec<Json> = serde_json::from_str(EXPECTED).unwrap();
    assert_eq!(records.len(), expected.len());
    let orders = page["orders"].as_array().unwrap();
    let items = |order: &Json| order["lineItems"].as_array().unwrap().clone();
    let payloads = orders.iter().flat_map(|order| {
        let mut parts = vec![order.clone()];
        parts.extend(items(order));
        parts
    });
    for ((record, expected), payload) in records.iter().zip(&mut expected).zip(payloads) {
        expected["payload"] = payload;
        assert_eq!(&shown(record), expected);
    }
}

#[test]
fn orders_that_make_no_sense_name_the_path() {
    let good: Json = serde_json::from_str(&order("a")).unwrap();
    let cases = [
        ("orderId", json!(null), "orderId"),
        ("orderId", json!(""), "orderId"),
        ("creationDate", json!("yesterday"), "creationDate"),
        ("lastModifiedDate", json!(17), "lastModifiedDate"),
        ("lineItems", json!({}), "lineItems"),
        ("lineItems", json!(null), "lineItems"),
        ("lineItems", json!([{}]), "lineItems[0].lineItemId"),
        (
            "lineItems",
            json!([{"lineItemId":"1","quantity":"x"}]),
            "lineItems[0].quantity",
        ),
        ("buyer", json!({"username": []}), "buyer.username"),
        (
            "pricingSummary",
            json!({"total":{"value":"1e3"}}),
            "pricingSummary.total.value",
        ),
        ("fulfillmentHrefs", json!([7]), "fulfillmentHrefs[0]"),
        ("fulfillmentHrefs", json!("x"), "fulfillmentHrefs"),
        (
            "fulfillmentStartInstructions",
            json!([{"shippingStep":{"shipTo":{"contactAddress":{"city":1}}}}]),
            "fulfillmentStartInstructions[0].shippingStep.shipTo.contactAddress.city",
        ),
    ];
    for (member, value, path) in cases {
        let mut order = good.clone();
        order[member] = value;
        let mut worker = orders(HOUR);
        let failed = worker.records(Item::Json(&order.to_string()), &mut Vec::new());
        assert_eq!(failed.unwrap_err().path, path);
    }
    let mut worker = orders(HOUR);
    let failed = worker.records(Item::Json("{\"a\":1,}"), &mut Vec::new());
    let words = failed.unwrap_err().what;
    assert!(words.contains("line 1, column 8 of the item"), "{words}");
}
