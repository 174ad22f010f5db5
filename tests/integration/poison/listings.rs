//! One poison listing in a report, and one in the pages of Trading: the snapshot without it ends what
//! is gone, and not what it could not see.

use integration_tests::sim::AccountSpec;
use serde_json::json;

use super::stage::{ACCOUNT, Stage, spec};

const LISTINGS: u32 = 450;

fn open_rows(stage: &Stage, item: &str) -> i64 {
    stage.db().number(&format!(
        "SELECT count(*) FROM ebay_active_inventory WHERE item_id = '{item}' AND ended_at IS NULL"
    ))
}

fn a_poison_listing(listings: &str, kind: &str) {
    let many = AccountSpec {
        listings: LISTINGS,
        ..spec()
    };
    let stage = Stage::new("active_inventory", listings, many);
    stage.once();
    let items = "SELECT count(DISTINCT item_id) FROM ebay_active_inventory WHERE ended_at IS NULL";
    assert_eq!(stage.db().number(items), i64::from(LISTINGS));

    let gone = stage.sim.end_listing(ACCOUNT, 300).unwrap().unwrap();
    let trap = format!("bulkhead-trap:{kind}");
    let planted = stage.sim.plant_in_listing(ACCOUNT, 222, &trap);
    let poison = planted.unwrap().unwrap();
    let rows = open_rows(&stage, &poison);
    assert!(rows > 0 && open_rows(&stage, &gone) > 0);
    stage.once();
    let expected = ["died: solitary, charged", "died: skip", "completed: reset"];
    assert_eq!(stage.story(1), expected);
    assert_eq!(stage.letter()["key"], json!([poison]));
    assert_eq!(open_rows(&stage, &gone), 0, "what is gone has ended");
    assert_eq!(
        open_rows(&stage, &poison),
        rows,
        "what was not seen has not"
    );
    assert_eq!(stage.db().number(items), i64::from(LISTINGS) - 1);
    stage.well(&["audit", "verify"]);

    stage.sim.plant_in_listing(ACCOUNT, 222, "").unwrap();
    stage.retry(&stage.letter());
    stage.once();
    assert_eq!(stage.story(4), ["completed: reset"]);
    assert_eq!(stage.letter()["status"], "resolved");
    assert_eq!(open_rows(&stage, &poison), rows);
    let events = "SELECT count(*) FROM ebay_events WHERE kind = 'ended' AND \
                  json_extract(entity_key, '$[0]') = ";
    assert_eq!(stage.db().number(&format!("{events}'{poison}'")), 0);
    stage.well(&["audit", "verify"]);
}

#[test]
fn in_a_report() {
    a_poison_listing("report", "segv");
}

#[test]
fn in_the_pages_of_trading() {
    a_poison_listing("trading", "stack");
}
