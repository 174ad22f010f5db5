//! What an honest child does: batches, checkpoints, the end of each run.

use shared::attempt::{RunMode, RunOrder};
use shared::flight::Phase;
use shared::id::RunNo;
use shared::record::{Record, Value};
use shared::time::Timestamp;
use shared::window::{Slice, WindowOrder, next_slice};
use shared::wire::message::{FromChild, Mark, Probed};

use super::flight::Flight;
use super::script::Script;
use super::talk::{Talk, TalkError};
use super::world::World;

/// Records in a batch.
const BATCH: usize = 25;
/// Of so many records one is kept back by a child that drops rows.
const DROPPED: usize = 4;

/// The honest part of a child.
pub(super) struct Good<'a> {
    pub(super) talk: &'a mut Talk,
    pub(super) flight: &'a mut Flight,
    pub(super) script: &'a Script,
    /// When the attempt began: the time of its snapshots.
    pub(super) started_at: Timestamp,
}

impl Good<'_> {
    /// Sends the run's first batch.
    pub(super) fn begin(&mut self, order: &RunOrder) -> Result<(), TalkError> {
        let all = World::new(self.script).all(order.worker);
        let slice = match &order.mode {
            RunMode::Window(window) => next_slice(window, window.cursor),
            RunMode::Snapshot(_) | RunMode::Rescan(_) => None,
        };
        self.flight.stage(order.run, Phase::Sending, slice);
        let some: Vec<Record> = all.into_iter().take(5).collect();
        self.flight.records(order.run, some.len() as u64);
        self.talk.batch(order.run, some)
    }

    /// Does the whole run; `dropping` keeps records back.
    pub(super) fn run(&mut self, order: &RunOrder, dropping: bool) -> Result<(), TalkError> {
        self.flight.enter_poll(order.run);
        match &order.mode {
            RunMode::Window(window) => {
                self.window(order, window, Mark::Slice, dropping)?;
                if let Some(deep) = window.deep_window() {
                    self.window(order, &deep, Mark::Deep, dropping)?;
                }
            }
            RunMode::Snapshot(_) => {
                self.flight.stage(order.run, Phase::Sending, None);
                let items = World::new(self.script).all(order.worker);
                let taken = Mark::Snapshot(self.started_at);
                self.complete(order.run, items, taken, dropping)?;
            }
            RunMode::Rescan(rescan) => {
                self.flight.stage(order.run, Phase::Sending, None);
                let items = self.needed(order)?;
                let mark = Mark::Rescan(rescan.until);
                self.complete(order.run, items, mark, dropping)?;
            }
        }
        self.flight.stage(order.run, Phase::Ended, None);
        self.flight.leave_poll();
        self.talk.say(&FromChild::RunDone { run: order.run })
    }

    fn window(
        &mut self,
        order: &RunOrder,
        window: &WindowOrder,
        mark: fn(Slice) -> Mark,
        dropping: bool,
    ) -> Result<(), TalkError> {
        let mut cursor = window.cursor;
        while let Some(slice) = next_slice(window, cursor) {
            self.flight.stage(order.run, Phase::Sending, Some(slice));
            let world = World::new(self.script);
            let items = world.changed(order.worker, slice.fetch_start, slice.end);
            self.complete(order.run, items, mark(slice), dropping)?;
            cursor = slice.end;
        }
        Ok(())
    }

    /// The items of a rescan that are not stored as they are.
    fn needed(&mut self, order: &RunOrder) -> Result<Vec<Record>, TalkError> {
        let mut needed = Vec::new();
        for items in World::new(self.script).all(order.worker).chunks(BATCH) {
            let probed = items.iter().map(probed).collect();
            let Some(table) = items.first().map(|item| item.table) else {
                break;
            };
            let told = self.talk.probe(order.run, table, probed)?;
            let positions = told.iter().filter_map(|at| usize::try_from(*at).ok());
            needed.extend(positions.filter_map(|at| items.get(at).cloned()));
        }
        Ok(needed)
    }

    fn complete(
        &mut self,
        run: RunNo,
        records: Vec<Record>,
        mark: Mark,
        dropping: bool,
    ) -> Result<(), TalkError> {
        let kept: Vec<Record> = records
            .into_iter()
            .enumerate()
            .filter(|(position, _)| !dropping || position % DROPPED > 0)
            .map(|(_, record)| record)
            .collect();
        for batch in kept.chunks(BATCH) {
            self.talk.batch(run, batch.to_vec())?;
            self.flight.progress(run);
        }
        self.talk.checkpoint(run, mark, kept.len() as u64)
    }
}

/// How a record is asked about: by its key and the version that it holds last.
pub(super) fn probed(record: &Record) -> Probed {
    let version = match record.values.last() {
        Some(Value::Text(version)) => version.clone(),
        Some(_) | None => String::new(),
    };
    Probed {
        key: record.key.clone(),
        version,
    }
}
