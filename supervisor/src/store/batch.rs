//! Rows and checkpoints on their way into the store.

use shared::id::RunNo;
use shared::record::Record;
use shared::table::Table;
use shared::time::Timestamp;
use shared::window::Slice;
use shared::worker::Worker;

use super::attempt::Grant;
use super::hash::ContentHash;

/// A record that was checked, with the hash of its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRow {
    /// The record; its values fit its table.
    pub record: Record,
    /// What is compared with the stored row.
    pub hash: ContentHash,
}

/// Rows to be committed together: at most 2,000.
pub struct BatchCommit<'a> {
    /// What allows it.
    pub grant: Grant,
    /// The run that sent them.
    pub run: RunNo,
    /// The rows, of any of the worker's tables, in the order in which they came.
    pub rows: Vec<BatchRow>,
    /// In snapshot mode: whether this snapshot has met the row already.
    pub seen: Option<&'a (dyn Fn(Table, i64) -> bool + Sync)>,
    /// When.
    pub now: Timestamp,
}

impl std::fmt::Debug for BatchCommit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchCommit")
            .field("grant", &self.grant)
            .field("run", &self.run)
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}

/// What became of the rows of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchCounts {
    /// New rows.
    pub created: u64,
    /// Changed rows, those that were open again included.
    pub updated: u64,
    /// Rows that were the same, those included that were merely stored in another shape or told by
    /// another source.
    pub unchanged: u64,
    /// Records older than what is stored.
    pub stale: u64,
}

/// The answer to a [`BatchCommit`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchResult {
    /// Committed.
    Committed {
        /// What became of the rows.
        counts: BatchCounts,
        /// In snapshot mode: every row that was met, by table and number; otherwise empty.
        met: Vec<(Table, i64)>,
    },
    /// Nothing was committed: the snapshot holds this key twice with different content.
    Twice {
        /// The table.
        table: Table,
        /// The key.
        key: Vec<String>,
    },
}

/// A slice of which every row is committed.
#[derive(Debug, Clone, Copy)]
pub struct SliceCommit {
    /// What allows it.
    pub grant: Grant,
    /// Which worker.
    pub worker: Worker,
    /// The slice.
    pub slice: Slice,
    /// Whether the window of its run is covered with it.
    pub covered: bool,
    /// Records that were sent for it.
    pub records: u64,
    /// When.
    pub now: Timestamp,
}

/// A snapshot of which every row is committed.
#[derive(Clone, Copy)]
pub struct SnapshotCommit<'a> {
    /// What allows it.
    pub grant: Grant,
    /// The run.
    pub run: RunNo,
    /// Which worker.
    pub worker: Worker,
    /// The time that the snapshot shows.
    pub taken_at: Timestamp,
    /// Whether rows that it did not meet have ended: not if it lacks items that it may have had.
    pub ends: bool,
    /// Whether this snapshot has met the row.
    pub seen: &'a (dyn Fn(Table, i64) -> bool + Sync),
    /// Records that were sent for it.
    pub records: u64,
    /// When.
    pub now: Timestamp,
}

impl std::fmt::Debug for SnapshotCommit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SnapshotCommit")
            .field("grant", &self.grant)
            .field("worker", &self.worker)
            .field("taken_at", &self.taken_at)
            .finish_non_exhaustive()
    }
}

/// The answer to a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckpointResult {
    /// The cursor has moved.
    Committed {
        /// Rows that were ended.
        ended: u64,
    },
    /// Nothing was committed: the stored cursor does not lie where this one starts.
    CursorElsewhere {
        /// Where it lies.
        stored: Option<Timestamp>,
    },
    /// Nothing was ended, and the snapshot's time is remembered: it would end too much, so a newer
    /// one must agree.
    Suspect {
        /// Rows that it would end.
        would_end: u64,
        /// Rows that are open.
        open: u64,
    },
}
