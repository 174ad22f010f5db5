//! Snapshot mode: everything is read, as of the moment at which reading began.
//!
//! The world goes on meanwhile, and what contradicts itself is read once more. A row that comes
//! again, maybe changed, is therefore sent once only: any version since reading began is true of
//! the snapshot, and the next one brings the newest.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::time::Duration;

use shared::attempt::SnapshotOrder;
use shared::failure::Failure;
use shared::record::Record;
use shared::time::Timestamp;
use shared::wire::message::Mark;

use super::keyed::Keyed;
use super::read::{Careful, Progress, ReadSpan, Span};
use super::step::{Completed, Item, Reply, Step, SyncWorker, incomplete, unexpected};
use crate::parse::ParseError;

/// How far our clock may be behind the last snapshot's time, which can be eBay's, without that
/// being a failure.
const CLOCK_SKEW: Duration = Duration::from_mins(5);

/// A run in snapshot mode that needs no preparation.
#[derive(Debug)]
pub struct Snapshot<R> {
    reading: Careful<R>,
    last_taken_at: Option<Timestamp>,
    take_until: Timestamp,
    state: State,
    /// Hashes of the keys of the rows that were sent.
    sent: HashSet<u64>,
    hasher: BuildHasherDefault<DefaultHasher>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Fresh,
    Reading(Timestamp),
    Committing,
}

impl<R: ReadSpan> Snapshot<R> {
    /// A run from what is remembered, that does not begin after `take_until`.
    pub fn new(order: &SnapshotOrder, take_until: Timestamp, reader: R) -> Self {
        Self {
            reading: Careful::new(reader),
            last_taken_at: order.last_taken_at,
            take_until,
            state: State::Fresh,
            sent: HashSet::new(),
            hasher: BuildHasherDefault::default(),
        }
    }

    fn begin(&mut self, now: Timestamp) -> Result<Step, Failure> {
        // Its time is over before it began: again as soon as possible.
        if now > self.take_until {
            return Ok(Step::Snooze(now));
        }
        // A snapshot must be newer than the one before.
        if let Some(last) = self.last_taken_at.filter(|last| now <= *last) {
            if last.since(now) > CLOCK_SKEW {
                let what = format!("it is {now}, and the last snapshot is of {last}");
                return Err(incomplete(what, ""));
            }
            return Ok(Step::Snooze(last.plus(Duration::from_millis(1))));
        }
        self.state = State::Reading(now);
        let first = Timestamp(0);
        Ok(self.reading.begin(Span { first, last: now }))
    }
}

impl<R: ReadSpan> SyncWorker for Snapshot<R> {
    fn step(&mut self, reply: Reply, now: Timestamp) -> Result<Step, Failure> {
        let taken_at = match (&reply, self.state) {
            (Reply::Go, State::Fresh) => return self.begin(now),
            (Reply::Go, State::Committing) => return Ok(Step::Done),
            (_, State::Reading(taken_at)) => taken_at,
            (other, State::Fresh | State::Committing) => return Err(unexpected(other)),
        };
        Ok(match self.reading.reply(reply)? {
            Progress::Step(step) => step,
            Progress::Complete(total) => {
                self.state = State::Committing;
                Step::SliceDone(Completed {
                    mark: Mark::Snapshot(taken_at),
                    items: total.items,
                    announced: total.announced,
                })
            }
        })
    }

    fn records(&mut self, item: Item<'_>, out: &mut Vec<Record>) -> Result<(), ParseError> {
        let before = out.len();
        self.reading.reader.records(item, out)?;
        let rows = out.split_off(before);
        let hash = |row: &Record| self.hasher.hash_one((row.table, &row.key));
        let hashes: Vec<u64> = rows.iter().map(hash).collect();
        // Rows of one item with one key contradict each other, which is for the supervisor to
        // find: so each is held against the items before it only.
        let fresh = rows.into_iter().zip(&hashes);
        let fresh = fresh.filter(|(_, hash)| !self.sent.contains(hash));
        out.extend(fresh.map(|(row, _)| row));
        self.sent.extend(hashes);
        Ok(())
    }

    fn keyed(&self) -> Option<Keyed> {
        self.reading.reader.keyed()
    }

    fn passed_over(&mut self, id: &str) {
        self.reading.reader.passed_over(id);
    }
}

#[cfg(test)]
mod tests;
