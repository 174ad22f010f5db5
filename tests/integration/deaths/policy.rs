//! What deaths cost from pass to pass: quarantine, interruption, solitary, the big slot, draining.

use integration_tests::harness::crash::reports;
use integration_tests::harness::process::alive;
use integration_tests::harness::rows::Row;
use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, wait_until};
use serde_json::{Value, json};

const BOTH: &str = "orders,active_inventory";

/// The runs of account `a`, see [`story_of`].
fn story(state: &State) -> Vec<String> {
    story_of(state, "a")
}

/// Worker, outcome, detail, decision and charge of every run of an account, oldest first, each as
/// one line with its attempt counted from 1.
pub(crate) fn story_of(state: &State, account: &str) -> Vec<String> {
    let sql = format!(
        "SELECT dense_rank() OVER (ORDER BY attempt_id) AS attempt, worker, outcome, detail, \
         json_extract(decision, '$.kind') AS kind, \
         json_extract(decision, '$.charged') AS charged \
         FROM runs JOIN accounts USING (account_id) WHERE name = '{account}' \
         ORDER BY attempt_id, run_no"
    );
    let line = |row: &Row| {
        let text = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
        let detail = match text("detail") {
            detail if detail.is_empty() => String::new(),
            detail => format!(" {detail}"),
        };
        let charged = if row["charged"] == 1 { ", charged" } else { "" };
        let (worker, outcome) = (text("worker"), text("outcome"));
        format!(
            "{} {worker} {outcome}{detail}: {}{charged}",
            row["attempt"],
            text("kind")
        )
    };
    state.database().rows(&sql).iter().map(line).collect()
}

/// What is remembered for a worker of account `a`.
fn policy(state: &State, worker: &str) -> Value {
    policy_of(state, "a", worker)
}

/// What is remembered for a worker of an account.
pub(crate) fn policy_of(state: &State, account: &str, worker: &str) -> Value {
    let text = state.database().value(&format!(
        "SELECT policy FROM sync_state JOIN accounts USING (account_id) \
         WHERE name = '{account}' AND worker = '{worker}'"
    ));
    serde_json::from_str(text.as_str().unwrap()).unwrap()
}

fn tally(state: &State, worker: &str) -> usize {
    policy(state, worker)["tally"].as_array().unwrap().len()
}

#[test]
fn the_third_charged_death_is_quarantined_until_released() {
    let state = State::new();
    state.add_account("a", "orders", "orders=segv");
    assert_eq!(state.json(&["quarantine", "list"]), json!([]));
    assert_eq!(state.once().code, Some(1));
    assert_eq!(state.once().code, Some(1));
    let expected = [
        "1 orders died segv: solitary, charged",
        "2 orders died segv: backoff, charged",
        "3 orders died segv: quarantine, charged",
    ];
    assert_eq!(story(&state), expected);

    let listed = state.json(&["quarantine", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed[0]["account"], "a");
    assert_eq!(listed[0]["worker"], "orders");
    assert_eq!(listed[0]["charged"], 3);
    assert_eq!(listed[0]["release"], "bulkhead quarantine release a orders");
    let idle = state.once();
    assert_eq!(idle.code, Some(3), "nothing is due: {}", idle.stdout);
    assert_eq!(story(&state).len(), 3, "it is not run");

    state.set_script("a", "");
    let released = state.bulkhead(&["quarantine", "release", "a", "orders"]);
    assert_eq!(released.code, Some(0), "{}", released.stderr);
    assert!(released.stdout.contains("released"), "{}", released.stdout);
    let again = state.bulkhead(&["quarantine", "release", "a", "orders"]);
    assert_eq!(again.code, Some(3), "not in quarantine any more");
    assert!(
        again.stdout.contains("nothing was changed"),
        "{}",
        again.stdout
    );
    assert_eq!(state.json(&["quarantine", "list"]), json!([]));
    assert_eq!(state.once().code, Some(0));
    assert_eq!(story(&state)[3], "4 orders completed: reset");
    assert_eq!(tally(&state, "orders"), 0);
}

#[test]
fn an_interrupted_sibling_is_free_and_runs_again() {
    let state = State::new();
    state.add_account("a", BOTH, "orders=segv");
    let ended = state.once();
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let expected = [
        "1 orders died segv: solitary, charged",
        "1 active_inventory interrupted: again",
        "2 active_inventory completed: reset",
        "3 orders died segv: backoff, charged",
    ];
    assert_eq!(story(&state), expected);
    assert_eq!(tally(&state, "active_inventory"), 0);
    assert_eq!(tally(&state, "orders"), 2);
    let workers: Vec<String> = reports(&state, "a")
        .into_iter()
        .map(|one| one.worker)
        .collect();
    assert_eq!(
        workers,
        ["orders", "orders"],
        "no report about the innocent"
    );
    let listings = "SELECT count(*) FROM ebay_active_inventory";
    assert_eq!(state.database().number(listings), 40);
    let windows = state
        .database()
        .rows("SELECT DISTINCT worker FROM sync_windows");
    assert_eq!(windows.len(), 1, "{windows:?}");
    assert_eq!(windows[0]["worker"], "active_inventory");
}

#[test]
fn a_sibling_that_had_finished_stays_finished() {
    let state = State::new();
    state.add_account("a", BOTH, "orders=first;active_inventory=exit-0");
    assert_eq!(state.once().code, Some(1));
    let expected = [
        "1 orders completed: reset",
        "1 active_inventory died exited_early: solitary, charged",
        "2 active_inventory died exited_early: backoff, charged",
    ];
    assert_eq!(story(&state), expected);
}

#[test]
fn without_a_culprit_each_suspect_runs_alone_and_the_guilty_one_shows() {
    let state = State::new();
    state.add_account("a", BOTH, "active_inventory=exit-70");
    assert_eq!(state.once().code, Some(1));
    let story = story(&state);
    assert_eq!(story[0], "1 orders interrupted: solitary");
    assert_eq!(story[1], "1 active_inventory interrupted: solitary");
    // Which of the two comes first is a matter of the clock.
    let mut alone: Vec<&str> = story[2..]
        .iter()
        .map(|line| line.split_once(' ').unwrap().1)
        .collect();
    alone.sort_unstable();
    let expected = [
        "active_inventory died failed: backoff, charged",
        "active_inventory died failed: solitary, charged",
        "orders completed: reset",
    ];
    assert_eq!(alone, expected, "{story:?}");
    assert_eq!(tally(&state, "orders"), 0);
    assert_eq!(tally(&state, "active_inventory"), 2);
    let attempts = state
        .database()
        .rows("SELECT attempt_id, count(*) AS runs FROM runs GROUP BY attempt_id");
    assert!(
        attempts[1..].iter().all(|row| row["runs"] == 1),
        "{attempts:?}"
    );
}

#[test]
fn small_allocations_name_nobody_while_two_runs_are_unfinished() {
    let state = State::new();
    state.add_config("[accounts.a]\nmemory = \"16MiB\"\nbig_slot = \"16MiB\"");
    state.add_account("a", BOTH, "orders=memory_in_crumbs");
    assert_eq!(state.once().code, Some(1));
    let story = story(&state);
    assert_eq!(story[0], "1 orders interrupted: solitary");
    assert_eq!(story[1], "1 active_inventory interrupted: solitary");
    assert_eq!(tally(&state, "active_inventory"), 0);
    let causes = state
        .database()
        .rows("SELECT cause, confidence FROM attempts LIMIT 1");
    assert_eq!(causes[0]["cause"], "memory_limit");
    assert_eq!(causes[0]["confidence"], "proven", "what, though not who");
}

#[test]
fn a_memory_death_is_tried_once_in_the_big_slot_and_then_charged() {
    let state = State::new();
    state.add_config("[accounts.a]\nmemory = \"16MiB\"\nbig_slot = \"40MiB\"");
    state.add_account("a", "active_inventory", "active_inventory=memory");
    assert_eq!(state.once().code, Some(1));
    let expected = [
        "1 active_inventory died memory_limit: big_slot",
        "2 active_inventory died memory_limit: solitary, charged",
        "3 active_inventory died memory_limit: backoff, charged",
    ];
    assert_eq!(story(&state), expected);
    let slots = state
        .database()
        .rows("SELECT slot, memory_limit FROM attempts");
    let slots: Vec<(&str, i64)> = slots
        .iter()
        .map(|row| {
            (
                row["slot"].as_str().unwrap(),
                row["memory_limit"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        slots,
        [("normal", 16 << 20), ("big", 40 << 20), ("big", 40 << 20)]
    );
    for report in reports(&state, "a") {
        let limit = report.json["limits"]["memory"].as_i64().unwrap();
        let peak = report.json["peak_heap"].as_i64().unwrap();
        assert!(peak <= limit && peak > limit / 2, "{peak} of {limit}");
    }
}

#[test]
fn what_fits_the_big_slot_completes_there_and_stays_there() {
    let state = State::new();
    state.add_config("[accounts.a]\nmemory = \"16MiB\"\nbig_slot = \"64MiB\"");
    state.add_account("a", BOTH, "active_inventory=needs-30;orders=first");
    assert_eq!(
        state.once().code,
        Some(0),
        "the free try completes the pass"
    );
    let expected = [
        "1 orders completed: reset",
        "1 active_inventory died memory_limit: big_slot",
        "2 active_inventory completed: reset",
    ];
    assert_eq!(story(&state), expected);
    assert_eq!(tally(&state, "active_inventory"), 0);
    assert_eq!(state.once().code, Some(0));
    let slots = state
        .database()
        .rows("SELECT slot FROM attempts ORDER BY attempt_id");
    let slots: Vec<&Value> = slots.iter().map(|row| &row["slot"]).collect();
    assert_eq!(slots, ["normal", "big", "normal", "big"]);
    let expected = [
        "3 orders completed: reset",
        "4 active_inventory completed: reset",
    ];
    assert_eq!(story(&state)[3..], expected, "it does not die first again");
}

#[test]
fn draining_costs_nothing_and_the_next_start_goes_on() {
    let state = State::new();
    let mark = state.path("mark");
    let script = format!("orders=endless;mark={}", mark.display());
    state.add_account("a", BOTH, &script);
    let service = state.start_service();
    wait_until("the child to be in the middle", LONG, || mark.exists());
    let ended = state.stop_service(service);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(alive(&state.dir()).is_empty());
    let expected = [
        "1 orders drained: again",
        "1 active_inventory drained: again",
    ];
    assert_eq!(story(&state), expected);
    assert_eq!(
        state.database().value("SELECT cause FROM attempts"),
        "drained"
    );
    assert!(reports(&state, "a").is_empty());
    state.set_script("a", "");
    assert_eq!(state.once().code, Some(0));
    assert_eq!(
        tally(&state, "orders") + tally(&state, "active_inventory"),
        0
    );
}
