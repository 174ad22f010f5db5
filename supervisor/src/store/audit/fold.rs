//! Folds the history of one item, and compares what comes out with its row.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::table::{Kind, TableDef};

use crate::store::change::Cell;
use crate::store::history::EventKind;

/// The most faults of one item that are told.
const TOLD: usize = 8;

/// The most characters of a value in a message.
const SHORT: usize = 60;

/// An event as the fold reads it.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Told<'a> {
    /// Its number.
    pub event: i64,
    /// Its kind's name.
    pub kind: &'a str,
    /// Its differences, as JSON.
    pub changes: Option<&'a str>,
    /// Whether it has a payload.
    pub has_payload: bool,
    /// When it was recorded.
    pub recorded_at: &'a str,
}

/// A row as the fold compares it.
#[derive(Debug)]
pub(in crate::store) struct Row {
    /// Its columns.
    pub cells: Vec<Cell>,
    /// When it ended.
    pub ended_at: Cell,
    /// When it was first seen.
    pub first_seen_at: String,
    /// When it changed.
    pub changed_at: String,
    /// Whether its payload is that of the last event that has one.
    pub payload_as_told: bool,
}

/// What the history of an item says so far.
#[derive(Debug)]
pub(in crate::store) struct Fold {
    def: &'static TableDef,
    cells: Vec<Cell>,
    ended_at: Cell,
    created_at: Option<String>,
    changed_at: Option<String>,
    events: u64,
    faults: Vec<String>,
}

type Changes = BTreeMap<String, [Value; 2]>;

impl Fold {
    /// Before the first event.
    pub(in crate::store) fn new(def: &'static TableDef) -> Self {
        Self {
            def,
            cells: vec![Cell::Null; def.columns.len()],
            ended_at: Cell::Null,
            created_at: None,
            changed_at: None,
            events: 0,
            faults: Vec::new(),
        }
    }

    /// Adds the next event, in the order of their numbers.
    pub(in crate::store) fn apply(&mut self, told: Told<'_>) {
        self.events += 1;
        let event = told.event;
        let Some(kind) = EventKind::from_name(told.kind) else {
            return self.fault(format!(
                "event {event} is of the unknown kind {}",
                told.kind
            ));
        };
        let changes: Changes = match serde_json::from_str(told.changes.unwrap_or_default()) {
            Ok(changes) => changes,
            Err(error) => {
                return self.fault(format!("changes of event {event} cannot be read: {error}"));
            }
        };
        self.check_order(event, kind, &changes);
        if told.has_payload == (kind == EventKind::Ended) {
            let has = if told.has_payload { "a" } else { "no" };
            self.fault(format!("event {event}, {}, has {has} payload", told.kind));
        }
        for (column, [old, new]) in &changes {
            self.step(event, column, old, new);
        }
        match kind {
            EventKind::Created => {
                self.created_at = Some(told.recorded_at.to_owned());
                self.changed_at.clone_from(&self.created_at);
            }
            EventKind::Updated | EventKind::Ended => {
                self.changed_at = Some(told.recorded_at.to_owned());
            }
            EventKind::Reshaped => {}
        }
    }

    /// Whether an event of this kind may come now.
    fn check_order(&mut self, event: i64, kind: EventKind, changes: &Changes) {
        let exists = self.created_at.is_some();
        let ended = self.ended_at != Cell::Null;
        let touches_the_end = changes.contains_key("ended_at");
        let what = match kind {
            EventKind::Created if exists => "creates it once more",
            EventKind::Created if touches_the_end => "creates it as ended",
            EventKind::Updated | EventKind::Reshaped | EventKind::Ended if !exists => {
                "comes before it was created"
            }
            EventKind::Ended if ended => "ends what had ended",
            EventKind::Ended if !touches_the_end => "ends it without a time",
            EventKind::Updated if ended && !touches_the_end => "changes what had ended",
            EventKind::Updated if !ended && touches_the_end => "reopens what had not ended",
            EventKind::Reshaped if ended || touches_the_end => "reshapes what had ended",
            EventKind::Created | EventKind::Updated | EventKind::Reshaped | EventKind::Ended => {
                return;
            }
        };
        self.fault(format!("event {event} {what}"));
    }

    /// Follows one column.
    fn step(&mut self, event: i64, column: &str, old: &Value, new: &Value) {
        let place = if column == "ended_at" {
            Some(&mut self.ended_at)
        } else {
            // A column of a former shape is history only.
            let known = |one: &shared::table::Column| one.name == column && one.kind != Kind::Mark;
            let at = self.def.columns.iter().position(known);
            at.and_then(|at| self.cells.get_mut(at))
        };
        let Some(place) = place else { return };
        let (Some(old), Some(new)) = (cell(old), cell(new)) else {
            return self.fault(format!("event {event} has no legal values of {column}"));
        };
        let before = std::mem::replace(place, new);
        if before != old {
            let (old, before) = (short(&old), short(&before));
            self.fault(format!(
                "event {event} says {column} was {old}, and those before it {before}"
            ));
        }
    }

    /// Everything that is wrong with the item, given the row that is stored.
    pub(in crate::store) fn compare(mut self, row: &Row) -> Vec<String> {
        if self.events == 0 {
            return vec!["has no history: nothing tells of its creation".to_owned()];
        }
        let cells = std::mem::take(&mut self.cells);
        for ((column, told), stored) in self.def.columns.iter().zip(&cells).zip(&row.cells) {
            if column.kind != Kind::Mark {
                self.differ(column.name, stored, told);
            }
        }
        let ended_at = self.ended_at.clone();
        self.differ("ended_at", &row.ended_at, &ended_at);
        let time = |time: &Option<String>| time.clone().map_or(Cell::Null, Cell::Text);
        let (created_at, changed_at) = (time(&self.created_at), time(&self.changed_at));
        let stored = Cell::Text(row.first_seen_at.clone());
        self.differ("first_seen_at", &stored, &created_at);
        let stored = Cell::Text(row.changed_at.clone());
        self.differ("changed_at", &stored, &changed_at);
        if !row.payload_as_told {
            self.fault("payload is not that of its last event".to_owned());
        }
        self.faults
    }

    fn differ(&mut self, column: &str, stored: &Cell, told: &Cell) {
        if stored != told {
            let (stored, told) = (short(stored), short(told));
            self.fault(format!("{column} is {stored}, and its history says {told}"));
        }
    }

    fn fault(&mut self, what: String) {
        if self.faults.len() < TOLD {
            self.faults.push(what);
        }
    }
}

/// The cell of a value in `changes`; `None` for what no cell can hold.
fn cell(value: &Value) -> Option<Cell> {
    match value {
        Value::Null => Some(Cell::Null),
        Value::String(text) => Some(Cell::Text(text.clone())),
        Value::Number(number) => number.as_i64().map(Cell::Integer),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A value for a message.
fn short(cell: &Cell) -> String {
    match cell {
        Cell::Null => "null".to_owned(),
        Cell::Integer(number) => number.to_string(),
        Cell::Text(text) => {
            let mut start: String = text.chars().take(SHORT).collect();
            if start.len() < text.len() {
                start.push('…');
            }
            format!("'{}'", start.escape_debug())
        }
    }
}

#[cfg(test)]
mod tests;
