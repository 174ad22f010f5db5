//! Snapshot mode: everything is read, as of the moment at which reading began.

use shared::failure::Failure;
use shared::record::Record;
use shared::time::Timestamp;
use shared::wire::message::Mark;

use super::read::{Careful, Progress, ReadSpan, Span};
use super::step::{Completed, Item, Reply, Step, SyncWorker};
use crate::parse::ParseError;

/// A run in snapshot mode that needs no preparation.
#[derive(Debug)]
pub struct Snapshot<R> {
    reading: Careful<R>,
    take_until: Timestamp,
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Fresh,
    Reading(Timestamp),
    Committing,
}

impl<R: ReadSpan> Snapshot<R> {
    /// A run that does not begin after `take_until`.
    pub fn new(take_until: Timestamp, reader: R) -> Self {
        Self {
            reading: Careful::new(reader),
            take_until,
            state: State::Fresh,
        }
    }
}

impl<R: ReadSpan> SyncWorker for Snapshot<R> {
    fn step(&mut self, reply: Reply, now: Timestamp) -> Result<Step, Failure> {
        let taken_at = match self.state {
            // Its time is over before it began: again as soon as possible.
            State::Fresh if now > self.take_until => return Ok(Step::Snooze(now)),
            State::Fresh => {
                self.state = State::Reading(now);
                let first = Timestamp(0);
                return Ok(self.reading.begin(Span { first, last: now }));
            }
            State::Reading(taken_at) => taken_at,
            State::Committing => return Ok(Step::Done),
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
        self.reading.reader.records(item, out)
    }
}
