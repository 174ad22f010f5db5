//! What pruning of crash reports and old attempts asks and removes.

use std::collections::BTreeSet;

use shared::id::AttemptId;
use shared::time::Timestamp;
use sqlx::sqlite::SqliteRow;

use super::Store;
use super::row::{Cells, to_json};
use crate::outcome::CrashId;
use crate::store::error::{During, StoreError};

/// Rows removed in one transaction, so that no commit waits for long.
const AT_ONCE: usize = 500;

impl Store {
    /// Every crash report, and when it was written.
    pub async fn crash_times(&self) -> Result<Vec<(CrashId, Timestamp)>, StoreError> {
        sqlx::query("SELECT crash_id, at FROM crash_reports")
            .fetch_all(&self.reader)
            .await
            .during("list crash reports")?
            .iter()
            .map(time_of)
            .collect()
    }

    /// Attempts without an end, of every host.
    pub async fn running_attempts(&self) -> Result<BTreeSet<AttemptId>, StoreError> {
        let ids: Vec<i64> =
            sqlx::query_scalar("SELECT attempt_id FROM attempts WHERE ended_at IS NULL")
                .fetch_all(&self.reader)
                .await
                .during("list open attempts")?;
        Ok(ids.into_iter().map(AttemptId).collect())
    }

    /// Removes attempts that ended before a time, with their runs, and commands that did; returns how
    /// many attempts. One with a crash report stays as long as that. The ledger and the history
    /// know attempts by number only, and stay.
    pub async fn remove_attempts(&self, before: Timestamp) -> Result<u64, StoreError> {
        let action = "remove old attempts";
        let mut removed = 0;
        loop {
            let mut tx = self.begin(action).await?;
            let ids: Vec<i64> = sqlx::query_scalar(
                "SELECT attempt_id FROM attempts WHERE ended_at < ?1 \
                 AND NOT EXISTS (SELECT 1 FROM crash_reports c WHERE c.attempt_id = attempts.attempt_id) \
                 ORDER BY attempt_id LIMIT ?2",
            )
            .bind(before.to_string())
            .bind(i64::try_from(AT_ONCE).unwrap_or(i64::MAX))
            .fetch_all(&mut *tx)
            .await
            .during(action)?;
            let list = to_json(&ids, "attempts", "attempt_id")?;
            for sql in [
                "DELETE FROM runs WHERE attempt_id IN (SELECT value FROM json_each(?1))",
                "DELETE FROM attempts WHERE attempt_id IN (SELECT value FROM json_each(?1))",
            ] {
                sqlx::query(sql)
                    .bind(list.clone())
                    .execute(&mut *tx)
                    .await
                    .during(action)?;
            }
            sqlx::query("DELETE FROM commands WHERE ended_at < ?1")
                .bind(before.to_string())
                .execute(&mut *tx)
                .await
                .during(action)?;
            tx.commit().await.during(action)?;
            removed += ids.len() as u64;
            if ids.len() < AT_ONCE {
                return Ok(removed);
            }
        }
    }

    /// Removes these crash reports; how many there were.
    pub async fn remove_crashes(&self, ids: &[CrashId]) -> Result<u64, StoreError> {
        let action = "remove crash reports";
        let mut removed = 0;
        for some in ids.chunks(AT_ONCE) {
            let mut tx = self.begin(action).await?;
            for id in some {
                let done = sqlx::query("DELETE FROM crash_reports WHERE crash_id = ?1")
                    .bind(id.to_string())
                    .execute(&mut *tx)
                    .await
                    .during(action)?;
                removed += done.rows_affected();
            }
            tx.commit().await.during(action)?;
        }
        Ok(removed)
    }
}

fn time_of(row: &SqliteRow) -> Result<(CrashId, Timestamp), StoreError> {
    let id: &str = Cells::new(row, "crash_reports", "a row").get("crash_id")?;
    let cells = Cells::new(row, "crash_reports", id);
    let parsed = id
        .parse()
        .map_err(|why: String| cells.bad("crash_id", why))?;
    Ok((parsed, cells.time("at")?))
}
