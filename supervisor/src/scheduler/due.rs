//! Which attempt is next: a pure function of what is due, what runs, and now.

use std::collections::{BTreeMap, BTreeSet};

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
    /// It runs in a child of its own.
    pub solitary: bool,
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
}

/// An attempt that could start now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Whose.
    pub account: AccountId,
    /// Its runs, in the order of the workers.
    pub workers: Vec<Worker>,
    /// Which memory slot it needs.
    pub slot: MemorySlot,
}

/// How accounts that are due are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The one that has waited longest since it was last served comes first; equals by chance.
    Stalest,
    /// By chance.
    Shuffle,
}

/// The attempts that could start now, in the order in which they should, one per account at most.
///
/// An account's shared attempt takes all its due workers but the solitary ones; only when there
/// is none does one solitary worker get its turn. An account that was served goes behind all that
/// were due and not served since, so none starves while attempts end.
pub fn plans(
    due: &[Due],
    running: &BTreeSet<AccountId>,
    now: Timestamp,
    order: Order,
    rng: &mut fastrand::Rng,
) -> Vec<Plan> {
    let mut accounts: BTreeMap<AccountId, Vec<&Due>> = BTreeMap::new();
    for entry in due {
        if entry.ready_at() <= now && !running.contains(&entry.account) {
            accounts.entry(entry.account).or_default().push(entry);
        }
    }
    let mut ordered: Vec<(Option<Timestamp>, u64, Plan)> = accounts
        .into_iter()
        .filter_map(|(account, entries)| {
            let served = entries
                .iter()
                .map(|entry| entry.last_started_at)
                .min()
                .flatten();
            let staleness = match order {
                Order::Stalest => served,
                Order::Shuffle => None,
            };
            Some((staleness, rng.u64(..), plan(account, &entries)?))
        })
        .collect();
    ordered.sort_by_key(|(served, chance, _)| (*served, *chance));
    ordered.into_iter().map(|(_, _, plan)| plan).collect()
}

/// The earliest moment after `now` at which something becomes ready.
pub fn next_ready(due: &[Due], now: Timestamp) -> Option<Timestamp> {
    due.iter().map(Due::ready_at).filter(|at| *at > now).min()
}

fn plan(account: AccountId, due: &[&Due]) -> Option<Plan> {
    let mut together: Vec<Worker> = due
        .iter()
        .filter(|entry| !entry.solitary && !entry.big_slot)
        .map(|entry| entry.worker)
        .collect();
    if !together.is_empty() {
        together.sort_unstable();
        return Some(Plan {
            account,
            workers: together,
            slot: MemorySlot::Normal,
        });
    }
    let alone = due
        .iter()
        .min_by_key(|entry| (entry.last_started_at, entry.due_at, entry.worker))?;
    Some(Plan {
        account,
        workers: vec![alone.worker],
        slot: if alone.big_slot {
            MemorySlot::Big
        } else {
            MemorySlot::Normal
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(account: i64, worker: Worker, due_at: i64, started: Option<i64>) -> Due {
        Due {
            account: AccountId(account),
            worker,
            due_at: Timestamp(due_at),
            last_started_at: started.map(Timestamp),
            solitary: false,
            big_slot: false,
            quarantined_until: None,
        }
    }

    fn order(due: &[Due], running: &[i64], now: i64) -> Vec<(i64, Vec<Worker>)> {
        let running = running.iter().copied().map(AccountId).collect();
        let mut rng = fastrand::Rng::with_seed(1);
        plans(due, &running, Timestamp(now), Order::Stalest, &mut rng)
            .into_iter()
            .map(|plan| (plan.account.0, plan.workers))
            .collect()
    }

    #[test]
    fn stalest_first_all_due_workers_together() {
        let table = [
            due(1, Worker::Orders, 0, Some(50)),
            due(2, Worker::Orders, 0, Some(10)),
            due(2, Worker::ActiveInventory, 0, Some(60)),
            due(3, Worker::Orders, 200, None),
            due(4, Worker::Orders, 0, None),
            due(5, Worker::Orders, 0, None),
        ];
        let all = vec![Worker::Orders, Worker::ActiveInventory];
        let expected = [
            (4, vec![Worker::Orders]),
            (2, all),
            (1, vec![Worker::Orders]),
        ];
        assert_eq!(order(&table, &[5], 100), expected);
        assert_eq!(next_ready(&table, Timestamp(100)), Some(Timestamp(200)));
    }

    #[test]
    fn shared_first_then_one_solitary_a_turn() {
        let mut lonely = due(1, Worker::ActiveInventory, 0, Some(1));
        lonely.solitary = true;
        let table = [due(1, Worker::Orders, 0, Some(90)), lonely.clone()];
        assert_eq!(order(&table, &[], 100), [(1, vec![Worker::Orders])]);
        assert_eq!(
            order(&[lonely], &[], 100),
            [(1, vec![Worker::ActiveInventory])]
        );
    }

    #[test]
    fn quarantine_holds_until_its_time() {
        let mut entry = due(1, Worker::Orders, 0, None);
        entry.quarantined_until = Some(Timestamp(500));
        assert_eq!(order(std::slice::from_ref(&entry), &[], 100), []);
        assert_eq!(
            next_ready(std::slice::from_ref(&entry), Timestamp(100)),
            Some(Timestamp(500))
        );
        assert_eq!(order(&[entry], &[], 500), [(1, vec![Worker::Orders])]);
    }

    #[test]
    fn equals_are_ordered_by_chance() {
        let table: Vec<Due> = (0..8)
            .map(|account| due(account, Worker::Orders, 0, None))
            .collect();
        let mut firsts = BTreeSet::new();
        for seed in 0..64 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let plans = plans(
                &table,
                &BTreeSet::new(),
                Timestamp(1),
                Order::Stalest,
                &mut rng,
            );
            firsts.insert(plans[0].account);
        }
        assert_eq!(firsts.len(), 8, "every account is first for some seed");
    }

    #[test]
    fn nobody_starves_while_slots_turn_over() {
        for seed in 0..50 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let count = 20;
            let mut table: Vec<Due> = (0..count)
                .map(|account| due(account, Worker::Orders, 0, None))
                .collect();
            let mut turns_since_served = [0; 20];
            for turn in 1..500_i64 {
                // Account 0 is due again at once, for ever: a crash loop without backoff.
                let plans = plans(
                    &table,
                    &BTreeSet::new(),
                    Timestamp(turn),
                    Order::Stalest,
                    &mut rng,
                );
                let first = &plans[0];
                let index = usize::try_from(first.account.0).unwrap();
                table[index].last_started_at = Some(Timestamp(turn));
                for (account, waited) in turns_since_served.iter_mut().enumerate() {
                    *waited = if account == index { 0 } else { *waited + 1 };
                    assert!(
                        *waited <= count,
                        "seed {seed}: account {account} waited {waited} turns"
                    );
                }
            }
        }
    }
}
