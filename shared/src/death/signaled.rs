//! When a signal ended the process and we had no reason to send one.
//!
//! The kernel does not say who sent a signal, so a signal alone proves no fault; the evidence that
//! the child left can.

use super::aborted::aborted;
use super::classify::Finding;
use super::cpu::{at_hard_limit, ran_out};
use super::exit::{
    SIGABRT, SIGBUS, SIGFPE, SIGHUP, SIGILL, SIGINT, SIGKILL, SIGSEGV, SIGSYS, SIGTERM, SIGXCPU,
    SIGXFSZ,
};
use super::exit::{signal_name, words};
use super::fault::{contradiction, faulted};
use super::oom;
use crate::death::{Cause, Confidence, Ending, Evidence};

/// The cause, when this signal ended the process.
pub(super) fn signaled(evidence: &Evidence, number: i32) -> Finding {
    let observation = words(Ending::Signaled(number));
    if evidence.signals_sent.contains(&number) {
        return Finding::new(Cause::Unknown, Confidence::Unknown, observation)
            .and("we sent that signal and stored no reason");
    }
    let finding = match number {
        SIGABRT => return aborted(evidence, observation),
        SIGSEGV | SIGBUS | SIGILL | SIGFPE | SIGSYS => {
            return faulted(evidence, number, observation);
        }
        SIGXCPU => ran_out(evidence, observation),
        SIGKILL => killed(evidence, observation),
        SIGTERM | SIGINT | SIGHUP => {
            Finding::new(Cause::KilledExternally, Confidence::Inferred, observation)
                .and("we did not send it; a person or another program did")
        }
        _ => {
            let finding = Finding::new(signal(number), Confidence::Inferred, observation)
                .and("we did not send it");
            match evidence.limits.filter(|_| number == SIGXFSZ) {
                Some(limits) => {
                    finding.and(format!("its limit was {} bytes per file", limits.file_size))
                }
                None => finding,
            }
        }
    };
    contradicted(finding, evidence, number)
}

// Nothing in the process outlives SIGKILL to say why; the kernel may.
fn killed(evidence: &Evidence, observation: String) -> Finding {
    oom::named(evidence, &observation)
        .or_else(|| at_hard_limit(evidence, &observation))
        .or_else(|| oom::suspected(evidence, &observation))
        .unwrap_or_else(|| oom::by_somebody(evidence, observation))
}

/// What the child noted last, if that ends in another way than it did.
pub(super) fn contradicted(finding: Finding, evidence: &Evidence, number: i32) -> Finding {
    let Ok(flight) = &evidence.flight else {
        return finding;
    };
    let finding = match &flight.panic {
        Some(note) if number != SIGABRT => finding.but(format!(
            "the flight recorder has a panic, which would have ended in SIGABRT: {}",
            note.text
        )),
        Some(_) | None => finding,
    };
    match contradiction(flight, number) {
        Some(observation) => finding.but(observation),
        None => finding,
    }
}

pub(super) fn signal(number: i32) -> Cause {
    Cause::Signal {
        number,
        name: signal_name(number),
    }
}

#[cfg(test)]
mod tests;
