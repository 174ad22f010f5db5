//! What an honest child does: batches, checkpoints, the end of each run.

use shared::attempt::{RunMode, RunOrder};
use shared::flight::Phase;
use shared::id::RunNo;
use shared::record::Record;
use shared::time::Timestamp;
use shared::window::{WindowOrder, next_slice};
use shared::wire::message::{FromChild, Mark};

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
        let world = World::new(self.script);
        let all = match order.mode {
            RunMode::Window(_) => world.all_orders(),
            RunMode::Snapshot(_) => world.listings(),
            RunMode::Rescan(_) => Vec::new(),
        };
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
            RunMode::Window(window) => self.window(order.run, window, dropping)?,
            RunMode::Snapshot(_) => {
                self.flight.stage(order.run, Phase::Sending, None);
                let listings = World::new(self.script).listings();
                let taken = Mark::Snapshot(self.started_at);
                self.complete(order.run, listings, taken, dropping)?;
            }
            RunMode::Rescan(rescan) => {
                self.flight.stage(order.run, Phase::Sending, None);
                let mark = Mark::Rescan(rescan.until);
                self.complete(order.run, Vec::new(), mark, dropping)?;
            }
        }
        self.flight.stage(order.run, Phase::Ended, None);
        self.flight.leave_poll();
        self.talk.say(&FromChild::RunDone { run: order.run })
    }

    fn window(
        &mut self,
        run: RunNo,
        window: &WindowOrder,
        dropping: bool,
    ) -> Result<(), TalkError> {
        let mut cursor = window.cursor;
        while let Some(slice) = next_slice(window, cursor) {
            self.flight.stage(run, Phase::Sending, Some(slice));
            let orders = World::new(self.script).orders(slice.fetch_start, slice.end);
            self.complete(run, orders, Mark::Slice(slice), dropping)?;
            cursor = slice.end;
        }
        Ok(())
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
