//! Cursors that are moved by hand, and the gaps that come of it.

use std::time::Duration;

use shared::id::AccountId;
use shared::time::Timestamp;
use shared::worker::{Mode, Worker};
use sqlx::sqlite::SqliteRow;

use super::row::Cells;
use super::{Store, Tx, lease, state};
use crate::store::cursor::{self, CursorMove, CursorMoved, CursorStep, DeclaredGap, PastMove};
use crate::store::error::{During, StoreError};

const ACTION: &str = "move a cursor";

impl Store {
    /// Moves a cursor and makes the ledger agree with it, and makes the worker due: one transaction.
    ///
    /// The lease is taken and given back with it, so an attempt that is under way elsewhere cannot
    /// commit any more.
    ///
    /// Errors: [`StoreError::LeaseHeld`] while an attempt of the account runs,
    /// [`StoreError::NotFound`]. With an error or a refusal nothing is written.
    pub async fn move_cursor(
        &self,
        wanted: &CursorMove<'_>,
        now: Timestamp,
    ) -> Result<CursorMoved, StoreError> {
        let mut tx = self.begin(ACTION).await?;
        let fence = lease::take(&mut tx, wanted.account, wanted.by, Duration::ZERO).await?;
        let stored = state::load(&mut tx, wanted.account, wanted.worker).await?;
        let step = match cursor::step(wanted, (stored.since, stored.cursor), now) {
            Ok(step) => step,
            // The transaction is dropped, and the lease with it.
            Err(refused) => return Ok(CursorMoved::Refused(refused)),
        };
        let from = stored.cursor;
        if step != CursorStep::Gap {
            cut(&mut tx, wanted).await?;
        }
        match step {
            CursorStep::Back => {}
            CursorStep::Begin => gap(&mut tx, wanted, wanted.to, now).await?,
            CursorStep::Gap => gap(&mut tx, wanted, from.unwrap_or(wanted.to), now).await?,
        }
        sqlx::query(
            "UPDATE sync_state SET cursor = ?3, since = CASE WHEN ?4 THEN ?3 ELSE since END, \
             due_at = CASE WHEN ?6 THEN due_at ELSE ?5 END WHERE account_id = ?1 AND worker = ?2",
        )
        .bind(wanted.account.0)
        .bind(wanted.worker.name())
        .bind(wanted.to.to_string())
        .bind(step == CursorStep::Begin)
        .bind(now.to_string())
        // Nothing was missed: the next snapshot tells all there is.
        .bind(wanted.clock_was_wrong && wanted.worker.mode() == Mode::Snapshot)
        .execute(&mut *tx)
        .await
        .during(ACTION)?;
        note(&mut tx, wanted, from, now).await?;
        lease::release(&mut tx, wanted.account, fence).await?;
        tx.commit().await.during(ACTION)?;
        Ok(CursorMoved::Moved { from, step })
    }

    /// Forgets the doubt about a snapshot if that is later than `latest`.
    pub async fn forget_suspect(
        &self,
        (account, worker): (AccountId, Worker),
        latest: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE sync_state SET suspect_at = NULL \
             WHERE account_id = ?1 AND worker = ?2 AND suspect_at > ?3",
        )
        .bind(account.0)
        .bind(worker.name())
        .bind(latest.to_string())
        .execute(&self.writer)
        .await
        .during("forget a doubt")?;
        Ok(())
    }

    /// Where the earliest stretch of a worker's ledger begins that ends after this time.
    pub async fn begin_of_what_ends_after(
        &self,
        (account, worker): (AccountId, Worker),
        at: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query(
            "SELECT min(start_at) AS start_at FROM sync_windows \
             WHERE account_id = ?1 AND worker = ?2 AND end_at > ?3",
        )
        .bind(account.0)
        .bind(worker.name())
        .bind(at.to_string())
        .fetch_one(&self.reader)
        .await
        .during("look into the future of a ledger")?;
        Cells::new(&row, "sync_windows", "the earliest").time_or_null("start_at")
    }

    /// The gaps in a worker's ledger, oldest first.
    pub async fn declared_gaps(
        &self,
        account: AccountId,
        worker: Worker,
    ) -> Result<Vec<DeclaredGap>, StoreError> {
        sqlx::query(
            "SELECT w.*, a.name AS account FROM sync_windows w \
             JOIN accounts a ON a.account_id = w.account_id \
             WHERE w.account_id = ?1 AND w.worker = ?2 AND w.attempt_id IS NULL \
             AND w.start_at < w.end_at ORDER BY w.end_at",
        )
        .bind(account.0)
        .bind(worker.name())
        .fetch_all(&self.reader)
        .await
        .during("list gaps")?
        .iter()
        .map(read_gap)
        .collect()
    }

    /// Every move of a worker's cursor by hand, oldest first.
    pub async fn cursor_moves(
        &self,
        account: AccountId,
        worker: Worker,
    ) -> Result<Vec<PastMove>, StoreError> {
        sqlx::query(
            "SELECT * FROM cursor_moves WHERE account_id = ?1 AND worker = ?2 ORDER BY move_id",
        )
        .bind(account.0)
        .bind(worker.name())
        .fetch_all(&self.reader)
        .await
        .during("list moves of a cursor")?
        .iter()
        .map(|row| {
            let cells = Cells::new(row, "cursor_moves", "a row");
            Ok(PastMove {
                from: cells.time_or_null("from_at")?,
                to: cells.time("to_at")?,
                at: cells.time("moved_at")?,
                by: cells.get("moved_by")?,
                reason: cells.get("reason")?,
            })
        })
        .collect()
    }
}

/// Takes out of the ledger what is after the new place of the cursor: it is read again.
async fn cut(tx: &mut Tx, wanted: &CursorMove<'_>) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM sync_windows WHERE account_id = ?1 AND worker = ?2 AND start_at >= ?3",
        "UPDATE sync_windows SET end_at = ?3 WHERE account_id = ?1 AND worker = ?2 AND end_at > ?3",
    ] {
        sqlx::query(statement)
            .bind(wanted.account.0)
            .bind(wanted.worker.name())
            .bind(wanted.to.to_string())
            .execute(&mut **tx)
            .await
            .during(ACTION)?;
    }
    Ok(())
}

/// Adds a stretch that nothing read; an empty one says where the ledger begins.
async fn gap(
    tx: &mut Tx,
    wanted: &CursorMove<'_>,
    from: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sync_windows (account_id, worker, start_at, end_at, records, committed_at, \
         gap_by, gap_reason) VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, ?7)",
    )
    .bind(wanted.account.0)
    .bind(wanted.worker.name())
    .bind(from.to_string())
    .bind(wanted.to.to_string())
    .bind(now.to_string())
    .bind(wanted.by.to_owned())
    .bind(wanted.reason.to_owned())
    .execute(&mut **tx)
    .await
    .during(ACTION)?;
    Ok(())
}

async fn note(
    tx: &mut Tx,
    wanted: &CursorMove<'_>,
    from: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO cursor_moves (account_id, worker, from_at, to_at, moved_at, moved_by, reason) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )
    .bind(wanted.account.0)
    .bind(wanted.worker.name())
    .bind(from.map(|from| from.to_string()))
    .bind(wanted.to.to_string())
    .bind(now.to_string())
    .bind(wanted.by.to_owned())
    .bind(wanted.reason.to_owned())
    .execute(&mut **tx)
    .await
    .during(ACTION)?;
    Ok(())
}

/// A gap from its row, which has the account's name as `account`.
pub(super) fn read_gap(row: &SqliteRow) -> Result<DeclaredGap, StoreError> {
    let cells = Cells::new(row, "sync_windows", "a gap");
    Ok(DeclaredGap {
        account: cells.get("account")?,
        worker: cells.get("worker")?,
        start: cells.time("start_at")?,
        end: cells.time("end_at")?,
        at: cells.time("committed_at")?,
        by: cells.get("gap_by")?,
        reason: cells.get("gap_reason")?,
    })
}
