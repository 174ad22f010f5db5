//! Every verb but `cancel`, on a running service and, where that can be, without one.

use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, wait_until};

use super::stage::{accepted, came_of, carried_out, listening, runs, wait_for_runs};

const OPEN: &str = "SELECT count(*) FROM attempts WHERE ended_at IS NULL";

fn busy() -> State {
    let state = State::new();
    state.add_account("anna", "orders", "");
    state.add_account("bert", "orders", "");
    state
}

#[test]
fn a_pause_holds_until_it_is_lifted_through_a_restart() {
    let state = busy();
    let service = listening(&state);
    wait_for_runs(&state, "anna", 1);
    let came = carried_out(&state, &["pause"]);
    assert_eq!(came["state"], "done", "{came}");
    assert_eq!(came["asked_by"], nix::unistd::geteuid().as_raw());
    wait_until("the running attempts to end", LONG, || {
        state.database().number(OPEN) == 0
    });
    let paused = state.json(&["status"])[0]["paused"].clone();
    assert!(
        paused.as_str().unwrap().contains("bulkhead resume"),
        "{paused}"
    );
    let again = carried_out(&state, &["pause"]);
    assert_eq!(again["state"], "nothing", "{again}");
    let log = state.stop_service(service).stderr;
    assert!(log.contains("\"user.id\":"), "who asked: {log}");

    let before = (runs(&state, "anna"), runs(&state, "bert"));
    let pass = state.once();
    assert_eq!(pass.code, Some(1), "{}", pass.stderr);
    assert!(pass.stderr.contains("bulkhead resume"), "{}", pass.stderr);
    let service = listening(&state);
    // It has looked at what is due by the time that it has carried this out.
    let came = carried_out(&state, &["account", "run", "anna"]);
    assert!(came["said"].as_str().unwrap().contains("paused"), "{came}");
    assert_eq!((runs(&state, "anna"), runs(&state, "bert")), before);
    let came = carried_out(&state, &["resume"]);
    assert_eq!(came["state"], "done", "{came}");
    wait_for_runs(&state, "anna", 1);
    wait_for_runs(&state, "bert", 1);
    assert!(state.json(&["status"])[0]["paused"].is_null());
    assert_eq!(state.stop_service(service).code, Some(0));
}

#[test]
fn an_account_that_is_disabled_rests_and_the_others_go_on() {
    let state = busy();
    let service = listening(&state);
    let came = carried_out(&state, &["account", "disable", "anna"]);
    assert_eq!(came["state"], "done", "{came}");
    wait_until("the attempt of anna to end", LONG, || {
        state
            .database()
            .number(&format!("{OPEN} AND account_id = 1"))
            == 0
    });
    let before = runs(&state, "anna");
    wait_for_runs(&state, "bert", 3);
    assert_eq!(runs(&state, "anna"), before);
    let came = carried_out(&state, &["account", "run", "anna"]);
    assert_eq!(came["state"], "failed", "{came}");
    assert!(
        came["said"]
            .as_str()
            .unwrap()
            .contains("account enable anna")
    );
    assert_eq!(
        carried_out(&state, &["account", "enable", "anna"])["state"],
        "done"
    );
    wait_for_runs(&state, "anna", 1);
    assert_eq!(state.stop_service(service).code, Some(0));
}

#[test]
fn an_account_runs_at_once_when_someone_asks() {
    let state = State::new().var("BULKHEAD_SYNC_INTERVAL_ORDERS", "1h");
    state.add_account("anna", "orders", "");
    let service = listening(&state);
    wait_until("the first run", LONG, || runs(&state, "anna") == 1);
    let came = carried_out(&state, &["account", "run", "anna"]);
    assert_eq!(came["said"], "1 worker of anna is due now", "{came}");
    wait_until("the run that was asked for", LONG, || {
        runs(&state, "anna") == 2
    });
    assert_eq!(state.stop_service(service).code, Some(0));
}

#[test]
fn a_worker_is_switched_off_and_on_and_added() {
    let state = busy();
    let service = listening(&state);
    let off = carried_out(&state, &["worker", "disable", "anna", "orders"]);
    assert_eq!(off["state"], "done", "{off}");
    let added = carried_out(&state, &["worker", "enable", "anna", "returns"]);
    assert_eq!(added["state"], "done", "{added}");
    let returns = "SELECT count(*) FROM runs WHERE worker = 'returns' AND outcome = 'completed'";
    wait_until("a run of the added worker", LONG, || {
        state.database().number(returns) > 0
    });
    let on = carried_out(&state, &["worker", "enable", "anna", "orders"]);
    assert_eq!(on["state"], "done", "{on}");
    assert_eq!(
        carried_out(&state, &["worker", "enable", "anna", "orders"])["state"],
        "nothing"
    );
    wait_for_runs(&state, "anna", 2);
    assert_eq!(state.stop_service(service).code, Some(0));
}

#[test]
fn a_quarantine_is_released_on_a_running_service() {
    let state = State::new();
    state.add_account("anna", "orders", "orders=segv");
    let service = listening(&state);
    wait_until("the quarantine", LONG, || {
        state
            .json(&["quarantine", "list"])
            .as_array()
            .is_some_and(|list| !list.is_empty())
    });
    state.set_script("anna", "");
    let came = carried_out(&state, &["quarantine", "release", "anna", "orders"]);
    assert_eq!(came["state"], "done", "{came}");
    let well = "SELECT count(*) FROM runs WHERE outcome = 'completed'";
    wait_until("a run after it", LONG, || state.database().number(well) > 0);
    assert_eq!(state.stop_service(service).code, Some(0));
}

#[test]
fn wrong_names_are_refused_at_once_and_change_nothing() {
    let state = busy();
    let service = listening(&state);
    for args in [
        &["account", "run", "nobody"][..],
        &["cancel", "nobody"],
        &["account", "disable", "nobody"],
        &["worker", "enable", "nobody", "orders"],
        &["worker", "disable", "anna", "offers"],
        &["quarantine", "release", "anna", "offers"],
    ] {
        let refused = state.bulkhead(args);
        assert_eq!(refused.code, Some(2), "{args:?}: {}", refused.stderr);
        assert!(
            refused.stderr.contains("shows th"),
            "{args:?}: {}",
            refused.stderr
        );
    }
    assert_eq!(state.database().number("SELECT count(*) FROM commands"), 0);
    assert_eq!(state.stop_service(service).code, Some(0));
}

#[test]
fn without_a_service_the_switches_work_on_the_database() {
    let state = busy();
    let anna = "SELECT enabled FROM accounts WHERE name = 'anna'";
    let answer = state.json(&["account", "disable", "anna"]);
    assert_eq!(answer["state"], "done", "{answer}");
    assert_eq!(state.database().number(anna), 0);
    let again = state.bulkhead(&["account", "disable", "anna"]);
    assert_eq!(again.code, Some(3), "{}", again.stderr);
    assert_eq!(state.json(&["account", "enable", "anna"])["state"], "done");
    assert_eq!(state.database().number(anna), 1);
    assert_eq!(
        state.json(&["worker", "enable", "anna", "cases"])["state"],
        "done"
    );
    assert_eq!(
        state.json(&["worker", "disable", "anna", "cases"])["state"],
        "done"
    );
    assert_eq!(state.json(&["pause"])["state"], "done");
    assert_eq!(state.once().code, Some(1));
    assert_eq!(state.json(&["resume"])["state"], "done");
    assert_eq!(state.once().code, Some(0));
    for args in [&["account", "run", "anna"][..], &["cancel", "anna"]] {
        let ended = state.bulkhead(args);
        assert_eq!(ended.code, Some(1), "{args:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("bulkhead run"), "{}", ended.stderr);
    }
    let listed = state.json(&["command", "list"]);
    assert_eq!(listed[0]["command"], "resume");
    assert_eq!(listed.as_array().unwrap().len(), 7, "{listed}");
}

#[test]
fn what_a_killed_service_left_undone_is_done_by_the_next() {
    let state = busy();
    let service = listening(&state);
    carried_out(&state, &["pause"]);
    service.signal(nix::sys::signal::Signal::SIGKILL);
    service.end(LONG);
    state.database().execute(
        "INSERT INTO commands (command, asked_by, asked_at) \
         VALUES ('{\"command\":\"resume\"}', 0, '2026-01-01T00:00:00.000Z'), \
         ('{\"command\":\"cancel\",\"account\":\"anna\"}', 0, '2026-01-01T00:00:00.000Z')",
    );
    let service = listening(&state);
    assert_eq!(came_of(&state, 2)["state"], "done");
    assert_eq!(came_of(&state, 3)["state"], "done");
    wait_for_runs(&state, "anna", 1);
    let id = accepted(&state, &["pause"]);
    assert_eq!(id, 4, "numbers go on");
    assert_eq!(state.stop_service(service).code, Some(0));
}
