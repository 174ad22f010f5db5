//! Attempts: each start has exactly one end.

use shared::attempt::MAX_RUNS;
use shared::failure::Failure;
use shared::id::{AccountId, AttemptId, RunNo};
use shared::time::Timestamp;
use shared::worker::Worker;

use super::row::{signed, to_json};
use super::{Store, Tx, crash, lease, letter, peaks, state};
use crate::killpoint;
use crate::outcome::{KillReason, MemorySlot, Outcome};
use crate::store::attempt::{BeginAttempt, Begun, EndAttempt, EndRun, Ended, Grant};
use crate::store::error::{During, StoreError};

impl Store {
    /// Takes the lease, and notes the attempt, its runs and their starts: one transaction, before
    /// the child is started, so that a death which takes the supervisor along still counts.
    ///
    /// Errors: [`StoreError::LeaseHeld`] if someone else runs the account,
    /// [`StoreError::BadValue`] if a sync state cannot be read, [`StoreError::NotFound`].
    pub async fn begin_attempt(
        &self,
        begin: &BeginAttempt<'_>,
        now: Timestamp,
    ) -> Result<Begun, StoreError> {
        let action = "begin an attempt";
        let mut tx = self.begin(action).await?;
        account_exists(&mut tx, begin.account).await?;
        let fence = lease::take(&mut tx, begin.account, begin.holder, begin.lease_for).await?;
        let attempt: i64 = sqlx::query_scalar(
            "INSERT INTO attempts (account_id, fence, host, build, slot, memory_limit, started_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING attempt_id",
        )
        .bind(begin.account.0)
        .bind(fence)
        .bind(begin.host.to_owned())
        .bind(begin.build.to_owned())
        .bind(slot_name(begin.slot))
        .bind(signed(begin.memory_limit))
        .bind(now.to_string())
        .fetch_one(&mut *tx)
        .await
        .during(action)?;
        let attempt = AttemptId(attempt);
        let mut states = Vec::with_capacity(begin.runs.len());
        let mut letters = Vec::with_capacity(begin.runs.len());
        // The child refuses more runs than that, so numbers above it are never needed.
        for (run, worker) in (0..=u8::MAX).zip(begin.runs.iter().take(MAX_RUNS)) {
            start_run(
                &mut tx,
                (attempt, RunNo(run)),
                (begin.account, *worker),
                now,
            )
            .await?;
            letter::begin(&mut tx, begin.account, *worker).await?;
            states.push(state::load(&mut tx, begin.account, *worker).await?);
            letters.push(letter::unresolved(&mut tx, begin.account, *worker).await?);
        }
        tx.commit().await.during(action)?;
        killpoint::reach("attempt.begun");
        Ok(Begun {
            attempt,
            fence,
            states,
            letters,
        })
    }

    /// Notes the process of an attempt, so that a later life of the supervisor can find it.
    pub async fn note_spawned(
        &self,
        attempt: AttemptId,
        pid: u32,
        pid_started: u64,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE attempts SET pid = ?2, pid_started = ?3 WHERE attempt_id = ?1")
            .bind(attempt.0)
            .bind(pid)
            .bind(signed(pid_started))
            .execute(&self.writer)
            .await
            .during("note a process")?;
        Ok(())
    }

    /// Notes why an attempt is about to be killed: before the signal is sent. The first reason
    /// stands.
    pub async fn note_kill(
        &self,
        attempt: AttemptId,
        reason: &KillReason,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE attempts SET kill_reason = coalesce(kill_reason, ?2) WHERE attempt_id = ?1",
        )
        .bind(attempt.0)
        .bind(to_json(reason, "attempts", "kill_reason")?)
        .execute(&self.writer)
        .await
        .during("note a kill")?;
        Ok(())
    }

    /// Ends an attempt with all its runs, what policy remembers, and the crash reports, and gives
    /// the lease back: one transaction.
    ///
    /// Errors: [`StoreError::AlreadyEnded`].
    pub async fn end_attempt(
        &self,
        end: &EndAttempt<'_>,
        now: Timestamp,
    ) -> Result<Ended, StoreError> {
        let action = "end an attempt";
        let mut tx = self.begin(action).await?;
        let grant = end.grant;
        let verdict = end.verdict;
        let done = sqlx::query(
            "UPDATE attempts SET ended_at = ?2, cause = ?3, confidence = ?4, evidence = ?5, \
             peak_resident = ?6, peak_heap = ?7 WHERE attempt_id = ?1 AND ended_at IS NULL",
        )
        .bind(grant.attempt.0)
        .bind(now.to_string())
        .bind(verdict.cause.name())
        .bind(verdict.confidence.name())
        .bind(to_json(&verdict.evidence, "attempts", "evidence")?)
        .bind(end.peaks.resident.map(signed))
        .bind(end.peaks.heap.map(signed))
        .execute(&mut *tx)
        .await
        .during(action)?;
        if done.rows_affected() == 0 {
            return Err(StoreError::AlreadyEnded {
                attempt: grant.attempt,
            });
        }
        let fence_held = lease::holds(&mut tx, grant.account, grant.fence).await?;
        for run in &end.runs {
            end_run(&mut tx, grant, run, now).await?;
            if fence_held {
                end_state(&mut tx, grant.account, run, now).await?;
                let whose = (grant.account, run.worker);
                letter::end(&mut tx, whose, &run.letters, now).await?;
            }
            if let Some(report) = &run.report {
                crash::insert(&mut tx, report).await?;
            }
        }
        if fence_held {
            peaks::learn(&mut tx, end).await?;
        }
        lease::release(&mut tx, grant.account, grant.fence).await?;
        tx.commit().await.during(action)?;
        killpoint::reach("attempt.ended");
        Ok(Ended { fence_held })
    }
}

/// The name of a slot in the database.
pub(super) const fn slot_name(slot: MemorySlot) -> &'static str {
    match slot {
        MemorySlot::Normal => "normal",
        MemorySlot::Big => "big",
    }
}

async fn account_exists(tx: &mut Tx, account: AccountId) -> Result<(), StoreError> {
    let found: Option<i64> = sqlx::query_scalar("SELECT 1 FROM accounts WHERE account_id = ?1")
        .bind(account.0)
        .fetch_optional(&mut **tx)
        .await
        .during("find an account")?;
    found.map(|_| ()).ok_or_else(|| StoreError::NotFound {
        what: format!("account {account}"),
    })
}

async fn start_run(
    tx: &mut Tx,
    (attempt, run): (AttemptId, RunNo),
    (account, worker): (AccountId, Worker),
    now: Timestamp,
) -> Result<(), StoreError> {
    let action = "start a run";
    let done = sqlx::query(
        "UPDATE sync_state SET starts = starts + 1, last_started_at = ?3 \
         WHERE account_id = ?1 AND worker = ?2",
    )
    .bind(account.0)
    .bind(worker.name())
    .bind(now.to_string())
    .execute(&mut **tx)
    .await
    .during(action)?;
    if done.rows_affected() == 0 {
        return Err(state::not_found(account, worker));
    }
    sqlx::query(
        "INSERT INTO runs (attempt_id, run_no, account_id, worker, started_at, cursor_before) \
         SELECT ?3, ?4, account_id, worker, ?5, cursor FROM sync_state \
         WHERE account_id = ?1 AND worker = ?2",
    )
    .bind(account.0)
    .bind(worker.name())
    .bind(attempt.0)
    .bind(run.0)
    .bind(now.to_string())
    .execute(&mut **tx)
    .await
    .during(action)?;
    Ok(())
}

async fn end_run(
    tx: &mut Tx,
    grant: Grant,
    run: &EndRun,
    now: Timestamp,
) -> Result<(), StoreError> {
    let failure: Option<&Failure> = match &run.outcome {
        Outcome::Failed(failure) => Some(failure),
        Outcome::Completed
        | Outcome::Snoozed { .. }
        | Outcome::Died(_)
        | Outcome::Interrupted
        | Outcome::Cancelled
        | Outcome::Drained => None,
    };
    let failure = failure
        .map(|failure| to_json(failure, "runs", "failure"))
        .transpose()?;
    let counters = &run.counters;
    sqlx::query(
        "UPDATE runs SET ended_at = ?3, outcome = ?4, detail = ?5, failure = ?6, decision = ?7, \
         batches = ?8, records = ?9, created = ?10, updated = ?11, unchanged = ?12, stale = ?13, \
         ended = ?14, slices = ?15, cursor_after = coalesce(?16, cursor_before) \
         WHERE attempt_id = ?1 AND run_no = ?2",
    )
    .bind(grant.attempt.0)
    .bind(run.run.0)
    .bind(now.to_string())
    .bind(run.outcome.name())
    .bind(run.outcome.detail())
    .bind(failure)
    .bind(to_json(&run.decision, "runs", "decision")?)
    .bind(signed(counters.batches))
    .bind(signed(counters.records))
    .bind(signed(counters.created))
    .bind(signed(counters.updated))
    .bind(signed(counters.unchanged))
    .bind(signed(counters.stale))
    .bind(signed(counters.ended))
    .bind(signed(counters.slices))
    .bind(counters.cursor.map(|cursor| cursor.to_string()))
    .execute(&mut **tx)
    .await
    .during("end a run")?;
    Ok(())
}

async fn end_state(
    tx: &mut Tx,
    account: AccountId,
    run: &EndRun,
    now: Timestamp,
) -> Result<(), StoreError> {
    let success = (run.outcome == Outcome::Completed).then(|| now.to_string());
    sqlx::query(
        "UPDATE sync_state SET policy = ?3, due_at = ?4, last_outcome = ?5, last_detail = ?6, \
         last_outcome_at = ?7, last_success_at = coalesce(?8, last_success_at) \
         WHERE account_id = ?1 AND worker = ?2",
    )
    .bind(account.0)
    .bind(run.worker.name())
    .bind(to_json(&run.policy, "sync_state", "policy")?)
    .bind(run.decision.due_at.to_string())
    .bind(run.outcome.name())
    .bind(run.outcome.detail())
    .bind(now.to_string())
    .bind(success)
    .execute(&mut **tx)
    .await
    .during("end a run")?;
    Ok(())
}
