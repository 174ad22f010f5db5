//! A stack overflow in a thread: known as one if the thread's stack is known, never claimed if not.
//!
//! The test runs itself once more as the process that dies.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::hint::black_box;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::thread::Builder;

use rustix::process::Signal;
use shared::flight::{self, Fault};
use shared::worker::Worker;
use worker_child::{fault, stage};

const DIRECTORY: &str = "WORKER_CHILD_TEST_FAULT";
const KNOWN: &str = "WORKER_CHILD_TEST_FAULT_KNOWN";
/// Stack of the thread, in bytes.
const STACK: usize = 256 * 1024;

#[expect(unconditional_recursion, reason = "overflows the stack")]
fn recurse(depth: u64) -> u64 {
    let here = black_box([depth; 64]);
    recurse(depth + 1) + here.iter().sum::<u64>()
}

fn die(directory: &std::ffi::OsStr) {
    stage::open(directory.as_ref()).unwrap();
    fault::install().unwrap();
    let known = std::env::var_os(KNOWN).is_some();
    let overflow = move || {
        if known {
            fault::know_stack();
        }
        black_box(recurse(1));
    };
    let thread = Builder::new().stack_size(STACK).spawn(overflow).unwrap();
    thread.join().unwrap();
}

fn fault_of_a_thread(known: bool) -> Fault {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(stage::FILE_NAME);
    std::fs::write(&path, flight::initial(&[Worker::Orders])).unwrap();
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "an_overflow_in_a_thread", "--nocapture"]);
    again.env(DIRECTORY, directory.path());
    if known {
        again.env(KNOWN, "1");
    }
    let died = again.output().unwrap();
    assert_eq!(died.status.signal(), Some(Signal::SEGV.as_raw()));
    flight::read(&std::fs::read(&path).unwrap())
        .unwrap()
        .fault
        .unwrap()
}

#[test]
fn an_overflow_in_a_thread() {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        die(&directory);
        return;
    }
    let known = fault_of_a_thread(true);
    assert!(known.is_stack_overflow(), "{known:?}");
    let (low, high) = known.stack.unwrap();
    let size = usize::try_from(high - low).unwrap();
    // The C library rounds up and may add the guard page.
    assert!((STACK..STACK + 16 * 1024).contains(&size), "{size}");

    let unknown = fault_of_a_thread(false);
    assert_eq!(unknown.stack, None);
    assert!(!unknown.is_stack_overflow(), "{unknown:?}");
}
