//! Attempts and runs go after a time; events and the ledger stay, and the audit holds.

use integration_tests::harness::state::State;

const ATTEMPTS: &str = "SELECT count(*) FROM attempts";

fn make_due(state: &State) {
    let sql = "UPDATE sync_state SET due_at = '2020-01-01T00:00:00.000Z'";
    state.database().execute(sql);
}

#[test]
fn old_attempts_go_and_what_they_did_stays() {
    let state = State::new();
    state.add_account("anna", "orders", "");
    state.add_account("bert", "orders", "orders=segv");
    assert_eq!(state.once().code, Some(1));
    state.set_script("bert", "");
    assert_eq!(state.once().code, Some(0));
    state.json(&["pause"]);
    state.json(&["resume"]);
    let old = "UPDATE attempts SET started_at = '2020-01-01T00:00:00.000Z', \
               ended_at = '2020-01-01T00:00:01.000Z'";
    state.database().execute(old);
    state
        .database()
        .execute("UPDATE commands SET ended_at = '2020-01-01T00:00:01.000Z' WHERE command_id = 1");
    let with_report = state
        .database()
        .number("SELECT count(DISTINCT attempt_id) FROM crash_reports");
    assert!(with_report > 0);
    let counts = [
        "SELECT count(*) FROM ebay_events",
        "SELECT count(*) FROM sync_windows",
        "SELECT count(*) FROM crash_reports",
    ];
    let before = counts.map(|sql| state.database().number(sql));
    let all = state.database().number(ATTEMPTS);
    // A pass under way prunes first. If everything is old, it is the clock that leapt.
    make_due(&state);
    assert_eq!(state.once().code, Some(0));
    assert!(
        state.database().number(ATTEMPTS) > all,
        "nothing was removed"
    );
    // By now something has started by this clock.
    state.once();
    let pruned = "SELECT count(*) FROM attempts WHERE ended_at < '2021'";
    assert_eq!(state.database().number(pruned), with_report, "of {all}");
    let orphans =
        "SELECT count(*) FROM runs WHERE attempt_id NOT IN (SELECT attempt_id FROM attempts)";
    assert_eq!(state.database().number(orphans), 0);
    let after = counts.map(|sql| state.database().number(sql));
    for (before, after) in before.into_iter().zip(after) {
        assert!(after >= before && before > 0, "{before} {after}");
    }
    assert_eq!(state.database().number("SELECT count(*) FROM commands"), 1);
    let audit = state.bulkhead(&["audit", "verify"]);
    assert_eq!(audit.code, Some(0), "{}", audit.stdout);
    let sizes = state.json(&["status", "--sizes"]);
    assert_eq!(sizes["rows"]["attempts"], state.database().number(ATTEMPTS));
    assert!(sizes["database_bytes"].as_u64().unwrap() > 0, "{sizes}");
    assert!(sizes["crashes_bytes"].as_u64().unwrap() > 0, "{sizes}");
}
