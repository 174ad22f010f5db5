//! When we ended the process ourselves: the reason that was stored first, held against its end.

use super::classify::{Finding, all_ended, run_name, said_its_last, spawn_failed};
use super::exit::{signal_name, words};
use super::signaled::signaled;
use crate::death::{Cause, Confidence, Ending, Evidence, KillReason};

/// The cause, when a reason to end the process had been stored.
pub(super) fn killed(evidence: &Evidence, reason: &KillReason) -> Finding {
    let (cause, why) = ours(evidence, reason);
    let why = format!("we were ending it: {why}");
    let Some(ending) = evidence.ending else {
        return Finding::new(cause, Confidence::Proven, why).but("how it ended is not known");
    };
    let ended = words(ending);
    match ending {
        Ending::Signaled(number) if evidence.signals_sent.contains(&number) => {
            Finding::new(cause, Confidence::Proven, why).and(format!("{ended}, which we sent"))
        }
        // It died by itself, and what we saw (a torn frame, a closed pipe) came of that.
        Ending::Signaled(number) if is_about_output(reason) => signaled(evidence, number).and(why),
        Ending::Signaled(_) => Finding::new(cause, Confidence::Proven, why).but(format!(
            "{ended}, which we did not send ({})",
            sent(evidence)
        )),
        Ending::Exited(0) if evidence.bye && !stands_alone(reason) && all_ended(evidence) => {
            Finding::new(Cause::Completed, Confidence::Proven, why).and(format!(
                "{ended}, after every run had ended and it had {}",
                said_its_last(evidence)
            ))
        }
        // Asked politely, it stopped politely.
        Ending::Exited(0) if evidence.bye && polite(reason) => {
            Finding::new(cause, Confidence::Proven, why).and(format!("{ended}, after its Bye"))
        }
        Ending::Exited(_) => {
            Finding::new(cause, Confidence::Proven, why).but(format!("{ended} by itself"))
        }
    }
}

fn ours(evidence: &Evidence, reason: &KillReason) -> (Cause, String) {
    match reason {
        KillReason::Hung { run, silent_ms } => {
            let name = run_name(evidence, *run);
            (
                Cause::Hung,
                format!("{name} made no progress for {silent_ms} ms"),
            )
        }
        KillReason::Deadline { run } => {
            let name = run_name(evidence, *run);
            (Cause::Deadline, format!("{name} passed its deadline"))
        }
        KillReason::NeverReady { waited_ms } => (
            Cause::NeverReady,
            format!("no Hello came within {waited_ms} ms"),
        ),
        KillReason::Violation { what, run } => {
            let of = run.map_or_else(String::new, |run| format!(" ({})", run_name(evidence, run)));
            (
                violation(what),
                format!("it broke the protocol{of}: {what}"),
            )
        }
        KillReason::Lingering => {
            let what = if evidence.bye {
                format!("{} and did not exit", said_its_last(evidence))
            } else {
                "closed its output and did not exit".to_owned()
            };
            (violation(&what), format!("it {what}"))
        }
        KillReason::Unanswered { waited_ms } => (
            Cause::Hung,
            format!(
                "no answer came within {waited_ms} ms, although its question had a shorter limit"
            ),
        ),
        KillReason::WrongBuild { what } => (
            spawn_failed(what),
            format!("it is of another build: {what}"),
        ),
        KillReason::Limits { what } => (
            spawn_failed(what),
            format!("its limits could not be set: {what}"),
        ),
        KillReason::Store { what } => (
            Cause::Cancelled,
            format!("nothing could be committed any more: {what}"),
        ),
        KillReason::Drained => (Cause::Drained, "the supervisor was stopping".to_owned()),
        KillReason::Cancelled => (Cause::Cancelled, "someone asked for its end".to_owned()),
    }
}

fn violation(what: &str) -> Cause {
    Cause::ProtocolViolation {
        what: what.to_owned(),
    }
}

// What we saw does not become better by a clean end.
const fn stands_alone(reason: &KillReason) -> bool {
    match reason {
        KillReason::Violation { .. }
        | KillReason::WrongBuild { .. }
        | KillReason::Limits { .. }
        | KillReason::NeverReady { .. } => true,
        KillReason::Hung { .. }
        | KillReason::Deadline { .. }
        | KillReason::Lingering
        | KillReason::Unanswered { .. }
        | KillReason::Store { .. }
        | KillReason::Drained
        | KillReason::Cancelled => false,
    }
}

// Reasons that the death of the process alone can bring about.
const fn is_about_output(reason: &KillReason) -> bool {
    matches!(reason, KillReason::Violation { .. } | KillReason::Lingering)
}

// Reasons for which the child is asked to stop by itself.
const fn polite(reason: &KillReason) -> bool {
    match reason {
        KillReason::Store { .. } | KillReason::Drained | KillReason::Cancelled => true,
        KillReason::Violation { .. }
        | KillReason::WrongBuild { .. }
        | KillReason::Limits { .. }
        | KillReason::NeverReady { .. }
        | KillReason::Hung { .. }
        | KillReason::Deadline { .. }
        | KillReason::Unanswered { .. }
        | KillReason::Lingering => false,
    }
}

fn sent(evidence: &Evidence) -> String {
    let names: Vec<_> = evidence
        .signals_sent
        .iter()
        .map(|n| signal_name(*n))
        .collect();
    if names.is_empty() {
        "we had sent none".to_owned()
    } else {
        format!("we sent {}", names.join(", "))
    }
}
