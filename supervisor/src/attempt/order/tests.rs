//! What is ordered, from what is remembered.

use std::path::PathBuf;

use super::*;
use crate::outcome::PolicyState;
use shared::id::AccountId;
use shared::sandbox::SandboxMode;
use shared::worker::Worker;

const NOW: Timestamp = Timestamp(1_000_000_000_000);

fn state(worker: Worker, cursor: Option<i64>) -> SyncState {
    SyncState {
        account_id: AccountId(1),
        account: "shop".to_owned(),
        worker,
        since: None,
        cursor: cursor.map(Timestamp),
        deep: None,
        mode_state: None,
        suspect_at: None,
        policy: PolicyState::default(),
        due_at: NOW,
        last_success_at: None,
        last_outcome: None,
        last_detail: None,
        last_outcome_at: None,
        last_started_at: None,
        starts: 0,
    }
}

fn mode(state: &SyncState) -> RunMode {
    run(state, &[], RunNo(0), &Config::default(), NOW).mode
}

#[test]
fn a_first_window_begins_90_days_back_and_a_later_one_at_its_cursor() {
    let day = Duration::from_hours(24);
    for (cursor, step, from, step_ms) in [
        (None, None, NOW.minus(90 * day), 86_400_000),
        (Some(5), Some(900_000), Timestamp(5), 900_000),
    ] {
        let mut state = state(Worker::Orders, cursor);
        state.policy.step_ms = step;
        let expected = WindowOrder {
            cursor: from,
            until: NOW.minus(Duration::from_mins(2)),
            step_ms,
            overlap_ms: 1_800_000,
            deep: None,
        };
        assert_eq!(mode(&state), RunMode::Window(expected));
    }
}

#[test]
fn a_refused_snapshot_must_be_followed_by_a_newer_one() {
    for (cursor, suspect, expected) in [
        (None, None, None),
        (Some(5), None, Some(5)),
        (Some(5), Some(9), Some(9)),
        (None, Some(9), Some(9)),
    ] {
        let mut state = state(Worker::ActiveInventory, cursor);
        state.suspect_at = suspect.map(Timestamp);
        let RunMode::Snapshot(order) = mode(&state) else {
            panic!("a snapshot worker has a snapshot order");
        };
        assert_eq!(order.last_taken_at, expected.map(Timestamp));
    }
}

#[test]
fn no_slice_begins_in_the_last_quarter_of_the_time() {
    let order = run(
        &state(Worker::Orders, None),
        &[],
        RunNo(0),
        &Config::default(),
        NOW,
    );
    assert_eq!(order.deadline, NOW.plus(Duration::from_mins(15)));
    assert_eq!(order.take_until, NOW.plus(Duration::from_secs(675)));
}

const DAY: Duration = Duration::from_hours(24);

/// `days` before the end of a window that is ordered now.
fn ago(days: u32) -> Timestamp {
    NOW.minus(Duration::from_mins(2) + days * DAY)
}

fn span((from, until): (u32, u32)) -> DeepOrder {
    DeepOrder {
        from: ago(from),
        until: ago(until),
    }
}

/// Worker, begin of the ledger, what is left of the last deep pass, what is ordered, and why; all in
/// days before the end of the window.
type Pass = (
    Worker,
    u32,
    Option<(u32, u32)>,
    Option<(u32, u32)>,
    &'static str,
);

const PASSES: [Pass; 11] = [
    (TRANSACTIONS, 90, None, None, "the backfill is not done"),
    (TRANSACTIONS, 90, Some((0, 0)), None, "just now"),
    (TRANSACTIONS, 90, Some((1, 1)), Some((30, 0)), "a day ago"),
    (
        Worker::Finances,
        90,
        Some((50, 50)),
        Some((30, 0)),
        "long ago",
    ),
    (
        Worker::Messages,
        7,
        Some((1, 1)),
        Some((7, 0)),
        "not before the ledger",
    ),
    (
        Worker::Messages,
        0,
        Some((1, 1)),
        None,
        "no ledger to speak of",
    ),
    (TRANSACTIONS, 90, Some((20, 0)), Some((20, 0)), "unfinished"),
    (
        TRANSACTIONS,
        90,
        Some((20, 2)),
        Some((20, 2)),
        "to its own end",
    ),
    (
        TRANSACTIONS,
        90,
        Some((40, 10)),
        Some((30, 10)),
        "not what is too old meanwhile",
    ),
    (
        TRANSACTIONS,
        90,
        Some((60, 31)),
        Some((30, 0)),
        "all of it is too old",
    ),
    (
        Worker::Orders,
        90,
        Some((1, 1)),
        None,
        "eBay's filter sees changes",
    ),
];

const TRANSACTIONS: Worker = Worker::Transactions;

#[test]
fn a_deep_pass_is_due_once_a_day_and_goes_on_where_it_was() {
    for (worker, since, left, expected, why) in PASSES {
        let state = SyncState {
            since: Some(ago(since)),
            deep: left.map(span),
            ..state(worker, Some(ago(0).0))
        };
        let RunMode::Window(order) = mode(&state) else {
            panic!("{worker} has a window");
        };
        assert_eq!(order.deep, expected.map(span), "{why}");
    }
}

#[test]
fn an_interval_of_a_millisecond_is_a_deep_pass_in_every_run() {
    let mut config = Config::default();
    config.sync.deep_interval = crate::config::Span::from_millis(1);
    let mut state = SyncState {
        since: Some(ago(90)),
        deep: Some(span((0, 0))),
        ..state(Worker::Transactions, Some(ago(0).0))
    };
    let deep = |state: &SyncState, now| match run(state, &[], RunNo(0), &config, now).mode {
        RunMode::Window(window) => window.deep,
        RunMode::Snapshot(_) | RunMode::Rescan(_) => None,
    };
    assert_eq!(deep(&state, NOW), None, "the same millisecond");
    for later in 1..4 {
        let now = Timestamp(NOW.0 + later);
        let next = deep(&state, now).unwrap();
        assert_eq!(next.until, now.minus(Duration::from_mins(2)));
        state.deep = Some(DeepOrder {
            from: next.until,
            ..next
        });
    }
}

#[test]
fn purchases_begin_30_days_back() {
    let RunMode::Window(order) = mode(&state(Worker::Purchases, None)) else {
        panic!("purchases have a window");
    };
    assert_eq!(order.cursor, NOW.minus(30 * DAY));
}

#[test]
fn a_rescan_reads_the_recent_past_and_once_a_day_everything() {
    let cases = [
        // (cursor, last one over everything, expected begin, why); in days before the end
        (None, None, 540, "the first one"),
        (Some(0), Some(0), 90, "just now"),
        (Some(1), Some(1), 540, "a day ago"),
        (Some(0), None, 540, "none yet"),
        (Some(100), Some(0), 100, "what was not read yet"),
        (Some(600), Some(0), 540, "more than eBay tells"),
    ];
    for (cursor, deep, from, why) in cases {
        let state = SyncState {
            deep: deep.map(|days| span((days, days))),
            ..state(Worker::Returns, cursor.map(|days| ago(days).0))
        };
        let expected = RescanOrder {
            from: ago(from),
            open_from: ago(540),
            until: ago(0),
        };
        assert_eq!(mode(&state), RunMode::Rescan(expected), "{why}");
    }
}

#[test]
fn a_stretch_to_be_read_again_belongs_to_every_window_worker_and_is_not_cut() {
    let left = (70, 69);
    let retried = |deep| {
        let state = SyncState {
            since: Some(ago(90)),
            deep: Some(span(deep)),
            ..state(Worker::Orders, Some(ago(0).0))
        };
        let sync = Config::default().sync;
        [true, false].map(|again| super::deep(&state, again, &sync, ago(0)))
    };
    assert_eq!(
        retried(left),
        [Some(span(left)), None],
        "only when asked for"
    );
    assert_eq!(retried((69, 69)), [None, None], "nothing is left");
}

#[test]
fn a_deep_pass_of_the_time_to_come_ends_now() {
    let sync = Config::default().sync;
    // (where the one stood that was left, where this one begins, why); in days before now
    let cases = [
        (1, 1, "what has happened of what was left"),
        (0, 30, "nothing of it has happened: a new one"),
    ];
    for (stood, begins, why) in cases {
        for again in [true, false] {
            let left = DeepOrder {
                from: ago(stood),
                until: ago(0).plus(DAY),
            };
            let state = SyncState {
                since: Some(ago(90)),
                deep: Some(left),
                ..state(Worker::Transactions, Some(ago(0).0))
            };
            let expected = span((begins, 0));
            let order = deep(&state, again, &sync, ago(0));
            assert_eq!(order, Some(expected), "{why}");
        }
    }
}

#[test]
fn the_sandbox_is_ordered_as_configured() {
    let account = Account {
        id: AccountId(1),
        name: "shop".to_owned(),
        environment: "production".to_owned(),
        marketplace: "EBAY_US".to_owned(),
        token_file: PathBuf::from("token"),
        enabled: true,
        created_at: NOW,
        source: crate::store::TokenSource::File,
        trouble: None,
    };
    for (text, expected) in [
        ("require", SandboxMode::Require),
        ("best-effort", SandboxMode::BestEffort),
        ("off", SandboxMode::Off),
    ] {
        let file = format!("sandbox = '{text}'");
        let (config, _) = Config::parse("bulkhead.toml", &file, std::iter::empty()).unwrap();
        let orders = Orders {
            id: AttemptId(1),
            account: &account,
            endpoints: config.endpoints("production").unwrap(),
            states: &[],
            letters: &[],
            seed: 1,
        };
        assert_eq!(attempt(&orders, &config, NOW).sandbox, expected, "{text}");
    }
}
