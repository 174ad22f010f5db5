//! A page of transactions that eBay really sent, from a folder beside the workspace: checked where
//! it is. `EBAY_SAMPLES` names another folder, which must be there then.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "test code; one that checks nothing must say so"
)]

use std::fs;
use std::path::PathBuf;

use serde_json::Value as Json;
use shared::record::{Record, Value};
use shared::table::Table;
use shared::worker::Worker;
use worker_child::workers::registry::bodies;
use worker_child::workers::step::Item;

const NAME: &str = "rest/finances_getTransactions_2025_real.json";

fn sample() -> Option<String> {
    let named = std::env::var_os("EBAY_SAMPLES").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/ebay-samples");
    if named.is_none() && !beside.is_dir() {
        eprintln!("SKIPPED: ../shared/ebay-samples is not there");
        return None;
    }
    let path = named.unwrap_or(beside).join(NAME);
    let text = fs::read_to_string(&path);
    Some(text.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// The records that the worker makes of the page, and its items.
fn records(worker: Worker, page: &str) -> (Vec<Record>, Vec<Json>) {
    let page: Json = serde_json::from_str(page).unwrap();
    let items = page["transactions"].as_array().unwrap().clone();
    let mut records = Vec::new();
    for item in &items {
        let text = serde_json::to_string_pretty(item).unwrap();
        (bodies(worker)[0].records)(Item::Json(&text), &mut records).unwrap();
    }
    (records, items)
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

fn assert_rows<const WIDTH: usize>(records: &[Record], table: Table, expected: &[[&str; WIDTH]]) {
    let of_table = records.iter().filter(|record| record.table == table);
    let rows: Vec<Vec<String>> = of_table.map(shown).collect();
    assert_eq!(rows, expected, "{table:?}");
}

#[test]
fn transactions() {
    let Some(page) = sample() else { return };
    let (records, items) = records(Worker::Transactions, &page);
    let (reversed, refund) = ("2024-07-31T01:33:22.188Z", "2024-07-31T01:28:16.806Z");
    #[rustfmt::skip]
    let expected = [
        ["FEE-6274994611516_11", "NON_SALE_CHARGE", "DEBIT", "", "2024-09-17T12:52:12.625Z", "PAYOUT", "4.85", "USD"],
        ["04-12087-72462", "SALE", "CREDIT", "04-12087-72462", "2024-09-17T12:48:08.764Z", "PAYOUT", "189.29", "USD"],
        ["18107298644", "TRANSFER", "CREDIT", "", "2024-09-03T23:49:44.000Z", "PAYOUT", "56.33", "USD"],
        ["FEE-6244683388416_11", "NON_SALE_CHARGE", "DEBIT", "", "2024-09-03T03:47:01.717Z", "PAYOUT", "56.33", "USD"],
        ["INVOICE-6241237787216_11", "NON_SALE_CHARGE", "DEBIT", "", "2024-09-01T16:39:13.543Z", "PAYOUT", "24.14", "USD"],
        ["FEE-5341241417-e91286c3-2016-49a8-b15f-e8dae1fc54ec_42", "NON_SALE_CHARGE", "CREDIT", "", "2024-07-31T01:34:54.316Z", "PAYOUT", "3.41", "USD"],
        ["DISPUTE_HOLD_REVERSE-6361163698-6123778643", "CREDIT", "CREDIT", "12-11784-92982", reversed, "PAYOUT", "143.98", "USD"],
        ["RRP-6362487660-CCM_CHARGE", "REFUND", "DEBIT", "12-11784-92982", refund, "PAYOUT", "122.31", "USD"],
        ["DISPUTE_HOLD-6361163698", "DISPUTE", "DEBIT", "12-11784-92982", "2024-07-28T01:37:13.303Z", "PAYOUT", "143.98", "USD"],
        ["12-11784-92982", "SALE", "CREDIT", "12-11784-92982", "2024-07-06T23:13:02.523Z", "PAYOUT", "121.87", "USD"],
    ];
    assert_rows(&records, Table::Transactions, &expected);
    let payloads = records.iter().zip(items).take(9);
    for (record, item) in payloads {
        assert_eq!(record.payload, item.to_string());
    }
    let last: Json = serde_json::from_str(&records[9].payload).unwrap();
    assert_eq!(last["eBayCollectedTaxAmount"]["value"], "11.16");
    assert_eq!(last["ebayCollectedTaxAmount"], Json::Null);
}

#[test]
fn finances() {
    let Some(page) = sample() else { return };
    let (records, _) = records(Worker::Finances, &page);
    let of_table = records
        .iter()
        .filter(|one| one.table == Table::FinancesTransactions);
    // Amount, payout, line item, memo: what is not in the other table.
    let seen: Vec<[String; 4]> = of_table
        .map(|one| [7, 9, 4, 11].map(|column| shown(one)[column].clone()))
        .collect();
    let payout = "6556787780";
    let expected = [
        ["-4.85", payout, "", ""],
        ["189.29", payout, "10066771120704", ""],
        ["56.33", payout, "", "TRANSFER_FROM"],
        ["-56.33", payout, "", ""],
        ["-24.14", payout, "", "2024-08-31 - 2024-09-29"],
        ["3.41", payout, "", ""],
        ["143.98", payout, "", ""],
        ["-122.31", payout, "10064504641912", ""],
        ["-143.98", payout, "", ""],
        ["121.87", "6438267884", "10064504641912", ""],
    ];
    assert_eq!(seen, expected);
    let (first, second) = ("10066771120704", "10064504641912");
    #[rustfmt::skip]
    let expected = [
        ["FEE-6274994611516_11", "NON_SALE_CHARGE", "DEBIT", "0", "", "AD_FEE", "4.85", "USD"],
        ["04-12087-72462", "SALE", "CREDIT", "0", first, "FINAL_VALUE_FEE_FIXED_PER_ORDER", "0.44", "USD"],
        ["04-12087-72462", "SALE", "CREDIT", "1", first, "FINAL_VALUE_FEE", "27.53", "USD"],
        ["04-12087-72462", "SALE", "CREDIT", "2", first, "INTERNATIONAL_FEE", "3.28", "USD"],
        ["FEE-6244683388416_11", "NON_SALE_CHARGE", "DEBIT", "0", "", "STORE_SUBSCRIPTION_EARLY_TERMINATION_FEE", "56.33", "USD"],
        ["INVOICE-6241237787216_11", "NON_SALE_CHARGE", "DEBIT", "0", "", "OTHER_FEES", "24.14", "USD"],
        ["FEE-5341241417-e91286c3-2016-49a8-b15f-e8dae1fc54ec_42", "NON_SALE_CHARGE", "CREDIT", "0", "", "AD_FEE", "3.41", "USD"],
        ["RRP-6362487660-CCM_CHARGE", "REFUND", "DEBIT", "0", second, "INTERNATIONAL_FEE", "2.3", "USD"],
        ["RRP-6362487660-CCM_CHARGE", "REFUND", "DEBIT", "1", second, "FINAL_VALUE_FEE", "19.37", "USD"],
        ["12-11784-92982", "SALE", "CREDIT", "0", second, "FINAL_VALUE_FEE_FIXED_PER_ORDER", "0.44", "USD"],
        ["12-11784-92982", "SALE", "CREDIT", "1", second, "FINAL_VALUE_FEE", "19.37", "USD"],
        ["12-11784-92982", "SALE", "CREDIT", "2", second, "INTERNATIONAL_FEE", "2.3", "USD"],
    ];
    assert_rows(&records, Table::FinancesFees, &expected);
}
