//! Records held against fixtures, and details that make no sense.

use serde_json::json;

use super::*;
use crate::workers::post_order::fixtures::Fixtures;
use crate::workers::step::Item;

const FIXTURES: Fixtures = Fixtures {
    worker: "inquiries",
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
        (json!({}), "inquiryId"),
        (json!({"inquiryId": null}), "inquiryId"),
        (json!({"inquiryId": "1", "error": {"errorId": 1}}), "error"),
        (json!({"inquiryId": {}}), "inquiryId"),
        (
            json!({"inquiryId": 1, "inquiryHistoryDetails": {"history": "x"}}),
            "detail.inquiryHistoryDetails.history",
        ),
        (
            json!({"inquiryId": 1, "inquiryHistoryDetails": {"history": [{"date": 1}]}}),
            "detail.inquiryHistoryDetails.history[0].date",
        ),
        (json!({"inquiryId": 1, "itemId": 1.5}), "detail.itemId"),
        (json!({"inquiryId": 1, "status": 7}), "detail.status"),
        (json!({"inquiryId": 1, "state": []}), "detail.state"),
        (
            json!({"inquiryId": 1, "claimAmount": {"value": "much"}}),
            "detail.claimAmount.value",
        ),
        (
            json!({"inquiryId": 1, "claimAmount": {"value": 1, "currency": 1}}),
            "detail.claimAmount.currency",
        ),
        (
            json!({"inquiryId": 1, "inquiryDetails": {"creationDate": {"value": "yesterday"}}}),
            "detail.inquiryDetails.creationDate.value",
        ),
        (
            json!({"inquiryId": 1, "sellerMakeItRightByDate": true}),
            "detail.sellerMakeItRightByDate",
        ),
    ];
    for (body, path) in cases {
        assert_eq!(fault(&body), path, "{body}");
    }
}
