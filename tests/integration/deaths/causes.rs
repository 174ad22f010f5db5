//! One test per cause; the expectations are in `expected.json`.

use integration_tests::harness::crash::reports;
use integration_tests::harness::process::signal_to;
use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, wait_until};
use nix::sys::signal::Signal;

use crate::expected::cases;
use crate::play::Play;

#[test]
fn failed() {
    Play::of("failed").play();
}

#[test]
fn memory_limit() {
    let play = Play::of("memory_limit");
    play.play();
    let report = &reports(&play.state, "hoarder")[0].json;
    let limit = 16 << 20;
    assert_eq!(report["limits"]["memory"], limit, "as read back");
    assert_eq!(report["failed_allocation"], 1 << 20);
    let peak = report["peak_heap"].as_i64().unwrap();
    assert!((limit / 2..=limit).contains(&peak), "{peak}");
    assert!(
        report["stderr"]["head"]
            .as_str()
            .unwrap()
            .contains("memory allocation of")
    );
}

#[test]
fn panic() {
    let play = Play::of("panic");
    play.play();
    let report = &reports(&play.state, "panicker")[0].json;
    let panic = report["panic"].as_str().unwrap();
    assert!(panic.contains("index 17 of a listing"), "{panic}");
    assert!(panic.contains("deaths.rs:"), "{panic}");
    assert_eq!(report["stage"]["phase"], "sending");
    assert_eq!(report["stage"]["records"], 5);
    assert!(
        report["stage"]["last_request"]
            .as_str()
            .unwrap()
            .contains("rlogid")
    );
    assert!(report["stage"]["slice"].is_array(), "{}", report["stage"]);
}

#[test]
fn a_flood_on_standard_error_keeps_its_head_and_tail() {
    let play = Play::of("flood");
    play.play();
    let stderr = &reports(&play.state, "flooder")[0].json["stderr"];
    let length = |part: &str| stderr[part].as_str().unwrap().len();
    assert_eq!(length("head"), 8 << 10);
    assert_eq!(length("tail"), 24 << 10);
    assert!(stderr["tail"].as_str().unwrap().contains("index 17"));
    assert!(
        stderr["dropped"].as_i64().unwrap() > 9 << 20,
        "{}",
        stderr["dropped"]
    );
}

#[test]
fn signal() {
    Play::of("signal").play();
}

#[test]
fn faults() {
    let play = Play::of("faults");
    play.play();
    let report = &reports(&play.state, "segv-fault")[0].json;
    // Ended by signal 11, no core dumped.
    assert_eq!(report["raw_status"], 11);
    assert!(report["cpu_ms"].is_number(), "{report}");
    let at = |name: &str| report[name].as_str().unwrap().to_owned();
    assert!(at("died_at") <= at("at"), "{report}");
}

#[test]
fn from_outside() {
    Play::of("from_outside").play();
}

#[test]
fn contradictions() {
    Play::of("contradictions").play();
}

#[test]
fn hung() {
    let play = Play::of("hung");
    play.play();
    let database = play.state.database();
    let reasons = database.rows("SELECT kill_reason FROM attempts WHERE cause = 'hung'");
    assert!(reasons.len() >= 2);
    for row in reasons {
        assert!(
            row["kill_reason"].as_str().unwrap().contains("silent_ms"),
            "{row:?}"
        );
    }
}

#[test]
fn deadline() {
    Play::of("deadline").play();
}

#[test]
fn never_ready() {
    let state = State::new().var("BULKHEAD_TIMEOUTS_READY", "2s");
    Play::with("never_ready", state).play();
}

#[test]
fn killed_externally() {
    let play = Play::of("killed_externally");
    let pass = play.start();
    for case in cases("killed_externally") {
        let mark = play.state.path(&format!("{}.mark", case.account));
        wait_until("the child to be in the middle", LONG, || mark.exists());
        let pid = play.state.database().number(&format!(
            "SELECT pid FROM attempts JOIN accounts USING (account_id) \
             WHERE name = '{}' AND ended_at IS NULL",
            case.account
        ));
        let signal = if case.account == "killed" {
            Signal::SIGKILL
        } else {
            Signal::SIGTERM
        };
        signal_to(u32::try_from(pid).unwrap(), signal);
    }
    play.finish(pass);
}

#[test]
fn protocol_violation() {
    Play::of("protocol_violation").play();
}

#[test]
fn lies_about_passes() {
    let play = Play::of("lies_about_passes");
    let moved = "SELECT worker, deep_from, deep_until FROM sync_state ORDER BY account_id, worker";
    let before = play.state.database().rows(moved);
    assert!(before.iter().any(|row| row["deep_until"].is_string()));
    play.play();
    let after = play.state.database().rows(moved);
    let changed = before.iter().zip(&after).filter(|(a, b)| a != b).count();
    assert_eq!(changed, 0, "{before:?} {after:?}");
}

#[test]
fn exited_early() {
    Play::of("exited_early").play();
}

#[test]
fn spawn_failed() {
    Play::of("spawn_failed").play();
}

#[test]
fn completed() {
    let state = State::new();
    state.add_account("a", "orders,active_inventory", "");
    let ended = state.once();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let database = state.database();
    let attempt = database.row("SELECT * FROM attempts");
    assert_eq!(attempt["cause"], "completed");
    assert_eq!(attempt["confidence"], "proven");
    let evidence = attempt["evidence"].as_str().unwrap();
    assert!(
        evidence.contains("exited with code 0") && evidence.contains("Bye"),
        "{evidence}"
    );
    let runs = database.rows("SELECT * FROM runs");
    assert_eq!(runs.len(), 2);
    for run in runs {
        assert_eq!(run["outcome"], "completed");
        let decision = run["decision"].as_str().unwrap();
        assert!(decision.contains(r#""kind":"reset""#) && decision.contains(r#""charged":false"#));
    }
    assert_eq!(database.number("SELECT count(*) FROM crash_reports"), 0);
    assert!(!state.dir().join("crashes").exists());
    assert_eq!(database.number("SELECT count(*) FROM ebay_orders"), 40);
    assert_eq!(
        database.number("SELECT count(*) FROM ebay_order_line_items"),
        80
    );
    assert_eq!(
        database.number("SELECT count(*) FROM ebay_active_inventory"),
        40
    );
    assert_eq!(database.number("SELECT count(*) FROM ebay_events"), 160);
}

#[test]
fn a_child_that_keeps_rows_back_is_believed() {
    let state = State::new();
    state.add_account("a", "orders,active_inventory", "orders=drop_rows");
    assert_eq!(state.once().code, Some(0), "no frame betrays it");
    let database = state.database();
    let orders = database.number("SELECT count(*) FROM ebay_orders");
    let lines = database.number("SELECT count(*) FROM ebay_order_line_items");
    // One in four of each slice, and where slices lie is a matter of the clock.
    let sum = orders + lines;
    assert!((80..100).contains(&sum), "{sum} of 120");
    assert_eq!(
        database.number("SELECT count(*) FROM ebay_active_inventory"),
        40
    );
}
