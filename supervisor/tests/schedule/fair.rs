//! Whether dying neighbours slow the healthy ones, and that who has a backlog passes nobody.

use std::collections::BTreeMap;

use shared::time::Timestamp;
use supervisor::scheduler::due::Order;

use crate::neighbours::delays;
use crate::seeds::check;
use crate::temper::Temper;
use crate::world::{MIB, MINUTE, Setting, Started, World};

#[test]
fn healthy_accounts_start_as_soon_beside_neighbours_that_crash_for_ever() {
    use Temper::{Crashing, Failing, Falling, Hanging, Healthy, Hungry};
    // One that hangs for ever nearly always has the slot for those on trial: the others have four of five.
    let all: [(&[Temper], f64); 6] = [
        (&[Crashing], 1.1),
        (&[Falling], 1.1),
        (&[Hungry], 1.1),
        (&[Failing], 1.1),
        (&[Hanging], 1.4),
        (&[Crashing, Falling, Hungry, Failing, Hanging], 1.1),
    ];
    check(3, |seed| {
        let undisturbed = delays(&[Healthy], seed).then;
        for (tempers, most) in all {
            let found = delays(tempers, seed);
            let ratio = found.then.as_secs_f64() / undisturbed.as_secs_f64();
            println!(
                "{tempers:?}, seed {seed}: {ratio:.3}; {} on trial; at first {:?}",
                found.trials, found.first
            );
            assert!(ratio <= most, "{tempers:?}: {ratio:.3}");
        }
    });
}

#[test]
fn who_is_on_trial_has_a_turn_however_many_others_wait() {
    for attempts in [1, 2, 5, 20] {
        check(2, |seed| {
            // The others could use every slot at any time.
            let mut tempers = vec![Temper::Behind; 60];
            tempers[..6].fill(Temper::Hanging);
            let mut setting = Setting::new(tempers);
            setting.room.attempts = attempts;
            setting.room.memory = 64 * MIB * attempts as u64;
            setting.policy.quarantine_after = 100;
            let mut world = World::new(setting, seed);
            let until = Timestamp(0).plus(MINUTE * 60 * 48);
            let mut tried = [0; 6];
            while world.now < until {
                for started in world.step(until) {
                    if started.on_trial {
                        tried[started.account] += 1;
                    }
                }
            }
            let (least, most) = (tried.iter().min().unwrap(), tried.iter().max().unwrap());
            assert!(
                *least >= 3 && *most <= 2 * least,
                "{attempts} at once: {tried:?}"
            );
        });
    }
}

#[test]
fn a_backlog_is_due_at_once_and_passes_nobody() {
    let stalest = Order::Stalest {
        alike: MINUTE * 5 / 4,
    };
    for order in [stalest, Order::Shuffle] {
        check(10, |seed| {
            let mut tempers = vec![Temper::Healthy; 40];
            tempers[..10].fill(Temper::Behind);
            let mut setting = Setting::new(tempers.clone());
            setting.order = order;
            let mut world = World::new(setting, seed);
            let until = Timestamp(0).plus(MINUTE * 60 * 8);
            let mut turns: BTreeMap<usize, u32> = BTreeMap::new();
            while world.now < until {
                for started in world.step(until) {
                    *turns.entry(started.account).or_default() += 1;
                    if order != Order::Shuffle && tempers[started.account] == Temper::Behind {
                        let mut others = (0..40).filter(|other| *other != started.account);
                        let staler = others.find(|other| staler(&world, *other, &started));
                        assert_eq!(staler, None, "{started:?} passed it");
                    }
                }
            }
            let least = turns.values().min().copied().unwrap();
            assert_eq!(turns.len(), 40, "somebody never had a turn");
            assert!(least >= 3, "somebody had only {least} turns");
            // Ten backlogs could use ten slots: a slot is never empty while one of them waits.
            assert!(world.idle < MINUTE, "slots were empty for {:?}", world.idle);
        });
    }
}

/// Whether an account waits that was served before the one that started.
fn staler(world: &World, other: usize, started: &Started) -> bool {
    let due = world.due(other);
    let waits = !world.runs(other) && due.iter().any(|one| one.ready_at() <= started.at);
    let served = due.iter().filter_map(|one| one.last_started_at).max();
    waits && served < started.served
}
