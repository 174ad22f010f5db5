//! Bodies that eBay really sent, from a folder beside the workspace: checked where it is.

use std::fs;
use std::path::PathBuf;

use integration_tests::harness::rows::{Database, Row};
use serde_json::Value;

use crate::db::{self, json, text};
use crate::history;
use crate::stage::{Stage, complaints};
use crate::still::{NO_LISTINGS, NO_ORDERS, Shelf, Still};

/// A sample, or nothing where the folder is not. A folder that `EBAY_SAMPLES` names must be there.
fn sample(name: &str) -> Option<String> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/ebay-samples");
    let named = std::env::var_os("EBAY_SAMPLES").map(PathBuf::from);
    let required = named.is_some();
    let folder = named.unwrap_or(beside);
    if !required && !folder.is_dir() {
        return None;
    }
    let path = folder.join(name);
    let text = fs::read_to_string(&path);
    Some(text.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

fn still(name: &str, shelf: Shelf) -> (Stage, Still) {
    let (stage, still) = Stage::new("", &[("SYNC_FIRST_SPAN", "1h")], Still::start);
    still.shelf(name, |empty| *empty = shelf);
    stage.account(name);
    (stage, still)
}

fn well(stage: &Stage) {
    let ended = stage.once();
    assert_eq!(ended.code, Some(0), "{}", complaints(&ended));
}

fn assert_row(row: &Row, expected: &[(&str, Value)]) {
    for (column, value) in expected {
        assert_eq!(row[*column], *value, "{column}");
    }
}

fn only(db: &Database, table: &str) -> Row {
    let mut rows = db::table(db, table, "anna");
    assert_eq!(rows.len(), 1, "{table}: {rows:?}");
    rows.remove(0)
}

fn assert_the_order(db: &Database, page: &str) {
    let page: Value = serde_json::from_str(page).unwrap();
    let order = only(db, "ebay_orders");
    let expected = [
        ("order_id", "03-14798-73169".into()),
        ("created_at", "2026-06-18T13:27:24.000Z".into()),
        ("modified_at", "2026-06-18T13:28:24.000Z".into()),
        ("payment_status", "PAID".into()),
        ("fulfillment_status", "NOT_STARTED".into()),
        ("cancel_state", "NONE_REQUESTED".into()),
        ("buyer_username", "test_buyer".into()),
        ("total", "120.0".into()),
        ("currency", "USD".into()),
        ("line_item_count", 1.into()),
        ("tracking_number", Value::Null),
        ("ship_to_name", "Test Buyer".into()),
        ("ship_to_city", "Denver".into()),
        ("ship_to_state", "CO".into()),
        ("ship_to_postal_code", "80221".into()),
        ("ship_to_country", "US".into()),
    ];
    assert_row(&order, &expected);
    assert_eq!(json(&order, "payload"), page["orders"][0]);
    let line = only(db, "ebay_order_line_items");
    let expected = [
        ("order_id", "03-14798-73169".into()),
        ("line_item_id", "10082609613103".into()),
        ("sku", "WB 9321-72/73 10.25".into()),
        ("legacy_item_id", "267452304881".into()),
        (
            "title",
            "IBM 46X2478 LTO Ultrium 5-H SAS Internal Tape Drive".into(),
        ),
        ("quantity", 1.into()),
        ("total", "120.0".into()),
        ("currency", "USD".into()),
        ("fulfillment_status", "NOT_STARTED".into()),
    ];
    assert_row(&line, &expected);
    assert_eq!(json(&line, "payload"), page["orders"][0]["lineItems"][0]);
}

#[test]
fn a_page_of_orders() {
    let Some(page) = sample("rest/fulfillment_getOrders_page_synthetic_wrapper.json") else {
        return skipped();
    };
    // As it is, it promises a second order that never comes.
    let (stage, still) = still("anna", Shelf::of(page.clone(), NO_LISTINGS));
    let db = &stage.db();
    assert_eq!(stage.once().code, Some(1));
    let run = db::last_run(db, "anna", "orders");
    assert_eq!(
        (run.outcome.as_str(), run.detail.as_str()),
        ("failed", "incomplete"),
        "{run:?}"
    );
    assert!(
        run.what().contains("1 different items came, total is 2"),
        "{run:?}"
    );
    assert_eq!(db::state(db, "anna", "orders")["cursor"], Value::Null);
    let whole = page.replace("\"total\": 2", "\"total\": 1");
    assert_ne!(whole, page);
    still.shelf("anna", |shelf| shelf.orders.1 = whole.into_bytes());
    well(&stage);
    assert_the_order(db, &page);
    assert!(db::state(db, "anna", "orders")["cursor"].is_string());
    // What the failed run had stored already is no second event.
    assert_eq!(db::table(db, "ebay_events", "anna").len(), 2);
    history::assert_folds(db, "anna");
}

#[test]
fn a_page_without_orders() {
    let Some(page) = sample("rest/fulfillment_getOrders_empty_synthetic.json") else {
        return skipped();
    };
    let (stage, _still) = still("anna", Shelf::of(page, NO_LISTINGS));
    well(&stage);
    let db = &stage.db();
    assert!(db::table(db, "ebay_orders", "anna").is_empty());
    assert!(
        db::state(db, "anna", "orders")["cursor"].is_string(),
        "an empty window is covered"
    );
}

#[test]
fn reports_and_the_task_they_come_from() {
    let report = sample("feed/ActiveInventoryReport_real_2026_usd.xml");
    let task = sample("rest/feed_inventory_task_completed_synthetic.json");
    let empty = sample("feed/ActiveInventoryReport_empty.xml");
    let (Some(report), Some(task), Some(empty)) = (report, task, empty) else {
        return skipped();
    };
    let task_page: Value = serde_json::from_str(&task).unwrap();
    assert_eq!(task_page["status"], "COMPLETED");
    let shelf = Shelf {
        task_page,
        ..Shelf::of(NO_ORDERS, report)
    };
    let (stage, still) = still("anna", shelf);
    let db = &stage.db();
    well(&stage);
    let mut rows = db::table(db, "ebay_active_inventory", "anna");
    rows.sort_by_key(|row| text(row, "item_id"));
    assert_eq!(rows.len(), 2);
    let listings = [
        ("206349816749", "B07VQ1ZHY1", "15.38"),
        ("206349816964", "B0DCYYLFLZ", "136.29"),
    ];
    for (row, (item_id, sku, price)) in rows.iter().zip(listings) {
        let expected = [
            ("item_id", item_id.into()),
            ("sku", sku.into()),
            ("variation_key", "".into()),
            ("quantity", 1.into()),
            ("price", price.into()),
            ("currency", "USD".into()),
            ("title", Value::Null),
            ("ended_at", Value::Null),
        ];
        assert_row(row, &expected);
        let payload = serde_json::json!({
            "SKU": sku, "Price": { "@currencyID": "USD", "#text": price }, "Quantity": "1", "ItemID": item_id,
        });
        assert_eq!(json(row, "payload"), payload);
    }
    still.shelf("anna", |shelf| shelf.report = empty.into_bytes());
    well(&stage);
    let rows = db::table(db, "ebay_active_inventory", "anna");
    assert!(
        rows.iter().all(|row| row["ended_at"].is_string()),
        "an empty report ends what was there"
    );
    history::assert_folds(db, "anna");
}

#[test]
fn an_invalid_access_token() {
    let Some(body) = sample("errors/rest_1001_invalid_access_token_real.json") else {
        return skipped();
    };
    let shelf = Shelf {
        orders: (401, body.into_bytes()),
        ..Shelf::of(NO_ORDERS, NO_LISTINGS)
    };
    let (stage, _still) = still("anna", shelf);
    assert_eq!(stage.once().code, Some(1));
    let run = db::last_run(&stage.db(), "anna", "orders");
    assert_eq!(
        (run.outcome.as_str(), run.detail.as_str()),
        ("failed", "unauthorized"),
        "{run:?}"
    );
    let words = "eBay answered 401: 1001 Invalid access token. Check the value of the Authorization HTTP request header.";
    assert_eq!(run.what(), words);
    assert_eq!(run.decision["kind"], "await_token");
}

#[expect(
    clippy::print_stderr,
    reason = "a test that checks nothing must say so"
)]
fn skipped() {
    eprintln!(
        "SKIPPED: ../shared/ebay-samples is not there; set BULKHEAD_REQUIRE_SAMPLES to make that an error"
    );
}
