//! From what is remembered to what a child is asked to do: pure.

use std::time::Duration;

use shared::attempt::{Attempt, Endpoints, RescanOrder, RunMode, RunOrder, SnapshotOrder};
use shared::id::{AttemptId, RunNo};
use shared::time::Timestamp;
use shared::window::{DeepOrder, WindowOrder};
use shared::worker::Mode;

use super::letters;
use crate::config::{Config, SyncConfig};
use crate::policy;
use crate::store::{Account, DeadLetter, SyncState};

/// The part of a run's time after which the child begins no further slice: three quarters, so that
/// the last one can finish before the deadline.
const TAKE: (u32, u32) = (3, 4);

/// Everything that an attempt is made of.
#[derive(Debug)]
pub(super) struct Orders<'a> {
    /// Its number.
    pub id: AttemptId,
    /// Whose.
    pub account: &'a Account,
    /// Where that account's eBay is.
    pub endpoints: Endpoints,
    /// What is remembered for each run, in order.
    pub states: &'a [SyncState],
    /// The dead letters of each of them, in the same order.
    pub letters: &'a [Vec<DeadLetter>],
    /// Where the child's randomness starts.
    pub seed: u64,
}

/// Writes the orders of an attempt that starts now.
pub(super) fn attempt(orders: &Orders<'_>, config: &Config, now: Timestamp) -> Attempt {
    let runs = orders
        .states
        .iter()
        .zip(orders.letters)
        .zip(0..)
        .map(|((state, letters), number)| run(state, letters, RunNo(number), config, now));
    Attempt {
        id: orders.id,
        account_id: orders.account.id,
        account: orders.account.name.clone(),
        endpoints: orders.endpoints.clone(),
        marketplace: orders.account.marketplace.clone(),
        seed: orders.seed,
        started_at: now,
        network: config.network.order(),
        sandbox: config.sandbox,
        recording_cap: config.recording.cap.get(),
        silence_ms: config.timeouts_for(&orders.account.name).silence.millis(),
        runs: runs.collect(),
    }
}

fn run(
    state: &SyncState,
    letters: &[DeadLetter],
    number: RunNo,
    config: &Config,
    now: Timestamp,
) -> RunOrder {
    let again = !letters::retried(letters).is_empty();
    let time: Duration = config.deadline_for(&state.account, state.worker).duration();
    let mode = match state.worker.mode() {
        Mode::Window => RunMode::Window(window(state, again, config, now)),
        Mode::Snapshot => RunMode::Snapshot(SnapshotOrder {
            // A snapshot that was refused proves nothing by coming again: only a newer one counts.
            last_taken_at: state.cursor.max(state.suspect_at),
            state: state.mode_state.clone(),
            listings: config.sync.listing_source(),
        }),
        Mode::Rescan => RunMode::Rescan(rescan(state, &config.sync, now)),
    };
    RunOrder {
        run: number,
        worker: state.worker,
        mode,
        take_until: now.plus(time * TAKE.0 / TAKE.1),
        deadline: now.plus(time),
        skip: letters::skips(letters),
    }
}

/// Everything of the recent past, and once per `deep_interval` of the whole look-back. What lies
/// between the cursor and the recent past was not read yet, so it is read too, as far as eBay goes.
fn rescan(state: &SyncState, sync: &SyncConfig, now: Timestamp) -> RescanOrder {
    let until = now.minus(sync.lag.duration());
    let open_from = until.minus(sync.look_back.duration());
    let recent = until.minus(sync.recent_span.duration());
    let due = is_deep_due(state.deep, sync, until);
    let from = match state.cursor {
        Some(cursor) if !due => cursor.min(recent).max(open_from),
        Some(_) | None => open_from,
    };
    RescanOrder {
        from,
        open_from,
        until,
    }
}

fn window(state: &SyncState, again: bool, config: &Config, now: Timestamp) -> WindowOrder {
    let sync = &config.sync;
    let step = policy::step_of(&state.policy, sync.step.duration());
    let first_span = sync.first_span_of(state.worker).duration();
    let until = now.minus(sync.lag.duration());
    WindowOrder {
        cursor: state.cursor.unwrap_or_else(|| now.minus(first_span)),
        until,
        step_ms: u64::try_from(step.as_millis()).unwrap_or(u64::MAX),
        overlap_ms: sync.overlap.millis(),
        deep: deep(state, again, sync, until),
    }
}

/// The deep pass after this window: what is left of the last one, or a new one if it is due. None
/// while the first backfill is not done, which reads the same.
///
/// It never goes back beyond the ledger: what was not read once is not read once more. What is left
/// is all of it, and of every worker, when an item that was passed over must be read `again`: the
/// stretch that it stands in was added then.
fn deep(state: &SyncState, again: bool, sync: &SyncConfig, until: Timestamp) -> Option<DeepOrder> {
    let last = state.deep?;
    // What a clock that was set back had ordered of the time to come has not happened yet.
    let last = DeepOrder {
        until: last.until.min(until),
        ..last
    };
    if again && last.from < last.until {
        return Some(last);
    }
    if !state.worker.has_deep_pass() {
        return None;
    }
    let oldest = until
        .minus(sync.deep_span.duration())
        .max(state.since.unwrap_or(until));
    let left = DeepOrder {
        from: last.from.max(oldest),
        until: last.until,
    };
    if left.from < left.until {
        return Some(left);
    }
    let due = oldest < until && is_deep_due(state.deep, sync, until);
    due.then_some(DeepOrder {
        from: oldest,
        until,
    })
}

/// Whether the last deep pass ended so long before `until` that another is due. One that ended after it
/// was ordered by a clock that was set back: it proves nothing.
fn is_deep_due(last: Option<DeepOrder>, sync: &SyncConfig, until: Timestamp) -> bool {
    last.is_none_or(|last| {
        last.until > until || until.since(last.until) >= sync.deep_interval.duration()
    })
}

#[cfg(test)]
mod tests;
