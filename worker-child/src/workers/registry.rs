//! Which file does which kind of sync: one line each.

use shared::attempt::{Attempt, RunMode, RunOrder};
use shared::window::WindowOrder;
use shared::worker::Worker;

use super::active_inventory::{self, ActiveInventory, Plan};
use super::messages::{self, Messages};
use super::orders::{self, Orders};
use super::purchases::{self, Purchases};
use super::read::{BodyKind, ReadSpan};
use super::step::SyncWorker;
use super::trading::Site;
use super::window::Windowed;

/// The worker for a run, or `None` if the run's mode is not the worker's.
pub fn begin(attempt: &Attempt, run: &RunOrder) -> Option<Box<dyn SyncWorker>> {
    let site = Site::of(&attempt.marketplace);
    match (run.worker, &run.mode) {
        (Worker::Orders, RunMode::Window(order)) => Some(window(run, *order, Orders::default())),
        (Worker::Messages, RunMode::Window(order)) => {
            Some(window(run, *order, Messages::new(site)))
        }
        (Worker::Purchases, RunMode::Window(order)) => {
            Some(window(run, *order, Purchases::new(site)))
        }
        (Worker::ActiveInventory, RunMode::Snapshot(order)) => Some(Box::new(
            ActiveInventory::new(order.clone(), Plan::new(attempt, run)),
        )),
        _ => None,
    }
}

fn window<R: ReadSpan + 'static>(
    run: &RunOrder,
    order: WindowOrder,
    reader: R,
) -> Box<dyn SyncWorker> {
    Box::new(Windowed::new(order, run.take_until, reader))
}

/// The kinds of bodies that a worker reads.
pub const fn bodies(worker: Worker) -> &'static [BodyKind] {
    match worker {
        Worker::Orders => orders::BODIES,
        Worker::ActiveInventory => active_inventory::BODIES,
        Worker::Messages => messages::BODIES,
        Worker::Purchases => purchases::BODIES,
        Worker::Transactions
        | Worker::Offers
        | Worker::Finances
        | Worker::Cases
        | Worker::Inquiries
        | Worker::Returns => &[],
    }
}
