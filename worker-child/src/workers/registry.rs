//! Which file does which kind of sync: one line each.

use shared::attempt::{Attempt, RescanOrder, RunMode, RunOrder};
use shared::worker::Worker;

use super::active_inventory::{self, ActiveInventory, Plan};
use super::cases;
use super::finances::{self, Finances};
use super::inquiries;
use super::offers::{self, Offers};
use super::orders::{self, Orders};
use super::post_order::PostOrder;
use super::read::BodyKind;
use super::rescan::Rescanned;
use super::returns;
use super::snapshot::Snapshot;
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
        (Worker::Offers, RunMode::Snapshot(order)) => Some(Box::new(Snapshot::new(
            order,
            run.take_until,
            Offers::default(),
        ))),
        (Worker::Returns, RunMode::Rescan(order)) => {
            Some(rescanned(attempt, run, *order, returns::reader))
        }
        (Worker::Inquiries, RunMode::Rescan(order)) => {
            Some(rescanned(attempt, run, *order, inquiries::reader))
        }
        (Worker::Cases, RunMode::Rescan(order)) => {
            Some(rescanned(attempt, run, *order, cases::reader))
        }
        _ => None,
    }
}

fn rescanned(
    attempt: &Attempt,
    run: &RunOrder,
    order: RescanOrder,
    reader: fn(&str) -> PostOrder,
) -> Box<dyn SyncWorker> {
    let reader = reader(&attempt.marketplace);
    Box::new(Rescanned::new(order, run.take_until, reader))
}

/// The kinds of bodies that a worker reads.
pub const fn bodies(worker: Worker) -> &'static [BodyKind] {
    match worker {
        Worker::Orders => orders::BODIES,
        Worker::ActiveInventory => active_inventory::BODIES,
        Worker::Offers => offers::BODIES,
        Worker::Returns => returns::BODIES,
        Worker::Inquiries => inquiries::BODIES,
        Worker::Cases => cases::BODIES,
        Worker::Transactions => transactions::BODIES,
        Worker::Finances => finances::BODIES,
        Worker::Messages | Worker::Purchases => &[],
    }
}
