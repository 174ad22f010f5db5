//! Cutting a stream into windows and handing out the items found in them.

use super::asides::Asides;
use super::document::Document;
use super::escape::forbidden_control;
use super::node::Node;
use super::scan::{Window, read_window};
use crate::parse::caps::Caps;
use crate::parse::error::ParseError;

const BOM: &[u8] = b"\xef\xbb\xbf";
/// What markup may take beyond the longest text, in bytes.
const MARKUP_BYTES: usize = 64 << 10;

/// Push parser that hands out the elements at one path as trees.
///
/// Feed pieces of at most 64 KiB and call [`XmlItems::next`] until it wants
/// more; after the last piece call [`XmlItems::end`], take the remaining
/// items, then [`XmlItems::finish`].
///
/// Memory: what was fed and not parsed (at most about one window or one
/// longest text), plus the trees of one window, plus one unfinished item.
#[derive(Debug)]
pub struct XmlItems {
    /// Bytes not yet parsed start at `at`.
    buffer: Vec<u8>,
    at: usize,
    /// Offset of `buffer[at]` in the document.
    byte: u64,
    /// How much to parse at once; grows while one event does not fit.
    reach: usize,
    ended: bool,
    /// Items of `document.finished` already handed out.
    taken: usize,
    failed: Option<ParseError>,
    caps: Caps,
    document: Document,
}

/// What [`XmlItems::next`] found.
#[derive(Clone, Copy, Debug)]
pub enum XmlStep<'a> {
    /// The next item.
    Item {
        /// Its element.
        root: Node<'a>,
        /// Which of the paths it stands at.
        list: usize,
        /// Its length in the document, in bytes.
        raw_bytes: u64,
        /// Offset of its start tag in the document.
        byte: u64,
        /// Its index, counted from 0.
        index: u64,
    },
    /// A window was parsed: a place to yield. Call `next` again, nothing need be fed.
    Yield,
    /// Feed more, or end the input.
    NeedMore,
    /// The input was ended and everything in it handed out.
    End,
}

/// What a whole document held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlSummary {
    /// Items handed out.
    pub items: u64,
    /// Length of the document in bytes.
    pub bytes: u64,
    /// Acknowledgements and errors outside the items.
    pub asides: Asides,
}

impl XmlItems {
    /// A parser for a document whose items stand at `item_path`: local names
    /// from the root to the item.
    pub fn new(item_path: &[&str], caps: Caps) -> Self {
        Self::any(&[item_path], caps)
    }

    /// A parser for a document whose items stand at any of these paths; of two that are alike, the
    /// first counts.
    pub fn any(item_paths: &[&[&str]], caps: Caps) -> Self {
        Self {
            buffer: Vec::new(),
            at: 0,
            byte: 0,
            reach: caps.window_bytes.max(1),
            ended: false,
            taken: 0,
            failed: None,
            caps,
            document: Document::new(item_paths, caps),
        }
    }

    /// Appends a piece of the document.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.space().extend_from_slice(bytes);
    }

    /// The buffer to append a piece of the document to, for a caller that
    /// would otherwise copy; what it already holds must stay.
    pub fn space(&mut self) -> &mut Vec<u8> {
        self.buffer.drain(..self.at);
        self.at = 0;
        let kept = 2 * self.caps.window_bytes;
        if self.buffer.capacity() > 2 * kept && self.buffer.len() < kept {
            self.buffer.shrink_to(kept);
        }
        &mut self.buffer
    }

    /// Says that the document has been fed completely.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// The next item, or what to do to get one. An error is final: it comes
    /// after the items before it, and then again at every call.
    #[expect(
        clippy::should_implement_trait,
        reason = "the step borrows the parser, which an iterator cannot"
    )]
    pub fn next(&mut self) -> Result<XmlStep<'_>, ParseError> {
        if self.taken >= self.document.finished.len() {
            if let Some(error) = &self.failed {
                return Err(error.clone());
            }
            let available = self.buffer.len() - self.at;
            if self.ended && available == 0 {
                return Ok(XmlStep::End);
            }
            if !self.ended && available < self.reach {
                return Ok(XmlStep::NeedMore);
            }
            self.document.finished.clear();
            self.document.items.drop_finished();
            self.taken = 0;
            if let Err(error) = self.parse_window() {
                self.failed = Some(error);
            }
        }
        let Some(item) = self.document.finished.get(self.taken).copied() else {
            return Ok(XmlStep::Yield);
        };
        let pending = (self.document.finished.len() - self.taken) as u64;
        self.taken += 1;
        Ok(XmlStep::Item {
            root: self.document.items.root(item.tree),
            list: item.list,
            raw_bytes: item.raw_bytes,
            byte: item.byte,
            index: self.document.count - pending,
        })
    }

    /// Checks that the document is complete, once `next` has said `End`.
    pub fn finish(&mut self) -> Result<XmlSummary, ParseError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let unread = self.buffer.len() > self.at || self.taken < self.document.finished.len();
        if !self.document.complete || unread || !self.ended {
            let what = if self.byte == 0 && !unread {
                "empty document"
            } else {
                "document ends early"
            };
            let error = ParseError::incomplete(self.byte, what);
            return Err(self.document.place_of(error));
        }
        Ok(XmlSummary {
            items: self.document.count,
            bytes: self.byte,
            asides: self.document.asides.clone(),
        })
    }

    /// Acknowledgements and errors met outside the items so far.
    pub fn asides(&self) -> &Asides {
        &self.document.asides
    }

    /// The document without its items and asides, once its root is closed.
    pub fn envelope(&self) -> Option<Node<'_>> {
        let tree = self.document.root?;
        Some(self.document.envelope.root(tree))
    }

    #[cfg(test)]
    pub(super) fn buffer_capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Parses what is there, at most one window, and moves over it.
    fn parse_window(&mut self) -> Result<(), ParseError> {
        let mut rest = self.buffer.get(self.at..).unwrap_or_default();
        if let (0, Some(after)) = (self.byte, rest.strip_prefix(BOM)) {
            rest = after;
            self.at += BOM.len();
            self.byte += BOM.len() as u64;
        }
        let mut window = rest.get(..self.reach).unwrap_or(rest);
        let last = self.ended && window.len() == rest.len();
        if !last {
            // No text ends behind the last `>`, and no character is cut there.
            let end = memchr::memrchr(b'>', window).map_or(0, |at| at + 1);
            window = window.get(..end).unwrap_or_default();
        }
        let (text, fault) = sound(window, self.byte);
        let window = Window {
            text,
            byte: self.byte,
            last: last && fault.is_none(),
        };
        let consumed = read_window(&mut self.document, window)?;
        self.at += consumed;
        self.byte += consumed as u64;
        if let Some(fault) = fault {
            return Err(self.document.place_of(fault));
        }
        if consumed > 0 || last {
            self.reach = self.caps.window_bytes.max(1);
            return Ok(());
        }
        let most = (self.caps.text_bytes + MARKUP_BYTES).max(self.caps.window_bytes);
        if self.reach >= most {
            let what = format!("text longer than {} bytes", self.caps.text_bytes);
            let error = ParseError::too_large(self.byte, what);
            return Err(self.document.place_of(error));
        }
        self.reach = (self.reach * 2).min(most);
        Ok(())
    }
}

/// The part of a window that is sound text, and what is wrong behind it.
fn sound(window: &[u8], byte: u64) -> (&str, Option<ParseError>) {
    let (end, error) = match std::str::from_utf8(window) {
        Ok(text) => (text.len(), None),
        Err(error) => {
            let end = error.valid_up_to();
            let error = match error.error_len() {
                Some(_) => ParseError::bad(byte + end as u64, "invalid UTF-8"),
                None => {
                    ParseError::incomplete(byte + end as u64, "document ends within a character")
                }
            };
            (end, Some(error))
        }
    };
    let valid = window.get(..end).unwrap_or_default();
    let (end, error) = match forbidden_control(valid) {
        Some(at) => (
            at,
            Some(ParseError::bad(byte + at as u64, "control character")),
        ),
        None => (end, error),
    };
    let text = window.get(..end).map(std::str::from_utf8);
    (text.and_then(Result::ok).unwrap_or_default(), error)
}
