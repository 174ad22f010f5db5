//! How the items of a body are told apart: the members that make their natural key.

use std::fmt::Write as _;

use shared::flight::KEY_TEXT;
use shared::table::Table;

use crate::parse::field::{Found, Source};
use crate::stage::Cut;

/// The longest text that the flight recorder keeps of a key.
pub type KeyText = Cut<KEY_TEXT>;

/// How the items of one body are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyed {
    /// Paths of the members that make an item's key, in order.
    pub members: &'static [&'static str],
    /// The table whose rows have a key that begins with the first of them. `None` if the rows of
    /// such an item cannot be named by it.
    pub table: Option<Table>,
}

impl Keyed {
    /// The key of an item, its parts on lines of their own and all cut at what the flight recorder
    /// keeps; empty if one of them is missing. Allocates nothing.
    pub fn text<'a>(self, item: impl Source<'a>) -> KeyText {
        let mut text = KeyText::new();
        for (position, member) in self.members.iter().enumerate() {
            if position > 0 {
                // What does not fit is dropped, which is no error.
                text.write_char('\n').ok();
            }
            match item.find(member) {
                Found::Text(part) => text.write_str(part).ok(),
                Found::Number(part) => write!(text, "{part}").ok(),
                Found::Absent | Found::Bool(_) | Found::Other(_) => return KeyText::new(),
            };
        }
        text
    }

    /// The whole parts of that key; `None` if one of them is missing.
    pub fn parts<'a>(self, item: impl Source<'a>) -> Option<Vec<String>> {
        let part = |member: &&str| match item.find(member) {
            Found::Text(part) => Some(part.to_owned()),
            Found::Number(part) => Some(part.to_string()),
            Found::Absent | Found::Bool(_) | Found::Other(_) => None,
        };
        self.members.iter().map(part).collect()
    }
}

#[cfg(test)]
mod tests;
