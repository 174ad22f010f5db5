//! What simulated children do, and how long they take.

use std::time::Duration;

use fastrand::Rng;
use shared::worker::Worker;
use supervisor::outcome::Cause;
use supervisor::scheduler::schedule::Start;

/// What an account's children do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Temper {
    /// They finish.
    Healthy,
    /// The run of `orders` dies half-way, every time.
    Crashing,
    /// Three runs die half-way, every time.
    Falling,
    /// The run of `orders` stands still until it is ended.
    Hanging,
    /// One run needs more memory than an ordinary slot has; in the big slot it lives every other time.
    Hungry,
    /// Every other run fails and is tried again later.
    Failing,
    /// Each run takes all its time and has more to do, for ever.
    Behind,
}

/// Which run does harm, if it is among those that started.
pub(crate) fn victim(temper: Temper, start: &Start) -> Option<Worker> {
    let harmful: &[Worker] = match temper {
        Temper::Healthy | Temper::Failing | Temper::Behind => &[],
        Temper::Crashing | Temper::Hanging | Temper::Hungry => &[Worker::Orders],
        Temper::Falling => &[
            Worker::Orders,
            Worker::ActiveInventory,
            Worker::Transactions,
        ],
    };
    let mut workers = start.plan.workers.iter();
    workers.find(|worker| harmful.contains(worker)).copied()
}

pub(crate) fn dies(temper: Temper, start: &Start) -> bool {
    victim(temper, start).is_some()
}

pub(crate) fn cause(temper: Temper) -> Cause {
    match temper {
        Temper::Hanging => Cause::Hung,
        Temper::Hungry => Cause::MemoryLimit,
        Temper::Healthy | Temper::Crashing | Temper::Falling | Temper::Failing | Temper::Behind => {
            Cause::Panic
        }
    }
}

/// A latency in milliseconds: lognormal with mean 300 ms.
pub(crate) fn latency(sigma: f64, rng: &mut Rng) -> Duration {
    // Box and Muller's way from two even numbers to a normal one.
    let (a, b) = (1.0 - rng.f64(), rng.f64());
    let normal = (-2.0 * a.ln()).sqrt() * (2.0 * std::f64::consts::PI * b).cos();
    let mean = 300.0_f64.ln() - sigma * sigma / 2.0;
    Duration::from_secs_f64((mean + sigma * normal).exp().min(1e8) / 1e3)
}
