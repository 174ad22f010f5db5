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
