//! From the end of the process and the runs' own words to one outcome per run.

use crate::id::RunNo;

use crate::death::{Cause, Evidence, KillReason, Outcome, Verdict};

/// What became of the runs of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOutcomes {
    /// One per run, by position.
    pub runs: Vec<Outcome>,
    /// One of the interrupted runs did it, and nobody knows which: each goes solitary.
    pub suspects: bool,
}

/// One outcome per run of `evidence`; `said` holds what each run said itself, by position.
///
/// What a run said stays, unless it broke the protocol afterwards. Only the culprit died; a death
/// that nobody could have caused (see `policy`) is everybody's and costs nothing.
pub fn outcomes(evidence: &Evidence, verdict: &Verdict, said: &[Option<Outcome>]) -> RunOutcomes {
    let others = others(evidence, &verdict.cause);
    let suspects = verdict.culprit.is_none()
        && others == Outcome::Interrupted
        && !ours(evidence)
        && verdict.cause != Cause::Completed
        && evidence.runs.iter().any(|run| !run.ended);
    let one = |(position, _): (usize, &_)| {
        let own = said.get(position).cloned().flatten();
        let guilty = verdict.culprit.map(RunNo::index) == Some(position);
        let breach = matches!(verdict.cause, Cause::ProtocolViolation { .. });
        match own {
            Some(own) if !(guilty && breach) => own,
            _ if guilty => Outcome::Died(verdict.cause.clone()),
            _ => others.clone(),
        }
    };
    RunOutcomes {
        runs: evidence.runs.iter().enumerate().map(one).collect(),
        suspects,
    }
}

// What an unfinished run gets that is not the culprit.
fn others(evidence: &Evidence, cause: &Cause) -> Outcome {
    match cause {
        Cause::Drained => Outcome::Drained,
        Cause::Cancelled if !ours(evidence) => Outcome::Cancelled,
        Cause::SpawnFailed { .. }
        | Cause::NeverReady
        | Cause::KilledExternally
        | Cause::KernelOom => Outcome::Died(cause.clone()),
        Cause::Completed
        | Cause::Failed { .. }
        | Cause::MemoryLimit
        | Cause::StackOverflow
        | Cause::Panic
        | Cause::Abort
        | Cause::CpuLimit
        | Cause::Signal { .. }
        | Cause::Hung
        | Cause::Deadline
        | Cause::Cancelled
        | Cause::ProtocolViolation { .. }
        | Cause::ExitedEarly
        | Cause::Unknown => {
            if evidence.hello || ours(evidence) {
                Outcome::Interrupted
            } else {
                Outcome::Died(cause.clone())
            }
        }
    }
}

// The store failed us, and no run could do anything about it.
const fn ours(evidence: &Evidence) -> bool {
    matches!(evidence.kill, Some(KillReason::Store { .. }))
}

#[cfg(test)]
mod tests;
