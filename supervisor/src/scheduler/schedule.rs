//! Who starts next, as a pure state machine: what is known of accounts, ends and the time go in,
//! attempts to start come out. It knows no clock, no store and no process; the dispatcher drives it,
//! and so do the simulations of the tests.
//!
//! *Invariants:* no account runs twice at once; the memory limits of all that runs stay within the
//! budget, or one attempt runs alone; nothing passes the first in line: what does not fit yet waits,
//! and what is behind it waits with it, so that room becomes free. Only those that wait for the one
//! big slot, and those on trial, let others by. Each step costs the logarithm of the number of accounts.

mod alarms;
mod lines;
mod standing;

use std::collections::BTreeMap;

use shared::id::AccountId;
use shared::time::Timestamp;

use super::due::{self, Due, Order, Plan};
use super::slots::{InUse, Room};
use crate::outcome::MemorySlot;
use alarms::Alarms;
use lines::{Line, Lines, Place};
use standing::{rank, rank_on_trial, standing};

/// What an account's attempts may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// In an ordinary slot, in bytes.
    pub normal: u64,
    /// In the big slot, in bytes.
    pub big: u64,
}

impl Memory {
    const fn of(self, slot: MemorySlot) -> u64 {
        match slot {
            MemorySlot::Normal => self.normal,
            MemorySlot::Big => self.big,
        }
    }
}

/// An attempt that starts now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Whose.
    pub account: AccountId,
    /// What it is made of.
    pub plan: Plan,
    /// Its memory limit, in bytes.
    pub memory: u64,
}

#[derive(Debug)]
struct Known {
    due: Vec<Due>,
    memory: Memory,
    /// When it was last tried, since this began.
    tried: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
struct Running {
    line: Line,
    memory: u64,
}

/// Every account, in line, asleep or running.
#[derive(Debug)]
pub struct Schedule {
    order: Order,
    room: Room,
    known: BTreeMap<AccountId, Known>,
    /// When something more of an account becomes ready.
    sleeping: Alarms,
    lines: Lines,
    running: BTreeMap<AccountId, Running>,
    in_use: InUse,
    /// The last start was on trial.
    tried_last: bool,
    round: i64,
}

impl Schedule {
    /// No accounts yet.
    pub fn new(order: Order, room: Room) -> Self {
        Self {
            order,
            room,
            known: BTreeMap::new(),
            sleeping: Alarms::default(),
            lines: Lines::default(),
            running: BTreeMap::new(),
            in_use: InUse::default(),
            tried_last: false,
            round: 0,
        }
    }

    /// Goes by these from now on. In another order everyone stands in line anew.
    pub fn configure(&mut self, order: Order, room: Room) {
        self.room = room;
        if self.order == order {
            return;
        }
        self.order = order;
        let waiting = self.known.keys().copied();
        let waiting = waiting.filter(|account| !self.running.contains_key(account));
        for account in waiting.collect::<Vec<_>>() {
            self.leave_lines(account);
            self.sleep(account, None);
        }
    }

    /// What is known of an account from now on; without an entry nothing of it may start. One of which
    /// nothing else is known keeps its place in line.
    pub fn set(&mut self, account: AccountId, due: Vec<Due>, memory: Memory) {
        let known = self.known.get(&account);
        if known.is_some_and(|known| known.due == due && known.memory == memory) {
            return;
        }
        let tried = self.known.get(&account).and_then(|known| known.tried);
        self.forget(account);
        if due.is_empty() {
            return;
        }
        let known = Known { due, memory, tried };
        self.known.insert(account, known);
        if !self.running.contains_key(&account) {
            self.sleep(account, None);
        }
    }

    /// What is known of an account.
    pub fn due(&self, account: AccountId) -> &[Due] {
        self.known.get(&account).map_or(&[], |known| &known.due)
    }

    /// Keeps those entries of an account that may still start.
    pub fn retain(&mut self, account: AccountId, keep: impl Fn(&Due) -> bool) {
        if let Some(known) = self.known.get(&account) {
            let (memory, mut due) = (known.memory, known.due.clone());
            due.retain(keep);
            self.set(account, due, memory);
        }
    }

    /// The account's attempt is over, and its end is stored: what it made of the account must be
    /// [`set`](Self::set) before the next [`take`](Self::take).
    pub fn ended(&mut self, account: AccountId) {
        let Some(Running { line, memory }) = self.running.remove(&account) else {
            return;
        };
        self.in_use.attempts -= 1;
        self.in_use.memory -= memory;
        self.in_use.big &= line.slot != MemorySlot::Big;
        self.in_use.trials -= usize::from(line.on_trial);
        if self.known.contains_key(&account) {
            self.sleep(account, None);
        }
    }

    /// What runs.
    pub fn in_use(&self) -> InUse {
        self.in_use
    }

    /// Whether an attempt of the account runs.
    pub fn is_running(&self, account: AccountId) -> bool {
        self.running.contains_key(&account)
    }

    /// Attempts that are due and wait for their turn, as [`take`](Self::take) left them.
    pub fn in_line(&self) -> usize {
        self.lines.len()
    }

    /// When the next account becomes ready, if it is known.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        self.sleeping.first()
    }

    /// Starts what is due and fits, the first in line first.
    pub fn take(&mut self, now: Timestamp, rng: &mut fastrand::Rng) -> Vec<Start> {
        self.wake(now, rng);
        std::iter::from_fn(|| self.start_one(now, false)).collect()
    }

    /// Starts the first in line, if it fits, so that its end says whether all is well: one on trial only if
    /// nobody else waits.
    pub fn probe(&mut self, now: Timestamp, rng: &mut fastrand::Rng) -> Option<Start> {
        self.wake(now, rng);
        self.start_one(now, true)
    }

    fn start_one(&mut self, now: Timestamp, trials_last: bool) -> Option<Start> {
        loop {
            let place = self.first(trials_last)?;
            let (rank, account, line) = place;
            let known = self.known.get(&account)?;
            // Something more may have become ready since it took its place.
            let Some(stands) = standing(&known.due, now, line.on_trial) else {
                // The clock went back: it is not due any more; or it lets something else pass.
                self.lines.leave(account, line.on_trial);
                self.sleep(account, None);
                continue;
            };
            if stands.slot != line.slot {
                let slot = stands.slot;
                self.lines.stand((rank, account, Line { slot, ..line }));
                continue;
            }
            let plan = if line.on_trial {
                stands
            } else {
                due::plan(&known.due, now, !self.in_use.big)?
            };
            let memory = known.memory.of(plan.slot);
            if !self.room.admits(self.in_use, plan.slot, memory) {
                return None;
            }
            self.begin(place, plan.slot, memory, now);
            return Some(Start {
                account,
                plan,
                memory,
            });
        }
    }

    /// The first in line that need not wait for the big slot alone, nor for another trial to end.
    fn first(&self, trials_last: bool) -> Option<Place> {
        let big_is_free = !self.in_use.big;
        let other = self.lines.first(false, big_is_free);
        let more = self.in_use.trials < self.room.trials();
        let trial = self.lines.first(true, big_is_free).filter(|_| more);
        match self.order {
            _ if trials_last => other.or(trial),
            Order::Stalest { .. } => {
                let both = trial.into_iter().chain(other);
                both.min_by_key(|place| (place.0, place.1))
            }
            // Those on trial have no part in the rounds: every second start may be theirs.
            Order::Shuffle if self.tried_last => other.or(trial),
            Order::Shuffle => trial.or(other),
        }
    }

    fn begin(
        &mut self,
        (rank, account, line): Place,
        slot: MemorySlot,
        memory: u64,
        now: Timestamp,
    ) {
        self.leave_lines(account);
        self.sleeping.set(account, None);
        let line = Line { slot, ..line };
        self.running.insert(account, Running { line, memory });
        self.in_use.attempts += 1;
        self.in_use.memory = self.in_use.memory.saturating_add(memory);
        self.in_use.big |= slot == MemorySlot::Big;
        self.tried_last = line.on_trial;
        if line.on_trial {
            self.in_use.trials += 1;
            if let Some(known) = self.known.get_mut(&account) {
                known.tried = Some(now);
            }
        } else if self.order == Order::Shuffle {
            self.round = self.round.max(rank.round().unwrap_or(0));
        }
    }

    /// Everyone whose time has come takes a place in line; one who has a place keeps it.
    fn wake(&mut self, now: Timestamp, rng: &mut fastrand::Rng) {
        while let Some(account) = self.sleeping.take(now) {
            let Some(known) = self.known.get(&account) else {
                continue;
            };
            let (order, round, chance) = (self.order, self.round, rng.u64(..));
            let plan = due::plan(&known.due, now, !self.in_use.big);
            let ordinary = plan.map(|plan| rank(order, round, &known.due, &plan, chance));
            let trial = rank_on_trial(&known.due, known.tried, now, chance);
            let places = [(false, ordinary), (true, Some(trial))];
            for (on_trial, rank) in places {
                let stands = standing(&known.due, now, on_trial);
                let rank = self.lines.rank(account, on_trial).or(rank);
                if let Some((plan, rank)) = stands.zip(rank) {
                    let slot = plan.slot;
                    self.lines.stand((rank, account, Line { on_trial, slot }));
                }
            }
            self.sleep(account, Some(now));
        }
    }

    /// Notes when something of the account becomes ready: anything, or anything after `now`.
    fn sleep(&mut self, account: AccountId, now: Option<Timestamp>) {
        let Some(known) = self.known.get(&account) else {
            return;
        };
        let times = known.due.iter().map(Due::ready_at);
        let next = times.filter(|at| now.is_none_or(|now| *at > now)).min();
        self.sleeping.set(account, next);
    }

    fn leave_lines(&mut self, account: AccountId) {
        for on_trial in [false, true] {
            self.lines.leave(account, on_trial);
        }
    }

    fn forget(&mut self, account: AccountId) {
        self.leave_lines(account);
        self.known.remove(&account);
        self.sleeping.set(account, None);
    }
}

#[cfg(test)]
mod tests;
