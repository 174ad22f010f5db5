//! When SIGABRT ended the process: a panic, a failed allocation, a stack overflow and `abort()` all
//! end so.

use crate::flight::{FailedAllocation, Fault, Flight};

use super::classify::Finding;
use super::exit::SIGABRT;
use super::fault::{beside_the_stack, in_words};
use super::signaled::contradicted;
use crate::death::{Cause, Confidence, Evidence};

/// Rust's own words when a stack overflowed.
const OVERFLOWED: &str = "has overflowed its stack";

/// Of a token child, which may have written a secret there.
const UNREAD: &str = "standard error was not read";

/// The cause, when SIGABRT ended the process.
pub(super) fn aborted(evidence: &Evidence, observation: String) -> Finding {
    match &evidence.flight {
        Ok(flight) => noted(evidence, flight, observation),
        Err(_) => only_said(evidence, observation),
    }
}

fn noted(evidence: &Evidence, flight: &Flight, observation: String) -> Finding {
    let overflow = flight.fault.filter(Fault::is_stack_overflow);
    if let Some(note) = &flight.panic {
        let finding = Finding::new(Cause::Panic, Confidence::Proven, observation)
            .and(format!("the flight recorder has the panic: {}", note.text));
        let finding = match flight.failed_allocation {
            Some(failed) => finding.but(format!("{}, before the panic", claim(&failed))),
            None => finding,
        };
        return contradicted(finding, evidence, SIGABRT);
    }
    if let Some(fault) = overflow {
        let finding = Finding::new(Cause::StackOverflow, Confidence::Proven, observation)
            .and(format!(
                "the flight recorder has the fault: {}",
                in_words(&fault)
            ))
            .and(beside_the_stack(&fault));
        // The runtime's handler says so and aborts; without its words another abort came after it.
        return if evidence.exchange {
            finding.and(UNREAD)
        } else if evidence.stderr_tail.contains(OVERFLOWED) {
            finding.and("standard error says that a stack overflowed")
        } else {
            finding.but("standard error does not say that a stack overflowed")
        };
    }
    let finding = match flight.failed_allocation {
        Some(failed) => out_of_memory(evidence, &failed, observation),
        None => without_note(evidence, observation),
    };
    contradicted(finding, evidence, SIGABRT)
}

// The recorder was there to be written, and has nothing.
fn without_note(evidence: &Evidence, observation: String) -> Finding {
    let said = &evidence.stderr_tail;
    if said.contains("panicked at") {
        return Finding::new(Cause::Panic, Confidence::Inferred, observation)
            .and("standard error says 'panicked at'; the flight recorder has no panic");
    }
    if said.contains(OVERFLOWED) {
        return Finding::new(Cause::StackOverflow, Confidence::Inferred, observation)
            .and("standard error says that a stack overflowed; the flight recorder has no fault");
    }
    let finding = Finding::new(Cause::Abort, Confidence::Inferred, observation)
        .and("the flight recorder has neither a panic nor a failed allocation nor a fault");
    if said.contains("memory allocation of") {
        finding.but("standard error says that an allocation failed")
    } else {
        finding
    }
}

fn only_said(evidence: &Evidence, observation: String) -> Finding {
    let said = &evidence.stderr_tail;
    let words = [
        ("panicked at", Cause::Panic),
        (OVERFLOWED, Cause::StackOverflow),
        ("memory allocation of", Cause::MemoryLimit),
    ];
    match words.into_iter().find(|(words, _)| said.contains(words)) {
        Some((words, cause)) => Finding::new(cause, Confidence::Inferred, observation)
            .and(format!("standard error says '{words}'")),
        None => Finding::new(Cause::Abort, Confidence::Inferred, observation).and(
            if evidence.exchange {
                UNREAD
            } else {
                "standard error does not say why"
            },
        ),
    }
}

fn out_of_memory(evidence: &Evidence, failed: &FailedAllocation, observation: String) -> Finding {
    let needed = failed.live.saturating_add(failed.size);
    let found = |cause, confidence| Finding::new(cause, confidence, observation).and(claim(failed));
    match evidence.limits.map(|limits| limits.memory) {
        Some(limit) if failed.live > limit => {
            found(Cause::Abort, Confidence::Inferred).but(format!(
                "no more than the limit of {limit} bytes can be live, so that note is not true"
            ))
        }
        // 75 %: the heap's own bookkeeping and the stacks count against the limit too.
        Some(limit) if needed >= limit / 4 * 3 => found(Cause::MemoryLimit, Confidence::Proven)
            .and(format!("the limit was {limit} bytes")),
        Some(limit) => found(Cause::Abort, Confidence::Inferred).and(format!(
            "that is far from the limit of {limit} bytes, so it is not why"
        )),
        None => found(Cause::MemoryLimit, Confidence::Inferred)
            .and("the limit that was in effect is not known"),
    }
}

fn claim(failed: &FailedAllocation) -> String {
    let FailedAllocation { size, live, .. } = failed;
    format!("an allocation of {size} bytes failed with {live} bytes live")
}
