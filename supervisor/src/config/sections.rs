//! The tables of the configuration file, with their defaults.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};
use shared::attempt::{ListingSource, Network};
use shared::worker::Worker;

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

/// `[sync]`: what is read when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SyncConfig {
    /// How often each worker is due, by name. Each at least 1ms.
    pub interval: Intervals,
    /// How far before the cursor the first slice of a run also fetches. May be zero, at most 24h.
    pub overlap: Span,
    /// How far behind the clock a window ends. May be zero, at most 24h.
    pub lag: Span,
    /// The longest coverage of one slice. At least 1ms, at most 24h.
    pub step: Span,
    /// How far back the first run of an account begins; of `purchases`, at most 30d. At least 1ms, at
    /// most 730d.
    pub first_span: Span,
    /// How often older items are read once more, where eBay's filter does not see their later
    /// changes. At least 1ms, at most 30d.
    pub deep_interval: Span,
    /// How far back that goes in window mode. At least 1ms, at most 730d.
    pub deep_span: Span,
    /// How far back every rescan reads everything. At least 1ms, at most `look_back`.
    pub recent_span: Span,
    /// How far back a rescan reads what is open, and everything once per `deep_interval`. At least
    /// 1ms, at most 540d: eBay's searches reach no further than 18 months.
    pub look_back: Span,
    /// Which API tells what is listed.
    pub listings: Listings,
    /// With `listings = "auto"`: more listings than this are read from the report. At most 1000000.
    pub report_above: u64,
    /// After so many intervals without a success a worker is stale: a warning. 1 to 10000.
    pub stale_after: u32,
}

/// Which API tells what is listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listings {
    /// Trading for few listings, the report for many.
    #[default]
    Auto,
    /// Trading `GetMyeBaySelling`, page by page.
    Trading,
    /// The Feed report.
    Report,
}

impl Default for SyncConfig {
    fn default() -> Self {
        Self {
            interval: Intervals::default(),
            overlap: Span::from_mins(30),
            lag: Span::from_mins(2),
            step: Span::from_hours(24),
            first_span: Span::from_hours(90 * 24),
            deep_interval: Span::from_hours(24),
            deep_span: Span::from_hours(30 * 24),
            recent_span: Span::from_hours(90 * 24),
            look_back: Span::from_hours(540 * 24),
            listings: Listings::default(),
            report_above: 1_000,
            stale_after: 12,
        }
    }
}

impl SyncConfig {
    /// How far back the first run of this worker begins.
    pub fn first_span_of(&self, worker: Worker) -> Span {
        match worker {
            // What was bought is of interest while it is under way; eBay tells no more than 30 days
            // of changes at once.
            Worker::Purchases => self.first_span.min(Span::from_hours(30 * 24)),
            Worker::Orders
            | Worker::ActiveInventory
            | Worker::Transactions
            | Worker::Offers
            | Worker::Messages
            | Worker::Finances
            | Worker::Cases
            | Worker::Inquiries
            | Worker::Returns => self.first_span,
        }
    }

    /// How long a worker may go without a success before it is stale.
    pub fn stale_limit(&self, worker: Worker) -> Duration {
        let interval = self.interval.of(worker).duration();
        interval.saturating_mul(self.stale_after)
    }

    /// Which API tells what is listed, as an order carries it.
    pub const fn listing_source(&self) -> ListingSource {
        match self.listings {
            Listings::Auto => ListingSource::Auto {
                report_above: self.report_above,
            },
            Listings::Trading => ListingSource::Trading,
            Listings::Report => ListingSource::Report,
        }
    }
}

/// `[sync.interval]`: complete after reading; a worker that is not named has its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Intervals(BTreeMap<Worker, Span>);

impl Intervals {
    /// How often the worker is due.
    pub fn of(&self, worker: Worker) -> Span {
        let set = self.0.get(&worker).copied();
        set.unwrap_or_else(|| Self::default_of(worker))
    }

    /// The same intervals with another one for this worker.
    #[must_use]
    pub fn with(mut self, worker: Worker, interval: Span) -> Self {
        self.0.insert(worker, interval);
        self
    }

    /// Every worker with how often it is due.
    pub fn iter(&self) -> impl Iterator<Item = (Worker, Span)> {
        Worker::ALL
            .into_iter()
            .map(|worker| (worker, self.of(worker)))
    }

    const fn default_of(worker: Worker) -> Span {
        match worker {
            // eBay makes 25 reports per seller and day; 75 minutes plan for 80 % of them.
            Worker::ActiveInventory => Span::from_mins(75),
            Worker::Orders
            | Worker::Transactions
            | Worker::Messages
            | Worker::Finances
            | Worker::Cases
            | Worker::Inquiries
            | Worker::Returns
            | Worker::Purchases => Span::from_mins(5),
            // One call for each SKU: every 5 minutes would be without end for a large shop.
            Worker::Offers => Span::from_mins(60),
        }
    }
}

impl Default for Intervals {
    fn default() -> Self {
        let all = Worker::ALL.into_iter();
        Self(
            all.map(|worker| (worker, Self::default_of(worker)))
                .collect(),
        )
    }
}

impl<'de> Deserialize<'de> for Intervals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut all = Self::default();
        let set: BTreeMap<Worker, Span> = BTreeMap::deserialize(deserializer)?;
        all.0.extend(set);
        Ok(all)
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
