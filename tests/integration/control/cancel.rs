//! `cancel` is real: the process is gone, the runs say so, and nothing is charged for it.

use integration_tests::harness::process::alive;
use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, wait_until};

use super::stage::{carried_out, listening, wait_for_runs};

fn cancelled(behaviour: &str) {
    let state = State::new().var("BULKHEAD_TIMEOUTS_SILENCE", "10m");
    let mark = state.path("mark");
    let script = format!("orders={behaviour};mark={}", mark.display());
    state.add_account("anna", "orders,returns", &script);
    state.add_account("bert", "orders", "");
    let service = listening(&state);
    wait_until("the child to misbehave", LONG, || mark.exists());
    let child = state
        .database()
        .number("SELECT pid FROM attempts WHERE account_id = 1 AND ended_at IS NULL");
    state.set_script("anna", "");
    let came = carried_out(&state, &["cancel", "anna"]);
    assert_eq!(came["state"], "done", "{came}");
    assert!(
        !alive(&state.dir()).contains(&u32::try_from(child).unwrap()),
        "the process is gone when the command has ended"
    );
    let attempt = state.database().row(
        "SELECT cause, kill_reason FROM attempts WHERE account_id = 1 ORDER BY attempt_id LIMIT 1",
    );
    assert_eq!(attempt["cause"], "cancelled", "{attempt:?}");
    let run = state.database().row(
        "SELECT outcome, decision FROM runs WHERE account_id = 1 AND worker = 'orders' \
         ORDER BY attempt_id LIMIT 1",
    );
    assert_eq!(run["outcome"], "cancelled", "{run:?}");
    let decision: serde_json::Value =
        serde_json::from_str(run["decision"].as_str().unwrap()).unwrap();
    assert_eq!(decision["charged"], false, "{decision}");
    let reports = "SELECT count(*) FROM crash_reports";
    assert_eq!(state.database().number(reports), 0);
    wait_for_runs(&state, "anna", 1);
    wait_for_runs(&state, "bert", 1);
    assert_eq!(state.stop_service(service).code, Some(0));
    assert_eq!(alive(&state.dir()), [0_u32; 0]);
}

#[test]
fn a_child_that_does_not_hear_stop_is_ended() {
    cancelled("hung");
}

#[test]
fn a_child_that_does_not_hear_sigterm_is_ended() {
    cancelled("deaf");
}

#[test]
fn where_nothing_runs_there_is_nothing_to_cancel() {
    let state = State::new().var("BULKHEAD_SYNC_INTERVAL_ORDERS", "1h");
    state.add_account("anna", "orders", "");
    let service = listening(&state);
    let open = "SELECT count(*) FROM attempts WHERE ended_at IS NOT NULL";
    wait_until("the only run", LONG, || state.database().number(open) == 1);
    let came = carried_out(&state, &["cancel", "anna"]);
    assert_eq!(came["state"], "nothing", "{came}");
    assert_eq!(state.stop_service(service).code, Some(0));
}
