//! Legal and illegal conversations.

use super::*;
use crate::attempt::{
    Attempt, Endpoints, ListingSource, ModeState, Network, RunMode, RunOrder, SnapshotOrder,
};
use crate::failure::Failure;
use crate::id::{AccountId, AttemptId};
use crate::sandbox::SandboxMode;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::worker::Worker;

mod exchanges;
mod questions;

fn start(numbers: &[u8]) -> ToChild {
    let order = |number: &u8| RunOrder {
        run: RunNo(*number),
        worker: Worker::ActiveInventory,
        mode: RunMode::Snapshot(SnapshotOrder {
            last_taken_at: None,
            state: None,
            listings: ListingSource::Report,
        }),
        take_until: Timestamp(0),
        deadline: Timestamp(0),
        skip: Vec::new(),
    };
    let attempt = Attempt {
        id: AttemptId(1),
        account_id: AccountId(1),
        account: "a".to_owned(),
        endpoints: Endpoints {
            api: String::new(),
            apiz: String::new(),
        },
        marketplace: String::new(),
        seed: 0,
        started_at: Timestamp(0),
        network: Network {
            connect_timeout_ms: 0,
            header_timeout_ms: 0,
            retries: 0,
            retry_base_ms: 0,
            wait_budget_ms: 0,
            poll_interval_ms: 0,
            poll_budget_ms: 0,
        },
        sandbox: SandboxMode::Off,
        recording_cap: 0,
        silence_ms: 60_000,
        runs: numbers.iter().map(order).collect(),
    };
    ToChild::Start {
        attempt: Box::new(attempt),
        token: Secret::new(String::new()),
    }
}

fn hello() -> FromChild {
    FromChild::Hello {
        version: 1,
        build: String::new(),
        pid: 1,
    }
}

fn state(run: u8, seq: u32) -> FromChild {
    FromChild::State {
        run: RunNo(run),
        seq,
        state: ModeState::Idle,
    }
}

fn done(run: u8) -> FromChild {
    FromChild::RunDone { run: RunNo(run) }
}

fn ack(run: u8, seq: u32) -> ToChild {
    ToChild::Ack {
        run: RunNo(run),
        seq,
    }
}

fn bug() -> Failure {
    Failure::Bug {
        what: String::new(),
    }
}

/// A session with two open runs.
fn running() -> Session {
    let mut session = Session::new();
    session.from_child(&hello()).unwrap();
    session.to_child(&start(&[0, 1])).unwrap();
    session
}

#[test]
fn a_whole_conversation() {
    let mut session = running();
    session.from_child(&state(0, 0)).unwrap();
    session.from_child(&state(0, 1)).unwrap();
    assert_eq!(session.unacked(RunNo(0)), 2);
    session.to_child(&ack(0, 0)).unwrap();
    session.to_child(&ack(0, 1)).unwrap();
    session.from_child(&done(0)).unwrap();
    session
        .from_child(&FromChild::RunFailed {
            run: RunNo(1),
            failure: bug(),
        })
        .unwrap();
    session.from_child(&FromChild::Bye).unwrap();
    assert!(session.is_over());
}

#[test]
fn illegal_from_the_child() {
    let cases: Vec<(&str, Vec<FromChild>)> = vec![
        ("Hello twice", vec![hello()]),
        ("sequence skipped", vec![state(0, 1)]),
        ("sequence repeated", vec![state(0, 0), state(0, 0)]),
        ("unknown run", vec![done(2)]),
        (
            "end with something unacknowledged",
            vec![state(0, 0), done(0)],
        ),
        (
            "too much unacknowledged",
            (0..=MAX_UNACKED).map(|seq| state(0, seq)).collect(),
        ),
        ("end twice", vec![done(0), done(0)]),
        ("batch after the end", vec![done(0), state(0, 0)]),
        ("Bye with an open run", vec![done(0), FromChild::Bye]),
        (
            "empty batch",
            vec![FromChild::Batch {
                run: RunNo(0),
                seq: 0,
                records: Vec::new(),
            }],
        ),
    ];
    for (why, messages) in cases {
        let mut session = running();
        let (last, first) = messages.split_last().unwrap();
        for message in first {
            session.from_child(message).unwrap();
        }
        assert!(session.from_child(last).is_err(), "{why}");
    }
    assert!(
        Session::new().from_child(&FromChild::Bye).is_err(),
        "Bye before Hello"
    );
}

#[test]
fn illegal_from_the_supervisor() {
    let mut fresh = Session::new();
    assert!(fresh.to_child(&start(&[0])).is_err(), "Start before Hello");
    for runs in [&[][..], &[1], &[0, 0], &[0; MAX_RUNS + 1]] {
        let mut session = Session::new();
        session.from_child(&hello()).unwrap();
        assert_eq!(session.to_child(&start(runs)), Err(Violation::Runs));
    }
    assert!(
        running().to_child(&ack(0, 0)).is_err(),
        "nothing to acknowledge"
    );
    assert!(running().to_child(&start(&[0])).is_err(), "Start twice");
}

#[test]
fn a_refused_run_may_only_fail() {
    let mut session = running();
    session.from_child(&state(0, 0)).unwrap();
    session
        .to_child(&ToChild::Refused {
            run: RunNo(0),
            failure: bug(),
        })
        .unwrap();
    assert!(session.is_refused(RunNo(0)));
    session.from_child(&state(0, 1)).unwrap();
    session
        .from_child(&FromChild::RunFailed {
            run: RunNo(0),
            failure: bug(),
        })
        .unwrap();
    assert!(session.has_ended(RunNo(0)));
}

#[test]
fn stop_lets_a_child_leave_early() {
    let mut session = running();
    session.to_child(&ToChild::Stop { grace_ms: 1 }).unwrap();
    session.from_child(&FromChild::Bye).unwrap();
    assert!(session.is_over());
}
