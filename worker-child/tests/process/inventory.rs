//! The report from the network to frames.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use shared::attempt::ModeState;
use shared::id::RunNo;
use shared::time::Timestamp;
use shared::wire::message::{Counts, FromChild, Mark};

use crate::child::{Child, attempt, snapshot};
use crate::server::{Answer, Asked, serve};

const REPORT: &[u8] = include_bytes!("../../../tests/fixtures/active_inventory/report.xml");
const FAILED: &[u8] = include_bytes!("../../../tests/fixtures/active_inventory/failed.xml");
/// In the future, so that the task never gets too old.
const CREATED: &str = "2100-01-01T00:00:00.000Z";
const RUN: RunNo = RunNo(0);

/// Plays the Feed API around one file; the task is finished at the second look.
pub(crate) fn feed(file: Answer) -> impl Fn(&Asked, usize) -> Answer + Send + Sync {
    move |asked: &Asked, before| {
        let line = asked.line.as_str();
        if line.starts_with("POST ") {
            Answer::new(202, "").header("Location: https://x/sell/feed/v1/inventory_task/t-1")
        } else if line.contains("/download_result_file") {
            file.clone()
        } else if line.contains("/t-1") {
            let status = if before < 3 {
                "IN_PROCESS"
            } else {
                "COMPLETED"
            };
            let task =
                format!(r#"{{"taskId":"t-1","status":"{status}","creationDate":"{CREATED}"}}"#);
            Answer::new(200, task)
        } else {
            Answer::new(200, r#"{"total":0}"#)
        }
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn a_report_from_asking_to_bye() {
    let (port, log) = serve(feed(Answer::new(200, packed(REPORT))));
    let mut child = Child::started(&attempt(port, vec![snapshot()]));
    let said = child.converse();
    let FromChild::State {
        seq: 0,
        state: ModeState::InventoryTask { id, .. },
        ..
    } = &said[0]
    else {
        panic!("no state: {said:?}");
    };
    assert_eq!(id, "t-1");
    let FromChild::Batch { records, .. } = &said[1] else {
        panic!("no batch: {said:?}");
    };
    assert_eq!(records.len(), 4);
    assert_eq!(
        said[2..],
        [
            FromChild::Checkpoint {
                run: RUN,
                seq: 2,
                mark: Mark::Snapshot(Timestamp::parse(CREATED).unwrap()),
                counts: Counts {
                    records: 4,
                    items: 3,
                    announced: None,
                },
            },
            FromChild::State {
                run: RUN,
                seq: 3,
                state: ModeState::Idle,
            },
            FromChild::RunDone { run: RUN },
            FromChild::Bye,
        ]
    );
    assert!(child.end().status.success());
    assert_asked(&log.lock().unwrap());
}

fn assert_asked(log: &[Asked]) {
    let lines: Vec<&str> = log.iter().map(|asked| asked.line.as_str()).collect();
    assert_eq!(
        lines,
        [
            "GET /sell/feed/v1/inventory_task?feed_type=LMS_ACTIVE_INVENTORY_REPORT\
             &look_back_days=1&limit=100&offset=0",
            "POST /sell/feed/v1/inventory_task",
            "GET /sell/feed/v1/inventory_task/t-1",
            "GET /sell/feed/v1/inventory_task/t-1",
            "GET /sell/feed/v1/task/t-1/download_result_file",
        ]
    );
    let asked = &log[1];
    assert_eq!(
        asked.body,
        r#"{"schemaVersion":"1.0","feedType":"LMS_ACTIVE_INVENTORY_REPORT"}"#
    );
    assert!(
        asked
            .headers
            .contains(&"x-ebay-c-marketplace-id: EBAY_US".to_owned())
    );
    assert!(
        asked
            .headers
            .contains(&"content-type: application/json".to_owned())
    );
}

/// How the only run ended, in words, and whether a checkpoint was sent.
fn ending(file: Answer) -> (String, bool) {
    let (port, _) = serve(feed(file));
    let mut child = Child::started(&attempt(port, vec![snapshot()]));
    let said = child.converse();
    assert_eq!(said.last(), Some(&FromChild::Bye), "{said:?}");
    let failure = said.iter().find_map(|message| match message {
        FromChild::RunFailed { failure, .. } => Some(failure.to_string()),
        _ => None,
    });
    let checkpoint = said
        .iter()
        .any(|message| matches!(message, FromChild::Checkpoint { .. }));
    (failure.unwrap_or_else(|| "done".to_owned()), checkpoint)
}

#[test]
fn a_report_that_is_not_whole_is_no_snapshot() {
    let cut_xml = REPORT.len() - 30;
    let whole = packed(REPORT);
    let short = whole[..whole.len() - 3].to_vec();
    let mut wrong = whole.clone();
    let crc = whole.len() - 8;
    wrong[crc] ^= 1;
    let missing = r#"{"errors":[{"errorId":160014,"message":"No file"}]}"#;
    let cases = [
        (
            Answer::new(200, whole.clone()).cut(50),
            "transient: body was cut off after 50 bytes",
        ),
        (
            Answer::new(200, whole).cut(0),
            "transient: body was cut off after 0 bytes",
        ),
        (Answer::new(200, &REPORT[..cut_xml]), "incomplete: "),
        (Answer::new(200, short), "incomplete: "),
        (Answer::new(200, wrong), "bad_data: "),
        (
            Answer::new(200, FAILED),
            "bad_data: report carries errors: 1008 Internal error.",
        ),
        (Answer::new(200, "<html></html>"), "bad_data: "),
        (
            Answer::new(404, missing),
            "incomplete: eBay answered 404: 160014 No file at GET",
        ),
    ];
    for (file, words) in cases {
        let (failure, checkpoint) = ending(file);
        assert!(failure.starts_with(words), "{words}: {failure}");
        assert!(!checkpoint, "{words}: checkpoint");
    }
}
