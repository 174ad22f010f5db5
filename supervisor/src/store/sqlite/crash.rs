//! Crash reports.

use shared::time::Timestamp;
use sqlx::sqlite::SqliteRow;

use super::row::{Cells, to_json};
use super::{Store, Tx};
use crate::outcome::{CrashId, CrashReport};
use crate::store::error::{During, StoreError};
use crate::store::history::{CrashRow, Group};

impl Store {
    /// The newest crash reports, newest first.
    pub async fn crashes(&self, limit: u32) -> Result<Vec<CrashRow>, StoreError> {
        sqlx::query(
            "SELECT c.crash_id, c.at, c.cause, c.confidence, c.fingerprint, a.name AS account \
             FROM crash_reports c JOIN accounts a ON a.account_id = c.account_id \
             ORDER BY c.attempt_id DESC, c.worker LIMIT ?1",
        )
        .bind(limit)
        .fetch_all(&self.reader)
        .await
        .during("list crash reports")?
        .iter()
        .map(read)
        .collect()
    }

    /// One crash report.
    ///
    /// Errors: [`StoreError::NotFound`].
    pub async fn crash(&self, id: CrashId) -> Result<CrashReport, StoreError> {
        let row = sqlx::query("SELECT report FROM crash_reports WHERE crash_id = ?1")
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await
            .during("read a crash report")?;
        let label = format!("crash {id}");
        match row {
            Some(row) => Cells::new(&row, "crash_reports", &label).json("report"),
            None => Err(StoreError::NotFound { what: label }),
        }
    }

    /// How often a fingerprint was seen.
    pub async fn same_fingerprint(&self, fingerprint: &str) -> Result<Group, StoreError> {
        let row = sqlx::query(
            "SELECT count(*) AS count, count(DISTINCT account_id) AS accounts, min(at) AS at \
             FROM crash_reports WHERE fingerprint = ?1",
        )
        .bind(fingerprint.to_owned())
        .fetch_one(&self.reader)
        .await
        .during("count crash reports")?;
        let cells = Cells::new(&row, "crash_reports", fingerprint);
        Ok(Group {
            count: cells.count("count")?,
            accounts: cells.count("accounts")?,
            first_seen: cells.time_or_null("at")?,
        })
    }
}

/// Stores a report.
pub(super) async fn insert(tx: &mut Tx, report: &CrashReport) -> Result<(), StoreError> {
    let at: Timestamp = report.at;
    sqlx::query(
        "INSERT INTO crash_reports (crash_id, attempt_id, account_id, worker, at, cause, \
         confidence, fingerprint, report) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )
    .bind(report.id.to_string())
    .bind(report.id.attempt.0)
    .bind(report.account_id.0)
    .bind(report.worker.name())
    .bind(at.to_string())
    .bind(report.verdict.cause.name())
    .bind(report.verdict.confidence.name())
    .bind(report.fingerprint.clone())
    .bind(to_json(report, "crash_reports", "report")?)
    .execute(&mut **tx)
    .await
    .during("store a crash report")?;
    Ok(())
}

fn read(row: &SqliteRow) -> Result<CrashRow, StoreError> {
    let id: &str = Cells::new(row, "crash_reports", "a row").get("crash_id")?;
    let cells = Cells::new(row, "crash_reports", id);
    Ok(CrashRow {
        id: id
            .parse::<CrashId>()
            .map_err(|why| cells.bad("crash_id", why))?,
        account: cells.get("account")?,
        at: cells.time("at")?,
        cause: cells.get("cause")?,
        confidence: cells.get("confidence")?,
        fingerprint: cells.get("fingerprint")?,
    })
}
