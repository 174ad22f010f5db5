//! The one error of every parser: what is wrong, and where in the response.

use thiserror::Error;

/// Longest `path` of an error, in bytes.
const PATH_BYTES: usize = 256;
/// Longest `what` of an error, in bytes.
const WHAT_BYTES: usize = 200;

/// What a parse failure means for the attempt; the words match the closed set of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseErrorKind {
    /// The bytes contradict their format: syntax, checksum, type, encoding.
    BadData,
    /// A cap was passed; the content itself may be fine.
    TooLarge,
    /// The input ended before the document did.
    Incomplete,
}

/// A failure with its place.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{what}{}{} at byte {byte}", Prefixed(" in ", .path), ItemText(*.item))]
pub struct ParseError {
    /// What it means.
    pub kind: ParseErrorKind,
    /// Offset in the decoded stream; in errors of `unpack`, in the raw stream;
    /// in errors of `field`, 0 until the worker fills in the item's offset.
    pub byte: u64,
    /// Element or JSON path, at most 256 bytes; may be empty.
    pub path: String,
    /// Index of the item, counted from 0, if the place is inside one.
    pub item: Option<u64>,
    /// What is wrong: a lowercase fragment of at most 200 bytes.
    pub what: String,
}

impl ParseError {
    /// An error of the given kind at a byte offset, without path and item.
    pub fn new(kind: ParseErrorKind, byte: u64, what: impl Into<String>) -> Self {
        Self {
            kind,
            byte,
            path: String::new(),
            item: None,
            what: bounded(what.into(), WHAT_BYTES),
        }
    }

    /// Malformed data at a byte offset.
    pub fn bad(byte: u64, what: impl Into<String>) -> Self {
        Self::new(ParseErrorKind::BadData, byte, what)
    }

    /// A cap passed at a byte offset.
    pub fn too_large(byte: u64, what: impl Into<String>) -> Self {
        Self::new(ParseErrorKind::TooLarge, byte, what)
    }

    /// Input that ended too early, at a byte offset.
    pub fn incomplete(byte: u64, what: impl Into<String>) -> Self {
        Self::new(ParseErrorKind::Incomplete, byte, what)
    }

    /// The same error with a path, cut to 256 bytes.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<String>) -> Self {
        self.path = bounded(path.into(), PATH_BYTES);
        self
    }

    /// The same error placed in an item: its index and, when the error has no
    /// offset of its own, the item's.
    #[must_use]
    pub fn in_item(mut self, item: u64, byte: u64) -> Self {
        self.item = Some(item);
        if self.byte == 0 {
            self.byte = byte;
        }
        self
    }
}

/// Cuts `text` to at most `limit` bytes, at a character boundary.
pub(crate) fn bounded(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        text.truncate(text.floor_char_boundary(limit));
    }
    text
}

/// The start of `text`, at most `limit` bytes, at a character boundary.
pub(crate) fn prefix(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}

struct Prefixed<'a>(&'a str, &'a str);

impl std::fmt::Display for Prefixed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.1.is_empty() {
            return Ok(());
        }
        write!(f, "{}{}", self.0, self.1)
    }
}

struct ItemText(Option<u64>);

impl std::fmt::Display for ItemText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(item) => write!(f, " of item {item}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ParseError, ParseErrorKind};

    #[test]
    fn display_names_what_path_item_and_byte() {
        let bare = ParseError::bad(7, "unknown entity");
        assert_eq!(bare.to_string(), "unknown entity at byte 7");
        let placed = bare.with_path("A/B").in_item(3, 99);
        assert_eq!(
            placed.to_string(),
            "unknown entity in A/B of item 3 at byte 7"
        );
        assert_eq!(ParseError::bad(0, "x").in_item(3, 99).byte, 99);
    }

    #[test]
    fn path_and_what_are_cut_at_a_character_boundary() {
        let error = ParseError::new(ParseErrorKind::TooLarge, 0, "é".repeat(200))
            .with_path(format!("x{}", "é".repeat(300)));
        assert_eq!(error.what.len(), 200);
        assert_eq!(error.path.len(), 255);
    }
}
