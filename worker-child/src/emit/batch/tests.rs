//! Cutting of batches, and waiting for acknowledgements, against a session that rejects mistakes.

use shared::table::Table;
use shared::wire::codec;
use shared::wire::message::{Mark, ToChild};
use tokio::sync::mpsc;

use super::*;
use crate::emit::wire::running;

const RUN: RunNo = RunNo(0);

fn record(payload: usize) -> Record {
    Record {
        table: Table::Orders,
        key: vec!["k".to_owned()],
        values: Vec::new(),
        ebay_time: None,
        payload: "x".repeat(payload),
        volatile: String::new(),
    }
}

/// A supervisor that acknowledges every frame; returns how many records each batch had.
async fn supervise(wire: Wire, mut frames: mpsc::UnboundedReceiver<Vec<u8>>) -> Vec<usize> {
    let mut batches = Vec::new();
    while let Some(frame) = frames.recv().await {
        let message: FromChild = codec::decode_body(&frame[4..]).unwrap();
        let seq = match &message {
            FromChild::Batch { seq, records, .. } => {
                batches.push(records.len());
                *seq
            }
            FromChild::Checkpoint { seq, .. } | FromChild::State { seq, .. } => *seq,
            FromChild::Hello { .. }
            | FromChild::RunDone { .. }
            | FromChild::RunSnoozed { .. }
            | FromChild::RunFailed { .. }
            | FromChild::Waiting { .. }
            | FromChild::Probe { .. }
            | FromChild::NeedToken { .. }
            | FromChild::Skipped { .. }
            | FromChild::Exchanged(_)
            | FromChild::Bye => panic!("unexpected {}", message.name()),
        };
        let last = matches!(message, FromChild::Checkpoint { .. });
        wire.received(ToChild::Ack { run: RUN, seq }).unwrap();
        if last {
            break;
        }
    }
    batches
}

async fn batches(sizes: &[usize]) -> Vec<usize> {
    let (wire, frames) = running(1);
    let mut emitter = Emitter::new(wire.clone(), RUN);
    let send = async {
        for size in sizes {
            emitter.push(record(*size)).await.unwrap();
        }
        let completed = Completed {
            mark: Mark::Snapshot(Timestamp(0)),
            items: 0,
            announced: None,
        };
        emitter.checkpoint(completed).await.unwrap();
    };
    tokio::join!(send, supervise(wire, frames)).1
}

#[tokio::test]
async fn batches_are_cut() {
    let big = BATCH_BYTES + 1;
    let cases: [(Vec<usize>, &[usize], &str); 5] = [
        (vec![], &[], "nothing collected, nothing sent"),
        (vec![10; 3], &[3], "small ones go together"),
        (vec![10; BATCH_RECORDS + 1], &[BATCH_RECORDS, 1], "by count"),
        (vec![100_000; 5], &[2, 2, 1], "by size"),
        (vec![10, big, 10], &[1, 1, 1], "a large one goes alone"),
    ];
    for (sizes, expected, why) in cases {
        assert_eq!(batches(&sizes).await, expected, "{why}");
    }
}

#[tokio::test]
async fn caps_are_held() {
    let (wire, _frames) = running(1);
    let mut emitter = Emitter::new(wire, RUN);
    let large = emitter.push(record(MAX_RECORD)).await.unwrap_err();
    assert_eq!(large.name(), "too_large");
    let mut long = record(1);
    long.key = vec!["k".repeat(MAX_KEY_PART + 1)];
    let long = emitter.push(long).await.unwrap_err();
    assert!(long.what().starts_with("key of 513 bytes"), "{long}");
}

#[tokio::test]
async fn no_more_than_a_few_are_unacknowledged() {
    let (wire, mut frames) = running(1);
    let mut emitter = Emitter::new(wire.clone(), RUN);
    for _ in 0..MAX_UNACKED {
        emitter.push(record(10)).await.unwrap();
        emitter.flush().await.unwrap();
    }
    emitter.push(record(10)).await.unwrap();
    tokio::select! {
        biased;
        _ = emitter.flush() => panic!("sent one too many"),
        () = tokio::task::yield_now() => {}
    }
    wire.received(ToChild::Ack { run: RUN, seq: 0 }).unwrap();
    emitter.flush().await.unwrap();
    let mut sent = 0;
    while frames.try_recv().is_ok() {
        sent += 1;
    }
    assert_eq!(sent, MAX_UNACKED + 1);
}
