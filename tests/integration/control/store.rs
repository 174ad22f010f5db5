//! A database that cannot be written: nothing starts, that is said once, and all goes on by itself.

use std::process::Command;

use integration_tests::harness::build::binaries;
use integration_tests::harness::process::Running;
use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, wait_until};
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use super::stage::{listening, until_it_listens, wait_for_runs};

const BEGUN: &str = "nothing is started until the database is back";
const OVER: &str = "the database is back: starting goes on";
/// What a file may have while the disk is called full: less than the log beside the database has.
const FULL: u64 = 256 * 1024;

fn state() -> State {
    let state = State::new();
    state.add_account("anna", "orders", "");
    state.add_account("bert", "orders,returns", "");
    state
}

fn said(service: &Running, what: &'static str) {
    wait_until(what, LONG, || service.log().contains(what));
}

/// Everything goes on, it was said once, and nothing was lost or left without an end.
fn well_again(state: &State, service: Running) {
    said(&service, OVER);
    wait_for_runs(state, "anna", 2);
    wait_for_runs(state, "bert", 2);
    let ended = state.stop_service(service);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for words in [BEGUN, OVER] {
        assert_eq!(
            ended.stderr.matches(words).count(),
            1,
            "{words}: {}",
            ended.stderr
        );
    }
    let open = "SELECT count(*) FROM attempts WHERE ended_at IS NULL";
    assert_eq!(state.database().number(open), 0);
    let charged = "SELECT count(*) FROM runs WHERE json_extract(decision, '$.charged')";
    assert_eq!(state.database().number(charged), 0);
    let audit = state.bulkhead(&["audit", "verify"]);
    assert_eq!(audit.code, Some(0), "{}", audit.stdout);
}

#[test]
fn a_lock_that_another_process_holds() {
    let state = state();
    let service = listening(&state);
    wait_for_runs(&state, "bert", 1);
    let held = state.database().hold();
    said(&service, BEGUN);
    drop(held);
    well_again(&state, service);
}

#[test]
fn a_file_that_was_moved_away_and_comes_back() {
    let state = state();
    let service = listening(&state);
    wait_for_runs(&state, "bert", 1);
    let path = state.dir().join("bulkhead.db");
    std::fs::rename(&path, state.path("away")).unwrap();
    said(&service, BEGUN);
    assert!(service.log().contains("put it back"), "{}", service.log());
    // Another file in its place is not taken for it.
    std::fs::write(&path, "").unwrap();
    let deaf = state.bulkhead(&["command", "list"]);
    assert_ne!(deaf.code, Some(0));
    assert!(!service.log().contains(OVER));
    std::fs::rename(state.path("away"), &path).unwrap();
    well_again(&state, service);
}

#[test]
fn a_disk_that_is_full() {
    let state = state();
    let run = state.command(&["run"]);
    // A file that would grow too large is then an error and no signal, in children too.
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
    shell.arg(&binaries().bulkhead).args(run.get_args());
    shell
        .env_clear()
        .env("HOME", state.path(""))
        .current_dir(state.path(""));
    let service = until_it_listens(&state, state.start(shell));
    let log = state.dir().join("bulkhead.db-wal");
    wait_until("a log that is long enough", LONG, || {
        std::fs::metadata(&log).is_ok_and(|found| found.len() > FULL + 65_536)
    });
    wait_for_runs(&state, "bert", 1);
    let pid = Pid::from_raw(i32::try_from(service.pid()).unwrap());
    let limit = |current| {
        let maximum = None;
        prlimit(pid, Resource::Fsize, Rlimit { current, maximum }).unwrap();
    };
    limit(Some(FULL));
    said(&service, BEGUN);
    limit(None);
    well_again(&state, service);
}
