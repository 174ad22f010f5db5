//! Accounts, their children and their clock, all simulated, around the real schedule and the real
//! policy.

use std::collections::BTreeSet;
use std::time::Duration;

use fastrand::Rng;
use shared::failure::{Failure, Place};
use shared::id::AccountId;
use shared::time::Timestamp;
use shared::worker::{Mode, Worker};
use supervisor::config::PolicyConfig;
use supervisor::outcome::{MemorySlot, Outcome, PolicyState};
use supervisor::policy::{self, Facts};
use supervisor::scheduler::due::{Due, Order};
use supervisor::scheduler::schedule::{Memory, Schedule, Start};
use supervisor::scheduler::slots::Room;

use crate::makespan::Takes;
use crate::temper::{Temper, cause, dies, latency, victim};

pub(crate) const MIB: u64 = 1 << 20;
pub(crate) const MINUTE: Duration = Duration::from_mins(1);
const SILENCE: Duration = MINUTE;
const TAKE: Duration = Duration::from_mins(11);

/// What a simulated world is made of.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) tempers: Vec<Temper>,
    pub(crate) workers: usize,
    pub(crate) interval: Duration,
    pub(crate) order: Order,
    pub(crate) room: Room,
    pub(crate) policy: PolicyConfig,
    /// Spread of the latencies, whose mean is 300 ms.
    pub(crate) sigma: f64,
}

impl Setting {
    /// Ten workers, due every five minutes, five accounts at once.
    pub(crate) fn new(tempers: Vec<Temper>) -> Self {
        Self {
            tempers,
            workers: 10,
            interval: MINUTE * 5,
            order: Order::Stalest {
                alike: MINUTE * 5 / 4,
            },
            room: Room {
                attempts: 5,
                memory: 1_152 * MIB,
            },
            policy: PolicyConfig::default(),
            sigma: 1.0,
        }
    }
}

struct Worked {
    due: Due,
    policy: PolicyState,
    latency: Duration,
}

struct Account {
    temper: Temper,
    memory: Memory,
    workers: Vec<Worked>,
    running: Option<Start>,
    started: Timestamp,
}

/// An attempt that started.
#[derive(Debug, Clone)]
pub(crate) struct Started {
    pub(crate) account: usize,
    pub(crate) at: Timestamp,
    /// Since when it could have.
    pub(crate) ready_at: Timestamp,
    /// When the account was served before.
    pub(crate) served: Option<Timestamp>,
    pub(crate) slot: MemorySlot,
    pub(crate) on_trial: bool,
}

/// The world.
pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) schedule: Schedule,
    /// How long there was a free slot.
    pub(crate) idle: Duration,
    setting: Setting,
    accounts: Vec<Account>,
    ends: BTreeSet<(Timestamp, usize)>,
    rng: Rng,
}

impl World {
    /// All accounts are due at once and never ran.
    pub(crate) fn new(setting: Setting, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut schedule = Schedule::new(setting.order, setting.room);
        let mut accounts = Vec::new();
        for (number, temper) in (0..).zip(&setting.tempers) {
            let workers = Worker::ALL.into_iter().take(setting.workers);
            let workers: Vec<Worked> = workers
                .map(|worker| Worked {
                    due: never_ran(AccountId(number), worker),
                    policy: PolicyState::default(),
                    latency: latency(setting.sigma, &mut rng),
                })
                .collect();
            let normal = if rng.u8(0..20) == 0 { 256 } else { 128 } * MIB;
            let memory = Memory {
                normal,
                big: 512 * MIB,
            };
            let due = workers.iter().map(|one| one.due.clone()).collect();
            schedule.set(AccountId(number), due, memory);
            accounts.push(Account {
                temper: *temper,
                memory,
                workers,
                running: None,
                started: Timestamp(0),
            });
        }
        Self {
            now: Timestamp(0),
            schedule,
            idle: Duration::ZERO,
            setting,
            accounts,
            ends: BTreeSet::new(),
            rng,
        }
    }

    /// What is known of an account, as the schedule has it.
    pub(crate) fn due(&self, account: usize) -> Vec<Due> {
        let workers = self.accounts[account].workers.iter();
        workers.map(|one| one.due.clone()).collect()
    }

    /// Whether an attempt of the account runs.
    pub(crate) fn runs(&self, account: usize) -> bool {
        self.accounts[account].running.is_some()
    }

    /// Starts what the schedule says, then lets time pass until something happens, but not beyond
    /// `until`. Returns what was started.
    pub(crate) fn step(&mut self, until: Timestamp) -> Vec<Started> {
        self.step_and_tell(until, |_, _| {})
    }

    /// The same, telling of each start as it happens.
    pub(crate) fn step_and_tell(
        &mut self,
        until: Timestamp,
        mut tell: impl FnMut(&Self, &Started),
    ) -> Vec<Started> {
        let starts = self.schedule.take(self.now, &mut self.rng);
        let mut started = Vec::new();
        for start in starts {
            let one = self.begin(start);
            tell(self, &one);
            started.push(one);
        }
        let end = self.ends.first().map(|(at, _)| *at);
        let next = end.into_iter().chain(self.schedule.wakes_at()).min();
        let before = self.now;
        self.now = next.map_or(until, |next| next.max(self.now)).min(until);
        if self.schedule.in_use().attempts < self.setting.room.attempts {
            self.idle += self.now.since(before);
        }
        while let Some((at, account)) = self.ends.first().copied() {
            if at > self.now {
                break;
            }
            self.ends.pop_first();
            self.end(account);
        }
        started
    }

    /// Every run takes another time from now on.
    pub(crate) fn draw_anew(&mut self) {
        for account in &mut self.accounts {
            for one in &mut account.workers {
                one.latency = latency(self.setting.sigma, &mut self.rng);
            }
        }
    }

    /// What each account's attempt of all its workers takes.
    pub(crate) fn takes(&self) -> Vec<Takes> {
        let takes = |account: &Account| {
            let all = || account.workers.iter().map(|one| one.latency);
            Takes {
                longest: all().max().unwrap_or_default(),
                sum: all().sum(),
            }
        };
        self.accounts.iter().map(takes).collect()
    }

    fn begin(&mut self, start: Start) -> Started {
        let number = usize::try_from(start.account.0).unwrap();
        let now = self.now;
        let account = &mut self.accounts[number];
        assert!(account.running.is_none(), "account {number} runs twice");
        let (mut ready_at, mut on_trial) = (now, false);
        let before = account.workers.iter();
        let served = before.filter_map(|one| one.due.last_started_at).max();
        for one in planned(&mut account.workers, &start) {
            ready_at = ready_at.min(one.due.ready_at());
            on_trial |= one.due.on_trial;
            one.due.last_started_at = Some(now);
        }
        let (slot, took) = (start.plan.slot, takes(account, &start, &mut self.rng));
        account.started = now;
        account.running = Some(start);
        self.ends.insert((now.plus(took), number));
        Started {
            account: number,
            at: now,
            ready_at,
            served,
            slot,
            on_trial,
        }
    }

    fn end(&mut self, number: usize) {
        let now = self.now;
        let account = &mut self.accounts[number];
        let start = account.running.take().unwrap();
        let took = now.since(account.started);
        let temper = account.temper;
        let victim = victim(temper, &start);
        let lives =
            !dies(temper, &start) || (start.plan.slot == MemorySlot::Big && self.rng.bool());
        for one in planned(&mut account.workers, &start) {
            let fails = temper == Temper::Failing && self.rng.bool();
            let outcome = match (lives, victim == Some(one.due.worker)) {
                (false, true) => Outcome::Died(cause(temper)),
                (false, false) if one.latency > took => Outcome::Interrupted,
                _ if fails => Outcome::Failed(Failure::Transient {
                    what: "simulated".to_owned(),
                    place: Place::default(),
                }),
                _ => Outcome::Completed,
            };
            let facts = Facts {
                now,
                due_was: one.due.due_at,
                interval: self.setting.interval,
                suspect: false,
                hello: true,
                ours: false,
                slot: start.plan.slot,
                big_is_larger: true,
                small: temper != Temper::Hungry,
                mode: Mode::Window,
                backlog: temper == Temper::Behind,
                configured_step: Duration::from_hours(24),
                at: None,
                skips: &[],
                retried: &[],
            };
            let policy = &self.setting.policy;
            let (next, decision) =
                policy::decide(&one.policy, &outcome, &facts, policy, &mut self.rng);
            one.due.due_at = decision.due_at;
            one.due.took = took;
            one.due.solitary = next.solitary;
            one.due.on_trial = next.on_trial;
            one.due.big_slot = next.big_slot;
            one.due.quarantined_until = next.quarantined_until;
            one.policy = next;
        }
        let memory = account.memory;
        let due = self.due(number);
        self.schedule
            .ended(AccountId(i64::try_from(number).unwrap()));
        self.schedule
            .set(AccountId(i64::try_from(number).unwrap()), due, memory);
    }
}

fn never_ran(account: AccountId, worker: Worker) -> Due {
    Due {
        account,
        worker,
        due_at: Timestamp(0),
        last_started_at: None,
        took: Duration::ZERO,
        solitary: false,
        on_trial: false,
        big_slot: false,
        quarantined_until: None,
    }
}

fn planned<'a>(
    workers: &'a mut [Worked],
    start: &'a Start,
) -> impl Iterator<Item = &'a mut Worked> {
    workers
        .iter_mut()
        .filter(|one| start.plan.workers.contains(&one.due.worker))
}

/// How long an attempt takes: its longest run, or until one dies.
fn takes(account: &mut Account, start: &Start, rng: &mut Rng) -> Duration {
    let victim = victim(account.temper, start);
    let all = planned(&mut account.workers, start);
    let (mut longest, mut dies_at) = (Duration::from_millis(1), None);
    for one in all {
        longest = longest.max(one.latency);
        if victim == Some(one.due.worker) {
            dies_at = Some(one.latency.mul_f64(rng.f64()));
        }
    }
    match account.temper {
        Temper::Hanging if dies_at.is_some() => longest + SILENCE,
        Temper::Behind => TAKE,
        Temper::Healthy
        | Temper::Crashing
        | Temper::Falling
        | Temper::Hanging
        | Temper::Hungry
        | Temper::Failing => dies_at.unwrap_or(longest).max(Duration::from_millis(1)),
    }
}
