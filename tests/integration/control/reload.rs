//! SIGHUP reads the configuration again; a bad file changes nothing and says why.

use integration_tests::harness::process::Running;
use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, wait_until};
use nix::sys::signal::Signal;

use super::stage::{listening, runs, wait_for_runs};

fn said(service: &Running, what: &str, times: usize) {
    wait_until(what, LONG, || service.log().matches(what).count() >= times);
}

#[test]
fn a_good_file_counts_from_the_next_attempt_on_and_a_bad_one_not_at_all() {
    let state = State::new();
    state.add_account("anna", "orders", "");
    let before = std::fs::read_to_string(state.config()).unwrap();
    let service = listening(&state);
    wait_for_runs(&state, "anna", 1);

    state.write_config(&before.replace("memory = \"64MiB\"", "memry = \"64MiB\""));
    service.signal(Signal::SIGHUP);
    said(&service, "all stays as it was", 1);
    assert!(
        service.log().contains("unknown key `memry`"),
        "{}",
        service.log()
    );
    wait_for_runs(&state, "anna", 1);

    let slow = before.replace("orders = \"1ms\"", "orders = \"1h\"");
    let slow = slow.replace("memory = \"64MiB\"", "memory = \"48MiB\"");
    state.write_config(&slow.replace("[log]\nformat = \"json\"", "[log]\nformat = \"human\""));
    service.signal(Signal::SIGHUP);
    said(&service, "but for log.format: that takes a restart", 1);
    let new = "SELECT count(*) FROM attempts WHERE memory_limit = 48 * 1024 * 1024 AND ended_at IS NOT NULL";
    wait_until("an attempt with the new limit", LONG, || {
        state.database().number(new) == 1
    });
    let now = runs(&state, "anna");
    service.signal(Signal::SIGHUP);
    said(&service, "but for log.format", 2);
    assert_eq!(runs(&state, "anna"), now, "the next run is an hour away");
    assert_eq!(state.stop_service(service).code, Some(0));
}

#[test]
fn an_environment_that_an_account_needs_cannot_go() {
    let state = State::new();
    let own = "[environments.mine]\napi = \"http://127.0.0.1:1\"\napiz = \"http://127.0.0.1:1\"";
    let before = std::fs::read_to_string(state.config()).unwrap();
    state.add_config(own);
    state.set_script("anna", "");
    let mut add = state.command(&["account", "add", "anna", "--environment", "mine"]);
    add.args(["--workers", "orders", "--token-file"])
        .arg(state.token_file("anna"));
    assert_eq!(state.run(add).code, Some(0));
    let service = listening(&state);
    state.write_config(&before);
    service.signal(Signal::SIGHUP);
    said(&service, "account anna is in environment mine", 1);
    wait_for_runs(&state, "anna", 2);
    assert_eq!(state.stop_service(service).code, Some(0));
}
