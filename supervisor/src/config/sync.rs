//! The `[sync]` table: how often and how far back.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};
use shared::attempt::ListingSource;
use shared::worker::Worker;

use super::units::Span;

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
