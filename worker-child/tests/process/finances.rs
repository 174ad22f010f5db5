//! Transactions and finances from the network to frames.

use shared::failure::Failure;
use shared::id::RunNo;
use shared::table::Table;
use shared::wire::message::FromChild;
use shared::worker::Worker;

use crate::child::{Child, attempt, window};
use crate::server::{Answer, Asked, Log, serve};

const PAGE: &[u8] = include_bytes!("../../../tests/fixtures/finances/page.json");
const PAYOUTS: &[u8] = include_bytes!("../../../tests/fixtures/finances/payouts.json");
const WORKERS: [Worker; 2] = [Worker::Transactions, Worker::Finances];

/// What a worker said, and what it asked.
fn run(
    worker: Worker,
    answer: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static,
) -> (Vec<FromChild>, Log) {
    let (port, log) = serve(answer);
    let mut attempt = attempt(port, vec![window()]);
    "http://127.0.0.1:9".clone_into(&mut attempt.endpoints.api);
    attempt.runs[0].worker = worker;
    let mut child = Child::started(&attempt);
    let said = child.converse();
    assert!(child.end().status.success());
    (said, log)
}

fn nothing(_: &Asked, _: usize) -> Answer {
    Answer::new(204, "")
}

#[test]
fn empty_windows_are_success() {
    for worker in WORKERS {
        let (said, log) = run(worker, nothing);
        let checkpoints = said.iter().filter_map(|message| match message {
            FromChild::Checkpoint { counts, .. } => Some((counts.records, counts.items)),
            _ => None,
        });
        assert_eq!(
            checkpoints.collect::<Vec<_>>(),
            [(0, 0), (0, 0)],
            "{worker}"
        );
        assert!(said.contains(&FromChild::RunDone { run: RunNo(0) }));
        let log = log.lock().unwrap();
        let lists = if worker == Worker::Finances { 4 } else { 2 };
        assert_eq!(log.len(), lists, "{worker}");
        let bearer = "authorization: Bearer v^1.1#i^1#CANARY".to_owned();
        assert!(log.iter().all(|asked| asked.headers.contains(&bearer)));
    }
}

#[test]
fn a_span_of_both_lists() {
    let (said, log) = run(Worker::Finances, |asked, before| match before {
        0 => Answer::new(200, PAGE),
        1 => Answer::new(200, PAYOUTS),
        _ => nothing(asked, before),
    });
    let FromChild::Batch { records, .. } = &said[0] else {
        panic!("no batch: {said:?}");
    };
    let count = |table| records.iter().filter(|one| one.table == table).count();
    assert_eq!(count(Table::FinancesTransactions), 3);
    assert_eq!(count(Table::FinancesFees), 5);
    assert_eq!(count(Table::Payouts), 2);
    let FromChild::Checkpoint { counts, .. } = &said[1] else {
        panic!("no checkpoint: {said:?}");
    };
    assert_eq!(
        (counts.records, counts.items, counts.announced),
        (10, 5, None)
    );
    assert_eq!(
        log.lock().unwrap()[1].line,
        "GET /sell/finances/v1/payout?filter=payoutDate%3A%5B2026-06-18T11%3A59%3A00.000Z\
         ..2026-06-18T12%3A29%3A59.999Z%5D&limit=200&offset=0"
    );
}

/// The failure of the run, which must not have moved its cursor.
fn failed(said: &[FromChild]) -> Failure {
    let moved = |message: &FromChild| matches!(message, FromChild::Checkpoint { .. });
    assert!(!said.iter().any(moved), "{said:?}");
    let failure = said.iter().find_map(|message| match message {
        FromChild::RunFailed { failure, .. } => Some(failure.clone()),
        _ => None,
    });
    failure.unwrap()
}

/// Each worker ends its run with these words.
fn assert_fails(cases: &[(Answer, &str)]) {
    for worker in WORKERS {
        for (answer, words) in cases {
            let answer = answer.clone();
            let (said, _) = run(worker, move |_, _| answer.clone());
            let shown = failed(&said).to_string();
            assert!(shown.starts_with(words), "{worker}: {shown}");
        }
    }
}

#[test]
fn refusals_end_the_run() {
    let error = |status, body: &str| Answer::new(status, format!(r#"{{"errors":[{body}]}}"#));
    assert_fails(&[
        (
            error(401, r#"{"errorId":1001,"message":"Invalid access token"}"#),
            "unauthorized: eBay answered 401: 1001 Invalid access token",
        ),
        (Answer::new(403, ""), "forbidden: eBay answered 403"),
        (
            error(403, r#"{"errorId":215001,"message":"Missing key"}"#),
            "forbidden: eBay answered 403: 215001 Missing key",
        ),
        (
            error(429, r#"{"errorId":2001,"message":"Too many requests."}"#),
            "throttled: eBay answered 429: 2001 Too many requests.",
        ),
        (
            error(400, r#"{"errorId":135008,"message":"no date"}"#),
            "bad_data: eBay answered 400: 135008 no date",
        ),
        (
            error(500, r#"{"errorId":135000,"message":"a problem"}"#),
            "transient: eBay answered 500: 135000 a problem (tried 3 times)",
        ),
    ]);
}

#[test]
fn bodies_that_end_the_run() {
    let page = |head: &str| {
        let item = r#"{"transactionId":"1","transactionType":"SALE","bookingEntry":"CREDIT",
            "transactionDate":"2026-06-18T12:00:00Z"}"#;
        Answer::new(200, format!(r#"{{{head}"transactions":[{item}]}}"#))
    };
    let body = |text: &str| Answer::new(200, text);
    assert_fails(&[
        (page("").cut(60), "transient: body was cut off after 60"),
        (
            body(r#"{"transactions":[{"transactionId":"#),
            "incomplete: page ends early",
        ),
        (body(""), "incomplete: "),
        (
            page(r#""total":2,"#),
            "incomplete: 1 different items came, total is 2",
        ),
        (
            page(r#""next":"/2","#),
            "incomplete: 1 items came more than once",
        ),
        (page(r#""total":"1","#), "bad_data: total is not a count"),
        (body("{}"), "bad_data: transactions is missing"),
        (
            body(r#"{"total":1,"transactions":[{"transactionId":"1"}]}"#),
            "bad_data: value is missing",
        ),
    ]);
}

#[test]
fn payouts_that_fail_end_the_run_although_the_transactions_came() {
    let cases = [
        (Answer::new(500, ""), "transient: eBay answered 500"),
        (Answer::new(200, "{}"), "bad_data: payouts is missing"),
        (
            Answer::new(200, r#"{"total":2,"payouts":[]}"#),
            "incomplete: the page at offset 0 is empty, total is 2",
        ),
    ];
    for (answer, words) in cases {
        let (said, _) = run(Worker::Finances, move |asked, _| {
            if asked.line.contains("/payout") {
                return answer.clone();
            }
            Answer::new(200, PAGE)
        });
        let shown = failed(&said).to_string();
        assert!(shown.starts_with(words), "{shown}");
    }
}
