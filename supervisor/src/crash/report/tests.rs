//! A report holds what is known, and its file is whole and private.

use shared::id::AttemptId;
use shared::worker::Worker;

use shared::death::{Ending, Limits, MemorySlot, RunFact, classify, fingerprint};
use shared::flight::{FailedAllocation, initial, read};

use super::*;
use crate::outcome::{Cause, DecisionKind};

const MIB: u64 = 1 << 20;
const LIMIT: u64 = 128 * MIB;

/// Aborted for want of memory; the first of its two runs had ended.
fn evidence() -> Evidence {
    let workers = [Worker::Orders, Worker::ActiveInventory];
    let mut flight = read(&initial(&workers)).unwrap();
    flight.failed_allocation = Some(FailedAllocation {
        size: MIB,
        live: LIMIT,
        limit: LIMIT,
        run: Some(RunNo(1)),
    });
    let run = |(worker, ended)| RunFact { worker, ended };
    Evidence {
        spawn_error: None,
        ending: Some(Ending::Signaled(6)),
        kill: None,
        signals_sent: Vec::new(),
        hello: true,
        bye: false,
        flight: Ok(flight),
        limits: Some(Limits {
            memory: LIMIT,
            address_space: 4096 * MIB,
            cpu_seconds: 1800,
            open_files: 256,
            file_size: 300 * MIB,
            core: 0,
        }),
        cgroup_oom_kills: None,
        slot: MemorySlot::Normal,
        stderr_tail: String::new(),
        runs: workers.into_iter().zip([true, false]).map(run).collect(),
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn report() -> CrashReport {
    let mut evidence = evidence();
    let flight = evidence.flight.as_mut().unwrap();
    flight.heap_peak = LIMIT;
    let run = &mut flight.runs[1];
    run.phase = Some(Phase::Parsing);
    run.byte = 77;
    "GET /report".clone_into(&mut run.last_request);
    let verdict = classify(&evidence);
    assemble(&ReportInput {
        id: CrashId {
            attempt: AttemptId(17),
            worker: Worker::ActiveInventory,
        },
        run: RunNo(1),
        at: Timestamp(5),
        account_id: AccountId(3),
        account: "blue",
        host: "host",
        pid: Some(4242),
        evidence: &evidence,
        verdict: &verdict,
        outcome: &Outcome::Died(verdict.cause.clone()),
        peak_resident: Some(LIMIT + MIB),
        cursor: None,
        stderr: &StderrText::default(),
        decision: &Decision {
            kind: DecisionKind::BigSlot,
            due_at: Timestamp(5),
            charged: false,
            why: "why".to_owned(),
        },
    })
}

#[test]
fn a_report_holds_what_is_known() {
    let report = report();
    assert_eq!(report.verdict.cause, Cause::MemoryLimit);
    assert_eq!(report.failed_allocation, Some(MIB));
    assert_eq!(report.peak_heap, Some(LIMIT));
    let stage = report.stage.unwrap();
    assert_eq!((stage.phase.as_str(), stage.byte), ("parsing", 77));
    assert_eq!(stage.last_request, "GET /report");
    assert_eq!(stage.slice, None);
    let expected = fingerprint(Worker::ActiveInventory, "memory_limit", "parsing", "");
    assert_eq!(report.fingerprint, expected);
}

#[test]
fn the_file_is_whole_private_and_replaced_in_one_step() {
    let dir = tempfile::tempdir().unwrap();
    let crashes = dir.path().join("crashes");
    let mut report = report();
    let path = write(&crashes, &report).unwrap();
    assert_eq!(path, crashes.join("17-active_inventory/report.json"));
    report.host = "another".to_owned();
    // A draft that a death left behind, readable by all, is in nobody's way.
    let home = path.parent().unwrap();
    let draft = home.join("report.json.part");
    std::fs::write(&draft, "half").unwrap();
    std::fs::set_permissions(&draft, Permissions::from_mode(0o644)).unwrap();
    std::fs::set_permissions(home, Permissions::from_mode(0o755)).unwrap();
    assert_eq!(write(&crashes, &report).unwrap(), path);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(serde_json::from_str::<CrashReport>(&text).unwrap(), report);
    assert_eq!(
        (mode(&path), mode(home), mode(&crashes)),
        (0o600, 0o700, 0o700)
    );
    assert!(!draft.exists());
}

#[test]
fn an_error_says_where_and_what() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("crashes");
    std::fs::write(&file, "a file").unwrap();
    let error = write(&file, &report()).unwrap_err().to_string();
    assert!(
        error.contains("failed at creating the directory"),
        "{error}"
    );
}
