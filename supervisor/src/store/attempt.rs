//! Attempts and their runs on the way into the store and out of it.

use std::time::Duration;

use shared::id::{AccountId, AttemptId, RunNo};
use shared::time::Timestamp;
use shared::worker::Worker;

use super::letter::{DeadLetter, LetterEnds};
use super::state::SyncState;
use crate::outcome::{CrashReport, Decision, MemorySlot, Outcome, PolicyState, Verdict};

/// What proves that an attempt may commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The attempt.
    pub attempt: AttemptId,
    /// Whose rows it writes.
    pub account: AccountId,
    /// The fence that its lease was given.
    pub fence: i64,
}

/// An attempt that is about to start.
#[derive(Debug, Clone)]
pub struct BeginAttempt<'a> {
    /// Whose.
    pub account: AccountId,
    /// Its runs; the position is the run's number.
    pub runs: &'a [Worker],
    /// Name of this host.
    pub host: &'a str,
    /// Build of the supervisor.
    pub build: &'a str,
    /// Which memory slot.
    pub slot: MemorySlot,
    /// Memory limit of the child, bytes.
    pub memory_limit: u64,
    /// Who takes the lease: unique to this life of the supervisor.
    pub holder: &'a str,
    /// How long the lease lasts unless renewed.
    pub lease_for: Duration,
}

/// An attempt that may start.
#[derive(Debug, Clone)]
pub struct Begun {
    /// Its number.
    pub attempt: AttemptId,
    /// The fence for its commits.
    pub fence: i64,
    /// The sync states of its runs, in their order, read in the same transaction.
    pub states: Vec<SyncState>,
    /// For each of them its dead letters that are not resolved, oldest first.
    pub letters: Vec<Vec<DeadLetter>>,
}

/// Highest memory seen, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Peaks {
    /// Resident (`VmHWM`), from outside.
    pub resident: Option<u64>,
    /// Heap, by the child's own count.
    pub heap: Option<u64>,
}

/// The end of an attempt.
#[derive(Debug)]
pub struct EndAttempt<'a> {
    /// What allows it.
    pub grant: Grant,
    /// How the process ended.
    pub verdict: &'a Verdict,
    /// Memory peaks.
    pub peaks: Peaks,
    /// Every run of it.
    pub runs: Vec<EndRun>,
}

/// The end of one run.
#[derive(Debug)]
pub struct EndRun {
    /// Its position.
    pub run: RunNo,
    /// Which worker.
    pub worker: Worker,
    /// What became of it.
    pub outcome: Outcome,
    /// What is done about that.
    pub decision: Decision,
    /// What policy remembers from now on.
    pub policy: PolicyState,
    /// What it did.
    pub counters: RunCounters,
    /// The crash report, if it has one.
    pub report: Option<Box<CrashReport>>,
    /// What it did about dead letters.
    pub letters: LetterEnds,
}

/// What a run did. `records` is the sum of `created`, `updated`, `unchanged` and `stale`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunCounters {
    /// Batches committed.
    pub batches: u64,
    /// Records committed.
    pub records: u64,
    /// New rows.
    pub created: u64,
    /// Changed rows, those that were open again included.
    pub updated: u64,
    /// Rows that were the same, those rewritten in another shape included.
    pub unchanged: u64,
    /// Records older than what is stored.
    pub stale: u64,
    /// Rows that a snapshot no longer saw.
    pub ended: u64,
    /// Checkpoints committed.
    pub slices: u64,
    /// The cursor after the last checkpoint of this run.
    pub cursor: Option<Timestamp>,
    /// Where the deep pass of this run stands after its last checkpoint.
    pub deep: Option<Timestamp>,
}

/// What ending an attempt did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// False if the lease had been lost: the attempt is ended, its sync states belong to someone
    /// else and were left alone.
    pub fence_held: bool,
}

/// An attempt without an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenAttempt {
    /// Its number, account and fence.
    pub grant: Grant,
    /// Its process, if one was started.
    pub pid: Option<u32>,
    /// When that process started, in clock ticks since boot.
    pub pid_started: Option<u64>,
}
