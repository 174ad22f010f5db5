//! Deaths that an item brings about.

use integration_tests::harness::crash::Report;
use serde_json::Value;

use crate::stage::{stage, trapped};

/// Each kind of trap, and what its death is called; empty where that is not this test's concern.
const KINDS: [(&str, &str); 11] = [
    ("panic", "panic"),
    ("abort", ""),
    ("stack", ""),
    ("memory", "memory_limit"),
    ("spin", ""),
    ("hang", "hung"),
    ("exit", ""),
    ("segv", ""),
    ("bus", ""),
    ("ill", ""),
    ("fpe", ""),
];

/// Limits that two of them need to be over soon.
const TABLES: &str = "
[accounts.spin]
cpu = \"1s\"
[accounts.hang]
silence = \"2s\"
";

/// Asserts that this was the end of the report, to the last byte of its fingerprint.
pub(crate) fn assert_same(report: &Report, replayed: &(Option<i32>, Value)) {
    let (code, answer) = replayed;
    let id = &report.id;
    assert_eq!(answer["conclusion"], "same", "{id}: {answer:#}");
    assert_eq!(*code, Some(0), "{id}");
    assert_eq!(answer["id"], id.as_str());
    let replayed = &answer["replayed"];
    assert_eq!(
        replayed["cause"], report.json["verdict"]["cause"],
        "{id}: {answer:#}"
    );
    assert_eq!(replayed["fingerprint"], report.json["fingerprint"], "{id}");
    assert_eq!(replayed["limits"], report.json["limits"], "{id}");
    assert!(replayed["entries"].as_u64() > Some(0), "{id}");
}

#[test]
fn every_deterministic_death_comes_again() {
    let stage = stage(TABLES);
    for (kind, _) in KINDS {
        trapped(&stage, kind, "messages");
    }
    let log = stage.pass().stderr;
    for (kind, cause) in KINDS {
        let report = stage.report(kind, &log);
        assert!(cause.is_empty() || report.cause == cause, "{report:?}");
        let replayed = stage.replay(&stage.home(&report), &[]);
        assert_same(&report, &replayed);
    }
}

#[test]
fn several_runs_take_their_turns_again() {
    let stage = stage("");
    let workers = "orders,active_inventory,transactions,messages,offers";
    for kind in ["panic", "memory", "segv"] {
        trapped(&stage, kind, workers);
    }
    let log = stage.pass().stderr;
    for kind in ["panic", "memory", "segv"] {
        let report = stage.report(kind, &log);
        let replayed = stage.replay(&stage.home(&report), &[]);
        assert_same(&report, &replayed);
        let alone = stage.replay(&stage.home(&report), &["--run", &report.worker]);
        if report.json["verdict"]["culprit"].is_null() {
            // It could have been any of them: alone this one may live to its end.
            continue;
        }
        assert_same(&report, &alone);
        assert!(
            alone.1["replayed"]["of"].as_u64() <= replayed.1["replayed"]["of"].as_u64(),
            "{alone:?}"
        );
    }
}

#[test]
fn without_limits_what_died_at_one_lives_on() {
    let stage = stage(TABLES);
    trapped(&stage, "spin", "messages");
    trapped(&stage, "panic", "messages");
    let log = stage.pass().stderr;
    let panicked = stage.report("panic", &log);
    let (code, answer) = stage.replay(&stage.home(&panicked), &["--no-limits"]);
    assert_eq!((code, &answer["conclusion"]), (Some(0), &"same".into()));
    assert_eq!(answer["replayed"]["limits"], Value::Null);
    // It would spin for ever: the silence of the configuration ends it.
    let spun = stage.report("spin", &log);
    let (code, answer) = stage.replay(&stage.home(&spun), &["--no-limits"]);
    assert_eq!((code, &answer["conclusion"]), (Some(1), &"differs".into()));
    assert_eq!(answer["replayed"]["cause"]["kind"], "hung");
    let text = stage.replay_as(&stage.home(&spun), &["--no-limits"]);
    assert!(
        text.stdout.contains("the cause is hung, and was "),
        "{text:?}"
    );
    assert!(text.stdout.contains("none were set"), "{text:?}");
}
