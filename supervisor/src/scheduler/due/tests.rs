//! Tables of what an account's next attempt is, and of the order of accounts.

use super::*;

fn due(worker: Worker, due_at: i64, started: Option<i64>) -> Due {
    Due {
        account: AccountId(1),
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

fn alone(due_at: i64, started: Option<i64>) -> Due {
    Due {
        solitary: true,
        ..due(Worker::ActiveInventory, due_at, started)
    }
}

#[test]
fn what_runs_together() {
    use Worker::{ActiveInventory, Orders, Transactions};
    let quarantined = Due {
        quarantined_until: Some(Timestamp(500)),
        ..due(Orders, 0, None)
    };
    let big = Due {
        big_slot: true,
        ..alone(0, None)
    };
    let orders = due(Orders, 0, Some(90));
    let cases: [(&[Due], &[Worker], &str); 9] = [
        (&[], &[], "nothing"),
        (&[due(Orders, 101, None)], &[], "nothing is due"),
        (
            &[
                due(Transactions, 0, None),
                orders.clone(),
                due(ActiveInventory, 101, None),
            ],
            &[Orders, Transactions],
            "all that are due",
        ),
        (
            std::slice::from_ref(&quarantined),
            &[],
            "quarantine holds until its time",
        ),
        (
            &[orders.clone(), alone(95, Some(90))],
            &[Orders],
            "the shared first",
        ),
        (
            &[orders.clone(), alone(80, Some(10))],
            &[ActiveInventory],
            "but once only: it has let the shared one of 90 pass",
        ),
        (
            &[orders.clone(), alone(80, Some(95))],
            &[Orders],
            "it had its turn since",
        ),
        (
            &[due(Orders, 0, None), alone(80, Some(10))],
            &[Orders],
            "none has passed",
        ),
        (
            &[big],
            &[ActiveInventory],
            "the big slot when nothing else is due",
        ),
    ];
    for (due, workers, why) in cases {
        let plan = plan(due, Timestamp(100), true);
        assert_eq!(plan.map_or(vec![], |plan| plan.workers), workers, "{why}");
    }
    let later = plan(&[quarantined], Timestamp(500), true);
    assert_eq!(later.map(|plan| plan.workers), Some(vec![Orders]));
}

#[test]
fn what_is_on_trial_runs_alone_and_lets_a_shared_attempt_pass() {
    use Worker::{ActiveInventory, Offers, Orders};
    let on_trial = |due_at, started| Due {
        on_trial: true,
        ..alone(due_at, started)
    };
    let shared = due(Orders, 0, Some(90));
    let solitary = Due {
        solitary: true,
        ..due(Offers, 0, Some(10))
    };
    let trial_of = |all: &[Due]| trial(all, Timestamp(100)).map(|plan| plan.workers);
    let cases: [(&[Due], bool, &str); 7] = [
        (&[on_trial(0, Some(10))], true, "nothing else is ready"),
        (&[on_trial(101, Some(10))], false, "it is not due"),
        (&[alone(0, Some(10))], false, "solitary alone is no trial"),
        (
            &[shared.clone(), on_trial(95, Some(10))],
            false,
            "the shared first",
        ),
        (
            &[shared.clone(), on_trial(80, Some(10))],
            true,
            "it has let the shared one of 90 pass",
        ),
        (
            &[shared.clone(), on_trial(80, Some(95))],
            false,
            "it was tried since",
        ),
        (
            &[solitary.clone(), on_trial(0, Some(10))],
            true,
            "solitary ones stand in another line",
        ),
    ];
    for (all, has_turn, why) in cases {
        let expected = has_turn.then(|| vec![ActiveInventory]);
        assert_eq!(trial_of(all), expected, "{why}");
    }
    let both = [solitary, on_trial(0, None)];
    let other = plan(&both, Timestamp(100), true).unwrap();
    assert_eq!(other.workers, [Offers], "never with what is on trial");
    assert_eq!(plan(&both[1..], Timestamp(100), true), None);
}

#[test]
fn the_longest_run_is_what_is_expected() {
    let took = |worker, seconds| Due {
        took: Duration::from_secs(seconds),
        ..due(worker, 0, None)
    };
    let entries = [took(Worker::Orders, 3), took(Worker::Transactions, 9)];
    let plan = plan(&entries, Timestamp(0), true).unwrap();
    assert_eq!(plan.expected, Duration::from_secs(9));
}

#[test]
fn who_comes_first() {
    let alike = Duration::from_millis(100);
    let rank = |served: Option<i64>, ready: i64, expected: u64| {
        let served = served.map(|at| (Timestamp(at), Duration::from_millis(50)));
        let expected = Duration::from_millis(expected);
        Rank::stalest(served, Timestamp(ready), alike, expected, 5)
    };
    let cases = [
        (
            rank(None, 900, 0),
            rank(Some(0), 900, 9),
            "never served is first",
        ),
        (
            rank(Some(150), 900, 0),
            rank(Some(250), 900, 9),
            "then the stalest",
        ),
        (
            rank(Some(190), 900, 9),
            rank(Some(110), 900, 1),
            "in a stretch the longest",
        ),
        (
            rank(Some(190), 900, 0),
            rank(Some(110), 200, 9),
            "one that is due again at once is behind its stretch",
        ),
        (
            rank(Some(110), 120, 0),
            rank(Some(120), 130, 9),
            "and among those alike it is the stalest that comes first",
        ),
        (
            Rank::shuffled(1, 9),
            Rank::shuffled(2, 1),
            "a round is finished first",
        ),
    ];
    for (first, second, why) in cases {
        assert!(first < second, "{why}: {first:?} {second:?}");
    }
}
