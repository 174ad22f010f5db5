//! Who did it: marked, alone, told by us, or nobody that can be named.

use super::super::classify;
use super::super::sample::{LIMIT, MIB, exited, killed, signaled};
use super::*;

const PROVEN: Confidence = Confidence::Proven;
const INFERRED: Confidence = Confidence::Inferred;

type Row = (Evidence, Option<(u8, Confidence)>, &'static str);

fn hold(rows: Vec<Row>) {
    for (evidence, expected, why) in rows {
        let verdict = classify(&evidence);
        let (run, confidence) = match expected {
            Some((run, confidence)) => (Some(RunNo(run)), confidence),
            None => (None, Confidence::Unknown),
        };
        let got = (verdict.culprit, verdict.culprit_confidence);
        assert_eq!(got, (run, confidence), "{why}: {:#?}", verdict.evidence);
    }
}

#[test]
fn the_mark_proves_what_happens_within_a_poll() {
    hold(vec![
        (signaled(11).polled(1), Some((1, PROVEN)), "signal"),
        (signaled(11), None, "signal outside a poll, two unfinished"),
        (
            signaled(11).ended(0),
            Some((1, INFERRED)),
            "signal, one unfinished",
        ),
        (
            signaled(11).ended(0).polled(1),
            Some((1, PROVEN)),
            "the mark agrees",
        ),
        (
            signaled(11).ended(0).polled(0),
            Some((1, INFERRED)),
            "a mark that has ended",
        ),
        (signaled(11).polled(9), None, "a mark out of range"),
        (signaled(11).no_flight(), None, "no recorder"),
        (signaled(11).all_ended(), None, "all had ended"),
        (signaled(24).polled(1), None, "CPU time is shared"),
        (
            signaled(25).polled(1).ended(0),
            Some((1, PROVEN)),
            "and alone it is not",
        ),
        (signaled(9).polled(1), None, "killed by someone"),
    ]);
}

#[test]
fn faults_note_their_run() {
    let fault = |run| signaled(11).fault(11, run);
    let overflow = |run| signaled(11).overflow(11, run);
    hold(vec![
        (fault(Some(1)).polled(1), Some((1, PROVEN)), "note and mark"),
        (fault(Some(1)), Some((1, PROVEN)), "note"),
        (fault(None).polled(0), Some((0, PROVEN)), "mark"),
        (
            fault(Some(1)).polled(0),
            Some((1, INFERRED)),
            "they disagree",
        ),
        (
            fault(Some(1)).ended(1).polled(0),
            Some((0, PROVEN)),
            "a note of a run that had ended",
        ),
        (fault(None), None, "outside a poll, two unfinished"),
        (
            fault(Some(1)).polled(1).fault_sent(),
            Some((1, INFERRED)),
            "what was sent may have come in anybody's poll",
        ),
        (
            overflow(Some(1)).polled(1),
            Some((1, PROVEN)),
            "stack overflow",
        ),
        (
            overflow(None).ended(1),
            Some((0, INFERRED)),
            "stack overflow, one unfinished",
        ),
        (signaled(6).polled(1), Some((1, PROVEN)), "abort"),
        (
            signaled(24).cpu(1_800_000).polled(1),
            None,
            "CPU limit, two unfinished",
        ),
        (
            signaled(9).machine_oom(1).polled(1).ended(0),
            None,
            "the machine's memory",
        ),
    ]);
}

#[test]
fn panics_note_their_run() {
    hold(vec![
        (
            signaled(6).panic(Some(0)).polled(0),
            Some((0, PROVEN)),
            "note and mark",
        ),
        (signaled(6).panic(Some(0)), Some((0, PROVEN)), "note"),
        (
            signaled(6).panic(Some(0)).polled(1),
            Some((0, INFERRED)),
            "they disagree",
        ),
        (signaled(6).panic(None).polled(1), Some((1, PROVEN)), "mark"),
        (signaled(6).panic(None), None, "outside a poll"),
        (
            signaled(6).panic(Some(0)).ended(0),
            Some((1, INFERRED)),
            "note that has ended",
        ),
    ]);
}

#[test]
fn memory_has_many_mothers() {
    let small = |run| signaled(6).failed_allocation(MIB, LIMIT, run);
    let large = |run| signaled(6).failed_allocation(LIMIT / 4, LIMIT, run);
    hold(vec![
        (small(Some(1)), None, "a small request among two"),
        (small(Some(1)).polled(1), None, "nor does the mark prove it"),
        (
            large(Some(1)),
            Some((1, PROVEN)),
            "a quarter of the limit at once",
        ),
        (large(None), None, "large, by nobody"),
        (
            small(Some(1)).ended(0),
            Some((1, PROVEN)),
            "alone and noted",
        ),
        (small(None).ended(0), Some((1, INFERRED)), "alone"),
        (
            small(Some(0)).ended(0),
            Some((1, INFERRED)),
            "alone, noted for an ended one",
        ),
    ]);
}

#[test]
fn our_reasons_name_a_run() {
    let hung = |run| {
        killed(KillReason::Hung {
            run: RunNo(run),
            silent_ms: 1,
        })
    };
    let late = |run| killed(KillReason::Deadline { run: RunNo(run) });
    let violation = |run: Option<u8>| {
        killed(KillReason::Violation {
            what: String::new(),
            run: run.map(RunNo),
        })
    };
    hold(vec![
        (hung(1), Some((1, INFERRED)), "stood still"),
        (
            hung(1).polled(1),
            Some((1, PROVEN)),
            "stood still in its poll",
        ),
        (hung(1).polled(0), None, "stuck or working, nobody knows"),
        (
            hung(1).ended(1),
            Some((0, INFERRED)),
            "it had ended meanwhile",
        ),
        (late(0), Some((0, PROVEN)), "late"),
        (
            late(0).polled(1),
            Some((0, PROVEN)),
            "late, whoever is polled",
        ),
        (
            late(0).ended(0),
            Some((1, INFERRED)),
            "it had ended meanwhile",
        ),
        (
            violation(Some(0)).polled(1),
            Some((0, PROVEN)),
            "it spoke of that run",
        ),
        (
            violation(Some(0)).ended(0),
            Some((0, PROVEN)),
            "even of one that had ended",
        ),
        (violation(Some(7)), None, "of a run that there is not"),
        (violation(None), None, "of none"),
        (
            violation(None).ended(0),
            Some((1, INFERRED)),
            "of none, one unfinished",
        ),
        (killed(KillReason::Drained), None, "drained"),
        (killed(KillReason::Cancelled).ended(0), None, "cancelled"),
    ]);
}

#[test]
fn exits_and_starts() {
    hold(vec![
        (exited(0), None, "early, two unfinished"),
        (
            exited(0).polled(0),
            Some((0, INFERRED)),
            "early, within a poll",
        ),
        (
            exited(0).ended(0),
            Some((1, INFERRED)),
            "early, one unfinished",
        ),
        (
            exited(71).polled(0),
            None,
            "a code of its own comes from outside the polls",
        ),
        (
            exited(71).ended(0),
            Some((1, INFERRED)),
            "a code, one unfinished",
        ),
        (
            exited(71).ended(0).before_hello(),
            None,
            "nobody before Hello",
        ),
        (
            signaled(4).ended(0).before_hello(),
            None,
            "nobody before Hello",
        ),
        (exited(0).bye().all_ended(), None, "completed"),
    ]);
}
