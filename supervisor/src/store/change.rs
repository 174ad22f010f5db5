//! Decides what a record means for the row that is stored, and writes down the difference. Pure.

use std::fmt::Write as _;

use shared::record::Value;
use shared::table::{Kind, TableDef};
use shared::time::Timestamp;

use super::hash::ContentHash;
use super::history::EventKind;

/// The mark that names the API which told of a row: another one tells the same item in another
/// payload, and may not know every column.
const SOURCE: &str = "source";

/// What is stored about a row, as far as the decision needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    /// Its number.
    pub row_id: i64,
    /// Hash of its content.
    pub hash: ContentHash,
    /// The shape that it was stored in.
    pub shape_version: i64,
    /// eBay's time of its last change.
    pub ebay_time: Option<Timestamp>,
    /// Whether it has ended.
    pub ended: bool,
    /// Its mark; `None` too if its table has none.
    pub mark: Option<String>,
}

impl Stored {
    /// Whether the row must be marked anew.
    fn is_marked_otherwise(&self, mark: Mark<'_>) -> bool {
        match mark {
            Mark::Untold => false,
            Mark::Version(text) | Mark::Source(text) => self.mark.as_deref() != text,
        }
    }
}

/// What a record says about its mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark<'a> {
    /// Nothing: the table has none, or the source does not tell.
    Untold,
    /// The version of what it was read with.
    Version(Option<&'a str>),
    /// Which API told it.
    Source(Option<&'a str>),
}

impl<'a> Mark<'a> {
    /// The mark among a record's values.
    pub(super) fn of(def: &TableDef, values: &'a [Value]) -> Self {
        let Some((at, name)) = mark_column(def) else {
            return Self::Untold;
        };
        let text = match values.get(at) {
            Some(Value::Text(text)) => Some(text.as_str()),
            Some(Value::Absent) => return Self::Untold,
            // A mark is text, as the record's check holds.
            _ => None,
        };
        if name == SOURCE {
            Self::Source(text)
        } else {
            Self::Version(text)
        }
    }
}

/// The column of a table's mark, if it has one: its position and its name.
pub(super) fn mark_column(def: &TableDef) -> Option<(usize, &'static str)> {
    let columns = def.columns.iter().enumerate();
    let mut marks = columns.filter(|(_, column)| column.kind == Kind::Mark);
    marks.next().map(|(at, column)| (at, column.name))
}

/// What has come, as far as the decision needs it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Incoming<'a> {
    /// Hash of its content.
    pub hash: &'a ContentHash,
    /// The shape that it would be stored in.
    pub shape_version: i64,
    /// eBay's time of its last change.
    pub ebay_time: Option<Timestamp>,
    /// Whether this very snapshot has brought the key before; always false in window mode.
    pub seen: bool,
    /// Its mark.
    pub mark: Mark<'a>,
}

/// What a record means for the stored row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// There is no row.
    Created,
    /// The row has other content.
    Updated,
    /// The row had ended.
    Reopened,
    /// The row was stored in another shape.
    Reshaped,
    /// Another API tells the row, with other content.
    Resourced,
    /// The same, but for its mark.
    Marked,
    /// The same.
    Unchanged,
    /// Older than what is stored.
    Stale,
    /// One snapshot says two things about one key.
    Contradiction,
}

/// What a record means for the stored row. A snapshot proves that an ended row is back, whatever
/// eBay's time of the item says; otherwise the older of two known times loses, and equal or unknown
/// times compare by content. Content tells nothing if it was made in another shape.
pub(super) fn classify(incoming: Incoming<'_>, stored: Option<&Stored>) -> Change {
    let Some(stored) = stored else {
        return Change::Created;
    };
    let same = incoming.hash.same(&stored.hash);
    if incoming.seen && !same {
        return Change::Contradiction;
    }
    if stored.ended {
        return Change::Reopened;
    }
    if let (Some(new), Some(old)) = (incoming.ebay_time, stored.ebay_time)
        && new < old
    {
        return Change::Stale;
    }
    if incoming.shape_version != stored.shape_version {
        return Change::Reshaped;
    }
    match (same, stored.is_marked_otherwise(incoming.mark)) {
        (true, false) => Change::Unchanged,
        (true, true) => Change::Marked,
        (false, true) if matches!(incoming.mark, Mark::Source(_)) => Change::Resourced,
        (false, _) => Change::Updated,
    }
}

/// How a row that exists differs from what is to be written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Difference {
    /// A column differs, or the row is open again.
    pub columns: bool,
    /// A column differs that was known before: both sources tell it, and they do not agree.
    pub known: bool,
    /// The payload differs.
    pub payload: bool,
}

/// The event that a change of an existing row makes, if any. Nothing is told where nothing differs.
///
/// A row in another shape is the same item told otherwise, and so is one from another source as
/// long as no column contradicts what was known: the history must have the new columns and payload,
/// or it would no longer fold to the row, but the item did not change.
pub(super) fn event(change: Change, difference: Difference) -> Option<EventKind> {
    let told = difference.columns || difference.payload;
    let kind = match change {
        Change::Updated | Change::Reopened => EventKind::Updated,
        Change::Resourced if difference.known => EventKind::Updated,
        Change::Resourced | Change::Reshaped => EventKind::Reshaped,
        Change::Created
        | Change::Marked
        | Change::Unchanged
        | Change::Stale
        | Change::Contradiction => return None,
    };
    told.then_some(kind)
}

/// A value as the database holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    /// Null.
    Null,
    /// Text; decimals and times too.
    Text(String),
    /// A whole number.
    Integer(i64),
}

impl Cell {
    /// The cell for a value; `None` for an absent one.
    pub(super) fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Absent => None,
            Value::Null => Some(Self::Null),
            Value::Text(text) | Value::Decimal(text) => Some(Self::Text(text)),
            Value::Integer(number) => Some(Self::Integer(number)),
            Value::Time(time) => Some(Self::Text(time.to_string())),
            Value::Boolean(yes) => Some(Self::Integer(i64::from(yes))),
        }
    }
}

/// `{"column":[old,new],…}` for `ebay_events.changes`.
#[derive(Debug)]
pub(super) struct Differences {
    text: String,
}

impl Differences {
    /// No difference yet.
    pub(super) fn new() -> Self {
        Self {
            text: String::from("{"),
        }
    }

    /// Adds one column.
    pub(super) fn push(&mut self, column: &str, old: &Cell, new: &Cell) {
        if !self.is_empty() {
            self.text.push(',');
        }
        push_json_text(&mut self.text, column);
        self.text.push_str(":[");
        push_json_cell(&mut self.text, old);
        self.text.push(',');
        push_json_cell(&mut self.text, new);
        self.text.push(']');
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.text.len() == 1
    }

    /// The JSON text.
    pub(super) fn finish(mut self) -> String {
        self.text.push('}');
        self.text
    }
}

/// The key as a JSON array, the same bytes as SQLite's `json_array` gives.
pub(super) fn key_json(key: &[String]) -> String {
    let mut text = String::with_capacity(key.iter().map(|part| part.len() + 3).sum::<usize>() + 2);
    text.push('[');
    for (at, part) in key.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        push_json_text(&mut text, part);
    }
    text.push(']');
    text
}

fn push_json_cell(out: &mut String, cell: &Cell) {
    match cell {
        Cell::Null => out.push_str("null"),
        Cell::Text(text) => push_json_text(out, text),
        Cell::Integer(number) => out.push_str(&number.to_string()),
    }
}

/// Appends a JSON string. Written out because it cannot fail, unlike a serializer's signature.
pub(super) fn push_json_text(out: &mut String, text: &str) {
    out.push('"');
    if text
        .bytes()
        .any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\')
    {
        for character in text.chars() {
            push_json_char(out, character);
        }
    } else {
        out.push_str(text);
    }
    out.push('"');
}

fn push_json_char(out: &mut String, character: char) {
    match character {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\u{8}' => out.push_str("\\b"),
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\u{c}' => out.push_str("\\f"),
        '\r' => out.push_str("\\r"),
        control if control < ' ' => {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{:04x}", u32::from(control));
        }
        other => out.push(other),
    }
}

#[cfg(test)]
mod tests;
