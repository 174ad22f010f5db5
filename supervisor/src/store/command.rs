//! What people asked of a supervisor, as the store keeps it.

use serde::{Deserialize, Serialize};
use shared::time::Timestamp;

/// What came of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandOutcome {
    /// It was carried out.
    Done,
    /// There was nothing to do: it was so already.
    Nothing,
    /// It could not be carried out.
    Failed,
}

impl CommandOutcome {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Done, Self::Nothing, Self::Failed];

    /// The name in the database and in output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Nothing => "nothing",
            Self::Failed => "failed",
        }
    }

    /// The outcome of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// A command and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRow {
    /// Its number.
    pub id: i64,
    /// As it was asked: JSON.
    pub command: String,
    /// The number of the user who asked.
    pub asked_by: u32,
    /// When.
    pub asked_at: Timestamp,
    /// When it came to its end.
    pub ended_at: Option<Timestamp>,
    /// What came of it.
    pub outcome: Option<CommandOutcome>,
    /// The same as a sentence.
    pub said: Option<String>,
}

/// Since when nothing is started, because a person asked for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Halt {
    /// Since when.
    pub since: Timestamp,
    /// The number of the user who asked.
    pub by: u32,
}
