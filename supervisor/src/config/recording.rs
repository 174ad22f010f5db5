//! `[recording]`, `[crashes]` and `[attempts]`: what is recorded of an attempt, and what is kept for how
//! long.

use serde::{Deserialize, Serialize};

use super::units::{Bytes, Span};

/// `[recording]`: the exchanges of an attempt, kept when it dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecordingConfig {
    /// The most bytes of one attempt; beyond them the sync goes on without. `0B` records nothing.
    /// At most `limits.file_size` less 1MiB.
    pub cap: Bytes,
    /// The most bytes of all running attempts together.
    pub total: Bytes,
}

impl Default for RecordingConfig {
    fn default() -> Self {
        Self {
            cap: Bytes::from_mib(256),
            total: Bytes::from_mib(4096),
        }
    }
}

/// `[crashes]`: what is kept under `crashes/`, and for how long. The oldest go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CrashesConfig {
    /// How long a report and its recording are kept. At least 1h.
    pub keep_for: Span,
    /// How many are kept. From 1 to 1000000.
    pub keep_count: u64,
    /// How many bytes all of them may have on disk; recordings go before reports.
    pub keep_bytes: Bytes,
}

impl Default for CrashesConfig {
    fn default() -> Self {
        Self {
            keep_for: Span::from_hours(90 * 24),
            keep_count: 10_000,
            keep_bytes: Bytes::from_mib(4096),
        }
    }
}

/// `[attempts]`: how long the database tells of single attempts, their runs and commands. What they
/// stored, its history and the ledger stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttemptsConfig {
    /// How long an attempt is kept after its end; with a crash report as long as that. At least 1h.
    pub keep_for: Span,
}

impl Default for AttemptsConfig {
    fn default() -> Self {
        Self {
            keep_for: Span::from_hours(30 * 24),
        }
    }
}
