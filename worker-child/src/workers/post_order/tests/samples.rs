//! Bodies in the shape that eBay documents, from a folder beside the workspace: checked where it is.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::workers::fixture::shown;
use crate::workers::read::BodyKind;

/// A sample, or nothing where the folder is not. A folder that `EBAY_SAMPLES` names must be there.
fn sample(name: &str) -> Option<Json> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/ebay-samples");
    let named = std::env::var_os("EBAY_SAMPLES").map(PathBuf::from);
    if named.is_none() && !beside.is_dir() {
        return None;
    }
    let path = named.unwrap_or(beside).join("post-order").join(name);
    let text = fs::read_to_string(&path);
    let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Some(serde_json::from_str(&text).unwrap())
}

fn skipped() {
    eprintln!("SKIPPED: ../shared/ebay-samples is not there");
}

/// Reads the page as a run does; the ids that the probe asks about.
fn listed(kind: Kind, page: &Json) -> Vec<String> {
    let mut talk = Talk::new(kind, false);
    talk.begin();
    let members = page["members"].as_array().unwrap();
    for member in members {
        talk.item(member).unwrap();
    }
    let count = members.len() as u64;
    let probe = talk.around(page.clone(), Member::Array, count).unwrap();
    let ids = probed(&probe).into_iter().map(|(id, _)| id).collect();
    let done = talk.step(Reply::Needed(Vec::new())).unwrap();
    assert!(matches!(done, Step::SliceDone(_)), "{done:?}");
    ids
}

fn rows(bodies: &[BodyKind], page: &Json) -> Vec<Json> {
    let mut records = Vec::new();
    for member in page["members"].as_array().unwrap() {
        (bodies[0].records)(Item::Json(&member.to_string()), &mut records).unwrap();
    }
    records.iter().map(shown).collect()
}

#[test]
fn a_page_of_cases() {
    let Some(page) = sample("case_search_shape.json") else {
        return skipped();
    };
    assert_eq!(listed(KINDS[2], &page), ["5341241417"]);
    let rows = rows(cases::BODIES, &page);
    assert_eq!(rows[0]["payload"], json!({"summary": page["members"][0]}));
    let expected = json!({
        "order_id": null, "item_id": "355590381927", "transaction_id": "10064504641912",
        "kind": null, "state": null, "status": "OPEN", "reason": null,
        "buyer": "test_buyer", "seller": "test_seller", "amount": "143.98", "currency": "USD",
        "opened_at": "2026-08-12T03:02:45.000Z", "modified_at": "2026-08-14T03:02:45.000Z",
        "respond_by": "2026-08-20T03:02:45.000Z", "closed_at": null, "summary_version": null,
    });
    assert_eq!(rows[0]["row"], expected);
}

#[test]
fn a_page_of_inquiries() {
    let Some(page) = sample("inquiry_search_shape.json") else {
        return skipped();
    };
    assert_eq!(listed(KINDS[1], &page), ["1", "5384833027"]);
    let rows = rows(inquiries::BODIES, &page);
    let first = &rows[0]["row"];
    assert_eq!(first["status"], "CLOSED");
    assert_eq!(first["transaction_id"], "10075571665126");
    assert_eq!(
        (&first["amount"], &first["currency"]),
        (&json!("25.5"), &json!("USD"))
    );
    assert_eq!(first["modified_at"], "2026-08-14T03:02:45.000Z");
    let second = &rows[1]["row"];
    assert_eq!(second["status"], "WAITING_SELLER_RESPONSE");
    assert_eq!(second["respond_by"], "2026-09-25T00:00:00.000Z");
    assert_eq!(second["opened_at"], Json::Null);
}

#[test]
fn an_error_is_no_page() {
    let Some(body) = sample("error_envelope_documented.json") else {
        return skipped();
    };
    for kind in KINDS {
        let mut talk = Talk::new(kind, false);
        talk.begin();
        let failed = talk.around(body.clone(), Member::Absent, 0).unwrap_err();
        assert_eq!(failed.name(), "bad_data");
    }
}
