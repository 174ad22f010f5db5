//! Single values of an item, typed, whether the item is JSON or XML.
//!
//! A path is names separated by dots (`buyer.username`), resolved from the
//! item. JSON null and a missing member are both absent. Errors carry the
//! path; the worker adds item and offset with `ParseError::in_item`.

use chrono::DateTime;
use serde_json::{Number, Value};

use super::error::{ParseError, prefix};
use super::json::{Json, JsonValue};
use super::xml::Node;

/// Most digits and signs of a decimal, in bytes.
const DECIMAL_BYTES: usize = 64;

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Found<'a> {
    /// Nothing, or null.
    Absent,
    /// Text.
    Text(&'a str),
    /// A JSON number.
    Number(&'a Number),
    /// A JSON boolean.
    Bool(bool),
    /// A container; the word for error messages.
    Other(&'static str),
}

/// Something that has values at paths.
pub trait Source<'a>: Copy {
    /// What stands at `path`.
    fn find(self, path: &str) -> Found<'a>;
}

impl<'a> Source<'a> for &'a Value {
    fn find(self, path: &str) -> Found<'a> {
        let found = path
            .split('.')
            .try_fold(self, |value, name| value.as_object()?.get(name));
        match found {
            None | Some(Value::Null) => Found::Absent,
            Some(Value::String(text)) => Found::Text(text),
            Some(Value::Number(number)) => Found::Number(number),
            Some(Value::Bool(value)) => Found::Bool(*value),
            Some(Value::Array(_)) => Found::Other("an array"),
            Some(Value::Object(_)) => Found::Other("an object"),
        }
    }
}

/// A value that was found already, or not: the path is for errors only.
#[derive(Clone, Copy, Debug)]
pub struct Picked<'a>(pub Option<Json<'a>>);

impl<'a> Source<'a> for Json<'a> {
    fn find(self, path: &str) -> Found<'a> {
        Picked(self.at(path)).find(path)
    }
}

impl<'a> Source<'a> for Picked<'a> {
    fn find(self, _path: &str) -> Found<'a> {
        match self.0.map(Json::value) {
            None | Some(JsonValue::Null) => Found::Absent,
            Some(JsonValue::Text(text)) => Found::Text(text),
            Some(JsonValue::Number(number)) => Found::Number(number),
            Some(JsonValue::Bool(value)) => Found::Bool(value),
            Some(JsonValue::Array) => Found::Other("an array"),
            Some(JsonValue::Object) => Found::Other("an object"),
        }
    }
}

impl<'a> Source<'a> for Node<'a> {
    fn find(self, path: &str) -> Found<'a> {
        match self.at(path) {
            None => Found::Absent,
            Some(node) if node.children().next().is_some() => Found::Other("an element"),
            Some(node) => Found::Text(node.text()),
        }
    }
}

/// Text that must be there and not be empty.
pub fn text<'a>(source: impl Source<'a>, path: &str) -> Result<&'a str, ParseError> {
    match text_opt(source, path)? {
        Some("") => Err(bad(path, "text is empty")),
        found => required(found, path),
    }
}

/// Text that may be absent; empty text is text.
pub fn text_opt<'a>(source: impl Source<'a>, path: &str) -> Result<Option<&'a str>, ParseError> {
    match source.find(path) {
        Found::Absent => Ok(None),
        Found::Text(text) => Ok(Some(text)),
        other @ (Found::Number(_) | Found::Bool(_) | Found::Other(_)) => {
            Err(mismatch(path, other, "text"))
        }
    }
}

/// An identifier that must be there: text, or an integer as its digits,
/// since eBay's families of calls differ.
pub fn id<'a>(source: impl Source<'a>, path: &str) -> Result<String, ParseError> {
    required(id_opt(source, path)?, path)
}

/// An identifier that may be absent; empty text counts as absent.
pub fn id_opt<'a>(source: impl Source<'a>, path: &str) -> Result<Option<String>, ParseError> {
    match source.find(path) {
        Found::Absent | Found::Text("") => Ok(None),
        Found::Text(text) => Ok(Some(text.to_owned())),
        Found::Number(number) if !number.is_f64() => Ok(Some(number.to_string())),
        other @ (Found::Number(_) | Found::Bool(_) | Found::Other(_)) => {
            Err(mismatch(path, other, "an identifier"))
        }
    }
}

/// A signed 64-bit integer that must be there, as a number or as text.
pub fn integer<'a>(source: impl Source<'a>, path: &str) -> Result<i64, ParseError> {
    required(integer_opt(source, path)?, path)
}

/// An integer that may be absent; empty text counts as absent.
pub fn integer_opt<'a>(source: impl Source<'a>, path: &str) -> Result<Option<i64>, ParseError> {
    let parsed = match source.find(path) {
        Found::Absent | Found::Text("") => return Ok(None),
        Found::Text(text) => text.parse().ok(),
        Found::Number(number) => number.as_i64(),
        other @ (Found::Bool(_) | Found::Other(_)) => {
            return Err(mismatch(path, other, "an integer"));
        }
    };
    match parsed {
        Some(value) => Ok(Some(value)),
        None => Err(mismatch(path, source.find(path), "an integer")),
    }
}

/// Exact decimal text (`-12.50`, no exponent) that must be there, as text or
/// as a number. Text is kept as it is; a number is written with the fewest
/// digits that give it back.
pub fn decimal<'a>(source: impl Source<'a>, path: &str) -> Result<String, ParseError> {
    required(decimal_opt(source, path)?, path)
}

/// Exact decimal text that may be absent; empty text counts as absent.
pub fn decimal_opt<'a>(source: impl Source<'a>, path: &str) -> Result<Option<String>, ParseError> {
    let text = match source.find(path) {
        Found::Absent | Found::Text("") => return Ok(None),
        Found::Text(text) => text.to_owned(),
        Found::Number(number) => number.to_string(),
        other @ (Found::Bool(_) | Found::Other(_)) => {
            return Err(mismatch(path, other, "a decimal"));
        }
    };
    if is_decimal(&text) {
        return Ok(Some(text));
    }
    Err(mismatch(path, source.find(path), "a decimal"))
}

/// A boolean that may be absent: JSON's own, or the text `true` or `false`.
pub fn boolean_opt<'a>(source: impl Source<'a>, path: &str) -> Result<Option<bool>, ParseError> {
    match source.find(path) {
        Found::Absent | Found::Text("") => Ok(None),
        Found::Bool(value) => Ok(Some(value)),
        Found::Text("true") => Ok(Some(true)),
        Found::Text("false") => Ok(Some(false)),
        other @ (Found::Text(_) | Found::Number(_) | Found::Other(_)) => {
            Err(mismatch(path, other, "a boolean"))
        }
    }
}

/// A time that must be there: RFC 3339 text, as milliseconds since 1970 UTC.
pub fn timestamp<'a>(source: impl Source<'a>, path: &str) -> Result<i64, ParseError> {
    required(timestamp_opt(source, path)?, path)
}

/// A time that may be absent; empty text counts as absent.
pub fn timestamp_opt<'a>(source: impl Source<'a>, path: &str) -> Result<Option<i64>, ParseError> {
    match text_opt(source, path)? {
        None | Some("") => Ok(None),
        Some(text) => match DateTime::parse_from_rfc3339(text) {
            Ok(time) => Ok(Some(time.timestamp_millis())),
            Err(_) => Err(mismatch(path, Found::Text(text), "a time")),
        },
    }
}

fn required<T>(found: Option<T>, path: &str) -> Result<T, ParseError> {
    found.ok_or_else(|| bad(path, "value is missing"))
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let whole = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    let fraction = match digits.get(whole..) {
        Some([]) => true,
        Some([b'.', fraction @ ..]) => {
            !fraction.is_empty() && fraction.iter().all(u8::is_ascii_digit)
        }
        Some(_) | None => false,
    };
    text.len() <= DECIMAL_BYTES && whole > 0 && fraction
}

fn mismatch(path: &str, found: Found<'_>, wanted: &str) -> ParseError {
    let found = match found {
        Found::Absent => "nothing".to_owned(),
        Found::Text(text) => format!("{:?}", prefix(text, 40)),
        Found::Number(number) => number.to_string(),
        Found::Bool(value) => value.to_string(),
        Found::Other(word) => word.to_owned(),
    };
    bad(path, &format!("expected {wanted}, found {found}"))
}

fn bad(path: &str, what: &str) -> ParseError {
    ParseError::bad(0, what).with_path(path)
}

#[cfg(test)]
mod tests;
