//! Dead letters: opened and updated with the end of a run, retried by a person.

use std::collections::BTreeSet;

use shared::attempt::SkipItem;
use shared::id::AccountId;
use shared::time::Timestamp;
use shared::worker::{Mode, Worker};
use sqlx::sqlite::SqliteRow;

use super::row::{Cells, signed};
use super::{Store, Tx};
use crate::outcome::CrashId;
use crate::store::error::{During, StoreError};
use crate::store::letter::{DeadLetter, LetterEnds, LetterStatus, NewLetter, PassedLetter};

const TABLE: &str = "dead_letters";

const UNRESOLVED: &str = "SELECT d.*, a.name AS account FROM dead_letters d \
     JOIN accounts a ON a.account_id = d.account_id \
     WHERE d.account_id = ?1 AND d.worker = ?2 AND d.status <> 'resolved' ORDER BY d.letter_id";

const ALL: &str = "SELECT d.*, a.name AS account FROM dead_letters d \
     JOIN accounts a ON a.account_id = d.account_id \
     WHERE ?1 OR d.status <> 'resolved' ORDER BY d.letter_id";

const ONE: &str = "SELECT d.*, a.name AS account FROM dead_letters d \
     JOIN accounts a ON a.account_id = d.account_id WHERE d.letter_id = ?1";

impl Store {
    /// The dead letters of all accounts, oldest first; those that are resolved only with `all`.
    pub async fn dead_letters(&self, all: bool) -> Result<Vec<DeadLetter>, StoreError> {
        sqlx::query(ALL)
            .bind(all)
            .fetch_all(&self.reader)
            .await
            .during("list dead letters")?
            .iter()
            .map(read)
            .collect()
    }

    /// One dead letter.
    ///
    /// Errors: [`StoreError::NotFound`].
    pub async fn dead_letter(&self, id: i64) -> Result<DeadLetter, StoreError> {
        let row = sqlx::query(ONE)
            .bind(id)
            .fetch_optional(&self.reader)
            .await
            .during("read a dead letter")?;
        row.as_ref().map_or_else(|| Err(not_found(id)), read)
    }

    /// Has the next run read the item again, and makes its worker due at once. False if the letter
    /// is resolved.
    ///
    /// Errors: [`StoreError::NotFound`].
    pub async fn retry_dead_letter(&self, id: i64, now: Timestamp) -> Result<bool, StoreError> {
        let action = "retry a dead letter";
        let mut tx = self.begin(action).await?;
        let found = sqlx::query(ONE).bind(id).fetch_optional(&mut *tx).await;
        let found = found.during(action)?;
        let letter = found.as_ref().map_or_else(|| Err(not_found(id)), read)?;
        if letter.status == LetterStatus::Resolved {
            return Ok(false);
        }
        sqlx::query(
            "UPDATE dead_letters SET status = 'retrying', reading = 0 WHERE letter_id = ?1",
        )
        .bind(id)
        .execute(&mut *tx)
        .await
        .during(action)?;
        sqlx::query(
            "UPDATE sync_state SET due_at = ?2 WHERE (account_id, worker) = \
             (SELECT account_id, worker FROM dead_letters WHERE letter_id = ?1)",
        )
        .bind(id)
        .bind(now.to_string())
        .execute(&mut *tx)
        .await
        .during(action)?;
        tx.commit().await.during(action)?;
        Ok(true)
    }

    /// The crash reports that dead letters still need: their directories hold the recordings, and
    /// must not be removed.
    pub async fn held_crashes(&self) -> Result<BTreeSet<CrashId>, StoreError> {
        let letters = self.dead_letters(false).await?;
        Ok(letters.into_iter().map(|letter| letter.crash).collect())
    }
}

/// Those of a worker that are not resolved, oldest first.
pub(super) async fn unresolved(
    tx: &mut Tx,
    account: AccountId,
    worker: Worker,
) -> Result<Vec<DeadLetter>, StoreError> {
    sqlx::query(UNRESOLVED)
        .bind(account.0)
        .bind(worker.name())
        .fetch_all(&mut **tx)
        .await
        .during("read dead letters")?
        .iter()
        .map(read)
        .collect()
}

/// Gives what must be read again to the run that starts: in window mode as a stretch of the deep
/// pass, which is widened to it; a rescan goes back as far as it can. A snapshot reads all anyway.
pub(super) async fn begin(
    tx: &mut Tx,
    account: AccountId,
    worker: Worker,
) -> Result<(), StoreError> {
    let action = "begin to retry dead letters";
    let widen = match worker.mode() {
        Mode::Window => Some(
            "UPDATE sync_state SET deep_from = CASE WHEN deep_from < deep_until \
             THEN min(deep_from, r.first) ELSE r.first END, \
             deep_until = max(coalesce(deep_until, r.last), r.last) \
             FROM (SELECT min(slice_start) AS first, max(slice_end) AS last FROM dead_letters \
                   WHERE account_id = ?1 AND worker = ?2 AND status = 'retrying' \
                   AND NOT reading) AS r \
             WHERE account_id = ?1 AND worker = ?2 AND r.first IS NOT NULL",
        ),
        Mode::Rescan => Some(
            "UPDATE sync_state SET deep_from = NULL, deep_until = NULL \
             WHERE account_id = ?1 AND worker = ?2 AND EXISTS (SELECT 1 FROM dead_letters d \
             WHERE d.account_id = ?1 AND d.worker = ?2 AND d.status = 'retrying' AND NOT d.reading)",
        ),
        Mode::Snapshot => None,
    };
    let mark = "UPDATE dead_letters SET reading = 1 \
                WHERE account_id = ?1 AND worker = ?2 AND status = 'retrying'";
    for statement in widen.into_iter().chain([mark]) {
        sqlx::query(statement)
            .bind(account.0)
            .bind(worker.name())
            .execute(&mut **tx)
            .await
            .during(action)?;
    }
    Ok(())
}

/// What a run did about them.
pub(super) async fn end(
    tx: &mut Tx,
    (account, worker): (AccountId, Worker),
    ends: &LetterEnds,
    now: Timestamp,
) -> Result<(), StoreError> {
    for letter in &ends.passed {
        passed(tx, letter, now).await?;
    }
    for id in &ends.resolved {
        sqlx::query(
            "UPDATE dead_letters SET status = 'resolved', resolved_at = ?2 \
             WHERE letter_id = ?1 AND status = 'retrying' AND reading",
        )
        .bind(id)
        .bind(now.to_string())
        .execute(&mut **tx)
        .await
        .during("resolve a dead letter")?;
    }
    match &ends.opened {
        Some(opened) => open(tx, (account, worker), opened, now).await,
        None => Ok(()),
    }
}

async fn passed(tx: &mut Tx, letter: &PassedLetter, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE dead_letters SET skips = skips + 1, last_skip_at = ?2, \
         first_skip_at = coalesce(first_skip_at, ?2), slice_start = coalesce(?3, slice_start), \
         slice_end = coalesce(?4, slice_end) WHERE letter_id = ?1",
    )
    .bind(letter.id)
    .bind(now.to_string())
    .bind(letter.slice.map(|(start, _)| start.to_string()))
    .bind(letter.slice.map(|(_, end)| end.to_string()))
    .execute(&mut **tx)
    .await
    .during("note a passed-over item")?;
    Ok(())
}

/// Opens a letter, or the one that there is for the item once more.
async fn open(
    tx: &mut Tx,
    (account, worker): (AccountId, Worker),
    opened: &NewLetter,
    now: Timestamp,
) -> Result<(), StoreError> {
    let action = "open a dead letter";
    let known = unresolved(tx, account, worker).await?;
    let is_it = |letter: &&DeadLetter| {
        letter.item.key == opened.item.key
            && (!letter.item.key.is_empty() || letter.item == opened.item)
    };
    let (first, last) = opened.slice.unzip();
    if let Some(letter) = known.iter().find(is_it) {
        sqlx::query(
            "UPDATE dead_letters SET status = 'open', reading = 0, crash_id = ?2, \
             slice_start = coalesce(?3, slice_start), slice_end = coalesce(?4, slice_end) \
             WHERE letter_id = ?1",
        )
        .bind(letter.id)
        .bind(opened.crash.to_string())
        .bind(first.map(|at| at.to_string()))
        .bind(last.map(|at| at.to_string()))
        .execute(&mut **tx)
        .await
        .during(action)?;
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO dead_letters (account_id, worker, item_key, request, item, slice_start, \
         slice_end, crash_id, status, opened_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'open', ?9)",
    )
    .bind(account.0)
    .bind(worker.name())
    .bind(opened.item.key.clone())
    .bind(opened.item.request.clone())
    .bind(signed(opened.item.item))
    .bind(first.map(|at| at.to_string()))
    .bind(last.map(|at| at.to_string()))
    .bind(opened.crash.to_string())
    .bind(now.to_string())
    .execute(&mut **tx)
    .await
    .during(action)?;
    Ok(())
}

fn not_found(id: i64) -> StoreError {
    StoreError::NotFound {
        what: format!("dead letter {id}"),
    }
}

fn read(row: &SqliteRow) -> Result<DeadLetter, StoreError> {
    let id: i64 = Cells::new(row, TABLE, "a row").get("letter_id")?;
    let label = format!("dead letter {id}");
    let cells = Cells::new(row, TABLE, &label);
    let crash: &str = cells.get("crash_id")?;
    let worker = cells.named("worker", "a worker", Worker::from_name)?;
    let status = cells.named("status", "a status", LetterStatus::from_name)?;
    let first = cells.time_or_null("slice_start")?;
    Ok(DeadLetter {
        id,
        account: cells.get("account")?,
        worker: worker.ok_or_else(|| cells.bad("worker", "null"))?,
        item: SkipItem {
            key: cells.get("item_key")?,
            request: cells.get("request")?,
            item: cells.count("item")?,
        },
        slice: first.zip(cells.time_or_null("slice_end")?),
        crash: crash.parse().map_err(|why| cells.bad("crash_id", why))?,
        status: status.ok_or_else(|| cells.bad("status", "null"))?,
        opened_at: cells.time("opened_at")?,
        skips: cells.count("skips")?,
        first_skip_at: cells.time_or_null("first_skip_at")?,
        last_skip_at: cells.time_or_null("last_skip_at")?,
        resolved_at: cells.time_or_null("resolved_at")?,
    })
}
