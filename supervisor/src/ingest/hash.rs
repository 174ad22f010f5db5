//! The hash that says whether an item changed.
//!
//! 16 bytes of BLAKE3 over the shape version and every column that the source can deliver, then 16
//! bytes of BLAKE3 over the payload. Two halves, so that the payload can be compared without being
//! read back. What moves on its own (`volatile`) is not in it, nor eBay's time of the change.

use shared::record::{Record, Value};

/// The hash of a record's content. `scratch` is reused between calls to save allocations.
pub(super) fn content(record: &Record, scratch: &mut Vec<u8>) -> [u8; 32] {
    scratch.clear();
    scratch.extend(record.table.def().shape_version.to_le_bytes());
    for (at, value) in (0_u16..).zip(&record.values) {
        push(scratch, at, value);
    }
    let columns = blake3::hash(scratch);
    let payload = blake3::hash(record.payload.as_bytes());
    let mut hash = [0; 32];
    let halves = columns.as_bytes().iter().take(16);
    for (to, from) in hash.iter_mut().zip(halves.chain(payload.as_bytes())) {
        *to = *from;
    }
    hash
}

/// Appends a column so that no two different rows give the same bytes: position, kind, and text
/// with its length.
fn push(out: &mut Vec<u8>, at: u16, value: &Value) {
    let (kind, text) = match value {
        Value::Absent => return,
        Value::Null => (0, &[] as &[u8]),
        Value::Text(text) => (1, text.as_bytes()),
        Value::Decimal(text) => (2, text.as_bytes()),
        Value::Integer(number) => return push_number(out, at, 3, *number),
        Value::Time(time) => return push_number(out, at, 4, time.0),
        Value::Boolean(yes) => return push_number(out, at, 5, i64::from(*yes)),
    };
    out.extend(at.to_le_bytes());
    out.push(kind);
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text);
}

fn push_number(out: &mut Vec<u8>, at: u16, kind: u8, number: i64) {
    out.extend(at.to_le_bytes());
    out.push(kind);
    out.extend(number.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use shared::table::Table;
    use shared::time::Timestamp;

    use super::*;

    fn record(values: Vec<Value>, payload: &str) -> Record {
        Record {
            table: Table::OrderLineItems,
            key: vec!["1".to_owned(), "2".to_owned()],
            values,
            ebay_time: None,
            payload: payload.to_owned(),
            volatile: String::new(),
        }
    }

    fn hash(record: &Record) -> [u8; 32] {
        content(record, &mut vec![9; 3])
    }

    #[test]
    fn content_decides_and_nothing_else() {
        let text = |text: &str| Value::Text(text.to_owned());
        let base = record(vec![text("a"), text("b")], "{}");
        let mut same = base.clone();
        same.volatile = "{\"views\":1}".to_owned();
        same.ebay_time = Some(Timestamp(1));
        assert_eq!(hash(&base), hash(&same));

        let others = [
            record(vec![text("ab"), text("")], "{}"),
            record(vec![text("a"), Value::Null], "{}"),
            record(vec![text("a"), Value::Absent], "{}"),
            record(vec![Value::Absent, text("b")], "{}"),
            record(vec![text("a"), Value::Decimal("b".to_owned())], "{}"),
            record(vec![text("b"), text("a")], "{}"),
            record(vec![Value::Integer(1), text("b")], "{}"),
            record(vec![Value::Time(Timestamp(1)), text("b")], "{}"),
            record(vec![text("a"), text("b")], "{\"a\":1}"),
        ];
        for (at, one) in others.iter().enumerate() {
            assert_ne!(hash(&base), hash(one), "{at}");
            for other in others.iter().skip(at + 1) {
                assert_ne!(hash(one), hash(other), "{at}");
            }
        }
    }

    #[test]
    fn the_halves_are_independent() {
        let base = record(vec![Value::Null], "{}");
        let payload = hash(&record(vec![Value::Null], "{\"a\":1}"));
        let columns = hash(&record(vec![Value::Integer(1)], "{}"));
        assert_eq!(hash(&base).first_chunk::<16>(), payload.first_chunk());
        assert_eq!(hash(&base).last_chunk::<16>(), columns.last_chunk());
    }
}
