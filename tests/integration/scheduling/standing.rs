//! Why a worker does not run, in text and JSON, and what is said when nothing succeeds.

use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, wait_for, wait_until};
use serde_json::Value;

fn row(state: &State, worker: &str) -> Value {
    let all = state.json(&["status"]);
    let mut rows = all.as_array().unwrap().iter();
    rows.find(|row| row["worker"] == worker).unwrap().clone()
}

fn reason(state: &State, worker: &str) -> Value {
    row(state, worker)["not_running"]["reason"].clone()
}

#[test]
fn a_worker_that_does_not_run_says_why() {
    let state = State::new();
    state.add_account("shop", "orders,active_inventory", "count=20;orders=hung");
    state.add_account("other", "returns", "");
    assert_eq!(reason(&state, "orders"), "next_in_line", "no service runs");
    assert_eq!(row(&state, "orders")["starts_ahead_at_most"], 2);
    let text = state.bulkhead(&["status"]).stdout;
    assert!(text.contains("next in line"), "{text}");

    let state = state
        .var("BULKHEAD_ACCOUNTS_AT_ONCE", "1")
        .var("BULKHEAD_SYNC_INTERVAL_RETURNS", "1h");
    let pass = state.start_once();
    wait_until("orders run", LONG, || {
        row(&state, "orders")["state"] == "running"
    });
    assert_eq!(row(&state, "orders")["not_running"], Value::Null);
    let returns = row(&state, "returns");
    if returns["last_outcome"].is_null() {
        assert_eq!(returns["not_running"]["reason"], "no_slot", "{returns}");
        assert_eq!(returns["not_running"]["running"], 1);
        let text = state.bulkhead(&["status"]).stdout;
        assert!(text.contains("waits for a slot, 1 taken"), "{text}");
    } else {
        assert_eq!(returns["not_running"]["reason"], "not_due", "{returns}");
    }
    state.stop_service(pass);

    let database = state.database();
    database.execute("UPDATE sync_state SET enabled = 0 WHERE worker = 'returns'");
    assert_eq!(reason(&state, "returns"), "disabled");
    database.execute("UPDATE accounts SET token_state = 'needs_token' WHERE name = 'shop'");
    assert_eq!(reason(&state, "orders"), "no_token");
}

#[test]
fn a_stale_worker_is_told_once_and_once_when_it_is_over() {
    let state = State::new()
        .var("BULKHEAD_SYNC_STALE_AFTER", "1")
        .var("BULKHEAD_SYNC_INTERVAL_ORDERS", "2s");
    state.add_account("shop", "orders", "count=20;orders=panic");
    let service = state.start_service();
    let lines = |service: &integration_tests::harness::process::Running, says: &str| {
        service
            .log()
            .lines()
            .filter(|line| line.contains(says))
            .count()
    };
    wait_until("it is quarantined", LONG, || {
        reason(&state, "orders") == "quarantined"
    });
    wait_until("it is stale", LONG, || {
        lines(&service, "stale: nothing") > 0
    });
    assert_eq!(row(&state, "orders")["stale"], true);
    let text = state.bulkhead(&["status"]).stdout;
    assert!(text.contains("quarantined, stale"), "{text}");
    assert!(
        text.contains("1 worker has had no success for 1 intervals"),
        "{text}"
    );

    state.set_script("shop", "count=20");
    let released = state.bulkhead(&["quarantine", "release", "shop", "orders"]);
    assert_eq!(released.code, Some(0), "{}", released.stderr);
    wait_for("it is stale no more", LONG, || {
        (lines(&service, "not stale any more") > 0).then_some(())
    });
    assert_eq!(lines(&service, "stale: nothing"), 1, "{}", service.log());
    state.stop_service(service);
}
