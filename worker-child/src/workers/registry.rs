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
    let site = || Site::of(&attempt.marketplace);
    Some(match (run.worker, &run.mode) {
        (Worker::Orders, RunMode::Window(order)) => windowed(run, *order, Orders::default()),
        (Worker::Transactions, RunMode::Window(order)) => {
            windowed(run, *order, Transactions::default())
        }
        (Worker::Finances, RunMode::Window(order)) => windowed(run, *order, Finances::default()),
        (Worker::Messages, RunMode::Window(order)) => windowed(run, *order, Messages::new(site())),
        (Worker::Purchases, RunMode::Window(order)) => {
            windowed(run, *order, Purchases::new(site()))
        }
        (Worker::ActiveInventory, RunMode::Snapshot(order)) => {
            Box::new(ActiveInventory::new(order.clone(), Plan::new(attempt, run)))
        }
        (Worker::Offers, RunMode::Snapshot(order)) => {
            Box::new(Snapshot::new(order, run.take_until, Offers::default()))
        }
        (Worker::Cases, RunMode::Rescan(order)) => rescanned(attempt, run, *order, cases::reader),
        (Worker::Inquiries, RunMode::Rescan(order)) => {
            rescanned(attempt, run, *order, inquiries::reader)
        }
        (Worker::Returns, RunMode::Rescan(order)) => {
            rescanned(attempt, run, *order, returns::reader)
        }
        _ => return None,
    })
}

fn windowed(
    run: &RunOrder,
    order: WindowOrder,
    reader: impl ReadSpan + 'static,
) -> Box<dyn SyncWorker> {
    Box::new(Windowed::new(order, run.take_until, reader))
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
