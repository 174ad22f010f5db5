//! One attempt: one life of one child, from its orders to its end in the store.
//!
//! `run` talks and commits, `watchdog` and `order` decide, `finish` concludes. Errors of the child
//! and of ingest stop here: what leaves is [`Finished`].

mod answer;
mod converse;
mod directory;
mod ending;
mod finish;
mod letters;
mod life;
mod order;
mod own_time;
mod progress;
mod publish;
mod room;
mod run;
mod said;
mod told;
mod watchdog;

use std::path::PathBuf;
use std::sync::Arc;

use shared::id::{AccountId, AttemptId};
use shared::worker::Worker;
use tokio::sync::watch;

use crate::child::link::BigFrames;
use crate::child::spawner::Spawner;
use crate::clock::Clock;
use crate::config::Config;
use crate::os::Limits;
use crate::os::cgroup::Subtree;
use crate::outcome::{CrashId, Decision, MemorySlot, Outcome, Verdict};
use crate::store::{Account, RunCounters, Store, StoreError};
use crate::tokens::{TokenProblem, Tokens};

pub use directory::remove_all as remove_leftovers;
pub use progress::{Progress, RunProgress};
pub use room::RecordingRoom;
pub use run::run;

/// What every attempt needs. Clones share.
#[derive(Debug, Clone)]
pub struct Context {
    /// The database.
    pub store: Store,
    /// Starts children.
    pub spawner: Spawner,
    /// Access tokens.
    pub tokens: Tokens,
    /// The child's program, as an absolute path.
    pub worker_child: PathBuf,
    /// The settings.
    pub config: Arc<Config>,
    /// The clock.
    pub clock: Clock,
    /// Where attempts and crash reports have their directories.
    pub state_dir: PathBuf,
    /// One big frame at a time.
    pub big_frames: BigFrames,
    /// Disk for recordings.
    pub recordings: RecordingRoom,
    /// Name of this host.
    pub host: String,
    /// Where children have groups of their own, if a part of the tree is delegated.
    pub cgroups: Option<Subtree>,
    /// Unique to this life of the supervisor.
    pub holder: String,
    /// Set by an attempt that waits for the database; the dispatcher takes it back.
    pub store_waits: watch::Sender<bool>,
}

/// What is to run.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// Whose.
    pub account: Account,
    /// Which workers.
    pub workers: Vec<Worker>,
    /// Which memory slot.
    pub slot: MemorySlot,
    /// The limits that go with it.
    pub limits: Limits,
    /// Where randomness starts.
    pub seed: u64,
    /// Whether a death is our own doing, as the dispatcher sees it when the attempt ends.
    pub ours: watch::Receiver<bool>,
}

/// What someone wants of a running attempt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wish {
    /// Nothing: carry on.
    #[default]
    GoOn,
    /// Come to an end, the supervisor stops.
    Drain,
    /// Come to an end, someone asked.
    Cancel,
}

/// Where wishes come from.
pub type Wishes = watch::Receiver<Wish>;

/// What came of an attempt.
#[derive(Debug)]
pub struct Finished {
    /// Whose.
    pub account: AccountId,
    /// The account's name.
    pub account_name: String,
    /// What it came to.
    pub end: End,
}

/// How far an attempt came.
#[derive(Debug)]
pub enum End {
    /// There is no token, or nobody to show it to: nothing was started.
    NoToken(TokenProblem),
    /// The store could not take it: nothing was started, or its end is not stored and the rescue
    /// at the next start will end it.
    Store(StoreError),
    /// It ran and its end is stored.
    Ran(Box<Ran>),
}

/// An attempt that ran.
#[derive(Debug)]
pub struct Ran {
    /// Its number.
    pub attempt: AttemptId,
    /// How the process ended.
    pub verdict: Verdict,
    /// Highest resident memory, in bytes.
    pub peak_resident: Option<u64>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Its runs.
    pub runs: Vec<RanRun>,
}

/// A run that ended.
#[derive(Debug)]
pub struct RanRun {
    /// Which worker.
    pub worker: Worker,
    /// What became of it.
    pub outcome: Outcome,
    /// What was decided.
    pub decision: Decision,
    /// What it did.
    pub counters: RunCounters,
    /// Whether its window was not covered to the end.
    pub backlog: bool,
    /// Its crash report.
    pub report: Option<CrashId>,
    /// The fingerprint of that.
    pub fingerprint: Option<String>,
}
