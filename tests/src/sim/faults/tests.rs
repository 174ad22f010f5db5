//! When faults act, and how they are written.

use super::*;
use serde_json::json;

fn parse(value: Value) -> Result<Fault, serde_json::Error> {
    serde_json::from_value(value)
}

#[test]
fn a_fault_skips_then_acts_then_stops() {
    let mut armed = Armed::new(
        parse(json!({"path": "/order", "kind": "empty_page", "skip": 1, "times": 2})).unwrap(),
    );
    let path = "/sell/fulfillment/v1/order";
    let later = Place::of(false, path, "limit=1&offset=1", "");
    let struck: Vec<bool> = (0..5)
        .map(|_| armed.strike(path, later).is_some())
        .collect();
    assert_eq!(struck, [false, true, true, false, false]);
    let first = Place::of(false, path, "limit=1&offset=0", "");
    assert_eq!(first, Place::Orders { later: false });
    assert!(armed.strike(path, first).is_none());
}

#[test]
fn every_kind_has_the_name_of_the_protocol_and_typos_are_refused() {
    let plain = [
        "stall_headers",
        "total_changes",
        "empty_page",
        "duplicate_item",
        "report_failure",
        "wrong_crc",
        "wrong_size",
        "truncated_xml",
        "unbalanced_xml",
        "malformed_json",
        "wrong_page_type",
        "invalid_utf8",
        "not_modified_204",
        "doctype",
        "same_key_differs",
        "same_key_twice",
        "report_empty",
        "status_unknown",
        "task_lost",
    ];
    for kind in plain {
        assert!(parse(json!({"kind": kind})).is_ok(), "{kind}");
        assert!(parse(json!({"kind": kind, "oops": 1})).is_err(), "{kind}");
    }
    for value in [
        json!({"kind": "status", "status": 429, "retry_after": "1"}),
        json!({"kind": "cut_body", "after": 10}),
        json!({"kind": "stall_body", "after": 10}),
        json!({"kind": "total_lies", "by": -1}),
        json!({"kind": "truncated_zip", "drop": 4}),
        json!({"kind": "item_over_cap", "bytes": 9}),
        json!({"kind": "deep_nesting", "depth": 9}),
        json!({"kind": "post_order_error", "status": 400, "shape": "single"}),
    ] {
        assert!(parse(value.clone()).is_ok(), "{value}");
    }
    assert!(parse(json!({"kind": "status", "status": 429, "retryafter": "1"})).is_err());
}

#[test]
fn a_report_fault_leaves_other_requests_alone() {
    let mut armed = Armed::new(parse(json!({"kind": "wrong_crc"})).unwrap());
    assert!(
        armed
            .strike("/sell/feed/v1/inventory_task", Place::TaskList)
            .is_none()
    );
    let path = "/sell/feed/v1/task/7/download_result_file";
    assert_eq!(
        armed.strike(path, Place::of(false, path, "", "")),
        Some(FaultKind::WrongCrc {})
    );
}
