//! Everything that is listed now, from the Feed report or from Trading.
//!
//! *Report:* `LMS_ACTIVE_INVENTORY_REPORT` of the Feed API, Bearer.
//! `POST /sell/feed/v1/inventory_task` asks for one, `GET …/inventory_task/{id}` says how far it
//! is, `GET /sell/feed/v1/task/{id}/download_result_file` (`task`, not `inventory_task`) is one XML
//! document, usually in a zip. Its time is the task's creation date; a report that is not newer
//! than the last committed one is dropped.
//! *Trading:* `GetMyeBaySelling`, the `ActiveList` in pages of 200, IAF header. Its time is when
//! reading began. Sorted by start time, so that a new listing comes last and moves no other. The
//! distinct listings must equal the announced total; else all is read once more, then it is
//! `Incomplete`. An absent `ActiveList` on the first page means that nothing is listed.
//! *Auto:* a page of one listing tells how many there are, and that decides: its own rows are
//! dropped, since rows of both sources in one snapshot would contradict each other. A report that
//! an earlier run waits for is resumed without asking, as long as it is worth waiting for.
//! *Rows:* a listing, or one for each of its variations, with the same key from both sources.
//! *Quirks:* a finished report can carry `Ack` Failure and `Errors`; unknown statuses of a task are
//! not finished; eBay makes 25 reports a day, so a recent one is used again.
//! *Left out of the content hash* (Trading; the report has no such field): time left; what
//! visitors do, which are the counts of hits, watchers, leads and questions; prices converted to
//! another currency, which follow the exchange rate; the feedback of the highest bidder.
//! *Absent* from the report: title, listing type, condition, start, end and URL.

mod answers;
mod detail;
mod key;
mod listing;
mod payload;
mod report;
mod selling;

use std::time::Duration;

use shared::attempt::{Attempt, ListingSource, ModeState, RunOrder, SnapshotOrder};
use shared::failure::Failure;
use shared::record::Record;
use shared::time::Timestamp;

use self::report::FromReport;
use self::selling::Selling;
use super::keyed::Keyed;
use super::read::BodyKind;
use super::snapshot::Snapshot;
use super::step::{Item, Reply, Step, SyncWorker, unexpected};
use super::trading::Site;
use crate::parse::ParseError;

/// What this worker reads.
pub const BODIES: &[BodyKind] = &[
    BodyKind {
        shape: report::SHAPE,
        records: report::push,
    },
    BodyKind {
        shape: selling::SHAPE,
        records: |item, out| selling::push(item, out).map(drop),
    },
];

/// What of the attempt matters here.
#[derive(Debug, Clone)]
pub struct Plan {
    marketplace: String,
    poll_interval: Duration,
    poll_budget: Duration,
    take_until: Timestamp,
}

impl Plan {
    /// Taken from the attempt and the run's order.
    pub fn new(attempt: &Attempt, run: &RunOrder) -> Self {
        Self {
            marketplace: attempt.marketplace.clone(),
            poll_interval: Duration::from_millis(attempt.network.poll_interval_ms),
            poll_budget: Duration::from_millis(attempt.network.poll_budget_ms),
            take_until: run.take_until,
        }
    }
}

/// A run, whatever it reads from.
#[derive(Debug)]
pub struct ActiveInventory {
    order: SnapshotOrder,
    plan: Plan,
    source: Source,
}

#[derive(Debug)]
enum Source {
    /// Not decided: more listings than this are read from the report.
    Open(u64),
    Report(Box<FromReport>),
    Trading(Box<Snapshot<Selling>>),
}

impl ActiveInventory {
    /// A run from what is remembered.
    pub fn new(order: SnapshotOrder, plan: Plan) -> Self {
        let source = match order.listings {
            ListingSource::Report => from_report(&order, &plan),
            ListingSource::Trading => from_trading(&order, &plan),
            ListingSource::Auto { report_above } => Source::Open(report_above),
        };
        Self {
            order,
            plan,
            source,
        }
    }

    /// Finds out how much is listed, unless a report is on its way or it is too late to begin.
    fn survey(&mut self, now: Timestamp) -> Result<Step, Failure> {
        let waits = match &self.order.state {
            Some(ModeState::InventoryTask { created_at, .. }) => {
                now.since(*created_at) <= report::GIVE_UP_AFTER
            }
            Some(ModeState::Idle | ModeState::Discarded { .. }) | None => false,
        };
        if waits || now > self.plan.take_until {
            return self.begin(from_report(&self.order, &self.plan), now);
        }
        let site = Site::of(&self.plan.marketplace);
        Ok(Step::Fetch(selling::page(site, 1, 1)))
    }

    fn begin(&mut self, source: Source, now: Timestamp) -> Result<Step, Failure> {
        self.source = source;
        self.step(Reply::Go, now)
    }
}

fn from_report(order: &SnapshotOrder, plan: &Plan) -> Source {
    Source::Report(Box::new(FromReport::new(order.clone(), plan.clone())))
}

fn from_trading(order: &SnapshotOrder, plan: &Plan) -> Source {
    let reader = Selling::new(Site::of(&plan.marketplace));
    Source::Trading(Box::new(Snapshot::new(order, plan.take_until, reader)))
}

impl SyncWorker for ActiveInventory {
    fn step(&mut self, reply: Reply, now: Timestamp) -> Result<Step, Failure> {
        let many = match (&mut self.source, reply) {
            (Source::Report(run), reply) => return run.step(reply, now),
            (Source::Trading(run), reply) => return run.step(reply, now),
            (Source::Open(_), Reply::Go) => return self.survey(now),
            (Source::Open(report_above), Reply::Call(call)) => {
                selling::total(&call)?.is_some_and(|total| total > *report_above)
            }
            // Reading from Trading will tell what that means.
            (Source::Open(_), Reply::Missing(_)) => false,
            (Source::Open(_), other) => return Err(unexpected(&other)),
        };
        let source = if many {
            from_report(&self.order, &self.plan)
        } else {
            from_trading(&self.order, &self.plan)
        };
        self.begin(source, now)
    }

    fn records(&mut self, item: Item<'_>, out: &mut Vec<Record>) -> Result<(), ParseError> {
        match &mut self.source {
            Source::Open(_) => Ok(()),
            Source::Report(run) => run.records(item, out),
            Source::Trading(run) => run.records(item, out),
        }
    }

    fn keyed(&self) -> Option<Keyed> {
        match &self.source {
            Source::Open(_) => None,
            Source::Report(run) => run.keyed(),
            Source::Trading(run) => run.keyed(),
        }
    }

    fn passed_over(&mut self, id: &str) {
        match &mut self.source {
            // A report is counted by its reader.
            Source::Open(_) | Source::Report(_) => {}
            Source::Trading(run) => run.passed_over(id),
        }
    }

    fn rejected(&self) -> Option<ModeState> {
        match &self.source {
            Source::Open(_) => None,
            Source::Report(run) => run.rejected(),
            Source::Trading(run) => run.rejected(),
        }
    }
}

#[cfg(test)]
mod tests;
