//! Keys of items, and that what was passed over counts as seen in each family of APIs.

use serde_json::{Map, Value as Json, json};
use shared::failure::Failure;
use shared::record::Record;
use shared::time::Timestamp;

use super::*;
use crate::parse::json::Member;
use crate::workers::cases;
use crate::workers::finances::Finances;
use crate::workers::offers::Offers;
use crate::workers::orders::Orders;
use crate::workers::read::{Next, ReadSpan, Span, Total};
use crate::workers::step::{Item, Page, Reply};

#[test]
fn keys_of_items() {
    let keyed = Keyed {
        members: &["id", "of.kind"],
        table: None,
    };
    let long = "x".repeat(KEY_TEXT + 1);
    let cut = "x".repeat(KEY_TEXT);
    let cases = [
        // (item, text, parts, why)
        (
            json!({"id": "A-1", "of": {"kind": 7}}),
            "A-1\n7",
            Some(vec!["A-1", "7"]),
            "text and a number",
        ),
        (json!({"id": "A-1"}), "", None, "a part is missing"),
        (
            json!({"id": null, "of": {"kind": 7}}),
            "",
            None,
            "a part is null",
        ),
        (
            json!({"id": long, "of": {"kind": "k"}}),
            &cut,
            Some(vec![&long, "k"]),
            "cut in the recorder, whole for the rows",
        ),
    ];
    for (item, text, parts, why) in cases {
        assert_eq!(keyed.text(&item).as_bytes(), text.as_bytes(), "{why}");
        let parts = parts.map(|parts| parts.into_iter().map(str::to_owned).collect());
        assert_eq!(keyed.parts(&item), parts, "{why}");
    }
}

/// Reads a page as `session` does; the items that have this key are passed over.
fn page(
    reader: &mut impl ReadSpan,
    members: &Json,
    items: &[Json],
    passed: &str,
) -> Result<Next, Failure> {
    let keyed = reader.keyed().unwrap();
    let mut records: Vec<Record> = Vec::new();
    for item in items {
        let id = keyed.parts(item).unwrap().join("\n");
        if id == passed {
            reader.passed_over(&id);
        } else {
            let text = item.to_string();
            reader.records(Item::Json(&text), &mut records).unwrap();
        }
    }
    let Json::Object(members) = members.clone() else {
        panic!("not an object");
    };
    reader.next(Reply::Page(Page {
        members,
        list: Member::Array,
        items: items.len() as u64,
    }))
}

fn begun<R: ReadSpan>(mut reader: R) -> R {
    reader.begin(Span {
        first: Timestamp(0),
        last: Timestamp(9),
    });
    reader
}

fn whole(next: Result<Next, Failure>, items: u64, announced: Option<u64>) {
    let total = Total { items, announced };
    assert_eq!(next.unwrap(), Next::Complete(total));
}

fn order(id: &str) -> Json {
    let page = include_str!("../../../../tests/fixtures/orders/page.json");
    let page: Json = serde_json::from_str(page).unwrap();
    let mut order = page["orders"][0].clone();
    order["orderId"] = json!(id);
    order
}

#[test]
fn an_order_that_is_passed_over_counts() {
    let mut orders = begun(Orders::default());
    let all = [order("a"), order("b"), order("c")];
    whole(
        page(&mut orders, &json!({"total": 3}), &all, "b"),
        3,
        Some(3),
    );
    let mut orders = begun(Orders::default());
    let two = [order("a"), order("b")];
    let next = page(&mut orders, &json!({"total": 2}), &two, "a\nno such");
    whole(next, 2, Some(2));
}

#[test]
fn a_transaction_is_known_by_three_members() {
    let text = include_str!("../../../../tests/fixtures/finances/page.json");
    let told: Json = serde_json::from_str(text).unwrap();
    let all = told["transactions"].as_array().unwrap();
    let mut finances = begun(Finances::default());
    let parts = finances.keyed().unwrap().parts(&all[0]).unwrap();
    assert_eq!(parts.len(), 3);
    let total = json!({"total": all.len()});
    let next = page(&mut finances, &total, all, &parts.join("\n"));
    assert!(
        matches!(next, Ok(Next::Fetch(_))),
        "payouts follow: {next:?}"
    );
    assert_eq!(finances.keyed().unwrap().members, ["payoutId"]);
}

#[test]
fn an_offer_and_a_sku_that_are_passed_over() {
    let mut offers = begun(Offers::default());
    assert_eq!(offers.keyed().unwrap().table, None, "a SKU names no offer");
    let skus = [json!({"sku": "S1"}), json!({"sku": "S2"})];
    let next = page(&mut offers, &json!({"total": 2}), &skus, "S2");
    assert!(matches!(next, Ok(Next::Fetch(_))), "{next:?}");
    let offer = |id: &str| json!({"offerId": id, "sku": "S1"});
    let all = [offer("1"), offer("2")];
    whole(page(&mut offers, &json!({"total": 2}), &all, "1"), 2, None);
}

#[test]
fn the_detail_of_a_case_that_is_passed_over_is_not_asked_for() {
    let mut cases = begun(cases::reader("EBAY_US"));
    let case = |id: u64| json!({"caseId": id, "caseStatusEnum": "OPEN"});
    let all = [case(7), case(8)];
    let next = page(&mut cases, &json!({"totalNumberOfCases": 2}), &all, "7").unwrap();
    let Next::Probe(probe) = next else {
        panic!("no probe: {next:?}");
    };
    assert_eq!(probe.items.len(), 1);
    assert_eq!(probe.items[0].key, ["8"]);
    whole(cases.next(Reply::Needed(Vec::new())), 2, Some(2));
}

#[test]
fn an_item_without_a_key_counts_as_one_of_its_own() {
    let mut orders = begun(Orders::default());
    let mut records = Vec::new();
    let text = order("a").to_string();
    orders.records(Item::Json(&text), &mut records).unwrap();
    orders.passed_over("GET /order?offset=0 #1");
    let mut members = Map::new();
    members.insert("total".to_owned(), json!(2));
    let told = Page {
        members,
        list: Member::Array,
        items: 2,
    };
    whole(orders.next(Reply::Page(told)), 2, Some(2));
}
