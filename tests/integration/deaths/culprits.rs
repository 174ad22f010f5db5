//! Who pays for a death in a child of several runs: the culprit is charged, what was finished stays,
//! what was interrupted is free and runs again at once.

use integration_tests::harness::crash::{Report, reports};
use integration_tests::harness::state::State;
use serde_json::Value;

use crate::policy::{policy_of, story_of};

const THREE: &str = "orders,active_inventory,returns";

/// A name, what `active_inventory` does, and what that is called.
type Death = (&'static str, &'static str, &'static str);

/// What happens within a poll, whose mark proves the culprit.
const IN_A_POLL: [Death; 9] = [
    ("panic", "panic", "panic"),
    ("segv", "segv", "segv"),
    ("fault", "fault:7:2+signal:7", "bus"),
    ("overflow", "overflow:11+signal:11", "stack_overflow"),
    ("recursion", "stack_overflow", "stack_overflow"),
    ("abort", "abort", "abort"),
    ("hung", "hung", "hung"),
    ("liar", "lie-wrong_counts", "protocol_violation"),
    // One request for half of the limit.
    ("request", "alloc:8:8+abort", "memory_limit"),
];

/// What happens outside of a poll or belongs to all runs, and so names nobody.
const NOBODYS: [Death; 3] = [
    ("exit", "exit-70", "failed"),
    ("crumbs", "memory_in_crumbs", "memory_limit"),
    ("beyond", "write_beyond", "signal"),
];

/// A pass in which `orders` has ended, `active_inventory` strikes, and `returns` is in the middle.
fn play(deaths: &[Death]) -> State {
    let state = State::new();
    for (name, script, _) in deaths {
        state.add_config(&format!(
            "[accounts.{name}]\nmemory = \"16MiB\"\nbig_slot = \"16MiB\"\nsilence = \"2s\""
        ));
        let script = format!("orders=first;active_inventory={script}");
        state.add_account(name, THREE, &script);
    }
    let ended = state.once();
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    state
}

/// The runs of one attempt of a story, in no order.
fn of_attempt(story: &[String], attempt: usize) -> Vec<&str> {
    let prefix = format!("{attempt} ");
    let mut lines: Vec<&str> = story
        .iter()
        .filter_map(|line| line.strip_prefix(&prefix))
        .collect();
    lines.sort_unstable();
    lines
}

fn first_report(state: &State, account: &str) -> Report {
    reports(state, account).swap_remove(0)
}

#[test]
fn the_mark_of_a_poll_names_the_culprit_of_three_runs() {
    let state = play(&IN_A_POLL);
    for (name, _, cause) in IN_A_POLL {
        let story = story_of(&state, name);
        let died = format!("active_inventory died {cause}");
        let expected = [
            format!("{died}: solitary, charged"),
            "orders completed: reset".to_owned(),
            "returns interrupted: again".to_owned(),
        ];
        assert_eq!(of_attempt(&story, 1), expected, "{name}: {story:?}");
        // The interrupted run is back at once; the guilty one runs alone.
        assert_eq!(
            of_attempt(&story, 2),
            ["returns completed: reset"],
            "{name}"
        );
        let alone = [format!("{died}: backoff, charged")];
        assert_eq!(of_attempt(&story, 3), alone, "{name}");
        assert_eq!(story.len(), 5, "{name}: {story:?}");

        let report = first_report(&state, name);
        assert_eq!(report.worker, "active_inventory", "{name}");
        assert_eq!(report.json["verdict"]["culprit"], 1, "{name}");
        assert_eq!(
            report.json["verdict"]["culprit_confidence"], "proven",
            "{name}"
        );
        assert_eq!(reports(&state, name).len(), 2, "{name}: only of the guilty");
        assert_eq!(tally(&state, name, "active_inventory"), 2, "{name}");
        assert_free(&state, name, "returns");
    }
}

#[test]
fn a_death_that_names_nobody_makes_suspects_and_costs_nothing() {
    let state = play(&NOBODYS);
    for (name, _, cause) in NOBODYS {
        let story = story_of(&state, name);
        let expected = [
            "active_inventory interrupted: solitary",
            "orders completed: reset",
            "returns interrupted: solitary",
        ];
        assert_eq!(of_attempt(&story, 1), expected, "{name}: {story:?}");
        let alone: Vec<&str> = (2..=4)
            .flat_map(|attempt| of_attempt(&story, attempt))
            .collect();
        for line in [
            "returns completed: reset".to_owned(),
            format!("active_inventory died {cause}: solitary, charged"),
            format!("active_inventory died {cause}: backoff, charged"),
        ] {
            assert!(alone.contains(&line.as_str()), "{name}: {line} / {story:?}");
        }
        assert_eq!(tally(&state, name, "returns"), 0, "{name}");

        // The death is reported once for each suspect, and says that it names nobody.
        let reports = reports(&state, name);
        let suspects: Vec<&str> = reports
            .iter()
            .filter(|report| report.attempt == reports[0].attempt)
            .map(|report| report.worker.as_str())
            .collect();
        assert_eq!(suspects, ["active_inventory", "returns"], "{name}");
        assert_eq!(reports[0].cause, cause, "{name}");
        assert_eq!(reports[0].json["verdict"]["culprit"], Value::Null, "{name}");
        assert_eq!(reports[0].json["decision"]["charged"], false, "{name}");
    }
}

#[test]
fn three_clean_runs_alone_lead_back_to_the_others() {
    let state = State::new();
    state.add_account("a", THREE, "active_inventory=segv");
    assert_eq!(state.once().code, Some(1));
    assert_eq!(policy_of(&state, "a", "active_inventory")["solitary"], true);
    state.set_script("a", "");
    let mut shapes = Vec::new();
    for _ in 0..4 {
        let before = state
            .database()
            .number("SELECT max(attempt_id) FROM attempts");
        assert_eq!(state.once().code, Some(0));
        let runs = state.database().rows(&format!(
            "SELECT group_concat(worker, '+' ORDER BY run_no) AS workers FROM runs \
             WHERE attempt_id > {before} GROUP BY attempt_id"
        ));
        let shape: Vec<String> = runs
            .iter()
            .map(|row| row["workers"].as_str().unwrap().to_owned())
            .collect();
        shapes.push(shape.join(" | "));
    }
    let apart = "orders+returns | active_inventory";
    assert_eq!(
        shapes,
        [apart, apart, apart, "orders+active_inventory+returns"]
    );
    assert_eq!(
        policy_of(&state, "a", "active_inventory")["solitary"],
        false
    );
}

fn tally(state: &State, account: &str, worker: &str) -> usize {
    let policy = policy_of(state, account, worker);
    policy["tally"].as_array().unwrap().len()
}

/// Nothing is remembered against it, and it was due again when it was interrupted.
fn assert_free(state: &State, account: &str, worker: &str) {
    let policy = policy_of(state, account, worker);
    let remembered = [&policy["tally"], &policy["failures"], &policy["solitary"]];
    let nothing = [
        &serde_json::json!([]),
        &serde_json::json!(0),
        &serde_json::json!(false),
    ];
    assert_eq!(remembered, nothing, "{account}: {policy}");
    let late = state.database().number(&format!(
        "SELECT count(*) FROM runs JOIN accounts USING (account_id) WHERE name = '{account}' \
         AND outcome = 'interrupted' AND json_extract(decision, '$.due_at') > runs.ended_at"
    ));
    assert_eq!(late, 0, "{account}: due again at once");
}
