//! Real and documented error bodies, where a folder beside the workspace has them, to the failures
//! that they are.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "test code"
)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use fastrand::Rng;
use shared::attempt::Network;
use shared::time::Timestamp;
use worker_child::fetch::errors::parse_errors;
use worker_child::fetch::retry::{Event, Tries, Verdict, decide};
use worker_child::fetch::{Auth, Request, Shape};
use worker_child::parse::xml::Asides;
use worker_child::parse::{Caps, XmlItems, XmlStep};

/// The folder, or nothing where it is not. One that `EBAY_SAMPLES` names must be there.
fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/ebay-samples");
    let named = std::env::var_os("EBAY_SAMPLES").map(PathBuf::from);
    if named.is_none() && !beside.is_dir() {
        eprintln!("skipped: eBay's samples are not at {}", beside.display());
        return None;
    }
    Some(named.unwrap_or(beside))
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn verdict(event: Event<'_>, request: &Request) -> String {
    let network = Network {
        connect_timeout_ms: 0,
        header_timeout_ms: 0,
        retries: 0,
        retry_base_ms: 1,
        wait_budget_ms: 0,
        poll_interval_ms: 0,
        poll_budget_ms: 0,
    };
    let tries = Tries {
        retried: 0,
        budget_left: Duration::ZERO,
        now: Timestamp(0),
    };
    match decide(event, request, tries, &network, &mut Rng::with_seed(1)) {
        Verdict::Done => "done".to_owned(),
        Verdict::Refresh(failure) => format!("refresh, else {failure}"),
        Verdict::Fail(failure) => failure.to_string(),
        other @ (Verdict::Missing | Verdict::Empty | Verdict::Retry { .. }) => format!("{other:?}"),
    }
}

#[test]
fn rest_errors() {
    let Some(folder) = folder() else { return };
    let request = Request::get("/x", Shape::Object);
    let many: serde_json::Value =
        serde_json::from_slice(&read(&folder.join("errors/many_error_envelopes.json"))).unwrap();
    let part = |name: &str| many[name].to_string().into_bytes();
    let file = |name: &str| read(&folder.join(name));
    let cases = [
        (
            401,
            file("errors/rest_1001_invalid_access_token_real.json"),
            "refresh, else unauthorized: eBay answered 401: 1001 Invalid access token. Check the",
        ),
        (
            403,
            file("errors/rest_215001_missing_signature_key_real.json"),
            "forbidden: eBay answered 403: 215001 Missing x-ebay-signature-key header to fulfill",
        ),
        (
            403,
            file("errors/rest_215120_signature_validation_failed_real.json"),
            "forbidden: eBay answered 403: 215120 Signature validation failed to fulfill",
        ),
        (
            400,
            file("errors/oauth_invalid_grant.json"),
            "bad_data: eBay answered 400: invalid_grant: the provided authorization grant code",
        ),
        (
            400,
            file("post-order/error_envelope_documented.json"),
            "bad_data: eBay answered 400: 1615 ... at GET /x",
        ),
        (
            400,
            part("restful"),
            "bad_data: eBay answered 400: 1 description; 292024 Error Message; 292023 Eine gültige",
        ),
        (
            400,
            part("oauth"),
            "bad_data: eBay answered 400: Error Message: description at GET /x",
        ),
        (
            400,
            part("postOrder"),
            "bad_data: eBay answered 400: 1 Error Message at GET /x",
        ),
        (400, part("plain"), "bad_data: eBay answered 400 at GET /x"),
    ];
    for (status, body, expected) in cases {
        let errors = parse_errors(&body);
        let event = Event::Answered {
            status,
            retry_after: None,
            errors: &errors,
        };
        let verdict = verdict(event, &request);
        assert!(verdict.starts_with(expected), "{expected}\n{verdict}");
    }
}

fn asides(root: &'static str, body: &[u8]) -> Asides {
    let mut items = XmlItems::new(&[root, "Nothing"], Caps::default());
    items.feed(body);
    items.end();
    while !matches!(items.next().unwrap(), XmlStep::End) {}
    items.finish().unwrap().asides
}

#[test]
fn trading_errors() {
    let Some(folder) = folder() else { return };
    let shape = Shape::Call {
        item_path: &[],
        tells: &[],
    };
    let request = Request::post("/ws/api.dll", String::new(), shape).auth(Auth::Trading);
    let cases = [
        (
            "GeteBayOfficialTime_success.xml",
            "GeteBayOfficialTimeResponse",
            "done",
        ),
        (
            "warning_two_errors_escaped_entities.xml",
            "GeteBayOfficialTimeResponse",
            "done",
        ),
        (
            "error_37_input_invalid.xml",
            "VerifyAddItemResponse",
            "bad_data: Ack is Failure: 37 Input data for tag <Item.Currency> is invalid or missing.",
        ),
        (
            "error_21916984_invalid_iaf_2017_real.xml",
            "GetUserResponse",
            "refresh, else unauthorized: Ack is Failure: 21916984 IAF token supplied is invalid.",
        ),
        (
            "generic_response_default_ns_double_escaped.xml",
            "root",
            "bad_data: there is no Ack",
        ),
    ];
    for (name, root, expected) in cases {
        let asides = asides(root, &read(&folder.join("trading").join(name)));
        let verdict = verdict(Event::Read(&asides), &request);
        assert!(
            verdict.starts_with(expected),
            "{name}\n{expected}\n{verdict}"
        );
    }
}
