//! Rescans and deep passes on their way into the store.

use shared::time::Timestamp;
use shared::window::DeepOrder;
use shared::worker::Worker;

use super::attempt::Grant;

/// A rescan of which every row is committed.
#[derive(Debug, Clone, Copy)]
pub struct RescanCommit {
    /// What allows it.
    pub grant: Grant,
    /// Which worker.
    pub worker: Worker,
    /// Where reading everything began.
    pub from: Timestamp,
    /// Its end, exclusive: the cursor after it.
    pub until: Timestamp,
    /// Whether it went as far back as eBay tells anything: then it was the deep pass, too.
    pub whole: bool,
    /// Records that were sent for it.
    pub records: u64,
    /// When.
    pub now: Timestamp,
}

/// A slice of a deep pass of which every row is committed.
#[derive(Debug, Clone, Copy)]
pub struct DeepCommit {
    /// What allows it.
    pub grant: Grant,
    /// Which worker.
    pub worker: Worker,
    /// What is left of the pass from now on.
    pub left: DeepOrder,
}
