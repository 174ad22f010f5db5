//! What a person asks: status, runs, attempts, quarantines, sizes.

use std::collections::BTreeMap;

use shared::id::{AccountId, AttemptId, RunNo};
use shared::table::Table;
use shared::time::Timestamp;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteRow;

use super::row::Cells;
use super::{Store, account, attempt, state};
use crate::outcome::MemorySlot;
use crate::store::attempt::{Peaks, RunCounters};
use crate::store::error::{During, StoreError};
use crate::store::history::{AttemptRow, LearnedPeak, RunRow, StatusRow};
use crate::store::state::SyncState;

const STATUS: &str = "SELECT s.*, a.name AS account, a.created_at, a.token_state, a.token_detail, \
     a.enabled AND s.enabled AS on_duty, \
     (SELECT max(t.attempt_id) FROM attempts t JOIN runs r ON r.attempt_id = t.attempt_id \
      WHERE t.account_id = s.account_id AND t.ended_at IS NULL AND r.worker = s.worker) AS running, \
     (SELECT count(*) FROM dead_letters d WHERE d.account_id = s.account_id \
      AND d.worker = s.worker AND d.status <> 'resolved') AS letters \
     FROM sync_state s JOIN accounts a ON a.account_id = s.account_id ORDER BY a.name, s.worker";

const RUNS: &str = "SELECT r.*, a.name AS account FROM runs r \
     JOIN accounts a ON a.account_id = r.account_id ORDER BY r.attempt_id DESC, r.run_no LIMIT ?1";

const RUNS_OF: &str = "SELECT r.*, a.name AS account FROM runs r \
     JOIN accounts a ON a.account_id = r.account_id WHERE r.attempt_id = ?1 ORDER BY r.run_no";

/// Our own tables whose sizes are told.
const COUNTED: [&str; 6] = [
    "accounts",
    "attempts",
    "runs",
    "crash_reports",
    "sync_windows",
    "ebay_events",
];

impl Store {
    /// Every (account, worker), by name, those that are not enabled included. One that cannot be
    /// read says so in its row.
    pub async fn status(&self) -> Result<Vec<StatusRow>, StoreError> {
        let action = "read the status";
        let accounts = sqlx::query("SELECT * FROM accounts")
            .fetch_all(&self.reader)
            .await
            .during(action)?;
        let mut broken = BTreeMap::new();
        for row in accounts.iter().filter(|row| account::read(row).is_err()) {
            broken.insert(Cells::new(row, "accounts", "a row").get("account_id")?, row);
        }
        sqlx::query(STATUS)
            .fetch_all(&self.reader)
            .await
            .during(action)?
            .iter()
            .map(|row| status(row, &broken))
            .collect()
    }

    /// The newest runs, newest attempt first.
    pub async fn runs(&self, limit: u32) -> Result<Vec<RunRow>, StoreError> {
        sqlx::query(RUNS)
            .bind(limit)
            .fetch_all(&self.reader)
            .await
            .during("list runs")?
            .iter()
            .map(run)
            .collect()
    }

    /// One attempt with its runs.
    ///
    /// Errors: [`StoreError::NotFound`].
    pub async fn attempt(&self, attempt: AttemptId) -> Result<AttemptRow, StoreError> {
        let action = "read an attempt";
        let row = sqlx::query(
            "SELECT t.*, a.name AS account FROM attempts t \
             JOIN accounts a ON a.account_id = t.account_id WHERE t.attempt_id = ?1",
        )
        .bind(attempt.0)
        .fetch_optional(&self.reader)
        .await
        .during(action)?;
        let Some(row) = row else {
            return Err(StoreError::NotFound {
                what: format!("attempt {attempt}"),
            });
        };
        let runs = sqlx::query(RUNS_OF)
            .bind(attempt.0)
            .fetch_all(&self.reader)
            .await
            .during(action)?
            .iter()
            .map(run)
            .collect::<Result<Vec<RunRow>, StoreError>>()?;
        attempt_row(&row, attempt, runs)
    }

    /// Every enabled (account, worker) in quarantine at `now`.
    pub async fn quarantined(&self, now: Timestamp) -> Result<Vec<SyncState>, StoreError> {
        let mut states = self.sync_states().await?.states;
        states.retain(|state| {
            state
                .policy
                .quarantined_until
                .is_some_and(|until| until > now)
        });
        Ok(states)
    }

    /// Tables and how many rows they have: eBay's, then ours.
    pub async fn table_counts(&self) -> Result<Vec<(&'static str, u64)>, StoreError> {
        let ebay = Table::ALL.into_iter().map(|table| table.def().name);
        let mut counts = Vec::new();
        for name in ebay.chain(COUNTED) {
            // The names are constants of this program.
            let sql = AssertSqlSafe(format!("SELECT count(*) AS count FROM {name}"));
            let row = sqlx::query(sql)
                .fetch_one(&self.reader)
                .await
                .during("count rows")?;
            counts.push((name, Cells::new(&row, name, "all rows").count("count")?));
        }
        Ok(counts)
    }
}

/// `broken` has the rows of accounts that cannot be read: nothing of them runs.
fn status(row: &SqliteRow, broken: &BTreeMap<i64, &SqliteRow>) -> Result<StatusRow, StoreError> {
    let account_id: i64 = Cells::new(row, "sync_state", "a row").get("account_id")?;
    let label = format!("account {account_id}");
    let cells = Cells::new(row, "accounts", &label);
    let account = broken.get(&account_id).copied().map(account::read);
    let state = match account {
        Some(Err(error)) => Err(error),
        Some(Ok(_)) | None => state::read(row),
    };
    Ok(StatusRow {
        account_id: AccountId(account_id),
        account: cells.get("account")?,
        worker: cells.get("worker")?,
        enabled: cells.get("on_duty")?,
        token_state: cells.get("token_state")?,
        token_detail: cells.get("token_detail")?,
        account_created_at: cells.time("created_at").ok(),
        running: cells.get::<Option<i64>>("running")?.map(AttemptId),
        dead_letters: cells.count("letters")?,
        peak: LearnedPeak {
            alone: cells.count_or_null("peak_alone")?,
            shared: cells.count_or_null("peak_shared")?,
        },
        state,
    })
}

fn run(row: &SqliteRow) -> Result<RunRow, StoreError> {
    let bare = Cells::new(row, "runs", "a row");
    let (attempt, run): (i64, u8) = (bare.get("attempt_id")?, bare.get("run_no")?);
    let label = format!("attempt {attempt}, run {run}");
    let cells = Cells::new(row, "runs", &label);
    let cursor_after = cells.time_or_null("cursor_after")?;
    Ok(RunRow {
        attempt: AttemptId(attempt),
        run: RunNo(run),
        account: cells.get("account")?,
        worker: cells.get("worker")?,
        started_at: cells.time("started_at")?,
        ended_at: cells.time_or_null("ended_at")?,
        outcome: cells.get("outcome")?,
        detail: cells.get("detail")?,
        failure: cells.json_or_null("failure")?,
        decision: cells.json_or_null("decision")?,
        counters: RunCounters {
            batches: cells.count("batches")?,
            records: cells.count("records")?,
            created: cells.count("created")?,
            updated: cells.count("updated")?,
            unchanged: cells.count("unchanged")?,
            stale: cells.count("stale")?,
            ended: cells.count("ended")?,
            slices: cells.count("slices")?,
            cursor: cursor_after,
            // Its place is remembered with the worker, not with each run.
            deep: None,
        },
        cursor_before: cells.time_or_null("cursor_before")?,
        cursor_after,
    })
}

fn attempt_row(
    row: &SqliteRow,
    attempt: AttemptId,
    runs: Vec<RunRow>,
) -> Result<AttemptRow, StoreError> {
    let label = format!("attempt {attempt}");
    let cells = Cells::new(row, "attempts", &label);
    let slot = cells.named("slot", "a memory slot", |name| {
        [MemorySlot::Normal, MemorySlot::Big]
            .into_iter()
            .find(|slot| attempt::slot_name(*slot) == name)
    })?;
    Ok(AttemptRow {
        attempt,
        account: cells.get("account")?,
        host: cells.get("host")?,
        build: cells.get("build")?,
        slot: slot.ok_or_else(|| cells.bad("slot", "null"))?,
        memory_limit: cells.count("memory_limit")?,
        pid: cells.get("pid")?,
        started_at: cells.time("started_at")?,
        ended_at: cells.time_or_null("ended_at")?,
        cause: cells.get("cause")?,
        confidence: cells.get("confidence")?,
        evidence: cells.json_or_null("evidence")?.unwrap_or_default(),
        kill_reason: cells.json_or_null("kill_reason")?,
        peaks: Peaks {
            resident: cells.count_or_null("peak_resident")?,
            heap: cells.count_or_null("peak_heap")?,
        },
        runs,
    })
}
