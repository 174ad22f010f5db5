//! Decides what a record means for the row that is stored, and writes down the difference. Pure.

use std::fmt::Write as _;

use shared::record::Value;
use shared::time::Timestamp;

/// What is stored about a row, as far as the decision needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    /// Its number.
    pub row_id: i64,
    /// Hash of its content: columns, then payload, 16 bytes each.
    pub hash: [u8; 32],
    /// The shape that it was stored in.
    pub shape_version: i64,
    /// eBay's time of its last change.
    pub ebay_time: Option<Timestamp>,
    /// Whether it has ended.
    pub ended: bool,
}

/// What has come, as far as the decision needs it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Incoming<'a> {
    /// Hash of its content.
    pub hash: &'a [u8; 32],
    /// The shape that it would be stored in.
    pub shape_version: i64,
    /// eBay's time of its last change.
    pub ebay_time: Option<Timestamp>,
    /// Whether this very snapshot has brought the key before; always false in window mode.
    pub seen: bool,
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
    /// The row was stored in another shape: written anew without an event.
    Rewritten,
    /// The same.
    Unchanged,
    /// Older than what is stored.
    Stale,
    /// One snapshot says two things about one key.
    Contradiction,
}

/// What a record means for the stored row. A snapshot proves that an ended row is back, whatever
/// eBay's time of the item says; otherwise the older of two known times loses, and equal or unknown
/// times compare by content.
pub(super) fn classify(incoming: Incoming<'_>, stored: Option<&Stored>) -> Change {
    let Some(stored) = stored else {
        return Change::Created;
    };
    let same = *incoming.hash == stored.hash;
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
        return Change::Rewritten;
    }
    if same {
        return Change::Unchanged;
    }
    Change::Updated
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
mod tests {
    use super::*;

    const A: [u8; 32] = [1; 32];
    const B: [u8; 32] = [2; 32];

    fn row(hash: [u8; 32], time: Option<i64>) -> Stored {
        Stored {
            row_id: 7,
            hash,
            shape_version: 1,
            ebay_time: time.map(Timestamp),
            ended: false,
        }
    }

    fn decide(hash: [u8; 32], time: Option<i64>, seen: bool, stored: Option<&Stored>) -> Change {
        let incoming = Incoming {
            hash: &hash,
            shape_version: 1,
            ebay_time: time.map(Timestamp),
            seen,
        };
        classify(incoming, stored)
    }

    #[test]
    fn changes() {
        assert_eq!(decide(A, None, false, None), Change::Created);
        let (same, other) = (row(A, None), row(B, None));
        let (same_5, other_5) = (row(A, Some(5)), row(B, Some(5)));
        let mut ended = row(A, Some(5));
        ended.ended = true;
        let mut shape = row(B, Some(5));
        shape.shape_version = 9;
        let cases = [
            // (time, stored, expected, why)
            (None, &same, Change::Unchanged, "same"),
            (None, &other, Change::Updated, "no times"),
            (Some(5), &other_5, Change::Updated, "equal times"),
            (Some(6), &other_5, Change::Updated, "newer"),
            (Some(4), &other_5, Change::Stale, "older"),
            (Some(4), &same_5, Change::Stale, "older and the same"),
            (Some(4), &other, Change::Updated, "stored time unknown"),
            (None, &other_5, Change::Updated, "new time unknown"),
            (Some(4), &shape, Change::Stale, "older, other shape"),
            (Some(5), &shape, Change::Rewritten, "other shape"),
            (Some(5), &ended, Change::Reopened, "ended, the same"),
            (Some(4), &ended, Change::Reopened, "ended, older"),
        ];
        for (time, stored, expected, why) in cases {
            assert_eq!(decide(A, time, false, Some(stored)), expected, "{why}");
        }
    }

    #[test]
    fn a_snapshot_may_not_contradict_itself() {
        let cases = [
            (None, row(A, None), Change::Unchanged),
            (None, row(B, None), Change::Contradiction),
            (Some(4), row(B, Some(5)), Change::Contradiction),
        ];
        for (time, stored, expected) in cases {
            assert_eq!(decide(A, time, true, Some(&stored)), expected);
        }
    }

    #[test]
    fn differences_are_json() {
        let mut differences = Differences::new();
        assert!(differences.is_empty());
        differences.push(
            "title",
            &Cell::Null,
            &Cell::Text("a\"\\\n\u{1}é".to_owned()),
        );
        differences.push("quantity", &Cell::Integer(-1), &Cell::Integer(2));
        let text = differences.finish();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            value,
            serde_json::json!({"title": [null, "a\"\\\n\u{1}é"], "quantity": [-1, 2]})
        );
    }

    #[test]
    fn keys_are_json() {
        for key in [vec!["a"], vec!["", "b\u{1f}\u{7f}", "ü\t'\"\\/"]] {
            let key: Vec<String> = key.into_iter().map(str::to_owned).collect();
            assert_eq!(key_json(&key), serde_json::to_string(&key).unwrap());
        }
    }
}
