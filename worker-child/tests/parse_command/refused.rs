//! Bodies and command lines that are refused, each with its exit code and its words.

use shared::exit::ExitCode;

use crate::command::{fixture, gzip, run, zip};

fn cut(bytes: &[u8], lost: usize) -> Vec<u8> {
    bytes[..bytes.len() - lost].to_vec()
}

type Cases = Vec<(&'static str, Vec<u8>, &'static str)>;

/// Bodies of another kind.
fn other() -> Cases {
    let orders = fixture("orders", "page.json");
    let report = fixture("active_inventory", "report.xml");
    vec![
        ("orders", vec![], "empty body at byte 0"),
        ("orders", b" \n".to_vec(), "at byte 2"),
        (
            "orders",
            b"Service Unavailable".to_vec(),
            "neither zip, gzip, XML nor JSON at byte",
        ),
        (
            "orders",
            report.clone(),
            "body is XML, JSON was expected at byte 0",
        ),
        (
            "active_inventory",
            orders.clone(),
            "body is JSON, XML was expected at byte 0",
        ),
        (
            "orders",
            gzip(&report),
            "body is XML, JSON was expected at byte 0",
        ),
        (
            "orders",
            gzip(b"\n<html>"),
            "body is XML, JSON was expected at byte 1",
        ),
        (
            "orders",
            gzip(b"words"),
            "body is neither XML nor JSON at byte 0",
        ),
    ]
}

/// Bodies of the right kind that say or lack something.
fn wrong() -> Cases {
    vec![
        (
            "active_inventory",
            b"<html/>".to_vec(),
            "wrong document: root html at byte 0",
        ),
        ("orders", b"[]".to_vec(), "page is an array at byte 0"),
        (
            "orders",
            b"{}".to_vec(),
            "page has no list orders in orders at byte 2",
        ),
        (
            "orders",
            b"{\"total\":1,\"orders\":null}".to_vec(),
            "page has no list orders",
        ),
        (
            "orders",
            b"{\"orders\":{}}".to_vec(),
            "orders is an object at byte 10",
        ),
        (
            "orders",
            br#"{"errors":[{"errorId":1001,"message":"Invalid access token"}]}"#.to_vec(),
            "body carries errors: 1001 Invalid access token in errors",
        ),
        (
            "orders",
            b"{\"orders\":[{\"orderId\":}]}".to_vec(),
            "(line 1, column 12 of the item) in orders[0].orderId of item 0 at byte 22",
        ),
    ]
}

/// Bodies that are cut off or damaged.
fn broken() -> Cases {
    let orders = fixture("orders", "page.json");
    let report = fixture("active_inventory", "report.xml");
    let mut damaged = zip(&orders);
    damaged[300] ^= 1;
    vec![
        ("orders", cut(&orders, 3), "page ends early at byte 2948"),
        (
            "orders",
            gzip(&cut(&orders, 3)),
            "page ends early at byte 2948",
        ),
        (
            "orders",
            cut(&gzip(&orders), 3),
            "gzip stream ends before its checksum at byte",
        ),
        ("orders", cut(&zip(&orders), 3), "at byte"),
        ("orders", damaged, "checksum"),
        ("active_inventory", cut(&report, 30), "document ends"),
        (
            "active_inventory",
            fixture("active_inventory", "failed.xml"),
            "body carries errors: 1008 Internal error. in Errors",
        ),
    ]
}

#[test]
fn bodies_that_are_refused_say_why_and_where() {
    for (worker, body, words) in [other(), wrong(), broken()].concat() {
        let said = run(&[worker], &body);
        said.assert_code(ExitCode::Body);
        assert!(said.stderr.contains(words), "{words}: {said:?}");
        assert!(said.stderr.contains("Incomplete: "), "{words}: {said:?}");
    }
}

#[test]
fn an_empty_page_and_a_warning_are_no_errors() {
    let warned = r"<BulkDataExchangeResponses><ActiveInventoryReport/><Ack>Warning</Ack>
        <Errors><SeverityCode>Warning</SeverityCode><ErrorCode>1</ErrorCode></Errors>
        </BulkDataExchangeResponses>";
    let table = [
        ("orders", "{\"total\":0}"),
        ("orders", "{\"total\":0,\"orders\":null}"),
        ("orders", "\u{feff}{\"orders\":[]}"),
        ("active_inventory", warned),
    ];
    for (worker, body) in table {
        let said = run(&[worker], body.as_bytes());
        said.assert_code(ExitCode::Done);
        assert_eq!(
            (said.stdout.as_str(), said.stderr.as_str()),
            ("", ""),
            "{body}"
        );
    }
    let failed = warned.replace("Ack>Warning", "Ack>PartialFailure");
    let said = run(&["active_inventory"], failed.as_bytes());
    said.assert_code(ExitCode::Body);
    assert!(said.stderr.contains("Ack PartialFailure"), "{said:?}");
}

#[test]
fn a_cut_body_prints_what_came_before_and_is_never_whole() {
    for (worker, name) in [
        ("orders", "plain.json"),
        ("active_inventory", "variations.xml"),
    ] {
        let body = fixture(worker, name);
        let end = body.trim_ascii_end().len();
        let whole = run(&[worker], &body);
        whole.assert_code(ExitCode::Done);
        for at in (0..end).step_by(97).chain([end - 1]) {
            let said = run(&[worker], &body[..at]);
            said.assert_code(ExitCode::Body);
            assert!(
                whole.stdout.starts_with(&said.stdout),
                "cut at {at}: {said:?}"
            );
            assert!(
                said.stdout.is_empty() || said.stdout.ends_with('\n'),
                "cut at {at}"
            );
        }
        let said = run(&[worker], &body[..end - 20]);
        assert!(!said.stdout.is_empty(), "{said:?}");
    }
}

#[test]
fn wrong_command_lines() {
    let folder = env!("CARGO_MANIFEST_DIR");
    let table: &[(&[&str], &str)] = &[
        (&[], "<WORKER>"),
        (&["order"], "possible values: orders, active_inventory"),
        (&["orders", "--format", "xml"], "jsonl"),
        (
            &["orders", "--input", "/does/not/exist"],
            "opening /does/not/exist failed",
        ),
        (&["orders", "--input", folder], "reading the input failed"),
    ];
    for (args, words) in table {
        let said = run(args, b"");
        said.assert_code(ExitCode::Usage);
        assert!(said.stderr.contains(words), "{said:?}");
        assert_eq!(said.stdout, "");
    }
}
