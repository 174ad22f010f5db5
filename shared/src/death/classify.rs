//! Why a process ended, from everything that is known about its end.

use crate::exit::ExitCode;
use crate::flight::{Phase, RunStage};
use crate::id::RunNo;

use super::culprit::culprit;
use super::exit::words;
use super::fault::in_words;
use super::killed::killed;
use super::signaled::signaled;
use crate::death::{Cause, Confidence, Ending, Evidence, Verdict};

/// A cause, how sure it is, and what it rests on.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) cause: Cause,
    pub(super) confidence: Confidence,
    pub(super) evidence: Vec<String>,
}

impl Finding {
    pub(super) fn new(cause: Cause, confidence: Confidence, observation: String) -> Self {
        Self {
            cause,
            confidence,
            evidence: vec![observation],
        }
    }

    /// Adds an observation that fits.
    pub(super) fn and(mut self, observation: impl Into<String>) -> Self {
        self.evidence.push(observation.into());
        self
    }

    /// Adds an observation that does not fit: what was proven is only inferred then, and what was
    /// inferred is not known.
    pub(super) fn but(mut self, observation: impl Into<String>) -> Self {
        self.confidence = match self.confidence {
            Confidence::Proven => Confidence::Inferred,
            Confidence::Inferred | Confidence::Unknown => Confidence::Unknown,
        };
        self.and(observation)
    }
}

/// Why the process ended, and which of its runs did it.
pub fn classify(evidence: &Evidence) -> Verdict {
    let mut finding = find(evidence);
    if let Err(why) = &evidence.flight
        && evidence.spawn_error.is_none()
    {
        finding = finding.and(format!("the flight recorder could not be read: {why}"));
    }
    let (run, culprit_confidence) = culprit(evidence, &finding.cause);
    if let Some(run) = run {
        let name = run_name(evidence, run);
        let sure = culprit_confidence.name();
        finding = finding.and(format!("{name} did it ({sure})"));
    }
    Verdict {
        cause: finding.cause,
        confidence: finding.confidence,
        evidence: finding.evidence,
        culprit: run,
        culprit_confidence,
    }
}

/// `run 0 (orders)`, or `run 9` if the attempt has no such run.
pub(super) fn run_name(evidence: &Evidence, run: RunNo) -> String {
    match evidence.runs.get(run.index()) {
        Some(fact) => format!("run {run} ({})", fact.worker),
        None => format!("run {run}"),
    }
}

/// What its last word is called, as in `it had …`.
pub(super) const fn said_its_last(evidence: &Evidence) -> &'static str {
    if evidence.exchange {
        "answered"
    } else {
        "said Bye"
    }
}

/// Whether every run had ended by its own word.
pub(super) fn all_ended(evidence: &Evidence) -> bool {
    evidence.runs.iter().all(|run| run.ended)
}

fn find(evidence: &Evidence) -> Finding {
    if let Some(what) = &evidence.spawn_error {
        let observation = format!("no process was started: {what}");
        return Finding::new(spawn_failed(what), Confidence::Proven, observation);
    }
    if let Some(reason) = &evidence.kill {
        return killed(evidence, reason);
    }
    match evidence.ending {
        None => {
            let observation = "how it ended is not known".to_owned();
            Finding::new(Cause::Unknown, Confidence::Unknown, observation)
        }
        Some(Ending::Exited(0)) => exited_zero(evidence),
        Some(Ending::Exited(code)) => exited(evidence, code),
        Some(Ending::Signaled(number)) => signaled(evidence, number),
    }
}

pub(super) fn spawn_failed(what: impl Into<String>) -> Cause {
    Cause::SpawnFailed { what: what.into() }
}

fn exited_zero(evidence: &Evidence) -> Finding {
    let observation = words(Ending::Exited(0));
    if !evidence.bye {
        let finding = Finding::new(Cause::ExitedEarly, Confidence::Proven, observation)
            .and(format!("it had not {}", said_its_last(evidence)));
        return with_notes(finding, evidence);
    }
    let cause = if all_ended(evidence) {
        Cause::Completed
    } else {
        let what = "said Bye although a run had not ended".to_owned();
        Cause::ProtocolViolation { what }
    };
    Finding::new(cause, Confidence::Proven, observation)
        .and(format!("it had {}", said_its_last(evidence)))
}

fn exited(evidence: &Evidence, code: i32) -> Finding {
    let observation = words(Ending::Exited(code));
    let known = ExitCode::from_code(code);
    let finding = if let Some(known) = known.filter(|known| could_not_begin(*known, evidence)) {
        let what = known.meaning();
        Finding::new(spawn_failed(what), Confidence::Inferred, observation)
            .and(format!("the code means: {what}"))
            .and(if evidence.exchange {
                "this machine or this build is at fault, and no account"
            } else {
                "no run had begun: this machine is at fault, and no account"
            })
    } else if let Some(known) = known {
        let meaning = known.meaning().to_owned();
        let says = format!("the code means: {meaning}");
        let cause = Cause::Failed { code, meaning };
        let finding = Finding::new(cause, Confidence::Proven, observation).and(says);
        with_notes(finding, evidence)
    } else if matches!(code, 126 | 127) && !evidence.hello {
        let what = format!("exit code {code} before Hello");
        Finding::new(spawn_failed(what), Confidence::Inferred, observation).and(
            "it had not said Hello; loaders exit like this when a library is missing or does not \
             fit into the limits",
        )
    } else if let Ok(Some(note)) = evidence.flight.as_ref().map(|flight| &flight.panic) {
        Finding::new(Cause::Panic, Confidence::Inferred, observation)
            .and(format!("the flight recorder has a panic: {}", note.text))
            .and("a panic should have aborted the process")
    } else {
        let finding = Finding::new(Cause::Unknown, Confidence::Inferred, observation)
            .and("the code is none of the documented ones");
        with_notes(finding, evidence)
    };
    if evidence.bye {
        finding.but(format!(
            "it had {}, after which it should have exited with code 0",
            said_its_last(evidence)
        ))
    } else {
        finding
    }
}

// What it needs of this machine was not there, and no run has done anything that would belie it.
fn could_not_begin(code: ExitCode, evidence: &Evidence) -> bool {
    let of_the_machine = matches!(
        code,
        ExitCode::AttemptDirectory | ExitCode::Confine | ExitCode::Setup
    );
    of_the_machine
        && !evidence.bye
        && evidence.flight.as_ref().is_ok_and(|flight| {
            let idle = |run: &RunStage| run.phase == Some(Phase::Idle);
            flight.panic.is_none() && flight.fault.is_none() && flight.runs.iter().all(idle)
        })
}

// A process that noted a panic or a fault should not have come to an exit of its own.
fn with_notes(finding: Finding, evidence: &Evidence) -> Finding {
    let Ok(flight) = &evidence.flight else {
        return finding;
    };
    let finding = match &flight.panic {
        Some(note) => finding.but(format!(
            "the flight recorder has a panic, which should have aborted the process: {}",
            note.text
        )),
        None => finding,
    };
    match &flight.fault {
        Some(fault) => {
            let words = in_words(fault);
            finding.but(format!(
                "the flight recorder has a fault, which should have ended the process: {words}"
            ))
        }
        None => finding,
    }
}

#[cfg(test)]
mod tests;
