//! The shape of a worker: a state machine without I/O.
//!
//! `session` asks it what to do next, does that, and tells it what came of it; items go through
//! [`SyncWorker::records`] one at a time while their body is still arriving.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde_json::{Map, Value};
use shared::attempt::ModeState;
use shared::failure::{Failure, Place};
use shared::record::Record;
use shared::table::Table;
use shared::time::Timestamp;
use shared::window::Slice;
use shared::wire::message::{Mark, Probed};

use super::keyed::Keyed;
use crate::fetch::request::Request;
use crate::parse::json::{Json, Member};
use crate::parse::xml::AsideError;
use crate::parse::{Node, ParseError, ParseErrorKind};

/// What the worker wants next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Ask eBay; the reply follows the request's shape.
    Fetch(Request),
    /// Have this remembered at once; answered by [`Reply::Go`] when it is.
    Save(ModeState),
    /// Ask which of these items are not stored in this version; answered by [`Reply::Needed`].
    Probe(Probe),
    /// Do nothing before this time; answered by [`Reply::Go`].
    Pause(Timestamp),
    /// Everything of this slice or snapshot was read: move the cursor. Answered by
    /// [`Reply::Go`] when that is committed.
    SliceDone(Completed),
    /// End the run; come back at this time.
    Snooze(Timestamp),
    /// End the run: its time or its work is over.
    Done,
}

/// A slice or snapshot that was read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Completed {
    /// Which.
    pub mark: Mark,
    /// Items that eBay sent, each counted once.
    pub items: u64,
    /// Items that eBay announced, if it did.
    pub announced: Option<u64>,
}

/// Items of which a summary is known, and whose details are wanted if they are new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Where they are stored.
    pub table: Table,
    /// At most [`MAX_PROBES`](shared::wire::message::MAX_PROBES).
    pub items: Vec<Probed>,
}

/// What came of the step before.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Begin, or go on: nothing to tell.
    Go,
    /// A page was read to its end.
    Page(Page),
    /// A report was read to its end and its checksums hold.
    Report(Report),
    /// A Trading answer was read to its end, and it does not report a failure.
    Call(Call),
    /// The item was read.
    Item,
    /// One small object.
    Object(Value),
    /// The positions in the probe of the items that are not stored in that version, ascending.
    Needed(Vec<usize>),
    /// There is nothing: a 204.
    Empty,
    /// Done, without a body.
    Accepted {
        /// The `Location` header.
        location: Option<String>,
    },
    /// What was asked for does not exist; eBay's words.
    Missing(String),
}

/// A page without its items.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The other members of the page.
    pub members: Map<String, Value>,
    /// How the member with the items was there.
    pub list: Member,
    /// How many items it had.
    pub items: u64,
}

/// What a report says besides its items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How many items it had.
    pub items: u64,
    /// The texts of its `Ack` elements.
    pub acks: Vec<String>,
    /// Its `Errors` elements.
    pub errors: Vec<AsideError>,
}

/// What a Trading answer says besides its items.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    /// How many items it had.
    pub items: u64,
    /// The texts that the request asked to be told, by path; one that is absent is not here.
    pub told: BTreeMap<&'static str, String>,
    /// Its `Errors` elements: warnings, since a failure is not handed to the worker.
    pub warnings: Vec<AsideError>,
}

/// One item.
#[derive(Debug, Clone, Copy)]
pub enum Item<'a> {
    /// The text of an element of a page's list, well-formed or not.
    Json(&'a str),
    /// An element of a report.
    Xml(Node<'a>),
}

/// One worker's part in an attempt.
pub trait SyncWorker: Debug {
    /// Takes the reply to the step before ([`Reply::Go`] at first) and says what is next.
    ///
    /// A failure ends the run; `session` adds the last request to its place.
    fn step(&mut self, reply: Reply, now: Timestamp) -> Result<Step, Failure>;

    /// Turns one item of the body being read into records, appended to `out`.
    fn records(&mut self, item: Item<'_>, out: &mut Vec<Record>) -> Result<(), ParseError>;

    /// Turns one JSON item that is parsed already into records; a worker that does not say how
    /// gets its text.
    fn parsed(&mut self, item: Json<'_>, out: &mut Vec<Record>) -> Result<(), ParseError> {
        self.records(Item::Json(item.text()), out)
    }

    /// How the items of the body being read are told apart; `None` if they have no key of their own.
    fn keyed(&self) -> Option<Keyed> {
        None
    }

    /// Takes note that an item of the body being read was passed over: its records are not made,
    /// and it counts as seen. `id` is its key, or what stands for it.
    fn passed_over(&mut self, id: &str) {
        let _ = id;
    }

    /// What must be remembered when the content of the answer being read was no good, so that the
    /// next run does not fetch the same again.
    fn rejected(&self) -> Option<ModeState> {
        None
    }

    /// The slice being read, for the flight recorder.
    fn slice(&self) -> Option<Slice> {
        None
    }
}

/// A failure over the content of an answer that has no single item to blame.
pub fn bad_answer(what: impl Into<String>, path: &str) -> Failure {
    Failure::BadData {
        what: what.into(),
        place: at_path(path),
    }
}

/// Something was not read to its end, or totals do not match.
pub fn incomplete(what: impl Into<String>, path: &str) -> Failure {
    Failure::Incomplete {
        what: what.into(),
        place: at_path(path),
    }
}

/// A reply that does not answer the step: a mistake of ours.
pub fn unexpected(reply: &Reply) -> Failure {
    let name = match reply {
        Reply::Go => "Go",
        Reply::Page(_) => "Page",
        Reply::Report(_) => "Report",
        Reply::Call(_) => "Call",
        Reply::Item => "Item",
        Reply::Object(_) => "Object",
        Reply::Needed(_) => "Needed",
        Reply::Empty => "Empty",
        Reply::Accepted { .. } => "Accepted",
        Reply::Missing(_) => "Missing",
    };
    Failure::Bug {
        what: format!("the worker did not expect the reply {name}"),
    }
}

/// The failure that a parser's error means, with its place.
pub fn parse_failure(error: ParseError, request: &str) -> Failure {
    let place = Place {
        request: request.to_owned(),
        byte: Some(error.byte),
        path: error.path,
        item: error.item,
    };
    let what = error.what;
    match error.kind {
        ParseErrorKind::BadData => Failure::BadData { what, place },
        ParseErrorKind::TooLarge => Failure::TooLarge { what, place },
        ParseErrorKind::Incomplete => Failure::Incomplete { what, place },
    }
}

fn at_path(path: &str) -> Place {
    Place {
        path: path.to_owned(),
        ..Place::default()
    }
}
