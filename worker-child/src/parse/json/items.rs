//! Splitting a page into the elements of one top-level array and the rest.

use serde_json::{Map, Value};

use super::grammar::State;
use super::outside::{Member, Outside};
use super::skim::Skim;
use super::tree::{Json, Tape};
use crate::parse::caps::Caps;
use crate::parse::error::ParseError;

mod place;
mod scan;

/// Push parser that hands out the elements of one top-level array of a page.
///
/// Feed pieces of at most 64 KiB and call [`JsonItems::next`] until it wants
/// more, then [`JsonItems::finish`]. An item that is all there is parsed at
/// once; one that is cut is followed to its end first, so that no part of it
/// is parsed again and again.
///
/// Memory: one item as text and parsed, one piece, and the envelope.
#[derive(Debug)]
pub struct JsonItems {
    members: Vec<String>,
    caps: Caps,
    buffer: Vec<u8>,
    /// Offset of `buffer[0]` in the page.
    byte: u64,
    /// Where scanning goes on.
    at: usize,
    /// Where the item being read begins.
    start: usize,
    state: State,
    skim: Skim,
    /// The item was read and did not end in what was there.
    cut: bool,
    /// The last item, parsed.
    tape: Tape,
    /// The current member is the one with the items: which.
    target: Option<usize>,
    /// Which member has the items.
    list: Option<usize>,
    found: Member,
    count: u64,
    failed: Option<ParseError>,
    outside: Outside,
}

/// What [`JsonItems::next`] found.
#[derive(Clone, Copy, Debug)]
pub enum JsonStep<'a> {
    /// The next item.
    Item {
        /// Its text.
        json: &'a str,
        /// Its value.
        value: Json<'a>,
        /// Which of the members it stands in.
        list: usize,
        /// Its offset in the page.
        byte: u64,
        /// Its index, counted from 0.
        index: u64,
    },
    /// Some input was scanned: a place to yield. Call `next` again, nothing need be fed.
    Yield,
    /// Feed more, or finish.
    NeedMore,
}

/// A complete page without its items.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// The page object; the member with the items is left out.
    pub page: Map<String, Value>,
    /// How that member was there.
    pub member: Member,
    /// Items handed out.
    pub items: u64,
    /// Length of the page in bytes.
    pub bytes: u64,
}

impl JsonItems {
    /// A parser for pages whose items are the array `member` of the top-level object.
    pub fn new(member: &str, caps: Caps) -> Self {
        Self::any(&[member], caps)
    }

    /// A parser for pages whose items are the array that one of these members of the top-level
    /// object is: the first that is there and not null. The others are members like any.
    pub fn any(members: &[&str], caps: Caps) -> Self {
        Self {
            members: members.iter().map(|&member| member.to_owned()).collect(),
            caps,
            buffer: Vec::new(),
            byte: 0,
            at: 0,
            start: 0,
            state: State::Start,
            skim: Skim::default(),
            cut: false,
            tape: Tape::default(),
            target: None,
            list: None,
            found: Member::Absent,
            count: 0,
            failed: None,
            outside: Outside::default(),
        }
    }

    /// Appends a piece of the page.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.space().extend_from_slice(bytes);
    }

    /// The buffer to append a piece of the page to, for a caller that would
    /// otherwise copy; what it already holds must stay.
    pub fn space(&mut self) -> &mut Vec<u8> {
        let passed = if self.state == State::InItem {
            self.start
        } else {
            self.at
        };
        self.buffer.drain(..passed);
        self.byte += passed as u64;
        self.at -= passed;
        self.start = 0;
        let kept = 2 * self.caps.window_bytes;
        if self.buffer.capacity() > 2 * kept && self.buffer.len() < kept {
            self.buffer.shrink_to(kept);
        }
        &mut self.buffer
    }

    /// The next item, or what to do to get one. An error is final and comes
    /// again at every call.
    #[expect(
        clippy::should_implement_trait,
        reason = "the step borrows the parser, which an iterator cannot"
    )]
    pub fn next(&mut self) -> Result<JsonStep<'_>, ParseError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let found = self.scan().and_then(|found| {
            if found {
                self.check_item()?;
            }
            Ok(found)
        });
        match found {
            Err(error) => {
                self.failed = Some(error.clone());
                Err(error)
            }
            Ok(true) => {
                let json = self.item();
                Ok(JsonStep::Item {
                    json,
                    value: self.tape.root(json),
                    list: self.list.unwrap_or_default(),
                    byte: self.byte + self.start as u64,
                    index: self.count - 1,
                })
            }
            Ok(false) if self.at < self.buffer.len() => Ok(JsonStep::Yield),
            Ok(false) => Ok(JsonStep::NeedMore),
        }
    }

    /// Checks that the page is complete and its envelope valid JSON, once
    /// everything was fed and `next` has said `NeedMore`.
    pub fn finish(&mut self) -> Result<Envelope, ParseError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let end = self.byte + self.at as u64;
        if self.state != State::Done || self.at < self.buffer.len() {
            let what = if end == 0 {
                "empty body"
            } else {
                "page ends early"
            };
            return Err(self.place_of(ParseError::incomplete(end, what)));
        }
        let mut page = self.outside.parse()?;
        if let Some(list) = self.list {
            page.remove(self.name(list));
        }
        Ok(Envelope {
            page,
            member: self.found,
            items: self.count,
            bytes: end,
        })
    }

    /// The text of the item just handed out, for a caller that does without its value, which is
    /// dropped.
    pub fn text_only(&mut self) -> &str {
        self.tape = Tape::default();
        self.item()
    }

    /// The page as far as it was read, without its items: all of it, if no member had any.
    pub fn outside(&self) -> &[u8] {
        &self.outside.text
    }
}
