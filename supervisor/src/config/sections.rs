//! The tables of the configuration file, with their defaults.

use serde::{Deserialize, Serialize};
use shared::attempt::Network;

use super::units::{Bytes, Span};

/// `[limits]`: what one child may use. Set from outside before its first frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// `RLIMIT_DATA` in the ordinary slot. At least 8MiB.
    pub memory: Bytes,
    /// `RLIMIT_DATA` in the big slot, where a run is tried again after a memory death. If it is no
    /// larger than `memory`, there is no second try.
    pub big_slot: Bytes,
    /// `RLIMIT_AS`, a loose backstop: reserved addresses, not memory. At least `memory` and
    /// `big_slot`.
    pub address_space: Bytes,
    /// `RLIMIT_CPU`, rounded up to whole seconds. At least 1s.
    pub cpu: Span,
    /// `RLIMIT_NOFILE`. From 32 to 65536.
    pub open_files: u64,
    /// `RLIMIT_FSIZE`. At least 1MiB.
    pub file_size: Bytes,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            memory: Bytes::from_mib(128),
            big_slot: Bytes::from_mib(512),
            address_space: Bytes::from_mib(4096),
            cpu: Span::from_mins(30),
            open_files: 256,
            file_size: Bytes::from_mib(300),
        }
    }
}

/// `[timeouts]`: how long the supervisor waits for what. Each at least 1ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimeoutsConfig {
    /// From spawning a child to its `Hello`.
    pub ready: Span,
    /// How long a run may stand still before it counts as hung.
    pub silence: Span,
    /// How long a run in window or rescan mode may take.
    pub deadline: Span,
    /// How long a run in snapshot mode may take.
    pub snapshot_deadline: Span,
    /// From `Stop` to SIGTERM.
    pub stop_grace: Span,
    /// From SIGTERM to SIGKILL.
    pub term_grace: Span,
    /// How long a commit may wait for the store before the child is ended.
    pub store_stall: Span,
    /// How long getting a token from eBay may take.
    pub token: Span,
    /// How long getting a token from the web app, or having it refresh all of them, may take.
    pub web_app: Span,
    /// From SIGTERM to the end of the service, whatever has not ended by then. Children have ended long
    /// before: `stop_grace` and twice `term_grace` are for them.
    pub drain: Span,
}

impl Default for TimeoutsConfig {
    fn default() -> Self {
        Self {
            ready: Span::from_secs(5),
            silence: Span::from_mins(1),
            deadline: Span::from_mins(15),
            snapshot_deadline: Span::from_hours(2),
            stop_grace: Span::from_secs(5),
            term_grace: Span::from_secs(5),
            store_stall: Span::from_mins(5),
            token: Span::from_secs(30),
            web_app: Span::from_mins(5),
            drain: Span::from_mins(1),
        }
    }
}

/// `[network]`: how a child behaves towards eBay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkConfig {
    /// Until a connection stands. At least 1ms.
    pub connect_timeout: Span,
    /// From sending a request to its response headers. At least 1ms; below `timeouts.silence`, or
    /// a slow answer ends as a hang.
    pub header_timeout: Span,
    /// How often one request is tried again. At most 20.
    pub retries: u32,
    /// The first wait before a retry; it doubles, with full jitter. At least 1ms.
    pub retry_base: Span,
    /// The longest wait within a run, `Retry-After` included. May be zero.
    pub wait_budget: Span,
    /// Between two looks at a report that is not ready. At least 1ms.
    pub poll_interval: Span,
    /// How long a run may wait for a report before it snoozes. May be zero.
    pub poll_budget: Span,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Span::from_secs(10),
            header_timeout: Span::from_secs(40),
            retries: 4,
            retry_base: Span::from_secs(1),
            wait_budget: Span::from_mins(2),
            poll_interval: Span::from_secs(15),
            poll_budget: Span::from_mins(5),
        }
    }
}

impl NetworkConfig {
    /// As an attempt carries it.
    pub const fn order(&self) -> Network {
        Network {
            connect_timeout_ms: self.connect_timeout.millis(),
            header_timeout_ms: self.header_timeout.millis(),
            retries: self.retries,
            retry_base_ms: self.retry_base.millis(),
            wait_budget_ms: self.wait_budget.millis(),
            poll_interval_ms: self.poll_interval.millis(),
            poll_budget_ms: self.poll_budget.millis(),
        }
    }
}

/// `[policy]`: what is done about failures and deaths. Each span at least 1ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicyConfig {
    /// The first backoff after a failure that is not charged; it doubles.
    pub backoff_base: Span,
    /// The longest backoff after a failure that is not charged. At least `backoff_base`.
    pub backoff_cap: Span,
    /// The first backoff after a charged failure or death; it doubles.
    pub death_backoff_base: Span,
    /// The longest backoff after a charged failure or death. At least `death_backoff_base`.
    pub death_backoff_cap: Span,
    /// How many charged deaths within `tally_window` end in quarantine. 1 to 100.
    pub quarantine_after: u32,
    /// How many charged failures within `tally_window` end in quarantine. 1 to 100.
    pub quarantine_after_errors: u32,
    /// After so many attempts in a row that ended with the supervisor itself, a worker runs in a
    /// child of its own. 1 to 100.
    pub solitary_after_interruptions: u32,
    /// After so many it also waits longer each time. 1 to 100.
    pub backoff_after_interruptions: u32,
    /// How many of the last attempts the global breaker looks at: if half of them died alike, on
    /// `breaker_accounts` accounts or more, starting pauses. 0 to 1000; with 0 it never does.
    pub breaker_attempts: u32,
    /// On how many accounts. 2 to 1000.
    pub breaker_accounts: u32,
    /// How long the first pause of the breaker is; it doubles.
    pub breaker_pause: Span,
    /// The longest pause of the breaker. At least `breaker_pause`.
    pub breaker_pause_cap: Span,
    /// How long a quarantine lasts.
    pub quarantine_for: Span,
    /// How long a charged failure or death stays on the tally.
    pub tally_window: Span,
    /// How long to wait when eBay throttles without saying until when. At most 2d.
    pub throttled_snooze: Span,
    /// The smallest coverage that a slice is halved to; `sync.step` if that is smaller.
    pub min_step: Span,
    /// The most items of an (account, worker) that may be passed over; further ones are charged as
    /// other deaths, so that a changed format does not eat an account item by item. 0 to 100.
    pub dead_letters_max: u32,
}

impl Default for PolicyConfig {
    fn default() -> Self {
        Self {
            backoff_base: Span::from_secs(30),
            backoff_cap: Span::from_mins(30),
            death_backoff_base: Span::from_mins(5),
            death_backoff_cap: Span::from_hours(1),
            quarantine_after: 3,
            quarantine_after_errors: 3,
            solitary_after_interruptions: 3,
            backoff_after_interruptions: 6,
            breaker_attempts: 20,
            breaker_accounts: 3,
            breaker_pause: Span::from_mins(5),
            breaker_pause_cap: Span::from_hours(1),
            quarantine_for: Span::from_hours(24),
            tally_window: Span::from_hours(24),
            throttled_snooze: Span::from_mins(15),
            min_step: Span::from_mins(15),
            dead_letters_max: 10,
        }
    }
}

/// `[log]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// `auto`, `human` or `json`.
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// For people.
    Human,
    /// One JSON object per line.
    Json,
}

/// In which order due accounts are taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The one that waited longest first, random among equals.
    #[default]
    Stalest,
    /// Random.
    Shuffle,
}
