//! What the store tells a person about the past and the present.

use std::collections::BTreeMap;

use shared::failure::Failure;
use shared::id::{AccountId, AttemptId, RunNo};
use shared::table::Table;
use shared::time::Timestamp;

use super::attempt::{Peaks, RunCounters};
use super::error::StoreError;
use super::state::SyncState;
use crate::outcome::{CrashId, Decision, KillReason, MemorySlot};

/// One (account, worker) as it stands.
#[derive(Debug)]
pub struct StatusRow {
    /// Whose.
    pub account_id: AccountId,
    /// The account's name.
    pub account: String,
    /// The worker's name.
    pub worker: String,
    /// Whether both the account and the worker are enabled.
    pub enabled: bool,
    /// Why the account's token cannot be used, if it cannot.
    pub token_state: Option<String>,
    /// The same in a sentence.
    pub token_detail: Option<String>,
    /// When the account was added: what its lag counts from before there is a cursor. `None` if the
    /// account cannot be read.
    pub account_created_at: Option<Timestamp>,
    /// The attempt that runs it now.
    pub running: Option<AttemptId>,
    /// How many dead letters are not resolved.
    pub dead_letters: u64,
    /// What its attempts needed of late.
    pub peak: LearnedPeak,
    /// Everything else, or why it cannot be read.
    pub state: Result<SyncState, StoreError>,
}

/// The most memory that an (account, worker) needed of late, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LearnedPeak {
    /// Of attempts in which it was alone: exactly its own.
    pub alone: Option<u64>,
    /// Of attempts that it shared: at most so much was its own.
    pub shared: Option<u64>,
}

/// One run of the past, or one that is running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Its attempt.
    pub attempt: AttemptId,
    /// Its position there.
    pub run: RunNo,
    /// The account's name.
    pub account: String,
    /// The worker's name.
    pub worker: String,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Name of the outcome.
    pub outcome: Option<String>,
    /// Name of the failure or cause within it; empty text if there is none.
    pub detail: Option<String>,
    /// The failure, if it ended by its own word.
    pub failure: Option<Failure>,
    /// What was decided.
    pub decision: Option<Decision>,
    /// What it did; zero until it has ended.
    pub counters: RunCounters,
    /// The cursor when it started.
    pub cursor_before: Option<Timestamp>,
    /// The cursor when it ended.
    pub cursor_after: Option<Timestamp>,
}

/// One attempt with its runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRow {
    /// Its number.
    pub attempt: AttemptId,
    /// The account's name.
    pub account: String,
    /// Where it ran.
    pub host: String,
    /// Build of the supervisor.
    pub build: String,
    /// Which memory slot.
    pub slot: MemorySlot,
    /// Memory limit, bytes.
    pub memory_limit: u64,
    /// Its process.
    pub pid: Option<u32>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Name of the cause.
    pub cause: Option<String>,
    /// How sure that is.
    pub confidence: Option<String>,
    /// What it rests on.
    pub evidence: Vec<String>,
    /// Why we killed it, if we did.
    pub kill_reason: Option<KillReason>,
    /// Memory peaks.
    pub peaks: Peaks,
    /// Its runs, in order.
    pub runs: Vec<RunRow>,
}

/// One line of the list of crash reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrashRow {
    /// Its id.
    pub id: CrashId,
    /// The account's name, if it is of one.
    pub account: Option<String>,
    /// When it was written.
    pub at: Timestamp,
    /// Name of the cause.
    pub cause: String,
    /// How sure that is.
    pub confidence: String,
    /// Groups equal deaths.
    pub fingerprint: String,
}

/// Reports with one fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// How many.
    pub count: u64,
    /// On how many accounts.
    pub accounts: u64,
    /// The first one.
    pub first_seen: Option<Timestamp>,
}

/// What an event of the history says about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// It was seen for the first time.
    Created,
    /// It changed, or is back after it had ended.
    Updated,
    /// It is the same, told otherwise: in another shape or by another API.
    Reshaped,
    /// A complete read did not see it any more.
    Ended,
}

impl EventKind {
    const ALL: [Self; 4] = [Self::Created, Self::Updated, Self::Reshaped, Self::Ended];

    /// Its name in `ebay_events.kind`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Reshaped => "reshaped",
            Self::Ended => "ended",
        }
    }

    /// The kind of that name.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// An item that the history knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Whose.
    pub account: AccountId,
    /// Its table.
    pub table: Table,
    /// Its key as a JSON array: what finds its events.
    pub key_json: String,
    /// Its key.
    pub key: Vec<String>,
    /// How many events it has.
    pub events: u64,
}

/// How the row of an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemState {
    /// It is there.
    Open,
    /// It ended then.
    Ended(Timestamp),
    /// There is a history, but no row.
    Missing,
}

/// One event of an item, without its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemEvent {
    /// Its number.
    pub event: i64,
    /// What it says.
    pub kind: EventKind,
    /// Columns with their old and new values, as they are stored; `ended_at` is one of them.
    pub columns: BTreeMap<String, [serde_json::Value; 2]>,
    /// When it was committed.
    pub recorded_at: Timestamp,
    /// eBay's time of the change.
    pub ebay_time: Option<Timestamp>,
    /// Which attempt found it.
    pub attempt: AttemptId,
    /// Which run of that attempt.
    pub run: RunNo,
    /// The run's worker, if the run is still remembered.
    pub worker: Option<String>,
}
