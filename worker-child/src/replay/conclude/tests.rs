//! Every way in which a replay can end, held against every kind of report.

use shared::death::{Confidence, MemorySlot};
use shared::failure::{Failure, Place};
use shared::id::RunNo;

use super::*;

fn verdict(cause: Cause) -> Verdict {
    Verdict {
        cause,
        confidence: Confidence::Proven,
        evidence: Vec::new(),
        culprit: Some(RunNo(0)),
        culprit_confidence: Confidence::Proven,
    }
}

fn report(cause: Cause, failure: Option<Failure>) -> Report {
    Report {
        id: "17-orders".to_owned(),
        worker: Worker::Orders,
        build: "b".to_owned(),
        verdict: verdict(cause),
        failure,
        limits: None,
        slot: MemorySlot::Normal,
        fingerprint: "f".to_owned(),
    }
}

fn replayed(cause: Cause, outcome: Outcome, fingerprint: &str) -> Replayed {
    Replayed {
        worker: Worker::Orders,
        verdict: verdict(cause),
        outcome,
        fingerprint: fingerprint.to_owned(),
        entries: 8,
        of: 9,
        limits: None,
        stderr: String::new(),
    }
}

fn bad(what: &str) -> Failure {
    Failure::BadData {
        what: what.to_owned(),
        place: Place::default(),
    }
}

fn signal(number: i32, name: &str) -> Cause {
    Cause::Signal {
        number,
        name: name.to_owned(),
    }
}

fn shown(conclusion: &Conclusion) -> String {
    match conclusion {
        Conclusion::Same(_) => "same".to_owned(),
        Conclusion::Differs { differences, .. } => differences.join("; "),
        Conclusion::NotReproducible { why, .. } => format!("not: {why}"),
    }
}

fn died(cause: Cause, fingerprint: &str) -> Replayed {
    replayed(cause.clone(), Outcome::Died(cause), fingerprint)
}

#[test]
fn deaths() {
    let segv = || signal(11, "SIGSEGV");
    let interrupted = replayed(Cause::Panic, Outcome::Interrupted, "f");
    #[rustfmt::skip]
    let cases = [
        (Cause::Panic, died(Cause::Panic, "f"), "same"),
        (Cause::MemoryLimit, died(Cause::MemoryLimit, "f"), "same"),
        (Cause::Hung, died(Cause::Hung, "f"), "same"),
        (segv(), died(segv(), "f"), "same"),
        (segv(), died(signal(6, "SIGABRT"), "f"), "the cause is signal (SIGABRT), and was segv (SIGSEGV)"),
        (Cause::Panic, died(Cause::Panic, "g"), "the fingerprint is g, and was f: it died at another place"),
        (Cause::Panic, replayed(Cause::Completed, Outcome::Completed, "f"), "the cause is completed, and was panic"),
        (Cause::Panic, died(Cause::Hung, "f"), "the cause is hung, and was panic"),
        (Cause::Panic, interrupted, "orders was interrupted, and had died of it"),
        (Cause::Panic, Replayed { worker: Worker::Offers, ..died(Cause::Panic, "f") },
            "offers alone ended like this, and the report is about orders"),
    ];
    for (cause, replayed, expected) in cases {
        let conclusion = conclude(&report(cause, None), None, replayed);
        assert_eq!(shown(&conclusion), expected);
    }
}

#[test]
fn failures() {
    let failed =
        |what: &str, print: &str| replayed(Cause::Completed, Outcome::Failed(bad(what)), print);
    let completed = replayed(Cause::Completed, Outcome::Completed, "f");
    #[rustfmt::skip]
    let cases = [
        (failed("no total", "f"), "same"),
        (failed("no orders", "g"), "orders failed with \"bad_data: no orders\", and had failed with \"bad_data: no total\""),
        (completed, "orders completed, and had failed with \"bad_data: no total\""),
        (died(Cause::Panic, "f"), "orders died of panic, and had failed with \"bad_data: no total\""),
    ];
    for (replayed, expected) in cases {
        let report = report(Cause::Completed, Some(bad("no total")));
        assert_eq!(shown(&conclude(&report, None, replayed)), expected);
    }
}

#[test]
fn causes_that_do_not_come_again() {
    let spawn_failed = Cause::SpawnFailed {
        what: "x".to_owned(),
    };
    let causes = [
        Cause::Deadline,
        Cause::KilledExternally,
        Cause::KernelOom,
        Cause::Cancelled,
        Cause::Drained,
        Cause::NeverReady,
        spawn_failed,
    ];
    for cause in causes {
        let name = cause.name();
        let conclusion = conclude(&report(cause.clone(), None), None, died(cause, "f"));
        let shown = shown(&conclusion);
        assert!(shown.starts_with(&format!("not: {name}: ")), "{shown}");
        assert!(shown.ends_with("played 8 of 9 entries"), "{shown}");
    }
}

#[test]
fn a_replay_that_went_astray_shows_nothing() {
    let left = Astray::Diverged("after entry 3: x".to_owned());
    let cases = [
        (left, "the replay left the recording after entry 3: x"),
        (
            Astray::Stuck,
            "the replay stood still after 8 of 9 entries, where the recording goes on",
        ),
    ];
    for (astray, expected) in cases {
        let same = died(Cause::Panic, "f");
        let conclusion = conclude(&report(Cause::Panic, None), Some(&astray), same);
        assert_eq!(shown(&conclusion), expected);
    }
}

#[test]
fn a_suspect_is_the_same_where_nobody_is_named_either_time() {
    let nobody = |mut replayed: Replayed| {
        replayed.verdict.culprit = None;
        replayed
    };
    let mut suspected = report(Cause::MemoryLimit, None);
    suspected.verdict.culprit = None;
    let named = report(Cause::MemoryLimit, None);
    let interrupted = || replayed(Cause::MemoryLimit, Outcome::Interrupted, "f");
    let same = |report: &Report, replayed: Replayed| {
        matches!(conclude(report, None, replayed), Conclusion::Same(_))
    };
    assert!(same(&suspected, nobody(interrupted())));
    assert!(!same(&suspected, interrupted()), "another is named now");
    assert!(!same(&named, nobody(interrupted())), "it was named then");
}
