//! Bad answers to the orders worker.

use integration_tests::sim::FaultKind;

use crate::bad_input::{Case, Says, failed, few, later, play, status, two_pages};

const ORDER: &str = "GET /sell/fulfillment/v1/order?filter=lastmodifieddate:[";

fn case(name: &'static str, kind: FaultKind, says: Says) -> Case {
    let path = "/sell/fulfillment/";
    Case {
        name,
        path,
        kind,
        says,
    }
}

#[test]
fn refusals_and_broken_connections() {
    let broken = |what| failed("transient", what).on(ORDER);
    let html = FaultKind::Status {
        status: 503,
        retry_after: None,
        error_id: None,
        html: true,
    };
    let cut = FaultKind::CutBody { after: 5_000 };
    let quota = "eBay answered 429: 2001 Too many requests.";
    let cases = [
        case(
            "forbidden",
            status(403),
            failed("forbidden", "403: 1100 Access denied"),
        ),
        case("quota", status(429), failed("throttled", quota)),
        case(
            "later",
            later(429, "3600"),
            failed("throttled", "429: 218050"),
        ),
        case(
            "server",
            status(500),
            broken("500: 30500 System error (tried 3 times)"),
        ),
        case("gateway", html, broken("eBay answered 503 (tried 3 times)")),
        case("cut", cut, broken("body was cut off after 5000 bytes")),
        case(
            "silent",
            FaultKind::StallHeaders {},
            broken("no answer within 2000 ms (tried 3 times)"),
        ),
    ];
    play("orders", &cases, few);
}

#[test]
fn totals_that_do_not_add_up() {
    let short = |what| failed("incomplete", what).on(ORDER).under("total");
    let cases = [
        case(
            "lies_more",
            FaultKind::TotalLies { by: 1 },
            short("the page at offset 232 is empty, total is 233"),
        ),
        case(
            "lies_less",
            FaultKind::TotalLies { by: -1 },
            short("232 different items came, total is 231"),
        ),
        case(
            "changes",
            FaultKind::TotalChanges {},
            short("total went from 232 to 233"),
        ),
        case(
            "empty_page",
            FaultKind::EmptyPage {},
            short("the page at offset 200 is empty, total is 232"),
        ),
    ];
    play("orders", &cases, two_pages);
}

#[test]
fn bodies_that_make_no_sense() {
    let bad = |what| failed("bad_data", what).on(ORDER);
    let large = |what| {
        failed("too_large", what)
            .on(ORDER)
            .under("orders[0]")
            .in_item()
    };
    let short = failed("incomplete", "page ends early").on(ORDER);
    let object = FaultKind::WrongPageType { html: false };
    let html = FaultKind::WrongPageType { html: true };
    let huge = FaultKind::ItemOverCap { bytes: 17 << 20 };
    let deep = FaultKind::DeepNesting { depth: 10_000 };
    let utf8 = bad("invalid UTF-8").under("orders[0]").in_item();
    let cases = [
        case(
            "malformed",
            FaultKind::MalformedJson {},
            short.under("orders[21]").at_byte(),
        ),
        case("object", object, bad("orders is an object").at_byte()),
        case("html", html, bad("page is no JSON object").at_byte()),
        case("too_large", huge, large("item longer than 16777216 bytes")),
        case("deep", deep, large("values nest deeper than 64")),
        case("utf8", FaultKind::InvalidUtf8 {}, utf8),
        case(
            "no_content",
            FaultKind::NotModified204 {},
            bad("eBay answered 204"),
        ),
    ];
    play("orders", &cases, few);
}
