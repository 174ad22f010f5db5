//! What the scheduler promises, whatever children do: no account twice at once, the budget holds, and
//! nobody starves.

use fastrand::Rng;
use shared::time::Timestamp;
use supervisor::outcome::MemorySlot;
use supervisor::scheduler::due::{self, Order, STARTS_AHEAD};
use supervisor::scheduler::slots::Room;

use crate::seeds::check;
use crate::temper::Temper;
use crate::world::{MIB, MINUTE, Setting, Started, World};

/// How often each account was started while each other was due: attempts on trial, or all others.
struct Ahead {
    on_trial: bool,
    accounts: usize,
    counts: Vec<u64>,
}

impl Ahead {
    fn new(on_trial: bool, accounts: usize) -> Self {
        Self {
            on_trial,
            accounts,
            counts: vec![0; accounts * accounts],
        }
    }

    /// Counts a start against everyone who could have started instead.
    fn started(&mut self, world: &World, started: &Started) {
        let one = started.account;
        if self.on_trial && !started.on_trial {
            return;
        }
        if started.on_trial && !self.on_trial {
            self.served(one);
            return;
        }
        for waiting in 0..self.accounts {
            if waiting == one {
                self.served(one);
                continue;
            }
            if world.runs(waiting) {
                continue;
            }
            let due = world.due(waiting);
            let plan = if self.on_trial {
                due::trial(&due, started.at)
            } else {
                due::plan(&due, started.at, false)
            };
            let competes = plan
                .is_some_and(|plan| plan.slot == MemorySlot::Normal || plan.slot == started.slot);
            if competes {
                let at = waiting * self.accounts + one;
                self.counts[at] += 1;
                let count = self.counts[at];
                assert!(
                    count <= STARTS_AHEAD,
                    "account {one} was started {count} times while {waiting} waited"
                );
            }
        }
    }

    fn served(&mut self, account: usize) {
        let row = account * self.accounts;
        self.counts[row..row + self.accounts].fill(0);
    }
}

fn tempers(count: usize, rng: &mut Rng) -> Vec<Temper> {
    let all = [
        Temper::Healthy,
        Temper::Healthy,
        Temper::Crashing,
        Temper::Falling,
        Temper::Hanging,
        Temper::Hungry,
        Temper::Failing,
        Temper::Behind,
    ];
    (0..count).map(|_| all[rng.usize(0..all.len())]).collect()
}

fn setting(accounts: usize, rng: &mut Rng) -> Setting {
    let mut setting = Setting::new(tempers(accounts, rng));
    setting.workers = rng.usize(1..=10);
    setting.room = Room {
        attempts: rng.usize(1..12),
        memory: rng.u64(128..2_048) * MIB,
    };
    if rng.bool() {
        setting.order = Order::Shuffle;
    }
    if rng.bool() {
        // Nothing is ever put aside for long.
        setting.policy.quarantine_after = 100;
        setting.policy.death_backoff_cap = setting.policy.death_backoff_base;
    }
    setting
}

#[test]
fn the_budget_holds_and_no_account_runs_twice() {
    check(20, |seed| {
        let mut rng = Rng::with_seed(seed);
        let accounts = rng.usize(1..1_500);
        let setting = setting(accounts, &mut rng);
        let room = setting.room;
        let mut world = World::new(setting, seed);
        let until = Timestamp(0).plus(MINUTE * 60);
        while world.now < until {
            world.step(until);
            let in_use = world.schedule.in_use();
            assert!(in_use.attempts <= room.attempts);
            assert!(
                in_use.memory <= room.memory || in_use.attempts == 1,
                "{in_use:?} of {room:?}"
            );
            assert!(in_use.trials <= room.trials(), "{in_use:?}");
        }
    });
}

#[test]
fn nobody_starves() {
    check(12, |seed| {
        let mut rng = Rng::with_seed(seed);
        let accounts = rng.usize(2..120);
        let mut world = World::new(setting(accounts, &mut rng), seed);
        let mut ahead = [false, true].map(|on_trial| Ahead::new(on_trial, accounts));
        let until = Timestamp(0).plus(MINUTE * 60 * 6);
        let (mut served, mut all) = (vec![false; accounts], 0);
        while world.now < until && all < 20_000 {
            let started = world.step_and_tell(until, |world, started| {
                for ahead in &mut ahead {
                    ahead.started(world, started);
                }
            });
            for started in started {
                served[started.account] = true;
                all += 1;
            }
        }
        let turns = all / accounts;
        assert!(
            turns < 3 || served.iter().all(|served| *served),
            "{all} starts, and somebody never had a turn"
        );
    });
}
