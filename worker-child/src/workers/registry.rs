//! Which file does which kind of sync: one line each.

use shared::attempt::{Attempt, RunMode, RunOrder};
use shared::worker::Worker;

use super::active_inventory::{ActiveInventory, Plan};
use super::orders::Orders;
use super::step::SyncWorker;

/// The worker for a run, or `None` if the run's mode is not the worker's.
pub fn begin(attempt: &Attempt, run: &RunOrder) -> Option<Box<dyn SyncWorker>> {
    match (run.worker, &run.mode) {
        (Worker::Orders, RunMode::Window(order)) => {
            Some(Box::new(Orders::new(*order, run.take_until)))
        }
        (Worker::ActiveInventory, RunMode::Snapshot(order)) => Some(Box::new(
            ActiveInventory::new(order.clone(), Plan::new(attempt, run)),
        )),
        (Worker::Orders, RunMode::Snapshot(_)) | (Worker::ActiveInventory, RunMode::Window(_)) => {
            None
        }
    }
}
