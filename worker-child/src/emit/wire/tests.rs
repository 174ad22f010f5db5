//! What may not be sent or taken is refused here, before it reaches a pipe.

use shared::attempt::{
    Attempt, Endpoints, ListingSource, Network, RunMode, RunOrder, SnapshotOrder,
};
use shared::id::{AccountId, AttemptId};
use shared::sandbox::SandboxMode;
use shared::secret::Secret;
use shared::time::Timestamp;
use shared::worker::Worker;

use super::*;

const RUN: RunNo = RunNo(0);

#[test]
fn illegal_frames_do_not_pass() {
    let (wire, mut frames) = running(1);
    let batch = FromChild::Batch {
        run: RUN,
        seq: 0,
        records: Vec::new(),
    };
    assert!(matches!(wire.send(&batch, 0), Err(WireError::Illegal(_))));
    let bye = wire.send(&FromChild::Bye, 0);
    assert!(matches!(bye, Err(WireError::Illegal(_))), "a run is open");
    let ack = wire.received(ToChild::Ack { run: RUN, seq: 0 });
    assert!(matches!(ack, Err(WireError::Illegal(_))));
    assert!(frames.try_recv().is_err(), "nothing was queued");

    drop(frames);
    let done = wire.send(&FromChild::RunDone { run: RUN }, 0);
    assert!(matches!(done, Err(WireError::Closed)));
}

#[tokio::test]
async fn a_refusal_reaches_its_run_only() {
    let (wire, _frames) = running(2);
    let failure = Failure::Bug {
        what: "two rows with one key".to_owned(),
    };
    let refused = ToChild::Refused {
        run: RunNo(1),
        failure: failure.clone(),
    };
    let first = wire.refused(RUN);
    let second = wire.refused(RunNo(1));
    let told = async {
        wire.received(refused).unwrap();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        _ = first => panic!("the wrong run"),
        heard = second => assert_eq!(heard, failure),
        () = told => {}
    }
}

/// A wire whose attempt has this many runs and has started.
pub(crate) fn running(runs: u8) -> (Wire, mpsc::UnboundedReceiver<Vec<u8>>) {
    let order = |run| RunOrder {
        run: RunNo(run),
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
        account: String::new(),
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
        runs: (0..runs).map(order).collect(),
    };
    let hello = FromChild::Hello {
        version: 1,
        build: String::new(),
        pid: 1,
    };
    let mut session = Session::new();
    session.from_child(&hello).unwrap();
    let start = ToChild::Start {
        attempt: Box::new(attempt),
        token: Secret::new(String::new()),
    };
    session.to_child(&start).unwrap();
    let (sender, frames) = mpsc::unbounded_channel();
    (Wire::new(session, usize::from(runs), sender), frames)
}
