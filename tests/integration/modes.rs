//! What is ordered from run to run: deep passes and rescans, and fresher tokens in the middle of a
//! run. The children are faulty ones that behave.
#![expect(
    clippy::indexing_slicing,
    reason = "test code: every failure is a panic"
)]

use integration_tests::harness::process::Running;
use integration_tests::harness::rows::Row;
use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, now_ms, wait_until};
use serde_json::Value;

const HOUR: i64 = 3_600_000;

/// A pass in which every run must end well.
fn once(state: &State) {
    let ended = state.once();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

/// The last run of a worker.
fn last_run(state: &State, worker: &str) -> Row {
    state.database().row(&format!(
        "SELECT * FROM runs WHERE worker = '{worker}' ORDER BY attempt_id DESC LIMIT 1"
    ))
}

fn sync_state(state: &State, worker: &str) -> Row {
    state.database().row(&format!(
        "SELECT * FROM sync_state WHERE worker = '{worker}'"
    ))
}

/// That the ledger goes from `since` to the cursor without a gap.
fn assert_tiled(state: &State, worker: &str) {
    let remembered = sync_state(state, worker);
    let windows = state.database().rows(&format!(
        "SELECT start_at, end_at FROM sync_windows WHERE worker = '{worker}' ORDER BY end_at"
    ));
    assert_eq!(windows[0]["start_at"], remembered["since"]);
    assert_eq!(windows[windows.len() - 1]["end_at"], remembered["cursor"]);
    for (one, next) in windows.iter().zip(&windows[1..]) {
        assert_eq!(one["end_at"], next["start_at"], "{windows:?}");
    }
}

/// A script whose world changed five hours ago: before every cursor, and after all that was there.
fn changed() -> String {
    format!("changes={}", now_ms() - 5 * HOUR)
}

#[test]
fn later_changes_of_older_items_are_seen_by_the_deep_pass() {
    let state = State::new();
    state.add_account("a", "transactions", "");
    once(&state);
    assert_eq!(last_run(&state, "transactions")["created"], 40);
    let first = sync_state(&state, "transactions");
    assert_eq!(first["deep_from"], first["cursor"], "the backfill was one");
    assert_eq!(first["deep_until"], first["cursor"]);

    state.set_script("a", &changed());
    let mut before = first;
    for (updated, why) in [(13, "what changed"), (0, "nothing changed again")] {
        once(&state);
        let run = last_run(&state, "transactions");
        assert_eq!(
            (&run["created"], &run["updated"]),
            (&Value::from(0), &Value::from(updated)),
            "{why}"
        );
        assert_eq!(
            run["unchanged"],
            40 - updated,
            "everything was read once, {why}"
        );
        let after = sync_state(&state, "transactions");
        assert_eq!(
            after["deep_until"], after["cursor"],
            "up to the end of the window"
        );
        assert_eq!(after["deep_from"], after["deep_until"], "to its end");
        assert!(after["deep_until"].as_str() > before["deep_until"].as_str());
        // Three days in steps of twelve hours, and the window itself.
        let slices = run["slices"].as_i64().unwrap();
        assert!(
            (7..=9).contains(&slices),
            "one deep pass in a run: {slices}"
        );
        before = after;
    }
    assert_tiled(&state, "transactions");
}

#[test]
fn a_deep_pass_is_not_repeated_before_its_time() {
    let state = State::new().var("BULKHEAD_SYNC_DEEP_INTERVAL", "24h");
    state.add_account("a", "transactions,returns", "");
    once(&state);
    state.set_script("a", &changed());
    let marks = || {
        let sql = "SELECT deep_from, deep_until FROM sync_state ORDER BY worker";
        state.database().rows(sql)
    };
    let before = marks();
    once(&state);
    assert_eq!(last_run(&state, "transactions")["slices"], 1);
    assert_eq!(last_run(&state, "transactions")["updated"], 0);
    assert_eq!(
        last_run(&state, "returns")["updated"],
        13,
        "a rescan sees it"
    );
    assert_eq!(marks(), before);
}

#[test]
fn a_rescan_fetches_what_changed_and_nothing_else() {
    let state = State::new();
    state.add_account("a", "returns", "");
    once(&state);
    let run = last_run(&state, "returns");
    assert_eq!(
        (&run["records"], &run["created"]),
        (&Value::from(40), &Value::from(40))
    );
    let first = sync_state(&state, "returns");
    assert_eq!(
        first["deep_until"], first["cursor"],
        "the first one reads everything"
    );
    once(&state);
    assert_eq!(last_run(&state, "returns")["records"], 0, "all is known");
    state.set_script("a", &changed());
    once(&state);
    let run = last_run(&state, "returns");
    assert_eq!(
        (&run["records"], &run["updated"]),
        (&Value::from(13), &Value::from(13))
    );
    assert_tiled(&state, "returns");
    assert_eq!(
        state.database().number("SELECT count(*) FROM sync_windows"),
        3
    );
}

/// Starts a pass whose child has its token and waits for the gate.
fn start_waiting(state: &State, script: &str) -> Running {
    let gate = state.path("gate");
    state.add_account("a", "orders", &format!("{script};gate={}", gate.display()));
    let pass = state.start_once();
    // Nothing is there before the pass makes it.
    let database = state.dir().join("bulkhead.db");
    wait_until("the database", LONG, || database.exists());
    let started = "SELECT count(pid) FROM attempts";
    wait_until("the child", LONG, || state.database().number(started) == 1);
    pass
}

#[test]
fn a_run_goes_on_with_a_fresher_token() {
    let state = State::new();
    let pass = start_waiting(&state, "orders=renews");
    state.set_script("a", "canary=fresher");
    std::fs::write(state.path("gate"), "").unwrap();
    let ended = pass.end(LONG);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("goes on with a fresher one"));
    assert!(!ended.stderr.contains("v^1.1"), "{}", ended.stderr);
    assert_eq!(last_run(&state, "orders")["outcome"], "completed");
    let waits = "SELECT count(*) FROM accounts WHERE token_state IS NOT NULL";
    assert_eq!(state.database().number(waits), 0);
}

#[test]
fn without_a_fresher_token_the_account_waits_for_one() {
    let state = State::new();
    let pass = start_waiting(&state, "orders=renews");
    std::fs::write(state.path("gate"), "").unwrap();
    let ended = pass.end(LONG);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let run = last_run(&state, "orders");
    assert_eq!(
        (&run["outcome"], &run["detail"]),
        (&"failed".into(), &"unauthorized".into())
    );
    let runs = "SELECT count(*) FROM runs";
    assert_eq!(state.once().code, Some(1), "it waits, and that is told");
    assert_eq!(state.database().number(runs), 1, "nothing was run");
    state.set_script("a", "");
    once(&state);
    assert_eq!(last_run(&state, "orders")["outcome"], "completed");
}

#[test]
fn a_token_file_that_cannot_be_used_gives_none() {
    let state = State::new();
    let pass = start_waiting(&state, "orders=renews");
    std::fs::write(state.token_file("a"), "ENC:hidden-4711").unwrap();
    std::fs::write(state.path("gate"), "").unwrap();
    let ended = pass.end(LONG);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("still encrypted"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("hidden-4711"), "{}", ended.stderr);
    assert_eq!(last_run(&state, "orders")["detail"], "unauthorized");
}
