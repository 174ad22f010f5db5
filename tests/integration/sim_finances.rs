//! The simulated Finances API as its users meet it.

use serde_json::{Value, json};

use crate::sim_binary::{Answer, Binary};

const TRANSACTIONS: &str = "/sell/finances/v1/transaction";
const PAYOUTS: &str = "/sell/finances/v1/payout";

fn seller(total: bool) -> Binary {
    let mut sim = Binary::start(7);
    sim.ok(&json!({
        "cmd": "account", "name": "alpha", "token": "tok", "transactions": 130,
        "finances_total": total,
    }));
    sim
}

/// Everything in the last year, page by page.
fn all(sim: &Binary, path: &str, member: &str, limit: usize) -> (Vec<Value>, Vec<Value>) {
    let (mut items, mut totals, mut offset) = (Vec::new(), Vec::new(), 0);
    loop {
        let page = sim
            .get(&format!("{path}?limit={limit}&offset={offset}"))
            .json();
        items.extend(page[member].as_array().unwrap().clone());
        totals.push(page["total"].clone());
        if page.get("next").is_none() {
            return (items, totals);
        }
        offset += limit;
    }
}

#[test]
fn pages_add_up_to_the_truth_with_and_without_a_total() {
    for told in [false, true] {
        let mut sim = seller(told);
        sim.ask(&json!({ "cmd": "advance" }));
        let truth = sim.ask(&json!({ "cmd": "truth", "account": "alpha" }))["truth"].clone();
        for (path, member, table, date, limit) in [
            (
                TRANSACTIONS,
                "transactions",
                "ebay_transactions",
                "transactionDate",
                50,
            ),
            (PAYOUTS, "payouts", "ebay_payouts", "payoutDate", 3),
        ] {
            let (items, totals) = all(&sim, path, member, limit);
            assert!(totals.len() > 2, "{member}: one page proves nothing");
            let dates: Vec<&str> = items
                .iter()
                .map(|one| one[date].as_str().unwrap())
                .collect();
            if member == "payouts" {
                assert!(dates.is_sorted(), "oldest first");
            } else {
                assert!(dates.is_sorted_by(|a, b| a >= b), "newest first");
            }
            let expected = if told {
                json!(items.len())
            } else {
                Value::Null
            };
            assert!(totals.iter().all(|total| *total == expected), "{totals:?}");
            let mut payloads: Vec<String> = truth[table]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["payload"].to_string())
                .collect();
            // Stored is the documented name of the collected tax.
            let served = items.iter().map(Value::to_string);
            let mut served: Vec<String> = served
                .map(|text| text.replace("ebayCollectedTaxAmount", "eBayCollectedTaxAmount"))
                .map(|text| serde_json::from_str::<Value>(&text).unwrap().to_string())
                .collect();
            payloads.sort();
            served.sort();
            assert_eq!(served, payloads);
        }
        let requests = sim.ask(&json!({ "cmd": "requests", "account": "alpha" }));
        assert!(requests["requests"]["transactions"].as_u64().unwrap() >= 3);
        assert!(requests["requests"]["payouts"].as_u64().unwrap() >= 3);
    }
}

#[test]
fn nothing_is_a_204() {
    let sim = seller(true);
    let cases = [
        format!("{TRANSACTIONS}?filter=transactionStatus:%7BFAILED%7D"),
        format!("{TRANSACTIONS}?offset=5000"),
        format!("{PAYOUTS}?offset=5000"),
    ];
    for path in cases {
        let answer = sim.get(&path);
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{path}");
    }
}

#[test]
fn filters_add_up() {
    let sim = seller(false);
    let (items, _) = all(&sim, TRANSACTIONS, "transactions", 1000);
    let sales = items.iter().filter(|one| one["transactionType"] == "SALE");
    let held = sales.filter(|one| one["transactionStatus"] == "FUNDS_ON_HOLD");
    let path = format!(
        "{TRANSACTIONS}?limit=1000&filter=transactionType:%7BSALE%7D\
         &filter=transactionStatus:%7BFUNDS_ON_HOLD%7D"
    );
    let found = sim.get(&path).json()["transactions"]
        .as_array()
        .unwrap()
        .len();
    assert!(found > 0);
    assert_eq!(found, held.count());
}

#[test]
fn wrong_requests_are_refused() {
    let sim = seller(false);
    let refused = |answer: &Answer, status: u16, id: u32| {
        let error = &answer.json()["errors"][0];
        assert_eq!((answer.status, &error["errorId"]), (status, &json!(id)));
    };
    refused(
        &sim.get(&format!("{TRANSACTIONS}?limit=1001")),
        400,
        135_003,
    );
    refused(&sim.get(&format!("{PAYOUTS}?limit=201")), 400, 135_003);
    refused(
        &sim.get(&format!("{TRANSACTIONS}?filter=transactionDate:yesterday")),
        400,
        135_008,
    );
    refused(&sim.get(&format!("{PAYOUTS}?page=1")), 400, 2004);
    let iaf = sim.send("GET", TRANSACTIONS, "Authorization: IAF tok\r\n", "");
    refused(&Answer::read(iaf), 401, 1001);
}
