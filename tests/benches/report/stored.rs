//! What stands in the database, read with plain SQL, without the supervisor's types.

use std::path::Path;

use sqlx::{
    AssertSqlSafe, Connection as _, FromRow, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteRow},
};

/// The table that reports go to.
pub(crate) const TABLE: &str = "ebay_active_inventory";
/// Rows digested at a time.
const PIECE: i64 = 2_000;

/// The last run, as the supervisor recorded it.
#[derive(Clone, Debug, Default, FromRow)]
pub(crate) struct LastRun {
    pub outcome: Option<String>,
    pub detail: Option<String>,
    pub created: i64,
    pub updated: i64,
    pub unchanged: i64,
    pub ended: i64,
    /// The child's highest resident size in bytes, as the supervisor saw it.
    pub peak_resident: Option<i64>,
    /// The child's highest heap in bytes, as the child recorded it.
    pub peak_heap: Option<i64>,
}

/// One table's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub rows: i64,
    /// Of every column of every row, in order.
    digest: blake3::Hash,
}

/// Everything that a report can change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub rows: Content,
    pub events: Content,
}

pub(crate) async fn open(database: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(database);
    SqliteConnection::connect_with(&options.read_only(true)).await
}

pub(crate) async fn last_run(database: &Path) -> Result<LastRun, sqlx::Error> {
    let text = "SELECT r.*, a.peak_resident, a.peak_heap FROM runs AS r \
                JOIN attempts AS a USING (attempt_id) ORDER BY attempt_id DESC LIMIT 1";
    sqlx::query_as(text)
        .fetch_one(&mut open(database).await?)
        .await
}

pub(crate) async fn read(database: &Path) -> Result<Stored, sqlx::Error> {
    let mut connection = open(database).await?;
    Ok(Stored {
        rows: content(&mut connection, TABLE, "row_id").await?,
        events: content(&mut connection, "ebay_events", "event_id").await?,
    })
}

async fn content(
    connection: &mut SqliteConnection,
    table: &str,
    id: &str,
) -> Result<Content, sqlx::Error> {
    let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info(?1)")
        .bind(table.to_owned())
        .fetch_all(&mut *connection)
        .await?;
    let quoted: Vec<String> = columns
        .iter()
        .map(|name| format!("quote({name})"))
        .collect();
    let text = format!(
        "SELECT {id}, {} FROM {table} WHERE {id} > ?1 ORDER BY {id} LIMIT {PIECE}",
        quoted.join(" || ',' || ")
    );
    let mut hasher = blake3::Hasher::new();
    let (mut rows, mut last) = (0, 0);
    loop {
        let piece = sqlx::query(AssertSqlSafe(text.clone()))
            .bind(last)
            .fetch_all(&mut *connection)
            .await?;
        if piece.is_empty() {
            break;
        }
        for row in &piece {
            last = add(row, &mut hasher)?;
            rows += 1;
        }
    }
    Ok(Content {
        rows,
        digest: hasher.finalize(),
    })
}

fn add(row: &SqliteRow, hasher: &mut blake3::Hasher) -> Result<i64, sqlx::Error> {
    let (id, text): (i64, &str) = (sqlx::Row::try_get(row, 0)?, sqlx::Row::try_get(row, 1)?);
    hasher.update(text.as_bytes()).update(b"\n");
    Ok(id)
}
