//! A pass, deaths and their replays where no child may run with less than the whole sandbox.

use std::io::{self, Write as _};

use integration_tests::harness::state::State;
use serde_json::{Value, json};
use shared::sandbox::Layer;

use crate::deaths::assert_same;
use crate::stage::{spec, stage_with, trapped};

/// Deaths that the sandbox could get in the way of: handlers, the stack, memory.
const KINDS: [&str; 4] = ["panic", "stack", "null", "memory"];
/// Workers of the account that is well, and the items of each, by their ids.
const WELL: [(&str, &str, i64); 4] = [
    ("orders", "order_id) FROM ebay_orders", 30),
    (
        "active_inventory",
        "item_id) FROM ebay_active_inventory",
        20,
    ),
    ("messages", "message_id) FROM ebay_messages", 12),
    ("purchases", "order_id) FROM ebay_purchases", 12),
];

#[test]
fn the_whole_sandbox_hinders_neither_a_pass_nor_a_replay() {
    let stage = stage_with("sandbox = \"require\"\n", "");
    if let Some(why) = missing(&stage.state) {
        let told = format!("skipped, there is no whole sandbox on this kernel: {why}\n");
        io::stderr().write_all(told.as_bytes()).unwrap();
        return;
    }
    for kind in KINDS {
        trapped(&stage, kind, "messages");
    }
    let workers = WELL.map(|(worker, ..)| worker).join(",");
    stage.join("well", spec("well"), &workers);
    let log = stage.pass().stderr;
    for kind in KINDS {
        let report = stage.report(kind, &log);
        assert_eq!(report.json["sandbox"], json!(Layer::ALL), "{kind}");
        assert_same(&report, &stage.replay(&stage.home(&report), &[]));
    }
    let database = stage.state.database();
    let whose = "account_id = (SELECT account_id FROM accounts WHERE name = 'well')";
    for (worker, ids, items) in WELL {
        let rows = format!("SELECT count(DISTINCT {ids} WHERE {whose}");
        assert_eq!(database.number(&rows), items, "{worker}");
        let ended = format!("SELECT outcome FROM runs WHERE {whose} AND worker = '{worker}'");
        assert_eq!(database.value(&ended), "completed", "{worker}");
    }
}

/// What `doctor` finds missing.
fn missing(state: &State) -> Option<Value> {
    let mut command = state.command(&["--output", "json", "doctor"]);
    // The certificates of this machine are not what is tested.
    command.env_remove("SSL_CERT_FILE");
    let answer: Value = serde_json::from_str(&state.run(command).stdout).unwrap();
    let mut checks = answer["checks"].as_array().unwrap().iter();
    let sandbox = checks.find(|check| check["name"] == "sandbox").unwrap();
    (sandbox["found"] != "well").then(|| sandbox.clone())
}
