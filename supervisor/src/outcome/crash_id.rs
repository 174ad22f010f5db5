//! What a crash report is called: `17-orders` for a run, `token-3` for a token child.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use shared::id::AttemptId;
use shared::worker::Worker;

/// How the name of a token child's report begins; its number follows.
const TOKEN: &str = "token-";

/// A report's id. Also the name of its directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CrashId {
    /// Of a run of an attempt.
    Run {
        /// The attempt.
        attempt: AttemptId,
        /// The worker whose run it was.
        worker: Worker,
    },
    /// Of a token child, by a number that is never used twice.
    Token(i64),
}

impl CrashId {
    /// The attempt, if it is of a run.
    pub const fn attempt(self) -> Option<AttemptId> {
        match self {
            Self::Run { attempt, .. } => Some(attempt),
            Self::Token(_) => None,
        }
    }
}

impl fmt::Display for CrashId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run { attempt, worker } => write!(f, "{attempt}-{worker}"),
            Self::Token(number) => write!(f, "{TOKEN}{number}"),
        }
    }
}

impl FromStr for CrashId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = match text.strip_prefix(TOKEN) {
            Some(number) => number.parse().ok().map(Self::Token),
            None => text.split_once('-').and_then(|(attempt, worker)| {
                Some(Self::Run {
                    attempt: AttemptId(attempt.parse().ok()?),
                    worker: Worker::from_name(worker)?,
                })
            }),
        };
        parsed.ok_or_else(|| format!("'{text}' is not a crash id such as 17-orders or token-3"))
    }
}

impl Serialize for CrashId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CrashId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crash_ids_round_trip() {
        let run = CrashId::Run {
            attempt: AttemptId(17),
            worker: Worker::ActiveInventory,
        };
        for (id, text) in [(run, "17-active_inventory"), (CrashId::Token(3), "token-3")] {
            assert_eq!(text.parse(), Ok(id));
            assert_eq!(id.to_string(), text);
        }
        for bad in [
            "",
            "17",
            "orders",
            "x-orders",
            "17-nobody",
            "token-",
            "token-x",
            "token-3-orders",
        ] {
            assert!(bad.parse::<CrashId>().is_err(), "{bad}");
        }
    }
}
