//! Every message comes back as it went; no bytes, however wrong, make a reader panic.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::fmt::Debug;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::attempt::{
    Attempt, Endpoints, ListingSource, ModeState, Network, RunMode, RunOrder, SnapshotOrder,
};
use shared::failure::{Failure, Place};
use shared::flight;
use shared::id::{AccountId, AttemptId, RunNo};
use shared::record::{Record, Value};
use shared::secret::Secret;
use shared::table::Table;
use shared::time::Timestamp;
use shared::window::{Slice, WindowOrder};
use shared::wire::codec::{decode_body, encode_frame};
use shared::wire::frame::read_blocking;
use shared::wire::message::{Counts, FromChild, Mark, ToChild};
use shared::wire::session::{MAX_UNACKED, Session};
use shared::worker::Worker;

fn time() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp)
}

fn run() -> impl Strategy<Value = RunNo> {
    any::<u8>().prop_map(RunNo)
}

fn place() -> impl Strategy<Value = Place> {
    let numbers = (any::<Option<u64>>(), any::<Option<u64>>());
    (any::<String>(), any::<String>(), numbers).prop_map(|(request, path, (byte, item))| Place {
        request,
        byte,
        path,
        item,
    })
}

fn failure() -> impl Strategy<Value = Failure> {
    let until = option::of(time());
    (0..8, any::<String>(), place(), until).prop_map(|(kind, what, place, until)| match kind {
        0 => Failure::Transient { what, place },
        1 => Failure::Throttled { until, what },
        2 => Failure::Unauthorized { what },
        3 => Failure::Forbidden { what },
        4 => Failure::BadData { what, place },
        5 => Failure::TooLarge { what, place },
        6 => Failure::Incomplete { what, place },
        _ => Failure::Bug { what },
    })
}

fn state() -> impl Strategy<Value = ModeState> {
    prop_oneof![
        Just(ModeState::Idle),
        (any::<String>(), time())
            .prop_map(|(id, created_at)| ModeState::InventoryTask { id, created_at }),
        time().prop_map(|created_at| ModeState::Discarded { created_at }),
    ]
}

fn mode() -> impl Strategy<Value = RunMode> {
    let window = (time(), time(), any::<u64>(), any::<u64>());
    prop_oneof![
        window.prop_map(
            |(cursor, until, step_ms, overlap_ms)| RunMode::Window(WindowOrder {
                cursor,
                until,
                step_ms,
                overlap_ms,
                deep: None,
            })
        ),
        (option::of(time()), option::of(state())).prop_map(|(last_taken_at, state)| {
            RunMode::Snapshot(SnapshotOrder {
                last_taken_at,
                state,
                listings: ListingSource::Auto { report_above: 7 },
            })
        }),
    ]
}

fn order() -> impl Strategy<Value = RunOrder> {
    let worker = prop::sample::select(&Worker::ALL[..]);
    (run(), worker, mode(), time(), time()).prop_map(|(run, worker, mode, take_until, deadline)| {
        RunOrder {
            run,
            worker,
            mode,
            take_until,
            deadline,
        }
    })
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let texts = any::<[String; 4]>();
    let numbers = any::<([u64; 7], u32)>();
    let ids = (any::<i64>(), any::<i64>(), time());
    (texts, numbers, ids, vec(order(), 0..4)).prop_map(
        |([account, api, apiz, marketplace], ([a, b, c, d, e, f, seed], retries), ids, runs)| {
            Attempt {
                id: AttemptId(ids.0),
                account_id: AccountId(ids.1),
                account,
                endpoints: Endpoints { api, apiz },
                marketplace,
                seed,
                started_at: ids.2,
                network: Network {
                    connect_timeout_ms: a,
                    header_timeout_ms: b,
                    retries,
                    retry_base_ms: c,
                    wait_budget_ms: d,
                    poll_interval_ms: e,
                    poll_budget_ms: f,
                },
                runs,
            }
        },
    )
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(Value::Absent),
        any::<String>().prop_map(Value::Text),
        any::<i64>().prop_map(Value::Integer),
        any::<String>().prop_map(Value::Decimal),
        time().prop_map(Value::Time),
    ]
}

fn record() -> impl Strategy<Value = Record> {
    let table = prop::sample::select(&Table::ALL[..]);
    let parts = (
        vec(any::<String>(), 0..=8),
        vec(value(), 0..=64),
        any::<[String; 2]>(),
    );
    (table, parts, option::of(time())).prop_map(
        |(table, (key, values, [payload, volatile]), ebay_time)| Record {
            table,
            key,
            values,
            ebay_time,
            payload,
            volatile,
        },
    )
}

fn to_child() -> impl Strategy<Value = ToChild> {
    prop_oneof![
        (attempt(), any::<String>()).prop_map(|(attempt, token)| ToChild::Start {
            attempt: Box::new(attempt),
            token: Secret::new(token),
        }),
        (run(), any::<u32>()).prop_map(|(run, seq)| ToChild::Ack { run, seq }),
        (run(), failure()).prop_map(|(run, failure)| ToChild::Refused { run, failure }),
        any::<u64>().prop_map(|grace_ms| ToChild::Stop { grace_ms }),
    ]
}

fn mark() -> impl Strategy<Value = Mark> {
    prop_oneof![
        (time(), time(), time()).prop_map(|(fetch_start, start, end)| Mark::Slice(Slice {
            fetch_start,
            start,
            end,
        })),
        time().prop_map(Mark::Snapshot),
    ]
}

fn counts() -> impl Strategy<Value = Counts> {
    any::<(u64, u64, Option<u64>)>().prop_map(|(records, items, announced)| Counts {
        records,
        items,
        announced,
    })
}

fn from_child() -> impl Strategy<Value = FromChild> {
    prop_oneof![
        any::<(u32, String, u32)>().prop_map(|(version, build, pid)| FromChild::Hello {
            version,
            build,
            pid,
        }),
        (run(), any::<u32>(), vec(record(), 0..5))
            .prop_map(|(run, seq, records)| FromChild::Batch { run, seq, records }),
        (run(), any::<u32>(), state()).prop_map(|(run, seq, state)| FromChild::State {
            run,
            seq,
            state
        }),
        (run(), any::<u32>(), mark(), counts()).prop_map(|(run, seq, mark, counts)| {
            FromChild::Checkpoint {
                run,
                seq,
                mark,
                counts,
            }
        }),
        run().prop_map(|run| FromChild::RunDone { run }),
        (run(), time()).prop_map(|(run, until)| FromChild::RunSnoozed { run, until }),
        (run(), failure()).prop_map(|(run, failure)| FromChild::RunFailed { run, failure }),
        (run(), time()).prop_map(|(run, until)| FromChild::Waiting { run, until }),
        Just(FromChild::Bye),
    ]
}

// Two frames in a row come back as the same two messages, and then the stream ends.
fn round_trip<M>(messages: [&M; 2]) -> Result<(), TestCaseError>
where
    M: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let mut bytes = Vec::new();
    for message in messages {
        encode_frame(message, &mut bytes).unwrap();
    }
    let mut stream = bytes.as_slice();
    for message in messages {
        let body = read_blocking(&mut stream).unwrap().unwrap();
        prop_assert_eq!(&decode_body::<M>(&body).unwrap(), message);
    }
    prop_assert!(read_blocking(&mut stream).unwrap().is_none());
    Ok(())
}

fn greet(session: &mut Session, mut attempt: Attempt) {
    attempt.runs.clear();
    for (run, worker) in (0..).zip(Worker::ALL) {
        attempt.runs.push(RunOrder {
            run: RunNo(run),
            worker,
            mode: RunMode::Snapshot(SnapshotOrder {
                last_taken_at: None,
                state: None,
                listings: ListingSource::Report,
            }),
            take_until: Timestamp(0),
            deadline: Timestamp(0),
        });
    }
    session.from_child(&frame(0, RunNo(0), 0)).unwrap();
    let start = ToChild::Start {
        attempt: Box::new(attempt),
        token: Secret::new(String::new()),
    };
    session.to_child(&start).unwrap();
}

fn frame(kind: i32, run: RunNo, seq: u32) -> FromChild {
    match kind {
        0 => FromChild::Hello {
            version: 1,
            build: String::new(),
            pid: 1,
        },
        1 => FromChild::Bye,
        2 => FromChild::RunDone { run },
        3 => FromChild::Waiting {
            run,
            until: Timestamp(0),
        },
        _ => FromChild::State {
            run,
            seq,
            state: ModeState::Idle,
        },
    }
}

proptest! {
    #[test]
    fn messages_to_the_child_round_trip(one in to_child(), two in to_child()) {
        round_trip([&one, &two])?;
    }

    #[test]
    fn messages_from_the_child_round_trip(one in from_child(), two in from_child()) {
        round_trip([&one, &two])?;
    }

    #[test]
    fn a_record_is_never_larger_than_it_says(record in record()) {
        let batch = |records| FromChild::Batch { run: RunNo(0), seq: 0, records };
        let (mut with, mut without) = (Vec::new(), Vec::new());
        encode_frame(&batch(vec![record.clone()]), &mut with).unwrap();
        encode_frame(&batch(Vec::new()), &mut without).unwrap();
        prop_assert!(with.len() - without.len() <= record.size());
    }

    #[test]
    fn random_bodies_decode_or_are_refused(body in vec(any::<u8>(), 0..600)) {
        if let Ok(message) = decode_body::<FromChild>(&body) {
            round_trip([&message, &message])?;
        }
        if let Ok(message) = decode_body::<ToChild>(&body) {
            round_trip([&message, &message])?;
        }
    }

    #[test]
    fn damaged_bodies_decode_or_are_refused(
        message in from_child(),
        place in any::<prop::sample::Index>(),
        with in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let mut frame = Vec::new();
        encode_frame(&message, &mut frame).unwrap();
        let mut body = frame.split_off(4);
        let at = place.index(body.len());
        if cut {
            body.truncate(at);
            prop_assert!(decode_body::<FromChild>(&body).is_err(), "a cut body is never whole");
        } else {
            body[at] = with;
            if let Ok(read) = decode_body::<FromChild>(&body) {
                round_trip([&read, &read])?;
            }
        }
    }

    #[test]
    fn any_order_of_frames_is_judged(
        first in attempt(),
        greeted in any::<bool>(),
        frames in vec((0..10, 0..3_u8, 0..6_u32), 0..40),
    ) {
        let mut session = Session::new();
        if greeted {
            greet(&mut session, first);
        }
        for (kind, run, seq) in frames {
            let over = session.is_over();
            let message = frame(kind, RunNo(run), seq);
            let before: Vec<_> = (0..2).map(|run| session.unacked(RunNo(run))).collect();
            let legal = session.from_child(&message).is_ok();
            prop_assert!(!legal || !over, "{message:?} after Bye");
            let early = !greeted && !matches!(message, FromChild::Hello { .. });
            prop_assert!(!legal || !early, "{message:?} before Start");
            let sequenced = message.name() == "State";
            for (run, before) in (0..).zip(before) {
                let now = session.unacked(RunNo(run));
                let more = legal && sequenced && message.run() == Some(RunNo(run));
                prop_assert_eq!(now, before + u32::from(more));
                prop_assert!(now <= MAX_UNACKED);
            }
        }
    }

    #[test]
    fn random_flight_recorders_are_read_within_bounds(
        junk in vec(any::<u8>(), flight::FILE_SIZE),
        magic in any::<bool>(),
        runs in 0..20_u64,
        len in 0..flight::FILE_SIZE,
    ) {
        let mut bytes = junk;
        if magic {
            let numbers = [flight::MAGIC, flight::VERSION, runs];
            for (place, number) in bytes.chunks_exact_mut(8).zip(numbers) {
                place.copy_from_slice(&number.to_le_bytes());
            }
        }
        prop_assert!(flight::read(&bytes[..len]).is_err(), "too short");
        let read = flight::read(&bytes);
        let few = runs <= shared::attempt::MAX_RUNS as u64;
        prop_assert_eq!(read.is_ok(), magic && few);
        let Ok(flight) = read else { return Ok(()) };
        prop_assert_eq!(flight.runs.len() as u64, runs);
        for run in &flight.runs {
            // A byte that is no UTF-8 becomes one character of up to three bytes.
            prop_assert!(run.last_request.len() <= 3 * flight::REQUEST_TEXT);
            let escapes = run.last_request.matches('\u{1b}').count();
            prop_assert_eq!(escapes, 0);
        }
        if let Some(panic) = &flight.panic {
            prop_assert!(panic.text.len() <= 3 * flight::PANIC_TEXT);
        }
        let in_range = |run: Option<RunNo>| run.is_none_or(|run| u64::from(run.0) < runs);
        prop_assert!(in_range(flight.polled));
    }
}
