//! Going through what was fed: between items byte by byte, over items at once.

use super::super::grammar::State;
use super::super::outside::Member;
use super::super::reader::{Room, value};
use super::super::skim::{Skim, TooMuch};
use super::JsonItems;
use crate::parse::error::ParseError;

const BOM: &[u8] = b"\xef\xbb\xbf";

impl JsonItems {
    /// Scans to the end of the next item, or over one window, or to the end
    /// of the buffer; says whether `start..at` is an item.
    pub(super) fn scan(&mut self) -> Result<bool, ParseError> {
        let window = self.at + self.caps.window_bytes.max(1);
        let until = self.buffer.len().min(window);
        while self.at < until {
            match self.state {
                State::InItem | State::InKey | State::InValue => {
                    if self.read_item(until) || self.skim(until)? {
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

    /// Reads an item that is all there; says whether it was, and was sound.
    pub(super) fn read_item(&mut self, until: usize) -> bool {
        if self.state != State::InItem || self.cut {
            return false;
        }
        // What is wrong, and with what else begins a value, is looked at when its end is known.
        self.cut = true;
        let rest = self.buffer.get(self.start..until).unwrap_or_default();
        if rest.first() != Some(&b'{') {
            return false;
        }
        match value(rest, self.room(), &mut self.tape) {
            Ok(length) if length <= self.caps.item_bytes => {
                self.at = self.start + length;
                self.outside.left_out += length as u64;
                self.cut = false;
                self.state = State::ItemEnd;
                self.count += 1;
                true
            }
            Ok(_) | Err(_) => false,
        }
    }

    /// The page object and its array surround an item.
    pub(super) fn room(&self) -> Room {
        let mut room = Room::within(&self.caps, 2);
        // One more than brackets and commas, which are counted while skimming.
        room.nodes += 1;
        room
    }

    /// Goes on in an item, key or value; says whether an item ended.
    pub(super) fn skim(&mut self, until: usize) -> Result<bool, ParseError> {
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

    pub(super) fn key_ended(&mut self) -> Result<(), ParseError> {
        self.state = State::Colon;
        let is_key = |member: &String| self.outside.is_key(member);
        self.target = self.members.iter().position(is_key);
        let Some(target) = self.target else {
            return Ok(());
        };
        if self.list == Some(target) {
            let what = format!("second member {}", self.name(target));
            return Err(self.bad(what));
        }
        if self.found == Member::Array {
            self.target = None; // one list has been chosen
            return Ok(());
        }
        self.list = Some(target);
        self.found = Member::Null; // until its value shows
        Ok(())
    }

    /// Takes one byte, or a run of white space, between keys, values and items.
    pub(super) fn between(&mut self, until: usize) -> Result<(), ParseError> {
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
        let member = self.target.map(|target| self.name(target));
        let next = self.state.after(byte, member).map_err(|e| self.bad(e))?;
        match next {
            State::InItem => {
                self.start = self.at;
                self.skim = Skim::default();
                self.cut = false;
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
    pub(super) fn in_mark(&mut self, byte: u8) -> bool {
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
    pub(super) fn take(&mut self, count: usize) -> Result<(), ParseError> {
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
}
