//! A panic looks like a crash: evidence in the flight recorder, words on standard error, SIGABRT.
//!
//! The test runs itself once more as the process that dies.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use rustix::process::Signal;
use shared::flight;
use shared::id::RunNo;
use shared::worker::Worker;
use worker_child::cli::death;
use worker_child::stage;

const DIRECTORY: &str = "WORKER_CHILD_TEST_PANIC";

#[test]
fn a_panic_leaves_evidence_and_aborts() {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        stage::open(directory.as_ref()).unwrap();
        death::install();
        stage::enter_poll(RunNo(1));
        panic!("the disco is closed");
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(stage::FILE_NAME);
    let workers = [Worker::Orders, Worker::ActiveInventory];
    std::fs::write(&path, flight::initial(&workers)).unwrap();
    let died = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_panic_leaves_evidence_and_aborts"])
        .arg("--nocapture")
        .env(DIRECTORY, directory.path())
        .output()
        .unwrap();
    assert_eq!(died.status.signal(), Some(Signal::ABORT.as_raw()));
    let stderr = String::from_utf8_lossy(&died.stderr);
    assert!(stderr.contains("the disco is closed"), "{stderr}");
    let note = flight::read(&std::fs::read(&path).unwrap()).unwrap();
    let panic = note.panic.unwrap();
    assert_eq!(panic.run, Some(RunNo(1)));
    let expected = "the disco is closed\nat worker-child/tests/panic.rs:";
    assert!(panic.text.starts_with(expected), "{}", panic.text);
}
