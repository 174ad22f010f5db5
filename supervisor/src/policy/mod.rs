//! What is done about an outcome. Pure: history, facts, time and randomness come as arguments.
//!
//! | Outcome | Decision | Charged | Due |
//! |---|---|---|---|
//! | `completed` | reset: tallies, failures, interruptions and the item cleared, step grows back, solitary ends after [`SOLITARY_CLEAN_RUNS`], the big slot after three runs in a row that [`fits_ordinary`] | no | next turn at the fixed rate; at once if there is a backlog: part of a window, a deep pass or a rescan |
//! | `snoozed` | snooze | no | the time asked for, within [`LONGEST_SNOOZE`] |
//! | `failed: transient` | backoff | no | `backoff_base` doubling to `backoff_cap`, with jitter |
//! | `failed: throttled` | snooze | no | eBay's time in full, such as the reset of a daily quota, within [`LONGEST_SNOOZE`]; otherwise `throttled_snooze` |
//! | `failed: unauthorized` | await token | no | after an interval; the caller waits for the token to change |
//! | `failed: forbidden` | backoff | no | as transient |
//! | `failed: too_large`, window mode, step above `min_step` | again, with half the step | no | at once |
//! | `failed: incomplete`, window mode, step above `min_step` | again, with half the step | no | at once |
//! | `failed: bad_data` | tally of errors: backoff, then quarantine | yes | `death_backoff_base` doubling to `death_backoff_cap`, with jitter; `quarantine_for` |
//! | `failed: bug` | as bad data | yes | as bad data |
//! | `failed: too_large`, nothing to halve: step at `min_step`, a snapshot, a rescan | as bad data | yes | as bad data |
//! | `failed: incomplete`, nothing to halve | as bad data | yes | as bad data |
//! | `died: memory_limit`, first, in the ordinary slot, big slot larger | big slot (step halved) | no | at once |
//! | `died: memory_limit` otherwise | as another death (step halved); after one in the big slot solitary there | yes | as another death |
//! | `died: deadline` | as another death (step halved) | yes | as another death |
//! | `died:` anything not named here | tally of deaths: 1st solitary, then backoff in solitary, then quarantine | yes | at once; `death_backoff_base` doubling to `death_backoff_cap`, with jitter; `quarantine_for` |
//! | `died` or `failed` at an item, at the same one as the time before | skip: a dead letter | no | at once |
//! | `died` or `failed` at an item whose dead letter is retried | skip: the letter is open again | no | at once |
//! | `died` at an item, at another one than the time before, window mode, step above `min_step` | narrow: half the step | no | at once |
//! | `died: killed_externally`, `kernel_oom` | backoff | no | as transient |
//! | `died: spawn_failed`, `never_ready`, and every death before `Hello` | backoff | no | as transient |
//! | `died`, `interrupted` while the [`Breaker`] is open | again | no | at once, when starting goes on |
//! | `interrupted`, culprit known | again | no | at once |
//! | `interrupted`, no culprit known | solitary | no | at once |
//! | `interrupted` with the supervisor itself: [`rescued`] | again; solitary after `solitary_after_interruptions` in a row | no | at once; after `backoff_after_interruptions` in a row as transient |
//! | `drained` | again | no | at once, which is after the next start |
//! | `cancelled` | again | no | next turn at the fixed rate, or cancelling would start it again |
//!
//! A token child that dies is no run: [`token_death`].
//!
//! Deaths, errors and interruptions have budgets of their own: neither uses up another's.
//!
//! *An item* is what the run was working on when it died, or what its failure complains of
//! ([`item_at`]): known by its natural key; one without a key by request and index, which is only
//! believed where no slice is left to halve. Two in a row, whatever lies between them without being
//! charged, make it a dead letter: the item is passed over, and what it cost is taken off the tally.
//! With `dead_letters_max` of them open, or when the item should have been passed over already, the
//! death costs what others do: a changed format must not eat an account item by item. A search by
//! halves costs one run for each halving, seven from a day to a quarter of an hour.
//!
//! A step belongs to the worker: slices of a window and of its deep pass have the same one. A deep pass
//! goes on where it stood, so a slice that is too large is halved until it fits. A rescan has no slices
//! that its end could depend on; it is repeated as a whole, and what it has stored is not asked for again.
//!
//! Whoever died of itself, charged or not, is *on trial*, and solitary, until [`SOLITARY_CLEAN_RUNS`] are
//! completed: the scheduler gives those a part of the slots. Suspects are solitary, not on trial.
//!
//! Quarantine comes with the `quarantine_after`th charged death, or the `quarantine_after_errors`th
//! charged failure, within `tally_window`. A child that has
//! not said `Hello` has not seen its orders, so its death cannot be an account's doing.

mod backoff;
mod breaker;
mod decide;
mod memory;
mod poison;
mod rescued;
#[cfg(test)]
mod sample;
mod step;
mod tally;
mod token;

use std::time::Duration;

use shared::attempt::SkipItem;
use shared::time::Timestamp;
use shared::worker::Mode;

pub use backoff::of_tokens as token_backoff;
pub use breaker::{Breaker, Change, Leave, Pause, Seen};
pub use decide::decide;
pub use memory::fits_ordinary;
pub use poison::item_at;
pub use rescued::rescued;
pub use step::current as step_of;
pub use tally::released;
pub use token::{token_death, token_reports};

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
    /// The global [`Breaker`] was open: this death is our own doing, or it has to be found out.
    pub ours: bool,
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

#[cfg(test)]
mod tests;
