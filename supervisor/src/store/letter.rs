//! Dead letters: items that are passed over because runs died of them.

use shared::attempt::SkipItem;
use shared::time::Timestamp;
use shared::worker::Worker;

use crate::outcome::CrashId;

/// How a dead letter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterStatus {
    /// Its item is passed over.
    Open,
    /// Someone asked for it; the next run does not pass it over.
    Retrying,
    /// A run has read the item and lived.
    Resolved,
}

impl LetterStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Open, Self::Retrying, Self::Resolved];

    /// The name in the database and in output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Retrying => "retrying",
            Self::Resolved => "resolved",
        }
    }

    /// The status of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// A dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its number.
    pub id: i64,
    /// The account's name.
    pub account: String,
    /// Which worker.
    pub worker: Worker,
    /// How the item is known.
    pub item: SkipItem,
    /// The stretch of time that it was last met in, in window mode.
    pub slice: Option<(Timestamp, Timestamp)>,
    /// The report of the last death or failure at it.
    pub crash: CrashId,
    /// How it stands.
    pub status: LetterStatus,
    /// When it became one.
    pub opened_at: Timestamp,
    /// How many runs passed it over.
    pub skips: u64,
    /// When the first one did.
    pub first_skip_at: Option<Timestamp>,
    /// When the last one did.
    pub last_skip_at: Option<Timestamp>,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
}

/// What a run did about dead letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LetterEnds {
    /// The item that is one from now on, or again.
    pub opened: Option<NewLetter>,
    /// Letters whose item was passed over.
    pub passed: Vec<PassedLetter>,
    /// Numbers of those whose item was read.
    pub resolved: Vec<i64>,
}

/// An item that becomes a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLetter {
    /// How it is known.
    pub item: SkipItem,
    /// The stretch of time in which it can be met again, in window mode.
    pub slice: Option<(Timestamp, Timestamp)>,
    /// The report of the death or failure at it.
    pub crash: CrashId,
}

/// A dead letter whose item was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassedLetter {
    /// Its number.
    pub id: i64,
    /// The stretch of time in which it was met, in window mode.
    pub slice: Option<(Timestamp, Timestamp)>,
}
