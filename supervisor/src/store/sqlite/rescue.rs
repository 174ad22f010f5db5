//! Attempts that a dead supervisor left without an end.

use shared::id::{AccountId, AttemptId};
use shared::time::Timestamp;
use shared::worker::Worker;
use sqlx::sqlite::SqliteRow;

use super::row::{Cells, to_json};
use super::{Store, Tx, lease, state};
use crate::killpoint;
use crate::outcome::{Cause, Confidence, Outcome, PolicyState};
use crate::store::attempt::{Grant, OpenAttempt};
use crate::store::error::{During, StoreError};

impl Store {
    /// Every attempt of this host that has no end, oldest first.
    pub async fn open_attempts(&self, host: &str) -> Result<Vec<OpenAttempt>, StoreError> {
        sqlx::query(
            "SELECT * FROM attempts WHERE ended_at IS NULL AND host = ?1 ORDER BY attempt_id",
        )
        .bind(host.to_owned())
        .fetch_all(&self.reader)
        .await
        .during("list open attempts")?
        .iter()
        .map(read)
        .collect()
    }

    /// Ends an attempt whose owner is gone. Call it only once its process is known to be gone too.
    /// Its unfinished runs are interrupted; `policy` says what is remembered for them from now on,
    /// and when they are due.
    ///
    /// Errors: [`StoreError::AlreadyEnded`], [`StoreError::NotFound`].
    pub async fn rescue_attempt(
        &self,
        attempt: AttemptId,
        now: Timestamp,
        policy: &mut (dyn FnMut(&PolicyState) -> (PolicyState, Timestamp) + Send),
    ) -> Result<(), StoreError> {
        let action = "rescue an attempt";
        let mut tx = self.begin(action).await?;
        let grant = end_orphan(&mut tx, attempt, now).await?;
        let interrupted = Outcome::Interrupted.name();
        if lease::holds(&mut tx, grant.account, grant.fence).await? {
            for worker in unfinished(&mut tx, attempt).await? {
                let state = state::load(&mut tx, grant.account, worker).await;
                // One that cannot be read is not run, and says so elsewhere.
                let Ok(state) = state else { continue };
                let (policy, due_at) = policy(&state.policy);
                sqlx::query(
                    "UPDATE sync_state SET policy = ?3, due_at = ?4, last_outcome = ?5, \
                     last_detail = '', last_outcome_at = ?6 WHERE account_id = ?1 AND worker = ?2",
                )
                .bind(grant.account.0)
                .bind(worker.name())
                .bind(to_json(&policy, "sync_state", "policy")?)
                .bind(due_at.to_string())
                .bind(interrupted)
                .bind(now.to_string())
                .execute(&mut *tx)
                .await
                .during(action)?;
            }
        }
        sqlx::query(
            "UPDATE runs SET ended_at = ?2, outcome = ?3, detail = '' \
             WHERE attempt_id = ?1 AND ended_at IS NULL",
        )
        .bind(attempt.0)
        .bind(now.to_string())
        .bind(interrupted)
        .execute(&mut *tx)
        .await
        .during(action)?;
        lease::release(&mut tx, grant.account, grant.fence).await?;
        tx.commit().await.during(action)?;
        killpoint::reach("rescue.committed");
        Ok(())
    }
}

/// The workers of its runs without an end.
async fn unfinished(tx: &mut Tx, attempt: AttemptId) -> Result<Vec<Worker>, StoreError> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT worker FROM runs WHERE attempt_id = ?1 AND ended_at IS NULL ORDER BY run_no",
    )
    .bind(attempt.0)
    .fetch_all(&mut **tx)
    .await
    .during("rescue an attempt")?;
    let known = names.iter().filter_map(|name| Worker::from_name(name));
    Ok(known.collect())
}

/// Ends the attempt itself. How its process ended nobody saw, so no cause is claimed.
async fn end_orphan(tx: &mut Tx, attempt: AttemptId, now: Timestamp) -> Result<Grant, StoreError> {
    let action = "rescue an attempt";
    let found = sqlx::query("SELECT * FROM attempts WHERE attempt_id = ?1")
        .bind(attempt.0)
        .fetch_optional(&mut **tx)
        .await
        .during(action)?;
    let Some(row) = found else {
        return Err(StoreError::NotFound {
            what: format!("attempt {attempt}"),
        });
    };
    let evidence = ["the supervisor that ran it ended before it did"];
    let done = sqlx::query(
        "UPDATE attempts SET ended_at = ?2, cause = ?3, confidence = ?4, evidence = ?5 \
         WHERE attempt_id = ?1 AND ended_at IS NULL",
    )
    .bind(attempt.0)
    .bind(now.to_string())
    .bind(Cause::Unknown.name())
    .bind(Confidence::Unknown.name())
    .bind(to_json(&evidence, "attempts", "evidence")?)
    .execute(&mut **tx)
    .await
    .during(action)?;
    if done.rows_affected() == 0 {
        return Err(StoreError::AlreadyEnded { attempt });
    }
    Ok(read(&row)?.grant)
}

/// What is needed of a row to end it; only numbers, which the table holds to be numbers.
fn read(row: &SqliteRow) -> Result<OpenAttempt, StoreError> {
    let attempt: i64 = Cells::new(row, "attempts", "a row").get("attempt_id")?;
    let label = format!("attempt {attempt}");
    let cells = Cells::new(row, "attempts", &label);
    let (pid, started): (Option<i64>, Option<i64>) = (cells.get("pid")?, cells.get("pid_started")?);
    Ok(OpenAttempt {
        grant: Grant {
            attempt: AttemptId(attempt),
            account: AccountId(cells.get("account_id")?),
            fence: cells.get("fence")?,
        },
        // What is no process id names no process.
        pid: pid.and_then(|pid| u32::try_from(pid).ok()),
        pid_started: started.and_then(|started| u64::try_from(started).ok()),
    })
}
