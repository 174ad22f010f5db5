//! Checkpoints: the only thing that moves a cursor.

use roaring::RoaringTreemap;
use shared::id::AccountId;
use shared::table::Table;
use shared::time::Timestamp;
use shared::worker::Worker;

use super::batch::ids_json;
use super::row::signed;
use super::statement::TableSql;
use super::{Store, Tx, lease, rescan, state};
use crate::killpoint;
use crate::store::attempt::Grant;
use crate::store::batch::{CheckpointResult, SliceCommit, SnapshotCommit};
use crate::store::error::{During, StoreError};

/// Rows that one transaction ends, and that one statement reads.
const CHUNK: usize = 2_000;

/// With fewer open rows than this, a snapshot may end all of them.
const GUARD_FROM: u64 = 100;

/// One step of a cursor.
pub(super) struct Step {
    pub grant: Grant,
    pub worker: Worker,
    /// Where the cursor lies before; the ledger's row starts there.
    pub start: Timestamp,
    pub end: Timestamp,
    pub records: u64,
    pub now: Timestamp,
}

impl Store {
    /// Moves the cursor over a slice and notes it in the ledger: one transaction.
    ///
    /// Errors: [`StoreError::LeaseLost`].
    pub async fn commit_slice(&self, commit: SliceCommit) -> Result<CheckpointResult, StoreError> {
        let mut tx = self.begin("commit a checkpoint").await?;
        lease::prove(&mut tx, commit.grant).await?;
        killpoint::reach("checkpoint.begun");
        let stored = state::load(&mut tx, commit.grant.account, commit.worker)
            .await?
            .cursor;
        if stored.is_some_and(|stored| stored != commit.slice.start) {
            return Ok(CheckpointResult::CursorElsewhere { stored });
        }
        if commit.covered {
            let account = commit.grant.account;
            rescan::note_backfill(&mut tx, account, commit.worker, commit.slice.end).await?;
        }
        let step = Step {
            grant: commit.grant,
            worker: commit.worker,
            start: commit.slice.start,
            end: commit.slice.end,
            records: commit.records,
            now: commit.now,
        };
        finish(tx, &step).await?;
        Ok(CheckpointResult::Committed { ended: 0 })
    }

    /// Ends the rows that a snapshot did not see, in transactions of 2,000, then moves the cursor
    /// to its time. Killed in between, the next snapshot ends the rest.
    ///
    /// Errors: [`StoreError::LeaseLost`].
    pub async fn commit_snapshot(
        &self,
        commit: SnapshotCommit<'_>,
    ) -> Result<CheckpointResult, StoreError> {
        let mut open = 0;
        let mut missing = Vec::new();
        for table in commit.worker.tables().iter().filter(|_| commit.ends) {
            // Only the holder of this account's lease writes these rows, so what a reader finds
            // here stays so until the fence is proven again.
            let (count, ids) = self.missing(&commit, *table).await?;
            open += count;
            missing.push((*table, ids));
        }
        let would_end = missing.iter().map(|(_, ids)| ids.len()).sum();
        if let Some(refused) = self.guard(&commit, would_end, open).await? {
            return Ok(refused);
        }
        for (table, ids) in &missing {
            let mut ids = ids.iter();
            loop {
                let chunk: Vec<i64> = ids.by_ref().take(CHUNK).map(signed).collect();
                if chunk.is_empty() {
                    break;
                }
                self.end_rows(&commit, *table, &chunk).await?;
            }
        }
        let mut tx = self.begin("commit a checkpoint").await?;
        lease::prove(&mut tx, commit.grant).await?;
        let stored = state::load(&mut tx, commit.grant.account, commit.worker)
            .await?
            .cursor;
        let step = Step {
            grant: commit.grant,
            worker: commit.worker,
            start: stored.unwrap_or(commit.taken_at),
            end: commit.taken_at,
            records: commit.records,
            now: commit.now,
        };
        finish(tx, &step).await?;
        Ok(CheckpointResult::Committed { ended: would_end })
    }

    /// How many rows are open, and which of them the snapshot did not see.
    async fn missing(
        &self,
        commit: &SnapshotCommit<'_>,
        table: Table,
    ) -> Result<(u64, RoaringTreemap), StoreError> {
        let sql = TableSql::of(table);
        let mut open = 0;
        let mut missing = RoaringTreemap::new();
        let mut after = 0;
        loop {
            let ids: Vec<i64> = sqlx::query_scalar(sql.open.as_str())
                .bind(commit.grant.account.0)
                .bind(after)
                .bind(signed(CHUNK as u64))
                .fetch_all(&self.reader)
                .await
                .during("list open rows")?;
            let Some(last) = ids.last() else {
                return Ok((open, missing));
            };
            after = *last;
            open += ids.len() as u64;
            missing.extend(
                ids.into_iter()
                    .filter(|id| !(commit.seen)(table, *id))
                    // Row ids start at 1.
                    .filter_map(|id| u64::try_from(id).ok()),
            );
        }
    }

    /// Refuses a snapshot that does not start where the cursor lies, or that would end too much
    /// unless an older one said the same.
    async fn guard(
        &self,
        commit: &SnapshotCommit<'_>,
        would_end: u64,
        open: u64,
    ) -> Result<Option<CheckpointResult>, StoreError> {
        let action = "commit a checkpoint";
        let mut tx = self.begin(action).await?;
        lease::prove(&mut tx, commit.grant).await?;
        killpoint::reach("checkpoint.begun");
        let account = commit.grant.account;
        let state = state::load(&mut tx, account, commit.worker).await?;
        if state.cursor.is_some_and(|stored| stored >= commit.taken_at) {
            return Ok(Some(CheckpointResult::CursorElsewhere {
                stored: state.cursor,
            }));
        }
        if !is_suspect(would_end, open, state.suspect_at, commit.taken_at) {
            return Ok(None);
        }
        if state.suspect_at.is_none() {
            suspect(&mut tx, account, commit.worker, commit.taken_at).await?;
            tx.commit().await.during(action)?;
        }
        Ok(Some(CheckpointResult::Suspect { would_end, open }))
    }

    /// Ends rows with their events: one transaction.
    async fn end_rows(
        &self,
        commit: &SnapshotCommit<'_>,
        table: Table,
        ids: &[i64],
    ) -> Result<(), StoreError> {
        let action = "end rows";
        let sql = TableSql::of(table);
        let mut tx = self.begin(action).await?;
        lease::prove(&mut tx, commit.grant).await?;
        sqlx::query(sql.end_events.as_str())
            .bind(commit.taken_at.to_string())
            .bind(commit.now.to_string())
            .bind(commit.grant.attempt.0)
            .bind(commit.run.0)
            .bind(ids_json(ids))
            .execute(&mut *tx)
            .await
            .during(action)?;
        sqlx::query(sql.end.as_str())
            .bind(commit.taken_at.to_string())
            .bind(commit.now.to_string())
            .bind(ids_json(ids))
            .execute(&mut *tx)
            .await
            .during(action)?;
        killpoint::reach("checkpoint.ended");
        tx.commit().await.during(action)
    }
}

/// Whether a snapshot must be confirmed by a newer one: it would end more than half of 100 or more
/// open rows, and no older snapshot was refused for that.
fn is_suspect(
    would_end: u64,
    open: u64,
    suspect_at: Option<Timestamp>,
    taken_at: Timestamp,
) -> bool {
    let confirmed = suspect_at.is_some_and(|suspect_at| taken_at > suspect_at);
    !confirmed && open >= GUARD_FROM && would_end > open / 2
}

async fn suspect(
    tx: &mut Tx,
    account: AccountId,
    worker: Worker,
    taken_at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE sync_state SET suspect_at = ?3 WHERE account_id = ?1 AND worker = ?2")
        .bind(account.0)
        .bind(worker.name())
        .bind(taken_at.to_string())
        .execute(&mut **tx)
        .await
        .during("note a suspect snapshot")?;
    Ok(())
}

/// Moves the cursor, adds to the ledger and commits.
pub(super) async fn finish(mut tx: Tx, step: &Step) -> Result<(), StoreError> {
    let action = "commit a checkpoint";
    sqlx::query(
        "UPDATE sync_state SET cursor = ?4, since = coalesce(since, ?3), suspect_at = NULL \
         WHERE account_id = ?1 AND worker = ?2",
    )
    .bind(step.grant.account.0)
    .bind(step.worker.name())
    .bind(step.start.to_string())
    .bind(step.end.to_string())
    .execute(&mut *tx)
    .await
    .during(action)?;
    sqlx::query(
        "INSERT INTO sync_windows \
         (account_id, worker, start_at, end_at, attempt_id, records, committed_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )
    .bind(step.grant.account.0)
    .bind(step.worker.name())
    .bind(step.start.to_string())
    .bind(step.end.to_string())
    .bind(step.grant.attempt.0)
    .bind(signed(step.records))
    .bind(step.now.to_string())
    .execute(&mut *tx)
    .await
    .during(action)?;
    killpoint::reach("checkpoint.cursor");
    tx.commit().await.during(action)?;
    killpoint::reach("checkpoint.committed");
    Ok(())
}

#[cfg(test)]
mod guard_tests {
    use super::*;

    #[test]
    fn suspects() {
        let cases = [
            // (would end, open, suspect_at, expected, why)
            (99, 99, None, false, "fewer than 100 rows"),
            (50, 100, None, false, "half is not more than half"),
            (51, 100, None, true, "more than half"),
            (51, 101, None, true, "more than half of an odd number"),
            (50, 101, None, false, "less than half of an odd number"),
            (100, 100, Some(9), false, "a newer one agrees"),
            (
                100,
                100,
                Some(10),
                true,
                "the same one again proves nothing",
            ),
            (100, 100, Some(11), true, "an older one proves nothing"),
        ];
        for (would_end, open, suspect_at, expected, why) in cases {
            let suspect_at = suspect_at.map(Timestamp);
            assert_eq!(
                is_suspect(would_end, open, suspect_at, Timestamp(10)),
                expected,
                "{why}"
            );
        }
    }
}
