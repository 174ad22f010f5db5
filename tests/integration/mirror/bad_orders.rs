//! Bad answers to the orders worker.

use integration_tests::sim::FaultKind;

use crate::bad_input::{Case, failed, later, play, status, two_pages};

const ORDER: &str = "GET /sell/fulfillment/v1/order?filter=lastmodifieddate";

fn case(
    name: &'static str,
    kind: FaultKind,
    decision: &'static str,
    says: crate::bad_input::Says,
) -> Case {
    Case {
        name,
        path: "/sell/fulfillment/",
        kind,
        says,
        decision,
    }
}

#[test]
fn refusals_and_broken_connections() {
    let broken = |what| failed("transient", what).on(ORDER);
    let cases = [
        case(
            "forbidden",
            status(403),
            "backoff",
            failed("forbidden", "403: 1100 Access denied"),
        ),
        case(
            "quota",
            status(429),
            "snooze",
            failed("throttled", "429: 2001 Too many requests."),
        ),
        case(
            "later",
            later(429, "3600"),
            "snooze",
            failed("throttled", "429: 218050"),
        ),
        case(
            "server",
            status(500),
            "backoff",
            broken("500: 30500 System error (tried 3 times)"),
        ),
        case(
            "gateway",
            FaultKind::Status {
                status: 503,
                retry_after: None,
                error_id: None,
                html: true,
            },
            "backoff",
            broken("eBay answered 503 (tried 3 times)"),
        ),
        case(
            "cut",
            FaultKind::CutBody { after: 5_000 },
            "backoff",
            broken("body was cut off after 5000 bytes"),
        ),
        case("silent", FaultKind::StallHeaders {}, "backoff", broken("")),
    ];
    play(
        "orders",
        &cases,
        "",
        two_pages,
    );
}

#[test]
fn bodies_that_make_no_sense() {
    let cases = [
        case(
            "lies_more",
            FaultKind::TotalLies { by: 1 },
            "backoff",
            failed("incomplete", "total is").on(ORDER).under("total"),
        ),
        case(
            "lies_less",
            FaultKind::TotalLies { by: -1 },
            "backoff",
            failed("incomplete", "total is").on(ORDER).under("total"),
        ),
        case(
            "changes",
            FaultKind::TotalChanges {},
            "backoff",
            failed("incomplete", "total went from")
                .on(ORDER)
                .under("total"),
        ),
        case(
            "empty_page",
            FaultKind::EmptyPage {},
            "backoff",
            failed("incomplete", "the page at offset 200 is empty")
                .on(ORDER)
                .under("total"),
        ),
        case(
            "malformed",
            FaultKind::MalformedJson {},
            "backoff",
            failed("incomplete", "").on(ORDER).at_byte(),
        ),
        case(
            "object",
            FaultKind::WrongPageType { html: false },
            "backoff",
            failed("bad_data", "").on(ORDER),
        ),
        case(
            "html",
            FaultKind::WrongPageType { html: true },
            "backoff",
            failed("bad_data", "page is no JSON object")
                .on(ORDER)
                .at_byte(),
        ),
        case(
            "too_large",
            FaultKind::ItemOverCap { bytes: 17 << 20 },
            "backoff",
            failed("too_large", "").on(ORDER).in_item(),
        ),
        case(
            "deep",
            FaultKind::DeepNesting { depth: 10_000 },
            "backoff",
            failed("too_large", "").on(ORDER).in_item(),
        ),
        case(
            "utf8",
            FaultKind::InvalidUtf8 {},
            "backoff",
            failed("bad_data", "invalid UTF-8").on(ORDER).in_item(),
        ),
        case(
            "no_content",
            FaultKind::NotModified204 {},
            "backoff",
            failed("bad_data", "eBay answered 204").on(ORDER),
        ),
    ];
    play("orders", &cases, "", two_pages);
}
