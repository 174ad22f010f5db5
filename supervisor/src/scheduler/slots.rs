//! Which of the plans may start now, within the number of accounts and the memory budget: pure.

use crate::outcome::MemorySlot;
use crate::scheduler::due::Plan;

/// What is in use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InUse {
    /// Attempts that run.
    pub attempts: usize,
    /// Sum of their memory limits, in bytes.
    pub memory: u64,
    /// Whether one of them has the big slot.
    pub big: bool,
}

/// What there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Attempts at once.
    pub attempts: usize,
    /// Sum of memory limits, in bytes.
    pub memory: u64,
}

/// The positions of the plans that start now; `limits` are their memory limits, in bytes.
///
/// A plan that needs the big slot and does not fit yet reserves memory as it frees: later plans
/// may use only what it will leave. One plan at least starts when nothing runs, so that a budget
/// below a single limit slows the work and does not stop it.
pub fn fitting(plans: &[Plan], limits: &[u64], room: Room, in_use: InUse) -> Vec<usize> {
    let mut used = in_use;
    let mut reserved = 0;
    let mut start = Vec::new();
    for (position, (plan, limit)) in plans.iter().zip(limits).enumerate() {
        if used.attempts >= room.attempts {
            break;
        }
        let is_big = plan.slot == MemorySlot::Big;
        if is_big && used.big {
            continue;
        }
        let free = room.memory.saturating_sub(used.memory);
        let fits = *limit <= free.saturating_sub(reserved) || used.attempts == 0;
        if !fits {
            if is_big && reserved == 0 {
                reserved = *limit;
            }
            continue;
        }
        used.attempts += 1;
        used.memory = used.memory.saturating_add(*limit);
        used.big |= is_big;
        start.push(position);
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::id::AccountId;
    use shared::worker::Worker;

    fn plans(slots: &[MemorySlot]) -> Vec<Plan> {
        let plan = |(account, slot): (usize, &MemorySlot)| Plan {
            account: AccountId(i64::try_from(account).unwrap()),
            workers: vec![Worker::Orders],
            slot: *slot,
        };
        slots.iter().enumerate().map(plan).collect()
    }

    /// Slots, limits, what is in use, the positions that start, why.
    type Case = (
        &'static [MemorySlot],
        &'static [u64],
        InUse,
        &'static [usize],
        &'static str,
    );

    #[test]
    fn table() {
        use MemorySlot::{Big, Normal};
        let idle = InUse::default();
        let busy = |attempts, memory, big| InUse {
            attempts,
            memory,
            big,
        };
        let room = Room {
            attempts: 3,
            memory: 100,
        };
        let cases: [Case; 8] = [
            (&[Normal; 4], &[10; 4], idle, &[0, 1, 2], "three at once"),
            (&[Normal; 3], &[40; 3], idle, &[0, 1], "the budget holds"),
            (
                &[Normal],
                &[200],
                idle,
                &[0],
                "one starts even over the budget",
            ),
            (
                &[Normal],
                &[200],
                busy(1, 10, false),
                &[],
                "but not beside another",
            ),
            (
                &[Big, Normal],
                &[80, 10],
                busy(1, 30, false),
                &[],
                "a waiting big one reserves",
            ),
            (
                &[Big, Normal],
                &[60, 10],
                busy(1, 30, false),
                &[0, 1],
                "it starts when it fits",
            ),
            (&[Big, Big], &[30, 30], idle, &[0], "one big slot at a time"),
            (
                &[Big, Normal],
                &[30, 30],
                busy(1, 30, true),
                &[1],
                "a second big one reserves nothing",
            ),
        ];
        for (slots, limits, in_use, expected, why) in cases {
            assert_eq!(
                fitting(&plans(slots), limits, room, in_use),
                expected,
                "{why}"
            );
        }
    }

    #[test]
    fn the_budget_is_never_exceeded() {
        for seed in 0..500 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let slots: Vec<MemorySlot> = (0..12)
                .map(|_| {
                    if rng.u8(..4) == 0 {
                        MemorySlot::Big
                    } else {
                        MemorySlot::Normal
                    }
                })
                .collect();
            let limits: Vec<u64> = (0..12).map(|_| rng.u64(1..60)).collect();
            let in_use = InUse {
                attempts: 1,
                memory: rng.u64(0..100),
                big: rng.bool(),
            };
            let room = Room {
                attempts: rng.usize(1..8),
                memory: 100,
            };
            let start = fitting(&plans(&slots), &limits, room, in_use);
            let total: u64 =
                in_use.memory + start.iter().map(|position| limits[*position]).sum::<u64>();
            assert!(total <= 100, "seed {seed}: {total}");
            assert!(
                in_use.attempts + start.len() <= room.attempts.max(1),
                "seed {seed}"
            );
            let bigs = start
                .iter()
                .filter(|position| slots[**position] == MemorySlot::Big)
                .count();
            assert!(bigs + usize::from(in_use.big) <= 1, "seed {seed}");
        }
    }
}
