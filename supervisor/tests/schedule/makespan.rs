//! How long a cycle of all accounts takes in simulated time, against the least that is possible and
//! against other ways to do it.

use std::time::Duration;

use fastrand::Rng;
use shared::time::Timestamp;

use crate::temper::{Temper, latency};
use crate::world::{MINUTE, Setting, World};

pub(crate) const ACCOUNTS: usize = 200;
const WORKERS: usize = 10;
pub(crate) const AT_ONCE: u8 = 5;

/// What each account takes in one cycle, and the sum of all its runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Takes {
    pub(crate) longest: Duration,
    pub(crate) sum: Duration,
}

/// The draws of one cycle.
pub(crate) fn draw(sigma: f64, rng: &mut Rng) -> Vec<Takes> {
    let account = |_| {
        let runs: Vec<Duration> = (0..WORKERS).map(|_| latency(sigma, rng)).collect();
        Takes {
            longest: runs.iter().copied().max().unwrap_or_default(),
            sum: runs.iter().sum(),
        }
    };
    (0..ACCOUNTS).map(account).collect()
}

/// No schedule of so many at once is shorter.
pub(crate) fn bound(cycle: &[Takes]) -> Duration {
    let total: Duration = cycle.iter().map(|one| one.longest).sum();
    let longest = cycle.iter().map(|one| one.longest).max();
    (total / u32::from(AT_ONCE)).max(longest.unwrap_or_default())
}

/// So many at once, in this order.
fn in_order(cycle: impl IntoIterator<Item = Duration>) -> Duration {
    let mut slots = [Duration::ZERO; AT_ONCE as usize];
    for takes in cycle {
        if let Some(first) = slots.iter_mut().min() {
            *first += takes;
        }
    }
    slots.into_iter().max().unwrap_or_default()
}

/// Other ways to do it, by name.
pub(crate) fn others(cycle: &[Takes]) -> [(&'static str, Duration); 5] {
    let longest = || cycle.iter().map(|one| one.longest);
    let mut sorted: Vec<Duration> = longest().collect();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    let batches = cycle.chunks(usize::from(AT_ONCE));
    let batch = |batch: &[Takes]| batch.iter().map(|one| one.longest).max();
    [
        ("all sequential", cycle.iter().map(|one| one.sum).sum()),
        ("accounts one by one", longest().sum()),
        ("batches with a barrier", batches.filter_map(batch).sum()),
        ("arrival order", in_order(longest())),
        ("longest first", in_order(sorted)),
    ]
}

/// Our second cycle, which knows how long the first took: its draws, and how long it took. With
/// `again` an account takes what it took before, else it draws anew.
pub(crate) fn ours(sigma: f64, again: bool, seed: u64) -> (Vec<Takes>, Duration) {
    let mut setting = Setting::new(vec![Temper::Healthy; ACCOUNTS]);
    setting.sigma = sigma;
    setting.interval = MINUTE * 60;
    let mut world = World::new(setting, seed);
    let second = Timestamp(0).plus(MINUTE * 60);
    while world.now < second {
        world.step(second);
    }
    if !again {
        world.draw_anew();
    }
    let cycle = world.takes();
    let third = second.plus(MINUTE * 59);
    let mut last = second;
    while world.now < third {
        let started = world.step(third);
        for one in started {
            last = last.max(one.at.plus(cycle[one.account].longest));
        }
    }
    (cycle, last.since(second))
}

/// What our cycle took against the least that is possible.
pub(crate) fn ratio(sigma: f64, again: bool, seed: u64) -> f64 {
    let (cycle, took) = ours(sigma, again, seed);
    took.as_secs_f64() / bound(&cycle).as_secs_f64()
}
