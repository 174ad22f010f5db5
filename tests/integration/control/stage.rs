//! A service that is spoken to.

use integration_tests::harness::process::Running;
use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, wait_for, wait_until};
use serde_json::Value;

/// Starts the service and waits until it listens.
pub(crate) fn listening(state: &State) -> Running {
    until_it_listens(state, state.start_service())
}

/// Waits until a service that was started listens.
pub(crate) fn until_it_listens(state: &State, service: Running) -> Running {
    let socket = state.dir().join("control.sock");
    wait_until("the service to listen", LONG, || {
        std::os::unix::net::UnixStream::connect(&socket).is_ok()
    });
    service
}

/// Has a running service accept a command; returns its number.
pub(crate) fn accepted(state: &State, args: &[&str]) -> i64 {
    let answer = state.json(args);
    assert_eq!(answer["state"], "accepted", "{args:?}: {answer}");
    answer["id"].as_i64().unwrap()
}

/// Waits until a command has come to its end, and returns how.
pub(crate) fn came_of(state: &State, id: i64) -> Value {
    let id = id.to_string();
    wait_for("the end of a command", LONG, || {
        let shown = state.json(&["command", "show", &id]);
        (shown["state"] != "accepted").then_some(shown)
    })
}

/// Has a running service carry a command out, and returns what came of it.
pub(crate) fn carried_out(state: &State, args: &[&str]) -> Value {
    let id = accepted(state, args);
    came_of(state, id)
}

/// How many runs of the account have ended.
pub(crate) fn runs(state: &State, account: &str) -> i64 {
    state.database().number(&format!(
        "SELECT count(*) FROM runs r JOIN accounts a USING (account_id) \
         WHERE a.name = '{account}' AND r.ended_at IS NOT NULL"
    ))
}

/// Waits until this many more runs of the account have ended.
pub(crate) fn wait_for_runs(state: &State, account: &str, more: i64) {
    let before = runs(state, account);
    wait_until("further runs", LONG, || {
        runs(state, account) >= before + more
    });
}
