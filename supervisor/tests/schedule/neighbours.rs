//! Healthy accounts among others, and how long they wait for their turn.

use std::time::Duration;

use crate::temper::Temper;
use crate::world::{MINUTE, Setting, World};

const ACCOUNTS: usize = 200;

/// Which of the bad ones an account is, if it is one: three of ten.
const fn bad(account: usize) -> Option<usize> {
    match account % 10 {
        1 => Some(account / 10 * 3),
        4 => Some(account / 10 * 3 + 1),
        7 => Some(account / 10 * 3 + 2),
        _ => None,
    }
}

/// How long healthy accounts wait among those that are not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delays {
    /// The mean in the first hour, in which each of the others shows for the first time what it is.
    pub(crate) first: Duration,
    /// The mean in the hour after that.
    pub(crate) then: Duration,
    /// Attempts on trial that started in that hour.
    pub(crate) trials: u32,
}

/// Lets these tempers, in turn, play the neighbours; they go on for ever as they do.
pub(crate) fn delays(played: &[Temper], seed: u64) -> Delays {
    let temper = |account| bad(account).map(|number| played[number % played.len()]);
    let tempers = (0..ACCOUNTS).map(|account| temper(account).unwrap_or(Temper::Healthy));
    let mut setting = Setting::new(tempers.collect());
    // Whoever dies goes on dying: no quarantine, and no more than five minutes of peace.
    setting.policy.quarantine_after = 100;
    setting.policy.death_backoff_cap = setting.policy.death_backoff_base;
    let mut world = World::new(setting, seed);
    let (first, _) = hour(&mut world);
    let (then, trials) = hour(&mut world);
    Delays {
        first,
        then,
        trials,
    }
}

fn hour(world: &mut World) -> (Duration, u32) {
    let until = world.now.plus(MINUTE * 60);
    let (mut sum, mut count, mut trials) = (Duration::ZERO, 0_u32, 0);
    while world.now < until {
        for started in world.step(until) {
            trials += u32::from(started.on_trial);
            if bad(started.account).is_none() {
                sum += started.at.since(started.ready_at);
                count += 1;
            }
        }
    }
    (sum / count, trials)
}
