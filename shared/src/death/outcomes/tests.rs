//! What a run said stays, the culprit dies, the others go free.

use crate::failure::Failure;
use crate::time::Timestamp;

use super::super::classify;
use super::super::sample::{LIMIT, MIB, exited, killed, signaled};
use super::*;

const DONE: Outcome = Outcome::Completed;

fn names(evidence: &Evidence, said: &[Option<Outcome>]) -> ([&'static str; 2], bool) {
    let result = outcomes(evidence, &classify(evidence), said);
    assert_eq!(result.runs.len(), 2);
    (
        [result.runs[0].name(), result.runs[1].name()],
        result.suspects,
    )
}

const INTERRUPTED: [&str; 2] = ["interrupted"; 2];

#[test]
fn ends_of_two_runs_of_which_none_had_ended() {
    let store = KillReason::Store {
        what: String::new(),
    };
    let late = KillReason::Deadline { run: RunNo(1) };
    let build = KillReason::WrongBuild {
        what: String::new(),
    };
    let cases = [
        (
            signaled(11).polled(0),
            ["died", "interrupted"],
            false,
            "culprit",
        ),
        (killed(late), ["interrupted", "died"], false, "late"),
        (signaled(11), INTERRUPTED, true, "no culprit"),
        (
            signaled(6).failed_allocation(MIB, LIMIT, Some(0)),
            INTERRUPTED,
            true,
            "memory of two",
        ),
        (exited(0), INTERRUPTED, true, "early"),
        (
            killed(KillReason::Drained),
            ["drained", "drained"],
            false,
            "drained",
        ),
        (
            killed(KillReason::Cancelled),
            ["cancelled", "cancelled"],
            false,
            "cancelled",
        ),
        (killed(store), INTERRUPTED, false, "store"),
        (killed(build), ["died", "died"], false, "another build"),
    ];
    for (evidence, expected, suspects, why) in cases {
        assert_eq!(
            names(&evidence, &[None, None]),
            (expected, suspects),
            "{why}"
        );
    }
}

#[test]
fn own_words_stay() {
    let failed = Outcome::Failed(Failure::Bug {
        what: String::new(),
    });
    let snoozed = Outcome::Snoozed {
        until: Timestamp(5),
    };
    let clean = exited(0).bye().all_ended();
    let said = [Some(failed), Some(snoozed)];
    assert_eq!(names(&clean, &said), (["failed", "snoozed"], false));
    let said = || [Some(DONE), None];
    assert_eq!(
        names(&signaled(11).ended(0), &said()),
        (["completed", "died"], false)
    );
    let drained = killed(KillReason::Drained).ended(0);
    assert_eq!(names(&drained, &said()), (["completed", "drained"], false));
    let late = signaled(11).all_ended();
    assert_eq!(
        names(&late, &[Some(DONE), Some(DONE)]),
        (["completed", "completed"], false)
    );
}

#[test]
fn a_run_that_breaks_the_protocol_after_its_end_dies_all_the_same() {
    let violation = killed(KillReason::Violation {
        what: "Batch for run 0, which has ended".to_owned(),
        run: Some(RunNo(0)),
    });
    let expected = (["died", "interrupted"], false);
    assert_eq!(names(&violation.ended(0), &[Some(DONE), None]), expected);
}

#[test]
fn deaths_that_are_nobodys_are_everybodys() {
    let cases = [
        (signaled(9), ["died", "died"], false, "killed by someone"),
        (
            signaled(4).before_hello(),
            ["died", "died"],
            false,
            "before Hello",
        ),
        (
            exited(66).before_hello(),
            ["died", "died"],
            false,
            "before Hello",
        ),
    ];
    for (evidence, expected, suspects, why) in cases {
        assert_eq!(
            names(&evidence, &[None, None]),
            (expected, suspects),
            "{why}"
        );
    }
}
