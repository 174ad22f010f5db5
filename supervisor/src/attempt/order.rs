//! From what is remembered to what a child is asked to do: pure.

use std::time::Duration;

use shared::attempt::{
    Attempt, Endpoints, ListingSource, RescanOrder, RunMode, RunOrder, SnapshotOrder,
};
use shared::id::{AttemptId, RunNo};
use shared::time::Timestamp;
use shared::window::WindowOrder;
use shared::worker::Mode;

use crate::config::Config;
use crate::policy;
use crate::store::{Account, SyncState};

/// The part of a run's time after which the child begins no further slice: three quarters, so that
/// the last one can finish before the deadline.
const TAKE: (u32, u32) = (3, 4);

/// How far back a rescan reads everything: eBay's widest window.
const RECENT: Duration = Duration::from_hours(90 * 24);
/// How far back eBay's post-order searches reach: 18 months.
const LOOK_BACK: Duration = Duration::from_hours(540 * 24);

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
            // A snapshot that was refused proves nothing by coming again: only a newer one counts.
            last_taken_at: state.cursor.max(state.suspect_at),
            state: state.mode_state.clone(),
            listings: ListingSource::Report,
        }),
        Mode::Rescan => RunMode::Rescan(rescan(config, now)),
    };
    RunOrder {
        run: number,
        worker: state.worker,
        mode,
        take_until: now.plus(time * TAKE.0 / TAKE.1),
        deadline: now.plus(time),
    }
}

fn rescan(config: &Config, now: Timestamp) -> RescanOrder {
    let until = now.minus(config.sync.lag.duration());
    RescanOrder {
        from: until.minus(RECENT),
        open_from: until.minus(LOOK_BACK),
        until,
    }
}

fn window(state: &SyncState, config: &Config, now: Timestamp) -> WindowOrder {
    let sync = &config.sync;
    let step = policy::step_of(&state.policy, sync.step.duration());
    WindowOrder {
        cursor: state
            .cursor
            .unwrap_or_else(|| now.minus(sync.first_span.duration())),
        until: now.minus(sync.lag.duration()),
        step_ms: u64::try_from(step.as_millis()).unwrap_or(u64::MAX),
        overlap_ms: sync.overlap.millis(),
        deep: None,
    }
}

/// Whether a run that ended well has more to do: its window was not covered.
pub(super) fn has_backlog(order: &RunOrder, cursor: Option<Timestamp>) -> bool {
    match &order.mode {
        RunMode::Window(window) => cursor.unwrap_or(window.cursor) < window.until,
        RunMode::Snapshot(_) | RunMode::Rescan(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::PolicyState;
    use shared::id::AccountId;
    use shared::worker::Worker;

    const NOW: Timestamp = Timestamp(1_000_000_000_000);

    fn state(worker: Worker, cursor: Option<i64>) -> SyncState {
        SyncState {
            account_id: AccountId(1),
            account: "shop".to_owned(),
            worker,
            since: None,
            cursor: cursor.map(Timestamp),
            mode_state: None,
            suspect_at: None,
            policy: PolicyState::default(),
            due_at: NOW,
            last_success_at: None,
            last_outcome: None,
            last_detail: None,
            last_outcome_at: None,
            last_started_at: None,
            starts: 0,
        }
    }

    fn mode(state: &SyncState) -> RunMode {
        run(state, RunNo(0), &Config::default(), NOW).mode
    }

    #[test]
    fn a_first_window_begins_90_days_back_and_a_later_one_at_its_cursor() {
        let day = Duration::from_hours(24);
        for (cursor, step, from, step_ms) in [
            (None, None, NOW.minus(90 * day), 86_400_000),
            (Some(5), Some(900_000), Timestamp(5), 900_000),
        ] {
            let mut state = state(Worker::Orders, cursor);
            state.policy.step_ms = step;
            let expected = WindowOrder {
                cursor: from,
                until: NOW.minus(Duration::from_mins(2)),
                step_ms,
                overlap_ms: 1_800_000,
                deep: None,
            };
            assert_eq!(mode(&state), RunMode::Window(expected));
        }
    }

    #[test]
    fn a_refused_snapshot_must_be_followed_by_a_newer_one() {
        for (cursor, suspect, expected) in [
            (None, None, None),
            (Some(5), None, Some(5)),
            (Some(5), Some(9), Some(9)),
            (None, Some(9), Some(9)),
        ] {
            let mut state = state(Worker::ActiveInventory, cursor);
            state.suspect_at = suspect.map(Timestamp);
            let RunMode::Snapshot(order) = mode(&state) else {
                panic!("a snapshot worker has a snapshot order");
            };
            assert_eq!(order.last_taken_at, expected.map(Timestamp));
        }
    }

    #[test]
    fn no_slice_begins_in_the_last_quarter_of_the_time() {
        let order = run(
            &state(Worker::Orders, None),
            RunNo(0),
            &Config::default(),
            NOW,
        );
        assert_eq!(order.deadline, NOW.plus(Duration::from_mins(15)));
        assert_eq!(order.take_until, NOW.plus(Duration::from_secs(675)));
    }
}
