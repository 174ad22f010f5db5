//! When a signal ended the process that the processor's complaint becomes, and what the child's
//! handler noted of it.

use crate::flight::{Fault, Flight};

use super::classify::{Finding, spawn_failed};
use super::exit::{SIGSEGV, signal_name};
use super::signaled::{contradicted, signal};
use crate::death::{Cause, Confidence, Evidence};

/// The cause, when SIGSEGV, SIGBUS, SIGILL, SIGFPE or SIGSYS ended the process.
pub(super) fn faulted(evidence: &Evidence, number: i32, observation: String) -> Finding {
    let noted = evidence
        .flight
        .as_ref()
        .ok()
        .and_then(|flight| flight.fault);
    let finding = match noted.filter(|fault| fault.signal == number) {
        Some(fault) => matching(&fault, observation),
        None if number == SIGSEGV && !evidence.hello => {
            let what = "SIGSEGV before Hello".to_owned();
            Finding::new(spawn_failed(what), Confidence::Inferred, observation).and(
                "it had not said Hello; a memory limit too small for loading the program ends \
                 like this",
            )
        }
        None => Finding::new(signal(number), Confidence::Inferred, observation)
            .and("we did not send it"),
    };
    let failed = evidence.flight.as_ref().ok();
    let finding = match failed.and_then(|flight| flight.failed_allocation) {
        Some(failed) => finding.and(format!(
            "an allocation of {} bytes had failed shortly before, with {} bytes live",
            failed.size, failed.live
        )),
        None => finding,
    };
    contradicted(finding, evidence, number)
}

// The kernel's word, handed on by the handler: it agrees with how the process ended.
fn matching(fault: &Fault, observation: String) -> Finding {
    let note = format!("the flight recorder has the fault: {}", in_words(fault));
    if fault.is_stack_overflow() {
        Finding::new(Cause::StackOverflow, Confidence::Proven, observation)
            .and(note)
            .and(beside_the_stack(fault))
    } else if is_from_kernel(fault) {
        Finding::new(signal(fault.signal), Confidence::Proven, observation).and(note)
    } else {
        Finding::new(signal(fault.signal), Confidence::Inferred, observation)
            .and(note)
            .and("a process sent it, this one or another; we did not")
    }
}

/// Whether the kernel reported the fault; otherwise a process sent the signal, perhaps this one.
pub(super) const fn is_from_kernel(fault: &Fault) -> bool {
    fault.code > 0
}

/// `SIGSEGV at address 0x1000 (si_code 1, from the kernel)`.
pub(super) fn in_words(fault: &Fault) -> String {
    let name = signal_name(fault.signal);
    let from = if is_from_kernel(fault) {
        "the kernel"
    } else {
        "a process"
    };
    // An address says something only if the kernel reports the fault.
    let place = if is_from_kernel(fault) {
        format!(" at address {:#x}", fault.address)
    } else {
        String::new()
    };
    format!("{name}{place} (si_code {}, from {from})", fault.code)
}

/// Where the address lies.
pub(super) fn beside_the_stack(fault: &Fault) -> String {
    let (low, high) = fault.stack.unwrap_or_default();
    format!("the address is at the end of the thread's stack, {low:#x} to {high:#x}")
}

/// A fault that was noted, and is not how the process ended.
pub(super) fn contradiction(flight: &Flight, number: i32) -> Option<String> {
    let fault = flight.fault.filter(|fault| fault.signal != number)?;
    let words = in_words(&fault);
    Some(format!(
        "the flight recorder has another fault, which is not how it ended: {words}"
    ))
}

#[cfg(test)]
mod tests;
