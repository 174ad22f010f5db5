//! What a decision costs: the whole life of an attempt in the schedule, with many accounts.

use std::hint::black_box;
use std::time::{Duration, Instant};

use shared::id::AccountId;
use shared::time::Timestamp;
use shared::worker::Worker;
use supervisor::scheduler::due::{Due, Order};
use supervisor::scheduler::schedule::{Memory, Schedule};
use supervisor::scheduler::slots::Room;

const ROOM: Room = Room {
    attempts: 5,
    memory: 1 << 40,
};
const MEMORY: Memory = Memory { normal: 1, big: 1 };

fn due(account: i64, due_at: i64, started: Option<i64>) -> Vec<Due> {
    let due = |worker| Due {
        account: AccountId(account),
        worker,
        due_at: Timestamp(due_at),
        last_started_at: started.map(Timestamp),
        took: Duration::from_millis(300),
        solitary: false,
        on_trial: false,
        big_slot: false,
        quarantined_until: None,
    };
    Worker::ALL.into_iter().map(due).collect()
}

/// Microseconds for each start, with everyone due, and for each look that finds nothing.
fn decisions(accounts: i64) -> (f64, f64) {
    let alike = Duration::from_secs(75);
    let mut schedule = Schedule::new(Order::Stalest { alike }, ROOM);
    let mut rng = fastrand::Rng::with_seed(1);
    for account in 0..accounts {
        schedule.set(AccountId(account), due(account, 0, None), MEMORY);
    }
    let (mut now, mut starts) = (0, 0_u32);
    let began = Instant::now();
    while i64::from(starts) < accounts * 3 {
        now += 1;
        for start in schedule.take(Timestamp(now), &mut rng) {
            starts += 1;
            schedule.ended(start.account);
            let next = due(start.account.0, now, Some(now));
            schedule.set(start.account, next, MEMORY);
        }
    }
    let busy = began.elapsed().as_secs_f64() * 1e6 / f64::from(starts);
    for account in 0..accounts {
        schedule.set(AccountId(account), due(account, i64::MAX, Some(0)), MEMORY);
    }
    let began = Instant::now();
    let looks = 100_000;
    for _ in 0..looks {
        now += 1;
        black_box(schedule.take(Timestamp(now), &mut rng));
    }
    (busy, began.elapsed().as_secs_f64() * 1e6 / f64::from(looks))
}

pub(crate) fn print() {
    let mut best = [(f64::MAX, f64::MAX); 2];
    for _ in 0..5 {
        for (best, accounts) in best.iter_mut().zip([1_000, 10_000]) {
            let (busy, idle) = decisions(accounts);
            *best = (best.0.min(busy), best.1.min(idle));
        }
    }
    let [(small, small_idle), (large, large_idle)] = best;
    println!(
        "a start, from due to due again: {small:.2} µs with 1,000 accounts of 10 workers, {large:.2} µs \
         with 10,000: {:.2} of it; a look that finds nothing: {small_idle:.3} µs, {large_idle:.3} µs",
        large / small
    );
}
