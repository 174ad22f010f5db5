//! Every message comes back as it went; no bytes, however wrong, make a reader panic.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::fmt::Debug;

use proptest::collection::vec;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::attempt::{Attempt, ListingSource, ModeState, RunMode, RunOrder, SnapshotOrder};
use shared::flight;
use shared::id::RunNo;
use shared::secret::Secret;
use shared::table::Table;
use shared::time::Timestamp;
use shared::window::{DeepOrder, WindowOrder, next_slice};
use shared::wire::codec::{decode_body, encode_frame};
use shared::wire::frame::read_blocking;
use shared::wire::message::{FromChild, MAX_PROBES, Probed, ToChild};
use shared::wire::session::{MAX_UNACKED, Session};
use shared::worker::Worker;

use self::any::{attempt, from_child, record, to_child, window};

#[path = "wire_props/any.rs"]
mod any;

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
            skip: Vec::new(),
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
        4 => FromChild::NeedToken { run },
        5 => FromChild::Probe {
            run,
            seq,
            table: Table::Cases,
            items: vec![Probed {
                key: Vec::new(),
                version: String::new(),
            }],
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
            let sequenced = matches!(message.name(), "State" | "Probe");
            for (run, before) in (0..).zip(before) {
                let now = session.unacked(RunNo(run));
                let more = legal && sequenced && message.run() == Some(RunNo(run));
                prop_assert_eq!(now, before + u32::from(more));
                prop_assert!(now <= MAX_UNACKED);
            }
        }
    }

    #[test]
    fn a_question_stays_open_until_its_answer(
        first in attempt(),
        frames in vec((2..10, 0..2_u8, 0..6_u32), 0..40),
        answers in vec((0..4, 0..2_u8, 0..6_u32), 0..40),
    ) {
        let mut session = Session::new();
        greet(&mut session, first);
        let mut asked = [None; 2];
        for ((kind, run, seq), (answer, to, acked)) in frames.into_iter().zip(answers) {
            let message = frame(kind, RunNo(run), seq);
            let ended = session.has_ended(RunNo(run));
            let place = usize::from(run);
            if session.from_child(&message).is_ok() {
                let speaks = !matches!(message.name(), "Waiting");
                prop_assert!(!speaks || asked[place].is_none(), "{message:?}");
                prop_assert!(!ended, "{message:?} after the end");
                if matches!(message.name(), "Probe" | "NeedToken") {
                    asked[place] = Some(message.name());
                }
            }
            let run = RunNo(to);
            let (answer, question) = match answer {
                0 => (ToChild::Needed { run, seq: acked, indices: Vec::new() }, Some("Probe")),
                1 => (ToChild::Token { run, token: None }, Some("NeedToken")),
                2 => (ToChild::Token { run, token: Some(Secret::new(String::new())) }, Some("NeedToken")),
                _ => (ToChild::Ack { run, seq: acked }, None),
            };
            let open = asked[usize::from(to)];
            if session.to_child(&answer).is_ok() {
                match question {
                    Some(_) => {
                        prop_assert_eq!(question, open);
                        asked[usize::from(to)] = None;
                    }
                    None => prop_assert!(open != Some("Probe"), "acknowledged instead of answered"),
                }
            }
        }
    }

    #[test]
    fn a_deep_pass_tiles_its_own_stretch(
        from in -1_000_i64..1_000,
        len in -5_i64..2_000,
        step_ms in 0_u64..300,
        overlap_ms in 0_u64..50,
        other in window(),
    ) {
        let deep = DeepOrder { from: Timestamp(from), until: Timestamp(from + len) };
        let order = WindowOrder { step_ms, overlap_ms, deep: Some(deep), ..other };
        let deep_window = order.deep_window().unwrap();
        let mut cursor = deep.from;
        while let Some(slice) = next_slice(&deep_window, cursor) {
            prop_assert_eq!((slice.fetch_start, slice.start), (cursor, cursor), "no overlap");
            prop_assert!(slice.end > slice.start && slice.end <= deep.until);
            prop_assert!(slice.end.since(slice.start).as_millis() <= u128::from(step_ms.max(1)));
            cursor = slice.end;
        }
        prop_assert_eq!(cursor, deep.until.max(deep.from));
        prop_assert_eq!(WindowOrder { deep: None, ..order }.deep_window(), None);
    }

    #[test]
    fn no_probe_is_too_large(count in 0..=MAX_PROBES + 1) {
        let item = Probed { key: Vec::new(), version: String::new() };
        let probe = FromChild::Probe {
            run: RunNo(0),
            seq: 0,
            table: Table::Cases,
            items: vec![item; count],
        };
        let needed = ToChild::Needed { run: RunNo(0), seq: 0, indices: vec![0; count] };
        let (mut asked, mut told) = (Vec::new(), Vec::new());
        encode_frame(&probe, &mut asked).unwrap();
        encode_frame(&needed, &mut told).unwrap();
        let fits = count <= MAX_PROBES;
        prop_assert_eq!(decode_body::<FromChild>(&asked[4..]).is_ok(), fits);
        prop_assert_eq!(decode_body::<ToChild>(&told[4..]).is_ok(), fits);
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
