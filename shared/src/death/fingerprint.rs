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
    let panic = flight.and_then(|flight| flight.panic.as_ref());
    let (kind, text) = match (outcome, &verdict.cause) {
        (Outcome::Failed(failure), _) => (failure.name(), failure.what()),
        (_, Cause::Panic) => ("panic", panic.map_or("", |note| note.text.as_str())),
        (_, Cause::Signal { name, .. }) => ("signal", name.as_str()),
        (_, Cause::Failed { meaning, .. }) => ("failed", meaning.as_str()),
        (_, Cause::ProtocolViolation { what }) => ("protocol_violation", what.as_str()),
        (_, Cause::SpawnFailed { what }) => ("spawn_failed", what.as_str()),
        (_, cause) => (cause.name(), ""),
    };
    fingerprint(worker, kind, phase, text)
}

/// 16 hex digits over the worker, the kind of death or failure, the phase, and the text of a panic
/// or failure: of a panic only where it began, of both without digits, so that a number of an
/// item or a line makes no new group.
pub fn fingerprint(worker: Worker, kind: &str, phase: &str, text: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [worker.name(), kind, phase, &normalised(text)] {
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
