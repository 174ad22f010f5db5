//! Orders from the network to frames.

use shared::attempt::RunMode;
use shared::failure::Failure;
use shared::id::RunNo;
use shared::time::Timestamp;
use shared::window::{Slice, next_slice};
use shared::wire::message::{Counts, FromChild, Mark, ToChild};

use crate::child::{Child, TOKEN, attempt, window};
use crate::server::{Answer, Asked, serve};

const PAGE: &[u8] = include_bytes!("../../../tests/fixtures/orders/page.json");
const EMPTY: &[u8] = include_bytes!("../../../tests/fixtures/orders/empty.json");
const RUN: RunNo = RunNo(0);

fn slices() -> (Slice, Slice) {
    let RunMode::Window(order) = window() else {
        panic!("not a window");
    };
    let first = next_slice(&order, order.cursor).unwrap();
    (first, next_slice(&order, first.end).unwrap())
}

/// The page for the first slice, the empty one for the second.
fn two_slices(asked: &Asked, _before: usize) -> Answer {
    if asked.line.contains("T11%3A59%3A00") {
        Answer::new(200, PAGE).header("rlogid: t6q%60-19")
    } else {
        Answer::new(200, EMPTY)
    }
}

#[test]
fn two_slices_until_bye() {
    let (port, log) = serve(two_slices);
    let mut child = Child::started(&attempt(port, vec![window()]));
    let said = child.converse();
    let (first, second) = slices();
    let checkpoint = |seq, slice, counts| FromChild::Checkpoint {
        run: RUN,
        seq,
        mark: Mark::Slice(slice),
        counts,
    };
    let counts = |records, items| Counts {
        records,
        items,
        announced: Some(items),
    };
    let FromChild::Batch { records, .. } = &said[0] else {
        panic!("no batch: {said:?}");
    };
    assert_eq!(records.len(), 6);
    assert_eq!(records[1].key, ["11-20001-00001", "900001"]);
    assert_eq!(
        said[1..],
        [
            checkpoint(1, first, counts(6, 3)),
            checkpoint(2, second, counts(0, 0)),
            FromChild::RunDone { run: RUN },
            FromChild::Bye,
        ]
    );
    let log = log.lock().unwrap();
    assert_eq!(
        log[0].line,
        "GET /sell/fulfillment/v1/order?filter=lastmodifieddate%3A%5B2026-06-18T11%3A59%3A00.000Z\
         ..2026-06-18T12%3A29%3A59.999Z%5D&fieldGroups=TAX_BREAKDOWN&limit=200&offset=0"
    );
    assert!(
        log[0]
            .headers
            .contains(&format!("authorization: Bearer {TOKEN}"))
    );
    let agent = concat!("user-agent: bulkhead/", env!("CARGO_PKG_VERSION"));
    assert!(log[0].headers.contains(&agent.to_owned()));

    let end = child.end();
    assert!(end.status.success(), "{}", end.stderr);
    let run = &end.flight.runs[0];
    assert_eq!((run.requests, run.records, run.pages), (2, 6, 2));
    assert_eq!(run.slice_end, second.end.0);
    assert!(end.flight.heap_peak > 0);
    assert!(!run.last_request.contains("CANARY"), "{}", run.last_request);
}

#[test]
fn a_page_is_tried_again_until_the_tries_are_over() {
    let (port, log) = serve(|asked, before| match before {
        0 => Answer::new(503, "<html>busy</html>"),
        1 => Answer::new(200, PAGE).cut(1_000),
        _ => two_slices(asked, before),
    });
    let mut child = Child::started(&attempt(port, vec![window()]));
    let said = child.converse();
    assert!(said.contains(&FromChild::RunDone { run: RUN }), "{said:?}");
    assert_eq!(log.lock().unwrap().len(), 4);

    let (port, log) = serve(|_, _| Answer::new(200, PAGE).cut(1_000));
    let mut child = Child::started(&attempt(port, vec![window()]));
    let Some(Failure::Transient { what, place }) = failed(&child.converse()) else {
        panic!("not transient");
    };
    assert!(
        what.starts_with("body was cut off after 1000 bytes"),
        "{what}"
    );
    assert!(what.ends_with("(tried 3 times)"), "{what}");
    assert!(place.request.starts_with("GET /sell/fulfillment"));
    assert_eq!(log.lock().unwrap().len(), 3);
}

/// The failure of the only run, if it failed.
fn failed(said: &[FromChild]) -> Option<Failure> {
    assert_eq!(said.last(), Some(&FromChild::Bye), "{said:?}");
    said.iter().find_map(|message| match message {
        FromChild::RunFailed { failure, .. } => Some(failure.clone()),
        _ => None,
    })
}

#[test]
fn answers_that_end_the_run() {
    let refused = r#"{"errors":[{"errorId":1001,"message":"Invalid access token v^1.1#x"}]}"#;
    let cases = [
        (
            Answer::new(401, refused),
            "unauthorized: eBay answered 401: 1001 Invalid access token [token]",
        ),
        (Answer::new(403, ""), "forbidden: eBay answered 403"),
        (Answer::new(429, ""), "throttled: eBay answered 429"),
        (
            Answer::new(204, ""),
            "bad_data: eBay answered 204 at GET /sell/",
        ),
        (
            Answer::new(302, "").header("Location: /elsewhere"),
            "bad_data: eBay answered 302 at GET",
        ),
        (Answer::new(200, "<html>hello</html>"), "bad_data: "),
        (
            Answer::new(200, r#"{"total":1,"orders":{}}"#),
            "bad_data: orders is an object at GET",
        ),
        (
            Answer::new(200, r#"{"total":1,"orders":[{"orderId":"#),
            "incomplete: page ends early at GET",
        ),
        (
            Answer::new(200, r#"{"total":1,"orders":[{"orderId":"1"}]}"#),
            "bad_data: value is missing at GET",
        ),
    ];
    for (answer, words) in cases {
        let (port, log) = serve(move |_, _| answer.clone());
        let mut child = Child::started(&attempt(port, vec![window()]));
        let shown = failed(&child.converse()).unwrap().to_string();
        assert!(shown.starts_with(words), "{shown}");
        assert!(!shown.contains("CANARY"));
        assert_eq!(log.lock().unwrap().len(), 1, "{words}: asked again");
        assert!(child.end().status.success());
    }
}

#[test]
fn a_long_wait_is_declared() {
    let (port, _) = serve(|asked, before| match before {
        0 => Answer::new(429, "").header("Retry-After: 2"),
        _ => two_slices(asked, before),
    });
    let mut child = Child::started(&attempt(port, vec![window()]));
    let said = child.converse();
    let FromChild::Waiting { until, .. } = said[0] else {
        panic!("not waiting: {said:?}");
    };
    assert!(until > Timestamp(0));
    assert!(said.contains(&FromChild::RunDone { run: RUN }));
}

#[test]
fn a_refused_run_ends_with_the_failure_and_the_other_goes_on() {
    let (port, _) = serve(two_slices);
    let mut child = Child::started(&attempt(port, vec![window(), window()]));
    let failure = Failure::BadData {
        what: "two rows with one key".to_owned(),
        place: shared::failure::Place::default(),
    };
    let mut said = Vec::new();
    while let Some(message) = child.next() {
        match &message {
            FromChild::Batch { run: RunNo(0), .. } => child.send(&ToChild::Refused {
                run: RUN,
                failure: failure.clone(),
            }),
            FromChild::Batch { run, seq, .. } | FromChild::Checkpoint { run, seq, .. } => {
                child.send(&ToChild::Ack {
                    run: *run,
                    seq: *seq,
                });
            }
            _ => {}
        }
        said.push(message);
    }
    let echo = said.iter().find_map(|message| match message {
        FromChild::RunFailed { run: RUN, failure } => Some(failure),
        _ => None,
    });
    let echo = echo.unwrap();
    assert_eq!((echo.name(), echo.what()), (failure.name(), failure.what()));
    // The supervisor knows of no request: the child adds which one it was about.
    let request = &echo.place().unwrap().request;
    assert!(request.starts_with("GET /sell/fulfillment"), "{request}");
    assert!(said.contains(&FromChild::RunDone { run: RunNo(1) }));
    assert_eq!(said.last(), Some(&FromChild::Bye));
}

#[test]
fn a_slow_supervisor_slows_the_child() {
    // 40 orders of 60 KB: more batches than may be unacknowledged.
    let orders: Vec<String> = (0..40)
        .map(|number| {
            format!(
                r#"{{"orderId":"{number}","creationDate":"2026-06-18T12:00:00Z",
                "lastModifiedDate":"2026-06-18T12:00:00Z","lineItems":[],"x":"{}"}}"#,
                "y".repeat(60_000)
            )
        })
        .collect();
    let page = format!(r#"{{"orders":[{}],"total":40}}"#, orders.join(","));
    let (port, _) = serve(move |_, _| Answer::new(200, page.clone()));
    let mut child = Child::started(&attempt(port, vec![window()]));
    // The session of this end refuses a fifth unacknowledged frame.
    for seq in 0..4 {
        assert!(
            matches!(child.next(), Some(FromChild::Batch { .. })),
            "{seq}"
        );
    }
    for seq in 0..4 {
        child.send(&ToChild::Ack { run: RUN, seq });
    }
    let said = child.converse();
    assert!(said.len() > 4, "{said:?}");
    assert!(said.contains(&FromChild::RunDone { run: RUN }));
}
