//! A report holds what is known, and its file is whole and private.

use shared::id::AttemptId;
use shared::worker::Worker;

use shared::death::{Ending, Limits, MemorySlot, Outside, RunFact, classify, fingerprint};
use shared::flight::{FailedAllocation, RecordingStopped, initial, read};
use shared::sandbox::Layer;

use super::*;
use crate::outcome::{Cause, Confidence, DecisionKind, Reproduction};

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
        raw_status: Some(6),
        kill: None,
        signals_sent: Vec::new(),
        hello: true,
        bye: false,
        exchange: false,
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
        outside: Outside {
            cpu_ms: Some(70),
            ..Outside::default()
        },
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
    flight.sandbox = vec![Layer::NoNewPrivs];
    flight.recorded = 4096;
    flight.fault = Some(Fault {
        signal: 11,
        code: 1,
        address: 0x10,
        stack: None,
        run: Some(RunNo(1)),
    });
    let run = &mut flight.runs[1];
    run.phase = Some(Phase::Parsing);
    run.byte = 77;
    "GET /report".clone_into(&mut run.last_request);
    "v1|77|0".clone_into(&mut run.key);
    let verdict = classify(&evidence);
    assemble(&ReportInput {
        id: CrashId::Run {
            attempt: AttemptId(17),
            worker: Worker::ActiveInventory,
        },
        of: Of::Run {
            worker: Worker::ActiveInventory,
            run: RunNo(1),
            outcome: &Outcome::Died(verdict.cause.clone()),
        },
        at: Timestamp(5),
        account_id: Some(AccountId(3)),
        account: Some("blue"),
        host: "host",
        pid: Some(4242),
        child_build: Some(BUILD),
        crashes: Path::new("/state/crashes"),
        worker_child: Path::new("/bin/worker-child"),
        died_at: Some(Timestamp(4)),
        evidence: &evidence,
        verdict: &verdict,
        peak_resident: Some(LIMIT + MIB),
        peak_cgroup: Some(LIMIT + 2 * MIB),
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
    assert_eq!(report.verdict.culprit_confidence, Confidence::Proven);
    assert_eq!(report.runs, [Worker::Orders, Worker::ActiveInventory]);
    assert_eq!(report.child_build.as_deref(), Some(BUILD));
    assert_eq!(report.raw_status, Some(6));
    assert_eq!(report.sandbox, Some(vec![Layer::NoNewPrivs]));
    let fault = report.fault.unwrap();
    assert_eq!(
        (fault.name.as_str(), fault.code, fault.address),
        ("SIGSEGV", 1, 16)
    );
    let recording = report.recording.unwrap();
    assert_eq!((recording.bytes, recording.stopped), (4096, None));
    let command = "/bin/worker-child replay /state/crashes/17-active_inventory";
    assert_eq!(
        report.reproduce,
        Some(Reproduction::Command(command.to_owned()))
    );
    assert_eq!(report.failed_allocation, Some(MIB));
    assert_eq!(report.peak_heap, Some(LIMIT));
    assert_eq!(report.peak_resident, Some(LIMIT + MIB));
    assert_eq!(report.peak_cgroup, Some(LIMIT + 2 * MIB));
    assert_eq!((report.raw_status, report.cpu_ms), (Some(6), Some(70)));
    assert_eq!(
        (report.died_at, report.at),
        (Some(Timestamp(4)), Timestamp(5))
    );
    let stage = report.stage.unwrap();
    assert_eq!((stage.phase.as_str(), stage.byte), ("parsing", 77));
    assert_eq!(stage.last_request, "GET /report");
    assert_eq!(stage.key, "v1|77|0");
    assert_eq!(stage.slice, None);
    let expected = fingerprint(Worker::ActiveInventory, "memory_limit", "parsing", "");
    assert_eq!(report.fingerprint, expected);
}

type Change = fn(&mut CrashReport);

#[test]
fn what_no_replay_brings_about_says_why() {
    let with = |change: Change| {
        let mut report = report();
        change(&mut report);
        match reproduction(&report, Path::new("/c/1-orders"), Path::new("/w")) {
            Reproduction::Command(command) => command,
            Reproduction::Impossible(why) => why,
        }
    };
    let command = "/w replay /c/1-orders";
    let cases: [(Change, &str); 8] = [
        (|_| {}, command),
        (
            |report| report.recording = None,
            "not known what was recorded",
        ),
        (
            |report| report.recording.as_mut().unwrap().bytes = 0,
            "nothing was recorded",
        ),
        (
            |report| report.recording.as_mut().unwrap().stopped = Some(RecordingStopped::Cap),
            "incomplete: its cap was reached after 4096 bytes",
        ),
        (
            |report| report.recording.as_mut().unwrap().stopped = Some(RecordingStopped::Write),
            "incomplete: it could not be written",
        ),
        (
            |report| report.verdict.cause = Cause::KernelOom,
            "no more memory",
        ),
        (
            |report| report.verdict.cause = Cause::Deadline,
            "time ran out",
        ),
        // A failure that it told before it was killed is in the recording.
        (
            |report| {
                report.verdict.cause = Cause::Deadline;
                report.failure = Some(Failure::Bug {
                    what: String::new(),
                });
            },
            command,
        ),
    ];
    for (change, expected) in cases {
        let got = with(change);
        assert!(got.contains(expected), "{expected}: {got}");
    }
}

#[test]
fn a_report_of_before_still_reads() {
    let text = include_str!("../../../tests/fixtures/report_1.json");
    let report: CrashReport = serde_json::from_str(text).unwrap();
    assert_eq!(report.id.to_string(), "10-active_inventory");
    assert_eq!(report.verdict.cause, Cause::MemoryLimit);
    assert_eq!(report.stage.unwrap().key, "");
    assert_eq!((report.sandbox, report.reproduce), (None, None));
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
