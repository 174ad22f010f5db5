//! What is remembered for an (account, worker).

use shared::attempt::ModeState;
use shared::id::AccountId;
use shared::time::Timestamp;
use shared::window::DeepOrder;
use shared::worker::Worker;

use super::error::StoreError;
use crate::outcome::PolicyState;

/// The sync state of an (account, worker).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncState {
    /// Whose.
    pub account_id: AccountId,
    /// The account's name.
    pub account: String,
    /// Which worker.
    pub worker: Worker,
    /// Where the ledger begins; `None` until the first checkpoint.
    pub since: Option<Timestamp>,
    /// Everything before it is stored; `None` until the first checkpoint. In snapshot mode the time
    /// of the last committed snapshot, in rescan mode the end of the last rescan.
    pub cursor: Option<Timestamp>,
    /// What is left of the last deep pass; nothing if it begins where it ends. `None` for a worker
    /// without one, and until the first backfill is done.
    pub deep: Option<DeepOrder>,
    /// Where the last run left off, in snapshot mode.
    pub mode_state: Option<ModeState>,
    /// The time of a snapshot that was refused because it would have ended too much.
    pub suspect_at: Option<Timestamp>,
    /// What policy remembers.
    pub policy: PolicyState,
    /// When it is due.
    pub due_at: Timestamp,
    /// When a run last completed.
    pub last_success_at: Option<Timestamp>,
    /// Name of the last outcome.
    pub last_outcome: Option<String>,
    /// Name within the last outcome: of a failure or a cause; empty text if there is none.
    pub last_detail: Option<String>,
    /// When the last run ended.
    pub last_outcome_at: Option<Timestamp>,
    /// When a run last started.
    pub last_started_at: Option<Timestamp>,
    /// How many runs were ever started, counted before the child is.
    pub starts: u64,
}

/// All sync states that are enabled, and those that cannot be read.
#[derive(Debug, Default)]
pub struct SyncStates {
    /// What can be read.
    pub states: Vec<SyncState>,
    /// What cannot: these workers must not run, and someone must be told. The others carry on.
    pub unreadable: Vec<Unreadable>,
}

/// A sync state that cannot be read.
#[derive(Debug)]
pub struct Unreadable {
    /// Whose.
    pub account_id: AccountId,
    /// The account's name.
    pub account: String,
    /// The worker's name as stored.
    pub worker: String,
    /// What is wrong.
    pub error: StoreError,
}
