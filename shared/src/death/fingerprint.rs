//! A short name for equal deaths, so that they can be counted across accounts and builds.

use crate::death::{Cause, Evidence, Outcome, Verdict};
use crate::flight::Phase;
use crate::id::RunNo;
use crate::worker::Worker;

/// Only so many characters of the text count.
const TEXT: usize = 200;

/// The fingerprint of the end of one run: of its own failure, or of the death of the process.
pub fn fingerprint_of(
    worker: Worker,
    run: RunNo,
    evidence: &Evidence,
    verdict: &Verdict,
    outcome: &Outcome,
) -> String {
    let flight = evidence.flight.as_ref().ok();
    let stage = flight.and_then(|flight| flight.runs.get(run.index()));
    let phase = stage.map_or("", |stage| stage.phase.map_or("unknown", Phase::name));
    let (kind, text) = match outcome {
        Outcome::Failed(failure) => (failure.name(), failure.what()),
        Outcome::Completed
        | Outcome::Snoozed { .. }
        | Outcome::Died(_)
        | Outcome::Interrupted
        | Outcome::Cancelled
        | Outcome::Drained => of_death(evidence, verdict),
    };
    fingerprint(worker, kind, phase, text)
}

/// The fingerprint of the death of a token child, whose question is called `exchange`.
pub fn fingerprint_of_exchange(exchange: &str, evidence: &Evidence, verdict: &Verdict) -> String {
    let (kind, text) = of_death(evidence, verdict);
    // No worker has a name with a space.
    of_parts(&format!("token {exchange}"), kind, "", text)
}

fn of_death<'a>(evidence: &'a Evidence, verdict: &'a Verdict) -> (&'static str, &'a str) {
    let flight = evidence.flight.as_ref().ok();
    let panic = flight.and_then(|flight| flight.panic.as_ref());
    match &verdict.cause {
        Cause::Panic => ("panic", panic.map_or("", |note| note.text.as_str())),
        Cause::Signal { name, .. } => ("signal", name.as_str()),
        Cause::Failed { meaning, .. } => ("failed", meaning.as_str()),
        Cause::ProtocolViolation { what } => ("protocol_violation", what.as_str()),
        Cause::SpawnFailed { what } => ("spawn_failed", what.as_str()),
        cause @ (Cause::Completed
        | Cause::MemoryLimit
        | Cause::KernelOom
        | Cause::StackOverflow
        | Cause::Abort
        | Cause::CpuLimit
        | Cause::Hung
        | Cause::Deadline
        | Cause::NeverReady
        | Cause::Cancelled
        | Cause::Drained
        | Cause::KilledExternally
        | Cause::ExitedEarly
        | Cause::Unknown) => (cause.name(), ""),
    }
}

/// 16 hex digits over the worker, the kind of death or failure, the phase, and the text of a panic
/// or failure: of a panic only where it began, of both without digits, so that a number of an
/// item or a line makes no new group.
pub fn fingerprint(worker: Worker, kind: &str, phase: &str, text: &str) -> String {
    of_parts(worker.name(), kind, phase, text)
}

fn of_parts(subject: &str, kind: &str, phase: &str, text: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [subject, kind, phase, &normalised(text)] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex().chars().take(16).collect()
}

fn normalised(text: &str) -> String {
    let place = text
        .split_whitespace()
        .rev()
        .find(|word| word.contains(".rs:"));
    let first_line = text.lines().next().unwrap_or("");
    place
        .unwrap_or(first_line)
        .chars()
        .filter(|c| !c.is_ascii_digit())
        .take(TEXT)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_deaths_have_equal_fingerprints() {
        let print = |text| fingerprint(Worker::Orders, "panic", "parsing", text);
        let known = print("index 17 out of bounds, at src/parse/xml.rs:44:9");
        assert_eq!(known.len(), 16);
        assert!(known.chars().all(|c| c.is_ascii_hexdigit()));
        assert_eq!(
            known,
            print("index 3 out of bounds, at src/parse/xml.rs:101:13")
        );
        assert_eq!(known, print("no such item, at src/parse/xml.rs:1:1"));
        assert_ne!(
            known,
            print("index 17 out of bounds, at src/parse/json.rs:44:9")
        );
        assert_eq!(print("total 7 of 9\nmore"), print("total 100 of 200"));
        assert_ne!(print("total 7 of 9"), print("page 7 of 9"));
    }

    #[test]
    fn every_part_counts_and_borders_do_not_move() {
        let base = fingerprint(Worker::Orders, "hung", "parsing", "x");
        for other in [
            fingerprint(Worker::ActiveInventory, "hung", "parsing", "x"),
            fingerprint(Worker::Orders, "panic", "parsing", "x"),
            fingerprint(Worker::Orders, "hung", "sending", "x"),
            fingerprint(Worker::Orders, "hung", "parsing", "y"),
            fingerprint(Worker::Orders, "hungp", "arsing", "x"),
        ] {
            assert_ne!(base, other);
        }
    }
}
