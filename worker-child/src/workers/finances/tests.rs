//! Both lists of a span, and records held against fixtures.

use serde_json::{Value as Json, json};
use shared::record::Value;
use shared::table::Table;
use shared::time::Timestamp;
use shared::window::WindowOrder;

use super::*;
use crate::parse::json::Member;
use crate::workers::fixture::{column_names, listed, shown};
use crate::workers::step::{Page, Step, SyncWorker};
use crate::workers::window::Windowed;

const PAGE: &str = include_str!("../../../../tests/fixtures/finances/page.json");
const PAYOUT_PAGE: &str = include_str!("../../../../tests/fixtures/finances/payouts.json");
const EXPECTED: &str = include_str!("../../../../tests/fixtures/finances/expected.json");
const STORED: &str = include_str!("../../../../tests/fixtures/finances/stored.json");
const STORED_FROM: [(&str, &str); 3] = [
    (
        "sales.json",
        include_str!("../../../../tests/fixtures/finances/sales.json"),
    ),
    (
        "charges.json",
        include_str!("../../../../tests/fixtures/finances/charges.json"),
    ),
    (
        "paid.json",
        include_str!("../../../../tests/fixtures/finances/paid.json"),
    ),
];

fn begun() -> (Windowed<Finances>, Step) {
    let order = WindowOrder {
        cursor: Timestamp(0),
        until: Timestamp(3_600_000),
        step_ms: 3_600_000,
        overlap_ms: 60_000,
        deep: None,
    };
    let mut worker = Windowed::new(order, Timestamp(i64::MAX), Finances::default());
    let first = worker.step(Reply::Go, Timestamp(0)).unwrap();
    (worker, first)
}

fn transaction(id: &str) -> Json {
    json!({
        "transactionId": id, "transactionType": "SALE", "bookingEntry": "CREDIT",
        "transactionDate": "2026-06-18T12:00:00.000Z",
    })
}

fn payout(id: &str) -> Json {
    json!({"payoutId": id, "payoutDate": "2026-06-18T12:00:00.000Z"})
}

/// Feeds a page of these items.
fn page(worker: &mut Windowed<Finances>, members: &Json, items: &[Json]) -> Result<Step, Failure> {
    for item in items {
        let mut out = Vec::new();
        worker
            .records(Item::Json(&item.to_string()), &mut out)
            .unwrap();
    }
    let page = Page {
        members: members.as_object().unwrap().clone(),
        list: Member::Array,
        items: items.len() as u64,
    };
    worker.step(Reply::Page(page), Timestamp(0))
}

fn target(step: &Step) -> String {
    let Step::Fetch(request) = step else {
        panic!("no request: {step:?}");
    };
    request.target()
}

/// The records of the items of a page, of either kind.
fn records(page: &str) -> Vec<Record> {
    let page: Json = serde_json::from_str(page).unwrap();
    let mut out = Vec::new();
    for (body, member) in BODIES.iter().zip(["transactions", "payouts"]) {
        for item in page[member].as_array().into_iter().flatten() {
            let text = serde_json::to_string_pretty(item).unwrap();
            (body.records)(Item::Json(&text), &mut out).unwrap();
        }
    }
    out
}

#[test]
fn a_span_is_complete_when_both_lists_are() {
    let (mut worker, first) = begun();
    let span = "%3A%5B1969-12-31T23%3A59%3A00.000Z..1970-01-01T00%3A59%3A59.999Z%5D";
    let asked = |list: &str, limit: u64, offset: u64| {
        format!("/sell/finances/v1/{list}{span}&limit={limit}&offset={offset}")
    };
    let transactions = "transaction?filter=transactionDate";
    let payouts = "payout?filter=payoutDate";
    assert_eq!(target(&first), asked(transactions, 1000, 0));
    let told = json!({"total": 2});
    let next = page(&mut worker, &told, &[transaction("a")]).unwrap();
    assert_eq!(target(&next), asked(transactions, 1000, 1));
    let next = page(&mut worker, &told, &[transaction("b")]).unwrap();
    assert_eq!(target(&next), asked(payouts, 200, 0));
    let next = page(&mut worker, &told, &[payout("a")]).unwrap();
    assert_eq!(target(&next), asked(payouts, 200, 1));
    let done = page(&mut worker, &told, &[payout("b")]).unwrap();
    let Step::SliceDone(completed) = done else {
        panic!("not done: {done:?}");
    };
    assert_eq!((completed.items, completed.announced), (4, Some(4)));
}

#[test]
fn a_list_may_be_empty() {
    // (the transactions, the payouts, what a span held)
    let some = json!({"total": 1});
    let cases = [
        (None, None, (0, None)),
        (Some(&some), None, (1, None)),
        (None, Some(&some), (1, None)),
        (Some(&some), Some(&some), (2, Some(2))),
    ];
    for (transactions, payouts, total) in cases {
        let (mut worker, _) = begun();
        let mut last = Step::Done;
        for (list, item) in [(transactions, transaction("a")), (payouts, payout("a"))] {
            last = match list {
                None => worker.step(Reply::Empty, Timestamp(0)).unwrap(),
                Some(members) => page(&mut worker, members, &[item]).unwrap(),
            };
        }
        let Step::SliceDone(completed) = last else {
            panic!("not done: {last:?}");
        };
        assert_eq!((completed.items, completed.announced), total);
    }
}

#[test]
fn payouts_that_contradict_themselves_have_both_lists_read_again() {
    let (mut worker, first) = begun();
    let mut last = Ok(first.clone());
    for reading in 0..2 {
        if reading == 1 {
            assert_eq!(last, Ok(first.clone()), "read once more from its start");
        }
        worker.step(Reply::Empty, Timestamp(0)).unwrap();
        page(&mut worker, &json!({"total": 2}), &[payout("a")]).unwrap();
        last = page(&mut worker, &json!({"total": 2}), &[payout("a")]);
    }
    let failed = last.unwrap_err();
    assert_eq!(failed.name(), "incomplete");
    assert!(failed.what().contains("1 different items came"), "{failed}");
}

#[test]
fn fixture() {
    let mut records_of_both = records(PAGE);
    records_of_both.extend(records(PAYOUT_PAGE));
    let expected: Vec<Json> = serde_json::from_str(EXPECTED).unwrap();
    let shown: Vec<Json> = records_of_both.iter().map(shown).collect();
    assert_eq!(shown, expected);
}

#[test]
fn twenty_items() {
    let stored: Json = serde_json::from_str(STORED).unwrap();
    let tables = [
        (
            Table::FinancesTransactions,
            "transaction_columns",
            "transactions",
        ),
        (Table::FinancesFees, "fee_columns", "fees"),
        (Table::Payouts, "payout_columns", "payouts"),
    ];
    let mut count = 0;
    for (table, columns, member) in tables {
        assert_eq!(stored[columns], column_names(table));
        for (file, page) in STORED_FROM {
            let records = records(page);
            let of_table = records.iter().filter(|record| record.table == table);
            let rows: Json = of_table.map(listed).collect();
            assert_eq!(rows, stored[file][member], "{file} {member}");
            if table != Table::FinancesFees {
                count += rows.as_array().unwrap().len();
            }
        }
    }
    assert_eq!(count, 20);
}

#[test]
fn amounts_have_the_sign_of_their_entry() {
    let cases = [
        ("CREDIT", json!("5.00"), "5.00"),
        ("DEBIT", json!("5.00"), "-5.00"),
        ("DEBIT", json!(12.5), "-12.5"),
        ("DEBIT", json!("0"), "0"),
        ("DEBIT", json!("0.00"), "0.00"),
        ("DEBIT", json!("0.01"), "-0.01"),
        ("CREDIT", json!("-0.35"), "-0.35"),
        ("DEBIT", json!("-0.35"), "0.35"),
        ("DEBIT", json!("-0.0"), "0.0"),
    ];
    for (entry, amount, expected) in cases {
        let mut item = transaction("a");
        item["bookingEntry"] = json!(entry);
        item["amount"] = json!({"value": amount, "currency": "USD"});
        let records = records(&json!({ "transactions": [item] }).to_string());
        assert_eq!(
            records[0].values[4],
            Value::Decimal(expected.to_owned()),
            "{entry} {amount}"
        );
    }
}

#[test]
fn items_that_make_no_sense_name_the_path() {
    let long = "9".repeat(40);
    let line_items = |line_item: Json| json!([{"lineItemId": "1"}, line_item]);
    let cases = [
        ("transactionId", json!(null), "transactionId"),
        ("transactionType", json!(""), "transactionType"),
        ("bookingEntry", json!(null), "bookingEntry"),
        ("bookingEntry", json!("SIDEWAYS"), "bookingEntry"),
        ("transactionDate", json!("yesterday"), "transactionDate"),
        ("amount", json!({"value": "1e3"}), "amount.value"),
        ("amount", json!({"value": long}), "amount.value"),
        ("payoutId", json!(1.5), "payoutId"),
        ("transactionMemo", json!([]), "transactionMemo"),
        ("feeType", json!(7), "feeType"),
        ("orderLineItems", json!({}), "orderLineItems"),
        ("orderLineItems", json!([7]), "orderLineItems[0]"),
        (
            "orderLineItems",
            json!([{"lineItemId": {}}]),
            "orderLineItems[0].lineItemId",
        ),
        (
            "orderLineItems",
            line_items(json!({"marketplaceFees": 7})),
            "orderLineItems[1].marketplaceFees",
        ),
        (
            "orderLineItems",
            line_items(json!({"marketplaceFees": [{}, null]})),
            "orderLineItems[1].marketplaceFees[1]",
        ),
        (
            "orderLineItems",
            line_items(json!({"donations": [{"amount": {"value": "x"}}]})),
            "orderLineItems[1].donations[0].amount.value",
        ),
    ];
    for (member, value, path) in cases {
        let mut item = transaction("a");
        item["bookingEntry"] = json!("DEBIT");
        item[member] = value;
        let failed = Finances::default().records(Item::Json(&item.to_string()), &mut vec![]);
        assert_eq!(failed.unwrap_err().path, path);
    }
    let cases = [
        ("payoutId", json!(null), "payoutId"),
        ("payoutDate", json!(null), "payoutDate"),
        ("payoutStatus", json!(1), "payoutStatus"),
        ("amount", json!({"value": "1,5"}), "amount.value"),
        ("transactionCount", json!(1.5), "transactionCount"),
    ];
    for (member, value, path) in cases {
        let mut item = payout("a");
        item[member] = value;
        let failed = (BODIES[1].records)(Item::Json(&item.to_string()), &mut vec![]);
        assert_eq!(failed.unwrap_err().path, path);
    }
}
