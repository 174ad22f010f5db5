//! SQL for eBay's tables, generated from their descriptions in `shared::table`.
//!
//! Every text is made once and lives for ever, so the driver's statement cache knows it again.
//! Keys are looked up with `json_each(…) CROSS JOIN`: the cross join keeps the planner from
//! scanning the whole table for each batch, which a plain join does. A test reads the query plans.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{LazyLock, Mutex, PoisonError};

use shared::table::{Table, TableDef};

use crate::store::change::mark_column;

/// How many rows one statement writes: the largest that fits is taken, again and again.
pub(super) const CHUNKS: [usize; 3] = [64, 8, 1];

/// One statement per size of [`CHUNKS`].
pub(super) type Sized = [(usize, String); 3];

/// The statements of one table.
#[derive(Debug)]
pub(super) struct TableSql {
    /// `?1` account, `?2` JSON array of keys (each an array if the key has several columns) →
    /// (position, `row_id`, `content_hash`, `shape_version`, `ebay_time`, whether it has ended, the
    /// mark; null if the table has none).
    pub stored: String,
    /// `?1` JSON array of row ids → (position, `changed_at`, `ended_at`, the columns).
    pub current: String,
    /// → the largest row id.
    pub last_row: String,
    /// New rows. Per row: account, shape version, now, now, `row_id`, key, columns, payload,
    /// volatile, `content_hash`, `ebay_time`.
    pub insert: Sized,
    /// Changed rows, found by their key. Per row: account, shape version, now, key, columns,
    /// payload, volatile, `content_hash`, `ebay_time`, `changed_at`.
    pub replace: Sized,
    /// Events of rows that are written; the payload is taken from the row, so that a large one is
    /// not carried twice. Per row: account, now, attempt, run, key as JSON, kind, changes,
    /// `row_id`, `ebay_time`.
    pub events: Sized,
    /// `?1` account, `?2` after this row id, `?3` at most so many → row ids of open rows.
    pub open: String,
    /// `?1` account, `?2` first part of the key → row ids.
    pub under: String,
    /// Ends rows. `?1` `ended_at`, `?2` now, `?3` JSON array of row ids.
    pub end: String,
    /// Events of rows about to be ended. `?1` `ended_at`, `?2` now, `?3` attempt, `?4` run, `?5`
    /// JSON array of row ids.
    pub end_events: String,
}

impl TableSql {
    /// The statements of a table. Leaks them once per table.
    pub(super) fn of(table: Table) -> &'static Self {
        static MADE: LazyLock<Mutex<HashMap<Table, &'static TableSql>>> =
            LazyLock::new(Mutex::default);
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry(table)
            .or_insert_with(|| Box::leak(Box::new(Self::generate(table.def()))))
    }

    /// Every text, for the test that prepares them.
    #[cfg(test)]
    pub(super) fn all(&self) -> Vec<&str> {
        let mut all = vec![
            &self.stored,
            &self.current,
            &self.last_row,
            &self.open,
            &self.under,
            &self.end,
            &self.end_events,
        ];
        for sized in [&self.insert, &self.replace, &self.events] {
            all.extend(sized.iter().map(|(_, text)| text));
        }
        all.into_iter().map(String::as_str).collect()
    }

    fn generate(def: &TableDef) -> Self {
        Self {
            stored: stored(def),
            current: current(def),
            last_row: format!("SELECT max(row_id) FROM {}", def.name),
            insert: insert(def),
            replace: replace(def),
            events: events(def),
            open: format!(
                "SELECT row_id FROM {} WHERE account_id = ?1 AND ended_at IS NULL \
                 AND row_id > ?2 ORDER BY row_id LIMIT ?3",
                def.name
            ),
            under: format!(
                "SELECT row_id FROM {} WHERE account_id = ?1 AND {} = ?2",
                def.name,
                def.key.first().copied().unwrap_or("row_id")
            ),
            end: format!(
                "UPDATE {} SET ended_at = ?1, changed_at = ?2 WHERE ended_at IS NULL \
                 AND row_id IN (SELECT value FROM json_each(?3))",
                def.name
            ),
            end_events: end_events(def),
        }
    }
}

fn stored(def: &TableDef) -> String {
    let mark = mark_column(def).map_or("NULL".to_owned(), |(_, name)| format!("t.{name}"));
    let mut text = format!(
        "SELECT j.key, t.row_id, t.content_hash, t.shape_version, t.ebay_time, \
         t.ended_at IS NOT NULL, {mark} FROM json_each(?2) AS j CROSS JOIN {} AS t \
         WHERE t.account_id = ?1",
        def.name
    );
    for (at, key) in def.key.iter().enumerate() {
        let value = if def.key.len() == 1 {
            "j.value".to_owned()
        } else {
            format!("json_extract(j.value, '$[{at}]')")
        };
        push(&mut text, format_args!(" AND t.{key} = {value}"));
    }
    text
}

fn current(def: &TableDef) -> String {
    let mut text = "SELECT j.key, t.changed_at, t.ended_at".to_owned();
    for column in def.columns {
        push(&mut text, format_args!(", t.{}", column.name));
    }
    push(
        &mut text,
        format_args!(
            " FROM json_each(?1) AS j CROSS JOIN {} AS t WHERE t.row_id = j.value",
            def.name
        ),
    );
    text
}

/// Key columns and columns, each followed by a comma.
fn names(def: &TableDef) -> String {
    let mut text = def.key.join(", ");
    text.push_str(", ");
    for column in def.columns {
        push(&mut text, format_args!("{}, ", column.name));
    }
    text
}

fn insert(def: &TableDef) -> Sized {
    let head = format!(
        "INSERT INTO {} (account_id, shape_version, first_seen_at, changed_at, row_id, {}\
         payload, volatile, content_hash, ebay_time) VALUES ",
        def.name,
        names(def)
    );
    sized(&head, &row(def.key.len() + def.columns.len() + 9), "")
}

fn replace(def: &TableDef) -> Sized {
    let head = format!(
        "INSERT INTO {} (account_id, shape_version, first_seen_at, {}\
         payload, volatile, content_hash, ebay_time, changed_at) VALUES ",
        def.name,
        names(def)
    );
    let mut tail = format!(
        " ON CONFLICT (account_id, {}) DO UPDATE SET ",
        def.key.join(", ")
    );
    for column in def.columns {
        push(&mut tail, format_args!("{0} = excluded.{0}, ", column.name));
    }
    push(
        &mut tail,
        format_args!(
            "payload = excluded.payload, volatile = excluded.volatile, \
             content_hash = excluded.content_hash, shape_version = excluded.shape_version, \
             ebay_time = coalesce(excluded.ebay_time, {}.ebay_time), \
             changed_at = excluded.changed_at, ended_at = NULL",
            def.name
        ),
    );
    sized(&head, &row(def.key.len() + def.columns.len() + 8), &tail)
}

fn events(def: &TableDef) -> Sized {
    let head = "INSERT INTO ebay_events (account_id, recorded_at, attempt_id, run_no, entity_key, \
                kind, changes, entity, payload, ebay_time) VALUES ";
    let row = format!(
        "(?, ?, ?, ?, ?, ?, ?, '{}', (SELECT payload FROM {} WHERE row_id = ?), ?)",
        def.entity, def.name
    );
    sized(head, &row, "")
}

fn end_events(def: &TableDef) -> String {
    let key: Vec<String> = def.key.iter().map(|key| format!("t.{key}")).collect();
    format!(
        "INSERT INTO ebay_events (account_id, entity, entity_key, kind, changes, ebay_time, \
         recorded_at, attempt_id, run_no) SELECT t.account_id, '{}', json_array({}), 'ended', \
         json_object('ended_at', json_array(NULL, ?1)), ?1, ?2, ?3, ?4 \
         FROM json_each(?5) AS j CROSS JOIN {} AS t WHERE t.row_id = j.value \
         AND t.ended_at IS NULL ORDER BY j.key",
        def.entity,
        key.join(", "),
        def.name
    )
}

/// `(?, ?, …)`. Every value is a plain `?`, also those that all rows share: SQLite looks through
/// all numbered parameters for each one that is bound, and the driver does not mix the two kinds.
fn row(values: usize) -> String {
    format!("({})", vec!["?"; values].join(", "))
}

/// `head row, row, … tail`, once per size.
fn sized(head: &str, row: &str, tail: &str) -> Sized {
    CHUNKS.map(|size| (size, format!("{head}{}{tail}", vec![row; size].join(", "))))
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = text.write_fmt(arguments);
}
