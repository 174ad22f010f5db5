//! What an account's next attempt is, and how accounts that are due are ordered: pure.

use std::cmp::Reverse;
use std::time::Duration;

use shared::id::AccountId;
use shared::time::Timestamp;
use shared::worker::Worker;

use crate::outcome::MemorySlot;

/// What the choice needs to know of an (account, worker).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub worker: Worker,
    /// When it is due.
    pub due_at: Timestamp,
    /// When it was last started; `None` if never.
    pub last_started_at: Option<Timestamp>,
    /// How long its last attempt took; zero if unknown.
    pub took: Duration,
    /// It runs in a child of its own.
    pub solitary: bool,
    /// It died of itself lately, and has not shown since that it does not. Always alone.
    pub on_trial: bool,
    /// It runs alone, in the big slot.
    pub big_slot: bool,
    /// Not before this time.
    pub quarantined_until: Option<Timestamp>,
}

impl Due {
    /// When it may run: due, and out of quarantine.
    pub fn ready_at(&self) -> Timestamp {
        self.quarantined_until
            .map_or(self.due_at, |until| until.max(self.due_at))
    }

    const fn alone(&self) -> bool {
        self.solitary || self.on_trial || self.big_slot
    }

    fn planned_alone(&self) -> Plan {
        Plan {
            workers: vec![self.worker],
            slot: if self.big_slot {
                MemorySlot::Big
            } else {
                MemorySlot::Normal
            },
            expected: self.took,
        }
    }
}

/// An attempt that could start now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its runs, in the order of the workers.
    pub workers: Vec<Worker>,
    /// Which memory slot it needs.
    pub slot: MemorySlot,
    /// How long the longest of its runs took the last time.
    pub expected: Duration,
}

/// How accounts that are due are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The one that has waited longest since it was last served comes first. Among those that were
    /// served within the same stretch of this length, the one that is expected to take longest, so
    /// that it does not run alone at the end; equals by chance.
    Stalest {
        /// The stretch. At least 1 ms.
        alike: Duration,
    },
    /// By chance, in rounds: what becomes due meanwhile belongs to the next round.
    Shuffle,
}

/// The place of an account that is due: the smallest is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// When it was served, or its round; `None` if it never was.
    turn: Option<i64>,
    longest: Reverse<Duration>,
    chance: u64,
}

impl Rank {
    /// Its place by staleness. `served` is when the account's last attempt started and how long it
    /// took, `ready_at` when it became due.
    ///
    /// One that is due again sooner than a stretch after that attempt ended (a backlog, a second try)
    /// is not late, so it has no part in the stretch and goes behind all that were served before it.
    pub fn stalest(
        served: Option<(Timestamp, Duration)>,
        ready_at: Timestamp,
        alike: Duration,
        expected: Duration,
        chance: u64,
    ) -> Self {
        let stretch = i64::try_from(alike.as_millis()).unwrap_or(i64::MAX).max(1);
        let turn = served.map(|(served, took)| {
            if ready_at.since(served.plus(took)) < alike {
                served.0
            } else {
                served.0.div_euclid(stretch).saturating_mul(stretch)
            }
        });
        Self {
            turn,
            longest: Reverse(expected),
            chance,
        }
    }

    /// Its place by chance, in a round.
    pub fn shuffled(round: i64, chance: u64) -> Self {
        Self {
            turn: Some(round),
            longest: Reverse(Duration::ZERO),
            chance,
        }
    }

    /// Its place among those on trial, by when it was last tried.
    pub fn on_trial(tried: Option<Timestamp>, chance: u64) -> Self {
        Self {
            turn: tried.map(|tried| tried.0),
            longest: Reverse(Duration::ZERO),
            chance,
        }
    }

    /// The round of a shuffled place.
    pub(super) const fn round(&self) -> Option<i64> {
        self.turn
    }
}

/// The most attempts of another account that start before an account that is due: one that was
/// waiting before it, and one that fell due in the same stretch or round. Of those that wait for the
/// big slot, where there is one at a time, and of those on trial, which have a part of the slots, the
/// same is true among themselves.
pub const STARTS_AHEAD: u64 = 2;

/// The next attempt of an account at `now` that is not on trial, if anything is ready.
///
/// A shared attempt takes all ready workers but those that run alone; of these one has its turn when
/// no other is ready, or when it has let a shared attempt pass. For the big slot it does not wait
/// while something else could run: only if it is free does one that needs it go first.
pub fn plan(due: &[Due], now: Timestamp, big_is_free: bool) -> Option<Plan> {
    let shared = || shared(due, now);
    match first_alone(due, now, false) {
        Some(one)
            if shared().next().is_none()
                || let_pass(one, due, now) && (big_is_free || !one.big_slot) =>
        {
            Some(one.planned_alone())
        }
        Some(_) | None => {
            let expected = shared().map(|entry| entry.took).max()?;
            let mut workers: Vec<Worker> = shared().map(|entry| entry.worker).collect();
            workers.sort_unstable();
            Some(Plan {
                workers,
                slot: MemorySlot::Normal,
                expected,
            })
        }
    }
}

/// The next attempt of an account at `now` that is on trial, if one has its turn: it too lets one shared
/// attempt pass.
pub fn trial(due: &[Due], now: Timestamp) -> Option<Plan> {
    let one = first_alone(due, now, true)?;
    let has_turn = shared(due, now).next().is_none() || let_pass(one, due, now);
    has_turn.then(|| one.planned_alone())
}

/// Of those that run alone, on trial or not, the one that did not for longest.
fn first_alone(due: &[Due], now: Timestamp, on_trial: bool) -> Option<&Due> {
    ready(due, now)
        .filter(|entry| entry.alone() && entry.on_trial == on_trial)
        .min_by_key(|entry| (entry.last_started_at, entry.due_at, entry.worker))
}

/// Those that run together.
fn shared(due: &[Due], now: Timestamp) -> impl Iterator<Item = &Due> {
    ready(due, now).filter(|entry| !entry.alone())
}

fn ready(due: &[Due], now: Timestamp) -> impl Iterator<Item = &Due> {
    due.iter().filter(move |entry| entry.ready_at() <= now)
}

/// Whether one that runs alone was ready when the last shared attempt started.
fn let_pass(one: &Due, due: &[Due], now: Timestamp) -> bool {
    let last = shared(due, now)
        .filter_map(|entry| entry.last_started_at)
        .max();
    last.is_some_and(|last| one.ready_at() <= last && one.last_started_at < Some(last))
}

#[cfg(test)]
mod tests;
