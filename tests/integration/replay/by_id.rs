//! `bulkhead crash replay ID`: the operator's command, with the real child and a real recording.

use serde_json::Value;

use crate::deaths::assert_same;
use crate::recordings::replace;
use crate::stage::{stage, trapped};

#[test]
fn the_operator_replays_by_the_id_alone() {
    let stage = stage("");
    trapped(&stage, "panic", "orders,messages");
    let log = stage.pass().stderr;
    let report = stage.report("panic", &log);
    let replay = |more: &[&str]| {
        let args = [&["crash", "replay", &report.id], more].concat();
        stage.state.bulkhead(&args)
    };
    let told = replay(&[]);
    assert_eq!(told.code, Some(0), "{told:?}");
    let first = format!("{}: ended the same way\n", report.id);
    assert!(told.stdout.starts_with(&first), "{told:?}");
    let json = replay(&["--output", "json"]);
    let answer: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_same(&report, &(json.code, answer));
    assert_eq!(replay(&["--no-limits"]).code, Some(0));

    let recording = stage.home(&report).join("recording");
    replace(&recording, "bulkhead-trap:panic", "bulkhead-trap:abort");
    let told = replay(&[]);
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(
        told.stdout.contains("the cause is abort, and was panic"),
        "{told:?}"
    );
}
