//! Crash reports.

use shared::time::Timestamp;
use shared::worker::Worker;
use sqlx::sqlite::SqliteRow;

use super::row::{Cells, to_json};
use super::{Store, Tx};
use crate::outcome::{CrashId, CrashReport};
use crate::store::error::{During, StoreError};
use crate::store::history::{CrashRow, Group};

const TOKEN: &str = "store the report of a token child";

impl Store {
    /// The newest crash reports, newest first.
    pub async fn crashes(&self, limit: u32) -> Result<Vec<CrashRow>, StoreError> {
        sqlx::query(
            "SELECT c.crash_id, c.at, c.cause, c.confidence, c.fingerprint, a.name AS account \
             FROM crash_reports c LEFT JOIN accounts a ON a.account_id = c.account_id \
             ORDER BY c.at DESC, c.attempt_id DESC, c.worker, c.report_id DESC LIMIT ?1",
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

    /// Stores the report of a token child, numbers it, and gives `true`; or, if `enough` reports of the
    /// same death of the same account are there since a time, gives it the id of the newest of them.
    pub async fn put_token_crash(
        &self,
        report: &mut CrashReport,
        (enough, since): (usize, Timestamp),
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin(TOKEN).await?;
        let alike = alike(&mut tx, report, since).await?;
        if let Some(newest) = alike.first().filter(|_| alike.len() >= enough) {
            report.id = *newest;
            return Ok(false);
        }
        // Takes the number that the row gets, also if the newest rows are gone.
        let number: i64 = sqlx::query_scalar(
            "SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'crash_reports'",
        )
        .fetch_one(&mut *tx)
        .await
        .during(TOKEN)?;
        report.id = CrashId::Token(number);
        insert(&mut tx, report).await?;
        tx.commit().await.during(TOKEN)?;
        Ok(true)
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

/// The newest reports of token children that died like this one, newest first.
async fn alike(
    tx: &mut Tx,
    report: &CrashReport,
    since: Timestamp,
) -> Result<Vec<CrashId>, StoreError> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT crash_id FROM crash_reports WHERE fingerprint = ?1 AND account_id IS ?2 \
         AND exchange IS NOT NULL AND at >= ?3 AND at <= ?4 ORDER BY report_id DESC",
    )
    .bind(report.fingerprint.clone())
    .bind(report.account_id.map(|account| account.0))
    .bind(since.to_string())
    .bind(report.at.to_string())
    .fetch_all(&mut **tx)
    .await
    .during(TOKEN)?;
    let parsed = |id: String| {
        id.parse().map_err(|why| StoreError::BadValue {
            table: "crash_reports",
            column: "crash_id",
            row: id,
            why,
        })
    };
    rows.into_iter().map(parsed).collect()
}

/// Stores a report.
pub(super) async fn insert(tx: &mut Tx, report: &CrashReport) -> Result<(), StoreError> {
    let at: Timestamp = report.at;
    sqlx::query(
        "INSERT INTO crash_reports (crash_id, attempt_id, account_id, worker, exchange, at, cause, \
         confidence, fingerprint, report) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )
    .bind(report.id.to_string())
    .bind(report.id.attempt().map(|attempt| attempt.0))
    .bind(report.account_id.map(|account| account.0))
    .bind(report.worker.map(Worker::name))
    .bind(
        report
            .exchange
            .as_ref()
            .map(|exchange| exchange.kind.name()),
    )
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
