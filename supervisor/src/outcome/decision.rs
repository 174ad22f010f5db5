//! What is done about an outcome, and what is remembered for the next one.

use serde::{Deserialize, Serialize};
use shared::time::Timestamp;

/// What is remembered for an (account, worker) so that the next outcome can be judged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PolicyState {
    /// When the charged deaths and failures of the last 24 h happened, oldest first.
    pub tally: Vec<Timestamp>,
    /// Uncharged failures since the last success, for the backoff.
    pub failures: u32,
    /// The worker runs in a child of its own.
    pub solitary: bool,
    /// The worker runs alone in a big slot.
    pub big_slot: bool,
    /// The one free memory death was used since the last success in a normal slot.
    pub memory_retry_used: bool,
    /// Completed runs in a row since the last death or charged failure.
    pub clean_runs: u32,
    /// Not run before this time unless released.
    pub quarantined_until: Option<Timestamp>,
    /// Coverage of a slice in milliseconds, if it is smaller than configured.
    pub step_ms: Option<u64>,
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
        }
    }
}
