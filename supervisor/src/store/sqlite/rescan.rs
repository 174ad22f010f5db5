//! Checkpoints of rescans and of deep passes.

use shared::id::AccountId;
use shared::time::Timestamp;
use shared::window::DeepOrder;
use shared::worker::Worker;

use super::checkpoint::{Step, finish};
use super::{Store, Tx, lease, state};
use crate::killpoint;
use crate::store::batch::CheckpointResult;
use crate::store::error::{During, StoreError};
use crate::store::rescan::{DeepCommit, RescanCommit};

impl Store {
    /// Moves the cursor to the end of a rescan and notes it in the ledger: one transaction. A cursor
    /// that lies there already, as after a clock that went back, stays.
    ///
    /// The ledger's row begins at the cursor, or where the first rescan began. A rescan that began
    /// after the cursor would leave a gap, so it is not committed, unless it went as far back as
    /// eBay tells anything.
    ///
    /// Errors: [`StoreError::LeaseLost`].
    pub async fn commit_rescan(
        &self,
        commit: RescanCommit,
    ) -> Result<CheckpointResult, StoreError> {
        let action = "commit a checkpoint";
        let mut tx = self.begin(action).await?;
        lease::prove(&mut tx, commit.grant).await?;
        killpoint::reach("checkpoint.begun");
        let account = commit.grant.account;
        let stored = state::load(&mut tx, account, commit.worker).await?.cursor;
        if !commit.whole && stored.is_some_and(|stored| stored < commit.from) {
            return Ok(CheckpointResult::CursorElsewhere { stored });
        }
        if commit.whole {
            let complete = DeepOrder {
                from: commit.until,
                until: commit.until,
            };
            note_deep(&mut tx, account, commit.worker, complete).await?;
        }
        if stored.is_some_and(|stored| stored >= commit.until) {
            tx.commit().await.during(action)?;
            return Ok(CheckpointResult::Committed { ended: 0 });
        }
        let step = Step {
            grant: commit.grant,
            worker: commit.worker,
            start: stored.unwrap_or(commit.from),
            end: commit.until,
            records: commit.records,
            now: commit.now,
        };
        finish(tx, &step).await?;
        Ok(CheckpointResult::Committed { ended: 0 })
    }

    /// Remembers what is left of a deep pass. The cursor and the ledger stay: they speak of what was
    /// read first.
    ///
    /// Errors: [`StoreError::LeaseLost`].
    pub async fn commit_deep(&self, commit: DeepCommit) -> Result<CheckpointResult, StoreError> {
        let action = "commit a checkpoint";
        let mut tx = self.begin(action).await?;
        lease::prove(&mut tx, commit.grant).await?;
        killpoint::reach("checkpoint.begun");
        note_deep(&mut tx, commit.grant.account, commit.worker, commit.left).await?;
        killpoint::reach("checkpoint.deep");
        tx.commit().await.during(action)?;
        killpoint::reach("checkpoint.committed");
        Ok(CheckpointResult::Committed { ended: 0 })
    }
}

/// Notes that a first backfill was completed: everything up to `until` was just read, so it counts
/// as the first deep pass. Later windows change nothing.
pub(super) async fn note_backfill(
    tx: &mut Tx,
    account: AccountId,
    worker: Worker,
    until: Timestamp,
) -> Result<(), StoreError> {
    if !worker.has_deep_pass() || state::load(tx, account, worker).await?.deep.is_some() {
        return Ok(());
    }
    let complete = DeepOrder { from: until, until };
    note_deep(tx, account, worker, complete).await
}

async fn note_deep(
    tx: &mut Tx,
    account: AccountId,
    worker: Worker,
    left: DeepOrder,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE sync_state SET deep_from = ?3, deep_until = ?4 \
         WHERE account_id = ?1 AND worker = ?2",
    )
    .bind(account.0)
    .bind(worker.name())
    .bind(left.from.to_string())
    .bind(left.until.to_string())
    .execute(&mut **tx)
    .await
    .during("note a deep pass")?;
    Ok(())
}
