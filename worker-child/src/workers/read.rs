//! How a worker reads a stretch of time, whatever the mode: the part that is special about it.
//!
//! A mode ([`super::window`], [`super::snapshot`], [`super::rescan`]) says which stretches are read and
//! what their end means; [`Careful`] reads each one, and once more if what came contradicts itself.

use std::fmt::Debug;

use shared::failure::Failure;
use shared::record::Record;
use shared::time::Timestamp;

use super::keyed::Keyed;
use super::step::{Item, Probe, Reply, Step, incomplete};
use crate::fetch::request::{Request, Shape};
use crate::parse::ParseError;
use crate::parse::json::Json;

/// What to read: both ends are inclusive, as in eBay's filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub first: Timestamp,
    /// The last moment: a millisecond before the end.
    pub last: Timestamp,
}

/// What a reader wants next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Ask eBay.
    Fetch(Request),
    /// Ask which details are wanted.
    Probe(Probe),
    /// What came contradicts itself, as when a set changes while it is paged; in words.
    Again(String),
    /// Everything in the span was read.
    Complete(Total),
}

/// What a span held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    /// Items that eBay sent, each counted once.
    pub items: u64,
    /// Items that eBay announced, if it did.
    pub announced: Option<u64>,
}

/// Reads spans: one worker's requests, pages and items.
pub trait ReadSpan: Debug {
    /// Begins to read a span, from its start, also when it is read once more.
    fn begin(&mut self, span: Span) -> Request;

    /// Begins to read what is still open of a span; everything in it, where eBay cannot tell that
    /// apart for sure.
    fn begin_open(&mut self, span: Span) -> Request {
        self.begin(span)
    }

    /// How the items of the body being read are told apart; `None` if they have no key of their own.
    fn keyed(&self) -> Option<Keyed>;

    /// Takes note that an item of the body being read was passed over, and counts it as seen.
    fn passed_over(&mut self, id: &str);

    /// Takes the reply to what was wanted before.
    fn next(&mut self, reply: Reply) -> Result<Next, Failure>;

    /// Turns one item of the body being read into records, appended to `out`.
    fn records(&mut self, item: Item<'_>, out: &mut Vec<Record>) -> Result<(), ParseError>;

    /// Turns one JSON item that is parsed already into records; a reader that does not say how gets
    /// its text.
    fn parsed(&mut self, item: Json<'_>, out: &mut Vec<Record>) -> Result<(), ParseError> {
        self.records(Item::Json(item.text()), out)
    }
}

/// A kind of body that a worker reads, for reading one by hand.
#[derive(Debug, Clone, Copy)]
pub struct BodyKind {
    /// How it is read.
    pub shape: Shape,
    /// Turns one item of it into records, as far as one body allows.
    pub records: fn(Item<'_>, &mut Vec<Record>) -> Result<(), ParseError>,
}

/// A span being read.
#[derive(Debug)]
pub(super) struct Careful<R> {
    pub(super) reader: R,
    span: Span,
    /// Whether only what is still open is read.
    open: bool,
    /// Why the span is being read a second time.
    again: Option<String>,
}

/// How far the reading of a span is.
#[derive(Debug)]
pub(super) enum Progress {
    /// This comes next.
    Step(Step),
    /// The span was read to its end.
    Complete(Total),
}

impl<R: ReadSpan> Careful<R> {
    pub(super) fn new(reader: R) -> Self {
        let span = Span {
            first: Timestamp(0),
            last: Timestamp(0),
        };
        Self {
            reader,
            span,
            open: false,
            again: None,
        }
    }

    /// Begins a span.
    pub(super) fn begin(&mut self, span: Span) -> Step {
        self.span = span;
        self.open = false;
        self.again = None;
        Step::Fetch(self.start())
    }

    /// Begins a span of which only what is still open is wanted.
    pub(super) fn begin_open(&mut self, span: Span) -> Step {
        self.span = span;
        self.open = true;
        self.again = None;
        Step::Fetch(self.start())
    }

    fn start(&mut self) -> Request {
        if self.open {
            self.reader.begin_open(self.span)
        } else {
            self.reader.begin(self.span)
        }
    }

    /// Takes a reply that is not [`Reply::Go`].
    pub(super) fn reply(&mut self, reply: Reply) -> Result<Progress, Failure> {
        Ok(match self.reader.next(reply)? {
            Next::Fetch(request) => Progress::Step(Step::Fetch(request)),
            Next::Probe(probe) => Progress::Step(Step::Probe(probe)),
            Next::Complete(total) => Progress::Complete(total),
            Next::Again(why) => {
                if let Some(first) = &self.again {
                    return Err(incomplete(format!("{why}; before that: {first}"), "total"));
                }
                self.again = Some(why);
                Progress::Step(Step::Fetch(self.start()))
            }
        })
    }
}
