//! Every kind of answer, and what is done about it.

use super::*;
use crate::parse::xml::AsideError;

const NOW: Timestamp = Timestamp(784_111_777_000); // Sun, 06 Nov 1994 08:49:37 GMT

fn network() -> Network {
    Network {
        connect_timeout_ms: 0,
        header_timeout_ms: 0,
        retries: 3,
        retry_base_ms: 100,
        wait_budget_ms: 60_000,
        poll_interval_ms: 0,
        poll_budget_ms: 0,
    }
}

fn judge(event: Event<'_>, request: &Request, retried: u32, budget_s: u64) -> String {
    let tries = Tries {
        retried,
        budget_left: Duration::from_secs(budget_s),
        now: NOW,
    };
    match decide(event, request, tries, &network(), &mut Rng::with_seed(1)) {
        Verdict::Done => "done".to_owned(),
        Verdict::Missing => "missing".to_owned(),
        Verdict::Empty => "empty".to_owned(),
        Verdict::Retry { after, counted } if !counted => format!("wait {after:?}"),
        Verdict::Retry { .. } => "retry".to_owned(),
        Verdict::Refresh(failure) => format!("refresh, else {failure}"),
        Verdict::Fail(failure) => failure.to_string(),
    }
}

fn page() -> Request {
    Request::get("/o", Shape::Page { member: "orders" })
}

fn call() -> Request {
    let shape = Shape::Call {
        item_path: &["R"],
        tells: &[],
    };
    let request = Request::post("/ws/api.dll", String::new(), shape);
    request.auth(Auth::Trading).may_be_missing()
}

#[test]
fn trading_answers() {
    let asides = |ack: &str, code: &str| Asides {
        acks: vec![ack.to_owned()],
        errors: vec![AsideError {
            code: code.to_owned(),
            short: "m".to_owned(),
            ..AsideError::default()
        }],
        error_count: 1,
    };
    let good = Asides {
        acks: vec!["Success".to_owned()],
        ..Asides::default()
    };
    let strict = Request {
        may_be_missing: false,
        ..call()
    };
    #[rustfmt::skip]
    let cases = [
        (good, call(), "done"),
        (asides("Failure", "340"), call(), "missing"),
        (asides("Failure", "340"), strict, "bad_data: Ack is Failure: 340 m at POST /ws/api.dll"),
        (asides("Failure", "37"), call(), "bad_data: Ack is Failure: 37 m at POST /ws/api.dll"),
        (asides("PartialFailure", "1"), call(), "bad_data: Ack is PartialFailure: 1 m at POST /ws/api.dll"),
        (asides("Failure", "932"), call(), "refresh, else unauthorized: Ack is Failure: 932 m"),
        (asides("Failure", "841"), call(), "forbidden: Ack is Failure: 841 m"),
        (asides("Failure", "518"), call(), "throttled: Ack is Failure: 518 m (until 1994-11-07T08:00:00.000Z)"),
        (asides("Failure", "10007"), call(), "retry"),
    ];
    for (asides, request, expected) in cases {
        let verdict = judge(Event::Read(&asides), &request, 0, 60);
        assert_eq!(verdict, expected);
    }
    let internal = asides("Failure", "10007");
    assert_eq!(
        judge(Event::Read(&internal), &call(), 3, 60),
        "transient: Ack is Failure: 10007 m (tried 4 times) at POST /ws/api.dll"
    );
}

#[test]
fn statuses() {
    let error = |id: i64| match id {
        0 => Vec::new(),
        id => vec![ApiError {
            id: Some(id),
            message: "m".to_owned(),
        }],
    };
    let task = Request::post("/t", String::new(), Shape::Nothing);
    let file = page().may_be_missing();
    let offer = page().missing_as(25_713);
    let call = call();
    let offers = Request::get("/sell/inventory/v1/offer", Shape::Object);
    #[rustfmt::skip]
    let cases = [
        (200, None, 0, &page(), "done"),
        (202, None, 0, &task, "done"),
        (204, None, 0, &task, "done"),
        (204, None, 0, &page(), "bad_data: eBay answered 204 at GET /o"),
        (206, None, 0, &page(), "bad_data: eBay answered 206 at GET /o"),
        (302, None, 0, &page(), "bad_data: eBay answered 302 at GET /o"),
        (400, None, 31100, &page(), "bad_data: eBay answered 400: 31100 m at GET /o"),
        (401, None, 1001, &page(), "refresh, else unauthorized: eBay answered 401: 1001 m"),
        (401, None, 0, &call, "refresh, else unauthorized: eBay answered 401"),
        (403, None, 0, &page(), "forbidden: eBay answered 403"),
        (403, None, 1100, &offers, "refresh, else forbidden: eBay answered 403: 1100 m"),
        (404, None, 160_014, &file, "missing"),
        (404, None, 25_713, &offer, "missing"),
        (404, None, 25_710, &offer, "bad_data: eBay answered 404: 25710 m at GET /o"),
        (404, None, 0, &call, "bad_data: eBay answered 404 at POST /ws/api.dll"),
        (404, None, 0, &page(), "bad_data: eBay answered 404 at GET /o"),
        (408, None, 0, &page(), "retry"),
        (409, None, 160_025, &task, "throttled: eBay answered 409: 160025 m"),
        (409, None, 1, &task, "bad_data: eBay answered 409: 1 m at POST /t"),
        (429, None, 0, &page(), "throttled: eBay answered 429"),
        (429, Some("7"), 2001, &page(), "throttled: eBay answered 429: 2001 m (until 1994-11-07T08:00:00.000Z)"),
        (429, None, 2001, &page(), "throttled: eBay answered 429: 2001 m (until 1994-11-07T08:00:00.000Z)"),
        (429, Some("7"), 0, &page(), "wait 7s"),
        (429, Some("0"), 0, &page(), "wait 100ms"),
        (429, Some("Sun, 06 Nov 1994 08:49:40 GMT"), 0, &page(), "wait 3s"),
        (429, Some("Sun, 06 Nov 1994 08:00:00 GMT"), 0, &page(), "wait 100ms"),
        (429, Some("soon"), 0, &page(), "throttled: eBay answered 429"),
        (429, Some("61"), 0, &page(), "throttled: eBay answered 429 (until 1994-11-06T08:50:38.000Z)"),
        (500, None, 0, &page(), "retry"),
        (503, None, 0, &page(), "retry"),
    ];
    for (status, retry_after, id, request, expected) in cases {
        let errors = error(id);
        let event = Event::Answered {
            status,
            retry_after,
            errors: &errors,
        };
        assert_eq!(
            judge(event, request, 0, 60),
            expected,
            "{status} {retry_after:?}"
        );
    }
}

#[test]
fn tries_and_budget_end() {
    let cut = Event::Broken("connection reset");
    assert_eq!(judge(cut, &page(), 2, 60), "retry");
    assert_eq!(
        judge(cut, &page(), 3, 60),
        "transient: connection reset (tried 4 times) at GET /o"
    );
    assert_eq!(
        judge(cut, &page(), 0, 0),
        "transient: connection reset at GET /o",
        "no budget left"
    );
}

#[test]
fn backoff_grows_and_is_bounded() {
    let mut rng = Rng::with_seed(7);
    let patient = Network {
        retries: u32::MAX,
        ..network()
    };
    for retried in [0, 1, 5, 20, 31, 200] {
        let bound = Duration::from_millis(100)
            .saturating_mul(1_u32.checked_shl(retried).unwrap_or(u32::MAX))
            .min(MAX_BACKOFF);
        let mut longest = Duration::ZERO;
        for _ in 0..200 {
            let tries = Tries {
                retried,
                budget_left: Duration::MAX,
                now: NOW,
            };
            let verdict = decide(Event::Broken("x"), &page(), tries, &patient, &mut rng);
            let Verdict::Retry { after, .. } = verdict else {
                panic!("gave up: {verdict:?}");
            };
            assert!(after <= bound, "{after:?} over {bound:?}");
            longest = longest.max(after);
        }
        assert!(longest > bound / 2, "{longest:?} is far from {bound:?}");
    }
}
