//! The socket itself: whose it is, what is left of a killed service, and what it does not swallow.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};

use integration_tests::harness::build::binaries;
use integration_tests::harness::state::State;
use integration_tests::harness::wait::LONG;
use nix::sys::signal::Signal;

use super::stage::{accepted, came_of, listening};

fn state() -> State {
    let state = State::new();
    state.add_account("anna", "orders", "");
    state
}

fn say(state: &State, words: &[u8]) -> String {
    let mut stream = UnixStream::connect(state.dir().join("control.sock")).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream.write_all(words).unwrap();
    let mut answer = String::new();
    // Who says too much is hung up on after the answer.
    BufReader::new(stream).read_line(&mut answer).unwrap();
    answer
}

#[test]
fn it_is_its_owners_and_goes_with_the_service() {
    let state = state();
    let service = listening(&state);
    let path = state.dir().join("control.sock");
    let found = std::fs::metadata(&path).unwrap();
    assert_eq!(found.permissions().mode() & 0o777, 0o600);
    assert_eq!(found.uid(), nix::unistd::geteuid().as_raw());
    assert_eq!(state.stop_service(service).code, Some(0));
    assert!(!path.exists());
}

#[test]
fn one_line_is_asked_and_one_answered_and_the_rest_is_refused() {
    let state = state();
    let service = listening(&state);
    assert_eq!(
        say(&state, b"{\"command\":\"pause\"}\n"),
        "{\"answer\":\"accepted\",\"id\":1}\n"
    );
    for bad in [
        &b"{\"command\":\"stop\"}\n"[..],
        b"\n",
        b"\xff\xfe\n",
        &[b'a'; 4096],
        &[&[b' '; 5000][..], b"{\"command\":\"pause\"}\n"].concat(),
        // Half a request: it is not waited for any longer than a moment.
        b"{\"command\":",
    ] {
        let answer = say(&state, bad);
        assert!(answer.starts_with("{\"answer\":\"refused\""), "{answer}");
        assert!(answer.ends_with("}\n"), "{answer}");
    }
    assert_eq!(state.database().number("SELECT count(*) FROM commands"), 1);
    assert_eq!(came_of(&state, 1)["state"], "done");
    assert_eq!(state.stop_service(service).code, Some(0));
}

#[test]
fn those_who_say_nothing_keep_nobody_waiting_for_long() {
    let state = state();
    let service = listening(&state);
    let path = state.dir().join("control.sock");
    let silent: Vec<UnixStream> = (0..20)
        .map(|_| UnixStream::connect(&path).unwrap())
        .collect();
    accepted(&state, &["pause"]);
    drop(silent);
    assert_eq!(state.stop_service(service).code, Some(0));
}

#[test]
fn what_a_killed_service_left_is_replaced() {
    let state = state();
    let service = listening(&state);
    service.signal(Signal::SIGKILL);
    service.end(LONG);
    let path = state.dir().join("control.sock");
    assert!(path.exists());
    // Nobody listens on it: the switches work on the database.
    assert_eq!(state.json(&["pause"])["state"], "done");
    let service = listening(&state);
    accepted(&state, &["resume"]);
    assert_eq!(state.stop_service(service).code, Some(0));
}

#[test]
fn something_else_of_that_name_is_left_alone() {
    let state = state();
    let path = state.dir().join("control.sock");
    std::fs::write(&path, "mine").unwrap();
    let ended = state.bulkhead(&["run"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("is no socket"), "{}", ended.stderr);
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
}

#[test]
fn a_path_that_is_too_long_is_said() {
    let state = state();
    let long = state.path(&"d".repeat(100));
    std::fs::rename(state.dir(), &long).unwrap();
    for args in [&["run"][..], &["pause"]] {
        let mut command = std::process::Command::new(&binaries().bulkhead);
        command.env_clear().arg("--state-dir").arg(&long).args(args);
        let ended = state.run(command);
        assert_ne!(ended.code, Some(0));
        assert!(ended.stderr.contains("takes 107"), "{}", ended.stderr);
    }
}

#[test]
fn a_service_that_has_the_lock_and_does_not_listen_is_said() {
    let state = state();
    // As if it were starting, for ever.
    let lock = std::fs::File::create(state.dir().join("lock")).unwrap();
    lock.lock().unwrap();
    let ended = state.bulkhead(&["pause"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("nothing was done"),
        "{}",
        ended.stderr
    );
    drop(lock);
    // Who listens and is no bulkhead.
    let path = state.dir().join("control.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let liar = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"hello\n").unwrap();
    });
    let ended = state.bulkhead(&["pause"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("no answer from the service"),
        "{}",
        ended.stderr
    );
    liar.join().unwrap();
}
