//! Healthy accounts among others, and how long they wait for their turn.

use std::time::Duration;

use shared::time::Timestamp;

use crate::temper::Temper;
use crate::world::{MINUTE, Setting, World};

const ACCOUNTS: usize = 200;

/// Every third account or so has this temper.
fn neighbours(temper: Temper) -> Vec<Temper> {
    let of = |account| match account % 10 {
        1 | 4 | 7 => temper,
        _ => Temper::Healthy,
    };
    (0..ACCOUNTS).map(of).collect()
}

/// The mean start delay of the accounts that are healthy among `temper`, over an hour.
pub(crate) fn delay(temper: Temper, played: Temper, seed: u64) -> Duration {
    let mut setting = Setting::new(neighbours(played));
    // Whoever dies goes on dying: no quarantine, and no more than five minutes of peace.
    setting.policy.quarantine_after = 100;
    setting.policy.death_backoff_cap = setting.policy.death_backoff_base;
    let measured = neighbours(temper);
    let mut world = World::new(setting, seed);
    let until = Timestamp(0).plus(MINUTE * 60);
    let (mut sum, mut count) = (Duration::ZERO, 0_u32);
    while world.now < until {
        for started in world.step(until) {
            if measured[started.account] == Temper::Healthy {
                sum += started.at.since(started.ready_at);
                count += 1;
            }
        }
    }
    sum / count
}
