//! What dead children and dead supervisors leave behind, and a child program that is not there.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use integration_tests::harness::build::binaries;
use integration_tests::harness::crash::{assert_everywhere, reports};
use integration_tests::harness::process::alive;
use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, wait_until};
use nix::sys::signal::Signal;

/// Far less than a grandchild lives by itself.
const SOON: Duration = Duration::from_secs(5);

#[test]
fn a_grandchild_that_holds_the_pipes_delays_nobody_and_goes() {
    let state = State::new();
    state.add_account("a", "orders", "orders=good_grandchild");
    let began = Instant::now();
    let ended = state.once();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    // The grandchild itself would stay for a minute.
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(
        state.database().value("SELECT cause FROM attempts"),
        "completed"
    );
    wait_until("the grandchild to be gone", SOON, || {
        alive(&state.dir()).is_empty()
    });
}

#[test]
fn the_next_start_ends_a_child_that_outlived_its_supervisor() {
    let state = State::new();
    let gate = state.path("gate");
    let name = "faulty.orphan";
    state.add_account(name, "orders", &format!("gate={}", gate.display()));
    let pass = state.start_once();
    let flight = state.dir().join("attempts/1/flight");
    // Before it has its orders the end of its input would end it, too.
    wait_until("the child to stand at its gate", LONG, || {
        let noted = std::fs::read(&flight).ok();
        let noted = noted.and_then(|bytes| shared::flight::read(&bytes).ok());
        noted.is_some_and(|flight| flight.runs.iter().any(|run| run.progress > 0))
    });
    pass.signal(Signal::SIGKILL);
    assert_eq!(pass.end(LONG).signal, Some(Signal::SIGKILL as i32));
    let orphans = alive(&state.dir());
    assert_eq!(orphans.len(), 1, "it must live on, or this proves nothing");
    assert_eq!(
        state.database().number("SELECT pid FROM attempts"),
        i64::from(orphans[0])
    );

    std::fs::write(gate, "").unwrap();
    let ended = state.once();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("is ended as interrupted"),
        "{}",
        ended.stderr
    );
    assert!(alive(&state.dir()).is_empty());
    let attempts = state
        .database()
        .rows("SELECT cause, confidence, ended_at FROM attempts");
    assert_eq!(attempts.len(), 2);
    assert_eq!(attempts[0]["cause"], "unknown", "nobody saw how it ended");
    assert_eq!(attempts[0]["confidence"], "unknown");
    assert_eq!(attempts[1]["cause"], "completed");
    let outcomes = state
        .database()
        .rows("SELECT outcome FROM runs ORDER BY attempt_id");
    assert_eq!(outcomes[0]["outcome"], "interrupted");
}

#[test]
fn a_program_that_cannot_be_executed_is_nobodys_fault() {
    let state = State::new();
    let broken = state.path("broken-child");
    std::fs::write(&broken, [0_u8; 100]).unwrap();
    std::fs::set_permissions(&broken, std::fs::Permissions::from_mode(0o755)).unwrap();
    state.set_child(&broken);
    state.add_account("a", "orders", "");
    state.add_account("b", "active_inventory", "");
    let ended = state.once();
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    for account in ["a", "b"] {
        let reports = reports(&state, account);
        assert_eq!(reports.len(), 1);
        let report = &reports[0];
        assert_eq!(
            (report.cause.as_str(), report.confidence.as_str()),
            ("spawn_failed", "proven")
        );
        assert!(
            report.evidence().contains("no process was started"),
            "{}",
            report.evidence()
        );
        assert_eq!(report.json["decision"]["kind"], "backoff");
        assert_eq!(report.json["decision"]["charged"], false);
        assert_everywhere(&state, &ended.stderr, report);
    }
    state.set_child(&binaries().faulty_child);
    assert_eq!(
        state.once().code,
        Some(0),
        "it runs again as soon as it can"
    );
}

#[test]
fn a_running_service_does_not_notice_that_its_child_program_was_replaced() {
    let state = State::new();
    let child = state.path("child");
    std::fs::copy(&binaries().faulty_child, &child).unwrap();
    state.set_child(&child);
    state.add_account("a", "orders", "");
    let service = state.start_service();
    let completed = "SELECT count(*) FROM attempts WHERE cause = 'completed'";
    let database = state.database();
    wait_until("a first attempt", LONG, || {
        state.dir().join("bulkhead.db").exists() && database.number(completed) > 0
    });
    let draft = state.path("child.new");
    std::fs::write(&draft, "not a program").unwrap();
    std::fs::rename(&draft, &child).unwrap();
    let before = database.number("SELECT max(attempt_id) FROM attempts");
    let later = format!("{completed} AND attempt_id > {}", before + 1);
    wait_until("an attempt after the replacement", LONG, || {
        database.number(&later) > 0
    });
    state.stop_service(service);
    assert_eq!(database.number("SELECT count(*) FROM crash_reports"), 0);
}
