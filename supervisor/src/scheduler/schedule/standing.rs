//! What an account stands in line for, and where: pure.

use shared::time::Timestamp;

use crate::scheduler::due::{self, Due, Order, Plan, Rank};

/// What an account stands in line for: the big slot only if nothing else of it could run.
pub(super) fn standing(due: &[Due], now: Timestamp, on_trial: bool) -> Option<Plan> {
    if on_trial {
        due::trial(due, now)
    } else {
        due::plan(due, now, false)
    }
}

/// The place of an account among those on trial: by the last start of the worker that has its turn, or
/// of another one that was tried since. What runs of it besides changes nothing.
pub(super) fn rank_on_trial(
    due: &[Due],
    tried: Option<Timestamp>,
    now: Timestamp,
    chance: u64,
) -> Rank {
    let trials = due.iter().filter(|entry| entry.on_trial);
    let ready = trials.filter(|entry| entry.ready_at() <= now);
    let started = ready.map(|entry| entry.last_started_at).min().flatten();
    Rank::on_trial(started.max(tried).map(|at| at.min(now)), chance)
}

/// The place of an account for a plan that is not on trial.
pub(super) fn rank(order: Order, round: i64, due: &[Due], plan: &Plan, chance: u64) -> Rank {
    let served = due
        .iter()
        .filter_map(|entry| Some((entry.last_started_at?, entry.took)))
        .max();
    let others = due.iter().filter(|entry| !entry.on_trial);
    let ready_at = others.map(Due::ready_at).min().unwrap_or(Timestamp(0));
    match order {
        Order::Stalest { alike } => Rank::stalest(served, ready_at, alike, plan.expected, chance),
        Order::Shuffle => Rank::shuffled(round.saturating_add(1), chance),
    }
}
