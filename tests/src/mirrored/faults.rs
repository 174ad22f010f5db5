//! What can go wrong with an answer of eBay, at random.

use fastrand::Rng;

use crate::sim::{Fault, FaultKind};

fn status(status: u16, retry_after: Option<&str>, error_id: Option<u32>) -> FaultKind {
    FaultKind::Status {
        status,
        retry_after: retry_after.map(str::to_owned),
        error_id,
        html: status == 502,
    }
}

/// What can go wrong with any answer.
fn anywhere(rng: &mut Rng) -> FaultKind {
    let kinds = [
        status(500, None, None),
        status(502, None, None),
        status(503, Some("0"), None),
        status(403, None, None),
        status(429, Some("0"), Some(218_050)),
        FaultKind::NotModified204 {},
        FaultKind::CutBody {
            after: rng.u64(..900),
        },
    ];
    rng.choice(kinds).unwrap()
}

/// What can go wrong with a JSON page.
fn on_a_page(rng: &mut Rng) -> FaultKind {
    let kinds = [
        FaultKind::TotalLies { by: 1 },
        FaultKind::TotalLies { by: -1 },
        FaultKind::TotalChanges {},
        FaultKind::EmptyPage {},
        FaultKind::DuplicateItem {},
        FaultKind::MalformedJson {},
        FaultKind::WrongPageType { html: rng.bool() },
        FaultKind::InvalidUtf8 {},
        FaultKind::DeepNesting { depth: 10_000 },
    ];
    rng.choice(kinds).unwrap()
}

/// What can go wrong with a report and the task that makes it.
fn with_a_report(rng: &mut Rng) -> FaultKind {
    let kinds = [
        status(409, None, Some(160_025)),
        FaultKind::MalformedJson {},
        FaultKind::WrongPageType { html: rng.bool() },
        FaultKind::TruncatedZip {
            drop: 1 + rng.usize(..200),
        },
        FaultKind::WrongCrc {},
        FaultKind::WrongSize {},
        FaultKind::TruncatedXml {},
        FaultKind::UnbalancedXml {},
        FaultKind::InvalidUtf8 {},
        FaultKind::DeepNesting { depth: 10_000 },
        FaultKind::Doctype {},
        FaultKind::SameKeyTwice {},
        FaultKind::ReportFailure {},
        FaultKind::StatusUnknown {},
        FaultKind::TaskLost {},
    ];
    rng.choice(kinds).unwrap()
}

/// What can go wrong with a Trading answer.
fn in_a_call(rng: &mut Rng) -> FaultKind {
    let kinds = [
        FaultKind::TotalLies { by: 1 },
        FaultKind::TotalLies { by: -1 },
        FaultKind::EmptyPage {},
        FaultKind::DuplicateItem {},
        FaultKind::TruncatedXml {},
        FaultKind::UnbalancedXml {},
        FaultKind::InvalidUtf8 {},
        FaultKind::DeepNesting { depth: 10_000 },
        FaultKind::Doctype {},
    ];
    rng.choice(kinds).unwrap()
}

/// Of one API, with the text that its paths have.
type Own = (&'static str, fn(&mut Rng) -> FaultKind);

/// Any fault of any API, for one to five requests.
pub fn any(rng: &mut Rng) -> Fault {
    let apis: [Own; 6] = [
        ("/fulfillment/", on_a_page),
        ("/feed/", with_a_report),
        ("/sell/inventory/", on_a_page),
        ("/finances/", on_a_page),
        ("/post-order/", on_a_page),
        ("/ws/api.dll", in_a_call),
    ];
    let (path, own) = rng.choice(apis).unwrap();
    let kind = if rng.u32(..3) == 0 {
        anywhere(rng)
    } else {
        own(rng)
    };
    Fault {
        path: path.to_owned(),
        kind,
        skip: rng.u32(..4) / 2,
        times: rng.u32(1..6),
    }
}
