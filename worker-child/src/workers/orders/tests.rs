//! The paging machine as tables, and records held against fixtures.

use serde_json::{Map, Value as Json, json};
use shared::failure::Failure;

use super::*;
use crate::workers::fixture::shown;

const HOUR: i64 = 3_600_000;
const PAGE: &str = include_str!("../../../../tests/fixtures/orders/page.json");
const EXPECTED: &str = include_str!("../../../../tests/fixtures/orders/expected.json");

fn window(until: i64) -> WindowOrder {
    WindowOrder {
        cursor: Timestamp(0),
        until: Timestamp(until),
        step_ms: 3_600_000,
        overlap_ms: 60_000,
    }
}

fn orders(until: i64) -> Orders {
    Orders::new(window(until), Timestamp(i64::MAX))
}

fn order(id: &str) -> String {
    let time = "2026-06-18T12:00:00.000Z";
    json!({"orderId": id, "creationDate": time, "lastModifiedDate": time, "lineItems": []})
        .to_string()
}

/// Feeds a page: its total and the ids of its orders.
fn page(orders: &mut Orders, total: u64, ids: &[&str]) -> Result<Step, Failure> {
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

fn go(orders: &mut Orders) -> Step {
    orders.step(Reply::Go, Timestamp(0)).unwrap()
}

#[test]
fn slices_follow_each_other_and_only_the_first_overlaps() {
    let mut orders = orders(2 * HOUR);
    let first = go(&mut orders);
    assert_eq!(
        query(&first, "filter"),
        "lastmodifieddate:[1969-12-31T23:59:00.000Z..1970-01-01T00:59:59.999Z]"
    );
    assert_eq!(query(&first, "fieldGroups"), "TAX_BREAKDOWN");
    let done = page(&mut orders, 0, &[]).unwrap();
    let slice = next_slice(&window(2 * HOUR), Timestamp(0)).unwrap();
    assert_eq!(
        done,
        Step::SliceDone(Completed {
            mark: Mark::Slice(slice),
            items: 0,
            announced: Some(0),
        })
    );
    assert_eq!(orders.slice(), Some(slice));
    let second = go(&mut orders);
    assert_eq!(
        query(&second, "filter"),
        "lastmodifieddate:[1970-01-01T01:00:00.000Z..1970-01-01T01:59:59.999Z]"
    );
    assert!(matches!(page(&mut orders, 0, &[]), Ok(Step::SliceDone(_))));
    assert_eq!(go(&mut orders), Step::Done);
}

#[test]
fn no_slice_begins_after_take_until() {
    let mut orders = Orders::new(window(2 * HOUR), Timestamp(5));
    assert!(matches!(go(&mut orders), Step::Fetch(_)));
    page(&mut orders, 0, &[]).unwrap();
    assert_eq!(orders.step(Reply::Go, Timestamp(6)).unwrap(), Step::Done);
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
fn a_set_that_changes_is_read_once_more_then_incomplete() {
    // (pages of one reading as (total, ids), words of the failure, why)
    type Pages<'a> = &'a [(u64, &'a [&'a str])];
    let cases: [(Pages<'_>, &str); 5] = [
        (&[(3, &["a", "b"]), (4, &["c"])], "total went from 3 to 4"),
        (
            &[(3, &["a", "b"]), (3, &[])],
            "the page at offset 2 is empty",
        ),
        (&[(3, &["a", "b"]), (3, &["b"])], "2 different orders came"),
        (&[(1, &["a", "b"])], "2 different orders came, total is 1"),
        (&[(2, &[])], "the page at offset 0 is empty, total is 2"),
    ];
    for (pages, words) in cases {
        let mut orders = orders(HOUR);
        let mut last = Ok(go(&mut orders));
        for reading in 0..2 {
            for (total, ids) in pages {
                last = page(&mut orders, *total, ids);
            }
            if reading == 0 {
                assert_eq!(query(last.as_ref().unwrap(), "offset"), "0", "{words}");
            }
        }
        let Err(Failure::Incomplete { what, .. }) = last else {
            panic!("{words}: {last:?}");
        };
        assert!(what.contains(words), "{what}");
    }
}

#[test]
fn a_second_reading_that_agrees_is_good() {
    let mut orders = orders(HOUR);
    go(&mut orders);
    page(&mut orders, 2, &["a"]).unwrap();
    let again = page(&mut orders, 3, &["b"]).unwrap();
    assert_eq!(query(&again, "offset"), "0");
    let done = page(&mut orders, 2, &["a", "b"]).unwrap();
    assert!(matches!(done, Step::SliceDone(_)), "{done:?}");
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
