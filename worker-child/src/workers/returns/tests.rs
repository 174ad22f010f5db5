//! Records held against fixtures, and details that make no sense.

use serde_json::json;

use super::*;
use crate::workers::post_order::fixtures::Fixtures;
use crate::workers::step::Item;

const FIXTURES: Fixtures = Fixtures {
    worker: "returns",
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
        (json!({}), "detail"),
        (json!({"detail": null}), "detail"),
        (json!({"detail": {}, "errors": [{"errorId": 1}]}), "errors"),
        (json!({"detail": {}, "returnId": [5]}), "returnId"),
        (
            json!({"detail": {"responseHistory": {}}}),
            "detail.detail.responseHistory",
        ),
        (
            json!({"detail": {"responseHistory": [{}, {"creationDate": {"value": "soon"}}]}}),
            "detail.detail.responseHistory[1].creationDate.value",
        ),
        (
            json!({"detail": {"itemDetail": {"itemId": 1.5}}}),
            "detail.detail.itemDetail.itemId",
        ),
        (
            json!({"detail": {"buyerLoginName": 7}}),
            "detail.detail.buyerLoginName",
        ),
        (
            json!({"detail": {}, "summary": {"state": {}}}),
            "detail.summary.state",
        ),
        (
            json!({"detail": {}, "summary": {"sellerTotalRefund": {"actualRefundAmount": 5}}}),
            "detail.summary.sellerTotalRefund.actualRefundAmount",
        ),
        (
            json!({"detail": {}, "summary": {"sellerResponseDue": {"respondByDate": [1]}}}),
            "detail.summary.sellerResponseDue.respondByDate",
        ),
    ];
    for (body, path) in cases {
        assert_eq!(fault(&body), path, "{body}");
    }
}
