//! What runs when: which attempts start, which end, and what is due after that.
//!
//! `schedule`, `due`, `slots`, `pass`, `stale` and `why` decide and are pure; `dispatcher` owns the truth about what is running;
//! `rescue` ends what a dead supervisor left open.

mod dispatcher;
pub mod due;
mod gate;
mod jump;
mod pass;
pub mod rescue;
pub mod schedule;
mod set_right;
pub mod slots;
pub mod stale;
mod survey;
pub mod why;

use std::sync::Arc;

use shared::worker::Worker;
use tokio::sync::watch;

use crate::attempt::{Finished, Progress};
use crate::outcome::MemorySlot;

pub use dispatcher::{Call, Dispatcher, Stop};
pub use pass::{Mode, PassSummary};

/// What happens, as it happens.
#[derive(Debug, Clone)]
pub enum Event {
    /// An attempt starts.
    Started {
        /// The account's name.
        account: String,
        /// Its workers.
        workers: Vec<Worker>,
        /// Its memory slot.
        slot: MemorySlot,
        /// Its memory limit, in bytes.
        memory: u64,
        /// How far it is, as long as it runs.
        progress: watch::Receiver<Progress>,
    },
    /// An attempt came to an end.
    Finished(Arc<Finished>),
}
