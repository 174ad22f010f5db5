//! Which file does which kind of sync: one line each.

use shared::attempt::{Attempt, RunMode, RunOrder};
use shared::worker::Worker;

use super::active_inventory::{self, ActiveInventory, Plan};
use super::offers::{self, Offers};
use super::orders::{self, Orders};
use super::read::BodyKind;
use super::snapshot::Snapshot;
use super::step::SyncWorker;
use super::window::Windowed;

/// The worker for a run, or `None` if the run's mode is not the worker's.
pub fn begin(attempt: &Attempt, run: &RunOrder) -> Option<Box<dyn SyncWorker>> {
    match (run.worker, &run.mode) {
        (Worker::Orders, RunMode::Window(order)) => Some(Box::new(Windowed::new(
            *order,
            run.take_until,
            Orders::default(),
        ))),
        (Worker::ActiveInventory, RunMode::Snapshot(order)) => Some(Box::new(
            ActiveInventory::new(order.clone(), Plan::new(attempt, run)),
        )),
        (Worker::Offers, RunMode::Snapshot(order)) => Some(Box::new(Snapshot::new(
            order,
            run.take_until,
            Offers::default(),
        ))),
        _ => None,
    }
}

/// The kinds of bodies that a worker reads.
pub const fn bodies(worker: Worker) -> &'static [BodyKind] {
    match worker {
        Worker::Orders => orders::BODIES,
        Worker::ActiveInventory => active_inventory::BODIES,
        Worker::Offers => offers::BODIES,
        Worker::Transactions
        | Worker::Messages
        | Worker::Finances
        | Worker::Cases
        | Worker::Inquiries
        | Worker::Returns
        | Worker::Purchases => &[],
    }
}
