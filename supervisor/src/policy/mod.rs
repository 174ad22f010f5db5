//! What is done about an outcome. Pure: history, facts, time and randomness come as arguments.
//!
//! | Outcome | Decision | Charged | Due |
//! |---|---|---|---|
//! | `completed` | reset: tally and failures cleared, step grows back, solitary ends after [`SOLITARY_CLEAN_RUNS`] | no | next turn at the fixed rate; at once if there is a backlog: part of a window, a deep pass or a rescan |
//! | `snoozed` | snooze | no | the time asked for, within [`LONGEST_SNOOZE`] |
//! | `failed: transient` | backoff | no | `backoff_base` doubling to `backoff_cap`, with jitter |
//! | `failed: throttled` | snooze | no | eBay's time in full, such as the reset of a daily quota, within [`LONGEST_SNOOZE`]; otherwise `throttled_snooze` |
//! | `failed: unauthorized` | await token | no | after an interval; the caller waits for the token to change |
//! | `failed: forbidden` | backoff | no | as transient |
//! | `failed: too_large`, `incomplete`, window mode, step above `min_step` | again, with half the step | no | at once |
//! | `failed: bad_data`, `bug`, and the two above when there is nothing to halve: step at `min_step`, a snapshot, a rescan | tally: backoff, then quarantine | yes | `death_backoff_base` doubling to `death_backoff_cap`, with jitter; `quarantine_for` |
//! | `died: memory_limit`, first, in the ordinary slot, big slot larger | big slot (step halved) | no | at once |
//! | `died: memory_limit` otherwise | as another death (step halved); after one in the big slot solitary there | yes | as another death |
//! | `died: deadline` | as another death (step halved) | yes | as another death |
//! | `died:` anything not named here | tally: 1st solitary, then backoff in solitary, then quarantine | yes | at once; `death_backoff_base` doubling to `death_backoff_cap`, with jitter; `quarantine_for` |
//! | `died: killed_externally` | backoff | no | as transient |
//! | `died: spawn_failed`, `never_ready`, and every death before `Hello` | backoff | no | as transient |
//! | `interrupted`, culprit known | again | no | at once |
//! | `interrupted`, no culprit known | solitary | no | at once |
//! | `drained` | again | no | at once, which is after the next start |
//! | `cancelled` | again | no | next turn at the fixed rate, or cancelling would start it again |
//!
//! A step belongs to the worker: slices of a window and of its deep pass have the same one. A deep pass
//! goes on where it stood, so a slice that is too large is halved until it fits. A rescan has no slices
//! that its end could depend on; it is repeated as a whole, and what it has stored is not asked for again.
//!
//! Quarantine comes with the `quarantine_after`th charge within `tally_window`. A child that has
//! not said `Hello` has not seen its orders, so its death cannot be an account's doing.

mod backoff;
mod decide;
mod memory;
mod poison;
mod rescued;
mod step;
mod tally;

use std::time::Duration;

use shared::attempt::SkipItem;
use shared::time::Timestamp;
use shared::worker::Mode;

pub use decide::decide;
pub use memory::fits_ordinary;
pub use poison::item_at;
pub use rescued::rescued;
pub use step::current as step_of;
pub use tally::released;

pub use crate::config::PolicyConfig;
use crate::outcome::{ItemAt, MemorySlot};

/// How many completed runs in a row end solitary.
pub const SOLITARY_CLEAN_RUNS: u32 = 3;

/// The longest snooze. A time comes from outside; a wrong one must not stop a worker for ever. eBay's
/// quotas are reset at midnight in its own time zone, and a day there may have 25 hours.
pub const LONGEST_SNOOZE: Duration = Duration::from_hours(48);

/// What there is to know besides history and outcome.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, not states"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts<'a> {
    /// When the run ended.
    pub now: Timestamp,
    /// When the run had been due; the fixed rate counts from there. `now` if unknown.
    pub due_was: Timestamp,
    /// How often the worker is due.
    pub interval: Duration,
    /// A death without a known culprit interrupted this run and others.
    pub suspect: bool,
    /// Whether the child had said `Hello`.
    pub hello: bool,
    /// Which memory slot the attempt had.
    pub slot: MemorySlot,
    /// Whether a big slot would have more memory than the ordinary one.
    pub big_is_larger: bool,
    /// The attempt's memory stayed well below the ordinary limit: [`fits_ordinary`].
    pub small: bool,
    /// How the worker finds out what changed.
    pub mode: Mode,
    /// The run ended with part of its window, deep pass or rescan uncovered.
    pub backlog: bool,
    /// The longest coverage of a slice, as configured.
    pub configured_step: Duration,
    /// The item that the run was working on when it ended, if one can be the reason: [`item_at`].
    pub at: Option<&'a ItemAt>,
    /// The items that the run was told to pass over: one for each open dead letter.
    pub skips: &'a [SkipItem],
    /// The items that it was to read once more, because someone asked for their dead letters.
    pub retried: &'a [SkipItem],
}
