//! What the log says of the runs that ended without a report.

use shared::attempt::Attempt;

use super::RanRun;
use crate::outcome::{Outcome, Verdict};

/// A run with a report has said its piece; the others say it here, once.
pub(super) fn runs(orders: &Attempt, verdict: &Verdict, runs: &[RanRun], duration_ms: u64) {
    for run in runs {
        let counters = &run.counters;
        let failure = match &run.outcome {
            Outcome::Failed(failure) => failure.to_string(),
            Outcome::Completed
            | Outcome::Snoozed { .. }
            | Outcome::Died(_)
            | Outcome::Interrupted
            | Outcome::Cancelled
            | Outcome::Drained => String::new(),
        };
        if run.report.is_none() {
            tracing::info!(
                account.id = %orders.account_id, account.name = orders.account, worker.name = %run.worker,
                attempt.id = %orders.id, outcome = run.outcome.name(), detail = run.outcome.detail(), failure,
                decision = run.decision.kind.name(), due_at = %run.decision.due_at,
                created = counters.created, updated = counters.updated, ended = counters.ended,
                unchanged = counters.unchanged, stale = counters.stale, slices = counters.slices,
                cause = verdict.cause.name(), duration_ms, "run ended"
            );
        }
    }
}
