//! Returns, inquiries and cases from the network to frames.

use std::collections::BTreeMap;

use shared::attempt::{RescanOrder, RunMode};
use shared::failure::Failure;
use shared::id::RunNo;
use shared::record::{Record, Value};
use shared::time::Timestamp;
use shared::wire::message::{Counts, FromChild, Mark, ToChild};
use shared::worker::Worker;

use crate::child::{Child, TOKEN, attempt};
use crate::server::{Answer, Asked, Log, serve};

const RUN: RunNo = RunNo(0);
const WORKERS: [Worker; 3] = [Worker::Returns, Worker::Inquiries, Worker::Cases];

/// The fixtures of a worker: a page of three, an empty one, and the detail of the first.
fn bodies(worker: Worker) -> [&'static str; 3] {
    match worker {
        Worker::Returns => [
            include_str!("../../../tests/fixtures/returns/page.json"),
            include_str!("../../../tests/fixtures/returns/empty.json"),
            include_str!("../../../tests/fixtures/returns/detail.json"),
        ],
        Worker::Inquiries => [
            include_str!("../../../tests/fixtures/inquiries/page.json"),
            include_str!("../../../tests/fixtures/inquiries/empty.json"),
            include_str!("../../../tests/fixtures/inquiries/detail.json"),
        ],
        _ => [
            include_str!("../../../tests/fixtures/cases/page.json"),
            include_str!("../../../tests/fixtures/cases/empty.json"),
            include_str!("../../../tests/fixtures/cases/detail.json"),
        ],
    }
}

/// The ids of the page.
fn ids(worker: Worker) -> [&'static str; 3] {
    match worker {
        Worker::Returns => ["5000000001", "5000000002", "5000000003"],
        Worker::Inquiries => ["1", "5384000001", "5384000002"],
        _ => ["5500000001", "5500000002", "5500000003"],
    }
}

fn order() -> RescanOrder {
    let time = |text: &str| Timestamp::parse(text).unwrap();
    RescanOrder {
        from: time("2026-05-01T00:00:00Z"),
        open_from: time("2026-03-01T00:00:00Z"),
        until: time("2026-06-19T00:00:00Z"),
    }
}

fn is_search(asked: &Asked) -> bool {
    asked.line.contains("/search?")
}

/// The page for the recent span, nothing for the older one, and a detail for each id.
fn well(worker: Worker, asked: &Asked) -> Answer {
    let [page, empty, detail] = bodies(worker);
    if is_search(asked) {
        let recent = asked.line.contains("2026-06-18T23%3A59%3A59.999Z");
        return Answer::new(200, if recent { page } else { empty });
    }
    let id = asked.line.rsplit('/').next().unwrap();
    if detail.contains(&format!("\"{id}\"")) || worker == Worker::Returns {
        return Answer::new(200, detail);
    }
    let body = format!(r#"{{"inquiryId":"{id}","caseId":"{id}"}}"#);
    Answer::new(200, body)
}

/// What is stored, as the supervisor knows it: versions by key.
type Known = BTreeMap<String, String>;

/// One pass: what the child said, what it asked, and the records that it sent.
fn pass(
    worker: Worker,
    known: &mut Known,
    answer: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static,
) -> (Vec<FromChild>, Log, Vec<Record>) {
    let (port, log) = serve(answer);
    let mut attempt = attempt(port, vec![RunMode::Rescan(order())]);
    attempt.runs[0].worker = worker;
    let mut child = Child::started(&attempt);
    let (mut said, mut stored) = (Vec::new(), Vec::new());
    while let Some(message) = child.next_acked() {
        match &message {
            FromChild::Probe {
                run, seq, items, ..
            } => {
                let unknown = |item: &shared::wire::message::Probed| {
                    known.get(&item.key[0]) != Some(&item.version)
                };
                let needed = items.iter().enumerate().filter(|(_, item)| unknown(item));
                let indices = needed.map(|(at, _)| u32::try_from(at).unwrap()).collect();
                let (run, seq) = (*run, *seq);
                child.send(&ToChild::Needed { run, seq, indices });
            }
            FromChild::Batch { records, .. } => stored.extend(records.iter().cloned()),
            _ => {}
        }
        said.push(message);
    }
    for record in &stored {
        let Some(Value::Text(version)) = record.values.last() else {
            panic!("no version: {record:?}");
        };
        known.insert(record.key[0].clone(), version.clone());
    }
    assert!(child.end().status.success());
    (said, log, stored)
}

fn failed(said: &[FromChild]) -> String {
    let failure = said.iter().find_map(|message| match message {
        FromChild::RunFailed { failure, .. } => Some(failure),
        _ => None,
    });
    let checkpoint = |message: &FromChild| matches!(message, FromChild::Checkpoint { .. });
    assert!(!said.iter().any(checkpoint), "{said:?}");
    failure.map(Failure::to_string).unwrap_or_default()
}

#[test]
fn a_pass_stores_details_and_an_unchanged_one_fetches_none() {
    for worker in WORKERS {
        let mut known = Known::new();
        let (said, log, stored) = pass(worker, &mut known, move |asked, _| well(worker, asked));
        let keys: Vec<&str> = stored.iter().map(|record| record.key[0].as_str()).collect();
        assert_eq!(keys, ids(worker));
        assert!(
            stored
                .iter()
                .all(|record| record.payload.contains("\"summary\":"))
        );
        let counts = |records| Counts {
            records,
            items: 3,
            announced: Some(3),
        };
        let end = |seq, counts| {
            [
                FromChild::Checkpoint {
                    run: RUN,
                    seq,
                    mark: Mark::Rescan(order().until),
                    counts,
                },
                FromChild::RunDone { run: RUN },
                FromChild::Bye,
            ]
        };
        assert_eq!(said[said.len() - 3..], end(2, counts(3)), "{worker}");
        let log = log.lock().unwrap();
        assert_eq!(log.len(), 2 + 3);
        let iaf = format!("authorization: IAF {TOKEN}");
        let site = "x-ebay-c-marketplace-id: EBAY_US".to_owned();
        for asked in log.iter() {
            assert!(asked.headers.contains(&iaf) && asked.headers.contains(&site));
        }

        let (said, log, stored) = pass(worker, &mut known, move |asked, _| well(worker, asked));
        assert_eq!(said[said.len() - 3..], end(1, counts(0)), "{worker}");
        assert!(stored.is_empty());
        let log = log.lock().unwrap();
        assert!(log.len() == 2 && log.iter().all(is_search), "{log:?}");

        let (_, log, stored) = pass(worker, &mut known, move |asked, _| {
            let mut answer = well(worker, asked);
            let text = String::from_utf8(answer.body).unwrap();
            let older = text.replace("2026-05-01T00:00:00.000Z", "2026-05-01T00:00:00.001Z");
            answer.body = older.into_bytes();
            answer
        });
        let changed = stored.iter().map(|record| record.key[0].as_str());
        let second = if worker == Worker::Inquiries { 2 } else { 1 };
        assert_eq!(
            changed.collect::<Vec<_>>(),
            [ids(worker)[second]],
            "{worker}"
        );
        assert_eq!(log.lock().unwrap().len(), 3);
    }
}

#[test]
fn searches_that_end_the_run() {
    let documented = r#"{"errorMessage":{"error":[{"errorId":1615,"message":"no"}]}}"#;
    let cases = [
        (
            Answer::new(204, ""),
            "bad_data: eBay answered 204 at GET",
            1,
        ),
        (Answer::new(404, ""), "bad_data: eBay answered 404", 1),
        (Answer::new(403, ""), "forbidden: eBay answered 403", 1),
        (
            Answer::new(400, documented),
            "bad_data: eBay answered 400",
            1,
        ),
        (
            Answer::new(200, documented),
            "bad_data: the page reports a failure",
            1,
        ),
        (Answer::new(200, "{}"), "bad_data: total is missing", 1),
        (Answer::new(200, "<html>"), "bad_data: ", 1),
        (
            Answer::new(200, r#"{"members":[{"#),
            "incomplete: page ends early",
            1,
        ),
        (
            Answer::new(200, r#"{"members":{}}"#),
            "bad_data: members is an object",
            1,
        ),
        (
            Answer::new(200, r#"{"members":[{}]}"#),
            "bad_data: value is missing",
            1,
        ),
        (
            Answer::new(
                200,
                r#"{"paginationOutput":{"totalEntries":1},"members":[]}"#,
            ),
            "incomplete: the page at offset 0 is empty, total is 1",
            2,
        ),
        (Answer::new(503, ""), "transient: eBay answered 503", 3),
    ];
    for worker in WORKERS {
        for (answer, words, requests) in &cases {
            let answer = answer.clone();
            let (said, log, stored) = pass(worker, &mut Known::new(), move |_, _| answer.clone());
            let shown = failed(&said);
            assert!(shown.starts_with(words), "{worker}: {shown}");
            assert!(stored.is_empty());
            assert_eq!(log.lock().unwrap().len(), *requests, "{worker}: {words}");
        }
    }
}

#[test]
fn details_that_end_the_run() {
    let error = r#"{"error":{"errorId":1603,"message":"no"}}"#;
    let cases = [
        (
            Answer::new(204, ""),
            "bad_data: eBay answered 204 at GET",
            2,
        ),
        (Answer::new(400, error), "bad_data: eBay answered 400", 2),
        (
            Answer::new(200, error),
            "bad_data: the body reports a failure",
            2,
        ),
        (Answer::new(200, "{}"), "bad_data: value is missing", 2),
        (Answer::new(200, "[]"), "bad_data: the item is no JSON", 2),
        (Answer::new(200, "<html>"), "bad_data: ", 2),
        (Answer::new(500, ""), "transient: eBay answered 500", 4),
        // Listed, gone, read again, listed and gone again.
        (Answer::new(404, error), "incomplete: ", 4),
    ];
    for worker in WORKERS {
        for (answer, words, requests) in &cases {
            let answer = answer.clone();
            let (said, log, stored) = pass(worker, &mut Known::new(), move |asked, _| {
                if is_search(asked) {
                    well(worker, asked)
                } else {
                    answer.clone()
                }
            });
            let shown = failed(&said);
            assert!(shown.starts_with(words), "{worker}: {shown}");
            assert!(stored.is_empty());
            assert_eq!(log.lock().unwrap().len(), *requests, "{worker}: {words}");
        }
    }
}

#[test]
fn what_breaks_off_is_asked_for_again() {
    for worker in WORKERS {
        let (said, log, stored) = pass(worker, &mut Known::new(), move |asked, before| {
            let answer = well(worker, asked);
            match before {
                0 | 2 => answer.cut(20),
                _ => answer,
            }
        });
        assert!(said.contains(&FromChild::RunDone { run: RUN }), "{said:?}");
        assert_eq!(stored.len(), 3, "{worker}");
        assert_eq!(log.lock().unwrap().len(), 2 + 5);
    }
}

#[test]
fn what_is_gone_once_was_only_late() {
    for worker in WORKERS {
        let (said, log, stored) = pass(worker, &mut Known::new(), move |asked, before| {
            if before == 1 {
                return Answer::new(404, "");
            }
            well(worker, asked)
        });
        assert!(said.contains(&FromChild::RunDone { run: RUN }), "{said:?}");
        assert_eq!(stored.len(), 3, "{worker}");
        assert_eq!(log.lock().unwrap().len(), 2 + 1 + 4);
    }
}
