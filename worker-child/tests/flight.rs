//! The mapped flight recorder as the supervisor reads it.
//!
//! One test in a binary of its own: there is one mapping per process, and any other test's stage
//! updates would show in it.

use shared::flight::{self, FILE_SIZE, Phase};
use shared::id::RunNo;
use shared::time::Timestamp;
use shared::window::Slice;
use shared::worker::Worker;
use worker_child::stage::{
    FILE_NAME, RunStage, allocation_failed, enter_poll, leave_poll, open, panicked,
};

#[test]
fn updates_reach_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let missing = open(directory.path()).unwrap_err().to_string();
    assert!(missing.starts_with("opening "), "{missing}");
    std::fs::write(&path, vec![0; FILE_SIZE]).unwrap();
    let foreign = open(directory.path()).unwrap_err().to_string();
    assert!(foreign.contains("wrong first bytes"), "{foreign}");

    let workers = [Worker::Orders, Worker::ActiveInventory];
    std::fs::write(&path, flight::initial(&workers)).unwrap();
    open(directory.path()).unwrap();
    let read = || flight::read(&std::fs::read(&path).unwrap()).unwrap();

    let stage = RunStage::new(RunNo(1));
    stage.phase(Phase::Parsing);
    stage.begin_item(2, 1024, b"a key that is much longer than the next");
    stage.begin_item(6, 4096, b"110-0042-7");
    stage.slice(Slice {
        fetch_start: Timestamp(-5),
        start: Timestamp(-2),
        end: Timestamp(9),
    });
    stage.request(&"x".repeat(flight::REQUEST_TEXT + 1));
    stage.request("GET /a");
    stage.received(10);
    stage.received(20);
    stage.records(3);
    stage.page();
    stage.progress();
    enter_poll(RunNo(1));
    let seen = read();
    assert_eq!(seen.polled, Some(RunNo(1)));
    let run = &seen.runs[1];
    assert_eq!(run.phase, Some(Phase::Parsing));
    assert_eq!((run.item, run.byte), (7, 4096));
    assert_eq!((run.at, run.key.as_str()), (Some(6), "110-0042-7"));
    assert_eq!((run.slice_start, run.slice_end), (-2, 9));
    assert_eq!((run.requests, run.received), (2, 30));
    assert_eq!((run.records, run.pages, run.progress), (3, 1, 1));
    assert_eq!(run.last_request, "GET /a");
    assert_eq!(seen.runs[0].progress, 0);
    stage.end_item();
    let run = &read().runs[1];
    assert_eq!((run.item, run.at, run.key.as_str()), (7, None, ""));

    allocation_failed(1000, 2000);
    allocation_failed(1, 1);
    let failed = read().failed_allocation.unwrap();
    assert_eq!((failed.size, failed.limit), (1000, 2000), "the first one");
    assert_eq!(failed.run, Some(RunNo(1)));
    leave_poll();
    assert_eq!(read().failed_allocation, None, "survived");
    assert_eq!(read().polled, None);

    panicked(b"at the disco");
    assert_eq!(read().panic.unwrap().text, "at the disco");
}
