//! The rows of a table, against their hashes and their history.

use std::fmt::Write as _;
use std::future::poll_fn;

use shared::id::AccountId;
use shared::table::{Table, TableDef};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::ACTION;
use crate::store::audit::{Finding, Findings, Fold, Row, Told};
use crate::store::change::{Cell, key_json, push_json_text};
use crate::store::error::{During, StoreError};
use crate::store::hash::{self, ContentHash};
use crate::store::sqlite::revise::read_cells;

/// The most rows whose histories are read together, and the most bytes that their columns weigh; a
/// single row may weigh more.
const BATCH_ROWS: usize = 500;
const BATCH_BYTES: usize = 4 << 20;

/// Columns of the statement before the key.
const BEFORE_KEY: usize = 9;

/// Rows that are looked at together.
#[derive(Default)]
struct Batch {
    rows: Vec<Waiting>,
    /// Numbers of rows that cannot be read, as text that is no UTF-8, and why.
    unreadable: Vec<(i64, String)>,
    /// The number of the last row of both kinds.
    last: Option<i64>,
}

/// A row that waits for its history.
struct Waiting {
    account: AccountId,
    key: Vec<String>,
    key_json: String,
    row: Row,
    /// What is wrong with it already.
    faults: Vec<String>,
    fold: Fold,
}

pub(super) async fn verify(
    connection: &mut SqliteConnection,
    account: Option<AccountId>,
    table: Table,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let def = table.def();
    let (rows, events) = (rows_sql(def), events_sql(def));
    let mut after = 0;
    loop {
        let mut batch = read_batch(connection, &rows, account, (def, after)).await?;
        let Some(last) = batch.last else {
            return Ok(());
        };
        after = last;
        findings.audit.rows += (batch.rows.len() + batch.unreadable.len()) as u64;
        for (row_id, what) in batch.unreadable {
            findings.push(Finding {
                account: None,
                table: def.name.to_owned(),
                key: vec![format!("row {row_id}")],
                what,
            });
        }
        fold_histories(connection, &events, &mut batch.rows).await?;
        for one in batch.rows {
            let mut faults = one.faults;
            faults.extend(one.fold.compare(&one.row));
            if !findings.knows(one.account) {
                faults.push("belongs to an account that does not exist".to_owned());
            }
            for what in faults {
                findings.add(one.account, def.name, &one.key, what);
            }
        }
    }
}

/// Rows after `?1`, of account `?2` or all, at most `?3`: number, account, hash, shape version, first
/// seen, changed, ended, payload, whether the last event with a payload has the same one, key,
/// columns.
pub(super) fn rows_sql(def: &TableDef) -> String {
    let columns = def.columns.iter().map(|column| column.name);
    let names: Vec<String> = def.key.iter().copied().chain(columns).map(of_row).collect();
    let key: Vec<String> = def.key.iter().copied().map(of_row).collect();
    format!(
        "SELECT t.row_id, t.account_id, t.content_hash, t.shape_version, t.first_seen_at, \
         t.changed_at, t.ended_at, t.payload, t.payload IS (SELECT e.payload FROM ebay_events AS e \
         WHERE e.account_id = t.account_id AND e.entity = '{}' \
         AND e.entity_key = json_array({}) AND e.payload IS NOT NULL \
         ORDER BY e.event_id DESC LIMIT 1), {} \
         FROM {} AS t WHERE t.row_id > ?1 AND (?2 IS NULL OR t.account_id = ?2) \
         ORDER BY t.row_id LIMIT ?3",
        def.entity,
        key.join(", "),
        names.join(", "),
        def.name
    )
}

fn of_row(name: &str) -> String {
    format!("t.{name}")
}

/// `?1` JSON array of [account, key as JSON text] → position, number, kind, changes, whether there
/// is a payload, when; the events of one key in their order, as the index has them.
pub(super) fn events_sql(def: &TableDef) -> String {
    format!(
        "SELECT j.key, e.event_id, e.kind, e.changes, e.payload IS NOT NULL, e.recorded_at \
         FROM json_each(?1) AS j CROSS JOIN ebay_events AS e \
         WHERE e.account_id = json_extract(j.value, '$[0]') AND e.entity = '{}' \
         AND e.entity_key = json_extract(j.value, '$[1]')",
        def.entity
    )
}

/// Reads the rows after a row number, as many as fit a batch.
async fn read_batch(
    connection: &mut SqliteConnection,
    sql: &str,
    account: Option<AccountId>,
    (def, after): (&'static TableDef, i64),
) -> Result<Batch, StoreError> {
    let mut batch = Batch::default();
    let mut weight = 0;
    let mut rows = sqlx::query(AssertSqlSafe(sql.to_owned()))
        .bind(after)
        .bind(account.map(|account| account.0))
        .bind(i64::try_from(BATCH_ROWS).unwrap_or(i64::MAX))
        .fetch(connection);
    while weight < BATCH_BYTES
        && let Some(row) = poll_fn(|cx| rows.as_mut().poll_next(cx)).await
    {
        let row = row.during(ACTION)?;
        let row_id: i64 = row.try_get(0).during(ACTION)?;
        batch.last = Some(row_id);
        match read(&row, def) {
            Ok(one) => {
                weight += one.row.cells.iter().map(weigh).sum::<usize>();
                batch.rows.push(one);
            }
            Err(error) => batch
                .unreadable
                .push((row_id, format!("cannot be read: {error}"))),
        }
    }
    Ok(batch)
}

fn weigh(cell: &Cell) -> usize {
    match cell {
        Cell::Null | Cell::Integer(_) => 0,
        Cell::Text(text) => text.len(),
    }
}

/// Reads a row; its payload is hashed and dropped.
fn read(row: &SqliteRow, def: &'static TableDef) -> Result<Waiting, sqlx::Error> {
    let key: Vec<String> = (BEFORE_KEY..)
        .take(def.key.len())
        .map(|at| row.try_get(at))
        .collect::<Result<_, _>>()?;
    let cells = read_cells(row, def, BEFORE_KEY + def.key.len())?;
    let ended_at: Option<String> = row.try_get(6)?;
    let faults = hash_faults(row, def, &cells)?;
    Ok(Waiting {
        account: AccountId(row.try_get(1)?),
        key_json: key_json(&key),
        key,
        row: Row {
            cells,
            ended_at: ended_at.map_or(Cell::Null, Cell::Text),
            first_seen_at: row.try_get(4)?,
            changed_at: row.try_get(5)?,
            payload_as_told: row.try_get(8)?,
        },
        faults,
        fold: Fold::new(def),
    })
}

/// Whether the row still has the hash of what was stored. A row in another shape than ours has its
/// payload checked only: we do not know which columns it was made of. But the shape is part of the
/// hash, so one of our shape is known even when it is called another.
fn hash_faults(
    row: &SqliteRow,
    def: &TableDef,
    cells: &[Cell],
) -> Result<Vec<String>, sqlx::Error> {
    let (bytes, shape): (&[u8], i64) = (row.try_get(2)?, row.try_get(3)?);
    let Some(stored) = ContentHash::from_bytes(bytes) else {
        return Ok(vec!["content_hash is no hash".to_owned()]);
    };
    let now = hash::of_stored(def, cells, row.try_get(7)?, stored);
    let ours = shape == i64::from(def.shape_version);
    let mut faults = Vec::new();
    if !ours && now.is_some_and(|now| now.same_columns(&stored)) {
        let made = def.shape_version;
        faults.push(format!(
            "shape_version is {shape}, and its hash was made with {made}"
        ));
    }
    if ours && !now.is_some_and(|now| now.same_columns(&stored)) {
        faults.push("columns do not have the hash that was stored with them".to_owned());
    }
    if now.is_some_and(|now| !now.same_payload(&stored)) {
        faults.push("payload does not have the hash that was stored with it".to_owned());
    }
    Ok(faults)
}

/// Reads the histories of a batch and folds them.
async fn fold_histories(
    connection: &mut SqliteConnection,
    sql: &str,
    batch: &mut [Waiting],
) -> Result<(), StoreError> {
    let mut wanted = "[".to_owned();
    for (at, one) in batch.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        // Writing to a String cannot fail.
        let _ = write!(wanted, "{comma}[{},", one.account.0);
        push_json_text(&mut wanted, &one.key_json);
        wanted.push(']');
    }
    wanted.push(']');
    let mut rows = sqlx::query(AssertSqlSafe(sql.to_owned()))
        .bind(wanted)
        .fetch(connection);
    while let Some(row) = poll_fn(|cx| rows.as_mut().poll_next(cx)).await {
        let row = row.during(ACTION)?;
        let at: i64 = row.try_get(0).during(ACTION)?;
        let place = usize::try_from(at).ok().and_then(|at| batch.get_mut(at));
        let Some(one) = place else { continue };
        match told(&row) {
            Ok(told) => one.fold.apply(told),
            Err(error) => one
                .faults
                .push(format!("has an event that cannot be read: {error}")),
        }
    }
    Ok(())
}

fn told(row: &SqliteRow) -> Result<Told<'_>, sqlx::Error> {
    Ok(Told {
        event: row.try_get(1)?,
        kind: row.try_get(2)?,
        changes: row.try_get(3)?,
        has_payload: row.try_get(4)?,
        recorded_at: row.try_get(5)?,
    })
}
