//! Twenty items per worker, served byte for byte, against values written by hand.

use std::fs;
use std::path::PathBuf;

use integration_tests::harness::rows::Row;
use serde_json::{Map, Value, json};

use crate::compare::{Rows, assert_same, stored};
use crate::db::{self, by_key};
use crate::history;
use crate::mirrors::MIRRORS;
use crate::stage::{Stage, complaints};
use crate::still::{NO_LISTINGS, NO_ORDERS, Shelf, Still};

/// Columns that the report cannot deliver.
const ABSENT: [&str; 6] = [
    "title",
    "listing_type",
    "condition",
    "start_at",
    "end_at",
    "view_url",
];

fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn expected(worker: &str) -> Map<String, Value> {
    let text = fixture(&format!("{worker}/stored.json"));
    serde_json::from_slice(&text).unwrap()
}

/// Rows from lists of values in the order of the columns.
fn rows(columns: &Value, rows: &Value) -> Vec<Row> {
    let columns: Vec<&str> = columns
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    let row = |values: &Value| {
        let values = values.as_array().unwrap();
        assert_eq!(values.len(), columns.len(), "{values:?}");
        columns
            .iter()
            .map(|name| (*name).to_owned())
            .zip(values.iter().cloned())
            .collect()
    };
    rows.as_array().unwrap().iter().map(row).collect()
}

/// Serves each file to an account of its own, all in one pass.
fn mirror(worker: &str, files: &[&str]) -> Stage {
    let (stage, still) = Stage::new("", &[("SYNC_FIRST_SPAN", "1h")], Still::start);
    for file in files {
        let body = fixture(&format!("{worker}/{file}"));
        let shelf = match worker {
            "orders" => Shelf::of(body, NO_LISTINGS),
            _ => Shelf::of(NO_ORDERS, body),
        };
        still.shelf(file, |empty| *empty = shelf);
        stage.account(file);
    }
    for _ in 0..2 {
        let ended = stage.once();
        assert_eq!(ended.code, Some(0), "{}", complaints(&ended));
    }
    for file in files {
        history::assert_folds(&stage.db(), file);
        // Reading the same again is no change.
        let again = db::last_run(&stage.db(), file, worker).row;
        assert_eq!(
            (&again["created"], &again["updated"]),
            (&json!(0), &json!(0)),
            "{file}"
        );
    }
    stage
}

fn compare(stage: &Stage, file: &str, table: &str, expected: Vec<Row>) -> usize {
    let mirror = MIRRORS.iter().find(|mirror| mirror.table == table).unwrap();
    let expected: Rows = by_key(expected, mirror.key);
    let (open, ended) = stored(&stage.db(), file, mirror);
    assert_same(file, table, &expected, &open);
    assert!(ended.is_empty(), "{file} {table}: {ended:?}");
    expected.len()
}

/// The row with the JSON of its item in the fixture.
fn with_payload(mut row: Row, item: &Value) -> Row {
    row.insert("payload".to_owned(), item.clone());
    row
}

fn is(value: &Value, id: &Value) -> bool {
    value == id || value.as_u64().map(|number| number.to_string()).as_deref() == id.as_str()
}

#[test]
fn orders() {
    let expected = expected("orders");
    let files = ["plain.json", "places.json", "states.json", "odd.json"];
    let stage = mirror("orders", &files);
    let mut count = 0;
    for file in files {
        let page: Value = serde_json::from_slice(&fixture(&format!("orders/{file}"))).unwrap();
        let order = |row: &Row| {
            let orders = page["orders"].as_array().unwrap();
            orders
                .iter()
                .find(|order| order["orderId"] == row["order_id"])
                .unwrap()
        };
        let line = |row: &Row| {
            let lines = order(row)["lineItems"].as_array().unwrap();
            lines
                .iter()
                .find(|line| is(&line["lineItemId"], &row["line_item_id"]))
                .unwrap()
        };
        let of_orders = rows(&expected["order_columns"], &expected[file]["orders"]).into_iter();
        let of_orders = of_orders.map(|row| {
            let item = order(&row);
            with_payload(row, item)
        });
        count += compare(&stage, file, "ebay_orders", of_orders.collect());
        let of_lines = rows(&expected["line_columns"], &expected[file]["lines"]).into_iter();
        let of_lines = of_lines.map(|row| {
            let item = line(&row);
            with_payload(row, item)
        });
        compare(&stage, file, "ebay_order_line_items", of_lines.collect());
    }
    assert_eq!(count, 20);
}

#[test]
fn active_inventory() {
    let expected = expected("active_inventory");
    let files = ["plain.xml", "text.xml", "variations.xml", "odd.xml"];
    let stage = mirror("active_inventory", &files);
    let mut items = std::collections::BTreeSet::new();
    for file in files {
        let mut rows = rows(&expected["columns"], &expected[file]);
        for row in &mut rows {
            row.extend(ABSENT.map(|column| (column.to_owned(), Value::Null)));
            items.insert(row["item_id"].clone().to_string());
        }
        compare(&stage, file, "ebay_active_inventory", rows);
    }
    assert_eq!(items.len(), 20);
}
