//! One poison order among 10,000.

use integration_tests::sim::AccountSpec;
use serde_json::json;

use super::stage::{Stage, spec};

const ORDERS: u32 = 10_000;
const COUNT: &str = "SELECT count(*) FROM ebay_orders";

fn stage(kind: &str) -> (Stage, String) {
    let orders = AccountSpec {
        orders: ORDERS,
        ..spec()
    };
    let stage = Stage::new("orders", "report", orders);
    let trap = format!("bulkhead-trap:{kind}");
    let id = stage
        .sim
        .plant_in_order(super::stage::ACCOUNT, 6_543, &trap);
    (stage, id.unwrap().unwrap())
}

#[test]
fn all_others_land_in_three_runs_and_the_one_when_it_is_mended() {
    let (stage, id) = stage("panic");
    stage.once();
    // A key is known before the records of its item are made: no search is needed.
    let expected = ["died: solitary, charged", "died: skip", "completed: reset"];
    assert_eq!(stage.story(0), expected);
    assert_eq!(stage.db().number(COUNT), i64::from(ORDERS) - 1);
    let poison = format!("{COUNT} WHERE order_id = '{id}'");
    assert_eq!(stage.db().number(&poison), 0);

    let letter = stage.letter();
    assert_eq!(letter["key"], json!([id]));
    assert_eq!(
        (&letter["status"], &letter["skips"]),
        (&json!("open"), &json!(1))
    );
    assert_eq!(stage.open_letters(), 1);
    let crash = letter["crash"].as_str().unwrap();
    let report = stage.state.json(&["crash", "show", crash]);
    assert_eq!(report["verdict"]["cause"]["kind"], "panic", "{report}");
    let window = "SELECT cursor FROM sync_state";
    let last = "SELECT max(end_at) FROM sync_windows";
    assert_eq!(stage.db().value(window), stage.db().value(last));
    stage.well(&["audit", "verify"]);

    stage.once();
    assert_eq!(stage.story(3), ["completed: reset"], "it is over");
    let account = super::stage::ACCOUNT;
    stage.sim.plant_in_order(account, 6_543, "").unwrap();
    stage.retry(&letter);
    stage.once();
    assert_eq!(stage.story(4), ["completed: reset"]);
    assert_eq!(stage.db().number(COUNT), i64::from(ORDERS));
    assert_eq!(stage.db().number(&poison), 1);
    assert_eq!(stage.letter()["status"], "resolved");
    assert_eq!(stage.open_letters(), 0);
    assert_eq!(stage.state.json(&["dead-letter", "list"]), json!([]));
    stage.well(&["audit", "verify"]);
}

#[test]
fn a_retry_of_an_item_that_is_not_mended_opens_it_again_at_once() {
    let (stage, _) = stage("abort");
    stage.once();
    let letter = stage.letter();
    stage.retry(&letter);
    assert_eq!(stage.letter()["status"], "retrying");
    stage.once();
    assert_eq!(stage.story(3), ["died: skip", "completed: reset"]);
    let again = stage.letter();
    assert_eq!(
        (&again["status"], &again["id"]),
        (&json!("open"), &letter["id"])
    );
    assert_ne!(again["crash"], letter["crash"], "the newer death");
    assert_eq!(stage.db().number(COUNT), i64::from(ORDERS) - 1);
}
