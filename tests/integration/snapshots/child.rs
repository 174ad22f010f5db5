//! One run of the real child, with this test in the place of the supervisor.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{fs, thread};

use integration_tests::harness::build::binaries;
use integration_tests::harness::orders::snapshot;
use integration_tests::sim::Sim;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use shared::attempt::{Attempt, ListingSource, SnapshotOrder};
use shared::flight;
use shared::record::Record;
use shared::secret::Secret;
use shared::time::Timestamp;
use shared::wire::message::{FromChild, Mark, ToChild};
use shared::wire::{codec, frame};
use shared::worker::Worker;

/// No run takes longer.
const DEADLINE: Duration = Duration::from_mins(1);

/// What a run came to.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// Everything that it sent.
    pub(crate) records: Vec<Record>,
    /// How many items the committed snapshot had, if there is one, and its time.
    pub(crate) snapshot: Option<u64>,
    pub(crate) taken_at: Option<Timestamp>,
    /// Why it failed, if it did.
    pub(crate) failure: Option<String>,
}

/// Runs a worker of the simulator's account for the first time.
pub(crate) fn run(sim: &Sim, worker: Worker, listings: ListingSource) -> Ended {
    run_after(sim, worker, listings, None)
}

/// Runs a worker of the simulator's account once more after a snapshot of that time.
pub(crate) fn run_after(
    sim: &Sim,
    worker: Worker,
    listings: ListingSource,
    last_taken_at: Option<Timestamp>,
) -> Ended {
    let order = SnapshotOrder {
        last_taken_at,
        state: None,
        listings,
    };
    let directory = tempfile::tempdir().unwrap();
    let recorder = flight::initial(&[worker]);
    fs::write(directory.path().join("flight"), recorder).unwrap();
    let mut process = Command::new(&binaries().worker_child)
        .arg("sync")
        .arg(directory.path())
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let pid = Pid::from_raw(i32::try_from(process.id()).unwrap());
    let (over, quiet) = std::sync::mpsc::channel::<()>();
    let watchdog = thread::spawn(move || {
        if quiet.recv_timeout(DEADLINE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            kill(pid, Signal::SIGKILL).ok();
        }
    });
    let ended = converse(
        &mut process,
        &snapshot(sim.url(), worker, order, Timestamp(i64::MAX)),
    );
    assert!(process.wait().unwrap().success());
    over.send(()).ok();
    watchdog.join().unwrap();
    let newer = |taken_at| last_taken_at.is_none_or(|last| taken_at > last);
    assert!(ended.taken_at.is_none_or(newer), "{:?}", ended.taken_at);
    ended
}

/// Answers everything until the child says no more.
fn converse(process: &mut Child, attempt: &Attempt) -> Ended {
    let mut stdin = process.stdin.take().unwrap();
    let mut stdout = process.stdout.take().unwrap();
    let mut send = |message: &ToChild| {
        let mut bytes = Vec::new();
        codec::encode_frame(message, &mut bytes).unwrap();
        // A run that failed waits for no answer, and the child may be gone.
        stdin.write_all(&bytes).ok();
    };
    let mut ended = Ended::default();
    while let Some(body) = frame::read_blocking(&mut stdout).unwrap() {
        match codec::decode_body(&body).unwrap() {
            FromChild::Hello { .. } => send(&ToChild::Start {
                attempt: Box::new(attempt.clone()),
                token: Secret::new(super::TOKEN.to_owned()),
            }),
            FromChild::Batch { run, seq, records } => {
                ended.records.extend(records);
                send(&ToChild::Ack { run, seq });
            }
            FromChild::State { run, seq, .. } | FromChild::Skipped { run, seq, .. } => {
                send(&ToChild::Ack { run, seq });
            }
            FromChild::Checkpoint {
                run,
                seq,
                counts,
                mark,
            } => {
                let Mark::Snapshot(taken_at) = mark else {
                    panic!("{mark:?}");
                };
                ended.taken_at = Some(taken_at);
                assert_eq!(counts.records, ended.records.len() as u64);
                ended.snapshot = Some(counts.items);
                send(&ToChild::Ack { run, seq });
            }
            FromChild::NeedToken { run } => send(&ToChild::Token { run, token: None }),
            FromChild::RunFailed { failure, .. } => ended.failure = Some(failure.to_string()),
            FromChild::RunSnoozed { until, .. } => panic!("snoozed until {until}"),
            FromChild::RunDone { .. }
            | FromChild::Waiting { .. }
            | FromChild::Exchanged(_)
            | FromChild::Bye => {}
            other @ FromChild::Probe { .. } => panic!("{other:?}"),
        }
    }
    ended
}
