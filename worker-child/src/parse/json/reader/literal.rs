//! Strings with escapes, numbers and words.

use serde_json::Number;

use super::super::tree::{Kind, narrow};
use super::{Fault, Found, Key, Reader};

/// Integers of so many digits fit whatever they are.
const SHORT_DIGITS: usize = 18;

impl Reader<'_> {
    /// Takes a string with escapes whose inside begins at `start`, the first escape being at `end`;
    /// returns its place in the list.
    #[cold]
    pub(super) fn escaped(&mut self, start: usize, mut end: usize) -> Result<u32, Fault> {
        while self.bytes.get(end) == Some(&b'\\') {
            // What is escaped is not the end, whatever it is.
            end = self.plain_end((end + 2).min(self.bytes.len()));
        }
        let whole = self.bytes.get(start - 1..=end).ok_or(Fault::Invalid)?;
        let text: Box<str> = serde_json::from_slice(whole).map_err(|_| Fault::Invalid)?;
        self.at = end + 1;
        let place = narrow(self.tape.unescaped.len());
        self.tape.unescaped.push(text);
        Ok(place)
    }

    pub(super) fn word(&mut self, key: Key, word: &[u8], kind: Kind) -> Result<(), Fault> {
        let end = self.at + word.len();
        if self.bytes.get(self.at..end) != Some(word) {
            return Err(Fault::Invalid);
        }
        let found = Found::own(self.at, end, kind);
        self.at = end;
        self.push(key, found)
    }

    pub(super) fn number(&mut self, key: Key) -> Result<(), Fault> {
        let start = self.at;
        let in_number = |b: &u8| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let rest = self.bytes.get(start..).unwrap_or_default();
        let len = rest.iter().take_while(|b| in_number(b)).count();
        let whole = rest.get(..len).map(std::str::from_utf8);
        let whole = whole.and_then(Result::ok).unwrap_or_default();
        let (number, own) = number(whole).ok_or(Fault::Invalid)?;
        self.at += len;
        let place = narrow(self.tape.numbers.len());
        self.tape.numbers.push(number);
        let found = Found {
            place,
            own,
            ..Found::own(start, start + len, Kind::Number)
        };
        self.push(key, found)
    }
}

/// The number, and whether its text is canonical.
fn number(text: &str) -> Option<(Number, bool)> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let short = match digits.as_bytes() {
        [b'0'] => digits.len() == text.len(),
        [b'1'..=b'9', rest @ ..] => {
            rest.len() < SHORT_DIGITS && rest.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    };
    if short {
        let value: i64 = text.parse().ok()?;
        let number = u64::try_from(value).map_or_else(|_| value.into(), Number::from);
        return Some((number, true));
    }
    let number: Number = serde_json::from_str(text).ok()?;
    let own = number.to_string() == text;
    Some((number, own))
}
