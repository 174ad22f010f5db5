//! Records held against fixtures, and details that make no sense.

use serde_json::json;

use super::*;
use crate::workers::post_order::fixtures::Fixtures;
use crate::workers::step::Item;

const FIXTURES: Fixtures = Fixtures {
    worker: "cases",
    reader,
    bodies: BODIES,
};

#[test]
fn page_and_detail_alone() {
    FIXTURES.assert_alone();
}

#[test]
fn twenty_with_their_details() {
    FIXTURES.assert_stored();
}

/// Where the body of a detail with this in it goes wrong.
fn fault(body: &Json) -> String {
    let mut out = Vec::new();
    let failed = (BODIES[1].records)(Item::Json(&body.to_string()), &mut out).unwrap_err();
    assert!(out.is_empty());
    failed.path
}

#[test]
fn details_that_make_no_sense_name_the_path() {
    let cases = [
        (json!({}), "caseId"),
        (json!({"caseId": null}), "caseId"),
        (json!({"caseId": "1", "error": [{"errorId": 1}]}), "error"),
        (json!({"caseId": {}}), "caseId"),
        (
            json!({"caseId": 1, "caseHistoryDetails": {"history": 1}}),
            "detail.caseHistoryDetails.history",
        ),
        (
            json!({"caseId": 1, "caseHistoryDetails": {"history": [{"date": {"value": 1}}]}}),
            "detail.caseHistoryDetails.history[0].date.value",
        ),
        (json!({"caseId": 1, "itemId": []}), "detail.itemId"),
        (
            json!({"caseId": 1, "transactionId": true}),
            "detail.transactionId",
        ),
        (json!({"caseId": 1, "status": 7}), "detail.status"),
        (json!({"caseId": 1, "caseType": {}}), "detail.caseType"),
        (
            json!({"caseId": 1, "escalateReason": 1}),
            "detail.escalateReason",
        ),
        (
            json!({"caseId": 1, "claimAmount": [1]}),
            "detail.claimAmount",
        ),
        (
            json!({"caseId": 1, "claimAmount": {"value": 1e300}}),
            "detail.claimAmount.value",
        ),
        (
            json!({"caseId": 1, "creationDate": {"value": "2026-13-01T00:00:00.000Z"}}),
            "detail.creationDate.value",
        ),
        (
            json!({"caseId": 1, "lastModifiedDate": 20_260_101}),
            "detail.lastModifiedDate",
        ),
    ];
    for (body, path) in cases {
        assert_eq!(fault(&body), path, "{body}");
    }
}
