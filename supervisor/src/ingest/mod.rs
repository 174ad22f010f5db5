//! Takes what a child claims about eBay's items, checks it, and has the store commit it.
//!
//! *Input:* records, mode states, probes and checkpoints of one attempt, in the order of its frames.
//! *Output:* committed, or why not.
//!
//! *Invariants:* nothing of a child is believed without a check; a payload is never parsed; whether
//! an item changed is decided from a hash that we make. Memory does not grow with what a child
//! sends, but for one compressed bit per row of a snapshot.

mod check;
mod checkpoint;
mod commit;
mod probe;
mod seen;
mod skip;

use shared::attempt::{RunMode, RunOrder};
use shared::failure::Failure;
use shared::id::RunNo;
use shared::time::Timestamp;

use self::seen::Seen;
use self::skip::Skips;
use crate::store::{Grant, RunCounters, Store, StoreError, hash};

pub use self::skip::Passed;

/// Why something was not committed.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The child did what no honest child does: end it.
    #[error("illegal frame: {what}")]
    Violation {
        /// What it did.
        what: String,
    },
    /// What was sent cannot be accepted: the run must end with this failure.
    #[error("refused: {0}")]
    Refused(Failure),
    /// The database could not commit it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IngestError {
    fn violation(what: impl Into<String>) -> Self {
        Self::Violation { what: what.into() }
    }
}

/// The ingest of one attempt.
#[derive(Debug)]
pub struct Ingest {
    store: Store,
    grant: Grant,
    runs: Vec<RunProgress>,
    /// The latest that it is by the child's clock.
    latest: Timestamp,
}

/// How far a run has come.
#[derive(Debug)]
struct RunProgress {
    order: RunOrder,
    /// Window: everything before it is stored. Snapshot: the time of the last one, if any. Rescan:
    /// its end, once it is done.
    cursor: Option<Timestamp>,
    /// Records since the last checkpoint.
    received: u64,
    /// Rows that the snapshot has met.
    seen: Seen,
    /// Items that were passed over.
    skips: Skips,
    counters: RunCounters,
}

impl Ingest {
    /// The ingest of an attempt that may commit by `grant` and was given `orders`.
    pub fn new(store: Store, grant: Grant, orders: &[RunOrder]) -> Self {
        let runs = orders
            .iter()
            .map(|order| RunProgress {
                order: order.clone(),
                cursor: match &order.mode {
                    RunMode::Window(window) => Some(window.cursor),
                    RunMode::Snapshot(snapshot) => snapshot.last_taken_at,
                    RunMode::Rescan(_) => None,
                },
                received: 0,
                seen: Seen::default(),
                skips: Skips::default(),
                counters: RunCounters::default(),
            })
            .collect();
        Self {
            store,
            grant,
            runs,
            latest: Timestamp(i64::MIN),
        }
    }

    /// It is this late by the child's clock, which a clock that was set meanwhile does not touch.
    pub const fn hear_clock(&mut self, now: Timestamp) {
        self.latest = now;
    }

    /// What a run has done so far; zero for a run that was not ordered.
    pub fn counters(&self, run: RunNo) -> RunCounters {
        self.runs
            .iter()
            .find(|progress| progress.order.run == run)
            .map(|progress| progress.counters)
            .unwrap_or_default()
    }
}

/// The run of that number.
fn find(runs: &mut [RunProgress], run: RunNo) -> Result<&mut RunProgress, IngestError> {
    runs.iter_mut()
        .find(|progress| progress.order.run == run)
        .ok_or_else(|| IngestError::violation(format!("run {run} was not ordered")))
}
