//! Window mode: slice after slice from the cursor, then the deep pass if it is due.

use std::time::Duration;

use shared::failure::Failure;
use shared::record::Record;
use shared::time::Timestamp;
use shared::window::{Slice, WindowOrder, next_slice};
use shared::wire::message::Mark;

use super::keyed::Keyed;
use super::read::{Careful, Progress, ReadSpan, Span};
use super::step::{Completed, Item, Reply, Step, SyncWorker, unexpected};
use crate::parse::ParseError;
use crate::parse::json::Json;

/// A run in window mode.
#[derive(Debug)]
pub struct Windowed<R> {
    reading: Careful<R>,
    /// The window, then the deep pass; each with the end of what is committed of it.
    stretches: Vec<Stretch>,
    take_until: Timestamp,
    /// The slice being read or committed.
    mark: Option<Mark>,
}

#[derive(Debug)]
struct Stretch {
    order: WindowOrder,
    cursor: Timestamp,
    mark: fn(Slice) -> Mark,
}

impl<R: ReadSpan> Windowed<R> {
    /// A run over this window that begins no slice after `take_until`.
    pub fn new(order: WindowOrder, take_until: Timestamp, reader: R) -> Self {
        let stretch = |order: WindowOrder, mark| Stretch {
            cursor: order.cursor,
            order,
            mark,
        };
        let mut stretches = vec![stretch(order, Mark::Slice as fn(Slice) -> Mark)];
        stretches.extend(order.deep_window().map(|deep| stretch(deep, Mark::Deep)));
        Self {
            reading: Careful::new(reader),
            stretches,
            take_until,
            mark: None,
        }
    }

    /// The slice before is committed, or there was none.
    fn begin_slice(&mut self, now: Timestamp) -> Step {
        let done = self.mark.take();
        for stretch in &mut self.stretches {
            if let Some(slice) = done.and_then(slice_of)
                && done == Some((stretch.mark)(slice))
            {
                stretch.cursor = slice.end;
            }
            let next = next_slice(&stretch.order, stretch.cursor);
            if let Some(slice) = next.filter(|_| now <= self.take_until) {
                self.mark = Some((stretch.mark)(slice));
                return self.reading.begin(Span {
                    first: slice.fetch_start,
                    last: slice.end.minus(Duration::from_millis(1)),
                });
            }
        }
        Step::Done
    }
}

impl<R: ReadSpan> SyncWorker for Windowed<R> {
    fn step(&mut self, reply: Reply, now: Timestamp) -> Result<Step, Failure> {
        if reply == Reply::Go {
            return Ok(self.begin_slice(now));
        }
        let Some(mark) = self.mark else {
            return Err(unexpected(&reply));
        };
        Ok(match self.reading.reply(reply)? {
            Progress::Step(step) => step,
            Progress::Complete(total) => Step::SliceDone(Completed {
                mark,
                items: total.items,
                announced: total.announced,
            }),
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

    fn parsed(&mut self, item: Json<'_>, out: &mut Vec<Record>) -> Result<(), ParseError> {
        self.reading.reader.parsed(item, out)
    }

    fn slice(&self) -> Option<Slice> {
        self.mark.and_then(slice_of)
    }
}

const fn slice_of(mark: Mark) -> Option<Slice> {
    match mark {
        Mark::Slice(slice) | Mark::Deep(slice) => Some(slice),
        Mark::Snapshot(_) | Mark::Rescan(_) => None,
    }
}

#[cfg(test)]
mod tests;
