//! Column values from what the parsers found.

use shared::record::{Value, is_decimal};
use shared::time::Timestamp;

use crate::parse::field::{self, Source};
use crate::parse::json::JsonTree;
use crate::parse::{Caps, ParseError};

/// Text, or null if absent.
pub(super) fn text<'a>(source: impl Source<'a>, path: &str) -> Result<Value, ParseError> {
    let found = field::text_opt(source, path)?;
    Ok(found.map_or(Value::Null, |text| Value::Text(text.to_owned())))
}

/// A whole number, or null if absent.
pub(super) fn integer<'a>(source: impl Source<'a>, path: &str) -> Result<Value, ParseError> {
    Ok(field::integer_opt(source, path)?.map_or(Value::Null, Value::Integer))
}

/// An exact decimal, or null if absent.
pub(super) fn decimal<'a>(source: impl Source<'a>, path: &str) -> Result<Value, ParseError> {
    match field::decimal_opt(source, path)? {
        None => Ok(Value::Null),
        Some(text) if is_decimal(&text) => Ok(Value::Decimal(text)),
        Some(text) => {
            let what = format!("decimal of {} bytes is too long", text.len());
            Err(ParseError::bad(0, what).with_path(path))
        }
    }
}

/// Yes or no, or null if absent.
pub(super) fn boolean<'a>(source: impl Source<'a>, path: &str) -> Result<Value, ParseError> {
    Ok(field::boolean_opt(source, path)?.map_or(Value::Null, Value::Boolean))
}

/// An identifier, or null if absent or empty.
pub(super) fn id<'a>(source: impl Source<'a>, path: &str) -> Result<Value, ParseError> {
    Ok(field::id_opt(source, path)?.map_or(Value::Null, Value::Text))
}

/// A moment, or null if absent.
pub(super) fn moment<'a>(source: impl Source<'a>, path: &str) -> Result<Value, ParseError> {
    let found = field::timestamp_opt(source, path)?;
    Ok(found.map_or(Value::Null, |time| Value::Time(Timestamp(time))))
}

/// The first of two values, the second one if that is null.
pub(super) fn either(
    first: Value,
    second: impl FnOnce() -> Result<Value, ParseError>,
) -> Result<Value, ParseError> {
    if first == Value::Null {
        return second();
    }
    Ok(first)
}

/// A moment that must be there.
pub(super) fn time<'a>(source: impl Source<'a>, path: &str) -> Result<Timestamp, ParseError> {
    field::timestamp(source, path).map(Timestamp)
}

/// The same result with the error's path continued to the left by `prefix`.
pub(super) fn under<T>(prefix: &str, result: Result<T, ParseError>) -> Result<T, ParseError> {
    result.map_err(|error| {
        let path = match error.path.as_str() {
            "" => prefix.to_owned(),
            path => format!("{prefix}.{path}"),
        };
        error.with_path(path)
    })
}

/// A JSON item as a tree, under the default caps. The byte of an error is that of the item; the
/// words of a syntax error have line and column, too.
pub(super) fn tree(text: &str) -> Result<JsonTree<'_>, ParseError> {
    JsonTree::parse(text, &Caps::default())
}

/// The value of a JSON item; where its syntax fails is told relative to the item.
pub(super) fn json(text: &str) -> Result<serde_json::Value, ParseError> {
    serde_json::from_str(text).map_err(|error| {
        let words = error.to_string();
        let what = words.split(" at line ").next().unwrap_or_default();
        let (line, column) = (error.line(), error.column());
        let what = format!("{what} (line {line}, column {column} of the item)");
        ParseError::bad(0, what)
    })
}
