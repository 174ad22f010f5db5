//! Every cause, with evidence that proves it, that only suggests it, and that contradicts it.

use crate::id::RunNo;

use super::super::sample::{LIMIT, MIB, evidence, exited, killed, signaled};
use super::*;
use crate::death::KillReason;

const PROVEN: Confidence = Confidence::Proven;
const INFERRED: Confidence = Confidence::Inferred;
const UNKNOWN: Confidence = Confidence::Unknown;

type Row = (Evidence, &'static str, Confidence, &'static str);

fn hold(rows: Vec<Row>) {
    for (evidence, name, confidence, why) in rows {
        let verdict = classify(&evidence);
        let got = (verdict.cause.name(), verdict.confidence);
        assert_eq!(got, (name, confidence), "{why}: {:#?}", verdict.evidence);
        assert!(!verdict.evidence.is_empty(), "{why}");
    }
}

fn without_ending() -> Evidence {
    Evidence {
        ending: None,
        raw_status: None,
        ..exited(0)
    }
}

#[test]
fn exits() {
    let spawn_error = Evidence {
        spawn_error: Some("no such file".to_owned()),
        ..without_ending().before_hello()
    };
    hold(vec![
        (spawn_error, "spawn_failed", PROVEN, "not started"),
        (without_ending(), "unknown", UNKNOWN, "no ending"),
        (exited(0).bye().all_ended(), "completed", PROVEN, "clean"),
        (
            exited(0).bye().ended(0),
            "protocol_violation",
            PROVEN,
            "Bye with an open run",
        ),
        (exited(0), "exited_early", PROVEN, "no Bye"),
        (
            exited(0).all_ended(),
            "exited_early",
            PROVEN,
            "no Bye, runs ended",
        ),
        (
            exited(0).before_hello(),
            "exited_early",
            PROVEN,
            "another program",
        ),
        (exited(70), "failed", PROVEN, "documented"),
        (
            exited(66).before_hello(),
            "failed",
            PROVEN,
            "documented, before Hello",
        ),
        (
            exited(70).bye().all_ended(),
            "failed",
            INFERRED,
            "after Bye",
        ),
        (exited(3), "unknown", INFERRED, "not documented"),
        (
            exited(101).panic(Some(0)),
            "panic",
            INFERRED,
            "a panic that did not abort",
        ),
        (exited(127), "unknown", INFERRED, "127 of its own"),
        (
            exited(127).before_hello(),
            "spawn_failed",
            INFERRED,
            "a library is missing",
        ),
    ]);
}

#[test]
fn every_documented_code_keeps_its_meaning() {
    for code in ExitCode::ALL.into_iter().filter(|code| code.code() != 0) {
        let verdict = classify(&exited(i32::from(code.code())));
        let expected = Cause::Failed {
            code: i32::from(code.code()),
            meaning: code.meaning().to_owned(),
        };
        assert_eq!((verdict.cause, verdict.confidence), (expected, PROVEN));
    }
}

#[test]
fn aborts() {
    let no_limits = Evidence {
        limits: None,
        ..signaled(6).failed_allocation(MIB, LIMIT, None)
    };
    let at_limit = |size, live| signaled(6).failed_allocation(size, live, None);
    hold(vec![
        (at_limit(MIB, LIMIT - MIB), "memory_limit", PROVEN, "full"),
        (
            at_limit(LIMIT, MIB),
            "memory_limit",
            PROVEN,
            "one huge request",
        ),
        (
            at_limit(u64::MAX, u64::MAX),
            "memory_limit",
            PROVEN,
            "claims do not overflow",
        ),
        (
            at_limit(0, LIMIT / 4 * 3),
            "memory_limit",
            PROVEN,
            "exactly 75 %",
        ),
        (
            at_limit(0, LIMIT / 4 * 3 - 1),
            "signal",
            INFERRED,
            "below 75 %",
        ),
        (no_limits, "memory_limit", INFERRED, "limit not read back"),
        (signaled(6).panic(Some(0)), "panic", PROVEN, "noted"),
        (
            at_limit(MIB, LIMIT).panic(None),
            "panic",
            INFERRED,
            "both notes",
        ),
    ]);
}

#[test]
fn aborts_with_only_standard_error_to_go_by() {
    let tail = |text: &str| signaled(6).stderr(text);
    hold(vec![
        (
            tail("thread 'main' panicked at x.rs"),
            "panic",
            INFERRED,
            "standard error only",
        ),
        (
            tail("memory allocation of 9 bytes failed"),
            "signal",
            INFERRED,
            "recorder says no",
        ),
        (
            tail("memory allocation of 9 bytes failed").no_flight(),
            "memory_limit",
            INFERRED,
            "no recorder",
        ),
        (
            tail("thread 'main' has overflowed its stack"),
            "signal",
            INFERRED,
            "stack",
        ),
        (signaled(6), "signal", INFERRED, "nothing else known"),
        (
            signaled(6).no_flight(),
            "signal",
            INFERRED,
            "nothing known at all",
        ),
    ]);
}

#[test]
fn other_signals() {
    let ours = Evidence {
        signals_sent: vec![9],
        ..signaled(9)
    };
    let mut rows = vec![
        (ours, "unknown", UNKNOWN, "ours without a reason"),
        (
            signaled(11).before_hello(),
            "spawn_failed",
            INFERRED,
            "in the loader",
        ),
        (
            signaled(9).failed_allocation(MIB, LIMIT, None),
            "killed_externally",
            INFERRED,
            "9",
        ),
    ];
    rows.extend([11, 7, 4, 8, 31, 24, 25, 10].map(|number| {
        (
            signaled(number),
            "signal",
            INFERRED,
            "its own, as far as we know",
        )
    }));
    rows.extend([9, 15, 2, 1].map(|number| {
        (
            signaled(number),
            "killed_externally",
            INFERRED,
            "not sent by us",
        )
    }));
    hold(rows);
    let names = [
        (24, "SIGXCPU", "1800 s"),
        (25, "SIGXFSZ", "314572800 bytes"),
    ];
    for (number, expected, limit) in names {
        let verdict = classify(&signaled(number));
        let Cause::Signal { name, .. } = &verdict.cause else {
            panic!("{verdict:?}");
        };
        assert_eq!(name, expected);
        assert!(verdict.evidence.iter().any(|line| line.contains(limit)));
    }
}

fn reasons() -> [(KillReason, &'static str); 10] {
    let what = || "what".to_owned();
    [
        (
            KillReason::Hung {
                run: RunNo(0),
                silent_ms: 60_000,
            },
            "hung",
        ),
        (KillReason::Deadline { run: RunNo(1) }, "deadline"),
        (KillReason::NeverReady { waited_ms: 5_000 }, "never_ready"),
        (
            KillReason::Violation {
                what: what(),
                run: None,
            },
            "protocol_violation",
        ),
        (KillReason::Lingering, "protocol_violation"),
        (KillReason::WrongBuild { what: what() }, "spawn_failed"),
        (KillReason::Limits { what: what() }, "spawn_failed"),
        (KillReason::Store { what: what() }, "cancelled"),
        (KillReason::Drained, "drained"),
        (KillReason::Cancelled, "cancelled"),
    ]
}

#[test]
fn our_reasons() {
    for (reason, name) in reasons() {
        let with = |ending| Evidence {
            ending,
            ..killed(reason.clone())
        };
        hold(vec![
            (
                killed(reason.clone()),
                name,
                PROVEN,
                "the signal that we sent",
            ),
            (with(None), name, INFERRED, "ending unknown"),
            (
                with(Some(Ending::Exited(70))),
                name,
                INFERRED,
                "exited by itself",
            ),
        ]);
        let other = classify(&with(Some(Ending::Signaled(11))));
        let about_output = name == "protocol_violation";
        let expected = if about_output { "signal" } else { name };
        assert_eq!(
            (other.cause.name(), other.confidence),
            (expected, INFERRED),
            "{reason:?}"
        );
        let text = other.evidence.join("\n");
        assert!(
            text.contains("SIGSEGV") && text.contains("we were ending it"),
            "{text}"
        );
    }
}

#[test]
fn a_clean_end_while_we_were_ending_it() {
    for (reason, name) in reasons() {
        let clean = Evidence {
            ending: Some(Ending::Exited(0)),
            ..killed(reason.clone())
        };
        let stands = matches!(
            reason,
            KillReason::Violation { .. }
                | KillReason::WrongBuild { .. }
                | KillReason::Limits { .. }
                | KillReason::NeverReady { .. }
        );
        let (finished, sure) = if stands {
            (name, INFERRED)
        } else {
            ("completed", PROVEN)
        };
        let polite = ["drained", "cancelled"].contains(&name);
        let asked = if polite { PROVEN } else { INFERRED };
        hold(vec![
            (
                clean.clone().bye().all_ended(),
                finished,
                sure,
                "every run ended",
            ),
            (
                clean.clone().bye().ended(0),
                name,
                asked,
                "Bye with an open run",
            ),
            (clean, name, INFERRED, "no Bye"),
        ]);
    }
}

#[test]
fn a_panic_in_the_middle_of_a_frame_is_a_panic() {
    let torn = KillReason::Violation {
        what: "stream ended within a frame".to_owned(),
        run: None,
    };
    let torn = Evidence {
        kill: Some(torn),
        signals_sent: vec![15],
        ..signaled(6).panic(Some(1))
    };
    hold(vec![(
        torn,
        "panic",
        PROVEN,
        "the torn frame is its consequence",
    )]);
}

#[test]
fn what_is_missing_is_said() {
    let verdict = classify(&evidence(Ending::Signaled(11)).no_flight());
    let last = verdict.evidence.last().map(String::as_str);
    assert_eq!(last, Some("the flight recorder could not be read: gone"));
    let verdict = classify(&signaled(11).polled(1));
    let last = verdict.evidence.last().map(String::as_str);
    assert_eq!(last, Some("run 1 (active_inventory) did it (proven)"));
}
