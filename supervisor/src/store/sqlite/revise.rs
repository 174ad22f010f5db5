//! Turns records into the rows and events to be written. No I/O.

use shared::table::{Kind, TableDef};
use shared::time::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::write::{NewEvent, NewRow};
use crate::store::batch::BatchRow;
use crate::store::change::{Cell, Change, Difference, Differences, event};
use crate::store::hash::ContentHash;
use crate::store::history::EventKind;

/// A row that exists and will be written anew.
pub(super) struct Pending {
    pub row: BatchRow,
    pub key_json: String,
    pub row_id: i64,
    pub change: Change,
    pub stored_hash: ContentHash,
}

/// A stored row's columns.
pub(super) struct Current {
    pub changed_at: String,
    pub ended_at: Option<String>,
    pub cells: Vec<Cell>,
}

pub(super) fn read_current(row: &SqliteRow, def: &TableDef) -> Result<Current, sqlx::Error> {
    Ok(Current {
        changed_at: row.try_get(1)?,
        ended_at: row.try_get(2)?,
        cells: read_cells(row, def, 3)?,
    })
}

/// Reads a table's columns, of which the first is at `first`.
pub(super) fn read_cells(
    row: &SqliteRow,
    def: &TableDef,
    first: usize,
) -> Result<Vec<Cell>, sqlx::Error> {
    (first..)
        .zip(def.columns)
        .map(|(at, column)| match column.kind {
            Kind::Integer | Kind::Boolean => row
                .try_get::<Option<i64>, _>(at)
                .map(|number| number.map_or(Cell::Null, Cell::Integer)),
            Kind::Text | Kind::Decimal | Kind::Time | Kind::Mark => row
                .try_get::<Option<String>, _>(at)
                .map(|text| text.map_or(Cell::Null, Cell::Text)),
        })
        .collect()
}

/// A new row and its event: every column that is not null and no mark.
pub(super) fn create(
    def: &TableDef,
    row: BatchRow,
    key_json: String,
    row_id: i64,
) -> (NewRow, NewEvent) {
    let record = row.record;
    let mut differences = Differences::new();
    let mut cells = Vec::with_capacity(record.values.len());
    for (column, value) in def.columns.iter().zip(record.values) {
        let cell = Cell::from_value(value).unwrap_or(Cell::Null);
        if cell != Cell::Null && column.kind != Kind::Mark {
            differences.push(column.name, &Cell::Null, &cell);
        }
        cells.push(cell);
    }
    let event = NewEvent {
        key_json,
        kind: EventKind::Created,
        changes: differences.finish(),
        row_id,
        ebay_time: record.ebay_time,
    };
    let row = NewRow {
        row_id,
        key: record.key,
        cells,
        payload: record.payload,
        volatile: record.volatile,
        hash: row.hash,
        ebay_time: record.ebay_time,
        changed_at: String::new(),
    };
    (row, event)
}

/// A changed row and its event, if there is one.
pub(super) fn change(
    def: &TableDef,
    pending: Pending,
    current: Current,
    now: Timestamp,
) -> (NewRow, Option<NewEvent>) {
    let record = pending.row.record;
    let mut differences = Differences::new();
    let mut difference = Difference {
        payload: !pending.row.hash.same_payload(&pending.stored_hash),
        ..Difference::default()
    };
    let mut cells = Vec::with_capacity(record.values.len());
    for ((column, value), old) in def.columns.iter().zip(record.values).zip(current.cells) {
        let new = Cell::from_value(value).unwrap_or_else(|| old.clone());
        if new != old && column.kind != Kind::Mark {
            difference.known |= old != Cell::Null;
            differences.push(column.name, &old, &new);
        }
        cells.push(new);
    }
    if let Some(ended_at) = current.ended_at {
        differences.push("ended_at", &Cell::Text(ended_at), &Cell::Null);
    }
    difference.columns = !differences.is_empty();
    let kind = event(pending.change, difference);
    let changed_at = match kind {
        Some(EventKind::Updated) => now.to_string(),
        Some(EventKind::Created | EventKind::Reshaped | EventKind::Ended) | None => {
            current.changed_at
        }
    };
    let event = kind.map(|kind| NewEvent {
        key_json: pending.key_json,
        kind,
        changes: differences.finish(),
        row_id: pending.row_id,
        ebay_time: record.ebay_time,
    });
    let row = NewRow {
        row_id: pending.row_id,
        key: record.key,
        cells,
        payload: record.payload,
        volatile: record.volatile,
        hash: pending.row.hash,
        ebay_time: record.ebay_time,
        changed_at,
    };
    (row, event)
}
