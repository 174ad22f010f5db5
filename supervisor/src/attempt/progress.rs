//! How far a running attempt is: what the flight recorder said at the last look.

use shared::flight::{Flight, Phase};
use shared::worker::Worker;

/// How far an attempt is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Live heap of the child, by its own count, in bytes.
    pub heap: u64,
    /// Its runs, by position.
    pub runs: Vec<RunProgress>,
}

/// How far a run is, by the child's own word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunProgress {
    /// Which worker.
    pub worker: Worker,
    /// What it is doing, if that is known.
    pub phase: Option<Phase>,
    /// Bytes received.
    pub received: u64,
    /// Pages finished.
    pub pages: u64,
    /// Records sent.
    pub records: u64,
}

impl Progress {
    /// What this flight recorder says.
    pub(super) fn of(flight: &Flight) -> Self {
        let run = |stage: &shared::flight::RunStage| {
            Some(RunProgress {
                worker: stage.worker?,
                phase: stage.phase,
                received: stage.received,
                pages: stage.pages,
                records: stage.records,
            })
        };
        Self {
            heap: flight.heap_live,
            runs: flight.runs.iter().filter_map(run).collect(),
        }
    }
}
