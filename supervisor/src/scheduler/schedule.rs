//! Who starts next, as a pure state machine: what is known of accounts, ends and the time go in,
//! attempts to start come out. It knows no clock, no store and no process; the dispatcher drives it,
//! and so do the simulations of the tests.
//!
//! *Invariants:* no account runs twice at once; the memory limits of all that runs stay within the
//! budget, or one attempt runs alone; nothing passes the first in line: what does not fit yet waits,
//! and what is behind it waits with it, so that room becomes free. Only those that wait for the one
//! big slot let others by. Each step costs the logarithm of the number of accounts.

use std::collections::{BTreeMap, BTreeSet};

use shared::id::AccountId;
use shared::time::Timestamp;

use super::due::{self, Due, Order, Plan, Rank};
use super::slots::{InUse, Room};
use crate::outcome::MemorySlot;

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
    /// When something more of it becomes ready, as it stands in `sleeping`.
    wakes_at: Option<Timestamp>,
    /// Its place in line.
    place: Option<(MemorySlot, Rank)>,
}

/// Every account, in line, asleep or running.
#[derive(Debug)]
pub struct Schedule {
    order: Order,
    room: Room,
    known: BTreeMap<AccountId, Known>,
    sleeping: BTreeSet<(Timestamp, AccountId)>,
    normal: BTreeSet<(Rank, AccountId)>,
    big: BTreeSet<(Rank, AccountId)>,
    running: BTreeMap<AccountId, (MemorySlot, u64)>,
    in_use: InUse,
    round: i64,
}

impl Schedule {
    /// No accounts yet.
    pub fn new(order: Order, room: Room) -> Self {
        Self {
            order,
            room,
            known: BTreeMap::new(),
            sleeping: BTreeSet::new(),
            normal: BTreeSet::new(),
            big: BTreeSet::new(),
            running: BTreeMap::new(),
            in_use: InUse::default(),
            round: 0,
        }
    }

    /// Goes by these from now on. An account keeps its place in line until it is
    /// [`set`](Self::set) anew.
    pub const fn configure(&mut self, order: Order, room: Room) {
        self.order = order;
        self.room = room;
    }

    /// What is known of an account from now on; without an entry nothing of it may start.
    pub fn set(&mut self, account: AccountId, due: Vec<Due>, memory: Memory) {
        self.forget(account);
        if due.is_empty() {
            return;
        }
        let known = Known {
            due,
            memory,
            wakes_at: None,
            place: None,
        };
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

    /// Nothing of an account may start before a time, unless it is [`set`](Self::set) anew.
    pub fn put_off(&mut self, account: AccountId, until: Timestamp) {
        if let Some(known) = self.known.get(&account) {
            let (memory, mut due) = (known.memory, known.due.clone());
            for entry in &mut due {
                entry.due_at = entry.due_at.max(until);
            }
            self.set(account, due, memory);
        }
    }

    /// The account's attempt is over, and its end is stored: what it made of the account must be
    /// [`set`](Self::set) before the next [`take`](Self::take).
    pub fn ended(&mut self, account: AccountId) {
        let Some((slot, memory)) = self.running.remove(&account) else {
            return;
        };
        self.in_use.attempts -= 1;
        self.in_use.memory -= memory;
        self.in_use.big &= slot != MemorySlot::Big;
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

    /// Accounts that are due and wait for their turn, as [`take`](Self::take) left them.
    pub fn in_line(&self) -> usize {
        self.normal.len() + self.big.len()
    }

    /// When the next account becomes ready, if it is known.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        self.sleeping.first().map(|(at, _)| *at)
    }

    /// Starts what is due and fits, at most `most` attempts, the first in line first.
    pub fn take(&mut self, now: Timestamp, most: usize, rng: &mut fastrand::Rng) -> Vec<Start> {
        self.wake(now, rng);
        let mut starts = Vec::new();
        while starts.len() < most {
            let Some((rank, account, queue)) = self.first() else {
                break;
            };
            let Some(known) = self.known.get(&account) else {
                break;
            };
            // Something more may have become ready since it took its place.
            let Some(slot) = line(&known.due, now) else {
                // The clock went back: it is not due any more.
                self.leave_line(account);
                self.sleep(account, None);
                continue;
            };
            if slot != queue {
                self.stand(account, slot, rank);
                continue;
            }
            let Some(plan) = due::plan(&known.due, now, !self.in_use.big) else {
                break;
            };
            let memory = known.memory.of(plan.slot);
            if !self.room.admits(self.in_use, plan.slot, memory) {
                break;
            }
            self.begin(account, plan.slot, memory, rank);
            starts.push(Start {
                account,
                plan,
                memory,
            });
        }
        starts
    }

    /// The first in line that need not wait for the big slot alone.
    fn first(&self) -> Option<(Rank, AccountId, MemorySlot)> {
        let first = |line: &BTreeSet<(Rank, AccountId)>, slot| {
            line.first().map(|(rank, account)| (*rank, *account, slot))
        };
        let normal = first(&self.normal, MemorySlot::Normal);
        let big = first(&self.big, MemorySlot::Big).filter(|_| !self.in_use.big);
        match (normal, big) {
            (Some(normal), Some(big)) if (big.0, big.1) < (normal.0, normal.1) => Some(big),
            (normal, big) => normal.or(big),
        }
    }

    fn begin(&mut self, account: AccountId, slot: MemorySlot, memory: u64, rank: Rank) {
        self.leave_line(account);
        if let Some(known) = self.known.get_mut(&account)
            && let Some(at) = known.wakes_at.take()
        {
            self.sleeping.remove(&(at, account));
        }
        self.running.insert(account, (slot, memory));
        self.in_use.attempts += 1;
        self.in_use.memory = self.in_use.memory.saturating_add(memory);
        self.in_use.big |= slot == MemorySlot::Big;
        if self.order == Order::Shuffle {
            self.round = self.round.max(rank.round().unwrap_or(0));
        }
    }

    /// Everyone whose time has come takes a place in line; one who has a place keeps it.
    fn wake(&mut self, now: Timestamp, rng: &mut fastrand::Rng) {
        while let Some((at, account)) = self.sleeping.first().copied() {
            if at > now {
                return;
            }
            self.sleeping.pop_first();
            let Some(known) = self.known.get_mut(&account) else {
                continue;
            };
            known.wakes_at = None;
            let plan = due::plan(&known.due, now, !self.in_use.big);
            if let Some((plan, slot)) = plan.zip(line(&known.due, now)) {
                let rank = match known.place {
                    Some((_, rank)) => rank,
                    None => rank(self.order, self.round, (&known.due, at), &plan, rng.u64(..)),
                };
                self.stand(account, slot, rank);
            }
            self.sleep(account, Some(now));
        }
    }

    /// Notes when something of the account becomes ready: anything, or anything after `now`.
    fn sleep(&mut self, account: AccountId, now: Option<Timestamp>) {
        let Some(known) = self.known.get_mut(&account) else {
            return;
        };
        let times = known.due.iter().map(Due::ready_at);
        let next = times.filter(|at| now.is_none_or(|now| *at > now)).min();
        if let Some(at) = known.wakes_at.take() {
            self.sleeping.remove(&(at, account));
        }
        if let Some(at) = next {
            known.wakes_at = Some(at);
            self.sleeping.insert((at, account));
        }
    }

    fn stand(&mut self, account: AccountId, slot: MemorySlot, rank: Rank) {
        self.leave_line(account);
        let line = match slot {
            MemorySlot::Normal => &mut self.normal,
            MemorySlot::Big => &mut self.big,
        };
        line.insert((rank, account));
        if let Some(known) = self.known.get_mut(&account) {
            known.place = Some((slot, rank));
        }
    }

    fn leave_line(&mut self, account: AccountId) {
        let place = self
            .known
            .get_mut(&account)
            .and_then(|known| known.place.take());
        match place {
            Some((MemorySlot::Normal, rank)) => self.normal.remove(&(rank, account)),
            Some((MemorySlot::Big, rank)) => self.big.remove(&(rank, account)),
            None => false,
        };
    }

    fn forget(&mut self, account: AccountId) {
        self.leave_line(account);
        if let Some(known) = self.known.remove(&account)
            && let Some(at) = known.wakes_at
        {
            self.sleeping.remove(&(at, account));
        }
    }
}

/// Where an account stands: it waits for the big slot only if nothing else of it could run.
fn line(due: &[Due], now: Timestamp) -> Option<MemorySlot> {
    due::plan(due, now, false).map(|plan| plan.slot)
}

/// The place of an account that became ready at a time.
fn rank(
    order: Order,
    round: i64,
    (due, ready_at): (&[Due], Timestamp),
    plan: &Plan,
    chance: u64,
) -> Rank {
    let served = due
        .iter()
        .filter_map(|entry| Some((entry.last_started_at?, entry.took)))
        .max();
    match order {
        Order::Stalest { alike } => Rank::stalest(served, ready_at, alike, plan.expected, chance),
        Order::Shuffle => Rank::shuffled(round.saturating_add(1), chance),
    }
}

#[cfg(test)]
mod tests;
