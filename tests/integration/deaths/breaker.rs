//! Deaths that are alike on several accounts are not the accounts' doing: starting pauses, one
//! attempt finds out whether it is over.

use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, wait_until};

const OPENED: &str = "most attempts die alike";
const CLOSED: &str = "starting goes on as usual";
const ACCOUNTS: [&str; 4] = ["a", "b", "c", "d"];
const CHARGED: &str =
    "SELECT count(*) FROM runs WHERE outcome = 'died' AND json_extract(decision, '$.charged')";
const FREE: &str =
    "SELECT count(*) FROM runs WHERE outcome = 'died' AND NOT json_extract(decision, '$.charged')";

fn said(log: &str, what: &str) -> usize {
    log.lines().filter(|line| line.contains(what)).count()
}

/// One attempt at a time, so that it is known which death is the third.
fn state() -> State {
    let state = State::new()
        .var("BULKHEAD_ACCOUNTS_AT_ONCE", "1")
        .var("BULKHEAD_POLICY_BREAKER_ATTEMPTS", "6")
        .var("BULKHEAD_POLICY_BREAKER_PAUSE", "1ms")
        .var("BULKHEAD_POLICY_BREAKER_PAUSE_CAP", "1ms");
    for account in ACCOUNTS {
        state.add_account(account, "orders", "orders=segv");
    }
    state
}

#[test]
fn a_pass_ends_when_three_accounts_die_alike() {
    let state = state();
    let ended = state.once();
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert_eq!(said(&ended.stderr, OPENED), 1, "{}", ended.stderr);
    assert_eq!(state.database().number(CHARGED), 3);
    assert_eq!(state.database().number(FREE), 0, "nothing more was started");
    let status = state.json(&["status"]);
    let paused = status[0]["paused"].as_str().unwrap();
    assert!(paused.contains("3 accounts died alike"), "{paused}");
}

#[test]
fn the_service_probes_free_of_charge_until_it_is_over() {
    let state = state();
    let service = state.start_service();
    wait_until("probes that died", LONG, || {
        state.dir().join("bulkhead.db").exists() && state.database().number(FREE) >= 2
    });
    assert_eq!(state.database().number(CHARGED), 3, "only what opened it");
    for account in ACCOUNTS {
        state.set_script(account, "");
    }
    let well = "SELECT count(*) FROM sync_state WHERE last_outcome = 'completed'";
    wait_until("all accounts to be well", LONG, || {
        state.database().number(well) == 4
    });
    let ended = state.stop_service(service);
    assert_eq!(said(&ended.stderr, OPENED), 1, "{}", ended.stderr);
    assert_eq!(said(&ended.stderr, CLOSED), 1, "{}", ended.stderr);
    assert!(state.json(&["status"])[0]["paused"].is_null());
    assert_eq!(state.database().number(CHARGED), 3);
}
