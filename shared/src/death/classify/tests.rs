//! Every cause, with evidence that proves it, that only suggests it, and that contradicts it.

use crate::flight;
use crate::id::RunNo;

use super::super::sample::{INFERRED, PROVEN, UNKNOWN, evidence, exited, hold, killed, signaled};
use super::*;
use crate::death::KillReason;

fn without_ending() -> Evidence {
    Evidence {
        ending: None,
        raw_status: None,
        ..exited(0)
    }
}

fn begun(mut evidence: Evidence) -> Evidence {
    evidence.flight_mut().runs[1].phase = Some(Phase::Parsing);
    evidence
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
        (exited(71), "failed", PROVEN, "documented"),
        (
            exited(66).before_hello(),
            "spawn_failed",
            INFERRED,
            "the machine, before Hello",
        ),
        (exited(66), "spawn_failed", INFERRED, "no sandbox"),
        (exited(70), "spawn_failed", INFERRED, "no certificates"),
        (begun(exited(70)), "failed", PROVEN, "a run had begun"),
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
fn exits_with_other_notes() {
    hold(vec![
        (
            exited(101).panic(Some(0)).bye(),
            "panic",
            UNKNOWN,
            "and Bye before it",
        ),
        (
            exited(0).panic(Some(0)),
            "exited_early",
            INFERRED,
            "a panic was noted",
        ),
        (
            exited(0).fault(11, Some(0)),
            "exited_early",
            INFERRED,
            "a fault was noted",
        ),
        (
            exited(70).fault(11, Some(0)),
            "failed",
            INFERRED,
            "documented, and a fault",
        ),
        (
            exited(3).panic(None).fault(7, None),
            "panic",
            INFERRED,
            "a panic explains any code",
        ),
        (
            exited(3).fault(7, None),
            "unknown",
            UNKNOWN,
            "a fault explains none",
        ),
        (
            exited(0).bye().all_ended().fault(11, None),
            "completed",
            PROVEN,
            "what is committed is committed",
        ),
    ]);
}

#[test]
fn every_documented_code_keeps_its_meaning() {
    for code in ExitCode::ALL.into_iter().filter(|code| code.code() != 0) {
        let verdict = classify(&begun(exited(i32::from(code.code()))));
        let expected = Cause::Failed {
            code: i32::from(code.code()),
            meaning: code.meaning().to_owned(),
        };
        assert_eq!((verdict.cause, verdict.confidence), (expected, PROVEN));
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
        let expected = if about_output { "segv" } else { name };
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

#[test]
fn a_token_child_is_judged_by_its_answer() {
    let token_child = |evidence: Evidence| Evidence {
        exchange: true,
        runs: Vec::new(),
        flight: Ok(flight::read(&flight::initial(&[])).unwrap()),
        ..evidence
    };
    let unanswered = KillReason::Unanswered { waited_ms: 15_000 };
    let cases = [
        (exited(0).bye(), "completed", "it had answered"),
        (exited(0), "exited_early", "it had not answered"),
        (killed(unanswered), "hung", "no answer came within 15000 ms"),
        (
            killed(KillReason::Lingering).bye(),
            "protocol_violation",
            "it answered and did not exit",
        ),
        (signaled(11), "segv", "SIGSEGV"),
    ];
    for (evidence, cause, words) in cases {
        let verdict = classify(&token_child(evidence));
        assert_eq!(verdict.cause.name(), cause, "{:?}", verdict.evidence);
        assert_eq!(verdict.culprit, None, "nobody ran in it");
        let text = verdict.evidence.join("\n");
        assert!(text.contains(words), "{words}: {text}");
        assert!(!text.contains("Bye"), "{text}");
    }
}
