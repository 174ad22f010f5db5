//! What a child records, and what it must not.

use std::process::ExitStatus;

use rustix::process::{Pid, Signal, kill_process};
use shared::attempt::Attempt;
use shared::flight::RecordingStopped;
use shared::recording::{HEADER_SIZE, Head, Kind, Reader, summarise};
use shared::wire::message::FromChild;

use crate::child::{Child, TOKEN, attempt, window};
use crate::server::{Answer, serve};

const PAGE: &str = include_str!("../../../tests/fixtures/orders/page.json");
const EMPTY: &str = include_str!("../../../tests/fixtures/orders/empty.json");
const FRESH: &str = "v^1.1#i^1#p^3#SECOND-CANARY/+=";

fn recorded(port: u16, cap: u64) -> Attempt {
    Attempt {
        recording_cap: cap,
        ..attempt(port, vec![window()])
    }
}

fn entries(bytes: &[u8]) -> Vec<(Head, Vec<u8>)> {
    let mut reader = Reader::new(bytes).unwrap();
    std::iter::from_fn(|| {
        let head = reader.head().unwrap()?;
        Some((head, reader.payload().unwrap().unwrap()))
    })
    .collect()
}

fn is_success(status: ExitStatus) -> bool {
    status.success()
}

/// A page of orders in which a buyer's note holds this text.
fn page_with(note: &str) -> String {
    let id = "\"orderId\"";
    assert!(PAGE.contains(id));
    PAGE.replacen(id, &format!("\"note\":\"{note}\",{id}"), 1)
}

#[test]
fn everything_is_there_in_its_order() {
    let (port, _) = serve(|asked, _| {
        let first = asked.line.contains("T11%3A59%3A00");
        let answer = Answer::new(200, if first { PAGE } else { EMPTY });
        answer.header("rlogid: t6").header("X-Other: CANARY")
    });
    let mut child = Child::started(&recorded(port, 1 << 20));
    let said = child.converse();
    assert!(matches!(said.last(), Some(FromChild::Bye)));
    let end = child.end();
    assert!(is_success(end.status), "{}", end.stderr);
    let entries = entries(&end.recording);
    let kinds: Vec<Kind> = entries.iter().map(|(head, _)| head.kind).collect();
    let slice = [
        Kind::Clock,
        Kind::Request,
        Kind::Answer,
        Kind::Clock,
        Kind::Chunk,
        Kind::BodyEnd,
        Kind::Clock,
    ];
    assert_eq!(kinds[..7], slice);
    // Of the first slice a batch and a checkpoint, of the second a checkpoint.
    let acks = kinds.iter().filter(|kind| **kind == Kind::Ack).count();
    assert_eq!(acks, 3, "{kinds:?}");
    let request = String::from_utf8(entries[1].1.clone()).unwrap();
    assert!(
        request.starts_with("GET api /sell/fulfillment/v1/order?filter="),
        "{request}"
    );
    assert!(!request.contains("CANARY"), "{request}");
    assert_eq!(entries[2].1, b"200\nrlogid: t6\n");
    assert_eq!(entries[4].1, PAGE.as_bytes());
    assert!(entries.iter().all(|(head, _)| head.live > 0));
    let bytes = end.recording.len() - HEADER_SIZE;
    assert_eq!(end.flight.recorded, bytes as u64);
    assert_eq!(end.flight.recording_stopped, None);
}

#[test]
fn tokens_are_masked_wherever_a_body_is_cut() {
    let encoded = |token: &str| {
        let encode = |c: char| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' => c.to_string(),
            c => format!("%{:02X}", u32::from(c)),
        };
        token.chars().map(encode).collect::<String>()
    };
    for size in [1, 7, 16, 500] {
        let notes = [
            TOKEN.to_owned(),
            encoded(TOKEN),
            FRESH.to_owned(),
            encoded(FRESH),
        ];
        let page = page_with(&notes.join(" and "));
        let (port, _) = serve(move |asked, before| {
            if before == 0 {
                return Answer::new(401, format!("{{\"error\":\"{TOKEN}\"}}"));
            }
            let first = asked.line.contains("T11%3A59%3A00");
            let body = if first { &page } else { EMPTY };
            Answer::new(200, body).in_pieces(size)
        });
        let mut child = Child::started(&recorded(port, 1 << 20));
        child.fresh = vec![FRESH];
        let said = child.converse();
        assert!(matches!(said.last(), Some(FromChild::Bye)), "{said:?}");
        let end = child.end();
        let text = String::from_utf8_lossy(&end.recording);
        for secret in ["CANARY", "ANARY", "SECOND", "%2B%3D"] {
            assert!(!text.contains(secret), "{size}: {secret}");
        }
        let chunks: Vec<_> = entries(&end.recording)
            .into_iter()
            .filter(|(head, _)| head.kind == Kind::Chunk)
            .collect();
        let bytes: usize = chunks.iter().map(|(_, payload)| payload.len()).sum();
        assert!(bytes > PAGE.len(), "{size}: {bytes}");
        let longest = chunks.iter().map(|(_, payload)| payload.len()).max();
        assert!(longest <= Some(size.max(60)), "the pieces came as pieces");
    }
}

#[test]
fn at_its_cap_it_stops_and_the_sync_goes_on() {
    let (port, _) = serve(|_, _| Answer::new(200, EMPTY));
    let mut child = Child::started(&recorded(port, 700));
    let said = child.converse();
    let end = child.end();
    assert!(matches!(said.last(), Some(FromChild::Bye)), "{said:?}");
    assert!(is_success(end.status));
    assert!(end.recording.len() <= 700, "{}", end.recording.len());
    let summary = summarise(end.recording.as_slice()).unwrap();
    assert!(summary.entries > 0 && !summary.cut, "{summary:?}");
    assert_eq!(summary.stopped, Some(RecordingStopped::Cap));
    assert_eq!(end.flight.recording_stopped, Some(RecordingStopped::Cap));
}

#[test]
fn without_a_cap_nothing_is_recorded() {
    let (port, _) = serve(|_, _| Answer::new(200, EMPTY));
    let mut child = Child::started(&recorded(port, 0));
    child.converse();
    let end = child.end();
    assert!(is_success(end.status));
    assert_eq!(end.recording.len(), HEADER_SIZE);
}

#[test]
fn it_survives_a_kill() {
    let (port, _) = serve(|_, _| Answer::new(200, PAGE));
    let mut child = Child::started(&recorded(port, 1 << 20));
    assert!(matches!(child.next(), Some(FromChild::Batch { .. })));
    let pid = Pid::from_raw(i32::try_from(child.pid()).unwrap()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
    let end = child.end();
    let entries = entries(&end.recording);
    let body = entries.iter().find(|(head, _)| head.kind == Kind::Chunk);
    assert_eq!(body.unwrap().1, PAGE.as_bytes());
}
