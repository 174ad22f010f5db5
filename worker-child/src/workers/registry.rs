//! Which file does which kind of sync: one line each.

use shared::attempt::{Attempt, RunMode, RunOrder};
use shared::worker::Worker;

use super::active_inventory::{self, ActiveInventory, Plan};
use super::finances::{self, Finances};
use super::orders::{self, Orders};
use super::read::BodyKind;
use super::step::SyncWorker;
use super::transactions::{self, Transactions};
use super::window::Windowed;

/// The worker for a run, or `None` if the run's mode is not the worker's.
pub fn begin(attempt: &Attempt, run: &RunOrder) -> Option<Box<dyn SyncWorker>> {
    match (run.worker, &run.mode) {
        (Worker::Orders, RunMode::Window(order)) => Some(Box::new(Windowed::new(
            *order,
            run.take_until,
            Orders::default(),
        ))),
        (Worker::Transactions, RunMode::Window(order)) => Some(Box::new(Windowed::new(
            *order,
            run.take_until,
            Transactions::default(),
        ))),
        (Worker::Finances, RunMode::Window(order)) => Some(Box::new(Windowed::new(
            *order,
            run.take_until,
            Finances::default(),
        ))),
        (Worker::ActiveInventory, RunMode::Snapshot(order)) => Some(Box::new(
            ActiveInventory::new(order.clone(), Plan::new(attempt, run)),
        )),
        _ => None,
    }
}

/// The kinds of bodies that a worker reads.
pub const fn bodies(worker: Worker) -> &'static [BodyKind] {
    match worker {
        Worker::Orders => orders::BODIES,
        Worker::ActiveInventory => active_inventory::BODIES,
        Worker::Transactions => transactions::BODIES,
        Worker::Finances => finances::BODIES,
        Worker::Offers
        | Worker::Messages
        | Worker::Cases
        | Worker::Inquiries
        | Worker::Returns
        | Worker::Purchases => &[],
    }
}
