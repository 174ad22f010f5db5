//! Which run took the process with it.
//!
//! Every poll is marked with its run. The mark proves the culprit of what happens within a poll.
//! For memory it proves nothing while several runs are unfinished: one hoards, and another's small
//! allocation fails.

use crate::id::RunNo;

use super::exit::{SIGXCPU, SIGXFSZ};
use super::fault::is_from_kernel;
use crate::death::{Cause, Confidence, Evidence, KillReason};

type Answer = (Option<RunNo>, Confidence);

const NOBODY: Answer = (None, Confidence::Unknown);

/// The run that did it and how sure that is; `None` when nobody did or nobody can be named.
pub fn culprit(evidence: &Evidence, cause: &Cause) -> Answer {
    if !evidence.hello {
        // It had not seen its orders.
        return NOBODY;
    }
    match cause {
        Cause::Completed
        | Cause::NeverReady
        | Cause::Cancelled
        | Cause::Drained
        | Cause::KilledExternally
        | Cause::KernelOom
        | Cause::SpawnFailed { .. } => NOBODY,
        Cause::ProtocolViolation { .. } => violator(evidence),
        Cause::Hung => silent(evidence),
        Cause::Deadline => late(evidence),
        Cause::Panic => panicked(evidence),
        Cause::MemoryLimit => hoarder(evidence),
        Cause::Abort => match polled(evidence) {
            Some(run) => (Some(run), Confidence::Proven),
            None => only(evidence),
        },
        // The CPU time and the recording are shared by all runs.
        Cause::Signal { number, .. } if [SIGXCPU, SIGXFSZ].contains(number) => only(evidence),
        Cause::StackOverflow | Cause::Signal { .. } => faulted(evidence),
        Cause::ExitedEarly => match polled(evidence) {
            Some(run) if sole(evidence).is_none() => (Some(run), Confidence::Inferred),
            _ => only(evidence),
        },
        // The processor time is shared by all runs.
        Cause::CpuLimit | Cause::Failed { .. } | Cause::Unknown => only(evidence),
    }
}

fn violator(evidence: &Evidence) -> Answer {
    match &evidence.kill {
        Some(KillReason::Violation { run: Some(run), .. }) if run.index() < evidence.runs.len() => {
            (Some(*run), Confidence::Proven)
        }
        _ => only(evidence),
    }
}

fn silent(evidence: &Evidence) -> Answer {
    let Some(KillReason::Hung { run, .. }) = evidence.kill else {
        return only(evidence);
    };
    match polled(evidence) {
        _ if !unfinished(evidence, run) => only(evidence),
        Some(marked) if marked == run => (Some(run), Confidence::Proven),
        // One thread polls all runs: stuck in another's poll, or waiting while that one works.
        Some(_) => NOBODY,
        None => (Some(run), Confidence::Inferred),
    }
}

fn late(evidence: &Evidence) -> Answer {
    match evidence.kill {
        Some(KillReason::Deadline { run }) if unfinished(evidence, run) => {
            (Some(run), Confidence::Proven)
        }
        _ => only(evidence),
    }
}

fn panicked(evidence: &Evidence) -> Answer {
    let flight = evidence.flight.as_ref().ok();
    let noted = flight
        .and_then(|flight| flight.panic.as_ref())
        .and_then(|note| note.run)
        .filter(|run| unfinished(evidence, *run));
    match (noted, polled(evidence)) {
        (Some(run), Some(marked)) if marked != run => (Some(run), Confidence::Inferred),
        (Some(run), _) | (None, Some(run)) => (Some(run), Confidence::Proven),
        (None, None) => only(evidence),
    }
}

fn faulted(evidence: &Evidence) -> Answer {
    let fault = evidence
        .flight
        .as_ref()
        .ok()
        .and_then(|flight| flight.fault);
    let noted = fault
        .and_then(|fault| fault.run)
        .filter(|run| unfinished(evidence, *run));
    // What a process sent may have come in anybody's poll.
    let sure = match fault {
        Some(fault) if !is_from_kernel(&fault) => Confidence::Inferred,
        Some(_) | None => Confidence::Proven,
    };
    match (noted, polled(evidence)) {
        (Some(run), Some(marked)) if marked != run => (Some(run), Confidence::Inferred),
        (Some(run), _) | (None, Some(run)) => (Some(run), sure),
        (None, None) => only(evidence),
    }
}

fn hoarder(evidence: &Evidence) -> Answer {
    let flight = evidence.flight.as_ref().ok();
    let failed = flight.and_then(|flight| flight.failed_allocation);
    let noted = failed
        .and_then(|failed| failed.run)
        .filter(|run| unfinished(evidence, *run));
    let limit = evidence.limits.map(|limits| limits.memory);
    let large = match (failed, limit) {
        (Some(failed), Some(limit)) => failed.size >= limit / 4,
        _ => false,
    };
    match (sole(evidence), noted) {
        (Some(run), noted) if noted == Some(run) => (Some(run), Confidence::Proven),
        (Some(run), _) => (Some(run), Confidence::Inferred),
        (None, Some(run)) if large => (Some(run), Confidence::Proven),
        (None, _) => NOBODY,
    }
}

// The only unfinished run, if there is exactly one.
fn only(evidence: &Evidence) -> Answer {
    match sole(evidence) {
        Some(run) if polled(evidence) == Some(run) => (Some(run), Confidence::Proven),
        Some(run) => (Some(run), Confidence::Inferred),
        None => NOBODY,
    }
}

fn sole(evidence: &Evidence) -> Option<RunNo> {
    let mut left = (0_u8..)
        .zip(&evidence.runs)
        .filter(|(_, run)| !run.ended)
        .map(|(position, _)| RunNo(position));
    let first = left.next()?;
    left.next().is_none().then_some(first)
}

// The run that was being polled, unless that contradicts what it said.
fn polled(evidence: &Evidence) -> Option<RunNo> {
    let flight = evidence.flight.as_ref().ok()?;
    flight.polled.filter(|run| unfinished(evidence, *run))
}

fn unfinished(evidence: &Evidence, run: RunNo) -> bool {
    evidence
        .runs
        .get(run.index())
        .is_some_and(|fact| !fact.ended)
}

#[cfg(test)]
mod tests;
