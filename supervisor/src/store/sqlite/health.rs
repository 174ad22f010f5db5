//! Whether the database file is sound.

use shared::time::Timestamp;
use sqlx::Row as _;

use super::Store;
use super::row::Cells;
use crate::store::error::{During, StoreError};

/// Damages that are told; more of them say nothing more.
const TOLD: usize = 10;

/// What a quick check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Soundness {
    /// Number of the newest migration.
    pub schema: i64,
    /// Bytes of the database, without its log.
    pub bytes: u64,
    /// What is damaged, in SQLite's words; empty if nothing is.
    pub damages: Vec<String>,
}

impl Store {
    /// Reads every page once (`PRAGMA quick_check`): minutes for a database of many gigabytes.
    pub async fn quick_check(&self) -> Result<Soundness, StoreError> {
        let action = "check the database";
        let mut damages: Vec<String> = sqlx::query_scalar("PRAGMA quick_check(10)")
            .fetch_all(&self.reader)
            .await
            .during(action)?;
        damages.truncate(TOLD);
        damages.retain(|said| said != "ok");
        let row = sqlx::query(
            "SELECT (SELECT max(version) FROM _sqlx_migrations) AS schema, \
             (SELECT page_count FROM pragma_page_count()) * \
             (SELECT page_size FROM pragma_page_size()) AS bytes",
        )
        .fetch_one(&self.reader)
        .await
        .during(action)?;
        let schema = row.try_get("schema").during(action)?;
        let bytes = Cells::new(&row, "the database", "its header").count("bytes")?;
        Ok(Soundness {
            schema,
            bytes,
            damages,
        })
    }

    /// When the newest attempt began.
    pub async fn newest_start(&self) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query("SELECT max(started_at) AS at FROM attempts")
            .fetch_one(&self.reader)
            .await
            .during("look for the newest attempt")?;
        Cells::new(&row, "attempts", "the newest").time_or_null("at")
    }
}
