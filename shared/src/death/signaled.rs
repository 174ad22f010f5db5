//! When a signal ended the process and we had no reason to send one.
//!
//! The kernel does not say who sent a signal, so a signal alone proves no fault; the evidence that
//! the child left can.

use crate::flight::FailedAllocation;

use super::classify::{Finding, spawn_failed};
use super::exit::{SIGABRT, SIGHUP, SIGINT, SIGKILL, SIGSEGV, SIGTERM, SIGXCPU, SIGXFSZ};
use super::exit::{signal_name, words};
use crate::death::{Cause, Confidence, Ending, Evidence};

/// The cause, when this signal ended the process.
pub(super) fn signaled(evidence: &Evidence, number: i32) -> Finding {
    let observation = words(Ending::Signaled(number));
    if evidence.signals_sent.contains(&number) {
        return Finding::new(Cause::Unknown, Confidence::Unknown, observation)
            .and("we sent that signal and stored no reason");
    }
    match number {
        SIGABRT => aborted(evidence, observation),
        SIGKILL | SIGTERM | SIGINT | SIGHUP => {
            Finding::new(Cause::KilledExternally, Confidence::Inferred, observation)
                .and("we did not send it; the kernel's out-of-memory killer or a person could have")
        }
        SIGSEGV if !evidence.hello => {
            let what = "SIGSEGV before Hello".to_owned();
            Finding::new(spawn_failed(what), Confidence::Inferred, observation).and(
                "it had not said Hello; a memory limit too small for loading the program ends \
                 like this",
            )
        }
        _ => {
            let finding = Finding::new(signal(number), Confidence::Inferred, observation)
                .and("we did not send it");
            match limit_of(evidence, number) {
                Some(limit) => finding.and(limit),
                None => finding,
            }
        }
    }
}

// A panic, a failed allocation, a stack overflow and abort() all end in SIGABRT.
fn aborted(evidence: &Evidence, observation: String) -> Finding {
    let flight = evidence.flight.as_ref().ok();
    let panic = flight.and_then(|flight| flight.panic.as_ref());
    let allocation = flight.and_then(|flight| flight.failed_allocation);
    let says = |words: &str| evidence.stderr_tail.contains(words);
    let found = |cause, confidence| Finding::new(cause, confidence, observation.clone());
    if let Some(note) = panic {
        let finding = found(Cause::Panic, Confidence::Proven)
            .and(format!("the flight recorder has the panic: {}", note.text));
        return match allocation {
            Some(failed) => finding.but(format!("{}, before the panic", in_words(&failed))),
            None => finding,
        };
    }
    if let Some(failed) = allocation {
        return out_of_memory(evidence, &failed, observation);
    }
    if says("panicked at") {
        return found(Cause::Panic, Confidence::Inferred)
            .and("standard error says 'panicked at'; the flight recorder has no panic");
    }
    if flight.is_none() && says("memory allocation of") {
        return found(Cause::MemoryLimit, Confidence::Inferred)
            .and("standard error says that an allocation failed");
    }
    let finding = found(signal(SIGABRT), Confidence::Inferred)
        .and("the flight recorder has neither a panic nor a failed allocation");
    if says("has overflowed its stack") {
        finding.and("standard error says that a stack overflowed")
    } else {
        finding
    }
}

fn out_of_memory(evidence: &Evidence, failed: &FailedAllocation, observation: String) -> Finding {
    let needed = failed.live.saturating_add(failed.size);
    let claim = in_words(failed);
    let read_back = evidence.limits.map(|limits| limits.memory);
    match read_back {
        // 75 %: the heap's own bookkeeping and the stacks count against the limit too.
        Some(limit) if needed >= limit / 4 * 3 => {
            Finding::new(Cause::MemoryLimit, Confidence::Proven, observation)
                .and(claim)
                .and(format!("the limit was {limit} bytes"))
        }
        Some(limit) => Finding::new(signal(SIGABRT), Confidence::Inferred, observation)
            .and(claim)
            .and(format!(
                "that is far from the limit of {limit} bytes, so it is not why"
            )),
        None => Finding::new(Cause::MemoryLimit, Confidence::Inferred, observation)
            .and(claim)
            .and("the limit that was in effect is not known"),
    }
}

fn in_words(failed: &FailedAllocation) -> String {
    let FailedAllocation { size, live, .. } = failed;
    format!("an allocation of {size} bytes failed with {live} bytes live")
}

fn signal(number: i32) -> Cause {
    Cause::Signal {
        number,
        name: signal_name(number),
    }
}

fn limit_of(evidence: &Evidence, number: i32) -> Option<String> {
    let limits = evidence.limits?;
    match number {
        SIGXCPU => Some(format!(
            "its limit was {} s of CPU time",
            limits.cpu_seconds
        )),
        SIGXFSZ => Some(format!("its limit was {} bytes per file", limits.file_size)),
        _ => None,
    }
}
