//! The crash report: put together from what is known, and written as one file.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use shared::build::BUILD;
use shared::death::{fingerprint_of, fingerprint_of_exchange, signal_name};
use shared::failure::Failure;
use shared::flight::{Fault, Flight, Phase, RunStage};
use shared::id::{AccountId, RunNo};
use shared::time::Timestamp;
use shared::worker::Worker;

use crate::outcome::{
    CrashId, CrashReport, Decision, Evidence, ExchangeReport, FaultReport, Outcome,
    RecordingReport, RunStageReport, StderrText, Verdict,
};

use super::reproduce::reproduction;

/// What a report is put together from.
#[derive(Debug, Clone, Copy)]
pub struct ReportInput<'a> {
    /// What it is called.
    pub id: CrashId,
    /// What ended.
    pub of: Of<'a>,
    /// When it is written.
    pub at: Timestamp,
    /// Whose account.
    pub account_id: Option<AccountId>,
    /// The account's name.
    pub account: Option<&'a str>,
    /// Name of the host.
    pub host: &'a str,
    /// Process id of the child, if it was started.
    pub pid: Option<u32>,
    /// Build of the child by its own word.
    pub child_build: Option<&'a str>,
    /// Where crash reports have their directories.
    pub crashes: &'a Path,
    /// The child's program.
    pub worker_child: &'a Path,
    /// When the end of the child was seen, if it was started.
    pub died_at: Option<Timestamp>,
    /// What is known about the end.
    pub evidence: &'a Evidence,
    /// What was concluded from it.
    pub verdict: &'a Verdict,
    /// Highest resident memory seen from outside, in bytes.
    pub peak_resident: Option<u64>,
    /// Highest memory that the kernel counted for its cgroup, in bytes.
    pub peak_cgroup: Option<u64>,
    /// The run's cursor.
    pub cursor: Option<Timestamp>,
    /// Standard error of the process.
    pub stderr: &'a StderrText,
    /// What was decided.
    pub decision: &'a Decision,
}

/// What a report is about.
#[derive(Debug, Clone, Copy)]
pub enum Of<'a> {
    /// One run of an attempt.
    Run {
        /// Its worker.
        worker: Worker,
        /// Its position in the attempt.
        run: RunNo,
        /// What became of it.
        outcome: &'a Outcome,
    },
    /// A token child.
    Exchange(&'a ExchangeReport),
}

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
#[error("writing the crash report {} failed at {action}: {source}", path.display())]
pub struct ReportError {
    /// Which file or directory.
    pub path: PathBuf,
    /// What was tried.
    pub action: &'static str,
    /// Why it failed.
    pub source: io::Error,
}

/// Puts a report together.
pub fn assemble(input: &ReportInput<'_>) -> CrashReport {
    let evidence = input.evidence;
    let flight = evidence.flight.as_ref().ok();
    let panic = flight
        .and_then(|flight| flight.panic.as_ref())
        .map(|note| note.text.clone());
    let (worker, exchange, failure, stage) = match input.of {
        Of::Run {
            worker,
            run,
            outcome,
        } => {
            let stage = flight.and_then(|flight| stage(flight, run));
            (Some(worker), None, failure(outcome), stage)
        }
        Of::Exchange(exchange) => (None, Some(exchange.clone()), None, None),
    };
    let mut report = CrashReport {
        id: input.id,
        at: input.at,
        account_id: input.account_id,
        account: input.account.map(str::to_owned),
        worker,
        exchange,
        runs: evidence.runs.iter().map(|run| run.worker).collect(),
        build: BUILD.to_owned(),
        child_build: input.child_build.map(str::to_owned),
        host: input.host.to_owned(),
        pid: input.pid,
        died_at: input.died_at,
        verdict: input.verdict.clone(),
        fingerprint: fingerprint(input),
        failure,
        ending: evidence.ending,
        raw_status: evidence.raw_status,
        kill: evidence.kill.clone(),
        limits: evidence.limits,
        sandbox: flight.map(|flight| flight.sandbox.clone()),
        slot: evidence.slot,
        cpu_ms: evidence.outside.cpu_ms,
        peak_resident: input.peak_resident,
        peak_heap: flight.map(|flight| flight.heap_peak),
        peak_cgroup: input.peak_cgroup,
        failed_allocation: flight
            .and_then(|flight| flight.failed_allocation)
            .map(|failed| failed.size),
        fault: flight.and_then(|flight| flight.fault).map(fault),
        stage,
        panic,
        cursor: input.cursor,
        stderr: input.stderr.clone(),
        decision: input.decision.clone(),
        recording: flight.map(|flight| RecordingReport {
            bytes: flight.recorded,
            stopped: flight.recording_stopped,
        }),
        reproduce: None,
    };
    let dir = input.crashes.join(input.id.to_string());
    report.reproduce = Some(reproduction(&report, &dir, input.worker_child));
    report
}

fn fingerprint(input: &ReportInput<'_>) -> String {
    let (evidence, verdict) = (input.evidence, input.verdict);
    match input.of {
        Of::Run {
            worker,
            run,
            outcome,
        } => fingerprint_of(worker, run, evidence, verdict, outcome),
        Of::Exchange(exchange) => fingerprint_of_exchange(exchange.kind.name(), evidence, verdict),
    }
}

/// Writes `<dir>/<id>/report.json`, durably and in one step: a reader finds the whole report or
/// none. The directory gets mode 0700, the file 0600. Returns the file's path.
pub fn write(dir: &Path, report: &CrashReport) -> Result<PathBuf, ReportError> {
    let home = dir.join(report.id.to_string());
    let path = home.join("report.json");
    let draft = home.join("report.json.part");
    let fail = |path: &Path, action: &'static str| {
        let path = path.to_owned();
        move |source| ReportError {
            path,
            action,
            source,
        }
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&home)
        .map_err(fail(&home, "creating the directory"))?;
    // It may have been there before, as the directory of the attempt.
    std::fs::set_permissions(&home, Permissions::from_mode(0o700))
        .map_err(fail(&home, "setting the mode"))?;
    let mut text = serde_json::to_vec_pretty(report)
        .map_err(io::Error::from)
        .map_err(fail(&path, "encoding"))?;
    text.push(b'\n');
    fill(&draft, &text).map_err(fail(&draft, "writing"))?;
    std::fs::rename(&draft, &path).map_err(fail(&path, "renaming"))?;
    for parent in [&home, dir] {
        File::open(parent)
            .and_then(|parent| parent.sync_all())
            .map_err(fail(parent, "syncing the directory"))?;
    }
    Ok(path)
}

fn fill(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(text)?;
    file.sync_all()
}

fn failure(outcome: &Outcome) -> Option<Failure> {
    match outcome {
        Outcome::Failed(failure) => Some(failure.clone()),
        Outcome::Completed
        | Outcome::Snoozed { .. }
        | Outcome::Died(_)
        | Outcome::Interrupted
        | Outcome::Cancelled
        | Outcome::Drained => None,
    }
}

fn fault(fault: Fault) -> FaultReport {
    FaultReport {
        signal: fault.signal,
        name: signal_name(fault.signal),
        code: fault.code,
        address: fault.address,
    }
}

fn stage(flight: &Flight, run: RunNo) -> Option<RunStageReport> {
    let stage: &RunStage = flight.runs.get(run.index())?;
    let slice = (stage.slice_start, stage.slice_end);
    Some(RunStageReport {
        phase: stage.phase.map_or("unknown", Phase::name).to_owned(),
        item: stage.item,
        key: stage.key.clone(),
        byte: stage.byte,
        pages: stage.pages,
        requests: stage.requests,
        received: stage.received,
        records: stage.records,
        slice: (slice != (0, 0)).then_some((Timestamp(slice.0), Timestamp(slice.1))),
        last_request: stage.last_request.clone(),
    })
}

#[cfg(test)]
mod tests;
