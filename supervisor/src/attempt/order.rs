//! From what is remembered to what a child is asked to do: pure.

use std::time::Duration;

use shared::attempt::{Attempt, Endpoints, RunMode, RunOrder, SnapshotOrder};
use shared::id::{AttemptId, RunNo};
use shared::time::Timestamp;
use shared::window::WindowOrder;
use shared::worker::Mode;

use crate::config::Config;
use crate::store::{Account, SyncState};

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
    /// Where the child's randomness starts.
    pub seed: u64,
}

/// Writes the orders of an attempt that starts now.
pub(super) fn attempt(orders: &Orders<'_>, config: &Config, now: Timestamp) -> Attempt {
    let runs = orders
        .states
        .iter()
        .zip(0..)
        .map(|(state, number)| run(state, RunNo(number), config, now));
    Attempt {
        id: orders.id,
        account_id: orders.account.id,
        account: orders.account.name.clone(),
        endpoints: orders.endpoints.clone(),
        marketplace: orders.account.marketplace.clone(),
        seed: orders.seed,
        started_at: now,
        network: config.network.order(),
        runs: runs.collect(),
    }
}

fn run(state: &SyncState, number: RunNo, config: &Config, now: Timestamp) -> RunOrder {
    let time: Duration = config.deadline_for(&state.account, state.worker).duration();
    let mode = match state.worker.mode() {
        Mode::Window => RunMode::Window(window(state, config, now)),
        Mode::Snapshot => RunMode::Snapshot(SnapshotOrder {
            // A report that was doubted cannot confirm itself: the next one must be newer.
            last_taken_at: state.cursor.max(state.suspect_at),
            state: state.mode_state.clone(),
        }),
    };
    RunOrder {
        run: number,
        worker: state.worker,
        mode,
        take_until: now.plus(time * TAKE.0 / TAKE.1),
        deadline: now.plus(time),
    }
}

fn window(state: &SyncState, config: &Config, now: Timestamp) -> WindowOrder {
    let sync = &config.sync;
    WindowOrder {
        cursor: state
            .cursor
            .unwrap_or_else(|| now.minus(sync.first_span.duration())),
        until: now.minus(sync.lag.duration()),
        step_ms: state.policy.step_ms.unwrap_or_else(|| sync.step.millis()),
        overlap_ms: sync.overlap.millis(),
    }
}

/// Whether a run that ended well has more to do: its window was not covered.
pub(super) fn has_backlog(order: &RunOrder, cursor: Option<Timestamp>) -> bool {
    match &order.mode {
        RunMode::Window(window) => cursor.unwrap_or(window.cursor) < window.until,
        RunMode::Snapshot(_) => false,
    }
}
