//! Bad answers to the active inventory worker.

use integration_tests::sim::FaultKind;

use crate::bad_input::{Case, Says, failed, few, later, play, status};

const LIST: &str = "GET /sell/feed/v1/inventory_task?feed_type=";
const LOOK: &str = "GET /sell/feed/v1/inventory_task/task-10-";
const REPORT: &str = "GET /sell/feed/v1/task/task-10-";
const ITEM: &str = "BulkDataExchangeResponses/ActiveInventoryReport/SKUDetails";

fn case(name: &'static str, kind: FaultKind, says: Says) -> Case {
    let path = "/sell/feed/";
    Case {
        name,
        path,
        kind,
        says,
    }
}

fn report(name: &'static str, kind: FaultKind, says: Says) -> Case {
    let path = "/download_result_file";
    Case {
        path,
        ..case(name, kind, says)
    }
}

#[test]
fn refusals_and_broken_connections() {
    let broken = |what, request| failed("transient", what).on(request);
    let too_many = FaultKind::Status {
        status: 409,
        retry_after: None,
        error_id: Some(160_025),
        html: false,
    };
    let denied = || failed("forbidden", "eBay answered 403: 1100 Access denied");
    let cut = |after| FaultKind::CutBody { after };
    let quota = "eBay answered 429: 2001 Too many requests.";
    let system = "160001 There was a problem with an eBay system. (tried 3 times)";
    let silence = "no answer within 2000 ms (tried 3 times)";
    let cases = [
        case("forbidden", status(403), denied()),
        case("quota", status(429), failed("throttled", quota)),
        case(
            "later",
            later(429, "3600"),
            failed("throttled", "429: 218050"),
        ),
        case(
            "reports",
            too_many,
            failed("throttled", "eBay answered 409: 160025"),
        ),
        case("server", status(500), broken(system, LIST)),
        case(
            "cut_list",
            cut(50),
            broken("body was cut off after 50 bytes", LIST),
        ),
        report("server_report", status(503), broken(system, REPORT)),
        report("forbidden_report", status(403), denied()),
        report(
            "cut",
            cut(700),
            broken("body was cut off after 700 bytes", REPORT).at_byte(),
        ),
        report(
            "silent",
            FaultKind::StallHeaders {},
            broken(silence, REPORT),
        ),
    ];
    play("active_inventory", &cases, few);
}

#[test]
fn answers_about_reports_that_make_no_sense() {
    let bad = |what, request| failed("bad_data", what).on(request);
    let html = FaultKind::WrongPageType { html: true };
    let array = FaultKind::WrongPageType { html: false };
    let lost = failed("incomplete", "eBay answered 404: 160003").on(LOOK);
    let cases = [
        case(
            "malformed",
            FaultKind::MalformedJson {},
            bad("body is not valid JSON: EOF", LIST),
        ),
        case(
            "html",
            html,
            bad(
                "body is not valid JSON: expected value at line 1 column 1",
                LIST,
            ),
        ),
        case(
            "no_content",
            FaultKind::NotModified204 {},
            bad("eBay answered 204", LIST),
        ),
        report(
            "no_report",
            FaultKind::NotModified204 {},
            bad("eBay answered 204", REPORT),
        ),
        Case {
            path: "/inventory_task/",
            ..case("array", array, bad("body is no JSON object", LOOK))
        },
        case("lost", FaultKind::TaskLost {}, lost.under("taskId")),
    ];
    play("active_inventory", &cases, few);
}

#[test]
fn reports_that_make_no_sense() {
    let cases: Vec<Case> = archives().into_iter().chain(documents()).collect();
    play("active_inventory", &cases, few);
}

fn archives() -> [Case; 4] {
    let bad = |what| failed("bad_data", what).on(REPORT).at_byte();
    let short = |what| failed("incomplete", what).on(REPORT).at_byte();
    let cut = |drop| FaultKind::TruncatedZip { drop };
    [
        report("cut_zip", cut(400), short("archive ends within its data")),
        report(
            "no_end",
            cut(10),
            short("archive ends within its directory"),
        ),
        report(
            "crc",
            FaultKind::WrongCrc {},
            bad("wrong checksum in the archive"),
        ),
        report(
            "size",
            FaultKind::WrongSize {},
            bad("wrong size in the archive"),
        ),
    ]
}

fn documents() -> [Case; 8] {
    let bad = |what| failed("bad_data", what).on(REPORT);
    let large = |what| failed("too_large", what).on(REPORT).under(ITEM).in_item();
    let words = "report carries errors: 1008 The report could not be generated.";
    let cut = failed("incomplete", "document ends early").on(REPORT);
    let open = bad("end tag ActiveInventoryReport closes SKUDetails");
    let doctype = bad("document has a DOCTYPE").at_byte();
    let deep = FaultKind::DeepNesting { depth: 10_000 };
    let huge = FaultKind::ItemOverCap { bytes: 17 << 20 };
    let twice = bad("twice in one snapshot with different content");
    let utf8 = bad("invalid UTF-8").under(ITEM).in_item();
    [
        report(
            "failure",
            FaultKind::ReportFailure {},
            bad(words).under("Errors"),
        ),
        report(
            "cut_xml",
            FaultKind::TruncatedXml {},
            cut.under(ITEM).in_item(),
        ),
        report(
            "unbalanced",
            FaultKind::UnbalancedXml {},
            open.under(ITEM).in_item(),
        ),
        report("utf8", FaultKind::InvalidUtf8 {}, utf8),
        report("doctype", FaultKind::Doctype {}, doctype),
        report("deep", deep, large("elements nest deeper than 64")),
        report("too_large", huge, large("item longer than 16777216 bytes")),
        report("differs", FaultKind::SameKeyDiffers {}, twice),
    ]
}
