//! The hash that says whether an item changed, and whether a stored row is still what was stored.
//!
//! 16 bytes of BLAKE3 over the shape version and every column that the source can deliver, then 16
//! bytes of BLAKE3 over the payload. Two halves, so that the payload can be compared without being
//! read back. What moves on its own (`volatile`) is not in it, nor marks, nor eBay's time of the
//! change. Beside it stands which columns the source could not deliver: without that a stored row
//! could not be hashed again.

use shared::record::{Record, Value};
use shared::table::{Column, Kind, TableDef};
use shared::time::Timestamp;

use super::change::Cell;

/// Bytes of the two halves.
const HALVES: usize = 32;

/// The hash of a row's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentHash {
    /// Columns, then payload, 16 bytes each.
    halves: [u8; HALVES],
    /// One bit per column, the first one lowest: set if the source could not deliver it.
    absent: u64,
}

impl ContentHash {
    /// Whether both are of the same content.
    pub(super) fn same(&self, other: &Self) -> bool {
        self.halves == other.halves
    }

    /// Whether both are of the same payload.
    pub(super) fn same_payload(&self, other: &Self) -> bool {
        self.halves.last_chunk::<16>() == other.halves.last_chunk()
    }

    /// Whether both are of the same columns.
    pub(super) fn same_columns(&self, other: &Self) -> bool {
        self.halves.first_chunk::<16>() == other.halves.first_chunk()
    }

    /// As it is stored: the halves, and which columns are absent if any is.
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = self.halves.to_vec();
        if self.absent != 0 {
            bytes.extend(self.absent.to_le_bytes());
        }
        bytes
    }

    /// As it was stored; `None` for bytes that are no such hash.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (halves, rest) = bytes.split_first_chunk()?;
        let absent = match rest {
            [] => 0,
            _ => u64::from_le_bytes(rest.try_into().ok()?),
        };
        Some(Self {
            halves: *halves,
            absent,
        })
    }
}

/// The hash of a record's content. `scratch` is reused between calls to save allocations.
pub fn content(record: &Record, scratch: &mut Vec<u8>) -> ContentHash {
    let def = record.table.def();
    begin(scratch, def.shape_version);
    let mut absent = 0;
    for ((at, value), column) in (0_u16..).zip(&record.values).zip(def.columns) {
        // A mark is no content of the item.
        if column.kind == Kind::Mark {
            continue;
        }
        if *value == Value::Absent {
            absent |= bit(at);
        }
        push(scratch, at, value);
    }
    finish(scratch, &record.payload, absent)
}

/// What the hash of a stored row must be, by its table, its cells, its payload and the hash that is
/// stored. `None` if a cell holds what its column cannot hold.
pub(super) fn of_stored(
    def: &TableDef,
    cells: &[Cell],
    payload: &str,
    stored: ContentHash,
) -> Option<ContentHash> {
    let mut scratch = Vec::new();
    begin(&mut scratch, def.shape_version);
    for ((at, cell), column) in (0_u16..).zip(cells).zip(def.columns) {
        if column.kind != Kind::Mark && stored.absent & bit(at) == 0 {
            push(&mut scratch, at, &value(*column, cell)?);
        }
    }
    Some(finish(&scratch, payload, stored.absent))
}

/// The bit of a column. A table has at most 64.
fn bit(at: u16) -> u64 {
    1_u64.checked_shl(u32::from(at)).unwrap_or(0)
}

fn begin(scratch: &mut Vec<u8>, shape_version: u32) {
    scratch.clear();
    scratch.extend(shape_version.to_le_bytes());
}

fn finish(columns: &[u8], payload: &str, absent: u64) -> ContentHash {
    let columns = blake3::hash(columns);
    let payload = blake3::hash(payload.as_bytes());
    let mut halves = [0; HALVES];
    let first = columns.as_bytes().iter().take(HALVES / 2);
    for (to, from) in halves.iter_mut().zip(first.chain(payload.as_bytes())) {
        *to = *from;
    }
    ContentHash { halves, absent }
}

/// The value that a cell was made from.
fn value(column: Column, cell: &Cell) -> Option<Value> {
    Some(match (cell, column.kind) {
        (Cell::Null, _) => Value::Null,
        (Cell::Text(text), Kind::Text | Kind::Mark) => Value::Text(text.clone()),
        (Cell::Text(text), Kind::Decimal) => Value::Decimal(text.clone()),
        (Cell::Text(text), Kind::Time) => Value::Time(Timestamp::parse(text)?),
        (Cell::Integer(number), Kind::Integer) => Value::Integer(*number),
        (Cell::Integer(number), Kind::Boolean) => Value::Boolean(*number != 0),
        (Cell::Text(_) | Cell::Integer(_), _) => return None,
    })
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
mod tests;
