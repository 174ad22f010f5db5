//! The simulator's answers and the child's requests, held against eBay's own contracts where a
//! folder beside the workspace has them: so neither can drift from eBay.

mod openapi;
mod post_order;
mod schema;
mod xml;

use std::fs;
use std::path::{Path, PathBuf};

use integration_tests::sim::{Exchange, Packing};
use serde_json::Value;

use crate::stage::{Stage, spec};

/// The folder of contracts, or nothing where it is not. One that `EBAY_CONTRACTS` names must be
/// there.
fn folder() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/ebay-contracts");
    let named = std::env::var_os("EBAY_CONTRACTS").map(PathBuf::from);
    if named.is_none() && !beside.is_dir() {
        eprintln!("skipped: eBay's contracts are not at {}", beside.display());
        return None;
    }
    Some(named.unwrap_or(beside))
}

fn read(path: &Path) -> Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What is wrong with an exchange, if anything is.
fn faults(folder: &Path, exchange: &Exchange) -> Vec<String> {
    let name = format!("{} {} {}", exchange.method, exchange.path, exchange.call);
    let found = if exchange.path.starts_with("/ws/") {
        xml::trading(folder, exchange)
    } else if exchange.path.ends_with("/download_result_file") {
        let mut found = openapi::check(folder, exchange);
        found.extend(xml::report(folder, exchange));
        found
    } else {
        openapi::check(folder, exchange)
    };
    let tell = |fault| format!("{}: {fault}", name.trim_end());
    found.into_iter().map(tell).collect()
}

#[test]
fn every_exchange_conforms_to_ebays_contracts() {
    let Some(folder) = folder() else { return };
    let (stage, sim) = Stage::simulated(40, "", &[]);
    let mut account = spec("anna", 30, 60);
    account.packing = Packing::Plain;
    (account.purchases, account.messages) = (120, 220);
    (account.transactions, account.skus) = (60, 20);
    (account.returns, account.inquiries, account.cases) = (20, 20, 20);
    stage.join_all(&sim, account);
    sim.keep_exchanges();
    let mut wrong = Vec::new();
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for round in 0..3 {
        let listings = if round == 1 { "trading" } else { "report" };
        stage.once_with("SYNC_LISTINGS", listings);
        for exchange in sim.exchanges() {
            let kind = if exchange.call.is_empty() {
                openapi::template(&exchange.path)
            } else {
                exchange.call.clone()
            };
            *seen.entry(kind).or_default() += 1;
            wrong.extend(faults(&folder, &exchange));
        }
        sim.advance();
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for kind in KINDS {
        assert!(seen.contains_key(kind), "{kind} was never asked: {seen:?}");
    }
}

/// Every kind of request that the ten workers make.
const KINDS: [&str; 16] = [
    "/sell/fulfillment/v1/order",
    "/sell/feed/v1/inventory_task",
    "/sell/feed/v1/task/*/download_result_file",
    "/sell/finances/v1/transaction",
    "/sell/finances/v1/payout",
    "/sell/inventory/v1/inventory_item",
    "/sell/inventory/v1/offer",
    "/post-order/v2/return/search",
    "/post-order/v2/return/*",
    "/post-order/v2/inquiry/search",
    "/post-order/v2/inquiry/*",
    "/post-order/v2/casemanagement/search",
    "/post-order/v2/casemanagement/*",
    "GetOrders",
    "GetMyMessages",
    "GetMyeBaySelling",
];
