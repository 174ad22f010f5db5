//! A clock that jumps by a day, either way, neither stops nor floods.

use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, wait_until};

use super::stage::{carried_out, listening, runs};

const DAY_MS: i64 = 86_400_000;

/// One run an hour, and whoever asks in between.
fn hourly() -> (State, std::path::PathBuf) {
    let state = State::new().var("BULKHEAD_SYNC_INTERVAL_ORDERS", "1h");
    let clock = state.path("clock");
    let state = state.var("BULKHEAD_CLOCK_FILE", clock.to_str().unwrap());
    (state, clock)
}

/// Waits for the run that a jump brings, then shows that it brings no further one: the dispatcher has
/// looked twice by the time that two more commands were carried out.
fn one_more(state: &State, before: i64) {
    wait_until("the run after a jump", LONG, || {
        runs(state, "anna") > before
    });
    for _ in 0..2 {
        carried_out(state, &["resume"]);
    }
    assert_eq!(runs(state, "anna"), before + 1, "one run, no flood");
}

#[test]
fn a_day_forward_and_a_day_back() {
    let (state, clock) = hourly();
    state.add_account("anna", "orders", "");
    let service = listening(&state);
    wait_until("the first run", LONG, || runs(&state, "anna") == 1);
    std::fs::write(&clock, DAY_MS.to_string()).unwrap();
    one_more(&state, 1);
    std::fs::write(&clock, "0").unwrap();
    one_more(&state, 2);
    std::fs::write(&clock, (-DAY_MS).to_string()).unwrap();
    one_more(&state, 3);
    let ill = "SELECT count(*) FROM runs WHERE outcome <> 'completed'";
    assert_eq!(state.database().number(ill), 0);
    assert_eq!(state.stop_service(service).code, Some(0));
}

#[test]
fn a_run_under_way_is_not_late_because_the_clock_was_set() {
    let (state, clock) = hourly();
    let gate = state.path("gate");
    let script = format!("gate={}", gate.display());
    state.add_account("anna", "orders", &script);
    let service = listening(&state);
    let running = "SELECT count(*) FROM attempts WHERE pid IS NOT NULL AND ended_at IS NULL";
    wait_until("the attempt", LONG, || {
        state.database().number(running) == 1
    });
    std::fs::write(&clock, DAY_MS.to_string()).unwrap();
    // The watchdog looks far more often than a command is carried out.
    for _ in 0..3 {
        carried_out(&state, &["resume"]);
    }
    std::fs::write(&gate, "").unwrap();
    wait_until("its end", LONG, || runs(&state, "anna") > 0);
    let outcome = "SELECT outcome FROM runs WHERE attempt_id = 1";
    assert_eq!(state.database().value(outcome), "completed");
    assert_eq!(state.stop_service(service).code, Some(0));
}
