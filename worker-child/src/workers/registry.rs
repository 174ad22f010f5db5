//! Which file does which kind of sync: one line each.

use shared::attempt::{Attempt, RescanOrder, RunMode, RunOrder};
use shared::window::WindowOrder;
use shared::worker::Worker;

use super::active_inventory::{self, ActiveInventory, Plan};
use super::cases;
use super::finances::{self, Finances};
use super::inquiries;
use super::messages::{self, Messages};
use super::offers::{self, Offers};
use super::orders::{self, Orders};
use super::post_order::PostOrder;
use super::purchases::{self, Purchases};
use super::read::{BodyKind, ReadSpan};
use super::rescan::Rescanned;
use super::returns;
use super::snapshot::Snapshot;
use super::step::SyncWorker;
use super::trading::Site;
use super::transactions::{self, Transactions};
use super::window::Windowed;

/// The worker for a run, or `None` if the run's mode is not the worker's.
pub fn begin(attempt: &Attempt, run: &RunOrder) -> Option<Box<dyn SyncWorker>> {
    Some(match &run.mode {
        RunMode::Window(order) => windowed(attempt, run, *order)?,
        RunMode::Snapshot(order) => match run.worker {
            Worker::ActiveInventory => {
                Box::new(ActiveInventory::new(order.clone(), Plan::new(attempt, run)))
            }
            Worker::Offers => Box::new(Snapshot::new(order, run.take_until, Offers::default())),
            _ => return None,
        },
        RunMode::Rescan(order) => rescanned(attempt, run, *order)?,
    })
}

fn windowed(attempt: &Attempt, run: &RunOrder, order: WindowOrder) -> Option<Box<dyn SyncWorker>> {
    fn with(
        run: &RunOrder,
        order: WindowOrder,
        reader: impl ReadSpan + 'static,
    ) -> Option<Box<dyn SyncWorker>> {
        Some(Box::new(Windowed::new(order, run.take_until, reader)))
    }
    let site = Site::of(&attempt.marketplace);
    match run.worker {
        Worker::Orders => with(run, order, Orders::default()),
        Worker::Transactions => with(run, order, Transactions::default()),
        Worker::Finances => with(run, order, Finances::default()),
        Worker::Messages => with(run, order, Messages::new(site)),
        Worker::Purchases => with(run, order, Purchases::new(site)),
        _ => None,
    }
}

fn rescanned(attempt: &Attempt, run: &RunOrder, order: RescanOrder) -> Option<Box<dyn SyncWorker>> {
    let reader: fn(&str) -> PostOrder = match run.worker {
        Worker::Cases => cases::reader,
        Worker::Inquiries => inquiries::reader,
        Worker::Returns => returns::reader,
        _ => return None,
    };
    let reader = reader(&attempt.marketplace);
    Some(Box::new(Rescanned::new(order, run.take_until, reader)))
}

/// The kinds of bodies that a worker reads.
pub const fn bodies(worker: Worker) -> &'static [BodyKind] {
    match worker {
        Worker::Orders => orders::BODIES,
        Worker::ActiveInventory => active_inventory::BODIES,
        Worker::Transactions => transactions::BODIES,
        Worker::Offers => offers::BODIES,
        Worker::Messages => messages::BODIES,
        Worker::Finances => finances::BODIES,
        Worker::Cases => cases::BODIES,
        Worker::Inquiries => inquiries::BODIES,
        Worker::Returns => returns::BODIES,
        Worker::Purchases => purchases::BODIES,
    }
}
