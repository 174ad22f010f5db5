//! What one child process is asked to do. It holds no secret: `attempt.json` is this.

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, AttemptId, RunNo};
use crate::sandbox::SandboxMode;
use crate::time::Timestamp;
use crate::window::WindowOrder;
use crate::worker::Worker;

/// The most runs that one attempt may carry.
pub const MAX_RUNS: usize = 16;

/// The most items that one run may be told to pass over.
pub const MAX_SKIPS: usize = 100;

/// One attempt: everything that a child needs to know, but the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its number.
    pub id: AttemptId,
    /// Whose account.
    pub account_id: AccountId,
    /// The account's name, for messages.
    pub account: String,
    /// Where eBay is.
    pub endpoints: Endpoints,
    /// For `X-EBAY-C-MARKETPLACE-ID`, for example `EBAY_US`.
    pub marketplace: String,
    /// Where the child's randomness starts.
    pub seed: u64,
    /// When the supervisor began it.
    pub started_at: Timestamp,
    /// How the child behaves on the network.
    pub network: Network,
    /// How much of the sandbox the child must put in force.
    pub sandbox: SandboxMode,
    /// The most bytes that the recording of its exchanges may have; 0 records nothing.
    pub recording_cap: u64,
    /// How long a run may stand still before it counts as hung, in milliseconds: a replay judges by
    /// it, too.
    pub silence_ms: u64,
    /// Which runs are due.
    pub runs: Vec<RunOrder>,
}

/// Base URLs without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// For example `https://api.ebay.com`.
    pub api: String,
    /// For example `https://apiz.ebay.com`.
    pub apiz: String,
}

/// Timeouts and retries of the child, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Until a connection stands.
    pub connect_timeout_ms: u64,
    /// From sending a request to its response headers.
    pub header_timeout_ms: u64,
    /// How often one request is tried again.
    pub retries: u32,
    /// The first wait before a retry; it doubles, with full jitter.
    pub retry_base_ms: u64,
    /// The longest wait within a run, `Retry-After` included; beyond it the run gives up.
    pub wait_budget_ms: u64,
    /// How long to wait between two looks at a report that is not ready.
    pub poll_interval_ms: u64,
    /// How long a run may wait for a report before it snoozes.
    pub poll_budget_ms: u64,
}

/// One run of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOrder {
    /// Its position in the attempt.
    pub run: RunNo,
    /// Which worker.
    pub worker: Worker,
    /// What to cover.
    pub mode: RunMode,
    /// The child begins no slice and no snapshot after it.
    pub take_until: Timestamp,
    /// The supervisor ends the child when it passes with the run unfinished.
    pub deadline: Timestamp,
    /// Items that are passed over: earlier runs died of them. At most [`MAX_SKIPS`].
    pub skip: Vec<SkipItem>,
}

/// An item that must be passed over, as the flight recorder knew it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkipItem {
    /// Its natural key; empty if the child died before it was known.
    pub key: String,
    /// The request that brought it, without eBay's id of it.
    pub request: String,
    /// Its position in that body, from 0.
    pub item: u64,
}

/// What a run must cover, by mode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunMode {
    /// A stretch of time.
    Window(WindowOrder),
    /// Everything there is.
    Snapshot(SnapshotOrder),
    /// The recent past once more.
    Rescan(RescanOrder),
}

/// What is remembered for a run in snapshot mode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotOrder {
    /// The time of the last committed snapshot.
    pub last_taken_at: Option<Timestamp>,
    /// Where the last run left off.
    pub state: Option<ModeState>,
    /// Which API to read listings from; the worker `offers` has only one.
    pub listings: ListingSource,
}

/// Which API tells what is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListingSource {
    /// The Feed report.
    Report,
    /// Trading `GetMyeBaySelling`, page by page.
    Trading,
    /// Trading for few listings, the report for many.
    Auto {
        /// More listings than this are read from the report.
        report_above: u64,
    },
}

/// What a run in rescan mode must read: everything created in `[from, until)`, and what was
/// created in `[open_from, from)` and is still open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescanOrder {
    /// Where reading everything begins: 90 days back, once a day the whole look-back.
    pub from: Timestamp,
    /// Where reading what is open begins: the whole look-back, 18 months.
    pub open_from: Timestamp,
    /// The end, exclusive: now minus the lag.
    pub until: Timestamp,
}

/// What a run wants to find again next time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModeState {
    /// A report that eBay is making.
    InventoryTask {
        /// eBay's id of it.
        id: String,
        /// When we asked for it, or eBay's creation date once known.
        created_at: Timestamp,
    },
    /// Nothing is pending.
    Idle,
    /// The last report was no good; one that is not newer would be the same again.
    Discarded {
        /// eBay's creation date of it.
        created_at: Timestamp,
    },
}
