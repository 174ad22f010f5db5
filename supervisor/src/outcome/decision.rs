//! What is done about an outcome, and what is remembered for the next one.

use serde::{Deserialize, Serialize};
use shared::attempt::SkipItem;
use shared::time::Timestamp;

/// What is remembered for an (account, worker) so that the next outcome can be judged.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PolicyState {
    /// When the charged deaths of the last 24 h happened, oldest first.
    pub tally: Vec<Timestamp>,
    /// When the charged failures of the last 24 h happened, oldest first.
    pub errors: Vec<Timestamp>,
    /// Attempts in a row that ended with the supervisor itself.
    pub interruptions: u32,
    /// Uncharged failures since the last success, for the backoff.
    pub failures: u32,
    /// The worker runs in a child of its own.
    pub solitary: bool,
    /// The worker died of itself, and has not completed enough runs in a row since. Always solitary.
    pub on_trial: bool,
    /// The worker runs alone in a big slot.
    pub big_slot: bool,
    /// The one free memory death was used since the last success in a normal slot.
    pub memory_retry_used: bool,
    /// Completed runs in a row in a big slot that would have fitted well into an ordinary one.
    pub small_runs: u32,
    /// Completed runs in a row since the last death or charged failure.
    pub clean_runs: u32,
    /// Not run before this time unless released.
    pub quarantined_until: Option<Timestamp>,
    /// Coverage of a slice in milliseconds, if it is smaller than configured.
    pub step_ms: Option<u64>,
    /// The item that the last death or failure over content was at, if it was at one.
    pub item_at: Option<ItemAt>,
}

/// The item that a run was working on when it died or failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemAt {
    /// How it is known.
    pub item: SkipItem,
    /// The slice that was being read, in window mode.
    pub slice: Option<(Timestamp, Timestamp)>,
    /// When that death or failure went on a tally, if it did.
    pub charged_at: Option<Timestamp>,
}

/// What is done about one run's outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The kind of answer.
    pub kind: DecisionKind,
    /// When the (account, worker) is due next.
    pub due_at: Timestamp,
    /// Whether it went on the tally.
    pub charged: bool,
    /// One sentence for a person.
    pub why: String,
}

/// The kinds of answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionKind {
    /// All is well: next at the ordinary interval.
    Reset,
    /// Again at once, free of charge.
    Again,
    /// At the time that eBay or the run asked for.
    Snooze,
    /// Later, by a growing and random wait.
    Backoff,
    /// In a child of its own, at once.
    Solitary,
    /// Alone, with the larger memory limit, at once.
    BigSlot,
    /// Not before a day has passed or someone releases it.
    Quarantine,
    /// When the account's token has changed.
    AwaitToken,
    /// Again at once, with half the slice: several items of it cannot all be the reason.
    Narrow,
    /// Again at once, without the item that it keeps dying of: a dead letter.
    Skip,
}

impl DecisionKind {
    /// The name in database, reports and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Again => "again",
            Self::Snooze => "snooze",
            Self::Backoff => "backoff",
            Self::Solitary => "solitary",
            Self::BigSlot => "big_slot",
            Self::Quarantine => "quarantine",
            Self::AwaitToken => "await_token",
            Self::Narrow => "narrow",
            Self::Skip => "skip",
        }
    }
}
