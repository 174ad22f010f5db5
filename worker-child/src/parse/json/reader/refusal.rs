//! Why a document is refused, and where.

use serde_json::Value;

use super::{Fault, Reader, Room};
use crate::parse::error::ParseError;

impl Reader<'_> {
    #[cold]
    pub(super) fn place(&mut self, fault: Fault, text: &str, room: Room) -> ParseError {
        self.path.reverse();
        let path = self.path.concat();
        let path = path.strip_prefix('.').unwrap_or(&path);
        let byte = self.at as u64;
        let error = match fault {
            Fault::Invalid => invalid(text, byte),
            Fault::TooDeep => {
                ParseError::too_large(byte, format!("values nest deeper than {}", room.depth))
            }
            Fault::TooMany => {
                ParseError::too_large(byte, format!("more than {} values in one", room.nodes))
            }
        };
        error.with_path(path)
    }
}

/// What `serde_json` says of a text that was refused at `at`.
fn invalid(text: &str, at: u64) -> ParseError {
    let Err(error) = serde_json::from_str::<Value>(text) else {
        return ParseError::bad(at, "invalid JSON");
    };
    let (line, column) = (error.line(), error.column());
    let before = text.split_inclusive('\n').take(line.saturating_sub(1));
    let byte = before.map(str::len).sum::<usize>() + column.saturating_sub(1);
    let words = error.to_string();
    let words = words.split(" at line ").next().unwrap_or_default();
    let what = format!("{words} (line {line}, column {column} of the item)");
    ParseError::bad(byte as u64, what)
}
