//! What is stored of one account makes no sense, or is refused: that account stops, and no other.

use integration_tests::harness::process::Running;
use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, wait_until};
use nix::sys::signal::Signal;

const STOPPED: &str = "this account is stopped";
const REFUSED: &str = "the database does not take this account's attempt";

fn state() -> State {
    let state = State::new();
    state.add_account("anna", "orders", "");
    state.add_account("bert", "orders", "");
    state
}

fn runs(state: &State, account: &str) -> i64 {
    state.database().number(&format!(
        "SELECT count(*) FROM runs r JOIN accounts a USING (account_id) \
         WHERE a.name = '{account}' AND r.outcome = 'completed'"
    ))
}

fn goes_on(state: &State, account: &str, more: i64) {
    let before = runs(state, account);
    wait_until("further runs", LONG, || {
        runs(state, account) >= before + more
    });
}

fn times(service: &Running, words: &str) -> usize {
    service.log().matches(words).count()
}

#[test]
fn an_account_that_cannot_be_read_stops_alone() {
    let state = state();
    let database = state.database();
    let born = database.row("SELECT created_at FROM accounts WHERE name = 'anna'");
    let born = born["created_at"].as_str().unwrap();
    database.execute("UPDATE accounts SET created_at = 'once' WHERE name = 'anna'");
    let pass = state.once();
    assert_eq!(pass.code, Some(1), "{}", pass.stderr);
    assert_eq!((runs(&state, "anna"), runs(&state, "bert")), (0, 1));

    let service = state.start_service();
    goes_on(&state, "bert", 5);
    assert_eq!(times(&service, STOPPED), 1, "{}", service.log());
    assert!(service.log().contains("created_at"), "{}", service.log());
    assert_eq!(runs(&state, "anna"), 0);
    let rows = state.json(&["status"]);
    let of = |name| {
        rows.as_array()
            .unwrap()
            .iter()
            .find(|row| row["account"] == name)
    };
    let (anna, bert) = (of("anna").unwrap(), of("bert").unwrap());
    assert_eq!(anna["state"], "stopped: unreadable", "{anna}");
    assert!(anna["error"].as_str().unwrap().contains("created_at"));
    assert_ne!(bert["state"], "stopped: unreadable", "{bert}");
    let text = state.bulkhead(&["status"]);
    assert!(text.stdout.contains("anna: cannot read"), "{}", text.stdout);
    let listed = state.bulkhead(&["account", "list"]);
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    assert!(listed.stdout.contains("bert"), "{}", listed.stdout);
    assert!(listed.stderr.contains("created_at"), "{}", listed.stderr);
    let mend = format!("UPDATE accounts SET created_at = '{born}' WHERE name = 'anna'");
    database.execute(&mend);
    goes_on(&state, "anna", 1);
    assert_eq!(times(&service, "not stopped any more"), 1);
    assert_eq!(state.stop_service(service).code, Some(0));
}

#[test]
fn a_worker_that_cannot_be_read_is_not_well() {
    let state = state();
    let database = state.database();
    database.execute("UPDATE sync_state SET policy = '?' WHERE account_id = 1");
    let pass = state.once();
    assert_eq!(pass.code, Some(1), "{}", pass.stderr);
    assert_eq!((runs(&state, "anna"), runs(&state, "bert")), (0, 1));
}

#[test]
fn an_account_that_the_database_refuses_waits_alone() {
    let state = state();
    let database = state.database();
    database.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON attempts WHEN NEW.account_id = 1 \
         BEGIN SELECT RAISE(ABORT, 'not this one'); END",
    );
    let service = state.start_service();
    wait_until("it is refused", LONG, || times(&service, REFUSED) > 0);
    goes_on(&state, "bert", 20);
    assert!(service.log().contains("not this one"), "{}", service.log());
    // It waits for seconds where the other ran twenty times.
    assert!(times(&service, REFUSED) < 10, "{}", service.log());
    database.execute("DROP TRIGGER refuse");
    // A change of the account is news.
    state.bulkhead(&["account", "run", "anna"]);
    goes_on(&state, "anna", 1);
    assert_eq!(state.stop_service(service).code, Some(0));
}

#[test]
fn an_end_that_the_database_refuses_is_made_up_for() {
    let state = state();
    let database = state.database();
    database.execute(
        "CREATE TRIGGER refuse BEFORE UPDATE OF outcome ON runs \
         WHEN NEW.account_id = 1 AND NEW.outcome = 'completed' \
         BEGIN SELECT RAISE(ABORT, 'not this one'); END",
    );
    let service = state.start_service();
    wait_until("it is refused", LONG, || times(&service, REFUSED) > 0);
    goes_on(&state, "bert", 20);
    // The rescue makes it due at once, and yet it waits.
    assert!(times(&service, REFUSED) < 5, "{}", service.log());
    let open = "SELECT count(*) FROM attempts WHERE account_id = 1 AND ended_at IS NULL";
    wait_until("nothing is left open", LONG, || {
        state.database().number(open) == 0
    });
    database.execute("DROP TRIGGER refuse");
    state.bulkhead(&["account", "run", "anna"]);
    goes_on(&state, "anna", 1);
    assert_eq!(state.stop_service(service).code, Some(0));
    let audit = state.bulkhead(&["audit", "verify"]);
    assert_eq!(audit.code, Some(0), "{}", audit.stdout);
}

#[test]
fn what_cannot_be_ended_at_a_start_holds_up_nobody_else() {
    let state = State::new();
    state.add_account("anna", "orders", "orders=hung");
    state.add_account("bert", "orders", "");
    let service = state.start_service();
    let open = "SELECT count(*) FROM attempts WHERE account_id = 1 AND ended_at IS NULL \
                AND pid IS NOT NULL";
    wait_until("a child that hangs", LONG, || {
        state.database().number(open) == 1
    });
    service.signal(Signal::SIGKILL);
    assert_eq!(service.end(LONG).code, None);
    state.database().execute(
        "CREATE TRIGGER refuse BEFORE UPDATE OF ended_at ON attempts WHEN NEW.account_id = 1 \
         BEGIN SELECT RAISE(ABORT, 'not this one'); END",
    );
    state.set_script("anna", "");
    let service = state.start_service();
    goes_on(&state, "bert", 3);
    let log = service.log();
    assert!(log.contains("cannot be ended, and stays open"), "{log}");
    assert_eq!(state.stop_service(service).code, Some(0));
    state.database().execute("DROP TRIGGER refuse");
    let service = state.start_service();
    goes_on(&state, "anna", 1);
    assert_eq!(state.stop_service(service).code, Some(0));
    assert_eq!(state.database().number(open), 0);
}

#[test]
fn a_ledger_that_cannot_be_read_stops_its_worker_and_no_other() {
    let state = State::new();
    state.add_account("anna", "orders,returns", "");
    assert_eq!(state.once().code, Some(0));
    let database = state.database();
    let orders = "account_id = 1 AND worker = 'orders'";
    let ahead = format!("UPDATE sync_state SET cursor = '2999-01-01T00:00:00.000Z' WHERE {orders}");
    let strange = format!(
        "UPDATE sync_windows SET start_at = 'then', end_at = 'x' WHERE {orders} \
         AND end_at = (SELECT max(end_at) FROM sync_windows WHERE {orders})"
    );
    database.execute(&strange);
    database.execute(&ahead);
    let service = state.start_service();
    goes_on(&state, "anna", 5);
    let last = "SELECT count(*) FROM runs WHERE worker = 'orders'";
    assert_eq!(state.database().number(last), 1);
    assert_eq!(
        times(&service, "this worker is stopped"),
        1,
        "{}",
        service.log()
    );
    assert_eq!(state.stop_service(service).code, Some(0));
}

#[test]
fn a_doubt_of_the_time_to_come_is_forgotten() {
    let state = State::new();
    state.add_account("anna", "active_inventory", "");
    let database = state.database();
    database.execute("UPDATE sync_state SET suspect_at = '2999-01-01T00:00:00.000Z'");
    let service = state.start_service();
    goes_on(&state, "anna", 1);
    let doubts = "SELECT count(*) FROM sync_state WHERE suspect_at IS NOT NULL";
    assert_eq!(state.database().number(doubts), 0);
    assert_eq!(state.stop_service(service).code, Some(0));
}
