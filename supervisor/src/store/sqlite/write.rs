//! Writes rows and events, many per statement.

use std::sync::Arc;

use shared::id::RunNo;
use shared::time::Timestamp;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Sqlite, SqliteConnection};

use super::statement::{Sized, TableSql};
use crate::store::attempt::Grant;
use crate::store::change::Cell;
use crate::store::error::{During, StoreError};
use crate::store::hash::ContentHash;
use crate::store::history::EventKind;

type Statement = Query<'static, Sqlite, SqliteArguments>;

/// A row as it will stand.
#[derive(Debug)]
pub(super) struct NewRow {
    /// Its number; only for rows that do not exist yet.
    pub row_id: i64,
    /// Its key.
    pub key: Vec<String>,
    /// Its columns.
    pub cells: Vec<Cell>,
    /// The item.
    pub payload: String,
    /// What moves on its own.
    pub volatile: String,
    /// Hash of its content.
    pub hash: ContentHash,
    /// eBay's time of the last change.
    pub ebay_time: Option<Timestamp>,
    /// When it last changed; only for rows that exist.
    pub changed_at: String,
}

/// An event of a row that is written in the same transaction.
#[derive(Debug)]
pub(super) struct NewEvent {
    /// The key as JSON.
    pub key_json: String,
    /// What it says.
    pub kind: EventKind,
    /// The difference as JSON.
    pub changes: String,
    /// The row that has the payload.
    pub row_id: i64,
    /// eBay's time of the change.
    pub ebay_time: Option<Timestamp>,
}

/// What every row of a batch has in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    /// Account, attempt.
    pub grant: Grant,
    /// The run.
    pub run: RunNo,
    /// The shape that rows are stored in.
    pub shape_version: u32,
    /// When.
    pub now: Timestamp,
}

/// Inserts rows that do not exist.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    sql: &'static TableSql,
    scope: Scope,
    rows: Vec<NewRow>,
) -> Result<(), StoreError> {
    let now: Arc<str> = scope.now.to_string().into();
    in_chunks(connection, &sql.insert, rows, |query, row| {
        let query = bind_scope(query, scope, &now)
            .bind(Arc::clone(&now))
            .bind(row.row_id);
        bind_row(query, row).0
    })
    .await
    .during("insert rows")
}

/// Replaces rows that exist.
pub(super) async fn replace(
    connection: &mut SqliteConnection,
    sql: &'static TableSql,
    scope: Scope,
    rows: Vec<NewRow>,
) -> Result<(), StoreError> {
    let now: Arc<str> = scope.now.to_string().into();
    in_chunks(connection, &sql.replace, rows, |query, row| {
        let (query, changed_at) = bind_row(bind_scope(query, scope, &now), row);
        query.bind(changed_at)
    })
    .await
    .during("update rows")
}

/// Inserts events.
pub(super) async fn events(
    connection: &mut SqliteConnection,
    sql: &'static TableSql,
    scope: Scope,
    events: Vec<NewEvent>,
) -> Result<(), StoreError> {
    let now: Arc<str> = scope.now.to_string().into();
    in_chunks(connection, &sql.events, events, |query, event| {
        query
            .bind(scope.grant.account.0)
            .bind(Arc::clone(&now))
            .bind(scope.grant.attempt.0)
            .bind(scope.run.0)
            .bind(event.key_json)
            .bind(event.kind.name())
            .bind(event.changes)
            .bind(event.row_id)
            .bind(event.ebay_time.map(|time| time.to_string()))
    })
    .await
    .during("insert events")
}

fn bind_scope(query: Statement, scope: Scope, now: &Arc<str>) -> Statement {
    query
        .bind(scope.grant.account.0)
        .bind(scope.shape_version)
        .bind(Arc::clone(now))
}

fn bind_row(mut query: Statement, row: NewRow) -> (Statement, String) {
    for part in row.key {
        query = query.bind(part);
    }
    for cell in row.cells {
        query = match cell {
            Cell::Null => query.bind(None::<i64>),
            Cell::Text(text) => query.bind(text),
            Cell::Integer(number) => query.bind(number),
        };
    }
    let query = query
        .bind(row.payload)
        .bind(row.volatile)
        .bind(row.hash.to_bytes())
        .bind(row.ebay_time.map(|time| time.to_string()));
    (query, row.changed_at)
}

/// Runs the statements of the largest fitting sizes over all items.
async fn in_chunks<T>(
    connection: &mut SqliteConnection,
    sized: &'static Sized,
    items: Vec<T>,
    bind: impl Fn(Statement, T) -> Statement,
) -> Result<(), sqlx::Error> {
    let mut left = items.len();
    let mut items = items.into_iter();
    for (size, text) in sized {
        while left >= *size {
            let start = sqlx::query(text.as_str());
            let query = items.by_ref().take(*size).fold(start, &bind);
            query.execute(&mut *connection).await?;
            left -= size;
        }
    }
    Ok(())
}
