//! What systemd would hear of the service, and a stop that has a deadline.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::sync::mpsc::Receiver;

use integration_tests::harness::notified::{hear, until};
use integration_tests::harness::process::{Running, alive};
use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, wait_until};
use nix::sys::signal::Signal;

use super::stage::until_it_listens;

fn service(state: &State, socket: &str, more: &[(&str, &str)]) -> Running {
    let mut command = state.command(&["run"]);
    command
        .env("NOTIFY_SOCKET", socket)
        .envs(more.iter().copied());
    state.start(command)
}

fn life(heard: &Receiver<String>, socket: &str) {
    let state = State::new();
    state.add_account("anna", "orders", "");
    let service = service(&state, socket, &[("WATCHDOG_USEC", "300000")]);
    until(heard, "READY=1");
    // It speaks to people by the time that it is ready.
    assert_eq!(state.json(&["pause"])["state"], "accepted");
    until(heard, "WATCHDOG=1");
    until(heard, "WATCHDOG=1");
    service.signal(Signal::SIGHUP);
    until(heard, "RELOADING=1");
    until(heard, "READY=1");
    service.signal(Signal::SIGTERM);
    until(heard, "STOPPING=1");
    assert_eq!(service.end(LONG).code, Some(0));
}

#[test]
fn ready_alive_reloading_and_stopping_on_a_path() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("notify");
    let heard = hear(UnixDatagram::bind(&path).unwrap());
    life(&heard, path.to_str().unwrap());
}

#[test]
fn the_same_on_an_abstract_name() {
    let name = format!("bulkhead-notify-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let heard = hear(UnixDatagram::bind_addr(&address).unwrap());
    life(&heard, &format!("@{name}"));
}

#[test]
fn without_a_watchdog_nobody_is_told_that_it_lives() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("notify");
    let heard = hear(UnixDatagram::bind(&path).unwrap());
    let state = State::new();
    state.add_account("anna", "orders", "");
    let service = service(&state, path.to_str().unwrap(), &[]);
    until(&heard, "READY=1");
    service.signal(Signal::SIGTERM);
    let told = until(&heard, "STOPPING=1");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(service.end(LONG).code, Some(0));
}

#[test]
fn a_stop_has_a_deadline_whatever_does_not_end() {
    let state = State::new()
        .var("BULKHEAD_TIMEOUTS_SILENCE", "10m")
        .var("BULKHEAD_TIMEOUTS_STOP_GRACE", "10m")
        .var("BULKHEAD_TIMEOUTS_DRAIN", "300ms");
    let mark = state.path("mark");
    state.add_account(
        "anna",
        "orders",
        &format!("orders=deaf;mark={}", mark.display()),
    );
    let service = until_it_listens(&state, state.start_service());
    wait_until("the child to misbehave", LONG, || mark.exists());
    let ended = state.stop_service(service);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("timeouts.drain"), "{}", ended.stderr);
    wait_until("the child to be gone", LONG, || {
        alive(&state.dir()).is_empty()
    });
    // The next start ends what was left.
    state.set_script("anna", "");
    assert_eq!(state.once().code, Some(0));
    let open = "SELECT count(*) FROM attempts WHERE ended_at IS NULL";
    assert_eq!(state.database().number(open), 0);
}

/// What the README promises of the unit file, which no systemd reads here.
#[test]
fn the_unit_file_leaves_children_what_they_need() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../supervisor/bulkhead.service");
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for needed in [
        "Type=notify",
        "Delegate=yes",
        "StateDirectory=bulkhead",
        "StateDirectoryMode=0700",
        "ExecReload=/bin/kill -HUP $MAINPID",
    ] {
        assert!(lines.contains(&needed), "{needed}");
    }
    for forbidden in [
        "ProtectProc=",
        "ProcSubset=",
        "LimitDATA=",
        "LimitAS=",
        "LimitCPU=",
        "LimitFSIZE=",
        "MemoryMax=",
        "PrivateNetwork=",
    ] {
        assert!(
            !lines.iter().any(|line| line.starts_with(forbidden)),
            "{forbidden}"
        );
    }
    let number = |key: &str| -> u64 {
        let line = lines.iter().find_map(|line| line.strip_prefix(key));
        line.unwrap().parse().unwrap()
    };
    // 64 accounts at once is the most that the configuration takes.
    assert!(number("LimitNOFILE=") >= 64 + 8 * 64);
    // Longer than timeouts.drain, and than one look at the database may take.
    assert!(number("TimeoutStopSec=") > 60);
    assert!(number("WatchdogSec=") >= 60);
}
