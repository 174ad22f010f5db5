//! What the dispatcher makes of what changed in the store.

use shared::time::Timestamp;
use shared::worker::Worker;

use super::Dispatcher;
use crate::config::Config;
use crate::scheduler::pass::Pass;
use crate::scheduler::schedule::Memory;
use crate::scheduler::slots::Room;
use crate::scheduler::stale::{Said, Success};
use crate::scheduler::survey::{News, Survey};

impl Dispatcher {
    /// Takes note of what changed.
    pub(super) fn hear(&mut self, news: Vec<News>, pass: &mut Option<Pass>) {
        let now = self.context.clock.now();
        let sync = &self.context.config.sync;
        for News {
            account,
            due,
            successes,
            ..
        } in news
        {
            let success = |(worker, at): (Worker, Timestamp)| Success {
                worker,
                at,
                good_for: sync.stale_limit(worker),
            };
            let all: Vec<Success> = successes.into_iter().map(success).collect();
            for said in self.staleness.set(account, &all, now) {
                tell_stale(&self.survey, said);
            }
            let due = match pass {
                Some(pass) => pass.select(account, due, self.schedule.is_running(account)),
                None => due,
            };
            let mut due = due;
            self.refused.hold(account, &mut due);
            let known = self.survey.account(account);
            let memory = known.map_or(Memory { normal: 0, big: 0 }, |known| {
                memory(&self.context.config, &known.name, self.room)
            });
            self.schedule.set(account, due, memory);
        }
        for said in self.staleness.look(now) {
            tell_stale(&self.survey, said);
        }
    }
}

/// What an account's attempts may use within the budget.
fn memory(config: &Config, account: &str, room: Room) -> Memory {
    let set = config.limits_for(account);
    let normal = set.memory.get();
    Memory {
        normal,
        big: set.big_slot.get().min(room.memory).max(normal),
    }
}

/// Tells that a worker is stale, or is no more.
fn tell_stale(survey: &Survey, said: Said) {
    let name = |account| survey.account(account).map_or("", |one| one.name.as_str());
    match said {
        Said::Stale {
            account,
            worker,
            since,
        } => tracing::warn!(
            account.id = %account, account.name = name(account), worker.name = %worker, %since,
            "stale: nothing has succeeded for sync.stale_after intervals; bulkhead status says why"
        ),
        Said::Fresh { account, worker } => tracing::info!(
            account.id = %account, account.name = name(account), worker.name = %worker,
            "not stale any more"
        ),
    }
}
