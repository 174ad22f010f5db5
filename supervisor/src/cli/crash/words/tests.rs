//! A report as a person reads it.

use shared::sandbox::Layer;

use super::*;
use crate::cli::crash::show::Seen;
use crate::outcome::FaultReport;

fn answer() -> CrashAnswer {
    let text = include_str!("../../../../tests/fixtures/report_1.json");
    CrashAnswer {
        report: serde_json::from_str(text).unwrap(),
        seen: Seen {
            count: 3,
            accounts: 1,
            first: Some("2026-01-01T00:00:00.000Z".to_owned()),
        },
        files: Some("/state/crashes/10-active_inventory".into()),
    }
}

fn told(change: fn(&mut CrashReport)) -> String {
    let mut answer = answer();
    change(&mut answer.report);
    words(&answer, Timestamp(0))
}

#[test]
fn a_person_reads_what_is_known() {
    type Change = fn(&mut CrashReport);
    let cases: [(Change, &str); 13] = [
        (|_| {}, "cause      memory_limit (proven)\n"),
        (|_| {}, "           the limit was 33554432 bytes\n"),
        (|_| {}, "seen       3 times on 1 account since"),
        (
            |_| {},
            "limits     memory 32MiB (big slot), address space 4GiB, CPU 30m,",
        ),
        (|_| {}, ", of 32.0 MiB; failed allocation"),
        (
            |report| report.peak_cgroup = Some(40 << 20),
            ", of 32.0 MiB; peak of its cgroup, pages of files included, 40.0 MiB; failed allocation",
        ),
        (
            |report| report.raw_status = Some(6),
            "SIGABRT (6), wait status 0x0006\n",
        ),
        (
            |report| report.runs = report.worker.into_iter().collect(),
            "culprit    this run (proven)\n",
        ),
        (
            |report| report.child_build = Some("other".to_owned()),
            ", child other\n",
        ),
        (
            |report| report.sandbox = Some(vec![Layer::Seccomp]),
            "sandbox    seccomp; not: no_new_privs, not_dumpable,",
        ),
        (
            |report| {
                report.fault = Some(FaultReport {
                    signal: 11,
                    name: "SIGSEGV".to_owned(),
                    code: 1,
                    address: 16,
                });
            },
            "fault      SIGSEGV, code 1, at address 0x10\n",
        ),
        (
            |report| report.decision.kind = DecisionKind::Quarantine,
            "bulkhead quarantine release pill active_inventory\n",
        ),
        (
            |report| {
                report.reproduce = Some(Reproduction::Command("/w replay /d".to_owned()));
            },
            "reproduce  /w replay /d\n",
        ),
    ];
    for (change, expected) in cases {
        let text = told(change);
        assert!(text.contains(expected), "{expected}: {text}");
    }
}
