//! The order in which events are given, and where a replay stops.

use std::cell::RefCell;
use std::io::Write as _;

use shared::recording::empty;
use tokio::task::LocalSet;

use super::*;

const A: RunNo = RunNo(0);
const B: RunNo = RunNo(1);

fn recording(entries: &[(Kind, RunNo, &[u8])]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&empty()).unwrap();
    for ((kind, run, payload), at) in entries.iter().zip(0..) {
        let head = Head {
            kind: *kind,
            run: *run,
            len: u32::try_from(payload.len()).unwrap(),
            at: Timestamp(at),
            live: 0,
        };
        file.write_all(&head.bytes()).unwrap();
        file.write_all(payload).unwrap();
    }
    file
}

fn tape(file: &tempfile::NamedTempFile, only: Option<RunNo>) -> Tape {
    Tape::open(file.path(), only).unwrap()
}

/// Polls a future until everybody has had more turns than it takes.
async fn soon<T>(future: impl Future<Output = T>) -> Option<T> {
    let turns = async {
        for _ in 0..3 * SETTLED {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        done = future => Some(done),
        () = turns => None,
    }
}

#[tokio::test]
async fn runs_take_their_turns_as_recorded() {
    let order = [A, B, B, A, A, B, A];
    let entries = order.map(|run| (Kind::Clock, run, b"".as_slice()));
    let tape = tape(&recording(&entries), None);
    let taken = Rc::new(RefCell::new(Vec::new()));
    let runs = LocalSet::new();
    for (run, events) in [(B, 3), (A, 4)] {
        let (tape, taken) = (tape.clone(), Rc::clone(&taken));
        runs.spawn_local(async move {
            for _ in 0..events {
                let event = tape.take(run, &[Kind::Clock]).await;
                taken.borrow_mut().push((run, event.at.0));
            }
        });
    }
    runs.await;
    let expected: Vec<_> = order.into_iter().zip(0..).collect();
    assert_eq!(*taken.borrow(), expected);
}

#[tokio::test]
async fn frames_wait_for_their_place() {
    let file = recording(&[
        (Kind::Clock, A, b""),
        (Kind::Ack, A, &[5, 0, 0, 0]),
        (Kind::Chunk, B, b"body"),
    ]);
    let tape = tape(&file, None);
    assert!(soon(tape.frame()).await.is_none(), "the clock comes first");
    assert!(soon(tape.take(B, &[Kind::Chunk])).await.is_none());
    assert!(soon(tape.take(A, &[Kind::Clock])).await.is_some());
    let ack = soon(tape.frame()).await.unwrap();
    assert_eq!(ack, Ok(ToChild::Ack { run: A, seq: 5 }));
    let chunk = soon(tape.take(B, &[Kind::BodyEnd, Kind::Chunk])).await;
    assert_eq!(chunk.unwrap().payload, b"body");
    assert!(
        soon(tape.take(B, &[Kind::Chunk])).await.is_none(),
        "the end"
    );
    assert!(soon(tape.frame()).await.is_none(), "the end");
}

#[tokio::test]
async fn what_differs_stops_everything() {
    let file = recording(&[
        (Kind::Clock, A, b""),
        (Kind::Chunk, A, b""),
        (Kind::Clock, B, b""),
    ]);
    let tape = tape(&file, None);
    assert!(soon(tape.take(A, &[Kind::Clock])).await.is_some());
    assert!(soon(tape.take(A, &[Kind::Request])).await.is_none());
    let diverged = Diverged {
        entry: 1,
        what: "run 0 wants a request, the recording has a piece of a body".to_owned(),
    };
    assert_eq!(soon(tape.frame()).await, Some(Err(diverged.clone())));
    tape.differs("something else later".to_owned());
    assert!(soon(tape.take(B, &[Kind::Clock])).await.is_none());
    assert_eq!(
        soon(tape.frame()).await,
        Some(Err(diverged)),
        "the first counts"
    );
}

#[tokio::test]
async fn one_run_alone() {
    let file = recording(&[
        (Kind::Clock, A, b""),
        (Kind::Ack, A, &[0; 4]),
        (Kind::Clock, B, b""),
        (Kind::Ack, B, &[9, 0, 0, 0]),
        (Kind::Stop, EVERYONE, &[1; 8]),
    ]);
    let tape = tape(&file, Some(B));
    assert_eq!(soon(tape.take(A, &[Kind::Clock])).await.unwrap().at.0, 2);
    let ack = soon(tape.frame()).await.unwrap();
    assert_eq!(ack, Ok(ToChild::Ack { run: A, seq: 9 }));
    assert!(matches!(
        soon(tape.frame()).await,
        Some(Ok(ToChild::Stop { .. }))
    ));
}

#[tokio::test]
async fn nonsense_and_a_cut_off_entry() {
    let nonsense = recording(&[(Kind::Ack, A, b"abc")]);
    let told = soon(tape(&nonsense, None).frame())
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!(
        told.to_string(),
        "after entry 1: an acknowledgement makes no sense"
    );
    let cut = recording(&[(Kind::Chunk, A, b"abc")]);
    let length = cut.as_file().metadata().unwrap().len();
    cut.as_file().set_len(length - 1).unwrap();
    let tape = tape(&cut, None);
    assert!(soon(tape.take(A, &[Kind::Chunk])).await.is_none());
    assert!(soon(tape.frame()).await.is_none(), "it is the end");
}

#[tokio::test]
async fn what_an_event_brings_about_comes_before_the_next() {
    let file = recording(&[(Kind::Ack, A, &[5, 0, 0, 0]), (Kind::Clock, B, b"")]);
    let tape = tape(&file, None);
    let told = Rc::new(RefCell::new(Vec::new()));
    let (hand, mut handed) = tokio::sync::mpsc::unbounded_channel();
    let (say, mut said) = tokio::sync::mpsc::unbounded_channel();
    let tasks = LocalSet::new();
    // B waits before anybody else, and is woken first.
    let (its, tells) = (tape.clone(), Rc::clone(&told));
    tasks.spawn_local(async move {
        its.take(B, &[Kind::Clock]).await;
        tells.borrow_mut().push("B has its event");
    });
    tasks.spawn_local(async move {
        // When it is asked for, all others wait.
        tokio::task::yield_now().await;
        let ack = tape.frame().await.unwrap();
        hand.send(ack).unwrap();
    });
    tasks.spawn_local(async move {
        handed.recv().await.unwrap();
        say.send(()).unwrap();
    });
    let tells = Rc::clone(&told);
    tasks.spawn_local(async move {
        said.recv().await.unwrap();
        tells.borrow_mut().push("A's last word is written");
    });
    tasks.await;
    assert_eq!(
        *told.borrow(),
        ["A's last word is written", "B has its event"]
    );
}
