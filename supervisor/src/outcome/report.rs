//! The crash report: one object, the same in the log, the database, the file and the output.

use serde::{Deserialize, Serialize};
use shared::death::{Ending, KillReason, Limits, MemorySlot, Verdict};
use shared::failure::Failure;
use shared::flight::RecordingStopped;
use shared::id::AccountId;
use shared::sandbox::Layer;
use shared::time::Timestamp;
use shared::worker::Worker;

use super::crash_id::CrashId;
use super::decision::Decision;
use super::exchange::ExchangeReport;

/// Why one run died or failed, or a token child died, and what was decided.
///
/// A field that came later has a default: reports that were stored before it still read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrashReport {
    /// Attempt and worker, or the number of the token child's death.
    pub id: CrashId,
    /// When it was written.
    pub at: Timestamp,
    /// Whose account, if it was one's that is stored.
    pub account_id: Option<AccountId>,
    /// The account's name, if it was about one.
    pub account: Option<String>,
    /// Which worker; `None` for a token child.
    pub worker: Option<Worker>,
    /// What a token child was to do; `None` for a run.
    #[serde(default)]
    pub exchange: Option<ExchangeReport>,
    /// The workers of the attempt, by position: all that shared the process.
    #[serde(default)]
    pub runs: Vec<Worker>,
    /// Build of the supervisor.
    pub build: String,
    /// Build of the child by its own word, if it said `Hello`.
    #[serde(default)]
    pub child_build: Option<String>,
    /// Name of the host.
    pub host: String,
    /// Process id of the child, if it was started.
    pub pid: Option<u32>,
    /// When its end was seen, if it was started.
    #[serde(default)]
    pub died_at: Option<Timestamp>,
    /// How the process ended, how sure that is, and why we think so.
    pub verdict: Verdict,
    /// The failure, if the run ended by its own word.
    pub failure: Option<Failure>,
    /// How the process ended.
    pub ending: Option<Ending>,
    /// The same as the kernel gave it (`wait(2)`).
    #[serde(default)]
    pub raw_status: Option<i32>,
    /// Why we killed it, if we did.
    pub kill: Option<KillReason>,
    /// Limits as set from outside and read back; a child runs only if both are the same.
    pub limits: Option<Limits>,
    /// The layers of the sandbox that were in force.
    #[serde(default)]
    pub sandbox: Option<Vec<Layer>>,
    /// Which memory slot it had.
    pub slot: MemorySlot,
    /// CPU time that it used, user and system, in milliseconds.
    #[serde(default)]
    pub cpu_ms: Option<u64>,
    /// Highest resident memory (`VmHWM`) seen from outside, in bytes.
    pub peak_resident: Option<u64>,
    /// Highest heap by the child's own count, in bytes.
    pub peak_heap: Option<u64>,
    /// Highest memory that the kernel counted for its cgroup, in bytes: pages of files count, too.
    /// `None` without a cgroup of its own, and before Linux 5.19.
    #[serde(default)]
    pub peak_cgroup: Option<u64>,
    /// Size of the allocation that failed, in bytes.
    pub failed_allocation: Option<u64>,
    /// The fault, if the processor complained.
    #[serde(default)]
    pub fault: Option<FaultReport>,
    /// Where the run was.
    pub stage: Option<RunStageReport>,
    /// Message and location of the panic.
    pub panic: Option<String>,
    /// The cursor before and after: a death does not move it.
    pub cursor: Option<Timestamp>,
    /// Bounded standard error of the process.
    pub stderr: StderrText,
    /// Groups equal deaths: 16 hex digits.
    pub fingerprint: String,
    /// What was decided.
    pub decision: Decision,
    /// What there is of the recording.
    #[serde(default)]
    pub recording: Option<RecordingReport>,
    /// How to bring it about again.
    #[serde(default)]
    pub reproduce: Option<Reproduction>,
}

/// A fault as the child's own handler noted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultReport {
    /// The signal's number.
    pub signal: i32,
    /// The signal's name.
    pub name: String,
    /// `si_code` (`sigaction(2)`): above 0 if the kernel sent it.
    pub code: i32,
    /// The address at fault.
    pub address: u64,
}

/// How much of an attempt was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingReport {
    /// Bytes of the recording.
    pub bytes: u64,
    /// Why it is not whole; `None` if it is.
    pub stopped: Option<RecordingStopped>,
}

/// How a death or failure is brought about again, offline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reproduction {
    /// The command, ready to paste into a shell.
    Command(String),
    /// Why no command does it.
    Impossible(String),
}

/// Where a run was when it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStageReport {
    /// What it was doing.
    pub phase: String,
    /// Items so far.
    pub item: u64,
    /// Natural key of the item that was being worked on; empty if not known.
    #[serde(default)]
    pub key: String,
    /// Byte offset in the unpacked body.
    pub byte: u64,
    /// Pages finished.
    pub pages: u64,
    /// Requests sent.
    pub requests: u64,
    /// Bytes received.
    pub received: u64,
    /// Records sent.
    pub records: u64,
    /// The slice, in window mode.
    pub slice: Option<(Timestamp, Timestamp)>,
    /// The last request, redacted, with eBay's request id if there was one.
    pub last_request: String,
}

/// Head and tail of a child's standard error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StderrText {
    /// The first bytes, as text.
    pub head: String,
    /// The last bytes, as text, if the head does not hold everything.
    pub tail: String,
    /// Bytes between them that were dropped.
    pub dropped: u64,
}
