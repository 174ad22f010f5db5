//! The page without its items, kept to be parsed as a whole at its end.

use serde_json::{Map, Value};

use crate::parse::error::{ParseError, prefix};

/// How the page held the member with the items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    /// Not at all.
    Absent,
    /// As null.
    Null,
    /// As an array, possibly empty.
    Array,
}

/// The text around the items, with an empty array in their place.
#[derive(Debug, Default)]
pub(super) struct Outside {
    pub(super) text: Vec<u8>,
    /// Offset of `text[0]` in the page: the length of a byte order mark.
    pub(super) byte: u64,
    /// Where the key or value that is being read begins.
    pub(super) token: usize,
    /// Where in `text` items were left out, and how many bytes.
    pub(super) split: usize,
    pub(super) left_out: u64,
}

impl Outside {
    /// Whether the key just read is `member`.
    pub(super) fn is_key(&self, member: &str) -> bool {
        let token = self.text.get(self.token..).unwrap_or_default();
        let Some(inside) = token
            .strip_prefix(b"\"")
            .and_then(|rest| rest.strip_suffix(b"\""))
        else {
            return false;
        };
        if !inside.contains(&b'\\') {
            return inside == member.as_bytes();
        }
        serde_json::from_slice::<String>(token).is_ok_and(|key| key == member)
    }

    /// Parses the text; places in errors are those of the whole page.
    pub(super) fn parse(&self) -> Result<Map<String, Value>, ParseError> {
        let text = std::str::from_utf8(&self.text)
            .map_err(|e| ParseError::bad(self.place(e.valid_up_to()), "invalid UTF-8"))?;
        serde_json::from_str(text).map_err(|error| {
            let line = text
                .split_inclusive('\n')
                .take(error.line().saturating_sub(1))
                .map(str::len)
                .sum::<usize>();
            let at = line + error.column().saturating_sub(1);
            let what = error.to_string();
            let what = what.split(" at line ").next().unwrap_or_default();
            ParseError::bad(self.place(at), prefix(what, 160))
        })
    }

    fn place(&self, at: usize) -> u64 {
        let skipped = if at > self.split { self.left_out } else { 0 };
        self.byte + at as u64 + skipped
    }
}
