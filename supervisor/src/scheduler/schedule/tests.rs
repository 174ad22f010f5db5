//! Who starts, step by step.

use std::collections::BTreeSet;
use std::time::Duration;

use shared::worker::Worker;

use super::*;

const MEMORY: Memory = Memory {
    normal: 10,
    big: 60,
};
const ROOM: Room = Room {
    attempts: 3,
    memory: 100,
};
const STALEST: Order = Order::Stalest {
    alike: Duration::from_millis(100),
};

fn due(account: i64, worker: Worker, due_at: i64, started: Option<i64>) -> Due {
    Due {
        account: AccountId(account),
        worker,
        due_at: Timestamp(due_at),
        last_started_at: started.map(Timestamp),
        took: Duration::ZERO,
        solitary: false,
        on_trial: false,
        big_slot: false,
        quarantined_until: None,
    }
}

fn big(account: i64, started: Option<i64>) -> Due {
    Due {
        big_slot: true,
        ..due(account, Worker::ActiveInventory, 0, started)
    }
}

fn with(order: Order, entries: Vec<Due>) -> Schedule {
    let mut schedule = Schedule::new(order, ROOM);
    for entry in entries {
        schedule.set(entry.account, vec![entry], MEMORY);
    }
    schedule
}

fn take(schedule: &mut Schedule, now: i64) -> Vec<i64> {
    let mut rng = fastrand::Rng::with_seed(1);
    let starts = schedule.take(Timestamp(now), &mut rng);
    starts.iter().map(|start| start.account.0).collect()
}

fn orders(account: i64, due_at: i64, started: Option<i64>) -> Due {
    due(account, Worker::Orders, due_at, started)
}

#[test]
fn the_stalest_start_as_slots_become_free() {
    let entries = (1..=5).map(|account| orders(account, 900, Some(account * 100)));
    let mut schedule = with(STALEST, entries.collect());
    assert_eq!(take(&mut schedule, 899), [0; 0], "nothing is due");
    assert_eq!(schedule.wakes_at(), Some(Timestamp(900)));
    assert_eq!(take(&mut schedule, 900), [1, 2, 3]);
    assert_eq!(take(&mut schedule, 900), [0; 0], "every slot is taken");
    schedule.ended(AccountId(2));
    schedule.set(AccountId(2), vec![orders(2, 901, Some(900))], MEMORY);
    assert_eq!(
        take(&mut schedule, 901),
        [4],
        "due again, behind all others"
    );
    schedule.ended(AccountId(1));
    schedule.set(AccountId(1), vec![], MEMORY);
    assert_eq!((take(&mut schedule, 901), schedule.in_line()), (vec![5], 1));
}

#[test]
fn what_is_learned_while_it_runs_holds_when_it_has_ended() {
    let mut schedule = with(STALEST, vec![orders(1, 0, None)]);
    assert_eq!(take(&mut schedule, 0), [1]);
    schedule.set(AccountId(1), vec![orders(1, 0, Some(0))], MEMORY);
    assert_eq!(take(&mut schedule, 5), [0; 0], "no account twice at once");
    schedule.ended(AccountId(1));
    assert_eq!(take(&mut schedule, 5), [1]);
    schedule.set(AccountId(1), vec![], MEMORY);
    schedule.ended(AccountId(1));
    assert_eq!(take(&mut schedule, 5), [0; 0], "it was forgotten meanwhile");
    assert_eq!(schedule.in_use(), InUse::default());
}

#[test]
fn nothing_passes_what_does_not_fit_but_the_wait_for_the_big_slot() {
    let first = vec![orders(1, 0, None)];
    let mut schedule = with(STALEST, first);
    assert_eq!(take(&mut schedule, 0), [1]);
    let wide = Memory {
        normal: 95,
        big: 95,
    };
    schedule.set(AccountId(2), vec![orders(2, 0, None)], wide);
    schedule.set(AccountId(3), vec![orders(3, 0, Some(0))], MEMORY);
    assert_eq!(take(&mut schedule, 500), [0; 0], "3 would fit");
    schedule.set(AccountId(1), vec![], MEMORY);
    schedule.ended(AccountId(1));
    assert_eq!(take(&mut schedule, 500), [2]);

    let entries = vec![big(1, None), big(2, Some(1)), orders(3, 0, Some(300))];
    let mut schedule = with(STALEST, entries);
    assert_eq!(take(&mut schedule, 500), [1, 3], "one big slot at a time");
    schedule.set(AccountId(1), vec![], MEMORY);
    schedule.ended(AccountId(1));
    assert_eq!(take(&mut schedule, 500), [2]);
}

#[test]
fn who_waits_for_the_big_slot_may_run_something_else() {
    let later = orders(2, 50, Some(5));
    let mut schedule = with(STALEST, vec![big(1, None)]);
    schedule.set(AccountId(2), vec![big(2, Some(1)), later], MEMORY);
    assert_eq!(take(&mut schedule, 10), [1]);
    assert_eq!(schedule.wakes_at(), Some(Timestamp(50)));
    let mut rng = fastrand::Rng::with_seed(1);
    let starts = schedule.take(Timestamp(50), &mut rng);
    assert_eq!(starts[0].plan.workers, [Worker::Orders]);
}

#[test]
fn a_shuffled_round_is_finished_before_the_next() {
    for seed in 0..50 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let entries: Vec<Due> = (0..6).map(|account| orders(account, 0, None)).collect();
        let mut schedule = with(Order::Shuffle, entries.clone());
        let mut order = Vec::new();
        for turn in 1..=6 {
            let start = schedule.probe(Timestamp(turn), &mut rng).unwrap();
            order.push(start.account.0);
            // Due again at once.
            schedule.ended(start.account);
            let index = usize::try_from(start.account.0).unwrap();
            schedule.set(start.account, vec![entries[index].clone()], MEMORY);
        }
        order.sort_unstable();
        assert_eq!(order, [0, 1, 2, 3, 4, 5], "seed {seed}");
    }
}

#[test]
fn who_is_heard_of_again_keeps_its_place_but_in_another_order() {
    let entries: Vec<Due> = (0..9).map(|account| orders(account, 0, None)).collect();
    for changes in [false, true] {
        let mut schedule = with(Order::Shuffle, entries.clone());
        let mut other = with(Order::Shuffle, entries.clone());
        let (mut one, mut two) = (fastrand::Rng::with_seed(3), fastrand::Rng::with_seed(3));
        let first = schedule.take(Timestamp(0), &mut one);
        assert_eq!(first, other.take(Timestamp(0), &mut two));
        for entry in &entries {
            let mut entry = entry.clone();
            entry.took = Duration::from_millis(u64::from(changes));
            schedule.set(entry.account, vec![entry], MEMORY);
        }
        for start in &first {
            schedule.set(start.account, vec![], MEMORY);
            schedule.ended(start.account);
            other.set(start.account, vec![], MEMORY);
            other.ended(start.account);
        }
        let next = |schedule: &mut Schedule, rng: &mut fastrand::Rng| -> Vec<AccountId> {
            let starts = schedule.take(Timestamp(1), rng);
            starts.iter().map(|start| start.account).collect()
        };
        let same = next(&mut schedule, &mut one) == next(&mut other, &mut two);
        assert_eq!(same, !changes);
    }
    let stale = [(1, 30), (2, 20), (3, 10)];
    let entries = stale.map(|(account, at)| orders(account, 50, Some(at)));
    let mut schedule = with(Order::Shuffle, entries.to_vec());
    let room = Room {
        attempts: 1,
        memory: 100,
    };
    schedule.set(AccountId(9), vec![orders(9, 40, None)], MEMORY);
    schedule.configure(Order::Shuffle, room);
    assert_eq!(take(&mut schedule, 60).len(), 1, "the others stand in line");
    schedule.configure(STALEST, room);
    let mut order = Vec::new();
    for now in 61..=63 {
        let running: Vec<i64> = (1..=9)
            .filter(|account| schedule.is_running(AccountId(*account)))
            .collect();
        for account in running {
            schedule.set(AccountId(account), vec![], MEMORY);
            schedule.ended(AccountId(account));
        }
        order.extend(take(&mut schedule, now));
    }
    let mut by_time = order.clone();
    by_time.sort_unstable_by_key(|account| if *account == 9 { 0 } else { 10 - account });
    assert_eq!(order, by_time);
}

#[test]
fn equals_are_ordered_by_chance() {
    for order in [STALEST, Order::Shuffle] {
        let mut firsts = BTreeSet::new();
        for seed in 0..64 {
            let entries = (0..8).map(|account| orders(account, 0, None));
            let mut schedule = with(order, entries.collect());
            let mut rng = fastrand::Rng::with_seed(seed);
            let start = schedule.probe(Timestamp(1), &mut rng).unwrap();
            firsts.insert(start.account);
        }
        assert_eq!(firsts.len(), 8, "every account is first for some seed");
    }
}

#[test]
fn a_clock_that_goes_back_starts_nothing_too_early() {
    let mut schedule = with(STALEST, vec![]);
    for account in 1..=4 {
        schedule.set(AccountId(account), vec![orders(account, 900, None)], MEMORY);
    }
    assert_eq!(take(&mut schedule, 900).len(), 3);
    for account in 1..=4 {
        schedule.ended(AccountId(account));
    }
    assert_eq!(take(&mut schedule, 100), [0; 0]);
    assert_eq!(schedule.wakes_at(), Some(Timestamp(900)));
}

fn on_trial(account: i64, due_at: i64, started: i64, took: u64) -> Due {
    Due {
        solitary: true,
        on_trial: true,
        took: Duration::from_millis(took),
        ..orders(account, due_at, Some(started))
    }
}

#[test]
fn those_on_trial_take_turns_and_pass_nobody_who_waited_for_longer() {
    // A fifth of three slots is one.
    let trials = [10, 20, 30].map(|at| on_trial(at, 0, at, 60_000));
    let mut schedule = with(STALEST, trials.to_vec());
    assert_eq!(take(&mut schedule, 5_000), [10], "one at a time");
    for (account, served) in [(5, 5), (15, 15), (25, 25)] {
        let entry = due(account, Worker::Orders, 0, Some(served));
        schedule.set(AccountId(account), vec![entry], MEMORY);
    }
    assert_eq!(take(&mut schedule, 5_001), [5, 15], "the other slots");
    schedule.set(AccountId(10), vec![], MEMORY);
    schedule.ended(AccountId(10));
    assert_eq!(take(&mut schedule, 5_002), [20], "before 25");
    schedule.set(AccountId(20), vec![], MEMORY);
    schedule.ended(AccountId(20));
    assert_eq!(take(&mut schedule, 5_003), [25], "before 30");
    schedule.set(AccountId(25), vec![], MEMORY);
    schedule.ended(AccountId(25));
    assert_eq!(take(&mut schedule, 5_004), [30]);
}

#[test]
fn one_on_trial_that_has_its_turn_is_not_passed_until_it_fits() {
    let mut schedule = with(STALEST, vec![orders(2, 0, None)]);
    assert_eq!(take(&mut schedule, 0), [2]);
    let wide = Memory {
        normal: 95,
        big: 95,
    };
    schedule.set(AccountId(1), vec![on_trial(1, 5, 1, 60_000)], wide);
    schedule.set(AccountId(3), vec![orders(3, 5, Some(2))], MEMORY);
    assert_eq!(take(&mut schedule, 500), [0; 0], "3 would fit");
    schedule.set(AccountId(2), vec![], MEMORY);
    schedule.ended(AccountId(2));
    assert_eq!(take(&mut schedule, 501), [1]);
}

#[test]
fn in_shuffled_rounds_those_on_trial_have_their_turn_too() {
    let mut schedule = with(Order::Shuffle, vec![on_trial(1, 0, 1, 10)]);
    for account in 2..=7 {
        schedule.set(AccountId(account), vec![orders(account, 0, None)], MEMORY);
    }
    let mut turns = 0;
    for now in 1..=60 {
        for account in take(&mut schedule, now) {
            turns += usize::from(account == 1);
            schedule.ended(AccountId(account));
            let entry = if account == 1 {
                on_trial(1, 0, now, 10)
            } else {
                orders(account, 0, Some(now))
            };
            schedule.set(AccountId(account), vec![entry], MEMORY);
        }
    }
    assert!(turns > 5, "{turns}");
}

#[test]
fn one_on_trial_finds_out_nothing_for_all_others() {
    let mut rng = fastrand::Rng::with_seed(1);
    let entries = vec![on_trial(1, 0, 1, 10), orders(2, 0, Some(5))];
    let mut schedule = with(STALEST, entries);
    let probe = schedule.probe(Timestamp(50), &mut rng).unwrap();
    assert_eq!(probe.account.0, 2);
    let probe = schedule.probe(Timestamp(50), &mut rng).unwrap();
    assert_eq!(probe.account.0, 1, "if there is nobody else");
}

#[test]
fn those_on_trial_go_by_their_own_last_start() {
    let mut schedule = with(STALEST, vec![]);
    let with_orders = |account, tried, served| {
        let other = due(account, Worker::Offers, 900, Some(served));
        vec![on_trial(account, 10, tried, 10), other]
    };
    schedule.set(AccountId(1), with_orders(1, 5, 20), MEMORY);
    schedule.set(AccountId(2), with_orders(2, 4, 30), MEMORY);
    assert_eq!(take(&mut schedule, 40), [2]);
    schedule.ended(AccountId(2));
    // Another worker of it has waited for longer, but the account had its turn.
    schedule.set(AccountId(2), with_orders(2, 3, 30), MEMORY);
    assert_eq!(take(&mut schedule, 50), [1]);
}
