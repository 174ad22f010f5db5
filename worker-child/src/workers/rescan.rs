//! Rescan mode: the past is read once more, span after span, for APIs that filter by creation
//! time only. What is recent is read whole, and of what is older only what is still open.
//!
//! The spans go back in time, so that what changes most is read first. One checkpoint at the end
//! stands for all of them: a rescan whose time is over before that ends without one.

use std::time::Duration;

use shared::attempt::RescanOrder;
use shared::failure::Failure;
use shared::record::Record;
use shared::time::Timestamp;
use shared::wire::message::Mark;

use super::keyed::Keyed;
use super::read::{Careful, Progress, ReadSpan, Span, Total};
use super::step::{Completed, Item, Reply, Step, SyncWorker, unexpected};
use crate::parse::ParseError;

/// The widest span: what eBay's post-order searches allow.
const WIDEST: Duration = Duration::from_hours(90 * 24);

/// A run in rescan mode.
#[derive(Debug)]
pub struct Rescanned<R> {
    reading: Careful<R>,
    order: RescanOrder,
    take_until: Timestamp,
    state: State,
    /// Everything since then was read.
    read_from: Timestamp,
    total: Total,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Fresh,
    /// A span that begins there is being read.
    Reading(Timestamp),
    Committing,
}

impl<R: ReadSpan> Rescanned<R> {
    /// A run over this order that begins no span after `take_until`.
    pub fn new(order: RescanOrder, take_until: Timestamp, reader: R) -> Self {
        Self {
            reading: Careful::new(reader),
            order,
            take_until,
            state: State::Fresh,
            read_from: order.until,
            total: Total {
                items: 0,
                announced: Some(0),
            },
        }
    }

    /// Begins the span before what was read, or ends.
    fn begin_span(&mut self, now: Timestamp) -> Step {
        let end = self.read_from;
        let open = end <= self.order.from;
        let bound = if open {
            self.order.open_from
        } else {
            self.order.from
        };
        if end <= bound {
            self.state = State::Committing;
            return Step::SliceDone(Completed {
                mark: Mark::Rescan(self.order.until),
                items: self.total.items,
                announced: self.total.announced,
            });
        }
        if now > self.take_until {
            return Step::Done;
        }
        let first = end.minus(WIDEST).max(bound);
        let last = end.minus(Duration::from_millis(1));
        self.state = State::Reading(first);
        let span = Span { first, last };
        if open {
            self.reading.begin_open(span)
        } else {
            self.reading.begin(span)
        }
    }
}

impl<R: ReadSpan> SyncWorker for Rescanned<R> {
    fn step(&mut self, reply: Reply, now: Timestamp) -> Result<Step, Failure> {
        let first = match self.state {
            State::Reading(first) => first,
            State::Fresh if reply == Reply::Go => return Ok(self.begin_span(now)),
            State::Committing if reply == Reply::Go => return Ok(Step::Done),
            State::Fresh | State::Committing => return Err(unexpected(&reply)),
        };
        Ok(match self.reading.reply(reply)? {
            Progress::Step(step) => step,
            Progress::Complete(total) => {
                self.read_from = first;
                self.total.items += total.items;
                let sum = |(sum, announced)| sum + announced;
                self.total.announced = self.total.announced.zip(total.announced).map(sum);
                self.begin_span(now)
            }
        })
    }

    fn records(&mut self, item: Item<'_>, out: &mut Vec<Record>) -> Result<(), ParseError> {
        self.reading.reader.records(item, out)
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
