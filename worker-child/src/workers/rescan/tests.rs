//! Spans, their order and their end, with a reader that only notes what it is asked.

use serde_json::Map;
use shared::wire::message::Probed;

use super::*;
use crate::fetch::request::{Request, Shape};
use crate::parse::json::Member;
use crate::workers::read::Next;
use crate::workers::step::{Page, Probe};

const DAY: i64 = 24 * 3_600_000;

/// Asks for a page named after the span; a page of n items announces as many, one of 13 contradicts
/// itself, and one of 7 is probed.
#[derive(Debug, Default)]
struct Reader;

impl Reader {
    fn ask(kind: &str, span: Span) -> Request {
        Request::get(
            format!("{kind} {}..{}", span.first.0, span.last.0),
            Shape::Object,
        )
    }
}

impl ReadSpan for Reader {
    fn begin(&mut self, span: Span) -> Request {
        Self::ask("all", span)
    }

    fn begin_open(&mut self, span: Span) -> Request {
        Self::ask("open", span)
    }

    fn keyed(&self) -> Option<Keyed> {
        None
    }

    fn passed_over(&mut self, _id: &str) {}

    fn next(&mut self, reply: Reply) -> Result<Next, Failure> {
        if reply == Reply::Empty {
            return Ok(Next::Complete(Total::default()));
        }
        let Reply::Page(page) = reply else {
            return Err(unexpected(&reply));
        };
        Ok(match page.items {
            13 => Next::Again("thirteen".to_owned()),
            7 => Next::Probe(probe()),
            items => Next::Complete(Total {
                items,
                announced: Some(items),
            }),
        })
    }

    fn records(&mut self, _: Item<'_>, _: &mut Vec<Record>) -> Result<(), ParseError> {
        Ok(())
    }
}

fn probe() -> Probe {
    Probe {
        table: shared::table::Table::Cases,
        items: vec![Probed {
            key: vec!["1".to_owned()],
            version: "v".to_owned(),
        }],
    }
}

fn order(open_from: i64, from: i64, until: i64) -> RescanOrder {
    RescanOrder {
        from: Timestamp(from),
        open_from: Timestamp(open_from),
        until: Timestamp(until),
    }
}

fn page(items: u64) -> Reply {
    Reply::Page(Page {
        members: Map::new(),
        list: Member::Array,
        items,
    })
}

fn rescanned(order: RescanOrder, take_until: i64) -> Rescanned<Reader> {
    Rescanned::new(order, Timestamp(take_until), Reader)
}

fn asked(step: &Step) -> &str {
    let Step::Fetch(request) = step else {
        panic!("no request: {step:?}");
    };
    &request.path
}

fn step(rescanned: &mut Rescanned<Reader>, reply: Reply) -> Step {
    rescanned.step(reply, Timestamp(0)).unwrap()
}

#[test]
fn spans_go_back_in_time_and_are_no_wider_than_90_days() {
    let (from, until) = (100 * DAY, 200 * DAY);
    // (order, spans, why)
    let cases: [(_, &[String], _); 6] = [
        (
            order(from - 95 * DAY, from, until),
            &[
                format!("all {}..{}", 110 * DAY, until - 1),
                format!("all {from}..{}", 110 * DAY - 1),
                format!("open {}..{}", 10 * DAY, from - 1),
                format!("open {}..{}", 5 * DAY, 10 * DAY - 1),
            ],
            "the recent past whole, then what is older and open",
        ),
        (
            order(from, from, from + 90 * DAY),
            &[format!("all {from}..{}", from + 90 * DAY - 1)],
            "exactly 90 days are one span",
        ),
        (
            order(from, from, from + 1),
            &[format!("all {from}..{from}")],
            "a single moment",
        ),
        (
            order(from, until, until),
            &[
                format!("open {}..{}", 110 * DAY, until - 1),
                format!("open {from}..{}", 110 * DAY - 1),
            ],
            "nothing recent",
        ),
        (order(until, until, until), &[], "nothing at all"),
        (
            order(until, until, from),
            &[],
            "until before from: a clock that went back",
        ),
    ];
    for (order, spans, why) in cases {
        let mut rescanned = rescanned(order, i64::MAX);
        let mut next = step(&mut rescanned, Reply::Go);
        for span in spans {
            assert_eq!(asked(&next), span, "{why}");
            next = step(&mut rescanned, page(2));
        }
        let items = 2 * spans.len() as u64;
        let completed = Completed {
            mark: Mark::Rescan(order.until),
            items,
            announced: Some(items),
        };
        assert_eq!(next, Step::SliceDone(completed), "{why}");
        assert_eq!(step(&mut rescanned, Reply::Go), Step::Done, "{why}");
    }
}

#[test]
fn no_span_begins_after_take_until_and_then_there_is_no_checkpoint() {
    let mut late = rescanned(order(0, 0, DAY), 5);
    assert_eq!(late.step(Reply::Go, Timestamp(6)).unwrap(), Step::Done);

    let mut half = rescanned(order(0, 0, 100 * DAY), 5);
    half.step(Reply::Go, Timestamp(5)).unwrap();
    assert_eq!(half.step(page(1), Timestamp(6)).unwrap(), Step::Done);

    let mut last = rescanned(order(0, 0, DAY), 5);
    last.step(Reply::Go, Timestamp(5)).unwrap();
    let done = last.step(page(1), Timestamp(6)).unwrap();
    assert!(
        matches!(done, Step::SliceDone(_)),
        "what was read whole is committed: {done:?}"
    );
}

#[test]
fn a_span_that_contradicts_itself_is_read_once_more_in_its_own_way() {
    for (order, span) in [
        (order(0, 0, DAY), "all 0..86399999"),
        (order(0, DAY, DAY), "open 0..86399999"),
    ] {
        let mut rescanned = rescanned(order, i64::MAX);
        assert_eq!(asked(&step(&mut rescanned, Reply::Go)), span);
        assert_eq!(asked(&step(&mut rescanned, page(13))), span);
        let failed = rescanned.step(page(13), Timestamp(0)).unwrap_err();
        assert_eq!(failed.name(), "incomplete");
        assert_eq!(failed.what(), "thirteen; before that: thirteen");
    }
}

#[test]
fn each_span_may_contradict_itself_once() {
    let mut rescanned = rescanned(order(0, 0, 100 * DAY), i64::MAX);
    step(&mut rescanned, Reply::Go);
    step(&mut rescanned, page(13));
    let second = step(&mut rescanned, page(3));
    assert_eq!(asked(&second), format!("all 0..{}", 10 * DAY - 1));
    step(&mut rescanned, page(13));
    let Step::SliceDone(completed) = step(&mut rescanned, page(4)) else {
        panic!("both readings agree");
    };
    assert_eq!((completed.items, completed.announced), (7, Some(7)));
}

#[test]
fn probes_pass_through_and_an_untold_total_is_no_total() {
    let mut rescanned = rescanned(order(0, 0, DAY), i64::MAX);
    step(&mut rescanned, Reply::Go);
    assert_eq!(step(&mut rescanned, page(7)), Step::Probe(probe()));
    let Step::SliceDone(completed) = step(&mut rescanned, Reply::Empty) else {
        panic!("the span is complete");
    };
    assert_eq!((completed.items, completed.announced), (0, None));
}

#[test]
fn a_reply_that_answers_nothing_is_our_mistake() {
    let mut fresh = rescanned(order(0, 0, DAY), i64::MAX);
    let failed = fresh.step(page(0), Timestamp(0)).unwrap_err();
    assert_eq!(failed.name(), "bug");
    step(&mut fresh, Reply::Go);
    let failed = fresh.step(Reply::Go, Timestamp(0)).unwrap_err();
    assert_eq!(failed.name(), "bug");
    step(&mut fresh, page(0));
    let failed = fresh.step(page(0), Timestamp(0)).unwrap_err();
    assert_eq!(failed.name(), "bug");
}
