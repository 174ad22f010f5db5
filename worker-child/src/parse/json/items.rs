//! Splitting a page into the elements of one top-level array and the rest.

use serde_json::{Map, Value};

use super::grammar::State;
use super::outside::{Member, Outside};
use super::skim::{Skim, TooMuch};
use crate::parse::caps::Caps;
use crate::parse::error::{ParseError, prefix};

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Push parser that hands out the elements of one top-level array of a page.
///
/// Feed pieces of at most 64 KiB and call [`JsonItems::next`] until it wants
/// more, then [`JsonItems::finish`]. The text of an item is checked for
/// balance, length, depth and UTF-8 only: the caller parses it with
/// `serde_json` and learns there of wrong syntax.
///
/// Memory: one item, one piece, and the envelope.
#[derive(Debug)]
pub struct JsonItems {
    member: String,
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
    /// The current member is the one with the items.
    target: bool,
    found: Member,
    count: u64,
    failed: Option<ParseError>,
    outside: Outside,
}

/// What [`JsonItems::next`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonStep<'a> {
    /// The next item.
    Item {
        /// Its text.
        json: &'a str,
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
        Self {
            member: member.to_owned(),
            caps,
            buffer: Vec::new(),
            byte: 0,
            at: 0,
            start: 0,
            state: State::Start,
            skim: Skim::default(),
            target: false,
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
                let item = self.buffer.get(self.start..self.at).unwrap_or_default();
                Ok(JsonStep::Item {
                    json: std::str::from_utf8(item).unwrap_or_default(),
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
        page.remove(&self.member);
        Ok(Envelope {
            page,
            member: self.found,
            items: self.count,
            bytes: end,
        })
    }

    /// Scans to the end of the next item, or over one window, or to the end
    /// of the buffer; says whether `start..at` is an item.
    fn scan(&mut self) -> Result<bool, ParseError> {
        let window = self.at + self.caps.window_bytes.max(1);
        let until = self.buffer.len().min(window);
        while self.at < until {
            match self.state {
                State::InItem | State::InKey | State::InValue => {
                    if self.skim(until)? {
                        return Ok(true);
                    }
                }
                State::Start
                | State::KeyOrEnd
                | State::Key
                | State::Colon
                | State::Value
                | State::MemberEnd
                | State::FirstItem
                | State::NextItem
                | State::ItemEnd
                | State::Done => self.between(until)?,
            }
        }
        Ok(false)
    }

    /// Goes on in an item, key or value; says whether an item ended.
    fn skim(&mut self, until: usize) -> Result<bool, ParseError> {
        let rest = self.buffer.get(self.at..until).unwrap_or_default();
        // The page object, and for an item its array, surround the value.
        let outer = if self.state == State::InItem { 2 } else { 1 };
        let ended = match self.skim.advance(rest, outer, &self.caps) {
            Ok(ended) => ended,
            Err(TooMuch::Depth(at)) => {
                let what = format!("values nest deeper than {}", self.caps.depth);
                return Err(self.too_large(self.at + at, what));
            }
            Err(TooMuch::Values(at)) => {
                let what = format!("more than {} values in one", self.caps.item_nodes);
                return Err(self.too_large(self.at + at, what));
            }
        };
        self.take(ended.unwrap_or(rest.len()))?;
        if self.state == State::InItem && self.at - self.start > self.caps.item_bytes {
            let what = format!("item longer than {} bytes", self.caps.item_bytes);
            return Err(self.too_large(self.start, what));
        }
        if ended.is_none() {
            return Ok(false);
        }
        if self.state == State::InItem {
            self.state = State::ItemEnd;
            self.count += 1;
            return Ok(true);
        }
        if self.state == State::InKey {
            self.key_ended()?;
        } else {
            self.state = State::MemberEnd;
        }
        Ok(false)
    }

    fn key_ended(&mut self) -> Result<(), ParseError> {
        self.state = State::Colon;
        self.target = self.outside.is_key(&self.member);
        if self.target {
            if self.found != Member::Absent {
                let what = format!("second member {}", prefix(&self.member, 64));
                return Err(self.bad(what));
            }
            self.found = Member::Null; // until its value shows
        }
        Ok(())
    }

    /// Takes one byte, or a run of white space, between keys, values and items.
    fn between(&mut self, until: usize) -> Result<(), ParseError> {
        let rest = self.buffer.get(self.at..until).unwrap_or_default();
        let blank = |b: &&u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r');
        let spaces = rest.iter().take_while(blank).count();
        if spaces > 0 {
            return self.take(spaces);
        }
        let Some(&byte) = rest.first() else {
            return Ok(());
        };
        if self.state == State::Start {
            if self.in_mark(byte) {
                return Ok(());
            }
            if !matches!(self.outside.byte, 0 | 3) {
                return Err(self.bad("page is no JSON object")); // half a mark
            }
        }
        let member = self.target.then(|| prefix(&self.member, 64));
        let next = self.state.after(byte, member).map_err(|e| self.bad(e))?;
        match next {
            State::InItem => {
                self.start = self.at;
                self.skim = Skim::default();
            }
            State::InKey | State::InValue => {
                self.outside.token = self.outside.text.len();
                self.skim = Skim::default();
            }
            State::FirstItem => {
                self.take(1)?;
                self.found = Member::Array;
                self.outside.split = self.outside.text.len();
            }
            State::MemberEnd => {
                self.state = next; // the bracket belongs to the envelope again
                self.take(1)?;
            }
            State::Start
            | State::KeyOrEnd
            | State::Key
            | State::Colon
            | State::Value
            | State::NextItem
            | State::ItemEnd
            | State::Done => self.take(1)?,
        }
        self.state = next;
        Ok(())
    }

    /// Moves over a byte of a byte order mark at the start of the page.
    fn in_mark(&mut self, byte: u8) -> bool {
        let at = self.byte + self.at as u64;
        let expected = usize::try_from(at).ok().and_then(|at| BOM.get(at));
        let marked = self.outside.byte == at && expected == Some(&byte);
        if marked {
            self.at += 1;
            self.outside.byte += 1;
        }
        marked
    }

    /// Moves over bytes; those outside the array are kept as the envelope.
    fn take(&mut self, count: usize) -> Result<(), ParseError> {
        let from = self.at;
        self.at += count;
        if self.state.in_array() {
            self.outside.left_out += count as u64;
            return Ok(());
        }
        if self.outside.text.len() + count > self.caps.envelope_bytes {
            let what = format!("more than {} bytes outside items", self.caps.envelope_bytes);
            return Err(self.too_large(from, what));
        }
        let taken = self.buffer.get(from..self.at).unwrap_or_default();
        self.outside.text.extend_from_slice(taken);
        Ok(())
    }

    fn check_item(&self) -> Result<(), ParseError> {
        let item = self.buffer.get(self.start..self.at).unwrap_or_default();
        let Err(error) = std::str::from_utf8(item) else {
            return Ok(());
        };
        let start = self.byte + self.start as u64;
        let index = self.count - 1;
        let error = ParseError::bad(start + error.valid_up_to() as u64, "invalid UTF-8");
        let path = format!("{}[{index}]", self.member);
        Err(error.with_path(path).in_item(index, start))
    }

    fn bad(&self, what: impl Into<String>) -> ParseError {
        self.place_of(ParseError::bad(self.byte + self.at as u64, what))
    }

    fn too_large(&self, at: usize, what: String) -> ParseError {
        self.place_of(ParseError::too_large(self.byte + at as u64, what))
    }

    fn place_of(&self, error: ParseError) -> ParseError {
        if !self.state.in_array() {
            return error;
        }
        let error = error.with_path(format!("{}[{}]", self.member, self.count));
        if self.state == State::InItem {
            return error.in_item(self.count, self.byte + self.start as u64);
        }
        error
    }
}
