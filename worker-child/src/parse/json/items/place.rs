//! What an item or the place between two items is called in errors.

use super::super::grammar::State;
use super::super::reader::document;
use super::JsonItems;
use crate::parse::error::{ParseError, prefix};

impl JsonItems {
    /// A member's name, as errors show it; that of the list is never long.
    pub(super) fn name(&self, list: usize) -> &str {
        let name = self.members.get(list).map(String::as_str);
        prefix(name.unwrap_or_default(), 64)
    }

    pub(super) fn item(&self) -> &str {
        let item = self.buffer.get(self.start..self.at).unwrap_or_default();
        std::str::from_utf8(item).unwrap_or_default()
    }

    pub(super) fn check_item(&mut self) -> Result<(), ParseError> {
        let item = self.buffer.get(self.start..self.at).unwrap_or_default();
        let checked = match std::str::from_utf8(item) {
            Err(error) => Err(ParseError::bad(error.valid_up_to() as u64, "invalid UTF-8")),
            Ok(text) if self.cut => document(text, self.room(), &mut self.tape),
            Ok(_) => Ok(()),
        };
        checked.map_err(|mut error| {
            let start = self.byte + self.start as u64;
            let index = self.count - 1;
            error.byte += start;
            let name = self.name(self.list.unwrap_or_default());
            let point = if error.path.is_empty() || error.path.starts_with('[') {
                ""
            } else {
                "."
            };
            let path = format!("{name}[{index}]{point}{}", error.path);
            error.with_path(path).in_item(index, start)
        })
    }

    pub(super) fn bad(&self, what: impl Into<String>) -> ParseError {
        self.place_of(ParseError::bad(self.byte + self.at as u64, what))
    }

    pub(super) fn too_large(&self, at: usize, what: String) -> ParseError {
        self.place_of(ParseError::too_large(self.byte + at as u64, what))
    }

    pub(super) fn place_of(&self, error: ParseError) -> ParseError {
        if !self.state.in_array() {
            return error;
        }
        let name = self.name(self.list.unwrap_or_default());
        let error = error.with_path(format!("{name}[{}]", self.count));
        if self.state == State::InItem {
            return error.in_item(self.count, self.byte + self.start as u64);
        }
        error
    }
}
