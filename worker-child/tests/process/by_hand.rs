//! `worker-child run`: an attempt without a supervisor, and the replay of what it recorded.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::{Value, json};
use shared::attempt::Attempt;
use shared::death::fingerprint;
use shared::worker::Worker;

use crate::child::{TOKEN, attempt, window};
use crate::server::{Answer, serve};

const PAGE: &str = include_str!("../../../tests/fixtures/orders/page.json");
const EMPTY: &str = include_str!("../../../tests/fixtures/orders/empty.json");

fn child(arguments: &[&str], directory: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_worker-child"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .output()
        .unwrap()
}

/// Orders of long ago: the time that the run had counts from now.
fn orders(port: u16) -> Attempt {
    let mut orders = attempt(port, vec![window()]);
    let minute = orders.started_at.plus(Duration::from_mins(1));
    for run in &mut orders.runs {
        (run.take_until, run.deadline) = (minute, minute);
    }
    orders
}

/// A directory with the orders and the token.
fn prepared(attempt: &Attempt) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    write("attempt.json", &serde_json::to_string(attempt).unwrap());
    write("token", &format!("{TOKEN}\n"));
    directory
}

fn run(directory: &Path) -> Output {
    let arguments = "run --attempt attempt.json --token-file token --recording recording";
    let arguments: Vec<&str> = arguments.split(' ').collect();
    child(&arguments, directory)
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).unwrap();
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

#[test]
fn records_and_events_are_lines_of_json() {
    let (port, log) = serve(|asked, _| {
        let first = asked.line.contains("T11%3A59%3A00");
        Answer::new(200, if first { PAGE } else { EMPTY })
    });
    let directory = prepared(&orders(port));
    let ended = run(directory.path());
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let records = lines(&ended.stdout);
    assert_eq!(records.len(), 6);
    assert_eq!(records[0]["table"], "ebay_orders");
    let events = lines(&ended.stderr);
    let named = |name: &'static str| events.iter().filter(move |event| event["event"] == name);
    assert_eq!(named("checkpoint").count(), 2, "{events:?}");
    let done: Vec<_> = named("done").collect();
    assert_eq!(*done[0], json!({ "event": "done", "worker": "orders" }));
    assert_eq!(log.lock().unwrap().len(), 2);
    let again = run(directory.path());
    assert_eq!(again.status.code(), Some(64), "the recording exists");
}

#[test]
fn what_it_recorded_can_be_replayed() {
    let (port, log) = serve(|_, _| Answer::new(200, r#"{"total":1,"orders":{}}"#));
    let directory = prepared(&orders(port));
    let ended = run(directory.path());
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let failed = lines(&ended.stderr).pop().unwrap();
    assert_eq!(failed["event"], "failed");
    let failure = &failed["failure"];
    let what = failure["bad_data"]["what"].as_str().unwrap();
    let nothing = json!({
        "cause": { "kind": "completed" },
        "confidence": "proven",
        "evidence": [],
        "culprit": null,
        "culprit_confidence": "unknown",
    });
    let mut report = json!({
        "id": "1-orders",
        "worker": "orders",
        "build": "x",
        "verdict": nothing,
        "failure": failure,
        "limits": null,
        "slot": "normal",
        "fingerprint": fingerprint(Worker::Orders, "bad_data", "ended", what),
        "something_new": 1,
    });
    let path = directory.path().join("report.json");
    let orders = directory.path().join("recording.json");
    fs::rename(orders, directory.path().join("attempt.json")).unwrap();
    let asked = log.lock().unwrap().len();
    let mut replay = |change: &str, value: Value| {
        report[change] = value;
        fs::write(&path, report.to_string()).unwrap();
        let ended = child(&["replay", "."], directory.path());
        (
            ended.status.code(),
            String::from_utf8(ended.stdout).unwrap(),
        )
    };
    let (code, text) = replay("something_new", json!(2));
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("1-orders: ended the same way\n"), "{text}");
    let (code, text) = replay("fingerprint", json!("0123456789abcdef"));
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("orders failed with \"bad_data: "), "{text}");
    assert_eq!(
        log.lock().unwrap().len(),
        asked,
        "nothing was asked of eBay"
    );
}

#[test]
fn what_is_not_there_is_told() {
    let directory = prepared(&orders(1));
    let cases: [(&[&str], &str); 4] = [
        (&["run", "--attempt", "nothing"], "reading nothing: "),
        (&["run", "--attempt", "token"], "token makes no sense: "),
        (
            &[
                "run",
                "--attempt",
                "attempt.json",
                "--token-file",
                "/dev/null",
            ],
            "reading the token failed: there is none",
        ),
        (&["replay", "."], "reading ./report.json failed: "),
    ];
    for (arguments, expected) in cases {
        let ended = child(arguments, directory.path());
        assert_eq!(ended.status.code(), Some(64), "{arguments:?}");
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(said.contains(expected), "{said}");
    }
}
