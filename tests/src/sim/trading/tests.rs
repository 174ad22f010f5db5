//! What the front door of the Trading API lets pass, and what it says to the rest.

use super::*;
use crate::sim::account::AccountSpec;

pub(crate) const NOW: i64 = 1_782_000_000_000;

/// An account with purchases and messages.
pub(crate) fn account() -> Account {
    let mut spec = AccountSpec::new("alpha", "t");
    (spec.purchases, spec.messages) = (130, 260);
    Account::new(spec, 5, NOW)
}

fn headers(call: &str) -> HeaderMap {
    let pairs = [
        (CALL_NAME, call),
        ("x-ebay-api-siteid", "77"),
        ("x-ebay-api-compatibility-level", "1423"),
        ("content-type", "text/xml"),
    ];
    let header = |(name, value): (&'static str, &str)| {
        let value = HeaderValue::from_str(value).unwrap();
        (header::HeaderName::from_static(name), value)
    };
    pairs.into_iter().map(header).collect()
}

/// A request with these elements.
pub(crate) fn body(call: &str, inside: &str) -> String {
    format!("<{call}Request xmlns=\"urn:ebay:apis:eBLBaseComponents\">{inside}</{call}Request>")
}

const SUMMARY: &str = "<DetailLevel>ReturnSummary</DetailLevel>";

fn code(headers: &HeaderMap, sent: &str, faults: &[FaultKind]) -> u32 {
    let answered = answer(&account(), headers, sent.as_bytes(), faults);
    answered.err().map_or(0, |failing| failing.code)
}

#[test]
fn headers_are_checked() {
    let good = headers("GetMyMessages");
    let sent = body("GetMyMessages", SUMMARY);
    assert_eq!(code(&good, &sent, &[]), 0);
    let cases = [
        (CALL_NAME, Some("GetItem"), 2),
        (CALL_NAME, None, 2),
        ("x-ebay-api-siteid", Some("EBAY_DE"), 37),
        ("x-ebay-api-siteid", Some("1"), 37),
        ("x-ebay-api-siteid", None, 37),
        ("x-ebay-api-compatibility-level", Some("9999"), 37),
        ("x-ebay-api-compatibility-level", None, 37),
        ("content-type", Some("application/json"), 5),
        ("content-type", None, 5),
    ];
    for (name, value, expected) in cases {
        let mut headers = good.clone();
        headers.remove(name);
        if let Some(value) = value {
            headers.insert(name, HeaderValue::from_static(value));
        }
        assert_eq!(code(&headers, &sent, &[]), expected, "{name} {value:?}");
    }
}

#[test]
fn bodies_are_checked() {
    let headers = headers("GetMyMessages");
    let cases = [
        ("{}".to_owned(), 5),
        (body("GetOrders", SUMMARY), 5),
        (body("GetMyMessages", "<DetailLevel>"), 5),
        (body("GetMyMessages", ""), 37),
    ];
    for (sent, expected) in cases {
        assert_eq!(code(&headers, &sent, &[]), expected, "{sent}");
    }
    let fault = FaultKind::AckFailure { code: 518 };
    assert_eq!(
        code(&headers, &body("GetMyMessages", SUMMARY), &[fault]),
        518
    );
}

#[test]
fn unknown_elements_are_warned_of() {
    let sent = body(
        "GetMyMessages",
        &format!("{SUMMARY}<Hotdog/><FolderID>0</FolderID>"),
    );
    let answered = answer(&account(), &headers("GetMyMessages"), sent.as_bytes(), &[]);
    let (said, warnings) = answered.unwrap();
    assert_eq!(warnings.len(), 1);
    let xml = envelope("GetMyMessages", said, &warnings, &[]);
    let xml = String::from_utf8(xml).unwrap();
    assert!(
        xml.contains("<Ack>Warning</Ack><Errors><ShortMessage>Unrecognized element &lt;Hotdog&gt;")
    );
    assert!(xml.contains("<SeverityCode>Warning</SeverityCode>"));
    assert!(xml.ends_with("</GetMyMessagesResponse>\n"));
}

#[test]
fn faults_change_what_an_answer_says_of_itself() {
    let said = || Said {
        path: &["Messages"],
        items: vec![Element::text("Message", 1), Element::text("Message", 2)],
        ..Said::default()
    };
    let text = |fault| {
        let xml = envelope("GetMyMessages", said(), &[], &[fault]);
        String::from_utf8(xml).unwrap()
    };
    let partial = text(FaultKind::AckPartialFailure {});
    assert!(partial.contains("<Ack>PartialFailure</Ack><Errors>"));
    assert!(partial.contains("<Messages><Message>1</Message></Messages>"));
    assert!(!text(FaultKind::TruncatedXml {}).contains("Response>\n"));
    assert_eq!(
        text(FaultKind::DuplicateItem {})
            .matches("<Message>1")
            .count(),
        2
    );
    let failing = String::from_utf8(failure("GetOrders", &Failing::token(false))).unwrap();
    assert!(failing.contains("<Ack>Failure</Ack>") && failing.contains("<ErrorCode>930<"));
}
