//! Sync states.

use shared::attempt::ModeState;
use shared::id::AccountId;
use shared::time::Timestamp;
use shared::window::DeepOrder;
use shared::worker::Worker;
use sqlx::sqlite::SqliteRow;

use super::row::{Cells, to_json};
use super::{Store, Tx, lease};
use crate::outcome::PolicyState;
use crate::policy;
use crate::store::attempt::Grant;
use crate::store::error::{During, StoreError};
use crate::store::state::{SyncState, SyncStates, Unreadable};

const ONE: &str = "SELECT s.*, a.name AS account FROM sync_state s \
     JOIN accounts a ON a.account_id = s.account_id WHERE s.account_id = ?1 AND s.worker = ?2";

const ENABLED: &str = "SELECT s.*, a.name AS account FROM sync_state s \
     JOIN accounts a ON a.account_id = s.account_id WHERE a.enabled AND s.enabled \
     ORDER BY s.account_id, s.worker";

impl Store {
    /// Every sync state that is enabled and whose account is. One that cannot be read does not
    /// hide the others.
    pub async fn sync_states(&self) -> Result<SyncStates, StoreError> {
        let rows = sqlx::query(ENABLED)
            .fetch_all(&self.reader)
            .await
            .during("list sync states")?;
        let mut found = SyncStates::default();
        for row in &rows {
            match read(row) {
                Ok(state) => found.states.push(state),
                Err(error) => found.unreadable.push(unreadable(row, error)?),
            }
        }
        Ok(found)
    }

    /// One sync state, enabled or not.
    pub async fn sync_state(
        &self,
        account: AccountId,
        worker: Worker,
    ) -> Result<SyncState, StoreError> {
        let row = sqlx::query(ONE)
            .bind(account.0)
            .bind(worker.name())
            .fetch_optional(&self.reader)
            .await
            .during("read a sync state")?;
        row.as_ref()
            .map_or_else(|| Err(not_found(account, worker)), read)
    }

    /// Ends the quarantine of an (account, worker): its tally is cleared and it is due at once.
    /// False if it is in none.
    pub async fn release_quarantine(
        &self,
        account: AccountId,
        worker: Worker,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let action = "release a quarantine";
        let mut tx = self.begin(action).await?;
        let held = load(&mut tx, account, worker).await?.policy;
        if held.quarantined_until.is_none() {
            return Ok(false);
        }
        let policy = policy::released(&held);
        sqlx::query(
            "UPDATE sync_state SET policy = ?3, due_at = ?4 WHERE account_id = ?1 AND worker = ?2",
        )
        .bind(account.0)
        .bind(worker.name())
        .bind(to_json::<PolicyState>(&policy, "sync_state", "policy")?)
        .bind(now.to_string())
        .execute(&mut *tx)
        .await
        .during(action)?;
        tx.commit().await.during(action)?;
        Ok(true)
    }

    /// Remembers where a run in snapshot mode left off.
    pub async fn save_mode_state(
        &self,
        grant: Grant,
        worker: Worker,
        state: &ModeState,
    ) -> Result<(), StoreError> {
        let action = "save a mode state";
        let text = to_json(state, "sync_state", "mode_state")?;
        let mut tx = self.begin(action).await?;
        lease::prove(&mut tx, grant).await?;
        sqlx::query("UPDATE sync_state SET mode_state = ?3 WHERE account_id = ?1 AND worker = ?2")
            .bind(grant.account.0)
            .bind(worker.name())
            .bind(text)
            .execute(&mut *tx)
            .await
            .during(action)?;
        tx.commit().await.during(action)
    }
}

/// Reads a sync state within a transaction.
pub(super) async fn load(
    tx: &mut Tx,
    account: AccountId,
    worker: Worker,
) -> Result<SyncState, StoreError> {
    let row = sqlx::query(ONE)
        .bind(account.0)
        .bind(worker.name())
        .fetch_optional(&mut **tx)
        .await
        .during("read a sync state")?;
    row.as_ref()
        .map_or_else(|| Err(not_found(account, worker)), read)
}

/// That there is no such sync state.
pub(super) fn not_found(account: AccountId, worker: Worker) -> StoreError {
    StoreError::NotFound {
        what: format!("worker {worker} of account {account}"),
    }
}

/// What is known of a sync state that cannot be read.
pub(super) fn unreadable(row: &SqliteRow, error: StoreError) -> Result<Unreadable, StoreError> {
    let cells = Cells::new(row, "sync_state", "a row");
    Ok(Unreadable {
        account_id: AccountId(cells.get("account_id")?),
        account: cells.get("account")?,
        worker: cells.get("worker")?,
        error,
    })
}

/// A sync state from a row that has the account's name as `account`.
pub(super) fn read(row: &SqliteRow) -> Result<SyncState, StoreError> {
    let bare = Cells::new(row, "sync_state", "a row");
    let account_id: i64 = bare.get("account_id")?;
    let name: &str = bare.get("worker")?;
    let label = format!("account {account_id}, worker {name}");
    let cells = Cells::new(row, "sync_state", &label);
    Ok(SyncState {
        account_id: AccountId(account_id),
        account: cells.get("account")?,
        worker: Worker::from_name(name).ok_or_else(|| cells.bad("worker", "not a worker"))?,
        since: cells.time_or_null("since")?,
        cursor: cells.time_or_null("cursor")?,
        deep: deep(&cells)?,
        mode_state: cells.json_or_null("mode_state")?,
        suspect_at: cells.time_or_null("suspect_at")?,
        policy: cells.json("policy")?,
        due_at: cells.time("due_at")?,
        last_success_at: cells.time_or_null("last_success_at")?,
        last_outcome: cells.get("last_outcome")?,
        last_detail: cells.get("last_detail")?,
        last_outcome_at: cells.time_or_null("last_outcome_at")?,
        last_started_at: cells.time_or_null("last_started_at")?,
        starts: cells.count("starts")?,
    })
}

/// The two columns are null together, which the table holds.
fn deep(cells: &Cells<'_>) -> Result<Option<DeepOrder>, StoreError> {
    let from = cells.time_or_null("deep_from")?;
    let until = cells.time_or_null("deep_until")?;
    Ok(from
        .zip(until)
        .map(|(from, until)| DeepOrder { from, until }))
}
