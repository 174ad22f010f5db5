//! A command of a newer build beside a service of an older one changes nothing under it.

use integration_tests::harness::state::State;

use super::stage::{listening, wait_for_runs};

const NEWEST: &str = "(SELECT max(version) FROM _sqlx_migrations)";

#[test]
fn a_database_is_not_migrated_under_a_service() {
    let state = State::new();
    state.add_account("anna", "orders", "");
    let service = listening(&state);
    wait_for_runs(&state, "anna", 1);
    let database = state.database();
    let rows = "SELECT count(*) FROM _sqlx_migrations";
    let all = database.number(rows);
    // As a build without the newest migration would have left it.
    database.execute(&format!(
        "CREATE TABLE kept AS SELECT * FROM _sqlx_migrations WHERE version = {NEWEST}"
    ));
    database.execute(&format!(
        "DELETE FROM _sqlx_migrations WHERE version = {NEWEST}"
    ));
    for args in [&["status"][..], &["account", "list"], &["audit", "verify"]] {
        let ended = state.bulkhead(args);
        assert_eq!(ended.code, Some(1), "{args:?}: {}", ended.stdout);
        assert!(
            ended.stderr.contains("restart the service"),
            "{args:?}: {}",
            ended.stderr
        );
    }
    assert_eq!(database.number(rows), all - 1);
    // What is asked of the service itself is its own business.
    assert_eq!(state.json(&["pause"])["state"], "accepted");
    assert_eq!(state.stop_service(service).code, Some(0));

    database.execute("INSERT INTO _sqlx_migrations SELECT * FROM kept");
    database.execute("DROP TABLE kept");
    assert_eq!(
        state.bulkhead(&["resume"]).code,
        Some(0),
        "nothing was lost"
    );
}
